/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workloads too large for a model: names that follow a pattern, a few of the cuts, drawn by a seed.
 * A mark in the log says how many steps were durable when it was made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "crash.h"
#include "fixture.h"

#define MAX_LINKS 65000u		/* DESIGN: EMLINK from here on */

struct large {
	struct bio *base, *fault;
	struct mounted m;
	udf_ino root;
};

static void large_start(struct large *l, uint32_t n_blocks)
{
	struct bio *copy;

	assert_int_equal(bio_memory_new(512, n_blocks, &l->base), UDF_OK);
	make_volume(l->base, 0x0201);
	assert_int_equal(bio_overlay_new(l->base, false, &copy), UDF_OK);
	assert_int_equal(bio_fault_new(copy, &l->fault), UDF_OK);
	bio_fault_record(l->fault, true);
	mount_volume(l->fault, NULL, &l->m);
	l->root = udf_fs_root(l->m.fs);
}

static void large_end(struct large *l)
{
	bio_close(l->fault);
	bio_close(l->base);
}

static enum udf_err make(struct mounted *m, udf_ino dir, const char *name, uint32_t mode, udf_ino *ret_ino)
{
	const struct udf_new what = { .mode = mode };
	struct udf_attr attr;
	enum udf_err err = udf_create(m->fs, dir, name, strlen(name), &what, &attr);

	if (err)
		return err;
	udf_forget(m->fs, attr.ino, 1);
	if (ret_ino)
		*ret_ino = attr.ino;
	return UDF_OK;
}

static bool find(struct mounted *m, udf_ino dir, const char *name, struct udf_attr *ret_attr)
{
	enum udf_err err = udf_lookup(m->fs, dir, name, strlen(name), ret_attr);

	assert_true(err == UDF_OK || err == UDF_E_NOT_FOUND);
	if (!err)
		udf_forget(m->fs, ret_attr->ino, 1);
	return !err;
}

static void sync_and_mark(struct large *l, uint64_t n_done)
{
	assert_int_equal(udf_fs_sync(l->m.fs), UDF_OK);
	assert_int_equal(bio_fault_mark(l->fault, n_done), UDF_OK);
}

static void name_of(char *ret_name, uint64_t i)
{
	snprintf(ret_name, 32, "n%llu", (unsigned long long)i);
}

/* ---- cuts ---- */

/* Is what N_DURABLE steps left there, and of the rest nothing but what a step can leave? */
typedef void verify_fn(struct mounted *m, uint64_t n_durable);

static void try_state(struct bio *state, verify_fn *verify, uint64_t n_durable)
{
	struct mounted m;

	mount_volume(state, NULL, &m);
	assert_null(udf_fs_why_read_only(m.fs));
	verify(&m, n_durable);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	assert_true(crash_check_is_content(state));
}

/* Is the cut before event CUT tried?  Where the most is pending, and N_MORE others. */
static bool is_tried(const struct bio_event *events, size_t n_events, size_t cut, size_t n_more)
{
	return cut == n_events || events[cut].kind == BIO_EVENT_FLUSH || cut % (n_events / n_more + 1) == 1;
}

/* Each cut whole, and as some subsets of what was pending. */
static void try_cuts(struct large *l, verify_fn *verify, size_t n_more)
{
	struct bio_crash_walker *walker;
	const struct bio_event *events;
	size_t n_events, cut, n_tried = 0;
	uint64_t n_durable = 0, seed = 1;
	struct bio *state;

	bio_fault_log(l->fault, &events, &n_events);
	assert_int_equal(bio_crash_walker_new(events, n_events, l->base, &walker), UDF_OK);
	for (cut = 0; cut <= n_events; cut++) {
		if (cut && events[cut - 1].kind == BIO_EVENT_MARK)
			n_durable = events[cut - 1].mark;
		if (!is_tried(events, n_events, cut, n_more))
			continue;
		for (unsigned subset = 0; subset < 3; subset++, n_tried++) {
			enum bio_tear tear = subset == 2 ? BIO_TEAR_BLOCK : BIO_TEAR_NONE;

			assert_int_equal(bio_crash_walker_state(walker, cut, subset ? rnd(&seed) | 1 : 0, tear, NULL,
								&state), UDF_OK);
			try_state(state, verify, n_durable);
			bio_close(state);
		}
	}
	bio_crash_walker_free(walker);
	print_message("# %zu events, %zu states\n", n_events, n_tried);
	assert_true(n_tried > 3 * n_more);
}

/* ---- 70,000 creates ---- */

#define N_FILES 70000u

static void files_are_there(struct mounted *m, uint64_t n_durable)
{
	udf_ino root = udf_fs_root(m->fs);
	struct udf_attr attr;
	char name[32];

	for (uint64_t i = 0; i < N_FILES; i++) {
		name_of(name, i);
		if (!find(m, root, name, &attr)) {
			if (i < n_durable)
				fail_msg("%s is lost, of %llu that were durable", name, (unsigned long long)n_durable);
			break;	/* the next one is tried, the others not */
		}
		assert_int_equal(attr.nlink, 1);
	}
	assert_int_equal(make(m, root, "used", S_IFREG | 0644, NULL), UDF_OK);
	assert_int_equal(udf_unlink(m->fs, root, "used", 4), UDF_OK);
	if (n_durable)
		assert_int_equal(udf_unlink(m->fs, root, "n0", 2), UDF_OK);
}

static void seventy_thousand_new_files_survive_the_cuts(void **state)
{
	struct large l;
	char name[32];

	(void)state;
	large_start(&l, 90000);
	for (uint64_t i = 0; i < N_FILES; i++) {
		name_of(name, i);
		assert_int_equal(make(&l.m, l.root, name, S_IFREG | 0644, NULL), UDF_OK);
		if (i % 17500 == 17499)
			sync_and_mark(&l, i + 1);
	}
	assert_int_equal(unmount_volume(&l.m), UDF_OK);
	assert_int_equal(bio_fault_mark(l.fault, N_FILES), UDF_OK);
	try_cuts(&l, files_are_there, 8);
	large_end(&l);
}

/* ---- names of a file, up to the limit ---- */

static void links_are_there(struct mounted *m, uint64_t n_durable)
{
	udf_ino root = udf_fs_root(m->fs);
	struct udf_attr attr;
	char name[32];

	/* but the last two of them, which are removed and moved below */
	for (uint64_t i = 0; i < n_durable && i < MAX_LINKS - 2; i++) {
		name_of(name, i);
		if (!find(m, root, name, &attr))
			fail_msg("%s is lost, of %llu that were durable", name, (unsigned long long)n_durable);
		assert_true(attr.nlink >= n_durable - 1 && attr.nlink <= MAX_LINKS + 1);
	}
	if (n_durable) {
		assert_int_equal(udf_unlink(m->fs, root, "n0", 2), UDF_OK);
		assert_int_equal(udf_rename(m->fs, root, "n1", 2, root, "used", 4, 0), UDF_OK);
		assert_int_equal(udf_unlink(m->fs, root, "used", 4), UDF_OK);
	}
}

static void a_file_with_as_many_names_as_allowed_survives_the_cuts(void **state)
{
	struct udf_attr attr;
	struct large l;
	char name[32];
	udf_ino ino;

	(void)state;
	large_start(&l, 20000);
	assert_int_equal(make(&l.m, l.root, "n0", S_IFREG | 0644, &ino), UDF_OK);
	for (uint64_t i = 1; i < MAX_LINKS; i++) {
		name_of(name, i);
		assert_int_equal(udf_link(l.m.fs, ino, l.root, name, strlen(name), &attr), UDF_OK);
		udf_forget(l.m.fs, attr.ino, 1);
		if (i % 32000 == 31999 || i == MAX_LINKS - 1)
			sync_and_mark(&l, i + 1);
	}
	assert_int_equal(attr.nlink, MAX_LINKS);
	assert_int_equal(udf_link(l.m.fs, ino, l.root, "more", 4, &attr), UDF_E_TOO_MANY_LINKS);
	/* a name less makes room for another, which then takes the last one's place and its count */
	name_of(name, MAX_LINKS - 1);
	assert_int_equal(udf_unlink(l.m.fs, l.root, name, strlen(name)), UDF_OK);
	name_of(name, MAX_LINKS - 2);
	assert_int_equal(udf_rename(l.m.fs, l.root, name, strlen(name), l.root, "moved", 5, 0), UDF_OK);
	assert_int_equal(udf_fs_sync(l.m.fs), UDF_OK);
	assert_int_equal(udf_link(l.m.fs, ino, l.root, name, strlen(name), &attr), UDF_OK);
	udf_forget(l.m.fs, attr.ino, 1);
	assert_int_equal(attr.nlink, MAX_LINKS);
	assert_int_equal(unmount_volume(&l.m), UDF_OK);
	try_cuts(&l, links_are_there, 8);
	large_end(&l);
}

/* ---- subdirectories, up to the limit ---- */

static void directories_are_there(struct mounted *m, uint64_t n_durable)
{
	udf_ino root = udf_fs_root(m->fs);
	struct udf_attr attr;
	char name[32];

	for (uint64_t i = 0; i < n_durable; i += 97) {
		name_of(name, i);
		if (!find(m, root, name, &attr))
			fail_msg("%s is lost, of %llu that were durable", name, (unsigned long long)n_durable);
	}
	if (n_durable) {
		assert_int_equal(udf_rmdir(m->fs, root, "n1", 2), UDF_OK);
		assert_int_equal(make(m, root, "n1", S_IFDIR | 0755, NULL), UDF_OK);
	}
}

static void a_directory_with_as_many_subdirectories_as_allowed_survives_the_cuts(void **state)
{
	uint64_t n = 0;
	struct udf_attr attr;
	struct large l;
	enum udf_err err;
	char name[32];
	udf_ino other;

	(void)state;
	large_start(&l, 90000);
	do {
		name_of(name, n);
		err = make(&l.m, l.root, name, S_IFDIR | 0755, NULL);
		if (!err && ++n % 32000 == 0)
			sync_and_mark(&l, n);
	} while (!err);
	assert_int_equal(err, UDF_E_TOO_MANY_LINKS);
	assert_int_equal(udf_getattr(l.m.fs, l.root, &attr), UDF_OK);
	assert_int_equal(attr.nlink, MAX_LINKS + 1);	/* "." counts here, and not on disc */
	sync_and_mark(&l, n);
	/* no other comes in; within, and out and in again, they move */
	name_of(name, n - 1);
	assert_true(find(&l.m, l.root, "n0", &attr));
	other = attr.ino;
	assert_int_equal(make(&l.m, other, "below", S_IFDIR | 0755, NULL), UDF_OK);
	assert_int_equal(udf_rename(l.m.fs, other, "below", 5, l.root, "up", 2, 0), UDF_E_TOO_MANY_LINKS);
	assert_int_equal(udf_rename(l.m.fs, l.root, name, strlen(name), l.root, "within", 6, 0), UDF_OK);
	assert_int_equal(udf_rename(l.m.fs, l.root, "within", 6, other, "in", 2, 0), UDF_OK);
	assert_int_equal(udf_rename(l.m.fs, other, "in", 2, l.root, name, strlen(name), 0), UDF_OK);
	assert_int_equal(udf_rmdir(l.m.fs, other, "below", 5), UDF_OK);
	assert_int_equal(unmount_volume(&l.m), UDF_OK);
	try_cuts(&l, directories_are_there, 4);
	large_end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seventy_thousand_new_files_survive_the_cuts),
		cmocka_unit_test(a_file_with_as_many_names_as_allowed_survives_the_cuts),
		cmocka_unit_test(a_directory_with_as_many_subdirectories_as_allowed_survives_the_cuts),
	};

	keep_the_heap();
	return cmocka_run_group_tests_name("crash_large", tests, NULL, NULL);
}
