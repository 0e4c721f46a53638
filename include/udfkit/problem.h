/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Problems that readers find in a volume, and the sink that receives them.
 *
 * The driver and the checker share one reader.  Without a sink (NULL) the reader stops at the first violation that
 * makes reading unsafe.  With a sink it reports every violation, and reads on wherever that is safe for memory.
 */
#ifndef UDFKIT_PROBLEM_H
#define UDFKIT_PROBLEM_H

#include <stdbool.h>
#include <stdint.h>

/* The list is problems.def: PROBLEM(name, severity, "text"). */
enum udf_severity {
	UDF_SEV_INFO, UDF_SEV_WARNING, UDF_SEV_ERROR, UDF_SEV_FATAL,
	/* In problems.def only: */
	UDF_SEV_SPACE,		/* an error that hides which blocks are in use */
	UDF_SEV_PLACE		/* depends on where the problem is found */
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
	const char *field;	/* the descriptor's field, or a file name or path; or NULL */
};

struct udf_finding {
	enum udf_problem problem;
	struct udf_place place;
	uint64_t found, expected;	/* what they mean depends on the problem */
};

struct udf_sink {
	void (*report)(struct udf_sink *sink, const struct udf_finding *finding);
};

/** Report a problem to SINK.  Does nothing when SINK is NULL. */
void udf_report(struct udf_sink *sink, enum udf_problem problem, struct udf_place place,
		uint64_t found, uint64_t expected);

/** How much is at risk by FINDING: UDF_SEV_INFO to UDF_SEV_FATAL.  See problems.def. */
enum udf_severity udf_finding_severity(const struct udf_finding *finding);

/** Does FINDING mean that nobody knows which blocks are in use?  It is an error then. */
bool udf_finding_hides_space(const struct udf_finding *finding);

/** The name ("TAG_CHECKSUM"), the text and the worst possible severity of a problem.  Never NULL. */
const char *udf_problem_name(enum udf_problem problem);
const char *udf_problem_text(enum udf_problem problem);
enum udf_severity udf_problem_severity(enum udf_problem problem);

#endif
