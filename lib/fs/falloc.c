/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Preallocation, holes, SEEK_DATA and SEEK_HOLE. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/extent.h"
#include "fs/file.h"
#include "fs/node.h"
#include "fs/state.h"

static enum udf_err zero_bytes(struct udf_fs *fs, struct node *node, uint64_t at, uint64_t n_bytes)
{
	uint32_t i = extents_find(node->extents, at / fs->block_bytes);
	uint8_t *zeros;
	size_t done;
	enum udf_err err;

	/* The bytes are in one block.  A block that is not recorded reads as zero already. */
	if (n_bytes == 0 || i == node->extents->n || node->extents->v[i].kind != UDF_EXTENT_RECORDED)
		return UDF_OK;
	zeros = calloc(1, (size_t)n_bytes);
	if (!zeros)
		return UDF_E_NOMEM;
	err = file_write(fs, node, at, (size_t)n_bytes, zeros, &done);
	free(zeros);
	return err;
}

/* Make [AT, END) read as zero: whole blocks become holes (PUNCH) or allocated ones, edges are overwritten. */
static enum udf_err clear_range(struct udf_fs *fs, struct node *node, uint64_t at, uint64_t end,
				bool punch)
{
	uint32_t bs = fs->block_bytes;
	uint64_t first, last;
	struct run_list dropped = { 0 };
	enum udf_err err = UDF_OK;

	end = udf_min64(end, node->size_bytes);
	if (at >= end)
		return UDF_OK;
	first = udf_ceil_div(at, bs);
	last = end == node->size_bytes ? udf_ceil_div(end, bs) : end / bs;
	if (first > last)
		return zero_bytes(fs, node, at, end - at);
	if (at % bs)
		err = zero_bytes(fs, node, at, udf_min64(first * bs, end) - at);
	if (!err && end != node->size_bytes && end % bs)
		err = zero_bytes(fs, node, last * bs, end - last * bs);
	while (!err && first < last) {
		uint32_t i = extents_find(node->extents, first);
		const struct extent *e;
		uint64_t n;

		if (i == node->extents->n)
			break;
		e = &node->extents->v[i];
		n = udf_min64(last, e->file_block + e->n_blocks) - first;
		if (punch && e->kind != UDF_EXTENT_HOLE)
			err = extents_set(node->extents, first, n, UDF_EXTENT_HOLE, 0, &dropped);
		else if (!punch && e->kind == UDF_EXTENT_RECORDED)
			err = extents_set(node->extents, first, n, UDF_EXTENT_ALLOCATED,
					  e->lbn + (uint32_t)(first - e->file_block), &dropped);
		first += n;
	}
	if (err) {
		run_list_done(&dropped);
		return err;
	}
	err = node_free_runs(fs, node, &dropped);
	return err ? err : extents_prepare(fs, node);
}

/* Refuse at once when there is too little space.  Otherwise the call would fill the volume, and fail all the same. */
static enum udf_err check_space(struct udf_fs *fs, const struct node *node, uint64_t block, uint64_t last)
{
	uint64_t n_needed = last > block ? last - block : 0, n_free;
	const struct extents *ext = node->extents;
	enum udf_err err = alloc_count_free(fs, &n_free);

	for (uint32_t i = extents_find(ext, block); i < ext->n && ext->v[i].file_block < last; i++) {
		const struct extent *e = &ext->v[i];

		if (e->kind != UDF_EXTENT_HOLE)
			n_needed -= udf_min64(e->file_block + e->n_blocks, last) - udf_max64(e->file_block, block);
	}
	return !err && n_needed > n_free ? UDF_E_NOSPC : err;
}

/* Allocate blocks for every hole in [AT, END). */
static enum udf_err allocate_range(struct udf_fs *fs, struct node *node, uint64_t at, uint64_t end)
{
	uint64_t block = at / fs->block_bytes, last = udf_ceil_div(end, fs->block_bytes);
	struct run_list none = { 0 };
	enum udf_err err = UDF_OK;

	while (block < last && !err) {
		uint32_t i = extents_find(node->extents, block), goal = fs->alloc.data_cursor, lbn, got;
		uint32_t n_spare;
		uint64_t n = last - block;

		if (i < node->extents->n) {
			const struct extent *e = &node->extents->v[i];

			n = udf_min64(n, e->file_block + e->n_blocks - block);
			if (e->kind != UDF_EXTENT_HOLE) {
				block += n;
				continue;
			}
		}
		if (i && node->extents->v[i - 1].kind != UDF_EXTENT_HOLE)
			goal = node->extents->v[i - 1].lbn + node->extents->v[i - 1].n_blocks;
		err = extents_reserve(fs, node, 1, 3, &n_spare);
		if (!err)
			err = node_dirty(fs, node);
		if (!err)
			err = alloc_take_data(fs, goal,
					 (uint32_t)udf_min64(n, udf_min64(n_spare, EXTENT_MAX_BLOCKS)),
					 &lbn, &got);
		if (!err)
			err = extents_set(node->extents, block, got, UDF_EXTENT_ALLOCATED, lbn, &none);
		if (!err) {
			block += got;
			err = extents_prepare(fs, node);
		}
	}
	return err;
}

static enum udf_err fallocate_node(struct udf_fs *fs, struct node *node, unsigned flags, uint64_t at,
				   uint64_t n_bytes)
{
	bool keep = flags & UDF_FALLOC_KEEP_SIZE, punch = flags & UDF_FALLOC_PUNCH_HOLE;
	uint64_t end = at + n_bytes, old_size = node->size_bytes, from;
	enum udf_err err = UDF_OK;
	uint32_t n_spare;

	if (node->ad_kind != UDF_AD_EMBEDDED || (!punch && end > node_inline_capacity(fs, node)))
		err = extents_reserve(fs, node, 0, 4, &n_spare);
	if (!err)
		err = node_dirty(fs, node);
	if (!err && node->ad_kind == UDF_AD_EMBEDDED) {
		if (end <= node_inline_capacity(fs, node) || punch) {
			uint64_t stop = udf_min64(end, node->size_bytes);

			if ((punch || (flags & UDF_FALLOC_ZERO_RANGE)) && at < stop)
				memset(node_inline_data(node) + at, 0, (size_t)(stop - at));
			if (!keep && end > node->size_bytes)
				return file_set_size(fs, node, end);
			return UDF_OK;
		}
		err = file_embed_to_extents(fs, node);
	}
	if (!err)
		err = extents_load(fs, node);
	if (!err && punch)
		return clear_range(fs, node, at, end, true);
	/* Blocks after the end of a file have no holes between them: they begin at its end (4/12.1). */
	from = at > node->size_bytes && keep ? node->size_bytes : at;
	if (!err)
		err = check_space(fs, node, from / fs->block_bytes, udf_ceil_div(end, fs->block_bytes));
	if (!err && (flags & UDF_FALLOC_ZERO_RANGE))
		err = clear_range(fs, node, at, end, false);
	if (!err && end > node->size_bytes && !keep)
		err = file_set_size(fs, node, end);
	if (err)
		return err;
	err = allocate_range(fs, node, from, end);
	if (err && node->size_bytes > old_size)
		(void)file_set_size(fs, node, old_size);
	return err;
}

enum udf_err udf_fallocate(struct udf_fs *fs, udf_ino ino, unsigned flags, uint64_t at, uint64_t n_bytes)
{
	uint64_t n_changes = fs->batch.n_changes;
	struct node *node;
	enum udf_err err;

	if (n_bytes == 0 || (flags & ~(UDF_FALLOC_KEEP_SIZE | UDF_FALLOC_PUNCH_HOLE | UDF_FALLOC_ZERO_RANGE)) ||
	    ((flags & UDF_FALLOC_PUNCH_HOLE) && !(flags & UDF_FALLOC_KEEP_SIZE)))
		return UDF_E_INVAL;
	if (at > FS_MAX_FILE_BYTES || n_bytes > FS_MAX_FILE_BYTES - at)
		return UDF_E_FILE_TOO_BIG;
	err = file_get(fs, ino, &node);
	if (err)
		return err;
	err = fs_begin_node(fs, node);
	if (!err)
		err = fallocate_node(fs, node, flags, at, n_bytes);
	if (!err) {
		node->mtime_us = node->ctime_us = fs_now_us(fs);
		node->flags &= (uint8_t)~NODE_TIMES_ONLY;
		err = fs_end(fs);
	}
	node_put(fs, node);
	return fs_end_change(fs, n_changes, err);
}

enum udf_err udf_seek(struct udf_fs *fs, udf_ino ino, uint64_t at, bool data, uint64_t *ret_at)
{
	struct node *node;
	uint32_t i;
	enum udf_err err = file_get(fs, ino, &node);

	if (err)
		return err;
	if (at >= node->size_bytes) {
		err = UDF_E_NO_DATA;
		goto out;
	}
	if (node->ad_kind == UDF_AD_EMBEDDED) {
		*ret_at = data ? at : node->size_bytes;
		goto out;
	}
	err = extents_load(fs, node);
	if (err)
		goto out;
	for (i = extents_find(node->extents, at / fs->block_bytes); i < node->extents->n; i++) {
		const struct extent *e = &node->extents->v[i];
		uint64_t start = e->file_block * fs->block_bytes;

		if ((e->kind == UDF_EXTENT_RECORDED) == data && start < node->size_bytes) {
			*ret_at = udf_max64(at, start);
			goto out;
		}
	}
	if (data)
		err = UDF_E_NO_DATA;
	else
		*ret_at = node->size_bytes;
out:
	node_put(fs, node);
	return err;
}
