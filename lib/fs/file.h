/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File data. */
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

#define FS_MAX_FILE_BYTES (1ull << 50)

struct read_ahead {			/* see ahead.c */
	uint8_t *bytes;			/* NULL: not needed yet */
	struct udf_lb_addr at, next;	/* what it holds; what would follow the last read */
	uint32_t n_blocks;
};

/** Read file data; as udf_vol_read(). */
enum udf_err ahead_read(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks, uint8_t *ret);
/** A regular file, pinned. */
enum udf_err file_get(struct udf_fs *fs, udf_ino ino, struct node **ret_node);
enum udf_err file_embed_to_extents(struct udf_fs *fs, struct node *node);
/** Blocks of a file, past every cache. */
enum udf_err file_write_blocks(struct udf_fs *fs, struct node *node, uint32_t lbn, uint32_t n_blocks,
			       const uint8_t *data);
enum udf_err file_set_size(struct udf_fs *fs, struct node *node, uint64_t size_bytes);
enum udf_err file_write(struct udf_fs *fs, struct node *node, uint64_t at, size_t n_bytes,
			const uint8_t *data, size_t *ret_n_bytes);
enum udf_err file_read(struct udf_fs *fs, struct node *node, uint64_t at, size_t n_bytes, uint8_t *ret,
		       size_t *ret_n_bytes);

#endif
