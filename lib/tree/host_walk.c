/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tree/host_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT_OPEN 128		/* how many levels keep their descriptor; higher ones are opened again */

struct level {
	int fd;			/* -1: closed for now */
	dev_t dev;
	ino_t ino;
	uint64_t tag;
	size_t path_bytes;	/* of walk_state.path, including this directory */
	struct host_names subdir_names;
	uint64_t *subdir_tags;
	size_t n_tags, cap_tags, next;
};

struct walk_state {
	const struct host_walk *walk;
	struct level *levels;
	size_t n_levels, cap_levels;
	char *path;
	size_t cap_path;
};

/* ---- lists ---- */

static enum udf_err reserve(void **list, size_t *cap, size_t want, size_t item_bytes)
{
	size_t more = *cap ? *cap : 64;
	void *p;

	if (want <= *cap)
		return UDF_OK;
	while (more < want)
		more *= 2;
	p = realloc(*list, more * item_bytes);
	if (!p)
		return UDF_E_NOMEM;
	*list = p;
	*cap = more;
	return UDF_OK;
}

enum udf_err host_names_add(struct host_names *names, const char *name, unsigned char note)
{
	size_t n_bytes = strlen(name) + 2;
	enum udf_err err = reserve((void **)&names->text, &names->cap_bytes, names->n_bytes + n_bytes, 1);

	if (!err)
		err = reserve((void **)&names->at, &names->cap, names->n + 1, sizeof(*names->at));
	if (err)
		return err;
	memcpy(names->text + names->n_bytes, name, n_bytes - 1);
	names->text[names->n_bytes + n_bytes - 1] = (char)note;
	names->at[names->n++] = names->n_bytes;
	names->n_bytes += n_bytes;
	return UDF_OK;
}

void host_names_done(struct host_names *names)
{
	free(names->text);
	free(names->at);
	*names = (struct host_names){ .text = NULL };
}

static int compare_names(const void *a, const void *b, void *text)
{
	return strcmp((const char *)text + *(const size_t *)a, (const char *)text + *(const size_t *)b);
}

/* ---- paths ---- */

/* Put NAME after the first PATH_BYTES bytes of the path.  Gives the new length. */
static enum udf_err path_append(struct walk_state *w, size_t path_bytes, const char *name,
				size_t *ret_path_bytes)
{
	size_t n = strlen(name);
	enum udf_err err = reserve((void **)&w->path, &w->cap_path, path_bytes + n + 2, 1);

	if (err)
		return err;
	if (path_bytes)
		w->path[path_bytes++] = '/';
	memcpy(w->path + path_bytes, name, n + 1);
	*ret_path_bytes = path_bytes + n;
	return UDF_OK;
}

bool host_walk_excludes(const struct host_walk *walk, const char *path, const char *name)
{
	for (size_t i = 0; i < walk->n_excludes; i++) {
		const char *pattern = walk->excludes[i];

		if (strchr(pattern, '/') ?
		    fnmatch(pattern + (*pattern == '/'), path, FNM_PATHNAME) == 0 :
		    fnmatch(pattern, name, 0) == 0) {
			if (walk->left_out)
				walk->left_out(walk->ctx, path);
			return true;
		}
	}
	return false;
}

static void report_failed(const struct walk_state *w, int host_errno)
{
	w->walk->failed(w->walk->ctx, w->path, udf_err_from_errno(host_errno), host_errno);
}

/* ---- one directory ---- */

/* Open it without changing its access time, where that is allowed. */
static int open_directory(int at_fd, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at_fd, name, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? openat(at_fd, name, flags) : fd;
}

const char *host_name_at(const struct host_names *names, size_t i)
{
	return i < names->n ? names->text + names->at[i] : NULL;
}

static enum udf_err read_names(int dir_fd, struct host_names *names, int *ret_errno)
{
	int fd = open_directory(dir_fd, ".");
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	enum udf_err err = UDF_OK;
	struct dirent *d;

	*ret_errno = 0;
	if (!dir) {
		*ret_errno = errno;
		if (fd >= 0)
			close(fd);
		return UDF_OK;
	}
	while (!err && (errno = 0, d = readdir(dir)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			err = host_names_add(names, d->d_name, d->d_type);
	if (!err)
		*ret_errno = errno;
	closedir(dir);
	if (!err && names->n)
		qsort_r(names->at, names->n, sizeof(*names->at), compare_names, names->text);
	return err;
}

int host_open_file(int dir_fd, const char *name)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(dir_fd, name, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? openat(dir_fd, name, flags) : fd;
}

int host_try_directory(int dir_fd, const char *name)
{
	int fd = open_directory(dir_fd, name), self_fd, host_errno = errno;

	if (fd < 0)
		return host_errno;
	self_fd = open_directory(fd, ".");	/* needs the right to search it, as the walk does */
	host_errno = self_fd < 0 ? errno : 0;
	if (self_fd >= 0)
		close(self_fd);
	close(fd);
	return host_errno;
}

/* Fill in ENTRY.  An entry that is a file according to the directory is opened first, to save a lookup. */
static bool look_at(struct walk_state *w, struct host_entry *entry, unsigned char type)
{
	entry->fd = -1;
	entry->fd_errno = 0;
	if (w->walk->open_files && type == DT_REG) {
		entry->fd = host_open_file(entry->dir_fd, entry->name);
		entry->fd_errno = entry->fd < 0 ? errno : 0;
		if (entry->fd >= 0 && fstat(entry->fd, &entry->st) == 0 && S_ISREG(entry->st.st_mode))
			return true;
	}
	if (fstatat(entry->dir_fd, entry->name, &entry->st, AT_SYMLINK_NOFOLLOW) != 0) {
		report_failed(w, errno);
		return false;
	}
	if (w->walk->open_files && type == DT_UNKNOWN && S_ISREG(entry->st.st_mode)) {
		entry->fd = host_open_file(entry->dir_fd, entry->name);
		entry->fd_errno = entry->fd < 0 ? errno : 0;
	}
	return true;
}

static enum udf_err tell_entry(struct walk_state *w, struct level *level, const char *name)
{
	struct host_entry entry = { .dir_fd = level->fd, .name = name, .fd = -1 };
	size_t path_bytes;
	uint64_t tag = 0;
	enum udf_err err = path_append(w, level->path_bytes, name, &path_bytes);

	if (err || host_walk_excludes(w->walk, w->path, name))
		return err;
	if (look_at(w, &entry, (unsigned char)name[strlen(name) + 1])) {
		entry.path = w->path;
		err = w->walk->entry(w->walk->ctx, &entry, level->tag, &tag);
	} else {
		entry.st.st_mode = 0;
	}
	if (entry.fd >= 0)
		close(entry.fd);
	if (err || !S_ISDIR(entry.st.st_mode) || tag == HOST_WALK_LEAVE_OUT)
		return err;
	err = host_names_add(&level->subdir_names, name, 0);
	if (!err)
		err = reserve((void **)&level->subdir_tags, &level->cap_tags, level->n_tags + 1,
			      sizeof(*level->subdir_tags));
	if (!err)
		level->subdir_tags[level->n_tags++] = tag;
	return err;
}

/* Visit the entries of the innermost directory. */
static enum udf_err tell_directory(struct walk_state *w)
{
	struct level *level = &w->levels[w->n_levels - 1];
	struct host_names names = { .text = NULL };
	struct stat st;
	int host_errno;
	enum udf_err err;

	if (fstat(level->fd, &st) != 0) {
		report_failed(w, errno);
		return UDF_OK;
	}
	level->dev = st.st_dev;
	level->ino = st.st_ino;
	err = read_names(level->fd, &names, &host_errno);
	if (!err && host_errno)
		report_failed(w, host_errno);
	if (!err && w->walk->begin)
		err = w->walk->begin(w->walk->ctx, level->tag, &names);
	for (size_t i = 0; i < names.n && !err; i++)
		err = tell_entry(w, level, names.text + names.at[i]);
	host_names_done(&names);
	return err ? err : w->walk->leave(w->walk->ctx, level->tag, &st);
}

/* ---- up and down ---- */

static enum udf_err push(struct walk_state *w, int fd, uint64_t tag, size_t path_bytes)
{
	enum udf_err err = reserve((void **)&w->levels, &w->cap_levels, w->n_levels + 1, sizeof(*w->levels));

	if (err) {
		close(fd);
		return err;
	}
	w->levels[w->n_levels++] = (struct level){ .fd = fd, .tag = tag, .path_bytes = path_bytes };
	if (w->n_levels > KEPT_OPEN) {
		struct level *old = &w->levels[w->n_levels - 1 - KEPT_OPEN];

		close(old->fd);
		old->fd = -1;
	}
	return tell_directory(w);
}

/* Leave the innermost directory.  The one above is opened again if it was closed. */
static enum udf_err pop(struct walk_state *w)
{
	struct level *level = &w->levels[w->n_levels - 1], *above = level - 1;
	struct stat st;
	enum udf_err err = UDF_OK;

	if (w->n_levels > 1 && above->fd < 0) {
		above->fd = open_directory(level->fd, "..");
		if (above->fd < 0 || fstat(above->fd, &st) != 0 || st.st_dev != above->dev ||
		    st.st_ino != above->ino)
			err = UDF_E_IO;		/* it was moved meanwhile */
	}
	if (level->fd >= 0)
		close(level->fd);
	host_names_done(&level->subdir_names);
	free(level->subdir_tags);
	w->n_levels--;
	return err;
}

/* Enter the next subdirectory of the innermost directory, or leave that one. */
static enum udf_err step(struct walk_state *w)
{
	struct level *level = &w->levels[w->n_levels - 1];
	size_t path_bytes, next = level->next;
	const char *name;
	enum udf_err err;
	int fd;

	if (next == level->n_tags)
		return pop(w);
	level->next++;
	name = level->subdir_names.text + level->subdir_names.at[next];
	err = path_append(w, level->path_bytes, name, &path_bytes);
	if (err)
		return err;
	fd = open_directory(level->fd, name);
	if (fd < 0) {
		report_failed(w, errno);
		return UDF_OK;
	}
	return push(w, fd, level->subdir_tags[next], path_bytes);
}

enum udf_err host_walk(const struct host_walk *walk, int dir_fd, uint64_t root_tag)
{
	struct walk_state w = { .walk = walk };
	enum udf_err err = reserve((void **)&w.path, &w.cap_path, 2, 1);
	int fd, host_errno;

	if (err)
		return err;
	strcpy(w.path, ".");
	fd = open_directory(dir_fd, ".");
	host_errno = errno;
	if (fd < 0)
		report_failed(&w, host_errno);
	else
		err = push(&w, fd, root_tag, 0);
	while (w.n_levels > 0)
		if (err)
			(void)pop(&w);
		else
			err = step(&w);
	free(w.levels);
	free(w.path);
	return err;
}
