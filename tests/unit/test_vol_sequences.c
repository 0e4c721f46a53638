/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In sequences of descriptors the one that prevails is found, and damage that a copy makes good is passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "worked_volume.h"

static void destroyed_main_sequence_is_read_from_the_reserve(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx_zero(&fx, MAIN_VDS, 16);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_true(fx.vol->reserve_used);
	assert_int_equal(fx.vol->pvd.tag.location, RESERVE_VDS);
	assert_null(udf_vol_why_read_only(fx.vol));
	fx_done(&fx);
}

static void each_broken_descriptor_is_read_from_the_reserve(void **state)
{
	static const uint16_t ids[] = { UDF_TAG_PVD, UDF_TAG_LVD, UDF_TAG_PD, UDF_TAG_USD, UDF_TAG_IUVD };
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct fixture fx;

		make_labelled_hd(&fx);
		fx_break(&fx, fx_find(&fx, MAIN_VDS, ids[i]), 24);
		assert_int_equal(fx_open(&fx), UDF_OK);
		assert_true(fx.vol->reserve_used);
		assert_int_equal(fx.vol->pvd.tag.location, ids[i] == UDF_TAG_PVD ? RESERVE_VDS : MAIN_VDS);
		assert_int_equal(fx.vol->iuvd.tag.id, UDF_TAG_IUVD);
		assert_int_equal(fx.vol->usd.tag.id, UDF_TAG_USD);
		fx_done(&fx);
	}
}

/* The tags are right, what the main copy says is not. */
static void a_main_sequence_that_leads_nowhere_is_replaced_by_the_reserve(void **state)
{
	static const struct { uint32_t lsn, at, value; } cases[] = {
		{ MAIN_VDS + 1, 212, 4096 },		/* logical block size */
		{ MAIN_VDS + 1, 268, 2 },		/* number of partition maps */
		{ MAIN_VDS + 1, 444, 9 },		/* partition number */
		{ MAIN_VDS + 2, 188, 0xFFFFFFFF },	/* start of the partition */
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture fx;

		make_labelled_hd(&fx);
		fx_set32(&fx, cases[i].lsn, cases[i].at, cases[i].value);
		assert_int_equal(fx_open(&fx), UDF_OK);
		assert_true(fx.vol->reserve_used);
		assert_int_equal(fx.vol->parts[0].start_lsn, PARTITION);
		assert_int_equal(fx_check(&fx), UDF_OK);
		assert_int_equal(fx.findings.n[UDF_P_VDS_COPIES_DIFFER], 1);
		fx_done(&fx);
	}
}

static void each_sequence_may_lack_a_descriptor_that_the_other_has(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx_break(&fx, fx_find(&fx, MAIN_VDS, UDF_TAG_LVD), 100);
	fx_break(&fx, fx_find(&fx, RESERVE_VDS, UDF_TAG_PD), 100);
	assert_int_equal(fx_open(&fx), UDF_OK);
	fx_done(&fx);
}

static void volume_without_primary_descriptor_is_usable(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx_break(&fx, fx_find(&fx, MAIN_VDS, UDF_TAG_PVD), 24);
	fx_break(&fx, fx_find(&fx, RESERVE_VDS, UDF_TAG_PVD), 24);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->pvd.tag.id, 0);
	fx_done(&fx);
}

static void volume_without_partition_or_logical_volume_is_corrupt(void **state)
{
	static const uint16_t ids[] = { UDF_TAG_LVD, UDF_TAG_PD };
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct fixture fx;

		make_labelled_hd(&fx);
		fx_break(&fx, fx_find(&fx, MAIN_VDS, ids[i]), 100);
		fx_break(&fx, fx_find(&fx, RESERVE_VDS, ids[i]), 100);
		assert_int_equal(fx_open(&fx), UDF_E_CORRUPT);
		fx_done(&fx);
	}
}

static void highest_sequence_number_prevails(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	/* PVD LVD PD USD IUVD TD: the TD's place takes a newer PD, of another access type */
	copy_desc(&fx, MAIN_VDS + 5, MAIN_VDS + 6, 0);
	copy_desc(&fx, MAIN_VDS + 2, MAIN_VDS + 5, 9);
	fx_set32(&fx, MAIN_VDS + 5, 184, UDF_ACCESS_READ_ONLY);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->parts[0].access_type, UDF_ACCESS_READ_ONLY);
	fx_set32(&fx, MAIN_VDS + 5, 16, 1);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->parts[0].access_type, UDF_ACCESS_OVERWRITABLE);
	fx_done(&fx);
}

/* As pycdlib writes them. */
static void a_crc_that_covers_more_than_the_descriptor_is_accepted(void **state)
{
	static const uint16_t ids[] = { UDF_TAG_PVD, UDF_TAG_LVD, UDF_TAG_PD, UDF_TAG_USD, UDF_TAG_IUVD, UDF_TAG_TD };
	struct fixture fx;
	unsigned i;

	(void)state;
	make_labelled_hd(&fx);
	for (i = 0; i < 2 * sizeof(ids) / sizeof(ids[0]); i++) {
		uint64_t lsn = fx_find(&fx, i % 2 ? RESERVE_VDS : MAIN_VDS, ids[i / 2]);
		uint8_t block[2048];

		fx_read(&fx, lsn, 1, block);
		udf_tag_seal(block, ids[i / 2], 3, 1, (uint32_t)lsn, 496 + i);
		fx_write(&fx, lsn, 1, block);
	}
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_false(fx.vol->reserve_used);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_TAG_CRC_LENGTH);
	fx_done(&fx);
}

/* A VDP at LSN that leads to N_BYTES at NEXT. */
static void put_vdp(struct fixture *fx, uint32_t lsn, uint32_t number, uint32_t next, uint32_t n_bytes)
{
	struct udf_vdp vdp = { .sequence_number = number, .next_vds = { n_bytes, next } };
	uint8_t block[2048] = { 0 };

	udf_vdp_encode(&vdp, block);
	udf_tag_seal(block, UDF_TAG_VDP, 3, 1, lsn, 496);
	fx_write(fx, lsn, 1, block);
}

static void the_sequence_continues_where_the_pointer_says(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	copy_desc(&fx, MAIN_VDS + 4, 140, 5);	/* the IUVD and what follows, to a second extent */
	fx_zero(&fx, MAIN_VDS + 5, 1);
	put_vdp(&fx, MAIN_VDS + 4, 6, 140, 4 * 2048);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_false(fx.vol->reserve_used);
	assert_int_equal(fx.vol->iuvd.tag.location, 140);
	fx_done(&fx);
}

static void the_sequence_pointer_with_the_highest_number_prevails(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	copy_desc(&fx, MAIN_VDS + 4, 140, 5);
	put_vdp(&fx, MAIN_VDS + 4, 6, 150, 4 * 2048);	/* to blank sectors */
	put_vdp(&fx, MAIN_VDS + 5, 8, 140, 4 * 2048);
	put_vdp(&fx, MAIN_VDS + 6, 7, 150, 4 * 2048);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_false(fx.vol->reserve_used);
	assert_int_equal(fx.vol->iuvd.tag.location, 140);
	fx_done(&fx);
}

static void logical_volume_of_the_highest_number_prevails(void **state)
{
	static const struct { uint32_t number; const char *label; } cases[] = { { 9, "Qabel" }, { 1, "Label" } };
	struct fixture fx;
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		make_labelled_hd(&fx);
		copy_desc(&fx, MAIN_VDS + 5, MAIN_VDS + 6, 0);
		copy_desc(&fx, MAIN_VDS + 1, MAIN_VDS + 5, cases[i].number);
		fx_set8(&fx, MAIN_VDS + 5, 85, 'Q');
		assert_int_equal(fx_open(&fx), UDF_OK);
		assert_label(&fx, cases[i].label);
		fx_done(&fx);
	}
}

/* Not damaged: the main sequence just ends after PVD, LVD and PD. */
static void descriptors_missing_in_the_main_sequence_are_read_from_the_reserve(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	copy_desc(&fx, MAIN_VDS + 5, MAIN_VDS + 3, 0);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_true(fx.vol->reserve_used);
	assert_int_equal(fx.vol->usd.tag.id, UDF_TAG_USD);
	assert_int_equal(fx.vol->iuvd.tag.id, UDF_TAG_IUVD);
	fx_done(&fx);

	make_labelled_hd(&fx);		/* all but the USD */
	copy_desc(&fx, MAIN_VDS + 4, MAIN_VDS + 3, 4);
	copy_desc(&fx, MAIN_VDS + 5, MAIN_VDS + 4, 0);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->usd.tag.id, UDF_TAG_USD);
	fx_done(&fx);
}

static void sequence_that_leads_to_itself_ends(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	put_vdp(&fx, MAIN_VDS + 5, 6, MAIN_VDS, 16 * 2048);
	assert_int_equal(fx_open(&fx), UDF_OK);
	fx_done(&fx);
}

static void last_integrity_descriptor_prevails(void **state)
{
	struct fixture fx;
	uint8_t block[2048];

	(void)state;
	make_labelled_hd(&fx);
	fx_read(&fx, LVID_LSN, 1, block);
	put_le32(block + 12, LVID_LSN + 1);
	put_le32(block + 28, UDF_LVID_OPEN);
	udf_tag_reseal(block);
	fx_write(&fx, LVID_LSN + 1, 1, block);	/* over the TD; blank after it */
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->lvid_lsn, LVID_LSN + 1);
	assert_int_equal(fx.vol->lvid.type, UDF_LVID_OPEN);
	fx_break(&fx, LVID_LSN + 1, 40);	/* torn: the one before it serves */
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->lvid_lsn, LVID_LSN);
	fx_done(&fx);
}

static void the_integrity_sequence_continues_in_its_next_extent(void **state)
{
	struct fixture fx;
	uint8_t block[2048];

	(void)state;
	make_labelled_hd(&fx);
	fx_read(&fx, LVID_LSN, 1, block);
	put_le32(block + 12, 140);
	udf_tag_reseal(block);
	fx_write(&fx, 140, 1, block);
	fx_set32(&fx, LVID_LSN, 32, 2048);
	fx_set32(&fx, LVID_LSN, 36, 140);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->lvid_lsn, 140);
	fx_set32(&fx, 140, 32, 8192);		/* and back again, for ever */
	fx_set32(&fx, 140, 36, LVID_LSN);
	assert_int_equal(fx_open(&fx), UDF_OK);
	fx_done(&fx);
}

static void highest_file_set_descriptor_prevails(void **state)
{
	struct fixture fx;
	uint8_t block[2048];

	(void)state;
	make_labelled_hd(&fx);
	/* Two blocks of sequence: the FSD, and a newer one where the system stream directory was */
	fx_set32(&fx, MAIN_VDS + 1, 248, 4096);
	fx_read(&fx, PARTITION + 1, 1, block);
	put_le32(block + 12, 2);
	put_le32(block + 44, 1);
	udf_tag_reseal(block);
	fx_write(&fx, PARTITION + 2, 1, block);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->fsd_at.lbn, 2);
	assert_int_equal(fx.vol->fsd.fsd_number, 1);
	/* the highest set counts before the number within it */
	fx_set32(&fx, PARTITION + 1, 40, 1);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->fsd_at.lbn, 1);
	fx_set32(&fx, PARTITION + 1, 40, 0);
	fx_set32(&fx, PARTITION + 2, 44, 0);
	fx_set32(&fx, PARTITION + 2, 40, 1);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->fsd_at.lbn, 2);
	fx_done(&fx);
}

static void lost_file_set_is_corrupt_unless_partial(void **state)
{
	const struct udf_vol_options partial = { .allow_partial = true };
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx_zero(&fx, PARTITION + 1, 1);
	assert_int_equal(fx_open(&fx), UDF_E_CORRUPT);
	assert_int_equal(fx_open_with(&fx, &partial, NULL), UDF_OK);
	assert_int_equal(fx.vol->fsd.tag.id, 0);
	assert_non_null(udf_vol_why_read_only(fx.vol));
	fx_done(&fx);
}

static void unreadable_sectors_give_medium_error(void **state)
{
	struct fixture fx;
	struct bio *fault;
	uint64_t at;

	(void)state;
	make_labelled_hd(&fx);
	assert_int_equal(bio_fault_new(fx.bio, &fault), UDF_OK);
	fx.bio = fault;
	for (at = 0; at < 64; at++) {
		assert_int_equal(bio_fault_bad_block(fault, (MAIN_VDS * 4) + at, true, false), UDF_OK);
		assert_int_equal(bio_fault_bad_block(fault, (RESERVE_VDS * 4) + at, true, false), UDF_OK);
	}
	assert_int_equal(fx_open(&fx), UDF_E_MEDIUM);
	fx_done(&fx);
}

static void one_unreadable_copy_is_skipped(void **state)
{
	struct fixture fx;
	struct bio *fault;
	uint64_t at;

	(void)state;
	make_labelled_hd(&fx);
	assert_int_equal(bio_fault_new(fx.bio, &fault), UDF_OK);
	fx.bio = fault;
	for (at = 0; at < 64; at++)
		assert_int_equal(bio_fault_bad_block(fault, (MAIN_VDS * 4) + at, true, false), UDF_OK);
	assert_int_equal(bio_fault_bad_block(fault, 256 * 4, true, false), UDF_OK);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_true(fx.vol->reserve_used);
	fx_done(&fx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(destroyed_main_sequence_is_read_from_the_reserve),
		cmocka_unit_test(each_broken_descriptor_is_read_from_the_reserve),
		cmocka_unit_test(a_main_sequence_that_leads_nowhere_is_replaced_by_the_reserve),
		cmocka_unit_test(each_sequence_may_lack_a_descriptor_that_the_other_has),
		cmocka_unit_test(volume_without_primary_descriptor_is_usable),
		cmocka_unit_test(volume_without_partition_or_logical_volume_is_corrupt),
		cmocka_unit_test(highest_sequence_number_prevails),
		cmocka_unit_test(a_crc_that_covers_more_than_the_descriptor_is_accepted),
		cmocka_unit_test(the_sequence_continues_where_the_pointer_says),
		cmocka_unit_test(the_sequence_pointer_with_the_highest_number_prevails),
		cmocka_unit_test(logical_volume_of_the_highest_number_prevails),
		cmocka_unit_test(descriptors_missing_in_the_main_sequence_are_read_from_the_reserve),
		cmocka_unit_test(sequence_that_leads_to_itself_ends),
		cmocka_unit_test(last_integrity_descriptor_prevails),
		cmocka_unit_test(the_integrity_sequence_continues_in_its_next_extent),
		cmocka_unit_test(highest_file_set_descriptor_prevails),
		cmocka_unit_test(lost_file_set_is_corrupt_unless_partial),
		cmocka_unit_test(unreadable_sectors_give_medium_error),
		cmocka_unit_test(one_unreadable_copy_is_skipped),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
