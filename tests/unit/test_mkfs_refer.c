/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new volume over data that are there already: files refer to them, and nothing else is put there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ecma/codec.h"
#include "mkfs_fixture.h"
#include "vol/vol.h"

#define BLOCK 2048u
#define N_BLOCKS 2000u
#define DATA_LSN 1000u			/* from here on it is somebody else's */

struct filling {
	enum udf_space_kind space;
	enum udf_err outside, twice, too_late;	/* what calls that make no sense have returned */
	uint64_t n_taken;
};

static udf_ino new_file(struct udf_fs *fs, const char *name)
{
	const struct udf_new what = { .mode = 0100644 };
	struct udf_attr attr;

	assert_int_equal(udf_create(fs, udf_fs_root(fs), name, strlen(name), &what, &attr), UDF_OK);
	return attr.ino;
}

static enum udf_err fill(void *ctx, struct udf_fs *fs)
{
	struct filling *filling = ctx;
	udf_ino shared, short_one, greedy;
	uint64_t n, lsn;

	assert_int_equal(udf_bulk_set_aside(fs, DATA_LSN), UDF_OK);
	shared = new_file(fs, "shared");
	assert_int_equal(udf_bulk_refer(fs, shared, DATA_LSN + 10, 5000), UDF_OK);
	short_one = new_file(fs, "short");
	assert_int_equal(udf_bulk_refer(fs, short_one, DATA_LSN + 20, 1), UDF_OK);
	filling->twice = udf_bulk_refer(fs, shared, DATA_LSN + 30, 5000);
	greedy = new_file(fs, "greedy");
	filling->outside = udf_bulk_refer(fs, greedy, N_BLOCKS, 5000);
	while (udf_bulk_extend(fs, greedy, BLOCK, &n, &lsn) == UDF_OK) {
		assert_true(lsn < DATA_LSN);
		filling->n_taken++;
	}
	filling->too_late = udf_bulk_set_aside(fs, DATA_LSN - 100);
	udf_forget(fs, shared, 1);
	udf_forget(fs, short_one, 1);
	udf_forget(fs, greedy, 1);
	return UDF_OK;
}

static void check_file(struct udf_fs *fs, const char *name, uint64_t size_bytes, uint8_t byte)
{
	uint8_t data[8192];
	struct udf_attr attr;
	size_t n;

	assert_int_equal(udf_lookup(fs, udf_fs_root(fs), name, strlen(name), &attr), UDF_OK);
	assert_int_equal(attr.size_bytes, size_bytes);
	assert_int_equal(udf_read(fs, attr.ino, 0, sizeof(data), data, &n), UDF_OK);
	assert_int_equal(n, size_bytes);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(data[i], byte);
	udf_forget(fs, attr.ino, 1);
}

static void files_refer_to_what_was_set_aside(void **state)
{
	struct filling filling = { .space = *(const enum udf_space_kind *)*state };
	const struct udf_mkfs_filler filler = { .fill = fill, .ctx = &filling };
	const struct udf_emit_options options = { .medium_is_zero = true };
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, BLOCK, N_BLOCKS);
	const struct udf_fs_options fs_options = { .bulk = false };
	uint8_t block[BLOCK];
	struct udf_plan plan;
	struct bio *bio = NULL;
	struct udf_vol *vol;
	struct udf_fs *fs;

	params.to_be_filled = true;
	params.space = filling.space;
	assert_int_equal(udf_mkfs_plan(&params, &plan, NULL), UDF_OK);
	assert_int_equal(bio_memory_new(BLOCK, N_BLOCKS, &bio), UDF_OK);
	for (uint32_t at = DATA_LSN; at < DATA_LSN + 100; at++) {
		memset(block, (int)(at / 10 % 10), sizeof(block));
		assert_int_equal(bio_write(bio, at, 1, block), UDF_OK);
	}
	assert_int_equal(udf_mkfs_fill_with(&plan, bio, &filler, &options, NULL), UDF_OK);
	assert_int_equal(filling.outside, UDF_E_RANGE);
	assert_int_equal(filling.twice, UDF_E_INVAL);
	assert_int_not_equal(filling.too_late, UDF_OK);
	assert_in_range(filling.n_taken, 600, DATA_LSN - 257);

	assert_int_equal(udf_vol_open(bio, NULL, NULL, NULL, &vol), UDF_OK);
	assert_int_equal(udf_fs_open(vol, &fs_options, &fs), UDF_OK);
	check_file(fs, "shared", 5000, 1);
	check_file(fs, "short", 1, 2);
	udf_fs_abandon(fs);
	udf_vol_close(vol);
	bio_close(bio);
}

/* ---- volumes that are a part of an image ---- */

static void the_recognition_sequence_comes_after_iso_9660(void **state)
{
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_DVD, 0x0201, BLOCK, N_BLOCKS);
	struct udf_plan plan;

	(void)state;
	params.n_first_descriptors = 3;
	assert_int_equal(udf_mkfs_plan(&params, &plan, NULL), UDF_OK);
	assert_int_equal(udf_plan_find(&plan, UDF_ROLE_VRS, 0)->lsn, 19);
}

static void the_last_blocks_can_be_somebody_else_s(void **state)
{
	struct udf_plan plan;
	struct udf_mkfs_params params;

	(void)state;
	for (uint32_t n_blocks = N_BLOCKS; n_blocks < 5000; n_blocks += 2900) {
		params = fixture_params(UDF_MEDIA_DVD, 0x0201, BLOCK, n_blocks);
		params.n_last_blocks = 16;
		assert_int_equal(udf_mkfs_plan(&params, &plan, NULL), UDF_OK);
		assert_int_equal(udf_plan_find(&plan, UDF_ROLE_ANCHOR, 0)->lsn, 256);
		assert_int_equal(udf_plan_find(&plan, UDF_ROLE_ANCHOR, 1)->lsn, n_blocks - 257);
		assert_null(udf_plan_find(&plan, UDF_ROLE_ANCHOR, 2));
		for (unsigned i = 0; i < plan.n_extents; i++)
			if (plan.extents[i].lsn + plan.extents[i].n_blocks > n_blocks - 16)
				assert_int_equal(plan.extents[i].role, UDF_ROLE_RESERVED);
	}
}

int main(void)
{
	static enum udf_space_kind kinds[] = { UDF_SPACE_UNALLOC_TABLE, UDF_SPACE_UNALLOC_BITMAP };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(files_refer_to_what_was_set_aside, &kinds[0]),
		{ "files_refer_to_what_was_set_aside_with_a_bitmap", files_refer_to_what_was_set_aside, NULL, NULL,
		  &kinds[1] },
		cmocka_unit_test(the_recognition_sequence_comes_after_iso_9660),
		cmocka_unit_test(the_last_blocks_can_be_somebody_else_s),
	};

	return cmocka_run_group_tests_name("lib/mkfs, for images that are both", tests, NULL, NULL);
}
