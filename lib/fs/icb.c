/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes from and to their ICBs (ECMA-167 4/14.9, 4/14.17), and to what stat(2) shows. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "base/checked.h"
#include "ecma/symlink.h"
#include "fs/private.h"

#define MAX_TARGET_BYTES 4096		/* of a symlink, as a path of the host's */
#define MAX_BLOCKS UINT32_MAX		/* of a volume */
#define WINDOW_BLOCKS 32u
#define MAX_STRATEGY_4096_HOPS 65536u
#define IMAGES_BEFORE_EARLY_WRITE 512u
#define BULK_IMAGE_BYTES (128u << 10)	/* the same in bulk mode, where each object is done when the next begins */

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

/* ---- reading ---- */

/*
 * Read one block of an ICB.  While a directory is listed with attributes nothing is written, and the
 * run buffer holds the blocks behind the ones just asked for: children lie next to each other.
 */
static enum udf_err read_block(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t *buf)
{
	struct icb_window *w = &fs->window;
	uint32_t bs = fs->block_bytes, n_left;
	bool follows = w->on && addr.part_ref == w->next.part_ref && addr.lbn >= w->next.lbn &&
		       addr.lbn - w->next.lbn < WINDOW_BLOCKS;

	if (w->on && addr.part_ref == w->addr.part_ref && addr.lbn - w->addr.lbn < w->n_blocks) {
		memcpy(buf, fs->run_buffer + (size_t)(addr.lbn - w->addr.lbn) * bs, bs);
		w->next.lbn = addr.lbn + 1;
		return UDF_OK;
	}
	w->next = (struct udf_lb_addr){ addr.lbn + 1, addr.part_ref };
	if (follows && addr.part_ref < fs->vol->n_parts && addr.lbn < fs->vol->parts[addr.part_ref].n_blocks) {
		n_left = fs->vol->parts[addr.part_ref].n_blocks - addr.lbn;
		w->addr = addr;
		w->n_blocks = (uint32_t)udf_min64(udf_min64(WINDOW_BLOCKS, FS_RUN_BYTES / bs), n_left);
		if (udf_vol_read(fs->vol, addr.part_ref, addr.lbn, w->n_blocks, fs->run_buffer) == UDF_OK) {
			memcpy(buf, fs->run_buffer, bs);
			return UDF_OK;
		}
		w->n_blocks = 0;	/* one of them is bad: block by block, so that only its file fails */
	}
	return udf_vol_read(fs->vol, addr.part_ref, addr.lbn, 1, buf);
}

enum udf_err icb_read(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t *buf)
{
	uint32_t hops;

	for (hops = 0; hops < MAX_STRATEGY_4096_HOPS; hops++) {
		struct udf_place place = { addr.part_ref, addr.lbn, NULL };
		struct udf_tag tag;
		struct udf_fe fe;
		struct udf_ie ie;
		enum udf_err err = read_block(fs, addr, buf);

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

enum udf_err icb_form_open(struct udf_fs *fs, const struct node *root)
{
	struct icb_form *form = &fs->icb_form;
	struct udf_fe fe;

	udf_fe_decode(root->icb, &fe);
	form->strategy = fe.icb.strategy;
	form->n_blocks = udf_icb_blocks(form->strategy);
	if (form->n_blocks == 1)
		return UDF_OK;
	form->behind = malloc(fs->block_bytes);
	return form->behind ? udf_vol_read(fs->vol, root->part_ref, root->lbn + 1, 1, form->behind) : UDF_E_NOMEM;
}

/* The first attribute of TYPE with at least MIN_BYTES in the ICB, or NULL. */
static const uint8_t *find_ea(const struct node *node, const uint8_t *icb, uint32_t type, uint32_t min_bytes)
{
	size_t at = node->flags & NODE_EFE ? UDF_EFE_FIXED_BYTES : UDF_FE_FIXED_BYTES;
	struct udf_place place = { node->part_ref, node->lbn, NULL };
	struct udf_ea_iter it;
	struct udf_ea head;
	const uint8_t *p;

	if (udf_ea_iter_init(&it, icb + at, node->ea_bytes, place, NULL))
		return NULL;
	while (udf_ea_next(&it, &head, &p) == UDF_OK)
		if (head.type == type && head.n_bytes >= min_bytes)
			return p;
	return NULL;
}

static void load_rdev(struct node *node, const uint8_t *icb)
{
	const uint8_t *p = find_ea(node, icb, UDF_EA_DEVICE, UDF_EA_HEADER_BYTES + 12);
	struct udf_ea_device device = { .major = 0 };

	if (p)
		udf_ea_device_decode(p + UDF_EA_HEADER_BYTES, &device);
	node->rdev.major = device.major;
	node->rdev.minor = device.minor;
}

/* Where a File Entry, which has no field for it, keeps its creation time (ECMA-167 4/14.10.5); NULL: nowhere. */
static const uint8_t *creation_time_in(const struct node *node, const uint8_t *icb)
{
	const uint8_t *p = node->flags & NODE_EFE ? NULL :
			   find_ea(node, icb, UDF_EA_FILE_TIMES, UDF_CREATION_EA_BYTES - UDF_EAHD_BYTES);
	struct udf_ea_times times;

	if (!p)
		return NULL;
	udf_ea_times_decode(p + UDF_EA_HEADER_BYTES, &times);
	if (!(times.existence & UDF_EA_TIME_CREATION) || times.data_bytes < 12)
		return NULL;
	return p + UDF_EA_HEADER_BYTES + 8;
}

static int64_t load_btime(const struct node *node, const struct udf_fe *fe, const uint8_t *icb)
{
	const uint8_t *p = creation_time_in(node, icb);
	struct udf_timestamp creation;

	if (node->flags & NODE_EFE)
		return timestamp_to_us(&fe->creation_time, node->mtime_us);
	if (!p)
		return node->mtime_us;
	udf_timestamp_decode(p, &creation);
	return timestamp_to_us(&creation, node->mtime_us);
}

/*
 * A file is not created after it was read or changed (UDF DCN-5153).  Users set the other times and look at them, so
 * the creation time gives way.
 */
static int64_t creation_us(const struct node *node)
{
	int64_t others[] = { node->mtime_us, node->atime_us, node->ctime_us };
	int64_t us = node->btime_us;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (us > others[i])
			us = others[i];
	return us;
}

void node_settle_btime(struct node *node)
{
	node->btime_us = creation_us(node);
}

/* A File Entry's creation time changes where it has one; none is added. */
static void store_btime(struct node *node, const struct udf_fe *fe)
{
	const uint8_t *p = creation_time_in(node, node->icb);
	struct udf_timestamp creation;

	if (!p || load_btime(node, fe, node->icb) == node->btime_us)
		return;
	us_to_timestamp(node->btime_us, &creation);
	udf_timestamp_encode(&creation, node->icb + (p - node->icb));
}

void node_set_target_bytes(struct node *node, const uint8_t *data, size_t n_bytes)
{
	char target[MAX_TARGET_BYTES];

	node->target_bytes = udf_symlink_to_path(data, n_bytes, target, sizeof(target)) ?
				     node->size_bytes : strlen(target);
}

void node_from_fe(struct node *node, const struct udf_fe *fe, const uint8_t *icb)
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
	node->btime_us = load_btime(node, fe, icb);
	node->data_part_ref = node->part_ref;
	if (node->file_type == UDF_FT_BLOCK_DEVICE || node->file_type == UDF_FT_CHAR_DEVICE)
		load_rdev(node, icb);
	else if (node->file_type == UDF_FT_SYMLINK && node->ad_kind == UDF_AD_EMBEDDED)
		node_set_target_bytes(node, icb + udf_fe_fixed_bytes(fe->tag.id) + fe->ea_bytes,
				      fe->ad_bytes);
	else if (node_has_data(node) && !node_is_dir(node))
		node->n_recorded_blocks = fe->blocks_recorded;
}

/* ---- writing ---- */

/* Bring the image up to date and seal it. */
static enum udf_err node_encode(struct udf_fs *fs, struct node *node)
{
	uint64_t old_size;
	struct udf_fe fe;
	uint32_t tail;
	bool stores;
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
	node_settle_btime(node);
	us_to_timestamp(node->atime_us, &fe.access_time);
	us_to_timestamp(node->mtime_us, &fe.modification_time);
	us_to_timestamp(node->ctime_us, &fe.attribute_time);
	us_to_timestamp(node->btime_us, &fe.creation_time);
	fe.unique_id = node->unique_id;
	fe.ea_bytes = node->ea_bytes;
	/* Descriptors of a list that did not change stay as they are, however another system packed them. */
	stores = node_has_data(node) && node->ad_kind != UDF_AD_EMBEDDED &&
		 ((node->extents && node->extents->changed) || node->size_bytes != old_size);
	if (stores) {
		err = extents_load(fs, node);
		if (err)
			return err;
		fe.blocks_recorded = extents_count(node->extents, true);
		if (!node_is_dir(node) && node->file_type != UDF_FT_SYMLINK)
			node->n_recorded_blocks = fe.blocks_recorded;
	} else if (node_has_data(node) && node->ad_kind == UDF_AD_EMBEDDED) {
		fe.ad_bytes = (uint32_t)node->size_bytes;
		fe.blocks_recorded = 0;
	}
	udf_fe_encode(&fe, node->icb);
	store_btime(node, &fe);
	if (stores) {
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

static int by_lbn(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;

	return x->lbn < y->lbn ? -1 : x->lbn > y->lbn;
}

/* The blocks of NODE's ICB: its entry and, with strategy 4096, the same behind it as behind the root's. */
static void put_icb(struct udf_fs *fs, const struct node *node, uint8_t *ret)
{
	memcpy(ret, node->icb, fs->block_bytes);
	if (!fs->icb_form.behind)
		return;
	ret += fs->block_bytes;
	memcpy(ret, fs->icb_form.behind, fs->block_bytes);
	if (get_le16(ret) != 0) {	/* not blank */
		put_le32(ret + 12, node->lbn + 1);
		udf_tag_reseal(ret);
	}
}

enum udf_err nodes_write_sorted(struct udf_fs *fs, struct node **list, size_t n)
{
	uint32_t per_icb = fs->icb_form.n_blocks, per_run = FS_RUN_BYTES / fs->block_bytes;
	uint32_t first_lbn = 0, filled = 0;
	enum udf_err err = UDF_OK;
	size_t i;

	qsort(list, n, sizeof(*list), by_lbn);
	for (i = 0; i < n; i++) {
		err = node_encode(fs, list[i]);
		if (err)
			return fs_fail(fs, err, "file entry", list[i]->lbn);
		if (filled && (filled + per_icb > per_run || list[i]->lbn != first_lbn + filled ||
			       list[i]->part_ref != list[i - 1]->part_ref)) {
			err = udf_vol_write(fs->vol, list[i - 1]->part_ref, first_lbn, filled,
					    fs->run_buffer);
			if (err)
				return fs_fail(fs, err, "file entries", first_lbn);
			filled = 0;
		}
		if (filled == 0)
			first_lbn = list[i]->lbn;
		put_icb(fs, list[i], fs->run_buffer + (size_t)filled * fs->block_bytes);
		filled += per_icb;
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
	size_t n_enough = fs->bulk ? BULK_IMAGE_BYTES / fs->block_bytes : IMAGES_BEFORE_EARLY_WRITE, n = 0, i;
	struct node **list, *node, *next;
	enum udf_err err = UDF_OK;
	bool wrote = false;

	if (fs->n_images < n_enough || fs->n_images < fs->early_limit)
		return UDF_OK;
	list = malloc(fs->dirty.n * sizeof(struct node *));
	if (!list)
		return UDF_E_NOMEM;
	for (node = fs->dirty.first; node; node = node->dirty_next)
		if (((node->flags & NODE_NEW) || fs->bulk) && node->n_pins == 0 && !(node->flags & NODE_GONE))
			list[n++] = node;
	for (i = 0; i < n && !err; i++)
		err = extents_write_chain(fs, list[i], &wrote);
	if (!err)
		err = nodes_write_sorted(fs, list, n);
	if (n) {
		fs->early_batch = fs->batch;
		fs->data_unflushed = true;
	}
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
	fs->early_limit = fs->n_images + n_enough / 2;
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
	if (node->file_type == UDF_FT_SYMLINK)
		ret->size_bytes = node->target_bytes;
	if (node_has_data(node)) {
		/* embedded data is no hole, and must not look like one */
		if (node->ad_kind == UDF_AD_EMBEDDED)
			ret->allocated_bytes = node->size_bytes;
		else if (node->extents)
			ret->allocated_bytes = extents_count(node->extents, false) * fs->block_bytes;
		else if (node_is_dir(node) || node->file_type == UDF_FT_SYMLINK)
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
	/* Of a node that is to be written, what will be written. */
	us_to_time(node->flags & NODE_DIRTY ? creation_us(node) : node->btime_us, &ret->btime);
	ret->unique_id = node->unique_id;
}
