/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Closed volumes whose bitmap or table calls blocks free that are in use. */
#include "fs_fixture.h"

#include "../common/model.h"
#include "check/check.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

#define N_BLOCKS 1500u

static struct {
	unsigned n_warnings, n_errors, n_walks;
} seen;

static void log_line(void *ctx, enum udf_log_level level, const char *line)
{
	(void)ctx;
	print_message("# %s\n", line);
	seen.n_warnings += level == UDF_LOG_WARNING;
	seen.n_errors += level == UDF_LOG_ERROR;
}

static enum udf_err find_used(struct udf_vol *vol, uint16_t part_ref,
			      enum udf_err (*used)(void *ctx, uint32_t lbn, uint32_t n_blocks), void *ctx,
			      uint64_t *ret_next_id, bool *ret_safe)
{
	seen.n_walks++;
	return chk_find_used(vol, part_ref, used, ctx, ret_next_id, ret_safe);
}

/* A volume with a directory of two hundred names, a scattered file with a chain of descriptors, and a plain one. */
static void make(struct fsx *x, uint32_t block_bytes, enum udf_space_kind space)
{
	struct bio *bio;
	udf_ino dir, file;
	char name[16];

	OK(bio_memory_new(block_bytes, N_BLOCKS, &bio));
	fsx_init_bio(x, bio, 0x0201);	/* for its clock */
	udf_fs_abandon(x->fs);
	udf_vol_close(x->vol);
	make_volume_with(bio, 0x0201, space);
	x->now.seconds += 86400;	/* later than that one's clock */
	x->env.log = log_line;
	x->options.find_used = find_used;
	fsx_mount(x);
	dir = fsx_make(x, x->root, "dir", S_IFDIR | 0755);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		(void)fsx_file(x, name);
	}
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		(void)fsx_make(x, dir, name, S_IFREG | 0644);
	}
	file = fsx_file(x, "scattered");
	for (unsigned i = 0; i < 70; i++)
		fsx_write(x, file, 2ull * i * block_bytes, block_bytes, 3);
	file = fsx_file(x, "plain");
	fsx_write(x, file, 0, 5 * block_bytes, 4);
	fsx_unmount(x);
	fsx_check_clean(x);
	memset(&seen, 0, sizeof(seen));
}

/* Close the volume in order, with a lie in its space set. */
static void call_free(struct fsx *x, uint32_t lbn, uint32_t n_blocks)
{
	fsx_mount(x);
	OK(fs_begin(x->fs));
	OK(alloc_release(x->fs, lbn, n_blocks));
	fsx_unmount(x);
	assert_int_equal(seen.n_walks, 0);
}

static void fill(struct fsx *x)
{
	static const uint8_t data[512] = "all that is left";
	char name[16];
	enum udf_err err = UDF_OK;
	udf_ino big;
	size_t n;

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		(void)fsx_file(x, name);
	}
	big = fsx_file(x, "big");
	for (uint64_t at = 0; !err; at += n)
		err = udf_write(x->fs, big, at, sizeof(data), data, &n);
	FAILS(UDF_E_NOSPC, err);
}

/* Everything that make() has made is there, and the check finds nothing. */
static void assert_whole(struct fsx *x)
{
	uint32_t bs = x->vol->block_bytes;
	udf_ino dir = fsx_find(x, x->root, "dir"), file;
	char name[16];

	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		assert_int_not_equal(fsx_find(x, dir, name), 0);
	}
	file = fsx_find(x, x->root, "scattered");
	for (unsigned i = 0; i < 70; i++)
		fsx_assert_pattern(x, file, 2ull * i * bs, bs, 3);
	fsx_assert_pattern(x, fsx_find(x, x->root, "plain"), 0, 5 * bs, 4);
	fsx_unmount(x);
	fsx_check_clean(x);
	fsx_mount(x);
}

enum lie { FSD, ROOT_ICB, ROOT_DATA, SYSTEM_STREAMS, SPACE_SET, DIR_ICB, DIR_DATA, FILE_DATA, FILE_AED, NAMED_ICB,
	   N_LIES };
static const char *const lies[] = { "file set", "root ICB", "root data", "system stream directory", "space set",
				    "directory ICB", "directory data", "file data", "allocation extent descriptor",
				    "ICB that is only named" };

static struct node *load(struct fsx *x, const char *name)
{
	struct udf_lb_addr addr = { .lbn = (uint32_t)x->root };
	struct node *node;

	if (name[0])
		addr.lbn = (uint32_t)fsx_find(x, x->root, name);
	OK(node_get(x->fs, addr, &node));
	OK(extents_load(x->fs, node));
	node_put(x->fs, node);
	return node;
}

/* A block that the lie is about; 0: there is none. */
static uint32_t block_of(struct fsx *x, enum lie lie, const char **ret_name)
{
	static const char *const names[] = { [DIR_ICB] = "dir", [DIR_DATA] = "dir", [FILE_DATA] = "plain",
					     [FILE_AED] = "scattered", [NAMED_ICB] = "plain" };
	const struct node *node;
	uint32_t lbn = 0;

	*ret_name = lie >= DIR_ICB ? names[lie] : "";
	fsx_mount(x);
	node = load(x, *ret_name);
	if (lie == FSD)
		lbn = x->vol->fsd_at.lbn;
	else if (lie == SYSTEM_STREAMS)
		lbn = x->vol->fsd.system_stream_icb.addr.lbn;
	else if (lie == SPACE_SET)
		lbn = x->vol->parts[0].header.unallocated_bitmap.lbn;
	else if (lie == ROOT_ICB || lie == DIR_ICB || lie == NAMED_ICB)
		lbn = node->lbn;
	else if (node->ad_kind != UDF_AD_EMBEDDED && lie == FILE_AED)
		lbn = node->extents->n_aeds ? node->extents->aed_lbn[0] : 0;
	else if (node->ad_kind != UDF_AD_EMBEDDED)
		lbn = node->extents->v[0].lbn;
	fsx_unmount(x);
	return lbn;
}

static void try_lie(enum lie lie, uint32_t block_bytes, enum udf_space_kind space, bool later)
{
	struct udf_attr attr;
	const char *name;
	struct fsx x;
	uint32_t lbn;

	make(&x, block_bytes, space);
	lbn = block_of(&x, lie, &name);
	if (lbn == 0 && (lie != FSD && lie != SPACE_SET)) {
		bio_close(x.bio);	/* not there with blocks of this size */
		return;
	}
	print_message("# %s at %u, blocks of %u, %s%s\n", lies[lie], (unsigned)lbn, (unsigned)block_bytes,
		      space == UDF_SPACE_UNALLOC_TABLE ? "table" : "bitmap", later ? ", loaded later" : "");
	call_free(&x, lbn, 1);
	fsx_mount(&x);
	if (later)
		OK(fsx_truncate(&x, fsx_find(&x, x.root, "f7"), 1));
	if (lie == NAMED_ICB)
		FAILS(UDF_E_NOT_FOUND, udf_lookup(x.fs, x.root, "no such name", 12, &attr));
	else if (lie >= DIR_ICB)
		(void)load(&x, name);
	/* reading costs nothing; the root directory, loaded before the change, names the object */
	assert_int_equal(seen.n_walks, later && lie == DIR_ICB);
	fill(&x);
	assert_int_equal(seen.n_walks, 1);
	assert_int_equal(seen.n_warnings, 1);
	assert_whole(&x);
	assert_int_equal(seen.n_walks, 1);
	fsx_done(&x);
}

static void known_objects_survive_a_bitmap_that_marks_them_free(void **state)
{
	static const uint32_t sizes[] = { 512, 2048, 4096 };

	(void)state;
	for (int lie = FSD; lie < N_LIES; lie++)
		for (int i = 0; i < 3; i++)
			try_lie((enum lie)lie, sizes[i], UDF_SPACE_UNALLOC_BITMAP, false);
}

static void known_objects_survive_a_table_that_lists_them_free(void **state)
{
	(void)state;
	for (int lie = FSD; lie < N_LIES; lie++)
		if (lie != SPACE_SET)	/* damaged_tables_make_the_volume_read_only() of test_fs_table */
			try_lie((enum lie)lie, 512, UDF_SPACE_UNALLOC_TABLE, false);
}

static void objects_loaded_after_the_first_change_are_compared_too(void **state)
{
	(void)state;
	for (int lie = DIR_ICB; lie < NAMED_ICB; lie++) {
		try_lie((enum lie)lie, 512, UDF_SPACE_UNALLOC_BITMAP, true);
		try_lie((enum lie)lie, 512, UDF_SPACE_UNALLOC_TABLE, true);
	}
}

/* The space set lists /dir/f9 as free.  The directory is listed, and nobody looks at the file. */
static void objects_named_in_a_directory_that_is_read_later_are_compared(void **state)
{
	struct udf_attr attr;
	struct fsx x;
	uint32_t lbn;
	udf_ino dir;

	(void)state;
	make(&x, 512, UDF_SPACE_UNALLOC_BITMAP);
	fsx_mount(&x);
	lbn = (uint32_t)fsx_find(&x, fsx_find(&x, x.root, "dir"), "f9");
	fsx_unmount(&x);
	call_free(&x, lbn, 1);
	fsx_mount(&x);
	OK(fsx_truncate(&x, fsx_find(&x, x.root, "f7"), 1));
	dir = fsx_find(&x, x.root, "dir");
	FAILS(UDF_E_NOT_FOUND, udf_lookup(x.fs, dir, "no such name", 12, &attr));
	assert_int_equal(seen.n_walks, 0);
	fill(&x);
	assert_int_equal(seen.n_walks, 1);
	assert_whole(&x);
	fsx_done(&x);
}

/* The damage is in the name: the block was freed in order, and holds no ICB. */
static void a_name_without_an_object_puts_no_space_in_doubt(void **state)
{
	static const uint8_t zeros[512];
	struct udf_attr attr;
	const char *name;
	struct fsx x;
	uint32_t lbn;

	(void)state;
	make(&x, 512, UDF_SPACE_UNALLOC_BITMAP);
	lbn = block_of(&x, NAMED_ICB, &name);
	call_free(&x, lbn, 1);
	fsx_mount(&x);
	OK(bio_write(x.bio, x.vol->parts[0].start_lsn + lbn, 1, zeros));
	FAILS(UDF_E_NOT_FOUND, udf_lookup(x.fs, x.root, "no such name", 12, &attr));
	(void)fsx_file(&x, "new");
	OK(udf_unlink(x.fs, x.root, name, strlen(name)));
	assert_int_equal(seen.n_walks, 0);
	fsx_unmount(&x);
	bio_close(x.bio);
}

/* Everything is free by the bitmap: what had not been met survives as well. */
static void one_contradiction_makes_the_whole_volume_be_walked(void **state)
{
	struct fsx x;

	(void)state;
	make(&x, 512, UDF_SPACE_UNALLOC_BITMAP);
	call_free(&x, 0, N_BLOCKS / 2);
	fsx_mount(&x);
	fill(&x);
	assert_int_equal(seen.n_walks, 1);
	assert_whole(&x);
	fsx_done(&x);
}

/* A node that has left memory is known to the caller, whose number for it stays. */
static void objects_that_only_the_caller_refers_to_are_compared(void **state)
{
	struct udf_attr attr;
	const char *name;
	struct fsx x;

	(void)state;
	make(&x, 512, UDF_SPACE_UNALLOC_BITMAP);
	call_free(&x, block_of(&x, DIR_ICB, &name), 1);
	x.options.cache_bytes = 16;	/* keeps no nodes */
	fsx_mount(&x);
	OK(udf_lookup(x.fs, x.root, "dir", 3, &attr));
	(void)fsx_find(&x, x.root, "f3");
	(void)fsx_find(&x, x.root, "f4");
	assert_null(node_find(x.fs, (struct udf_lb_addr){ .lbn = (uint32_t)attr.ino }));
	fill(&x);
	assert_int_equal(seen.n_walks, 1);
	assert_whole(&x);
	fsx_done(&x);
}

static void a_consistent_volume_is_not_walked(void **state)
{
	struct fsx x;

	(void)state;
	make(&x, 512, UDF_SPACE_UNALLOC_BITMAP);
	fsx_mount(&x);
	fill(&x);
	assert_whole(&x);
	OK(fsx_unlink(&x, x.root, "scattered"));
	OK(fsx_unlink(&x, x.root, "big"));
	OK(udf_fs_sync(x.fs));
	(void)load(&x, "dir");
	(void)load(&x, "plain");
	(void)fsx_file(&x, "next");
	assert_int_equal(seen.n_walks, 0);
	fsx_done(&x);
}

/* A directory that nobody reads, with files. */
static void add_unread(struct fsx *x, const char *name)
{
	udf_ino dir, file;
	char child[16];

	dir = fsx_make(x, x->root, name, S_IFDIR | 0755);
	for (int i = 0; i < 40; i++) {
		snprintf(child, sizeof(child), "u%d", i);
		file = fsx_make(x, dir, child, S_IFREG | 0644);
		fsx_write(x, file, 0, 3 * x->vol->block_bytes, (uint8_t)i);
	}
}

static void assert_unread(struct fsx *x, const char *name)
{
	udf_ino dir = fsx_find(x, x->root, name);
	char child[16];

	for (int i = 0; i < 40; i++) {
		snprintf(child, sizeof(child), "u%d", i);
		fsx_assert_pattern(x, fsx_find(x, dir, child), 0, 3 * x->vol->block_bytes, (uint8_t)i);
	}
}

/* The space set of an earlier state.  The root directory and all that it names are the same in both. */
static void try_old_set(enum udf_space_kind space, uint32_t block_bytes)
{
	uint8_t *set = malloc(block_bytes);
	struct fsx x;
	uint64_t lsn;
	udf_ino dir;

	print_message("# %s, blocks of %u\n", space == UDF_SPACE_UNALLOC_TABLE ? "table" : "bitmap",
		      (unsigned)block_bytes);
	make(&x, block_bytes, space);
	fsx_mount(&x);
	add_unread(&x, "unread");
	lsn = x.vol->parts[0].start_lsn + (space == UDF_SPACE_UNALLOC_TABLE ?
						   x.vol->parts[0].header.unallocated_table.lbn :
						   x.vol->parts[0].header.unallocated_bitmap.lbn);
	fsx_unmount(&x);
	OK(bio_read(x.bio, lsn, 1, set));
	fsx_mount(&x);
	dir = fsx_find(&x, x.root, "unread");
	for (int i = 0; i < 40; i++) {
		char child[16];

		snprintf(child, sizeof(child), "u%d", i);
		fsx_write(&x, fsx_find(&x, dir, child), 0, 6 * block_bytes, (uint8_t)i);
	}
	fsx_unmount(&x);
	fsx_check_clean(&x);
	OK(bio_write(x.bio, lsn, 1, set));
	fsx_mount(&x);
	assert_int_equal(seen.n_walks, 0);
	fill(&x);
	assert_int_equal(seen.n_walks, 1);
	assert_int_equal(seen.n_warnings, 1);
	assert_unread(&x, "unread");
	assert_whole(&x);
	OK(fsx_unlink(&x, x.root, "big"));
	assert_int_equal(seen.n_walks, 1);	/* the records agree again */
	fsx_done(&x);
	free(set);
}

static void files_that_nobody_read_survive_an_old_space_set(void **state)
{
	(void)state;
	try_old_set(UDF_SPACE_UNALLOC_BITMAP, 512);
	try_old_set(UDF_SPACE_UNALLOC_BITMAP, 2048);
	try_old_set(UDF_SPACE_UNALLOC_TABLE, 2048);
}

/* Its next unique id is that of an earlier state, and the number of free blocks fits. */
static void objects_newer_than_the_integrity_descriptor_make_the_volume_be_walked(void **state)
{
	struct udf_attr attr;
	struct fsx x;

	(void)state;
	make(&x, 512, UDF_SPACE_UNALLOC_BITMAP);
	fsx_mount(&x);
	add_unread(&x, "unread");
	x.fs->integrity.next_unique_id = 40;
	fsx_unmount(&x);
	fsx_mount(&x);
	OK(udf_getattr(x.fs, fsx_find(&x, x.root, "f1"), &attr));
	(void)fsx_file(&x, "new");
	assert_int_equal(seen.n_walks, 0);
	OK(udf_getattr(x.fs, fsx_find(&x, x.root, "unread"), &attr));
	OK(udf_unlink(x.fs, x.root, "new", 3));
	(void)fsx_file(&x, "second");
	assert_int_equal(seen.n_walks, 1);
	OK(udf_getattr(x.fs, fsx_find(&x, x.root, "second"), &attr));
	assert_true(attr.unique_id > 240);
	assert_unread(&x, "unread");
	fsx_done(&x);
}

static void nothing_is_written_when_the_volume_cannot_be_walked(void **state)
{
	const char *name;
	struct fsx x;

	(void)state;
	make(&x, 512, UDF_SPACE_UNALLOC_BITMAP);
	call_free(&x, block_of(&x, ROOT_ICB, &name), 1);
	x.options.find_used = NULL;
	fsx_mount(&x);
	FAILS(UDF_E_READ_ONLY, fsx_try_make(&x, x.root, "new", S_IFREG | 0644, NULL));
	FAILS(UDF_E_READ_ONLY, fsx_unlink(&x, x.root, "plain"));
	assert_non_null(udf_fs_why_read_only(x.fs));
	assert_int_equal(seen.n_errors, 1);
	assert_true(x.vol->lvid.type == UDF_LVID_CLOSED);
	fsx_unmount(&x);
	bio_close(x.bio);
}

static void a_volume_with_other_damage_becomes_read_only(void **state)
{
	const char *name;
	struct fsx x;
	uint32_t lbn;

	(void)state;
	make(&x, 512, UDF_SPACE_UNALLOC_BITMAP);
	lbn = block_of(&x, ROOT_ICB, &name);
	call_free(&x, lbn, 1);
	lbn = block_of(&x, DIR_ICB, &name);
	fsx_mount(&x);
	OK(udf_vol_write(x.vol, 0, lbn, 1, x.fs->scratch));
	FAILS(UDF_E_READ_ONLY, fsx_try_make(&x, x.root, "new", S_IFREG | 0644, NULL));
	assert_int_equal(seen.n_errors, 1);
	FAILS(UDF_E_READ_ONLY, fsx_try_make(&x, x.root, "new", S_IFREG | 0644, NULL));
	assert_int_equal(seen.n_errors, 1);
	fsx_unmount(&x);
	bio_close(x.bio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_objects_survive_a_bitmap_that_marks_them_free),
		cmocka_unit_test(known_objects_survive_a_table_that_lists_them_free),
		cmocka_unit_test(objects_loaded_after_the_first_change_are_compared_too),
		cmocka_unit_test(objects_named_in_a_directory_that_is_read_later_are_compared),
		cmocka_unit_test(a_name_without_an_object_puts_no_space_in_doubt),
		cmocka_unit_test(one_contradiction_makes_the_whole_volume_be_walked),
		cmocka_unit_test(objects_that_only_the_caller_refers_to_are_compared),
		cmocka_unit_test(a_consistent_volume_is_not_walked),
		cmocka_unit_test(files_that_nobody_read_survive_an_old_space_set),
		cmocka_unit_test(objects_newer_than_the_integrity_descriptor_make_the_volume_be_walked),
		cmocka_unit_test(nothing_is_written_when_the_volume_cannot_be_walked),
		cmocka_unit_test(a_volume_with_other_damage_becomes_read_only),
	};

	return cmocka_run_group_tests_name("fs_doubt", tests, NULL, NULL);
}
