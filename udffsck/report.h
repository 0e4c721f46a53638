/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings as lines or JSON on standard output. */
#ifndef UDFFSCK_REPORT_H
#define UDFFSCK_REPORT_H

#include <stdbool.h>
#include <stdio.h>
#include <udfkit/problem.h>

#include "check/check.h"
#include "cli/cli.h"

struct report {
	struct udf_sink sink;		/* first */
	const char *device;
	const char *path;		/* of the object a finding is about; set by the checker */
	const struct udf_vol *vol;	/* once it is open */
	struct cli_progress *progress;	/* cleared before each line */
	bool json, verbose;
	struct cli_json json_out;
	bool preen;			/* the last line is for somebody whose system does not start */
	uint64_t n[4];			/* by enum udf_severity */
	uint64_t n_hidden;		/* remarks not shown */
	uint64_t n_by_problem[UDF_N_PROBLEMS];
};

void report_init(struct report *report, const char *device, bool json, bool verbose,
		 struct cli_progress *progress);

/** Anything but remarks? */
bool report_has_problems(const struct report *report);

/**
 * No errors that matter to who reads or writes?  What a crash of udfkit leaves has none (doc/CRASH.md), nor has
 * what Linux gets wrong by itself.
 */
bool report_may_be_mounted(const struct report *report);

/** The last lines: what the volume holds, how it is, what to do.  RESULT NULL: only opened. */
void report_end(struct report *report, const struct chk_result *result, bool is_cancelled);

/** In place of report_end(), if the volume could not be checked: prints no verdict. */
void report_no_verdict(struct report *report);

#endif
