/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before the first change of a mount: compare the space set with every block that is known to be in use. */
#include <stdlib.h>

#include "base/checked.h"
#include "ecma/codec.h"
#include "fs/alloc.h"
#include "fs/dir.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"
#include "vol/extent_map.h"

#define MAX_STREAMS 32u		/* how many entries of a stream directory are looked at */
#define MAX_FID_BYTES 1024u

/* ---- the volume's own structures ---- */

static void see_extent(struct udf_fs *fs, uint16_t part_ref, uint32_t length, uint32_t lbn)
{
	space_seen(fs, part_ref, lbn, (uint32_t)udf_ceil_div(UDF_EXTENT_BYTES(length), fs->block_bytes));
}

/* Anchors, descriptor sequences and the like may be inside the partition. */
static void see_structures(struct udf_fs *fs)
{
	const struct udf_vol *vol = fs->vol;
	const struct udf_part *part = &vol->parts[fs->part_ref];
	unsigned i;

	for (i = 0; i < vol->n_structures; i++) {
		const struct udf_vol_extent *s = &vol->structures[i];
		uint64_t from = udf_max64(s->lsn, part->start_lsn);
		uint64_t to = udf_min64(s->lsn + s->n_blocks, (uint64_t)part->start_lsn + part->n_blocks);

		if (s->what != UDF_STRUCTURE_PARTITION && from < to)
			space_seen(fs, fs->part_ref, (uint32_t)(from - part->start_lsn), (uint32_t)(to - from));
	}
}

static void see_volume(struct udf_fs *fs)
{
	const struct udf_vol *vol = fs->vol;
	const struct udf_partition_header *header = &vol->parts[fs->part_ref].header;
	const struct udf_short_ad *sets[] = { &header->unallocated_bitmap, &header->unallocated_table,
					      &header->freed_bitmap, &header->freed_table };
	size_t i;

	see_structures(fs);
	see_extent(fs, vol->lvd.fsd.addr.part_ref, vol->lvd.fsd.length, vol->lvd.fsd.addr.lbn);
	space_seen(fs, vol->fsd_at.part_ref, vol->fsd_at.lbn, 1);
	see_extent(fs, vol->fsd.next_extent.addr.part_ref, vol->fsd.next_extent.length,
		   vol->fsd.next_extent.addr.lbn);
	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		see_extent(fs, fs->part_ref, sets[i]->length, sets[i]->lbn);
}

/* ---- objects that have no node ---- */

/* Note the ICB at ADDR.  Returns false if it can't be read; that is reported when somebody needs it. */
static bool see_icb(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t *ret_block, struct udf_fe *ret_fe)
{
	struct udf_place place = { addr.part_ref, addr.lbn, NULL };
	struct udf_tag tag;

	space_seen(fs, addr.part_ref, addr.lbn, 1);
	if (udf_vol_read(fs->vol, addr.part_ref, addr.lbn, 1, ret_block))
		return false;
	udf_tag_decode(ret_block, &tag);
	if ((tag.id != UDF_TAG_FE && tag.id != UDF_TAG_EFE) ||
	    udf_tag_verify(ret_block, fs->block_bytes, tag.id, place, NULL, NULL))
		return false;
	udf_fe_decode(ret_block, ret_fe);
	return udf_fe_validate(ret_fe, fs->block_bytes, fs->revision, place, NULL) == UDF_OK;
}

/* The same, and the blocks to which its descriptors refer. */
static bool see_object(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t *ret_block,
		       struct udf_extent_map *ret_map)
{
	struct udf_fe fe;
	size_t i;

	if (!see_icb(fs, addr, ret_block, &fe) || udf_extent_map_read(fs->vol, ret_block, addr, NULL, ret_map))
		return false;
	for (i = 0; i < ret_map->n_extents; i++)
		if (ret_map->extents[i].kind != UDF_EXTENT_HOLE)
			see_extent(fs, ret_map->extents[i].part_ref, ret_map->extents[i].n_bytes,
				   ret_map->extents[i].lbn);
	for (i = 0; i < ret_map->n_aeds; i++)
		space_seen(fs, ret_map->aeds[i].part_ref, ret_map->aeds[i].lbn, 1);
	return true;
}

static void see_file(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t *block)
{
	struct udf_extent_map map;

	if (see_object(fs, addr, block, &map))
		udf_extent_map_done(&map);
}

/* A stream directory and its streams.  BLOCKS has room for two blocks. */
static void see_streams(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t *blocks)
{
	uint8_t fid_bytes[MAX_FID_BYTES];
	struct udf_extent_map map;
	uint64_t at = 0;
	unsigned n;

	if (!see_object(fs, addr, blocks, &map))
		return;
	for (n = 0; n < MAX_STREAMS && at < map.body_bytes && fs->alloc.trust == SPACE_TRUSTED; n++) {
		size_t n_left = (size_t)udf_min64(map.body_bytes - at, sizeof(fid_bytes));
		struct udf_fid fid;
		uint32_t n_bytes;

		if (udf_extent_map_pread(fs->vol, &map, blocks, at, n_left, fid_bytes) ||
		    udf_fid_decode(fid_bytes, n_left, &fid, &n_bytes))
			break;
		at += n_bytes;
		if (!(fid.characteristics & (UDF_FID_PARENT | UDF_FID_DELETED)))
			see_file(fs, fid.icb.addr, blocks + fs->block_bytes);
	}
	udf_extent_map_done(&map);
}

/* The root directory: its data, and the attribute file and streams that its ICB names. */
static void see_root(struct udf_fs *fs, uint8_t *blocks)
{
	struct udf_fe fe;

	see_file(fs, fs->root, blocks);
	if (!see_icb(fs, fs->root, blocks, &fe))
		return;
	if (UDF_EXTENT_BYTES(fe.ea_icb.length))
		see_file(fs, fe.ea_icb.addr, blocks);
	if (fe.tag.id == UDF_TAG_EFE && UDF_EXTENT_BYTES(fe.stream_icb.length))
		see_streams(fs, fe.stream_icb.addr, blocks);
}

/* ---- objects in memory, or known to the caller ---- */

static void see_nodes(struct udf_fs *fs, uint8_t *blocks)
{
	struct udf_fe fe;
	uint32_t i;

	for (i = 0; i < fs->nodes.table_size && fs->alloc.trust == SPACE_TRUSTED; i++) {
		struct node *node = fs->nodes.table[i];

		for (; node; node = node->hash_next) {
			if (node->dir && node->dir->indexed)
				dir_see_names(fs, node);
			space_seen(fs, node->part_ref, node->lbn, 1);
			if (node_has_data(node) && node->ad_kind != UDF_AD_EMBEDDED && node->extents)
				space_seen_extents(fs, node);
			if (node->side && see_icb(fs, node_addr(node), blocks, &fe))
				space_seen_side(fs, &fe);
		}
	}
}

/* Objects that the caller refers to, and whose nodes may have left memory. */
static void see_referenced(struct udf_fs *fs)
{
	udf_ino ino;
	uint32_t at;

	for (at = 0; ref_each(fs, &at, &ino);)
		space_seen(fs, (uint16_t)(ino >> 32), (uint32_t)ino, 1);
}

enum udf_err space_look(struct udf_fs *fs)
{
	uint8_t *blocks;

	/* the whole bitmap is read, which also shows whether a part of it was lost */
	if ((fs->alloc.trust == SPACE_UNSEEN || fs->alloc.trust == SPACE_DOUBTED) && fs->integrity.found_open &&
	    udf_vol_is_in_packets(fs->vol)) {
		uint64_t n_free;
		enum udf_err err = alloc_count_free(fs, &n_free);

		if (err)
			return err;
		if (fs->integrity.was_lost)
			alloc_set_trust(&fs->alloc, SPACE_DOUBTED);
	}
	if (fs->alloc.trust == SPACE_UNSEEN) {
		enum udf_err err = space_compare_count(fs);

		if (err)
			return err;
	}
	if (fs->alloc.trust == SPACE_UNSEEN) {
		blocks = malloc(2 * (size_t)fs->block_bytes);
		if (!blocks)
			return UDF_E_NOMEM;
		alloc_set_trust(&fs->alloc, SPACE_TRUSTED);	/* until a block contradicts the set */
		see_volume(fs);
		see_nodes(fs, blocks);
		see_referenced(fs);
		see_root(fs, blocks);
		if (UDF_EXTENT_BYTES(fs->vol->fsd.system_stream_icb.length))
			see_streams(fs, fs->vol->fsd.system_stream_icb.addr, blocks);
		free(blocks);
		if (fs->alloc.trust == SPACE_UNSEEN)
			return UDF_E_NOMEM;
	}
	return space_pass(fs);
}
