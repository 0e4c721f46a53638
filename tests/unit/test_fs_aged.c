/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volumes whose free space is in many pieces: what a search finds, and how much it looks at for it. */
#include "fs_fixture.h"

#include "../common/model.h"
#include "base/bitmap.h"
#include "base/bounds.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/state.h"

static uint64_t seed;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((seed >> 33) % n);
}

static void the_next_place_is_the_first_that_is_high_enough(void **state)
{
	(void)state;
	seed = 1;
	for (uint32_t n = 1; n < 70; n++) {
		struct udf_bounds b;
		uint8_t model[70];

		OK(udf_bounds_init(&b, n));
		memset(model, 255, sizeof(model));
		for (int i = 0; i < 500; i++) {
			uint32_t at = random_below(n), from = random_below(n + 1), want;
			uint8_t least = (uint8_t)(1 + random_below(255));

			model[at] = random_below(3) ? 0 : (uint8_t)random_below(256);
			udf_bounds_set(&b, at, model[at]);
			for (want = from; want < n && model[want] < least; want++)
				;
			assert_int_equal(udf_bounds_next(&b, from, least), want);
		}
		udf_bounds_done(&b);
	}
}

static void ones_before_a_bit_are_counted(void **state)
{
	uint8_t bits[40];

	(void)state;
	seed = 2;
	for (int i = 0; i < 3000; i++) {
		uint64_t at = random_below(320), max = random_below(300), n;

		memset(bits, 0xFF, sizeof(bits));
		udf_bits_fill(bits, random_below(320), 1, false);
		for (n = 0; n < max && n < at && udf_bit_get(bits, at - n - 1); n++)
			;
		assert_int_equal(udf_bits_ones_before(bits, at, max), n);
	}
}

/* ---- nothing is handed out twice, and good runs are found where there are some ---- */

struct shadow {
	struct fsx x;
	uint8_t *is_free;
	uint32_t n_blocks;
	uint32_t cut;		/* where the first page of a bitmap ends: runs are cut there; 0: nowhere */
};

static void shadow_init(struct shadow *s, uint32_t n_blocks, enum udf_space_kind space)
{
	struct bio *bio;

	OK(bio_memory_new(512, n_blocks, &bio));
	fsx_init_bio(&s->x, bio, 0x0201);
	udf_fs_abandon(s->x.fs);
	udf_vol_close(s->x.vol);
	make_volume_with(bio, 0x0201, space);
	s->x.now.seconds += 86400;
	fsx_mount(&s->x);
	OK(fs_begin(s->x.fs));
	s->n_blocks = s->x.fs->alloc.n_blocks;
	s->cut = space == UDF_SPACE_UNALLOC_BITMAP ? (16384 - 24) * 8 : 0;
	s->is_free = calloc(1, s->n_blocks / 8 + 8);
	for (uint32_t i = 0; i < s->n_blocks; i++) {
		uint32_t n_reads = 1000;
		bool any;

		OK(s->x.fs->alloc.ops->has_free(s->x.fs, i, 1, &n_reads, &any));
		udf_bits_fill(s->is_free, i, 1, any);
	}
}

static uint32_t longest_run(const struct shadow *s)
{
	uint32_t longest = 0, at = 0, end;

	while ((at = (uint32_t)udf_bits_find(s->is_free, at, s->n_blocks, true)) < s->n_blocks) {
		end = (uint32_t)udf_bits_find(s->is_free, at, s->n_blocks, false);
		if (s->cut && at < s->cut && end > s->cut)
			end = s->cut;
		if (end - at > longest)
			longest = end - at;
		at = end;
	}
	return longest;
}

static void shadow_take(struct shadow *s, uint32_t want, bool compare)
{
	uint32_t lbn, n = 0, longest = compare ? longest_run(s) : 0, least = want < 16 ? want : 16;
	enum udf_err err = alloc_take(s->x.fs, random_below(s->n_blocks), want, &lbn, &n);

	if (err == UDF_E_NOSPC) {
		assert_int_equal(longest_run(s), 0);
		return;
	}
	OK(err);
	assert_true(n > 0 && n <= want);
	assert_int_equal(udf_bits_count(s->is_free, lbn, lbn + n), n);
	udf_bits_fill(s->is_free, lbn, n, false);
	if (compare)
		assert_true(n >= (longest < least ? 1 : least));
}

static void shadow_release(struct shadow *s, uint32_t lbn, uint32_t n)
{
	if (udf_bits_count(s->is_free, lbn, lbn + n))
		return;
	OK(alloc_release(s->x.fs, lbn, n));
	udf_bits_fill(s->is_free, lbn, n, true);
}

static void try_random_work(enum udf_space_kind space)
{
	struct shadow s;
	uint32_t first;

	shadow_init(&s, 140000, space);
	seed = 3;
	first = (uint32_t)udf_bits_find(s.is_free, 0, s.n_blocks, true);
	while (longest_run(&s) > 4)
		for (int i = 0; i < 2000; i++)
			shadow_take(&s, 1 + random_below(300), false);
	for (int i = 0; i < 30000; i++) {
		uint32_t lbn = first + random_below(s.n_blocks - first - 40);
		bool compare = i % 50 == 0;

		/* near each other, so that some grow together to good runs; and around the edge of a page */
		if (random_below(4) == 0)
			lbn = first + random_below(3000);
		else if (random_below(8) == 0)
			lbn = (16384 - 24) * 8 - 200 + random_below(400);
		if (random_below(2))
			shadow_release(&s, lbn, 1 + random_below(20));
		else
			shadow_take(&s, random_below(3) ? 1 + random_below(40) : 500, compare);
		if (random_below(500) == 0) {
			uint64_t n_marked = 0;

			OK(s.x.fs->alloc.ops->mark_used(s.x.fs, lbn, 40, &n_marked));
			assert_int_equal(n_marked, udf_bits_count(s.is_free, lbn, lbn + 40));
			udf_bits_fill(s.is_free, lbn, 40, false);
		}
		if (i % 5000 == 0)
			OK(udf_fs_sync(s.x.fs));
	}
	for (uint32_t i = 0; i < s.n_blocks; i++) {
		uint32_t n_reads = 1000;
		bool any;

		OK(s.x.fs->alloc.ops->has_free(s.x.fs, i, 1, &n_reads, &any));
		if (any != udf_bit_get(s.is_free, i) && space == UDF_SPACE_UNALLOC_BITMAP)
			fail_msg("block %u", (unsigned)i);
	}
	free(s.is_free);
	fsx_drop(&s.x);
}

static void no_block_of_a_bitmap_is_handed_out_twice(void **state)
{
	(void)state;
	try_random_work(UDF_SPACE_UNALLOC_BITMAP);
}

static void no_block_of_a_table_is_handed_out_twice(void **state)
{
	(void)state;
	try_random_work(UDF_SPACE_UNALLOC_TABLE);
}

/* ---- what it costs ---- */

/* In the bitmap of X, whose own blocks stay used, 8 blocks of each 32 are free. */
static void age_bitmap(struct fsx *x)
{
	const struct udf_short_ad *set = &x->vol->parts[0].header.unallocated_bitmap;
	uint32_t bs = x->vol->block_bytes, n = UDF_EXTENT_BYTES(set->length) / bs, per_write = 512, i;
	uint32_t first = (set->lbn + n + 4096) / 8 / bs + 1;	/* the block of it from which on the pattern goes */
	uint8_t *pattern = malloc((size_t)per_write * bs);

	for (i = 0; i < per_write * bs; i++)
		pattern[i] = i % 4 ? 0 : 0xFF;
	for (i = first; i < n; i += per_write)
		OK(udf_vol_write(x->vol, 0, set->lbn + i, n - i < per_write ? n - i : per_write, pattern));
	/* and what lies before it is used */
	OK(udf_vol_read(x->vol, 0, set->lbn, first, pattern));
	memset(pattern + 24, 0, (size_t)first * bs - 24);
	OK(udf_vol_write(x->vol, 0, set->lbn, first, pattern));
	free(pattern);
}

/* N_TAKES of pieces of 8 blocks; *RET_MOST: groups that one of them looked at.  Returns their sum. */
static uint64_t looked_for(struct fsx *x, unsigned n_takes, uint32_t want, uint32_t *goal, uint64_t *ret_most)
{
	uint64_t first = x->fs->alloc.bitmap.n_looked;

	*ret_most = 0;
	for (unsigned i = 0; i < n_takes; i++) {
		uint64_t before = x->fs->alloc.bitmap.n_looked;
		uint32_t lbn, n;

		OK(alloc_take(x->fs, *goal, want, &lbn, &n));
		assert_int_equal(n, want < 8 ? want : 8);
		*goal = lbn + n;
		if (x->fs->alloc.bitmap.n_looked - before > *ret_most)
			*ret_most = x->fs->alloc.bitmap.n_looked - before;
	}
	return x->fs->alloc.bitmap.n_looked - first;
}

/* 1 GiB and 1 TiB in blocks of 2048. */
static void searching_an_aged_bitmap_costs_little_for_each_search(void **state)
{
	static const uint64_t sizes[] = { 1ull << 19, 1ull << 29 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint32_t goal = 0;
		uint64_t n, most;
		struct fsx x;

		fsx_init(&x, 2048, sizes[i], 0x0201);
		age_bitmap(&x);
		fsx_unmount(&x);
		fsx_mount(&x);
		OK(fs_begin(x.fs));
		/* at first pages are gone through in vain: each of them once, and a few for one search */
		n = looked_for(&x, 2000, 512, &goal, &most);
		print_message("# %llu blocks: 2000 searches look at %llu groups, one at %llu\n",
			      (unsigned long long)sizes[i], (unsigned long long)n, (unsigned long long)most);
		assert_true(most <= 5 * 128);
		assert_true(n <= sizes[i] / 1024 + 2 * 2000 + 128);
		n = looked_for(&x, 8000, 512, &goal, &most);
		print_message("# 8000 more at %llu, one at %llu\n", (unsigned long long)n, (unsigned long long)most);
		assert_true(n <= 2 * 8000);
		assert_true(most <= 3);
		n = looked_for(&x, 8000, 3, &goal, &most);
		print_message("# 8000 small ones at %llu\n", (unsigned long long)n);
		assert_true(n <= 2 * 8000);
		fsx_drop(&x);
	}
}

/* Blocks that come back far apart are found again without a walk over the rest. */
static void freed_blocks_are_found_at_once(void **state)
{
	uint64_t before;
	struct fsx x;

	(void)state;
	fsx_init(&x, 2048, 1ull << 21, 0x0201);
	age_bitmap(&x);
	fsx_unmount(&x);
	fsx_mount(&x);
	OK(fs_begin(x.fs));
	for (unsigned i = 0; i < 20; i++) {	/* by then each page has been gone through */
		uint32_t lbn, n;

		OK(alloc_take(x.fs, 0, 16, &lbn, &n));
	}
	for (unsigned i = 0; i < 300; i++) {
		uint32_t at = 100000 + i * 6400 % 1900000 / 32 * 32 + 8, lbn, n;

		OK(alloc_release(x.fs, at, 24));	/* between two that are free: 40 now */
		before = x.fs->alloc.bitmap.n_looked;
		OK(alloc_take(x.fs, random_below(2000000), 16, &lbn, &n));
		assert_int_equal(n, 16);
		/* once more: of the 40 there are 24 left; then nothing as long is */
		OK(alloc_take(x.fs, random_below(2000000), 40, &lbn, &n));
		assert_true(n >= 8);
		assert_true(x.fs->alloc.bitmap.n_looked - before <= 300);
	}
	fsx_drop(&x);
}

static void searching_an_aged_table_costs_little_for_each_search(void **state)
{
	static const uint32_t sizes[] = { 1u << 16, 1u << 21 };

	(void)state;
	for (int k = 0; k < 2; k++) {
		uint32_t goal = 0, lbn, n;
		struct space_table *t;
		struct shadow s;
		uint64_t looked;

		shadow_init(&s, sizes[k], UDF_SPACE_UNALLOC_TABLE);
		t = &s.x.fs->alloc.table;
		/* all of it, and then pieces of 8 come back */
		while (alloc_take(s.x.fs, 0, UINT32_MAX, &lbn, &n) == UDF_OK)
			;
		for (uint32_t at = 1000; at + 8 < s.n_blocks; at += 32)
			OK(alloc_release(s.x.fs, at, 8));
		looked = t->n_looked;
		for (unsigned i = 0; i < 1500; i++) {
			OK(alloc_take(s.x.fs, goal, 512, &lbn, &n));
			assert_int_equal(n, 8);
			goal = lbn + n;
		}
		looked = t->n_looked - looked;
		print_message("# %u ranges: 1500 searches looked at %llu\n", (unsigned)t->n_ranges,
			      (unsigned long long)looked);
		assert_true(looked <= s.n_blocks / 32 + 4 * 1500);
		looked = t->n_looked;
		for (unsigned i = 0; i < 200; i++)
			OK(alloc_take(s.x.fs, random_below(s.n_blocks), 512, &lbn, &n));
		assert_true(t->n_looked - looked <= 200 * 64);
		free(s.is_free);
		fsx_drop(&s.x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_place_is_the_first_that_is_high_enough),
		cmocka_unit_test(ones_before_a_bit_are_counted),
		cmocka_unit_test(no_block_of_a_bitmap_is_handed_out_twice),
		cmocka_unit_test(no_block_of_a_table_is_handed_out_twice),
		cmocka_unit_test(searching_an_aged_bitmap_costs_little_for_each_search),
		cmocka_unit_test(freed_blocks_are_found_at_once),
		cmocka_unit_test(searching_an_aged_table_costs_little_for_each_search),
	};

	return cmocka_run_group_tests_name("fs_aged", tests, NULL, NULL);
}
