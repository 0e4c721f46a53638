/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must hold for every field table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ecma/codec.h"
#include "ecma/layout.h"
#include "vectors.h"

#define MAX_BYTES 4096

static void rows_tile_every_structure_without_gap_or_overlap(void **state)
{
	(void)state;
	assert_true(udf_n_layouts > 30);
	for (size_t i = 0; i < udf_n_layouts; i++) {
		const struct udf_layout *layout = udf_layouts[i];
		unsigned at = 0;

		for (size_t j = 0; j < layout->n_rows; j++) {
			const struct udf_row *row = &layout->rows[j];

			if (row->at != at)
				fail_msg("%s: %s at %u, not %u", layout->name, row->name, row->at, at);
			assert_true(row->n_bytes > 0);
			assert_true(row->host_at + row->host_bytes <= layout->host_bytes);
			at += row->n_bytes;
		}
		if (at != layout->n_bytes)
			fail_msg("%s: rows end at %u of %u", layout->name, at, layout->n_bytes);
	}
}

static void rows_of_records_are_as_long_as_the_record(void **state)
{
	(void)state;
	for (size_t i = 0; i < udf_n_layouts; i++)
		for (size_t j = 0; j < udf_layouts[i]->n_rows; j++) {
			const struct udf_row *row = &udf_layouts[i]->rows[j];

			assert_int_equal(row->kind == UDF_ROW_STRUCT, row->sub != NULL);
			if (row->sub) {
				assert_int_equal(row->n_bytes, row->sub->n_bytes);
				assert_int_equal(row->host_bytes, row->sub->host_bytes);
			}
			if (row->kind <= UDF_ROW_HEX)
				assert_true(row->n_bytes == 1 || row->n_bytes == 2 ||
					    row->n_bytes == 4 || row->n_bytes == 8);
		}
}

static void host_members_do_not_overlap(void **state)
{
	(void)state;
	for (size_t i = 0; i < udf_n_layouts; i++) {
		uint8_t taken[MAX_BYTES] = { 0 };

		for (size_t j = 0; j < udf_layouts[i]->n_rows; j++) {
			const struct udf_row *row = &udf_layouts[i]->rows[j];

			for (unsigned k = 0; k < row->host_bytes; k++)
				if (taken[row->host_at + k]++)
					fail_msg("%s: %s shares its member", udf_layouts[i]->name,
						 row->name);
		}
	}
}

static void decode_then_encode_gives_the_same_bytes(void **state)
{
	static uint64_t host[MAX_BYTES / 8];

	(void)state;
	random_start();
	for (int round = 0; round < 20; round++)
		for (size_t i = 0; i < udf_n_layouts; i++) {
			const struct udf_layout *layout = udf_layouts[i];
			uint8_t disc[MAX_BYTES], again[MAX_BYTES];

			assert_true(layout->host_bytes <= sizeof(host));
			random_fill(disc, layout->n_bytes);
			random_fill(host, sizeof(host));
			random_fill(again, sizeof(again));
			udf_layout_decode(layout, disc, host);
			udf_layout_encode(layout, host, again);
			if (memcmp(disc, again, layout->n_bytes) != 0)
				fail_msg("%s", layout->name);
		}
}

/* Neither direction touches what follows the structure. */
static void decode_and_encode_touch_nothing_after_the_structure(void **state)
{
	(void)state;
	random_start();
	for (size_t i = 0; i < udf_n_layouts; i++) {
		const struct udf_layout *layout = udf_layouts[i];
		uint8_t *disc = malloc(layout->n_bytes), *host = malloc(layout->host_bytes + 16u);

		assert_true(disc && host);
		random_fill(disc, layout->n_bytes);
		memset(host, 0xA5, layout->host_bytes + 16u);
		udf_layout_decode(layout, disc, host);
		for (unsigned k = 0; k < 16; k++)
			assert_int_equal(host[layout->host_bytes + k], 0xA5);
		udf_layout_encode(layout, host, disc);	/* a sanitizer watches the end */
		free(disc);
		free(host);
	}
}

/* The hand-written codec NAME and its table give the same bytes and the same host form. */
#define HAND_WRITTEN_AGREES(name) do { \
	for (int round = 0; round < 50; round++) { \
		uint8_t disc[512], by_hand[512] = { 0 }, by_table[512] = { 0 }; \
		struct udf_##name host; \
		random_fill(disc, sizeof(disc)); \
		memset(&host, 0, sizeof(host)); \
		udf_##name##_decode(disc, &host); \
		udf_layout_encode(&udf_layout_##name, &host, by_table); \
		assert_memory_equal(by_table, disc, udf_layout_##name.n_bytes); \
		udf_##name##_encode(&host, by_hand); \
		assert_memory_equal(by_hand, by_table, sizeof(by_hand)); \
	} \
} while (0)

static void hand_written_records_agree_with_their_tables(void **state)
{
	(void)state;
	random_start();
	HAND_WRITTEN_AGREES(tag);
	HAND_WRITTEN_AGREES(extent_ad);
	HAND_WRITTEN_AGREES(lb_addr);
	HAND_WRITTEN_AGREES(short_ad);
	HAND_WRITTEN_AGREES(long_ad);
	HAND_WRITTEN_AGREES(ext_ad);
	HAND_WRITTEN_AGREES(icbtag);
	HAND_WRITTEN_AGREES(regid);
	HAND_WRITTEN_AGREES(timestamp);
}

static void hand_written_file_entries_agree_with_their_tables(void **state)
{
	(void)state;
	random_start();
	for (int round = 0; round < 200; round++) {
		bool is_efe = round % 2;
		const struct udf_layout *layout = is_efe ? &udf_layout_efe : &udf_layout_fe;
		uint8_t disc[512], again[512];
		struct udf_fe by_hand, by_table;

		random_fill(disc, sizeof(disc));
		disc[0] = is_efe ? 10 : 5;
		disc[1] = 1;
		memset(&by_hand, 0, sizeof(by_hand));
		memset(&by_table, 0, sizeof(by_table));
		udf_fe_decode(disc, &by_hand);
		udf_layout_decode(layout, disc, &by_table);
		if (!is_efe) {	/* an FE lacks these; the hand-written decoder gives their substitutes */
			by_table.object_bytes = by_table.information_bytes;
			by_table.creation_time = by_table.modification_time;
		}
		memset(again, 0xEE, sizeof(again));
		udf_layout_encode(layout, &by_hand, again);
		assert_memory_equal(again, disc, layout->n_bytes);
		memset(again, 0xEE, sizeof(again));
		udf_fe_encode(&by_table, again);
		assert_memory_equal(again, disc, layout->n_bytes);
		assert_int_equal(again[layout->n_bytes], 0xEE);
		assert_int_equal(by_hand.object_bytes, by_table.object_bytes);
		assert_memory_equal(&by_hand.creation_time, &by_table.creation_time,
				    sizeof(by_table.creation_time));
	}
}

static void every_descriptor_is_found_by_its_tag(void **state)
{
	static const uint16_t ids[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 256, 257, 258, 259, 260, 261,
					262, 263, 264, 266 };

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		assert_non_null(udf_layout_by_tag(ids[i]));
		assert_int_equal(udf_layout_by_tag(ids[i])->tag_id, ids[i]);
	}
	assert_null(udf_layout_by_tag(265));
	assert_null(udf_layout_by_tag(10));
	assert_null(udf_layout_by_tag(UDF_TAG_NONE));
}

static void partition_maps_are_read_by_type_and_length(void **state)
{
	struct udf_partition_map map;
	uint8_t disc[64] = { 1, 6, 1, 0, 0x34, 0x12 };
	uint8_t again[64] = { 0 };

	(void)state;
	assert_int_equal(udf_partition_map_decode(disc, 6, &map), UDF_OK);
	assert_int_equal(map.n_bytes, 6);
	assert_int_equal(map.partition_number, 0x1234);
	assert_int_equal(udf_partition_map_kind(&map), UDF_MAP_PHYSICAL);
	udf_partition_map_encode(&map, again);
	assert_memory_equal(again, disc, sizeof(disc));
	assert_int_equal(udf_partition_map_decode(disc, 5, &map), UDF_E_CORRUPT);
	assert_int_equal(udf_partition_map_decode(disc, 1, &map), UDF_E_CORRUPT);
	assert_int_equal(udf_partition_map_decode(disc, 0, &map), UDF_E_CORRUPT);
	disc[1] = 0;
	assert_int_equal(udf_partition_map_decode(disc, 64, &map), UDF_E_CORRUPT);
	disc[1] = 64;
	assert_int_equal(udf_partition_map_decode(disc, 64, &map), UDF_E_CORRUPT);
	disc[0] = 2;
	assert_int_equal(udf_partition_map_decode(disc, 63, &map), UDF_E_CORRUPT);
	assert_int_equal(udf_partition_map_decode(disc, 64, &map), UDF_OK);
	assert_int_equal(udf_partition_map_kind(&map), UDF_MAP_UNKNOWN);
	disc[0] = 3;
	assert_int_equal(udf_partition_map_decode(disc, 64, &map), UDF_E_CORRUPT);
}

static void named_offsets_are_those_of_the_tables(void **state)
{
	static const struct {
		const struct udf_layout *layout;
		const char *field;
		unsigned at;
	} named[] = {
		{ &udf_layout_tag, "TagLocation", UDF_TAG_LOCATION_AT },
		{ &udf_layout_fe, "FileLinkCount", UDF_FE_LINK_COUNT_AT },
		{ &udf_layout_efe, "FileLinkCount", UDF_FE_LINK_COUNT_AT },
		{ &udf_layout_fe, "LengthOfAllocationDescriptors", UDF_FE_AD_BYTES_AT },
		{ &udf_layout_efe, "LengthOfAllocationDescriptors", UDF_EFE_AD_BYTES_AT },
		{ &udf_layout_fid, "LengthOfFileIdentifier", UDF_FID_NAME_BYTES_AT },
		{ &udf_layout_fid, "LengthOfImplementationUse", UDF_FID_IMPL_USE_BYTES_AT },
		{ &udf_layout_lvd, "MapTableLength", UDF_LVD_MAP_BYTES_AT },
		{ &udf_layout_usd, "NumberOfAllocationDescriptors", UDF_USD_COUNT_AT },
		{ &udf_layout_pvd, "VolumeDescriptorSequenceNumber", UDF_VDS_NUMBER_AT },
		{ &udf_layout_vdp, "VolumeDescriptorSequenceNumber", UDF_VDS_NUMBER_AT },
		{ &udf_layout_iuvd, "VolumeDescriptorSequenceNumber", UDF_VDS_NUMBER_AT },
		{ &udf_layout_pd, "VolumeDescriptorSequenceNumber", UDF_VDS_NUMBER_AT },
		{ &udf_layout_lvd, "VolumeDescriptorSequenceNumber", UDF_VDS_NUMBER_AT },
		{ &udf_layout_usd, "VolumeDescriptorSequenceNumber", UDF_VDS_NUMBER_AT },
		{ &udf_layout_pvd, "VolumeIdentifier", UDF_PVD_VOLUME_ID_AT },
		{ &udf_layout_pvd, "VolumeSetIdentifier", UDF_PVD_VOLUME_SET_ID_AT },
		{ &udf_layout_pvd, "DescriptorCharacterSet", UDF_PVD_VOLUME_SET_ID_AT + 128 },
		{ &udf_layout_iuvd, "ImplementationIdentifier", UDF_IUVD_IMPL_AT },
		{ &udf_layout_pd, "PartitionNumber", UDF_PD_NUMBER_AT },
		{ &udf_layout_lvd, "DescriptorCharacterSet", UDF_LVD_CHARSET_AT },
		{ &udf_layout_lvd, "LogicalVolumeIdentifier", UDF_LVD_CHARSET_AT + UDF_CHARSPEC_BYTES },
	};
	static const struct {
		const struct udf_layout *layout;
		unsigned n_bytes;
	} sizes[] = {
		{ &udf_layout_charspec, UDF_CHARSPEC_BYTES },
		{ &udf_layout_regid, UDF_REGID_BYTES },
		{ &udf_layout_ea, UDF_EA_HEADER_BYTES },
		{ &udf_layout_ea_charset, UDF_EA_CHARSET_FIXED_BYTES - UDF_EA_HEADER_BYTES },
		{ &udf_layout_ea_times, UDF_EA_TIMES_FIXED_BYTES - UDF_EA_HEADER_BYTES },
		{ &udf_layout_ea_device, UDF_EA_DEVICE_FIXED_BYTES - UDF_EA_HEADER_BYTES },
		{ &udf_layout_ea_use, UDF_EA_USE_FIXED_BYTES - UDF_EA_HEADER_BYTES },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		const struct udf_layout *layout = named[i].layout;
		size_t j = 0;

		while (j < layout->n_rows && strcmp(layout->rows[j].name, named[i].field))
			j++;
		if (j == layout->n_rows || layout->rows[j].at != named[i].at)
			fail_msg("%s: %s is not at %u", layout->name, named[i].field, named[i].at);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i].layout->n_bytes != sizes[i].n_bytes)
			fail_msg("%s: has not %u bytes", sizes[i].layout->name, sizes[i].n_bytes);
}

static void moved_descriptors_verify_at_their_new_place(void **state)
{
	const struct udf_place there = { .part_ref = 0, .block_no = 0x01020304 };
	uint8_t buf[UDF_DESCRIPTOR_BYTES] = { 0 };

	(void)state;
	memset(buf + UDF_TAG_BYTES, 0x5A, sizeof(buf) - UDF_TAG_BYTES);
	udf_tag_seal(buf, UDF_TAG_FSD, 3, 1, 77, sizeof(buf) - UDF_TAG_BYTES);
	udf_tag_move(buf, there.block_no);
	assert_int_equal(udf_tag_verify(buf, sizeof(buf), UDF_TAG_FSD, there, NULL, NULL), UDF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_tile_every_structure_without_gap_or_overlap),
		cmocka_unit_test(rows_of_records_are_as_long_as_the_record),
		cmocka_unit_test(host_members_do_not_overlap),
		cmocka_unit_test(decode_then_encode_gives_the_same_bytes),
		cmocka_unit_test(decode_and_encode_touch_nothing_after_the_structure),
		cmocka_unit_test(hand_written_records_agree_with_their_tables),
		cmocka_unit_test(hand_written_file_entries_agree_with_their_tables),
		cmocka_unit_test(every_descriptor_is_found_by_its_tag),
		cmocka_unit_test(partition_maps_are_read_by_type_and_length),
		cmocka_unit_test(named_offsets_are_those_of_the_tables),
		cmocka_unit_test(moved_descriptors_verify_at_their_new_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
