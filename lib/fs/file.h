/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File data: embedded in the ICB, or in extents. */
#ifndef UDF_FS_FILE_H
#define UDF_FS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>
#include <udfkit/fs.h>

#include "ecma/types.h"

struct node;
struct udf_fs;

#define FS_MAX_FILE_BYTES (1ull << 50)	/* the largest size of a file: 1 PiB */

struct read_ahead {			/* see ahead.c */
	uint8_t *bytes;			/* NULL: not needed yet */
	struct udf_lb_addr at;		/* the first block that it holds */
	struct udf_lb_addr next;	/* the block after the last one that was read */
	uint32_t n_blocks;		/* how many it holds */
};

/* ---- ahead.c ---- */

/** Read blocks of file data, as udf_vol_read() does.  Small files that are stored in a row are read ahead. */
enum udf_err ahead_read(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks, uint8_t *ret);

/* ---- read.c ---- */

/** Read from NODE, which has data, as udf_read() does. */
enum udf_err file_read(struct udf_fs *fs, struct node *node, uint64_t at, size_t n_bytes, uint8_t *ret,
		       size_t *ret_n_bytes);

/* ---- file.c ---- */

/**
 * The regular file INO, pinned.  The caller gives it back with node_put().
 * Returns UDF_E_IS_DIR, UDF_E_INVAL for other objects.
 */
enum udf_err file_get(struct udf_fs *fs, udf_ino ino, struct node **ret_node);

/** Move embedded data from the ICB into a block. */
enum udf_err file_embed_to_extents(struct udf_fs *fs, struct node *node);

/** Write blocks of file data to the device, bypassing all caches.  A later flush makes them durable. */
enum udf_err file_write_blocks(struct udf_fs *fs, struct node *node, uint32_t lbn, uint32_t n_blocks,
			       const uint8_t *data);

/**
 * Set the size of NODE.  A smaller size frees blocks; a larger one adds a hole.
 * Returns UDF_E_FILE_TOO_BIG above FS_MAX_FILE_BYTES.
 */
enum udf_err file_set_size(struct udf_fs *fs, struct node *node, uint64_t size_bytes);

/* ---- write.c ---- */

/** Write to NODE, as udf_write() does. */
enum udf_err file_write(struct udf_fs *fs, struct node *node, uint64_t at, size_t n_bytes,
			const uint8_t *data, size_t *ret_n_bytes);

#endif
