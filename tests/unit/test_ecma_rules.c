/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules within one descriptor: each one broken is told, and only what makes reading unsafe is an
 * error to a reader without a sink.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/cs0.h"
#include "ecma/codec.h"
#include "ecma/layout.h"
#include "sink.h"
#include "vectors.h"

static const struct udf_place here = { .part_ref = 0, .block_no = 7 };
static struct memory_sink heard;

/* Told PROBLEM for FIELD and nothing else. */
static void assert_told(enum udf_problem problem, const char *field)
{
	if (heard.n != 1 || !memory_sink_has(&heard, problem, field)) {
		memory_sink_print(&heard);
		fail_msg("wanted %s %s alone", udf_problem_name(problem), field ? field : "-");
	}
}

static void assert_nothing_told(void)
{
	if (heard.n != 0) {
		memory_sink_print(&heard);
		fail_msg("wanted nothing");
	}
}

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

/* Make the checksum right again after a change. */
static void fix_checksum(uint8_t *block)
{
	block[4] = 0;
	for (unsigned i = 0; i < UDF_TAG_BYTES; i++)
		if (i != 4)
			block[4] = (uint8_t)(block[4] + block[i]);
}

static void tag_violations_are_refused_and_told(void **state)
{
	uint8_t block[512];

	(void)state;
	random_start();
	make_block(block);
	assert_tag(block, 512, UDF_OK);
	assert_nothing_told();
	block[4] ^= 1;
	assert_tag(block, 512, UDF_E_CORRUPT);
	assert_told(UDF_P_TAG_CHECKSUM, NULL);

	make_block(block);
	block[0] = 2;
	fix_checksum(block);
	assert_tag(block, 512, UDF_E_CORRUPT);
	assert_told(UDF_P_TAG_ID, NULL);
	assert_int_equal(udf_tag_verify(block, 512, UDF_TAG_ANY, here, NULL, NULL), UDF_OK);

	make_block(block);
	block[2] = 4;
	fix_checksum(block);
	assert_tag(block, 512, UDF_E_CORRUPT);
	assert_told(UDF_P_TAG_VERSION, NULL);

	make_block(block);
	block[12] = 8;
	fix_checksum(block);
	assert_tag(block, 512, UDF_E_CORRUPT);
	assert_told(UDF_P_TAG_LOCATION, NULL);

	make_block(block);
	block[300] ^= 0x10;
	assert_tag(block, 512, UDF_E_CORRUPT);
	assert_told(UDF_P_TAG_CRC, "DescriptorCRC");

	make_block(block);
	assert_tag(block, 511, UDF_E_CORRUPT);
	assert_told(UDF_P_TAG_CRC_LENGTH, "DescriptorCRCLength");
	assert_tag(block, 15, UDF_E_CORRUPT);
	assert_told(UDF_P_TAG_ID, NULL);
	assert_tag(block, 0, UDF_E_CORRUPT);
}

static void reserved_byte_of_a_tag_is_told_but_no_reason_to_stop(void **state)
{
	uint8_t block[512];

	(void)state;
	random_start();
	make_block(block);
	block[5] = 9;
	fix_checksum(block);
	assert_tag(block, 512, UDF_OK);
	assert_told(UDF_P_RESERVED, "Tag.Reserved");
}

static void several_violations_of_a_tag_are_all_told(void **state)
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
	assert_told(UDF_P_TAG_CRC, "DescriptorCRC");
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

/* ---- file entries ---- */

static struct udf_fe good_fe(void)
{
	struct udf_fe fe = {
		.tag = { .id = UDF_TAG_EFE, .version = 3 },
		.icb = { .strategy = 4, .max_entries = 1, .file_type = UDF_FT_REGULAR,
			 .flags = UDF_AD_SHORT },
		.permissions = 0x7CA5,
		.link_count = 1,
		.checkpoint = 1,
		.access_time = { 0x1000, 2024, 1, 1, 0, 0, 0, 0, 0, 0 },
	};

	fe.modification_time = fe.attribute_time = fe.creation_time = fe.access_time;
	udf_regid_set_impl(&fe.impl);
	return fe;
}

static void assert_fe(const struct udf_fe *fe, uint16_t revision, enum udf_err want)
{
	memory_sink_start(&heard);
	assert_int_equal(udf_fe_validate(fe, 2048, revision, here, &heard.sink), want);
	assert_int_equal(udf_fe_validate(fe, 2048, revision, here, NULL), want);
}

static void lengths_that_leave_the_block_are_refused(void **state)
{
	struct udf_fe fe = good_fe();

	(void)state;
	assert_fe(&fe, 0x0201, UDF_OK);
	assert_nothing_told();
	fe.ad_bytes = 1832;
	assert_fe(&fe, 0x0201, UDF_OK);
	fe.ad_bytes = 1840;
	assert_fe(&fe, 0x0201, UDF_E_CORRUPT);
	assert_told(UDF_P_FE_LENGTH, "LengthOfAllocationDescriptors");
	fe.ad_bytes = 8;
	fe.ea_bytes = 0xFFFFFFFC;
	assert_fe(&fe, 0x0201, UDF_E_CORRUPT);
	assert_told(UDF_P_FE_LENGTH, "LengthOfAllocationDescriptors");
	fe.ea_bytes = 25;
	assert_fe(&fe, 0x0201, UDF_E_CORRUPT);
	assert_told(UDF_P_FE_LENGTH, "LengthOfExtendedAttributes");
}

static void unknown_strategy_and_ad_kind_are_refused(void **state)
{
	struct udf_fe fe = good_fe();

	(void)state;
	fe.icb.strategy = 5;
	assert_fe(&fe, 0x0201, UDF_E_CORRUPT);
	assert_told(UDF_P_ICB_STRATEGY, "StrategyType");
	for (uint16_t kind = 0; kind < 8; kind++) {
		bool is_good = kind == UDF_AD_SHORT || kind == UDF_AD_LONG || kind == UDF_AD_EMBEDDED;

		fe = good_fe();
		fe.icb.flags = kind;
		assert_fe(&fe, 0x0201, is_good ? UDF_OK : UDF_E_CORRUPT);
		if (!is_good)
			assert_told(UDF_P_ICB_AD_KIND, "ICBTag.Flags");
	}
}

static void embedded_data_are_as_long_as_the_file(void **state)
{
	struct udf_fe fe = good_fe();

	(void)state;
	fe.icb.flags = UDF_AD_EMBEDDED;
	fe.ad_bytes = 100;
	fe.information_bytes = fe.object_bytes = 100;
	assert_fe(&fe, 0x0201, UDF_OK);
	assert_nothing_told();
	fe.information_bytes = 99;	/* readable */
	assert_fe(&fe, 0x0201, UDF_OK);
	assert_told(UDF_P_FE_EMBEDDED_LENGTH, "LengthOfAllocationDescriptors");
	fe.information_bytes = 101;	/* would be read beyond the area */
	assert_fe(&fe, 0x0201, UDF_E_CORRUPT);
	assert_told(UDF_P_FE_EMBEDDED_LENGTH, "LengthOfAllocationDescriptors");
	fe.information_bytes = 100;
	fe.blocks_recorded = 1;
	assert_fe(&fe, 0x0201, UDF_OK);
	assert_told(UDF_P_FE_EMBEDDED_LENGTH, "LogicalBlocksRecorded");
}

/* Set a field of a good EFE: told as given, readable all the same. */
#define FE_RULE(assignment, revision, problem, field) do { \
	struct udf_fe fe = good_fe(); \
	fe.assignment; \
	assert_fe(&fe, revision, UDF_OK); \
	assert_told(problem, field); \
} while (0)

static void other_rules_of_file_entries_are_told_only(void **state)
{
	(void)state;
	FE_RULE(ad_bytes = 12, 0x0201, UDF_P_FE_AD_LENGTH, "LengthOfAllocationDescriptors");
	FE_RULE(icb.strategy_parameter = 1, 0x0201, UDF_P_FIELD, "StrategyParameter");
	FE_RULE(icb.max_entries = 2, 0x0201, UDF_P_FIELD, "MaximumNumberOfEntries");
	FE_RULE(icb.prior_entries = 1, 0x0201, UDF_P_FIELD, "PriorRecordedNumberOfDirectEntries");
	FE_RULE(icb.parent.lbn = 1, 0x0201, UDF_P_FIELD_ODD, "ParentICBLocation");
	FE_RULE(icb.reserved = 1, 0x0201, UDF_P_RESERVED, "Reserved");
	FE_RULE(icb.flags = UDF_ICB_SORTED, 0x0201, UDF_P_RESERVED, "ICBTag.Flags");
	FE_RULE(icb.flags = UDF_ICB_TRANSFORMED, 0x0201, UDF_P_RESERVED, "ICBTag.Flags");
	FE_RULE(icb.flags = UDF_ICB_MULTI_VERSIONS, 0x0201, UDF_P_RESERVED, "ICBTag.Flags");
	FE_RULE(icb.flags = 0x4000, 0x0201, UDF_P_RESERVED, "ICBTag.Flags");
	FE_RULE(icb.flags = UDF_ICB_CONTIGUOUS, 0x0201, UDF_P_FIELD_ODD, "ICBTag.Flags");
	FE_RULE(icb.file_type = 14, 0x0201, UDF_P_ICB_FILE_TYPE, "FileType");
	FE_RULE(icb.file_type = UDF_FT_METADATA, 0x0201, UDF_P_ICB_FILE_TYPE, "FileType");
	FE_RULE(icb.file_type = UDF_FT_IE, 0x0201, UDF_P_ICB_FILE_TYPE, "FileType");
	FE_RULE(permissions = 0x8000, 0x0201, UDF_P_RESERVED, "Permissions");
	FE_RULE(record_format = 1, 0x0201, UDF_P_FIELD, "RecordFormat");
	FE_RULE(record_display = 1, 0x0201, UDF_P_FIELD, "RecordDisplayAttributes");
	FE_RULE(record_length = 1, 0x0201, UDF_P_FIELD, "RecordLength");
	FE_RULE(checkpoint = 0, 0x0201, UDF_P_FIELD, "Checkpoint");
	FE_RULE(reserved[3] = 1, 0x0201, UDF_P_RESERVED, "Reserved");
	FE_RULE(access_time.month = 13, 0x0201, UDF_P_TIMESTAMP, "AccessTime");
	FE_RULE(creation_time = (struct udf_timestamp){ 0 }, 0x0201, UDF_P_TIMESTAMP,
		"CreationTime");
	FE_RULE(ea_icb.addr.lbn = 5, 0x0201, UDF_P_RESERVED, "ExtendedAttributeICB");
	FE_RULE(stream_icb.length = 0x40000800, 0x0201, UDF_P_FIELD, "StreamDirectoryICB");
	FE_RULE(impl.flags = 1, 0x0201, UDF_P_ENTITY_ID, "ImplementationIdentifier");
	FE_RULE(impl = (struct udf_regid){ 0 }, 0x0201, UDF_P_ENTITY_ID_EMPTY,
		"ImplementationIdentifier");
	FE_RULE(tag.id = UDF_TAG_EFE, 0x0150, UDF_P_REVISION, "TagIdentifier");
}

static void file_types_come_with_revisions(void **state)
{
	const struct { uint8_t type; uint16_t since; } types[] = {
		{ UDF_FT_REGULAR, 0x0102 }, { UDF_FT_SYMLINK, 0x0102 },
		{ UDF_FT_STREAM_DIRECTORY, 0x0200 }, { UDF_FT_VAT, 0x0200 },
		{ UDF_FT_REAL_TIME, 0x0201 }, { UDF_FT_METADATA_BITMAP, 0x0250 },
	};
	static const uint16_t revisions[] = { 0x0102, 0x0150, 0x0200, 0x0201, 0x0250, 0x0260 };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		for (size_t j = 0; j < sizeof(revisions) / sizeof(revisions[0]); j++) {
			struct udf_fe fe = good_fe();

			fe.tag.id = UDF_TAG_FE;
			fe.icb.file_type = types[i].type;
			assert_fe(&fe, revisions[j], UDF_OK);
			assert_int_equal(memory_sink_has(&heard, UDF_P_ICB_FILE_TYPE, NULL),
					 revisions[j] < types[i].since);
		}
}

static void strategy_4096_has_its_own_numbers(void **state)
{
	struct udf_fe fe = good_fe();

	(void)state;
	fe.icb.strategy = 4096;
	fe.icb.strategy_parameter = 1;
	fe.icb.max_entries = 2;
	fe.icb.prior_entries = 5;
	assert_fe(&fe, 0x0201, UDF_OK);
	assert_nothing_told();
	fe.icb.strategy_parameter = 0;
	assert_fe(&fe, 0x0201, UDF_OK);
	assert_told(UDF_P_FIELD, "StrategyParameter");
}

/* ---- FIDs ---- */

static uint8_t fid_bytes[128];

static struct udf_fid good_fid(void)
{
	return (struct udf_fid){
		.tag = { .version = 3, .serial = 1, .location = 7 },
		.version_number = 1,
		.name_bytes = 4,
		.icb = { .length = 2048, .addr = { 5, 0 } },
		.name = (const uint8_t *)"\x08" "abc",
	};
}

/* Validate what stands in fid_bytes. */
static void assert_fid_bytes(uint16_t revision, enum udf_err want)
{
	struct udf_fid fid;
	uint32_t n_bytes;

	memory_sink_start(&heard);
	assert_int_equal(udf_fid_decode(fid_bytes, sizeof(fid_bytes), &fid, &n_bytes), UDF_OK);
	assert_int_equal(udf_fid_validate(fid_bytes, &fid, n_bytes, revision, here, &heard.sink),
			 want);
	assert_int_equal(udf_fid_validate(fid_bytes, &fid, n_bytes, revision, here, NULL), want);
}

static void assert_fid(const struct udf_fid *fid, uint16_t revision, enum udf_err want)
{
	udf_fid_encode(fid, fid_bytes);
	assert_fid_bytes(revision, want);
}

static void fids_that_leave_the_directory_are_refused(void **state)
{
	struct udf_fid fid = good_fid(), back;
	uint32_t n_bytes;

	(void)state;
	udf_fid_encode(&fid, fid_bytes);
	assert_int_equal(udf_fid_decode(fid_bytes, 44, &back, &n_bytes), UDF_OK);
	for (size_t avail = 0; avail < 44; avail++)
		assert_int_equal(udf_fid_decode(fid_bytes, avail, &back, &n_bytes), UDF_E_CORRUPT);
	put_le16(fid_bytes + 36, 0xFFFF);
	assert_int_equal(udf_fid_decode(fid_bytes, sizeof(fid_bytes), &back, &n_bytes),
			 UDF_E_CORRUPT);
	put_le16(fid_bytes, UDF_TAG_FE);
	assert_int_equal(udf_fid_decode(fid_bytes, sizeof(fid_bytes), &back, &n_bytes),
			 UDF_E_CORRUPT);
}

static void damaged_fids_are_refused(void **state)
{
	struct udf_fid fid = good_fid();

	(void)state;
	assert_fid(&fid, 0x0201, UDF_OK);
	assert_nothing_told();
	fid_bytes[40] ^= 1;
	assert_fid_bytes(0x0201, UDF_E_CORRUPT);
	assert_true(memory_sink_has(&heard, UDF_P_TAG_CRC, NULL));
	udf_fid_encode(&fid, fid_bytes);
	fid_bytes[7] ^= 1;
	assert_fid_bytes(0x0201, UDF_E_CORRUPT);
	assert_told(UDF_P_TAG_CHECKSUM, "TagChecksum");
	udf_fid_encode(&fid, fid_bytes);
	put_le16(fid_bytes + 10, 5000);		/* CRC length beyond the FID */
	fix_checksum(fid_bytes);
	assert_fid_bytes(0x0201, UDF_E_CORRUPT);
	assert_told(UDF_P_TAG_CRC_LENGTH, NULL);
}

static void assert_name(const char *hex, uint8_t characteristics, uint16_t revision,
			enum udf_err want)
{
	uint8_t name[32] = { 0 };
	struct udf_fid fid = good_fid();

	fid.name_bytes = (uint8_t)vector_from_hex(hex, name, sizeof(name));
	fid.name = name;
	fid.characteristics = characteristics;
	assert_fid(&fid, revision, want);
	if (want)
		assert_told(UDF_P_FID_NAME, "FileIdentifier");
}

static void names_must_be_readable(void **state)
{
	(void)state;
	assert_name("10 00 41", 0, 0x0201, UDF_OK);
	assert_nothing_told();
	assert_name("", 0, 0x0201, UDF_E_CORRUPT);
	assert_name("08", 0, 0x0201, UDF_E_CORRUPT);
	assert_name("10 00", 0, 0x0201, UDF_E_CORRUPT);
	assert_name("00 41", 0, 0x0201, UDF_E_CORRUPT);
	assert_name("09 41", 0, 0x0201, UDF_E_CORRUPT);
	/* Of a deleted entry nobody reads the name. */
	assert_name("09 41", UDF_FID_DELETED, 0x0201, UDF_OK);
	assert_told(UDF_P_FID_NAME, "FileIdentifier");
	assert_name("FE 41", UDF_FID_DELETED, 0x0201, UDF_OK);
	assert_nothing_told();
	assert_name("FE 41", UDF_FID_DELETED, 0x0150, UDF_OK);
	assert_told(UDF_P_FID_NAME, "FileIdentifier");
	assert_name("FE 41", 0, 0x0201, UDF_OK);
	assert_told(UDF_P_FID_NAME, "FileIdentifier");
	assert_name("10 FE FF", 0, 0x0201, UDF_OK);
	assert_told(UDF_P_FID_NAME, "FileIdentifier");
}

#define FID_RULE(assignment, revision, problem, field) do { \
	struct udf_fid fid = good_fid(); \
	fid.assignment; \
	assert_fid(&fid, revision, UDF_OK); \
	assert_told(problem, field); \
} while (0)

static void other_rules_of_fids_are_told_only(void **state)
{
	struct udf_fid padded = good_fid();

	(void)state;
	padded.impl_use_bytes = 32;
	assert_fid(&padded, 0x0201, UDF_OK);
	assert_nothing_told();
	FID_RULE(tag.location = 8, 0x0201, UDF_P_TAG_LOCATION, "TagLocation");
	FID_RULE(tag.version = 1, 0x0201, UDF_P_TAG_VERSION, "DescriptorVersion");
	FID_RULE(version_number = 2, 0x0201, UDF_P_FIELD, "FileVersionNumber");
	FID_RULE(characteristics = 0x20, 0x0201, UDF_P_RESERVED, "FileCharacteristics");
	FID_RULE(characteristics = UDF_FID_METADATA, 0x0150, UDF_P_RESERVED, "FileCharacteristics");
	FID_RULE(characteristics = UDF_FID_PARENT, 0x0201, UDF_P_FID_NAME,
		 "LengthOfFileIdentifier");
	FID_RULE(impl_use_bytes = 4, 0x0201, UDF_P_FIELD, "LengthOfImplementationUse");
	FID_RULE(impl_use_bytes = 33, 0x0201, UDF_P_FIELD, "LengthOfImplementationUse");
	FID_RULE(icb.length = 0x40000800, 0x0201, UDF_P_FID_ICB, "ICB.ExtentLength");
	FID_RULE(icb.length = 0, 0x0201, UDF_P_FID_ICB, "ICB.ExtentLength");
	FID_RULE(icb.flags = 1, 0x0201, UDF_P_RESERVED, "ICB.ImplementationUse");
	FID_RULE(icb.unique_id = 16, 0x0150, UDF_P_FIELD_ODD, "ICB.UDFUniqueID");
}

static void deleted_entries_keep_their_icb_or_none_of_it(void **state)
{
	struct udf_fid fid = good_fid();

	(void)state;
	fid.characteristics = UDF_FID_DELETED;
	assert_fid(&fid, 0x0201, UDF_OK);
	assert_nothing_told();
	fid.icb = (struct udf_long_ad){ 0 };
	assert_fid(&fid, 0x0201, UDF_OK);
	assert_nothing_told();
	fid.icb.unique_id = 17;
	assert_fid(&fid, 0x0201, UDF_OK);
	assert_told(UDF_P_FID_ICB, "ICB.ExtentLocation");
}

static void crc_of_a_fid_may_be_short_on_2_00_only(void **state)
{
	struct udf_fid fid = good_fid();

	(void)state;
	udf_fid_encode(&fid, fid_bytes);
	udf_tag_seal(fid_bytes, UDF_TAG_FID, 3, 1, 7, 22);
	assert_fid_bytes(0x0201, UDF_OK);
	assert_told(UDF_P_TAG_CRC_LENGTH, "DescriptorCRCLength");
	assert_fid_bytes(0x0200, UDF_OK);
	assert_told(UDF_P_FIELD_ODD, "DescriptorCRCLength");
}

static void padding_of_a_fid_is_zero(void **state)
{
	struct udf_fid fid = good_fid();

	(void)state;
	udf_fid_encode(&fid, fid_bytes);
	fid_bytes[43] = 1;
	udf_tag_reseal(fid_bytes);
	assert_fid_bytes(0x0201, UDF_OK);
	assert_told(UDF_P_RESERVED, "Padding");
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
	assert_told(problem, field); \
} while (0)

static void rules_of_the_primary_volume_descriptor(void **state)
{
	struct udf_pvd good = good_pvd();

	(void)state;
	memory_sink_start(&heard);
	assert_int_equal(udf_pvd_validate(&good, here, &heard.sink), UDF_OK);
	assert_nothing_told();
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
	assert_told(UDF_P_DSTRING_EMPTY, "VolumeIdentifier");
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
	assert_told(problem, field); \
} while (0)

static void rules_of_the_logical_volume_descriptor(void **state)
{
	struct udf_lvd good = good_lvd();

	(void)state;
	memory_sink_start(&heard);
	assert_int_equal(udf_lvd_validate(&good, here, &heard.sink), UDF_OK);
	assert_nothing_told();
	LVD_RULE(block_bytes = 0, UDF_E_CORRUPT, UDF_P_LVD_BLOCK_SIZE, "LogicalBlockSize");
	LVD_RULE(block_bytes = 256, UDF_E_CORRUPT, UDF_P_LVD_BLOCK_SIZE, "LogicalBlockSize");
	LVD_RULE(block_bytes = 2049, UDF_E_CORRUPT, UDF_P_LVD_BLOCK_SIZE, "LogicalBlockSize");
	LVD_RULE(block_bytes = 65536, UDF_E_CORRUPT, UDF_P_LVD_BLOCK_SIZE, "LogicalBlockSize");
	LVD_RULE(n_maps = 2, UDF_E_CORRUPT, UDF_P_MAP_TABLE, "MapTableLength");
	LVD_RULE(n_maps = 0xFFFFFFFF, UDF_E_CORRUPT, UDF_P_MAP_TABLE, "MapTableLength");
	LVD_RULE(map_table_bytes = 65, UDF_E_CORRUPT, UDF_P_MAP_TABLE, "MapTableLength");
	LVD_RULE(domain.id[1] = 'X', UDF_E_CORRUPT, UDF_P_ENTITY_ID, "DomainIdentifier");
	LVD_RULE(domain.suffix[2] = 4, UDF_OK, UDF_P_ENTITY_ID, "DomainIdentifier");
	LVD_RULE(domain.suffix[7] = 1, UDF_OK, UDF_P_ENTITY_ID, "DomainIdentifier");
	LVD_RULE(logical_volume_id[0] = 9, UDF_OK, UDF_P_DSTRING, "LogicalVolumeIdentifier");
	LVD_RULE(integrity.n_bytes = 0, UDF_OK, UDF_P_FIELD, "IntegritySequenceExtent");
	LVD_RULE(fsd.length = 0xC0000800, UDF_OK, UDF_P_FIELD, "LogicalVolumeContentsUse");
}

static void rules_of_the_partition_descriptor(void **state)
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
	assert_told(problem, field); \
} while (0)
	memory_sink_start(&heard);
	assert_int_equal(udf_pd_validate(&good, 0x0201, here, &heard.sink), UDF_OK);
	assert_nothing_told();
	PD_RULE(flags = 0, 0x0201, UDF_OK, UDF_P_FIELD, "PartitionFlags");
	PD_RULE(number = 0, 0x0150, UDF_OK, UDF_P_ENTITY_ID, "PartitionContents");
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
	assert_nothing_told();
}

static void rules_of_the_integrity_descriptor(void **state)
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
	assert_told(problem, field); \
} while (0)
	memory_sink_start(&heard);
	assert_int_equal(udf_lvid_validate(&good, 2048, here, &heard.sink), UDF_OK);
	assert_nothing_told();
	LVID_RULE(type = 2, UDF_OK, UDF_P_FIELD, "IntegrityType");
	LVID_RULE(next_extent.lsn = 5, UDF_OK, UDF_P_FIELD, "NextIntegrityExtent");
	LVID_RULE(reserved[0] = 5, UDF_OK, UDF_P_RESERVED, "Reserved");
	LVID_RULE(recording_time.day = 32, UDF_OK, UDF_P_TIMESTAMP, "RecordingDateAndTime");
	LVID_RULE(n_partitions = 300, UDF_E_CORRUPT, UDF_P_LVID_PARTITIONS, NULL);
	LVID_RULE(n_partitions = 0xFFFFFFFF, UDF_E_CORRUPT, UDF_P_LVID_PARTITIONS, NULL);
	LVID_RULE(impl_use_bytes = 0xFFFFFFFF, UDF_E_CORRUPT, UDF_P_LVID_PARTITIONS, NULL);
}

static void rules_of_the_file_set_descriptor(void **state)
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
	assert_told(problem, field); \
} while (0)
	memory_sink_start(&heard);
	assert_int_equal(udf_fsd_validate(&good, here, &heard.sink), UDF_OK);
	assert_nothing_told();
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

static void private_implementation_use_descriptors_are_let_alone(void **state)
{
	struct udf_iuvd iuvd = { .impl = { .id = "*Somebody" } };

	(void)state;
	memset(&iuvd.lvi_charset, 0xEE, sizeof(iuvd.lvi_charset));
	memory_sink_start(&heard);
	assert_int_equal(udf_iuvd_validate(&iuvd, here, &heard.sink), UDF_OK);
	assert_nothing_told();
	udf_regid_set_udf(&iuvd.impl, UDF_ID_LV_INFO, 0x0201);
	assert_int_equal(udf_iuvd_validate(&iuvd, here, &heard.sink), UDF_OK);
	assert_true(memory_sink_has(&heard, UDF_P_CHARSPEC, "LVICharset"));
	assert_true(memory_sink_has(&heard, UDF_P_DSTRING_EMPTY, "LogicalVolumeIdentifier"));
}

/* A table's check without a sink says what it says with one. */
static void check_stops_or_goes_on_with_the_same_verdict(void **state)
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
		cmocka_unit_test(tag_violations_are_refused_and_told),
		cmocka_unit_test(reserved_byte_of_a_tag_is_told_but_no_reason_to_stop),
		cmocka_unit_test(several_violations_of_a_tag_are_all_told),
		cmocka_unit_test(crc_length_zero_needs_crc_zero),
		cmocka_unit_test(resealing_keeps_the_crc_length),
		cmocka_unit_test(lengths_that_leave_the_block_are_refused),
		cmocka_unit_test(unknown_strategy_and_ad_kind_are_refused),
		cmocka_unit_test(embedded_data_are_as_long_as_the_file),
		cmocka_unit_test(other_rules_of_file_entries_are_told_only),
		cmocka_unit_test(file_types_come_with_revisions),
		cmocka_unit_test(strategy_4096_has_its_own_numbers),
		cmocka_unit_test(fids_that_leave_the_directory_are_refused),
		cmocka_unit_test(damaged_fids_are_refused),
		cmocka_unit_test(names_must_be_readable),
		cmocka_unit_test(other_rules_of_fids_are_told_only),
		cmocka_unit_test(deleted_entries_keep_their_icb_or_none_of_it),
		cmocka_unit_test(crc_of_a_fid_may_be_short_on_2_00_only),
		cmocka_unit_test(padding_of_a_fid_is_zero),
		cmocka_unit_test(rules_of_the_primary_volume_descriptor),
		cmocka_unit_test(rules_of_the_logical_volume_descriptor),
		cmocka_unit_test(rules_of_the_partition_descriptor),
		cmocka_unit_test(rules_of_the_integrity_descriptor),
		cmocka_unit_test(rules_of_the_file_set_descriptor),
		cmocka_unit_test(private_implementation_use_descriptors_are_let_alone),
		cmocka_unit_test(check_stops_or_goes_on_with_the_same_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
