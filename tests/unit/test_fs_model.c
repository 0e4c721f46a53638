/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random work on a volume and on a model in memory; they must agree, before and after a remount. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../common/model.h"

static void run_on(enum udf_space_kind space, uint32_t block_bytes, uint16_t revision, uint64_t seed,
		   int n_ops, uint32_t cache_bytes)
{
	struct udf_fs_options options = { .cache_bytes = cache_bytes };
	struct model *model = model_new();
	struct mounted m;
	struct bio *bio;
	int i;

	print_message("# block size %u, revision %x, seed %llu\n", block_bytes, revision,
		      (unsigned long long)seed);
	assert_int_equal(bio_memory_new(block_bytes, (16u << 20) / block_bytes, &bio), UDF_OK);
	make_volume_with(bio, revision, space);
	mount_volume(bio, &options, &m);
	assert_null(udf_fs_why_read_only(m.fs));
	for (i = 0; i < n_ops; i++) {
		random_op(model, &m, &seed);
		if (i % 400 == 399) {
			assert_true(same_as_model(model, &m));
			assert_int_equal(unmount_volume(&m), UDF_OK);
			mount_volume(bio, &options, &m);
			assert_null(udf_fs_why_read_only(m.fs));
			assert_true(same_as_model(model, &m));
		}
	}
	assert_int_equal(unmount_volume(&m), UDF_OK);
	model_free(model);
	bio_close(bio);
}

static void run(uint32_t block_bytes, uint16_t revision, uint64_t seed, int n_ops, uint32_t cache_bytes)
{
	run_on(UDF_SPACE_UNALLOC_BITMAP, block_bytes, revision, seed, n_ops, cache_bytes);
}

static void random_work_agrees_at_512(void **state)
{
	(void)state;
	run(512, 0x0201, 1, 6000, 0);
}

static void random_work_agrees_at_2048(void **state)
{
	(void)state;
	run(2048, 0x0201, 2, 6000, 0);
}

static void random_work_agrees_at_4096(void **state)
{
	(void)state;
	run(4096, 0x0201, 3, 4000, 0);
}

static void random_work_agrees_on_udf_102(void **state)
{
	(void)state;
	run(2048, 0x0102, 4, 4000, 0);
}

static void random_work_agrees_with_a_tiny_cache(void **state)
{
	(void)state;
	run(512, 0x0201, 5, 6000, 4096);
}

static void random_work_agrees_with_a_space_table_at_512(void **state)
{
	(void)state;
	run_on(UDF_SPACE_UNALLOC_TABLE, 512, 0x0201, 6, 6000, 0);
}

static void random_work_agrees_with_a_space_table_at_2048(void **state)
{
	(void)state;
	run_on(UDF_SPACE_UNALLOC_TABLE, 2048, 0x0150, 7, 6000, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_work_agrees_at_512),
		cmocka_unit_test(random_work_agrees_at_2048),
		cmocka_unit_test(random_work_agrees_at_4096),
		cmocka_unit_test(random_work_agrees_on_udf_102),
		cmocka_unit_test(random_work_agrees_with_a_tiny_cache),
		cmocka_unit_test(random_work_agrees_with_a_space_table_at_512),
		cmocka_unit_test(random_work_agrees_with_a_space_table_at_2048),
	};

	return cmocka_run_group_tests_name("fs_model", tests, NULL, NULL);
}
