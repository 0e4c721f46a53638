/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extraction: names that fall together, here or on the host, and those that the host can not hold. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extract_fixture.h"
#include "tree/host_name.h"

/* ---- names that fall together ---- */

static void two_files_of_one_name_are_both_extracted(void **state)
{
	struct fixture *f = *state;

	f->fs.objects[1] = (struct object){ .mode = S_IFREG | 0644, .data = "first" };
	f->fs.objects[2] = (struct object){ .mode = S_IFREG | 0644, .data = "second" };
	f->fs.objects[3] = (struct object){ .mode = S_IFDIR | 0755 };
	add(f, 0, "a.txt", 1);
	add(f, 0, "a.txt", 2);
	add(f, 0, "d", 3);
	add(f, 3, "b", 1);
	add(f, 3, "b", 2);
	assert_int_equal(extract_root(f), UDF_E_EXISTS);
	assert_contents(f, "target/a.txt", "first");
	assert_contents(f, "target/a~2.txt", "second");
	assert_contents(f, "target/d/b", "first");
	assert_contents(f, "target/d/b~2", "second");
	assert_int_equal(f->n_renamed, 2);
	assert_string_equal(f->last_path, "/d/b");
	assert_string_equal(f->renamed_to, "d/b~2");
}

static void hundreds_of_files_of_one_name_are_all_extracted(void **state)
{
	struct fixture *f = *state;
	char data[10][2], path[32];
	bool seen[2][5] = { { false } };

	/* 10 objects, 5 names; threads make them in a directory that stood before, and in a new one */
	f->fs.objects[11] = (struct object){ .mode = S_IFDIR | 0755 };
	for (udf_ino i = 0; i < 10; i++) {
		data[i][0] = (char)('0' + i);
		data[i][1] = '\0';
		f->fs.objects[i + 1] = (struct object){ .mode = S_IFREG | 0644, .data = data[i] };
	}
	add(f, 0, "d", 11);
	for (size_t i = 0; i < 250; i++)
		add(f, i % 2 ? 11 : 0, i % 4 < 2 ? "x" : "y", 1 + i % 10);
	assert_int_equal(extract_root(f), UDF_E_EXISTS);
	assert_int_equal(f->n_done, 251);
	assert_int_equal(f->n_renamed, 246);
	for (unsigned in_d = 0; in_d < 2; in_d++) {
		for (unsigned n = 2; n <= 62; n++) {
			char got[2] = "";
			int fd;

			snprintf(path, sizeof(path), "target/%sx~%u", in_d ? "d/" : "", n);
			fd = openat(f->base_fd, path, O_RDONLY);
			assert_true(fd >= 0);
			assert_int_equal(read(fd, got, 1), 1);
			seen[in_d][(got[0] - '0') / 2] = true;
			close(fd);
		}
		for (unsigned i = 0; i < 5; i++)
			assert_true(seen[in_d][i]);
	}
}

static void a_run_never_overwrites_its_own_output(void **state)
{
	struct fixture *f = *state;

	f->fs.objects[1] = (struct object){ .mode = S_IFREG | 0644, .data = "file" };
	f->fs.objects[2] = (struct object){ .mode = S_IFDIR | 0755 };
	f->fs.objects[3] = (struct object){ .mode = S_IFDIR | 0700 };
	f->fs.objects[4] = (struct object){ .mode = S_IFLNK | 0777, .data = "nowhere" };
	add(f, 0, "d", 2);
	add(f, 0, "d", 1);
	add(f, 0, "d", 3);
	add(f, 0, "d", 4);
	add(f, 2, "in", 1);
	add(f, 3, "in", 1);
	assert_int_equal(extract_root(f), UDF_E_EXISTS);
	assert_int_equal(f->n_failed, 0);
	assert_contents(f, "target/d/in", "file");
	assert_int_equal(stat_of(f, "target/d").st_mode, S_IFDIR | 0755);
	assert_contents(f, "target/d~2", "file");
	assert_contents(f, "target/d~3/in", "file");
	assert_int_equal(stat_of(f, "target/d~3").st_mode, S_IFDIR | 0700);
	assert_int_equal(stat_of(f, "target/d~4").st_mode & S_IFMT, S_IFLNK);
}

static void a_file_is_not_written_through_a_symlink_of_its_name(void **state)
{
	struct fixture *f = *state;

	f->fs.objects[1] = (struct object){ .mode = S_IFLNK | 0777, .data = "../outside/evil" };
	f->fs.objects[2] = (struct object){ .mode = S_IFREG | 0644, .data = "new" };
	add(f, 0, "x", 1);
	add(f, 0, "x", 2);
	assert_int_equal(extract_root(f), UDF_E_EXISTS);
	assert_false(exists(f, "outside/evil"));
	assert_int_equal(stat_of(f, "target/x").st_mode & S_IFMT, S_IFLNK);
	assert_contents(f, "target/x~2", "new");
}

static void files_from_before_the_run_are_replaced_once(void **state)
{
	struct fixture *f = *state;

	put_on_host(f, "target/a", "old");
	put_on_host(f, "target/a~2", "mine");
	assert_int_equal(linkat(f->target_fd, "a", f->target_fd, "old name", 0), 0);
	assert_int_equal(mkdirat(f->target_fd, "d", 0755), 0);
	put_on_host(f, "target/d/a", "old");
	f->fs.objects[1] = (struct object){ .mode = S_IFREG | 0644, .data = "first" };
	f->fs.objects[2] = (struct object){ .mode = S_IFREG | 0644, .data = "second" };
	f->fs.objects[3] = (struct object){ .mode = S_IFDIR | 0755 };
	add(f, 0, "a", 1);
	add(f, 0, "a", 2);
	add(f, 0, "d", 3);
	add(f, 0, "d", 1);
	add(f, 3, "a", 1);
	add(f, 3, "a", 2);
	assert_int_equal(extract_root(f), UDF_E_EXISTS);
	assert_contents(f, "target/a", "first");
	assert_contents(f, "target/a~2", "mine");
	assert_contents(f, "target/a~3", "second");
	assert_contents(f, "target/old name", "old");
	assert_contents(f, "target/d/a", "first");
	assert_contents(f, "target/d/a~2", "second");
	assert_contents(f, "target/d~2", "first");
}

static void several_calls_of_a_run_never_overwrite_its_output(void **state)
{
	struct fixture *f = *state;
	struct udf_attr first, second;
	struct tree_extract *x = NULL;

	f->fs.objects[1] = (struct object){ .mode = S_IFREG | 0644, .data = "first" };
	f->fs.objects[2] = (struct object){ .mode = S_IFREG | 0644, .data = "second" };
	assert_int_equal(udf_getattr(&f->fs, 1, &first), UDF_OK);
	assert_int_equal(udf_getattr(&f->fs, 2, &second), UDF_OK);
	assert_int_equal(tree_extract_new(&f->fs, f->target_fd, &f->options, &x), UDF_OK);
	f->extract = x;
	assert_int_equal(tree_extract_object(x, &first, "a/n", "n"), UDF_OK);
	assert_int_equal(tree_extract_object(x, &first, "a/n", "n"), UDF_OK);
	assert_int_equal(tree_extract_object(x, &second, "b/n", "n"), UDF_E_EXISTS);
	tree_extract_free(x);
	assert_contents(f, "target/n", "first");
	assert_contents(f, "target/n~2", "second");
	assert_int_equal(f->n_renamed, 1);
	assert_false(exists(f, "target/n~3"));
}

static void names_that_the_host_can_not_hold_are_shortened(void **state)
{
	struct fixture *f = *state;
	char name[509] = "", want[300], path[600];

	/* 250 x U+00E9 and an extension: one byte, then two a character, so that the cut falls into one */
	strcpy(name, "a");
	for (size_t i = 0; i < 250; i++)
		strcat(name, "\xC3\xA9");
	strcat(name, ".jpg");
	f->fs.objects[1] = (struct object){ .mode = S_IFREG | 0644, .data = "first" };
	f->fs.objects[2] = (struct object){ .mode = S_IFREG | 0644, .data = "second" };
	f->fs.objects[3] = (struct object){ .mode = S_IFDIR | 0755 };
	add(f, 0, name, 1);
	add(f, 0, name, 2);
	add(f, 0, "d", 3);
	add(f, 3, name, 1);
	assert_int_equal(extract_root(f), UDF_OK);
	assert_int_equal(f->n_shortened, 3);
	/* 255 - strlen("~1.jpg") = 249: one byte and 124 characters */
	snprintf(want, sizeof(want), "%.249s~1.jpg", name);
	snprintf(path, sizeof(path), "target/%s", want);
	assert_contents(f, path, "first");
	snprintf(path, sizeof(path), "target/%.249s~2.jpg", name);
	assert_contents(f, path, "second");
	snprintf(path, sizeof(path), "target/d/%s", want);
	assert_contents(f, path, "first");
	assert_string_equal(f->renamed_to, path + strlen("target/"));
}

/* Some hosts have names of 14 bytes: a number and a long extension need more. */
static void names_for_a_host_with_very_short_names_have_no_stem(void **state)
{
	char name[TREE_NAME_CAP];

	(void)state;
	tree_host_name("pic.extensionlong", 2, 14, name);
	assert_string_equal(name, "~2.extensionlong");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EXTRACT_CASE(two_files_of_one_name_are_both_extracted),
		EXTRACT_CASE(hundreds_of_files_of_one_name_are_all_extracted),
		EXTRACT_CASE(a_run_never_overwrites_its_own_output),
		EXTRACT_CASE(a_file_is_not_written_through_a_symlink_of_its_name),
		EXTRACT_CASE(files_from_before_the_run_are_replaced_once),
		EXTRACT_CASE(several_calls_of_a_run_never_overwrite_its_output),
		EXTRACT_CASE(names_that_the_host_can_not_hold_are_shortened),
		cmocka_unit_test(names_for_a_host_with_very_short_names_have_no_stem),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
