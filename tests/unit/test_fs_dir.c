/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories: names of every kind, many names, reading while names come and go. */
#include "fs_fixture.h"

#include "ecma/codec.h"

struct listing {
	struct fsx *x;
	unsigned n, stop_after;		/* 0: never */
	uint64_t next_cookie;
	bool compare_attr;
	unsigned seen[6000];		/* by the number in the name */
	char last_name[256];
};

static bool take(void *ctx, const struct udf_dirent *entry)
{
	struct listing *l = ctx;
	unsigned number = 0;

	if (l->stop_after && l->n == l->stop_after)
		return false;
	memcpy(l->last_name, entry->name, entry->name_bytes);
	l->last_name[entry->name_bytes] = 0;
	if (sscanf(l->last_name, "name %u", &number) == 1 && number < 6000)
		l->seen[number]++;
	if (l->compare_attr) {
		struct udf_attr attr = fsx_attr(l->x, entry->attr->ino);

		assert_memory_equal(&attr, entry->attr, sizeof(attr));
		udf_forget(l->x->fs, attr.ino, 1);
	}
	l->next_cookie = entry->next_cookie;
	l->n++;
	return true;
}

static void list(struct fsx *x, udf_ino dir, struct listing *l)
{
	l->x = x;
	assert_int_equal(udf_readdir(x->fs, dir, l->next_cookie, l->compare_attr, take, l), UDF_OK);
}

static void make_names(struct fsx *x, udf_ino dir, unsigned from, unsigned to)
{
	char name[32];

	for (; from < to; from++) {
		snprintf(name, sizeof(name), "name %04u", from);
		fsx_make(x, dir, name, S_IFREG | 0644);
	}
}

static void five_thousand_names_are_found_and_listed_once(void **state)
{
	static struct listing l;
	struct fsx x;
	char name[32];
	unsigned i;

	(void)state;
	fsx_init(&x, 2048, 12000, 0x0201);
	make_names(&x, x.root, 0, 5000);
	fsx_remount(&x);
	for (i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "name %04u", i);
		assert_int_not_equal(fsx_find(&x, x.root, name), 0);
	}
	assert_int_equal(fsx_find(&x, x.root, "name 5000"), 0);
	memset(&l, 0, sizeof(l));
	list(&x, x.root, &l);
	assert_int_equal(l.n, 5000);
	for (i = 0; i < 5000; i++)
		assert_int_equal(l.seen[i], 1);
	fsx_done(&x);
}

/* Make NAME, look it up and list it after a remount. */
static void assert_name_kept(uint16_t revision, const char *name)
{
	struct listing l = { .n = 0 };
	struct fsx x;
	udf_ino ino;

	fsx_init(&x, 2048, 2000, revision);
	ino = fsx_file(&x, name);
	fsx_remount(&x);
	assert_int_equal(fsx_find(&x, x.root, name), ino);
	list(&x, x.root, &l);
	assert_int_equal(l.n, 1);
	assert_string_equal(l.last_name, name);
	fsx_done(&x);
}

static void longest_names_are_kept(void **state)
{
	char latin[512] = "", wide[512] = "";
	udf_ino ino;
	struct fsx x;
	unsigned i;

	(void)state;
	for (i = 0; i < 127; i++)
		strcat(latin, "\xC3\xA4");	/* 127 of latin-1 in 254 bytes */
	assert_name_kept(0x0201, latin);
	memset(wide, 'x', 254);
	assert_name_kept(0x0201, wide);
	assert_name_kept(0x0102, wide);
	wide[0] = 0;
	for (i = 0; i < 85; i++)
		strcat(wide, "\xE2\x82\xAC");	/* 85 euro signs: 255 bytes, 170 in UTF-16 */
	assert_name_kept(0x0201, wide);
	wide[0] = 0;
	for (i = 0; i < 63; i++)
		strcat(wide, "\xF0\x9F\x98\x80");	/* 126 units in surrogate pairs */
	strcat(wide, "x");
	assert_name_kept(0x0201, wide);
	strcat(wide, "y");
	fsx_init(&x, 2048, 2000, 0x0201);
	FAILS(UDF_E_NAME_TOO_LONG, fsx_try_make(&x, x.root, wide, S_IFREG, &ino));
	memset(latin, 'x', 256);
	latin[256] = 0;
	FAILS(UDF_E_NAME_TOO_LONG, fsx_try_make(&x, x.root, latin, S_IFREG, &ino));
	fsx_done(&x);
}

static void invalid_names_are_refused(void **state)
{
	static const char *const bad[] = { "\xFF", "\xC3", "a\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80" };
	static const char *const invalid[] = { "", ".", "..", "a/b", "/" };
	char long_name[255];
	struct udf_attr attr;
	struct fsx x;
	unsigned i;

	(void)state;
	fsx_init(&x, 2048, 2000, 0x0201);
	memset(long_name, 'x', sizeof(long_name));
	FAILS(UDF_E_NAME_TOO_LONG, udf_lookup(x.fs, x.root, long_name, 255, &attr));
	FAILS(UDF_E_NOT_FOUND, udf_lookup(x.fs, x.root, long_name, 254, &attr));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS(UDF_E_BAD_NAME, fsx_try_make(&x, x.root, bad[i], S_IFREG, NULL));
	for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
		FAILS(UDF_E_INVAL, fsx_try_make(&x, x.root, invalid[i], S_IFREG, NULL));
	fsx_file(&x, "f");
	FAILS(UDF_E_EXISTS, fsx_try_make(&x, x.root, "f", S_IFDIR, NULL));
	FAILS(UDF_E_NOT_DIR, fsx_try_make(&x, fsx_find(&x, x.root, "f"), "g", S_IFREG, NULL));
	fsx_done(&x);
}

static void replacing_names_by_equally_long_ones_takes_no_space(void **state)
{
	struct fsx x;
	udf_ino dir;
	uint64_t n_bytes;
	char name[32];
	unsigned round, i;

	(void)state;
	fsx_init(&x, 512, 4000, 0x0201);
	dir = fsx_make(&x, x.root, "dir", S_IFDIR | 0755);
	make_names(&x, dir, 0, 200);
	fsx_remount(&x);
	n_bytes = fsx_attr(&x, dir).size_bytes;
	for (round = 0; round < 5; round++) {
		for (i = 0; i < 200; i++) {
			snprintf(name, sizeof(name), "name %04u", round * 200 + i);
			OK(fsx_unlink(&x, dir, name));
		}
		OK(udf_fs_sync(x.fs));
		make_names(&x, dir, (round + 1) * 200, (round + 2) * 200);
		OK(udf_fs_sync(x.fs));
	}
	assert_int_equal(fsx_attr(&x, dir).size_bytes, n_bytes);
	fsx_done(&x);
}

static void reading_a_directory_continues_where_it_stopped(void **state)
{
	static struct listing l;
	struct fsx x;
	unsigned i;

	(void)state;
	fsx_init(&x, 512, 4000, 0x0201);
	make_names(&x, x.root, 0, 300);
	memset(&l, 0, sizeof(l));
	do {
		l.stop_after = l.n + 7;
		list(&x, x.root, &l);
	} while (l.n == l.stop_after);
	assert_int_equal(l.n, 300);
	for (i = 0; i < 300; i++)
		assert_int_equal(l.seen[i], 1);
	fsx_done(&x);
}

static void unchanged_names_are_listed_once_while_others_come_and_go(void **state)
{
	static struct listing l;
	struct fsx x;
	char name[32];
	unsigned i, next = 1000;

	(void)state;
	fsx_init(&x, 512, 4000, 0x0201);
	make_names(&x, x.root, 0, 300);
	memset(&l, 0, sizeof(l));
	for (i = 0; i < 60; i++) {
		l.stop_after = l.n + 7;
		list(&x, x.root, &l);
		make_names(&x, x.root, next, next + 2);
		next += 2;
		snprintf(name, sizeof(name), "name %04u", i * 5);	/* each fifth goes */
		OK(fsx_unlink(&x, x.root, name));
		if (i % 10 == 9)
			OK(udf_fs_sync(x.fs));
	}
	l.stop_after = 0;
	list(&x, x.root, &l);
	for (i = 0; i < 300; i++) {
		if (i % 5)
			assert_int_equal(l.seen[i], 1);
		else
			assert_in_range(l.seen[i], 0, 1);
	}
	fsx_done(&x);
}

static void attributes_of_a_listing_are_those_of_each_file(void **state)
{
	struct listing l = { .compare_attr = true };
	struct fsx x;

	(void)state;
	fsx_init(&x, 2048, 4000, 0x0201);
	fsx_write(&x, fsx_file(&x, "f"), 0, 10000, 1);
	fsx_make(&x, x.root, "dir", S_IFDIR | 0711);
	fsx_make(&x, x.root, "fifo", S_IFIFO | 0600);
	OK(fsx_link(&x, fsx_find(&x, x.root, "f"), x.root, "g"));
	fsx_remount(&x);
	list(&x, x.root, &l);
	assert_int_equal(l.n, 4);
	fsx_done(&x);
}

static void names_of_other_systems_are_made_fit_for_the_host(void **state)
{
	struct listing l = { .n = 0 };
	uint8_t block[2048], *fid;
	struct fsx x;
	udf_ino ino;

	(void)state;
	fsx_init(&x, 2048, 2000, 0x0201);
	ino = fsx_file(&x, "a_b");
	OK(udf_fs_sync(x.fs));
	OK(udf_vol_read(x.vol, 0, (uint32_t)x.root, 1, block));
	fid = block + UDF_EFE_FIXED_BYTES + 40;
	assert_int_equal(fid[38 + 2], '_');
	fid[38 + 2] = '/';
	udf_tag_reseal(fid);
	udf_tag_reseal(block);
	OK(udf_vol_write(x.vol, 0, (uint32_t)x.root, 1, block));
	udf_fs_abandon(x.fs);
	udf_vol_close(x.vol);
	fsx_mount(&x);
	list(&x, x.root, &l);
	assert_int_equal(l.n, 1);
	assert_null(strchr(l.last_name, '/'));
	assert_int_equal(fsx_find(&x, x.root, l.last_name), ino);
	OK(fsx_rename(&x, x.root, l.last_name, x.root, "good", 0));
	assert_int_equal(fsx_find(&x, x.root, "good"), ino);
	fsx_drop(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_thousand_names_are_found_and_listed_once),
		cmocka_unit_test(longest_names_are_kept),
		cmocka_unit_test(invalid_names_are_refused),
		cmocka_unit_test(replacing_names_by_equally_long_ones_takes_no_space),
		cmocka_unit_test(reading_a_directory_continues_where_it_stopped),
		cmocka_unit_test(unchanged_names_are_listed_once_while_others_come_and_go),
		cmocka_unit_test(attributes_of_a_listing_are_those_of_each_file),
		cmocka_unit_test(names_of_other_systems_are_made_fit_for_the_host),
	};

	return cmocka_run_group_tests_name("fs_dir", tests, NULL, NULL);
}
