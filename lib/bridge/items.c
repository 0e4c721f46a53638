/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge/items.h"

#include <stdlib.h>
#include <string.h>

struct level {				/* a directory that is being walked */
	uint32_t next, end;		/* what it still has to enter */
	size_t path_bytes;
};

struct walk_state {
	const struct bridge_items *items;
	const struct host_walk *walk;
	uint64_t *tags;			/* of each object */
	struct level *levels;
	size_t n_levels, cap_levels;
	char *path;
	size_t cap_path;
};

/* Put NAME after the first *PATH_BYTES bytes of the path, which become more. */
static enum udf_err append(struct walk_state *w, size_t *path_bytes, const char *name)
{
	size_t n = strlen(name), need = *path_bytes + n + 2;

	if (need > w->cap_path) {
		char *more = realloc(w->path, need * 2);

		if (!more)
			return UDF_E_NOMEM;
		w->path = more;
		w->cap_path = need * 2;
	}
	if (*path_bytes)
		w->path[(*path_bytes)++] = '/';
	memcpy(w->path + *path_bytes, name, n + 1);
	*path_bytes += n;
	return UDF_OK;
}

static bool is_left_out(const struct walk_state *w, const struct udf_iso_item *item)
{
	return w->items->is_located && !item->is_there;
}

static enum udf_err tell_item(struct walk_state *w, uint32_t i, size_t path_bytes, uint64_t parent_tag)
{
	struct udf_iso_item item;
	struct host_entry entry;
	enum udf_err err;

	udf_iso_tree_get(w->items->tree, i, &item);
	w->tags[i] = HOST_WALK_LEAVE_OUT;
	if (is_left_out(w, &item))
		return UDF_OK;
	err = append(w, &path_bytes, item.name);
	if (err)
		return err;
	entry = (struct host_entry){ .dir_fd = -1, .name = item.name, .path = w->path, .st = item.st, .fd = -1,
				     .data_at_bytes = item.data_block * UDF_ISO_BLOCK_BYTES, .is_archived = true,
				     .link_target = item.link };
	return w->walk->entry(w->walk->ctx, &entry, parent_tag, &w->tags[i]);
}

static enum udf_err begin(const struct walk_state *w, const struct udf_iso_item *dir, uint64_t tag)
{
	struct host_names names = { .text = NULL };
	struct udf_iso_item item;
	enum udf_err err = UDF_OK;

	for (uint32_t i = 0; i < dir->n && !err; i++) {
		udf_iso_tree_peek(w->items->tree, dir->first + i, &item);
		if (!is_left_out(w, &item))
			err = host_names_add(&names, item.name, 0);
	}
	if (!err)
		err = w->walk->begin(w->walk->ctx, tag, &names);
	host_names_done(&names);
	return err;
}

/* Everything in the directory I; its directories are entered later. */
static enum udf_err enter(struct walk_state *w, uint32_t i, size_t path_bytes)
{
	uint64_t tag = w->tags[i];
	struct udf_iso_item dir;
	enum udf_err err;

	udf_iso_tree_get(w->items->tree, i, &dir);
	err = w->walk->begin ? begin(w, &dir, tag) : UDF_OK;
	for (uint32_t j = 0; j < dir.n && !err; j++)
		err = tell_item(w, dir.first + j, path_bytes, tag);
	if (!err)
		err = w->walk->leave(w->walk->ctx, tag, &dir.st);
	if (!err && w->n_levels == w->cap_levels) {
		size_t cap = w->cap_levels ? w->cap_levels * 2 : 64;
		struct level *more = reallocarray(w->levels, cap, sizeof(*more));

		if (!more)
			return UDF_E_NOMEM;
		w->levels = more;
		w->cap_levels = cap;
	}
	if (!err)
		w->levels[w->n_levels++] = (struct level){ dir.first, dir.first + dir.n, path_bytes };
	return err;
}

/* Enter the next directory of the innermost one, or leave that. */
static enum udf_err step(struct walk_state *w)
{
	struct level *level = &w->levels[w->n_levels - 1];
	size_t path_bytes = level->path_bytes;
	struct udf_iso_item item;
	enum udf_err err;
	uint32_t i;

	while (level->next < level->end) {
		i = level->next++;
		udf_iso_tree_peek(w->items->tree, i, &item);
		if (!S_ISDIR(item.st.st_mode) || w->tags[i] == HOST_WALK_LEAVE_OUT)
			continue;
		err = append(w, &path_bytes, item.name);
		return err ? err : enter(w, i, path_bytes);
	}
	w->n_levels--;
	return UDF_OK;
}

enum udf_err bridge_items_walk(void *ctx, const struct host_walk *walk, uint64_t root_tag)
{
	struct walk_state w = { .items = ctx, .walk = walk };
	enum udf_err err;

	w.tags = calloc(udf_iso_tree_count(w.items->tree), sizeof(*w.tags));
	if (!w.tags)
		return UDF_E_NOMEM;
	w.tags[0] = root_tag;
	err = enter(&w, 0, 0);
	while (!err && w.n_levels)
		err = step(&w);
	free(w.tags);
	free(w.levels);
	free(w.path);
	return err;
}
