/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of the host, with all that is below them, into the tree of the image. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "iso/internal.h"
#include "iso/listing.h"
#include "iso/walk.h"

struct pending {		/* a directory that is still to be read */
	IsoDir *to;
	const struct udf_iso_dir *from;
};

struct walk {
	struct udf_iso_image *image;
	struct pending *stack;
	size_t n, cap;
};

static bool push(struct walk *w, IsoDir *to, const struct udf_iso_dir *from)
{
	if (w->n == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 64;
		struct pending *more = reallocarray(w->stack, cap, sizeof(*more));

		if (!more)
			return false;
		w->stack = more;
		w->cap = cap;
	}
	w->stack[w->n++] = (struct pending){ to, from };
	return true;
}

struct udf_iso_dir *udf_iso_dir_new(struct udf_iso_image *image, const struct udf_iso_dir *parent, const char *name,
				    const struct stat *st)
{
	struct udf_iso_dir *dir = malloc(sizeof(*dir) + strlen(name) + 1);

	if (!dir)
		return NULL;
	*dir = (struct udf_iso_dir){ .parent = parent, .next = image->dirs, .dev = st->st_dev, .ino = st->st_ino };
	strcpy(dir->name, name);
	image->dirs = dir;
	return dir;
}

static bool is_inside(const struct udf_iso_dir *dir, const struct stat *st)
{
	for (; dir; dir = dir->parent)
		if (dir->dev == st->st_dev && dir->ino == st->st_ino)
			return true;
	return false;
}

static enum udf_err put_dir(struct walk *w, const struct pending *p, const struct udf_iso_entry *e, const char *path)
{
	struct udf_iso_image *image = w->image;
	struct udf_iso_dir *from;
	IsoDir *to;
	bool is_wanted;
	enum udf_err err = udf_iso_ask(image, p->to, e->name, path, &e->st, &is_wanted);

	if (err || !is_wanted)
		return err;
	if (is_inside(p->from, &e->st)) {
		udf_iso_fail(image, path, UDF_E_INVAL, 0, "leads back to a directory that it is in");
		return UDF_OK;
	}
	err = udf_iso_make_dir(image, p->to, e->name, &to);
	if (err == UDF_E_EXISTS)
		udf_iso_fail(image, path, err, 0, "is a directory, and the image has a file of that name already");
	if (err)
		return err == UDF_E_EXISTS ? UDF_OK : err;
	udf_iso_mark(image, (IsoNode *)to, path, e->name);
	from = udf_iso_dir_new(image, p->from, e->name, &e->st);
	return from && push(w, to, from) ? UDF_OK : UDF_E_NOMEM;
}

static enum udf_err put_entry(struct walk *w, const struct pending *p, const struct udf_iso_entry *e, const char *path)
{
	struct udf_iso_image *image = w->image;
	const struct udf_iso_object object = { .path = path, .dir = p->from, .name = e->name, .as = e->name,
					       .st = &e->st, .ino = e->ino, .link = e->link };
	enum udf_err err;

	if (e->host_errno) {
		udf_iso_fail(image, path, udf_err_from_errno(e->host_errno), e->host_errno, NULL);
		return UDF_OK;
	}
	if (S_ISDIR(e->st.st_mode))
		return put_dir(w, p, e, path);
	err = udf_iso_put(image, p->to, &object);
	if (err == UDF_E_EXISTS) {
		udf_iso_fail(image, path, err, 0, "is not a directory, and the image has a directory of that name "
			     "already");
		err = UDF_OK;
	}
	return err;
}

/* Files get their numbers in the order of their names, and excluded ones go. */
static enum udf_err choose(struct walk *w, const struct udf_iso_dir *from, struct udf_iso_listing *listing)
{
	const struct udf_iso_listener *l = w->image->listener;
	struct udf_iso_entry *entries = listing->entries;
	enum udf_err err = UDF_OK;

	for (size_t i = 0; i < listing->n && !err; i++) {
		char *path = l->is_excluded ? udf_iso_path(from, entries[i].name) : NULL;

		if (l->is_excluded && !path)
			return UDF_E_NOMEM;
		if (path && l->is_excluded(l->ctx, path, entries[i].name)) {
			free(entries[i].name);
			entries[i].name = NULL;
		} else if (S_ISREG(entries[i].st.st_mode)) {
			entries[i].ino = udf_iso_inode(w->image->inodes, &entries[i].st, w->image->plan->hard_links);
			err = entries[i].ino ? UDF_OK : UDF_E_NOMEM;
		}
		free(path);
	}
	return err;
}

/*
 * libisofs keeps the names of a directory in a sorted list.  It finds the place of a name at once where the largest
 * come first.  So the directories on the stack are in order, too.
 */
static enum udf_err put_entries(struct walk *w, const struct pending *p, struct udf_iso_listing *listing)
{
	const struct udf_iso_listener *l = w->image->listener;
	const struct udf_iso_counts *c = &w->image->counts;
	enum udf_err err = choose(w, p->from, listing);

	for (size_t i = listing->n; i-- > 0 && !err;) {
		char *path;

		if (!listing->entries[i].name)
			continue;
		path = udf_iso_path(p->from, listing->entries[i].name);
		err = path ? put_entry(w, p, &listing->entries[i], path) : UDF_E_NOMEM;
		free(path);
		if (l->added)
			l->added(l->ctx, c->n_files + c->n_dirs + c->n_symlinks + c->n_special + c->n_kept);
	}
	return err;
}

static enum udf_err read_dir(struct walk *w, const struct pending *p)
{
	char *path = udf_iso_path(p->from, "");
	struct udf_iso_listing listing = { .entries = NULL };
	struct stat st;
	enum udf_err err = UDF_OK;
	int fd, host_errno, ret;

	if (!path)
		return UDF_E_NOMEM;
	fd = udf_iso_open(path, O_RDONLY | O_DIRECTORY);
	host_errno = fd < 0 || fstat(fd, &st) ? errno : 0;
	if (!host_errno)
		host_errno = udf_iso_listing_read(fd, w->image->plan->follow_links, &listing);
	if (host_errno == ENOMEM)
		err = UDF_E_NOMEM;
	else if (host_errno)
		udf_iso_fail(w->image, path, udf_err_from_errno(host_errno), host_errno, NULL);
	if (!err)
		err = put_entries(w, p, &listing);
	udf_iso_listing_done(&listing);
	if (!err && fd >= 0) {		/* adding names has changed its times */
		udf_iso_set_stat(w->image, (IsoNode *)p->to, &st);
		ret = udf_iso_set_attributes(w->image, (IsoNode *)p->to, path);
		if (ret < 0)
			udf_iso_fail(w->image, path, udf_iso_err(ret), 0, iso_error_to_msg(ret));
	}
	free(path);
	return err;
}

enum udf_err udf_iso_walk(struct udf_iso_image *image, IsoDir *to, const struct udf_iso_dir *from)
{
	struct walk w = { .image = image };
	enum udf_err err = push(&w, to, from) ? UDF_OK : UDF_E_NOMEM;

	while (!err && w.n) {
		struct pending p = w.stack[--w.n];

		err = read_dir(&w, &p);
	}
	free(w.stack);
	return err;
}
