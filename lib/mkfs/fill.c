/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A volume that is filled while it is made. */
#include <string.h>

#include "base/checked.h"
#include "mkfs/fill_bio.h"
#include "mkfs/mkfs.h"
#include "vol/vol.h"

#define CONFORMANT_BLOCKS 770u	/* from here on the partition begins after the anchor at 256 */

/*
 * While the volume is filled, the clock shows the time of the plan.  Objects get their own times; no other time stamp
 * may be later than those of the plan.  Random bytes and the log are the caller's.
 */
struct fill_env {
	struct udf_env env;
	const struct udf_env *below;
	const struct udf_plan *plan;
};

static void fill_now(void *ctx, struct udf_time *ret_now)
{
	*ret_now = ((const struct fill_env *)ctx)->plan->time;
}

static void fill_random(void *ctx, void *ret_bytes, size_t n_bytes)
{
	const struct fill_env *fill = ctx;

	if (fill->below && fill->below->random)
		fill->below->random(fill->below->ctx, ret_bytes, n_bytes);
	else
		memset(ret_bytes, 0, n_bytes);
}

static void fill_log(void *ctx, enum udf_log_level level, const char *line)
{
	const struct fill_env *fill = ctx;

	if (fill->below && fill->below->log)
		fill->below->log(fill->below->ctx, level, line);
}

/* The last steps of filling: what is in memory goes out, and the volume is closed. */
static enum udf_err close_fs(struct udf_fs *fs, enum udf_err err)
{
	if (err) {
		udf_fs_abandon(fs);
		return err;
	}
	err = udf_fs_bulk_end(fs);
	if (err) {
		udf_fs_abandon(fs);
		return err;
	}
	return udf_fs_close(fs);
}

static enum udf_err fill_volume(struct bio *filled, uint32_t block_bytes, uint32_t start_lsn,
				const struct udf_mkfs_filler *filler, const struct udf_env *env)
{
	const struct udf_vol_options vol_options = { .block_bytes = block_bytes, .session_lsn = start_lsn };
	const struct udf_fs_options fs_options = { .bulk = true };
	struct udf_vol *vol = NULL;
	struct udf_fs *fs = NULL;
	enum udf_err err = udf_vol_open(filled, &vol_options, env, NULL, &vol);

	if (!err)
		err = udf_fs_open(vol, &fs_options, &fs);
	if (!err && udf_fs_why_read_only(fs)) {
		udf_log(env, UDF_LOG_ERROR, "the new volume can't be filled: %s", udf_fs_why_read_only(fs));
		udf_fs_abandon(fs);
		err = UDF_E_UNSUPPORTED;
	} else if (!err) {
		err = close_fs(fs, filler->fill(filler->ctx, fs));
	}
	udf_vol_close(vol);
	return err ? err : bio_flush(filled);
}

enum udf_err udf_mkfs_fill_with(struct udf_plan *plan, struct bio *bio, const struct udf_mkfs_filler *filler,
				const struct udf_emit_options *options, const struct udf_env *env)
{
	/* It is filled as a volume that can be written, whatever access type it gets in the end. */
	struct udf_plan work = *plan;
	struct fill_env fill = { .below = env, .plan = plan };
	struct bio *filled = NULL;
	enum udf_err err = UDF_OK;

	fill.env = (struct udf_env){ &fill, fill_now, fill_random, fill_log };
	work.access_type = UDF_ACCESS_OVERWRITABLE;
	work.soft_protect = false;
	work.write_once = false;
	if (!options || !options->medium_is_zero)
		err = udf_emit_destroy_old(bio, plan->start_lsn, plan->block_bytes);
	if (!err)
		err = udf_emit_body(&work, bio, options);
	if (!err)
		err = fill_bio_new(&work, bio, &filled);
	if (err)
		return err;
	err = udf_emit_commit(&work, filled);	/* kept there */
	if (!err)
		err = fill_volume(filled, plan->block_bytes, plan->start_lsn, filler, &fill.env);
	bio_close(filled);
	if (!err && filler->cut)
		err = filler->cut(filler->ctx, plan);
	if (!err && (plan->access_type != work.access_type || plan->soft_protect))
		err = udf_emit_access(plan, bio);
	return err ? err : udf_emit_commit(plan, bio);
}

struct directory {
	int fd;
	const struct tree_populate_options *options;
	struct tree_totals *ret_totals;
};

static enum udf_err fill_from_directory(void *ctx, struct udf_fs *fs)
{
	const struct directory *dir = ctx;

	return tree_populate(fs, dir->fd, dir->options, dir->ret_totals);
}

enum udf_err udf_mkfs_fill(const struct udf_plan *plan, struct bio *bio, int dir_fd,
			   const struct tree_populate_options *tree, const struct udf_emit_options *options,
			   const struct udf_env *env, struct tree_totals *ret_totals)
{
	struct directory dir = { dir_fd, tree, ret_totals };
	const struct udf_mkfs_filler filler = { .fill = fill_from_directory, .ctx = &dir };
	struct udf_plan own = *plan;

	return udf_mkfs_fill_with(&own, bio, &filler, options, env);
}

/* Has a volume of N_BLOCKS at least N_FREE free blocks? */
static enum udf_err fits(const struct udf_mkfs_params *params, uint64_t n_blocks, uint64_t n_free, bool *ret_fits,
			 const char **ret_why)
{
	struct udf_mkfs_params tried = *params;
	const struct udf_plan_extent *part;
	struct udf_plan plan;
	enum udf_err err;

	*ret_fits = false;
	tried.n_blocks = n_blocks;
	err = udf_mkfs_plan(&tried, &plan, ret_why);
	if (err)
		return err == UDF_E_NOSPC ? UDF_OK : err;
	part = udf_plan_find(&plan, UDF_ROLE_PARTITION, 0);
	*ret_fits = part->n_blocks - plan.n_used_blocks >= n_free;
	return UDF_OK;
}

/* Partitions end at multiples of something, and bitmaps grow: the size is searched for, not computed. */
enum udf_err udf_mkfs_fit(struct udf_mkfs_params *params, uint64_t n_free_blocks, const char **ret_why)
{
	uint64_t need = n_free_blocks + UDF_MKFS_RESERVE_BLOCKS, step = CONFORMANT_BLOCKS;
	uint64_t at = params->start_lsn + udf_max64(CONFORMANT_BLOCKS, need), too_few = at - 1;
	bool enough;
	enum udf_err err;

	while (!(err = fits(params, at, need, &enough, ret_why)) && !enough) {
		too_few = at;
		at += step;
		step *= 2;
	}
	while (!err && at - too_few > 1) {
		uint64_t middle = too_few + (at - too_few) / 2;

		err = fits(params, middle, need, &enough, ret_why);
		if (enough)
			at = middle;
		else
			too_few = middle;
	}
	if (!err)
		params->n_blocks = at;
	return err;
}
