/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation extent descriptors (ECMA-167 4/14.5): the head of a block that goes on with descriptors. */
#include "ecma/codec.h"
#include "fs/extent.h"
#include "fs/state.h"

void aed_seal(const struct udf_fs *fs, uint8_t *block, uint32_t lbn, uint32_t ad_bytes)
{
	struct udf_aed aed = { .ad_bytes = ad_bytes };

	udf_aed_encode(&aed, block);
	udf_tag_seal(block, UDF_TAG_AED, fs->vol->tag_version, fs->vol->tag_serial, lbn,
		     fs->revision >= 0x0201 ? 8 + ad_bytes : 8);
}
