/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The extents of a file in memory, and their form on the disc: allocation descriptors and chains of allocation
 * extent descriptors (AEDs).
 *
 * Positions and lengths are in blocks.
 */
#ifndef UDF_FS_EXTENT_H
#define UDF_FS_EXTENT_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "ecma/types.h"
#include "fs/space.h"

struct node;
struct udf_fs;

struct extent {
	uint64_t file_block;
	uint32_t lbn;			/* 0 in a hole */
	uint32_t n_blocks : 30;
	uint32_t kind : 2;		/* enum udf_extent_type, not NEXT */
};

#define EXTENT_MAX_BLOCKS ((1u << 30) - 1)

struct extents {			/* covers [0, end of allocation) without gaps */
	struct extent *v;
	uint32_t n, cap;
	uint32_t *aed_lbn;		/* the chain of AEDs */
	uint32_t n_aeds, cap_aeds;
	uint32_t aed_batch;		/* the batch in which the chain was taken; it may be rewritten in that batch */
	bool chain_dirty;		/* the chain has to be written in NEW */
	bool changed;			/* the descriptors in the ICB's image differ from the list */
};

/* ---- extents.c: the list, and lists of runs ---- */

/** An empty list, or NULL without memory.  Free it with extents_free(), which allows NULL. */
struct extents *extents_new(void);
void extents_free(struct extents *ext);

/** The index of the extent that contains FILE_BLOCK; ext->n where there is none. */
uint32_t extents_find(const struct extents *ext, uint64_t file_block);

/** The first block after the last extent. */
uint64_t extents_end(const struct extents *ext);

/** How many blocks are recorded. */
uint64_t extents_count_recorded(const struct extents *ext);

/**
 * Map [FIRST, FIRST + N_BLOCKS) to KIND at LBN (0 for a hole).  A gap before FIRST becomes a hole.
 *
 * @dropped  Receives the blocks that the range had before and that the new mapping does not have.
 */
enum udf_err extents_set(struct extents *ext, uint64_t first, uint64_t n_blocks,
			 enum udf_extent_type kind, uint32_t lbn, struct run_list *dropped);

/** Remove everything from FILE_BLOCK on.  DROPPED receives the blocks. */
enum udf_err extents_cut(struct extents *ext, uint64_t file_block, struct run_list *dropped);

/** Add a run to LIST.  Neighbours are merged. */
enum udf_err run_list_add(struct run_list *list, uint32_t lbn, uint32_t n_blocks);

/** Free the memory of LIST, which is empty afterwards. */
void run_list_done(struct run_list *list);

/* ---- extent_io.c: the list from and to the disc ---- */

/**
 * Make sure that the extents of NODE are in memory.  NODE->extents stays NULL for embedded data and for objects
 * without data.
 * Returns UDF_E_CORRUPT for damaged descriptors, which are logged once, UDF_E_UNSUPPORTED for extended ones, and
 * for extents in several partitions.
 */
enum udf_err extents_load(struct udf_fs *fs, struct node *node);

/**
 * How many blocks stat(2) counts for the extents of NODE: the recorded ones, and those preallocated ones whose
 * descriptors are in the ICB.  After a remount the number is the same, without reading the chain.
 */
uint64_t extents_blocks(const struct udf_fs *fs, const struct node *node);

/**
 * The most AEDs that the list may need with N_MORE_ADS more descriptors, without a look at each extent.  The exact
 * number is known when the list is written; extra blocks are given back then.
 */
uint64_t extents_most_aeds(const struct udf_fs *fs, const struct node *node, int64_t n_more_ads);

/** After a change of the list: take blocks for the AED chain that it needs now.  A durable chain is replaced (R6). */
enum udf_err extents_prepare(struct udf_fs *fs, struct node *node);

/** Put the list into the node's image.  The chain has been written. */
enum udf_err extents_store(struct udf_fs *fs, struct node *node);

/**
 * Write the AED chain of NODE, if it has a dirty one.
 *
 * @ret_wrote  Set to true if anything was written; else left alone.
 */
enum udf_err extents_write_chain(struct udf_fs *fs, struct node *node, bool *ret_wrote);

/** Free the blocks that a change of NODE dropped: at once for a new node, else after UNLINK (R1).  Empties RUNS. */
enum udf_err node_free_runs(struct udf_fs *fs, struct node *node, struct run_list *runs);

/* ---- room.c ---- */

/** With N_MORE_ADS more descriptors, would the list be longer than the driver reads? */
bool extents_has_too_many(const struct udf_fs *fs, const struct node *node, int64_t n_more_ads);

/**
 * Before a change of NODE's extents: make sure that N_BLOCKS are free for data, and those for the descriptors with
 * N_MORE_ADS more of them (negative: fewer).  May commit, so that NODE is no longer dirty.
 *
 * @ret_n_spare  How many blocks data may take.
 * Returns UDF_E_NOSPC, or UDF_E_FILE_TOO_BIG where more than two descriptors are to be added to a list that is as long
 * as it may be; cutting such a file off works.
 */
enum udf_err extents_reserve(struct udf_fs *fs, struct node *node, uint32_t n_blocks,
			     int64_t n_more_ads, uint32_t *ret_n_spare);

#endif
