/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extraction: a file or new directory has its name when it is whole. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extract_fixture.h"

/* ---- whole files only ---- */

/* As what can be read only bit by bit: somebody is asked whether to go on in between. */
static struct object slow_file(void)
{
	return (struct object){ .mode = S_IFREG | 0644, .size_bytes = 5000000, .bad_at = 6000000 };
}

static void file_is_not_seen_before_it_is_whole(void **state)
{
	struct fixture *f = *state;

	f->fs.objects[1] = slow_file();
	add(f, 0, "file", 1);
	f->watched = "target/file";
	assert_int_equal(extract_root(f), UDF_OK);
	assert_true(f->seen_at > 5);
	assert_int_equal(f->seen_bytes, 5000000);
	assert_int_equal(stat_of(f, "target/file").st_size, 5000000);
}

static size_t count_names(struct fixture *f, const char *path)
{
	int fd = openat(f->base_fd, path, O_RDONLY | O_DIRECTORY);
	DIR *dir = fdopendir(fd);
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void cancelled_run_leaves_only_whole_files(void **state)
{
	struct fixture *f = *state;
	size_t n_calls;

	f->fs.objects[1] = slow_file();
	f->fs.objects[2] = (struct object){ .mode = S_IFREG | 0644, .data = "small" };
	f->fs.objects[3] = (struct object){ .mode = S_IFDIR | 0755 };
	add(f, 0, "d", 3);
	add(f, 3, "small", 2);
	add(f, 3, "large", 1);
	add(f, 0, "old", 1);
	put_on_host(f, "target/old", "old");
	assert_int_equal(extract_root(f), UDF_OK);
	n_calls = f->n_asked;
	for (size_t at = 1; at <= n_calls; at++) {
		struct stat st;

		unlinkat(f->base_fd, "target/d/small", 0);
		unlinkat(f->base_fd, "target/d/large", 0);
		unlinkat(f->base_fd, "target/d", AT_REMOVEDIR);
		put_on_host(f, "target/old", "old");
		f->n_asked = 0;
		f->cancel_at = at;
		assert_int_equal(extract_root(f), UDF_E_CANCELLED);
		if (exists(f, "target/d/small"))
			assert_contents(f, "target/d/small", "small");
		if (exists(f, "target/d/large"))
			assert_int_equal(stat_of(f, "target/d/large").st_size, 5000000);
		st = stat_of(f, "target/old");
		assert_true(st.st_size == 3 || st.st_size == 5000000);
		assert_int_equal(count_names(f, "target"), exists(f, "target/d") ? 2 : 1);
		if (exists(f, "target/d"))
			assert_int_equal(count_names(f, "target/d"),
					 exists(f, "target/d/small") + exists(f, "target/d/large"));
	}
}

static size_t count_temporary_names(struct fixture *f)
{
	char command[160];
	size_t n = 0;
	FILE *names;

	snprintf(command, sizeof(command), "find '%s/target' -name '.udf-get-*'", f->base);
	names = popen(command, "r");
	assert_non_null(names);
	for (int c; (c = getc(names)) != EOF;)
		n += c == '\n';
	pclose(names);
	return n;
}

static void cancelled_run_shows_what_is_complete_in_new_directories(void **state)
{
	struct fixture *f = *state;
	bool seen_first_only = false;
	size_t n_calls;

	f->fs.objects[1] = slow_file();
	f->fs.objects[2] = (struct object){ .mode = S_IFREG | 0644, .data = "small" };
	for (udf_ino d = 3; d < 6; d++)
		f->fs.objects[d] = (struct object){ .mode = S_IFDIR | 0755 };
	add(f, 0, "d", 3);
	add(f, 3, "e", 4);
	add(f, 4, "small", 2);
	add(f, 4, "large", 1);
	add(f, 4, "f", 5);
	add(f, 5, "large", 1);
	assert_int_equal(extract_root(f), UDF_OK);
	n_calls = f->n_asked;
	for (size_t at = 1; at <= n_calls; at++) {
		char command[160];

		snprintf(command, sizeof(command), "rm -rf '%s/target/d'", f->base);
		assert_int_equal(system(command), 0);
		f->n_asked = 0;
		f->cancel_at = at;
		assert_int_equal(extract_root(f), UDF_E_CANCELLED);
		assert_int_equal(count_temporary_names(f), 0);
		if (exists(f, "target/d/e/small"))
			assert_contents(f, "target/d/e/small", "small");
		if (exists(f, "target/d/e/large"))
			assert_int_equal(stat_of(f, "target/d/e/large").st_size, 5000000);
		if (exists(f, "target/d/e/f/large"))
			assert_int_equal(stat_of(f, "target/d/e/f/large").st_size, 5000000);
		seen_first_only |= exists(f, "target/d/e/large") && !exists(f, "target/d/e/f/large");
	}
	assert_true(exists(f, "target/d/e/large"));
	assert_true(seen_first_only);
}

static void a_file_in_a_new_directory_is_not_seen_before_it_is_whole(void **state)
{
	struct fixture *f = *state;

	f->fs.objects[1] = (struct object){ .mode = S_IFDIR | 0755 };
	f->fs.objects[2] = (struct object){ .mode = S_IFDIR | 0755 };
	f->fs.objects[3] = slow_file();
	add(f, 0, "d", 1);
	add(f, 1, "e", 2);
	add(f, 2, "file", 3);
	add(f, 0, "last", 3);		/* so that somebody looks after d is complete */
	f->watched = "target/d/e/file";
	assert_int_equal(extract_root(f), UDF_OK);
	assert_true(f->seen_at > 5);
	assert_int_equal(f->seen_bytes, 5000000);
}

static void make_d(struct fixture *f)
{
	(void)mkdirat(f->base_fd, "target/d", 0755);
	(void)mkdirat(f->base_fd, "target/d/of another program", 0755);
}

/* d with a subdirectory, a file of two names, and one that takes long */
static void add_new_directory(struct fixture *f)
{
	f->fs.objects[1] = (struct object){ .mode = S_IFDIR | 0755 };
	f->fs.objects[2] = (struct object){ .mode = S_IFDIR | 0755 };
	f->fs.objects[3] = slow_file();
	f->fs.objects[4] = (struct object){ .mode = S_IFREG | 0644, .nlink = 2, .data = "x" };
	add(f, 0, "d", 1);
	add(f, 1, "e", 2);
	add(f, 2, "first", 4);
	add(f, 2, "large", 3);
	add(f, 0, "second", 4);
}

static void a_new_directory_whose_name_is_taken_meanwhile_gets_another_name(void **state)
{
	struct fixture *f = *state;

	add_new_directory(f);
	f->meanwhile = make_d;
	assert_int_equal(extract_root(f), UDF_E_EXISTS);
	assert_int_equal(f->n_renamed, 1);
	assert_string_equal(f->renamed_to, "d~2");
	assert_int_equal(count_names(f, "target/d"), 1);
	assert_int_equal(stat_of(f, "target/d~2/e/large").st_size, 5000000);
	assert_int_equal(stat_of(f, "target/d~2/e/first").st_ino, stat_of(f, "target/second").st_ino);
}

static void forbid_names(struct fixture *f)
{
	(void)fchmodat(f->base_fd, "target", 0555, 0);
}

#define NOT_ROOT 65534

static void what_is_copied_stays_when_the_host_refuses_the_name_of_its_directory(void **state)
{
	struct fixture *f = *state;
	bool is_root = geteuid() == 0;
	char path[600];

	add_new_directory(f);
	f->fs.n_entries--;	/* without "second" */
	f->meanwhile = forbid_names;
	assert_int_equal(fchown(f->base_fd, is_root ? NOT_ROOT : geteuid(), (gid_t)-1), 0);
	assert_int_equal(fchown(f->target_fd, is_root ? NOT_ROOT : geteuid(), (gid_t)-1), 0);
	if (is_root)		/* whom nothing is forbidden */
		assert_int_equal(seteuid(NOT_ROOT), 0);
	assert_int_not_equal(extract_root(f), UDF_OK);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(f->n_hidden, 1);
	assert_int_equal(f->hidden_errno, EACCES);
	assert_string_equal(f->last_path, "/d");
	snprintf(path, sizeof(path), "target/%s/e/large", f->hidden_path);
	assert_int_equal(stat_of(f, path).st_size, 5000000);
}

static void move_away(struct fixture *f)
{
	char command[256];

	snprintf(command, sizeof(command), "cd '%s' && mv target/.udf-get-*/e outside", f->base);
	(void)!system(command);
}

static void a_new_directory_gets_its_name_when_a_directory_below_it_is_moved_away(void **state)
{
	struct fixture *f = *state;

	add_new_directory(f);
	f->fs.n_entries--;
	add(f, 1, "small", 4);
	f->meanwhile = move_away;
	assert_int_equal(extract_root(f), UDF_E_BUSY);
	assert_int_equal(stat_of(f, "outside/e/large").st_size, 5000000);
	assert_int_equal(count_temporary_names(f), 0);
	assert_int_equal(count_names(f, "target/d"), 0);
}

static void the_old_file_remains_when_the_host_has_no_space_for_the_new_one(void **state)
{
	struct rlimit before, few = { .rlim_cur = 2000000 };
	struct fixture *f = *state;

	f->fs.objects[1] = slow_file();
	f->fs.objects[2] = (struct object){ .mode = S_IFDIR | 0755 };
	add(f, 0, "old", 1);
	add(f, 0, "new", 1);
	add(f, 0, "d", 2);
	add(f, 2, "new", 1);
	put_on_host(f, "target/old", "old");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	few.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	assert_int_not_equal(extract_root(f), UDF_OK);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(f->n_failed, 3);
	assert_contents(f, "target/old", "old");
	assert_int_equal(count_names(f, "target"), 2);
	assert_int_equal(count_names(f, "target/d"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EXTRACT_CASE(file_is_not_seen_before_it_is_whole),
		EXTRACT_CASE(cancelled_run_leaves_only_whole_files),
		EXTRACT_CASE(cancelled_run_shows_what_is_complete_in_new_directories),
		EXTRACT_CASE(a_file_in_a_new_directory_is_not_seen_before_it_is_whole),
		EXTRACT_CASE(a_new_directory_whose_name_is_taken_meanwhile_gets_another_name),
		EXTRACT_CASE(what_is_copied_stays_when_the_host_refuses_the_name_of_its_directory),
		EXTRACT_CASE(a_new_directory_gets_its_name_when_a_directory_below_it_is_moved_away),
		EXTRACT_CASE(the_old_file_remains_when_the_host_has_no_space_for_the_new_one),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
