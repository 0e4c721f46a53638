/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Problems that readers find in a volume, and the sink that hears of them.
 *
 * One reader serves the driver and the checker: with sink NULL it stops at the first violation that
 * matters to it; with a sink every violation is reported and reading goes on where memory-safe.
 */
#ifndef UDFKIT_PROBLEM_H
#define UDFKIT_PROBLEM_H

#include <stdint.h>

/* The list is problems.def: PROBLEM(name, severity, "text"). */
enum udf_severity {
	UDF_SEV_INFO, UDF_SEV_WARNING, UDF_SEV_ERROR, UDF_SEV_FATAL,
	UDF_SEV_PLACE		/* in problems.def only: depends on where it is found */
};

enum udf_problem {
#define PROBLEM(name, severity, text) UDF_P_##name,
#include <udfkit/problems.def>
#undef PROBLEM
	UDF_N_PROBLEMS
};

#define UDF_PART_VOLUME 0xFFFF	/* in udf_place.part_ref: block_no is a sector of the volume */

struct udf_place {
	uint16_t part_ref;	/* partition reference, or UDF_PART_VOLUME */
	uint32_t block_no;	/* lbn in it, or lsn of the volume */
	const char *field;	/* NULL, or the descriptor's field, or a file name or path */
};

struct udf_finding {
	enum udf_problem problem;
	struct udf_place place;
	uint64_t found, expected;	/* meaningful as the problem's text says */
};

struct udf_sink {
	void (*report)(struct udf_sink *sink, const struct udf_finding *finding);
};

/** Report to SINK; does nothing when SINK is NULL. */
void udf_report(struct udf_sink *sink, enum udf_problem problem, struct udf_place place,
		uint64_t found, uint64_t expected);

/** What may be lost by FINDING: UDF_SEV_INFO to UDF_SEV_FATAL.  See problems.def. */
enum udf_severity udf_finding_severity(const struct udf_finding *finding);

/** Name ("TAG_CHECKSUM"), text and severity (the worst that it can have) of a problem.  Never NULL. */
const char *udf_problem_name(enum udf_problem problem);
const char *udf_problem_text(enum udf_problem problem);
enum udf_severity udf_problem_severity(enum udf_problem problem);

#endif
