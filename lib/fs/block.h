/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of directories in memory: a small cache of clean blocks, and the dirty blocks of the batch (block.c). */
#ifndef UDF_FS_BLOCK_H
#define UDF_FS_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

struct udf_fs;

enum {				/* the states of a dirty block; they can be combined */
	MBLK_PAST = 1,			/* changed after the directory's durable length, or a fresh block */
	MBLK_INSIDE = 2,		/* changed within the durable length */
	MBLK_FRESH = 4,			/* replaces durable bytes in a fresh place: every edit is MBLK_PAST */
};

struct mblk {
	struct mblk *hash_next;
	struct mblk *prev, *next;	/* on the LRU list when clean, on the dirty list when dirty */
	uint32_t lbn;
	uint16_t part_ref;
	uint8_t dirty;			/* MBLK_...; 0 for a clean block */
	uint8_t *data;			/* fs->block_bytes */
};

struct mblk_list {
	struct mblk *first, *last;
	size_t n;
};

/** Make the empty cache.  mblks_close() frees it, and drops dirty blocks. */
enum udf_err mblks_open(struct udf_fs *fs);
void mblks_close(struct udf_fs *fs);

/** The block LBN, read if necessary.  A clean block is valid until the next call to this file. */
enum udf_err mblk_get(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, struct mblk **ret_block);

/** The block LBN, which was just taken: its bytes are zero, and it is not read. */
enum udf_err mblk_new(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, struct mblk **ret_block);

/** BLOCK was changed.  HOW: MBLK_...; it is added to the block's state.  A dirty block stays in memory. */
void mblk_dirty(struct udf_fs *fs, struct mblk *block, uint8_t how);

/** Drop blocks from memory, dirty ones too. */
void mblk_forget(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks);

/**
 * Write the dirty blocks whose state is exactly HOW, with or without MBLK_FRESH, in the order of their numbers.
 * They are clean afterwards.
 *
 * @ret_wrote  Set to true if anything was written; else left alone.
 */
enum udf_err mblks_write(struct udf_fs *fs, uint8_t how, bool *ret_wrote);

/**
 * Where 1 MiB of blocks is dirty, write those that are exactly MBLK_PAST before the batch ends.  A volume without
 * phases writes all of them.
 */
enum udf_err mblks_write_early(struct udf_fs *fs);

#endif
