/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives as trees, above all those that nobody made in good faith.  tests/cli/tar.sh has what tar and bsdtar make. */
#include "config.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc.h"
#include "tar/objects.h"
#include "tar/tar.h"

#define HEADER_BYTES 512u
#define MAX_BYTES (1u << 20)

/* ---- archives, made by hand ---- */

static struct {
	uint8_t bytes[MAX_BYTES];
	size_t n;
	char pax[4096];			/* for the next header */
} archive;

static void add(const void *data, size_t n_bytes)
{
	size_t n_padded = (n_bytes + HEADER_BYTES - 1) / HEADER_BYTES * HEADER_BYTES;

	assert_true(archive.n + n_padded <= MAX_BYTES);
	memcpy(archive.bytes + archive.n, data, n_bytes);
	memset(archive.bytes + archive.n + n_bytes, 0, n_padded - n_bytes);
	archive.n += n_padded;
}

static void put_octal(char *to, size_t n_digits, uint64_t number)
{
	for (to += n_digits; n_digits; n_digits--, number /= 8)
		*--to = (char)('0' + number % 8);
}

static void put_sum(uint8_t *header)
{
	unsigned sum = 0;

	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < HEADER_BYTES; i++)
		sum += header[i];
	put_octal((char *)header + 148, 6, sum);
	header[154] = 0;
}

struct what {
	char type;			/* 0: '0' */
	const char *link;
	const char *size;		/* 11 bytes, octal; NULL: that of the data */
	const char *data;
	unsigned mode;			/* 0: 0644 */
	const char *major, *minor;	/* octal */
};

static void put_header(const char *name, const struct what *what)
{
	uint8_t header[HEADER_BYTES] = { 0 };
	char *h = (char *)header;

	strncpy(h, name, 100);
	put_octal(h + 100, 7, what->mode ? what->mode : 0644);
	put_octal(h + 108, 7, 1000);
	put_octal(h + 116, 7, 1001);
	if (what->size)
		memcpy(h + 124, what->size, 11);
	else
		put_octal(h + 124, 11, what->data ? strlen(what->data) : 0);
	put_octal(h + 136, 11, 1000000000);
	header[156] = (uint8_t)(what->type ? what->type : '0');
	strncpy(h + 157, what->link ? what->link : "", 100);
	memcpy(h + 257, "ustar\00000", 8);
	strncpy(h + 329, what->major ? what->major : "", 8);
	strncpy(h + 337, what->minor ? what->minor : "", 8);
	put_sum(header);
	add(header, sizeof(header));
}

/* A record of the extended header that stands before the next object. */
static void pax(const char *key, const char *value)
{
	size_t n = strlen(key) + strlen(value) + 3, n_digits = 1, at = strlen(archive.pax);

	while (snprintf(NULL, 0, "%zu", n + n_digits) > (int)n_digits)
		n_digits++;
	snprintf(archive.pax + at, sizeof(archive.pax) - at, "%zu %s=%s\n", n + n_digits, key, value);
}

static void object(const char *name, struct what what)
{
	const struct what extended = { .type = 'x', .data = archive.pax };

	if (*archive.pax) {
		put_header("pax", &extended);
		add(archive.pax, strlen(archive.pax));
		*archive.pax = 0;
	}
	put_header(name, &what);
	if (what.data)
		add(what.data, strlen(what.data));
}

#define OBJECT(name, ...) object(name, (struct what){ __VA_ARGS__ })

/* ---- what becomes of them ---- */

static const char *spool_dir = "/tmp";

static struct {
	struct udf_tar *tar;
	enum udf_err err;
	char why[UDF_TAR_WHY_BYTES];
	char left_out[8192];		/* "PATH: WHY\n" */
	char tree[8192];		/* "KIND PATH ...\n" in the order of the walk */
} read_back;

static void left_out(void *ctx, const char *path, const char *why)
{
	size_t n = strlen(read_back.left_out);

	(void)ctx;
	snprintf(read_back.left_out + n, sizeof(read_back.left_out) - n, "%s: %s\n", path, why);
}

static void read_data(const struct host_entry *entry, char *ret_text, size_t n_bytes)
{
	size_t n = entry->st.st_size < (off_t)n_bytes - 1 ? (size_t)entry->st.st_size : n_bytes - 1;

	assert_int_equal(pread(entry->fd, ret_text, n, (off_t)entry->data_at_bytes), n);
	ret_text[n] = 0;
}

static enum udf_err see(void *ctx, const struct host_entry *entry, uint64_t parent_tag, uint64_t *ret_tag)
{
	size_t n = strlen(read_back.tree);
	char *to = read_back.tree + n, text[32];

	(void)ctx;
	(void)parent_tag;
	*ret_tag = entry->st.st_ino;
	n = sizeof(read_back.tree) - n;
	if (S_ISDIR(entry->st.st_mode)) {
		snprintf(to, n, "d %s\n", entry->path);
	} else if (S_ISLNK(entry->st.st_mode)) {
		snprintf(to, n, "l %s > %s\n", entry->path, entry->link_target);
	} else if (S_ISREG(entry->st.st_mode)) {
		read_data(entry, text, sizeof(text));
		snprintf(to, n, "f %s %u %s\n", entry->path, (unsigned)entry->st.st_nlink, text);
	} else {
		snprintf(to, n, "%c %s %u:%u\n",
			 S_ISCHR(entry->st.st_mode) ? 'c' : S_ISBLK(entry->st.st_mode) ? 'b' : 'p', entry->path,
			 major(entry->st.st_rdev), minor(entry->st.st_rdev));
	}
	return UDF_OK;
}

static enum udf_err leave(void *ctx, uint64_t tag, const struct stat *st)
{
	(void)ctx;
	(void)tag;
	assert_true(S_ISDIR(st->st_mode));
	return UDF_OK;
}

static int archive_fd(void)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);

	assert_int_equal(write(fd, archive.bytes, archive.n), archive.n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void walk(enum udf_err (*entry)(void *, const struct host_entry *, uint64_t, uint64_t *))
{
	const struct host_walk walk = { .entry = entry, .leave = leave };

	assert_int_equal(udf_tar_walk(read_back.tar, &walk, 1), UDF_OK);
}

/* Read what was made, with two blocks of zeros after it, and list it. */
static void read_archive(void)
{
	static const uint8_t end[2 * HEADER_BYTES];
	const struct udf_tar_options options = { .spool_dir = spool_dir, .failed = left_out };
	int fd;

	add(end, sizeof(end));
	fd = archive_fd();
	memset(&read_back, 0, sizeof(read_back));
	read_back.err = udf_tar_open(fd, &options, &read_back.tar, read_back.why);
	close(fd);
	archive.n = 0;
	if (!read_back.err)
		walk(see);
	else
		assert_string_not_equal(read_back.why, "");
}

static void end(void)
{
	udf_tar_close(read_back.tar);
	read_back.tar = NULL;
}

static void check(const char *tree, const char *not_there)
{
	read_archive();
	if (read_back.err)
		fail_msg("%s", read_back.why);
	assert_string_equal(read_back.tree, tree);
	assert_string_equal(read_back.left_out, not_there);
	end();
}

/* ---- names ---- */

static void names_stay_below_the_root(void **state)
{
	(void)state;
	OBJECT("../up", .data = "x");
	OBJECT("a/../../b", .data = "x");
	OBJECT("a/..", .type = '5');
	OBJECT("..", .type = '2', .link = "x");
	OBJECT("/etc/shadow", .data = "mine");
	OBJECT("//x/.//y/", .type = '5');
	OBJECT("...", .data = "no parent");
	OBJECT(".", .type = '5');
	check("f ... 1 no parent\nd etc\nd x\nf etc/shadow 1 mine\nd x/y\n",
	      "../up: its name leads out of the archive\na/../../b: its name leads out of the archive\n"
	      "a/..: its name leads out of the archive\n..: its name leads out of the archive\n");
}

static void the_later_of_two_of_a_name_counts(void **state)
{
	(void)state;
	OBJECT("f", .data = "first");
	OBJECT("f", .data = "second");
	OBJECT("./f", .data = "third");
	OBJECT("s", .type = '2', .link = "f");
	OBJECT("s", .type = '5');
	OBJECT("s/in", .data = "in");
	OBJECT("s", .data = "no place for it");
	OBJECT("e", .type = '5');
	OBJECT("e", .data = "it was empty");
	check("f e 1 it was empty\nf f 1 third\nd s\nf s/in 1 in\n",
	      "s: there is a directory of this name, and it is not empty\n");
}

static void nothing_is_stored_through_what_is_no_directory(void **state)
{
	(void)state;
	OBJECT("s", .type = '2', .link = "/etc");
	OBJECT("s/passwd", .data = "x");
	OBJECT("f", .data = "f");
	OBJECT("f/x/y", .data = "x");
	check("f f 1 f\nl s > /etc\n", "s/passwd: the archive holds it below a name that is not a directory\n"
	      "f/x/y: the archive holds it below a name that is not a directory\n");
}

static void names_of_any_charset_arrive_as_bytes(void **state)
{
	(void)state;
	OBJECT("\xC3\xBC", .data = "UTF-8");
	OBJECT("\xFC", .data = "Latin-1");
	pax("path", "\xE6\x97\xA5");
	OBJECT("short", .data = "pax");
	pax("hdrcharset", "BINARY");
	pax("path", "\xFE");
	OBJECT("short", .data = "binary");
	OBJECT("line\nbreak", .data = "odd");
	check("f line\nbreak 1 odd\nf \xC3\xBC 1 UTF-8\nf \xE6\x97\xA5 1 pax\nf \xFC 1 Latin-1\nf \xFE 1 binary\n", "");
}

static void a_long_name_is_left_out_and_a_deep_one_is_not(void **state)
{
	static char name[PATH_MAX + 10], path[3000];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	OBJECT("././@LongLink", .type = 'L', .data = name);
	OBJECT("short", .data = "x");
	for (size_t i = 0; i + 2 < sizeof(path); i += 2)
		memcpy(path + i, "d/", 2);
	pax("path", path);
	OBJECT("short", .data = "deep");
	read_archive();
	assert_int_equal(read_back.err, UDF_OK);
	assert_non_null(strstr(read_back.left_out, "n: the name is too long\n"));
	assert_int_equal(strncmp(read_back.tree, "d d\nd d/d\n", 10), 0);
	end();
}

/* ---- links, devices, attributes ---- */

static void hard_links_lead_to_what_came_before(void **state)
{
	(void)state;
	OBJECT("early", .type = '1', .link = "b");
	OBJECT("b", .data = "data");
	OBJECT("c", .type = '1', .link = "/./b");
	OBJECT("self", .type = '1', .link = "self");
	OBJECT("d", .type = '5');
	OBJECT("to-dir", .type = '1', .link = "d");
	OBJECT("to-root", .type = '1', .link = ".");
	OBJECT("up", .type = '1', .link = "../b");
	OBJECT("again", .type = '1', .link = "c", .data = "data");	/* as cpio's users of pax make it */
	OBJECT("b", .data = "newer");
	check("f again 2 data\nf b 1 newer\nf c 2 data\nd d\n",
	      "early: is a hard link to a file that the archive does not hold before it\n"
	      "self: is a hard link to a file that the archive does not hold before it\n"
	      "to-dir: is a hard link to a file that the archive does not hold before it\n"
	      "to-root: is a hard link to a file that the archive does not hold before it\n"
	      "up: is a hard link to a file that the archive does not hold before it\n");
}

static void device_nodes_keep_their_numbers(void **state)
{
	(void)state;
	OBJECT("c", .type = '3', .major = "0000005", .minor = "0000001");
	OBJECT("b", .type = '4', .major = "0000010", .minor = "0177777");
	OBJECT("p", .type = '6');
	pax("SCHILY.devmajor", "4294967296");
	OBJECT("large", .type = '3', .major = "0000005", .minor = "0000001");
	check("b b 8:65535\nc c 5:1\np p 0:0\n", "large: its device number is too large\n");
}

static void attributes_that_a_volume_lacks_do_no_harm(void **state)
{
	(void)state;
	pax("SCHILY.xattr.user.comment", "hello");
	pax("LIBARCHIVE.xattr.user.b", "not base64 !");
	pax("SCHILY.acl.access", "user::rwx,nonsense");
	pax("SCHILY.fflags", "immutable");
	pax("a key of nobody", "x");
	OBJECT("f", .data = "data");
	check("f f 1 data\n", "");
}

static struct stat seen_st;

static enum udf_err see_stat(void *ctx, const struct host_entry *entry, uint64_t parent_tag, uint64_t *ret_tag)
{
	(void)ctx;
	(void)parent_tag;
	*ret_tag = HOST_WALK_LEAVE_OUT;
	seen_st = entry->st;
	return UDF_OK;
}

static void owners_and_times_are_taken_as_far_as_they_can_be(void **state)
{
	(void)state;
	pax("uid", "4294967296");
	pax("gid", "4294967294");
	pax("mtime", "-1.5");
	OBJECT("f", .mode = 04755);
	read_archive();
	walk(see_stat);
	assert_int_equal(seen_st.st_uid, 0);
	assert_int_equal(seen_st.st_gid, 4294967294u);
	assert_int_equal(seen_st.st_mode, S_IFREG | 04755);
	assert_true(seen_st.st_mtim.tv_nsec >= 0 && seen_st.st_mtim.tv_nsec < 1000000000);
	assert_true(seen_st.st_mtim.tv_sec == -2 || seen_st.st_mtim.tv_sec == -1);
	end();
}

/* ---- data ---- */

static void an_archive_that_is_cut_is_damaged(void **state)
{
	(void)state;
	OBJECT("f", .data = "data", .size = "00000100000");
	read_archive();
	assert_int_equal(read_back.err, UDF_E_CORRUPT);
	assert_non_null(strstr(read_back.why, "the archive can't be read: "));
	/* of 2^62 bytes */
	OBJECT("f", .data = "data", .size = "\x80\0\0\0\x40\0\0\0\0\0\0");
	read_archive();
	assert_int_equal(read_back.err, UDF_E_CORRUPT);
	OBJECT("f", .data = "data");
	archive.bytes[3] ^= 1;			/* of its name: the checksum is wrong */
	read_archive();
	assert_int_equal(read_back.err, UDF_E_CORRUPT);
	memset(archive.bytes, 'x', 700);
	archive.n = 1024;
	read_archive();
	assert_int_equal(read_back.err, UDF_E_CORRUPT);
}

static void an_empty_archive_is_an_empty_tree(void **state)
{
	(void)state;
	check("", "");
}

static void holes_stay_holes(void **state)
{
	(void)state;
	pax("GNU.sparse.major", "0");
	pax("GNU.sparse.minor", "1");
	pax("GNU.sparse.name", "sparse");
	pax("GNU.sparse.size", "5368709120");
	pax("GNU.sparse.numblocks", "1");
	pax("GNU.sparse.map", "5000000000,4");
	OBJECT("dummy", .data = "data");
	OBJECT("next", .data = "next");
	read_archive();
	assert_int_equal(read_back.err, UDF_OK);
	assert_non_null(strstr(read_back.tree, "f next 1 next\n"));
	walk(see_stat);			/* the last one */
	assert_int_equal(seen_st.st_size, 5368709120);
	assert_int_equal(seen_st.st_blocks, 0);
	end();
}

static enum udf_err see_sparse(void *ctx, const struct host_entry *entry, uint64_t parent_tag, uint64_t *ret_tag)
{
	char text[5] = "";

	(void)ctx;
	(void)parent_tag;
	*ret_tag = HOST_WALK_LEAVE_OUT;
	assert_int_equal(entry->st.st_size, 3000000);
	assert_int_equal(entry->st.st_blocks, 0);
	assert_int_equal(pread(entry->fd, text, 4, (off_t)entry->data_at_bytes + 2000000), 4);
	assert_string_equal(text, "data");
	assert_int_equal(pread(entry->fd, text, 1, (off_t)entry->data_at_bytes + 1999999), 1);
	assert_int_equal(text[0], 0);
	return UDF_OK;
}

static void data_of_a_sparse_file_are_in_their_place(void **state)
{
	(void)state;
	pax("GNU.sparse.major", "1");
	pax("GNU.sparse.minor", "0");
	pax("GNU.sparse.name", "sparse");
	pax("GNU.sparse.realsize", "3000000");
	OBJECT("dummy", .type = '0', .size = "00000001004");
	add("1\n2000000\n4\n", 12);
	add("data", 4);
	read_archive();
	if (read_back.err)
		fail_msg("%s", read_back.why);
	walk(see_sparse);
	end();
}

/* Maps that name more than there is, or what is after the end. */
static void a_sparse_map_is_not_believed(void **state)
{
	static const char *const maps[] = { "0,4,99999999999,4", "4,4,0,4", "-5,4", "0,4,2,4",
					    "9223372036854775807,4" };

	(void)state;
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		pax("GNU.sparse.major", "0");
		pax("GNU.sparse.minor", "1");
		pax("GNU.sparse.name", "sparse");
		pax("GNU.sparse.size", "1000");
		pax("GNU.sparse.map", maps[i]);
		OBJECT("dummy", .data = "datadata");
		read_archive();
		if (read_back.err)
			assert_int_equal(read_back.err, UDF_E_CORRUPT);
		else
			walk(see_stat);
		assert_true(read_back.err || seen_st.st_size <= 1000);
		end();
	}
}

static void put_hole(const char *name, const char *size)
{
	char map[64];

	snprintf(map, sizeof(map), "%s,0", size);
	pax("GNU.sparse.major", "0");
	pax("GNU.sparse.minor", "1");
	pax("GNU.sparse.name", name);
	pax("GNU.sparse.size", size);
	pax("GNU.sparse.map", map);
	OBJECT("dummy", 0);
}

/* A hole costs an archive nothing, and 8 MiB of a volume for each TiB, all of which isowrite --udf keeps in memory. */
static void holes_that_no_volume_can_hold_are_left_out(void **state)
{
	(void)state;
	spool_dir = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";	/* which has files of 2^50 bytes */
	put_hole("a", "1152921504606846976");
	put_hole("b", "1125899906842624");
	put_hole("c", "1000000000000");
	OBJECT("d", .data = "data");
	read_archive();
	assert_int_equal(read_back.err, UDF_OK);
	assert_non_null(strstr(read_back.left_out, "a: the file is too big\n"));
	assert_non_null(strstr(read_back.left_out, strcmp(spool_dir, "/tmp") == 0 ? "b: the file is too big for" :
			       "c: its holes are too big, together with those of the files before it\n"));
	assert_non_null(strstr(read_back.tree, "f d 1 data\n"));
	end();
	spool_dir = "/tmp";
}

/* ---- limits ---- */

static void a_tree_has_so_many_names_at_most(void **state)
{
	const struct stat st = { .st_mode = S_IFREG };
	struct tar_objects objects;
	struct tar_object *file;

	(void)state;
	assert_int_equal(objects_init(&objects), UDF_OK);
	objects.n = TAR_MAX_OBJECTS - 1;
	file = object_new(&objects, &st);
	assert_int_equal(objects_add(&objects, objects.root, "last", 4, file), UDF_OK);
	assert_int_equal(objects_add(&objects, objects.root, "more", 4, file), UDF_E_RANGE);
	assert_int_equal(file->st.st_nlink, 1);
	assert_null(objects_find(&objects, objects.root, "more", 4));
	objects_sort(&objects);
	assert_string_equal(objects.root->first->text, "last");
	objects_done(&objects);
}

static void a_spool_that_cannot_be_is_an_error(void **state)
{
	const struct udf_tar_options options = { .spool_dir = "/nonexistent/spool", .failed = left_out };
	char why[UDF_TAR_WHY_BYTES];
	struct udf_tar *tar;
	int fd;

	(void)state;
	OBJECT("f", .data = "data");
	fd = archive_fd();
	archive.n = 0;
	assert_int_equal(udf_tar_open(fd, &options, &tar, why), UDF_E_NOT_FOUND);
	assert_non_null(strstr(why, "/nonexistent/spool: the archive's copy can't be written: No such file"));
	close(fd);
}

static void want_of_memory_is_an_error_and_no_loss(void **state)
{
	const struct udf_tar_options options = { .spool_dir = "/tmp", .failed = left_out };
	char why[UDF_TAR_WHY_BYTES];
	uint64_t n = 0;

	(void)state;
	OBJECT("d/e/f", .data = "data");
	OBJECT("d/l", .type = '1', .link = "d/e/f");
	OBJECT("s", .type = '2', .link = "target");
	OBJECT("d/e/f", .data = "newer");
	do {
		struct udf_tar *tar = NULL;
		int fd = archive_fd();
		enum udf_err err;

		read_back.left_out[0] = 0;
		alloc_fail_nth(++n);
		err = udf_tar_open(fd, &options, &tar, why);
		assert_int_equal(err, alloc_has_failed() ? UDF_E_NOMEM : UDF_OK);
		assert_string_equal(read_back.left_out, "");
		udf_tar_close(tar);
		close(fd);
	} while (alloc_has_failed());
	assert_true(n > 10);
	archive.n = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_stay_below_the_root),
		cmocka_unit_test(the_later_of_two_of_a_name_counts),
		cmocka_unit_test(nothing_is_stored_through_what_is_no_directory),
		cmocka_unit_test(names_of_any_charset_arrive_as_bytes),
		cmocka_unit_test(a_long_name_is_left_out_and_a_deep_one_is_not),
		cmocka_unit_test(hard_links_lead_to_what_came_before),
		cmocka_unit_test(device_nodes_keep_their_numbers),
		cmocka_unit_test(attributes_that_a_volume_lacks_do_no_harm),
		cmocka_unit_test(owners_and_times_are_taken_as_far_as_they_can_be),
		cmocka_unit_test(an_archive_that_is_cut_is_damaged),
		cmocka_unit_test(an_empty_archive_is_an_empty_tree),
		cmocka_unit_test(holes_stay_holes),
		cmocka_unit_test(data_of_a_sparse_file_are_in_their_place),
		cmocka_unit_test(a_sparse_map_is_not_believed),
		cmocka_unit_test(holes_that_no_volume_can_hold_are_left_out),
		cmocka_unit_test(a_tree_has_so_many_names_at_most),
		cmocka_unit_test(a_spool_that_cannot_be_is_an_error),
		cmocka_unit_test(want_of_memory_is_an_error_and_no_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
