/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tree/insert.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tree/ino_map.h"

#define BUFFER_BYTES (1u << 20)

struct link {			/* a host file with several names, already copied */
	dev_t dev;
	udf_ino ino;
};

struct tree_insert {
	struct udf_fs *fs;
	const struct tree_insert_options *options;
	enum udf_err first_err;
	udf_ino *dirs;			/* of the volume, by level of the walk; 0 is the target */
	size_t cap_dirs;
	struct tree_ino_map link_of;	/* host inode number -> index of links[] */
	struct link *links;
	size_t n_links, cap_links;
	uint8_t *buffer;		/* BUFFER_BYTES */
	uint64_t n_data_bytes;
};

/* What is at hand: a host object, and where it goes. */
struct item {
	const char *path;		/* as messages have it */
	const char *access_path;
	const struct stat *st;
	udf_ino dir;
	const char *name;
};

enum udf_err tree_insert_new(struct udf_fs *fs, const struct tree_insert_options *options,
			     struct tree_insert **ret_insert)
{
	struct tree_insert *in = calloc(1, sizeof(*in));

	if (!in)
		return UDF_E_NOMEM;
	in->fs = fs;
	in->options = options;
	in->buffer = malloc(BUFFER_BYTES);
	if (!in->buffer) {
		free(in);
		return UDF_E_NOMEM;
	}
	*ret_insert = in;
	return UDF_OK;
}

void tree_insert_free(struct tree_insert *in)
{
	if (!in)
		return;
	tree_ino_map_done(&in->link_of);
	free(in->links);
	free(in->dirs);
	free(in->buffer);
	free(in);
}

static enum udf_err fail(struct tree_insert *in, const char *path, enum udf_err err, int host_errno)
{
	if (!in->first_err)
		in->first_err = err;
	if (in->options->failed)
		in->options->failed(in->options->ctx, path, err, host_errno);
	return err;
}

static void done(struct tree_insert *in, const char *path)
{
	if (in->options->done)
		in->options->done(in->options->ctx, path, in->n_data_bytes);
}

static struct udf_time to_time(struct timespec ts)
{
	return (struct udf_time){ .seconds = ts.tv_sec,
				  .microseconds = (uint32_t)(ts.tv_nsec / 1000),
				  .zone_minutes = 0 };
}

/* Owner, mode and times: those of a directory once all is in it. */
static enum udf_err set_attr(struct tree_insert *in, udf_ino ino, const struct stat *st)
{
	struct udf_attr attr = { .mode = st->st_mode,
				 .uid = st->st_uid,
				 .gid = st->st_gid,
				 .atime = to_time(st->st_atim),
				 .mtime = to_time(st->st_mtim) };

	return udf_setattr(in->fs, ino, &attr,
			   UDF_SET_MODE | UDF_SET_UID | UDF_SET_GID | UDF_SET_ATIME | UDF_SET_MTIME,
			   &attr);
}

/* ---- file data ---- */

static bool is_cancelled(const struct tree_insert *in)
{
	return in->options->cancelled && in->options->cancelled(in->options->ctx);
}

static enum udf_err copy_range(struct tree_insert *in, int fd, udf_ino ino, uint64_t at, uint64_t end,
			       int *ret_errno)
{
	while (at < end) {
		size_t want = end - at < BUFFER_BYTES ? (size_t)(end - at) : BUFFER_BYTES, n_done = 0;
		ssize_t n = pread(fd, in->buffer, want, (off_t)at);
		enum udf_err err;

		if (is_cancelled(in))
			return UDF_E_CANCELLED;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*ret_errno = errno;
			return udf_err_from_errno(errno);
		}
		if (n == 0)
			break;		/* shorter by now; the size follows */
		err = udf_write(in->fs, ino, at, (size_t)n, in->buffer, &n_done);
		if (err)
			return err;
		if (n_done < (size_t)n)
			return UDF_E_NOSPC;
		at += n_done;
		in->n_data_bytes += n_done;
	}
	return UDF_OK;
}

/* The data between the holes; then the size, so that a hole at the end is there too. */
static enum udf_err copy_data(struct tree_insert *in, int fd, const struct stat *st, udf_ino ino,
			      int *ret_errno)
{
	uint64_t size = (uint64_t)st->st_size, at = 0;
	bool has_holes = (uint64_t)st->st_blocks * 512 < size;
	struct udf_attr attr = { .size_bytes = size };

	/* The size of what /proc has is 0, whatever there is to read. */
	if (!has_holes)
		return copy_range(in, fd, ino, 0, size ? size : INT64_MAX, ret_errno);
	while (at < size) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;
		enum udf_err err;

		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			data = (off_t)at;	/* a host without: all of it is data */
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole <= data)
			hole = (off_t)size;
		err = copy_range(in, fd, ino, (uint64_t)data, (uint64_t)hole < size ? (uint64_t)hole : size,
				 ret_errno);
		if (err)
			return err;
		at = (uint64_t)hole;
	}
	return udf_setattr(in->fs, ino, &attr, UDF_SET_SIZE, &attr);
}

static enum udf_err insert_data(struct tree_insert *in, const struct item *item, udf_ino ino)
{
	int fd = open(item->access_path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), host_errno = 0;
	struct stat st;
	enum udf_err err;

	if (fd < 0 || fstat(fd, &st)) {
		host_errno = errno;
		err = udf_err_from_errno(host_errno);
	} else {
		err = copy_data(in, fd, &st, ino, &host_errno);
	}
	if (fd >= 0)
		close(fd);
	return err ? fail(in, item->path, err, host_errno) : UDF_OK;
}

/* ---- objects ---- */

/* Is it another name of a file that was copied before?  *RET_LINKED: then it has that name now. */
static enum udf_err insert_link(struct tree_insert *in, const struct item *item, bool *ret_linked)
{
	struct udf_attr attr;
	uint64_t index;
	enum udf_err err;

	*ret_linked = false;
	if (!tree_ino_map_find(&in->link_of, item->st->st_ino, &index) ||
	    in->links[index].dev != item->st->st_dev)
		return UDF_OK;
	err = udf_link(in->fs, in->links[index].ino, item->dir, item->name, strlen(item->name), &attr);
	if (err)
		return fail(in, item->path, err, 0);
	udf_forget(in->fs, attr.ino, 1);
	*ret_linked = true;
	return UDF_OK;
}

static enum udf_err remember_link(struct tree_insert *in, const struct stat *st, udf_ino ino)
{
	enum udf_err err;

	if (tree_ino_map_find(&in->link_of, st->st_ino, NULL))
		return UDF_OK;		/* of another device: becomes a copy */
	if (in->n_links == in->cap_links) {
		size_t cap = in->cap_links ? in->cap_links * 2 : 64;
		struct link *links = realloc(in->links, cap * sizeof(*links));

		if (!links)
			return UDF_E_NOMEM;
		in->links = links;
		in->cap_links = cap;
	}
	err = tree_ino_map_add(&in->link_of, st->st_ino, in->n_links);
	if (!err)
		in->links[in->n_links++] = (struct link){ .dev = st->st_dev, .ino = ino };
	return err;
}

/* Take away a file that has the name; *RET_DIR is a directory that has it, and stays. */
static enum udf_err make_room(struct tree_insert *in, const struct item *item, bool *ret_is_dir,
			      udf_ino *ret_dir)
{
	struct udf_attr attr;
	enum udf_err err = udf_lookup(in->fs, item->dir, item->name, strlen(item->name), &attr);

	*ret_is_dir = false;
	if (err == UDF_E_NOT_FOUND)
		return UDF_OK;
	if (err)
		return err;
	udf_forget(in->fs, attr.ino, 1);
	if (S_ISDIR(attr.mode)) {
		*ret_is_dir = true;
		*ret_dir = attr.ino;
		return S_ISDIR(item->st->st_mode) ? UDF_OK : UDF_E_IS_DIR;
	}
	return S_ISDIR(item->st->st_mode) ? UDF_E_NOT_DIR :
					    udf_unlink(in->fs, item->dir, item->name, strlen(item->name));
}

static enum udf_err create(struct tree_insert *in, const struct item *item, udf_ino *ret_ino)
{
	struct udf_new new = { .mode = item->st->st_mode,
			       .uid = item->st->st_uid,
			       .gid = item->st->st_gid,
			       .rdev_major = major(item->st->st_rdev),
			       .rdev_minor = minor(item->st->st_rdev) };
	char target[PATH_MAX];
	struct udf_attr attr;
	enum udf_err err;

	if (S_ISLNK(item->st->st_mode)) {
		ssize_t n = readlink(item->access_path, target, sizeof(target));

		if (n < 0)
			return fail(in, item->path, udf_err_from_errno(errno), errno);
		new.symlink_target = target;
		new.symlink_target_bytes = (size_t)n;
	}
	err = udf_create(in->fs, item->dir, item->name, strlen(item->name), &new, &attr);
	if (err)
		return fail(in, item->path, err, 0);
	udf_forget(in->fs, attr.ino, 1);
	*ret_ino = attr.ino;
	return UDF_OK;
}

/* Anything but a directory. */
static enum udf_err insert_leaf(struct tree_insert *in, const struct item *item)
{
	bool is_dir, linked = false;
	udf_ino ino = 0;
	enum udf_err err = make_room(in, item, &is_dir, &ino);

	if (err)
		return fail(in, item->path, err, 0);
	err = item->st->st_nlink > 1 ? insert_link(in, item, &linked) : UDF_OK;
	if (!err && !linked)
		err = create(in, item, &ino);
	if (err)
		return err;
	if (!linked && S_ISREG(item->st->st_mode)) {
		err = insert_data(in, item, ino);
		if (err == UDF_E_CANCELLED)
			(void)udf_unlink(in->fs, item->dir, item->name, strlen(item->name));
		if (err)
			return err;
	}
	if (!linked)
		err = set_attr(in, ino, item->st);
	if (!err && !linked && item->st->st_nlink > 1)
		err = remember_link(in, item->st, ino);
	if (err)
		return fail(in, item->path, err, 0);
	done(in, item->path);
	return UDF_OK;
}

/* A directory on the way down: it is there afterwards, as *RET_DIR. */
static enum udf_err insert_directory(struct tree_insert *in, const struct item *item, udf_ino *ret_dir)
{
	bool is_dir;
	enum udf_err err = make_room(in, item, &is_dir, ret_dir);

	if (err)
		return fail(in, item->path, err, 0);
	return is_dir ? UDF_OK : create(in, item, ret_dir);
}

/* ---- the walk ---- */

static enum udf_err set_dir(struct tree_insert *in, size_t level, udf_ino dir)
{
	if (level >= in->cap_dirs) {
		size_t cap = level * 2 + 16;
		udf_ino *dirs = realloc(in->dirs, cap * sizeof(*dirs));

		if (!dirs)
			return UDF_E_NOMEM;
		in->dirs = dirs;
		in->cap_dirs = cap;
	}
	in->dirs[level] = dir;
	return UDF_OK;
}

static bool is_skipped(const struct tree_insert *in, const struct stat *st)
{
	return in->options->skip_ino && st->st_ino == in->options->skip_ino &&
	       st->st_dev == in->options->skip_dev;
}

#define NOT_MADE 1		/* fts_number of a directory that isn't on the volume */

/* One step of the walk; NAME stands for the start's own. */
static enum udf_err step(struct tree_insert *in, FTS *fts, FTSENT *ent, const char *name)
{
	size_t level = (size_t)ent->fts_level;
	bool is_start = level == FTS_ROOTLEVEL;
	struct item item = { .path = ent->fts_path,
			     .access_path = ent->fts_accpath,
			     .st = ent->fts_statp,
			     .dir = in->dirs[level],
			     .name = is_start ? name : ent->fts_name };
	udf_ino dir = in->dirs[0];
	enum udf_err err = UDF_OK;

	switch (ent->fts_info) {
	case FTS_D:
		if (item.name)
			err = insert_directory(in, &item, &dir);
		if (!err)
			err = set_dir(in, level + 1, dir);
		if (err) {
			fts_set(fts, ent, FTS_SKIP);	/* it comes once more, as FTS_DP */
			ent->fts_number = NOT_MADE;
		}
		return err;
	case FTS_DP:
		if (!item.name || ent->fts_number == NOT_MADE)
			return UDF_OK;
		err = set_attr(in, in->dirs[level + 1], item.st);
		if (err)
			return fail(in, item.path, err, 0);
		done(in, item.path);
		return UDF_OK;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return fail(in, item.path, udf_err_from_errno(ent->fts_errno), ent->fts_errno);
	case FTS_DC:
		return fail(in, item.path, UDF_E_CORRUPT, ELOOP);
	default:
		if (is_skipped(in, item.st))
			return is_start ? fail(in, item.path, UDF_E_BUSY, 0) : UDF_OK;
		return item.name ? insert_leaf(in, &item) : fail(in, item.path, UDF_E_NOT_DIR, 0);
	}
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

enum udf_err tree_insert_path(struct tree_insert *in, const char *path, udf_ino dir, const char *name)
{
	char *paths[2] = { strdup(path), NULL };
	enum udf_err err;
	FTSENT *ent;
	FTS *fts = NULL;

	in->first_err = UDF_OK;
	err = paths[0] ? set_dir(in, 0, dir) : UDF_E_NOMEM;
	if (!err) {
		fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
		if (!fts)
			err = udf_err_from_errno(errno);
	}
	if (err)
		fail(in, path, err, 0);
	while (fts && err != UDF_E_NOSPC && err != UDF_E_CANCELLED && (ent = fts_read(fts)))
		err = is_cancelled(in) ? fail(in, ent->fts_path, UDF_E_CANCELLED, 0) : step(in, fts, ent, name);
	if (fts)
		fts_close(fts);
	free(paths[0]);
	return in->first_err;
}

static enum udf_err copy_stream(struct tree_insert *in, int fd, udf_ino ino, int *ret_errno)
{
	uint64_t at = 0;

	for (;;) {
		ssize_t n = read(fd, in->buffer, BUFFER_BYTES);
		size_t n_done = 0;
		enum udf_err err;

		if (is_cancelled(in))
			return UDF_E_CANCELLED;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*ret_errno = errno;
			return udf_err_from_errno(errno);
		}
		if (n == 0)
			return UDF_OK;
		err = udf_write(in->fs, ino, at, (size_t)n, in->buffer, &n_done);
		if (err)
			return err;
		if (n_done < (size_t)n)
			return UDF_E_NOSPC;
		at += n_done;
		in->n_data_bytes += n_done;
	}
}

enum udf_err tree_insert_stream(struct tree_insert *in, int fd, const struct stat *st, const char *path,
				udf_ino dir, const char *name)
{
	const struct item item = { .path = path, .st = st, .dir = dir, .name = name };
	bool is_dir;
	udf_ino ino = 0;
	int host_errno = 0;
	enum udf_err err = make_room(in, &item, &is_dir, &ino);

	if (err)
		return fail(in, path, err, 0);
	err = create(in, &item, &ino);
	if (err)
		return err;
	err = copy_stream(in, fd, ino, &host_errno);
	if (err == UDF_E_CANCELLED)
		(void)udf_unlink(in->fs, dir, name, strlen(name));
	if (err)
		return fail(in, path, err, host_errno);
	done(in, path);
	return UDF_OK;
}
