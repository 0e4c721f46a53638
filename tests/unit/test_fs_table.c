/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Free space in a table: what is written agrees with the check, and what is damaged is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "../common/model.h"
#include "base/bytes.h"
#include "check/check.h"
#include "ecma/codec.h"
#include "fs/alloc.h"
#include "fs/state.h"

#define BS 512u
#define N_BLOCKS 16384u
#define IN_ENTRY 59u			/* descriptors: (512 - 40) / 8 */

struct count_sink {
	struct udf_sink sink;
	unsigned n_other, n_leaked;
};

static void count(struct udf_sink *sink, const struct udf_finding *f)
{
	struct count_sink *c = (struct count_sink *)sink;

	if (f->problem == UDF_P_SPACE_LEAKED || f->problem == UDF_P_ORPHAN_ICB) {
		c->n_leaked++;
		return;
	}
	c->n_other++;
	print_message("# %s at %u: found %llu, expected %llu\n", udf_problem_name(f->problem),
		      f->place.block_no, (unsigned long long)f->found, (unsigned long long)f->expected);
}

/* What the check finds, apart from lost blocks, and how many blocks it says are free. */
static unsigned check(struct bio *bio, unsigned *ret_n_leaked, uint64_t *ret_n_free)
{
	struct count_sink c = { .sink.report = count };
	struct chk_result result;
	struct udf_vol *vol;

	assert_int_equal(udf_vol_open(bio, NULL, NULL, &c.sink, &vol), UDF_OK);
	assert_int_equal(chk_volume(vol, NULL, &c.sink, &result), UDF_OK);
	udf_vol_close(vol);
	if (ret_n_leaked)
		*ret_n_leaked = c.n_leaked;
	else
		assert_int_equal(c.n_leaked, 0);
	if (ret_n_free)
		*ret_n_free = result.n_free_blocks;
	return c.n_other;
}

static struct bio *table_volume(uint32_t n_blocks)
{
	struct bio *bio;

	assert_int_equal(bio_memory_new(BS, n_blocks, &bio), UDF_OK);
	make_volume_with(bio, 0x0201, UDF_SPACE_UNALLOC_TABLE);
	return bio;
}

static uint64_t n_free(struct mounted *m)
{
	struct udf_statfs st;

	udf_fs_statfs(m->fs, &st);
	return st.n_free_blocks;
}

/* Files of one block beside each other, every second of them deleted. */
static void make_pieces(struct mounted *m, unsigned n)
{
	struct udf_new file = { .mode = S_IFREG | 0644 };
	udf_ino root = udf_fs_root(m->fs);
	struct udf_attr attr;
	char name[16];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		assert_int_equal(udf_create(m->fs, root, name, strlen(name), &file, &attr), UDF_OK);
		udf_forget(m->fs, attr.ino, 1);
	}
	assert_int_equal(udf_fs_sync(m->fs), UDF_OK);
	for (unsigned i = 0; i < n; i += 2) {
		snprintf(name, sizeof(name), "f%u", i);
		assert_int_equal(udf_unlink(m->fs, root, name, strlen(name)), UDF_OK);
	}
}

static enum udf_err fill(struct mounted *m, const char *name, size_t n_bytes)
{
	struct udf_new file = { .mode = S_IFREG | 0644 };
	uint8_t data[8192] = { 1 };
	struct udf_attr attr;
	enum udf_err err = udf_create(m->fs, udf_fs_root(m->fs), name, strlen(name), &file, &attr);

	for (size_t at = 0, n; !err && at < n_bytes; at += n)
		err = udf_write(m->fs, attr.ino, at, sizeof(data), data, &n);
	udf_forget(m->fs, attr.ino, 1);
	return err;
}

static void a_table_continues_in_a_chain_when_free_space_is_in_many_pieces(void **state)
{
	struct bio *bio = table_volume(N_BLOCKS);
	struct mounted m;
	uint64_t before, checked;

	(void)state;
	mount_volume(bio, NULL, &m);
	make_pieces(&m, 1000);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	assert_int_equal(check(bio, NULL, &checked), 0);
	mount_volume(bio, NULL, &m);
	assert_null(udf_fs_why_read_only(m.fs));
	assert_true(m.fs->alloc.table.n_ranges > 400);
	assert_true(m.fs->alloc.table.n_chain >= 400 / 61);
	before = n_free(&m);
	assert_int_equal(before, checked);
	for (int i = 0; i < 3; i++) {	/* and each commit has a chain of its own */
		char name[] = { (char)('a' + i), 0 };

		assert_int_equal(fill(&m, name, 3 * BS), UDF_OK);
		assert_int_equal(udf_fs_sync(m.fs), UDF_OK);
	}
	assert_int_equal(unmount_volume(&m), UDF_OK);
	assert_int_equal(check(bio, NULL, NULL), 0);
	bio_close(bio);
}

static void the_chain_of_a_table_is_freed_when_its_pieces_are_used(void **state)
{
	struct bio *bio = table_volume(4096);
	struct mounted m;

	(void)state;
	mount_volume(bio, NULL, &m);
	make_pieces(&m, 600);
	assert_int_equal(udf_fs_sync(m.fs), UDF_OK);
	assert_int_equal(fill(&m, "one", BS), UDF_OK);
	assert_int_equal(udf_fs_sync(m.fs), UDF_OK);
	assert_true(m.fs->alloc.table.n_chain > 3);
	assert_int_equal(fill(&m, "all", 1u << 30), UDF_E_NOSPC);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	assert_int_equal(check(bio, NULL, NULL), 0);
	mount_volume(bio, NULL, &m);
	assert_true(m.fs->alloc.table.n_chain <= 1);
	assert_int_equal(udf_unlink(m.fs, udf_fs_root(m.fs), "all", 3), UDF_OK);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	assert_int_equal(check(bio, NULL, NULL), 0);
	bio_close(bio);
}

static void volume_left_open_is_counted_from_its_table(void **state)
{
	struct bio *bio = table_volume(N_BLOCKS);
	struct mounted m;
	uint64_t checked, lvid;

	(void)state;
	mount_volume(bio, NULL, &m);
	lvid = n_free(&m);
	assert_int_equal(fill(&m, "file", 100 * BS), UDF_OK);
	assert_int_equal(udf_fs_sync(m.fs), UDF_OK);
	abandon_volume(&m);
	(void)check(bio, NULL, &checked);
	mount_volume(bio, NULL, &m);
	assert_null(udf_fs_why_read_only(m.fs));
	assert_int_equal(n_free(&m), checked);
	assert_true(checked < lvid);
	abandon_volume(&m);
	bio_close(bio);
}

/* Beyond the limit the smallest pieces are lost, and nothing is free and in use. */
static void too_many_pieces_of_free_space_lose_the_smallest(void **state)
{
	struct bio *bio = table_volume(N_BLOCKS);
	unsigned n_leaked;
	struct mounted m;

	(void)state;
	mount_volume(bio, NULL, &m);
	m.fs->alloc.table.max_ranges = 40;
	make_pieces(&m, 300);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	assert_int_equal(check(bio, &n_leaked, NULL), 0);
	assert_true(n_leaked > 0);
	mount_volume(bio, NULL, &m);
	assert_true(m.fs->alloc.table.n_ranges <= 40);
	assert_true(n_free(&m) > N_BLOCKS * 3 / 4);
	abandon_volume(&m);
	bio_close(bio);
}

/* ---- tables of others ---- */

struct entry {
	struct udf_vol *vol;
	uint8_t block[BS];
	uint32_t lbn, n_ads, part_blocks;
};

static void entry_read(struct bio *bio, struct entry *e)
{
	assert_int_equal(udf_vol_open(bio, NULL, NULL, NULL, &e->vol), UDF_OK);
	e->lbn = e->vol->parts[0].header.unallocated_table.lbn;
	e->part_blocks = e->vol->parts[0].n_blocks;
	assert_int_equal(udf_vol_read(e->vol, 0, e->lbn, 1, e->block), UDF_OK);
	e->n_ads = get_le32(e->block + 36) / 8;
}

static void entry_ad(struct entry *e, uint32_t i, enum udf_extent_type type, uint32_t lbn, uint32_t n_bytes)
{
	put_le32(e->block + UDF_USE_FIXED_BYTES + 8 * i, UDF_EXTENT_LENGTH(type, n_bytes));
	put_le32(e->block + UDF_USE_FIXED_BYTES + 8 * i + 4, lbn);
}

static void entry_write(struct entry *e, uint32_t n_ads)
{
	put_le32(e->block + 36, 8 * n_ads);
	udf_tag_seal(e->block, UDF_TAG_USE, 3, 1, e->lbn, UDF_USE_FIXED_BYTES + 8 * n_ads - UDF_TAG_BYTES);
	assert_int_equal(udf_vol_write(e->vol, 0, e->lbn, 1, e->block), UDF_OK);
	udf_vol_close(e->vol);
}

static void a_table_out_of_order_is_accepted_and_sorted(void **state)
{
	struct bio *bio = table_volume(N_BLOCKS);
	struct mounted m;
	struct entry e;
	uint32_t first;

	(void)state;
	entry_read(bio, &e);
	assert_int_equal(e.n_ads, 1);
	first = get_le32(e.block + UDF_USE_FIXED_BYTES + 4);
	entry_ad(&e, 0, UDF_EXTENT_ALLOCATED, first + 100, (e.part_blocks - first - 100) * BS);
	entry_ad(&e, 1, UDF_EXTENT_ALLOCATED, first + 50, 50 * BS);
	entry_ad(&e, 2, UDF_EXTENT_ALLOCATED, first, 50 * BS);
	entry_write(&e, 3);
	assert_int_not_equal(check(bio, NULL, NULL), 0);
	mount_volume(bio, NULL, &m);
	assert_null(udf_fs_why_read_only(m.fs));
	assert_int_equal(fill(&m, "file", 3 * BS), UDF_OK);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	assert_int_equal(check(bio, NULL, NULL), 0);
	bio_close(bio);
}

static void is_read_only(struct bio *bio, const char *why)
{
	struct mounted m;

	mount_volume(bio, NULL, &m);
	assert_non_null(udf_fs_why_read_only(m.fs));
	assert_string_equal(udf_fs_why_read_only(m.fs), why);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	bio_close(bio);
}

static void damaged_tables_make_the_volume_read_only(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		struct bio *bio = table_volume(N_BLOCKS);
		struct entry e;
		uint32_t first, n_ads = 1;

		entry_read(bio, &e);
		first = get_le32(e.block + UDF_USE_FIXED_BYTES + 4);
		if (i == 0)		/* a block free twice */
			entry_ad(&e, n_ads++, UDF_EXTENT_ALLOCATED, first + 7, BS);
		else if (i == 1)	/* beyond the partition */
			entry_ad(&e, 0, UDF_EXTENT_ALLOCATED, e.part_blocks - 1, 2 * BS);
		else if (i == 2)	/* its own block */
			entry_ad(&e, n_ads++, UDF_EXTENT_ALLOCATED, e.lbn, BS);
		else if (i == 3)	/* not a free extent */
			entry_ad(&e, 0, UDF_EXTENT_RECORDED, first, BS);
		else if (i == 4)	/* half a block */
			entry_ad(&e, 0, UDF_EXTENT_ALLOCATED, first, BS + BS / 2);
		else if (i == 5)	/* a chain into nothing */
			entry_ad(&e, n_ads++, UDF_EXTENT_NEXT, e.part_blocks - 1, BS);
		else if (i == 6)
			e.block[16 + 11] = UDF_FT_REGULAR;
		else
			n_ads = IN_ENTRY + 1;
		if (i == 7) {
			put_le32(e.block + 36, 8 * n_ads);
			udf_tag_reseal(e.block);
			assert_int_equal(udf_vol_write(e.vol, 0, e.lbn, 1, e.block), UDF_OK);
			udf_vol_close(e.vol);
		} else {
			entry_write(&e, n_ads);
		}
		print_message("# damage %d\n", i);
		is_read_only(bio, "its space table is damaged; check it first");
	}
}

static void freed_space_makes_the_volume_read_only_with_the_reason(void **state)
{
	static const enum udf_space_kind kinds[] = { UDF_SPACE_FREED_BITMAP, UDF_SPACE_FREED_TABLE };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct bio *bio;

		assert_int_equal(bio_memory_new(BS, N_BLOCKS, &bio), UDF_OK);
		make_volume_with(bio, 0x0201, kinds[i]);
		is_read_only(bio, "the partition has freed space that would have to be erased first");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_continues_in_a_chain_when_free_space_is_in_many_pieces),
		cmocka_unit_test(the_chain_of_a_table_is_freed_when_its_pieces_are_used),
		cmocka_unit_test(volume_left_open_is_counted_from_its_table),
		cmocka_unit_test(too_many_pieces_of_free_space_lose_the_smallest),
		cmocka_unit_test(a_table_out_of_order_is_accepted_and_sorted),
		cmocka_unit_test(damaged_tables_make_the_volume_read_only),
		cmocka_unit_test(freed_space_makes_the_volume_read_only_with_the_reason),
	};

	return cmocka_run_group_tests_name("fs_table", tests, NULL, NULL);
}
