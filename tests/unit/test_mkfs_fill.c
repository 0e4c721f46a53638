/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filling a new volume: what is left where it fails, and the layer that gathers its writes. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "alloc.h"
#include "base/cs0.h"
#include "ecma/codec.h"
#include "mkfs/fill_bio.h"
#include "mkfs_fixture.h"
#include "vol/vol.h"

#define BLOCK 2048u
#define N_BLOCKS 6000u

/* ---- a small tree on the host ---- */

static char tree_path[] = "/tmp/udfkit-fill.XXXXXX";
static int tree_fd = -1;
static const char *const names[] = { "small", "medium", "large", "second" };

static int make_tree(void **state)
{
	static uint8_t data[3 << 20];
	const size_t sizes[] = { 10, 5000, sizeof(data) };

	(void)state;
	if (!mkdtemp(tree_path) || (tree_fd = open(tree_path, O_RDONLY | O_DIRECTORY)) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 4096);
	for (size_t i = 0; i < 3; i++) {
		int fd = openat(tree_fd, names[i], O_WRONLY | O_CREAT, 0644);

		if (fd < 0 || write(fd, data, sizes[i]) != (ssize_t)sizes[i])
			return -1;
		close(fd);
	}
	return linkat(tree_fd, "small", tree_fd, "second", 0);
}

static int remove_tree(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(names); i++)
		unlinkat(tree_fd, names[i], 0);
	close(tree_fd);
	return rmdir(tree_path);
}

static void ignore_failure(void *ctx, const char *path, enum udf_err err, int host_errno)
{
	(void)ctx;
	(void)path;
	(void)err;
	(void)host_errno;
}

static const struct tree_populate_options tree = {
	.latest = { 1709210707, 123456, 60 }, .failed = ignore_failure,
};

/* ---- files that can't be read to their end ---- */

static off_t readable_bytes = -1;	/* -1: all of each file */
static bool reads_end_early;		/* they end there; else they fail there */

/* The host's call, on its way through here (the linker's --wrap).  Where sizes are made 64 bits wide, it is pread64. */
#ifdef __USE_FILE_OFFSET64
#define NAMED(prefix) __asm__("__" prefix "_pread64")
#else
#define NAMED(prefix) __asm__("__" prefix "_pread")
#endif
ssize_t __real_pread(int fd, void *bytes, size_t n_bytes, off_t at) NAMED("real");
ssize_t __wrap_pread(int fd, void *bytes, size_t n_bytes, off_t at) NAMED("wrap");

ssize_t __wrap_pread(int fd, void *bytes, size_t n_bytes, off_t at)
{
	if (readable_bytes >= 0 && at >= readable_bytes) {
		errno = EIO;
		return reads_end_early ? 0 : -1;
	}
	if (readable_bytes >= 0 && (off_t)n_bytes > readable_bytes - at)
		n_bytes = (size_t)(readable_bytes - at);
	return __real_pread(fd, bytes, n_bytes, at);
}

static char skipped_names[256];

static void note_skipped(void *ctx, const char *path, enum udf_err err, int host_errno)
{
	(void)ctx;
	assert_int_not_equal(err, UDF_OK);
	assert_int_equal(host_errno, reads_end_early ? ESTALE : EIO);
	strcat(strcat(skipped_names, path), " ");
}

static const struct tree_populate_options skipping = {
	.latest = { 1709210707, 123456, 60 }, .failed = note_skipped, .skips = true,
};

static struct udf_plan fill_plan(const char *label, bool read_only, uint16_t strategy)
{
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, BLOCK, N_BLOCKS);
	struct udf_plan plan;

	strcpy(params.lvid, label);
	params.to_be_filled = true;
	params.read_only = read_only;
	params.strategy = strategy;
	assert_int_equal(udf_mkfs_plan(&params, &plan, NULL), UDF_OK);
	return plan;
}

/* The label of the volume there, and how many files it has; "" for none. */
static void what_is_there(struct bio *bio, char ret_label[128], uint32_t *ret_n_files)
{
	struct udf_vol *vol = NULL;
	enum udf_err err = udf_vol_open(bio, NULL, NULL, NULL, &vol);

	ret_label[0] = 0;
	*ret_n_files = 0;
	if (err) {
		assert_int_equal(err, UDF_E_NOT_UDF);
		return;
	}
	assert_int_equal(udf_dstring_to_utf8(vol->lvd.logical_volume_id, 128, ret_label, 128), UDF_OK);
	assert_int_equal(vol->lvid.type, UDF_LVID_CLOSED);
	*ret_n_files = vol->lvid_impl.n_files;
	udf_vol_close(vol);
}

static struct bio *old_volume_new(void)
{
	struct udf_plan plan = fill_plan("old", false, UDF_STRATEGY_4);
	struct bio *bio = NULL;

	assert_int_equal(bio_memory_new(512, N_BLOCKS * (BLOCK / 512), &bio), UDF_OK);
	assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
	return bio;
}

/* ---- failures ---- */

static void fail_each(void (*fail_nth)(struct bio *bio, uint64_t nth, enum udf_err err), bool read_only,
		      uint16_t strategy, const struct tree_populate_options *how)
{
	struct udf_plan plan = fill_plan("new", read_only, strategy);
	char label[128];
	uint32_t n_files;

	for (uint64_t nth = 1; nth < 1000; nth++) {
		struct tree_totals totals;
		struct bio *bio = NULL;
		enum udf_err err;

		assert_int_equal(bio_fault_new(old_volume_new(), &bio), UDF_OK);
		fail_nth(bio, nth, UDF_E_IO);
		err = udf_mkfs_fill(&plan, bio, tree_fd, how, NULL, NULL, &totals);
		fail_nth(bio, 0, UDF_OK);
		what_is_there(bio, label, &n_files);
		bio_close(bio);
		if (!err) {
			assert_string_equal(label, "new");
			assert_int_equal(n_files, 4);
			assert_int_equal(totals.n_files, 3);
			assert_int_equal(totals.n_links, 1);
			assert_true(nth > 10);
			return;
		}
		/* The new volume may be there already when only its last flush fails; then it is whole. */
		if (strcmp(label, "new") == 0)
			assert_int_equal(n_files, 4);
		else if (label[0])
			assert_string_equal(label, "old");
	}
	fail_msg("never succeeds");
}

static void a_failed_write_leaves_the_old_volume_or_none(void **state)
{
	(void)state;
	fail_each(bio_fault_fail_write, false, UDF_STRATEGY_4, &tree);
	fail_each(bio_fault_fail_write, true, UDF_STRATEGY_4096, &tree);
}

static void a_failed_read_leaves_the_old_volume_or_none(void **state)
{
	(void)state;
	fail_each(bio_fault_fail_read, false, UDF_STRATEGY_4096, &tree);
}

static void a_failure_of_the_volume_is_not_skipped(void **state)
{
	(void)state;
	skipped_names[0] = 0;
	fail_each(bio_fault_fail_write, false, UDF_STRATEGY_4, &skipping);
	fail_each(bio_fault_fail_read, false, UDF_STRATEGY_4, &skipping);
	assert_string_equal(skipped_names, "");
}

static void a_power_cut_leaves_the_old_volume_or_the_whole_new_one_or_none(void **state)
{
	struct udf_plan plan = fill_plan("new", false, UDF_STRATEGY_4);
	struct bio *base = old_volume_new(), *work = NULL, *fault = NULL;
	unsigned n_old = 0, n_new = 0, n_none = 0;
	const struct bio_event *events;
	struct tree_totals totals;
	size_t n_events;
	char label[128];
	uint32_t n_files;

	(void)state;
	assert_int_equal(bio_overlay_new(base, false, &work), UDF_OK);
	assert_int_equal(bio_fault_new(work, &fault), UDF_OK);
	bio_fault_record(fault, true);
	assert_int_equal(udf_mkfs_fill(&plan, fault, tree_fd, &tree, NULL, NULL, &totals), UDF_OK);
	bio_fault_log(fault, &events, &n_events);
	for (size_t cut = 0; cut <= n_events; cut++)
		for (uint64_t seed = 0; seed < 8; seed++) {
			struct bio *state_bio = NULL;

			assert_int_equal(bio_fault_crash_state(events, n_events, cut, seed, seed % 2, base,
							       &state_bio), UDF_OK);
			what_is_there(state_bio, label, &n_files);
			if (strcmp(label, "new") == 0) {
				assert_int_equal(n_files, 4);
				n_new++;
			} else if (label[0]) {
				assert_string_equal(label, "old");
				n_old++;
			} else {
				n_none++;
			}
			bio_close(state_bio);
		}
	assert_true(n_old > 0 && n_new > 0 && n_none > 0);
	bio_close(fault);
	bio_close(base);
}

static void running_out_of_memory_is_an_error_and_leaves_no_half_volume(void **state)
{
	struct udf_plan plan = fill_plan("new", false, UDF_STRATEGY_4096);
	char label[128];
	uint32_t n_files;

	(void)state;
	for (uint64_t nth = 1; nth < 2000; nth++) {
		struct bio *bio = old_volume_new();
		struct tree_totals totals;
		enum udf_err err;

		alloc_fail_nth(nth);
		err = udf_mkfs_fill(&plan, bio, tree_fd, &tree, NULL, NULL, &totals);
		alloc_fail_nth(0);
		what_is_there(bio, label, &n_files);
		bio_close(bio);
		if (!err) {
			assert_string_equal(label, "new");
			assert_int_equal(n_files, 4);
			return;
		}
		assert_int_equal(err, UDF_E_NOMEM);
		assert_string_not_equal(label, "new");
	}
	fail_msg("never succeeds");
}

static void a_tree_that_does_not_fit_gives_no_space_and_no_volume(void **state)
{
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, BLOCK, 1500);
	struct bio *bio = NULL;
	struct tree_totals totals;
	struct udf_plan plan;
	char label[128];
	uint32_t n_files;

	(void)state;
	params.to_be_filled = true;
	assert_int_equal(udf_mkfs_plan(&params, &plan, NULL), UDF_OK);
	assert_int_equal(bio_memory_new(512, 1500 * (BLOCK / 512), &bio), UDF_OK);
	assert_int_equal(udf_mkfs_fill(&plan, bio, tree_fd, &tree, NULL, NULL, &totals), UDF_E_NOSPC);
	what_is_there(bio, label, &n_files);
	assert_string_equal(label, "");
	bio_close(bio);
}

/* ---- how large ---- */

static void measure_and_fill(uint16_t strategy, uint32_t block_bytes)
{
	const struct tree_medium medium = { block_bytes, udf_icb_blocks(strategy), 216 };
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, block_bytes, 0);
	struct tree_totals measured, totals;
	struct udf_vol *vol = NULL;
	struct udf_plan plan;
	struct bio *bio = NULL;

	params.to_be_filled = true;
	params.strategy = strategy;
	assert_int_equal(tree_measure(tree_fd, &medium, &tree, &measured), UDF_OK);
	assert_int_equal(udf_mkfs_fit(&params, measured.n_blocks, NULL), UDF_OK);
	assert_int_equal(udf_mkfs_plan(&params, &plan, NULL), UDF_OK);
	assert_int_equal(bio_memory_new(512, params.n_blocks * (block_bytes / 512), &bio), UDF_OK);
	assert_int_equal(udf_mkfs_fill(&plan, bio, tree_fd, &tree, NULL, NULL, &totals), UDF_OK);
	assert_int_equal(udf_vol_open(bio, NULL, NULL, NULL, &vol), UDF_OK);
	if (params.n_blocks > 770)
		assert_true(vol->free_blocks[0] < 32);
	/* Not by the grace of what is kept in reserve. */
	assert_true(vol->size_blocks[0] - vol->free_blocks[0] - plan.n_used_blocks <= measured.n_blocks);
	udf_vol_close(vol);
	bio_close(bio);
	assert_int_equal(totals.n_files, measured.n_files);
	assert_int_equal(totals.n_links, measured.n_links);
	assert_int_equal(totals.n_bytes, measured.n_bytes);
}

static void the_measured_size_is_enough_and_little_more(void **state)
{
	(void)state;
	for (uint32_t block_bytes = 512; block_bytes <= 32768; block_bytes *= 2) {
		measure_and_fill(UDF_STRATEGY_4, block_bytes);
		measure_and_fill(UDF_STRATEGY_4096, block_bytes);
	}
}

static uint64_t n_free_of(struct udf_mkfs_params params, uint64_t n_blocks)
{
	struct udf_plan plan;

	params.n_blocks = n_blocks;
	if (udf_mkfs_plan(&params, &plan, NULL))
		return 0;
	return udf_plan_find(&plan, UDF_ROLE_PARTITION, 0)->n_blocks - plan.n_used_blocks;
}

static void the_smallest_sufficient_size_is_found_for_every_need(void **state)
{
	static const uint32_t packets[] = { 1, 16, 64 };

	(void)state;
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		struct udf_mkfs_params params = fixture_params(UDF_MEDIA_DVD, 0x0150, 2048, 0);

		params.to_be_filled = true;
		params.packet_blocks = packets[i];
		for (uint64_t need = 1; need < 40000; need += need < 1000 ? 1 : 97) {
			assert_int_equal(udf_mkfs_fit(&params, need, NULL), UDF_OK);
			assert_true(n_free_of(params, params.n_blocks) >= need);
			if (params.n_blocks > 770)	/* the least, but for what is kept in reserve */
				assert_true(n_free_of(params, params.n_blocks - 9 - 8 * packets[i]) < need);
		}
	}
}

/* ---- strategy 4096 (UDF 6.6), and every kind of space set ---- */

/* A volume full of rubbish before it is made and filled. */
static struct udf_vol *filled_over_rubbish(const struct udf_plan *plan)
{
	struct udf_vol *vol = NULL;
	struct tree_totals totals;
	struct bio *bio = NULL;
	uint8_t rubbish[512];

	memset(rubbish, 0x77, sizeof(rubbish));
	assert_int_equal(bio_memory_new(512, N_BLOCKS * (BLOCK / 512), &bio), UDF_OK);
	for (uint64_t at = 0; at < bio->geometry.n_blocks; at++)
		assert_int_equal(bio_write(bio, at, 1, rubbish), UDF_OK);
	assert_int_equal(udf_mkfs_fill(plan, bio, tree_fd, &tree, NULL, NULL, &totals), UDF_OK);
	assert_int_equal(udf_vol_open(bio, NULL, NULL, NULL, &vol), UDF_OK);
	return vol;
}

static void close_filled(struct udf_vol *vol)
{
	struct bio *bio = vol->bio;

	udf_vol_close(vol);
	bio_close(bio);
}

static struct udf_plan plan_like(enum udf_media_type media, uint16_t strategy, enum udf_space_kind space)
{
	struct udf_mkfs_params params = fixture_params(media, 0x0201, BLOCK, N_BLOCKS);
	struct udf_plan plan;

	params.to_be_filled = true;
	params.strategy = strategy;
	params.space = space;
	assert_int_equal(udf_mkfs_plan(&params, &plan, NULL), UDF_OK);
	return plan;
}

/* The entry at LBN is of strategy 4096, and a terminal entry or nothing follows. */
static void assert_icb_4096(struct udf_vol *vol, uint32_t lbn, bool is_blank)
{
	static const uint8_t zeros[BLOCK];
	struct udf_place place = { 0, lbn + 1, NULL };
	uint8_t block[BLOCK];
	struct udf_fe fe;
	struct udf_te te;

	assert_int_equal(udf_vol_read(vol, 0, lbn, 1, block), UDF_OK);
	udf_fe_decode(block, &fe);
	assert_int_equal(fe.tag.id, UDF_TAG_EFE);
	assert_int_equal(fe.icb.strategy, 4096);
	assert_int_equal(fe.icb.strategy_parameter, 1);
	assert_int_equal(fe.icb.max_entries, 2);
	assert_int_equal(udf_vol_read(vol, 0, lbn + 1, 1, block), UDF_OK);
	if (is_blank) {
		assert_memory_equal(block, zeros, BLOCK);
		return;
	}
	assert_int_equal(udf_tag_verify(block, BLOCK, UDF_TAG_TE, place, NULL, NULL), UDF_OK);
	udf_te_decode(block, &te);
	assert_int_equal(te.icb.strategy, 4096);
	assert_int_equal(te.icb.file_type, UDF_FT_TE);
	assert_int_equal(te.icb.prior_entries, 1);
}

static void icbs_of_strategy_4096_have_the_form_of_the_empty_volumes(void **state)
{
	static const enum udf_media_type media[] = { UDF_MEDIA_HD, UDF_MEDIA_MO, UDF_MEDIA_WORM };

	(void)state;
	for (size_t m = 0; m < N_OF(media); m++) {
		struct udf_plan plan = plan_like(media[m], UDF_STRATEGY_4096, UDF_SPACE_UNALLOC_BITMAP);
		struct udf_vol *vol = filled_over_rubbish(&plan);
		bool is_blank = media[m] == UDF_MEDIA_WORM;
		struct udf_attr attr;
		struct udf_fs *fs;

		assert_int_equal(udf_fs_open(vol, NULL, &fs), UDF_OK);
		assert_non_null(udf_fs_why_read_only(fs));	/* it was written once */
		assert_icb_4096(vol, plan.root_lbn, is_blank);
		assert_icb_4096(vol, plan.stream_dir_lbn, is_blank);
		for (size_t i = 0; i < N_OF(names); i++) {
			assert_int_equal(udf_lookup(fs, udf_fs_root(fs), names[i], strlen(names[i]), &attr),
					 UDF_OK);
			assert_icb_4096(vol, (uint32_t)attr.ino, is_blank);
		}
		assert_int_equal(udf_fs_close(fs), UDF_OK);
		close_filled(vol);
	}
}

static void blocks_are_taken_from_every_kind_of_space_set(void **state)
{
	static const enum udf_space_kind spaces[] = { UDF_SPACE_UNALLOC_BITMAP, UDF_SPACE_UNALLOC_TABLE,
						      UDF_SPACE_FREED_BITMAP, UDF_SPACE_FREED_TABLE };
	uint64_t n_taken[N_OF(spaces)];

	(void)state;
	for (size_t i = 0; i < N_OF(spaces); i++) {
		struct udf_plan plan = plan_like(UDF_MEDIA_MO, UDF_STRATEGY_4, spaces[i]);
		const struct udf_plan_extent *part = udf_plan_find(&plan, UDF_ROLE_PARTITION, 0);
		struct udf_vol *vol = filled_over_rubbish(&plan);
		const struct udf_partition_header *header = &vol->parts[0].header;

		assert_int_equal(header->unallocated_bitmap.length != 0, spaces[i] == UDF_SPACE_UNALLOC_BITMAP);
		assert_int_equal(header->unallocated_table.length != 0, spaces[i] == UDF_SPACE_UNALLOC_TABLE);
		assert_int_equal(header->freed_bitmap.length != 0, spaces[i] == UDF_SPACE_FREED_BITMAP);
		assert_int_equal(header->freed_table.length != 0, spaces[i] == UDF_SPACE_FREED_TABLE);
		n_taken[i] = part->n_blocks - plan.n_used_blocks - vol->free_blocks[0];
		assert_int_equal(n_taken[i], n_taken[0]);		/* what the tree took */
		assert_true(n_taken[i] > (3u << 20) / BLOCK);
		close_filled(vol);
	}
}

/* ---- what can't be copied is skipped ---- */

static uint64_t n_free_after(const struct udf_plan *plan, const struct tree_populate_options *how,
			     const char *absent, uint32_t n_files)
{
	struct udf_vol *vol = NULL;
	struct tree_totals totals;
	struct bio *bio = NULL;
	struct udf_fs *fs;
	uint64_t n_free;

	assert_int_equal(bio_memory_new(512, N_BLOCKS * (BLOCK / 512), &bio), UDF_OK);
	assert_int_equal(udf_mkfs_fill(plan, bio, tree_fd, how, NULL, NULL, &totals), UDF_OK);
	assert_int_equal(totals.n_files + totals.n_links, n_files);
	assert_int_equal(udf_vol_open(bio, NULL, NULL, NULL, &vol), UDF_OK);
	assert_int_equal(vol->lvid_impl.n_files, n_files);
	assert_int_equal(vol->lvid.type, UDF_LVID_CLOSED);
	n_free = vol->free_blocks[0];
	assert_int_equal(udf_fs_open(vol, NULL, &fs), UDF_OK);
	for (size_t i = 0; i < N_OF(names); i++) {
		struct udf_attr attr;
		enum udf_err err = udf_lookup(fs, udf_fs_root(fs), names[i], strlen(names[i]), &attr);

		assert_int_equal(err, strstr(absent, names[i]) ? UDF_E_NOT_FOUND : UDF_OK);
	}
	assert_int_equal(udf_fs_close(fs), UDF_OK);
	close_filled(vol);
	return n_free;
}

static void skip_on(const struct udf_plan *plan)
{
	static const struct {
		off_t readable_bytes;
		const char *absent;
		uint32_t n_files;
		const char *excludes[4];
		size_t n_excludes;
	} cases[] = {
		{ (1 << 20) + 3000, "large ", 3, { "large" }, 1 },
		{ 4096, "large medium ", 2, { "large", "medium" }, 2 },
		{ 5, "large medium second small ", 0, { "large", "medium", "second", "small" }, 4 },
		{ 0, "large medium second small ", 0, { "*" }, 1 },
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		struct tree_populate_options without = tree;
		uint64_t n_free;

		without.excludes = cases[i].excludes;
		without.n_excludes = cases[i].n_excludes;
		n_free = n_free_after(plan, &without, cases[i].absent, cases[i].n_files);
		readable_bytes = cases[i].readable_bytes;
		skipped_names[0] = 0;
		assert_int_equal(n_free_after(plan, &skipping, cases[i].absent, cases[i].n_files), n_free);
		assert_string_equal(skipped_names, cases[i].absent);
		readable_bytes = -1;
	}
}

static void a_file_that_is_not_read_to_its_end_leaves_neither_a_name_nor_blocks(void **state)
{
	static const enum udf_space_kind spaces[] = { UDF_SPACE_UNALLOC_BITMAP, UDF_SPACE_UNALLOC_TABLE,
						      UDF_SPACE_FREED_BITMAP, UDF_SPACE_FREED_TABLE };

	(void)state;
	for (size_t i = 0; i < N_OF(spaces); i++)
		for (int ends = 0; ends < 2; ends++) {
			struct udf_plan plan = plan_like(UDF_MEDIA_MO, UDF_STRATEGY_4, spaces[i]);
			struct udf_plan plan_4096 = plan_like(UDF_MEDIA_MO, UDF_STRATEGY_4096, spaces[i]);

			reads_end_early = ends;
			skip_on(&plan);
			skip_on(&plan_4096);
		}
	reads_end_early = false;
}

static void without_the_option_a_read_error_makes_no_volume(void **state)
{
	struct udf_plan plan = fill_plan("new", false, UDF_STRATEGY_4);
	struct bio *bio = old_volume_new();
	struct tree_totals totals;
	char label[128];
	uint32_t n_files;

	(void)state;
	readable_bytes = 4096;
	assert_int_not_equal(udf_mkfs_fill(&plan, bio, tree_fd, &tree, NULL, NULL, &totals), UDF_OK);
	readable_bytes = -1;
	what_is_there(bio, label, &n_files);
	assert_string_not_equal(label, "new");
	bio_close(bio);
}

/* ---- the layer below ---- */

static uint32_t random_next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void gathered_writes_read_back_as_written(void **state)
{
	static uint8_t data[600 * 512], got[600 * 512];
	const uint32_t n_blocks = N_BLOCKS * (BLOCK / 512);
	struct udf_plan plan = fill_plan("x", false, UDF_STRATEGY_4);
	struct bio *below = NULL, *filled = NULL, *model = NULL;
	uint32_t seed = 4711, at = 5000;

	(void)state;
	assert_int_equal(bio_memory_new(512, n_blocks, &below), UDF_OK);
	assert_int_equal(bio_memory_new(512, n_blocks, &model), UDF_OK);
	assert_int_equal(fill_bio_new(&plan, below, &filled), UDF_OK);
	for (int round = 0; round < 20000; round++) {
		uint32_t n = random_next(&seed) % (round % 100 ? 9 : 599) + 1;

		/* Mostly on from the last one; sometimes elsewhere, also over it. */
		if (random_next(&seed) % 8 == 0)
			at = 2000 + random_next(&seed) % 12000;
		if (at + n > 15000)
			at = 2000;
		if (random_next(&seed) % 16 == 0) {
			assert_int_equal(bio_read(filled, at, n, got), UDF_OK);
			assert_int_equal(bio_read(model, at, n, data), UDF_OK);
			assert_memory_equal(got, data, (size_t)n * 512);
			continue;
		}
		for (size_t i = 0; i < (size_t)n * 512; i += 64)
			data[i] = (uint8_t)random_next(&seed);
		assert_int_equal(bio_write(filled, at, n, data), UDF_OK);
		assert_int_equal(bio_write(model, at, n, data), UDF_OK);
		at += n;
	}
	assert_int_equal(bio_flush(filled), UDF_OK);
	for (uint32_t lsn = 0; lsn < n_blocks; lsn++) {
		assert_int_equal(bio_read(below, lsn, 1, got), UDF_OK);
		assert_int_equal(bio_read(model, lsn, 1, data), UDF_OK);
		assert_memory_equal(got, data, 512);
	}
	bio_close(filled);
	bio_close(below);
	bio_close(model);
}

static void anchors_are_held_back_while_the_volume_is_filled(void **state)
{
	struct udf_plan plan = fill_plan("x", false, UDF_STRATEGY_4);
	struct bio *below = NULL, *filled = NULL;
	char label[128];
	uint32_t n_files;

	(void)state;
	assert_int_equal(bio_memory_new(512, N_BLOCKS * (BLOCK / 512), &below), UDF_OK);
	assert_int_equal(fill_bio_new(&plan, below, &filled), UDF_OK);
	assert_int_equal(udf_mkfs_emit(&plan, filled, NULL), UDF_OK);
	what_is_there(filled, label, &n_files);
	assert_string_equal(label, "x");
	what_is_there(below, label, &n_files);
	assert_string_equal(label, "");
	bio_close(filled);
	bio_close(below);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_write_leaves_the_old_volume_or_none),
		cmocka_unit_test(a_failed_read_leaves_the_old_volume_or_none),
		cmocka_unit_test(a_power_cut_leaves_the_old_volume_or_the_whole_new_one_or_none),
		cmocka_unit_test(running_out_of_memory_is_an_error_and_leaves_no_half_volume),
		cmocka_unit_test(a_tree_that_does_not_fit_gives_no_space_and_no_volume),
		cmocka_unit_test(the_measured_size_is_enough_and_little_more),
		cmocka_unit_test(the_smallest_sufficient_size_is_found_for_every_need),
		cmocka_unit_test(icbs_of_strategy_4096_have_the_form_of_the_empty_volumes),
		cmocka_unit_test(blocks_are_taken_from_every_kind_of_space_set),
		cmocka_unit_test(a_failure_of_the_volume_is_not_skipped),
		cmocka_unit_test(a_file_that_is_not_read_to_its_end_leaves_neither_a_name_nor_blocks),
		cmocka_unit_test(without_the_option_a_read_error_makes_no_volume),
		cmocka_unit_test(gathered_writes_read_back_as_written),
		cmocka_unit_test(anchors_are_held_back_while_the_volume_is_filled),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
