/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The integrity descriptor as it is written back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "alloc.h"
#include "base/bytes.h"
#include "ecma/codec.h"
#include "vol/internal.h"
#include "vol_fixture.h"

#define BLOCK 2048u
#define LVID_LSN 128u
#define IMPL_AT 88u		/* implementation use, with one partition */
#define PRIVATE_BYTES 20u

static void make_hd(struct fixture *fx, const char *revision)
{
	fx_mkudffs(fx, "hd", revision, BLOCK, 8192, NULL);
}

static void a_written_integrity_descriptor_is_read_back(void **state)
{
	uint8_t block[BLOCK];
	struct fixture fx;

	(void)state;
	make_hd(&fx, "2.01");
	assert_int_equal(fx_open(&fx), UDF_OK);
	fx.vol->free_blocks[0] = 4711;
	fx.vol->lvid.next_unique_id = 99;
	fx.vol->lvid_impl.n_files = 5;
	fx.vol->lvid_impl.n_directories = 6;
	assert_int_equal(vol_write_lvid(fx.vol, UDF_LVID_OPEN), UDF_OK);
	assert_true(udf_vol_is_ours(fx.vol));

	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->lvid.type, UDF_LVID_OPEN);
	assert_int_equal(fx.vol->lvid.next_unique_id, 99);
	assert_int_equal(fx.vol->free_blocks[0], 4711);
	assert_int_equal(fx.vol->size_blocks[0], 7672);
	assert_int_equal(fx.vol->lvid_impl.n_files, 5);
	assert_int_equal(fx.vol->lvid_impl.n_directories, 6);
	assert_true(udf_vol_is_ours(fx.vol));
	fx_read(&fx, LVID_LSN, 1, block);
	assert_int_equal(get_le16(block + 18), 2100);	/* the year of the fixture's clock */
	assert_memory_equal(block + IMPL_AT + 1, "*udfkit", 8);
	assert_int_equal(get_le16(block + 10), 118);	/* CRC length: 134 bytes less the tag (UDF 2.2.1.2) */
	fx_done(&fx);
}

/* Linux opens a volume by its type and time only, and leaves our identifier. */
static void a_descriptor_that_another_system_opened_is_not_taken_as_ours(void **state)
{
	uint8_t block[BLOCK];
	struct fixture fx;

	(void)state;
	make_hd(&fx, "2.01");
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(vol_write_lvid(fx.vol, UDF_LVID_CLOSED), UDF_OK);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_true(udf_vol_is_ours(fx.vol));
	fx_read(&fx, LVID_LSN, 1, block);
	block[16 + 6] = 23;		/* the hour */
	block[16 + 11] = 57;		/* and the microseconds */
	put_le32(block + 28, UDF_LVID_OPEN);
	udf_tag_reseal(block);
	fx_write(&fx, LVID_LSN, 1, block);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->lvid.type, UDF_LVID_OPEN);
	assert_false(udf_vol_is_ours(fx.vol));
	/* once written here it is */
	assert_int_equal(vol_write_lvid(fx.vol, UDF_LVID_OPEN), UDF_OK);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_true(udf_vol_is_ours(fx.vol));
	fx_done(&fx);
}

static void a_closed_integrity_descriptor_has_no_problems(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx, "1.02");
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(vol_write_lvid(fx.vol, UDF_LVID_CLOSED), UDF_OK);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_clean(&fx);
	assert_int_equal(fx.vol->lvid.tag.version, 2);
	fx_done(&fx);
}

static void maximum_write_revision_only_rises(void **state)
{
	static const uint16_t before[] = { 0x0102, 0x0201, 0x0260 }, after[] = { 0x0201, 0x0201, 0x0260 };
	struct fixture fx;
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		make_hd(&fx, "1.02");
		fx_set16(&fx, LVID_LSN, IMPL_AT + 44, before[i]);
		assert_int_equal(fx_open(&fx), UDF_OK);
		assert_int_equal(vol_write_lvid(fx.vol, UDF_LVID_CLOSED), UDF_OK);
		assert_int_equal(fx_open(&fx), UDF_OK);
		assert_int_equal(fx.vol->lvid_impl.max_write_revision, after[i]);
		assert_int_equal(fx.vol->lvid_impl.min_read_revision, 0x0102);
		fx_done(&fx);
	}
}

static void private_bytes_of_another_writer_are_kept(void **state)
{
	uint8_t block[BLOCK], private_bytes[PRIVATE_BYTES];
	struct fixture fx;

	(void)state;
	memset(private_bytes, 0xA5, sizeof(private_bytes));
	make_hd(&fx, "2.01");
	fx_read(&fx, LVID_LSN, 1, block);
	memcpy(block + IMPL_AT + 46, private_bytes, sizeof(private_bytes));
	put_le32(block + 76, 46 + PRIVATE_BYTES);
	udf_tag_seal(block, UDF_TAG_LVID, 3, 1, LVID_LSN, IMPL_AT + 46 + PRIVATE_BYTES - 16);
	fx_write(&fx, LVID_LSN, 1, block);

	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(vol_write_lvid(fx.vol, UDF_LVID_OPEN), UDF_OK);
	fx_read(&fx, LVID_LSN, 1, block);
	assert_memory_equal(block + IMPL_AT + 46, private_bytes, sizeof(private_bytes));
	assert_int_equal(get_le16(block + 10), 118 + PRIVATE_BYTES);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->lvid.type, UDF_LVID_OPEN);
	fx_done(&fx);
}

static void an_integrity_descriptor_that_does_not_fit_the_maps_is_not_written(void **state)
{
	uint8_t before[BLOCK], after[BLOCK];
	struct fixture fx;

	(void)state;
	make_hd(&fx, "2.01");
	fx_set32(&fx, LVID_LSN, 72, 2);
	assert_int_equal(fx_open(&fx), UDF_OK);
	fx_read(&fx, LVID_LSN, 1, before);
	assert_int_equal(vol_write_lvid(fx.vol, UDF_LVID_OPEN), UDF_E_READ_ONLY);
	fx_read(&fx, LVID_LSN, 1, after);
	assert_memory_equal(before, after, BLOCK);
	fx_set32(&fx, LVID_LSN, 72, 1);
	fx_set32(&fx, LVID_LSN, 76, 45);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(vol_write_lvid(fx.vol, UDF_LVID_OPEN), UDF_E_READ_ONLY);
	fx_zero(&fx, LVID_LSN, 1);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(vol_write_lvid(fx.vol, UDF_LVID_OPEN), UDF_E_READ_ONLY);
	fx_done(&fx);
}

/* Tables so long that nothing of the descriptor fits its block. */
static void lengths_that_leave_the_block_make_an_integrity_descriptor_invalid(void **state)
{
	static const uint32_t counts[] = { 300, 0x20000000, 0xFFFFFFFF };
	struct fixture fx;
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		make_hd(&fx, "2.01");
		fx_set32(&fx, LVID_LSN, 72, counts[i]);
		assert_int_equal(fx_open(&fx), UDF_OK);
		assert_int_equal(fx.vol->lvid_lsn, 0);
		fx_done(&fx);
		make_hd(&fx, "2.01");
		fx_set32(&fx, LVID_LSN, 76, counts[i] * 10);
		assert_int_equal(fx_open(&fx), UDF_OK);
		assert_int_equal(fx.vol->lvid_lsn, 0);
		fx_done(&fx);
	}
}

static void a_failed_write_of_the_integrity_descriptor_is_reported(void **state)
{
	struct fixture fx;
	struct bio *fault;

	(void)state;
	make_hd(&fx, "2.01");
	assert_int_equal(bio_fault_new(fx.bio, &fault), UDF_OK);
	fx.bio = fault;
	assert_int_equal(fx_open(&fx), UDF_OK);
	bio_fault_fail_write(fault, 1, UDF_E_MEDIUM);
	assert_int_equal(vol_write_lvid(fx.vol, UDF_LVID_OPEN), UDF_E_MEDIUM);
	bio_fault_fail_flush(fault, 1, UDF_E_IO);
	assert_int_equal(udf_vol_flush(fx.vol), UDF_E_IO);
	fx_done(&fx);
}

static void fail_every_allocation(struct fixture *fx)
{
	uint64_t nth;
	enum udf_err err = UDF_OK;

	for (nth = 1; nth < 1000; nth++) {
		alloc_fail_nth(nth);
		err = fx_open(fx);
		if (!alloc_has_failed())
			break;
		assert_int_equal(err, UDF_E_NOMEM);
	}
	alloc_fail_nth(0);
	assert_true(nth > 10 && nth < 1000);
	assert_int_equal(err, UDF_OK);
	fx_done(fx);
}

static void every_failed_allocation_ends_the_opening(void **state)
{
	struct fixture fx;

	(void)state;
	make_hd(&fx, "2.01");
	fx_break(&fx, 98, 100);		/* so that the reserve copy is read too */
	fail_every_allocation(&fx);
}

static void every_failed_allocation_ends_the_opening_of_a_sparable_volume(void **state)
{
	struct fixture fx;

	(void)state;
	fx_mkudffs(&fx, "cdrw", "2.01", 2048, 6016, NULL);
	/* two packets have moved, and the second table is older */
	for (uint32_t i = 0; i < 2; i++) {
		fx_set32(&fx, 160, 56 + i * 8, 1024 + i * 32);
		fx_set32(&fx, 160, 60 + i * 8, 288 + i * 32);
	}
	fx_set32(&fx, 160, 52, 9);
	fail_every_allocation(&fx);
}

static void every_failed_read_ends_the_opening_or_is_compensated_by_a_copy(void **state)
{
	struct fixture fx;
	struct bio *fault;
	uint64_t nth;
	unsigned n_failed = 0;

	(void)state;
	make_hd(&fx, "2.01");
	assert_int_equal(bio_fault_new(fx.bio, &fault), UDF_OK);
	fx.bio = fault;
	for (nth = 1; nth < 60; nth++) {
		enum udf_err err;

		bio_fault_fail_read(fault, nth, UDF_E_MEDIUM);
		err = fx_open(&fx);
		if (err)
			n_failed++;
		else
			assert_int_equal(fx.vol->parts[0].n_blocks, 7672);
		assert_true(err == UDF_OK || err == UDF_E_MEDIUM || err == UDF_E_NOT_UDF);
	}
	assert_true(n_failed < 8);	/* recognition sequence, file set */
	fx_done(&fx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_written_integrity_descriptor_is_read_back),
		cmocka_unit_test(a_descriptor_that_another_system_opened_is_not_taken_as_ours),
		cmocka_unit_test(a_closed_integrity_descriptor_has_no_problems),
		cmocka_unit_test(maximum_write_revision_only_rises),
		cmocka_unit_test(private_bytes_of_another_writer_are_kept),
		cmocka_unit_test(an_integrity_descriptor_that_does_not_fit_the_maps_is_not_written),
		cmocka_unit_test(lengths_that_leave_the_block_make_an_integrity_descriptor_invalid),
		cmocka_unit_test(a_failed_write_of_the_integrity_descriptor_is_reported),
		cmocka_unit_test(every_failed_allocation_ends_the_opening),
		cmocka_unit_test(every_failed_allocation_ends_the_opening_of_a_sparable_volume),
		cmocka_unit_test(every_failed_read_ends_the_opening_or_is_compensated_by_a_copy),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
