/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a directory gets by its names. */
#ifndef UDF_TREE_DIR_ROOM_H
#define UDF_TREE_DIR_ROOM_H

#include <stdint.h>

#define TREE_PARENT_FID_BYTES 40u	/* what every directory begins with */

/** The length of a directory of N_BYTES with NAME (UTF-8) added: FIDs don't straddle blocks. */
uint64_t tree_dir_bytes_with(uint64_t n_bytes, uint32_t block_bytes, const char *name);

#endif
