/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vol/ad_chain.h"

#include <assert.h>
#include <string.h>

#include "base/checked.h"
#include "ecma/codec.h"
#include "vol/vol.h"

static uint32_t ad_bytes_of(const struct udf_ad_list *list)
{
	return list->kind == UDF_AD_LONG ? UDF_LONG_AD_BYTES : UDF_SHORT_AD_BYTES;
}

uint32_t udf_ad_list_in_area(const struct udf_ad_list *list, uint64_t n_aeds)
{
	uint32_t n = list->area_bytes / ad_bytes_of(list);

	return n_aeds && n ? n - 1 : n;
}

uint32_t udf_ad_list_in_aed(const struct udf_ad_list *list)
{
	return (list->block_bytes - UDF_AED_FIXED_BYTES) / ad_bytes_of(list);
}

uint32_t udf_ad_list_n_aeds(const struct udf_ad_list *list, uint64_t n_ads)
{
	uint32_t in_aed = udf_ad_list_in_aed(list), in_area = udf_ad_list_in_area(list, 0);
	uint64_t n_in_chain;

	if (n_ads <= in_area)
		return 0;
	if (in_area == 0)
		return UINT32_MAX;
	n_in_chain = n_ads - (in_area - 1);
	return n_in_chain <= in_aed ? 1 : (uint32_t)(1 + udf_ceil_div(n_in_chain - in_aed, in_aed - 1));
}

uint64_t udf_ad_list_capacity(const struct udf_ad_list *list, uint32_t n_aeds)
{
	uint32_t in_aed = udf_ad_list_in_aed(list);

	return udf_ad_list_in_area(list, n_aeds) + (n_aeds ? (uint64_t)(n_aeds - 1) * (in_aed - 1) + in_aed : 0);
}

static void put_ad(const struct udf_ad_list *list, const struct udf_short_ad *ad, uint16_t part_ref, uint8_t *p)
{
	struct udf_long_ad long_ad = { .length = ad->length, .addr = { ad->lbn, part_ref } };

	if (list->kind != UDF_AD_LONG) {
		udf_short_ad_encode(ad, p);
		return;
	}
	if (ad->lbn == 0 && UDF_EXTENT_TYPE(ad->length) == UDF_EXTENT_HOLE)
		long_ad.addr.part_ref = 0;	/* a hole has no place on the disc */
	udf_long_ad_encode(&long_ad, p);
}

/* Put up to N_MAX descriptors at P, and after them the one that names the AED at *NEXT_LBN.  Returns their bytes. */
static uint32_t put_ads(const struct udf_ad_list *list, uint32_t n_max, const uint32_t *next_lbn, uint8_t *p)
{
	uint32_t size = ad_bytes_of(list), n = 0;
	struct udf_short_ad ad;

	while (n < n_max && list->next(list->ctx, &ad))
		put_ad(list, &ad, list->part_ref, p + (size_t)n++ * size);
	if (next_lbn) {
		ad = (struct udf_short_ad){ UDF_EXTENT_LENGTH(UDF_EXTENT_NEXT, list->block_bytes), *next_lbn };
		put_ad(list, &ad, list->aed_part_ref, p + (size_t)n++ * size);
	}
	return n * size;
}

uint32_t udf_ad_list_put(const struct udf_ad_list *list, const uint32_t *aed_lbns, uint32_t n_aeds,
			 uint8_t *ret_area)
{
	memset(ret_area, 0, list->area_bytes);
	return put_ads(list, udf_ad_list_in_area(list, n_aeds), n_aeds ? aed_lbns : NULL, ret_area);
}

/* Up to UDF 2.00 the CRC covers the head alone; from 2.01 on it covers the descriptors too. */
static void seal(const struct udf_vol *vol, uint8_t *block, uint32_t lbn, uint32_t ad_bytes)
{
	struct udf_aed aed = { .ad_bytes = ad_bytes };

	udf_aed_encode(&aed, block);
	udf_tag_seal(block, UDF_TAG_AED, vol->tag_version, vol->tag_serial, lbn,
		     UDF_AED_FIXED_BYTES - UDF_TAG_BYTES + (vol->revision >= 0x0201 ? ad_bytes : 0));
}

enum udf_err udf_ad_list_write_aeds(struct udf_vol *vol, const struct udf_ad_list *list, const uint32_t *aed_lbns,
				    uint32_t n_aeds, uint8_t *buffer, uint32_t n_buffer_blocks, uint32_t *ret_lbn)
{
	uint32_t in_aed = udf_ad_list_in_aed(list), n = 0;
	enum udf_err err = UDF_OK;

	for (uint32_t i = 0; i < n_aeds && !err; i++) {
		bool last = i + 1 == n_aeds;
		uint8_t *block = buffer + (size_t)n++ * list->block_bytes;
		uint32_t n_bytes;

		memset(block, 0, list->block_bytes);
		n_bytes = put_ads(list, last ? in_aed : in_aed - 1, last ? NULL : &aed_lbns[i + 1],
				  block + UDF_AED_FIXED_BYTES);
		assert(n_bytes > (last ? 0 : ad_bytes_of(list)));
		seal(vol, block, aed_lbns[i], n_bytes);
		if (!last && n < n_buffer_blocks && aed_lbns[i + 1] == aed_lbns[i] + 1)
			continue;
		err = udf_vol_write(vol, list->aed_part_ref, aed_lbns[i] + 1 - n, n, buffer);
		if (err)
			*ret_lbn = aed_lbns[i] + 1 - n;
		n = 0;
	}
	return err;
}
