/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workloads on contents and space: each is replayed with the power cut after every write. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ecma/codec.h"
#include "fixture.h"
#include "vol/vol.h"

/* A file of N_EXTENTS single blocks with holes between them. */
static void step_sparse(struct crash_run *run, const char *path, unsigned n_extents)
{
	unsigned i;

	step_create(run, path);
	for (i = 0; i < n_extents; i++)
		step_write(run, path, i * 1024ull, 512);
}

static void a_sparse_file_over_three_aeds_survives_every_cut(void **state)
{
	struct crash_run *run = crash_start(512, 8192, setup_names);

	(void)state;
	step_sparse(run, "/holes", 170);
	step_fsync(run, "/holes");
	step_write(run, "/holes", 512, 512);		/* fill a hole */
	step_write(run, "/holes", 171 * 1024, 2048);	/* append */
	step_fsync(run, "/holes");
	step_truncate(run, "/holes", 40000);
	step_sync(run);
	step_truncate(run, "/holes", 90000);
	step_write(run, "/holes", 88000, 2000);
	step_sync(run);
	finish(run);
}

static void truncating_and_rewriting_a_file_survives_every_cut(void **state)
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

static void truncating_extending_and_fsync_survive_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_truncate(run, "/a", 300);
		step_truncate(run, "/a", 3000);
		step_fsync(run, "/a");
		step_truncate(run, "/a", 1000);
		step_truncate(run, "/a", 0);
		step_truncate(run, "/a", 900);
		step_fsync(run, "/a");
		step_write(run, "/a", 2000, 512);
		step_truncate(run, "/a", 2100);
		step_fdatasync(run, "/a");
	}
}

static void preallocation_holes_and_zeroed_ranges_survive_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_fallocate(run, "/a", 0, 500, 5000);
		step_fsync(run, "/a");
		step_write(run, "/a", 1024, 1000);
		step_fdatasync(run, "/a");
		step_fallocate(run, "/a", UDF_FALLOC_PUNCH_HOLE | UDF_FALLOC_KEEP_SIZE, 300, 1500);
		step_fsync(run, "/a");
		step_write(run, "/a", 600, 700);
		step_fallocate(run, "/a", UDF_FALLOC_ZERO_RANGE, 1100, 2000);
		step_fdatasync(run, "/a");
		step_fallocate(run, "/T/x", UDF_FALLOC_KEEP_SIZE, 0, 9000);
		step_sync(run);
		step_truncate(run, "/T/x", 100);
		step_unlink(run, "/b");
		step_unlink(run, "/a");
		step_sync(run);
	}
}

/* ---- found by review; each broke the contract once ---- */

/* The contents end inside a block, and preallocated space follows them. */
static void writing_into_preallocated_space_after_a_remount_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_fallocate(run, "/a", UDF_FALLOC_KEEP_SIZE, 0, 6000);
		step_remount(run);
		step_write(run, "/a", 800, 1000);
		step_sync(run);
	}
}

/* fdatasync may pass over times, but not over contents that changed after them. */
static void changing_times_then_contents_then_fdatasync_survives_every_cut(void **state)
{
	(void)state;
	FOR_BOTH(run) {
		step_create(run, "/n");
		step_truncate(run, "/n", 4096);
		step_write(run, "/n", 0, 512);
		step_sync(run);
		step_set_mtime(run, "/c");
		step_write(run, "/c", 0, 40);
		step_fdatasync(run, "/c");
		step_set_mtime(run, "/n");
		step_write(run, "/n", 1024, 512);	/* fills a hole */
		step_fdatasync(run, "/n");
		step_sync(run);
		step_write(run, "/n", 0, 512);		/* overwrites */
		step_write(run, "/n", 2048, 512);
		step_fdatasync(run, "/n");
	}
}

/* ---- a bitmap whose descriptor CRC covers the bits, as older writers make it ---- */

static void cover_the_bits(struct bio *bio)
{
	uint8_t bitmap[4096];
	struct udf_vol *vol;
	struct udf_tag tag;
	struct udf_sbd sbd;
	uint32_t lbn, n;

	assert_int_equal(udf_vol_open(bio, NULL, NULL, NULL, &vol), UDF_OK);
	lbn = vol->parts[0].header.unallocated_bitmap.lbn;
	n = UDF_EXTENT_BYTES(vol->parts[0].header.unallocated_bitmap.length) / vol->block_bytes;
	assert_true(n >= 2 && n * vol->block_bytes <= sizeof(bitmap));
	assert_int_equal(udf_vol_read(vol, 0, lbn, n, bitmap), UDF_OK);
	udf_tag_decode(bitmap, &tag);
	udf_sbd_decode(bitmap, &sbd);
	udf_tag_seal(bitmap, tag.id, tag.version, tag.serial, tag.location,
		     UDF_SBD_FIXED_BYTES + sbd.n_bytes - UDF_TAG_BYTES);
	assert_int_equal(udf_vol_write(vol, 0, lbn, n, bitmap), UDF_OK);
	udf_vol_close(vol);
}

static void a_bitmap_whose_crc_covers_its_bits_survives_every_cut(void **state)
{
	struct crash_run *run = crash_start_on(&(struct crash_volume){
		.block_bytes = 512, .n_blocks = 8192, .fill = setup_names, .alter = cover_the_bits });

	(void)state;
	step_create(run, "/n");
	step_write(run, "/n", 0, 2500 * 1024);	/* into the bitmap's second block */
	step_fsync(run, "/n");
	step_unlink(run, "/a");
	step_sync(run);
	finish(run);
}

/* ---- no space ---- */

/* Takes everything but LEFT blocks or so. */
static void fill_up(struct crash_run *run, const char *path, unsigned left)
{
	struct udf_statfs st;

	udf_fs_statfs(run->m.fs, &st);
	step_create(run, path);
	if (st.n_free_blocks > left + 2)
		step_write(run, path, 0, (size_t)((st.n_free_blocks - left - 2) * st.block_bytes));
}

static void every_operation_on_a_full_volume_survives_every_cut(void **state)
{
	unsigned left;

	(void)state;
	for (left = 0; left < 12; left++) {
		struct crash_run *run = crash_start(512, 1024, setup_slots);
		char path[64];
		int i;

		run->may_fill_up = true;
		fill_up(run, "/full", left);
		step_write(run, "/a", 900, 4000);
		step_mkdir(run, "/m");
		for (i = 0; i < 8; i++) {
			snprintf(path, sizeof(path), "/A/a-name-that-fills-%d", i);
			step_create(run, path);
		}
		step_fsync(run, "/a");
		step_rename(run, "/T/x", "/A/a-name-that-is-longer-than-the-others");
		step_link(run, "/c", "/d/a-name-that-is-longer-than-the-others");
		step_write(run, "/c", 0, 800);
		step_symlink(run, "../some/where", "/d/s1");
		step_truncate(run, "/c", 3000);
		step_write(run, "/c", 2000, 1000);
		step_fallocate(run, "/c", 0, 0, 3000);
		step_unlink(run, "/a");
		step_write(run, "/c", 100, 2000);
		step_unlink(run, "/b");
		step_create(run, "/z");
		step_write(run, "/z", 0, 2000);
		step_sync(run);
		assert_null(udf_fs_why_read_only(run->m.fs));
		finish(run);
	}
}

static void chains_of_aeds_on_a_full_volume_survive_every_cut(void **state)
{
	unsigned left;

	(void)state;
	for (left = 0; left < 10; left += 3) {
		struct crash_run *run = crash_start(512, 1024, setup_names);
		unsigned i;

		run->may_fill_up = true;
		step_sparse(run, "/holes", 110);
		step_sync(run);
		fill_up(run, "/full", left);
		for (i = 0; i < 10; i++)
			step_write(run, "/holes", (109 - i * 5) * 1024ull + 512, 512);
		step_fsync(run, "/holes");
		step_truncate(run, "/holes", 60000);
		step_write(run, "/holes", 110 * 1024, 512);
		step_fallocate(run, "/holes", UDF_FALLOC_KEEP_SIZE | UDF_FALLOC_PUNCH_HOLE, 8192, 512);
		step_sync(run);
		assert_null(udf_fs_why_read_only(run->m.fs));
		assert_true(run->n_full > 0 || left > 6);
		step_unlink(run, "/full");
		step_write(run, "/holes", 512, 512);
		step_sync(run);
		finish(run);
	}
}

/* ---- large batches ---- */

/* So many changes that ICBs are written before the commit and leave memory. */
static void an_fsync_covers_a_file_that_was_written_early(void **state)
{
	struct crash_run *run = crash_start_on(&(struct crash_volume){
		.block_bytes = 2048, .n_blocks = 4096, .fill = setup_names, .options.cache_bytes = 65536 });

	(void)state;
	step_create(run, "/d/first");
	step_create_many(run, "/A/n", 700);
	step_fsync(run, "/d/first");
	step_fsync(run, "/A/n3");
	finish(run);
}

/* Free space in pieces of two blocks: the directory needs a chain of allocation descriptors. */
static void a_directory_in_many_pieces_is_described_to_its_end(void **state)
{
	struct model *model = model_new();
	uint8_t data[900] = { 1 };
	struct mounted m;
	struct bio *bio;
	char path[64];
	int i;

	(void)state;
	assert_int_equal(bio_memory_new(512, 2048, &bio), UDF_OK);
	make_volume(bio, 0x0201);
	mount_volume(bio, NULL, &m);
	assert_int_equal(do_create(model, &m, "/d", true), UDF_OK);
	assert_int_equal(do_create(model, &m, "/kept", false), UDF_OK);
	for (i = 0; i < 900; i++) {
		struct udf_statfs space;

		udf_fs_statfs(m.fs, &space);
		if (space.n_free_blocks < 12)
			break;
		snprintf(path, sizeof(path), "/f%d", i);
		assert_int_equal(do_create(model, &m, path, false), UDF_OK);
		assert_int_equal(do_write(model, &m, path, 0, data, sizeof(data)), UDF_OK);
	}
	for (i -= 1; i >= 0; i -= 2) {
		snprintf(path, sizeof(path), "/f%d", i);
		assert_int_equal(do_unlink(model, &m, path), UDF_OK);
	}
	assert_int_equal(udf_fs_sync(m.fs), UDF_OK);
	for (i = 0; i < 1350; i++) {
		/* links: no ICBs between the directory's blocks */
		snprintf(path, sizeof(path), "/d/a-name-of-some-length-%d", i);
		assert_int_equal(do_link(model, &m, "/kept", path), UDF_OK);
		if (i % 45 == 44) {
			assert_int_equal(unmount_volume(&m), UDF_OK);
			mount_volume(bio, NULL, &m);
			assert_true(same_as_model(model, &m));
		}
	}
	for (i = 0; i < 8; i++) {	/* one name a mount: mostly within the last block */
		snprintf(path, sizeof(path), "/d/one-more-%d", i);
		assert_int_equal(do_link(model, &m, "/kept", path), UDF_OK);
		assert_int_equal(unmount_volume(&m), UDF_OK);
		assert_true(crash_check_is_content(bio));
		mount_volume(bio, NULL, &m);
		assert_true(same_as_model(model, &m));
	}
	assert_int_equal(unmount_volume(&m), UDF_OK);
	model_free(model);
	bio_close(bio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sparse_file_over_three_aeds_survives_every_cut),
		cmocka_unit_test(truncating_and_rewriting_a_file_survives_every_cut),
		cmocka_unit_test(truncating_extending_and_fsync_survive_every_cut),
		cmocka_unit_test(preallocation_holes_and_zeroed_ranges_survive_every_cut),
		cmocka_unit_test(writing_into_preallocated_space_after_a_remount_survives_every_cut),
		cmocka_unit_test(changing_times_then_contents_then_fdatasync_survives_every_cut),
		cmocka_unit_test(a_bitmap_whose_crc_covers_its_bits_survives_every_cut),
		cmocka_unit_test(every_operation_on_a_full_volume_survives_every_cut),
		cmocka_unit_test(chains_of_aeds_on_a_full_volume_survive_every_cut),
		cmocka_unit_test(an_fsync_covers_a_file_that_was_written_early),
		cmocka_unit_test(a_directory_in_many_pieces_is_described_to_its_end),
	};

	keep_the_heap();
	return cmocka_run_group_tests_name("crash: data", tests, NULL, NULL);
}
