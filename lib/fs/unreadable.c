/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that can't be read, on media that are written in packets.  A block of one can be written only with all other
 * blocks of it, so where one of these is in use and can't be read, the write would fail, and make the volume read-only.
 * A power cut leaves such a packet: the space set has blocks of it as used whose contents were being written.  So free
 * blocks of such a packet are not taken.  They count as used until the volume is closed.  And what is written to a
 * file's blocks in one goes to other blocks.
 */
#include <stdlib.h>

#include "base/bitmap.h"
#include "fs/alloc.h"
#include "fs/extent.h"
#include "fs/state.h"

static bool looks(const struct udf_fs *fs)
{
	return fs->alloc.packet_blocks && fs->policy.wears && !fs->policy.is_new;
}

/* The packet with block LBN, as a number: 0 is the one before the first that begins in the partition. */
static uint32_t packet_number(const struct alloc *a, uint32_t lbn)
{
	return lbn < a->packet_phase ? 0 : (lbn - a->packet_phase) / a->packet_blocks + 1;
}

/* Is packet NUMBER - 1 whole within [FIRST, END)? */
static bool is_within(const struct alloc *a, uint32_t number, uint32_t first, uint32_t end)
{
	uint64_t start;

	if (number < 2)
		return false;
	start = a->packet_phase + (uint64_t)(number - 2) * a->packet_blocks;
	return start >= first && start + a->packet_blocks <= end;
}

/* Can block LBN be lost?  A space table does not remember what was free before [FIRST, FIRST + N) was taken. */
static bool is_needed(const struct alloc *a, uint32_t lbn, uint32_t first, uint32_t n_blocks)
{
	if (a->ops != &space_bitmap_ops && lbn >= first && lbn - first < n_blocks)
		return false;
	return !a->ops->is_free(a, lbn, 1, true);
}

/* Can blocks [START, END), which are one packet, be completed when some of them are written? */
static enum udf_err look_at(struct udf_fs *fs, uint32_t start, uint32_t end, uint32_t first, uint32_t n_blocks,
			    uint8_t *bytes, bool *ret_readable)
{
	const struct alloc *a = &fs->alloc;
	enum udf_err err = udf_vol_read(fs->vol, a->part_ref, start, end - start, bytes);

	*ret_readable = true;
	if (err != UDF_E_MEDIUM)
		return err;
	for (; start < end; start++) {
		if (!is_needed(a, start, first, n_blocks))
			continue;
		err = udf_vol_read(fs->vol, a->part_ref, start, 1, bytes);
		*ret_readable = err != UDF_E_MEDIUM;
		if (err)
			return err == UDF_E_MEDIUM ? UDF_OK : err;
	}
	return UDF_OK;
}

static enum udf_err is_readable(struct udf_fs *fs, uint32_t start, uint32_t end, uint32_t first, uint32_t n_blocks,
				bool *ret_readable)
{
	struct alloc *a = &fs->alloc;
	uint32_t no = packet_number(a, start);
	uint8_t *bytes;
	enum udf_err err;

	*ret_readable = true;
	if (!a->readable)
		a->readable = calloc(packet_number(a, a->n_blocks) / 8 + 1, 1);
	if (!a->readable)
		return UDF_E_NOMEM;
	if (udf_bit_get(a->readable, no) || a->ops->is_free(a, start, end - start, true))
		return UDF_OK;
	if (a->last_unreadable == no + 1) {
		*ret_readable = false;
		return UDF_OK;
	}
	bytes = malloc((size_t)a->packet_blocks * fs->block_bytes);
	if (!bytes)
		return UDF_E_NOMEM;
	err = look_at(fs, start, end, first, n_blocks, bytes, ret_readable);
	free(bytes);
	if (!err && !*ret_readable)
		a->last_unreadable = no + 1;
	if (!err && *ret_readable)
		udf_bits_fill(a->readable, no, 1, true);
	return err;
}

/* The free blocks of the packet [START, END) count as used from now on. */
static enum udf_err give_up_packet(struct udf_fs *fs, uint32_t start, uint32_t end, uint32_t first, uint32_t n_blocks)
{
	struct alloc *a = &fs->alloc;
	uint32_t from = first > start ? first : start, to = first + n_blocks < end ? first + n_blocks : end, lbn, n;
	bool is_first = a->unreadable.n_runs == 0;
	enum udf_err err = run_list_add(&a->unreadable, from, to - from);

	if (is_first)
		udf_log(fs->env, UDF_LOG_WARNING, "blocks in use next to block %lu can't be read, so its packet is "
			"left alone; new data goes elsewhere", (unsigned long)from);
	for (lbn = start; lbn < end && !err; lbn += n ? n : 1) {
		uint64_t n_marked = 0;

		err = a->ops->free_run(fs, lbn, end - lbn, &n);
		if (!err && n)
			err = run_list_add(&a->unreadable, lbn, n);
		if (!err && n)
			err = a->ops->mark_used(fs, lbn, n, &n_marked);
		alloc_count_change(a, -(int64_t)n_marked);
	}
	return err;
}

enum udf_err unreadable_leave_out(struct udf_fs *fs, uint32_t lbn, uint32_t *n_blocks)
{
	const struct alloc *a = &fs->alloc;
	uint32_t first = lbn, end = lbn + *n_blocks, after = lbn;
	bool readable = true;
	enum udf_err err = UDF_OK;

	if (!looks(fs))
		return UDF_OK;
	for (; lbn < end; lbn = after) {
		after = packet_end(a, lbn);
		err = is_readable(fs, packet_first(a, lbn), after, first, end - first, &readable);
		if (err || !readable)
			break;
	}
	if (err) {
		(void)alloc_release(fs, first, end - first);
		*n_blocks = 0;
	} else if (!readable) {
		err = give_up_packet(fs, packet_first(a, lbn), after, first, end - first);
		if (after < end && !err)
			err = alloc_release(fs, after, end - after);
		*n_blocks = lbn - first;
	}
	return err;
}

enum udf_err unreadable_before_write(struct udf_fs *fs, uint32_t lbn, uint32_t *n_blocks, bool *ret_unreadable)
{
	struct alloc *a = &fs->alloc;
	uint32_t end = lbn + *n_blocks, start, after;
	bool readable = true;
	enum udf_err err = UDF_OK;

	*ret_unreadable = false;
	if (!looks(fs) || *n_blocks == 0)
		return UDF_OK;
	/* One that is written whole can be read then. */
	if (is_within(a, a->last_unreadable, lbn, end))
		a->last_unreadable = 0;
	start = packet_first(a, lbn);
	after = packet_end(a, lbn);
	if (start < lbn || after > end)
		err = is_readable(fs, start, after, 0, 0, &readable);
	if (err || !readable) {
		*ret_unreadable = !err;
		*n_blocks = after < end ? after - lbn : *n_blocks;
		return err;
	}
	start = packet_first(a, end - 1);
	if (start <= lbn || packet_end(a, end - 1) == end)
		return UDF_OK;
	err = is_readable(fs, start, packet_end(a, end - 1), 0, 0, &readable);
	if (!err && !readable)
		*n_blocks = start - lbn;
	return err;
}

void unreadable_give_back(struct udf_fs *fs)
{
	struct run_list *list = &fs->alloc.unreadable;

	for (size_t i = 0; i < list->n_runs; i++)
		(void)alloc_release(fs, list->runs[i].lbn, list->runs[i].n_blocks);
	list->n_runs = 0;
}
