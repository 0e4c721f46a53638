/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spare packets inside the partition, on udftools' volume for cdrw: the partition begins at sector 1312, and packets of
 * 32 blocks.  Its Non-Allocatable Space is a stream at block 128, of UDF 1.50 a file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "check/check.h"
#include "ecma/codec.h"
#include "vol_fixture.h"

#define PARTITION 1312u
#define SPARE_LBN 640u
#define N_BYTES (32u * 2048u)
#define LVID 128u
#define FLAGS_AT 34u
#define N_MAIN 96u
#define N_RESERVE 5824u

static struct chk_result check(struct fixture *fx)
{
	struct chk_result result = { 0 };

	assert_int_equal(fx_check(fx), UDF_OK);
	assert_int_equal(chk_volume(fx->vol, NULL, &fx->findings.sink, &result), UDF_OK);
	return result;
}

/* The first spare packet is block SPARE_LBN of the partition, and in use in the bitmap. */
static void make(struct fixture *fx, const char *revision)
{
	static const uint32_t tables[] = { 160, 5984 };
	uint8_t block[2048];

	fx_mkudffs(fx, "cdrw", revision, 2048, 6000, NULL);
	for (unsigned i = 0; i < 2; i++) {
		fx_set32(fx, tables[i], 56, 0);
		fx_set32(fx, tables[i], 56, UDF_SPARING_AVAILABLE);
		fx_set32(fx, tables[i], 60, PARTITION + SPARE_LBN);
	}
	fx_read(fx, PARTITION, 1, block);
	assert_int_equal(get_le16(block), UDF_TAG_SBD);
	memset(block + 24 + SPARE_LBN / 8, 0, 4);
	fx_write(fx, PARTITION, 1, block);
	fx_read(fx, LVID, 1, block);
	fx_set32(fx, LVID, 80, get_le32(block + 80) - 32);
}

/* The Non-Allocatable Space gets this descriptor. */
static void list_spare(struct fixture *fx, uint64_t icb_lsn, uint32_t kind, uint32_t lbn)
{
	uint8_t block[2048];
	uint32_t fixed_bytes;

	fx_read(fx, icb_lsn, 1, block);
	fixed_bytes = get_le16(block) == UDF_TAG_EFE ? 216 : 176;
	fx_set16(fx, icb_lsn, 10, (uint16_t)(fixed_bytes + 8 - UDF_TAG_BYTES));
	fx_set32(fx, icb_lsn, fixed_bytes - 4, 8);
	fx_set32(fx, icb_lsn, fixed_bytes, UDF_EXTENT_LENGTH(kind, N_BYTES));
	fx_set32(fx, icb_lsn, fixed_bytes + 4, lbn);
}

static void spare_packets_that_are_listed_have_an_owner(void **state)
{
	struct fixture fx;

	(void)state;
	make(&fx, "2.01");
	list_spare(&fx, PARTITION + 128, UDF_EXTENT_ALLOCATED, SPARE_LBN);
	check(&fx);
	assert_clean(&fx);
	fx_done(&fx);

	make(&fx, "1.50");
	list_spare(&fx, PARTITION + 96, UDF_EXTENT_ALLOCATED, SPARE_LBN);
	check(&fx);
	assert_int_equal(fx.findings.n[UDF_P_NON_ALLOCATABLE_MISSING], 0);
	assert_int_equal(fx.findings.n[UDF_P_NON_ALLOCATABLE], 0);
	assert_int_equal(fx.findings.n[UDF_P_CROSS_LINKED], 0);
	fx_done(&fx);
}

static void spare_packets_that_are_not_listed_are_in_use_all_the_same(void **state)
{
	uint8_t block[2048];
	struct fixture fx;

	(void)state;
	make(&fx, "2.01");
	check(&fx);
	assert_only(&fx, UDF_P_NON_ALLOCATABLE_MISSING);
	/* Half of it. */
	list_spare(&fx, PARTITION + 128, UDF_EXTENT_ALLOCATED, SPARE_LBN + 16);
	check(&fx);
	assert_true(fx.findings.n[UDF_P_NON_ALLOCATABLE_MISSING] == 1);

	fx_read(&fx, PARTITION, 1, block);
	memset(block + 24 + SPARE_LBN / 8, 0xFF, 4);
	fx_write(&fx, PARTITION, 1, block);
	check(&fx);
	assert_true(fx.findings.n[UDF_P_USED_MARKED_FREE] > 0);
	fx_done(&fx);
}

static void files_may_not_share_spare_packets(void **state)
{
	static const uint32_t tables[] = { 160, 5984 };
	struct fixture fx;

	(void)state;
	fx_mkudffs(&fx, "cdrw", "2.01", 2048, 6000, NULL);
	for (unsigned i = 0; i < 2; i++)
		fx_set32(&fx, tables[i], 60, PARTITION + 96);	/* where the root directory is */
	check(&fx);
	assert_int_equal(fx.findings.n[UDF_P_CROSS_LINKED], 1);
	fx_done(&fx);
}

static void a_non_allocatable_space_of_another_form_is_reported(void **state)
{
	struct fixture fx;

	(void)state;
	make(&fx, "2.01");
	list_spare(&fx, PARTITION + 128, UDF_EXTENT_ALLOCATED, SPARE_LBN);
	fx_set16(&fx, PARTITION + 128, FLAGS_AT, 0x2000);	/* not a system file */
	check(&fx);
	assert_only(&fx, UDF_P_NON_ALLOCATABLE);
	fx_set16(&fx, PARTITION + 128, FLAGS_AT, 0x2400);
	list_spare(&fx, PARTITION + 128, UDF_EXTENT_RECORDED, SPARE_LBN);
	check(&fx);
	assert_int_equal(fx.findings.n[UDF_P_NON_ALLOCATABLE], 1);
	fx_done(&fx);
}

static void without_a_sparable_partition_it_is_odd(void **state)
{
	static const uint8_t map[6] = { 1, 6, 1, 0, 0, 0 };
	static const uint32_t sequences[] = { N_MAIN, N_RESERVE };
	struct fixture fx;

	(void)state;
	fx_mkudffs(&fx, "cdrw", "2.01", 2048, 6000, NULL);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t lvd = fx_find(&fx, sequences[i], UDF_TAG_LVD);

		fx_set16(&fx, lvd, 10, 440 + 6 - UDF_TAG_BYTES);
		fx_set32(&fx, lvd, 264, 6);
		fx_set(&fx, lvd, 440, (const uint8_t[64]){ 0 }, 64);
		fx_set(&fx, lvd, 440, map, 6);
	}
	check(&fx);
	assert_only(&fx, UDF_P_NON_ALLOCATABLE);
	fx_done(&fx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spare_packets_that_are_listed_have_an_owner),
		cmocka_unit_test(spare_packets_that_are_not_listed_are_in_use_all_the_same),
		cmocka_unit_test(files_may_not_share_spare_packets),
		cmocka_unit_test(a_non_allocatable_space_of_another_form_is_reported),
		cmocka_unit_test(without_a_sparable_partition_it_is_odd),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
