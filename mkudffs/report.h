/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mkudffs prints of a plan. */
#ifndef MKUDFFS_REPORT_H
#define MKUDFFS_REPORT_H

#include "request.h"

/** key=value lines and the extents, as udftools prints them; more with -v. */
void report_text(const struct request *req, const struct udf_mkfs_params *params,
		 const struct udf_plan *plan);

/** What was copied. */
void report_totals(const struct tree_totals *totals);

/** All of it as one JSON object, when the volume is made: a failure prints none. */
void report_json(const struct request *req, const struct udf_mkfs_params *params,
		 const struct udf_plan *plan, const struct tree_totals *totals);

/** What the user should know: too small, empty identifiers, no uuid. */
void report_warnings(const struct udf_mkfs_params *params, const struct udf_plan *plan);

#endif
