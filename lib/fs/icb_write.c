/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing ICBs to the disc: their images are brought up to date, sealed and written in runs. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "fs/batch.h"
#include "fs/dir.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

#define IMAGES_BEFORE_EARLY_WRITE 512u
#define BULK_IMAGE_BYTES (128u << 10)	/* the same without phases: an object is complete when the next one begins */

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
	/* ObjectSize (4/14.17.11) is the size of the data, plus that of the streams, which does not change. */
	fe.object_bytes = fe.object_bytes >= old_size ? fe.object_bytes - old_size + node->size_bytes :
							node->size_bytes;
	node_settle_btime(node);
	us_to_timestamp(node->atime_us, &fe.access_time);
	us_to_timestamp(node->mtime_us, &fe.modification_time);
	us_to_timestamp(node->ctime_us, &fe.attribute_time);
	us_to_timestamp(node->btime_us, &fe.creation_time);
	fe.unique_id = node->unique_id;
	fe.ea_bytes = node->ea_bytes;
	/* Where the list did not change, the descriptors of another system stay as they are. */
	stores = node_has_data(node) && node->ad_kind != UDF_AD_EMBEDDED &&
		 ((node->extents && node->extents->changed) || node->size_bytes != old_size);
	if (stores) {
		err = extents_load(fs, node);
		if (err)
			return err;
		fe.blocks_recorded = extents_count_recorded(node->extents);
		if (!node_is_dir(node) && node->file_type != UDF_FT_SYMLINK)
			node->n_blocks = extents_blocks(fs, node);
	} else if (node_has_data(node) && node->ad_kind == UDF_AD_EMBEDDED) {
		fe.ad_bytes = (uint32_t)node->size_bytes;
		fe.blocks_recorded = 0;
	}
	udf_fe_encode(&fe, node->icb);
	node_store_btime(node, &fe);
	if (stores) {
		err = extents_store(fs, node);
		if (err)
			return err;
		fe.ad_bytes = get_le32(node->icb + (node->flags & NODE_EFE ? UDF_EFE_AD_BYTES_AT : UDF_FE_AD_BYTES_AT));
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
	put_le16(buf + UDF_FE_LINK_COUNT_AT, (uint16_t)(count + node->n_extra_links));
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

/* The blocks of NODE's ICB: its entry and, with strategy 4096, a copy of the block after the root's entry. */
static void put_icb(struct udf_fs *fs, const struct node *node, uint8_t *ret)
{
	memcpy(ret, node->icb, fs->block_bytes);
	if (!fs->icb_form.second_block)
		return;
	ret += fs->block_bytes;
	memcpy(ret, fs->icb_form.second_block, fs->block_bytes);
	if (get_le16(ret) != 0) {	/* not blank */
		put_le32(ret + UDF_TAG_LOCATION_AT, node->lbn + 1);
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
	bool everything = fs->policy.no_phases;
	size_t n_enough = everything ? BULK_IMAGE_BYTES / fs->block_bytes : IMAGES_BEFORE_EARLY_WRITE, n = 0, i;
	struct node **list, *node, *next;
	enum udf_err err = UDF_OK;
	bool wrote = false;

	if (fs->nodes.n_images < n_enough || fs->nodes.n_images < fs->nodes.early_limit)
		return UDF_OK;
	list = malloc(fs->nodes.dirty.n * sizeof(struct node *));
	if (!list)
		return UDF_E_NOMEM;
	for (node = fs->nodes.dirty.first; node; node = node->dirty_next)
		if (((node->flags & NODE_NEW) || everything) && node->n_pins == 0 && !(node->flags & NODE_GONE))
			list[n++] = node;
	for (i = 0; i < n && !err; i++)
		err = extents_write_chain(fs, list[i], &wrote);
	if (!err)
		err = nodes_write_sorted(fs, list, n);
	if (n) {
		fs->batch.early_number = fs->batch.number;
		fs->batch.data_unflushed = true;
	}
	for (i = 0; i < n && !err; i++) {
		next = list[i];
		node_clean(fs, next);
		/* From here on it is treated as durable, which is the safe assumption. */
		next->flags &= (uint8_t)~NODE_NEW;
		if (next->dir)
			next->dir->durable_bytes = next->size_bytes;
		node_drop_image(fs, next);
	}
	free(list);
	/* nodes that can't be written now need not be looked at again by every operation */
	fs->nodes.early_limit = fs->nodes.n_images + n_enough / 2;
	return err;
}
