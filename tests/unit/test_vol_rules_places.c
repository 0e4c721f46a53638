/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * With a sink every violation is reported, and nothing but it: where the structures of a volume lie,
 * from the recognition sequence and the anchors to the descriptor sequences, and their tags.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "worked_volume.h"

static void missing_recognition_sequence_is_reported_and_reading_continues(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_zero(&fx, VRS_LSN, 3);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_VRS_MISSING);
	fx_done(&fx);
}

static void put_vsd(struct fixture *fx, uint32_t lsn, const char *id)
{
	uint8_t block[2048] = { 0 };

	memcpy(block + 1, id, 5);
	block[6] = 1;
	fx_write(fx, lsn, 1, block);
}

static void recognition_sequence_is_checked(void **state)
{
	static const struct { enum udf_problem problem; const char *ids[5]; } cases[] = {
		{ UDF_P_VRS_ORDER, { "NSR03", "BEA01", "TEA01" } },
		{ UDF_P_VRS_ORDER, { "NSR02", "BEA01", "TEA01" } },
		{ UDF_P_VRS_ORDER, { "TEA01", "BEA01", "NSR03" } },
		{ UDF_P_VRS_ORDER, { "BOOT2", "BEA01", "NSR03", "TEA01" } },
		{ UDF_P_VRS_ORDER, { "BEA01", "NSR03" } },
		{ UDF_P_VRS_BOTH_NSR, { "BEA01", "NSR02", "NSR03", "TEA01" } },
		{ UDF_P_VRS_REVISION, { "BEA01", "NSR02", "TEA01" } },
		{ UDF_P_VRS_AREAS, { "BEA01", "NSR03", "TEA01", "BEA01", "TEA01" } },
	};
	struct fixture fx;
	unsigned i, j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_hd(&fx);
		fx_zero(&fx, VRS_LSN, 3);
		for (j = 0; j < 5 && cases[i].ids[j]; j++)
			put_vsd(&fx, VRS_LSN + j, cases[i].ids[j]);
		if (j > 4)	/* the unallocated space begins after three sectors and a blank one */
			set_both32(&fx, USD_LSN, 28, 22);
		if (j > 4)
			set_both32(&fx, USD_LSN, 24, 155648 - 4096);
		assert_int_equal(fx_check(&fx), UDF_OK);
		print_message("%s\n", udf_problem_name(cases[i].problem));
		if (cases[i].problem == UDF_P_VRS_ORDER)
			assert_true(fx.findings.n[UDF_P_VRS_ORDER]);
		else
			assert_only(&fx, cases[i].problem);
		fx_done(&fx);
	}
}

static void recognition_descriptor_with_wrong_version_is_reported(void **state)
{
	uint8_t block[2048];
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_read(&fx, VRS_LSN + 1, 1, block);
	block[6] = 2;
	fx_write(&fx, VRS_LSN + 1, 1, block);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_VRS_FIELD);
	fx_done(&fx);
}

static void sector_after_the_recognition_sequence_must_be_blank(void **state)
{
	uint8_t block[2048] = { 0, 'X' };
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_write(&fx, VRS_LSN + 3, 1, block);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_VRS_TAIL);
	fx_done(&fx);

	/* only recommended before 2.01 */
	fx_mkudffs(&fx, "hd", "1.50", 2048, N_BLOCKS, NULL);
	fx_write(&fx, VRS_LSN + 3, 1, block);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_clean(&fx);
	fx_done(&fx);
}

static void narrow_spacing_on_large_sectors_is_reported(void **state)
{
	struct fixture fx;

	(void)state;
	make_narrow_vrs(&fx);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_VRS_SPACING);
	fx_done(&fx);
}

static void single_anchor_is_too_few(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_zero(&fx, 256, 1);
	fx_zero(&fx, 7935, 1);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_ANCHOR_COUNT);
	fx_done(&fx);
}

static void lost_anchors_are_named_where_the_recognition_sequence_says_udf(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_zero(&fx, 256, 1);
	fx_zero(&fx, 7935, 1);
	fx_zero(&fx, 8191, 1);
	assert_int_equal(fx_check(&fx), UDF_E_NOT_UDF);
	assert_only(&fx, UDF_P_ANCHOR_COUNT);
	fx_done(&fx);
}

static void anchor_in_the_wrong_place_is_reported(void **state)
{
	uint8_t block[2048];
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_read(&fx, 256, 1, block);
	put_le32(block + 12, 8190);
	udf_tag_reseal(block);
	fx_write(&fx, 8190, 1, block);
	fx_zero(&fx, 256, 1);
	fx_zero(&fx, 8191, 1);
	/* it lies in what the USD lists: shorten that */
	set_both32(&fx, USD_LSN, 24 + 5 * 8, 142 * 2048);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_ANCHOR_PLACE);
	fx_done(&fx);
}

static void anchors_that_differ_are_reported(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_set32(&fx, 7935, 20, MAIN_VDS + 1);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_ANCHOR_DIFFERS);
	fx_done(&fx);
}

static void damaged_tags_are_reported(void **state)
{
	struct fixture fx;
	uint8_t block[2048];

	(void)state;
	make_hd(&fx);
	fx_break(&fx, 7935, 16);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_TAG_CRC);
	fx_done(&fx);

	make_hd(&fx);
	fx_break(&fx, 7935, 6);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_TAG_CHECKSUM);
	fx_done(&fx);

	make_hd(&fx);
	fx_set32(&fx, 7935, 12, 7934);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_TAG_LOCATION);
	fx_done(&fx);

	make_hd(&fx);
	fx_set16(&fx, 7935, 6, 2);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_TAG_SERIAL);
	fx_done(&fx);

	make_hd(&fx);
	fx_set16(&fx, 7935, 2, 2);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_TAG_VERSION_MIX);
	fx_done(&fx);

	make_hd(&fx);
	fx_read(&fx, 7935, 1, block);
	udf_tag_seal(block, UDF_TAG_AVDP, 3, 1, 7935, 100);
	fx_write(&fx, 7935, 1, block);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_TAG_CRC_LENGTH);
	fx_done(&fx);

	make_hd(&fx);
	fx_break(&fx, 7935, 600);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_TAIL_NOT_ZERO);
	fx_done(&fx);
}

static void descriptor_version_3_on_an_old_volume_is_reported(void **state)
{
	struct fixture fx;

	(void)state;
	fx_mkudffs(&fx, "hd", "1.50", 2048, N_BLOCKS, NULL);
	fx_set16(&fx, LVID_LSN, 2, 3);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_TAG_VERSION], 1);
	fx_done(&fx);
}

static void serial_number_zero_is_only_a_remark(void **state)
{
	struct fixture fx;

	(void)state;
	fx_need(FX_GENISOIMAGE);
	fx_genisoimage(&fx);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_TAG_SERIAL_ZERO], 1);
	assert_int_equal(fx.findings.n[UDF_P_TAG_SERIAL], 0);
	fx_done(&fx);
}

static void structure_inside_a_read_only_partition_is_only_a_remark(void **state)
{
	struct fixture fx;

	(void)state;
	fx_mkudffs(&fx, "dvd", "2.01", 2048, N_BLOCKS, NULL);
	set_both32(&fx, PD_LSN, 192, 7800);	/* over the anchor at N - 256 */
	set_both32(&fx, USD_LSN, 20, 0);
	fx_set32(&fx, LVID_LSN, 84, 7800);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_true(fx.findings.n[UDF_P_STRUCTURE_IN_RO_PARTITION]);
	assert_int_equal(fx.findings.n[UDF_P_STRUCTURE_IN_PARTITION], 0);
	fx_done(&fx);
}

static void overlaps_are_reported(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	set_both32(&fx, PD_LSN, 192, 7680);	/* the anchor at N - 256 is its last but one block */
	set_both32(&fx, USD_LSN, 24 + 3 * 8, 0);
	fx_set32(&fx, LVID_LSN, 84, 7680);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_true(fx.findings.n[UDF_P_STRUCTURE_IN_PARTITION]);
	fx_done(&fx);

	make_hd(&fx);
	set_both32(&fx, LVD_LSN, 432, 129 * 2048);	/* the integrity extent up to the anchor at 256 */
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_true(fx.findings.n[UDF_P_STRUCTURES_OVERLAP]);
	fx_done(&fx);

	make_hd(&fx);
	set_both32(&fx, USD_LSN, 24 + 8, 32768 + 2048);	/* 112 to 128 */
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_USD_OVERLAP);
	fx_done(&fx);

	make_hd(&fx);
	set_both32(&fx, USD_LSN, 24 + 12, 111 - 20);	/* the second starts inside the first */
	set_both32(&fx, USD_LSN, 24 + 8, 4 * 2048);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_USD_SELF_OVERLAP);
	fx_done(&fx);
}

static void set_anchors(struct fixture *fx, uint32_t at, uint32_t value)
{
	fx_set32(fx, 256, at, value);
	fx_set32(fx, 7935, at, value);
	fx_set32(fx, 8191, at, value);
}

static void sequence_extents_are_checked(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	set_anchors(&fx, 16, 15 * 2048);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_VDS_SHORT);
	fx_done(&fx);

	make_hd(&fx);
	set_anchors(&fx, 28, MAIN_VDS);		/* reserve is main */
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_VDS_OVERLAP);
	fx_done(&fx);

	make_hd(&fx);
	set_anchors(&fx, 16, 9000 * 2048);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_true(fx.findings.n[UDF_P_VDS_OUTSIDE]);
	fx_done(&fx);
}

static void lost_and_differing_copies_are_reported(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	fx_zero(&fx, RESERVE_VDS, 16);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_VDS_EMPTY);
	fx_done(&fx);

	make_hd(&fx);
	fx_set32(&fx, PD_LSN, 16, 30);		/* its sequence number */
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_VDS_COPIES_DIFFER);
	fx_done(&fx);

	make_hd(&fx);
	fx_zero(&fx, IUVD_LSN, 2);
	fx_zero(&fx, RESERVE_VDS + 4, 2);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_VDS_MISSING], 2);
	assert_only(&fx, UDF_P_VDS_MISSING);
	fx_done(&fx);
}

static void ambiguous_sequences_are_reported(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	append(&fx, USD_LSN, 24, 2048);		/* same number, other contents */
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_VDS_SAME_NUMBER);
	fx_done(&fx);

	make_hd(&fx);
	append(&fx, PVD_LSN, 73, 0x31323334);	/* another volume set identifier */
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_VDS_SEVERAL_PREVAIL);
	fx_done(&fx);

	make_hd(&fx);
	append(&fx, PD_LSN, 20, 0x00050001);	/* partition 5, which no map names */
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_PART_UNUSED);
	fx_done(&fx);
}

static void unterminated_sequence_is_reported(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	set_anchors(&fx, 16, 5 * 2048);		/* the TD is after the extent */
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_VDS_UNTERMINATED], 1);
	fx_done(&fx);
}

static void sequence_pointer_without_end_is_reported(void **state)
{
	struct udf_vdp vdp = { .sequence_number = 6, .next_vds = { 16 * 2048, MAIN_VDS } };
	uint8_t block[2048] = { 0 };
	struct fixture fx;

	(void)state;
	make_hd(&fx);
	udf_vdp_encode(&vdp, block);
	udf_tag_seal(block, UDF_TAG_VDP, 3, 1, TD_LSN, 496);
	fx_write(&fx, TD_LSN, 1, block);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_VDS_CHAIN], 1);
	fx_done(&fx);
}

static void unreadable_sector_is_named(void **state)
{
	struct fixture fx;
	struct bio *fault;

	(void)state;
	make_hd(&fx);
	assert_int_equal(bio_fault_new(fx.bio, &fault), UDF_OK);
	fx.bio = fault;
	assert_int_equal(bio_fault_bad_block(fault, 7935 * 4, true, false), UDF_OK);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_BLOCK_UNREADABLE);
	fx_done(&fx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_recognition_sequence_is_reported_and_reading_continues),
		cmocka_unit_test(recognition_sequence_is_checked),
		cmocka_unit_test(recognition_descriptor_with_wrong_version_is_reported),
		cmocka_unit_test(sector_after_the_recognition_sequence_must_be_blank),
		cmocka_unit_test(narrow_spacing_on_large_sectors_is_reported),
		cmocka_unit_test(single_anchor_is_too_few),
		cmocka_unit_test(lost_anchors_are_named_where_the_recognition_sequence_says_udf),
		cmocka_unit_test(anchor_in_the_wrong_place_is_reported),
		cmocka_unit_test(anchors_that_differ_are_reported),
		cmocka_unit_test(damaged_tags_are_reported),
		cmocka_unit_test(descriptor_version_3_on_an_old_volume_is_reported),
		cmocka_unit_test(serial_number_zero_is_only_a_remark),
		cmocka_unit_test(structure_inside_a_read_only_partition_is_only_a_remark),
		cmocka_unit_test(overlaps_are_reported),
		cmocka_unit_test(sequence_extents_are_checked),
		cmocka_unit_test(lost_and_differing_copies_are_reported),
		cmocka_unit_test(ambiguous_sequences_are_reported),
		cmocka_unit_test(unterminated_sequence_is_reported),
		cmocka_unit_test(sequence_pointer_without_end_is_reported),
		cmocka_unit_test(unreadable_sector_is_named),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
