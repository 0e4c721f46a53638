/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file's extents in memory, and their form on the disc: allocation descriptors and chains of AEDs. */
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
	uint32_t *aed_lbn;		/* the chain of allocation extent descriptors */
	uint32_t n_aeds, cap_aeds;
	uint32_t aed_batch;		/* batch in which the chain was allocated; may be rewritten in it */
	bool chain_dirty;		/* AEDs have to be written in NEW */
	bool changed;			/* the descriptors in the ICB's image are not those of the list */
};

enum udf_err extents_load(struct udf_fs *fs, struct node *node);
void extents_free(struct extents *ext);
struct extents *extents_new(void);
/** Index of the extent that holds FILE_BLOCK, or ext->n. */
uint32_t extents_find(const struct extents *ext, uint64_t file_block);
uint64_t extents_end(const struct extents *ext);
/**
 * Map [FIRST, FIRST + N) to KIND at LBN (0 in a hole).  A gap before FIRST becomes a hole.  Blocks
 * that were there and are not part of the new mapping go to DROPPED.
 */
enum udf_err extents_set(struct extents *ext, uint64_t first, uint64_t n_blocks,
			 enum udf_extent_type kind, uint32_t lbn, struct run_list *dropped);
/** Drop everything from FILE_BLOCK on. */
enum udf_err extents_cut(struct extents *ext, uint64_t file_block, struct run_list *dropped);
uint64_t extents_count_recorded(const struct extents *ext);
/**
 * What stat(2) counts of NODE's list: recorded blocks, and of the preallocated ones those whose descriptors lie in
 * the ICB.  After a remount it is the same, without reading the chain.
 */
uint64_t extents_blocks(const struct udf_fs *fs, const struct node *node);
/**
 * Before a change: is there room for N_BLOCKS of data and for the descriptors when N_MORE_ADS are
 * added, or fewer than now are left?  May commit, so that the node is no longer dirty.  *RET_N_SPARE: what data
 * may take.
 */
enum udf_err extents_reserve(struct udf_fs *fs, struct node *node, uint32_t n_blocks,
			     int64_t n_more_ads, uint32_t *ret_n_spare);
/**
 * How many AEDs the list may need with N_MORE_ADS more descriptors, without looking at each extent: the exact
 * number is known when it is written, and what is over is handed back then.
 */
uint64_t extents_most_aeds(const struct udf_fs *fs, const struct node *node, int64_t n_more_ads);
/** Blocks for the AED chain that the list needs now, taken before it is written. */
enum udf_err extents_prepare(struct udf_fs *fs, struct node *node);
/** Put the list into the node's image, and the AED chain to disc if it is dirty. */
enum udf_err extents_store(struct udf_fs *fs, struct node *node);
enum udf_err extents_write_chain(struct udf_fs *fs, struct node *node, bool *ret_wrote);
enum udf_err run_list_add(struct run_list *list, uint32_t lbn, uint32_t n_blocks);
void run_list_done(struct run_list *list);
/** Free what a change of NODE dropped: at once for a new node, else later (R1). */
enum udf_err node_free_runs(struct udf_fs *fs, struct node *node, struct run_list *runs);

#endif
