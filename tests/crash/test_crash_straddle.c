/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of another writer whose FIDs straddle block boundaries (R5): the power is cut after every write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../common/pack.h"
#include "fixture.h"

/* The length of the first name determines where the block boundaries fall. */
#define N_SHIFTS 16

static struct layout {
	uint32_t block_bytes;
	unsigned shift, n_names;
	bool left_open;
} layout;

/* Of every three names in /d: a directory, a link of /a, a file; one of seven is deleted again. */
static void setup_d(struct model *model, struct mounted *m)
{
	char path[300];
	unsigned i;

	setup_names(model, m);
	snprintf(path, sizeof(path), "/d/%.*s", (int)(4 + 4 * layout.shift),
		 "the-first-name-which-moves-all-the-others-by-its-length-and-that-is-it");
	put_file(model, m, path, 0);
	for (i = 0; i < layout.n_names; i++) {
		snprintf(path, sizeof(path), "/d/%s-%02u",
			 layout.block_bytes > 512 ? "a-name-of-sixty-bytes-so-that-few-fill-a-large-block-of-it" :
						    "a-name", i);
		if (i % 3 == 0)
			put_dir(model, m, path);
		else if (i % 3 == 1)
			assert_int_equal(do_link(model, m, "/a", path), UDF_OK);
		else
			put_file(model, m, path, i % 2 ? 700 : 90);
	}
	for (i = 3; i < layout.n_names; i += 7) {
		snprintf(path, sizeof(path), "/d/%s-%02u",
			 layout.block_bytes > 512 ? "a-name-of-sixty-bytes-so-that-few-fill-a-large-block-of-it" :
						    "a-name", i);
		assert_int_equal(i % 3 ? do_unlink(model, m, path) : do_rmdir(model, m, path), UDF_OK);
	}
}

static struct crash_run *start(void)
{
	struct crash_run *run = crash_start_on(&(struct crash_volume){
		.block_bytes = layout.block_bytes,
		.n_blocks = 2048,
		.fill = setup_d,
		.alter = pack_directories,
		.left_open = layout.left_open });

	assert_true(n_packed > 0);
	return run;
}

/* Path of the Nth live name that straddles a boundary and is a directory, or is none. */
static bool straddler(bool is_dir, unsigned nth, char path[300])
{
	unsigned i;

	for (i = 0; i < n_packed; i++) {
		if (packed[i].is_dir != is_dir || packed[i].is_deleted || nth-- > 0)
			continue;
		snprintf(path, 300, "/d/%s", packed[i].name);
		return true;
	}
	return false;
}

/* The same for a name that does not straddle a boundary. */
static bool ordinary(struct crash_run *run, bool is_dir, unsigned nth, char path[300])
{
	const struct step *step = &run->steps[0];
	size_t i;
	unsigned k;

	for (i = 0; i < step->n_paths; i++) {
		const char *name = run->names.path[step->paths[i].name];

		if (run->model->objects[step->paths[i].object].is_dir != is_dir || strncmp(name, "/d/", 3) != 0)
			continue;
		for (k = 0; k < n_packed && strcmp(packed[k].name, name + 3) != 0; k++)
			;
		if (k < n_packed || nth-- > 0)
			continue;
		snprintf(path, 300, "%s", name);
		return true;
	}
	return false;
}

/* A path of the same length with another last character. */
static void alike(const char *path, char last, char ret[300])
{
	snprintf(ret, 300, "%s", path);
	ret[strlen(ret) - 1] = last;
}

static void for_all(void (*work)(struct crash_run *run))
{
	static const struct layout sizes[] = { { 512, 0, 22, false }, { 2048, 0, 44, false } };
	const unsigned step = crash_stride() > 1 ? 4 : 1;
	unsigned i;

	for (i = 0; i < 2; i++) {
		for (layout = sizes[i]; layout.shift < N_SHIFTS; layout.shift += step * (i ? 5 : 1)) {
			struct crash_run *run;

			layout.left_open = layout.shift % 5 == 4;
			run = start();
			work(run);
			finish(run);
		}
	}
}

static void delete_work(struct crash_run *run)
{
	char path[300];
	unsigned i;

	for (i = 0; i < 3 && straddler(false, i, path); i++) {
		step_unlink(run, path);
		if (i == 0)
			step_fsync(run, "/c");
		else
			step_sync(run);
	}
	for (i = 0; i < 2 && straddler(true, i, path); i++)
		step_rmdir(run, path);
	step_write(run, "/c", 0, 3000);
	step_remount(run);
}

static void deleting_straddling_names_survives_every_cut(void **state)
{
	(void)state;
	for_all(delete_work);
}

/* In one batch, while other names are made and deleted. */
static void delete_many_work(struct crash_run *run)
{
	char path[300], other[300];
	unsigned i;

	step_create(run, "/new");
	step_write(run, "/new", 0, 900);
	for (i = 0; i < 4 && straddler(false, i, path); i++)
		step_unlink(run, path);
	step_link(run, "/new", "/link");
	step_unlink(run, "/c");
	step_fsync(run, "/new");
	for (; i < 6 && straddler(false, i, path); i++)
		step_unlink(run, path);
	if (straddler(false, i, path) && straddler(false, i + 1, other)) {
		step_rename(run, path, "/moved");
		step_unlink(run, other);
	}
	for (i = 0; i < 2 && straddler(true, i, path); i++)
		step_rmdir(run, path);
	step_sync(run);
}

static void deleting_several_straddling_names_together_survives_every_cut(void **state)
{
	(void)state;
	for_all(delete_many_work);
}

static void delete_and_add_work(struct crash_run *run)
{
	char path[300];

	if (straddler(false, 0, path)) {
		step_unlink(run, path);
		step_create(run, path);
		step_write(run, path, 0, 700);
		step_unlink(run, path);
		step_link(run, "/c", path);
		step_fsync(run, path);
		step_unlink(run, path);
		step_sync(run);
		step_create(run, path);
		step_sync(run);
	}
	if (straddler(true, 0, path)) {
		step_rmdir(run, path);
		step_mkdir(run, path);
		step_fsync(run, "/c");
		step_create(run, "/A/n");
		step_rmdir(run, path);
		step_sync(run);
	}
}

static void recreating_a_deleted_straddling_name_survives_every_cut(void **state)
{
	(void)state;
	for_all(delete_and_add_work);
}

static void rename_at_home_work(struct crash_run *run)
{
	char path[300], other[300];
	unsigned i;

	for (i = 0; i < 4; i++) {
		if (!straddler(i % 2, i / 2, path))
			continue;
		alike(path, '!', other);
		step_rename(run, path, other);
		if (i / 2)
			step_fsync(run, "/c");
		step_mkdir(run, path);
		step_rename(run, other, "/d/s");
		step_sync(run);
		step_rename(run, "/d/s", other);
		step_rename(run, other, "/d/another-of-another-length");
		step_sync(run);
		step_rename(run, "/d/another-of-another-length", i % 2 ? "/A/dir" : "/A/file");
	}
}

static void renaming_straddling_names_within_a_directory_survives_every_cut(void **state)
{
	(void)state;
	for_all(rename_at_home_work);
}

static void rename_away_work(struct crash_run *run)
{
	char path[300];

	if (straddler(false, 0, path)) {
		step_rename(run, path, "/A/file");
		step_create(run, path);
		step_rename(run, "/A/file", "/A/file2");
		step_fsync(run, path);
		step_rename(run, "/T/x", path);
		step_sync(run);
	}
	if (straddler(true, 0, path)) {
		step_rename(run, path, "/A/dir");
		step_create(run, "/A/dir/n");
		step_fsync(run, "/A/dir/n");
		step_rename(run, "/A/dir", path);
		step_sync(run);
		step_rename(run, path, "/T/dir");
	}
	if (straddler(false, 1, path))
		step_rename(run, path, "/T/x2");
	step_remount(run);
}

static void moving_straddling_names_to_another_directory_survives_every_cut(void **state)
{
	(void)state;
	for_all(rename_away_work);
}

static void rename_over_work(struct crash_run *run)
{
	char path[300], other[300];

	if (straddler(false, 0, path) && ordinary(run, false, 1, other)) {
		step_rename(run, other, path);
		step_sync(run);
		if (model_lookup(run->model, other) < 0)	/* both may have been links of /a */
			step_create(run, other);
		step_rename(run, path, other);
		step_fsync(run, other);
	}
	if (straddler(false, 1, path)) {
		step_create(run, "/d/n");
		step_write(run, "/d/n", 0, 900);
		step_rename(run, "/d/n", path);
		step_unlink(run, path);
		step_sync(run);
	}
	if (straddler(false, 2, path) && straddler(false, 3, other)) {
		step_rename(run, path, other);
		if (model_lookup(run->model, path) < 0)
			step_create(run, path);
		step_sync(run);
	}
	if (straddler(true, 0, path)) {
		step_rename(run, "/d/k", path);
		step_sync(run);
		step_rename(run, path, "/A");
		step_sync(run);
	}
}

static void replacing_straddling_names_survives_every_cut(void **state)
{
	(void)state;
	for_all(rename_over_work);
}

/* The two names are not in one block, so the exchange is refused and changes nothing. */
static void exchange_work(struct crash_run *run)
{
	char path[300], other[300];

	step_create(run, "/d/n");
	if (straddler(false, 0, path) && ordinary(run, false, 0, other)) {
		assert_int_equal(do_exchange(run->model, &run->m, path, other), UDF_E_INVAL);
		assert_int_equal(do_exchange(run->model, &run->m, other, path), UDF_E_INVAL);
		assert_int_equal(do_exchange(run->model, &run->m, path, "/d/n"), UDF_E_INVAL);
		step_write(run, "/d/n", 0, 700);
		step_sync(run);
	}
	if (straddler(false, 0, path) && straddler(true, 0, other)) {
		step_unlink(run, "/b");
		assert_int_equal(do_exchange(run->model, &run->m, path, other), UDF_E_INVAL);
		step_sync(run);
	}
}

static void exchanging_straddling_names_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	for_all(exchange_work);
}

/* Free slots that straddle a boundary, and the slots next to them. */
static void slot_work(struct crash_run *run)
{
	char path[300];
	unsigned i, k;

	for (i = k = 0; i < n_packed && k < 3; i++) {
		if (!packed[i].is_deleted)
			continue;
		/* of the slot's length, and one for whatever follows it */
		snprintf(path, sizeof(path), "/d/%.*s", (int)packed[i].n_bytes - 39,
			 k ? "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%" :
			     "????????????????????????????????????????????????????????????????????????");
		if (model_lookup(run->model, path) < 0) {
			step_create(run, path);
			step_fsync(run, path);
		}
		snprintf(path, sizeof(path), "/d/%u", k++);
		step_mkdir(run, path);
	}
	for (i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), "/d/a-longer-name-than-the-others-%u", i);
		step_mkdir(run, path);
		if (i % 2)
			step_sync(run);
	}
	for (i = 0; i < 6; i += 2) {
		snprintf(path, sizeof(path), "/d/a-longer-name-than-the-others-%u", i);
		step_rmdir(run, path);
		snprintf(path, sizeof(path), "/d/l%u", i);
		step_link(run, "/c", path);
	}
	step_sync(run);
}

static void reusing_straddling_slots_for_new_names_survives_every_cut(void **state)
{
	(void)state;
	for_all(slot_work);
}

static void below_work(struct crash_run *run)
{
	char path[300], below[320];

	if (straddler(true, 0, path)) {
		snprintf(below, sizeof(below), "%s/sub", path);
		step_mkdir(run, below);
		step_fsync(run, "/c");
		snprintf(below, sizeof(below), "%s/file", path);
		step_create(run, below);
		step_rename(run, below, "/A/file");
		snprintf(below, sizeof(below), "%s/sub", path);
		step_rename(run, below, "/A/sub");
		step_rmdir(run, path);
		step_mkdir(run, path);
		step_sync(run);
	}
	if (straddler(true, 1, path)) {
		step_rename(run, "/d/k", "/k2");
		step_rename(run, path, "/k2/moved");
		step_rename(run, "/k2", path);
		step_sync(run);
	}
}

static void changing_directories_with_straddling_names_survives_every_cut(void **state)
{
	(void)state;
	for_all(below_work);
}

/* Small directories in blocks, with the names that random steps use. */
static void setup_random(struct model *model, struct mounted *m)
{
	static const char *const dirs[] = { "", "/d1", "/d2", "/d1/e1" };
	char path[64];
	unsigned i, k;

	for (i = 0; i < 4; i++) {
		if (i)
			put_dir(model, m, dirs[i]);
		snprintf(path, sizeof(path), "%s/%.*s", dirs[i], (int)(5 + layout.shift), "zzzzzzzzzzzzzzzzzzzzzzzz");
		put_file(model, m, path, 0);
		for (k = 0; k < 14; k++) {
			snprintf(path, sizeof(path), "%s/%s%u", dirs[i], k % 2 ? "f" : "a-longer-name-than-that",
				 k / 2);
			put_file(model, m, path, k * 60);
		}
		for (k = 0; k < 14; k += 5) {
			snprintf(path, sizeof(path), "%s/%s%u", dirs[i], k % 2 ? "f" : "a-longer-name-than-that",
				 k / 2);
			assert_int_equal(do_unlink(model, m, path), UDF_OK);
		}
	}
}

static void random_work_with_straddling_names_survives_every_cut(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 6; seed += crash_stride()) {
		uint64_t at = seed;
		struct crash_run *run;
		int i;

		layout = (struct layout){ .shift = (unsigned)seed };
		run = crash_start_on(&(struct crash_volume){ .block_bytes = 512,
							     .n_blocks = 4096,
							     .revision = seed % 3 ? 0x0201 : 0x0102,
							     .fill = setup_random,
							     .alter = pack_directories,
							     .left_open = seed % 5 == 0 });
		assert_true(n_packed > 0);
		print_message("# seed %llu, %u names straddle\n", (unsigned long long)seed, n_packed);
		for (i = 0; i < 120; i++)
			step_random(run, &at);
		finish(run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deleting_straddling_names_survives_every_cut),
		cmocka_unit_test(deleting_several_straddling_names_together_survives_every_cut),
		cmocka_unit_test(recreating_a_deleted_straddling_name_survives_every_cut),
		cmocka_unit_test(renaming_straddling_names_within_a_directory_survives_every_cut),
		cmocka_unit_test(moving_straddling_names_to_another_directory_survives_every_cut),
		cmocka_unit_test(replacing_straddling_names_survives_every_cut),
		cmocka_unit_test(exchanging_straddling_names_is_refused_and_changes_nothing),
		cmocka_unit_test(reusing_straddling_slots_for_new_names_survives_every_cut),
		cmocka_unit_test(changing_directories_with_straddling_names_survives_every_cut),
		cmocka_unit_test(random_work_with_straddling_names_survives_every_cut),
	};

	keep_the_heap();
	return cmocka_run_group_tests_name("crash: straddling FIDs", tests, NULL, NULL);
}
