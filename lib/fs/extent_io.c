/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extent lists from and to allocation descriptors (ECMA-167 4/14.14), with AED chains.
 *
 * A chain that is durable is never changed in place: the first change of a batch takes fresh blocks
 * for it, which are written in NEW, and the ICB is switched in LINK (R6).
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "ecma/codec.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"
#include "vol/ad_chain.h"
#include "vol/extent_map.h"


/* ---- reading ---- */

/*
 * A damaged list stays damaged, so it is not read and reported again at every open and read.  The last few damaged
 * lists are remembered, together with the UniqueID, because another object may be recorded there later.
 */
static bool is_known_damage(const struct udf_fs *fs, const struct node *node)
{
	for (unsigned i = 0; i < FS_N_DAMAGED; i++)
		if (fs->damaged.objects[i].is_there && fs->damaged.objects[i].ino == node_ino(node) &&
		    fs->damaged.objects[i].unique_id == node->unique_id)
			return true;
	return false;
}

static void remember_damage(struct udf_fs *fs, const struct node *node)
{
	fs->damaged.objects[fs->damaged.next++ % FS_N_DAMAGED] = (struct fs_damaged_object){
		.is_there = true, .ino = node_ino(node), .unique_id = node->unique_id,
	};
	udf_log(fs->env, UDF_LOG_ERROR, "the allocation descriptors of the file entry at block %lu are damaged; "
		"udffsck -n says how", (unsigned long)node->lbn);
}

static enum udf_err add_loaded(struct udf_fs *fs, struct node *node, const struct udf_extent *from, bool is_first,
			       struct extents *ext)
{
	struct run_list none = { 0 };

	if (from->kind != UDF_EXTENT_HOLE) {
		if (!is_first && from->part_ref != node->data_part_ref)
			return UDF_E_UNSUPPORTED;
		node->data_part_ref = from->part_ref;
	}
	return extents_set(ext, extents_end(ext), udf_ceil_div(from->n_bytes, fs->block_bytes), from->kind, from->lbn,
			   &none);
}

/* The list as the map has it. */
static enum udf_err take_map(struct udf_fs *fs, struct node *node, const struct udf_extent_map *map,
			     struct extents *ext)
{
	bool partial_seen = false, is_first = true;
	enum udf_err err = UDF_OK;

	for (size_t i = 0; !err && i < map->n_extents; i++) {
		const struct udf_extent *from = &map->extents[i];

		/* only the last extent of the body may be partial; a file tail may follow (4/12.1) */
		if (partial_seen && from->kind != UDF_EXTENT_ALLOCATED)
			return UDF_E_CORRUPT;
		partial_seen |= from->n_bytes % fs->block_bytes != 0;
		err = add_loaded(fs, node, from, is_first, ext);
		is_first &= from->kind == UDF_EXTENT_HOLE;
	}
	if (err || !map->n_aeds)
		return err;
	ext->aed_lbn = malloc(map->n_aeds * sizeof(*ext->aed_lbn));
	if (!ext->aed_lbn)
		return UDF_E_NOMEM;
	ext->cap_aeds = (uint32_t)map->n_aeds;
	for (size_t i = 0; i < map->n_aeds; i++) {
		if (map->aeds[i].part_ref != node->part_ref)
			return UDF_E_UNSUPPORTED;
		ext->aed_lbn[ext->n_aeds++] = map->aeds[i].lbn;
	}
	return UDF_OK;
}

enum udf_err extents_load(struct udf_fs *fs, struct node *node)
{
	struct udf_extent_map map = { 0 };
	struct extents *ext;
	enum udf_err err;
	bool had_image = node->icb != NULL;

	if (node->extents || node->ad_kind == UDF_AD_EMBEDDED || !node_has_data(node))
		return UDF_OK;
	if (node->ad_kind == UDF_AD_EXTENDED)
		return UDF_E_UNSUPPORTED;
	if (is_known_damage(fs, node))
		return UDF_E_CORRUPT;
	ext = extents_new();
	err = ext ? node_load_image(fs, node) : UDF_E_NOMEM;
	if (err)
		goto out;
	node->data_part_ref = node->part_ref;
	err = udf_extent_map_read(fs->vol, node->icb, node_addr(node), NULL, &map);
	if (!err)
		err = take_map(fs, node, &map, ext);
	if (err == UDF_E_CORRUPT)
		remember_damage(fs, node);
	if (err)
		goto out;
	ext->changed = false;
	node->extents = ext;
	ext = NULL;
	space_seen_extents(fs, node);
out:
	if (!had_image)
		node_drop_image(fs, node);
	extents_free(ext);
	udf_extent_map_done(&map);
	return err;
}

/* ---- writing ---- */

static enum udf_err add_aed(struct extents *ext, uint32_t lbn)
{
	if (ext->n_aeds == ext->cap_aeds) {
		uint32_t cap = ext->cap_aeds ? ext->cap_aeds * 2 : 4;
		uint32_t *list = realloc(ext->aed_lbn, cap * sizeof(*list));

		if (!list)
			return UDF_E_NOMEM;
		ext->aed_lbn = list;
		ext->cap_aeds = cap;
	}
	ext->aed_lbn[ext->n_aeds++] = lbn;
	return UDF_OK;
}

/* Returns the allocation descriptors of a list one by one. */
struct ad_gen {
	const struct extents *ext;
	uint64_t size_bytes, end_block;	/* blocks from end_block on are the file tail */
	uint32_t block_bytes, max_blocks;
	uint32_t at;
	uint64_t done;			/* blocks of ext->v[at] handed out */
};

static bool ad_gen_next(void *ctx, struct udf_short_ad *ret_ad)
{
	struct ad_gen *g = ctx;

	while (g->at < g->ext->n) {
		const struct extent *e = &g->ext->v[g->at];
		uint64_t first = e->file_block + g->done, n, n_bytes;
		enum udf_extent_type kind = (enum udf_extent_type)e->kind;

		if (g->done == e->n_blocks) {
			g->at++;
			g->done = 0;
			continue;
		}
		n = udf_min64(e->n_blocks - g->done, g->max_blocks);
		if (first < g->end_block)
			n = udf_min64(n, g->end_block - first);
		n_bytes = n * g->block_bytes;
		if (first >= g->end_block) {
			if (kind == UDF_EXTENT_HOLE) {
				g->done += n;	/* a tail has no holes */
				continue;
			}
			kind = UDF_EXTENT_ALLOCATED;
		} else if (first + n == g->end_block) {
			n_bytes = g->size_bytes - first * g->block_bytes;
		}
		ret_ad->length = UDF_EXTENT_LENGTH(kind, n_bytes);
		ret_ad->lbn = kind == UDF_EXTENT_HOLE ? 0 : e->lbn + (uint32_t)g->done;
		g->done += n;
		return true;
	}
	return false;
}

/* NODE's list as it is written.  G, which it borrows, begins with the first descriptor. */
static struct udf_ad_list list_of(const struct udf_fs *fs, const struct node *node, struct ad_gen *g)
{
	*g = (struct ad_gen){ .ext = node->extents,
			      .size_bytes = node->size_bytes,
			      .end_block = udf_ceil_div(node->size_bytes, fs->block_bytes),
			      .block_bytes = fs->block_bytes,
			      .max_blocks = udf_ad_max_blocks(fs->block_bytes) };
	return (struct udf_ad_list){ .kind = node->ad_kind == UDF_AD_LONG ? UDF_AD_LONG : UDF_AD_SHORT,
				     .part_ref = node->data_part_ref,
				     .aed_part_ref = node->part_ref,
				     .block_bytes = fs->block_bytes,
				     .area_bytes = node_inline_capacity(fs, node),
				     .next = ad_gen_next,
				     .ctx = g };
}

/* How many AEDs the list needs; UINT32_MAX where extended attributes fill the ICB. */
static uint32_t count_aeds(const struct udf_fs *fs, const struct node *node)
{
	struct ad_gen g;
	struct udf_ad_list list = list_of(fs, node, &g);
	struct udf_short_ad ad;
	uint64_t n = 0;

	/* One short extent: at most a body and a tail. */
	if (node->extents->n == 0 || (node->extents->n == 1 && udf_ad_list_in_area(&list, 0) >= 2 &&
				      node->extents->v[0].n_blocks <= g.max_blocks))
		return 0;
	while (ad_gen_next(&g, &ad))
		n++;
	return udf_ad_list_n_aeds(&list, n);
}

uint64_t extents_blocks(const struct udf_fs *fs, const struct node *node)
{
	struct ad_gen g;
	struct udf_ad_list list = list_of(fs, node, &g);
	uint32_t in_icb = udf_ad_list_in_area(&list, count_aeds(fs, node));
	struct udf_short_ad ad;
	uint64_t n = 0, i;

	for (i = 0; ad_gen_next(&g, &ad); i++)
		if (UDF_EXTENT_TYPE(ad.length) == UDF_EXTENT_RECORDED ||
		    (UDF_EXTENT_TYPE(ad.length) == UDF_EXTENT_ALLOCATED && i < in_icb))
			n += udf_ceil_div(UDF_EXTENT_BYTES(ad.length), fs->block_bytes);
	return n;
}

uint64_t extents_most_aeds(const struct udf_fs *fs, const struct node *node, int64_t n_more_ads)
{
	struct ad_gen g;
	struct udf_ad_list list = list_of(fs, node, &g);
	uint64_t n_ads = node->extents->n + extents_end(node->extents) / g.max_blocks + 2 + (uint64_t)n_more_ads;
	uint32_t in_icb = udf_ad_list_in_area(&list, 0);

	return n_ads <= in_icb ? 0 :
				 udf_ceil_div(n_ads - udf_ad_list_in_area(&list, 1), udf_ad_list_in_aed(&list) - 1);
}

bool extents_has_too_many(const struct udf_fs *fs, const struct node *node, int64_t n_more_ads)
{
	struct ad_gen g;
	uint64_t n_ads;

	(void)list_of(fs, node, &g);
	n_ads = node->extents->n + extents_end(node->extents) / g.max_blocks + 2 + (uint64_t)n_more_ads;
	return n_ads > UDF_FILE_MAX_EXTENTS || extents_most_aeds(fs, node, n_more_ads) > UDF_FILE_MAX_AEDS;
}

/* The first change of a batch: the durable chain stays unchanged, a fresh one takes its place (R6). */
static enum udf_err leave_chain(struct udf_fs *fs, struct node *node)
{
	struct extents *ext = node->extents;
	enum udf_err err = UDF_OK;
	uint32_t i;

	for (i = 0; i < ext->n_aeds && !err; i++)
		err = node->flags & NODE_NEW ? alloc_release(fs, ext->aed_lbn[i], 1) :
					       alloc_release_later(fs, ext->aed_lbn[i], 1);
	ext->n_aeds = 0;
	ext->aed_batch = fs->batch.number;
	return err;
}

enum udf_err extents_prepare(struct udf_fs *fs, struct node *node)
{
	struct extents *ext = node->extents;
	enum udf_err err = UDF_OK;
	uint64_t n_aeds;

	if (!ext || node->ad_kind == UDF_AD_EMBEDDED)
		return UDF_OK;
	n_aeds = extents_most_aeds(fs, node, 0);
	if (n_aeds == 0 && ext->n_aeds == 0)
		return UDF_OK;
	if (n_aeds > UDF_FILE_MAX_AEDS)
		return UDF_E_FILE_TOO_BIG;
	if (ext->aed_batch != fs->batch.number)
		err = leave_chain(fs, node);
	while (!err && ext->n_aeds < n_aeds) {
		uint32_t goal = ext->n_aeds ? ext->aed_lbn[ext->n_aeds - 1] + 1 : node->lbn + 1, lbn, n;

		err = UDF_E_NOSPC;
		if (fs->alloc.packet_blocks)
			err = packets_take(fs, ALLOC_ICB, UINT32_MAX, 1, &lbn);
		if (err == UDF_E_NOSPC)
			err = alloc_take(fs, goal, 1, &lbn, &n);
		if (!err)
			err = add_aed(ext, lbn);
	}
	ext->chain_dirty = ext->changed = true;
	return err;
}

/* Hand back what extents_prepare() took and the list does not need. */
static enum udf_err trim_chain(struct udf_fs *fs, struct extents *ext, uint32_t n_aeds)
{
	enum udf_err err = UDF_OK;

	while (ext->n_aeds > n_aeds && !err)
		err = alloc_release(fs, ext->aed_lbn[--ext->n_aeds], 1);
	return err;
}

enum udf_err extents_store(struct udf_fs *fs, struct node *node)
{
	size_t ad_bytes_at = node->flags & NODE_EFE ? UDF_EFE_AD_BYTES_AT : UDF_FE_AD_BYTES_AT;
	struct extents *ext = node->extents;
	uint32_t n_aeds = count_aeds(fs, node);
	struct ad_gen g;
	struct udf_ad_list list = list_of(fs, node, &g);

	if (ext->chain_dirty || n_aeds != ext->n_aeds)
		return UDF_E_NOSPC;	/* extents_prepare() was not called: refuse to write */
	put_le32(node->icb + ad_bytes_at, udf_ad_list_put(&list, ext->aed_lbn, n_aeds, node_inline_data(node)));
	ext->changed = false;
	return UDF_OK;
}

enum udf_err extents_write_chain(struct udf_fs *fs, struct node *node, bool *ret_wrote)
{
	struct extents *ext = node->extents;
	struct udf_short_ad ad;
	struct udf_ad_list list;
	struct ad_gen g;
	uint32_t n_aeds, failed_lbn = 0;
	enum udf_err err;

	if (!node_has_data(node) || node->ad_kind == UDF_AD_EMBEDDED || !ext || !ext->chain_dirty)
		return UDF_OK;
	n_aeds = count_aeds(fs, node);
	if (n_aeds > ext->n_aeds)
		return fs_fail(fs, UDF_E_NOSPC, "allocation extent descriptors", node->lbn);
	err = trim_chain(fs, ext, n_aeds);
	if (err)
		return err;
	list = list_of(fs, node, &g);
	for (uint32_t n = udf_ad_list_in_area(&list, n_aeds); n && ad_gen_next(&g, &ad); n--)
		;			/* these are extents_store()'s */
	err = udf_ad_list_write_aeds(fs->vol, &list, ext->aed_lbn, n_aeds, fs->scratch,
				     FS_SCRATCH_BYTES / fs->block_bytes, &failed_lbn);
	if (err)
		return fs_fail(fs, err, "allocation extent descriptor", failed_lbn);
	*ret_wrote |= n_aeds > 0;
	ext->chain_dirty = false;
	return UDF_OK;
}

enum udf_err node_free_runs(struct udf_fs *fs, struct node *node, struct run_list *runs)
{
	enum udf_err err = UDF_OK;
	size_t i;

	for (i = 0; i < runs->n_runs && !err; i++)
		err = node->flags & NODE_NEW ?
			      alloc_release(fs, runs->runs[i].lbn, runs->runs[i].n_blocks) :
			      alloc_release_later(fs, runs->runs[i].lbn, runs->runs[i].n_blocks);
	run_list_done(runs);
	return err;
}
