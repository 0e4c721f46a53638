/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The objects of an image, in an order in which another program can walk them. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "iso/internal.h"

bool udf_iso_is_file(IsoNode *node)
{
	return ISO_NODE_IS_FILE(node) || iso_node_get_type(node) == LIBISO_BOOT;
}

static const char *name_of(const struct udf_iso_tree_item *item)
{
	const char *name = iso_node_get_name(item->node);

	return name ? name : "";
}

static bool add(struct udf_iso_tree *tree, IsoNode *node)
{
	if (tree->n == tree->cap) {
		uint32_t cap = tree->cap ? tree->cap * 2 : 256;
		struct udf_iso_tree_item *more = cap > tree->cap ? reallocarray(tree->items, cap, sizeof(*more)) : NULL;

		if (!more)
			return false;
		tree->items = more;
		tree->cap = cap;
	}
	tree->items[tree->n++] = (struct udf_iso_tree_item){ .node = node };
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(name_of(a), name_of(b));
}

/* What the directory I holds, at the end of the list. */
static bool add_children(struct udf_iso_tree *tree, uint32_t i)
{
	IsoDir *dir = ISO_DIR(tree->items[i].node);
	uint32_t first = tree->n;
	IsoDirIter *iter;
	IsoNode *node;
	bool ok = true;

	if (iso_dir_get_children(dir, &iter) < 0)
		return false;
	while (ok && iso_dir_iter_next(iter, &node) == 1)
		ok = add(tree, node);
	iso_dir_iter_free(iter);
	tree->items[i].first = first;
	tree->items[i].n = tree->n - first;
	if (tree->n > first)
		qsort(tree->items + first, tree->n - first, sizeof(*tree->items), by_name);
	return ok;
}

static uint64_t ino_of(const struct udf_iso_tree_item *item)
{
	return ISO_NODE_IS_FILE(item->node) ? udf_iso_source_ino(iso_file_get_stream((IsoFile *)item->node)) : 0;
}

static bool count_names(struct udf_iso_tree *tree, uint64_t last_ino)
{
	tree->n_names = calloc((size_t)last_ino + 1, 1);
	if (!tree->n_names)
		return false;
	for (uint32_t i = 0; i < tree->n; i++) {
		uint8_t *n = &tree->n_names[ino_of(&tree->items[i])];

		*n = *n < 2 ? *n + 1 : 2;
	}
	tree->n_names[0] = 1;		/* what has no number is alone */
	return true;
}

enum udf_err udf_iso_tree_new(struct udf_iso_image *image, struct udf_iso_tree **ret_tree,
			      char ret_why[UDF_ISO_WHY_BYTES])
{
	struct udf_iso_tree *tree;
	enum udf_err err = udf_iso_add_boots(image, ret_why);
	bool ok;

	if (err)
		return err;
	tree = calloc(1, sizeof(*tree));
	ok = tree && add(tree, (IsoNode *)iso_image_get_root(image->iso));
	for (uint32_t i = 0; ok && i < tree->n; i++)
		ok = !ISO_NODE_IS_DIR(tree->items[i].node) || add_children(tree, i);
	if (ok && count_names(tree, udf_iso_inodes_last(image->inodes))) {
		*ret_tree = tree;
		return UDF_OK;
	}
	udf_iso_tree_free(tree);
	return udf_iso_why((int)ISO_OUT_OF_MEM, "", ret_why);
}

void udf_iso_tree_free(struct udf_iso_tree *tree)
{
	if (!tree)
		return;
	free(tree->items);
	free(tree->n_names);
	free(tree);
}

uint32_t udf_iso_tree_count(const struct udf_iso_tree *tree)
{
	return tree->n;
}

static void set_stat(const struct udf_iso_tree *tree, const struct udf_iso_tree_item *item, struct stat *ret_st)
{
	IsoNode *node = item->node;
	struct udf_iso_fractions fractions;
	struct udf_iso_times times;
	uint64_t n_bytes = ISO_NODE_IS_FILE(node) ? (uint64_t)iso_file_get_size((IsoFile *)node) : item->n_bytes;

	memset(ret_st, 0, sizeof(*ret_st));
	ret_st->st_dev = 1;
	ret_st->st_ino = (ino_t)ino_of(item);
	ret_st->st_nlink = tree->n_names[ret_st->st_ino];
	ret_st->st_mode = iso_node_get_mode(node);
	ret_st->st_uid = iso_node_get_uid(node);
	ret_st->st_gid = iso_node_get_gid(node);
	udf_iso_times_get(node, &times);
	udf_iso_fractions_get(node, &fractions);
	ret_st->st_mtim = (struct timespec){ times.modified, (long)fractions.modified * 1000 };
	ret_st->st_atim = (struct timespec){ times.accessed, (long)fractions.accessed * 1000 };
	ret_st->st_ctim = (struct timespec){ times.changed, (long)fractions.changed * 1000 };
	if (udf_iso_is_file(node)) {
		ret_st->st_mode = S_IFREG | (ret_st->st_mode & 07777);
		ret_st->st_size = (off_t)n_bytes;
		ret_st->st_blocks = (blkcnt_t)(n_bytes / 512 + 1);
	} else if (iso_node_get_type(node) == LIBISO_SYMLINK) {
		ret_st->st_size = (off_t)strlen(iso_symlink_get_dest((IsoSymlink *)node));
	} else if (iso_node_get_type(node) == LIBISO_SPECIAL) {
		ret_st->st_rdev = iso_special_get_dev((IsoSpecial *)node);
	}
}

void udf_iso_tree_peek(const struct udf_iso_tree *tree, uint32_t i, struct udf_iso_item *ret_item)
{
	const struct udf_iso_tree_item *item = &tree->items[i];

	ret_item->name = name_of(item);
	ret_item->first = item->first;
	ret_item->n = item->n;
	ret_item->is_there = item->is_there;
	ret_item->data_block = item->block;
	ret_item->link = NULL;
	ret_item->st.st_mode = ISO_NODE_IS_DIR(item->node) ? S_IFDIR : 0;
}

void udf_iso_tree_get(const struct udf_iso_tree *tree, uint32_t i, struct udf_iso_item *ret_item)
{
	const struct udf_iso_tree_item *item = &tree->items[i];

	udf_iso_tree_peek(tree, i, ret_item);
	if (iso_node_get_type(item->node) == LIBISO_SYMLINK)
		ret_item->link = iso_symlink_get_dest((IsoSymlink *)item->node);
	set_stat(tree, item, &ret_item->st);
}

struct udf_iso_tree_item *udf_iso_tree_find(struct udf_iso_tree *tree, const struct udf_iso_tree_item *dir,
					    const char *name)
{
	uint32_t from = dir->first, end = dir->first + dir->n;

	while (from < end) {
		uint32_t middle = from + (end - from) / 2;
		int order = strcmp(name, name_of(&tree->items[middle]));

		if (order == 0)
			return &tree->items[middle];
		if (order < 0)
			end = middle;
		else
			from = middle + 1;
	}
	return NULL;
}
