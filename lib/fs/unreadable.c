/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that can't be read, on media that are written in packets.  A block of one can be written only with all other
 * blocks of it, so where one of these is in use and can't be read, the write would fail, and make the volume read-only.
 * A power cut leaves such a packet: the space set has blocks of it as used whose contents were being written.  So free
 * blocks of such a packet are not taken.  They count as used until the volume is closed.  What is written to blocks of
 * a file or of a directory in one goes to other blocks.  An object whose ICB is in one can't be changed: its ICB can't
 * move, because every name refers to it.
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

/* Packets that are written whole can be read then. */
static void forget_packets_within(struct alloc *a, uint32_t first, uint32_t end)
{
	uint32_t from = packet_number(a, first), to = packet_number(a, end);

	if (first < a->packet_phase || packet_first(a, first) < first)
		from++;
	if (a->lost && from < to)
		udf_bits_fill(a->lost, from, to - from, false);
}

/* May block LBN be lost?  A space table does not remember what was free before [FIRST, FIRST + N) was taken. */
static enum udf_err is_needed(struct udf_fs *fs, uint32_t lbn, uint32_t first, uint32_t n_blocks, bool *ret_needed)
{
	const struct alloc *a = &fs->alloc;
	enum udf_err err = UDF_OK;
	uint32_t n;

	*ret_needed = false;
	if (a->ops != &space_bitmap_ops && lbn >= first && lbn - first < n_blocks)
		return UDF_OK;
	err = a->ops->free_run(fs, lbn, 1, &n);		/* that part of the set is in memory now */
	*ret_needed = !err && !a->ops->is_free(a, lbn, 1, true);
	return err;
}

/* Can blocks [START, END), which are one packet, be completed when some of them are written? */
static enum udf_err look_at(struct udf_fs *fs, uint32_t start, uint32_t end, uint32_t first, uint32_t n_blocks,
			    uint8_t *bytes, bool *ret_readable)
{
	const struct alloc *a = &fs->alloc;
	enum udf_err err = udf_vol_read(fs->vol, a->part_ref, start, end - start, bytes);
	bool needed;

	*ret_readable = true;
	if (err != UDF_E_MEDIUM)
		return err;
	for (; start < end; start++) {
		err = is_needed(fs, start, first, n_blocks, &needed);
		if (err)
			return err;
		if (!needed)
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
	if (!a->lost)
		a->lost = calloc(packet_number(a, a->n_blocks) / 8 + 1, 1);
	if (!a->readable || !a->lost)
		return UDF_E_NOMEM;
	if (udf_bit_get(a->readable, no) || a->ops->is_free(a, start, end - start, true))
		return UDF_OK;
	if (udf_bit_get(a->lost, no)) {
		*ret_readable = false;
		return UDF_OK;
	}
	bytes = malloc((size_t)a->packet_blocks * fs->block_bytes);
	if (!bytes)
		return UDF_E_NOMEM;
	err = look_at(fs, start, end, first, n_blocks, bytes, ret_readable);
	free(bytes);
	if (!err)
		udf_bits_fill(*ret_readable ? a->readable : a->lost, no, 1, true);
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
	forget_packets_within(a, lbn, end);
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

enum udf_err unreadable_check_icb(struct udf_fs *fs, uint32_t lbn)
{
	bool unreadable = false;
	uint32_t n = fs->icb_form.n_blocks;
	enum udf_err err = unreadable_before_write(fs, lbn, &n, &unreadable);

	if (err || !unreadable)
		return err;
	if (!fs->alloc.said_unchangeable)
		udf_log(fs->env, UDF_LOG_WARNING, "the object at block %lu can't be changed, because blocks in use "
			"next to it can't be read; copy it to another name, and remove it", (unsigned long)lbn);
	fs->alloc.said_unchangeable = true;
	return UDF_E_MEDIUM;
}

void unreadable_give_back(struct udf_fs *fs)
{
	struct run_list *list = &fs->alloc.unreadable;

	for (size_t i = 0; i < list->n_runs; i++)
		(void)alloc_release(fs, list->runs[i].lbn, list->runs[i].n_blocks);
	list->n_runs = 0;
}
