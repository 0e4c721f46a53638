/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * With a sink every violation is reported, and nothing but it: what the descriptors of a volume say
 * and whether they agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "worked_volume.h"

static void volumes_of_other_makers_are_clean(void **state)
{
	static const char *const media[] = { "hd", "dvdram", "dvd", "cd" };
	static const char *const revisions[] = { "1.02", "1.50", "2.00", "2.01" };
	unsigned m, r;
	uint32_t size;

	(void)state;
	for (m = 0; m < 4; m++)
		for (r = 0; r < 4; r++)
			for (size = 512; size <= 4096; size *= 2) {
				struct fixture fx;

				fx_mkudffs(&fx, media[m], revisions[r], size, 8192, NULL);
				assert_int_equal(fx_check(&fx), UDF_OK);
				print_message("%s %s %u\n", media[m], revisions[r], size);
				if (m < 2)
					assert_clean(&fx);
				else	/* free space, and a bitmap, that a read-only partition does not have */
					assert_only(&fx, UDF_P_LVID_FREE_READ_ONLY);
				fx_done(&fx);
			}
}

static void space_tables_and_other_options_are_clean(void **state)
{
	static const char *const extras[] = { "--space=unalloctable", "--read-only", "--ad=long",
		"--strategy=4096", "--bootarea=mbr", "-l \"$(printf 'd\\303\\251j\\303\\240')\"" };
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(extras) / sizeof(extras[0]); i++) {
		struct fixture fx;

		fx_mkudffs(&fx, "hd", "2.01", 2048, N_BLOCKS, extras[i]);
		assert_int_equal(fx_check(&fx), UDF_OK);
		print_message("%s\n", extras[i]);
		if (strcmp(extras[i], "--read-only") == 0)
			assert_only(&fx, UDF_P_LVID_FREE_READ_ONLY);
		else
			assert_clean(&fx);
		fx_done(&fx);
	}
}

struct edit {
	enum udf_problem problem;
	uint32_t lsn, at, value;
	unsigned n_bytes;
	bool both;		/* also in the reserve copy */
};

/* Every rule that one field can break, with the tag made right again. */
static void each_bad_field_is_the_only_problem_reported(void **state)
{
	static const struct edit edits[] = {
		{ UDF_P_REVISION_DIFFERS, FSD_LSN, 440, 0x0200, 2, false },
		{ UDF_P_RESERVED, PD_LSN, 72, 2048, 4, true },	/* integrity table */
		{ UDF_P_RESERVED, TD_LSN, 100, 1, 1, true },
		{ UDF_P_RESERVED, 7935, 32, 1, 1, false },
		{ UDF_P_FIELD, LVD_LSN, 442, 2, 2, true },	/* the map's volume sequence number */
		{ UDF_P_ENTITY_ID, LVID_LSN, LVID_IMPL_AT + 1, '!', 1, false },
		{ UDF_P_SPACE_NONE, PD_LSN, 64, 0, 4, true },
		{ UDF_P_SPACE_EXTENT, PD_LSN, 64, 2047, 4, true },
		{ UDF_P_LVID_OPEN, LVID_LSN, 28, UDF_LVID_OPEN, 4, false },
		{ UDF_P_LVID_SIZE_TABLE, LVID_LSN, 84, 7671, 4, false },
		{ UDF_P_LVID_FREE_TABLE, LVID_LSN, 80, 7673, 4, false },
		{ UDF_P_LVID_NEXT_ID, LVID_LSN, 40, 15, 4, false },
		{ UDF_P_LVID_NEXT_ID, LVID_LSN, 44, 1, 4, false },
		{ UDF_P_LVID_NEXT_ID_HIGH, LVID_LSN, 40, 0x80000000, 4, false },
		{ UDF_P_LVID_REVISION, LVID_LSN, LVID_IMPL_AT + 40, 0x0250, 2, false },
		{ UDF_P_LVID_REVISION, LVID_LSN, LVID_IMPL_AT + 40, 0x0150, 2, false },
		{ UDF_P_LVID_REVISION, LVID_LSN, LVID_IMPL_AT + 42, 0x0250, 2, false },
		{ UDF_P_LVID_REVISION, LVID_LSN, LVID_IMPL_AT + 44, 0x0200, 2, false },
		{ UDF_P_FSD_SETS, FSD_LSN, 40, 1, 4, false },
		{ UDF_P_INTEGRITY_SHORT, LVD_LSN, 432, 4096, 4, true },
		{ UDF_P_USD_EXTENT, USD_LSN, 24, 155647, 4, true },
		{ UDF_P_USD_OVERLAP, USD_LSN, 28, 18, 4, true },
		{ UDF_P_VDS_UNEXPECTED, TD_LSN, 0, UDF_TAG_FSD, 2, false },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		const struct edit *e = &edits[i];
		uint8_t bytes[4];
		struct fixture fx;

		make_hd(&fx);
		put_le32(bytes, e->value);
		fx_set(&fx, e->lsn, e->at, bytes, e->n_bytes);
		if (e->both)
			fx_set(&fx, RESERVE_VDS + (e->lsn - MAIN_VDS), e->at, bytes, e->n_bytes);
		print_message("%s\n", udf_problem_name(e->problem));
		assert_int_equal(fx_check(&fx), UDF_OK);
		assert_only(&fx, e->problem);
		fx_done(&fx);
	}
}

static void wrong_block_size_is_fatal(void **state)
{
	const struct udf_vol_options options = { .block_bytes = 2048 };
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	set_both32(&fx, LVD_LSN, 212, 4096);
	assert_int_equal(fx_open_with(&fx, &options, &fx.findings.sink), UDF_E_CORRUPT);
	assert_int_equal(fx.findings.n[UDF_P_LVD_BLOCK_SIZE], 1);
	fx_done(&fx);
}

static void map_table_is_checked(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	set_both32(&fx, LVD_LSN, 268, 2);	/* two maps in the room of one */
	assert_int_equal(fx_check(&fx), UDF_E_CORRUPT);
	assert_int_equal(fx.findings.n[UDF_P_MAP_TABLE], 1);
	fx_done(&fx);

	make_hd(&fx);		/* more room than the map takes */
	set_both32(&fx, LVD_LSN, 264, 7);
	set_both16(&fx, LVD_LSN, 10, 431);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_MAP_TABLE);
	fx_done(&fx);

	make_hd(&fx);
	set_both16(&fx, LVD_LSN, 444, 9);
	assert_int_equal(fx_check(&fx), UDF_E_CORRUPT);
	assert_int_equal(fx.findings.n[UDF_P_PART_MISSING], 1);
	fx_done(&fx);

	fx_mkudffs(&fx, "cdr", "2.01", 2048, 5000, NULL);
	assert_int_equal(fx_check(&fx), UDF_E_UNSUPPORTED);
	assert_int_equal(fx.findings.n[UDF_P_MAP_UNSUPPORTED], 1);
	fx_done(&fx);
}

static void partition_limits_are_checked(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	set_both32(&fx, PD_LSN, 192, 8000);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_PART_OUTSIDE], 1);
	fx_done(&fx);

	make_hd(&fx);
	set_both32(&fx, PD_LSN, 188, 0xFFFFFFFF);
	assert_int_equal(fx_check(&fx), UDF_E_CORRUPT);
	assert_int_equal(fx.findings.n[UDF_P_PART_OUTSIDE], 1);
	fx_done(&fx);

	make_hd(&fx);
	set_both32(&fx, PD_LSN, 56, 2048);	/* a space table beside the bitmap */
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_SPACE_MIX);
	fx_done(&fx);

	fx_mkudffs(&fx, "dvd", "2.01", 2048, N_BLOCKS, NULL);
	set_both32(&fx, PD_LSN, 64, 2048);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_LVID_FREE_READ_ONLY);
	assert_int_equal(fx.findings.n[UDF_P_SPACE_FORBIDDEN], 1);
	fx_done(&fx);

	make_hd(&fx);
	set_both32(&fx, PD_LSN, 188, 10);
	assert_int_equal(fx_check(&fx), UDF_E_CORRUPT);	/* no file set there */
	assert_int_equal(fx.findings.n[UDF_P_PART_START], 1);
	fx_done(&fx);

	make_hd(&fx);
	set_both32(&fx, PD_LSN, 188, 250);
	assert_int_equal(fx_check(&fx), UDF_E_CORRUPT);
	assert_int_equal(fx.findings.n[UDF_P_PART_START_LOW], 1);
	fx_done(&fx);
}

/* The partition in two halves, both writable; the reserve copy the same. */
static void two_writable_partitions_are_reported(void **state)
{
	static const uint8_t map[6] = { 1, 6, 1, 0, 5, 0 };
	uint32_t lvds[] = { LVD_LSN, RESERVE_VDS + 1 }, pds[] = { MAIN_VDS + 5, RESERVE_VDS + 5 };
	uint8_t block[2048];
	struct fixture fx;
	unsigned i;

	(void)state;
	make_hd(&fx);
	append(&fx, PD_LSN, 20, 0x00050001);
	set_both32(&fx, PD_LSN, 192, 6000);
	for (i = 0; i < 2; i++) {
		fx_set32(&fx, pds[i], 188, PARTITION + 6000);
		fx_set32(&fx, pds[i], 192, 1672);
		fx_read(&fx, lvds[i], 1, block);
		memcpy(block + 446, map, sizeof(map));
		put_le32(block + 264, 12);
		put_le32(block + 268, 2);
		put_le16(block + 10, 436);
		udf_tag_reseal(block);
		fx_write(&fx, lvds[i], 1, block);
	}
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_PART_PAIR], 1);
	assert_int_equal(fx.findings.n[UDF_P_PART_OVERLAP], 0);
	assert_int_equal(fx.findings.n[UDF_P_LVID_PARTITIONS], 1);

	/* one of them read-only is right; beside a pseudo-overwritable one it isn't */
	for (i = 0; i < 2; i++)
		fx_set32(&fx, pds[i], 184, UDF_ACCESS_READ_ONLY);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_PART_PAIR], 0);
	set_both32(&fx, PD_LSN, 184, UDF_ACCESS_PSEUDO_OVERWRITABLE);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_PART_PAIR], 1);

	for (i = 0; i < 2; i++)
		fx_set32(&fx, pds[i], 188, PARTITION + 5999);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_PART_OVERLAP], 1);

	/* both maps name one partition */
	for (i = 0; i < 2; i++)
		fx_set16(&fx, lvds[i], 450, 0);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_PART_UNUSED], 1);
	fx_done(&fx);
}

static void labels_that_differ_are_reported(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_set8(&fx, FSD_LSN, 113, 'Q');
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_LABEL_DIFFERS);
	fx_done(&fx);

	make_hd(&fx);
	fx_set8(&fx, IUVD_LSN, 117, 'Q');
	fx_set8(&fx, RESERVE_VDS + 4, 117, 'Q');
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_LABEL_DIFFERS);
	fx_done(&fx);
}

static void labels_are_compared_as_text(void **state)
{
	/* "LinuxUDF" with compression ID 16 */
	static const uint8_t wide[] = { 16, 0, 'L', 0, 'i', 0, 'n', 0, 'u', 0, 'x', 0, 'U', 0, 'D', 0, 'F' };
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_set(&fx, FSD_LSN, 112, wide, sizeof(wide));
	fx_set8(&fx, FSD_LSN, 112 + 127, sizeof(wide));
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_clean(&fx);
	fx_done(&fx);
}

static void integrity_sequence_is_checked(void **state)
{
	uint8_t block[2048];
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_zero(&fx, LVID_LSN, 1);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_true(fx.findings.n[UDF_P_LVID_MISSING]);
	fx_done(&fx);

	make_hd(&fx);
	fx_zero(&fx, LVID_TD_LSN, 1);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_LVID_UNTERMINATED);
	fx_done(&fx);

	make_hd(&fx);
	fx_set16(&fx, LVID_TD_LSN, 0, UDF_TAG_PVD);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_true(fx.findings.n[UDF_P_LVID_UNEXPECTED]);
	fx_done(&fx);

	make_hd(&fx);
	fx_set32(&fx, LVID_LSN, 32, 8192);
	fx_set32(&fx, LVID_LSN, 36, LVID_LSN);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_LVID_CHAIN], 1);
	fx_done(&fx);

	make_hd(&fx);
	fx_set32(&fx, LVID_LSN, 32, 256);	/* no whole block */
	fx_set32(&fx, LVID_LSN, 36, LVID_TD_LSN);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_LVID_CHAIN);
	fx_set32(&fx, LVID_LSN, 32, 8192);
	fx_set32(&fx, LVID_LSN, 36, 0);		/* where nothing of it may lie */
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_LVID_CHAIN);
	fx_done(&fx);

	make_hd(&fx);
	fx_read(&fx, LVID_LSN, 1, block);
	put_le32(block + 76, 40);
	memset(block + LVID_IMPL_AT + 40, 0, 6);
	udf_tag_seal(block, UDF_TAG_LVID, 3, 1, LVID_LSN, LVID_IMPL_AT + 40 - 16);
	fx_write(&fx, LVID_LSN, 1, block);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_true(fx.findings.n[UDF_P_LVID_IMPL_USE]);
	fx_done(&fx);

	make_hd(&fx);
	set_both32(&fx, LVD_LSN, 436, 8190);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_INTEGRITY_OUTSIDE], 1);
	fx_done(&fx);
}

static void minimum_read_revision_of_another_value_is_only_a_remark(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_set16(&fx, LVID_LSN, LVID_IMPL_AT + 40, 0x0200);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_clean(&fx);
	assert_int_equal(fx.findings.n[UDF_P_LVID_REVISION_DIFFERS], 1);
	fx_done(&fx);
}

static void file_set_sequence_is_checked(void **state)
{
	uint8_t block[2048];
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_zero(&fx, FSD_LSN, 1);
	assert_int_equal(fx_check(&fx), UDF_E_CORRUPT);
	assert_int_equal(fx.findings.n[UDF_P_FSD_MISSING], 1);
	assert_int_equal(fx.findings.n[UDF_P_FSD_UNTERMINATED], 1);
	fx_done(&fx);

	make_hd(&fx);
	fx_set16(&fx, FSD_LSN, 0, UDF_TAG_PVD);
	assert_int_equal(fx_check(&fx), UDF_E_CORRUPT);
	assert_int_equal(fx.findings.n[UDF_P_FSD_UNEXPECTED], 1);
	fx_done(&fx);

	make_hd(&fx);
	fx_read(&fx, FSD_LSN, 1, block);
	put_le32(block + 448, 2048);
	put_le32(block + 452, 1);
	udf_tag_reseal(block);
	fx_write(&fx, FSD_LSN, 1, block);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_FSD_CHAIN], 1);
	fx_done(&fx);
}

static void times_are_compared_with_the_integrity_descriptor(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_set16(&fx, FSD_LSN, 18, 2090);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_TIME_AFTER_LVID);
	fx_done(&fx);

	/* one of them without a zone: both are taken as of one place */
	make_hd(&fx);
	fx_set(&fx, LVID_LSN, 16, "\x3C\x10\xE8\x07\x02\x1D\x0D\x2D\x07\x00\x00\x00", 12);
	fx_set(&fx, PVD_LSN, 376, "\x3C\x10\xE8\x07\x02\x1D\x0D\x2D\x07\x00\x00\x00", 12);
	fx_set(&fx, RESERVE_VDS, 376, "\x3C\x10\xE8\x07\x02\x1D\x0D\x2D\x07\x00\x00\x00", 12);
	fx_set(&fx, FSD_LSN, 16, "\x01\x18\xE8\x07\x02\x1D\x0D\x2D\x07\x00\x00\x00", 12);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_clean(&fx);
	fx_set8(&fx, FSD_LSN, 16 + 8, 8);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_TIME_AFTER_LVID);
	fx_set8(&fx, FSD_LSN, 16 + 8, 7);
	fx_set(&fx, LVID_LSN, 16, "\x01\x18", 2);
	fx_set(&fx, FSD_LSN, 16, "\x01\x18", 2);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_clean(&fx);
	fx_set8(&fx, PVD_LSN, 376 + 8, 8);
	fx_set8(&fx, RESERVE_VDS, 376 + 8, 8);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_TIME_AFTER_LVID);
	fx_done(&fx);

	make_hd(&fx);
	fx_set16(&fx, LVID_LSN, 18, 2150);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_TIME_FUTURE);
	fx_done(&fx);
}

static void unknown_revision_is_reported(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	set_both16(&fx, LVD_LSN, 240, 0x0205);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_REVISION_UNKNOWN], 1);
	fx_done(&fx);
}

static void three_partitions_are_too_many(void **state)
{
	uint32_t lvds[] = { LVD_LSN, RESERVE_VDS + 1 };
	uint8_t block[2048];
	struct fixture fx;
	unsigned i;

	(void)state;
	make_hd(&fx);
	for (i = 0; i < 2; i++) {
		fx_read(&fx, lvds[i], 1, block);
		memcpy(block + 446, block + 440, 6);
		memcpy(block + 452, block + 440, 6);
		put_le32(block + 264, 18);
		put_le32(block + 268, 3);
		put_le16(block + 10, 442);
		udf_tag_reseal(block);
		fx_write(&fx, lvds[i], 1, block);
	}
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_PART_COUNT], 1);
	fx_done(&fx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(volumes_of_other_makers_are_clean),
		cmocka_unit_test(space_tables_and_other_options_are_clean),
		cmocka_unit_test(each_bad_field_is_the_only_problem_reported),
		cmocka_unit_test(wrong_block_size_is_fatal),
		cmocka_unit_test(map_table_is_checked),
		cmocka_unit_test(partition_limits_are_checked),
		cmocka_unit_test(two_writable_partitions_are_reported),
		cmocka_unit_test(labels_that_differ_are_reported),
		cmocka_unit_test(labels_are_compared_as_text),
		cmocka_unit_test(integrity_sequence_is_checked),
		cmocka_unit_test(minimum_read_revision_of_another_value_is_only_a_remark),
		cmocka_unit_test(file_set_sequence_is_checked),
		cmocka_unit_test(times_are_compared_with_the_integrity_descriptor),
		cmocka_unit_test(unknown_revision_is_reported),
		cmocka_unit_test(three_partitions_are_too_many),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
