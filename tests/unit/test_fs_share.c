/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Going on while a commit waits for the medium: what is read, and what is changed meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "../common/model.h"

struct shared {
	struct model *model;
	struct mounted m;
	struct bio *bio;		/* which holds writes back */
	uint64_t seed;
	unsigned n_waits, n_locked;
	bool (*meanwhile)(struct shared *s);
	bool held;
	udf_ino open_file;
};

static void release(void *ctx)
{
	struct shared *s = ctx;

	assert_true(s->held);
	s->held = false;
	s->n_waits++;
	assert_true(s->meanwhile(s));
}

static void acquire(void *ctx)
{
	struct shared *s = ctx;

	assert_false(s->held);
	s->held = true;
	s->n_locked++;
}

static void start(struct shared *s, uint32_t block_bytes, uint32_t cache_bytes,
		  bool (*meanwhile)(struct shared *s))
{
	struct udf_fs_options options = { .cache_bytes = cache_bytes };
	struct bio *memory;

	memset(s, 0, sizeof(*s));
	s->model = model_new();
	s->meanwhile = meanwhile;
	s->held = true;
	s->seed = 17;
	assert_int_equal(bio_memory_new(block_bytes, (16u << 20) / block_bytes, &memory), UDF_OK);
	assert_int_equal(bio_hold_new(memory, &s->bio), UDF_OK);
	make_volume(s->bio, 0x0201);
	mount_volume(s->bio, &options, &s->m);
	udf_fs_share(s->m.fs, release, acquire, s);
}

static void end(struct shared *s)
{
	assert_int_equal(s->n_waits, s->n_locked);
	assert_int_equal(unmount_volume(&s->m), UDF_OK);
	mount_volume(s->bio, NULL, &s->m);
	assert_true(same_as_model(s->model, &s->m));
	assert_int_equal(unmount_volume(&s->m), UDF_OK);
	model_free(s->model);
	bio_close(s->bio);
}

static bool is_as_the_model(struct shared *s)
{
	struct udf_statfs st;

	udf_fs_statfs(s->m.fs, &st);
	return st.n_free_blocks && same_as_model(s->model, &s->m);
}

/* Before anything is written, and again when a part of it is. */
static bool is_always_as_the_model(struct shared *s)
{
	if (!is_as_the_model(s))
		return false;
	assert_int_equal(bio_let_go(s->bio, 1 + (size_t)(rnd(&s->seed) % 6), NULL), UDF_OK);
	return is_as_the_model(s);
}

/* Changes, before, between and after the writes of the batch before them. */
static bool goes_on(struct shared *s)
{
	bool good = true;
	int i;

	s->meanwhile = is_as_the_model;	/* of a sync that is one of the changes */
	for (i = 0; i < 3 && good; i++) {
		uint64_t n = rnd(&s->seed) % 3;

		s->held = true;
		while (n--)
			random_op(s->model, &s->m, &s->seed);
		s->held = false;
		good = is_as_the_model(s);
		assert_int_equal(bio_let_go(s->bio, rnd(&s->seed) % 8, NULL), UDF_OK);
	}
	s->meanwhile = goes_on;
	return good && is_as_the_model(s);
}

static void work(uint32_t block_bytes, uint32_t cache_bytes, uint64_t seed, int n_ops,
		 bool (*meanwhile)(struct shared *s))
{
	struct shared s;
	int i;

	start(&s, block_bytes, cache_bytes, meanwhile);
	for (i = 0; i < n_ops; i++) {
		random_op(s.model, &s.m, &seed);
		if (i % 7 == 3)
			assert_int_equal(udf_fsync(s.m.fs, udf_fs_root(s.m.fs), false), UDF_OK);
		else if (i % 5 == 1)
			assert_int_equal(udf_fs_sync(s.m.fs), UDF_OK);
		if (i % 50 == 49) {
			clock_advance(40);
			assert_int_equal(udf_fs_tick(s.m.fs, NULL), UDF_OK);
			clock_advance(40);
			assert_int_equal(udf_fs_tick(s.m.fs, NULL), UDF_OK);
		}
	}
	assert_in_range(s.n_waits, (unsigned)n_ops / 4, (unsigned)n_ops * 10);
	end(&s);
}

static void everything_is_readable_while_a_commit_is_written(void **state)
{
	(void)state;
	work(512, 0, 1, 1500, is_always_as_the_model);
	work(2048, 0, 2, 1500, is_always_as_the_model);
}

static void everything_is_readable_while_a_commit_is_written_with_a_tiny_cache(void **state)
{
	(void)state;
	work(512, 4096, 3, 1500, is_always_as_the_model);
	work(4096, 4096, 4, 1500, is_always_as_the_model);
}

static void changes_continue_while_a_commit_is_written(void **state)
{
	(void)state;
	work(512, 0, 5, 1000, goes_on);
	work(2048, 4096, 6, 1000, goes_on);
	work(4096, 0, 7, 1000, goes_on);
}

/* What was asked for before is not there for less: a sync of its own waits for both batches. */
static bool syncs(struct shared *s)
{
	s->meanwhile = is_as_the_model;
	assert_int_equal(do_write(s->model, &s->m, "/f", 8, " and more", 9), UDF_OK);
	assert_int_equal(do_create(s->model, &s->m, "/g", false), UDF_OK);
	s->held = true;
	assert_int_equal(udf_fs_sync(s->m.fs), UDF_OK);
	s->held = false;
	return is_as_the_model(s);
}

static void a_sync_waits_for_the_batch_that_precedes_it(void **state)
{
	struct mounted after_cut;
	struct shared s;

	(void)state;
	start(&s, 2048, 0, syncs);
	assert_int_equal(do_create(s.model, &s.m, "/f", false), UDF_OK);
	assert_int_equal(do_write(s.model, &s.m, "/f", 0, "contents", 8), UDF_OK);
	assert_int_equal(udf_fs_sync(s.m.fs), UDF_OK);
	mount_volume(s.bio, NULL, &after_cut);
	assert_true(same_as_model(s.model, &after_cut));
	abandon_volume(&after_cut);
	end(&s);
}

static bool forgets(struct shared *s)
{
	if (s->open_file)
		udf_forget(s->m.fs, s->open_file, 1);
	s->open_file = 0;
	return is_as_the_model(s);
}

static void files_forgotten_while_a_commit_is_written_are_freed(void **state)
{
	static uint8_t data[100000];
	struct udf_statfs before, after;
	struct shared s;
	udf_ino ino;

	(void)state;
	start(&s, 2048, 0, forgets);
	assert_int_equal(do_create(s.model, &s.m, "/other", false), UDF_OK);
	assert_int_equal(udf_fs_sync(s.m.fs), UDF_OK);
	udf_fs_statfs(s.m.fs, &before);
	assert_int_equal(do_create(s.model, &s.m, "/f", false), UDF_OK);
	assert_int_equal(do_write(s.model, &s.m, "/f", 0, data, sizeof(data)), UDF_OK);
	assert_int_equal(udf_fs_sync(s.m.fs), UDF_OK);
	ino = path_ino(&s.m, "/f");
	assert_int_equal(do_unlink(s.model, &s.m, "/f"), UDF_OK);
	assert_int_equal(udf_fs_sync(s.m.fs), UDF_OK);
	assert_int_equal(do_write(s.model, &s.m, "/other", 0, data, 10), UDF_OK);
	s.open_file = ino;
	assert_int_equal(udf_fs_sync(s.m.fs), UDF_OK);
	assert_int_equal(s.open_file, 0);
	assert_int_equal(udf_fs_sync(s.m.fs), UDF_OK);
	udf_fs_statfs(s.m.fs, &after);
	assert_int_equal(after.n_free_blocks, before.n_free_blocks);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_readable_while_a_commit_is_written),
		cmocka_unit_test(everything_is_readable_while_a_commit_is_written_with_a_tiny_cache),
		cmocka_unit_test(changes_continue_while_a_commit_is_written),
		cmocka_unit_test(a_sync_waits_for_the_batch_that_precedes_it),
		cmocka_unit_test(files_forgotten_while_a_commit_is_written_are_freed),
	};

	return cmocka_run_group_tests_name("fs_share", tests, NULL, NULL);
}
