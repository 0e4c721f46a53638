/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks taken and given back, in whichever set the partition keeps its free space. */
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
	struct udf_short_ad set;	/* where the space set lies */
	uint32_t n_blocks;		/* of the partition */
	uint64_t n_free;		/* valid when free_is_known */
	bool free_is_known;
	enum space_trust trust;
	uint32_t doubted_lbn;		/* the block that put the set in doubt */
	bool freed_its_own;		/* the disc still needs blocks that a space table has given back */
	uint32_t data_cursor;		/* where the next file's data may begin */
	union {
		struct space_bitmap bitmap;
		struct space_table table;
	};
};

/** *RET_WHY: why the volume can't be written (damaged, or beyond this version); then it is not open. */
enum udf_err alloc_open(struct udf_fs *fs, const char **ret_why);
void alloc_close(struct udf_fs *fs);
static inline bool alloc_is_open(const struct alloc *a)
{
	return a->ops;
}
/** Take up to WANT blocks in one run, near GOAL if possible.  *RET_N is 1 to WANT.  UDF_E_NOSPC. */
enum udf_err alloc_take(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn,
			uint32_t *ret_n);
/** The same, but *RET_N is a multiple of UNIT, which is not above WANT. */
enum udf_err alloc_take_units(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t unit,
			      uint32_t *ret_lbn, uint32_t *ret_n);
/** As alloc_take(); where frees are pending it commits and tries again (R1). */
enum udf_err alloc_take_retry(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn,
			      uint32_t *ret_n);
/** Hand blocks back at once: nothing durable may refer to them. */
enum udf_err alloc_release(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks);
/** Hand blocks back once UNLINK is durable. */
enum udf_err alloc_release_later(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks);
/** NEW: write what changed; *RET_WROTE is set when there was any. */
enum udf_err alloc_write(struct udf_fs *fs, bool *ret_wrote);
/** After the flush of alloc_write() and with one of its own: switch to what that wrote elsewhere. */
enum udf_err alloc_switch(struct udf_fs *fs, bool *ret_wrote);
/** Has alloc_write() left out free blocks for want of room?  The next one may take them in. */
bool alloc_is_behind(const struct udf_fs *fs);
enum udf_err alloc_mend_header(struct udf_fs *fs, bool *ret_wrote);
enum udf_err alloc_count_free(struct udf_fs *fs, uint64_t *ret_n_free);
/** The backends': N_FREED more (or fewer) blocks are free. */
static inline void alloc_count_change(struct alloc *a, int64_t n_freed)
{
	if (a->free_is_known)
		a->n_free = (uint64_t)((int64_t)a->n_free + n_freed);
}

#endif
