/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "master/master.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "ecma/codec.h"
#include "master/files.h"
#include "master/store.h"

#define UNIT_BLOCKS 32u			/* a disc is written in whole ones; it has to end where the last anchor is */
#define LEAST_BLOCKS 770u		/* from here on all volumes begin in the same way: see udf_mkfs_fit() */

struct udf_master {
	const struct udf_master_options *options;
	struct udf_mkfs_params params;
	struct udf_plan plan;
	struct bio *store;
	struct master_files files;
	struct tree_totals totals;
	size_t source;			/* that is being copied */
	uint64_t at;			/* the next block to be read */
};

/* ---- what the walk calls ---- */

static void failed(void *ctx, const char *path, enum udf_err err, int host_errno)
{
	struct udf_master *master = ctx;

	master_files_drop(&master->files, master->source, path);
	master->options->failed(master->options->ctx, master->source, path, err, host_errno);
}

static void left_out(void *ctx, const char *path)
{
	const struct udf_master *master = ctx;

	if (master->options->left_out)
		master->options->left_out(master->options->ctx, master->source, path);
}

static void renamed(void *ctx, const char *path, const char *name)
{
	const struct udf_master *master = ctx;

	master->options->renamed(master->options->ctx, master->source, path, name);
}

static void done(void *ctx, const char *path, uint64_t n_bytes)
{
	const struct udf_master *master = ctx;

	(void)n_bytes;
	if (master->options->done)
		master->options->done(master->options->ctx, master->source, path);
}

static enum udf_err refer(void *ctx, const struct host_entry *entry, uint64_t at, uint64_t lsn, uint64_t n_bytes)
{
	struct udf_master *master = ctx;

	return master_files_add(&master->files, master->source, entry, at, lsn, n_bytes);
}

static struct tree_populate_options tree_options(struct udf_master *master, size_t source)
{
	struct tree_populate_options tree = master->options->tree;

	master->source = source;
	tree.walk = master->options->sources[source].walk;
	tree.walk_ctx = master->options->sources[source].walk_ctx;
	if (source > 0)
		tree.root_mask = 0;	/* the first one has the root directory's mode */
	tree.merges = source > 0;
	tree.refer = refer;
	tree.failed = failed;
	tree.renamed = master->options->renamed ? renamed : NULL;
	tree.left_out = left_out;
	tree.done = done;
	tree.progress = NULL;
	tree.ctx = master;
	return tree;
}

/* ---- places ---- */

/* At least as many blocks as the sources need. */
static enum udf_err measure(struct udf_master *master, uint64_t *ret_n_blocks)
{
	const struct udf_mkfs_params *params = &master->params;
	const struct tree_medium medium = {
		.block_bytes = params->block_bytes,
		.icb_blocks = udf_icb_blocks(params->strategy),
		.icb_fixed_bytes = params->revision >= 0x0200 ? UDF_EFE_FIXED_BYTES : UDF_FE_FIXED_BYTES,
	};
	struct tree_totals totals;
	enum udf_err err = UDF_OK;

	*ret_n_blocks = 0;
	for (size_t i = 0; i < master->options->n_sources && !err; i++) {
		struct tree_populate_options tree = tree_options(master, i);

		tree.failed = NULL;	/* the copy reports it */
		err = tree_measure(master->options->sources[i].dir_fd, &medium, &tree, &totals);
		if (!err)
			*ret_n_blocks += totals.n_blocks;
	}
	return err;
}

static enum udf_err fill(void *ctx, struct udf_fs *fs)
{
	struct udf_master *master = ctx;
	struct tree_totals totals;
	enum udf_err err = UDF_OK;

	for (size_t i = 0; i < master->options->n_sources && !err; i++) {
		const struct tree_populate_options tree = tree_options(master, i);

		err = tree_populate(fs, master->options->sources[i].dir_fd, &tree, &totals);
		if (err)
			break;
		master->totals.n_files += totals.n_files;
		master->totals.n_directories += totals.n_directories;
		master->totals.n_links += totals.n_links;
		master->totals.n_bytes += totals.n_bytes;
	}
	return err;
}

/* Does everything that was written stand where it does in PLAN? */
static bool begins_alike(const struct udf_plan *a, const struct udf_plan *b)
{
	static const enum udf_extent_role roles[] = { UDF_ROLE_VRS, UDF_ROLE_MAIN_VDS, UDF_ROLE_LVID,
						      UDF_ROLE_PARTITION };

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (udf_plan_find(a, roles[i], 0)->lsn != udf_plan_find(b, roles[i], 0)->lsn)
			return false;
	return a->fsd_lbn == b->fsd_lbn && a->root_lbn == b->root_lbn && a->stream_dir_lbn == b->stream_dir_lbn;
}

static uint64_t partition_end(const struct udf_plan *plan)
{
	const struct udf_plan_extent *part = udf_plan_find(plan, UDF_ROLE_PARTITION, 0);

	return (uint64_t)part->lsn + part->n_blocks;
}

static uint64_t whole_units(uint64_t n_blocks)
{
	return udf_ceil_div(n_blocks, UNIT_BLOCKS) * UNIT_BLOCKS;
}

/* The smallest volume whose partition has sector END - 1. */
static enum udf_err shortest(const struct udf_mkfs_params *params, uint64_t end, struct udf_plan *ret_plan)
{
	struct udf_mkfs_params tried = *params;
	uint64_t too_few = LEAST_BLOCKS - 1, enough = params->n_blocks;
	enum udf_err err = UDF_OK;

	while (enough - too_few > 1 && !err) {
		struct udf_plan plan;

		tried.n_blocks = too_few + (enough - too_few) / 2;
		err = udf_mkfs_plan(&tried, &plan, NULL);
		if (!err && partition_end(&plan) >= end)
			enough = tried.n_blocks;
		else if (!err || err == UDF_E_NOSPC)
			too_few = tried.n_blocks;
		if (err == UDF_E_NOSPC)
			err = UDF_OK;
	}
	tried.n_blocks = whole_units(enough);
	return err ? err : udf_mkfs_plan(&tried, ret_plan, NULL);
}

static enum udf_err clear(struct bio *store, uint64_t at, uint64_t end)
{
	uint8_t *zeros = calloc(1, store->geometry.block_bytes);
	enum udf_err err = zeros ? UDF_OK : UDF_E_NOMEM;

	for (; at < end && !err; at++)
		err = bio_write(store, at, 1, zeros);
	free(zeros);
	return err;
}

/* Now it is known how much space was taken, and the volume ends there. */
static enum udf_err cut(void *ctx, struct udf_plan *plan)
{
	struct udf_master *master = ctx;
	uint64_t end = udf_max64(master_store_end(master->store, partition_end(plan)),
				 master_files_end(&master->files));
	struct udf_plan shorter;
	enum udf_err err;

	/* Where the size of the space set depends on that of the volume, the places after it do too. */
	if (plan->space != UDF_SPACE_UNALLOC_TABLE)
		return UDF_OK;
	err = shortest(&master->params, end, &shorter);
	if (err || !begins_alike(plan, &shorter))
		return err;
	/* The reserve sequence was near the former end. */
	err = clear(master->store, partition_end(&shorter), plan->n_sectors);
	if (!err)
		*plan = shorter;
	return err;
}

/*
 * While it is filled, free space is recorded in a table, which takes one block however large the volume is.  A table of
 * one block has room for 250 GB; larger volumes have a bitmap, and end where it was estimated.
 */
static enum udf_err make_plan(struct udf_master *master, uint64_t n_blocks, const char **ret_why)
{
	struct udf_mkfs_params *params = &master->params;
	enum udf_err err;

	params->to_be_filled = true;
	params->space = UDF_SPACE_UNALLOC_TABLE;
	err = udf_mkfs_fit(params, n_blocks, ret_why);
	if (err == UDF_E_UNSUPPORTED) {
		params->space = UDF_SPACE_UNALLOC_BITMAP;
		err = udf_mkfs_fit(params, n_blocks, ret_why);
	}
	params->n_blocks = whole_units(params->n_blocks);
	return err ? err : udf_mkfs_plan(params, &master->plan, ret_why);
}

static struct udf_master *begin(const struct udf_master_options *options, uint32_t block_bytes)
{
	struct udf_master *master = calloc(1, sizeof(*master));

	if (!master)
		return NULL;
	master->options = options;
	master_files_init(&master->files, options, block_bytes);
	return master;
}

/* The volume of the plan, in memory. */
static enum udf_err make(struct udf_master *master, bool is_cut, const struct udf_env *env)
{
	const struct udf_emit_options emit = { .medium_is_zero = true };
	const struct udf_mkfs_filler filler = { .fill = fill, .cut = is_cut ? cut : NULL, .ctx = master };
	enum udf_err err = master_store_new(master->plan.block_bytes, master->plan.n_sectors, &master->store);

	if (!err && master->options->n_sources)
		err = udf_mkfs_fill_with(&master->plan, master->store, &filler, &emit, env);
	else if (!err)
		err = udf_mkfs_emit_with(&master->plan, master->store, &emit);
	if (!err)
		master_files_sort(&master->files);
	return err;
}

enum udf_err udf_master_new(const struct udf_mkfs_params *params, const struct udf_master_options *options,
			    const struct udf_env *env, struct udf_master **ret_master, const char **ret_why)
{
	struct udf_master *master = begin(options, params->block_bytes);
	const char *why = NULL;
	uint64_t n_blocks;
	enum udf_err err;

	if (!master)
		return UDF_E_NOMEM;
	master->params = *params;
	err = measure(master, &n_blocks);
	if (!err)
		err = make_plan(master, n_blocks, &why);
	if (!err)
		err = make(master, true, env);
	if (err) {
		udf_master_free(master);
		if (ret_why)
			*ret_why = why;
		return err;
	}
	*ret_master = master;
	return UDF_OK;
}

enum udf_err udf_master_new_planned(const struct udf_plan *plan, const struct udf_master_options *options,
				    const struct udf_env *env, struct udf_master **ret_master)
{
	struct udf_master *master = begin(options, plan->block_bytes);
	enum udf_err err;

	if (!master)
		return UDF_E_NOMEM;
	master->plan = *plan;
	err = make(master, false, env);
	if (err)
		udf_master_free(master);
	else
		*ret_master = master;
	return err;
}

void udf_master_free(struct udf_master *master)
{
	if (!master)
		return;
	master_files_done(&master->files);
	bio_close(master->store);
	free(master);
}

uint64_t udf_master_blocks(const struct udf_master *master)
{
	return master->plan.n_sectors;
}

const struct tree_totals *udf_master_totals(const struct udf_master *master)
{
	return &master->totals;
}

enum udf_err udf_master_read(struct udf_master *master, uint32_t n_blocks, void *ret_data, uint32_t *ret_n_blocks)
{
	uint32_t n = (uint32_t)udf_min64(n_blocks, udf_master_blocks(master) - master->at);
	enum udf_err err = n ? bio_read(master->store, master->at, n, ret_data) : UDF_OK;

	if (err)
		return err;
	master_files_read(&master->files, master->at, n, ret_data);
	master->at += n;
	*ret_n_blocks = n;
	return UDF_OK;
}
