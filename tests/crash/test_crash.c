/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cases of doc/CRASH.md and a long mixed workload, each replayed at every cut. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "crash.h"

#define SUBSETS 64
#define MIN_STATES 20000

static uint64_t n_states;

static void finish(struct crash_run *run)
{
	uint64_t before = n_states;

	assert_true(crash_try_all(run, SUBSETS, &n_states));
	print_message("# %llu states\n", (unsigned long long)(n_states - before));
	crash_free(run);
}

static void write_whole(struct model *model, struct mounted *m, const char *path, size_t n_bytes, int object)
{
	uint8_t *data = malloc(n_bytes);
	uint64_t state = 7;

	assert_int_equal(do_create(model, m, path, false), UDF_OK);
	fill_pattern(data, n_bytes, object, &state);
	assert_int_equal(do_write(model, m, path, 0, data, n_bytes), UDF_OK);
	free(data);
}

/* objects: 1 /a, linked as /b; 2 /c; 3 /T, 4 /T/x; 5 /A; 6 /d, 7 /d/k */
static void setup_names(struct model *model, struct mounted *m)
{
	write_whole(model, m, "/a", 900, 1);
	assert_int_equal(do_link(model, m, "/a", "/b"), UDF_OK);
	write_whole(model, m, "/c", 40, 2);
	assert_int_equal(do_create(model, m, "/T", true), UDF_OK);
	write_whole(model, m, "/T/x", 900, 4);
	assert_int_equal(do_create(model, m, "/A", true), UDF_OK);
	assert_int_equal(do_create(model, m, "/d", true), UDF_OK);
	assert_int_equal(do_create(model, m, "/d/k", true), UDF_OK);
}

/* The same, and the root has blocks of its own: one name a slot. */
static void setup_names_in_blocks(struct model *model, struct mounted *m)
{
	char path[64];
	int i;

	setup_names(model, m);
	for (i = 0; i < 24; i++) {
		snprintf(path, sizeof(path), "/filler-%02d", i);
		assert_int_equal(do_create(model, m, path, true), UDF_OK);
	}
}

typedef void setup_fn(struct model *model, struct mounted *m);
static setup_fn *const setups[] = { setup_names, setup_names_in_blocks };

#define FOR_BOTH(run) \
	for (unsigned which_ = 0; which_ < 2; which_++) \
		for (struct crash_run *run = crash_start(512, 4096, setups[which_]); run; \
		     finish(run), run = NULL)

static void unlink_one_of_two_names(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_unlink(run, "/a");
		step_sync(run);
	}
}

static void link_and_unlink_the_other(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_link(run, "/c", "/c2");
		step_unlink(run, "/c");
		step_sync(run);
	}
}

static void unlink_and_create_again(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_unlink(run, "/c");
		step_create(run, "/c");
		step_write(run, "/c", 0, 1200);
		step_sync(run);
	}
}

static void link_then_rename_over(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_link(run, "/b", "/c9");
		step_rename(run, "/a", "/b");
		step_sync(run);
	}
}

static void rename_chain(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_rename(run, "/b", "/c");
		step_rename(run, "/a", "/b");
		step_sync(run);
	}
}

static void move_out_then_replace_the_directory(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_rename(run, "/T/x", "/y");
		step_rename(run, "/A", "/T");
		step_sync(run);
	}
}

static void two_directories_change_places(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_rename(run, "/d/k", "/k2");
		step_rename(run, "/d", "/k2/d");
		step_sync(run);
	}
}

static void mkdir_in_a_full_block(void **state)
{
	char path[64];
	int i;

	(void)state;
	FOR_BOTH(run) {
		for (i = 0; i < 12; i++) {
			snprintf(path, sizeof(path), "/d/sub-directory-%d", i);
			step_mkdir(run, path);
			if (i % 3 == 2)
				step_sync(run);
		}
	}
}

static void append_and_link(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_write(run, "/a", 900, 2000);
		step_link(run, "/a", "/a3");
		step_fsync(run, "/a");
		step_write(run, "/a", 2900, 700);
		step_sync(run);
	}
}

static void same_name_rename_in_place(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_rename(run, "/c", "/e");
		step_create(run, "/c");
		step_rename(run, "/e", "/f");
		step_sync(run);
	}
}

/* The second move may not rely on a name that the first has not made durable. */
static void rename_at_home_then_away(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_rename(run, "/c", "/c-with-another-length");
		step_rename(run, "/c-with-another-length", "/d/z");
		step_rename(run, "/T/x", "/T/y");
		step_rename(run, "/T/y", "/d/y");
		step_sync(run);
	}
}

static void atomic_replace(void **state)
{
	int i;

	(void)state;
	FOR_BOTH(run) {
		for (i = 0; i < 4; i++) {
			step_create(run, "/c.tmp");
			step_write(run, "/c.tmp", 0, 600 + 400 * (size_t)i);
			step_fsync(run, "/c.tmp");
			step_rename(run, "/c.tmp", "/c");
			step_fsync(run, "/");
		}
	}
}

static void sparse_over_three_aeds(void **state)
{
	struct crash_run *run = crash_start(512, 8192, setup_names);
	uint64_t i;

	(void)state;
	step_create(run, "/holes");
	for (i = 0; i < 170; i++)
		step_write(run, "/holes", i * 1024, 512);
	step_fsync(run, "/holes");
	step_write(run, "/holes", 512, 512);		/* fill a hole */
	step_write(run, "/holes", 171 * 1024, 2048);	/* append */
	step_fsync(run, "/holes");
	step_truncate(run, "/holes", 40000);
	step_sync(run);
	finish(run);
}

static void cut_and_write_again(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_fsync(run, "/a");
		step_truncate(run, "/a", 0);
		step_write(run, "/a", 0, 300);
		step_fsync(run, "/a");
		step_create(run, "/new");
		step_write(run, "/new", 0, 5000);
		step_unlink(run, "/c");
		step_sync(run);
		step_create(run, "/newer");
		step_write(run, "/newer", 0, 5000);
		step_sync(run);
		step_remount(run);
	}
}

static void work(struct crash_run *run, uint32_t block_bytes, uint64_t seed, int n_steps)
{
	int i;

	print_message("# block size %u, seed %llu\n", block_bytes, (unsigned long long)seed);
	step_mkdir(run, "/d1");
	step_mkdir(run, "/d2");
	step_mkdir(run, "/d1/e1");
	for (i = 0; i < n_steps; i++)
		step_random(run, &seed);
	finish(run);
}

static void mixed_work(uint32_t block_bytes, uint64_t seed, int n_steps)
{
	work(crash_start(block_bytes, (2u << 20) / block_bytes, setup_names), block_bytes, seed, n_steps);
}

static void mixed_work_at_512(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 12; seed++)
		mixed_work(512, seed * 1000, 400);
}

static void mixed_work_at_2048(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 10; seed++)
		mixed_work(2048, seed * 1000 + 7, 400);
}

/* Free space in so many pieces that the table goes on behind its entry. */
static void setup_pieces(struct model *model, struct mounted *m)
{
	uint8_t data[512];
	uint64_t state = 7;
	int i;

	setup_names(model, m);
	assert_int_equal(do_create(model, m, "/one", false), UDF_OK);
	assert_int_equal(do_create(model, m, "/other", false), UDF_OK);
	for (i = 0; i < 150; i++) {
		fill_pattern(data, sizeof(data), 8, &state);
		assert_int_equal(do_write(model, m, "/one", (uint64_t)i * 512, data, sizeof(data)), UDF_OK);
		assert_int_equal(do_write(model, m, "/other", (uint64_t)i * 512, data, sizeof(data)), UDF_OK);
	}
	assert_int_equal(do_unlink(model, m, "/other"), UDF_OK);
}

static void mixed_work_with_a_space_table(void **state)
{
	(void)state;
	work(crash_start_on(UDF_SPACE_UNALLOC_TABLE, 512, 4096, setup_names), 512, 21000, 300);
	work(crash_start_on(UDF_SPACE_UNALLOC_TABLE, 2048, 1024, setup_names), 2048, 22001, 300);
	work(crash_start_on(UDF_SPACE_UNALLOC_TABLE, 512, 4096, setup_pieces), 512, 23000, 300);
}

static void enough_states_were_tried(void **state)
{
	(void)state;
	print_message("# %llu crash states in all\n", (unsigned long long)n_states);
	assert_true(n_states >= MIN_STATES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unlink_one_of_two_names),
		cmocka_unit_test(link_and_unlink_the_other),
		cmocka_unit_test(unlink_and_create_again),
		cmocka_unit_test(link_then_rename_over),
		cmocka_unit_test(rename_chain),
		cmocka_unit_test(move_out_then_replace_the_directory),
		cmocka_unit_test(two_directories_change_places),
		cmocka_unit_test(mkdir_in_a_full_block),
		cmocka_unit_test(append_and_link),
		cmocka_unit_test(same_name_rename_in_place),
		cmocka_unit_test(rename_at_home_then_away),
		cmocka_unit_test(atomic_replace),
		cmocka_unit_test(sparse_over_three_aeds),
		cmocka_unit_test(cut_and_write_again),
		cmocka_unit_test(mixed_work_at_512),
		cmocka_unit_test(mixed_work_at_2048),
		cmocka_unit_test(mixed_work_with_a_space_table),
		cmocka_unit_test(enough_states_were_tried),
	};

	/* each state mounts twice: keep the heap between them */
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
