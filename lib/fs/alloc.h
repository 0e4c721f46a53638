/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking and freeing blocks of the partition, whether it records free space in a bitmap or in a table.
 *
 * Blocks are numbered by lbn, from 0 to n_blocks - 1 of the partition.
 */
#ifndef UDF_FS_ALLOC_H
#define UDF_FS_ALLOC_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "ecma/types.h"
#include "fs/space.h"

struct udf_fs;

struct alloc {
	const struct space_ops *ops;	/* NULL: not open */
	uint16_t part_ref;
	struct udf_short_ad set;	/* where the space set is recorded */
	uint32_t n_blocks;		/* of the partition */
	uint64_t n_free;		/* valid when free_is_known */
	bool free_is_known;
	enum space_trust trust;
	uint32_t doubted_lbn;		/* the block that put the set in doubt */
	bool freed_its_own;		/* a space table has given back blocks that the disc still needs */
	uint32_t data_cursor;		/* where the next file's data may begin */
	union {
		struct space_bitmap bitmap;
		struct space_table table;
	};
};

/* ---- alloc.c ---- */

/**
 * Open the space set of the partition that FS allocates from.
 *
 * @ret_why  NULL, or why the volume can't be written: the set is damaged, or this version can't write it.  The
 *	     set is not open then, and UDF_OK is returned.
 */
enum udf_err alloc_open(struct udf_fs *fs, const char **ret_why);

/** Free what alloc_open() allocated.  Writes nothing.  A set that is not open is allowed. */
void alloc_close(struct udf_fs *fs);

static inline bool alloc_is_open(const struct alloc *a)
{
	return a->ops;
}

/**
 * Free blocks at once.  Nothing durable may refer to them.
 * Returns UDF_E_RANGE for blocks outside the partition.
 */
enum udf_err alloc_release(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks);

/** Free blocks after phase UNLINK of this batch is durable (R1). */
enum udf_err alloc_release_later(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks);

/**
 * Phase NEW: write the changes of the space set.
 *
 * @ret_wrote  Set to true if anything was written; else left alone.
 */
enum udf_err alloc_write(struct udf_fs *fs, bool *ret_wrote);

/**
 * After the flush that follows alloc_write(): switch to the parts that it wrote to fresh blocks.  The caller
 * flushes again if *RET_WROTE became true.
 */
enum udf_err alloc_switch(struct udf_fs *fs, bool *ret_wrote);

/** Did the last alloc_write() leave out free blocks because they did not fit?  The next one may record them. */
bool alloc_left_out_some(const struct udf_fs *fs);

/** Phase OPEN: reseal a bitmap header whose CRC covers bits, with CRC length 8.  Else it does nothing. */
enum udf_err alloc_mend_header(struct udf_fs *fs, bool *ret_wrote);

/**
 * Count the free blocks, including those that are freed after phase UNLINK.  Only the first call may have to read
 * the set.
 */
enum udf_err alloc_count_free(struct udf_fs *fs, uint64_t *ret_n_free);

/** For the implementations of struct space_ops: N_FREED more (or, if negative, fewer) blocks are free. */
static inline void alloc_count_change(struct alloc *a, int64_t n_freed)
{
	if (a->free_is_known)
		a->n_free = (uint64_t)((int64_t)a->n_free + n_freed);
}

/* ---- chunks.c ---- */

/**
 * Take one run of up to WANT blocks, near GOAL if possible.  Blocks that directories have reserved are used
 * when no others are free.
 *
 * @ret_n  How many blocks were taken: 1 to WANT.
 * Returns UDF_E_NOSPC where no block is free.
 */
enum udf_err alloc_take(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn,
			uint32_t *ret_n);

/** The same, except that *RET_N is a multiple of UNIT.  UNIT is at most WANT. */
enum udf_err alloc_take_units(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t unit,
			      uint32_t *ret_lbn, uint32_t *ret_n);

/* ---- room.c ---- */

/** As alloc_take().  Where no block is free and some are about to be freed, it commits and tries again (R1). */
enum udf_err alloc_take_retry(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn,
			      uint32_t *ret_n);

#endif
