/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The length of a directory, calculated from its names. */
#ifndef UDF_TREE_DIR_ROOM_H
#define UDF_TREE_DIR_ROOM_H

#include <stdint.h>

#define TREE_PARENT_FID_BYTES 40u	/* every directory begins with its parent FID */

/** The length of a directory of N_BYTES after NAME (UTF-8) is added.  FIDs don't straddle blocks. */
uint64_t tree_dir_bytes_with(uint64_t n_bytes, uint32_t block_bytes, const char *name);

#endif
