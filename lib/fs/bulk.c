/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filling a new volume: blocks for file data that the caller writes itself. */
#include "base/checked.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/dir.h"
#include "fs/extent.h"
#include "fs/file.h"
#include "fs/node.h"
#include "fs/state.h"

/* Map N_BLOCKS at LBN after the end of NODE, whose size is a multiple of the block size. */
static enum udf_err append_run(struct udf_fs *fs, struct node *node, uint32_t lbn, uint32_t n_blocks)
{
	struct run_list none = { 0 };
	uint64_t file_block = node->size_bytes / fs->block_bytes;
	enum udf_err err = extents_set(node->extents, file_block, n_blocks, UDF_EXTENT_RECORDED, lbn, &none);

	if (err)
		return err;
	node->size_bytes += (uint64_t)n_blocks * fs->block_bytes;
	fs->alloc.data_cursor = lbn + n_blocks;
	return extents_prepare(fs, node);
}

enum udf_err udf_bulk_extend(struct udf_fs *fs, udf_ino ino, uint64_t n_bytes, uint64_t *ret_n_bytes,
			     uint64_t *ret_lsn)
{
	uint32_t bs = fs->block_bytes, lbn, n, n_mapped;
	uint64_t lsn = 0;
	struct node *node;
	enum udf_err err = file_get(fs, ino, &node);

	if (err)
		return err;
	if (!fs->policy.is_new || n_bytes < bs || node->size_bytes % bs)
		err = UDF_E_INVAL;
	else if (n_bytes > FS_MAX_FILE_BYTES || node->size_bytes > FS_MAX_FILE_BYTES - n_bytes)
		err = UDF_E_FILE_TOO_BIG;
	if (!err)
		err = fs_begin(fs);
	if (!err)
		err = node_dirty(fs, node);
	if (!err && node->ad_kind == UDF_AD_EMBEDDED)
		err = file_embed_to_extents(fs, node);
	if (!err)
		err = extents_load(fs, node);
	if (err)
		goto out;
	err = alloc_take_retry(fs, fs->alloc.data_cursor, (uint32_t)udf_min64(n_bytes / bs, EXTENT_MAX_BLOCKS),
			       &lbn, &n);
	if (err)
		goto out;
	if (ret_lsn)
		err = udf_vol_map(fs->vol, node->data_part_ref, lbn, n, &lsn, &n_mapped);
	if (!err && ret_lsn && n_mapped < n)
		err = UDF_E_UNSUPPORTED;	/* packets of it have moved: not on a new volume */
	if (!err)
		err = append_run(fs, node, lbn, n);
	if (err) {
		(void)alloc_release(fs, lbn, n);
		goto out;
	}
	*ret_n_bytes = (uint64_t)n * bs;
	if (ret_lsn)
		*ret_lsn = lsn;
	err = fs_end(fs);
out:
	node_put(fs, node);
	return err;
}

/* NODE gets the N_BYTES that are in the partition from LBN on. */
static enum udf_err refer_run(struct udf_fs *fs, struct node *node, uint32_t lbn, uint64_t n_bytes)
{
	struct run_list none = { 0 };
	enum udf_err err = extents_set(node->extents, 0, udf_ceil_div(n_bytes, fs->block_bytes), UDF_EXTENT_RECORDED,
				       lbn, &none);

	if (err)
		return err;
	node->size_bytes = n_bytes;
	return extents_prepare(fs, node);
}

/* The block of the partition at sector LSN, if it has N_BLOCKS from there on. */
static enum udf_err block_at(const struct udf_fs *fs, uint64_t lsn, uint64_t n_blocks, uint32_t *ret_lbn)
{
	const struct udf_part *part = &fs->vol->parts[fs->part_ref];

	if (lsn < part->start_lsn || lsn - part->start_lsn > part->n_blocks ||
	    n_blocks > part->n_blocks - (lsn - part->start_lsn))
		return UDF_E_RANGE;
	*ret_lbn = (uint32_t)(lsn - part->start_lsn);
	return UDF_OK;
}

enum udf_err udf_bulk_set_aside(struct udf_fs *fs, uint64_t lsn)
{
	uint32_t lbn, at, n;
	enum udf_err err = block_at(fs, lsn, 0, &lbn);

	if (!fs->policy.is_new)
		err = UDF_E_INVAL;
	if (!err)
		err = fs_begin(fs);
	while (!err && lbn < fs->alloc.n_blocks) {
		err = alloc_take(fs, lbn, fs->alloc.n_blocks - lbn, &at, &n);
		if (!err && at != lbn)
			err = UDF_E_INVAL;	/* something is there already */
		lbn += n;
	}
	return err ? err : fs_end(fs);
}

enum udf_err udf_bulk_refer(struct udf_fs *fs, udf_ino ino, uint64_t lsn, uint64_t n_bytes)
{
	uint32_t lbn;
	struct node *node;
	enum udf_err err = file_get(fs, ino, &node);

	if (err)
		return err;
	if (!fs->policy.is_new || n_bytes == 0 || node->size_bytes)
		err = UDF_E_INVAL;
	else if (n_bytes > FS_MAX_FILE_BYTES)
		err = UDF_E_FILE_TOO_BIG;
	else
		err = block_at(fs, lsn, udf_ceil_div(n_bytes, fs->block_bytes), &lbn);
	if (!err)
		err = fs_begin(fs);
	if (!err)
		err = node_dirty(fs, node);
	if (!err && node->ad_kind == UDF_AD_EMBEDDED)
		err = file_embed_to_extents(fs, node);
	if (!err)
		err = extents_load(fs, node);
	if (!err)
		err = refer_run(fs, node, lbn, n_bytes);
	if (!err)
		err = fs_end(fs);
	node_put(fs, node);
	return err;
}

enum udf_err udf_bulk_expect(struct udf_fs *fs, udf_ino dir, uint64_t n_bytes)
{
	struct node *node;
	enum udf_err err = node_get_ino(fs, dir, &node);

	if (err)
		return err;
	err = dir_info(node);
	if (!err)
		node->dir->expected_blocks = (uint32_t)udf_min64(udf_ceil_div(n_bytes, fs->block_bytes), UINT32_MAX);
	node_put(fs, node);
	return err;
}
