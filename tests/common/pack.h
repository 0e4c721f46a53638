/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories as the Linux kernel writes them: FID after FID, across block boundaries. */
#ifndef TESTS_COMMON_PACK_H
#define TESTS_COMMON_PACK_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/bio.h>

#define MAX_PACKED 64

struct packed_fid {			/* a FID that straddles a block boundary */
	char name[256];
	uint32_t n_bytes;
	bool is_dir, is_deleted;
	bool in_tag;			/* the boundary is within its tag */
};
extern struct packed_fid packed[MAX_PACKED];
extern unsigned n_packed;

/**
 * Rewrite every directory that is in blocks on the unmounted BIO (crash_volume.alter), without the bytes
 * that keep FIDs from straddling.  Deleted FIDs fill the space that this frees at the end.
 */
void pack_directories(struct bio *bio);

#endif
