/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories as the Linux kernel leaves them: FID behind FID, whatever the block boundaries are. */
#ifndef TESTS_COMMON_PACK_H
#define TESTS_COMMON_PACK_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/bio.h>

#define MAX_PACKED 64

struct packed_fid {			/* one that straddles */
	char name[256];
	uint32_t n_bytes;
	bool is_dir, is_deleted;
	bool in_tag;			/* the boundary lies within its tag */
};
extern struct packed_fid packed[MAX_PACKED];
extern unsigned n_packed;

/**
 * Rewrite every directory in blocks on the unmounted BIO (crash_volume.alter) without the bytes that
 * keep FIDs from straddling; deleted FIDs take up what that leaves at the end.
 */
void pack_directories(struct bio *bio);

#endif
