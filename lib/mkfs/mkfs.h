/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a UDF volume: parameters -> plan (pure) -> emit.  The plan knows every extent of the empty
 * volume; emit writes it.  Order on the medium (spec 9): old anchors and recognition sequence
 * destroyed, flush; everything else, flush; anchors and recognition sequence last, flush: an
 * interrupted mkfs is "not UDF".
 */
#ifndef UDF_MKFS_MKFS_H
#define UDF_MKFS_MKFS_H

#include <udfkit/bio.h>
#include <udfkit/env.h>

#include "ecma/types.h"

enum udf_media_type { UDF_MEDIA_HD, UDF_MEDIA_DVD, UDF_MEDIA_DVDRAM, UDF_MEDIA_DVDRW, UDF_MEDIA_DVDR,
	UDF_MEDIA_WORM, UDF_MEDIA_MO, UDF_MEDIA_CDRW, UDF_MEDIA_CDR, UDF_MEDIA_CD, UDF_MEDIA_BDR,
	UDF_N_MEDIA };

enum udf_space_kind { UDF_SPACE_UNALLOC_BITMAP, UDF_SPACE_UNALLOC_TABLE, UDF_SPACE_FREED_BITMAP,
	UDF_SPACE_FREED_TABLE, UDF_SPACE_NONE };

enum udf_extent_role { UDF_ROLE_RESERVED, UDF_ROLE_VRS, UDF_ROLE_ANCHOR, UDF_ROLE_MAIN_VDS,
	UDF_ROLE_RESERVE_VDS, UDF_ROLE_LVID, UDF_ROLE_PARTITION, UDF_ROLE_UNUSED };

/* Texts are UTF-8. */
struct udf_mkfs_params {
	enum udf_media_type media;
	uint16_t revision;		/* 0x0101 ... 0x0201 */
	uint32_t block_bytes;
	uint64_t n_blocks;
	char lvid[256], vid[128], vsid[256], fsid[128];
	char full_vsid[256];		/* "": uuid and vsid */
	char uuid[17];			/* "": from env's clock and random bytes */
	char owner[128], organization[128], contact[128];
	uint32_t uid, gid, mode;	/* of the root directory */
	bool read_only;
	uint16_t strategy;		/* 4 or 4096 */
	enum udf_space_kind space;
	enum udf_ad_kind ad;		/* of the root directory */
	bool use_efe;
	uint32_t packet_blocks;		/* alignment of every structure; 1 for most */
	/* more as the options need; see params.c for the defaults per medium and revision */
};

struct udf_plan_extent {
	enum udf_extent_role role;
	uint64_t lsn;
	uint64_t n_blocks;
};

#endif
