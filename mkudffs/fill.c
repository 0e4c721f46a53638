/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "fill.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "say.h"
#include "skipped.h"
#include "table.h"

bool fill_decides_size(const struct request *req, const struct front_target *target)
{
	if (req->size_text && strcmp(req->size_text, "min") == 0) {
		if (!req->directory)
			cli_bad_usage(&mkudffs_tool, "--size=min needs --directory");
		return true;
	}
	return req->directory && front_target_is_empty(target) && !req->size_text && !req->blocks_text;
}

static void failed(void *ctx, const char *path, enum udf_err err, int host_errno)
{
	struct fill *fill = ctx;
	const char *reason = host_errno == ESTALE ? "it changed meanwhile" :
			     host_errno ? strerror(host_errno) : udf_strerror(err);

	if (fill->req->skipped && strcmp(path, ".") != 0) {
		if (fill->lists_skipped)
			skipped_add(fill->req->skipped, path, reason);
		return;
	}
	fill->failed = true;
	cli_progress_done(&fill->progress);
	cli_say("mkudffs: %s/%s: cannot copy: %s", fill->req->directory, path, reason);
}

static void done(void *ctx, const char *path, uint64_t n_bytes)
{
	struct fill *fill = ctx;

	if (fill->req->verbose) {
		cli_put_name(stdout, path);
		putchar('\n');
	}
	(void)n_bytes;
}

static void progress(void *ctx, uint64_t n_bytes)
{
	struct fill *fill = ctx;

	fill->done_bytes += n_bytes;
	cli_progress_bytes(&fill->progress, "copying", fill->done_bytes, fill->total_bytes);
}

struct tree_populate_options fill_tree_options(const struct request *req, const struct front_target *target,
					       const struct udf_mkfs_params *params, struct fill *fill)
{
	struct tree_populate_options options = {
		.excludes = req->excludes, .n_excludes = req->n_excludes,
		.all_root = req->all_root,
		.skips = req->skipped != NULL,
		.mtime_only = getenv("SOURCE_DATE_EPOCH") != NULL,
		.latest = params->time,
		.skip_dev = target->dev, .skip_ino = target->ino,
		.failed = failed, .done = done, .progress = progress, .ctx = fill,
	};

	tar_source_walk(req, &options);
	if (req->mode < 0)
		options.root_mask |= UDF_SET_MODE;
	if (!req->uid_given)
		options.root_mask |= UDF_SET_UID;
	if (!req->gid_given)
		options.root_mask |= UDF_SET_GID;
	return options;
}

static bool holds_something(const struct front_target *target)
{
	return target->exists && !target->is_zero;
}

/* FILL: report everything that can be seen to stop the copy.  NULL: that has been done. */
static enum udf_err measure(const struct request *req, const struct front_target *target,
			    const struct udf_mkfs_params *params, struct fill *fill,
			    struct tree_totals *ret_totals)
{
	struct tree_populate_options tree = fill_tree_options(req, target, params, fill);
	const struct tree_medium medium = {
		.block_bytes = params->block_bytes,
		.icb_blocks = udf_icb_blocks(params->strategy),
		.icb_fixed_bytes = params->revision >= 0x0200 ? UDF_EFE_FIXED_BYTES : UDF_FE_FIXED_BYTES,
	};

	if (!fill)
		tree.failed = NULL;
	return tree_measure(req->directory_fd, &medium, &tree, ret_totals);
}

static void must_be_copyable(const struct request *req, const struct fill *fill)
{
	if (fill->failed)
		die("%s: cannot write: not all of %s could be copied", req->device, req->directory);
}

void fill_fit(const struct request *req, const struct front_target *target, struct udf_mkfs_params *params)
{
	struct fill fill = { .req = req, .lists_skipped = req->no_write };
	struct tree_totals totals;
	const char *why = NULL;
	/* Where nothing can be lost, the copy itself finds out.  Looking first would cost one call for each file. */
	bool looks = req->no_write || holds_something(target);
	enum udf_err err = measure(req, target, params, looks ? &fill : NULL, &totals);

	must_be_copyable(req, &fill);
	if (!err)
		err = udf_mkfs_fit(params, totals.n_blocks, &why);
	if (err)
		die("%s: %s", req->directory, why ? why : udf_strerror(err));
}

/* Is the volume too small for the directory?  Then RET_WHY says how much is missing, and what to do. */
static bool is_too_small(const struct request *req, const struct front_target *target,
			 const struct udf_mkfs_params *params, const struct udf_plan *plan, struct fill *fill,
			 char ret_why[FILL_WHY_BYTES])
{
	const struct udf_plan_extent *part = udf_plan_find(plan, UDF_ROLE_PARTITION, 0);
	uint64_t n_free = part->n_blocks - plan->n_used_blocks;
	struct tree_totals totals;

	if (measure(req, target, params, fill, &totals))
		return false;
	/* Mostly a little less is needed than was measured.  So, where nothing can be lost, it is tried. */
	if (holds_something(target))
		totals.n_blocks += UDF_MKFS_RESERVE_BLOCKS;
	if (totals.n_blocks <= n_free)
		return false;
	snprintf(ret_why, FILL_WHY_BYTES, "%s does not fit: it takes %" PRIu64 " blocks of %" PRIu32
		 " bytes, and %" PRIu64 " are free%s", req->directory, totals.n_blocks,
		 plan->block_bytes, n_free, target->is_block ? "" : "; --size=min finds the size");
	return true;
}

void fill_must_fit(const struct request *req, const struct front_target *target,
		   const struct udf_mkfs_params *params, const struct udf_plan *plan)
{
	struct fill fill = { .req = req, .lists_skipped = req->no_write };
	char why[FILL_WHY_BYTES];
	bool too_small;

	if (fill_decides_size(req, target) || (!req->no_write && !holds_something(target)))
		return;
	too_small = is_too_small(req, target, params, plan, &fill, why);
	must_be_copyable(req, &fill);
	if (too_small)
		die("%s: %s", req->device, why);
}

void fill_explain(const struct request *req, const struct front_target *target, const struct udf_mkfs_params *params,
		  const struct udf_plan *plan, const struct fill *fill, enum udf_err err,
		  char ret_why[FILL_WHY_BYTES])
{
	ret_why[0] = '\0';
	if (err && fill->failed)
		snprintf(ret_why, FILL_WHY_BYTES, "not all of %s could be copied", req->directory);
	else if (err == UDF_E_NOSPC && !is_too_small(req, target, params, plan, NULL, ret_why))
		snprintf(ret_why, FILL_WHY_BYTES, "no space left on the volume");
}

enum udf_err fill_volume(const struct request *req, struct front_target *target,
			 const struct udf_mkfs_params *params, const struct udf_plan *plan,
			 const struct udf_emit_options *options, struct tree_totals *ret_totals,
			 char ret_why[FILL_WHY_BYTES])
{
	struct fill fill = { .req = req, .lists_skipped = true };
	struct tree_populate_options tree = fill_tree_options(req, target, params, &fill);
	struct tree_totals totals;
	enum udf_err err;

	cli_progress_init(&fill.progress, stderr, !req->quiet);
	/* Only who looks at the progress pays for one more walk. */
	if (fill.progress.on && !measure(req, target, params, NULL, &totals))
		fill.total_bytes = totals.n_bytes;
	err = udf_mkfs_fill(plan, target->bio, req->directory_fd, &tree, options, cli_host_env(), ret_totals);
	cli_progress_done(&fill.progress);
	fill_explain(req, target, params, plan, &fill, err, ret_why);
	return err;
}
