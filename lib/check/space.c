/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares what is in use with what the space sets on the disc say, in both directions. */
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/checked.h"
#include "check/chk.h"
#include "ecma/layout.h"

#define WINDOW_BYTES (64u * 1024)

/* A space bitmap on the disc, read in windows from its beginning to its end. */
struct bitmap {
	struct chk *ck;
	uint16_t part_ref;
	uint32_t lbn;
	uint64_t n_bits;		/* that can be read */
	uint8_t *window;
	uint64_t window_at;		/* offset of the window in the extent */
	size_t n_window;
	bool is_there;
};

/* ---- space bitmap descriptor ---- */

static enum udf_err open_bitmap(struct chk *ck, uint16_t part_ref, const struct udf_short_ad *ad,
				struct bitmap *ret)
{
	uint64_t n_blocks = udf_ceil_div(UDF_EXTENT_BYTES(ad->length), ck->bs);
	uint64_t n_part = ck->vol->parts[part_ref].n_blocks, n_bytes = n_blocks * ck->bs;
	struct udf_place place = chk_place(part_ref, ad->lbn, "space bitmap");
	uint32_t n_read = (uint32_t)udf_min64(n_blocks, udf_ceil_div(UDF_TAG_BYTES + 65535u, ck->bs));
	struct udf_sbd sbd;
	uint64_t full;

	*ret = (struct bitmap){ .ck = ck, .part_ref = part_ref, .lbn = ad->lbn };
	if (!n_blocks || !chk_is_inside(ck, part_ref, ad->lbn, n_blocks))
		return UDF_OK;
	if (udf_vol_read(ck->vol, part_ref, ad->lbn, n_read, ck->run)) {
		chk_report(ck, UDF_P_BLOCK_UNREADABLE, place, 0, 0);
		return UDF_OK;
	}
	udf_sbd_decode(ck->run, &sbd);
	if (sbd.tag.id != UDF_TAG_SBD) {
		chk_report(ck, UDF_P_SPACE_BITMAP, place, sbd.tag.id, UDF_TAG_SBD);
		return UDF_OK;
	}
	chk_check_tag(ck, ck->run, (size_t)n_read * ck->bs, UDF_TAG_SBD, place);
	full = udf_min64(UDF_SBD_FIXED_BYTES - UDF_TAG_BYTES + (uint64_t)sbd.n_bytes, UINT16_MAX);
	if (sbd.tag.crc_bytes != 8 && sbd.tag.crc_bytes != 0 && sbd.tag.crc_bytes != full)
		chk_report(ck, UDF_P_TAG_CRC_LENGTH, place, sbd.tag.crc_bytes, 8);
	place.field = "space bitmap bits";
	if (sbd.n_bits != n_part)
		chk_report(ck, UDF_P_SPACE_BITMAP, place, sbd.n_bits, n_part);
	place.field = "space bitmap bytes";
	if (sbd.n_bytes < udf_ceil_div(sbd.n_bits, 8) || sbd.n_bytes > n_bytes - UDF_SBD_FIXED_BYTES)
		chk_report(ck, UDF_P_SPACE_BITMAP, place, sbd.n_bytes, udf_ceil_div(sbd.n_bits, 8));
	ret->n_bits = udf_min64(n_part, (n_bytes - UDF_SBD_FIXED_BYTES) * 8);
	ret->window = malloc(WINDOW_BYTES);
	ret->is_there = true;
	return ret->window ? UDF_OK : UDF_E_NOMEM;
}

/* Bytes [AT, AT + N) of the extent. */
static bool read_bitmap(struct bitmap *b, uint64_t at, size_t n, uint8_t *ret_bytes)
{
	uint32_t bs = b->ck->bs;

	while (n) {
		size_t part;

		if (at < b->window_at || at >= b->window_at + b->n_window) {
			uint64_t n_extent = udf_ceil_div(UDF_SBD_FIXED_BYTES + udf_ceil_div(b->n_bits, 8), bs);

			b->window_at = at - at % WINDOW_BYTES;
			b->n_window = (size_t)udf_min64(WINDOW_BYTES, n_extent * bs - b->window_at);
			if (udf_vol_read(b->ck->vol, b->part_ref, b->lbn + (uint32_t)(b->window_at / bs),
					 (uint32_t)(b->n_window / bs), b->window)) {
				b->n_window = 0;
				return false;
			}
		}
		part = (size_t)udf_min64(n, b->window_at + b->n_window - at);
		memcpy(ret_bytes, b->window + (at - b->window_at), part);
		ret_bytes += part;
		at += part;
		n -= part;
	}
	return true;
}

/* The bits of page INDEX.  Bits that the extent does not contain are 0. */
static void read_page(struct bitmap *b, size_t index, const uint8_t *used, uint8_t *ret_page)
{
	uint64_t first = (uint64_t)index * CHK_PAGE_BLOCKS;
	size_t n_bits = (size_t)udf_min64(CHK_PAGE_BLOCKS, b->n_bits > first ? b->n_bits - first : 0);

	memset(ret_page, 0, CHK_PAGE_BYTES);
	if (!read_bitmap(b, UDF_SBD_FIXED_BYTES + first / 8, (n_bits + 7) / 8, ret_page)) {
		chk_report(b->ck, UDF_P_BLOCK_UNREADABLE,
			   chk_place(b->part_ref, b->lbn + (uint32_t)((first / 8) / b->ck->bs),
				     "space bitmap"), 0, 0);
		/* Report nothing more about the blocks that it covers. */
		for (size_t i = 0; i < CHK_PAGE_BYTES; i++)
			ret_page[i] = (uint8_t)~used[i];
	}
	if (n_bits % 8)
		ret_page[n_bits / 8] &= (uint8_t)((1u << n_bits % 8) - 1);
}

/* ---- space table ---- */

/* Put the free extents of a space table into MAP (ECMA-167 4/14.11). */
static enum udf_err take_table(struct chk *ck, uint16_t part_ref, const struct udf_short_ad *ad,
			       const struct udf_extent_map *extents, struct chk_map *map)
{
	struct udf_place place = chk_place(part_ref, ad->lbn, "space table");
	uint64_t end = 0;

	for (size_t i = 0; i < extents->n_extents; i++) {
		const struct udf_extent *extent = &extents->extents[i];
		uint64_t n_blocks = udf_ceil_div(extent->n_bytes, ck->bs);
		enum udf_err err;

		if (extent->kind != UDF_EXTENT_ALLOCATED)
			chk_report(ck, UDF_P_SPACE_TABLE, place, extent->kind, UDF_EXTENT_ALLOCATED);
		if (extent->kind == UDF_EXTENT_HOLE)
			continue;
		/*
		 * They must ascend and not touch each other, except where one extent is too short for a run of blocks.
		 */
		if (i && (extent->lbn < end ||
			  (extent->lbn == end &&
			   extents->extents[i - 1].n_bytes + extent->n_bytes < (1u << 30))))
			chk_report(ck, UDF_P_SPACE_TABLE, place, extent->lbn, end);
		end = extent->lbn + n_blocks;
		err = chk_map_set(map, extent->lbn, n_blocks, NULL, NULL);
		if (err)
			return err;
	}
	return UDF_OK;
}

/* The entry itself, in an extent of N_BYTES (UDF 2.3.7: strategy 4 or 4096, short descriptors). */
static void check_use(struct chk *ck, const struct udf_use *use, uint32_t n_bytes, struct udf_place place)
{
	const struct udf_icbtag *icb = &use->icb;
	unsigned ad_kind = icb->flags & UDF_ICB_AD_MASK;

	udf_layout_check(&udf_layout_use, use, ck->revision, place, &ck->sink);
	udf_icbtag_check(icb, ck->revision, place, &ck->sink);
	chk_check_crc_length(ck, &use->tag, UDF_USE_FIXED_BYTES + use->ad_bytes, place);
	place.field = "space table extent";
	if (n_bytes > udf_icb_blocks(icb->strategy) * ck->bs)
		chk_report(ck, UDF_P_SPACE_TABLE, place, n_bytes, ck->bs);
	place.field = "space table file type";
	if (icb->file_type != UDF_FT_USE)
		chk_report(ck, UDF_P_SPACE_TABLE, place, icb->file_type, UDF_FT_USE);
	place.field = "space table strategy";
	if (icb->strategy != UDF_STRATEGY_4 && icb->strategy != UDF_STRATEGY_4096)
		chk_report(ck, UDF_P_ICB_STRATEGY, place, icb->strategy, UDF_STRATEGY_4);
	place.field = "space table descriptors";
	if (ad_kind != UDF_AD_SHORT)
		chk_report(ck, UDF_P_ICB_AD_KIND, place, ad_kind, UDF_AD_SHORT);
	if (use->ad_bytes % UDF_SHORT_AD_BYTES)
		chk_report(ck, UDF_P_FE_AD_LENGTH, place, use->ad_bytes, use->ad_bytes & ~7u);
}

static enum udf_err read_table(struct chk *ck, uint16_t part_ref, const struct udf_short_ad *ad,
			       struct chk_space *space)
{
	struct udf_place place = chk_place(part_ref, ad->lbn, "space table");
	struct udf_lb_addr at = { .lbn = ad->lbn, .part_ref = part_ref };
	struct udf_extent_map extents;
	struct udf_use use;
	enum udf_err err;

	err = chk_claim(ck, part_ref, ad->lbn, 1, NULL);
	if (err)
		return err;
	space->has_table = true;
	if (udf_vol_read(ck->vol, part_ref, ad->lbn, 1, ck->run)) {
		chk_report(ck, UDF_P_BLOCK_UNREADABLE, place, 0, 0);
		space->is_bad = true;
		return UDF_OK;
	}
	udf_use_decode(ck->run, &use);
	if (use.tag.id != UDF_TAG_USE || use.ad_bytes > ck->bs - UDF_USE_FIXED_BYTES) {
		chk_report(ck, UDF_P_SPACE_TABLE, place, use.tag.id, UDF_TAG_USE);
		space->is_bad = true;
		return UDF_OK;
	}
	chk_check_tag(ck, ck->run, ck->bs, UDF_TAG_USE, place);
	if (udf_icb_blocks(use.icb.strategy) > 1 && chk_is_inside(ck, part_ref, ad->lbn, 2))
		err = chk_claim(ck, part_ref, ad->lbn + 1, 1, NULL);
	if (err)
		return err;
	check_use(ck, &use, UDF_EXTENT_BYTES(ad->length), place);
	err = udf_extent_map_read(ck->vol, ck->run, at, &ck->sink, &extents);
	if (err) {
		space->is_bad = true;
		return err == UDF_E_NOMEM ? err : UDF_OK;
	}
	for (size_t i = 0; !err && i < extents.n_aeds; i++)
		err = chk_claim(ck, extents.aeds[i].part_ref, extents.aeds[i].lbn, 1, NULL);
	if (!err)
		err = take_table(ck, part_ref, ad, &extents, &space->table);
	udf_extent_map_done(&extents);
	return err;
}

enum udf_err chk_read_tables(struct chk *ck)
{
	for (unsigned i = 0; i < ck->n_spaces; i++) {
		struct chk_space *space = &ck->spaces[i];
		const struct udf_partition_header *header = &ck->vol->parts[space->part_ref].header;
		const struct udf_short_ad *tables[] = { &header->unallocated_table, &header->freed_table };

		for (size_t k = 0; k < 2; k++) {
			enum udf_err err = UDF_OK;

			if (!UDF_EXTENT_BYTES(tables[k]->length) ||
			    !chk_is_inside(ck, space->part_ref, tables[k]->lbn, 1))
				continue;
			if (!space->table.pages)
				err = chk_map_init(&space->table, space->used.n_blocks);
			if (!err)
				err = read_table(ck, space->part_ref, tables[k], space);
			if (err)
				return err;
		}
	}
	return UDF_OK;
}

/* ---- comparing ---- */

/* Runs of blocks with the same finding.  If there are too many, the last one has the sum of the remaining ones. */
struct runs {
	struct chk *ck;
	enum udf_problem problem;
	uint16_t part_ref;
	uint64_t first, n;
	uint64_t n_reported, first_rest, n_rest;
};

static void end_run(struct runs *r)
{
	if (!r->n)
		return;
	if (r->n_reported < CHK_MAX_RANGES) {
		chk_report(r->ck, r->problem, chk_place(r->part_ref, (uint32_t)r->first, NULL), r->n, 0);
		r->n_reported++;
	} else {
		if (!r->n_rest)
			r->first_rest = r->first;
		r->n_rest += r->n;
	}
	r->n = 0;
}

static void add_run(struct runs *r, uint64_t first, uint64_t n)
{
	if (r->n && first == r->first + r->n) {
		r->n += n;
		return;
	}
	end_run(r);
	r->first = first;
	r->n = n;
}

static void end_runs(struct runs *r)
{
	end_run(r);
	if (r->n_rest)
		chk_report(r->ck, r->problem,
			   chk_place(r->part_ref, (uint32_t)r->first_rest, "in several runs"), r->n_rest, 0);
}

struct compare {
	struct chk *ck;
	struct chk_space *space;
	struct bitmap bitmaps[2];	/* unallocated, freed */
	struct runs used_marked_free, leaked;
	bool overlap_reported;
	enum udf_err err;
};

/* Nothing refers to IMAGE.  Does it contain an ICB that belongs there? */
bool chk_is_file_entry(const struct chk *ck, const uint8_t *image, uint16_t part_ref, uint32_t lbn,
		       struct udf_fe *ret_fe)
{
	struct udf_place place = chk_place(part_ref, lbn, NULL);
	struct udf_tag tag;

	udf_tag_decode(image, &tag);
	if ((tag.id != UDF_TAG_FE && tag.id != UDF_TAG_EFE) || tag.location != lbn ||
	    udf_tag_verify(image, ck->bs, UDF_TAG_ANY, place, NULL, NULL))
		return false;
	udf_fe_decode(image, ret_fe);
	return !udf_fe_validate(ret_fe, ck->bs, ck->revision, place, NULL);
}

/* Blocks that are marked as used although nothing refers to them. */
static void take_leak(struct compare *c, uint64_t first, uint64_t n)
{
	struct chk *ck = c->ck;
	uint16_t ref = c->space->part_ref;
	uint32_t max_blocks = CHK_RUN_BYTES / ck->bs;

	for (uint64_t at = first; at < first + n && !c->err;) {
		uint32_t n_blocks = (uint32_t)udf_min64(max_blocks, first + n - at);
		bool is_read = !udf_vol_read(ck->vol, ref, (uint32_t)at, n_blocks, ck->run);

		for (uint32_t i = 0; i < n_blocks; i++) {
			struct udf_fe fe;

			if (is_read && chk_is_file_entry(ck, ck->run + (size_t)i * ck->bs, ref,
							 (uint32_t)at + i, &fe))
				chk_report(ck, UDF_P_ORPHAN_ICB, chk_place(ref, (uint32_t)at + i, NULL),
					   fe.icb.file_type, 0);
			else
				add_run(&c->leaked, at + i, 1);
		}
		at += n_blocks;
		if (chk_is_cancelled(ck))
			c->err = UDF_E_CANCELLED;
	}
}

static uint64_t count_bits(const uint8_t *page)
{
	return udf_bits_count(page, 0, CHK_PAGE_BLOCKS);
}

/* The free blocks of page INDEX according to the sets on the disc. */
static void marked_free(struct compare *c, size_t index, const uint8_t *used, uint8_t *ret_page)
{
	uint8_t freed[CHK_PAGE_BYTES];

	if (c->space->has_table) {
		memcpy(ret_page, chk_map_page(&c->space->table, index), CHK_PAGE_BYTES);
		return;
	}
	memset(ret_page, 0, CHK_PAGE_BYTES);
	if (c->bitmaps[0].is_there)
		read_page(&c->bitmaps[0], index, used, ret_page);
	if (!c->bitmaps[1].is_there)
		return;
	read_page(&c->bitmaps[1], index, used, freed);
	for (size_t i = 0; i < CHK_PAGE_BYTES; i++) {
		if (ret_page[i] & freed[i] && !c->overlap_reported && c->bitmaps[0].is_there) {
			chk_report(c->ck, UDF_P_SPACE_SETS_OVERLAP,
				   chk_place(c->space->part_ref,
					     (uint32_t)(index * CHK_PAGE_BLOCKS + i * 8), NULL), 0, 0);
			c->overlap_reported = true;
		}
		ret_page[i] |= freed[i];
	}
}

/* Report the bits of MASK as runs. */
static void each_run(struct compare *c, const uint8_t *mask, size_t index, size_t n_bits, bool is_leak)
{
	uint64_t base = (uint64_t)index * CHK_PAGE_BLOCKS;
	uint64_t from = udf_bits_find(mask, 0, n_bits, true);

	while (from < n_bits && !c->err) {
		uint64_t to = udf_bits_find(mask, from, n_bits, false);

		if (is_leak)
			take_leak(c, base + from, to - from);
		else
			add_run(&c->used_marked_free, base + from, to - from);
		from = udf_bits_find(mask, to, n_bits, true);
	}
}

static void compare_page(struct compare *c, size_t index)
{
	const uint8_t *used = chk_map_page(&c->space->used, index);
	uint8_t is_free[CHK_PAGE_BYTES], mask[CHK_PAGE_BYTES];
	size_t n_bits = (size_t)udf_min64(CHK_PAGE_BLOCKS,
					  c->space->used.n_blocks - (uint64_t)index * CHK_PAGE_BLOCKS);
	uint8_t any_both = 0, any_none = 0;

	marked_free(c, index, used, is_free);
	c->space->n_marked_free += count_bits(is_free);
	for (size_t i = 0; i < CHK_PAGE_BYTES; i++)
		any_both |= used[i] & is_free[i], any_none |= (uint8_t)~(used[i] | is_free[i]);
	if (any_both) {
		for (size_t i = 0; i < CHK_PAGE_BYTES; i++)
			mask[i] = used[i] & is_free[i];
		each_run(c, mask, index, n_bits, false);
	}
	if (any_none) {
		for (size_t i = 0; i < CHK_PAGE_BYTES; i++)
			mask[i] = (uint8_t)~(used[i] | is_free[i]);
		each_run(c, mask, index, n_bits, true);
	}
}

/* *RET_ANY false: the partition has no space set, or none that can be used. */
static enum udf_err open_sets(struct compare *c, bool *ret_any)
{
	const struct udf_partition_header *header = &c->ck->vol->parts[c->space->part_ref].header;
	enum udf_err err;

	*ret_any = false;
	if (c->space->has_table) {
		*ret_any = !c->space->is_bad;
		return UDF_OK;
	}
	err = open_bitmap(c->ck, c->space->part_ref, &header->unallocated_bitmap, &c->bitmaps[0]);
	if (!err)
		err = open_bitmap(c->ck, c->space->part_ref, &header->freed_bitmap, &c->bitmaps[1]);
	*ret_any = c->bitmaps[0].is_there || c->bitmaps[1].is_there;
	return err;
}

static enum udf_err compare_space(struct chk *ck, struct chk_space *space)
{
	struct runs runs = { .ck = ck, .part_ref = space->part_ref, .problem = UDF_P_USED_MARKED_FREE };
	struct compare c = { .ck = ck, .space = space, .used_marked_free = runs, .leaked = runs };

	c.leaked.problem = UDF_P_SPACE_LEAKED;
	c.err = open_sets(&c, &space->has_set);
	for (size_t i = 0; !c.err && space->has_set && i < space->used.n_pages; i++) {
		compare_page(&c, i);
		if (i % 64 == 0) {
			chk_progress(ck, "space", i, space->used.n_pages);
			if (chk_is_cancelled(ck))
				c.err = UDF_E_CANCELLED;
		}
	}
	end_runs(&c.used_marked_free);
	end_runs(&c.leaked);
	free(c.bitmaps[0].window);
	free(c.bitmaps[1].window);
	return c.err;
}

enum udf_err chk_check_space(struct chk *ck)
{
	enum udf_err err = UDF_OK;

	for (unsigned i = 0; !err && i < ck->n_spaces; i++)
		err = compare_space(ck, &ck->spaces[i]);
	return err;
}

/* ---- making it safe to allocate ---- */

/* A CRC over bits that will change is given up first (DCN-5108). */
static enum udf_err loosen_crc(struct chk *ck, const struct bitmap *b)
{
	struct udf_sbd sbd;
	enum udf_err err = udf_vol_read(ck->vol, b->part_ref, b->lbn, 1, ck->entry);

	if (err)
		return err;
	udf_sbd_decode(ck->entry, &sbd);
	if (sbd.tag.crc_bytes <= 8)
		return UDF_OK;
	udf_tag_seal(ck->entry, UDF_TAG_SBD, sbd.tag.version, sbd.tag.serial, sbd.tag.location, 8);
	err = udf_vol_write(ck->vol, b->part_ref, b->lbn, 1, ck->entry);
	return err ? err : udf_vol_flush(ck->vol);
}

/* Clear the bits of blocks that are in use in one block of the bitmap.  *N counts them. */
static enum udf_err mark_block(struct chk *ck, const struct bitmap *b, const struct chk_map *used,
			       uint64_t block, uint64_t *n)
{
	uint64_t first = block * ck->bs;
	bool changed = false;
	enum udf_err err = udf_vol_read(ck->vol, b->part_ref, b->lbn + (uint32_t)block, 1, ck->entry);

	for (uint32_t i = 0; !err && i < ck->bs; i++) {
		uint64_t at = first + i;
		uint64_t bit;

		if (at < UDF_SBD_FIXED_BYTES)
			continue;
		bit = (at - UDF_SBD_FIXED_BYTES) * 8;
		for (unsigned k = 0; ck->entry[i] && k < 8 && bit + k < b->n_bits; k++) {
			if (!(ck->entry[i] >> k & 1) || !chk_map_get(used, bit + k))
				continue;
			ck->entry[i] &= (uint8_t)~(1u << k);
			changed = true;
			++*n;
		}
	}
	if (!err && changed)
		err = udf_vol_write(ck->vol, b->part_ref, b->lbn + (uint32_t)block, 1, ck->entry);
	return err;
}

static enum udf_err mark_bitmap(struct chk *ck, const struct bitmap *b, const struct chk_map *used,
				uint64_t *n)
{
	uint64_t n_blocks = udf_ceil_div(UDF_SBD_FIXED_BYTES + udf_ceil_div(b->n_bits, 8), ck->bs);
	enum udf_err err = loosen_crc(ck, b);

	for (uint64_t i = 0; !err && i < n_blocks; i++)
		err = mark_block(ck, b, used, i, n);
	return err ? err : udf_vol_flush(ck->vol);
}

/* Does the space table list something as free that is in use? */
static bool maps_overlap(const struct chk_map *a, const struct chk_map *b)
{
	for (size_t i = 0; i < a->n_pages; i++) {
		const uint8_t *p = chk_map_page(a, i), *q = chk_map_page(b, i);

		for (size_t k = 0; k < CHK_PAGE_BYTES; k++)
			if (p[k] & q[k])
				return true;
	}
	return false;
}

enum udf_err chk_mark_used(struct chk *ck, uint64_t *ret_n_marked)
{
	enum udf_err err = UDF_OK;

	for (unsigned i = 0; !err && i < ck->n_spaces; i++) {
		struct compare c = { .ck = ck, .space = &ck->spaces[i] };
		bool any;

		err = open_sets(&c, &any);
		if (!err && c.space->has_table)
			ck->incomplete |= !any || maps_overlap(&c.space->used, &c.space->table);
		for (size_t k = 0; !err && k < 2; k++)
			if (c.bitmaps[k].is_there && !ck->n_by_problem[UDF_P_SPACE_BITMAP])
				err = mark_bitmap(ck, &c.bitmaps[k], &c.space->used, ret_n_marked);
		free(c.bitmaps[0].window);
		free(c.bitmaps[1].window);
	}
	return err;
}
