/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkudffs -d: a volume filled from a directory. */
#ifndef MKUDFFS_FILL_H
#define MKUDFFS_FILL_H

#include "target.h"

#define FILL_WHY_BYTES 256

struct fill {
	const struct request *req;
	struct cli_progress progress;
	uint64_t done_bytes, total_bytes;
	bool failed;			/* something could not be copied, and that was reported */
	bool lists_skipped;		/* this walk is the one whose list is printed */
};

/** Does the directory decide how large the volume becomes? */
bool fill_decides_size(const struct request *req, const struct front_target *target);

/** Set PARAMS' n_blocks to what the directory needs; or end the program. */
void fill_fit(const struct request *req, const struct front_target *target, struct udf_mkfs_params *params);

/**
 * End the program if the directory does not fit the plan, or if some of it visibly can't be copied.  This comes before
 * anything is lost.  If the target holds nothing, there is nothing to lose, and the walk through
 * the directory is saved.
 */
void fill_must_fit(const struct request *req, const struct front_target *target,
		   const struct udf_mkfs_params *params, const struct udf_plan *plan);

/** What is copied, and how, for tree_populate(); their ctx is FILL. */
struct tree_populate_options fill_tree_options(const struct request *req, const struct front_target *target,
					       const struct udf_mkfs_params *params, struct fill *fill);

/** Say why filling failed with ERR, as fill_volume() does. */
void fill_explain(const struct request *req, const struct front_target *target, const struct udf_mkfs_params *params,
		  const struct udf_plan *plan, const struct fill *fill, enum udf_err err,
		  char ret_why[FILL_WHY_BYTES]);

/**
 * Make and fill the volume.  What could not be copied has been reported on standard error.
 *
 * @ret_why  On failure, the reason for the message if the error alone does not say it; else "".
 */
enum udf_err fill_volume(const struct request *req, struct front_target *target,
			 const struct udf_mkfs_params *params, const struct udf_plan *plan,
			 const struct udf_emit_options *options, struct tree_totals *ret_totals,
			 char ret_why[FILL_WHY_BYTES]);

#endif
