/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks that directories reserve: for the ICBs of their children, and for themselves.  Any other allocation may
 * use them when no other block is free.
 */
#include "fs/alloc.h"
#include "fs/dir.h"
#include "fs/node.h"
#include "fs/state.h"

/* Directories with reservations are on a list.  It may be long, so removing one must not search it. */
static void chunk_list_add(struct udf_fs *fs, struct node *dir)
{
	struct node *next = fs->dirs.with_chunks;

	dir->dir->chunk_next = next;
	dir->dir->chunk_at = &fs->dirs.with_chunks;
	if (next)
		next->dir->chunk_at = &dir->dir->chunk_next;
	fs->dirs.with_chunks = dir;
}

static void chunk_list_remove(struct node *dir)
{
	struct node *next = dir->dir->chunk_next;

	*dir->dir->chunk_at = next;
	if (next)
		next->dir->chunk_at = dir->dir->chunk_at;
	dir->dir->chunk_at = NULL;
}

static void trim(struct udf_fs *fs, struct block_run *chunk)
{
	if (chunk->n_blocks)
		(void)alloc_release(fs, chunk->lbn, chunk->n_blocks);
	chunk->n_blocks = 0;
}

void dir_trim_chunks(struct udf_fs *fs)
{
	struct node *dir;

	packets_trim(fs);
	while ((dir = fs->dirs.with_chunks)) {
		trim(fs, &dir->dir->icb_chunk);
		trim(fs, &dir->dir->data_chunk);
		chunk_list_remove(dir);
	}
}

/* Directories that have no other reservation are removed from the list, so that it stays short. */
static void trim_icb_chunks(struct udf_fs *fs)
{
	struct node *dir, *next;

	for (dir = fs->dirs.with_chunks; dir; dir = next) {
		next = dir->dir->chunk_next;
		trim(fs, &dir->dir->icb_chunk);
		if (!dir->dir->data_chunk.n_blocks)
			chunk_list_remove(dir);
	}
}

void dir_give_back(struct udf_fs *fs, uint32_t n_blocks)
{
	packets_trim(fs);
	trim_icb_chunks(fs);
	if (!fs->alloc.free_is_known || fs->alloc.n_free < n_blocks)
		dir_trim_chunks(fs);
}

/* Take blocks, none of them in a packet that can't be read. */
static enum udf_err take(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t unit, uint32_t *ret_lbn,
			 uint32_t *ret_n)
{
	struct alloc *a = &fs->alloc;
	enum udf_err err;

	for (;;) {
		err = a->ops->take(fs, goal, want, unit, ret_lbn, ret_n);
		if (err)
			return err;
		alloc_count_change(a, -(int64_t)*ret_n);
		err = unreadable_leave_out(fs, *ret_lbn, ret_n);
		if (err || *ret_n >= unit)
			return err;
		err = *ret_n ? alloc_release(fs, *ret_lbn, *ret_n) : UDF_OK;
		if (err)
			return err;
	}
}

enum udf_err alloc_take_units(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t unit,
			      uint32_t *ret_lbn, uint32_t *ret_n)
{
	struct alloc *a = &fs->alloc;
	uint32_t rest;
	enum udf_err err;

	err = space_pass(fs);
	if (err)
		return err;
	if (goal >= a->n_blocks)
		goal = 0;
	err = take(fs, goal, want, unit, ret_lbn, ret_n);
	/* Blocks that directories have only reserved are used when no others are free. */
	if (err == UDF_E_NOSPC && (fs->dirs.with_chunks || a->packet_blocks)) {
		dir_give_back(fs, unit);
		err = take(fs, goal, want, unit, ret_lbn, ret_n);
	}
	fs->batch.n_changes++;
	if (err)
		return err;
	rest = *ret_n % unit;
	*ret_n -= rest;
	return rest ? alloc_release(fs, *ret_lbn + *ret_n, rest) : UDF_OK;
}

enum udf_err alloc_take(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn,
			uint32_t *ret_n)
{
	return alloc_take_units(fs, goal, want, 1, ret_lbn, ret_n);
}

enum udf_err alloc_take_data(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn,
			     uint32_t *ret_n)
{
	enum udf_err err = UDF_E_NOSPC;

	if (fs->alloc.packet_blocks)
		err = packets_take_data(fs, goal, want, ret_lbn, ret_n);
	return err == UDF_E_NOSPC ? alloc_take(fs, goal, want, ret_lbn, ret_n) : err;
}

/* With WHOLE, where the run is shorter than WANT, give back the reservations for ICBs and try again. */
static enum udf_err take_chunk(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t unit, bool whole,
			       struct block_run *ret_chunk)
{
	enum udf_err err = alloc_take_units(fs, goal, want, unit, &ret_chunk->lbn, &ret_chunk->n_blocks);

	if (err || !whole || ret_chunk->n_blocks >= want)
		return err;
	trim(fs, ret_chunk);
	trim_icb_chunks(fs);
	return alloc_take_units(fs, goal, want, unit, &ret_chunk->lbn, &ret_chunk->n_blocks);
}

enum udf_err dir_take_reserved(struct udf_fs *fs, struct node *dir, struct block_run *chunk, uint32_t goal,
			       uint32_t want, uint32_t unit, uint32_t *ret_lbn)
{
	if (chunk->n_blocks == 0) {
		bool whole = chunk == &dir->dir->data_chunk && dir->dir->expected_blocks;
		enum udf_err err = take_chunk(fs, chunk->lbn ? chunk->lbn : goal, want, unit, whole, chunk);

		if (err)
			return err;
		if (!dir->dir->chunk_at)
			chunk_list_add(fs, dir);
	}
	*ret_lbn = chunk->lbn;
	chunk->lbn += unit;
	chunk->n_blocks -= unit;
	return UDF_OK;
}

void dir_drop_chunks(struct udf_fs *fs, struct node *dir)
{
	if (!dir->dir->chunk_at)
		return;
	if (alloc_is_open(&fs->alloc)) {
		trim(fs, &dir->dir->icb_chunk);
		trim(fs, &dir->dir->data_chunk);
	}
	chunk_list_remove(dir);
}
