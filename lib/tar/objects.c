/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tar/objects.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* By directory, then by name: so all names of a directory come one after another, sorted. */
static int compare(const void *a, const void *b)
{
	const struct tar_name *x = a, *y = b;

	if (x->parent->number != y->parent->number)
		return x->parent->number < y->parent->number ? -1 : 1;
	return strcmp(x->text, y->text);
}

/* A name that is looked for: its text is a part of a path. */
struct wanted {
	const struct tar_name *parent;
	const char *text;
	size_t n_bytes;
};

/* In the order of compare(). */
static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a;
	const struct tar_name *y = b;
	int order;

	if (x->parent->number != y->parent->number)
		return x->parent->number < y->parent->number ? -1 : 1;
	order = strncmp(x->text, y->text, x->n_bytes);
	return order ? order : -(y->text[x->n_bytes] != 0);
}

static struct tar_name *name_new(struct tar_name *parent, const char *text, size_t n_bytes)
{
	struct tar_name *name = calloc(1, sizeof(*name) + n_bytes + 1);

	if (!name)
		return NULL;
	name->parent = parent;
	memcpy(name->text, text, n_bytes);
	return name;
}

struct tar_object *object_new(struct tar_objects *objects, const struct stat *st)
{
	struct tar_object *object = calloc(1, sizeof(*object));

	if (!object)
		return NULL;
	object->st = *st;
	object->st.st_dev = 0;		/* no device has this number */
	object->st.st_ino = ++objects->last_ino;
	object->st.st_nlink = 0;
	return object;
}

void object_drop(struct tar_object *object)
{
	if (!object || object->st.st_nlink)
		return;
	free(object->link_target);
	free(object);
}

enum udf_err objects_init(struct tar_objects *objects)
{
	const struct stat st = { .st_mode = S_IFDIR | 0755 };
	struct tar_object *object;

	*objects = (struct tar_objects){ .by_name = NULL };
	object = object_new(objects, &st);
	objects->root = name_new(NULL, "", 0);
	if (!object || !objects->root) {
		free(object);
		free(objects->root);
		objects->root = NULL;
		return UDF_E_NOMEM;
	}
	object->is_implied = true;
	object->st.st_nlink = 1;
	objects->root->object = object;
	return UDF_OK;
}

static void name_free(void *node)
{
	struct tar_name *name = node;

	name->object->st.st_nlink--;
	object_drop(name->object);
	free(name);
}

void objects_done(struct tar_objects *objects)
{
	tdestroy(objects->by_name, name_free);
	if (objects->root)
		name_free(objects->root);
}

struct tar_name *objects_find(const struct tar_objects *objects, const struct tar_name *parent, const char *text,
			      size_t n_bytes)
{
	const struct wanted wanted = { parent, text, n_bytes };
	struct tar_name *const *found = tfind(&wanted, &objects->by_name, compare_wanted);

	return found ? *found : NULL;
}

enum udf_err objects_add(struct tar_objects *objects, struct tar_name *parent, const char *text, size_t n_bytes,
			 struct tar_object *object)
{
	struct tar_name *name, **found;

	if (objects->n == TAR_MAX_OBJECTS)
		return UDF_E_RANGE;
	name = name_new(parent, text, n_bytes);
	found = name ? tsearch(name, &objects->by_name, compare) : NULL;
	if (!found || *found != name) {
		free(name);
		return UDF_E_NOMEM;
	}
	name->number = ++objects->n;
	name->object = object;
	object->st.st_nlink++;
	if (!parent->first)
		parent->first = name;	/* some name, until they are sorted */
	return UDF_OK;
}

void objects_replace(struct tar_name *name, struct tar_object *object)
{
	struct tar_object *old = name->object;

	if (old == object)
		return;
	name->object = object;
	object->st.st_nlink++;
	old->st.st_nlink--;
	object_drop(old);
}

static void clear(const void *node, VISIT which, void *closure)
{
	struct tar_name *name = *(struct tar_name *const *)node;

	(void)closure;
	if (which == postorder || which == leaf)
		name->first = name->last = name->next = NULL;
}

static void append(const void *node, VISIT which, void *closure)
{
	struct tar_name *name = *(struct tar_name *const *)node, *parent = name->parent;

	(void)closure;
	if (which != postorder && which != leaf)
		return;
	if (parent->last)
		parent->last->next = name;
	else
		parent->first = name;
	parent->last = name;
}

void objects_sort(struct tar_objects *objects)
{
	objects->root->first = objects->root->last = NULL;
	twalk_r(objects->by_name, clear, NULL);
	twalk_r(objects->by_name, append, NULL);
}
