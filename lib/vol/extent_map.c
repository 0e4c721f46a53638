// SPDX-License-Identifier: GPL-2.0-or-later
/* From allocation descriptors to extents.  Chains come from the medium, so nothing here trusts them. */
#include "vol/extent_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "vol/internal.h"

#define MAX_EXTENTS ((size_t)1 << 24)
#define EXTENT_LENGTH_LIMIT (1u << 30)

struct aed_link {
	struct udf_lb_addr at;
	size_t n_extents_before;
};

struct reader {
	struct udf_vol *vol;
	struct udf_sink *sink;
	struct udf_lb_addr area_at;	/* ICB or AED whose descriptors are read */
	enum udf_ad_kind ad_kind;
	struct udf_extent *extents;
	size_t n_extents, cap_extents;
	struct aed_link *links;
	size_t n_links, cap_links;
	/* Brent's cycle search over links */
	size_t tortoise, power;
	bool has_next;
	struct udf_long_ad next;
};

static struct udf_place place_of(const struct udf_lb_addr *at, const char *field)
{
	return (struct udf_place){ at->part_ref, at->lbn, field };
}

/* Report a fault.  Returns the error for a caller without a sink. */
static enum udf_err fault(struct reader *r, enum udf_problem problem, uint64_t found, uint64_t expected)
{
	udf_report(r->sink, problem, place_of(&r->area_at, NULL), found, expected);
	return r->sink ? UDF_OK : UDF_E_CORRUPT;
}

/* Report a fault that endangers no reader. */
static void remark(struct reader *r, enum udf_problem problem, uint64_t found, uint64_t expected)
{
	udf_report(r->sink, problem, place_of(&r->area_at, NULL), found, expected);
}

static enum udf_err add_extent(struct reader *r, const struct udf_extent *extent)
{
	if (r->n_extents == r->cap_extents) {
		size_t cap = r->cap_extents ? r->cap_extents * 2 : 16;
		struct udf_extent *grown;

		if (!r->sink && r->n_extents >= UDF_FILE_MAX_EXTENTS)
			return UDF_E_FILE_TOO_BIG;
		if (cap > MAX_EXTENTS)
			return UDF_E_NOMEM;
		grown = realloc(r->extents, cap * sizeof(*grown));
		if (!grown)
			return UDF_E_NOMEM;
		r->extents = grown;
		r->cap_extents = cap;
	}
	r->extents[r->n_extents++] = *extent;
	return UDF_OK;
}

static bool is_inside(const struct udf_vol *vol, const struct udf_lb_addr *at, uint64_t n_blocks)
{
	return at->part_ref < vol->n_parts && at->lbn + n_blocks <= vol->parts[at->part_ref].n_blocks;
}

/* Read one descriptor that has at least one byte and is not a continuation. */
static enum udf_err take_extent(struct reader *r, const struct udf_long_ad *ad)
{
	uint32_t block_bytes = r->vol->block_bytes;
	struct udf_extent extent = {
		.kind = UDF_EXTENT_TYPE(ad->length),
		.part_ref = ad->addr.part_ref,
		.lbn = ad->addr.lbn,
		.n_bytes = UDF_EXTENT_BYTES(ad->length),
	};
	enum udf_err err = UDF_OK;

	if (extent.n_bytes > EXTENT_LENGTH_LIMIT - block_bytes)
		remark(r, UDF_P_AD_LENGTH, extent.n_bytes, EXTENT_LENGTH_LIMIT - block_bytes);
	if (extent.kind == UDF_EXTENT_HOLE) {
		if (extent.lbn || (r->ad_kind == UDF_AD_LONG && extent.part_ref))
			remark(r, UDF_P_AD_HOLE_LOCATION, extent.lbn, 0);
		extent.lbn = 0;
	} else if (!is_inside(r->vol, &ad->addr, udf_ceil_div(extent.n_bytes, block_bytes))) {
		err = fault(r, UDF_P_AD_LOCATION, extent.lbn, extent.n_bytes);
		extent.kind = UDF_EXTENT_HOLE;
		extent.lbn = 0;
	}
	if (ad->flags & ~1u || (ad->flags & 1 && extent.kind != UDF_EXTENT_ALLOCATED))
		remark(r, UDF_P_AD_FLAGS, ad->flags, 0);
	return err ? err : add_extent(r, &extent);
}

/* Read the descriptors of one area of N_BYTES.  *r->next is set if the list continues in an AED. */
static enum udf_err read_area(struct reader *r, const uint8_t *area, size_t n_bytes)
{
	size_t ad_bytes = r->ad_kind == UDF_AD_LONG ? UDF_LONG_AD_BYTES : UDF_SHORT_AD_BYTES;
	size_t at;
	enum udf_err err = UDF_OK;

	r->has_next = false;
	for (at = 0; !err && at + ad_bytes <= n_bytes; at += ad_bytes) {
		struct udf_long_ad ad = { .addr.part_ref = r->area_at.part_ref };
		struct udf_short_ad short_ad;

		if (r->ad_kind == UDF_AD_LONG) {
			udf_long_ad_decode(area + at, &ad);
		} else {
			udf_short_ad_decode(area + at, &short_ad);
			ad.length = short_ad.length;
			ad.addr.lbn = short_ad.lbn;
		}
		if (UDF_EXTENT_BYTES(ad.length) == 0) {
			if (ad.length || ad.addr.lbn || (r->ad_kind == UDF_AD_LONG && ad.addr.part_ref))
				remark(r, UDF_P_AD_ZERO, ad.length, 0);
			break;
		}
		if (UDF_EXTENT_TYPE(ad.length) == UDF_EXTENT_NEXT) {
			r->has_next = true;
			r->next = ad;
			break;
		}
		err = take_extent(r, &ad);
	}
	return err;
}

/* The chain has come back to an AED that was read before.  Keep only its first round. */
static enum udf_err cut_loop(struct reader *r, size_t period)
{
	size_t first = 0;

	while (first + period < r->n_links &&
	       (r->links[first].at.lbn != r->links[first + period].at.lbn ||
		r->links[first].at.part_ref != r->links[first + period].at.part_ref))
		first++;
	if (first + period < r->n_links) {
		r->n_extents = r->links[first + period].n_extents_before;
		r->n_links = first + period;
	}
	r->has_next = false;
	return fault(r, UDF_P_AED_LOOP, period, 0);
}

static enum udf_err add_link(struct reader *r, const struct udf_lb_addr *at)
{
	const struct udf_lb_addr *tortoise;

	if (r->n_links == r->cap_links) {
		size_t cap = r->cap_links ? r->cap_links * 2 : 16;
		struct aed_link *grown;

		if (!r->sink && r->n_links >= UDF_FILE_MAX_AEDS)
			return UDF_E_CORRUPT;
		if (cap > MAX_EXTENTS)
			return UDF_E_NOMEM;
		grown = realloc(r->links, cap * sizeof(*grown));
		if (!grown)
			return UDF_E_NOMEM;
		r->links = grown;
		r->cap_links = cap;
	}
	r->links[r->n_links++] = (struct aed_link){ *at, r->n_extents };
	if (r->n_links == 1)
		return UDF_OK;
	tortoise = &r->links[r->tortoise].at;
	if (tortoise->lbn == at->lbn && tortoise->part_ref == at->part_ref)
		return UDF_END;
	if (r->n_links - 1 - r->tortoise == r->power) {
		r->tortoise = r->n_links - 1;
		r->power *= 2;
	}
	return UDF_OK;
}

/* Check an AED whose tag verifies.  Returns how many bytes of its descriptors may be read. */
static enum udf_err check_aed(struct reader *r, const uint8_t *block, const struct udf_aed *aed,
			      size_t *ret_n_bytes)
{
	uint32_t room = r->vol->block_bytes - UDF_AED_FIXED_BYTES;
	uint32_t ad_bytes = r->ad_kind == UDF_AD_LONG ? UDF_LONG_AD_BYTES : UDF_SHORT_AD_BYTES;
	uint32_t n_bytes = aed->ad_bytes;
	enum udf_err err = UDF_OK;

	if (n_bytes > room || n_bytes % ad_bytes) {
		err = fault(r, UDF_P_AED_LENGTH, n_bytes, room);
		n_bytes = n_bytes > room ? room : n_bytes;
	} else if (!bytes_are_zero(block + UDF_AED_FIXED_BYTES + n_bytes, room - n_bytes)) {
		remark(r, UDF_P_TAIL_NOT_ZERO, 0, 0);
	}
	if (n_bytes == 0)
		remark(r, UDF_P_AED_EMPTY, 0, 0);
	if (aed->previous_lbn)
		remark(r, UDF_P_AED_PREVIOUS, aed->previous_lbn, 0);
	if (aed->tag.crc_bytes != 8 && aed->tag.crc_bytes != 8 + n_bytes)
		remark(r, UDF_P_TAG_CRC_LENGTH, aed->tag.crc_bytes, 8 + n_bytes);
	if (aed->tag.serial != r->vol->tag_serial)
		remark(r, UDF_P_TAG_SERIAL, aed->tag.serial, r->vol->tag_serial);
	*ret_n_bytes = n_bytes;
	return err;
}

/* Read the AED that r->next names.  r->has_next is false afterwards if the list has ended. */
static enum udf_err follow(struct reader *r, uint8_t *block)
{
	struct udf_vol *vol = r->vol;
	struct udf_lb_addr at = r->next.addr;
	struct udf_aed aed;
	size_t n_bytes;
	enum udf_err err;

	r->has_next = false;
	if (UDF_EXTENT_BYTES(r->next.length) != vol->block_bytes)
		remark(r, UDF_P_AED_EXTENT, UDF_EXTENT_BYTES(r->next.length), vol->block_bytes);
	if (!is_inside(vol, &at, 1))
		return fault(r, UDF_P_AD_LOCATION, at.lbn, vol->block_bytes);
	err = add_link(r, &at);
	if (err == UDF_END)
		return cut_loop(r, r->n_links - 1 - r->tortoise);
	if (err)
		return err;
	r->area_at = at;
	err = udf_vol_read(vol, at.part_ref, at.lbn, 1, block);
	if (err) {
		remark(r, UDF_P_BLOCK_UNREADABLE, 0, 0);
		r->n_links--;
		return r->sink ? UDF_OK : err;
	}
	if (udf_tag_verify(block, vol->block_bytes, UDF_TAG_AED, place_of(&at, "AED"), r->sink, NULL)) {
		r->n_links--;
		return r->sink ? UDF_OK : UDF_E_CORRUPT;
	}
	udf_aed_decode(block, &aed);
	err = check_aed(r, block, &aed, &n_bytes);
	return err ? err : read_area(r, block + UDF_AED_FIXED_BYTES, n_bytes);
}

/* Check file body and file tail (ECMA-167 4/12) when all extents are known. */
static void sum_up(struct reader *r, bool is_file, struct udf_extent_map *map)
{
	uint32_t block_bytes = r->vol->block_bytes;
	uint64_t all_bytes = 0;
	size_t i;

	for (i = 0; i < r->n_extents; i++) {
		const struct udf_extent *extent = &r->extents[i];
		bool in_body = !is_file || all_bytes < map->information_bytes;
		bool ends_body = is_file && in_body && all_bytes + extent->n_bytes >= map->information_bytes;

		all_bytes += extent->n_bytes;
		if (extent->kind == UDF_EXTENT_RECORDED)
			map->n_recorded_blocks += udf_ceil_div(extent->n_bytes, block_bytes);
		if (in_body) {
			map->n_body_extents++;
			map->body_bytes = all_bytes;
		} else if (extent->kind != UDF_EXTENT_ALLOCATED) {
			remark(r, UDF_P_AD_TAIL, extent->kind, UDF_EXTENT_ALLOCATED);
		}
		if (ends_body && all_bytes != map->information_bytes)
			remark(r, UDF_P_AD_BODY_LONG, all_bytes, map->information_bytes);
		if (extent->n_bytes % block_bytes && !ends_body &&
		    !(is_file && i + 1 == r->n_extents && all_bytes < map->information_bytes))
			remark(r, UDF_P_AD_PARTIAL, extent->n_bytes, block_bytes);
	}
	if (!is_file)
		map->information_bytes = all_bytes;
	/* Linux appends to the last block without changing the extent, and the data that it wrote are there. */
	if (map->body_bytes < map->information_bytes)
		remark(r, udf_ceil_div(map->body_bytes, block_bytes) ==
					  udf_ceil_div(map->information_bytes, block_bytes) ?
				  UDF_P_AD_BODY_SHORT : UDF_P_AD_BODY_MISSING,
		       map->body_bytes, map->information_bytes);
}

/* Where the descriptors are in the ICB, and of what kind they are. */
static enum udf_err find_area(struct reader *r, const uint8_t *icb_block, struct udf_extent_map *map,
			      uint64_t *ret_at, uint64_t *ret_n_bytes)
{
	uint16_t id = get_le16(icb_block);
	struct udf_fe fe;
	struct udf_use use;

	if (id == UDF_TAG_USE) {
		udf_use_decode(icb_block, &use);
		r->ad_kind = UDF_AD_SHORT;
		*ret_at = UDF_USE_FIXED_BYTES;
		*ret_n_bytes = use.ad_bytes;
	} else if (id == UDF_TAG_FE || id == UDF_TAG_EFE) {
		udf_fe_decode(icb_block, &fe);
		r->ad_kind = (enum udf_ad_kind)(fe.icb.flags & UDF_ICB_AD_MASK);
		*ret_at = (uint64_t)udf_fe_fixed_bytes(id) + fe.ea_bytes;
		*ret_n_bytes = fe.ad_bytes;
		map->information_bytes = fe.information_bytes;
	} else {
		return UDF_E_CORRUPT;
	}
	return *ret_at + *ret_n_bytes > r->vol->block_bytes ? UDF_E_CORRUPT : UDF_OK;
}

static void move_links(struct reader *r, struct udf_extent_map *map)
{
	size_t i;

	map->aeds = malloc((r->n_links ? r->n_links : 1) * sizeof(*map->aeds));
	for (i = 0; map->aeds && i < r->n_links; i++)
		map->aeds[i] = r->links[i].at;
	map->n_aeds = r->n_links;
}

enum udf_err udf_extent_map_read(struct udf_vol *vol, const uint8_t *icb_block,
				 struct udf_lb_addr icb_at, struct udf_sink *sink,
				 struct udf_extent_map *ret_map)
{
	struct reader r = { .vol = vol, .sink = sink, .area_at = icb_at, .power = 1 };
	struct udf_extent_map map = { 0 };
	uint64_t at, n_bytes;
	uint8_t *block = NULL;
	enum udf_err err = find_area(&r, icb_block, &map, &at, &n_bytes);

	if (err)
		return err;
	if (r.ad_kind == UDF_AD_EMBEDDED) {
		map.embedded = true;
		map.embedded_at = (uint32_t)at;
		map.embedded_bytes = (uint32_t)n_bytes;
		map.body_bytes = n_bytes;
		*ret_map = map;
		return UDF_OK;
	}
	if (r.ad_kind != UDF_AD_SHORT && r.ad_kind != UDF_AD_LONG)
		return UDF_E_CORRUPT;
	err = read_area(&r, icb_block + at, (size_t)n_bytes);
	if (!err && r.has_next) {
		block = malloc(vol->block_bytes);
		err = block ? UDF_OK : UDF_E_NOMEM;
	}
	while (!err && r.has_next)
		err = follow(&r, block);
	r.area_at = icb_at;
	if (!err) {
		sum_up(&r, get_le16(icb_block) != UDF_TAG_USE, &map);
		move_links(&r, &map);
		err = map.aeds ? UDF_OK : UDF_E_NOMEM;
	}
	free(block);
	free(r.links);
	if (err) {
		free(r.extents);
		return err;
	}
	map.extents = r.extents;
	map.n_extents = r.n_extents;
	*ret_map = map;
	return UDF_OK;
}

void udf_extent_map_done(struct udf_extent_map *map)
{
	free(map->extents);
	free(map->aeds);
	memset(map, 0, sizeof(*map));
}

/* Bytes [AT, AT + N_BYTES) of one extent, which are inside it. */
static enum udf_err read_in_extent(struct udf_vol *vol, const struct udf_extent *extent, uint32_t at,
				   size_t n_bytes, uint8_t *block, uint8_t *ret_data)
{
	uint32_t block_bytes = vol->block_bytes;
	enum udf_err err;

	if (extent->kind != UDF_EXTENT_RECORDED) {
		memset(ret_data, 0, n_bytes);
		return UDF_OK;
	}
	while (n_bytes > 0) {
		uint32_t skip = at % block_bytes;
		uint32_t lbn = extent->lbn + at / block_bytes;
		size_t n;

		if (skip == 0 && n_bytes >= block_bytes) {
			uint32_t n_blocks = (uint32_t)udf_min64(n_bytes / block_bytes, UINT16_MAX);

			n = (size_t)n_blocks * block_bytes;
			err = udf_vol_read(vol, extent->part_ref, lbn, n_blocks, ret_data);
		} else {
			n = (size_t)udf_min64(n_bytes, block_bytes - skip);
			err = udf_vol_read(vol, extent->part_ref, lbn, 1, block);
			if (!err)
				memcpy(ret_data, block + skip, n);
		}
		if (err)
			return err;
		ret_data += n;
		at += (uint32_t)n;
		n_bytes -= n;
	}
	return UDF_OK;
}

enum udf_err udf_extent_map_pread(struct udf_vol *vol, const struct udf_extent_map *map,
				  const uint8_t *icb_block, uint64_t at, size_t n_bytes, void *ret_data)
{
	uint64_t extent_at = 0;
	uint8_t *out = ret_data, *block;
	size_t i;
	enum udf_err err = UDF_OK;

	if (at > map->body_bytes || n_bytes > map->body_bytes - at)
		return UDF_E_RANGE;
	if (map->embedded) {
		memcpy(out, icb_block + map->embedded_at + at, n_bytes);
		return UDF_OK;
	}
	block = malloc(vol->block_bytes);
	if (!block)
		return UDF_E_NOMEM;
	for (i = 0; !err && n_bytes > 0 && i < map->n_body_extents; i++) {
		const struct udf_extent *extent = &map->extents[i];
		size_t n;

		if (at < extent_at + extent->n_bytes) {
			n = (size_t)udf_min64(n_bytes, extent_at + extent->n_bytes - at);
			err = read_in_extent(vol, extent, (uint32_t)(at - extent_at), n, block, out);
			out += n;
			at += n;
			n_bytes -= n;
		}
		extent_at += extent->n_bytes;
	}
	free(block);
	return err;
}
