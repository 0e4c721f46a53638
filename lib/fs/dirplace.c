/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where directories and the ICBs of their children are stored; fresh places for blocks (R5). */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "ecma/codec.h"
#include "fs/alloc.h"
#include "fs/block.h"
#include "fs/dir.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

#define ICB_CHUNK_BLOCKS 32		/* how many blocks a directory reserves for its children's ICBs */
#define DATA_CHUNK_MAX_BLOCKS 16u

enum udf_err dir_take_icb(struct udf_fs *fs, struct node *dir, bool is_dir, uint32_t *ret_lbn)
{
	uint32_t want = fs->policy.is_new ? 8 * ICB_CHUNK_BLOCKS : ICB_CHUNK_BLOCKS;
	uint32_t n_blocks = fs->icb_form.n_blocks;
	enum udf_err err = dir_info(dir);

	if (!err && fs->alloc.packet_blocks) {
		err = packets_take(fs, is_dir ? ALLOC_DIRECTORY : ALLOC_ICB, is_dir ? dir->lbn : UINT32_MAX, n_blocks,
				   ret_lbn);
		if (err != UDF_E_NOSPC)
			return err;
		err = UDF_OK;
	}
	return err ? err : dir_take_reserved(fs, dir, &dir->dir->icb_chunk, dir->lbn + n_blocks, want, n_blocks,
					     ret_lbn);
}

/* A block for DIR itself, at GOAL if possible, or of a packet of directories.  WANT blocks are expected. */
static enum udf_err take_block(struct udf_fs *fs, struct node *dir, uint32_t goal, uint32_t want, uint32_t *ret_lbn)
{
	if (fs->alloc.packet_blocks && !dir->dir->expected_blocks) {
		enum udf_err err = packets_take(fs, ALLOC_DIRECTORY, dir->lbn, 1, ret_lbn);

		if (err != UDF_E_NOSPC)
			return err;
	}
	return dir_take_reserved(fs, dir, &dir->dir->data_chunk, goal, want, 1, ret_lbn);
}

enum udf_err dir_ensure_blocks(struct udf_fs *fs, struct node *dir, uint64_t end_bytes)
{
	uint64_t have = extents_end(dir->extents), need = udf_ceil_div(end_bytes, fs->block_bytes);
	struct run_list none = { 0 };

	for (; have < need; have++) {
		uint32_t want = (uint32_t)udf_min64(have ? have : 1, DATA_CHUNK_MAX_BLOCKS), lbn;
		uint32_t expected = dir->dir->expected_blocks;
		const struct extent *last = have ? &dir->extents->v[dir->extents->n - 1] : NULL;
		bool replaces = have * fs->block_bytes < dir->dir->durable_bytes;
		struct mblk *b;
		enum udf_err err;

		if (expected > have)
			want = (uint32_t)(expected - have);
		err = take_block(fs, dir, last ? last->lbn + last->n_blocks : dir->lbn + 1, want, &lbn);
		if (!err)
			err = extents_set(dir->extents, have, 1, UDF_EXTENT_RECORDED, lbn, &none);
		if (!err)
			err = mblk_new(fs, dir->data_part_ref, lbn, &b);
		if (!err) {
			mblk_dirty(fs, b, replaces ? MBLK_PAST | MBLK_FRESH : MBLK_PAST);
			err = extents_prepare(fs, dir);
		}
		if (err)
			return err;
	}
	return UDF_OK;
}

enum udf_err dir_to_blocks(struct udf_fs *fs, struct node *dir)
{
	uint8_t *old = malloc(fs->block_bytes);
	uint64_t at;
	enum udf_err err = UDF_E_NOMEM;
	struct mblk *b;
	uint32_t lbn;

	if (!old)
		return err;
	memcpy(old, node_inline_data(dir), (size_t)dir->size_bytes);
	dir->extents = extents_new();
	if (!dir->extents)
		goto out;
	dir->ad_kind = UDF_AD_SHORT;
	dir->data_part_ref = dir->part_ref;
	err = dir_ensure_blocks(fs, dir, dir->size_bytes);
	if (!err)
		err = dir_block_lbn(fs, dir, 0, &lbn);
	if (!err)
		err = mblk_get(fs, dir->data_part_ref, lbn, &b);
	if (err) {
		extents_free(dir->extents);
		dir->extents = NULL;
		dir->ad_kind = UDF_AD_EMBEDDED;
		goto out;
	}
	memcpy(b->data, old, (size_t)dir->size_bytes);
	for (at = 0; at < dir->size_bytes;) {
		struct udf_fid fid;
		uint32_t n_bytes;

		err = udf_fid_decode(b->data + at, (size_t)(dir->size_bytes - at), &fid, &n_bytes);
		if (err)
			break;
		put_le32(b->data + at + UDF_TAG_LOCATION_AT, lbn);
		udf_tag_reseal(b->data + at);
		at += n_bytes;
	}
out:
	free(old);
	return err;
}

/*
 * Widen [*FIRST, *LAST] by the blocks that must move too.  Where the tag of a FID is in two blocks, its location field
 * may be in the second one.  Only a walk from the start finds where FIDs begin.
 */
static enum udf_err widen(struct udf_fs *fs, struct node *dir, uint64_t *first, uint64_t *last)
{
	uint32_t bs = fs->block_bytes, n_bytes;
	uint64_t at = 0;

	while (at < dir->size_bytes && at / bs <= *last) {
		struct udf_fid fid;
		const uint8_t *p;
		enum udf_err err = dir_fid_at(fs, dir, at, &p, &fid, &n_bytes);

		if (err)
			return err;
		if (at % bs + UDF_TAG_BYTES > bs && at / bs + 1 == *first)
			*first = at / bs;
		if (at % bs + UDF_TAG_BYTES > bs && at / bs == *last)
			(*last)++;
		at += n_bytes;
	}
	return UDF_OK;
}

/* Set the tag location of every FID that begins in blocks FIRST to LAST, in COPY of these blocks. */
static enum udf_err set_locations(struct udf_fs *fs, struct node *dir, uint64_t first, uint64_t last,
				  uint8_t *copy, const uint32_t *lbn)
{
	uint32_t bs = fs->block_bytes, n_bytes;
	uint64_t at = 0;

	while (at < dir->size_bytes && at / bs <= last) {
		struct udf_fid fid;
		const uint8_t *p;
		enum udf_err err = dir_fid_at(fs, dir, at, &p, &fid, &n_bytes);

		if (err)
			return err;
		if (at / bs >= first)
			udf_tag_move(copy + (at - first * bs), lbn[at / bs - first]);
		at += n_bytes;
	}
	return UDF_OK;
}

#define MAX_MOVED_BLOCKS 8u

uint32_t dir_relocate_needs(const struct udf_fs *fs, uint32_t n_bytes)
{
	/* a partial block at each end, and one more at each end that widen() may add */
	return n_bytes / fs->block_bytes + 2 + 2;
}

/* Are blocks FIRST to LAST already in a fresh place in this batch? */
static enum udf_err are_fresh(struct udf_fs *fs, struct node *dir, uint64_t first, uint64_t last, bool *ret_fresh)
{
	enum udf_err err = UDF_OK;
	struct mblk *b;
	uint64_t i;

	*ret_fresh = true;
	for (i = first; i <= last && !err && *ret_fresh; i++) {
		err = dir_block_at(fs, dir, i * fs->block_bytes, &b);
		*ret_fresh = !err && (b->dirty & MBLK_FRESH);
	}
	return err;
}

/* Take fresh places for blocks FIRST to FIRST + N - 1, and copy their contents to COPY. */
static enum udf_err take_places(struct udf_fs *fs, struct node *dir, uint64_t first, uint64_t n, uint8_t *copy,
				uint32_t *ret_lbn)
{
	enum udf_err err = UDF_OK;
	uint32_t got, old_lbn;
	struct mblk *b;
	uint64_t i;

	for (i = 0; i < n && !err; i++) {
		err = dir_block_at(fs, dir, (first + i) * fs->block_bytes, &b);
		if (err)
			break;
		memcpy(copy + i * fs->block_bytes, b->data, fs->block_bytes);
		old_lbn = b->lbn;
		err = UDF_E_NOSPC;
		if (fs->alloc.packet_blocks)
			err = packets_take(fs, ALLOC_DIRECTORY, dir->lbn, 1, &ret_lbn[i]);
		if (err == UDF_E_NOSPC)
			err = alloc_take(fs, old_lbn, 1, &ret_lbn[i], &got);
	}
	return err;
}

enum udf_err dir_relocate(struct udf_fs *fs, struct node *dir, uint64_t at, uint32_t n_bytes)
{
	uint64_t first = at / fs->block_bytes, last = (at + n_bytes - 1) / fs->block_bytes, i, n;
	uint32_t lbn[MAX_MOVED_BLOCKS], old_lbn;
	struct run_list dropped = { 0 };
	bool fresh = false;
	uint8_t *copy;
	struct mblk *b;
	enum udf_err err = are_fresh(fs, dir, first, last, &fresh);

	if (err || fresh)
		return err;
	copy = malloc((size_t)MAX_MOVED_BLOCKS * fs->block_bytes);
	err = copy ? node_dirty(fs, dir) : UDF_E_NOMEM;
	if (!err)
		err = widen(fs, dir, &first, &last);
	n = last - first + 1;
	if (!err && n > MAX_MOVED_BLOCKS)
		err = UDF_E_UNSUPPORTED;
	if (!err)
		err = take_places(fs, dir, first, n, copy, lbn);
	if (!err)
		err = set_locations(fs, dir, first, last, copy, lbn);
	for (i = 0; i < n && !err; i++) {
		err = dir_block_lbn(fs, dir, (first + i) * fs->block_bytes, &old_lbn);
		if (!err)
			err = extents_set(dir->extents, first + i, 1, UDF_EXTENT_RECORDED, lbn[i], &dropped);
		if (err)
			break;
		mblk_forget(fs, dir->data_part_ref, old_lbn, 1);
		err = mblk_new(fs, dir->data_part_ref, lbn[i], &b);
		if (err)
			break;
		memcpy(b->data, copy + i * fs->block_bytes, fs->block_bytes);
		mblk_dirty(fs, b, MBLK_PAST | MBLK_FRESH);
		err = extents_prepare(fs, dir);
	}
	free(copy);
	if (err)
		run_list_done(&dropped);
	else
		err = node_free_runs(fs, dir, &dropped);
	return err;
}
