/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories as sorted lists, and trees of them. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "tree/ino_map.h"

struct loading {
	struct listing *listing;
	bool no_memory;
};

static bool add_item(void *ctx, const struct udf_dirent *entry)
{
	struct loading *loading = ctx;
	struct listing *l = loading->listing;
	struct listing_item *item;

	if (l->n_items == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct listing_item *items = realloc(l->items, cap * sizeof(*items));

		if (!items)
			goto no_memory;
		l->items = items;
		l->cap = cap;
	}
	item = &l->items[l->n_items];
	*item = (struct listing_item){ .name = strndup(entry->name, entry->name_bytes),
				       .ino = entry->attr->ino,
				       .is_directory = S_ISDIR(entry->attr->mode) };
	if (!item->name)
		goto no_memory;
	l->n_items++;
	return true;
no_memory:
	loading->no_memory = true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct listing_item *)a)->name, ((const struct listing_item *)b)->name);
}

enum udf_err listing_load(struct udf_fs *fs, udf_ino dir, struct listing *ret)
{
	struct loading loading = { .listing = ret };
	enum udf_err err;

	*ret = (struct listing){ 0 };
	err = udf_readdir(fs, dir, 0, false, add_item, &loading);
	if (loading.no_memory)
		err = UDF_E_NOMEM;
	if (ret->n_items)
		qsort(ret->items, ret->n_items, sizeof(*ret->items), by_name);
	return err;
}

void listing_done(struct listing *listing)
{
	for (size_t i = 0; i < listing->n_items; i++)
		free(listing->items[i].name);
	free(listing->items);
	*listing = (struct listing){ 0 };
}

/* ---- trees ---- */

struct walk_level {
	struct listing listing;
	size_t at;		/* the item after the one that was returned last */
	udf_ino dir;
	size_t path_bytes;	/* of walk->path, up to this directory */
	enum udf_err err;	/* of reading it */
};

struct walk {
	struct udf_fs *fs;
	struct walk_level *levels;
	size_t n_levels, cap_levels;
	char *path;
	size_t cap_path;
	struct tree_ino_map entered;
	bool enters;		/* the entry that was returned last is a directory to enter */
};

/* Enter directory DIR, to which walk->path leads. */
static enum udf_err enter(struct walk *w, udf_ino dir)
{
	struct walk_level *level;
	enum udf_err err;

	if (tree_ino_map_find(&w->entered, dir, NULL))
		return UDF_E_CORRUPT;
	if (w->n_levels == w->cap_levels) {
		size_t cap = w->cap_levels ? w->cap_levels * 2 : 16;
		struct walk_level *levels = realloc(w->levels, cap * sizeof(*levels));

		if (!levels)
			return UDF_E_NOMEM;
		w->levels = levels;
		w->cap_levels = cap;
	}
	err = tree_ino_map_add(&w->entered, dir, 0);
	if (err)
		return err;
	level = &w->levels[w->n_levels];
	*level = (struct walk_level){ .dir = dir, .path_bytes = strlen(w->path) };
	level->err = listing_load(w->fs, dir, &level->listing);
	w->n_levels++;
	return UDF_OK;
}

enum udf_err walk_new(struct udf_fs *fs, udf_ino start, const char *path, struct walk **ret_walk)
{
	struct walk *w = calloc(1, sizeof(*w));
	enum udf_err err;

	if (!w)
		return UDF_E_NOMEM;
	w->fs = fs;
	w->path = strdup(path);
	w->cap_path = strlen(path) + 1;
	err = w->path ? enter(w, start) : UDF_E_NOMEM;
	if (!err)
		err = w->levels[0].err;
	if (err)
		walk_free(w);
	else
		*ret_walk = w;
	return err;
}

void walk_free(struct walk *w)
{
	if (!w)
		return;
	while (w->n_levels)
		listing_done(&w->levels[--w->n_levels].listing);
	tree_ino_map_done(&w->entered);
	free(w->levels);
	free(w->path);
	free(w);
}

static enum udf_err set_path(struct walk *w, size_t dir_bytes, const char *name)
{
	size_t needed = dir_bytes + strlen(name) + 2;

	if (needed > w->cap_path) {
		char *path = realloc(w->path, needed * 2);

		if (!path)
			return UDF_E_NOMEM;
		w->path = path;
		w->cap_path = needed * 2;
	}
	if (dir_bytes && w->path[dir_bytes - 1] != '/')
		w->path[dir_bytes++] = '/';
	strcpy(w->path + dir_bytes, name);
	return UDF_OK;
}

/* The item of the last level before its position, as an entry. */
static void fill(const struct walk *w, struct walk_entry *ret)
{
	const struct walk_level *level = &w->levels[w->n_levels - 1];
	const struct listing_item *item = &level->listing.items[level->at - 1];

	*ret = (struct walk_entry){ .path = w->path,
				    .name = item->name,
				    .dir = level->dir,
				    .ino = item->ino,
				    .is_directory = item->is_directory,
				    .depth = (unsigned)w->n_levels };
}

enum udf_err walk_next(struct walk *w, struct walk_entry *ret_entry)
{
	struct walk_level *level;
	enum udf_err err;

	if (w->enters) {
		level = &w->levels[w->n_levels - 1];
		w->enters = false;
		err = enter(w, level->listing.items[level->at - 1].ino);
		if (err) {
			fill(w, ret_entry);
			ret_entry->err = err;
			ret_entry->is_leaving = true;
			return UDF_OK;
		}
	}
	level = &w->levels[w->n_levels - 1];
	if (level->at < level->listing.n_items) {
		err = set_path(w, level->path_bytes, level->listing.items[level->at++].name);
		if (err)
			return err;
		fill(w, ret_entry);
		w->enters = ret_entry->is_directory;
		return UDF_OK;
	}
	if (w->n_levels == 1)
		return UDF_END;
	w->path[level->path_bytes] = '\0';
	err = level->err;
	listing_done(&level->listing);
	w->n_levels--;
	fill(w, ret_entry);
	ret_entry->is_leaving = true;
	ret_entry->err = err;
	return UDF_OK;
}

bool walk_is_last(const struct walk *w, unsigned depth)
{
	const struct walk_level *level = &w->levels[depth - 1];

	return level->at == level->listing.n_items;
}
