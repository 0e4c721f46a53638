/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors that other people's tools wrote (tests/golden, made by make-golden there). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/cs0.h"
#include "ecma/codec.h"
#include "ecma/layout.h"
#include "golden.h"
#include "sink.h"
#include "vectors.h"

static const struct {
	const char *name;
	uint16_t revision;
	uint32_t block_bytes;
} volumes[] = {
	{ "hd102", 0x0102, 512 },	{ "hd201", 0x0201, 2048 },
	{ "vat150", 0x0150, 2048 },	{ "vat201", 0x0201, 2048 },
	{ "spar201", 0x0201, 2048 },	{ "table201", 0x0201, 2048 },
	{ "icb4096", 0x0200, 2048 },	{ "bdr260", 0x0260, 2048 },
	{ "short150", 0x0150, 2048 },	{ "bridge102", 0x0102, 2048 },
};
#define N_VOLUMES (sizeof(volumes) / sizeof(volumes[0]))

static struct udf_place place_of(const struct golden *g)
{
	struct udf_place place = { .part_ref = UDF_PART_VOLUME };
	struct udf_tag tag;

	udf_tag_decode(g->bytes, &tag);
	/* Volume structures know their sector; file structures their block in a partition. */
	place.block_no = g->id < UDF_TAG_FSD && g->id != UDF_TAG_TD ? (uint32_t)g->sector :
								     tag.location;
	return place;
}

static void tags_verify_and_seal_to_the_same_bytes(void **state)
{
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < N_VOLUMES; i++) {
		FILE *file = golden_open(volumes[i].name);
		struct golden g;

		while (golden_next(file, &g)) {
			struct memory_sink memory;
			struct udf_tag tag;
			uint8_t again[sizeof(g.bytes)];

			memory_sink_start(&memory);
			if (g.id == UDF_TAG_SBD && g.bytes[10] != 8)
				continue;	/* the bitmap is not kept */
			assert_int_equal(udf_tag_verify(g.bytes, g.n_bytes, g.id, place_of(&g),
							&memory.sink, &tag), UDF_OK);
			assert_int_equal(memory.n, 0);
			memcpy(again, g.bytes, sizeof(again));
			memset(again, 0xEE, UDF_TAG_BYTES);
			udf_tag_seal(again, g.id, tag.version, tag.serial, tag.location,
				     tag.crc_bytes);
			assert_memory_equal(again, g.bytes, g.n_bytes);
			n++;
		}
		fclose(file);
	}
	assert_true(n > 200);
}

static void decoding_and_encoding_descriptors_of_other_tools_keeps_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VOLUMES; i++) {
		FILE *file = golden_open(volumes[i].name);
		struct golden g;

		while (golden_next(file, &g)) {
			const struct udf_layout *layout = udf_layout_by_tag(g.id);
			static uint64_t host[512];
			uint8_t again[512] = { 0 };

			assert_non_null(layout);
			assert_true(g.n_bytes >= layout->n_bytes);
			udf_layout_decode(layout, g.bytes, host);
			udf_layout_encode(layout, host, again);
			assert_memory_equal(again, g.bytes, layout->n_bytes);
		}
		fclose(file);
	}
}

/* The rules of validate functions and tables over one descriptor. */
static enum udf_err validate(const struct golden *g, uint16_t revision, uint32_t block_bytes,
			     struct udf_sink *sink)
{
	struct udf_place place = place_of(g);
	union {
		struct udf_pvd pvd;
		struct udf_iuvd iuvd;
		struct udf_pd pd;
		struct udf_lvd lvd;
		struct udf_lvid lvid;
		struct udf_fsd fsd;
		struct udf_fe fe;
		struct udf_fid fid;
		uint64_t room[512];
	} host;
	uint32_t n_bytes;

	memset(&host, 0, sizeof(host));
	switch (g->id) {
	case UDF_TAG_PVD:
		udf_pvd_decode(g->bytes, &host.pvd);
		return udf_pvd_validate(&host.pvd, place, sink);
	case UDF_TAG_IUVD:
		udf_iuvd_decode(g->bytes, &host.iuvd);
		return udf_iuvd_validate(&host.iuvd, place, sink);
	case UDF_TAG_PD:
		udf_pd_decode(g->bytes, &host.pd);
		return udf_pd_validate(&host.pd, revision, place, sink);
	case UDF_TAG_LVD:
		udf_lvd_decode(g->bytes, &host.lvd);
		return udf_lvd_validate(&host.lvd, place, sink);
	case UDF_TAG_LVID:
		udf_lvid_decode(g->bytes, &host.lvid);
		return udf_lvid_validate(&host.lvid, block_bytes, place, sink);
	case UDF_TAG_FSD:
		udf_fsd_decode(g->bytes, &host.fsd);
		return udf_fsd_validate(&host.fsd, place, sink);
	case UDF_TAG_FE:
	case UDF_TAG_EFE:
		udf_fe_decode(g->bytes, &host.fe);
		return udf_fe_validate(&host.fe, block_bytes, revision, place, sink);
	case UDF_TAG_FID:
		assert_int_equal(udf_fid_decode(g->bytes, g->n_bytes, &host.fid, &n_bytes), UDF_OK);
		assert_int_equal(n_bytes, g->n_bytes);
		return udf_fid_validate(g->bytes, &host.fid, n_bytes, revision, place, sink);
	default:
		udf_layout_decode(udf_layout_by_tag(g->id), g->bytes, &host);
		return udf_layout_check(udf_layout_by_tag(g->id), &host, revision, place, sink);
	}
}

/*
 * What genisoimage does against UDF 1.02: "protected" in the partition contents, UDF UniqueIDs in
 * FIDs, flags for non-relocatable and contiguous files.
 */
static bool is_known_deviation(const char *volume, const struct udf_finding *f)
{
	static const struct {
		enum udf_problem problem;
		const char *field;
	} known[] = {
		{ UDF_P_ENTITY_ID, "PartitionContents" },
		{ UDF_P_FIELD_ODD, "ICB.UDFUniqueID" },
		{ UDF_P_FIELD_ODD, "ICBTag.Flags" },
	};

	if (strcmp(volume, "bridge102") != 0)
		return false;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (f->problem == known[i].problem && strcmp(f->place.field, known[i].field) == 0)
			return true;
	return false;
}

static void volumes_of_other_tools_break_no_other_rules_than_the_known_ones(void **state)
{
	unsigned n_deviations = 0;

	(void)state;
	for (size_t i = 0; i < N_VOLUMES; i++) {
		FILE *file = golden_open(volumes[i].name);
		struct golden g;

		while (golden_next(file, &g)) {
			struct memory_sink memory;

			memory_sink_start(&memory);
			assert_int_equal(validate(&g, volumes[i].revision, volumes[i].block_bytes,
						  &memory.sink), UDF_OK);
			assert_int_equal(validate(&g, volumes[i].revision, volumes[i].block_bytes,
						  NULL), UDF_OK);
			for (size_t k = 0; k < memory.n; k++) {
				if (is_known_deviation(volumes[i].name, &memory.findings[k])) {
					n_deviations++;
					continue;
				}
				memory_sink_print(&memory);
				fail_msg("%s: descriptor %u in sector %lu", volumes[i].name, g.id,
					 g.sector);
			}
		}
		fclose(file);
	}
	assert_int_equal(n_deviations, 2 + 3 + 4);
}

static void assert_text(const uint8_t *field, size_t field_bytes, const char *want)
{
	char text[300];

	assert_int_equal(udf_dstring_to_utf8(field, field_bytes, text, sizeof(text)), UDF_OK);
	assert_string_equal(text, want);
}

/* The values are those that make-golden asked for and mkudffs printed as its layout. */
static void a_hard_disk_volume_has_the_fields_it_was_made_with(void **state)
{
	struct golden g;
	struct udf_avdp avdp;
	struct udf_pvd pvd;
	struct udf_lvd lvd;
	struct udf_pd pd;
	struct udf_iuvd iuvd;
	struct udf_usd usd;

	(void)state;
	golden_find("hd201", UDF_TAG_AVDP, 0, &g);
	udf_avdp_decode(g.bytes, &avdp);
	assert_int_equal(avdp.main_vds.lsn, 96);
	assert_int_equal(avdp.main_vds.n_bytes, 32768);
	assert_int_equal(avdp.reserve_vds.lsn, 8032);
	golden_find("hd201", UDF_TAG_PVD, 0, &g);
	udf_pvd_decode(g.bytes, &pvd);
	assert_text(pvd.volume_id, sizeof(pvd.volume_id), LABEL);
	assert_text(pvd.volume_set_id, sizeof(pvd.volume_set_id), "0123456789abcdefLinuxUDF");
	assert_int_equal(pvd.max_interchange_level, 3);
	assert_int_equal(pvd.flags, 1);
	golden_find("hd201", UDF_TAG_LVD, 0, &g);
	udf_lvd_decode(g.bytes, &lvd);
	assert_text(lvd.logical_volume_id, sizeof(lvd.logical_volume_id), LABEL);
	assert_int_equal(lvd.block_bytes, 2048);
	assert_int_equal(udf_regid_revision(&lvd.domain), 0x0201);
	assert_true(udf_regid_is(&lvd.impl, "*Linux UDFFS"));
	assert_int_equal(lvd.fsd.addr.lbn, 1);
	assert_int_equal(lvd.n_maps, 1);
	assert_int_equal(lvd.integrity.n_bytes, 8192);
	assert_int_equal(lvd.integrity.lsn, 128);
	golden_find("hd201", UDF_TAG_PD, 0, &g);
	udf_pd_decode(g.bytes, &pd);
	assert_int_equal(pd.access_type, UDF_ACCESS_OVERWRITABLE);
	assert_int_equal(pd.start_lsn, 257);
	assert_int_equal(pd.n_blocks, 7672);
	assert_int_equal(pd.header.unallocated_bitmap.length, 2048);
	assert_true(udf_regid_is(&pd.contents, "+NSR03"));
	golden_find("hd201", UDF_TAG_IUVD, 0, &g);
	udf_iuvd_decode(g.bytes, &iuvd);
	assert_text(iuvd.lv_info1, sizeof(iuvd.lv_info1), "Owner");
	assert_true(udf_regid_is(&iuvd.impl, UDF_ID_LV_INFO));
	golden_find("hd201", UDF_TAG_USD, 0, &g);
	udf_usd_decode(g.bytes, &usd);
	assert_int_equal(usd.n_extents, 6);
}

static void closed_lvid_has_the_counts_of_an_empty_volume(void **state)
{
	struct golden g;
	struct udf_lvid lvid;
	struct udf_lvid_impl impl;

	(void)state;
	golden_find("hd201", UDF_TAG_LVID, 0, &g);
	udf_lvid_decode(g.bytes, &lvid);
	assert_int_equal(lvid.type, UDF_LVID_CLOSED);
	assert_int_equal(lvid.next_unique_id, 16);
	assert_int_equal(lvid.n_partitions, 1);
	assert_int_equal(lvid.impl_use_bytes, 46);
	udf_lvid_impl_decode(g.bytes + UDF_LVID_FIXED_BYTES + 8, &impl);
	assert_int_equal(impl.n_files, 0);
	assert_int_equal(impl.n_directories, 1);
	assert_int_equal(impl.min_read_revision, 0x0201);
	assert_int_equal(impl.min_write_revision, 0x0201);
	assert_int_equal(impl.max_write_revision, 0x0201);
}

static void file_set_and_root_have_the_fields_of_an_empty_volume(void **state)
{
	struct golden g;
	struct udf_fsd fsd;
	struct udf_fe root;
	struct udf_fid parent;
	uint32_t n_bytes;

	(void)state;
	golden_find("hd201", UDF_TAG_FSD, 0, &g);
	udf_fsd_decode(g.bytes, &fsd);
	assert_text(fsd.file_set_id, sizeof(fsd.file_set_id), "LinuxUDF");
	assert_int_equal(fsd.root_icb.addr.lbn, 3);
	assert_int_equal(fsd.system_stream_icb.addr.lbn, 2);
	golden_find("hd201", UDF_TAG_EFE, 1, &g);
	udf_fe_decode(g.bytes, &root);
	assert_int_equal(root.icb.file_type, UDF_FT_DIRECTORY);
	assert_int_equal(root.icb.flags, UDF_AD_EMBEDDED);
	assert_int_equal(root.permissions, 0x3CA5);
	assert_int_equal(udf_permissions_to_mode(root.permissions), 0755);
	assert_int_equal(root.link_count, 1);
	assert_int_equal(root.information_bytes, 40);
	assert_int_equal(root.object_bytes, 40);
	assert_int_equal(root.checkpoint, 1);
	assert_int_equal(root.ea_bytes, 0);
	assert_int_equal(root.ad_bytes, 40);
	assert_int_equal(udf_fid_decode(g.bytes + UDF_EFE_FIXED_BYTES, 40, &parent, &n_bytes),
			 UDF_OK);
	assert_int_equal(parent.characteristics, UDF_FID_PARENT | UDF_FID_DIRECTORY);
	assert_int_equal(parent.icb.addr.lbn, 3);
}

static void get_map(const char *volume, unsigned nth, struct udf_partition_map *ret_map)
{
	struct golden g;
	struct udf_lvd lvd;
	size_t at = UDF_LVD_FIXED_BYTES;

	golden_find(volume, UDF_TAG_LVD, 0, &g);
	udf_lvd_decode(g.bytes, &lvd);
	assert_true(nth < lvd.n_maps);
	for (unsigned i = 0; i <= nth; i++) {
		assert_int_equal(udf_partition_map_decode(g.bytes + at, g.n_bytes - at, ret_map),
				 UDF_OK);
		at += ret_map->n_bytes;
	}
}

static void partition_maps_are_recognized_by_kind(void **state)
{
	struct udf_partition_map map;
	struct udf_sparable_map sparable;
	uint8_t again[24];

	(void)state;
	get_map("vat150", 0, &map);
	assert_int_equal(udf_partition_map_kind(&map), UDF_MAP_PHYSICAL);
	get_map("vat150", 1, &map);
	assert_int_equal(udf_partition_map_kind(&map), UDF_MAP_VIRTUAL);
	assert_int_equal(udf_regid_revision(&map.type_id), 0x0150);
	get_map("spar201", 0, &map);
	assert_int_equal(udf_partition_map_kind(&map), UDF_MAP_SPARABLE);
	udf_sparable_map_decode(map.specific, &sparable);
	assert_int_equal(sparable.packet_blocks, 32);
	assert_int_equal(sparable.n_tables, 2);
	assert_int_equal(sparable.table_bytes, 56 + 32 * 8);
	assert_int_equal(sparable.table_lsn[0], 160);
	assert_int_equal(sparable.table_lsn[1], 20448);
	udf_sparable_map_encode(&sparable, again);
	assert_memory_equal(again, map.specific, sizeof(again));
}

static void sparing_table_has_its_spare_packets(void **state)
{
	struct golden g;
	struct udf_sparing_table table;

	(void)state;
	golden_find("spar201", UDF_TAG_SPARING, 0, &g);
	udf_sparing_table_decode(g.bytes, &table);
	assert_true(udf_regid_is(&table.id, UDF_ID_SPARING_TABLE));
	assert_int_equal(table.n_entries, 32);
	assert_int_equal(table.sequence_number, 0);
}

static void vat_of_1_50_is_stored_in_its_icb_after_the_attributes(void **state)
{
	struct golden g;
	struct udf_fe fe;
	struct udf_ea_iter it;
	struct udf_ea ea;
	struct udf_vat150_tail tail;
	struct udf_place place = { .part_ref = 0 };
	const uint8_t *p;

	(void)state;
	golden_find("vat150", UDF_TAG_FE, 1, &g);
	udf_fe_decode(g.bytes, &fe);
	place.block_no = fe.tag.location;
	assert_int_equal(fe.icb.file_type, UDF_FT_UNSPECIFIED);
	assert_int_equal(fe.ea_bytes, 220);
	assert_int_equal(udf_ea_iter_init(&it, g.bytes + UDF_FE_FIXED_BYTES, fe.ea_bytes, place,
					  NULL), UDF_OK);
	assert_int_equal(udf_ea_next(&it, &ea, &p), UDF_OK);
	assert_int_equal(ea.type, UDF_EA_IMPL_USE);
	assert_int_equal(ea.n_bytes, 196);
	assert_memory_equal(p + 17, "*UDF VAT LVExtension", 20);
	assert_int_equal(udf_ea_next(&it, &ea, &p), UDF_END);
	udf_vat150_tail_decode(g.bytes + UDF_FE_FIXED_BYTES + fe.ea_bytes + fe.ad_bytes - 36, &tail);
	assert_true(udf_regid_is(&tail.id, UDF_ID_VAT150));
	assert_int_equal(tail.previous_icb_lbn, 0xFFFFFFFF);
}

static void vat_of_2_00_begins_with_its_header(void **state)
{
	struct golden g;
	struct udf_fe fe;
	struct udf_vat200 vat;

	(void)state;
	golden_find("vat201", UDF_TAG_EFE, 1, &g);
	udf_fe_decode(g.bytes, &fe);
	assert_int_equal(fe.icb.file_type, UDF_FT_VAT);
	udf_vat200_decode(g.bytes + UDF_EFE_FIXED_BYTES + fe.ea_bytes, &vat);
	assert_int_equal(vat.header_bytes, 152);
	assert_text(vat.logical_volume_id, sizeof(vat.logical_volume_id), LABEL);
	assert_int_equal(vat.previous_icb_lbn, 0xFFFFFFFF);
	assert_int_equal(vat.n_directories, 1);
	assert_int_equal(vat.min_read_revision, 0x0201);
}

static void directory_entries_of_another_tool_have_their_names(void **state)
{
	static const char *const want[] = { "d", "hello.txt", "na\u00EFve \u65E5\u672C" };
	FILE *file = golden_open("bridge102");
	struct golden g;
	unsigned n = 0;

	(void)state;
	while (golden_next(file, &g)) {
		struct udf_fid fid;
		uint32_t n_bytes;
		char name[256];
		size_t n_name;

		if (g.id != UDF_TAG_FID)
			continue;
		assert_int_equal(udf_fid_decode(g.bytes, g.n_bytes, &fid, &n_bytes), UDF_OK);
		if (fid.characteristics & UDF_FID_PARENT)
			continue;
		assert_int_equal(udf_host_name(fid.name, fid.name_bytes, name, &n_name), UDF_OK);
		assert_string_equal(name, want[n++]);
	}
	fclose(file);
	assert_int_equal(n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_verify_and_seal_to_the_same_bytes),
		cmocka_unit_test(decoding_and_encoding_descriptors_of_other_tools_keeps_every_byte),
		cmocka_unit_test(volumes_of_other_tools_break_no_other_rules_than_the_known_ones),
		cmocka_unit_test(a_hard_disk_volume_has_the_fields_it_was_made_with),
		cmocka_unit_test(closed_lvid_has_the_counts_of_an_empty_volume),
		cmocka_unit_test(file_set_and_root_have_the_fields_of_an_empty_volume),
		cmocka_unit_test(partition_maps_are_recognized_by_kind),
		cmocka_unit_test(sparing_table_has_its_spare_packets),
		cmocka_unit_test(vat_of_1_50_is_stored_in_its_icb_after_the_attributes),
		cmocka_unit_test(vat_of_2_00_begins_with_its_header),
		cmocka_unit_test(directory_entries_of_another_tool_have_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
