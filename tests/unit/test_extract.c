/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extraction: what is kept, and what a volume that means harm does not get. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "extract_fixture.h"

/* ---- what is kept ---- */

static void contents_modes_and_times_are_kept(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	f->fs.objects[1] = (struct object){ .mode = S_IFDIR | 0510 };
	f->fs.objects[2] = (struct object){ .mode = S_IFREG | 0640, .data = "hello" };
	add(f, 0, "d", 1);
	add(f, 1, "file", 2);
	assert_int_equal(extract_root(f), UDF_OK);
	assert_contents(f, "target/d/file", "hello");
	st = stat_of(f, "target/d/file");
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(st.st_mtim.tv_sec, 1000000002);
	assert_int_equal(st.st_mtim.tv_nsec, 123456000);
	st = stat_of(f, "target/d");
	assert_int_equal(st.st_mode, S_IFDIR | 0510);
	assert_int_equal(st.st_mtim.tv_sec, 1000000001);
}

/* A default ACL: new files of the directory are nobody's but their owner's. */
static bool set_default_acl(int dir_fd)
{
	static const uint8_t acl[] = {
		2, 0, 0, 0,
		0x01, 0, 6, 0, 0xFF, 0xFF, 0xFF, 0xFF,	/* owner rw- */
		0x04, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,	/* group --- */
		0x20, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,	/* others --- */
	};

	return fsetxattr(dir_fd, "system.posix_acl_default", acl, sizeof(acl), 0) == 0;
}

static void modes_are_kept_whatever_new_files_get(void **state)
{
	static const mode_t umasks[] = { 0, 022, 077 };
	static const uint32_t modes[] = { 0644, 0666, 0604, 0755, 0400 };
	struct fixture *f = *state;
	char path[64];

	for (udf_ino i = 0; i < 5; i++) {
		static const char *const names[] = { "a", "b", "c", "d", "e" };

		f->fs.objects[i + 1] = (struct object){ .mode = S_IFREG | modes[i], .data = "x" };
		add(f, 0, names[i], i + 1);
	}
	for (size_t round = 0; round < 6; round++) {
		if (round == 3 && !set_default_acl(f->target_fd))
			print_message("no ACLs here: tried without\n");
		umask(umasks[round % 3]);
		assert_int_equal(extract_root(f), UDF_OK);
		umask(022);
		for (size_t i = 0; i < 5; i++) {
			snprintf(path, sizeof(path), "target/%c", (char)('a' + i));
			assert_int_equal(stat_of(f, path).st_mode, S_IFREG | modes[i]);
		}
	}
}

static void owners_are_kept_in_a_directory_that_gives_its_group(void **state)
{
	struct fixture *f = *state;

	if (geteuid() != 0) {
		print_message("not root: owners are not kept\n");
		return;
	}
	f->options.keep_owners = true;
	f->fs.objects[1] = (struct object){ .mode = S_IFREG | 0644, .data = "x" };
	add(f, 0, "a", 1);
	add(f, 0, "b", 1);
	assert_int_equal(fchown(f->target_fd, 0, 4711), 0);
	assert_int_equal(fchmod(f->target_fd, 02775), 0);
	assert_int_equal(extract_root(f), UDF_OK);
	assert_int_equal(stat_of(f, "target/a").st_gid, 0);
	assert_int_equal(stat_of(f, "target/b").st_gid, 0);
}

static void holes_are_extracted_as_holes(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	f->fs.objects[1] = (struct object){ .mode = S_IFREG | 0644, .size_bytes = (uint64_t)1 << 40 };
	add(f, 0, "sparse", 1);
	assert_int_equal(extract_root(f), UDF_OK);
	st = stat_of(f, "target/sparse");
	assert_int_equal(st.st_size, (off_t)1 << 40);
	assert_true(st.st_blocks < 64);
}

static void hard_links_are_extracted_as_hard_links(void **state)
{
	struct fixture *f = *state;

	f->fs.objects[1] = (struct object){ .mode = S_IFDIR | 0755 };
	f->fs.objects[2] = (struct object){ .mode = S_IFREG | 0644, .nlink = 3, .data = "x" };
	add(f, 0, "a", 1);
	add(f, 1, "first", 2);
	add(f, 1, "second", 2);
	add(f, 0, "third", 2);
	assert_int_equal(extract_root(f), UDF_OK);
	assert_int_equal(stat_of(f, "target/third").st_ino, stat_of(f, "target/a/first").st_ino);
	assert_int_equal(stat_of(f, "target/a/second").st_nlink, 3);
}

static void hard_links_between_new_directories_are_extracted_as_hard_links(void **state)
{
	struct fixture *f = *state;
	ino_t ino;

	for (udf_ino d = 1; d < 5; d++)
		f->fs.objects[d] = (struct object){ .mode = S_IFDIR | 0755 };
	f->fs.objects[5] = (struct object){ .mode = S_IFREG | 0644, .nlink = 5, .data = "x" };
	f->fs.objects[6] = (struct object){ .mode = S_IFLNK | 0777, .nlink = 2, .data = "nowhere" };
	add(f, 0, "a", 1);
	add(f, 1, "deep", 2);
	add(f, 2, "first", 5);
	add(f, 2, "symlink", 6);
	add(f, 1, "second", 5);
	add(f, 0, "b", 3);
	add(f, 3, "third", 5);
	add(f, 3, "deep", 4);
	add(f, 4, "fourth", 5);
	add(f, 4, "symlink", 6);
	add(f, 0, "fifth", 5);
	assert_int_equal(extract_root(f), UDF_OK);
	ino = stat_of(f, "target/a/deep/first").st_ino;
	assert_int_equal(stat_of(f, "target/a/deep/first").st_nlink, 5);
	assert_int_equal(stat_of(f, "target/a/second").st_ino, ino);
	assert_int_equal(stat_of(f, "target/b/third").st_ino, ino);
	assert_int_equal(stat_of(f, "target/b/deep/fourth").st_ino, ino);
	assert_int_equal(stat_of(f, "target/fifth").st_ino, ino);
	assert_int_equal(stat_of(f, "target/a/deep/symlink").st_ino, stat_of(f, "target/b/deep/symlink").st_ino);
}

static void directories_follow_one_another(void **state)
{
	struct fixture *f = *state;
	char names[200][8];

	/* more than one batch of entries, a directory in the middle of each and at the end */
	f->fs.objects[1] = (struct object){ .mode = S_IFREG | 0644, .data = "x" };
	for (udf_ino d = 2; d < 6; d++)
		f->fs.objects[d] = (struct object){ .mode = S_IFDIR | 0755 };
	for (size_t i = 0; i < 200; i++) {
		snprintf(names[i], sizeof(names[i]), "f%03zu", i);
		add(f, 0, names[i], i % 50 == 49 ? 2 + i / 50 : 1);
	}
	add(f, 2, "in", 1);
	add(f, 5, "in", 1);
	assert_int_equal(extract_root(f), UDF_OK);
	for (size_t i = 0; i < 200; i++) {
		char path[32];

		snprintf(path, sizeof(path), "target/f%03zu", i);
		assert_true(exists(f, path));
	}
	assert_true(exists(f, "target/f049/in"));
	assert_true(exists(f, "target/f199/in"));
}

static void directories_get_their_times_after_their_files(void **state)
{
	struct fixture *f = *state;
	char names[200][8];

	f->fs.objects[1] = (struct object){ .mode = S_IFREG | 0644, .data = "x" };
	for (udf_ino d = 2; d < 7; d++)
		f->fs.objects[d] = (struct object){ .mode = S_IFDIR | 0755 };
	for (udf_ino d = 2; d < 6; d++)
		add(f, d, "below", d + 1);
	for (size_t i = 0; i < 200; i++) {
		snprintf(names[i], sizeof(names[i]), "f%03zu", i);
		add(f, 2 + i % 5, names[i], 1);
	}
	add(f, 0, "top", 2);
	assert_int_equal(extract_root(f), UDF_OK);
	assert_int_equal(stat_of(f, "target/top").st_mtime, 1000000002);
	assert_int_equal(stat_of(f, "target/top/below").st_mtime, 1000000003);
	assert_int_equal(stat_of(f, "target/top/below/below/below/below").st_mtime, 1000000006);
	assert_contents(f, "target/top/f195", "x");
}

static void objects_are_reported_in_the_order_of_the_volume(void **state)
{
	struct fixture *f = *state;
	char names[200][8];

	f->fs.objects[1] = (struct object){ .mode = S_IFREG | 0644, .data = "x" };
	f->fs.objects[2] = (struct object){ .mode = S_IFDIR | 0755 };
	add(f, 0, "a", 2);
	for (size_t i = 0; i < 200; i++) {
		snprintf(names[i], sizeof(names[i]), "f%03zu", i);
		add(f, i < 100 ? 2 : 0, names[i], 1);
	}
	assert_int_equal(extract_root(f), UDF_OK);
	assert_int_equal(f->n_done, 201);
	assert_string_equal(f->done_paths[0], "/a/f000");
	assert_string_equal(f->done_paths[99], "/a/f099");
	assert_string_equal(f->done_paths[100], "/a");
	assert_string_equal(f->done_paths[101], "/f100");
	assert_string_equal(f->done_paths[200], "/f199");
}

/* A file that starts at byte 3 of FD, with a hole at its end. */
static struct object on_host(int fd, const char *data)
{
	return (struct object){ .mode = S_IFREG | 0644, .data = data, .size_bytes = 100000,
				.host_fd = fd, .host_at = 3 };
}

static void data_are_copied_from_the_host_file_that_holds_them(void **state)
{
	struct fixture *f = *state;
	int fd = memfd_create("volume", 0);
	char *whole = calloc(1, 100000);

	assert_true(fd >= 0 && whole);
	assert_int_equal(pwrite(fd, "...on the host", 14, 0), 14);
	f->fs.objects[1] = on_host(fd, "as long too");	/* tells which of them was taken */
	add(f, 0, "file", 1);
	assert_int_equal(extract_root(f), UDF_OK);
	fd = openat(f->target_fd, "file", O_RDONLY);
	assert_int_equal(read(fd, whole, 100000), 100000);
	assert_string_equal(whole, "on the host");
	assert_int_equal(stat_of(f, "target/file").st_mtime, 1000000001);
	close(fd);
	close(f->fs.objects[1].host_fd);
	free(whole);
}

static void data_that_the_host_file_cannot_give_are_read_from_the_volume(void **state)
{
	struct fixture *f = *state;
	int shorter = memfd_create("volume", 0), closed = open("/dev/null", O_WRONLY);
	char got[16] = "";
	int fd;

	assert_true(shorter >= 0 && closed >= 0);
	assert_int_equal(pwrite(shorter, "...on the", 9, 0), 9);
	f->fs.objects[1] = on_host(shorter, "on the disc");
	f->fs.objects[2] = on_host(closed, "on the disc");
	add(f, 0, "shorter", 1);
	add(f, 0, "closed", 2);
	assert_int_equal(extract_root(f), UDF_OK);
	for (int i = 0; i < 2; i++) {
		fd = openat(f->target_fd, i ? "closed" : "shorter", O_RDONLY);
		assert_int_equal(read(fd, got, 12), 12);
		assert_string_equal(got, "on the disc");
		close(fd);
	}
	assert_int_equal(stat_of(f, "target/shorter").st_size, 100000);
	close(shorter);
	close(closed);
}

/* ---- what is refused ---- */

static void names_that_lead_out_are_refused(void **state)
{
	static const char *const names[] = { "..", ".", "", "../outside/evil", "/tmp/evil", "a/b" };
	struct fixture *f = *state;

	f->fs.objects[1] = (struct object){ .mode = S_IFREG | 0644, .data = "evil" };
	f->fs.objects[2] = (struct object){ .mode = S_IFDIR | 0755 };
	for (size_t i = 0; i < 6; i++)
		add(f, 0, names[i], 1);
	add_bytes(f, 0, "nul\0inside", 10, 1);
	add(f, 0, "..", 2);
	add(f, 2, "evil", 1);
	add(f, 0, "good", 1);
	assert_int_equal(extract_root(f), UDF_E_BAD_NAME);
	assert_int_equal(f->n_failed, 8);
	assert_false(exists(f, "outside/evil"));
	assert_false(exists(f, "evil"));
	assert_contents(f, "target/good", "evil");
}

static void directory_does_not_go_through_symlink_of_same_name(void **state)
{
	struct fixture *f = *state;

	f->fs.objects[1] = (struct object){ .mode = S_IFLNK | 0777, .data = "../outside" };
	f->fs.objects[2] = (struct object){ .mode = S_IFDIR | 0755 };
	f->fs.objects[3] = (struct object){ .mode = S_IFREG | 0644, .data = "evil" };
	add(f, 0, "d", 1);
	add(f, 0, "d", 2);
	add(f, 2, "evil", 3);
	assert_int_not_equal(extract_root(f), UDF_OK);
	assert_false(exists(f, "outside/evil"));
}

static void symlink_in_the_target_is_not_followed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(symlinkat("../outside", f->target_fd, "d"), 0);
	f->fs.objects[1] = (struct object){ .mode = S_IFDIR | 0755 };
	f->fs.objects[2] = (struct object){ .mode = S_IFREG | 0644, .data = "evil" };
	add(f, 0, "d", 1);
	add(f, 1, "evil", 2);
	assert_int_not_equal(extract_root(f), UDF_OK);
	assert_string_equal(f->last_path, "/d");
	assert_false(exists(f, "outside/evil"));
}

static void a_directory_within_itself_ends_with_an_error(void **state)
{
	struct fixture *f = *state;

	f->fs.objects[1] = (struct object){ .mode = S_IFDIR | 0755 };
	f->fs.objects[2] = (struct object){ .mode = S_IFREG | 0644, .data = "x" };
	add(f, 0, "d", 1);
	add(f, 1, "again", 1);
	add(f, 1, "root", 0);
	add(f, 1, "x", 2);
	assert_int_equal(extract_root(f), UDF_E_CORRUPT);
	assert_int_equal(f->n_failed, 2);
	assert_contents(f, "target/d/x", "x");
	assert_false(exists(f, "target/d/again/x"));
}

static void set_id_bits_need_the_owner(void **state)
{
	struct fixture *f = *state;

	f->fs.objects[1] = (struct object){ .mode = S_IFREG | 06755, .data = "x" };
	f->fs.objects[2] = (struct object){ .mode = S_IFCHR | 0666 };
	add(f, 0, "suid", 1);
	add(f, 0, "device", 2);
	assert_int_equal(extract_root(f), UDF_E_NO_PERMISSION);
	assert_int_equal(stat_of(f, "target/suid").st_mode, S_IFREG | 0755);
	assert_false(exists(f, "target/device"));
}

static void the_readable_part_of_a_damaged_file_is_kept(void **state)
{
	static const struct {
		uint64_t size_bytes, bad_at, n_kept;
		bool is_sparse;		/* what has no blocks is not read as a small file */
	} cases[] = {
		{ 10000, 9000, 8192, false }, { 4000, 100, 0, false }, { 60000, 20480, 20480, true },
		{ 300000, 200000, 196608, true }, { 5000000, 4999999, 4997120, true },
	};
	struct fixture *f = *state;
	char names[5][8], path[32];

	for (unsigned i = 0; i < 5; i++) {
		f->fs.objects[i + 1] = (struct object){ .mode = S_IFREG | 0644, .size_bytes = cases[i].size_bytes,
							.bad_at = cases[i].bad_at, .is_whole = !cases[i].is_sparse };
		snprintf(names[i], sizeof(names[i]), "f%u", i);
		add(f, 0, names[i], i + 1);
	}
	assert_int_equal(extract_root(f), UDF_E_IO);
	assert_int_equal(f->n_failed, 5);
	for (unsigned i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "target/f%u", i);
		assert_int_equal(stat_of(f, path).st_size, cases[i].n_kept);
		assert_int_equal(stat_of(f, path).st_mtime, 1000000001 + i);
	}
}

static void an_unreadable_object_is_reported_and_the_others_are_extracted(void **state)
{
	struct fixture *f = *state;

	f->fs.objects[2] = (struct object){ .mode = S_IFREG | 0644, .data = "x" };
	add(f, 0, "bad", 1);
	add(f, 0, "good", 2);
	assert_int_equal(extract_root(f), UDF_E_MEDIUM);
	assert_string_equal(f->last_path, "/bad");
	assert_contents(f, "target/good", "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EXTRACT_CASE(contents_modes_and_times_are_kept),
		EXTRACT_CASE(modes_are_kept_whatever_new_files_get),
		EXTRACT_CASE(owners_are_kept_in_a_directory_that_gives_its_group),
		EXTRACT_CASE(holes_are_extracted_as_holes),
		EXTRACT_CASE(hard_links_are_extracted_as_hard_links),
		EXTRACT_CASE(hard_links_between_new_directories_are_extracted_as_hard_links),
		EXTRACT_CASE(directories_follow_one_another),
		EXTRACT_CASE(directories_get_their_times_after_their_files),
		EXTRACT_CASE(objects_are_reported_in_the_order_of_the_volume),
		EXTRACT_CASE(data_are_copied_from_the_host_file_that_holds_them),
		EXTRACT_CASE(data_that_the_host_file_cannot_give_are_read_from_the_volume),
		EXTRACT_CASE(names_that_lead_out_are_refused),
		EXTRACT_CASE(directory_does_not_go_through_symlink_of_same_name),
		EXTRACT_CASE(symlink_in_the_target_is_not_followed),
		EXTRACT_CASE(a_directory_within_itself_ends_with_an_error),
		EXTRACT_CASE(set_id_bits_need_the_owner),
		EXTRACT_CASE(the_readable_part_of_a_damaged_file_is_kept),
		EXTRACT_CASE(an_unreadable_object_is_reported_and_the_others_are_extracted),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
