/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules within one file entry or FID: each one that is broken is reported, and only what makes reading unsafe is an
 * error to a reader without a sink.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "rules_fixture.h"
#include "vectors.h"

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
	assert_nothing_reported();
	fe.ad_bytes = 1832;
	assert_fe(&fe, 0x0201, UDF_OK);
	fe.ad_bytes = 1840;
	assert_fe(&fe, 0x0201, UDF_E_CORRUPT);
	assert_reported(UDF_P_FE_LENGTH, "LengthOfAllocationDescriptors");
	fe.ad_bytes = 8;
	fe.ea_bytes = 0xFFFFFFFC;
	assert_fe(&fe, 0x0201, UDF_E_CORRUPT);
	assert_reported(UDF_P_FE_LENGTH, "LengthOfAllocationDescriptors");
	fe.ea_bytes = 25;
	assert_fe(&fe, 0x0201, UDF_E_CORRUPT);
	assert_reported(UDF_P_FE_LENGTH, "LengthOfExtendedAttributes");
}

static void unknown_strategy_and_ad_kind_are_refused(void **state)
{
	struct udf_fe fe = good_fe();

	(void)state;
	fe.icb.strategy = 5;
	assert_fe(&fe, 0x0201, UDF_E_CORRUPT);
	assert_reported(UDF_P_ICB_STRATEGY, "StrategyType");
	for (uint16_t kind = 0; kind < 8; kind++) {
		bool is_good = kind == UDF_AD_SHORT || kind == UDF_AD_LONG || kind == UDF_AD_EMBEDDED;

		fe = good_fe();
		fe.icb.flags = kind;
		assert_fe(&fe, 0x0201, is_good ? UDF_OK : UDF_E_CORRUPT);
		if (!is_good)
			assert_reported(UDF_P_ICB_AD_KIND, "ICBTag.Flags");
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
	assert_nothing_reported();
	fe.information_bytes = 99;	/* readable */
	assert_fe(&fe, 0x0201, UDF_OK);
	assert_reported(UDF_P_FE_EMBEDDED_LENGTH, "LengthOfAllocationDescriptors");
	fe.information_bytes = 101;	/* would be read beyond the area */
	assert_fe(&fe, 0x0201, UDF_E_CORRUPT);
	assert_reported(UDF_P_FE_EMBEDDED_LENGTH, "LengthOfAllocationDescriptors");
	fe.information_bytes = 100;
	fe.blocks_recorded = 1;
	assert_fe(&fe, 0x0201, UDF_OK);
	assert_reported(UDF_P_FE_EMBEDDED_LENGTH, "LogicalBlocksRecorded");
}

/* Set a field of a good EFE: reported as given, readable all the same. */
#define FE_RULE(assignment, revision, problem, field) do { \
	struct udf_fe fe = good_fe(); \
	fe.assignment; \
	assert_fe(&fe, revision, UDF_OK); \
	assert_reported(problem, field); \
} while (0)

static void other_violations_in_file_entries_are_reported_and_accepted(void **state)
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

static void file_types_are_reported_before_the_revision_that_allows_them(void **state)
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

static void strategy_4096_has_its_own_parameter_and_entry_counts(void **state)
{
	struct udf_fe fe = good_fe();

	(void)state;
	fe.icb.strategy = 4096;
	fe.icb.strategy_parameter = 1;
	fe.icb.max_entries = 2;
	fe.icb.prior_entries = 5;
	assert_fe(&fe, 0x0201, UDF_OK);
	assert_nothing_reported();
	fe.icb.strategy_parameter = 0;
	assert_fe(&fe, 0x0201, UDF_OK);
	assert_reported(UDF_P_FIELD, "StrategyParameter");
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
	assert_nothing_reported();
	fid_bytes[40] ^= 1;
	assert_fid_bytes(0x0201, UDF_E_CORRUPT);
	assert_true(memory_sink_has(&heard, UDF_P_TAG_CRC, NULL));
	udf_fid_encode(&fid, fid_bytes);
	fid_bytes[7] ^= 1;
	assert_fid_bytes(0x0201, UDF_E_CORRUPT);
	assert_reported(UDF_P_TAG_CHECKSUM, "TagChecksum");
	udf_fid_encode(&fid, fid_bytes);
	put_le16(fid_bytes + 10, 5000);		/* CRC length beyond the FID */
	fix_checksum(fid_bytes);
	assert_fid_bytes(0x0201, UDF_E_CORRUPT);
	assert_reported(UDF_P_TAG_CRC_LENGTH, NULL);
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
		assert_reported(UDF_P_FID_NAME, "FileIdentifier");
}

static void unreadable_names_are_refused(void **state)
{
	(void)state;
	assert_name("10 00 41", 0, 0x0201, UDF_OK);
	assert_nothing_reported();
	assert_name("", 0, 0x0201, UDF_E_CORRUPT);
	assert_name("08", 0, 0x0201, UDF_E_CORRUPT);
	assert_name("10 00", 0, 0x0201, UDF_E_CORRUPT);
	assert_name("00 41", 0, 0x0201, UDF_E_CORRUPT);
	assert_name("09 41", 0, 0x0201, UDF_E_CORRUPT);
	/* Of a deleted entry nobody reads the name. */
	assert_name("09 41", UDF_FID_DELETED, 0x0201, UDF_OK);
	assert_reported(UDF_P_FID_DELETED_NAME, "FileIdentifier");
	assert_name("FE 41", UDF_FID_DELETED, 0x0201, UDF_OK);
	assert_nothing_reported();
	assert_name("FE 41 42 43", UDF_FID_DELETED, 0x0200, UDF_OK);
	assert_reported(UDF_P_FID_DELETED_NAME, "LengthOfFileIdentifier");
	assert_name("FE 41 42 43 44", UDF_FID_DELETED, 0x0200, UDF_OK);
	assert_nothing_reported();
	assert_name("FF 00 41 00 42 00 43", UDF_FID_DELETED, 0x0200, UDF_OK);
	assert_reported(UDF_P_FID_DELETED_NAME, "LengthOfFileIdentifier");
	assert_name("FE 41", UDF_FID_DELETED, 0x0150, UDF_OK);
	assert_reported(UDF_P_FID_DELETED_NAME, "FileIdentifier");
	assert_name("FE 41", 0, 0x0201, UDF_OK);
	assert_reported(UDF_P_FID_NAME, "FileIdentifier");
	assert_name("10 FE FF", 0, 0x0201, UDF_OK);
	assert_reported(UDF_P_FID_NAME, "FileIdentifier");
}

#define FID_RULE(assignment, revision, problem, field) do { \
	struct udf_fid fid = good_fid(); \
	fid.assignment; \
	assert_fid(&fid, revision, UDF_OK); \
	assert_reported(problem, field); \
} while (0)

static void other_violations_in_fids_are_reported_and_accepted(void **state)
{
	struct udf_fid padded = good_fid();

	(void)state;
	padded.impl_use_bytes = 32;
	assert_fid(&padded, 0x0201, UDF_OK);
	assert_nothing_reported();
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
	assert_nothing_reported();
	fid.icb = (struct udf_long_ad){ 0 };
	assert_fid(&fid, 0x0201, UDF_OK);
	assert_nothing_reported();
	fid.icb.unique_id = 17;
	assert_fid(&fid, 0x0201, UDF_OK);
	assert_reported(UDF_P_FID_ICB, "ICB.ExtentLocation");
}

static void crc_of_a_fid_may_be_short_on_2_00_only(void **state)
{
	struct udf_fid fid = good_fid();

	(void)state;
	udf_fid_encode(&fid, fid_bytes);
	udf_tag_seal(fid_bytes, UDF_TAG_FID, 3, 1, 7, 22);
	assert_fid_bytes(0x0201, UDF_OK);
	assert_reported(UDF_P_TAG_CRC_LENGTH, "DescriptorCRCLength");
	assert_fid_bytes(0x0200, UDF_OK);
	assert_reported(UDF_P_FIELD_ODD, "DescriptorCRCLength");
}

static void padding_of_a_fid_is_zero(void **state)
{
	struct udf_fid fid = good_fid();

	(void)state;
	udf_fid_encode(&fid, fid_bytes);
	fid_bytes[43] = 1;
	udf_tag_reseal(fid_bytes);
	assert_fid_bytes(0x0201, UDF_OK);
	assert_reported(UDF_P_RESERVED, "Padding");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_that_leave_the_block_are_refused),
		cmocka_unit_test(unknown_strategy_and_ad_kind_are_refused),
		cmocka_unit_test(embedded_data_are_as_long_as_the_file),
		cmocka_unit_test(other_violations_in_file_entries_are_reported_and_accepted),
		cmocka_unit_test(file_types_are_reported_before_the_revision_that_allows_them),
		cmocka_unit_test(strategy_4096_has_its_own_parameter_and_entry_counts),
		cmocka_unit_test(fids_that_leave_the_directory_are_refused),
		cmocka_unit_test(damaged_fids_are_refused),
		cmocka_unit_test(unreadable_names_are_refused),
		cmocka_unit_test(other_violations_in_fids_are_reported_and_accepted),
		cmocka_unit_test(deleted_entries_keep_their_icb_or_none_of_it),
		cmocka_unit_test(crc_of_a_fid_may_be_short_on_2_00_only),
		cmocka_unit_test(padding_of_a_fid_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
