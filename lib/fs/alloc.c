/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Freeing blocks, and writing the space set, whether it is a bitmap or a table.  chunks.c takes blocks. */
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/checked.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/extent.h"
#include "fs/state.h"

/* Where the space set is recorded, and of which kind it is. */
static const struct space_ops *choose_set(const struct udf_partition_header *header, struct udf_short_ad *ret_set)
{
	const struct udf_short_ad *bitmap = &header->unallocated_bitmap, *table = &header->unallocated_table;

	/* Freed sets have the same layout.  Only a new volume is written with them: see udf_vol_why_not_filled(). */
	if (!UDF_EXTENT_BYTES(bitmap->length) && !UDF_EXTENT_BYTES(table->length)) {
		bitmap = &header->freed_bitmap;
		table = &header->freed_table;
	}
	*ret_set = UDF_EXTENT_BYTES(bitmap->length) ? *bitmap : *table;
	return UDF_EXTENT_BYTES(bitmap->length) ? &space_bitmap_ops : &space_table_ops;
}

enum udf_err alloc_open(struct udf_fs *fs, const char **ret_why)
{
	const struct udf_part *part = &fs->vol->parts[fs->part_ref];
	struct alloc *a = &fs->alloc;
	enum udf_err err;

	a->ops = choose_set(&part->header, &a->set);
	a->part_ref = fs->part_ref;
	a->n_blocks = part->n_blocks;
	a->trust = fs->policy.is_new ? SPACE_PASSED : SPACE_UNSEEN;
	*ret_why = NULL;
	err = a->ops->open(fs, ret_why);
	if (err || *ret_why)
		alloc_close(fs);
	return err;
}

void alloc_close(struct udf_fs *fs)
{
	if (fs->alloc.ops)
		fs->alloc.ops->close(&fs->alloc);
	run_list_done(&fs->alloc.unreadable);
	free(fs->alloc.readable);
	free(fs->alloc.lost);
	memset(&fs->alloc, 0, sizeof(fs->alloc));
}

/*
 * The first block from LBN to END that a structure of the volume needs, or END; *RET_AFTER is the one after that
 * structure.  Spare packets may be inside the partition, where a file (Non-Allocatable Space) owns them.
 */
static uint64_t first_needed(const struct udf_fs *fs, uint64_t lbn, uint64_t end, uint64_t *ret_after)
{
	const struct udf_vol *vol = fs->vol;
	uint64_t start_lsn = vol->parts[fs->part_ref].start_lsn, first = end;
	unsigned i;

	*ret_after = end;
	for (i = 0; i < vol->n_structures; i++) {
		const struct udf_vol_extent *s = &vol->structures[i];

		if (s->what == UDF_STRUCTURE_PARTITION || s->lsn >= start_lsn + first ||
		    s->lsn + s->n_blocks <= start_lsn + lbn)
			continue;
		first = udf_max64(lbn, s->lsn > start_lsn ? s->lsn - start_lsn : 0);
		*ret_after = udf_min64(end, s->lsn + s->n_blocks - start_lsn);
	}
	return first;
}

enum udf_err alloc_release(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks)
{
	struct alloc *a = &fs->alloc;
	uint64_t at = lbn, end = (uint64_t)lbn + n_blocks, after;
	enum udf_err err = UDF_OK;

	if (lbn >= a->n_blocks || n_blocks > a->n_blocks - lbn)
		return UDF_E_RANGE;
	fs->batch.n_changes++;
	a->has_no_packet = false;
	/* What could not be read may be free now. */
	if (a->lost && n_blocks)
		udf_bits_fill(a->lost, packet_number(a, lbn),
			      packet_number(a, lbn + n_blocks - 1) - packet_number(a, lbn) + 1, false);
	for (; at < end && !err; at = after) {
		uint64_t needed = first_needed(fs, at, end, &after);
		int64_t n_freed = 0;

		if (needed > at)
			err = a->ops->release(fs, (uint32_t)at, (uint32_t)(needed - at), &n_freed);
		alloc_count_change(a, n_freed);
	}
	return err;
}

enum udf_err alloc_release_later(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks)
{
	fs->batch.n_changes++;
	return run_list_add(&fs->batch.frees, lbn, n_blocks);
}

enum udf_err alloc_write(struct udf_fs *fs, bool exactly, bool *ret_wrote)
{
	return fs->alloc.ops->write(fs, exactly, ret_wrote);
}

enum udf_err alloc_switch(struct udf_fs *fs, bool *ret_wrote)
{
	return fs->alloc.ops->switch_over ? fs->alloc.ops->switch_over(fs, ret_wrote) : UDF_OK;
}

bool alloc_left_out_some(const struct udf_fs *fs)
{
	return fs->alloc.ops->left_out_some && fs->alloc.ops->left_out_some(&fs->alloc);
}

enum udf_err alloc_mend_header(struct udf_fs *fs, bool *ret_wrote)
{
	return fs->alloc.ops->mend_header ? fs->alloc.ops->mend_header(fs, ret_wrote) : UDF_OK;
}

enum udf_err alloc_count_free(struct udf_fs *fs, uint64_t *ret_n_free)
{
	struct alloc *a = &fs->alloc;
	size_t i;

	if (!a->free_is_known) {
		enum udf_err err = a->ops->count(fs, &a->n_free);

		if (err)
			return err;
		a->free_is_known = true;
	}
	*ret_n_free = a->n_free;
	for (i = 0; i < fs->batch.frees.n_runs; i++)
		*ret_n_free += fs->batch.frees.runs[i].n_blocks;
	for (i = 0; i < fs->commit.sealed.frees.n_runs; i++)
		*ret_n_free += fs->commit.sealed.frees.runs[i].n_blocks;
	return UDF_OK;
}
