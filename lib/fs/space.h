/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a partition records its free space: a space bitmap or a space table.  alloc.c calls either through struct
 * space_ops.
 *
 * In memory each holds what the disc will hold after the next phase NEW.  Taken blocks are marked at once; freed
 * blocks are marked only when UNLINK is durable (R1).
 */
#ifndef UDF_FS_SPACE_H
#define UDF_FS_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "base/bounds.h"

struct udf_fs;
struct alloc;

struct block_run {
	uint32_t lbn, n_blocks;
};

struct run_list {
	struct block_run *runs;
	size_t n_runs, cap;
};

enum space_trust {			/* how far the space set can be trusted: see space_doubt.c */
	SPACE_UNSEEN,			/* compared with nothing yet */
	SPACE_TRUSTED,			/* none of the blocks that are known to be in use is free in it */
	SPACE_DOUBTED,			/* one of them is: nothing is allocated before the space pass */
	SPACE_PASSED,			/* every block in use is marked as used; or the volume is new */
};

enum space_doubt {
	DOUBT_BLOCK,			/* a block in use is free in the set */
	DOUBT_COUNT,			/* the integrity descriptor has another number of free blocks */
	DOUBT_ID,			/* an object is newer than the integrity descriptor */
};

struct space_ops {
	/*
	 * Read what the disc has, and set the number of free blocks if it is known.  *RET_WHY: NULL, or why the
	 * volume can't be written; that is not an error.
	 */
	enum udf_err (*open)(struct udf_fs *fs, const char **ret_why);
	void (*close)(struct alloc *a);
	/*
	 * As alloc_take() of at least LEAST blocks, and as alloc_release().  Ranges are within the partition, and
	 * the caller counts the blocks.  *RET_N_FREED is set on failure too; it is negative where free blocks had
	 * to be given up.
	 */
	enum udf_err (*take)(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t least,
			     uint32_t *ret_lbn, uint32_t *ret_n);
	enum udf_err (*release)(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks,
				int64_t *ret_n_freed);
	/*
	 * Is any block of the range free?  *N_READS is lowered by one for each page that has to be read.  At 0,
	 * pages that are not in memory are skipped.
	 */
	enum udf_err (*has_free)(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks, uint32_t *n_reads,
				 bool *ret_any);
	/* How many blocks from LBN on are free, up to MOST, which ends in the partition. */
	enum udf_err (*free_run)(struct udf_fs *fs, uint32_t lbn, uint32_t most, uint32_t *ret_n);
	/* The first packet at GOAL or after it whose blocks are all free; UDF_E_NOSPC. */
	enum udf_err (*find_packet)(struct udf_fs *fs, uint32_t goal, uint32_t *ret_lbn);
	/*
	 * Are all blocks of the range free, as far as memory knows?  BEFORE: those are enough that were free when the
	 * volume was opened.  Any thread may ask, under alloc_lock().
	 */
	bool (*is_free)(const struct alloc *a, uint32_t lbn, uint32_t n_blocks, bool before);
	/* Mark blocks as used that may be so already.  *N_MARKED is raised by the number of those that were free. */
	enum udf_err (*mark_used)(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks, uint64_t *n_marked);
	/* As alloc_write(), alloc_switch() and alloc_mend_header().  The last two may be NULL. */
	enum udf_err (*write)(struct udf_fs *fs, bool exactly, bool *ret_wrote);
	enum udf_err (*switch_over)(struct udf_fs *fs, bool *ret_wrote);
	enum udf_err (*mend_header)(struct udf_fs *fs, bool *ret_wrote);
	/* As alloc_left_out_some().  May be NULL. */
	bool (*left_out_some)(const struct alloc *a);
	/* Count the free blocks.  NULL where open() has done that. */
	enum udf_err (*count)(struct udf_fs *fs, uint64_t *ret_n_free);
};
extern const struct space_ops space_bitmap_ops, space_table_ops;

/* ---- space_ahead.c ---- */

/**
 * Bits [FIRST, END) of DISC, which is what the disc has: blocks that are used in BITS become used, with others ahead of
 * need.  Blocks that were freed stay used there until they are many.  FIRST is a multiple of 8.
 *
 * @n_free  How many blocks are free in all that BITS belongs to.
 * Returns false if nothing changes.
 */
bool space_mark_ahead(const uint8_t *bits, uint8_t *disc, uint32_t first, uint32_t end, uint32_t n_free);

/* ---- space_bitmap.c ---- */

struct bitmap_page {			/* a piece of the bitmap descriptor */
	uint8_t *bytes;			/* NULL: not in memory.  The bounds of its groups follow the bits */
	uint32_t n_free;		/* UINT32_MAX: not counted yet */
	uint32_t dirty_blocks;		/* bit i: block i of the page has to be written */
	uint32_t used_at;		/* clock of the last use */
};

struct space_bitmap {
	uint32_t lbn;			/* first block of the bitmap descriptor */
	uint32_t page_bytes;
	uint32_t n_pages, n_loaded, n_loaded_max;
	uint32_t clock;
	struct bitmap_page *pages;
	bool keeps_copies;		/* of pages, as on the disc, and as they were first: the medium wears */
	struct udf_bounds bounds;	/* of the longest free run in each page */
	uint64_t n_looked;		/* how many groups of bits were searched so far; for tests */
	bool may_be_lost;		/* a power cut may have made a part of it unreadable */
	bool was_lost;			/* and has, and the new bits are not on disc yet */
	bool header_has_crc;		/* the descriptor's CRC covers bits: repaired in OPEN */
};

/* ---- space_table.c ---- */

struct space_table {
	uint32_t lbn;			/* of the Unallocated Space Entry */
	uint8_t *entry;			/* its block, as it is on disc or will be written next */
	struct block_run *ranges;	/* free ranges, ascending, not adjacent; a used-up range has no blocks */
	uint32_t n_ranges, cap, max_ranges;
	uint32_t n_used_up;		/* at most this many of them are used up */
	struct udf_bounds bounds;	/* of the longest range that begins in each zone of the partition */
	unsigned zone_shift;
	uint64_t n_looked;		/* how many ranges were searched so far; for tests */
	uint32_t *chain;		/* AEDs of the table on disc */
	uint32_t n_chain;
	bool dirty;			/* the ranges differ from what the disc has */
	bool left_out_some;		/* and the last write could not record them all */
	bool entry_waits;		/* the entry is written after NEW, to switch to a fresh chain */
	bool gave_up;			/* free blocks were lost because there were too many ranges; it was logged */
};

#endif
