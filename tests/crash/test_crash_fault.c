/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device that fails: the n-th write, flush or read of a workload, for every n.  What was fsynced
 * before stays, nothing is written over it, and a check of what is left finds only what a cut may leave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fixture.h"

#define KEPT_BYTES 3000

enum failing { FAIL_WRITE, FAIL_FLUSH, FAIL_READ };

static void arm(struct bio *fault, enum failing what, uint64_t nth)
{
	if (what == FAIL_WRITE)
		bio_fault_fail_write(fault, nth, UDF_E_MEDIUM);
	else if (what == FAIL_FLUSH)
		bio_fault_fail_flush(fault, nth, UDF_E_MEDIUM);
	else
		bio_fault_fail_read(fault, nth, UDF_E_MEDIUM);
}

static void fill_kept(uint8_t *data)
{
	size_t i;

	for (i = 0; i < KEPT_BYTES; i++)
		data[i] = (uint8_t)(i * 7 + 1);
}

/* Errors are expected anywhere; *RET_KEPT: fsync of /kept succeeded. */
static void work(struct mounted *m, bool *ret_kept)
{
	struct model *model = model_new();
	uint8_t data[KEPT_BYTES];
	uint64_t seed = 5;
	char path[64];
	int i;

	fill_kept(data);
	*ret_kept = !do_create(model, m, "/kept", false) &&
		    !do_write(model, m, "/kept", 0, data, sizeof(data)) && !do_fsync(m, "/kept");
	(void)do_create(model, m, "/d", true);
	for (i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "%s/file-number-%d", i % 2 ? "/d" : "", i);
		(void)do_create(model, m, path, false);
		fill_pattern(data, sizeof(data), 2 + i, &seed);
		(void)do_write(model, m, path, (uint64_t)(i % 3) * 700, data, i % 4 ? 200 : 2900);
		if (i % 7 == 6)
			(void)udf_fs_sync(m->fs);
	}
	(void)do_rename(model, m, "/d/file-number-1", "/file-number-0");
	(void)do_unlink(model, m, "/file-number-2");
	(void)do_link(model, m, "/file-number-4", "/d/another");
	(void)do_truncate(model, m, "/file-number-8", 10);
	(void)udf_fs_sync(m->fs);
	(void)do_unlink(model, m, "/d/file-number-3");
	model_free(model);
}

static bool holds_kept(struct mounted *m)
{
	uint8_t want[KEPT_BYTES], *data;
	size_t n_bytes;
	bool same;

	fill_kept(want);
	data = read_path(m, "/kept", &n_bytes);
	same = data && n_bytes == sizeof(want) && memcmp(data, want, sizeof(want)) == 0;
	free(data);
	return same;
}

/* One run; false when the workload had fewer than NTH such calls. */
static bool run_once(struct bio *base, enum failing what, uint64_t nth, bool stays)
{
	struct bio *overlay, *fault;
	struct mounted m;
	bool kept, failed;
	uint64_t n_given;
	enum udf_err err;

	assert_int_equal(bio_overlay_new(base, false, &overlay), UDF_OK);
	assert_int_equal(bio_fault_new(overlay, &fault), UDF_OK);
	mount_volume(fault, NULL, &m);
	arm(fault, what, nth);
	bio_fault_stay(fault, stays);
	work(&m, &kept);
	failed = udf_fs_why_read_only(m.fs) != NULL;
	err = unmount_volume(&m);
	if (failed)
		assert_int_not_equal(err, UDF_OK);	/* R9: the unmount reports it */
	n_given = bio_fault_n_given(fault);
	bio_fault_stay(fault, false);
	arm(fault, what, 0);
	assert_true(crash_check_is_content(fault));
	mount_volume(fault, NULL, &m);
	assert_null(udf_fs_why_read_only(m.fs));
	if (kept)
		assert_true(holds_kept(&m));
	assert_int_equal(unmount_volume(&m), UDF_OK);
	bio_close(fault);
	return n_given != 0;
}

static void run_all(enum failing what, bool stays)
{
	struct bio *base;
	uint64_t nth = 1;

	assert_int_equal(bio_memory_new(512, 4096, &base), UDF_OK);
	make_volume(base, 0x0201);
	while (run_once(base, what, nth, stays))
		nth++;
	print_message("# %llu calls, each failed once\n", (unsigned long long)nth - 1);
	assert_true(nth > 5);
	bio_close(base);
}

static void a_failing_write_loses_nothing_fsynced(void **state)
{
	(void)state;
	run_all(FAIL_WRITE, false);
}

static void a_dying_device_loses_nothing_fsynced(void **state)
{
	(void)state;
	run_all(FAIL_WRITE, true);
}

static void a_failing_flush_loses_nothing_fsynced(void **state)
{
	(void)state;
	run_all(FAIL_FLUSH, false);
}

static void a_failing_read_loses_nothing_fsynced(void **state)
{
	(void)state;
	run_all(FAIL_READ, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failing_write_loses_nothing_fsynced),
		cmocka_unit_test(a_dying_device_loses_nothing_fsynced),
		cmocka_unit_test(a_failing_flush_loses_nothing_fsynced),
		cmocka_unit_test(a_failing_read_loses_nothing_fsynced),
	};

	return cmocka_run_group_tests_name("crash: failing devices", tests, NULL, NULL);
}
