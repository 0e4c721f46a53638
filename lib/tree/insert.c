/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tree/insert.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/time.h"
#include "tree/ino_map.h"

#define BUFFER_BYTES (1u << 20)

#define MAX_TEMPORARY 1000000u	/* how many temporary names are tried */

struct link {			/* a host file with several names, already copied */
	dev_t dev;
	udf_ino ino;		/* referenced, because another file may replace its last name */
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
	const char *start_name;		/* that the walk begins with on the volume, or NULL */
	char *kept;			/* see tree_insert_kept() */
	int host_errno;			/* why the current object can't be read; 0: the volume failed */
	uint32_t n_temporary;		/* the first number to try for the next temporary name */
};

/* The current object of the host, and where it is copied to. */
struct item {
	const char *path;		/* for messages */
	const char *access_path;
	const struct stat *st;
	udf_ino dir;
	const char *name;
	size_t level;			/* of the walk; 0 for its start */
};

/*
 * Where an item is made.  An item that replaces a file has a temporary name until it is complete, so the old file
 * stays whatever happens before that.
 */
struct place {
	const char *name;		/* the item's, or temporary */
	char temporary[32];
	bool is_taken;			/* OLD has the item's name */
	bool is_dir;			/* OLD is a directory; it stays */
	bool is_made;			/* the item has been made there */
	udf_ino old;
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
	for (size_t i = 0; i < in->n_links; i++)
		udf_forget(in->fs, in->links[i].ino, 1);
	free(in->links);
	free(in->kept);
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

/* Set owner, mode and times.  A directory gets them when everything is in it. */
static enum udf_err set_attr(struct tree_insert *in, udf_ino ino, const struct stat *st)
{
	struct udf_attr attr = { .mode = st->st_mode,
				 .uid = st->st_uid,
				 .gid = st->st_gid,
				 .atime = udf_time_from_timespec(st->st_atim),
				 .mtime = udf_time_from_timespec(st->st_mtim) };

	return udf_setattr(in->fs, ino, &attr,
			   UDF_SET_MODE | UDF_SET_UID | UDF_SET_GID | UDF_SET_ATIME | UDF_SET_MTIME,
			   &attr);
}

/* ---- file data ---- */

static bool is_cancelled(const struct tree_insert *in)
{
	return in->options->cancelled && in->options->cancelled(in->options->ctx);
}

static void copied(struct tree_insert *in, size_t n_bytes)
{
	in->n_data_bytes += n_bytes;
	if (in->options->progress)
		in->options->progress(in->options->ctx, in->n_data_bytes);
}

/* The host's errno says why. */
static enum udf_err host_failed(struct tree_insert *in)
{
	in->host_errno = errno;
	return udf_err_from_errno(in->host_errno);
}

/* Write the first N_BYTES of the buffer at byte AT of INO. */
static enum udf_err write_buffer(struct tree_insert *in, udf_ino ino, uint64_t at, size_t n_bytes)
{
	size_t n_done = 0;
	enum udf_err err = udf_write(in->fs, ino, at, n_bytes, in->buffer, &n_done);

	if (err)
		return err;
	if (n_done < n_bytes)
		return UDF_E_NOSPC;
	copied(in, n_done);
	return UDF_OK;
}

static enum udf_err copy_range(struct tree_insert *in, int fd, udf_ino ino, uint64_t at, uint64_t end)
{
	while (at < end) {
		size_t want = end - at < BUFFER_BYTES ? (size_t)(end - at) : BUFFER_BYTES;
		ssize_t n = pread(fd, in->buffer, want, (off_t)at);
		enum udf_err err;

		if (is_cancelled(in))
			return UDF_E_CANCELLED;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return host_failed(in);
		if (n == 0)
			break;		/* the file got shorter; its size is set below */
		err = write_buffer(in, ino, at, (size_t)n);
		if (err)
			return err;
		at += (size_t)n;
	}
	return UDF_OK;
}

/* Copy the data between the holes, and set the size, so that a hole at the end is copied too. */
static enum udf_err copy_data(struct tree_insert *in, int fd, const struct stat *st, udf_ino ino)
{
	uint64_t size = (uint64_t)st->st_size, at = 0;
	bool has_holes = (uint64_t)st->st_blocks * 512 < size;
	struct udf_attr attr = { .size_bytes = size };

	/* Files in /proc have size 0, even if they have contents. */
	if (!has_holes)
		return copy_range(in, fd, ino, 0, size ? size : INT64_MAX);
	while (at < size) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;
		enum udf_err err;

		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			data = (off_t)at;	/* the host can't find holes: everything is data */
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole <= data)
			hole = (off_t)size;
		err = copy_range(in, fd, ino, (uint64_t)data, (uint64_t)hole < size ? (uint64_t)hole : size);
		if (err)
			return err;
		at = (uint64_t)hole;
	}
	return udf_setattr(in->fs, ino, &attr, UDF_SET_SIZE, &attr);
}

static enum udf_err insert_data(struct tree_insert *in, const struct item *item, udf_ino ino)
{
	int fd = open(item->access_path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	enum udf_err err = fd < 0 || fstat(fd, &st) ? host_failed(in) : copy_data(in, fd, &st, ino);

	if (fd >= 0)
		close(fd);
	return err;
}

/* ---- where it is made ---- */

/* Find a name that is free in the item's directory. */
static enum udf_err find_temporary(struct tree_insert *in, const struct item *item, struct place *place)
{
	for (unsigned try = 0; try < MAX_TEMPORARY; try++) {
		struct udf_attr attr;
		enum udf_err err;

		snprintf(place->temporary, sizeof(place->temporary), ".udf-put-%" PRIu32, in->n_temporary);
		err = udf_lookup(in->fs, item->dir, place->temporary, strlen(place->temporary), &attr);
		if (err == UDF_E_NOT_FOUND)
			place->name = place->temporary;
		if (err)
			return err == UDF_E_NOT_FOUND ? UDF_OK : err;
		udf_forget(in->fs, attr.ino, 1);
		in->n_temporary++;
	}
	return UDF_E_EXISTS;
}

static enum udf_err find_place(struct tree_insert *in, const struct item *item, struct place *ret)
{
	bool is_dir = S_ISDIR(item->st->st_mode);
	struct udf_attr attr;
	enum udf_err err = udf_lookup(in->fs, item->dir, item->name, strlen(item->name), &attr);

	*ret = (struct place){ .name = item->name };
	in->host_errno = 0;
	if (err == UDF_E_NOT_FOUND)
		return UDF_OK;
	if (!err)
		udf_forget(in->fs, attr.ino, 1);
	/* A file that can't be read can be replaced by its name. */
	else if (udf_lookup_name(in->fs, item->dir, item->name, strlen(item->name), &attr) || S_ISDIR(attr.mode))
		return err;
	ret->is_taken = true;
	ret->is_dir = S_ISDIR(attr.mode);
	ret->old = attr.ino;
	if (is_dir != ret->is_dir)
		return is_dir ? UDF_E_NOT_DIR : UDF_E_IS_DIR;
	return is_dir ? UDF_OK : find_temporary(in, item, ret);
}

/*
 * The path of ITEM below the target directory: the name of the start, and the last LEVEL components of the host's
 * path.
 */
static char *target_path(const struct tree_insert *in, const struct item *item)
{
	const char *rest = item->path + strlen(item->path);
	char *path;

	if (item->level == 0)
		return strdup(item->name);
	for (size_t n = item->level; rest > item->path; rest--)
		if (rest[-1] == '/' && --n == 0)
			break;
	if (asprintf(&path, "%s%s%s", in->start_name ? in->start_name : "", in->start_name ? "/" : "", rest) < 0)
		return NULL;
	return path;
}

/* Without ERR the new object is complete and replaces the old file.  With ERR it is removed, and ERR is reported. */
static enum udf_err finish(struct tree_insert *in, const struct item *item, const struct place *place,
			   enum udf_err err)
{
	if (!err && place->is_made && place->is_taken)
		err = udf_rename(in->fs, item->dir, place->name, strlen(place->name), item->dir, item->name,
				 strlen(item->name), 0);
	if (!err) {
		done(in, item->path);
		return UDF_OK;
	}
	if (place->is_made)
		(void)udf_unlink(in->fs, item->dir, place->name, strlen(place->name));
	if (err == UDF_E_NOSPC && place->is_taken && !in->host_errno)
		in->kept = target_path(in, item);
	fail(in, item->path, err, in->host_errno);
	free(in->kept);
	in->kept = NULL;
	return err;
}

const char *tree_insert_kept(const struct tree_insert *in)
{
	return in->kept;
}

/* ---- objects ---- */

/* Is it another name of a file that was copied before?  *RET_LINKED: it was, and has been linked at PLACE. */
static enum udf_err insert_link(struct tree_insert *in, const struct item *item, struct place *place,
				bool *ret_linked)
{
	struct udf_attr attr;
	uint64_t index;
	enum udf_err err;

	*ret_linked = false;
	if (!tree_ino_map_find(&in->link_of, item->st->st_ino, &index) ||
	    in->links[index].dev != item->st->st_dev)
		return UDF_OK;
	*ret_linked = true;
	if (place->is_taken && place->old == in->links[index].ino)
		return UDF_OK;
	err = udf_link(in->fs, in->links[index].ino, item->dir, place->name, strlen(place->name), &attr);
	if (err == UDF_E_NOT_FOUND) {
		*ret_linked = false;	/* another file has replaced the copy since then */
		return UDF_OK;
	}
	if (err)
		return err;
	udf_forget(in->fs, attr.ino, 1);
	place->is_made = true;
	return UDF_OK;
}

/* Remember INO as the copy of the file of ST.  *RET_KEPT: links[] owns the reference now. */
static enum udf_err remember_link(struct tree_insert *in, const struct stat *st, udf_ino ino, bool *ret_kept)
{
	uint64_t index;
	enum udf_err err;

	if (tree_ino_map_find(&in->link_of, st->st_ino, &index)) {
		if (in->links[index].dev != st->st_dev)
			return UDF_OK;		/* a file of another device becomes a copy */
		udf_forget(in->fs, in->links[index].ino, 1);
		in->links[index].ino = ino;
		*ret_kept = true;
		return UDF_OK;
	}
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
	*ret_kept = !err;
	return err;
}

/* Make the object.  *RET_INO is referenced. */
static enum udf_err create(struct tree_insert *in, const struct item *item, struct place *place,
			   udf_ino *ret_ino)
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
			return host_failed(in);
		new.symlink_target = target;
		new.symlink_target_bytes = (size_t)n;
	}
	err = udf_create(in->fs, item->dir, place->name, strlen(place->name), &new, &attr);
	if (err)
		return err;
	*ret_ino = attr.ino;
	place->is_made = true;
	return UDF_OK;
}

/* Copy a file to PLACE. */
static enum udf_err insert_copy(struct tree_insert *in, const struct item *item, struct place *place)
{
	bool kept = false;
	udf_ino ino;
	enum udf_err err = create(in, item, place, &ino);

	if (err)
		return err;
	if (S_ISREG(item->st->st_mode))
		err = insert_data(in, item, ino);
	if (!err)
		err = set_attr(in, ino, item->st);
	if (!err && item->st->st_nlink > 1)
		err = remember_link(in, item->st, ino, &kept);
	if (!kept)
		udf_forget(in->fs, ino, 1);
	return err;
}

/* Copy an object that is not a directory. */
static enum udf_err insert_leaf(struct tree_insert *in, const struct item *item)
{
	bool linked = false;
	struct place place;
	enum udf_err err = find_place(in, item, &place);

	if (!err && item->st->st_nlink > 1)
		err = insert_link(in, item, &place, &linked);
	if (!err && !linked)
		err = insert_copy(in, item, &place);
	return finish(in, item, &place, err);
}

/* Make a directory, or find it, on the way down.  *RET_DIR: the directory. */
static enum udf_err insert_directory(struct tree_insert *in, const struct item *item, udf_ino *ret_dir)
{
	struct place place;
	enum udf_err err = find_place(in, item, &place);

	*ret_dir = place.old;
	if (!err && !place.is_taken) {
		err = create(in, item, &place, ret_dir);
		if (!err)
			udf_forget(in->fs, *ret_dir, 1);
	}
	return err ? fail(in, item->path, err, in->host_errno) : UDF_OK;
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

/* One step of the walk.  NAME is used instead of the name of the start. */
static enum udf_err step(struct tree_insert *in, FTS *fts, FTSENT *ent, const char *name)
{
	size_t level = (size_t)ent->fts_level;
	bool is_start = level == FTS_ROOTLEVEL;
	struct item item = { .path = ent->fts_path,
			     .access_path = ent->fts_accpath,
			     .st = ent->fts_statp,
			     .dir = in->dirs[level],
			     .name = is_start ? name : ent->fts_name,
			     .level = level };
	udf_ino dir = in->dirs[0];
	enum udf_err err = UDF_OK;

	switch (ent->fts_info) {
	case FTS_D:
		if (item.name)
			err = insert_directory(in, &item, &dir);
		if (!err)
			err = set_dir(in, level + 1, dir);
		if (err) {
			fts_set(fts, ent, FTS_SKIP);	/* it is returned once more, as FTS_DP */
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
	in->start_name = name;
	err = paths[0] ? set_dir(in, 0, dir) : UDF_E_NOMEM;
	if (!err) {
		fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
		if (!fts)
			err = udf_err_from_errno(errno);
	}
	if (err)
		fail(in, path, err, 0);
	while (fts && err != UDF_E_NOSPC && err != UDF_E_HOST_FULL && err != UDF_E_CANCELLED && (ent = fts_read(fts)))
		err = is_cancelled(in) ? fail(in, ent->fts_path, UDF_E_CANCELLED, 0) : step(in, fts, ent, name);
	if (fts)
		fts_close(fts);
	free(paths[0]);
	return in->first_err;
}

uint64_t tree_insert_measure(const char *path)
{
	char *paths[2] = { strdup(path), NULL };
	FTS *fts = paths[0] ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	uint64_t n_bytes = 0;
	FTSENT *ent;

	while (fts && (ent = fts_read(fts))) {
		const struct stat *st = ent->fts_statp;
		uint64_t allocated_bytes;

		if (ent->fts_info != FTS_F)
			continue;	/* and where stat(2) failed there is nothing to look at */
		allocated_bytes = (uint64_t)st->st_blocks * 512;
		n_bytes += allocated_bytes < (uint64_t)st->st_size ? allocated_bytes : (uint64_t)st->st_size;
	}
	if (fts)
		fts_close(fts);
	free(paths[0]);
	return n_bytes;
}

static enum udf_err copy_stream(struct tree_insert *in, int fd, udf_ino ino)
{
	uint64_t at = 0;

	for (;;) {
		ssize_t n = read(fd, in->buffer, BUFFER_BYTES);
		enum udf_err err;

		if (is_cancelled(in))
			return UDF_E_CANCELLED;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return host_failed(in);
		if (n == 0)
			return UDF_OK;
		err = write_buffer(in, ino, at, (size_t)n);
		if (err)
			return err;
		at += (size_t)n;
	}
}

enum udf_err tree_insert_stream(struct tree_insert *in, int fd, const struct stat *st, const char *path,
				udf_ino dir, const char *name)
{
	const struct item item = { .path = path, .st = st, .dir = dir, .name = name };
	struct place place;
	udf_ino ino = 0;
	enum udf_err err = find_place(in, &item, &place);

	in->first_err = UDF_OK;
	if (!err)
		err = create(in, &item, &place, &ino);
	if (!err) {
		err = copy_stream(in, fd, ino);
		udf_forget(in->fs, ino, 1);
	}
	return finish(in, &item, &place, err);
}
