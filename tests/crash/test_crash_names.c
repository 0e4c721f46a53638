/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workloads on names: each is replayed with the power cut after every write, and each state is checked. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "fixture.h"

static void unlinking_one_of_two_names_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_unlink(run, "/a");
		step_sync(run);
	}
}

static void linking_and_unlinking_the_old_name_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_link(run, "/c", "/c2");
		step_unlink(run, "/c");
		step_sync(run);
	}
}

static void recreating_an_unlinked_file_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_unlink(run, "/c");
		step_create(run, "/c");
		step_write(run, "/c", 0, 1200);
		step_sync(run);
	}
}

/* As programs save: always by the same new name, with and without fsync(2). */
static void a_new_name_that_comes_back_after_each_replacement_survives_every_cut(void **state)
{
	int i;

	(void)state;
	FOR_BOTH(run) {
		for (i = 0; i < 6; i++) {
			step_create(run, "/c.new");
			step_write(run, "/c.new", 0, (size_t)(300 * (i + 1)));
			if (i != 3)
				step_fsync(run, "/c.new");
			step_rename(run, "/c.new", "/c");
		}
		step_sync(run);
	}
}

/* The commit that makes room in the cache writes the new file before its name. */
static void a_file_written_before_its_name_is_found_after_fsync(void **state)
{
	struct crash_run *run = crash_start_on(&(struct crash_volume){
		.block_bytes = 2048, .n_blocks = 2048, .fill = setup_names_in_blocks, .options.cache_bytes = 4096 });
	char path[32];
	int i;

	(void)state;
	step_link(run, "/c", "/c2");
	step_unlink(run, "/c");
	step_create(run, "/c");
	for (i = 0; i < 24; i++) {
		snprintf(path, sizeof(path), "/filler-%02d", i);
		put_ino(&run->m, path_ino(&run->m, path));
	}
	step_fsync(run, "/c");
	step_write(run, "/a", 0, 100);
	finish(run);
}

static void replacing_a_freshly_linked_name_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_link(run, "/b", "/c9");
		step_rename(run, "/a", "/b");
		step_sync(run);
	}
}

static void a_chain_of_renames_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_rename(run, "/b", "/c");
		step_rename(run, "/a", "/b");
		step_sync(run);
	}
}

static void replacing_a_directory_after_moving_its_file_out_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_rename(run, "/T/x", "/y");
		step_rename(run, "/A", "/T");
		step_sync(run);
	}
}

static void moving_a_directory_below_its_former_child_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_rename(run, "/d/k", "/k2");
		step_rename(run, "/d", "/k2/d");
		step_sync(run);
	}
}

static void making_directories_while_blocks_fill_up_survives_every_cut(void **state)
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

static void appending_and_linking_survives_every_cut(void **state)
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

static void reusing_a_name_between_two_renames_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_rename(run, "/c", "/e");
		step_create(run, "/c");
		step_rename(run, "/e", "/f");
		step_sync(run);
	}
}

/* The second move must not rely on the name that the first move made, because it is not durable yet. */
static void renaming_within_a_directory_then_out_of_it_survives_every_cut(void **state)
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

static void replacing_a_file_by_rename_leaves_old_or_new_contents(void **state)
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

/* ---- found by review: each of these workloads once broke the contract ---- */

/* The slot of a durable name went to a new object that was deleted before it was written. */
static void unlinking_a_recreated_file_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_unlink(run, "/c");
		step_create(run, "/c");
		step_write(run, "/c", 0, 1200);
		step_unlink(run, "/c");
		step_create(run, "/z");
		step_write(run, "/z", 0, 5000);
		step_sync(run);
	}
}

static void unlinking_a_replaced_file_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_create(run, "/c.tmp");
		step_write(run, "/c.tmp", 0, 3000);
		step_rename(run, "/c.tmp", "/c");
		step_unlink(run, "/c");
		step_create(run, "/z");
		step_write(run, "/z", 0, 5000);
		step_sync(run);
	}
}

static void unlinking_a_replacement_that_moved_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_create(run, "/c.tmp");
		step_write(run, "/c.tmp", 0, 3000);
		step_rename(run, "/c.tmp", "/c");
		step_rename(run, "/c", "/d/q");
		step_unlink(run, "/d/q");
		step_create(run, "/z");
		step_write(run, "/z", 0, 5000);
		step_sync(run);
	}
}

static void removing_a_recreated_directory_survives_every_cut(void **state)
{
	char path[64];
	int i;

	(void)state;
	FOR_BOTH(run) {
		step_rmdir(run, "/A");
		step_mkdir(run, "/A");
		for (i = 0; i < 20; i++) {
			snprintf(path, sizeof(path), "/A/a-name-that-fills-%d", i);
			step_create(run, path);
		}
		for (i = 0; i < 20; i++) {
			snprintf(path, sizeof(path), "/A/a-name-that-fills-%d", i);
			step_unlink(run, path);
		}
		step_rmdir(run, "/A");
		step_create(run, "/z");
		step_write(run, "/z", 0, 5000);
		step_sync(run);
	}
}

/* A file's data take the blocks of a directory that never became durable. */
static void reusing_the_blocks_of_a_removed_new_directory_survives_every_cut(void **state)
{
	char path[64];
	int i;

	(void)state;
	FOR_BOTH(run) {
		step_mkdir(run, "/n");
		for (i = 0; i < 20; i++) {
			snprintf(path, sizeof(path), "/n/a-name-that-fills-%d", i);
			step_create(run, path);
		}
		for (i = 0; i < 20; i++) {
			snprintf(path, sizeof(path), "/n/a-name-that-fills-%d", i);
			step_unlink(run, path);
		}
		step_rmdir(run, "/n");
		step_create(run, "/z");
		step_write(run, "/z", 0, 30000);
		step_sync(run);
	}
}

/* After an exchange the new name, which is not on the disc yet, belongs to a durable object. */
static void exchanging_with_a_new_name_survives_every_cut(void **state)
{
	struct crash_run *run = crash_start(512, 4096, setup_slots);

	(void)state;
	step_create(run, "/q");
	step_exchange(run, "/c", "/q");
	step_unlink(run, "/q");
	step_create(run, "/z");
	step_write(run, "/z", 0, 5000);
	step_sync(run);
	step_create(run, "/d/name-in-slt");	/* the slot of some-name-22 */
	step_exchange(run, "/d/some-name-21", "/d/name-in-slt");
	step_unlink(run, "/d/name-in-slt");
	step_create(run, "/z2");
	step_write(run, "/z2", 0, 5000);
	step_sync(run);
	step_create(run, "/d/name-in-slt");
	step_exchange(run, "/d/some-name-20", "/d/name-in-slt");
	step_unlink(run, "/d/some-name-20");
	step_write(run, "/z2", 0, 9000);
	step_sync(run);
	finish(run);
}

/* When the slot of a removed directory is reused, the names in that directory are removed in the phase LINK. */
static void replacing_a_directory_after_linking_its_file_outside_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_link(run, "/T/x", "/d/y");
		step_unlink(run, "/T/x");
		step_rmdir(run, "/T");
		step_mkdir(run, "/T");
		step_sync(run);
	}
}

static void replacing_the_directories_above_a_moved_file_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_mkdir(run, "/d/k/e");
		step_create(run, "/d/k/e/x");
		step_sync(run);
		step_rename(run, "/d/k/e/x", "/A/y");
		step_rmdir(run, "/d/k/e");
		step_rmdir(run, "/d/k");
		step_rmdir(run, "/d");
		step_create(run, "/d");
		step_sync(run);
	}
}

/* An fsync writes the phase LINK but not UNLINK, so the old name of a moved directory is still on the disc. */
static void an_fsync_between_two_moves_of_directories_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_rename(run, "/d/k", "/k2");
		step_write(run, "/a", 0, 100);
		step_truncate(run, "/a", 100);
		step_fsync(run, "/a");
		step_rename(run, "/d", "/k2/d");
		step_sync(run);
	}
}

static void an_fsync_between_two_recreations_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_unlink(run, "/c");
		step_create(run, "/c");
		step_fsync(run, "/c");
		step_unlink(run, "/c");
		step_create(run, "/c");
		step_write(run, "/c", 0, 700);
		step_fsync(run, "/c");
		step_rename(run, "/c", "/b");
		step_sync(run);
	}
}

static void removing_both_names_of_a_new_file_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_create(run, "/p");
		step_link(run, "/p", "/q");
		step_unlink(run, "/p");
		step_unlink(run, "/q");
		step_create(run, "/r");
		step_write(run, "/r", 0, 1000);
		step_sync(run);
	}
}

/* A directory grows out of its ICB while removals wait and slots have been reused. */
static void growing_a_directory_while_names_are_removed_survives_every_cut(void **state)
{
	char path[64];
	int i;

	(void)state;
	FOR_BOTH(run) {
		step_unlink(run, "/T/x");
		step_create(run, "/T/y");
		step_rename(run, "/d/k", "/T/k");
		step_unlink(run, "/T/y");
		for (i = 0; i < 9; i++) {
			snprintf(path, sizeof(path), "/T/a-name-that-fills-%d", i);
			step_create(run, path);
		}
		step_create(run, "/T/x");
		step_rename(run, "/T/a-name-that-fills-1", "/T/a-name-that-fills-2");
		step_unlink(run, "/T/a-name-that-fills-3");
		step_sync(run);
		step_unlink(run, "/T/a-name-that-fills-4");
		step_rename(run, "/T/a-name-that-fills-5", "/T/a-name-that-fills-4");
		step_fsync(run, "/T/x");
		step_create(run, "/T/another");
		step_sync(run);
	}
}

/* Free slots are split, padded and reused. */
static void reusing_the_slots_of_removed_names_survives_every_cut(void **state)
{
	struct crash_run *run = crash_start(512, 4096, setup_slots);
	int round;

	(void)state;
	for (round = 0; round < 2; round++) {
		step_create(run, "/d/s");
		step_create(run, "/d/name-in-slt");
		step_create(run, "/d/name-that-is-longer");
		step_unlink(run, "/d/some-name-08");
		step_unlink(run, "/d/name-in-slt");
		step_fsync(run, "/d/s");
		step_create(run, "/d/nm");
		step_rename(run, "/d/nm", "/d/some-name-08");
		step_rename(run, "/d/some-name-09", "/d/s");
		step_sync(run);
		step_create(run, "/d/some-name-09");
		step_unlink(run, "/d/s");
		step_unlink(run, "/d/name-that-is-longer");
		step_sync(run);
	}
	finish(run);
}

static void objects_of_every_kind_survive_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_symlink(run, "../some/where", "/s1");
		step_special(run, "/n1", S_IFCHR, 3);
		step_special(run, "/n2", S_IFIFO, 0);
		step_fsync(run, "/");
		step_rename(run, "/s1", "/c");
		step_special(run, "/T/n3", S_IFBLK, 4);
		step_rename(run, "/T/n3", "/n1");
		step_symlink(run, "nowhere", "/s1");
		step_special(run, "/n4", S_IFSOCK, 0);
		step_unlink(run, "/n2");
		step_sync(run);
	}
}

/* ---- open files ---- */

static void unlinking_an_open_file_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		int a = step_hold(run, "/c"), x = step_hold(run, "/T/x");

		step_unlink(run, "/c");
		step_unlink(run, "/T/x");
		step_write_held(run, a, 0, 3000);
		step_write_held(run, x, 600, 2000);
		step_fsync_held(run, a);
		step_sync(run);
		step_write_held(run, x, 6000, 2000);
		step_create(run, "/c");
		step_fsync(run, "/c");
		step_release(run, x);
		step_create(run, "/z");
		step_write(run, "/z", 0, 6000);
		step_sync(run);
		step_release(run, a);
		step_create(run, "/z2");
		step_write(run, "/z2", 0, 6000);
		step_sync(run);
	}
}

static void replacing_an_open_file_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		int a = step_hold(run, "/a"), c = step_hold(run, "/c");

		step_create(run, "/n");
		step_write(run, "/n", 0, 2000);
		step_rename(run, "/n", "/c");
		step_rename(run, "/T/x", "/a");
		step_write_held(run, c, 0, 2000);
		step_write_held(run, a, 0, 2000);
		step_fsync(run, "/c");
		step_release(run, c);
		step_unlink(run, "/b");
		step_fsync_held(run, a);
		step_create(run, "/z");
		step_write(run, "/z", 0, 6000);
		step_sync(run);
	}
}

/* A closed volume must hold no orphan, because nobody looks for orphans there. */
static void closing_a_volume_with_an_unlinked_open_file_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		(void)step_hold(run, "/c");
		step_unlink(run, "/c");
		step_tick(run, 31, true);
		step_tick(run, 31, true);
		step_create(run, "/n");
		step_sync(run);
	}
}

static void removing_an_open_directory_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		int k = step_hold(run, "/d/k");

		step_rmdir(run, "/d/k");
		step_mkdir(run, "/d/k");
		step_sync(run);
		step_release(run, k);
		step_create(run, "/d/k/n");
		step_write(run, "/d/k/n", 0, 2000);
		step_sync(run);
	}
}

/* ---- timer ---- */

static void commits_and_closes_by_the_timer_survive_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_create(run, "/n");
		step_write(run, "/n", 0, 2000);
		step_unlink(run, "/b");
		step_tick(run, 10, false);
		step_tick(run, 21, true);
		step_unlink(run, "/a");
		step_tick(run, 31, true);
		step_tick(run, 31, true);	/* CLOSE */
		step_write(run, "/n", 1000, 2000);
		step_rename(run, "/n", "/c");
		step_tick(run, 31, true);
		step_tick(run, 31, true);
	}
}

/* ---- found open ---- */

static void changing_a_volume_that_was_left_open_survives_every_cut(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct crash_run *run = crash_start_on(&(struct crash_volume){
			.block_bytes = 512, .n_blocks = 4096, .fill = setups[i], .left_open = true });

		step_unlink(run, "/b");
		step_rename(run, "/T/x", "/c");
		step_rmdir(run, "/A");
		step_mkdir(run, "/T/A");
		step_rename(run, "/d/k", "/T/A/k");
		step_sync(run);
		step_rmdir(run, "/T/A/k");
		step_create(run, "/T/n");
		step_write(run, "/T/n", 0, 4000);
		step_remount(run);
		step_tick(run, 31, true);
		step_tick(run, 31, true);
		step_unlink(run, "/a");
		finish(run);
	}
}

/* A cut in LINK of a move leaves a directory with two names, one of them its parent FID's. */
static struct crash_run *with_a_directory_linked_twice(void)
{
	struct crash_run *first = crash_start(512, 4096, setup_names), *run;
	size_t n;

	step_rename(first, "/d/k", "/T/k");
	step_fsync(first, "/a");
	step_write(first, "/a", 900, 100);
	step_fsync(first, "/a");		/* LINK without UNLINK */
	n = crash_n_events(first);
	{
		struct bio *state = crash_state(first, n, 0);

		run = crash_start_after(state);
		bio_close(state);
	}
	abandon_volume(&first->m);
	crash_free(first);
	return run;
}

static void removing_either_name_of_a_directory_linked_twice_survives_every_cut(void **state)
{
	static const char *const names[] = { "/d/k", "/T/k" };
	unsigned i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct crash_run *run = with_a_directory_linked_twice();

		assert_true(model_lookup(run->model, "/d/k") > 0);
		assert_int_equal(model_lookup(run->model, "/d/k"), model_lookup(run->model, "/T/k"));
		if (i >= 2)	/* reach it by the other name first */
			put_ino(&run->m, path_ino(&run->m, names[1 - i % 2]));
		step_rmdir(run, names[i % 2]);
		step_sync(run);
		step_create(run, "/z");
		step_write(run, "/z", 0, 4000);
		finish(run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unlinking_one_of_two_names_survives_every_cut),
		cmocka_unit_test(linking_and_unlinking_the_old_name_survives_every_cut),
		cmocka_unit_test(recreating_an_unlinked_file_survives_every_cut),
		cmocka_unit_test(a_file_written_before_its_name_is_found_after_fsync),
		cmocka_unit_test(replacing_a_freshly_linked_name_survives_every_cut),
		cmocka_unit_test(a_chain_of_renames_survives_every_cut),
		cmocka_unit_test(replacing_a_directory_after_moving_its_file_out_survives_every_cut),
		cmocka_unit_test(moving_a_directory_below_its_former_child_survives_every_cut),
		cmocka_unit_test(making_directories_while_blocks_fill_up_survives_every_cut),
		cmocka_unit_test(appending_and_linking_survives_every_cut),
		cmocka_unit_test(reusing_a_name_between_two_renames_survives_every_cut),
		cmocka_unit_test(renaming_within_a_directory_then_out_of_it_survives_every_cut),
		cmocka_unit_test(replacing_a_file_by_rename_leaves_old_or_new_contents),
		cmocka_unit_test(unlinking_a_recreated_file_survives_every_cut),
		cmocka_unit_test(unlinking_a_replaced_file_survives_every_cut),
		cmocka_unit_test(unlinking_a_replacement_that_moved_survives_every_cut),
		cmocka_unit_test(removing_a_recreated_directory_survives_every_cut),
		cmocka_unit_test(reusing_the_blocks_of_a_removed_new_directory_survives_every_cut),
		cmocka_unit_test(exchanging_with_a_new_name_survives_every_cut),
		cmocka_unit_test(replacing_a_directory_after_linking_its_file_outside_survives_every_cut),
		cmocka_unit_test(replacing_the_directories_above_a_moved_file_survives_every_cut),
		cmocka_unit_test(an_fsync_between_two_moves_of_directories_survives_every_cut),
		cmocka_unit_test(an_fsync_between_two_recreations_survives_every_cut),
		cmocka_unit_test(removing_both_names_of_a_new_file_survives_every_cut),
		cmocka_unit_test(growing_a_directory_while_names_are_removed_survives_every_cut),
		cmocka_unit_test(reusing_the_slots_of_removed_names_survives_every_cut),
		cmocka_unit_test(objects_of_every_kind_survive_every_cut),
		cmocka_unit_test(unlinking_an_open_file_survives_every_cut),
		cmocka_unit_test(replacing_an_open_file_survives_every_cut),
		cmocka_unit_test(closing_a_volume_with_an_unlinked_open_file_survives_every_cut),
		cmocka_unit_test(removing_an_open_directory_survives_every_cut),
		cmocka_unit_test(commits_and_closes_by_the_timer_survive_every_cut),
		cmocka_unit_test(a_new_name_that_comes_back_after_each_replacement_survives_every_cut),
		cmocka_unit_test(changing_a_volume_that_was_left_open_survives_every_cut),
		cmocka_unit_test(removing_either_name_of_a_directory_linked_twice_survives_every_cut),
	};

	keep_the_heap();
	return cmocka_run_group_tests_name("crash: names", tests, NULL, NULL);
}
