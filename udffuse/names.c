/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removing names from the kernel's cache.  With the last name of a file the kernel drops what it believes about the
 * file.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/extent_set.h"
#include "mounted.h"

#define ENTRIES_PER_LOCK 4096u	/* of a directory that is searched, before others get the lock */
#define NAME_CAP 1024u

struct search {			/* a search for the names of a file */
	struct mounted *m;
	udf_ino ino;
	struct udf_extent_set seen;	/* directories */
	udf_ino *dirs;			/* the directories that will be searched */
	size_t n_dirs, cap_dirs;
	uint64_t next_cookie;
	uint32_t n_entries, n_found;
	bool goes_down;			/* into directories */
	size_t name_bytes;		/* of the name that was found; 0: none yet */
	char name[NAME_CAP];
};

void names_drop_one(struct mounted *m, udf_ino dir, const char *name, size_t n_bytes)
{
	fuse_lowlevel_notify_inval_entry(m->session, node_of(m, dir), name, n_bytes);
}

/* A directory that the kernel does not know has no names in its cache. */
static void add_directory(struct search *s, udf_ino dir)
{
	bool is_known = true;

	if (dir != s->m->root && !udf_is_referenced(s->m->fs, dir))
		return;
	if (udf_extent_set_add(&s->seen, dir, 1, &is_known) || is_known)
		return;
	if (s->n_dirs == s->cap_dirs) {
		size_t cap = s->cap_dirs ? s->cap_dirs * 2 : 64;
		udf_ino *dirs = realloc(s->dirs, cap * sizeof(*dirs));

		if (!dirs)
			return;
		s->dirs = dirs;
		s->cap_dirs = cap;
	}
	s->dirs[s->n_dirs++] = dir;
}

/* Search up to the first name of the file, or for as long as the lock may be held. */
static bool look_at(void *ctx, const struct udf_dirent *entry)
{
	struct search *s = ctx;

	if (s->name_bytes || s->n_entries == ENTRIES_PER_LOCK)
		return false;
	s->n_entries++;
	s->next_cookie = entry->next_cookie;
	if (S_ISDIR(entry->attr->mode) && s->goes_down)
		add_directory(s, entry->attr->ino);
	if (entry->attr->ino == s->ino && entry->name_bytes < NAME_CAP) {
		memcpy(s->name, entry->name, entry->name_bytes);
		s->name[entry->name_bytes] = '\0';
		s->name_bytes = entry->name_bytes;
	}
	return true;
}

/* Drop the names that the file has in DIR. */
static void search_directory(struct search *s, udf_ino dir)
{
	enum udf_err err;

	s->next_cookie = 0;
	do {
		s->n_entries = 0;
		s->name_bytes = 0;
		pthread_mutex_lock(&s->m->lock);
		err = udf_readdir(s->m->fs, dir, s->next_cookie, false, look_at, s);
		pthread_mutex_unlock(&s->m->lock);
		if (s->name_bytes) {
			names_drop_one(s->m, dir, s->name, s->name_bytes);
			s->n_found++;
		}
	} while ((!err || err == UDF_END) && s->n_entries > 0);
}

/* Continue until as many names are found as the file has. */
void names_drop(struct mounted *m, udf_ino ino, udf_ino dir)
{
	struct search s = { .m = m, .ino = ino };
	struct udf_attr attr;

	udf_extent_set_init(&s.seen);
	pthread_mutex_lock(&m->lock);
	if (udf_getattr(m->fs, ino, &attr))
		attr.nlink = 0;
	pthread_mutex_unlock(&m->lock);
	if (dir)
		search_directory(&s, dir);
	if (s.n_found < attr.nlink) {
		s.n_found = 0;
		s.goes_down = true;
		pthread_mutex_lock(&m->lock);
		add_directory(&s, m->root);
		pthread_mutex_unlock(&m->lock);
	}
	for (size_t i = 0; i < s.n_dirs && s.n_found < attr.nlink; i++)
		search_directory(&s, s.dirs[i]);
	free(s.dirs);
	udf_extent_set_done(&s.seen);
}
