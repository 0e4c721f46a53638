/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File data: embedded in the ICB while it fits, else in extents.
 *
 * Data is written to the device at once, as part of phase NEW.  What refers to it is written in LINK, after a flush.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "fs/alloc.h"
#include "fs/extent.h"
#include "fs/file.h"
#include "fs/node.h"
#include "fs/state.h"

enum udf_err udf_read(struct udf_fs *fs, udf_ino ino, uint64_t at, size_t n_bytes, void *ret_data,
		      size_t *ret_n_bytes)
{
	struct node *node;
	enum udf_err err = node_get_ino(fs, ino, &node);

	if (err)
		return err;
	if (node_is_dir(node))
		err = UDF_E_IS_DIR;
	else if (!node_has_data(node))
		err = UDF_E_INVAL;
	else
		err = file_read(fs, node, at, n_bytes, ret_data, ret_n_bytes);
	node_put(fs, node);
	return err;
}

enum udf_err udf_file_range(struct udf_fs *fs, udf_ino ino, uint64_t at, uint64_t n_bytes, int *ret_fd,
			    uint64_t *ret_offset_bytes, uint64_t *ret_n_bytes)
{
	uint32_t bs = fs->block_bytes, i;
	const struct extent *e;
	struct node *node;
	uint64_t skip;
	uint32_t n_blocks;
	enum udf_err err = node_get_ino(fs, ino, &node);

	if (err)
		return err;
	if (!node_has_data(node) || node->ad_kind == UDF_AD_EMBEDDED)
		err = UDF_E_UNSUPPORTED;
	else if (at >= node->size_bytes)
		err = UDF_END;
	else
		err = extents_load(fs, node);
	if (err)
		goto out;
	n_bytes = udf_min64(n_bytes, node->size_bytes - at);
	i = extents_find(node->extents, at / bs);
	*ret_fd = -1;
	*ret_offset_bytes = 0;
	if (i == node->extents->n) {
		*ret_n_bytes = n_bytes;
		goto out;
	}
	e = &node->extents->v[i];
	skip = at - e->file_block * bs;
	n_bytes = udf_min64(n_bytes, (uint64_t)e->n_blocks * bs - skip);
	if (e->kind == UDF_EXTENT_RECORDED) {
		uint32_t first = e->lbn + (uint32_t)(skip / bs);

		n_blocks = (uint32_t)udf_ceil_div(skip % bs + n_bytes, bs);
		err = udf_vol_fd_range(fs->vol, node->data_part_ref, first, n_blocks, ret_fd, ret_offset_bytes,
				       &n_blocks);
		if (err)
			goto out;
		n_bytes = udf_min64(n_bytes, (uint64_t)n_blocks * bs - skip % bs);
		*ret_offset_bytes += skip % bs;
	}
	if (!err)
		*ret_n_bytes = n_bytes;
out:
	node_put(fs, node);
	return err;
}

enum udf_err file_write_blocks(struct udf_fs *fs, struct node *node, uint32_t lbn, uint32_t n_blocks,
			       const uint8_t *data)
{
	enum udf_err err = udf_vol_write(fs->vol, node->data_part_ref, lbn, n_blocks, data);

	fs->batch.data_unflushed = true;
	return err;
}

enum udf_err file_embed_to_extents(struct udf_fs *fs, struct node *node)
{
	uint64_t size = node->size_bytes;
	struct run_list none = { 0 };
	enum udf_err err = node_dirty(fs, node);
	struct extents *ext;
	uint32_t lbn, n;

	if (err)
		return err;
	if (size > node_inline_capacity(fs, node))
		return UDF_E_CORRUPT;
	ext = extents_new();
	if (!ext)
		return UDF_E_NOMEM;
	node->data_part_ref = node->part_ref;
	if (size) {
		memset(fs->scratch, 0, fs->block_bytes);
		memcpy(fs->scratch, node_inline_data(node), (size_t)size);
		err = alloc_take_data(fs, fs->alloc.data_cursor, 1, &lbn, &n);
		if (!err) {
			err = file_write_blocks(fs, node, lbn, 1, fs->scratch);
			if (!err)
				err = extents_set(ext, 0, 1, UDF_EXTENT_RECORDED, lbn, &none);
			if (err)
				(void)alloc_release(fs, lbn, 1);
		}
	}
	if (err) {
		extents_free(ext);
		return err;
	}
	if (size)
		fs->alloc.data_cursor = lbn + 1;
	node->extents = ext;
	node->ad_kind = UDF_AD_SHORT;
	node->flags &= (uint8_t)~NODE_TIMES_ONLY;
	return extents_prepare(fs, node);
}

/* The block with the end of the file in it.  False where none is recorded, or the file ends with its block. */
static bool find_tail(const struct udf_fs *fs, const struct node *node, uint32_t *ret_lbn)
{
	uint64_t file_block = node->size_bytes / fs->block_bytes;
	const struct extent *e;
	uint32_t i;

	if (node->size_bytes % fs->block_bytes == 0)
		return false;
	i = extents_find(node->extents, file_block);
	if (i == node->extents->n || node->extents->v[i].kind != UDF_EXTENT_RECORDED)
		return false;
	e = &node->extents->v[i];
	*ret_lbn = e->lbn + (uint32_t)(file_block - e->file_block);
	return true;
}

/* Is the block LBN of NODE in a packet that can't be read, so that what is written to it needs another block? */
static enum udf_err must_move(struct udf_fs *fs, const struct node *node, uint32_t lbn, bool *ret_must)
{
	uint32_t n = 1;

	*ret_must = false;
	return node->data_part_ref == fs->part_ref ? unreadable_before_write(fs, lbn, &n, ret_must) : UDF_OK;
}

/* Zero the bytes from the end of the file to the end of its last recorded block, which may become another block. */
static enum udf_err zero_tail(struct udf_fs *fs, struct node *node)
{
	uint32_t bs = fs->block_bytes, in_block = (uint32_t)(node->size_bytes % bs), old_lbn, lbn, n;
	struct run_list dropped = { 0 };
	bool moves = false;
	enum udf_err err;

	if (!find_tail(fs, node, &old_lbn))
		return UDF_OK;
	lbn = old_lbn;
	err = must_move(fs, node, old_lbn, &moves);
	if (!err && moves)
		err = alloc_take_data(fs, fs->alloc.data_cursor, 1, &lbn, &n);
	if (err)
		return err;
	err = udf_vol_read(fs->vol, node->data_part_ref, old_lbn, 1, fs->scratch);
	memset(fs->scratch + in_block, 0, bs - in_block);
	if (!err)
		err = file_write_blocks(fs, node, lbn, 1, fs->scratch);
	if (!moves)
		return err;
	if (!err)
		err = extents_set(node->extents, node->size_bytes / bs, 1, UDF_EXTENT_RECORDED, lbn, &dropped);
	if (err) {
		(void)alloc_release(fs, lbn, 1);
		run_list_done(&dropped);
		return err;
	}
	return node_free_runs(fs, node, &dropped);
}

static enum udf_err drop_extents_past(struct udf_fs *fs, struct node *node, uint64_t size_bytes)
{
	struct run_list dropped = { 0 };
	enum udf_err err = extents_cut(node->extents, udf_ceil_div(size_bytes, fs->block_bytes), &dropped);

	if (err) {
		run_list_done(&dropped);
		return err;
	}
	return node_free_runs(fs, node, &dropped);
}

/* Cut NODE to size 0.  Its next contents may be small, and are embedded again. */
static enum udf_err cut_to_nothing(struct udf_fs *fs, struct node *node)
{
	enum udf_err err = drop_extents_past(fs, node, 0);
	uint32_t i;

	for (i = 0; i < node->extents->n_aeds && !err; i++)
		err = node->flags & NODE_NEW ? alloc_release(fs, node->extents->aed_lbn[i], 1) :
					       alloc_release_later(fs, node->extents->aed_lbn[i], 1);
	if (err)
		return err;
	extents_free(node->extents);
	node->extents = NULL;
	node->ad_kind = UDF_AD_EMBEDDED;
	node->size_bytes = 0;
	return UDF_OK;
}

/* Make sure that there is room for the descriptors of a file of SIZE_BYTES.  Truncating works on a full volume. */
static enum udf_err reserve_for_size(struct udf_fs *fs, struct node *node, uint64_t size_bytes)
{
	int64_t n_more = 3;
	uint32_t n_spare, lbn;
	bool moves = false;
	enum udf_err err = extents_load(fs, node);

	if (!err && node->extents && size_bytes > node->size_bytes && find_tail(fs, node, &lbn))
		err = must_move(fs, node, lbn, &moves);
	if (!err && node->extents && size_bytes <= node->size_bytes) {
		n_more = (int64_t)extents_find(node->extents, udf_ceil_div(size_bytes, fs->block_bytes)) + 1 -
			 (int64_t)node->extents->n;
		n_more = n_more < 2 ? n_more : 2;
	}
	return err ? err : extents_reserve(fs, node, moves, n_more, &n_spare);
}

enum udf_err file_set_size(struct udf_fs *fs, struct node *node, uint64_t size_bytes)
{
	struct run_list none = { 0 };
	uint64_t end_block = udf_ceil_div(size_bytes, fs->block_bytes), have;
	enum udf_err err = UDF_OK;

	if (size_bytes > FS_MAX_FILE_BYTES)
		return UDF_E_FILE_TOO_BIG;
	if (node->ad_kind == UDF_AD_EMBEDDED ? size_bytes > node_inline_capacity(fs, node) : size_bytes > 0)
		err = reserve_for_size(fs, node, size_bytes);
	if (!err)
		err = node_dirty(fs, node);
	node->flags &= (uint8_t)~NODE_TIMES_ONLY;
	if (!err && node->ad_kind == UDF_AD_EMBEDDED) {
		if (node->size_bytes > node_inline_capacity(fs, node))
			return UDF_E_CORRUPT;
		if (size_bytes <= node_inline_capacity(fs, node)) {
			uint64_t keep = udf_min64(size_bytes, node->size_bytes);

			memset(node_inline_data(node) + keep, 0, (size_t)(node_inline_capacity(fs, node) - keep));
			node->size_bytes = size_bytes;
			return UDF_OK;
		}
		err = file_embed_to_extents(fs, node);
	}
	if (!err)
		err = extents_load(fs, node);
	if (err)
		return err;
	if (size_bytes == 0)
		return cut_to_nothing(fs, node);
	if (size_bytes <= node->size_bytes) {
		err = drop_extents_past(fs, node, size_bytes);
		if (!err)
			node->size_bytes = size_bytes;
		return err ? err : extents_prepare(fs, node);
	}
	err = zero_tail(fs, node);
	have = extents_end(node->extents);
	if (!err && have < end_block)
		err = extents_set(node->extents, have, end_block - have, UDF_EXTENT_HOLE, 0, &none);
	if (!err)
		node->size_bytes = size_bytes;
	return err ? err : extents_prepare(fs, node);
}

enum udf_err file_get(struct udf_fs *fs, udf_ino ino, struct node **ret_node)
{
	struct node *node;
	enum udf_err err = node_get_ino(fs, ino, &node);

	if (err)
		return err;
	if (node_is_dir(node))
		err = UDF_E_IS_DIR;
	else if (node->file_type != UDF_FT_REGULAR)
		err = UDF_E_INVAL;
	if (err)
		node_put(fs, node);
	else
		*ret_node = node;
	return err;
}
