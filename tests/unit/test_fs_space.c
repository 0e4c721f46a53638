/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Space and the integrity descriptor: full volumes, exact counts, when anything is written at all. */
#include "fs_fixture.h"

#include "../common/pack.h"
#include "base/bytes.h"
#include "fs/alloc.h"
#include "fs/state.h"

static const uint8_t bytes[65536] = { 1, 2, 3 };

/* Write blocks to INO until none is left. */
static void fill_file(struct fsx *x, udf_ino ino, size_t n_bytes)
{
	uint64_t at = fsx_attr(x, ino).size_bytes;
	size_t n;

	for (;;) {
		enum udf_err err = udf_write(x->fs, ino, at, n_bytes, bytes, &n);

		at += n;
		if (!err)
			continue;
		assert_int_equal(err, UDF_E_NOSPC);
		assert_int_equal(fsx_attr(x, ino).size_bytes, at);
		if (n_bytes == 1)
			break;
		n_bytes = 1;
	}
}

static void a_full_volume_refuses_writes_and_stays_consistent(void **state)
{
	struct fsx x;
	udf_ino full, small;
	char name[16];
	unsigned i, n_files = 0;
	enum udf_err err;

	(void)state;
	fsx_init(&x, 512, 1500, 0x0201);
	small = fsx_file(&x, "small");
	full = fsx_file(&x, "full");
	OK(fsx_unlink(&x, x.root, "small"));
	small = fsx_file(&x, "other");
	fill_file(&x, full, 4096);
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "file %u", i);
		err = fsx_try_make(&x, x.root, name, i % 2 ? S_IFREG | 0644 : S_IFDIR | 0755, NULL);
		if (!err)
			err = fsx_link(&x, small, x.root, strcat(name, "a"));
		if (err)
			break;
		n_files++;
	}
	assert_int_equal(err, UDF_E_NOSPC);
	assert_true(n_files < 20);
	for (i = 0; i < 1000 && !err; i++) {
		snprintf(name, sizeof(name), "longer name %u", i);
		err = fsx_rename(&x, x.root, "other", x.root, name, 0);
	}
	assert_null(udf_fs_why_read_only(x.fs));
	OK(udf_fs_sync(x.fs));
	fsx_remount(&x);
	assert_int_not_equal(fsx_find(&x, x.root, "full"), 0);
	fsx_done(&x);
}

static void space_of_a_deleted_file_serves_the_next_one(void **state)
{
	struct fsx x;
	udf_ino full, next;
	uint64_t n_bytes;

	(void)state;
	fsx_init(&x, 512, 1500, 0x0201);
	next = fsx_file(&x, "next");
	full = fsx_file(&x, "full");
	fill_file(&x, full, 4096);
	n_bytes = fsx_attr(&x, full).size_bytes;
	OK(fsx_unlink(&x, x.root, "full"));
	fill_file(&x, next, 4096);
	assert_true(fsx_attr(&x, next).size_bytes >= n_bytes);
	assert_null(udf_fs_why_read_only(x.fs));
	fsx_done(&x);
}

static void free_block_counts_are_exact_and_survive_a_remount(void **state)
{
	struct udf_statfs before, after;
	struct fsx x;
	udf_ino dir, f;
	char name[32];
	unsigned i;

	(void)state;
	fsx_init(&x, 512, 4000, 0x0201);
	fsx_remount(&x);
	udf_fs_statfs(x.fs, &before);
	dir = fsx_make(&x, x.root, "dir", S_IFDIR | 0755);
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "file %u", i);
		f = fsx_make(&x, dir, name, S_IFREG | 0644);
		fsx_write(&x, f, 0, i * 20 + 1, 1);
	}
	udf_fs_statfs(x.fs, &after);
	assert_int_equal(after.n_files, before.n_files + 200);
	assert_int_equal(after.n_directories, before.n_directories + 1);
	fsx_unmount(&x);
	fsx_check_clean(&x);	/* which compares the counts */
	fsx_mount(&x);
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "file %u", i);
		OK(fsx_unlink(&x, dir, name));
	}
	OK(fsx_rmdir(&x, x.root, "dir"));
	fsx_remount(&x);
	udf_fs_statfs(x.fs, &after);
	assert_int_equal(after.n_files, before.n_files);
	assert_int_equal(after.n_directories, before.n_directories);
	assert_int_equal(after.n_free_blocks, before.n_free_blocks);
	fsx_done(&x);
}

static void scattered_file_on_a_full_volume_stays_whole(void **state)
{
	struct fsx x;
	udf_ino a, b, f;
	struct udf_attr attr;
	uint64_t at;
	enum udf_err err = UDF_OK;
	size_t n;

	(void)state;
	fsx_init(&x, 512, 1500, 0x0201);
	f = fsx_file(&x, "scattered");
	a = fsx_file(&x, "a");
	fsx_write(&x, a, 0, 30000, 1);	/* what a fresh chain of f will need */
	b = fsx_file(&x, "b");
	for (at = 0; !err; at += 512) {
		err = udf_write(x.fs, f, at * 2, 512, bytes, &n);
		if (at % 51200 == 0)
			OK(udf_fs_sync(x.fs));
	}
	FAILS(UDF_E_NOSPC, err);
	assert_null(udf_fs_why_read_only(x.fs));
	fill_file(&x, a, 512);
	FAILS(UDF_E_NOSPC, udf_write(x.fs, f, at * 4, 512, bytes, &n));
	FAILS(UDF_E_NOSPC, udf_fallocate(x.fs, b, 0, 0, 100000));
	OK(udf_fs_sync(x.fs));
	/* cut off, so that its list fits its file entry, it needs no block and gives many */
	OK(udf_setattr(x.fs, f, &(struct udf_attr){ .size_bytes = 10 * 1024 }, UDF_SET_SIZE, &attr));
	OK(udf_fs_sync(x.fs));
	assert_true(fsx_attr(&x, f).allocated_bytes <= 10 * 1024 + 512);
	fill_file(&x, a, 512);
	OK(fsx_unlink(&x, x.root, "a"));
	OK(udf_fallocate(x.fs, b, 0, 0, 3000));
	OK(udf_write(x.fs, f, at * 4, 512, bytes, &n));
	OK(udf_fs_sync(x.fs));
	assert_null(udf_fs_why_read_only(x.fs));
	fsx_done(&x);
}

/* Two directories take block by block in turn: their lists go on in AEDs, and each batch takes fresh ones. */
static void scattered_directory_on_a_full_volume_stays_whole(void **state)
{
	enum udf_err err = UDF_OK;
	unsigned i;
	udf_ino dirs[2], f;
	char name[251];
	struct fsx x;

	(void)state;
	fsx_init(&x, 512, 3000, 0x0150);
	f = fsx_file(&x, "f");
	(void)fsx_file(&x, "g");
	fsx_write(&x, fsx_file(&x, "room"), 0, 60000, 1);
	dirs[0] = fsx_make(&x, x.root, "d", S_IFDIR | 0755);
	dirs[1] = fsx_make(&x, x.root, "e", S_IFDIR | 0755);
	for (i = 0; !err && i < 10000; i++) {
		snprintf(name, sizeof(name), "%0250u", i);
		err = fsx_link(&x, f, dirs[i % 2], name);
		OK(udf_fs_sync(x.fs));
	}
	FAILS(UDF_E_NOSPC, err);
	OK(udf_fs_sync(x.fs));
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "a%0249u", i);
		(void)fsx_try_make(&x, dirs[i % 2], name, S_IFREG | 0644, NULL);
		snprintf(name, sizeof(name), "b%0249u", i);
		(void)fsx_rename(&x, x.root, "f", dirs[i % 2], name, 0);
		OK(udf_fs_sync(x.fs));
	}
	assert_null(udf_fs_why_read_only(x.fs));
	OK(fsx_unlink(&x, x.root, "room"));
	OK(fsx_rename(&x, x.root, "g", dirs[0], "g", 0));
	fsx_done(&x);
}

/*
 * A volume that Linux has filled: names lie over block boundaries, and no block is free to write theirs afresh
 * (R5).  Until something else is removed they stay.
 */
static void names_over_block_boundaries_of_a_full_volume_stay_whole(void **state)
{
	unsigned i, n_refused = 0;
	enum udf_err err;
	char name[40];
	struct fsx x;
	udf_ino d;

	(void)state;
	fsx_init(&x, 512, 1500, 0x0201);
	d = fsx_make(&x, x.root, "d", S_IFDIR | 0755);
	for (i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "name of some length %02u", i);
		fsx_make(&x, d, name, S_IFREG | 0644);
	}
	fill_file(&x, fsx_file(&x, "full"), 4096);
	fsx_unmount(&x);
	pack_directories(x.bio);
	fsx_mount(&x);
	d = fsx_find(&x, x.root, "d");
	for (i = 0; i < n_packed; i++) {
		err = fsx_unlink(&x, d, packed[i].name);
		if (!err)
			continue;
		FAILS(UDF_E_NOSPC, err);
		assert_int_not_equal(fsx_find(&x, d, packed[i].name), 0);
		n_refused++;
	}
	assert_true(n_refused > 0);
	assert_null(udf_fs_why_read_only(x.fs));
	OK(fsx_unlink(&x, x.root, "full"));
	for (i = 0; i < n_packed; i++) {
		if (fsx_find(&x, d, packed[i].name))
			OK(fsx_unlink(&x, d, packed[i].name));
	}
	fsx_remount(&x);
	assert_int_equal(fsx_find(&x, fsx_find(&x, x.root, "d"), packed[0].name), 0);
	fsx_done(&x);
}

static void write_that_finds_no_space_leaves_the_size(void **state)
{
	struct fsx x;
	udf_ino f, full;
	size_t n;

	(void)state;
	fsx_init(&x, 512, 1500, 0x0201);
	f = fsx_file(&x, "f");
	fsx_write(&x, f, 0, 600, 1);
	full = fsx_file(&x, "full");
	fill_file(&x, full, 4096);
	FAILS(UDF_E_NOSPC, udf_write(x.fs, f, 100000, 100, bytes, &n));
	assert_int_equal(n, 0);
	assert_int_equal(fsx_attr(&x, f).size_bytes, 600);
	fsx_done(&x);
}

static void largest_partition_is_used_at_both_ends(void **state)
{
	struct fsx x;
	udf_ino f, g;
	uint32_t n_blocks;

	(void)state;
	fsx_init(&x, 512, 0xFFFFFFFFull, 0x0201);
	n_blocks = x.vol->parts[0].n_blocks;
	f = fsx_file(&x, "f");
	fsx_write(&x, f, 0, 100000, 1);
	g = fsx_file(&x, "g");
	x.fs->alloc.data_cursor = n_blocks - 10;
	fsx_write(&x, g, 0, 5000, 2);	/* ten blocks there, or as many as are left */
	fsx_remount(&x);
	fsx_assert_pattern(&x, f, 0, 100000, 1);
	fsx_assert_pattern(&x, g, 0, 5000, 2);
	x.fs->alloc.data_cursor = n_blocks - 1;
	fsx_write(&x, g, 5000, 100000, 2);
	fsx_assert_pattern(&x, g, 0, 105000, 2);
	OK(fsx_unlink(&x, x.root, "f"));
	fsx_remount(&x);
	fsx_assert_pattern(&x, g, 0, 105000, 2);
	fsx_unmount(&x);
	bio_close(x.bio);
}

static void a_large_file_keeps_few_bitmap_pages_in_memory(void **state)
{
	const uint64_t n_bytes = 24ull << 30;
	struct fsx x;
	udf_ino f;

	(void)state;
	fsx_init(&x, 512, 1u << 26, 0x0201);	/* a bitmap of 512 pages */
	f = fsx_file(&x, "f");
	OK(udf_fallocate(x.fs, f, 0, 0, n_bytes));
	assert_true(x.fs->alloc.bitmap.n_loaded <= x.fs->alloc.bitmap.n_loaded_max);
	fsx_write(&x, f, n_bytes - 1000, 1000, 1);
	fsx_remount(&x);
	fsx_check_clean(&x);
	fsx_assert_pattern(&x, f, n_bytes - 1000, 1000, 1);
	OK(fsx_unlink(&x, x.root, "f"));
	OK(udf_fs_sync(x.fs));
	assert_true(x.fs->alloc.bitmap.n_loaded <= x.fs->alloc.bitmap.n_loaded_max);
	fsx_done(&x);
}

/* As the kernel does it: it sends the times of what it has removed, then lets go of it. */
static void removed_files_keep_no_images_in_memory(void **state)
{
	struct udf_attr attr = { .ctime.seconds = 1 };
	struct fsx x;
	char name[16];
	unsigned i;

	(void)state;
	fsx_init(&x, 2048, 8000, 0x0201);
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "file %u", i);
		fsx_file(&x, name);
	}
	fsx_remount(&x);
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "file %u", i);
		OK(udf_lookup(x.fs, x.root, name, strlen(name), &attr));
		OK(udf_unlink(x.fs, x.root, name, strlen(name)));
		OK(udf_setattr(x.fs, attr.ino, &attr, UDF_SET_CTIME, &attr));
		udf_forget(x.fs, attr.ino, 1);
	}
	assert_true(x.fs->batch.n_removals == 2000);
	assert_true(x.fs->nodes.n_images < 10);
	fsx_done(&x);
}

/* The type in the integrity descriptor on the medium. */
static uint32_t lvid_type(struct fsx *x)
{
	uint8_t block[4096];

	assert_int_equal(bio_read(x->bio, x->vol->lvid_lsn, 1, block), UDF_OK);
	return get_le32(block + 28);
}

static void integrity_is_open_before_the_first_write_and_closed_at_the_end(void **state)
{
	const struct bio_event *events;
	struct fsx x;
	struct bio *memory, *fault;
	uint32_t lvid_lsn;
	size_t n_events, i;

	(void)state;
	OK(bio_memory_new(512, 2000, &memory));
	OK(bio_fault_new(memory, &fault));
	fsx_init_bio(&x, fault, 0x0201);
	fsx_remount(&x);
	bio_fault_record(fault, true);
	lvid_lsn = x.vol->lvid_lsn;
	fsx_write(&x, fsx_file(&x, "f"), 0, 5000, 1);
	assert_int_equal(lvid_type(&x), 0);
	fsx_unmount(&x);
	bio_fault_log(fault, &events, &n_events);
	assert_true(n_events > 3);
	assert_int_equal(events[0].kind, BIO_EVENT_WRITE);
	assert_int_equal(events[0].at, lvid_lsn);
	assert_int_equal(get_le32(events[0].data + 28), 0);
	assert_int_equal(events[1].kind, BIO_EVENT_FLUSH);
	for (i = n_events; events[i - 1].kind != BIO_EVENT_WRITE; i--)
		;
	assert_int_equal(events[i - 1].at, lvid_lsn);
	assert_int_equal(get_le32(events[i - 1].data + 28), 1);
	fsx_check_clean(&x);
	bio_close(x.bio);
}

static char logged[256];

static void keep_logged(void *ctx, enum udf_log_level level, const char *line)
{
	(void)ctx;
	(void)level;
	assert_string_equal(logged, "");
	snprintf(logged, sizeof(logged), "%s", line);
}

static void a_failed_write_of_the_integrity_descriptor_is_reported_once_with_its_sector(void **state)
{
	struct udf_new what = { .mode = S_IFREG | 0644 };
	struct fsx x;
	struct bio *memory, *fault;
	struct udf_attr attr;
	char wanted[256];

	(void)state;
	OK(bio_memory_new(512, 2000, &memory));
	OK(bio_fault_new(memory, &fault));
	fsx_init_bio(&x, fault, 0x0201);
	fsx_unmount(&x);
	x.env.log = keep_logged;
	fsx_mount(&x);
	snprintf(wanted, sizeof(wanted), "cannot write integrity descriptor at sector %u: medium error; the volume is "
		 "read-only from now on: unmount it and check it", x.vol->lvid_lsn);
	bio_fault_fail_write(fault, 1, UDF_E_MEDIUM);
	FAILS(UDF_E_MEDIUM, udf_create(x.fs, x.root, "a", 1, &what, &attr));
	FAILS(UDF_E_READ_ONLY, udf_create(x.fs, x.root, "b", 1, &what, &attr));
	assert_string_equal(logged, wanted);
	fsx_drop(&x);
}

static void sync_of_an_unchanged_volume_writes_nothing(void **state)
{
	struct fsx x;

	(void)state;
	fsx_init(&x, 512, 2000, 0x0201);
	fsx_remount(&x);
	OK(udf_fs_sync(x.fs));
	OK(udf_fsync(x.fs, x.root, false));
	assert_int_equal(lvid_type(&x), 1);
	fsx_done(&x);
}

static void read_only_mount_never_writes(void **state)
{
	const struct bio_event *events;
	struct udf_new what = { .mode = S_IFREG | 0644 };
	struct fsx x;
	struct bio *memory, *fault;
	struct udf_attr attr = { 0 };
	size_t n_events, n;
	uint64_t n_free;
	udf_ino f;

	(void)state;
	OK(bio_memory_new(512, 2000, &memory));
	OK(bio_fault_new(memory, &fault));
	fsx_init_bio(&x, fault, 0x0201);
	f = fsx_file(&x, "f");
	fsx_write(&x, f, 0, 5000, 1);
	fsx_remount(&x);
	n_free = fsx_n_free(&x);
	fsx_unmount(&x);
	bio_fault_record(fault, true);
	x.options.read_only = true;
	fsx_mount(&x);
	assert_string_equal(udf_fs_why_read_only(x.fs), "asked for");
	assert_int_equal(fsx_n_free(&x), n_free);
	fsx_assert_pattern(&x, f, 0, 5000, 1);
	FAILS(UDF_E_READ_ONLY, udf_write(x.fs, f, 0, 1, bytes, &n));
	FAILS(UDF_E_READ_ONLY, udf_create(x.fs, x.root, "g", 1, &what, &attr));
	FAILS(UDF_E_READ_ONLY, fsx_unlink(&x, x.root, "f"));
	FAILS(UDF_E_READ_ONLY, fsx_rename(&x, x.root, "f", x.root, "g", 0));
	FAILS(UDF_E_READ_ONLY, fsx_link(&x, f, x.root, "g"));
	FAILS(UDF_E_READ_ONLY, udf_setattr(x.fs, f, &attr, UDF_SET_MODE, &attr));
	FAILS(UDF_E_READ_ONLY, udf_fallocate(x.fs, f, 0, 0, 10000));
	OK(udf_fs_sync(x.fs));
	OK(udf_fsync(x.fs, f, false));
	x.now.seconds += 1000;
	OK(udf_fs_tick(x.fs, NULL));
	fsx_unmount(&x);
	bio_fault_log(fault, &events, &n_events);
	for (n = 0; n < n_events; n++)
		assert_int_not_equal(events[n].kind, BIO_EVENT_WRITE);
	bio_close(x.bio);
}

static void idle_volume_is_closed_after_its_time(void **state)
{
	struct fsx x;
	uint32_t next;

	(void)state;
	fsx_init(&x, 512, 2000, 0x0201);
	x.options.commit_seconds = 10;
	fsx_remount(&x);
	OK(udf_fs_tick(x.fs, &next));
	assert_int_equal(next, 0);
	fsx_write(&x, fsx_file(&x, "f"), 0, 5000, 1);
	OK(udf_fs_tick(x.fs, &next));
	assert_in_range(next, 9, 10);
	x.now.seconds += 5;
	OK(udf_fs_tick(x.fs, &next));
	assert_in_range(next, 4, 5);
	x.now.seconds += 6;
	OK(udf_fs_tick(x.fs, &next));	/* commits; frees may wait for one more */
	assert_int_equal(lvid_type(&x), 0);
	assert_in_range(next, 1, 10);
	x.now.seconds += 11;
	OK(udf_fs_tick(x.fs, &next));
	assert_int_equal(next, 0);
	assert_int_equal(lvid_type(&x), 1);
	fsx_check_clean(&x);
	assert_int_not_equal(fsx_file(&x, "g"), 0);
	assert_int_equal(lvid_type(&x), 0);
	fsx_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_volume_refuses_writes_and_stays_consistent),
		cmocka_unit_test(space_of_a_deleted_file_serves_the_next_one),
		cmocka_unit_test(free_block_counts_are_exact_and_survive_a_remount),
		cmocka_unit_test(scattered_file_on_a_full_volume_stays_whole),
		cmocka_unit_test(scattered_directory_on_a_full_volume_stays_whole),
		cmocka_unit_test(names_over_block_boundaries_of_a_full_volume_stay_whole),
		cmocka_unit_test(write_that_finds_no_space_leaves_the_size),
		cmocka_unit_test(largest_partition_is_used_at_both_ends),
		cmocka_unit_test(a_large_file_keeps_few_bitmap_pages_in_memory),
		cmocka_unit_test(removed_files_keep_no_images_in_memory),
		cmocka_unit_test(integrity_is_open_before_the_first_write_and_closed_at_the_end),
		cmocka_unit_test(a_failed_write_of_the_integrity_descriptor_is_reported_once_with_its_sector),
		cmocka_unit_test(sync_of_an_unchanged_volume_writes_nothing),
		cmocka_unit_test(read_only_mount_never_writes),
		cmocka_unit_test(idle_volume_is_closed_after_its_time),
	};

	return cmocka_run_group_tests_name("fs_space", tests, NULL, NULL);
}
