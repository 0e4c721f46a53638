/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree/extract_place.h"
#include "tree/ino_map.h"

#define HOST_NAME_BYTES 255u		/* where the host doesn't say how long names can be */
#define SHORTEST_NAME_BYTES 32u

/* A directory that existed before the run. */
struct old_directory {
	dev_t dev;
	ino_t ino;
	char **names;			/* sorted */
	bool *is_taken;			/* the run has made an object of that name, which is not replaced */
	size_t n_names, cap_names;
};

struct tree_places {
	bool (*cancelled)(void *ctx);
	void (*progress)(void *ctx, uint64_t n_bytes);
	void *ctx;
	bool has_proc;
	pthread_mutex_t lock;		/* protects everything below */
	bool no_unnamed;		/* the host has no files without names */
	unsigned n_temporary;
	struct old_directory *dirs;
	size_t n_dirs, cap_dirs;
	struct tree_ino_map index_of;	/* hash of a directory's numbers -> index of dirs[] */
	struct tree_ino_map number_of;	/* hash of directory and name -> the last number tried for that name */
};

enum udf_err tree_places_new(bool (*cancelled)(void *ctx), void *ctx, struct tree_places **ret_places)
{
	struct tree_places *p = calloc(1, sizeof(*p));

	if (!p)
		return UDF_E_NOMEM;
	p->cancelled = cancelled;
	p->ctx = ctx;
	p->has_proc = access("/proc/self/fd", X_OK) == 0;
	p->no_unnamed = !p->has_proc && geteuid() != 0;
	pthread_mutex_init(&p->lock, NULL);
	*ret_places = p;
	return UDF_OK;
}

static void names_done(struct old_directory *dir)
{
	for (size_t i = 0; i < dir->n_names; i++)
		free(dir->names[i]);
	free(dir->names);
	free(dir->is_taken);
}

void tree_places_free(struct tree_places *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_dirs; i++)
		names_done(&p->dirs[i]);
	free(p->dirs);
	tree_ino_map_done(&p->index_of);
	tree_ino_map_done(&p->number_of);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void tree_places_listen(struct tree_places *p, void (*progress)(void *ctx, uint64_t n_bytes))
{
	p->progress = progress;
}

void tree_places_progress(const struct tree_places *p, uint64_t n_bytes)
{
	if (p->progress)
		p->progress(p->ctx, n_bytes);
}

bool tree_places_is_cancelled(const struct tree_places *p)
{
	return p->cancelled && p->cancelled(p->ctx);
}

/* ---- objects from before the run ---- */

static uint64_t directory_key(const struct stat *st)
{
	return ((uint64_t)st->st_ino + (uint64_t)st->st_dev * 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
}

static struct old_directory *find_directory(struct tree_places *p, const struct stat *st)
{
	uint64_t first;

	if (!tree_ino_map_find(&p->index_of, directory_key(st), &first))
		return NULL;
	for (size_t i = (size_t)first; i < p->n_dirs; i++)	/* almost always the first */
		if (p->dirs[i].ino == st->st_ino && p->dirs[i].dev == st->st_dev)
			return &p->dirs[i];
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum udf_err add_name(struct old_directory *dir, const char *name)
{
	if (dir->n_names == dir->cap_names) {
		size_t cap = dir->cap_names ? dir->cap_names * 2 : 32;
		char **names = realloc(dir->names, cap * sizeof(*names));

		if (!names)
			return UDF_E_NOMEM;
		dir->names = names;
		dir->cap_names = cap;
	}
	dir->names[dir->n_names] = strdup(name);
	return dir->names[dir->n_names++] ? UDF_OK : UDF_E_NOMEM;
}

static enum udf_err load_names(int dir_fd, struct old_directory *dir)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	enum udf_err err = UDF_OK;
	struct dirent *ent;

	if (!stream) {
		err = udf_err_from_errno(errno);
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (ent = readdir(stream)))
		if (strcmp(ent->d_name, ".") != 0 && strcmp(ent->d_name, "..") != 0)
			err = add_name(dir, ent->d_name);
	closedir(stream);
	if (!err && dir->n_names) {
		dir->is_taken = calloc(dir->n_names, sizeof(*dir->is_taken));
		if (!dir->is_taken)
			err = UDF_E_NOMEM;
		else
			qsort(dir->names, dir->n_names, sizeof(*dir->names), by_name);
	}
	return err;
}

enum udf_err tree_places_add_existing(struct tree_places *p, int dir_fd)
{
	struct old_directory dir = { .names = NULL };
	enum udf_err err;
	struct stat st;
	bool is_known;

	if (fstat(dir_fd, &st))
		return udf_err_from_errno(errno);
	pthread_mutex_lock(&p->lock);
	is_known = find_directory(p, &st) != NULL;
	pthread_mutex_unlock(&p->lock);
	if (is_known)
		return UDF_OK;
	dir.dev = st.st_dev;
	dir.ino = st.st_ino;
	err = load_names(dir_fd, &dir);
	pthread_mutex_lock(&p->lock);
	if (!err && p->n_dirs == p->cap_dirs) {
		size_t cap = p->cap_dirs ? p->cap_dirs * 2 : 8;
		struct old_directory *dirs = realloc(p->dirs, cap * sizeof(*dirs));

		if (dirs) {
			p->dirs = dirs;
			p->cap_dirs = cap;
		} else {
			err = UDF_E_NOMEM;
		}
	}
	if (!err && !tree_ino_map_find(&p->index_of, directory_key(&st), NULL))
		err = tree_ino_map_add(&p->index_of, directory_key(&st), p->n_dirs);
	if (!err)
		p->dirs[p->n_dirs++] = dir;
	pthread_mutex_unlock(&p->lock);
	if (err)
		names_done(&dir);
	return err;
}

void tree_places_leave(struct tree_places *p, int dir_fd)
{
	struct old_directory *dir;
	struct stat st;

	if (fstat(dir_fd, &st))
		return;
	pthread_mutex_lock(&p->lock);
	dir = find_directory(p, &st);
	if (dir) {
		names_done(dir);
		*dir = (struct old_directory){ .dev = st.st_dev, .ino = st.st_ino };
	}
	pthread_mutex_unlock(&p->lock);
}

/* Is NAME in DIR_FD an object from before the run?  With TAKE, it no longer is. */
static bool is_from_before(struct tree_places *p, int dir_fd, const char *name, bool take)
{
	const struct old_directory *dir;
	char **found = NULL;
	bool is_old = false;
	struct stat st;

	if (fstat(dir_fd, &st))
		return false;
	pthread_mutex_lock(&p->lock);
	dir = find_directory(p, &st);
	if (dir && dir->n_names)
		found = bsearch(&name, dir->names, dir->n_names, sizeof(*dir->names), by_name);
	if (found) {
		bool *is_taken = &dir->is_taken[found - dir->names];

		is_old = !*is_taken;
		*is_taken |= take;
	}
	pthread_mutex_unlock(&p->lock);
	return is_old;
}

/* ---- names ---- */

void tree_places_temporary(struct tree_places *p, char ret_name[TREE_TEMPORARY_CAP])
{
	unsigned n;

	pthread_mutex_lock(&p->lock);
	n = p->n_temporary++;
	pthread_mutex_unlock(&p->lock);
	snprintf(ret_name, TREE_TEMPORARY_CAP, ".udf-get-%ld-%u", (long)getpid(), n);
}

/* The next number to try for a name.  So thousands of objects with one name don't try all earlier numbers. */
static unsigned next_number(struct tree_places *p, int dir_fd, const char *wanted)
{
	uint64_t key = 0xCBF29CE484222325u, number = 1;
	struct stat st = { 0 };

	(void)fstat(dir_fd, &st);
	for (const char *s = wanted; *s; s++)
		key = (key ^ (unsigned char)*s) * 0x100000001B3u;
	key ^= directory_key(&st);
	pthread_mutex_lock(&p->lock);
	(void)tree_ino_map_find(&p->number_of, key, &number);
	number++;
	if (number < UINT32_MAX)
		(void)tree_ino_map_set(&p->number_of, key, number);
	pthread_mutex_unlock(&p->lock);
	return (unsigned)number;
}

/* A name of CAP_BYTES was too long for the host: how many bytes to try next. */
static size_t shorter_cap(int dir_fd, size_t cap_bytes)
{
	long says = fpathconf(dir_fd, _PC_NAME_MAX);

	if (says > 0 && (size_t)says < cap_bytes)
		return (size_t)says;
	return cap_bytes > HOST_NAME_BYTES ? HOST_NAME_BYTES : cap_bytes - 1;
}

/* Replace an object from before the run by the new one, which is complete. */
static int replace(struct tree_places *p, int dir_fd, const char *name,
		   int (*make)(void *ctx, int dir_fd, const char *name), void *ctx)
{
	char temporary[TREE_TEMPORARY_CAP];
	int host_errno;

	do {
		tree_places_temporary(p, temporary);
		if (make(ctx, dir_fd, temporary) == 0)
			break;
		if (errno != EEXIST)
			return -1;
	} while (!tree_places_is_cancelled(p));
	if (renameat(dir_fd, temporary, dir_fd, name) == 0)
		return 0;
	host_errno = errno;
	unlinkat(dir_fd, temporary, 0);
	errno = host_errno;
	return -1;
}

/*
 * The next name to try after NAME, for which the host has refused WANTED with errno.  NTH and CAP_BYTES are what
 * tree_host_name() takes.  Returns false where no other name would help.
 */
static bool next_name(struct tree_places *p, int dir_fd, const char *wanted, unsigned *nth, size_t *cap_bytes,
		      char name[TREE_NAME_CAP])
{
	if (errno == EEXIST)
		*nth = next_number(p, dir_fd, wanted);
	else if (errno == ENAMETOOLONG && *cap_bytes > SHORTEST_NAME_BYTES)
		*cap_bytes = shorter_cap(dir_fd, strlen(name));
	else
		return false;
	tree_host_name(wanted, *nth, *cap_bytes, name);
	return true;
}

int tree_place(struct tree_places *p, int dir_fd, const char *wanted,
	       int (*make)(void *ctx, int dir_fd, const char *name), void *ctx, char **ret_other)
{
	size_t cap_bytes = TREE_NAME_CAP - 1;
	char name[TREE_NAME_CAP];
	unsigned nth = 1;

	*ret_other = NULL;
	if (make(ctx, dir_fd, wanted) == 0)
		return 0;
	snprintf(name, sizeof(name), "%s", wanted);
	do {
		if (errno == EEXIST && nth == 1 && is_from_before(p, dir_fd, name, true)) {
			if (replace(p, dir_fd, name, make, ctx))
				return -1;
			break;
		}
		if (!next_name(p, dir_fd, wanted, &nth, &cap_bytes, name))
			return -1;
	} while (make(ctx, dir_fd, name));
	if (strcmp(name, wanted) != 0)
		*ret_other = strdup(name);
	return 0;
}

/* Rename FROM to TO in DIR_FD.  Nothing has the name TO.  Returns 0, or -1 with errno. */
static int rename_to_free(struct tree_places *p, int dir_fd, const char *from, const char *to)
{
	struct stat st;
	int result;

	if (renameat2(dir_fd, from, dir_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return -1;
	/* The host can't do that in one step.  The lock keeps other threads of this run from coming in between. */
	pthread_mutex_lock(&p->lock);
	result = fstatat(dir_fd, to, &st, AT_SYMLINK_NOFOLLOW);
	if (result == 0) {
		errno = EEXIST;
		result = -1;
	} else if (errno == ENOENT) {
		result = renameat(dir_fd, from, dir_fd, to);
	}
	pthread_mutex_unlock(&p->lock);
	return result;
}

struct renaming {
	struct tree_places *places;
	const char *from;
};

static int rename_it(void *ctx, int dir_fd, const char *name)
{
	const struct renaming *r = ctx;

	return rename_to_free(r->places, dir_fd, r->from, name);
}

int tree_place_rename(struct tree_places *p, int dir_fd, const char *temporary, const char *wanted, char **ret_other)
{
	struct renaming renaming = { .places = p, .from = temporary };

	*ret_other = NULL;
	if (is_from_before(p, dir_fd, wanted, true))
		return renameat(dir_fd, temporary, dir_fd, wanted);
	return tree_place(p, dir_fd, wanted, rename_it, &renaming, ret_other);
}

/* ---- directories ---- */

static int make_directory(struct tree_places *p, int dir_fd, char ret_temporary[TREE_TEMPORARY_CAP])
{
	do {
		tree_places_temporary(p, ret_temporary);
		if (mkdirat(dir_fd, ret_temporary, 0700) == 0)
			return openat(dir_fd, ret_temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	} while (errno == EEXIST);
	return -1;
}

/*
 * Open directory NAME, which existed before the run.  Returns -1 with ENOENT if nothing has that name, and with
 * EEXIST if it must not be used: because the run has made it, or because NAME is not the name that was wanted
 * (IS_OTHER).
 */
static int open_old(struct tree_places *p, int dir_fd, const char *name, bool is_other)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), host_errno = errno;
	enum udf_err err;

	if (fd < 0 && (host_errno == ENOENT || host_errno == ENAMETOOLONG))
		return -1;
	if (is_other || !is_from_before(p, dir_fd, name, fd >= 0)) {
		if (fd >= 0)
			close(fd);
		errno = EEXIST;
		return -1;
	}
	errno = host_errno;
	if (fd < 0)
		return -1;
	err = tree_places_add_existing(p, fd);
	if (err) {
		close(fd);
		errno = err == UDF_E_NOMEM ? ENOMEM : EIO;
		return -1;
	}
	return fd;
}

int tree_place_directory(struct tree_places *p, int dir_fd, const char *wanted,
			 char ret_temporary[TREE_TEMPORARY_CAP], char **ret_other)
{
	size_t cap_bytes = TREE_NAME_CAP - 1;
	char name[TREE_NAME_CAP];
	unsigned nth = 1;
	int fd;

	*ret_other = NULL;
	ret_temporary[0] = '\0';
	snprintf(name, sizeof(name), "%s", wanted);
	while ((fd = open_old(p, dir_fd, name, nth > 1)) < 0) {
		if (errno == ENOENT) {
			fd = make_directory(p, dir_fd, ret_temporary);
			break;
		}
		if (!next_name(p, dir_fd, wanted, &nth, &cap_bytes, name))
			return -1;
	}
	if (fd >= 0 && strcmp(name, wanted) != 0)
		*ret_other = strdup(name);
	return fd;
}

static int make_it(void *ctx, int dir_fd, const char *name)
{
	(void)ctx;
	return mkdirat(dir_fd, name, 0700);
}

int tree_place_new_directory(struct tree_places *p, int dir_fd, const char *wanted, char **ret_other)
{
	int fd, host_errno;

	if (tree_place(p, dir_fd, wanted, make_it, NULL, ret_other))
		return -1;
	fd = openat(dir_fd, *ret_other ? *ret_other : wanted, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		host_errno = errno;
		free(*ret_other);
		*ret_other = NULL;
		errno = host_errno;
	}
	return fd;
}

int tree_place_directory_end(struct tree_places *p, int fd, const char *temporary, const char *wanted,
			     char **ret_other, bool *ret_is_removed)
{
	int above = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result, host_errno;

	*ret_other = NULL;
	*ret_is_removed = false;
	if (above < 0)
		return -1;
	result = tree_place_rename(p, above, temporary, wanted, ret_other);
	host_errno = errno;
	if (result)
		*ret_is_removed = unlinkat(above, temporary, AT_REMOVEDIR) == 0;
	close(above);
	errno = host_errno;
	return result;
}

/* ---- files ---- */

int tree_place_open(struct tree_places *p, int dir_fd, const char *name, unsigned mode,
		    char ret_temporary[TREE_TEMPORARY_CAP])
{
	int fd;

	ret_temporary[0] = '\0';
	/* What has no name can't be linked over an older file; what has one can be renamed. */
	if (!__atomic_load_n(&p->no_unnamed, __ATOMIC_RELAXED) && !is_from_before(p, dir_fd, name, false)) {
		fd = openat(dir_fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
		if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT))
			return fd;
		__atomic_store_n(&p->no_unnamed, true, __ATOMIC_RELAXED);
	}
	do {
		tree_places_temporary(p, ret_temporary);
		fd = openat(dir_fd, ret_temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	} while (fd < 0 && errno == EEXIST);
	return fd;
}

int tree_place_link(const struct tree_places *p, int fd, int dir_fd, const char *name)
{
	char path[32];

	if (!p->has_proc)
		return linkat(fd, "", dir_fd, name, AT_EMPTY_PATH);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, dir_fd, name, AT_SYMLINK_FOLLOW);
}
