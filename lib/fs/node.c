/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes: the objects of the volume in memory, found by the address of their ICB. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "ecma/codec.h"
#include "ecma/symlink.h"
#include "fs/private.h"

#define MAX_TARGET_BYTES 4096		/* of a symlink, as a path of the host's */
#define MAX_BLOCKS UINT32_MAX		/* of a volume */
#define MAX_STRATEGY_4096_HOPS 65536u
#define IMAGES_BEFORE_EARLY_WRITE 512u

int64_t time_to_us(const struct udf_time *time)
{
	return time->seconds * 1000000 + time->microseconds;
}

int64_t fs_now_us(struct udf_fs *fs)
{
	struct udf_time now = { 0 };

	if (fs->env && fs->env->now)
		fs->env->now(fs->env->ctx, &now);
	return time_to_us(&now);
}

static void us_to_time(int64_t us, struct udf_time *ret)
{
	int64_t seconds = us / 1000000, rest = us % 1000000;

	if (rest < 0) {
		rest += 1000000;
		seconds--;
	}
	*ret = (struct udf_time){ .seconds = seconds, .microseconds = (uint32_t)rest };
}

static void us_to_timestamp(int64_t us, struct udf_timestamp *ret)
{
	struct udf_time time;

	us_to_time(us, &time);
	udf_timestamp_from_time(&time, ret);
}

static int64_t timestamp_to_us(const struct udf_timestamp *ts, int64_t otherwise)
{
	struct udf_time time;

	return udf_timestamp_to_time(ts, &time) ? otherwise : time_to_us(&time);
}

/* ---- lists ---- */

static void lru_remove(struct udf_fs *fs, struct node *node)
{
	if (!node->on_lru)
		return;
	*(node->lru_prev ? &node->lru_prev->lru_next : &fs->lru.first) = node->lru_next;
	*(node->lru_next ? &node->lru_next->lru_prev : &fs->lru.last) = node->lru_prev;
	node->on_lru = 0;
	fs->lru.n--;
}

static void lru_append(struct udf_fs *fs, struct node *node)
{
	if (node->on_lru)
		return;
	node->lru_prev = fs->lru.last;
	node->lru_next = NULL;
	*(fs->lru.last ? &fs->lru.last->lru_next : &fs->lru.first) = node;
	fs->lru.last = node;
	node->on_lru = 1;
	fs->lru.n++;
}

static uint32_t bucket_of(const struct udf_fs *fs, struct udf_lb_addr addr)
{
	return ((addr.lbn * 0x9E3779B1u) ^ addr.part_ref) & (fs->node_table_size - 1);
}

static enum udf_err grow_table(struct udf_fs *fs)
{
	uint32_t size = fs->node_table_size ? fs->node_table_size * 2 : 256, old = fs->node_table_size, i;
	struct node **from = fs->node_table, **table = calloc(size, sizeof(struct node *));

	if (!table)
		return UDF_E_NOMEM;
	fs->node_table = table;
	fs->node_table_size = size;
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

	if (fs->n_nodes >= fs->node_table_size) {
		enum udf_err err = grow_table(fs);

		if (err)
			return err;
	}
	head = &fs->node_table[bucket_of(fs, node_addr(node))];
	node->hash_next = *head;
	*head = node;
	fs->n_nodes++;
	return UDF_OK;
}

static void table_remove(struct udf_fs *fs, struct node *node)
{
	struct node **at = &fs->node_table[bucket_of(fs, node_addr(node))];

	for (; *at; at = &(*at)->hash_next) {
		if (*at == node) {
			*at = node->hash_next;
			fs->n_nodes--;
			return;
		}
	}
}

struct node *node_find(struct udf_fs *fs, struct udf_lb_addr addr)
{
	struct node *node = fs->node_table[bucket_of(fs, addr)];

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
	lru_remove(fs, node);
	node_clean(fs, node);
	node->flags &= (uint8_t)~(NODE_NEW | NODE_GONE);
	if (node->dir)
		dir_info_free(fs, node);
	if (node_has_data(node))
		extents_free(node->extents);
	if (node->icb)
		fs->n_images--;
	free(node->icb);
	free(node);
}

void nodes_close(struct udf_fs *fs)
{
	uint32_t i;

	for (i = 0; i < fs->node_table_size; i++) {
		struct node *node = fs->node_table[i], *next;

		for (; node; node = next) {
			next = node->hash_next;
			node_free(fs, node);
		}
	}
	free(fs->node_table);
	fs->node_table = NULL;
	fs->node_table_size = 0;
}

void nodes_shrink(struct udf_fs *fs)
{
	/* A quarter of the cache for nodes, at about 256 bytes each with what hangs on them. */
	size_t limit = fs->options.cache_bytes / 4 / 256;

	while (fs->lru.first &&
	       (fs->n_nodes > limit || fs->n_index_bytes > fs->options.cache_bytes / 2 ||
		fs->n_images * (size_t)fs->block_bytes > fs->options.cache_bytes / 8)) {
		struct node *node = fs->lru.first;

		table_remove(fs, node);
		node_free(fs, node);
	}
}

void node_put(struct udf_fs *fs, struct node *node)
{
	if (!node || --node->n_pins)
		return;
	if (node->flags & NODE_FREED)
		node_free(fs, node);
	else if (!(node->flags & (NODE_DIRTY | NODE_GONE | NODE_COUNT | NODE_FROZEN)))
		lru_append(fs, node);
}

/* ---- loading ---- */

/* Read the current direct entry of an ICB; of strategy 4096 the last of its chain. */
static enum udf_err read_icb(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t *buf)
{
	uint32_t hops;

	for (hops = 0; hops < MAX_STRATEGY_4096_HOPS; hops++) {
		struct udf_place place = { addr.part_ref, addr.lbn, NULL };
		struct udf_tag tag;
		struct udf_fe fe;
		struct udf_ie ie;
		enum udf_err err = udf_vol_read(fs->vol, addr.part_ref, addr.lbn, 1, buf);

		if (err)
			return err;
		udf_tag_decode(buf, &tag);
		if (tag.id != UDF_TAG_FE && tag.id != UDF_TAG_EFE)
			return UDF_E_CORRUPT;
		err = udf_tag_verify(buf, fs->block_bytes, tag.id, place, NULL, NULL);
		if (err)
			return err;
		udf_fe_decode(buf, &fe);
		err = udf_fe_validate(&fe, fs->block_bytes, fs->revision, place, NULL);
		if (err || fe.icb.strategy != UDF_STRATEGY_4096)
			return err;
		place.block_no = addr.lbn + 1;
		if (udf_vol_read(fs->vol, addr.part_ref, addr.lbn + 1, 1, fs->scratch) ||
		    udf_tag_verify(fs->scratch, fs->block_bytes, UDF_TAG_IE, place, NULL, NULL))
			return UDF_OK;	/* blank or terminal entry: this one is current */
		udf_ie_decode(fs->scratch, &ie);
		addr = ie.next_icb.addr;
	}
	return UDF_E_CORRUPT;
}

static void load_rdev(struct node *node, const uint8_t *ea, uint32_t n_bytes)
{
	struct udf_place place = { node->part_ref, node->lbn, NULL };
	struct udf_ea_iter it;
	struct udf_ea head;
	const uint8_t *p;

	node->rdev.major = node->rdev.minor = 0;
	if (udf_ea_iter_init(&it, ea, n_bytes, place, NULL))
		return;
	while (udf_ea_next(&it, &head, &p) == UDF_OK) {
		struct udf_ea_device device;

		if (head.type != UDF_EA_DEVICE || head.n_bytes < UDF_EA_HEADER_BYTES + 12)
			continue;
		udf_ea_device_decode(p + UDF_EA_HEADER_BYTES, &device);
		node->rdev.major = device.major;
		node->rdev.minor = device.minor;
		return;
	}
}

void node_set_target_bytes(struct node *node, const uint8_t *data, size_t n_bytes)
{
	char target[MAX_TARGET_BYTES];

	node->target_bytes = udf_symlink_to_path(data, n_bytes, target, sizeof(target)) ?
				     node->size_bytes : strlen(target);
}

static void node_from_fe(struct node *node, const struct udf_fe *fe, const uint8_t *icb)
{
	node->file_type = fe->icb.file_type;
	node->ad_kind = fe->icb.flags & UDF_ICB_AD_MASK;
	node->icb_flags = fe->icb.flags & (uint16_t)~UDF_ICB_AD_MASK;
	node->flags = fe->tag.id == UDF_TAG_EFE ? NODE_EFE : 0;
	node->uid = fe->uid;
	node->gid = fe->gid;
	node->permissions = fe->permissions;
	if (fe->tag.id == UDF_TAG_EFE && UDF_EXTENT_BYTES(fe->stream_icb.length))
		node->side |= SIDE_STREAMS;
	if (UDF_EXTENT_BYTES(fe->ea_icb.length))
		node->side |= SIDE_EA_FILE;
	node->n_extra_links = (node->side & SIDE_STREAMS) && fe->link_count > 1;
	node->nlink = node->nlink_disc = (uint16_t)(fe->link_count - node->n_extra_links);
	node->ea_bytes = fe->ea_bytes;
	node->size_bytes = fe->information_bytes;
	node->unique_id = fe->unique_id;
	node->mtime_us = timestamp_to_us(&fe->modification_time, 0);
	node->atime_us = timestamp_to_us(&fe->access_time, node->mtime_us);
	node->ctime_us = timestamp_to_us(&fe->attribute_time, node->mtime_us);
	node->btime_us = node->flags & NODE_EFE ? timestamp_to_us(&fe->creation_time, node->mtime_us) :
						  node->mtime_us;
	node->data_part_ref = node->part_ref;
	if (node->file_type == UDF_FT_BLOCK_DEVICE || node->file_type == UDF_FT_CHAR_DEVICE)
		load_rdev(node, icb + udf_fe_fixed_bytes(fe->tag.id), fe->ea_bytes);
	else if (node->file_type == UDF_FT_SYMLINK && node->ad_kind == UDF_AD_EMBEDDED)
		node_set_target_bytes(node, icb + udf_fe_fixed_bytes(fe->tag.id) + fe->ea_bytes,
				      fe->ad_bytes);
	else if (node_has_data(node) && !node_is_dir(node))
		node->n_recorded_blocks = fe->blocks_recorded;
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
	err = read_icb(fs, addr, node->icb);
	if (!err) {
		udf_fe_decode(node->icb, &fe);
		node_from_fe(node, &fe, node->icb);
		err = table_insert(fs, node);
	}
	if (err) {
		free(node->icb);
		free(node);
		return err;
	}
	fs->n_images++;
	/* Embedded contents will be wanted; else the image has served. */
	if (node->ad_kind != UDF_AD_EMBEDDED || !node_is_dir(node))
		node_drop_image(fs, node);
	node->n_pins = 1;
	*ret_node = node;
	return UDF_OK;
}

enum udf_err node_get_ino(struct udf_fs *fs, udf_ino ino, struct node **ret_node)
{
	return node_get(fs, (struct udf_lb_addr){ (uint32_t)ino, (uint16_t)(ino >> 32) }, ret_node);
}

enum udf_err node_load_image(struct udf_fs *fs, struct node *node)
{
	enum udf_err err;
	struct udf_fe fe;
	uint8_t *icb;

	if (node->icb)
		return UDF_OK;
	icb = malloc(fs->block_bytes);
	if (!icb)
		return UDF_E_NOMEM;
	err = read_icb(fs, node_addr(node), icb);
	if (!err) {
		udf_fe_decode(icb, &fe);
		/* It was read before: a disc that now tells another story is not to be believed. */
		if (fe.ea_bytes != node->ea_bytes || fe.icb.file_type != node->file_type ||
		    (fe.icb.flags & UDF_ICB_AD_MASK) != node->ad_kind ||
		    (fe.tag.id == UDF_TAG_EFE) != ((node->flags & NODE_EFE) != 0))
			err = UDF_E_CORRUPT;
	}
	if (err) {
		free(icb);
		return err;
	}
	node->icb = icb;
	fs->n_images++;
	return UDF_OK;
}

void node_drop_image(struct udf_fs *fs, struct node *node)
{
	if (!node->icb || (node->flags & (NODE_DIRTY | NODE_GONE)))
		return;
	free(node->icb);
	node->icb = NULL;
	fs->n_images--;
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
	fe.icb.strategy = UDF_STRATEGY_4;
	fe.icb.max_entries = 1;
	fe.icb.file_type = file_type;
	fe.checkpoint = 1;
	udf_regid_set_impl(&fe.impl);
	udf_fe_encode(&fe, node->icb);
	err = table_insert(fs, node);
	if (err)
		goto fail;
	fs->n_images++;
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
	enum udf_err err;

	if (node->flags & NODE_DIRTY)
		return UDF_OK;
	err = node_load_image(fs, node);
	if (err)
		return err;
	node->flags |= NODE_DIRTY;
	lru_remove(fs, node);
	node->dirty_prev = fs->dirty.last;
	node->dirty_next = NULL;
	*(fs->dirty.last ? &fs->dirty.last->dirty_next : &fs->dirty.first) = node;
	fs->dirty.last = node;
	fs->dirty.n++;
	return UDF_OK;
}

void node_clean(struct udf_fs *fs, struct node *node)
{
	if (!(node->flags & NODE_DIRTY))
		return;
	*(node->dirty_prev ? &node->dirty_prev->dirty_next : &fs->dirty.first) = node->dirty_next;
	*(node->dirty_next ? &node->dirty_next->dirty_prev : &fs->dirty.last) = node->dirty_prev;
	fs->dirty.n--;
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
	node->count_next = fs->counts;
	fs->counts = node;
}

uint32_t node_inline_capacity(const struct udf_fs *fs, const struct node *node)
{
	uint32_t fixed = node->flags & NODE_EFE ? UDF_EFE_FIXED_BYTES : UDF_FE_FIXED_BYTES;

	return fs->block_bytes - fixed - node->ea_bytes;
}

uint8_t *node_inline_data(const struct node *node)
{
	return node->icb + (node->flags & NODE_EFE ? UDF_EFE_FIXED_BYTES : UDF_FE_FIXED_BYTES) +
	       node->ea_bytes;
}

enum udf_err node_encode(struct udf_fs *fs, struct node *node)
{
	uint64_t n_recorded = 0, old_size;
	struct udf_fe fe;
	uint32_t tail;
	enum udf_err err;

	udf_fe_decode(node->icb, &fe);
	old_size = fe.information_bytes;
	fe.icb.flags = node->icb_flags | node->ad_kind;
	fe.uid = node->uid;
	fe.gid = node->gid;
	fe.permissions = node->permissions;
	fe.link_count = (uint16_t)((node_is_dir(node) ? node->nlink : node->nlink + node->nlink_pending) +
				   node->n_extra_links);
	fe.information_bytes = node->size_bytes;
	/* Without streams the same; with streams their share stays (ObjectSize, 4/14.17.11). */
	fe.object_bytes = fe.object_bytes >= old_size ? fe.object_bytes - old_size + node->size_bytes :
							node->size_bytes;
	us_to_timestamp(node->atime_us, &fe.access_time);
	us_to_timestamp(node->mtime_us, &fe.modification_time);
	us_to_timestamp(node->ctime_us, &fe.attribute_time);
	us_to_timestamp(node->btime_us, &fe.creation_time);
	fe.unique_id = node->unique_id;
	fe.ea_bytes = node->ea_bytes;
	fe.ad_bytes = 0;
	if (node_has_data(node) && node->ad_kind != UDF_AD_EMBEDDED) {
		err = extents_load(fs, node);
		if (err)
			return err;
		n_recorded = extents_count(node->extents, true);
	} else {
		fe.ad_bytes = (uint32_t)node->size_bytes;
	}
	fe.blocks_recorded = n_recorded;
	if (node->ad_kind != UDF_AD_EMBEDDED && node_has_data(node) && !node_is_dir(node))
		node->n_recorded_blocks = n_recorded;
	udf_fe_encode(&fe, node->icb);
	if (node_has_data(node) && node->ad_kind != UDF_AD_EMBEDDED) {
		err = extents_store(fs, node);
		if (err)
			return err;
		fe.ad_bytes = get_le32(node->icb + (node->flags & NODE_EFE ? 212 : 172));
	}
	tail = (uint32_t)udf_fe_fixed_bytes(fe.tag.id) + fe.ea_bytes + fe.ad_bytes;
	memset(node->icb + tail, 0, fs->block_bytes - tail);
	udf_tag_seal(node->icb, fe.tag.id, fs->vol->tag_version, fs->vol->tag_serial, node->lbn,
		     tail - UDF_TAG_BYTES);
	return UDF_OK;
}

enum udf_err node_patch_count(struct udf_fs *fs, struct node *node, uint16_t count)
{
	uint8_t *buf = fs->scratch;
	enum udf_err err = udf_vol_read(fs->vol, node->part_ref, node->lbn, 1, buf);

	if (!err)
		err = udf_tag_verify(buf, fs->block_bytes,
				     node->flags & NODE_EFE ? UDF_TAG_EFE : UDF_TAG_FE,
				     (struct udf_place){ node->part_ref, node->lbn, NULL }, NULL, NULL);
	if (err)
		return fs_fail(fs, err, "file entry", node->lbn);
	put_le16(buf + 48, (uint16_t)(count + node->n_extra_links));
	udf_tag_reseal(buf);
	err = udf_vol_write(fs->vol, node->part_ref, node->lbn, 1, buf);
	if (err)
		return fs_fail(fs, err, "file entry", node->lbn);
	node->nlink_disc = count;
	return UDF_OK;
}

/* ---- end of life ---- */

enum udf_err node_drop_blocks(struct udf_fs *fs, struct node *node)
{
	/* While a removed name may still be on disc the blocks are in use (R1). */
	bool later = node->nlink_pending;
	struct run_list runs = { 0 };
	enum udf_err err = UDF_OK;
	uint32_t i;

	if (node_has_data(node) && node->ad_kind != UDF_AD_EMBEDDED) {
		/* What can't be read can't be freed: the checker will. */
		if (extents_load(fs, node) == UDF_OK && node->data_part_ref == fs->part_ref) {
			err = extents_cut(node->extents, 0, &runs);
			for (i = 0; i < node->extents->n_aeds && !err; i++)
				err = run_list_add(&runs, node->extents->aed_lbn[i], 1);
			node->extents->n_aeds = 0;
			node->extents->chain_dirty = false;
		}
	}
	if (!err && node->side)
		err = node_drop_side(fs, node, later);
	if (!err && node->part_ref == fs->part_ref)
		err = run_list_add(&runs, node->lbn, 1);
	for (i = 0; i < runs.n_runs && !err; i++)
		err = later ? alloc_release_later(fs, runs.runs[i].lbn, runs.runs[i].n_blocks) :
			      alloc_release(fs, runs.runs[i].lbn, runs.runs[i].n_blocks);
	run_list_done(&runs);
	return err;
}

void node_forget(struct udf_fs *fs, struct node *node)
{
	node->flags |= NODE_FREED;
	node_clean(fs, node);
	lru_remove(fs, node);
	table_remove(fs, node);
	node_put(fs, node);
}

void node_maybe_drop(struct udf_fs *fs, struct node *node)
{
	if (!(node->flags & NODE_GONE) || (node->flags & NODE_FREED) || fs->failed ||
	    ref_exists(fs, node_ino(node)))
		return;
	/* R10: a directory may have another name on disc; the checker frees it. */
	if (!(fs->found_open && node_is_dir(node) && !(node->flags & NODE_NEW)))
		(void)node_drop_blocks(fs, node);
	if (node->dir)
		dir_info_free(fs, node);
	node->flags |= NODE_FREED;
	node_clean(fs, node);
	table_remove(fs, node);
	if (node->n_pins == 0 && !(node->flags & NODE_COUNT))
		node_free(fs, node);
}

static int by_lbn(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;

	return x->lbn < y->lbn ? -1 : x->lbn > y->lbn;
}

enum udf_err nodes_write_sorted(struct udf_fs *fs, struct node **list, size_t n)
{
	uint32_t per_run = FS_RUN_BYTES / fs->block_bytes, filled = 0;
	uint32_t first_lbn = 0;
	enum udf_err err = UDF_OK;
	size_t i;

	qsort(list, n, sizeof(*list), by_lbn);
	for (i = 0; i < n; i++) {
		err = node_encode(fs, list[i]);
		if (err)
			return fs_fail(fs, err, "file entry", list[i]->lbn);
		if (filled && (filled == per_run || list[i]->lbn != first_lbn + filled ||
			       list[i]->part_ref != list[i - 1]->part_ref)) {
			err = udf_vol_write(fs->vol, list[i - 1]->part_ref, first_lbn, filled,
					    fs->run_buffer);
			if (err)
				return fs_fail(fs, err, "file entries", first_lbn);
			filled = 0;
		}
		if (filled == 0)
			first_lbn = list[i]->lbn;
		memcpy(fs->run_buffer + (size_t)filled++ * fs->block_bytes, list[i]->icb, fs->block_bytes);
		list[i]->nlink_disc = node_is_dir(list[i]) ?
					      list[i]->nlink :
					      (uint16_t)(list[i]->nlink + list[i]->nlink_pending);
	}
	if (filled)
		err = udf_vol_write(fs->vol, list[n - 1]->part_ref, first_lbn, filled, fs->run_buffer);
	return err ? fs_fail(fs, err, "file entries", first_lbn) : UDF_OK;
}

enum udf_err nodes_write_early(struct udf_fs *fs)
{
	struct node **list, *node, *next;
	enum udf_err err = UDF_OK;
	size_t n = 0, i;
	bool wrote = false;

	if (fs->n_images < IMAGES_BEFORE_EARLY_WRITE || fs->n_images < fs->early_limit)
		return UDF_OK;
	list = malloc(fs->dirty.n * sizeof(struct node *));
	if (!list)
		return UDF_E_NOMEM;
	for (node = fs->dirty.first; node; node = node->dirty_next)
		if ((node->flags & NODE_NEW) && node->n_pins == 0 && !(node->flags & NODE_GONE))
			list[n++] = node;
	for (i = 0; i < n && !err; i++)
		err = extents_write_chain(fs, list[i], &wrote);
	if (!err)
		err = nodes_write_sorted(fs, list, n);
	for (i = 0; i < n && !err; i++) {
		next = list[i];
		node_clean(fs, next);
		/* From here on it is treated as durable, which is the careful side. */
		next->flags &= (uint8_t)~NODE_NEW;
		if (next->dir)
			next->dir->durable_bytes = next->size_bytes;
		node_drop_image(fs, next);
	}
	free(list);
	/* what could not go now need not be looked at again for each operation */
	fs->early_limit = fs->n_images + IMAGES_BEFORE_EARLY_WRITE / 2;
	return err;
}

/* ---- attributes ---- */

static uint32_t type_to_mode(uint8_t file_type)
{
	switch (file_type) {
	case UDF_FT_DIRECTORY:
	case UDF_FT_STREAM_DIRECTORY:
		return S_IFDIR;
	case UDF_FT_BLOCK_DEVICE:
		return S_IFBLK;
	case UDF_FT_CHAR_DEVICE:
		return S_IFCHR;
	case UDF_FT_FIFO:
		return S_IFIFO;
	case UDF_FT_SOCKET:
		return S_IFSOCK;
	case UDF_FT_SYMLINK:
		return S_IFLNK;
	default:
		return S_IFREG;
	}
}

void node_to_attr(struct udf_fs *fs, const struct node *node, struct udf_attr *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->ino = node_ino(node);
	ret->mode = type_to_mode(node->file_type) | udf_permissions_to_mode(node->permissions);
	if (node->icb_flags & UDF_ICB_SETUID)
		ret->mode |= S_ISUID;
	if (node->icb_flags & UDF_ICB_SETGID)
		ret->mode |= S_ISGID;
	if (node->icb_flags & UDF_ICB_STICKY)
		ret->mode |= S_ISVTX;
	ret->nlink = node_is_dir(node) && node->nlink ? node->nlink + 1u : node->nlink;
	ret->uid = node->uid;
	ret->gid = node->gid;
	ret->size_bytes = node->size_bytes;
	if (node->file_type == UDF_FT_SYMLINK && node->ad_kind == UDF_AD_EMBEDDED)
		ret->size_bytes = node->target_bytes;
	if (node_has_data(node)) {
		/* embedded data is no hole, and must not look like one */
		if (node->ad_kind == UDF_AD_EMBEDDED)
			ret->allocated_bytes = node->size_bytes;
		else if (node->extents)
			ret->allocated_bytes = extents_count(node->extents, false) * fs->block_bytes;
		else if (node_is_dir(node))
			ret->allocated_bytes = (node->size_bytes + fs->block_bytes - 1) /
					       fs->block_bytes * fs->block_bytes;
		else
			ret->allocated_bytes = udf_min64(node->n_recorded_blocks, MAX_BLOCKS) *
					       fs->block_bytes;
	} else if (node->file_type == UDF_FT_BLOCK_DEVICE || node->file_type == UDF_FT_CHAR_DEVICE) {
		ret->rdev_major = node->rdev.major;
		ret->rdev_minor = node->rdev.minor;
	}
	us_to_time(node->atime_us, &ret->atime);
	us_to_time(node->mtime_us, &ret->mtime);
	us_to_time(node->ctime_us, &ret->ctime);
	us_to_time(node->btime_us, &ret->btime);
	ret->unique_id = node->unique_id;
}
