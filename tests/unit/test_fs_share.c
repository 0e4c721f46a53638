/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading while a commit waits for the medium: the volume is whole at each of its flushes. */
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
		  bool (*meanwhile)(struct shared *s), struct bio **ret_bio)
{
	struct udf_fs_options options = { .cache_bytes = cache_bytes };

	memset(s, 0, sizeof(*s));
	s->model = model_new();
	s->meanwhile = meanwhile;
	s->held = true;
	assert_int_equal(bio_memory_new(block_bytes, (16u << 20) / block_bytes, ret_bio), UDF_OK);
	make_volume(*ret_bio, 0x0201);
	mount_volume(*ret_bio, &options, &s->m);
	udf_fs_share(s->m.fs, release, acquire, s);
}

static void end(struct shared *s, struct bio *bio)
{
	assert_int_equal(s->n_waits, s->n_locked);
	assert_int_equal(unmount_volume(&s->m), UDF_OK);
	model_free(s->model);
	bio_close(bio);
}

static bool is_as_the_model(struct shared *s)
{
	struct udf_statfs st;

	udf_fs_statfs(s->m.fs, &st);
	return st.n_free_blocks && same_as_model(s->model, &s->m);
}

static void work(uint32_t block_bytes, uint32_t cache_bytes, uint64_t seed, int n_ops)
{
	struct shared s;
	struct bio *bio;
	int i;

	start(&s, block_bytes, cache_bytes, is_as_the_model, &bio);
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
	end(&s, bio);
}

static void all_is_read_at_every_flush(void **state)
{
	(void)state;
	work(512, 0, 1, 1500);
	work(2048, 0, 2, 1500);
}

static void all_is_read_at_every_flush_with_a_tiny_cache(void **state)
{
	(void)state;
	work(512, 4096, 3, 1500);
	work(4096, 4096, 4, 1500);
}

static bool changes_are_refused(struct shared *s)
{
	struct udf_fs *fs = s->m.fs;
	udf_ino root = udf_fs_root(fs), file = s->open_file;
	struct udf_new new = { .mode = S_IFREG | 0644 };
	struct udf_attr attr = { .mode = 0600 };
	size_t n;

	return udf_create(fs, root, "new", 3, &new, &attr) == UDF_E_BUSY &&
	       udf_link(fs, file, root, "name", 4, &attr) == UDF_E_BUSY &&
	       udf_unlink(fs, root, "f", 1) == UDF_E_BUSY &&
	       udf_rename(fs, root, "f", 1, root, "g", 1, 0) == UDF_E_BUSY &&
	       udf_write(fs, file, 0, 1, "x", &n) == UDF_E_BUSY &&
	       udf_setattr(fs, file, &attr, UDF_SET_MODE, &attr) == UDF_E_BUSY &&
	       udf_fallocate(fs, file, 0, 0, 100) == UDF_E_BUSY &&
	       udf_fsync(fs, file, false) == UDF_E_BUSY && udf_fs_sync(fs) == UDF_E_BUSY &&
	       udf_fs_tick(fs, NULL) == UDF_E_BUSY && is_as_the_model(s);
}

static void changes_wait(void **state)
{
	struct shared s;
	struct bio *bio;

	(void)state;
	start(&s, 2048, 0, changes_are_refused, &bio);
	assert_int_equal(do_create(s.model, &s.m, "/f", false), UDF_OK);
	assert_int_equal(do_write(s.model, &s.m, "/f", 0, "contents", 8), UDF_OK);
	s.open_file = path_ino(&s.m, "/f");
	assert_int_equal(udf_fsync(s.m.fs, s.open_file, false), UDF_OK);
	assert_true(s.n_waits > 0);
	s.meanwhile = is_as_the_model;
	assert_int_equal(do_rename(s.model, &s.m, "/f", "/g"), UDF_OK);
	udf_forget(s.m.fs, s.open_file, 1);
	end(&s, bio);
}

static bool forgets(struct shared *s)
{
	if (s->open_file)
		udf_forget(s->m.fs, s->open_file, 1);
	s->open_file = 0;
	return is_as_the_model(s);
}

static void what_is_forgotten_meanwhile_is_freed(void **state)
{
	static uint8_t data[100000];
	struct udf_statfs before, after;
	struct shared s;
	struct bio *bio;
	udf_ino ino;

	(void)state;
	start(&s, 2048, 0, forgets, &bio);
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
	end(&s, bio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_read_at_every_flush),
		cmocka_unit_test(all_is_read_at_every_flush_with_a_tiny_cache),
		cmocka_unit_test(changes_wait),
		cmocka_unit_test(what_is_forgotten_meanwhile_is_freed),
	};

	return cmocka_run_group_tests_name("fs_share", tests, NULL, NULL);
}
