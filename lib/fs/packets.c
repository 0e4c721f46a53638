/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where blocks are taken on media that are written in packets.  Objects, directories and data each have packets of
 * their own while any packet is wholly free, so that a change of one does not rewrite the others.  This is a
 * preference: where no packet is wholly free, any free block is taken.
 */
#include "base/checked.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/state.h"

void packets_open(struct udf_fs *fs)
{
	const struct udf_part *part = &fs->vol->parts[fs->part_ref];
	struct alloc *a = &fs->alloc;
	uint32_t unit = fs->vol->bio->geometry.write_unit_blocks / fs->vol->bio_per_block;

	if (unit <= 1 || unit > a->n_blocks)
		return;
	a->packet_blocks = unit;
	a->packet_phase = (unit - part->start_lsn % unit) % unit;
}

static bool begins_packet(const struct alloc *a, uint32_t lbn)
{
	return lbn >= a->packet_phase && packet_first(a, lbn) == lbn;
}

/* Take blocks that are known to be free. */
static enum udf_err take_free(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks)
{
	struct alloc *a = &fs->alloc;
	uint64_t n_marked = 0;
	enum udf_err err = a->ops->mark_used(fs, lbn, n_blocks, &n_marked);

	fs->batch.n_changes++;
	alloc_count_change(a, -(int64_t)n_marked);
	return err;
}

/* A packet that is wholly free, at GOAL or after it, else from the beginning. */
static enum udf_err find_packet(struct udf_fs *fs, uint32_t goal, uint32_t *ret_lbn)
{
	struct alloc *a = &fs->alloc;
	enum udf_err err = UDF_E_NOSPC;

	if (a->has_no_packet)
		return UDF_E_NOSPC;
	if (goal < a->n_blocks)
		err = a->ops->find_packet(fs, goal, ret_lbn);
	if (err == UDF_E_NOSPC && goal)
		err = a->ops->find_packet(fs, 0, ret_lbn);
	a->has_no_packet = err == UDF_E_NOSPC;
	return err;
}

/* ---- objects and directories ---- */

/* Is a part of the space set in the packet of LBN?  It is written with most commits. */
static bool has_space_set(const struct udf_fs *fs, uint32_t lbn)
{
	const struct alloc *a = &fs->alloc;
	uint64_t set_end = a->set.lbn + udf_ceil_div(UDF_EXTENT_BYTES(a->set.length), fs->block_bytes);

	return a->set.lbn < packet_end(a, lbn) && packet_first(a, lbn) < set_end;
}

/*
 * Is LBN in the packet of the root directory's ICB, of which there is no copy?  If a power cut spoils it, all is lost.
 * So it should be written only where the root directory changes, and not with each change in another one.
 */
static bool endangers_root(const struct udf_fs *fs, uint32_t lbn)
{
	return fs->policy.wears && !fs->policy.no_phases && fs->vol->journal.n_blocks == 0 &&
	       packet_first(&fs->alloc, lbn) == packet_first(&fs->alloc, fs->root.lbn);
}

/* Reserve a free run of at least LEAST blocks of the packet of LBN, at LBN or after it. */
static enum udf_err reserve_in_packet(struct udf_fs *fs, uint32_t lbn, uint32_t least, struct block_run *pool)
{
	struct alloc *a = &fs->alloc;
	uint32_t end = packet_end(a, lbn), n;

	for (; lbn < end; lbn += n ? n : 1) {
		enum udf_err err = a->ops->free_run(fs, lbn, end - lbn, &n);

		if (err)
			return err;
		if (n < least)
			continue;
		err = take_free(fs, lbn, n);
		if (!err)
			err = unreadable_leave_out(fs, lbn, &n);
		if (err || n == 0)
			return err ? err : UDF_E_NOSPC;
		*pool = (struct block_run){ lbn, n };
		return UDF_OK;
	}
	return UDF_E_NOSPC;
}

/* Reserve blocks in the packet that was used last, else in that of NEAR, else in a packet that is wholly free. */
static enum udf_err fill_pool(struct udf_fs *fs, struct block_run *pool, uint32_t near, uint32_t least)
{
	struct alloc *a = &fs->alloc;
	enum udf_err err = UDF_E_NOSPC;
	uint32_t lbn;

	if (pool->lbn && pool->lbn < a->n_blocks && !begins_packet(a, pool->lbn))
		err = reserve_in_packet(fs, pool->lbn, least, pool);
	if (err == UDF_E_NOSPC && near < a->n_blocks && !has_space_set(fs, near) && !endangers_root(fs, near))
		err = reserve_in_packet(fs, packet_first(a, near), least, pool);
	while (err == UDF_E_NOSPC && least <= a->packet_blocks) {
		err = find_packet(fs, pool->lbn ? pool->lbn : fs->alloc.data_cursor, &lbn);
		if (err)
			break;
		err = reserve_in_packet(fs, lbn, least, pool);
	}
	return err;
}

void packets_trim(struct udf_fs *fs)
{
	struct block_run *pool;

	for (pool = fs->alloc.pools; pool < fs->alloc.pools + ALLOC_N_CLASSES; pool++) {
		if (pool->n_blocks)
			(void)alloc_release(fs, pool->lbn, pool->n_blocks);
		pool->n_blocks = 0;	/* lbn stays: where to continue */
	}
}

enum udf_err packets_take(struct udf_fs *fs, enum alloc_class class, uint32_t near, uint32_t n_blocks,
			  uint32_t *ret_lbn)
{
	struct block_run *pool = &fs->alloc.pools[class];
	enum udf_err err = space_pass(fs);

	if (!err && pool->n_blocks < n_blocks) {
		if (pool->n_blocks)
			(void)alloc_release(fs, pool->lbn, pool->n_blocks);
		pool->n_blocks = 0;
		err = fill_pool(fs, pool, near, n_blocks);
	}
	if (err)
		return err;
	*ret_lbn = pool->lbn;
	pool->lbn += n_blocks;
	pool->n_blocks -= n_blocks;
	return UDF_OK;
}

/* ---- data ---- */

/*
 * How many free blocks data may have from LBN on: up to WANT, but not a part of a packet that others share.  The packet
 * of LBN itself may be a part, where LBN is after its beginning: what is before it is data, too.
 */
static enum udf_err data_run(struct udf_fs *fs, uint32_t lbn, uint32_t want, uint32_t *ret_n)
{
	struct alloc *a = &fs->alloc;
	uint32_t last_end = packet_end(a, (uint32_t)udf_min64((uint64_t)lbn + want - 1, a->n_blocks - 1)), n;
	enum udf_err err = a->ops->free_run(fs, lbn, last_end - lbn, &n);

	if (err)
		return err;
	if (lbn + n < last_end && (begins_packet(a, lbn) || lbn + n >= packet_end(a, lbn)))
		n = packet_first(a, lbn + n) - lbn;
	*ret_n = (uint32_t)udf_min64(n, want);
	return UDF_OK;
}

static enum udf_err find_data_run(struct udf_fs *fs, uint32_t *goal, uint32_t want, uint32_t *ret_n)
{
	enum udf_err err = UDF_OK;

	*ret_n = 0;
	if (*goal && *goal < fs->alloc.n_blocks)
		err = data_run(fs, *goal, want, ret_n);
	if (err || *ret_n)
		return err;
	err = find_packet(fs, *goal, goal);
	if (!err)
		err = data_run(fs, *goal, want, ret_n);
	return !err && *ret_n == 0 ? UDF_E_NOSPC : err;
}

enum udf_err packets_take_data(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn, uint32_t *ret_n)
{
	enum udf_err err = space_pass(fs);
	uint32_t n = 0;

	while (!err && n == 0) {
		err = find_data_run(fs, &goal, want, &n);
		if (!err)
			err = take_free(fs, goal, n);
		if (!err)
			err = unreadable_leave_out(fs, goal, &n);
	}
	if (err)
		return err;
	*ret_lbn = goal;
	*ret_n = n;
	return UDF_OK;
}
