/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walking the directories of the volume and of the host together.  extract_object.c extracts single objects. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree/extract_internal.h"
#include "tree/name_set.h"

#define BATCH_ENTRIES 64

struct entry {
	struct udf_attr attr;
	char name[TREE_NAME_CAP];
	bool is_damaged;		/* see struct udf_dirent */
};

/* A directory on the way from the target to the place that the walk has reached. */
struct level {
	struct udf_attr attr;
	uint64_t cookie;		/* where reading it continues */
	size_t path_bytes;		/* of x->path, including its name */
	size_t host_path_bytes;
	dev_t host_dev;			/* identifies the directory on the host */
	ino_t host_ino;
	bool keep_times;		/* not for the target itself */
	bool finished;			/* no entries left */
	bool is_hidden;			/* itself: x->hidden is about it */
	struct tree_name_set names;	/* the names that were found in it so far */
};

struct walk {
	struct tree_extract *x;
	struct level *levels;
	size_t n_levels, cap_levels;
	int dir_fd;			/* of the last level */
	size_t hidden_level;		/* the level that x->hidden is about */
	struct entry *entries;		/* BATCH_ENTRIES of them */
	size_t n_entries;
	bool at_directory, more;	/* why the batch ended */
};

static void settle(void *ctx, struct tree_job *job);

enum udf_err tree_extract_new(struct udf_fs *fs, int target_fd,
			      const struct tree_extract_options *options,
			      struct tree_extract **ret_extract)
{
	struct tree_extract *x = calloc(1, sizeof(*x));
	enum udf_err err;

	if (!x)
		return UDF_E_NOMEM;
	x->fs = fs;
	x->target_fd = target_fd;
	x->source_fd = -1;
	x->options = options;
	x->umask = umask(0);
	umask(x->umask);
	x->buffer = malloc(TREE_BUFFER_BYTES);
	err = x->buffer ? tree_places_new(options->cancelled, options->ctx, &x->places) : UDF_E_NOMEM;
	if (!err)
		tree_places_listen(x->places, options->progress);
	if (!err)
		err = tree_places_add_existing(x->places, target_fd);
	if (!err)
		err = tree_queue_new(settle, x, &x->queue);
	if (err)
		tree_extract_free(x);
	else
		*ret_extract = x;
	return err;
}

void tree_extract_free(struct tree_extract *x)
{
	if (!x)
		return;
	tree_queue_free(x->queue);
	for (size_t i = 0; i < x->n_links; i++)
		free(x->links[i]);
	free(x->links);
	for (size_t i = 0; i < x->n_asked; i++)
		free(x->asked[i].name);
	free(x->asked);
	tree_places_free(x->places);
	tree_ino_map_done(&x->link_of);
	tree_ino_map_done(&x->directories);
	free(x->path.text);
	free(x->host_path.text);
	free(x->buffer);
	free(x);
}

/* One component, not "." or "..", that the host can hold. */
static bool name_is_safe(const char *name, size_t n_bytes)
{
	if (n_bytes == 0 || n_bytes >= TREE_NAME_CAP || memchr(name, '/', n_bytes) ||
	    memchr(name, '\0', n_bytes))
		return false;
	return !(n_bytes == 1 && name[0] == '.') &&
	       !(n_bytes == 2 && name[0] == '.' && name[1] == '.');
}

/* ---- directories ---- */

/* Close descriptor DIR_FD when the jobs in it are done. */
static void hand_over(struct tree_extract *x, int dir_fd)
{
	struct tree_job *job = tree_queue_take(x->queue);

	job->kind = TREE_JOB_CLOSE;
	job->dir_fd = dir_fd;
	tree_queue_put_done(x->queue, job);
}

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/*
 * Give directory DIR_FD, which was HIDDEN, the last component of PATH as its name.  If the host refuses that, it stays
 * as it is, unless it is empty.  Returns false if it is removed.
 */
static bool show(struct tree_extract *x, const struct tree_hidden *hidden, const struct tree_path *path, int dir_fd)
{
	const char *name = last_component(path->text);
	bool is_removed;
	char *other;

	if (!tree_place_directory_end(x->places, dir_fd, hidden->as, name, &other, &is_removed)) {
		tree_renamed(x, name, other);
		tree_show_links(x, hidden, path->text);
		return true;
	}
	if (is_removed)
		tree_fail(x, udf_err_from_errno(errno), errno);
	else
		tree_stays_hidden(x, hidden, errno);
	return !is_removed;
}

/* When everything below directory DIR_FD is done, give it its name, owner, mode and times, and close it. */
static void complete_later(struct tree_extract *x, const struct level *level, int dir_fd)
{
	struct tree_job *job = tree_take_job(x, level->is_hidden ? TREE_JOB_SHOW : TREE_JOB_LEAVE, dir_fd);

	if (job) {
		job->wanted = tree_wanted_of(x, &level->attr);
		tree_queue_put_done(x->queue, job);
		return;
	}
	tree_queue_drain(x->queue);
	if (level->is_hidden)
		(void)show(x, &x->hidden, &x->host_path, dir_fd);
	close(dir_fd);
}

static enum udf_err push(struct walk *w, const struct udf_attr *attr, int dir_fd, bool keep_times)
{
	struct level *level;
	struct stat st;

	if (w->n_levels == w->cap_levels) {
		size_t cap = w->cap_levels ? w->cap_levels * 2 : 16;
		struct level *levels = realloc(w->levels, cap * sizeof(*levels));

		if (!levels)
			return UDF_E_NOMEM;
		w->levels = levels;
		w->cap_levels = cap;
	}
	if (fstat(dir_fd, &st))
		return udf_err_from_errno(errno);
	level = &w->levels[w->n_levels++];
	*level = (struct level){
		.attr = *attr,
		.path_bytes = w->x->path.n_bytes,
		.host_path_bytes = w->x->host_path.n_bytes,
		.host_dev = st.st_dev,
		.host_ino = st.st_ino,
		.keep_times = keep_times,
	};
	if (w->dir_fd >= 0)
		hand_over(w->x, w->dir_fd);
	w->dir_fd = dir_fd;
	w->x->fresh.known = false;
	return UDF_OK;
}

/* Everything that is made from now on is in the last directory, which has the name TEMPORARY. */
static void hide(struct walk *w, const char *temporary)
{
	struct tree_extract *x = w->x;

	w->hidden_level = w->n_levels - 1;
	w->levels[w->hidden_level].is_hidden = true;
	x->hidden = (struct tree_hidden){ .path_bytes = x->host_path.n_bytes, .first_link = x->n_links };
	snprintf(x->hidden.as, sizeof(x->hidden.as), "%s", temporary);
}

/* Make (or find) directory NAME here, and enter it. */
static enum udf_err enter(struct walk *w, const struct udf_attr *attr, const char *name)
{
	struct tree_extract *x = w->x;
	char temporary[TREE_TEMPORARY_CAP] = "", *other;
	enum udf_err err;
	int fd;

	if (tree_ino_map_find(&x->directories, attr->ino, NULL))
		return tree_fail(x, UDF_E_CORRUPT, 0);
	err = tree_ino_map_add(&x->directories, attr->ino, 0);
	if (err)
		return tree_fail(x, err, 0);
	fd = x->hidden.as[0] ? tree_place_new_directory(x->places, w->dir_fd, name, &other) :
			       tree_place_directory(x->places, w->dir_fd, name, temporary, &other);
	if (fd < 0)
		return tree_fail(x, udf_err_from_errno(errno), errno);
	tree_renamed(x, name, other);
	err = push(w, attr, fd, true);
	if (err) {
		close(fd);
		if (temporary[0])
			unlinkat(w->dir_fd, temporary, AT_REMOVEDIR);
		return tree_fail(x, err, 0);
	}
	if (temporary[0])
		hide(w, temporary);
	return UDF_OK;
}

/* Open the directory above the last one, from which the walk came; -1 if that is not possible. */
static int open_above(struct walk *w, const struct level *above)
{
	struct stat st;
	int fd = openat(w->dir_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		tree_fail(w->x, udf_err_from_errno(errno), errno);
	} else if (fstat(fd, &st) || st.st_dev != above->host_dev || st.st_ino != above->host_ino) {
		close(fd);	/* the directory was moved meanwhile */
		fd = -1;
		tree_fail(w->x, UDF_E_BUSY, 0);
	}
	return fd;
}

/* Finish the last directory and go back up.  Returns false at the end of the walk. */
static bool leave(struct walk *w)
{
	struct tree_extract *x = w->x;
	struct level *level = &w->levels[--w->n_levels];
	const struct level *above = w->n_levels ? &w->levels[w->n_levels - 1] : NULL;
	int fd;

	tree_path_cut(&x->path, level->path_bytes);
	tree_path_cut(&x->host_path, level->host_path_bytes);
	fd = above ? open_above(w, above) : -1;	/* before the directory's mode can forbid it */
	tree_name_set_done(&level->names);
	if (level->keep_times)
		complete_later(x, level, w->dir_fd);
	else
		hand_over(x, w->dir_fd);
	if (level->is_hidden)
		x->hidden.as[0] = '\0';
	w->dir_fd = fd;
	x->fresh.known = false;
	return fd >= 0;
}

/* The walk could not go back to the directory that is hidden, because somebody has moved a directory below it. */
static void show_at_end(struct walk *w)
{
	struct tree_extract *x = w->x;
	char *path, *name;
	int above = -1, fd = -1;

	tree_path_cut(&x->path, w->levels[w->hidden_level].path_bytes);
	tree_path_cut(&x->host_path, x->hidden.path_bytes);
	path = tree_hidden_path(&x->hidden, x->host_path.text);
	if (path)
		above = tree_open_parent(x, path, &name);
	if (above >= 0)
		fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0) {
		(void)show(x, &x->hidden, &x->host_path, fd);
		close(fd);
	} else {
		tree_stays_hidden(x, &x->hidden, path ? errno : ENOMEM);
	}
	if (above >= 0)
		close(above);
	free(path);
	x->hidden.as[0] = '\0';
}

/* ---- entries ---- */

static bool take_entry(void *ctx, const struct udf_dirent *dirent)
{
	struct walk *w = ctx;
	struct level *level = &w->levels[w->n_levels - 1];
	struct entry *entry = &w->entries[w->n_entries];

	if (w->at_directory || w->n_entries == BATCH_ENTRIES) {
		w->more = true;
		return false;
	}
	level->cookie = dirent->next_cookie;
	entry->attr = *dirent->attr;
	entry->is_damaged = dirent->is_damaged;
	entry->name[0] = '\0';		/* not a name: refused below */
	if (name_is_safe(dirent->name, dirent->name_bytes)) {
		memcpy(entry->name, dirent->name, dirent->name_bytes);
		entry->name[dirent->name_bytes] = '\0';
	}
	w->n_entries++;
	w->at_directory = S_ISDIR(dirent->attr->mode);
	return true;
}

/* An entry was listed without attributes because its ICB can't be read.  Find out why. */
static enum udf_err why_unknown(struct tree_extract *x, udf_ino ino)
{
	struct udf_attr attr;
	enum udf_err err = udf_getattr(x->fs, ino, &attr);

	return err ? err : UDF_E_CORRUPT;
}

/* A failure is reported, and the remaining objects are still extracted. */
static void extract_entry(struct walk *w, const struct entry *entry)
{
	struct level *level = &w->levels[w->n_levels - 1];
	struct tree_extract *x = w->x;
	enum udf_err err = UDF_OK;

	/* The first of two objects with the same name gets it. */
	if (tree_name_set_add(&level->names, entry->name))
		tree_queue_drain(x->queue);
	err = tree_path_add(&x->path, entry->name[0] ? entry->name : "?", true);
	if (!err)
		err = tree_path_add(&x->host_path, entry->name, true);
	if (!err && !entry->name[0])
		err = UDF_E_BAD_NAME;
	if (!err && !(entry->attr.mode & S_IFMT))
		err = why_unknown(x, entry->attr.ino);
	if (!err && entry->is_damaged)
		tree_bad_name(x);
	if (err)
		tree_fail(x, err, 0);
	else if (S_ISDIR(entry->attr.mode))
		enter(w, &entry->attr, entry->name);
	else
		tree_extract_leaf(x, &entry->attr, w->dir_fd, entry->name);
}

/* Read the next entries of the last directory, up to the first directory among them, including it. */
static void extract_batch(struct walk *w)
{
	struct tree_extract *x = w->x;
	struct level *level = &w->levels[w->n_levels - 1];
	size_t path_bytes = level->path_bytes, host_path_bytes = level->host_path_bytes;
	enum udf_err err;

	w->n_entries = 0;
	w->at_directory = w->more = false;
	err = udf_readdir(x->fs, level->attr.ino, level->cookie, true, take_entry, w);
	level->finished = !w->more || err;
	if (err && err != UDF_END)
		tree_fail(x, err, 0);
	for (size_t i = 0; i < w->n_entries; i++) {
		tree_path_cut(&x->path, path_bytes);
		tree_path_cut(&x->host_path, host_path_bytes);
		if (!tree_places_is_cancelled(x->places))
			extract_entry(w, &w->entries[i]);
		if (w->entries[i].attr.mode & S_IFMT)
			udf_forget(x->fs, w->entries[i].attr.ino, 1);
	}
}

static void walk_down(struct walk *w)
{
	while (w->n_levels) {
		if (!w->levels[w->n_levels - 1].finished && !tree_places_is_cancelled(w->x->places))
			extract_batch(w);
		else if (!leave(w))
			break;
	}
}

static void extract_tree(struct tree_extract *x, const struct udf_attr *attr, const char *name)
{
	struct walk w = { .x = x, .dir_fd = fcntl(x->target_fd, F_DUPFD_CLOEXEC, 3) };
	enum udf_err err = UDF_OK;

	w.entries = malloc(BATCH_ENTRIES * sizeof(*w.entries));
	if (w.dir_fd < 0 || !w.entries) {
		tree_fail(x, w.entries ? udf_err_from_errno(errno) : UDF_E_NOMEM, errno);
		goto out;
	}
	if (name) {
		err = enter(&w, attr, name);
	} else {
		int fd = w.dir_fd;

		w.dir_fd = -1;
		err = tree_ino_map_add(&x->directories, attr->ino, 0);
		if (!err)
			err = push(&w, attr, fd, false);
		if (err) {
			close(fd);
			tree_fail(x, err, 0);
		}
	}
	if (!err)
		walk_down(&w);
out:
	tree_queue_drain(x->queue);
	if (x->hidden.as[0])
		show_at_end(&w);
	if (w.dir_fd >= 0)
		close(w.dir_fd);
	for (size_t i = 0; i < w.n_levels; i++)
		tree_name_set_done(&w.levels[i].names);
	free(w.entries);
	free(w.levels);
}

/* Settle a directory that is complete: give it its name, owner, mode and times. */
static void settle_directory(struct tree_extract *x, const struct tree_job *job)
{
	int host_errno;

	if (job->kind == TREE_JOB_SHOW && !show(x, &job->hidden, &job->host_path, job->dir_fd))
		return;
	if (!job->hidden.as[0])
		tree_places_leave(x->places, job->dir_fd);
	host_errno = tree_want(job->dir_fd, &job->wanted);
	if (host_errno)
		tree_fail(x, udf_err_from_errno(host_errno), host_errno);
	tree_done(x);
}

/* Called by the queue, in the order of the jobs. */
static void settle(void *ctx, struct tree_job *job)
{
	struct tree_extract *x = ctx;

	x->settling = job;
	if (job->kind == TREE_JOB_FILE || job->kind == TREE_JOB_LINK)
		tree_settle_file(x, job);
	else if (job->kind == TREE_JOB_SHOW || job->kind == TREE_JOB_LEAVE)
		settle_directory(x, job);
	if (job->kind == TREE_JOB_SHOW || job->kind == TREE_JOB_LEAVE || job->kind == TREE_JOB_CLOSE)
		close(job->dir_fd);
	x->settling = NULL;
}

/* Did an earlier call ask for INO as NAME?  If not, remember this one. */
static bool was_asked(struct tree_extract *x, udf_ino ino, const char *name)
{
	struct tree_asked *asked;

	for (size_t i = 0; i < x->n_asked; i++)
		if (x->asked[i].ino == ino && !x->asked[i].name == !name &&
		    (!name || strcmp(x->asked[i].name, name) == 0))
			return true;
	asked = realloc(x->asked, (x->n_asked + 1) * sizeof(*asked));
	if (!asked)
		return false;
	x->asked = asked;
	asked[x->n_asked++] = (struct tree_asked){ .ino = ino, .name = name ? strdup(name) : NULL };
	return false;
}

enum udf_err tree_extract_object(struct tree_extract *x, const struct udf_attr *attr,
				 const char *path, const char *name)
{
	enum udf_err err = tree_path_set(&x->path, path);

	x->first_err = UDF_OK;
	x->fresh.known = false;
	if (!err)
		err = tree_path_set(&x->host_path, name ? name : "");
	if (err)
		return tree_fail(x, err, 0);
	if (name && !name_is_safe(name, strlen(name)))
		return tree_fail(x, UDF_E_BAD_NAME, 0);
	if (!name && !S_ISDIR(attr->mode))
		return tree_fail(x, UDF_E_NOT_DIR, 0);
	if (was_asked(x, attr->ino, name))
		return UDF_OK;
	if (!S_ISDIR(attr->mode)) {
		tree_extract_leaf(x, attr, x->target_fd, name);
		tree_queue_drain(x->queue);
	} else {
		/* A directory that two calls ask for is not a loop.  Only directories within one call count. */
		tree_ino_map_done(&x->directories);
		extract_tree(x, attr, name);
	}
	if (!x->first_err && tree_places_is_cancelled(x->places))
		x->first_err = UDF_E_CANCELLED;
	return x->first_err;
}
