/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Free blocks by the space bitmaps and tables of a partition (ECMA-167 4/14.3, 4/14.11, 4/14.12). */
#include <stdlib.h>

#include "base/bitmap.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "ecma/codec.h"
#include "info.h"
#include "vol/extent_map.h"

/* Bits of one block of the bitmap: BITS_AT is the first bit at byte AT of it. */
static uint64_t count_in_block(const uint8_t *block, uint32_t at, uint32_t block_bytes, uint64_t bits_at,
			       uint64_t n_bits)
{
	uint64_t n = udf_min64((uint64_t)(block_bytes - at) * 8, n_bits - bits_at);

	return udf_bits_count(block + at, 0, n);
}

static enum udf_err count_bitmap(struct udf_vol *vol, uint16_t ref, const struct udf_short_ad *ad,
				 uint64_t *n_free)
{
	uint32_t n_blocks = UDF_EXTENT_BYTES(ad->length) / vol->block_bytes, i;
	struct udf_place place = { ref, ad->lbn, NULL };
	uint64_t n_bits = 0, bits_at = 0;
	uint8_t *block = malloc(vol->block_bytes);
	struct udf_sbd sbd;
	enum udf_err err = block ? UDF_OK : UDF_E_NOMEM;

	for (i = 0; i < n_blocks && !err; i++) {
		uint32_t at = 0;

		err = udf_vol_read(vol, ref, ad->lbn + i, 1, block);
		if (!err && i == 0) {
			/* the CRC may cover bytes after this block */
			if (get_le16(block) != UDF_TAG_SBD || get_le32(block + UDF_TAG_LOCATION_AT) != place.block_no) {
				err = UDF_E_CORRUPT;
				break;
			}
			udf_sbd_decode(block, &sbd);
			n_bits = udf_min64(sbd.n_bits, vol->parts[ref].n_blocks);
			at = UDF_SBD_FIXED_BYTES;
		}
		if (err || bits_at >= n_bits)
			break;
		*n_free += count_in_block(block, at, vol->block_bytes, bits_at, n_bits);
		bits_at += (uint64_t)(vol->block_bytes - at) * 8;
	}
	free(block);
	return err;
}

static enum udf_err count_table(struct udf_vol *vol, uint16_t ref, const struct udf_short_ad *ad,
				uint64_t *n_free)
{
	struct udf_lb_addr at = { ad->lbn, ref };
	struct udf_place place = { ref, ad->lbn, "USE" };
	struct udf_extent_map map;
	uint8_t *block = malloc(vol->block_bytes);
	size_t i;
	enum udf_err err = block ? UDF_OK : UDF_E_NOMEM;

	if (!err)
		err = udf_vol_read(vol, ref, ad->lbn, 1, block);
	if (!err)
		err = udf_tag_verify(block, vol->block_bytes, UDF_TAG_USE, place, NULL, NULL);
	if (!err)
		err = udf_extent_map_read(vol, block, at, NULL, &map);
	if (!err) {
		for (i = 0; i < map.n_extents; i++)
			*n_free += map.extents[i].n_bytes / vol->block_bytes;
		udf_extent_map_done(&map);
	}
	free(block);
	return err;
}

enum udf_err info_count_free(struct udf_vol *vol, unsigned ref, uint64_t *ret_n_blocks)
{
	const struct udf_partition_header *header = &vol->parts[ref].header;
	const struct udf_short_ad *tables[] = { &header->unallocated_table, &header->freed_table };
	const struct udf_short_ad *bitmaps[] = { &header->unallocated_bitmap, &header->freed_bitmap };
	uint64_t n_free = 0;
	unsigned i;
	enum udf_err err = UDF_OK;

	for (i = 0; i < 2 && !err; i++) {
		if (UDF_EXTENT_BYTES(tables[i]->length))
			err = count_table(vol, (uint16_t)ref, tables[i], &n_free);
		if (!err && UDF_EXTENT_BYTES(bitmaps[i]->length))
			err = count_bitmap(vol, (uint16_t)ref, bitmaps[i], &n_free);
	}
	if (!err)
		*ret_n_blocks = n_free;
	return err;
}
