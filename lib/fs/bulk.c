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
