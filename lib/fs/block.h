/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of directories: a cache of clean ones, and those that wait for their phase. */
#ifndef UDF_FS_BLOCK_H
#define UDF_FS_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

struct udf_fs;

enum {
	MBLK_PAST = 1,			/* dirty behind the directory's durable length, or a fresh block */
	MBLK_INSIDE = 2,		/* dirty inside it */
	MBLK_FRESH = 4,			/* takes the place of durable bytes: every edit is MBLK_PAST */
};

struct mblk {
	struct mblk *hash_next;
	struct mblk *prev, *next;	/* LRU list when clean, dirty list when dirty */
	uint32_t lbn;
	uint16_t part_ref;
	uint8_t dirty;
	uint8_t *data;
};

struct mblk_list {
	struct mblk *first, *last;
	size_t n;
};

enum udf_err mblks_open(struct udf_fs *fs);
void mblks_close(struct udf_fs *fs);
/** Valid until the next call of this module, unless dirty. */
enum udf_err mblk_get(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, struct mblk **ret_block);
/** A block just taken, zero, not read. */
enum udf_err mblk_new(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, struct mblk **ret_block);
void mblk_dirty(struct udf_fs *fs, struct mblk *block, uint8_t how);
void mblk_forget(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks);
/** Write the dirty blocks whose state is exactly HOW, in order, and make them clean. */
enum udf_err mblks_write(struct udf_fs *fs, uint8_t how, bool *ret_wrote);
/**
 * Where there are many dirty blocks, write those behind the durable length before the batch ends; not
 * blocks that are MBLK_FRESH, but without phases everything.
 */
enum udf_err mblks_write_early(struct udf_fs *fs);

#endif
