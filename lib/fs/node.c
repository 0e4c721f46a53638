/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes: the objects of the volume in memory, found by the address of their ICB. */
#include <stdlib.h>
#include <string.h>

#include "ecma/codec.h"
#include "fs/dir.h"
#include "fs/extent.h"
#include "fs/file.h"
#include "fs/node.h"
#include "fs/state.h"

#define NEW_VOLUME_NODES 128u		/* on a new volume only hard links use a node again */

/* ---- lists ---- */

static void lru_remove(struct udf_fs *fs, struct node *node)
{
	if (!node->on_lru)
		return;
	*(node->lru_prev ? &node->lru_prev->lru_next : &fs->nodes.lru.first) = node->lru_next;
	*(node->lru_next ? &node->lru_next->lru_prev : &fs->nodes.lru.last) = node->lru_prev;
	node->on_lru = 0;
	fs->nodes.lru.n--;
}

static void lru_append(struct udf_fs *fs, struct node *node)
{
	if (node->on_lru)
		return;
	node->lru_prev = fs->nodes.lru.last;
	node->lru_next = NULL;
	*(fs->nodes.lru.last ? &fs->nodes.lru.last->lru_next : &fs->nodes.lru.first) = node;
	fs->nodes.lru.last = node;
	node->on_lru = 1;
	fs->nodes.lru.n++;
}

static uint32_t bucket_of(const struct udf_fs *fs, struct udf_lb_addr addr)
{
	return ((addr.lbn * 0x9E3779B1u) ^ addr.part_ref) & (fs->nodes.table_size - 1);
}

static enum udf_err grow_table(struct udf_fs *fs)
{
	uint32_t size = fs->nodes.table_size ? fs->nodes.table_size * 2 : 256, old = fs->nodes.table_size, i;
	struct node **from = fs->nodes.table, **table = calloc(size, sizeof(struct node *));

	if (!table)
		return UDF_E_NOMEM;
	fs->nodes.table = table;
	fs->nodes.table_size = size;
	for (i = 0; i < old; i++) {
		struct node *node = from[i], *next;

		for (; node; node = next) {
			struct node **head = &table[bucket_of(fs, node_addr(node))];

			next = node->hash_next;
			node->hash_next = *head;
			*head = node;
		}
	}
	free(from);
	return UDF_OK;
}

static enum udf_err table_insert(struct udf_fs *fs, struct node *node)
{
	struct node **head;

	if (fs->nodes.n >= fs->nodes.table_size) {
		enum udf_err err = grow_table(fs);

		if (err)
			return err;
	}
	head = &fs->nodes.table[bucket_of(fs, node_addr(node))];
	node->hash_next = *head;
	*head = node;
	fs->nodes.n++;
	return UDF_OK;
}

static void table_remove(struct udf_fs *fs, struct node *node)
{
	struct node **at = &fs->nodes.table[bucket_of(fs, node_addr(node))];

	for (; *at; at = &(*at)->hash_next) {
		if (*at == node) {
			*at = node->hash_next;
			fs->nodes.n--;
			return;
		}
	}
}

struct node *node_find(struct udf_fs *fs, struct udf_lb_addr addr)
{
	struct node *node = fs->nodes.table[bucket_of(fs, addr)];

	while (node && (node->lbn != addr.lbn || node->part_ref != addr.part_ref))
		node = node->hash_next;
	return node;
}

enum udf_err nodes_open(struct udf_fs *fs)
{
	return grow_table(fs);
}

static void node_free(struct udf_fs *fs, struct node *node)
{
	node_clean(fs, node);	/* this may put it on the LRU list */
	lru_remove(fs, node);
	node->flags &= (uint8_t)~(NODE_NEW | NODE_GONE);
	if (node->dir)
		dir_info_free(fs, node);
	if (node_has_data(node))
		extents_free(node->extents);
	node_free_image(fs, node);
	free(node);
}

void nodes_close(struct udf_fs *fs)
{
	uint32_t i;

	for (i = 0; i < fs->nodes.table_size; i++) {
		struct node *node = fs->nodes.table[i], *next;

		for (; node; node = next) {
			next = node->hash_next;
			node_free(fs, node);
		}
	}
	free(fs->nodes.table);
	fs->nodes.table = NULL;
	fs->nodes.table_size = 0;
}

void nodes_shrink(struct udf_fs *fs)
{
	/* Nodes get a sixteenth of the cache.  A node takes about 256 bytes, including what it points to. */
	size_t limit = fs->policy.is_new ? NEW_VOLUME_NODES : fs->options.cache_bytes / 16 / 256;

	while (fs->nodes.lru.first &&
	       (fs->nodes.n > limit || fs->dirs.n_index_bytes > fs->options.cache_bytes / 2 ||
		fs->nodes.n_images * (size_t)fs->block_bytes > fs->options.cache_bytes / 8)) {
		struct node *node = fs->nodes.lru.first;

		if (node->dir && node->dir->reparent_batch == fs->batch.unlink_number)
			fs->batch.forgot_reparent = fs->batch.unlink_number;
		table_remove(fs, node);
		node_free(fs, node);
	}
}

void node_put(struct udf_fs *fs, struct node *node)
{
	if (!node || --node->n_pins)
		return;
	if ((node->flags & (NODE_FREED | NODE_COUNT)) == NODE_FREED)
		node_free(fs, node);
	else if (!(node->flags & (NODE_FREED | NODE_DIRTY | NODE_GONE | NODE_COUNT | NODE_FROZEN)))
		lru_append(fs, node);
}

/* ---- loading ---- */

/* Read the path components of a symlink from its blocks, because only they say how long the path is. */
static enum udf_err load_target(struct udf_fs *fs, struct node *node)
{
	enum udf_err err;
	size_t n_bytes;
	uint8_t *data;

	node->target_bytes = node->size_bytes;	/* where they can't be read */
	if (node->size_bytes > MAX_SYMLINK_BYTES)
		return UDF_OK;
	data = malloc((size_t)node->size_bytes + 1);
	if (!data)
		return UDF_E_NOMEM;
	err = file_read(fs, node, 0, (size_t)node->size_bytes, data, &n_bytes);
	if (!err)
		node_set_target_bytes(node, data, n_bytes);
	free(data);
	extents_free(node->extents);
	node->extents = NULL;
	return err == UDF_E_NOMEM ? err : UDF_OK;
}

enum udf_err node_get(struct udf_fs *fs, struct udf_lb_addr addr, struct node **ret_node)
{
	struct node *node = node_find(fs, addr);
	struct udf_fe fe;
	enum udf_err err;

	if (node) {
		lru_remove(fs, node);
		node->n_pins++;
		*ret_node = node;
		return UDF_OK;
	}
	nodes_shrink(fs);
	node = calloc(1, sizeof(*node));
	if (!node)
		return UDF_E_NOMEM;
	node->lbn = addr.lbn;
	node->part_ref = addr.part_ref;
	node->icb = malloc(fs->block_bytes);
	if (!node->icb) {
		free(node);
		return UDF_E_NOMEM;
	}
	err = icb_read(fs, addr, node->icb);
	if (!err) {
		udf_fe_decode(node->icb, &fe);
		node_from_fe(node, &fe, node->icb, fs->block_bytes);
		if (node->file_type == UDF_FT_SYMLINK && node->ad_kind != UDF_AD_EMBEDDED)
			err = load_target(fs, node);
	}
	if (!err)
		err = table_insert(fs, node);
	if (err) {
		free(node->icb);
		free(node);
		return err;
	}
	space_seen(fs, addr.part_ref, addr.lbn, 1);
	space_seen_id(fs, node->unique_id);
	if (node->side)
		space_seen_side(fs, &fe);
	fs->nodes.n_images++;
	/* The names of an embedded directory will be needed.  Other images are rarely needed again. */
	if (!fs->options.reads_contents && (node->ad_kind != UDF_AD_EMBEDDED || !node_is_dir(node)))
		node_drop_image(fs, node);
	node->n_pins = 1;
	*ret_node = node;
	return UDF_OK;
}

enum udf_err node_get_ino(struct udf_fs *fs, udf_ino ino, struct node **ret_node)
{
	if (ino >> 48)
		return UDF_E_CORRUPT;	/* not the address of an ICB */
	return node_get(fs, (struct udf_lb_addr){ (uint32_t)ino, (uint16_t)(ino >> 32) }, ret_node);
}

/* ---- changing ---- */

enum udf_err node_new(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t file_type,
		      struct node **ret_node)
{
	struct node *node;
	struct udf_fe fe;
	enum udf_err err = UDF_E_NOMEM;

	nodes_shrink(fs);
	node = calloc(1, sizeof(*node));
	if (!node)
		return err;
	node->icb = calloc(1, fs->block_bytes);
	if (!node->icb)
		goto fail;
	node->lbn = addr.lbn;
	node->part_ref = node->data_part_ref = addr.part_ref;
	node->file_type = file_type;
	node->ad_kind = UDF_AD_EMBEDDED;
	node->flags = NODE_NEW;
	if (fs->revision >= 0x0200)
		node->flags |= NODE_EFE;
	node->uid = node->gid = UDF_ID_NONE;
	node->atime_us = node->mtime_us = node->ctime_us = node->btime_us = fs_now_us(fs);
	memset(&fe, 0, sizeof(fe));
	fe.tag.id = node->flags & NODE_EFE ? UDF_TAG_EFE : UDF_TAG_FE;
	fe.icb = udf_icbtag_first(fs->icb_form.strategy, file_type, 0);
	fe.checkpoint = 1;
	udf_regid_set_impl(&fe.impl);
	udf_fe_encode(&fe, node->icb);
	err = table_insert(fs, node);
	if (err)
		goto fail;
	fs->nodes.n_images++;
	node->n_pins = 1;
	err = node_dirty(fs, node);
	*ret_node = node;
	return err;
fail:
	free(node->icb);
	free(node);
	return err;
}

enum udf_err node_dirty(struct udf_fs *fs, struct node *node)
{
	enum udf_err err = node->flags & NODE_DIRTY ? UDF_OK : node_load_image(fs, node);

	if (err)
		return err;
	fs->batch.n_changes++;
	if (node->flags & NODE_DIRTY)
		return UDF_OK;
	node->flags |= NODE_DIRTY;
	lru_remove(fs, node);
	node->dirty_prev = fs->nodes.dirty.last;
	node->dirty_next = NULL;
	*(fs->nodes.dirty.last ? &fs->nodes.dirty.last->dirty_next : &fs->nodes.dirty.first) = node;
	fs->nodes.dirty.last = node;
	fs->nodes.dirty.n++;
	return UDF_OK;
}

void node_clean(struct udf_fs *fs, struct node *node)
{
	if (!(node->flags & NODE_DIRTY))
		return;
	*(node->dirty_prev ? &node->dirty_prev->dirty_next : &fs->nodes.dirty.first) = node->dirty_next;
	*(node->dirty_next ? &node->dirty_next->dirty_prev : &fs->nodes.dirty.last) = node->dirty_prev;
	fs->nodes.dirty.n--;
	node->flags &= (uint8_t)~(NODE_DIRTY | NODE_TIMES_ONLY);
	if (node->n_pins == 0 && !(node->flags & (NODE_GONE | NODE_FREED | NODE_COUNT | NODE_FROZEN)))
		lru_append(fs, node);
}

void node_count_changed(struct udf_fs *fs, struct node *node)
{
	if (node->flags & NODE_COUNT)
		return;
	lru_remove(fs, node);
	node->flags |= NODE_COUNT;
	node->count_next = fs->nodes.counts;
	fs->nodes.counts = node;
}

void node_let_go(struct udf_fs *fs, struct node *node)
{
	node->flags |= NODE_FREED;
	named_lose(fs, node_ino(node));
	node_clean(fs, node);
	table_remove(fs, node);
	/* a removal may still pin the node, but does not need its image */
	node_free_image(fs, node);
	if (node->n_pins == 0 && !(node->flags & NODE_COUNT))
		node_free(fs, node);
}

void node_forget(struct udf_fs *fs, struct node *node)
{
	node->flags |= NODE_FREED;
	named_lose(fs, node_ino(node));
	node_clean(fs, node);
	lru_remove(fs, node);
	table_remove(fs, node);
	node_put(fs, node);
}
