/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making sure, before an operation changes anything, that there are blocks for it.  Where few blocks are free, blocks
 * that wait for a commit are committed first (R1).
 */
#include "base/checked.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/dir.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

#define LOW_BLOCKS 64u
#define MAX_ADS_OF_A_CUT 2	/* descriptors that cutting a file off may add */

enum udf_err fs_begin_alloc(struct udf_fs *fs, uint32_t n_blocks)
{
	uint64_t n_free;
	enum udf_err err = fs_begin(fs);

	if (err)
		return err;
	if (fs->alloc.free_is_known && fs->alloc.n_free >= LOW_BLOCKS + n_blocks)
		return UDF_OK;
	err = alloc_count_free(fs, &n_free);
	if (err || fs->alloc.n_free >= n_blocks)
		return err;
	if (fs->policy.no_phases)
		dir_give_back(fs, n_blocks);
	else
		err = fs_commit_now(fs);
	if (err)
		return err;
	return fs->alloc.n_free >= n_blocks ? UDF_OK : UDF_E_NOSPC;
}

/* How many blocks the descriptors may need when N_MORE_ADS are added. */
static uint64_t descriptor_need(const struct udf_fs *fs, const struct node *node, int64_t n_more_ads)
{
	uint64_t n_aeds;

	if (node->ad_kind == UDF_AD_EMBEDDED)
		return 2;	/* one for the embedded data, and one for what is added */
	n_aeds = extents_most_aeds(fs, node, n_more_ads);
	if (node->extents->aed_batch != fs->batch.number)
		return n_aeds;
	return n_aeds > node->extents->n_aeds ? n_aeds - node->extents->n_aeds : 0;
}

enum udf_err extents_reserve(struct udf_fs *fs, struct node *node, uint32_t n_blocks,
			     int64_t n_more_ads, uint32_t *ret_n_spare)
{
	uint64_t need;
	int try;

	for (try = 0; try < 2; try++) {
		enum udf_err err = extents_load(fs, node);

		if (err)
			return err;
		if (n_more_ads > MAX_ADS_OF_A_CUT && node->extents && extents_has_too_many(fs, node, n_more_ads))
			return UDF_E_FILE_TOO_BIG;
		need = descriptor_need(fs, node, n_more_ads);
		if (need + n_blocks > UINT32_MAX)
			return UDF_E_NOSPC;
		err = fs_begin_alloc(fs, (uint32_t)(need + n_blocks));
		if (err)
			return err;
		/* a commit may have made the chain durable, and a fresh one is needed then */
		if (descriptor_need(fs, node, n_more_ads) <= need) {
			*ret_n_spare = (uint32_t)udf_min64(fs->alloc.n_free - need, UINT32_MAX / 2);
			return UDF_OK;
		}
	}
	return UDF_E_NOSPC;
}

enum udf_err dir_reserve(struct udf_fs *fs, struct node *dir, uint32_t n_blocks)
{
	uint32_t n_spare;

	return extents_reserve(fs, dir, n_blocks, 3, &n_spare);
}

enum udf_err alloc_take_retry(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn,
			      uint32_t *ret_n)
{
	enum udf_err err = alloc_take_data(fs, goal, want, ret_lbn, ret_n);

	if (err == UDF_E_NOSPC && (fs->batch.frees.n_runs || fs->commit.sealed.on) && !fs->policy.no_phases) {
		err = fs_commit_now(fs);
		if (!err)
			err = alloc_take_data(fs, goal, want, ret_lbn, ret_n);
	}
	return err;
}
