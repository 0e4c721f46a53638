/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a sync costs: flushes are the price of durability, and no more of them than the phases need. */
#include "fs_fixture.h"

#include "../common/pack.h"

struct counted {
	struct fsx x;
	size_t n_seen;			/* events of the log */
};

static void counted_init(struct counted *c)
{
	struct bio *memory, *fault;

	OK(bio_memory_new(2048, 4096, &memory));
	OK(bio_fault_new(memory, &fault));
	fsx_init_bio(&c->x, fault, 0x0201);
	fsx_write(&c->x, fsx_file(&c->x, "file"), 0, 100000, 1);
	fsx_write(&c->x, fsx_file(&c->x, "other"), 0, 100000, 1);
	OK(udf_fs_sync(c->x.fs));
	OK(udf_fs_sync(c->x.fs));	/* what the first has left for the next batch */
	bio_fault_record(fault, true);
	c->n_seen = 0;
}

/* Events of KIND since the last call. */
static size_t n_new(struct counted *c, int kind)
{
	const struct bio_event *events;
	size_t n_events, n = 0;

	bio_fault_log(c->x.bio, &events, &n_events);
	for (size_t i = c->n_seen; i < n_events; i++)
		n += (int)events[i].kind == kind;
	c->n_seen = n_events;
	return n;
}

/* A file is written to, and synced: how many flushes is that? */
static void costs(const char *name, uint64_t at, size_t n_bytes, bool data_only, size_t n_flushes)
{
	struct counted c;
	udf_ino file;

	counted_init(&c);
	file = fsx_find(&c.x, c.x.root, name);
	if (!file)
		file = fsx_file(&c.x, name);
	fsx_write(&c.x, file, at, n_bytes, 2);
	OK(udf_fsync(c.x.fs, file, data_only));
	assert_int_equal(n_new(&c, BIO_EVENT_FLUSH), n_flushes);
	fsx_done(&c.x);
}

static void overwriting_and_fdatasync_cost_one_flush(void **state)
{
	(void)state;
	costs("file", 5000, 3000, true, 1);
}

static void appending_and_fsync_cost_two_flushes(void **state)
{
	(void)state;
	costs("file", 100000, 50000, false, 2);
}

static void creating_and_fsync_cost_two_flushes(void **state)
{
	(void)state;
	costs("new", 0, 50000, false, 2);
}

static void replacing_a_file_by_rename_costs_at_most_three_flushes(void **state)
{
	struct counted c;
	udf_ino file;

	(void)state;
	counted_init(&c);
	file = fsx_file(&c.x, "new");
	fsx_write(&c.x, file, 0, 50000, 1);
	OK(fsx_rename(&c.x, c.x.root, "new", c.x.root, "file", 0));
	OK(udf_fs_sync(c.x.fs));
	assert_in_range(n_new(&c, BIO_EVENT_FLUSH), 1, 3);
	fsx_done(&c.x);
}

static void fdatasync_after_a_change_of_times_costs_no_flush(void **state)
{
	struct udf_attr attr = { .mtime = { .seconds = 1000000000 } };
	struct counted c;
	udf_ino file;

	(void)state;
	counted_init(&c);
	file = fsx_find(&c.x, c.x.root, "file");
	OK(udf_setattr(c.x.fs, file, &attr, UDF_SET_MTIME, &attr));
	OK(udf_fsync(c.x.fs, file, true));
	assert_int_equal(n_new(&c, BIO_EVENT_FLUSH), 0);
	fsx_done(&c.x);
}

static void fsync_without_changes_costs_no_flush(void **state)
{
	struct counted c;

	(void)state;
	counted_init(&c);
	OK(udf_fsync(c.x.fs, fsx_find(&c.x, c.x.root, "file"), false));
	OK(udf_fsync(c.x.fs, c.x.root, false));
	OK(udf_fs_sync(c.x.fs));
	assert_int_equal(n_new(&c, BIO_EVENT_FLUSH), 0);
	fsx_done(&c.x);
}

/* As Linux lays them, in blocks of 2048 bytes one of thirty: a camera's card is emptied. */
static void names_over_block_boundaries_go_in_one_commit(void **state)
{
	struct counted c;
	char name[40];
	udf_ino d;

	(void)state;
	counted_init(&c);
	d = fsx_make(&c.x, c.x.root, "d", S_IFDIR | 0755);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "name of a picture %03d", i);
		fsx_make(&c.x, d, name, S_IFREG | 0644);
	}
	fsx_unmount(&c.x);
	pack_directories(c.x.bio);
	assert_true(n_packed >= 6);
	fsx_mount(&c.x);
	d = fsx_find(&c.x, c.x.root, "d");
	(void)n_new(&c, BIO_EVENT_FLUSH);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "name of a picture %03d", i);
		OK(fsx_unlink(&c.x, d, name));
	}
	OK(udf_fs_sync(c.x.fs));
	assert_in_range(n_new(&c, BIO_EVENT_FLUSH), 1, 4);
	fsx_done(&c.x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overwriting_and_fdatasync_cost_one_flush),
		cmocka_unit_test(appending_and_fsync_cost_two_flushes),
		cmocka_unit_test(creating_and_fsync_cost_two_flushes),
		cmocka_unit_test(replacing_a_file_by_rename_costs_at_most_three_flushes),
		cmocka_unit_test(fdatasync_after_a_change_of_times_costs_no_flush),
		cmocka_unit_test(fsync_without_changes_costs_no_flush),
		cmocka_unit_test(names_over_block_boundaries_go_in_one_commit),
	};

	return cmocka_run_group_tests_name("fs_flushes", tests, NULL, NULL);
}
