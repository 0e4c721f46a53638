/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partition maps, virtual allocation tables, sparing tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/cs0.h"
#include "ecma/codec.h"
#include "ecma/vat.h"
#include "golden.h"
#include "sink.h"
#include "vectors.h"

static const struct udf_place here = { .part_ref = UDF_PART_VOLUME, .block_no = 7 };
static struct memory_sink heard;

static void assert_reported(enum udf_problem problem, const char *field)
{
	if (heard.n != 1 || !memory_sink_has(&heard, problem, field)) {
		memory_sink_print(&heard);
		fail_msg("wanted %s %s alone", udf_problem_name(problem), field);
	}
}

static void assert_nothing_reported(void)
{
	memory_sink_print(&heard);
	assert_int_equal(heard.n, 0);
}

/* ---- partition maps ---- */

static struct udf_partition_map sparable_map(const struct udf_sparable_map *tail)
{
	struct udf_partition_map map = { .type = 2, .n_bytes = 64, .volume_sequence_number = 1 };

	udf_regid_set_udf(&map.type_id, UDF_ID_SPARABLE, 0x0201);
	udf_sparable_map_encode(tail, map.specific);
	return map;
}

static void assert_map(const struct udf_partition_map *map, uint16_t revision, enum udf_err want)
{
	memory_sink_start(&heard);
	assert_int_equal(udf_partition_map_validate(map, revision, here, &heard.sink), want);
	assert_int_equal(udf_partition_map_validate(map, revision, here, NULL), want);
}

static void violations_in_sparable_maps_are_reported(void **state)
{
	const struct udf_sparable_map good = {
		.packet_blocks = 32, .n_tables = 2, .table_bytes = 2048, .table_lsn = { 160, 9000 },
	};
	struct udf_sparable_map tail;
	struct udf_partition_map map = sparable_map(&good);

	(void)state;
#define SPARABLE_RULE(assignment, revision, want, problem, name) do { \
	tail = good; \
	tail.assignment; \
	map = sparable_map(&tail); \
	assert_map(&map, revision, want); \
	assert_reported(problem, name); \
} while (0)
	assert_map(&map, 0x0201, UDF_OK);
	assert_nothing_reported();
	SPARABLE_RULE(packet_blocks = 0, 0x0201, UDF_E_CORRUPT, UDF_P_FIELD, "PacketLength");
	SPARABLE_RULE(n_tables = 0, 0x0201, UDF_E_CORRUPT, UDF_P_FIELD, "NumberOfSparingTables");
	SPARABLE_RULE(n_tables = 5, 0x0201, UDF_E_CORRUPT, UDF_P_FIELD, "NumberOfSparingTables");
	SPARABLE_RULE(packet_blocks = 64, 0x0200, UDF_OK, UDF_P_FIELD, "PacketLength");
	SPARABLE_RULE(table_bytes = 48, 0x0201, UDF_OK, UDF_P_FIELD, "SizeOfEachSparingTable");
	SPARABLE_RULE(table_bytes = 60, 0x0201, UDF_OK, UDF_P_FIELD, "SizeOfEachSparingTable");
	SPARABLE_RULE(reserved = 1, 0x0201, UDF_OK, UDF_P_RESERVED, "Reserved");
	SPARABLE_RULE(table_lsn[3] = 1, 0x0201, UDF_OK, UDF_P_RESERVED, "LocationsOfSparingTables");
	tail = good;
	tail.n_tables = 1;
	tail.table_lsn[1] = 0;
	map = sparable_map(&tail);
	assert_map(&map, 0x0201, UDF_OK);
	assert_reported(UDF_P_FIELD_ODD, "NumberOfSparingTables");
	/* From 2.01 on any ECC block length goes. */
	tail = good;
	tail.packet_blocks = 64;
	map = sparable_map(&tail);
	assert_map(&map, 0x0201, UDF_OK);
	assert_nothing_reported();
}

static void violations_in_metadata_maps_are_reported(void **state)
{
	const struct udf_metadata_map good = {
		.main_lbn = 1, .mirror_lbn = 7487, .bitmap_lbn = 2,
		.allocation_unit_blocks = 32, .alignment_unit_blocks = 1,
	};
	struct udf_metadata_map tail;
	struct udf_partition_map map = { .type = 2, .n_bytes = 64, .volume_sequence_number = 1 };

	(void)state;
	udf_regid_set_udf(&map.type_id, UDF_ID_METADATA, 0x0250);
#define METADATA_RULE(assignment, revision, want, problem, name) do { \
	tail = good; \
	tail.assignment; \
	udf_metadata_map_encode(&tail, map.specific); \
	assert_map(&map, revision, want); \
	assert_reported(problem, name); \
} while (0)
	udf_metadata_map_encode(&good, map.specific);
	assert_map(&map, 0x0250, UDF_OK);
	assert_nothing_reported();
	METADATA_RULE(allocation_unit_blocks = 0, 0x0250, UDF_E_CORRUPT, UDF_P_FIELD,
		      "AllocationUnitSize");
	METADATA_RULE(alignment_unit_blocks = 0, 0x0250, UDF_E_CORRUPT, UDF_P_FIELD,
		      "AlignmentUnitSize");
	METADATA_RULE(allocation_unit_blocks = 33, 0x0250, UDF_OK, UDF_P_FIELD,
		      "AllocationUnitSize");
	METADATA_RULE(mirror_lbn = 1, 0x0250, UDF_OK, UDF_P_FIELD, "MetadataMirrorFileLocation");
	METADATA_RULE(flags = 2, 0x0250, UDF_OK, UDF_P_RESERVED, "Flags");
	METADATA_RULE(reserved[4] = 1, 0x0250, UDF_OK, UDF_P_RESERVED, "Reserved");
	METADATA_RULE(main_lbn = 5, 0x0201, UDF_OK, UDF_P_REVISION, "PartitionTypeIdentifier");
}

static void violations_in_physical_and_virtual_maps_are_reported(void **state)
{
	struct udf_partition_map map = { .type = 1, .n_bytes = 6, .volume_sequence_number = 1 };

	(void)state;
	assert_map(&map, 0x0201, UDF_OK);
	assert_nothing_reported();
	map.volume_sequence_number = 2;
	assert_map(&map, 0x0201, UDF_OK);
	assert_reported(UDF_P_FIELD, "VolumeSequenceNumber");
	map = (struct udf_partition_map){ .type = 2, .n_bytes = 64, .volume_sequence_number = 1 };
	udf_regid_set_udf(&map.type_id, UDF_ID_VIRTUAL, 0x0150);
	assert_map(&map, 0x0150, UDF_OK);
	assert_nothing_reported();
	map.specific[23] = 1;
	assert_map(&map, 0x0150, UDF_OK);
	assert_reported(UDF_P_RESERVED, "TypeSpecific");
	map.specific[23] = 0;
	map.type_id.suffix[4] = 1;
	assert_map(&map, 0x0150, UDF_OK);
	assert_reported(UDF_P_ENTITY_ID, "PartitionTypeIdentifier");
	udf_regid_set_udf(&map.type_id, "*UDF Other", 0x0150);
	assert_map(&map, 0x0150, UDF_E_CORRUPT);
}

/* ---- virtual allocation tables ---- */

static void vats_of_another_tool_are_read(void **state)
{
	struct golden g;
	struct udf_fe fe;
	struct udf_vat vat;
	const uint8_t *data;

	(void)state;
	golden_find("vat150", UDF_TAG_FE, 1, &g);
	udf_fe_decode(g.bytes, &fe);
	data = g.bytes + UDF_FE_FIXED_BYTES + fe.ea_bytes;
	memory_sink_start(&heard);
	assert_int_equal(udf_vat_decode(data, fe.ad_bytes, fe.icb.file_type, here, &heard.sink, &vat),
			 UDF_OK);
	assert_nothing_reported();
	assert_true(vat.is_150);
	assert_int_equal(vat.n_entries, 2);	/* file set and root */
	assert_int_equal(vat.previous_icb_lbn, UDF_VAT_UNUSED);
	assert_int_equal(udf_vat_entry(&vat, data, 0), 0);
	assert_int_equal(udf_vat_entry(&vat, data, 1), 1);

	golden_find("vat201", UDF_TAG_EFE, 1, &g);
	udf_fe_decode(g.bytes, &fe);
	data = g.bytes + UDF_EFE_FIXED_BYTES + fe.ea_bytes;
	assert_int_equal(udf_vat_decode(data, fe.ad_bytes, fe.icb.file_type, here, &heard.sink, &vat),
			 UDF_OK);
	assert_nothing_reported();
	assert_false(vat.is_150);
	assert_int_equal(vat.n_entries, (fe.ad_bytes - 152) / 4);
	assert_int_equal(vat.header.n_directories, 1);
	assert_int_equal(udf_vat_check_entries(&vat, data, 4096, here, &heard.sink), UDF_OK);
}

static void vats_that_we_write_are_read_back(void **state)
{
	const uint32_t entries[] = { 5, UDF_VAT_UNUSED, 7 };

	(void)state;
	for (int is_150 = 0; is_150 < 2; is_150++) {
		struct udf_vat vat = { .is_150 = is_150, .n_entries = 3, .previous_icb_lbn = 99 };
		size_t n_bytes = udf_vat_file_bytes(is_150, 3);
		uint8_t *data = malloc(n_bytes);
		struct udf_vat back;

		assert_non_null(data);
		assert_int_equal(n_bytes, is_150 ? 48 : 164);
		vat.header.n_files = 4;
		vat.header.min_read_revision = 0x0201;
		assert_int_equal(udf_dstring_from_utf8("L", vat.header.logical_volume_id, 128),
				 UDF_OK);
		udf_vat_encode(&vat, entries, 0x0150, data);
		memory_sink_start(&heard);
		assert_int_equal(udf_vat_decode(data, n_bytes, is_150 ? UDF_FT_UNSPECIFIED : UDF_FT_VAT,
						here, &heard.sink, &back), UDF_OK);
		assert_nothing_reported();
		assert_int_equal(back.n_entries, 3);
		assert_int_equal(back.previous_icb_lbn, 99);
		assert_int_equal(back.header.n_files, is_150 ? 0 : 4);
		for (uint32_t i = 0; i < 3; i++)
			assert_int_equal(udf_vat_entry(&back, data, i), entries[i]);
		free(data);
	}
}

static void assert_vat(const uint8_t *data, size_t n_bytes, uint8_t type, enum udf_err want)
{
	struct udf_vat vat = { .n_entries = 77 };

	memory_sink_start(&heard);
	assert_int_equal(udf_vat_decode(data, n_bytes, type, here, &heard.sink, &vat), want);
	if (want)
		assert_int_equal(vat.n_entries, 77);
	assert_int_equal(udf_vat_decode(data, n_bytes, type, here, NULL, &vat), want);
}

static void vat_lengths_are_bounded(void **state)
{
	struct udf_vat vat = { .n_entries = 1 };
	const uint32_t entry = 3;
	uint8_t data[200] = { 0 };

	(void)state;
	assert_int_equal(udf_dstring_from_utf8("L", vat.header.logical_volume_id, 128), UDF_OK);
	udf_vat_encode(&vat, &entry, 0x0200, data);
	assert_vat(data, 156, UDF_FT_VAT, UDF_OK);
	assert_nothing_reported();
	assert_vat(data, 152, UDF_FT_VAT, UDF_OK);	/* empty */
	assert_vat(data, 151, UDF_FT_VAT, UDF_E_CORRUPT);
	assert_reported(UDF_P_VAT_LENGTH, "InformationLength");
	assert_vat(data, 0, UDF_FT_VAT, UDF_E_CORRUPT);
	assert_vat(data, 155, UDF_FT_VAT, UDF_E_CORRUPT);
	assert_reported(UDF_P_VAT_LENGTH, "InformationLength");
	put_le16(data, 160);
	assert_vat(data, 156, UDF_FT_VAT, UDF_E_CORRUPT);
	assert_reported(UDF_P_VAT_LENGTH, "LengthOfHeader");
	put_le16(data, 148);
	assert_vat(data, 156, UDF_FT_VAT, UDF_E_CORRUPT);
	put_le16(data, 156);	/* but no implementation use: readable */
	assert_vat(data, 156, UDF_FT_VAT, UDF_OK);
	assert_reported(UDF_P_VAT_LENGTH, "LengthOfHeader");
	put_le16(data + 2, 4);
	assert_vat(data, 156, UDF_FT_VAT, UDF_OK);
	assert_reported(UDF_P_FIELD, "LengthOfImplementationUse");
	assert_vat(data, 156, UDF_FT_REGULAR, UDF_E_NOT_FOUND);

	vat.is_150 = true;
	udf_vat_encode(&vat, &entry, 0x0150, data);
	assert_vat(data, 40, UDF_FT_UNSPECIFIED, UDF_OK);
	assert_vat(data, 39, UDF_FT_UNSPECIFIED, UDF_E_NOT_FOUND);
	assert_vat(data, 35, UDF_FT_UNSPECIFIED, UDF_E_NOT_FOUND);
	memmove(data + 3, data + 4, 36);
	assert_vat(data, 39, UDF_FT_UNSPECIFIED, UDF_E_CORRUPT);
	assert_reported(UDF_P_VAT_LENGTH, "InformationLength");
}

static void vat_entries_must_be_inside_the_partition(void **state)
{
	const uint32_t entries[] = { 99, UDF_VAT_UNUSED, 100 };
	struct udf_vat vat = { .is_150 = true, .n_entries = 3 };
	uint8_t data[48];

	(void)state;
	udf_vat_encode(&vat, entries, 0x0150, data);
	memory_sink_start(&heard);
	assert_int_equal(udf_vat_check_entries(&vat, data, 101, here, &heard.sink), UDF_OK);
	assert_nothing_reported();
	assert_int_equal(udf_vat_check_entries(&vat, data, 100, here, &heard.sink), UDF_E_CORRUPT);
	assert_reported(UDF_P_VAT_ENTRY, "VATEntry");
	assert_int_equal(udf_vat_check_entries(&vat, data, 100, here, NULL), UDF_E_CORRUPT);
	memory_sink_start(&heard);
	vat.n_entries = 1;
	assert_int_equal(udf_vat_check_entries(&vat, data, 0, here, &heard.sink), UDF_E_CORRUPT);
	assert_true(memory_sink_has(&heard, UDF_P_VAT_ENTRY, "NumberOfEntries"));
}

/* ---- sparing tables ---- */

static uint8_t table_bytes[2048];

/* A table with these original locations; mapped ones are packets from 320 on. */
static size_t make_table(const uint32_t *originals, uint16_t n)
{
	struct udf_sparing_table table = { .n_entries = n, .sequence_number = 3 };
	size_t n_bytes = UDF_SPARING_FIXED_BYTES + n * (size_t)UDF_SPARING_ENTRY_BYTES;

	memset(table_bytes, 0, sizeof(table_bytes));
	udf_regid_set_udf(&table.id, UDF_ID_SPARING_TABLE, 0x0201);
	udf_sparing_table_encode(&table, table_bytes);
	for (uint16_t i = 0; i < n; i++) {
		struct udf_sparing_entry entry = { originals[i], 320 + i * 32u };

		udf_sparing_entry_encode(&entry, table_bytes + UDF_SPARING_FIXED_BYTES +
						 i * (size_t)UDF_SPARING_ENTRY_BYTES);
	}
	udf_tag_seal(table_bytes, UDF_TAG_SPARING, 3, 1, 7, n_bytes - UDF_TAG_BYTES);
	return n_bytes;
}

static void assert_table(size_t n_bytes, enum udf_err want)
{
	struct udf_sparing_table table = { .n_entries = 777 };

	memory_sink_start(&heard);
	assert_int_equal(udf_sparing_table_verify(table_bytes, n_bytes, 32, 1024, here, &heard.sink,
						  &table), want);
	assert_int_equal(table.n_entries == 777, want != UDF_OK);
	assert_int_equal(udf_sparing_table_verify(table_bytes, n_bytes, 32, 1024, here, NULL,
						  &table), want);
}

static void sparing_tables_of_another_tool_verify(void **state)
{
	struct golden g;
	struct udf_sparing_table table;
	struct udf_sparing_entry entry;

	(void)state;
	golden_find("spar201", UDF_TAG_SPARING, 1, &g);
	memory_sink_start(&heard);
	assert_int_equal(udf_sparing_table_verify(g.bytes, g.n_bytes, 32, 18880,
						  (struct udf_place){ .block_no = 20448 },
						  &heard.sink, &table), UDF_OK);
	assert_nothing_reported();
	assert_int_equal(table.n_entries, 32);
	udf_sparing_entry_decode(g.bytes + UDF_SPARING_FIXED_BYTES, &entry);
	assert_int_equal(entry.original_lbn, UDF_SPARING_AVAILABLE);
	assert_int_equal(entry.mapped_lsn, 288);
}

static void sparing_entries_that_do_not_ascend_in_whole_packets_are_reported(void **state)
{
	const uint32_t good[] = { 0, 64, 992, UDF_SPARING_DEFECTIVE, UDF_SPARING_AVAILABLE,
				  UDF_SPARING_AVAILABLE };
	static const struct { uint32_t originals[2]; } bad[] = {
		{ { 64, 64 } }, { { 96, 64 } }, { { 33, 64 } }, { { 64, 1024 } },
		{ { UDF_SPARING_AVAILABLE, 64 } },
		{ { UDF_SPARING_AVAILABLE, UDF_SPARING_DEFECTIVE } },
		{ { 64, UDF_SPARING_DEFECTIVE + 1 } }, { { 64, UDF_SPARING_AVAILABLE - 1 } },
	};

	(void)state;
	assert_table(make_table(good, 6), UDF_OK);
	assert_nothing_reported();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t n_bytes = make_table(bad[i].originals, 2);

		/* Which of them can be used is for the caller to say. */
		assert_table(n_bytes, UDF_OK);
		memory_sink_start(&heard);
		(void)udf_sparing_table_verify(table_bytes, n_bytes, 32, 1024, here, &heard.sink,
					       &(struct udf_sparing_table){ 0 });
		assert_true(memory_sink_has(&heard, UDF_P_SPARING_ENTRY, "OriginalLocation"));
	}
}

static void sparing_table_lengths_are_bounded(void **state)
{
	const uint32_t originals[] = { 0, UDF_SPARING_AVAILABLE };
	size_t n_bytes;

	(void)state;
	assert_table(make_table(originals, 0), UDF_OK);
	assert_reported(UDF_P_FIELD_ODD, "ReallocationTableLength");
	n_bytes = make_table(originals, 2);
	assert_table(n_bytes - 1, UDF_E_CORRUPT);
	assert_table(UDF_SPARING_FIXED_BYTES - 1, UDF_E_CORRUPT);
	put_le16(table_bytes + 48, 65535);
	udf_tag_reseal(table_bytes);
	assert_table(n_bytes, UDF_E_CORRUPT);
	assert_reported(UDF_P_FIELD, "ReallocationTableLength");
	make_table(originals, 2);
	table_bytes[20] = 'x';
	udf_tag_reseal(table_bytes);
	assert_table(n_bytes, UDF_E_CORRUPT);
	assert_reported(UDF_P_ENTITY_ID, "SparingIdentifier");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(violations_in_sparable_maps_are_reported),
		cmocka_unit_test(violations_in_metadata_maps_are_reported),
		cmocka_unit_test(violations_in_physical_and_virtual_maps_are_reported),
		cmocka_unit_test(vats_of_another_tool_are_read),
		cmocka_unit_test(vats_that_we_write_are_read_back),
		cmocka_unit_test(vat_lengths_are_bounded),
		cmocka_unit_test(vat_entries_must_be_inside_the_partition),
		cmocka_unit_test(sparing_tables_of_another_tool_verify),
		cmocka_unit_test(sparing_entries_that_do_not_ascend_in_whole_packets_are_reported),
		cmocka_unit_test(sparing_table_lengths_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
