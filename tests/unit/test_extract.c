/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extraction from a volume that need not mean well: a table of objects stands in for lib/fs. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "tree/extract.h"
#include "tree/host_name.h"

#define MAX_OBJECTS 16
#define MAX_ENTRIES 300

struct object {
	uint32_t mode, nlink;
	const char *data;		/* of a file, or a symlink's target */
	uint64_t size_bytes;		/* 0: of data; beyond that a hole */
	int host_fd;			/* not 0: its data lie there, from HOST_AT */
	uint64_t host_at;
	uint64_t bad_at;		/* not 0: reading that byte fails */
	bool is_whole;			/* no holes */
};

struct entry {
	udf_ino dir;
	const char *name;
	size_t name_bytes;
	udf_ino ino;
};

struct udf_fs {
	struct object objects[MAX_OBJECTS];
	struct entry entries[MAX_ENTRIES];
	size_t n_entries;
	long n_refs;
};

/* ---- lib/fs, as far as extraction uses it ---- */

static struct udf_attr attr_of(const struct udf_fs *fs, udf_ino ino)
{
	const struct object *o = &fs->objects[ino];
	uint64_t n_data = o->data ? strlen(o->data) : 0;
	uint64_t size = o->size_bytes ? o->size_bytes : n_data;

	return (struct udf_attr){
		.ino = ino,
		.mode = o->mode,
		.nlink = o->nlink ? o->nlink : 1,
		.uid = 0,
		.gid = 0,
		.size_bytes = size,
		.allocated_bytes = o->is_whole ? size : n_data,
		.mtime = { .seconds = 1000000000 + (int64_t)ino, .microseconds = 123456 },
		.atime = { .seconds = 1100000000 },
	};
}

enum udf_err udf_readdir(struct udf_fs *fs, udf_ino dir, uint64_t cookie, bool with_attr,
			 bool (*emit)(void *ctx, const struct udf_dirent *entry), void *ctx)
{
	assert_true(with_attr);
	for (size_t i = (size_t)cookie; i < fs->n_entries; i++) {
		const struct entry *e = &fs->entries[i];
		struct udf_attr attr = attr_of(fs, e->ino);
		struct udf_dirent dirent = { .name = e->name,
					     .name_bytes = e->name_bytes,
					     .next_cookie = i + 1,
					     .attr = &attr };

		if (e->dir != dir)
			continue;
		if (!emit(ctx, &dirent))
			break;
		if (attr.mode)
			fs->n_refs++;
	}
	return UDF_OK;
}

enum udf_err udf_getattr(struct udf_fs *fs, udf_ino ino, struct udf_attr *ret_attr)
{
	*ret_attr = attr_of(fs, ino);
	return ret_attr->mode ? UDF_OK : UDF_E_MEDIUM;
}

void udf_forget(struct udf_fs *fs, udf_ino ino, uint64_t n_refs)
{
	(void)ino;
	fs->n_refs -= (long)n_refs;
}

enum udf_err udf_read(struct udf_fs *fs, udf_ino ino, uint64_t at, size_t n_bytes, void *ret_data,
		      size_t *ret_n_bytes)
{
	const struct object *o = &fs->objects[ino];
	size_t n_data = o->data ? strlen(o->data) : 0, size = (size_t)attr_of(fs, ino).size_bytes;

	if (at >= size)
		return UDF_END;
	if (n_bytes > size - at)
		n_bytes = size - (size_t)at;
	if (o->bad_at && at <= o->bad_at && o->bad_at < at + n_bytes)
		return UDF_E_IO;
	memset(ret_data, 0, n_bytes);
	if (at < n_data)
		memcpy(ret_data, o->data + at, n_bytes < n_data - at ? n_bytes : n_data - (size_t)at);
	*ret_n_bytes = n_bytes;
	return UDF_OK;
}

enum udf_err udf_file_range(struct udf_fs *fs, udf_ino ino, uint64_t at, uint64_t n_bytes, int *ret_fd,
			    uint64_t *ret_offset_bytes, uint64_t *ret_n_bytes)
{
	const struct object *o = &fs->objects[ino];
	size_t n_data = o->data ? strlen(o->data) : 0;

	if ((at < n_data || o->bad_at) && !o->host_fd)
		return UDF_E_UNSUPPORTED;
	if (at < n_data) {
		*ret_fd = o->host_fd;
		*ret_offset_bytes = o->host_at + at;
		*ret_n_bytes = n_bytes < n_data - at ? n_bytes : n_data - at;
		return UDF_OK;
	}
	*ret_fd = -1;
	*ret_n_bytes = n_bytes;
	return UDF_OK;
}

enum udf_err udf_readlink(struct udf_fs *fs, udf_ino ino, char *ret_target, size_t cap)
{
	snprintf(ret_target, cap, "%s", fs->objects[ino].data);
	return UDF_OK;
}

/* ---- fixture: a volume, a target directory in a directory of its own ---- */

struct fixture {
	struct udf_fs fs;
	char base[64];
	int base_fd, target_fd;
	struct tree_extract_options options;
	size_t n_failed;
	enum udf_err last_err;
	char last_path[512];
	size_t n_renamed, n_shortened;
	char renamed_to[512];		/* the last one, from the target directory */
	struct tree_extract *extract;
	const char *watched;		/* a path; how long it was when it was first seen, and in which call */
	off_t seen_bytes;
	size_t seen_at;
	size_t n_asked, cancel_at;	/* calls of is_cancelled(), and the one that says yes; 0: none */
	size_t n_done;
	char done_paths[MAX_ENTRIES][16];
};

static void on_done(void *ctx, const char *path, uint64_t n_bytes)
{
	struct fixture *f = ctx;

	(void)n_bytes;
	assert_true(f->n_done < MAX_ENTRIES);
	snprintf(f->done_paths[f->n_done++], sizeof(f->done_paths[0]), "%s", path);
}

static void on_failed(void *ctx, const char *path, enum udf_err err, int host_errno)
{
	struct fixture *f = ctx;

	(void)host_errno;
	f->n_failed++;
	f->last_err = err;
	snprintf(f->last_path, sizeof(f->last_path), "%s", path);
}

static void on_renamed(void *ctx, const char *path, bool is_shortened)
{
	struct fixture *f = ctx;

	f->n_renamed++;
	f->n_shortened += is_shortened;
	snprintf(f->last_path, sizeof(f->last_path), "%s", path);
	snprintf(f->renamed_to, sizeof(f->renamed_to), "%s", tree_extract_host_path(f->extract));
}

static bool exists(struct fixture *f, const char *path)
{
	return faccessat(f->base_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* May run on any thread, so that it must not fail there: what it saw is looked at later. */
static bool is_cancelled(void *ctx)
{
	struct fixture *f = ctx;
	size_t n = __atomic_add_fetch(&f->n_asked, 1, __ATOMIC_RELAXED);
	struct stat st;

	if (f->watched && !f->seen_at && !fstatat(f->base_fd, f->watched, &st, AT_SYMLINK_NOFOLLOW)) {
		f->seen_at = n;
		f->seen_bytes = st.st_size;
	}
	return f->cancel_at && n >= f->cancel_at;
}

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	snprintf(f->base, sizeof(f->base), "%.40s/udfkit-extract.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(f->base))
		return -1;
	f->base_fd = open(f->base, O_RDONLY | O_DIRECTORY);
	if (mkdirat(f->base_fd, "target", 0755) || mkdirat(f->base_fd, "outside", 0755))
		return -1;
	f->target_fd = openat(f->base_fd, "target", O_RDONLY | O_DIRECTORY);
	f->options = (struct tree_extract_options){ .failed = on_failed, .done = on_done,
						   .renamed = on_renamed, .cancelled = is_cancelled, .ctx = f };
	f->fs.objects[0].mode = S_IFDIR | 0755;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[256];

	close(f->target_fd);
	close(f->base_fd);
	snprintf(command, sizeof(command), "chmod -R u+rwx '%s' && rm -rf '%s'", f->base, f->base);
	if (system(command))
		return -1;
	free(f);
	return 0;
}

static void add_bytes(struct fixture *f, udf_ino dir, const char *name, size_t name_bytes, udf_ino ino)
{
	assert_true(f->fs.n_entries < MAX_ENTRIES);
	f->fs.entries[f->fs.n_entries++] = (struct entry){ dir, name, name_bytes, ino };
}

static void add(struct fixture *f, udf_ino dir, const char *name, udf_ino ino)
{
	add_bytes(f, dir, name, strlen(name), ino);
}

static enum udf_err extract_root(struct fixture *f)
{
	struct udf_attr root = attr_of(&f->fs, 0);
	struct tree_extract *x = NULL;
	enum udf_err err;

	assert_int_equal(tree_extract_new(&f->fs, f->target_fd, &f->options, &x), UDF_OK);
	f->extract = x;
	err = tree_extract_object(x, &root, "/", NULL);
	tree_extract_free(x);
	assert_int_equal(f->fs.n_refs, 0);
	return err;
}

static struct stat stat_of(struct fixture *f, const char *path)
{
	struct stat st = { 0 };

	if (fstatat(f->base_fd, path, &st, AT_SYMLINK_NOFOLLOW))
		fail_msg("%s: %s", path, strerror(errno));
	return st;
}

static void assert_contents(struct fixture *f, const char *path, const char *want)
{
	char got[64] = "";
	int fd = openat(f->base_fd, path, O_RDONLY | O_NOFOLLOW);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, got, sizeof(got) - 1), strlen(want));
	close(fd);
	assert_string_equal(got, want);
}

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

static void directories_follow_one_another(void **state)
{
	struct fixture *f = *state;
	char names[200][8];

	/* more than one batch of entries, a directory in the midst of each and at the end */
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

static void put_on_host(struct fixture *f, const char *path, const char *text)
{
	int fd = openat(f->base_fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
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
	first = attr_of(&f->fs, 1);
	second = attr_of(&f->fs, 2);
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
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(contents_modes_and_times_are_kept),
		CASE(modes_are_kept_whatever_new_files_get),
		CASE(owners_are_kept_in_a_directory_that_gives_its_group),
		CASE(holes_are_extracted_as_holes),
		CASE(hard_links_are_extracted_as_hard_links),
		CASE(directories_follow_one_another),
		CASE(directories_get_their_times_after_their_files),
		CASE(objects_are_reported_in_the_order_of_the_volume),
		CASE(data_are_copied_from_the_host_file_that_holds_them),
		CASE(data_that_the_host_file_cannot_give_are_read_from_the_volume),
		CASE(names_that_lead_out_are_refused),
		CASE(directory_does_not_go_through_symlink_of_same_name),
		CASE(two_files_of_one_name_are_both_extracted),
		CASE(hundreds_of_files_of_one_name_are_all_extracted),
		CASE(a_run_never_overwrites_its_own_output),
		CASE(a_file_is_not_written_through_a_symlink_of_its_name),
		CASE(files_from_before_the_run_are_replaced_once),
		CASE(several_calls_of_a_run_never_overwrite_its_output),
		CASE(names_that_the_host_can_not_hold_are_shortened),
		cmocka_unit_test(names_for_a_host_with_very_short_names_have_no_stem),
		CASE(file_is_not_seen_before_it_is_whole),
		CASE(cancelled_run_leaves_only_whole_files),
		CASE(the_old_file_remains_when_the_host_has_no_space_for_the_new_one),
		CASE(symlink_in_the_target_is_not_followed),
		CASE(a_directory_within_itself_ends_with_an_error),
		CASE(set_id_bits_need_the_owner),
		CASE(the_readable_part_of_a_damaged_file_is_kept),
		CASE(an_unreadable_object_is_reported_and_the_others_are_extracted),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
