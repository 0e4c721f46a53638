/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of an archive, walked in the order of host_walk(). */
#include "config.h"

#include <limits.h>
#include <string.h>

#include "tar/internal.h"

struct walk_state {
	const struct udf_tar *tar;
	const struct host_walk *walk;
	char path[PATH_MAX];		/* longer ones are not taken up */
};

static enum udf_err tell_entry(struct walk_state *w, struct tar_name *name, size_t path_bytes, uint64_t tag)
{
	const struct tar_object *object = name->object;
	struct host_entry entry = { .dir_fd = -1, .name = name->text, .path = w->path, .st = object->st, .fd = -1,
				    .data_at_bytes = object->data_at_bytes, .is_archived = true,
				    .link_target = object->link_target };

	if (path_bytes)
		w->path[path_bytes++] = '/';
	strcpy(w->path + path_bytes, name->text);
	name->tag = HOST_WALK_LEAVE_OUT;
	if (host_walk_excludes(w->walk, w->path, name->text))
		return UDF_OK;
	if (S_ISREG(object->st.st_mode))
		entry.fd = w->tar->spool_fd;
	return w->walk->entry(w->walk->ctx, &entry, tag, &name->tag);
}

static enum udf_err begin(const struct walk_state *w, const struct tar_name *dir, uint64_t tag)
{
	struct host_names names = { .text = NULL };
	enum udf_err err = UDF_OK;

	for (const struct tar_name *name = dir->first; name && !err; name = name->next)
		err = host_names_add(&names, name->text, 0);
	if (!err)
		err = w->walk->begin(w->walk->ctx, tag, &names);
	host_names_done(&names);
	return err;
}

/* All entries of DIR. */
static enum udf_err tell_directory(struct walk_state *w, struct tar_name *dir, size_t path_bytes, uint64_t tag)
{
	enum udf_err err = w->walk->begin ? begin(w, dir, tag) : UDF_OK;

	for (struct tar_name *name = dir->first; name && !err; name = name->next)
		err = tell_entry(w, name, path_bytes, tag);
	return err ? err : w->walk->leave(w->walk->ctx, tag, &dir->object->st);
}

/* The next directory to enter in the list that begins with NAME, or NULL. */
static struct tar_name *next_directory(struct tar_name *name)
{
	while (name && (!S_ISDIR(name->object->st.st_mode) || name->tag == HOST_WALK_LEAVE_OUT))
		name = name->next;
	return name;
}

enum udf_err udf_tar_walk(void *ctx, const struct host_walk *walk, uint64_t root_tag)
{
	struct walk_state w = { .tar = ctx, .walk = walk };
	struct tar_name *root = w.tar->objects.root, *at = root, *next;
	size_t path_bytes = 0;
	enum udf_err err = tell_directory(&w, root, 0, root_tag);

	/* Down where that is possible, then to the next beside it, then up. */
	next = next_directory(root->first);
	while (!err) {
		if (next) {
			at = next;
			if (path_bytes)
				w.path[path_bytes++] = '/';
			strcpy(w.path + path_bytes, at->text);
			path_bytes += strlen(at->text);
			err = tell_directory(&w, at, path_bytes, at->tag);
			next = next_directory(at->first);
			continue;
		}
		if (at == root)
			break;
		path_bytes -= strlen(at->text);
		path_bytes -= path_bytes > 0;
		next = next_directory(at->next);
		at = at->parent;
	}
	return err;
}
