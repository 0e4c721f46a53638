/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links, renames and attributes: what each leaves, before and after a remount. */
#include "fs_fixture.h"

#include "base/bytes.h"
#include "ecma/codec.h"
#include "fs/state.h"

#define LINKS_MAX 65000u

static void link_counts_change_with_the_names(void **state)
{
	struct fsx x;
	udf_ino f, dir, sub;

	(void)state;
	fsx_init(&x, 512, 2000, 0x0201);
	f = fsx_file(&x, "f");
	dir = fsx_make(&x, x.root, "dir", S_IFDIR | 0755);
	assert_int_equal(fsx_attr(&x, dir).nlink, 2);
	assert_int_equal(fsx_attr(&x, x.root).nlink, 3);
	sub = fsx_make(&x, dir, "sub", S_IFDIR | 0755);
	assert_int_equal(fsx_attr(&x, dir).nlink, 3);
	OK(fsx_link(&x, f, dir, "g"));
	OK(fsx_link(&x, f, sub, "h"));
	assert_int_equal(fsx_attr(&x, f).nlink, 3);
	FAILS(UDF_E_EXISTS, fsx_link(&x, f, dir, "g"));
	FAILS(UDF_E_NO_PERMISSION, fsx_link(&x, dir, x.root, "dir2"));
	fsx_unmount(&x);
	fsx_check_clean(&x);
	fsx_mount(&x);
	OK(fsx_unlink(&x, dir, "g"));
	assert_int_equal(fsx_attr(&x, f).nlink, 2);
	assert_int_equal(fsx_find(&x, sub, "h"), f);
	OK(fsx_unlink(&x, sub, "h"));
	OK(fsx_rmdir(&x, dir, "sub"));
	assert_int_equal(fsx_attr(&x, dir).nlink, 2);
	fsx_remount(&x);
	assert_int_equal(fsx_attr(&x, f).nlink, 1);
	fsx_done(&x);
}

static void link_count_ends_at_its_limit(void **state)
{
	struct fsx x;
	udf_ino f;
	char name[16];
	unsigned i;

	(void)state;
	fsx_init(&x, 2048, 3000, 0x0201);
	f = fsx_file(&x, "0");
	for (i = 1; i < LINKS_MAX; i++) {
		snprintf(name, sizeof(name), "%u", i);
		OK(fsx_link(&x, f, x.root, name));
	}
	FAILS(UDF_E_TOO_MANY_LINKS, fsx_link(&x, f, x.root, "one more"));
	assert_int_equal(fsx_attr(&x, f).nlink, LINKS_MAX);
	OK(fsx_unlink(&x, x.root, "17"));
	OK(fsx_link(&x, f, x.root, "one more"));
	/* for a while it would have one name more (R7 of doc/CRASH.md) */
	FAILS(UDF_E_TOO_MANY_LINKS,
	      fsx_rename(&x, x.root, "one more", x.root, "a much longer name for it", 0));
	OK(fsx_unlink(&x, x.root, "18"));
	OK(fsx_rename(&x, x.root, "one more", x.root, "a much longer name for it", 0));
	fsx_done(&x);
}

static void unlinked_file_lives_until_it_is_forgotten(void **state)
{
	const struct udf_new what = { .mode = S_IFREG | 0644 };
	struct udf_attr attr;
	struct fsx x;
	uint64_t n_free;

	(void)state;
	fsx_init(&x, 512, 2000, 0x0201);
	fsx_file(&x, "other");
	fsx_remount(&x);
	n_free = fsx_n_free(&x);
	OK(udf_create(x.fs, x.root, "f", 1, &what, &attr));
	fsx_write(&x, attr.ino, 0, 50000, 1);
	OK(udf_fs_sync(x.fs));
	OK(fsx_unlink(&x, x.root, "f"));
	OK(udf_fs_sync(x.fs));
	fsx_assert_pattern(&x, attr.ino, 0, 50000, 1);
	fsx_write(&x, attr.ino, 50000, 1000, 1);
	assert_true(fsx_n_free(&x) < n_free - 90);
	udf_forget(x.fs, attr.ino, 1);
	OK(udf_fs_sync(x.fs));
	fsx_remount(&x);
	assert_int_equal(fsx_n_free(&x), n_free);
	fsx_done(&x);
}

static void unlinked_file_in_use_is_freed_at_the_unmount(void **state)
{
	const struct udf_new what = { .mode = S_IFREG | 0644 };
	struct udf_attr attr;
	struct fsx x;

	(void)state;
	fsx_init(&x, 512, 2000, 0x0201);
	OK(udf_create(x.fs, x.root, "f", 1, &what, &attr));
	fsx_write(&x, attr.ino, 0, 50000, 1);
	OK(udf_fs_sync(x.fs));
	OK(fsx_unlink(&x, x.root, "f"));
	OK(udf_create(x.fs, x.root, "g", 1, &what, &attr));
	OK(fsx_unlink(&x, x.root, "g"));
	fsx_done(&x);
}

/* Names of the matrix: "f1", "f2" files, "e1", "e2" empty directories, "d1", "d2" directories with "in". */
static void matrix_init(struct fsx *x)
{
	fsx_init(x, 512, 2000, 0x0201);
	fsx_write(x, fsx_file(x, "f1"), 0, 2000, 1);
	fsx_write(x, fsx_file(x, "f2"), 0, 2000, 2);
	fsx_make(x, x->root, "e1", S_IFDIR | 0755);
	fsx_make(x, x->root, "e2", S_IFDIR | 0755);
	fsx_make(x, fsx_make(x, x->root, "d1", S_IFDIR | 0755), "in", S_IFDIR | 0755);
	fsx_make(x, fsx_make(x, x->root, "d2", S_IFDIR | 0755), "in", S_IFDIR | 0755);
	fsx_remount(x);
}

static void rename_replaces_only_what_posix_allows(void **state)
{
	static const struct {
		const char *from, *to;
		enum udf_err err;
	} cases[] = {
		{ "f1", "f2", UDF_OK },		     { "f1", "new", UDF_OK },
		{ "f1", "e1", UDF_E_IS_DIR },	     { "f1", "d1", UDF_E_IS_DIR },
		{ "e1", "f1", UDF_E_NOT_DIR },	     { "e1", "e2", UDF_OK },
		{ "e1", "d1", UDF_E_NOT_EMPTY },     { "d1", "e1", UDF_OK },
		{ "d1", "d2", UDF_E_NOT_EMPTY },     { "d1", "new", UDF_OK },
		{ "absent", "f1", UDF_E_NOT_FOUND }, { "f1", "f1", UDF_OK },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fsx x;
		udf_ino from, to;

		print_message("# %s to %s\n", cases[i].from, cases[i].to);
		matrix_init(&x);
		from = fsx_find(&x, x.root, cases[i].from);
		to = fsx_find(&x, x.root, cases[i].to);
		FAILS(cases[i].err, fsx_rename(&x, x.root, cases[i].from, x.root, cases[i].to, 0));
		if (i % 2)
			fsx_remount(&x);
		if (cases[i].err) {
			assert_int_equal(fsx_find(&x, x.root, cases[i].from), from);
			assert_int_equal(fsx_find(&x, x.root, cases[i].to), to);
		} else {
			assert_int_equal(fsx_find(&x, x.root, cases[i].to), from);
			if (strcmp(cases[i].from, cases[i].to) != 0)
				assert_int_equal(fsx_find(&x, x.root, cases[i].from), 0);
		}
		fsx_done(&x);
	}
}

static void rename_with_noreplace_keeps_an_existing_name(void **state)
{
	struct fsx x;
	udf_ino f1;

	(void)state;
	matrix_init(&x);
	f1 = fsx_find(&x, x.root, "f1");
	FAILS(UDF_E_EXISTS, fsx_rename(&x, x.root, "f1", x.root, "f2", UDF_RENAME_NOREPLACE));
	FAILS(UDF_E_EXISTS, fsx_rename(&x, x.root, "f1", x.root, "f1", UDF_RENAME_NOREPLACE));
	OK(fsx_rename(&x, x.root, "f1", x.root, "f3", UDF_RENAME_NOREPLACE));
	FAILS(UDF_E_INVAL, fsx_rename(&x, x.root, "f3", x.root, "f2",
				      UDF_RENAME_NOREPLACE | UDF_RENAME_EXCHANGE));
	FAILS(UDF_E_INVAL, fsx_rename(&x, x.root, "f3", x.root, "f2", 0x80));
	assert_int_equal(fsx_find(&x, x.root, "f3"), f1);
	fsx_done(&x);
}

static void only_names_in_one_block_are_exchanged(void **state)
{
	struct fsx x;
	udf_ino f1, d1, dir;
	char name[32];
	unsigned i;

	(void)state;
	matrix_init(&x);
	f1 = fsx_find(&x, x.root, "f1");
	d1 = fsx_find(&x, x.root, "d1");
	OK(fsx_rename(&x, x.root, "f1", x.root, "d1", UDF_RENAME_EXCHANGE));
	assert_int_equal(fsx_find(&x, x.root, "f1"), d1);
	assert_int_equal(fsx_find(&x, x.root, "d1"), f1);
	fsx_remount(&x);
	assert_int_equal(fsx_find(&x, x.root, "f1"), d1);
	assert_int_equal(fsx_find(&x, x.root, "d1"), f1);
	FAILS(UDF_E_NOT_FOUND, fsx_rename(&x, x.root, "f1", x.root, "none", UDF_RENAME_EXCHANGE));
	dir = fsx_find(&x, x.root, "d2");
	FAILS(UDF_E_INVAL, fsx_rename(&x, x.root, "d1", dir, "in", UDF_RENAME_EXCHANGE));
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "file number %u", i);
		fsx_make(&x, dir, name, S_IFREG | 0644);
	}
	FAILS(UDF_E_INVAL, fsx_rename(&x, dir, "file number 0", dir, "file number 39", UDF_RENAME_EXCHANGE));
	fsx_done(&x);
}

static void a_directory_does_not_move_into_itself(void **state)
{
	struct fsx x;
	udf_ino d1, in;

	(void)state;
	matrix_init(&x);
	d1 = fsx_find(&x, x.root, "d1");
	in = fsx_find(&x, d1, "in");
	FAILS(UDF_E_INVAL, fsx_rename(&x, x.root, "d1", d1, "x", 0));
	FAILS(UDF_E_INVAL, fsx_rename(&x, x.root, "d1", in, "x", 0));
	FAILS(UDF_E_NOT_EMPTY, fsx_rename(&x, d1, "in", x.root, "d1", 0));
	assert_int_equal(fsx_find(&x, x.root, "d1"), d1);
	fsx_done(&x);
}

static udf_ino parent_of(struct fsx *x, udf_ino dir)
{
	struct udf_attr attr;

	OK(udf_lookup_parent(x->fs, dir, &attr));
	udf_forget(x->fs, attr.ino, 1);
	return attr.ino;
}

static void moved_directory_knows_its_new_parent(void **state)
{
	struct fsx x;
	udf_ino d1, d2, in;

	(void)state;
	matrix_init(&x);
	d1 = fsx_find(&x, x.root, "d1");
	d2 = fsx_find(&x, x.root, "d2");
	in = fsx_find(&x, d1, "in");
	assert_int_equal(parent_of(&x, in), d1);
	OK(fsx_rename(&x, d1, "in", d2, "in", 0));
	assert_int_equal(parent_of(&x, in), d2);
	assert_int_equal(fsx_attr(&x, d1).nlink, 2);
	assert_int_equal(fsx_attr(&x, d2).nlink, 3);
	OK(fsx_rename(&x, d2, "in", x.root, "up", 0));
	OK(fsx_rename(&x, x.root, "d1", in, "d1", 0));
	fsx_remount(&x);
	assert_int_equal(parent_of(&x, in), x.root);
	assert_int_equal(parent_of(&x, d1), in);
	assert_int_equal(parent_of(&x, x.root), x.root);
	assert_int_equal(fsx_attr(&x, in).nlink, 3);
	fsx_done(&x);
}

static void rename_between_names_of_one_file_keeps_both(void **state)
{
	struct fsx x;
	udf_ino f1;

	(void)state;
	matrix_init(&x);
	f1 = fsx_find(&x, x.root, "f1");
	OK(fsx_link(&x, f1, x.root, "same"));
	OK(fsx_rename(&x, x.root, "f1", x.root, "same", 0));
	assert_int_equal(fsx_attr(&x, f1).nlink, 2);
	assert_int_equal(fsx_find(&x, x.root, "f1"), f1);
	assert_int_equal(fsx_find(&x, x.root, "same"), f1);
	fsx_done(&x);
}

/* ---- attributes ---- */

static void assert_time(const struct udf_time *time, int64_t seconds, uint32_t microseconds)
{
	assert_int_equal(time->seconds, seconds);
	assert_int_equal(time->microseconds, microseconds);
}

static void attributes_survive_on(uint16_t revision)
{
	struct udf_attr set = { .mode = S_ISUID | S_ISGID | S_ISVTX | 0751,
				.uid = 12345,
				.gid = 54321,
				.atime = { .seconds = 1000000000, .microseconds = 1 },
				.mtime = { .seconds = 1234567890, .microseconds = 123456 },
				.ctime = { .seconds = 1500000000, .microseconds = 999999 },
				.btime = { .seconds = 900000000, .microseconds = 500000 } },
			attr;
	struct fsx x;
	udf_ino f;

	fsx_init(&x, 2048, 2000, revision);
	f = fsx_file(&x, "f");
	OK(udf_setattr(x.fs, f, &set,
		       UDF_SET_MODE | UDF_SET_UID | UDF_SET_GID | UDF_SET_ATIME | UDF_SET_MTIME |
			       UDF_SET_CTIME | UDF_SET_BTIME,
		       &attr));
	fsx_remount(&x);
	attr = fsx_attr(&x, f);
	assert_int_equal(attr.mode, S_IFREG | S_ISUID | S_ISGID | S_ISVTX | 0751);
	assert_int_equal(attr.uid, 12345);
	assert_int_equal(attr.gid, 54321);
	assert_time(&attr.atime, 1000000000, 1);
	assert_time(&attr.mtime, 1234567890, 123456);
	assert_time(&attr.ctime, 1500000000, 999999);
	if (revision >= 0x0200)
		assert_time(&attr.btime, 900000000, 500000);
	set.uid = UDF_ID_NONE;
	OK(udf_setattr(x.fs, f, &set, UDF_SET_UID, &attr));
	fsx_remount(&x);
	assert_int_equal(fsx_attr(&x, f).uid, UDF_ID_NONE);
	fsx_done(&x);
}

static void attributes_survive_a_remount(void **state)
{
	(void)state;
	attributes_survive_on(0x0201);
	attributes_survive_on(0x0102);
}

static void every_kind_of_object_survives_a_remount(void **state)
{
	static const char target[] = "/an/absolute/../path/with \xC3\xA4";
	struct udf_new device = { .mode = S_IFBLK | 0640, .rdev_major = 259, .rdev_minor = 70000 };
	struct udf_new link = { .mode = S_IFLNK | 0777,
				.symlink_target = target,
				.symlink_target_bytes = sizeof(target) - 1 };
	struct udf_attr block, chr, symlink;
	struct fsx x;
	char path[200];
	udf_ino fifo, socket;

	(void)state;
	fsx_init(&x, 2048, 2000, 0x0201);
	OK(udf_create(x.fs, x.root, "block", 5, &device, &block));
	device.mode = S_IFCHR | 0600;
	OK(udf_create(x.fs, x.root, "char", 4, &device, &chr));
	OK(udf_create(x.fs, x.root, "link", 4, &link, &symlink));
	fifo = fsx_make(&x, x.root, "fifo", S_IFIFO | 0600);
	socket = fsx_make(&x, x.root, "socket", S_IFSOCK | 0755);
	udf_forget(x.fs, block.ino, 1);
	udf_forget(x.fs, chr.ino, 1);
	udf_forget(x.fs, symlink.ino, 1);
	fsx_remount(&x);
	assert_int_equal(fsx_attr(&x, block.ino).mode, S_IFBLK | 0640);
	assert_int_equal(fsx_attr(&x, block.ino).rdev_major, 259);
	assert_int_equal(fsx_attr(&x, block.ino).rdev_minor, 70000);
	assert_int_equal(fsx_attr(&x, chr.ino).mode, S_IFCHR | 0600);
	assert_int_equal(fsx_attr(&x, fifo).mode, S_IFIFO | 0600);
	assert_int_equal(fsx_attr(&x, socket).mode, S_IFSOCK | 0755);
	assert_int_equal(fsx_attr(&x, symlink.ino).mode, S_IFLNK | 0777);
	OK(udf_readlink(x.fs, symlink.ino, path, sizeof(path)));
	assert_string_equal(path, target);
	FAILS(UDF_E_NAME_TOO_LONG, udf_readlink(x.fs, symlink.ino, path, 5));
	FAILS(UDF_E_INVAL, udf_readlink(x.fs, fifo, path, sizeof(path)));
	fsx_done(&x);
}

static void devices_among_many_new_files_are_written_early(void **state)
{
	struct udf_new device = { .mode = S_IFBLK | 0640, .rdev_major = 259, .rdev_minor = 70000 };
	struct udf_attr block;
	struct fsx x;
	char name[16];
	unsigned i;

	(void)state;
	fsx_init(&x, 2048, 3000, 0x0201);
	OK(udf_create(x.fs, x.root, "block", 5, &device, &block));
	udf_forget(x.fs, block.ino, 1);
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "file %u", i);
		fsx_file(&x, name);
	}
	assert_true(x.fs->batch.early_number == x.fs->batch.number);
	fsx_remount(&x);
	assert_int_equal(fsx_attr(&x, block.ino).rdev_major, 259);
	assert_int_equal(fsx_attr(&x, block.ino).rdev_minor, 70000);
	fsx_done(&x);
}

/* ---- what hangs on a file ---- */

static void read_icb(struct fsx *x, udf_ino ino, uint8_t *icb)
{
	assert_int_equal(udf_vol_read(x->vol, 0, (uint32_t)ino, 1, icb), UDF_OK);
}

static void write_icb(struct fsx *x, udf_ino ino, uint8_t *icb)
{
	udf_tag_reseal(icb);
	assert_int_equal(udf_vol_write(x->vol, 0, (uint32_t)ino, 1, icb), UDF_OK);
}

/*
 * A file with an EA file: a regular file's ICB becomes type 8 and is named by OWNER's; its own name is
 * deleted by hand.
 */
static void an_ea_file_is_removed_with_its_file(void **state)
{
	const struct udf_long_ad pointer = { .length = 512 };
	struct udf_long_ad ea;
	struct fsx x;
	udf_ino owner, side, dir;
	uint8_t icb[512], *fid;
	uint64_t n_free;

	(void)state;
	fsx_init(&x, 512, 2000, 0x0201);
	fsx_remount(&x);
	dir = fsx_make(&x, x.root, "dir", S_IFDIR | 0755);
	fsx_unmount(&x);
	fsx_mount(&x);
	n_free = fsx_n_free(&x);
	owner = fsx_file(&x, "owner");
	side = fsx_make(&x, dir, "side", S_IFREG | 0644);
	fsx_write(&x, side, 0, 2000, 1);
	fsx_unmount(&x);
	OK(udf_vol_open(x.bio, NULL, &x.env, NULL, &x.vol));
	read_icb(&x, dir, icb);
	fid = icb + UDF_EFE_FIXED_BYTES + 40;
	fid[18] |= UDF_FID_DELETED;
	memset(fid + 20, 0, 16);
	fid[38] = 254;
	udf_tag_reseal(fid);
	write_icb(&x, dir, icb);
	read_icb(&x, side, icb);
	icb[16 + 11] = UDF_FT_EA_FILE;
	write_icb(&x, side, icb);
	read_icb(&x, owner, icb);
	ea = pointer;
	ea.addr.lbn = (uint32_t)side;
	udf_long_ad_encode(&ea, icb + 136);
	write_icb(&x, owner, icb);
	udf_vol_close(x.vol);
	fsx_mount(&x);
	assert_int_equal(fsx_attr(&x, side).size_bytes, 2000);
	OK(fsx_unlink(&x, x.root, "owner"));
	OK(udf_fs_sync(x.fs));
	assert_int_equal(fsx_n_free(&x), n_free);
	fsx_unmount(&x);
	bio_close(x.bio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_counts_change_with_the_names),
		cmocka_unit_test(link_count_ends_at_its_limit),
		cmocka_unit_test(unlinked_file_lives_until_it_is_forgotten),
		cmocka_unit_test(unlinked_file_in_use_is_freed_at_the_unmount),
		cmocka_unit_test(rename_replaces_only_what_posix_allows),
		cmocka_unit_test(rename_with_noreplace_keeps_an_existing_name),
		cmocka_unit_test(only_names_in_one_block_are_exchanged),
		cmocka_unit_test(a_directory_does_not_move_into_itself),
		cmocka_unit_test(moved_directory_knows_its_new_parent),
		cmocka_unit_test(rename_between_names_of_one_file_keeps_both),
		cmocka_unit_test(attributes_survive_a_remount),
		cmocka_unit_test(every_kind_of_object_survives_a_remount),
		cmocka_unit_test(devices_among_many_new_files_are_written_early),
		cmocka_unit_test(an_ea_file_is_removed_with_its_file),
	};

	return cmocka_run_group_tests_name("fs_names", tests, NULL, NULL);
}
