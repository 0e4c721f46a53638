/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An archive of libarchive, entry by entry, into objects and the spool. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/checked.h"
#include "tar/internal.h"
#include "tar/libarchive.h"

#define READ_BYTES (64u << 10)
#define SPOOL_ALIGN_BYTES UINT64_C(65536)	/* so that a hole of a file is one of the spool */
#define MAX_FILE_BYTES (UINT64_C(1) << 50)	/* as lib/fs has it */
#define MAX_HOLE_BYTES MAX_FILE_BYTES	/* of all files: a volume lists each GiB of a hole, an archive does not */
#define MAX_SPOOL_BYTES (UINT64_C(1) << 62)

struct reading {
	struct udf_tar *tar;
	const struct udf_tar_options *options;
	struct archive *archive;
	uint64_t n_hole_bytes;
	char *ret_why;
};

static enum udf_err stop(struct reading *r, enum udf_err err, const char *why)
{
	snprintf(r->ret_why, UDF_TAR_WHY_BYTES, "%s", why);
	return err;
}

static enum udf_err damaged(struct reading *r)
{
	const char *text = la.archive_error_string(r->archive);

	if (la.archive_errno(r->archive) == ENOMEM)
		return stop(r, UDF_E_NOMEM, udf_strerror(UDF_E_NOMEM));
	snprintf(r->ret_why, UDF_TAR_WHY_BYTES, "the archive can't be read: %s", text ? text : "it is damaged");
	return UDF_E_CORRUPT;
}

static void leave_out(const struct reading *r, const char *path, const char *why)
{
	r->options->failed(r->options->ctx, path, why);
}

/* ---- names ---- */

/* The next component of *AT, with neither "." nor empty ones; its length is 0 at the end. */
static size_t component(const char **at)
{
	for (;;) {
		size_t n;

		*at += strspn(*at, "/");
		n = strcspn(*at, "/");
		if (n != 1 || **at != '.')
			return n;
		++*at;
	}
}

static bool has_parent(const char *path)
{
	size_t n;

	while ((n = component(&path))) {
		if (n == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += n;
	}
	return false;
}

/* A directory that the archive has not named has the times of what is in it. */
static enum udf_err add_implied(struct reading *r, struct tar_name *parent, const char *text, size_t n_bytes,
				const struct stat *st, struct tar_name **ret_name)
{
	struct stat dir_st = *st;
	struct tar_object *object;
	enum udf_err err;

	dir_st.st_mode = S_IFDIR | 0755;
	dir_st.st_size = 0;
	dir_st.st_rdev = 0;
	object = object_new(&r->tar->objects, &dir_st);
	if (!object)
		return UDF_E_NOMEM;
	object->is_implied = true;
	err = objects_add(&r->tar->objects, parent, text, n_bytes, object);
	object_drop(object);
	if (!err)
		*ret_name = objects_find(&r->tar->objects, parent, text, n_bytes);
	return err || *ret_name ? err : UDF_E_NOMEM;
}

/*
 * Find the directory of PATH, and its last component.  Directories on the way are made.  *RET_N_BYTES is 0 for the root
 * directory itself.  *RET_WHY: why the path can't be; then the result is UDF_OK.
 */
static enum udf_err find_parent(struct reading *r, const char *path, const struct stat *st,
				struct tar_name **ret_parent, const char **ret_text, size_t *ret_n_bytes,
				const char **ret_why)
{
	struct tar_name *at = r->tar->objects.root, *below;
	const char *text = path, *next;
	size_t n = component(&text);
	enum udf_err err;

	*ret_why = NULL;
	for (;; text = next) {
		next = text + n;
		if (!n || !component(&next))
			break;
		below = objects_find(&r->tar->objects, at, text, n);
		if (!below) {
			err = add_implied(r, at, text, n, st, &below);
			if (err)
				return err;
		}
		if (!S_ISDIR(below->object->st.st_mode)) {
			*ret_why = "the archive holds it below a name that is not a directory";
			return UDF_OK;
		}
		at = below;
		n = component(&next);
	}
	*ret_parent = at;
	*ret_text = text;
	*ret_n_bytes = n;
	return UDF_OK;
}

/* The object that has the name PATH, or NULL. */
static struct tar_object *find_object(const struct reading *r, const char *path)
{
	struct tar_name *at = r->tar->objects.root;
	size_t n;

	while (at && (n = component(&path))) {
		at = objects_find(&r->tar->objects, at, path, n);
		path += n;
	}
	return at ? at->object : NULL;
}

/* ---- data ---- */

static enum udf_err spool_failed(struct reading *r, int host_errno)
{
	snprintf(r->ret_why, UDF_TAR_WHY_BYTES, "%s: the archive's copy can't be written: %s%s", r->options->spool_dir,
		 strerror(host_errno), host_errno == ENOSPC ? "; TMPDIR names another place for it" : "");
	return host_errno == ENOSPC || host_errno == EDQUOT ? UDF_E_HOST_FULL : udf_err_from_errno(host_errno);
}

static enum udf_err spool_write(struct reading *r, const uint8_t *data, size_t n_bytes, uint64_t at)
{
	while (n_bytes) {
		ssize_t n = pwrite(r->tar->spool_fd, data, n_bytes, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return spool_failed(r, errno);
		data += n;
		at += (uint64_t)n;
		n_bytes -= (size_t)n;
	}
	return UDF_OK;
}

/* The end of a file that has N_DATA bytes from BASE on.  *RET_WHY: why it can't be; then nothing of it is left. */
static enum udf_err end_data(struct reading *r, uint64_t base, uint64_t size_bytes, uint64_t n_data,
			     const char **ret_why)
{
	uint64_t hole_bytes = size_bytes - udf_min64(n_data, size_bytes);

	if (hole_bytes > MAX_HOLE_BYTES - r->n_hole_bytes)
		*ret_why = "its holes are too big, together with those of the files before it";
	else if (ftruncate(r->tar->spool_fd, (off_t)(base + size_bytes)) == 0)
		r->n_hole_bytes += hole_bytes;
	else if (errno == EFBIG || errno == EINVAL)
		*ret_why = "the file is too big for the file system of the archive's copy";
	else
		return spool_failed(r, errno);
	/* what is there of it must not show in the holes of the next one */
	if (*ret_why && ftruncate(r->tar->spool_fd, (off_t)base))
		return spool_failed(r, errno);
	return UDF_OK;
}

/* The data of the current entry, a file of OBJECT's size.  *RET_WHY: why it can't be; then the result is UDF_OK. */
static enum udf_err read_data(struct reading *r, struct tar_object *object, const char **ret_why)
{
	uint64_t size_bytes = (uint64_t)object->st.st_size, base = r->tar->spool_bytes, n_data = 0;
	const void *data;
	size_t n;
	la_int64_t at;
	enum udf_err err;
	int got;

	if (size_bytes > MAX_FILE_BYTES || base > MAX_SPOOL_BYTES) {
		*ret_why = "the file is too big";
		return UDF_OK;
	}
	while ((got = la.archive_read_data_block(r->archive, &data, &n, &at)) != ARCHIVE_EOF) {
		if (got < ARCHIVE_WARN)
			return damaged(r);
		if (at < 0 || (uint64_t)at > size_bytes || n > size_bytes - (uint64_t)at)
			return stop(r, UDF_E_CORRUPT, "the archive can't be read: a file has data after its end");
		err = n ? spool_write(r, data, n, base + (uint64_t)at) : UDF_OK;
		if (err)
			return err;
		n_data += n;
		if (r->options->progress)
			r->options->progress(r->options->ctx, n);
	}
	object->data_at_bytes = base;
	object->st.st_blocks = n_data < size_bytes ? 0 : (blkcnt_t)udf_ceil_div(size_bytes, 512);
	err = end_data(r, base, size_bytes, n_data, ret_why);
	if (!err && !*ret_why)
		r->tar->spool_bytes = udf_ceil_div(base + size_bytes, SPOOL_ALIGN_BYTES) * SPOOL_ALIGN_BYTES;
	return err;
}

/* ---- entries ---- */

/* Ids of 64 bits are as wrong as negative ones. */
static uint32_t id_of(la_int64_t id)
{
	return id < 0 || id > UINT32_MAX ? 0 : (uint32_t)id;
}

static struct stat stat_of(struct archive_entry *entry)
{
	struct libarchive_times times;
	struct stat st = { .st_mode = la.archive_entry_mode(entry), .st_uid = id_of(la.archive_entry_uid(entry)),
			   .st_gid = id_of(la.archive_entry_gid(entry)) };

	if (S_ISREG(st.st_mode) && la.archive_entry_size(entry) > 0)
		st.st_size = la.archive_entry_size(entry);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		st.st_rdev = makedev((unsigned)la.archive_entry_rdevmajor(entry),
				     (unsigned)la.archive_entry_rdevminor(entry));
	libarchive_times(entry, &times);
	st.st_mtim = (struct timespec){ .tv_sec = times.modified.seconds, .tv_nsec = times.modified.nanoseconds };
	st.st_atim = st.st_ctim = st.st_mtim;
	if (times.accessed.is_set)
		st.st_atim = (struct timespec){ .tv_sec = times.accessed.seconds,
						.tv_nsec = times.accessed.nanoseconds };
	if (times.changed.is_set)
		st.st_ctim = (struct timespec){ .tv_sec = times.changed.seconds,
						.tv_nsec = times.changed.nanoseconds };
	return st;
}

/* What ENTRY is; *RET_WHY: why it can't be. */
static enum udf_err make_object(struct reading *r, struct archive_entry *entry, const struct stat *st,
				struct tar_object **ret_object, const char **ret_why)
{
	const char *target = la.archive_entry_hardlink_utf8(entry);	/* as the names are kept */
	struct tar_object *object;

	if (!target)
		target = la.archive_entry_hardlink(entry);
	if (target) {
		*ret_object = find_object(r, target);
		if (!*ret_object || S_ISDIR((*ret_object)->st.st_mode))
			*ret_why = "is a hard link to a file that the archive does not hold before it";
		return UDF_OK;
	}
	if ((S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) && (la.archive_entry_rdevmajor(entry) > UINT32_MAX ||
							       la.archive_entry_rdevminor(entry) > UINT32_MAX)) {
		*ret_why = "its device number is too large";
		return UDF_OK;
	}
	target = S_ISLNK(st->st_mode) ? la.archive_entry_symlink_utf8(entry) : NULL;
	if (S_ISLNK(st->st_mode) && !target)
		target = la.archive_entry_symlink(entry);
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode) && !S_ISCHR(st->st_mode) && !S_ISBLK(st->st_mode) &&
	    !S_ISFIFO(st->st_mode) && !S_ISSOCK(st->st_mode) && !target) {
		*ret_why = "is of an unknown file type";
		return UDF_OK;
	}
	if (target && strlen(target) >= PATH_MAX) {
		*ret_why = "the symbolic link is too long";
		return UDF_OK;
	}
	object = object_new(&r->tar->objects, st);
	if (object && target) {
		object->link_target = strdup(target);
		object->st.st_size = (off_t)strlen(target);
	}
	*ret_object = object;
	return object && (!target || object->link_target) ? UDF_OK : UDF_E_NOMEM;
}

/* Where the archive does not name its root directory, that has the times of the newest object. */
static void touch_root(struct tar_object *root, const struct stat *st)
{
	if (!root->is_implied || root->st.st_mtim.tv_sec >= st->st_mtim.tv_sec)
		return;
	root->st.st_mtim = root->st.st_atim = root->st.st_ctim = st->st_mtim;
}

/* Give OBJECT its name, in the place of what had it. */
static enum udf_err name_object(struct reading *r, const char *path, struct tar_object *object, const char **ret_why)
{
	struct tar_name *parent = NULL, *name;
	const char *text = NULL;
	size_t n_bytes = 0;
	enum udf_err err = find_parent(r, path, &object->st, &parent, &text, &n_bytes, ret_why);

	if (err || *ret_why)
		return err;
	touch_root(r->tar->objects.root->object, &object->st);
	name = n_bytes ? objects_find(&r->tar->objects, parent, text, n_bytes) : parent;
	if (!name)
		return objects_add(&r->tar->objects, parent, text, n_bytes, object);
	if (!S_ISDIR(object->st.st_mode) && (!n_bytes || name->first))
		*ret_why = "there is a directory of this name, and it is not empty";
	else
		objects_replace(name, object);
	return UDF_OK;
}

static enum udf_err add_entry(struct reading *r, struct archive_entry *entry)
{
	const char *path = la.archive_entry_pathname_utf8(entry), *why = NULL;
	struct stat st = stat_of(entry);
	struct tar_object *object = NULL;
	enum udf_err err = UDF_OK;

	if (!path)
		path = la.archive_entry_pathname(entry);	/* bytes that are no UTF-8: lib/tree says so */
	if (!path || !*path)
		return UDF_OK;
	if (strlen(path) >= PATH_MAX)
		why = "the name is too long";
	else if (has_parent(path))
		why = "its name leads out of the archive";
	if (!why)
		err = make_object(r, entry, &st, &object, &why);
	if (!err && !why && S_ISREG(object->st.st_mode) && !object->st.st_nlink)
		err = read_data(r, object, &why);
	if (!err && !why)
		err = name_object(r, path, object, &why);
	object_drop(object);
	if (why)
		leave_out(r, path, why);
	if (err == UDF_E_RANGE)
		return stop(r, err, "the archive has more than 16777216 files");
	if (err == UDF_E_NOMEM)
		return stop(r, err, udf_strerror(err));
	return err;
}

static enum udf_err read_all(struct reading *r, int fd)
{
	struct archive_entry *entry;
	int got = la.archive_read_open_fd(r->archive, fd, READ_BYTES);
	enum udf_err err = UDF_OK;

	if (got < ARCHIVE_WARN)
		return damaged(r);
	while (!err && (got = la.archive_read_next_header(r->archive, &entry)) != ARCHIVE_EOF) {
		if (got < ARCHIVE_WARN)
			return damaged(r);
		err = add_entry(r, entry);
	}
	return err;
}

static struct archive *archive_of_tar(void)
{
	struct archive *archive = la.archive_read_new();

	if (!archive)
		return NULL;
	la.archive_read_support_format_tar(archive);
	la.archive_read_support_filter_gzip(archive);
	la.archive_read_support_filter_bzip2(archive);
	la.archive_read_support_filter_xz(archive);
	la.archive_read_support_filter_lzma(archive);
	la.archive_read_support_filter_zstd(archive);
	la.archive_read_support_filter_lz4(archive);
	la.archive_read_support_filter_compress(archive);
	return archive;
}

/* A file without a name; where the file system has none, its name is removed at once. */
static int open_spool(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char *path;

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
	if (asprintf(&path, "%s/udfkit.XXXXXX", dir) < 0)
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	free(path);
	return fd;
}

enum udf_err udf_tar_open(int fd, const struct udf_tar_options *options, struct udf_tar **ret_tar,
			  char ret_why[UDF_TAR_WHY_BYTES])
{
	struct udf_tar *tar = calloc(1, sizeof(*tar));
	struct reading r = { .tar = tar, .options = options, .ret_why = ret_why };
	enum udf_err err = tar ? objects_init(&tar->objects) : UDF_E_NOMEM;

	if (err) {
		free(tar);
		return stop(&r, err, udf_strerror(err));
	}
	if (!libarchive_load()) {
		objects_done(&tar->objects);
		free(tar);
		return stop(&r, UDF_E_UNSUPPORTED, "libarchive.so.13 is missing; install libarchive");
	}
	tar->spool_fd = open_spool(options->spool_dir);
	r.archive = archive_of_tar();
	if (tar->spool_fd < 0)
		err = spool_failed(&r, errno);
	else
		err = r.archive ? read_all(&r, fd) : stop(&r, UDF_E_NOMEM, udf_strerror(UDF_E_NOMEM));
	la.archive_read_free(r.archive);
	if (err) {
		udf_tar_close(tar);
		return err;
	}
	objects_sort(&tar->objects);
	*ret_tar = tar;
	return UDF_OK;
}

void udf_tar_close(struct udf_tar *tar)
{
	if (!tar)
		return;
	objects_done(&tar->objects);
	if (tar->spool_fd >= 0)
		close(tar->spool_fd);
	free(tar);
}
