/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing file data: into the ICB, into existing blocks, into new ones. */
#include <string.h>

#include "base/checked.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/extent.h"
#include "fs/file.h"
#include "fs/node.h"
#include "fs/state.h"

/* Where the data comes from.  It is taken in order. */
struct source {
	const uint8_t *data;		/* the remaining data in memory */
	const struct udf_source *from;	/* or NULL */
};

static enum udf_err source_read(struct source *source, uint8_t *ret_data, size_t n_bytes)
{
	if (source->from)
		return source->from->read(source->from->ctx, ret_data, n_bytes);
	memcpy(ret_data, source->data, n_bytes);
	source->data += n_bytes;
	return UDF_OK;
}

/* Write a part of one block.  The other bytes are read from OLD_LBN, or are zero. */
static enum udf_err write_part(struct udf_fs *fs, struct node *node, uint64_t file_block, uint32_t old_lbn,
			       uint32_t lbn, uint32_t in_block, uint32_t n_bytes, struct source *source)
{
	uint32_t bs = fs->block_bytes;
	uint64_t start = file_block * bs;
	uint8_t *buf = fs->scratch;
	enum udf_err err;

	if (old_lbn != FS_NOWHERE) {
		err = udf_vol_read(fs->vol, node->data_part_ref, old_lbn, 1, buf);
		if (err)
			return err;
		if (start + bs > node->size_bytes) {
			uint32_t keep = node->size_bytes > start ? (uint32_t)(node->size_bytes - start) : 0;

			memset(buf + keep, 0, bs - keep);
		}
	} else {
		memset(buf, 0, bs);
	}
	err = source_read(source, buf + in_block, n_bytes);
	return err ? err : file_write_blocks(fs, node, lbn, 1, buf);
}

/* Write whole blocks.  Data in a pipe is moved directly to the device or image file where that is possible. */
static enum udf_err write_whole(struct udf_fs *fs, struct node *node, uint32_t lbn, uint32_t n_blocks,
				struct source *source)
{
	uint32_t per_run = FS_RUN_BYTES / fs->block_bytes;
	enum udf_err err = UDF_OK;

	if (!source->from) {
		err = file_write_blocks(fs, node, lbn, n_blocks, source->data);
		source->data += (size_t)n_blocks * fs->block_bytes;
		return err;
	}
	while (n_blocks && !err) {
		uint32_t n;
		uint64_t offset;
		int fd;

		if (udf_vol_fd_range(fs->vol, node->data_part_ref, lbn, n_blocks, &fd, &offset, &n) == UDF_OK) {
			fs->batch.data_unflushed = true;
			err = source->from->move(source->from->ctx, fd, offset, (size_t)n * fs->block_bytes);
		} else {
			n = n_blocks < per_run ? n_blocks : per_run;
			err = source_read(source, fs->run_buffer, (size_t)n * fs->block_bytes);
			if (!err)
				err = file_write_blocks(fs, node, lbn, n, fs->run_buffer);
		}
		lbn += n;
		n_blocks -= n;
	}
	return err;
}

/* Write within one run of blocks.  OLD_LBN: where their data are now, or FS_NOWHERE. */
static enum udf_err write_run(struct udf_fs *fs, struct node *node, uint64_t file_block, uint32_t old_lbn,
			      uint32_t lbn, uint32_t in_block, size_t n_bytes, struct source *source)
{
	uint32_t bs = fs->block_bytes;
	enum udf_err err = UDF_OK;

	while (n_bytes && !err) {
		uint32_t n_done;
		size_t n;

		if (in_block == 0 && n_bytes >= bs) {
			n = n_bytes / bs * bs;
			err = write_whole(fs, node, lbn, (uint32_t)(n / bs), source);
		} else {
			n = (size_t)udf_min64(n_bytes, bs - in_block);
			err = write_part(fs, node, file_block, old_lbn, lbn, in_block, (uint32_t)n, source);
		}
		n_done = (uint32_t)((in_block + n + bs - 1) / bs);
		lbn += n_done;
		old_lbn += old_lbn != FS_NOWHERE ? n_done : 0;
		file_block += n_done;
		in_block = 0;
		n_bytes -= n;
	}
	return err;
}

/* The preferred place of block FILE_BLOCK: after the block before it. */
static uint32_t data_goal(const struct udf_fs *fs, const struct node *node, uint64_t file_block)
{
	uint32_t i = file_block ? extents_find(node->extents, file_block - 1) : node->extents->n;

	while (i < node->extents->n || i > 0) {
		const struct extent *e;

		if (i >= node->extents->n)
			i = node->extents->n - 1;
		e = &node->extents->v[i];
		if (e->kind != UDF_EXTENT_HOLE && e->file_block < file_block)
			return e->lbn + (uint32_t)udf_min64(e->n_blocks, file_block - e->file_block);
		if (i == 0 || file_block == 0)
			break;
		i--;
		if (node->extents->v[i].kind == UDF_EXTENT_HOLE)
			break;
	}
	return fs->alloc.data_cursor;
}

/* The piece of the file at FILE_BLOCK: its length (up to WANT), its kind and its place. */
static void piece_at(const struct extents *ext, uint64_t file_block, uint64_t want, uint64_t *ret_n,
		     enum udf_extent_type *ret_kind, uint32_t *ret_lbn)
{
	uint32_t i = extents_find(ext, file_block);
	const struct extent *e;

	*ret_kind = UDF_EXTENT_HOLE;
	*ret_lbn = 0;
	*ret_n = want;
	if (i == ext->n)
		return;
	e = &ext->v[i];
	*ret_kind = (enum udf_extent_type)e->kind;
	*ret_n = udf_min64(want, e->file_block + e->n_blocks - file_block);
	if (*ret_kind != UDF_EXTENT_HOLE)
		*ret_lbn = e->lbn + (uint32_t)(file_block - e->file_block);
}

/*
 * Blocks in a packet that can't be read are a hole to whoever writes there: they could not be written in place.  A
 * block with data of which a part is written is a piece of its own: it is copied from *OLD_LBN, where that can be
 * read.  N_BYTES at AT are to be written.
 */
static enum udf_err leave_unreadable(struct udf_fs *fs, const struct node *node, uint32_t lbn, uint64_t at,
				     uint64_t n_bytes, uint64_t *n_blocks, enum udf_extent_type *kind,
				     uint32_t *old_lbn)
{
	uint32_t bs = fs->block_bytes, n = (uint32_t)*n_blocks;
	bool unreadable = false, to_the_end = at + n_bytes >= node->size_bytes;
	enum udf_err err;

	*old_lbn = *kind == UDF_EXTENT_RECORDED ? lbn : FS_NOWHERE;
	if (*kind == UDF_EXTENT_HOLE || node->data_part_ref != fs->part_ref)
		return UDF_OK;
	/* A part of a block is a piece of its own: it may fail, and must not leave a packet half new. */
	if (fs->policy.wears && *kind == UDF_EXTENT_RECORDED && !to_the_end && at % bs == 0 && n_bytes >= bs)
		n = (uint32_t)udf_min64(n, n_bytes / bs);
	err = unreadable_before_write(fs, lbn, &n, &unreadable);
	*n_blocks = n;
	if (err || !unreadable)
		return err;
	if (*kind == UDF_EXTENT_RECORDED && (at % bs || (n_bytes < bs && !to_the_end))) {
		*n_blocks = 1;
	} else {
		*old_lbn = FS_NOWHERE;
		if (*kind == UDF_EXTENT_RECORDED && !to_the_end)
			*n_blocks = udf_min64(n, n_bytes / bs);
	}
	*kind = UDF_EXTENT_HOLE;
	return UDF_OK;
}

/* Write into extents.  The size grows by what was written. */
static enum udf_err write_extents(struct udf_fs *fs, struct node *node, uint64_t at, size_t n_bytes,
				  struct source *source, size_t *ret_n_bytes)
{
	uint32_t bs = fs->block_bytes;
	enum udf_err err = UDF_OK;
	size_t done = 0;

	while (done < n_bytes && !err) {
		uint64_t file_block = (at + done) / bs, n_blocks;
		uint32_t in_block = (uint32_t)((at + done) % bs), lbn, old_lbn, got, n_spare;
		struct run_list dropped = { 0 };
		enum udf_extent_type kind;
		bool grows;
		size_t n;

		piece_at(node->extents, file_block, udf_ceil_div(in_block + (n_bytes - done), bs), &n_blocks,
			 &kind, &lbn);
		err = leave_unreadable(fs, node, lbn, at + done, n_bytes - done, &n_blocks, &kind, &old_lbn);
		if (err)
			break;
		n = (size_t)udf_min64(n_bytes - done, n_blocks * bs - in_block);
		grows = at + done + n > node->size_bytes;
		if (kind != UDF_EXTENT_RECORDED || grows)
			err = extents_reserve(fs, node, kind == UDF_EXTENT_HOLE, 3, &n_spare);
		if (err)
			break;
		if (kind == UDF_EXTENT_HOLE) {
			err = alloc_take_data(fs, data_goal(fs, node, file_block),
					 (uint32_t)udf_min64(n_blocks, n_spare), &lbn, &got);
			if (err)
				break;
			n_blocks = got;
			fs->alloc.data_cursor = lbn + got;
			n = (size_t)udf_min64(n_bytes - done, n_blocks * bs - in_block);
		}
		err = write_run(fs, node, file_block, old_lbn, lbn, in_block, n, source);
		if (!err && (kind != UDF_EXTENT_RECORDED || grows))
			err = node_dirty(fs, node);
		if (!err && kind != UDF_EXTENT_RECORDED) {
			err = extents_set(node->extents, file_block, udf_ceil_div(in_block + n, bs),
					  UDF_EXTENT_RECORDED, lbn, &dropped);
			node->flags &= (uint8_t)~NODE_TIMES_ONLY;
		}
		if (err && kind == UDF_EXTENT_HOLE)
			(void)alloc_release(fs, lbn, (uint32_t)n_blocks);
		if (!err)
			err = node_free_runs(fs, node, &dropped);
		run_list_done(&dropped);
		if (err)
			break;
		done += n;
		node->size_bytes = udf_max64(node->size_bytes, at + done);
		if (kind != UDF_EXTENT_RECORDED || grows)
			err = extents_prepare(fs, node);
	}
	*ret_n_bytes = done;
	return done && err != UDF_E_NOMEM ? UDF_OK : err;
}

static enum udf_err write_from(struct udf_fs *fs, struct node *node, uint64_t at, size_t n_bytes,
			       struct source *source, size_t *ret_n_bytes)
{
	uint64_t old_size = node->size_bytes;
	enum udf_err err = UDF_OK;
	uint32_t n_spare;

	*ret_n_bytes = 0;
	if (n_bytes == 0)
		return UDF_OK;
	if (at > FS_MAX_FILE_BYTES || n_bytes > FS_MAX_FILE_BYTES - at)
		return UDF_E_FILE_TOO_BIG;
	if (node->ad_kind == UDF_AD_EMBEDDED && at + n_bytes <= node_inline_capacity(fs, node)) {
		err = at > old_size ? file_set_size(fs, node, at) : UDF_OK;
		if (!err)
			err = node_dirty(fs, node);
		if (err)
			return err;
		node->flags &= (uint8_t)~NODE_TIMES_ONLY;
		err = source_read(source, node_inline_data(node) + at, n_bytes);
		if (err)
			return err;
		node->size_bytes = udf_max64(node->size_bytes, at + n_bytes);
		*ret_n_bytes = n_bytes;
		return UDF_OK;
	}
	if (node->ad_kind == UDF_AD_EMBEDDED || at > old_size)
		err = extents_reserve(fs, node, 1, 5, &n_spare);
	if (!err && at > old_size)
		err = file_set_size(fs, node, at);
	if (!err && node->ad_kind == UDF_AD_EMBEDDED)
		err = file_embed_to_extents(fs, node);
	if (!err)
		err = extents_load(fs, node);
	if (!err)
		err = write_extents(fs, node, at, n_bytes, source, ret_n_bytes);
	if (err && *ret_n_bytes == 0 && node->size_bytes > old_size)
		(void)file_set_size(fs, node, old_size);
	return err;
}

enum udf_err file_write(struct udf_fs *fs, struct node *node, uint64_t at, size_t n_bytes,
			const uint8_t *data, size_t *ret_n_bytes)
{
	struct source source = { .data = data };

	return write_from(fs, node, at, n_bytes, &source, ret_n_bytes);
}

static enum udf_err write_ino(struct udf_fs *fs, udf_ino ino, uint64_t at, size_t n_bytes,
			      struct source *source, size_t *ret_n_bytes)
{
	uint64_t n_changes = fs->batch.n_changes, size;
	struct node *node;
	enum udf_err err = file_get(fs, ino, &node);

	*ret_n_bytes = 0;
	if (err)
		return err;
	err = fs_begin_node(fs, node);
	if (err)
		goto out;
	size = node->size_bytes;
	err = write_from(fs, node, at, n_bytes, source, ret_n_bytes);
	if (*ret_n_bytes) {
		bool was_clean = !(node->flags & NODE_DIRTY);
		enum udf_err err2 = node_dirty(fs, node);

		if (!err)
			err = err2;
		node->mtime_us = node->ctime_us = fs_now_us(fs);
		if (size != node->size_bytes)
			node->flags &= (uint8_t)~NODE_TIMES_ONLY;
		else if (was_clean)
			node->flags |= NODE_TIMES_ONLY;
	}
	if (!err)
		err = fs_end(fs);
out:
	node_put(fs, node);
	return fs_end_change(fs, n_changes, err);
}

enum udf_err udf_write(struct udf_fs *fs, udf_ino ino, uint64_t at, size_t n_bytes, const void *data,
		       size_t *ret_n_bytes)
{
	struct source source = { .data = data };

	return write_ino(fs, ino, at, n_bytes, &source, ret_n_bytes);
}

enum udf_err udf_write_from(struct udf_fs *fs, udf_ino ino, uint64_t at, size_t n_bytes,
			    const struct udf_source *from, size_t *ret_n_bytes)
{
	struct source source = { .from = from };

	return write_ino(fs, ino, at, n_bytes, &source, ret_n_bytes);
}
