/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of allocation descriptors that are written into an ICB and a chain of AEDs, and read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ecma/codec.h"
#include "vol/ad_chain.h"
#include "vol/extent_map.h"
#include "vol_fixture.h"

#define BLOCK 2048u
#define ICB_LBN 100u
#define FIRST_AED 110u
#define FIRST_DATA 1000u
#define MAX_AEDS 8u

/* Descriptor I of a list: every third is a hole, the others are blocks that do not adjoin. */
static struct udf_short_ad ad_at(uint32_t i)
{
	if (i % 3 == 2)
		return (struct udf_short_ad){ UDF_EXTENT_LENGTH(UDF_EXTENT_HOLE, BLOCK), 0 };
	return (struct udf_short_ad){ UDF_EXTENT_LENGTH(UDF_EXTENT_RECORDED, BLOCK), FIRST_DATA + 2 * i };
}

struct source {
	uint32_t n, at;
};

static bool source_next(void *ctx, struct udf_short_ad *ret_ad)
{
	struct source *s = ctx;

	if (s->at == s->n)
		return false;
	*ret_ad = ad_at(s->at++);
	return true;
}

static struct udf_ad_list list_of(struct source *source, enum udf_ad_kind kind, uint32_t area_bytes)
{
	return (struct udf_ad_list){ .kind = kind, .block_bytes = BLOCK, .area_bytes = area_bytes,
				     .next = source_next, .ctx = source };
}

/* A file of the descriptors of SOURCE, written with a buffer of N_BUFFER_BLOCKS. */
static void write_file(struct fixture *fx, const struct udf_ad_list *list, const uint32_t *aeds,
		       uint32_t n_buffer_blocks, uint8_t *ret_icb)
{
	struct source *source = list->ctx;
	uint32_t n_aeds = udf_ad_list_n_aeds(list, source->n), failed_lbn = 0;
	struct udf_fe fe = {
		.tag.id = UDF_TAG_EFE,
		.icb = { .strategy = 4, .max_entries = 1, .file_type = UDF_FT_REGULAR,
			 .flags = (uint16_t)list->kind },
		.information_bytes = (uint64_t)source->n * BLOCK,
	};
	uint8_t *buffer = malloc((size_t)n_buffer_blocks * BLOCK);

	assert_non_null(buffer);
	assert_true(n_aeds <= MAX_AEDS);
	memset(ret_icb, 0xEE, BLOCK);
	memset(ret_icb + UDF_EFE_FIXED_BYTES + list->area_bytes, 0,
	       BLOCK - UDF_EFE_FIXED_BYTES - list->area_bytes);
	fe.ad_bytes = udf_ad_list_put(list, aeds, n_aeds, ret_icb + UDF_EFE_FIXED_BYTES);
	udf_fe_encode(&fe, ret_icb);
	udf_tag_seal(ret_icb, UDF_TAG_EFE, 3, 1, ICB_LBN, UDF_EFE_FIXED_BYTES - UDF_TAG_BYTES + fe.ad_bytes);
	assert_int_equal(udf_ad_list_write_aeds(fx->vol, list, aeds, n_aeds, buffer, n_buffer_blocks,
						&failed_lbn), UDF_OK);
	assert_int_equal(source->at, source->n);	/* none is left over */
	free(buffer);
}

static void assert_reads_back(struct fixture *fx, const uint8_t *icb, uint32_t n_ads, uint32_t n_aeds)
{
	const struct udf_lb_addr at = { ICB_LBN, 0 };
	struct udf_extent_map map;

	memset(fx->findings.n, 0, sizeof(fx->findings.n));
	fx->findings.n_all = 0;
	assert_int_equal(udf_extent_map_read(fx->vol, icb, at, &fx->findings.sink, &map), UDF_OK);
	assert_int_equal(fx->findings.n_all, 0);
	assert_int_equal(map.n_aeds, n_aeds);
	assert_int_equal(map.n_extents, n_ads);
	for (uint32_t i = 0; i < n_ads; i++) {
		struct udf_short_ad ad = ad_at(i);

		assert_int_equal(map.extents[i].kind, UDF_EXTENT_TYPE(ad.length));
		assert_int_equal(map.extents[i].lbn, ad.lbn);
		assert_int_equal(map.extents[i].n_bytes, BLOCK);
	}
	udf_extent_map_done(&map);
}

static void try_counts(struct fixture *fx, enum udf_ad_kind kind, uint32_t area_bytes)
{
	static const uint32_t aeds[MAX_AEDS] = { FIRST_AED, FIRST_AED + 1, FIRST_AED + 2, FIRST_AED + 9, FIRST_AED + 5,
						 FIRST_AED + 6, FIRST_AED + 20, FIRST_AED + 21 };
	uint8_t icb[BLOCK];

	for (uint32_t n_aeds = 0; n_aeds <= 3; n_aeds++) {
		struct source none = { 0, 0 };
		struct udf_ad_list list = list_of(&none, kind, area_bytes);
		uint64_t most = udf_ad_list_capacity(&list, n_aeds);

		assert_int_equal(udf_ad_list_n_aeds(&list, most), n_aeds);
		assert_int_equal(udf_ad_list_n_aeds(&list, most + 1), n_aeds + 1);
		for (uint32_t n = most ? (uint32_t)most - 1 : 0; n <= most + 1; n++) {
			for (uint32_t n_buffer_blocks = 1; n_buffer_blocks <= 4; n_buffer_blocks += 3) {
				struct source source = { n, 0 };

				list = list_of(&source, kind, area_bytes);
				write_file(fx, &list, aeds, n_buffer_blocks, icb);
				assert_reads_back(fx, icb, n, udf_ad_list_n_aeds(&list, n));
			}
		}
	}
}

static void lists_of_every_length_read_back_as_written(void **state)
{
	static const uint32_t areas[] = { 1, 2, 3, 17 };
	struct fixture fx;

	(void)state;
	memset(&fx, 0, sizeof(fx));
	fx_mkudffs(&fx, "hd", "2.01", BLOCK, 8192, NULL);
	assert_int_equal(fx_check(&fx), UDF_OK);
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		try_counts(&fx, UDF_AD_SHORT, areas[i] * UDF_SHORT_AD_BYTES + 3);
		try_counts(&fx, UDF_AD_LONG, areas[i] * UDF_LONG_AD_BYTES + 7);
	}
	try_counts(&fx, UDF_AD_SHORT, BLOCK - UDF_EFE_FIXED_BYTES);
	fx_done(&fx);
}

/* UDF 2.00 wants the shorter sum, which a chain written on 2.01 must not have. */
static void the_crc_of_an_aed_covers_its_descriptors_from_udf_2_01_on(void **state)
{
	static const struct { const char *revision; bool covers; } cases[] = { { "2.00", false }, { "2.01", true } };
	static const uint32_t aed = FIRST_AED;
	uint8_t icb[BLOCK], block[BLOCK];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct source source = { 2, 0 };
		struct udf_ad_list list = list_of(&source, UDF_AD_SHORT, UDF_SHORT_AD_BYTES);
		struct fixture fx;
		struct udf_tag tag;

		memset(&fx, 0, sizeof(fx));
		fx_mkudffs(&fx, "hd", cases[i].revision, BLOCK, 8192, NULL);
		assert_int_equal(fx_open(&fx), UDF_OK);
		write_file(&fx, &list, &aed, 1, icb);
		assert_int_equal(udf_vol_read(fx.vol, 0, aed, 1, block), UDF_OK);
		udf_tag_decode(block, &tag);
		assert_int_equal(tag.crc_bytes, 8 + (cases[i].covers ? 2 * UDF_SHORT_AD_BYTES : 0));
		fx_done(&fx);
	}
}

static void an_area_without_room_for_a_descriptor_takes_no_list(void **state)
{
	struct source source = { 1, 0 };
	struct udf_ad_list list = list_of(&source, UDF_AD_LONG, UDF_LONG_AD_BYTES - 1);

	(void)state;
	assert_int_equal(udf_ad_list_n_aeds(&list, 0), 0);
	assert_int_equal(udf_ad_list_n_aeds(&list, 1), UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_every_length_read_back_as_written),
		cmocka_unit_test(the_crc_of_an_aed_covers_its_descriptors_from_udf_2_01_on),
		cmocka_unit_test(an_area_without_room_for_a_descriptor_takes_no_list),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
