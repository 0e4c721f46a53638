/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking and freeing blocks of the partition, whether it records free space in a bitmap or in a table.
 *
 * Blocks are numbered by lbn, from 0 to n_blocks - 1 of the partition.
 */
#ifndef UDF_FS_ALLOC_H
#define UDF_FS_ALLOC_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "ecma/types.h"
#include "fs/space.h"

struct udf_fs;

enum alloc_class {			/* what has packets of its own, on media that are written in packets */
	ALLOC_ICB,			/* objects other than directories */
	ALLOC_DIRECTORY,		/* directories and their blocks */
	ALLOC_N_CLASSES,
};

struct alloc {
	const struct space_ops *ops;	/* NULL: not open */
	uint16_t part_ref;
	struct udf_short_ad set;	/* where the space set is recorded */
	uint32_t n_blocks;		/* of the partition */
	uint64_t n_free;		/* valid when free_is_known */
	bool free_is_known;
	enum space_trust trust;
	enum space_doubt doubt;		/* why the set is in doubt */
	uint32_t doubted_lbn;		/* DOUBT_BLOCK: the block that is in use */
	bool count_is_compared;		/* with the recorded number of free blocks */
	bool freed_its_own;		/* a space table has given back blocks that the disc still needs */
	uint32_t data_cursor;		/* where the next file's data may begin */
	uint32_t packet_blocks;		/* what the medium writes at once; 0: single blocks */
	uint32_t packet_phase;		/* lbn of the first packet that begins in the partition */
	struct block_run pools[ALLOC_N_CLASSES];	/* reserved; without blocks: where to continue */
	bool has_no_packet;		/* none is wholly free */
	uint8_t *readable, *lost;	/* NULL, or a bit for each packet: see unreadable.c */
	struct run_list unreadable;	/* blocks that are free, and count as used */
	bool said_unchangeable;		/* that an object can't be changed: once for each mount */
	bool is_asked;			/* another thread may ask what is free: see free_query.c */
	pthread_mutex_t lock;		/* where is_asked: held while the set changes in memory, never during I/O */
	union {
		struct space_bitmap bitmap;
		struct space_table table;
	};
};

/* Around a change of what free_query.c looks at. */
static inline void alloc_lock(struct alloc *a)
{
	if (a->is_asked)
		(void)pthread_mutex_lock(&a->lock);
}

static inline void alloc_unlock(struct alloc *a)
{
	if (a->is_asked)
		(void)pthread_mutex_unlock(&a->lock);
}

static inline void alloc_set_trust(struct alloc *a, enum space_trust trust)
{
	alloc_lock(a);
	a->trust = trust;
	alloc_unlock(a);
}

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
 * @exactly    False: a medium that wears may be left with more blocks marked as used than are in use, so that the next
 *	       call need not write.
 * @ret_wrote  Set to true if anything was written; else left alone.
 */
enum udf_err alloc_write(struct udf_fs *fs, bool exactly, bool *ret_wrote);

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

/** The first block of the packet with block LBN, and its end.  What is before the first whole one begins at 0. */
static inline uint32_t packet_first(const struct alloc *a, uint32_t lbn)
{
	return lbn < a->packet_phase ? 0 : lbn - (lbn - a->packet_phase) % a->packet_blocks;
}

static inline uint32_t packet_end(const struct alloc *a, uint32_t lbn)
{
	uint64_t end = lbn < a->packet_phase ? a->packet_phase : (uint64_t)packet_first(a, lbn) + a->packet_blocks;

	return end < a->n_blocks ? (uint32_t)end : a->n_blocks;
}

/** The number of the packet with block LBN.  0 is the one before the first that begins in the partition. */
static inline uint32_t packet_number(const struct alloc *a, uint32_t lbn)
{
	return lbn < a->packet_phase ? 0 : (lbn - a->packet_phase) / a->packet_blocks + 1;
}

/* ---- unreadable.c ---- */

/**
 * Of the *N_BLOCKS from LBN on, which were taken just now, keep those before the first packet that can't be written
 * because a block in use of it can't be read.  *N_BLOCKS is lowered, to 0 perhaps; the rest is given back, except in
 * that packet, whose free blocks count as used from now on.  On other media it does nothing.
 */
enum udf_err unreadable_leave_out(struct udf_fs *fs, uint32_t lbn, uint32_t *n_blocks);

/**
 * Before blocks of a file or directory are written in place: are those at LBN in such a packet?  *N_BLOCKS is
 * lowered to those for which the answer is the same.  A packet that is written whole need not be read.
 */
enum udf_err unreadable_before_write(struct udf_fs *fs, uint32_t lbn, uint32_t *n_blocks, bool *ret_unreadable);

/** Before the ICB at LBN is written in place.  Returns UDF_E_MEDIUM where it is in such a packet. */
enum udf_err unreadable_check_icb(struct udf_fs *fs, uint32_t lbn);

/** Before the volume is closed: the blocks that were left out are free. */
void unreadable_give_back(struct udf_fs *fs);

/* ---- free_query.c ---- */

/** Let the medium ask which blocks are free (bio_set_free_query()).  The set is open. */
enum udf_err free_query_begin(struct udf_fs *fs);

/** Nobody asks any more when this returns. */
void free_query_end(struct udf_fs *fs);

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

/**
 * The same for the data of a file: on media that are written in packets, from packets that only data use, or that are
 * wholly free, while there are any.
 */
enum udf_err alloc_take_data(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn,
			     uint32_t *ret_n);

/* ---- packets.c: only where alloc.packet_blocks is set ---- */

/** Set packet_blocks from the geometry of the medium. */
void packets_open(struct udf_fs *fs);

/**
 * Take N_BLOCKS from a packet of CLASS: from the one that was used last, else from that of block NEAR (of a directory;
 * UINT32_MAX: none), else from one that is wholly free.
 * Returns UDF_E_NOSPC where there is none, though other blocks may be free.
 */
enum udf_err packets_take(struct udf_fs *fs, enum alloc_class class, uint32_t near, uint32_t n_blocks,
			  uint32_t *ret_lbn);

/** As alloc_take_data(), with UDF_E_NOSPC where no such packet is left. */
enum udf_err packets_take_data(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn, uint32_t *ret_n);

/** Give back what packets_take() has reserved. */
void packets_trim(struct udf_fs *fs);

/* ---- room.c ---- */

/** As alloc_take_data().  Where no block is free and some are about to be freed, it commits and tries again (R1). */
enum udf_err alloc_take_retry(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn,
			      uint32_t *ret_n);

#endif
