/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters and media that the mkfs tests share. */
#ifndef TESTS_MKFS_FIXTURE_H
#define TESTS_MKFS_FIXTURE_H

#include <string.h>

#include "mkfs/mkfs.h"

/* 2024-02-29 12:45:07.123456 UTC in a zone an hour east. */
static const struct udf_time fixture_time = { 1709210707, 123456, 60 };

static inline struct udf_mkfs_params fixture_params(enum udf_media_type media, uint16_t revision,
						    uint32_t block_bytes, uint64_t n_blocks)
{
	struct udf_mkfs_params params;

	udf_mkfs_defaults(&params, media, revision);
	params.block_bytes = block_bytes;
	params.n_blocks = n_blocks;
	params.time = fixture_time;
	strcpy(params.uuid, "0123456789abcdef");
	return params;
}

static const enum udf_media_type fixture_media[] = {
	UDF_MEDIA_HD, UDF_MEDIA_DVDRAM, UDF_MEDIA_DVD, UDF_MEDIA_CD, UDF_MEDIA_MO, UDF_MEDIA_WORM,
};
static const uint16_t fixture_revisions[] = { 0x0101, 0x0102, 0x0150, 0x0200, 0x0201 };

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
