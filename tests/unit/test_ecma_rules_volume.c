/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules within one tag or descriptor of a volume: each one that is broken is reported, and only what makes reading
 * unsafe is an error to a reader without a sink.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cs0.h"
#include "ecma/codec.h"
#include "ecma/layout.h"
#include "rules_fixture.h"
#include "vectors.h"

/* ---- tags ---- */

static void make_block(uint8_t block[512])
{
	random_fill(block, 512);
	udf_tag_seal(block, UDF_TAG_PVD, 3, 1, 7, 496);
}

static void assert_tag(const uint8_t *block, size_t n_bytes, enum udf_err want)
{
	struct udf_tag tag;

	memory_sink_start(&heard);
	assert_int_equal(udf_tag_verify(block, n_bytes, UDF_TAG_PVD, here, &heard.sink, &tag), want);
	assert_int_equal(udf_tag_verify(block, n_bytes, UDF_TAG_PVD, here, NULL, NULL), want);
}

static void tag_violations_are_refused_and_reported(void **state)
{
	uint8_t block[512];

	(void)state;
	random_start();
	make_block(block);
	assert_tag(block, 512, UDF_OK);
	assert_nothing_reported();
	block[4] ^= 1;
	assert_tag(block, 512, UDF_E_CORRUPT);
	assert_reported(UDF_P_TAG_CHECKSUM, NULL);

	make_block(block);
	block[0] = 2;
	fix_checksum(block);
	assert_tag(block, 512, UDF_E_CORRUPT);
	assert_reported(UDF_P_TAG_ID, NULL);
	assert_int_equal(udf_tag_verify(block, 512, UDF_TAG_ANY, here, NULL, NULL), UDF_OK);

	make_block(block);
	block[2] = 4;
	fix_checksum(block);
	assert_tag(block, 512, UDF_E_CORRUPT);
	assert_reported(UDF_P_TAG_VERSION, NULL);

	make_block(block);
	block[12] = 8;
	fix_checksum(block);
	assert_tag(block, 512, UDF_E_CORRUPT);
	assert_reported(UDF_P_TAG_LOCATION, NULL);

	make_block(block);
	block[300] ^= 0x10;
	assert_tag(block, 512, UDF_E_CORRUPT);
	assert_reported(UDF_P_TAG_CRC, "DescriptorCRC");

	make_block(block);
	assert_tag(block, 511, UDF_E_CORRUPT);
	assert_reported(UDF_P_TAG_CRC_LENGTH, "DescriptorCRCLength");
	assert_tag(block, 15, UDF_E_CORRUPT);
	assert_reported(UDF_P_TAG_ID, NULL);
	assert_tag(block, 0, UDF_E_CORRUPT);
}

static void a_reserved_byte_of_a_tag_is_reported_and_accepted(void **state)
{
	uint8_t block[512];

	(void)state;
	random_start();
	make_block(block);
	block[5] = 9;
	fix_checksum(block);
	assert_tag(block, 512, UDF_OK);
	assert_reported(UDF_P_RESERVED, "Tag.Reserved");
}

static void several_violations_of_a_tag_are_all_reported(void **state)
{
	uint8_t block[512];

	(void)state;
	random_start();
	make_block(block);
	block[2] = 9;
	block[12] = 99;
	block[100] ^= 1;
	fix_checksum(block);
	assert_tag(block, 512, UDF_E_CORRUPT);
	assert_int_equal(heard.n, 3);
}

static void crc_length_zero_needs_crc_zero(void **state)
{
	uint8_t block[512];

	(void)state;
	random_start();
	make_block(block);
	udf_tag_seal(block, UDF_TAG_PVD, 3, 1, 7, 0);
	assert_tag(block, 512, UDF_OK);
	block[8] = 1;
	fix_checksum(block);
	assert_tag(block, 512, UDF_E_CORRUPT);
	assert_reported(UDF_P_TAG_CRC, "DescriptorCRC");
}

static void resealing_keeps_the_crc_length(void **state)
{
	uint8_t block[512];
	struct udf_tag tag;

	(void)state;
	random_start();
	make_block(block);
	udf_tag_seal(block, UDF_TAG_PVD, 3, 1, 7, 8);
	block[20] ^= 1;
	udf_tag_reseal(block);
	assert_int_equal(udf_tag_verify(block, 24, UDF_TAG_PVD, here, NULL, &tag), UDF_OK);
	assert_int_equal(tag.crc_bytes, 8);
}

/* ---- volume descriptors ---- */

static const struct udf_timestamp some_time = { 0x1000, 2024, 1, 1, 0, 0, 0, 0, 0, 0 };

static struct udf_pvd good_pvd(void)
{
	struct udf_pvd pvd = {
		.volume_sequence_number = 1,
		.max_volume_sequence_number = 1,
		.interchange_level = 2,
		.max_interchange_level = 3,
		.charset_list = 1,
		.max_charset_list = 1,
		.recording_time = some_time,
	};

	assert_int_equal(udf_dstring_from_utf8("Label", pvd.volume_id, 32), UDF_OK);
	assert_int_equal(udf_dstring_from_utf8("01234567 set", pvd.volume_set_id, 128), UDF_OK);
	udf_charspec_set_cs0(&pvd.descriptor_charset);
	udf_charspec_set_cs0(&pvd.explanatory_charset);
	udf_regid_set_impl(&pvd.impl);
	return pvd;
}

#define PVD_RULE(assignment, problem, field) do { \
	struct udf_pvd pvd = good_pvd(); \
	pvd.assignment; \
	memory_sink_start(&heard); \
	assert_int_equal(udf_pvd_validate(&pvd, here, &heard.sink), UDF_OK); \
	assert_int_equal(udf_pvd_validate(&pvd, here, NULL), UDF_OK); \
	assert_reported(problem, field); \
} while (0)

static void violations_in_the_primary_volume_descriptor_are_reported(void **state)
{
	struct udf_pvd good = good_pvd();

	(void)state;
	memory_sink_start(&heard);
	assert_int_equal(udf_pvd_validate(&good, here, &heard.sink), UDF_OK);
	assert_nothing_reported();
	PVD_RULE(pvd_number = 1, UDF_P_FIELD, "PrimaryVolumeDescriptorNumber");
	PVD_RULE(volume_sequence_number = 2, UDF_P_FIELD, "VolumeSequenceNumber");
	PVD_RULE(volume_sequence_number = 0, UDF_P_FIELD, "VolumeSequenceNumber");
	PVD_RULE(max_volume_sequence_number = 0, UDF_P_FIELD, "Flags");
	PVD_RULE(max_interchange_level = 4, UDF_P_FIELD, "MaximumInterchangeLevel");
	PVD_RULE(charset_list = 5, UDF_P_FIELD, "CharacterSetList");
	PVD_RULE(max_charset_list = 4, UDF_P_FIELD, "MaximumCharacterSetList");
	PVD_RULE(volume_id[31] = 1, UDF_P_DSTRING, "VolumeIdentifier");
	PVD_RULE(volume_set_id[1] = 'z', UDF_P_FIELD_ODD, "VolumeSetIdentifier");
	PVD_RULE(descriptor_charset.type = 1, UDF_P_CHARSPEC, "DescriptorCharacterSet");
	PVD_RULE(explanatory_charset.info[60] = 1, UDF_P_CHARSPEC, "ExplanatoryCharacterSet");
	PVD_RULE(volume_abstract.lsn = 1, UDF_P_FIELD, "VolumeAbstract");
	PVD_RULE(copyright_notice.n_bytes = 0x80000000, UDF_P_FIELD, "VolumeCopyrightNotice");
	PVD_RULE(application.flags = 1, UDF_P_ENTITY_ID, "ApplicationIdentifier");
	PVD_RULE(recording_time.type_and_zone = 0x0000, UDF_P_TIMESTAMP, "RecordingDateAndTime");
	PVD_RULE(recording_time.type_and_zone = 0x1007, UDF_P_FIELD_ODD, "RecordingDateAndTime");
	PVD_RULE(impl.id[0] = '+', UDF_P_ENTITY_ID, "ImplementationIdentifier");
	PVD_RULE(impl.suffix[0] = 10, UDF_P_ENTITY_ID, "ImplementationIdentifier");
	PVD_RULE(impl.suffix[1] = 99, UDF_P_ENTITY_ID, "ImplementationIdentifier");
	PVD_RULE(flags = 2, UDF_P_RESERVED, "Flags");
	PVD_RULE(reserved[21] = 1, UDF_P_RESERVED, "Reserved");
	memset(good.volume_id, 0, sizeof(good.volume_id));
	memory_sink_start(&heard);
	udf_pvd_validate(&good, here, &heard.sink);
	assert_reported(UDF_P_DSTRING_EMPTY, "VolumeIdentifier");
}

static struct udf_lvd good_lvd(void)
{
	struct udf_lvd lvd = {
		.block_bytes = 2048,
		.fsd = { .length = 2048, .addr = { 1, 0 } },
		.map_table_bytes = 6,
		.n_maps = 1,
		.integrity = { 8192, 128 },
	};

	udf_charspec_set_cs0(&lvd.descriptor_charset);
	assert_int_equal(udf_dstring_from_utf8("Label", lvd.logical_volume_id, 128), UDF_OK);
	udf_regid_set_domain(&lvd.domain, 0x0201, 0);
	udf_regid_set_impl(&lvd.impl);
	return lvd;
}

#define LVD_RULE(assignment, want, problem, field) do { \
	struct udf_lvd lvd = good_lvd(); \
	lvd.assignment; \
	memory_sink_start(&heard); \
	assert_int_equal(udf_lvd_validate(&lvd, here, &heard.sink), want); \
	assert_int_equal(udf_lvd_validate(&lvd, here, NULL), want); \
	assert_reported(problem, field); \
} while (0)

static void violations_in_the_logical_volume_descriptor_are_reported(void **state)
{
	struct udf_lvd good = good_lvd();

	(void)state;
	memory_sink_start(&heard);
	assert_int_equal(udf_lvd_validate(&good, here, &heard.sink), UDF_OK);
	assert_nothing_reported();
	LVD_RULE(block_bytes = 0, UDF_E_CORRUPT, UDF_P_LVD_BLOCK_SIZE, "LogicalBlockSize");
	LVD_RULE(block_bytes = 256, UDF_E_CORRUPT, UDF_P_LVD_BLOCK_SIZE, "LogicalBlockSize");
	LVD_RULE(block_bytes = 2049, UDF_E_CORRUPT, UDF_P_LVD_BLOCK_SIZE, "LogicalBlockSize");
	LVD_RULE(block_bytes = 65536, UDF_E_CORRUPT, UDF_P_LVD_BLOCK_SIZE, "LogicalBlockSize");
	LVD_RULE(n_maps = 2, UDF_E_CORRUPT, UDF_P_MAP_TABLE, "MapTableLength");
	LVD_RULE(n_maps = 0xFFFFFFFF, UDF_E_CORRUPT, UDF_P_MAP_TABLE, "MapTableLength");
	LVD_RULE(map_table_bytes = 65, UDF_E_CORRUPT, UDF_P_MAP_TABLE, "MapTableLength");
	LVD_RULE(domain.id[1] = 'X', UDF_E_CORRUPT, UDF_P_ENTITY_ID, "DomainIdentifier");
	LVD_RULE(domain.id[22] = 'X', UDF_OK, UDF_P_ENTITY_ID, "DomainIdentifier");
	LVD_RULE(domain.suffix[2] = 4, UDF_OK, UDF_P_ENTITY_ID, "DomainIdentifier");
	LVD_RULE(domain.suffix[7] = 1, UDF_OK, UDF_P_ENTITY_ID, "DomainIdentifier");
	LVD_RULE(logical_volume_id[0] = 9, UDF_OK, UDF_P_DSTRING, "LogicalVolumeIdentifier");
	LVD_RULE(integrity.n_bytes = 0, UDF_OK, UDF_P_FIELD, "IntegritySequenceExtent");
	LVD_RULE(fsd.length = 0xC0000800, UDF_OK, UDF_P_FIELD, "LogicalVolumeContentsUse");
}

static void violations_in_the_partition_descriptor_are_reported(void **state)
{
	struct udf_pd good = {
		.flags = 1,
		.access_type = UDF_ACCESS_OVERWRITABLE,
		.start_lsn = 257,
		.n_blocks = 100,
	}, pd;

	(void)state;
	udf_regid_set_contents(&good.contents, "+NSR03");
	udf_regid_set_impl(&good.impl);
#define PD_RULE(assignment, revision, want, problem, field) do { \
	pd = good; \
	pd.assignment; \
	memory_sink_start(&heard); \
	assert_int_equal(udf_pd_validate(&pd, revision, here, &heard.sink), want); \
	assert_int_equal(udf_pd_validate(&pd, revision, here, NULL), want); \
	assert_reported(problem, field); \
} while (0)
	memory_sink_start(&heard);
	assert_int_equal(udf_pd_validate(&good, 0x0201, here, &heard.sink), UDF_OK);
	assert_nothing_reported();
	PD_RULE(flags = 0, 0x0201, UDF_OK, UDF_P_FIELD, "PartitionFlags");
	PD_RULE(number = 0, 0x0150, UDF_OK, UDF_P_ENTITY_ID, "PartitionContents");
	PD_RULE(contents.id[8] = '3', 0x0201, UDF_OK, UDF_P_ENTITY_ID, "PartitionContents");
	PD_RULE(access_type = 5, 0x0201, UDF_OK, UDF_P_FIELD, "AccessType");
	PD_RULE(access_type = 0, 0x0250, UDF_OK, UDF_P_REVISION, "AccessType");
	PD_RULE(header.integrity_table.length = 2048, 0x0201, UDF_OK, UDF_P_RESERVED,
		"PartitionIntegrityTable");
	PD_RULE(header.unallocated_bitmap.lbn = 1, 0x0201, UDF_OK, UDF_P_FIELD,
		"UnallocatedSpaceBitmap");
	PD_RULE(header.reserved[87] = 1, 0x0201, UDF_OK, UDF_P_RESERVED, "Reserved");
	pd = good;
	pd.n_blocks = 0;
	assert_int_equal(udf_pd_validate(&pd, 0x0201, here, NULL), UDF_E_CORRUPT);
	pd = good;
	pd.access_type = 0;
	memory_sink_start(&heard);
	assert_int_equal(udf_pd_validate(&pd, 0x0260, here, &heard.sink), UDF_OK);
	assert_nothing_reported();
}

static void violations_in_the_integrity_descriptor_are_reported(void **state)
{
	struct udf_lvid good = {
		.recording_time = some_time,
		.type = UDF_LVID_CLOSED,
		.next_unique_id = 16,
		.n_partitions = 1,
		.impl_use_bytes = 46,
	}, lvid;

	(void)state;
#define LVID_RULE(assignment, want, problem, field) do { \
	lvid = good; \
	lvid.assignment; \
	memory_sink_start(&heard); \
	assert_int_equal(udf_lvid_validate(&lvid, 2048, here, &heard.sink), want); \
	assert_int_equal(udf_lvid_validate(&lvid, 2048, here, NULL), want); \
	assert_reported(problem, field); \
} while (0)
	memory_sink_start(&heard);
	assert_int_equal(udf_lvid_validate(&good, 2048, here, &heard.sink), UDF_OK);
	assert_nothing_reported();
	LVID_RULE(type = 2, UDF_OK, UDF_P_FIELD, "IntegrityType");
	LVID_RULE(next_extent.lsn = 5, UDF_OK, UDF_P_FIELD, "NextIntegrityExtent");
	LVID_RULE(reserved[0] = 5, UDF_OK, UDF_P_RESERVED, "Reserved");
	LVID_RULE(recording_time.day = 32, UDF_OK, UDF_P_TIMESTAMP, "RecordingDateAndTime");
	LVID_RULE(n_partitions = 300, UDF_E_CORRUPT, UDF_P_LVID_PARTITIONS, NULL);
	LVID_RULE(n_partitions = 0xFFFFFFFF, UDF_E_CORRUPT, UDF_P_LVID_PARTITIONS, NULL);
	LVID_RULE(impl_use_bytes = 0xFFFFFFFF, UDF_E_CORRUPT, UDF_P_LVID_PARTITIONS, NULL);
}

static void violations_in_the_file_set_descriptor_are_reported(void **state)
{
	struct udf_fsd good = {
		.recording_time = some_time,
		.interchange_level = 3,
		.max_interchange_level = 3,
		.charset_list = 1,
		.max_charset_list = 1,
		.root_icb = { .length = 2048, .addr = { 3, 0 } },
	}, fsd;

	(void)state;
	assert_int_equal(udf_dstring_from_utf8("Label", good.logical_volume_id, 128), UDF_OK);
	assert_int_equal(udf_dstring_from_utf8("Set", good.file_set_id, 32), UDF_OK);
	udf_charspec_set_cs0(&good.lvid_charset);
	udf_charspec_set_cs0(&good.file_set_charset);
	udf_regid_set_domain(&good.domain, 0x0201, 0);
#define FSD_RULE(assignment, want, problem, field) do { \
	fsd = good; \
	fsd.assignment; \
	memory_sink_start(&heard); \
	assert_int_equal(udf_fsd_validate(&fsd, here, &heard.sink), want); \
	assert_int_equal(udf_fsd_validate(&fsd, here, NULL), want); \
	assert_reported(problem, field); \
} while (0)
	memory_sink_start(&heard);
	assert_int_equal(udf_fsd_validate(&good, here, &heard.sink), UDF_OK);
	assert_nothing_reported();
	FSD_RULE(interchange_level = 2, UDF_OK, UDF_P_FIELD, "InterchangeLevel");
	FSD_RULE(max_interchange_level = 2, UDF_OK, UDF_P_FIELD, "MaximumInterchangeLevel");
	FSD_RULE(next_extent.addr.part_ref = 1, UDF_OK, UDF_P_RESERVED, "NextExtent");
	FSD_RULE(copyright_id[31] = 40, UDF_OK, UDF_P_DSTRING, "CopyrightFileIdentifier");
	FSD_RULE(root_icb.length = 0x40000800, UDF_OK, UDF_P_FIELD, "RootDirectoryICB");
	/* Reserved before UDF 2.00. */
	udf_regid_set_domain(&good.domain, 0x0150, 0);
	FSD_RULE(system_stream_icb.length = 2048, UDF_OK, UDF_P_RESERVED,
		 "SystemStreamDirectoryICB");
	fsd = good;
	fsd.root_icb = (struct udf_long_ad){ 0 };
	assert_int_equal(udf_fsd_validate(&fsd, here, NULL), UDF_E_CORRUPT);
}

static void private_implementation_use_descriptors_are_not_checked(void **state)
{
	struct udf_iuvd iuvd = { .impl = { .id = "*Somebody" } };

	(void)state;
	memset(&iuvd.lvi_charset, 0xEE, sizeof(iuvd.lvi_charset));
	memory_sink_start(&heard);
	assert_int_equal(udf_iuvd_validate(&iuvd, here, &heard.sink), UDF_OK);
	assert_nothing_reported();
	udf_regid_set_udf(&iuvd.impl, UDF_ID_LV_INFO, 0x0201);
	assert_int_equal(udf_iuvd_validate(&iuvd, here, &heard.sink), UDF_OK);
	assert_true(memory_sink_has(&heard, UDF_P_CHARSPEC, "LVICharset"));
	assert_true(memory_sink_has(&heard, UDF_P_DSTRING_EMPTY, "LogicalVolumeIdentifier"));
}

/* A table's check without a sink says what it says with one. */
static void a_check_gives_the_same_verdict_with_and_without_a_sink(void **state)
{
	static uint64_t host[512];

	(void)state;
	random_start();
	for (int round = 0; round < 2000; round++) {
		const struct udf_layout *layout = udf_layouts[random_next() % udf_n_layouts];
		uint8_t disc[512] = { 0 };
		enum udf_err err;

		for (unsigned k = 0; k < 4; k++)
			disc[random_next() % layout->n_bytes] = (uint8_t)random_next();
		udf_layout_decode(layout, disc, host);
		memory_sink_start(&heard);
		err = udf_layout_check(layout, host, 0x0201, here, &heard.sink);
		assert_int_equal(udf_layout_check(layout, host, 0x0201, here, NULL), err);
		if (err)
			assert_true(heard.n > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tag_violations_are_refused_and_reported),
		cmocka_unit_test(a_reserved_byte_of_a_tag_is_reported_and_accepted),
		cmocka_unit_test(several_violations_of_a_tag_are_all_reported),
		cmocka_unit_test(crc_length_zero_needs_crc_zero),
		cmocka_unit_test(resealing_keeps_the_crc_length),
		cmocka_unit_test(violations_in_the_primary_volume_descriptor_are_reported),
		cmocka_unit_test(violations_in_the_logical_volume_descriptor_are_reported),
		cmocka_unit_test(violations_in_the_partition_descriptor_are_reported),
		cmocka_unit_test(violations_in_the_integrity_descriptor_are_reported),
		cmocka_unit_test(violations_in_the_file_set_descriptor_are_reported),
		cmocka_unit_test(private_implementation_use_descriptors_are_not_checked),
		cmocka_unit_test(a_check_gives_the_same_verdict_with_and_without_a_sink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
