/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/fs as far as extraction uses it, made of a table; a target directory in a directory of its own. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "extract_fixture.h"

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

/* ---- fixture ---- */

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

static void on_stays_hidden(void *ctx, const char *path, int host_errno)
{
	struct fixture *f = ctx;

	f->n_hidden++;
	f->hidden_errno = host_errno;
	snprintf(f->last_path, sizeof(f->last_path), "%s", path);
	snprintf(f->hidden_path, sizeof(f->hidden_path), "%s", tree_extract_host_path(f->extract));
}

bool exists(struct fixture *f, const char *path)
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
	if (f->meanwhile && n == 6)
		f->meanwhile(f);
	return f->cancel_at && n >= f->cancel_at;
}

int extract_setup(void **state)
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
						   .renamed = on_renamed, .stays_hidden = on_stays_hidden,
						   .cancelled = is_cancelled, .ctx = f };
	f->fs.objects[0].mode = S_IFDIR | 0755;
	*state = f;
	return 0;
}

int extract_teardown(void **state)
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

void add_bytes(struct fixture *f, udf_ino dir, const char *name, size_t name_bytes, udf_ino ino)
{
	assert_true(f->fs.n_entries < MAX_ENTRIES);
	f->fs.entries[f->fs.n_entries++] = (struct entry){ dir, name, name_bytes, ino };
}

void add(struct fixture *f, udf_ino dir, const char *name, udf_ino ino)
{
	add_bytes(f, dir, name, strlen(name), ino);
}

enum udf_err extract_root(struct fixture *f)
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

struct stat stat_of(struct fixture *f, const char *path)
{
	struct stat st = { 0 };

	if (fstatat(f->base_fd, path, &st, AT_SYMLINK_NOFOLLOW))
		fail_msg("%s: %s", path, strerror(errno));
	return st;
}

void assert_contents(struct fixture *f, const char *path, const char *want)
{
	char got[64] = "";
	int fd = openat(f->base_fd, path, O_RDONLY | O_NOFOLLOW);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, got, sizeof(got) - 1), strlen(want));
	close(fd);
	assert_string_equal(got, want);
}

void put_on_host(struct fixture *f, const char *path, const char *text)
{
	int fd = openat(f->base_fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}
