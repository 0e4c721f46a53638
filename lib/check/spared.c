/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spare packets and sparing tables inside a partition: its Non-Allocatable Space lists them (UDF 2.2.12, 3.3.7.2).
 * That is a stream of the volume, and up to UDF 1.50 a file in the root directory.
 */
#include <stdlib.h>

#include "base/checked.h"
#include "check/chk.h"

#define ICB_FLAG_SYSTEM 0x0400u

/* ---- what the Non-Allocatable Space lists ---- */

struct listed {
	struct udf_extent_set set;
	unsigned space;
};

static void report_odd(struct chk *ck, const struct chk_icb *icb, const char *field, uint64_t found, uint64_t expected)
{
	ck->about = icb->index;
	chk_report(ck, UDF_P_NON_ALLOCATABLE, chk_place(icb->at.part_ref, icb->at.lbn, field), found, expected);
	ck->about = CHK_NONE;
}

static enum udf_err list_extents(struct chk *ck, const struct chk_icb *icb, const struct udf_extent_map *map,
				 struct listed *listed)
{
	enum udf_err err = UDF_OK;
	bool is_odd = false;

	for (size_t i = 0; i < map->n_extents && !err; i++) {
		const struct udf_extent *extent = &map->extents[i];
		uint64_t n_blocks = udf_ceil_div(extent->n_bytes, ck->bs);

		if (extent->kind != UDF_EXTENT_ALLOCATED && !is_odd) {
			report_odd(ck, icb, "extent type", extent->kind, UDF_EXTENT_ALLOCATED);
			is_odd = true;
		}
		if (extent->kind != UDF_EXTENT_HOLE && listed->set.n_ranges < CHK_MAX_RANGES &&
		    chk_is_inside(ck, extent->part_ref, extent->lbn, n_blocks)) {
			listed->space = ck->space_of[extent->part_ref];
			err = udf_extent_set_add(&listed->set, extent->lbn, n_blocks, NULL);
		}
	}
	return err;
}

static enum udf_err read_listed(struct chk *ck, struct listed *listed)
{
	uint8_t *buf;
	struct chk_icb icb;
	struct chk_data data;
	enum udf_err err = UDF_OK;

	if (ck->non_allocatable == CHK_NONE)
		return UDF_OK;
	buf = malloc(ck->bs);
	if (!buf)
		return UDF_E_NOMEM;
	if (!chk_icb_load(ck, ck->non_allocatable, buf, &icb))
		goto out;	/* reported */
	if (!ck->vol->sparing)
		report_odd(ck, &icb, "partition map", 0, UDF_MAP_SPARABLE);
	if (!(icb.fe.icb.flags & ICB_FLAG_SYSTEM))
		report_odd(ck, &icb, "ICB.Flags", icb.fe.icb.flags, ICB_FLAG_SYSTEM);
	if (ck->revision < 0x0200 && icb.fe.information_bytes)
		report_odd(ck, &icb, "InformationLength", icb.fe.information_bytes, 0);
	err = chk_data_init(ck, &icb, &data);
	if (err) {
		err = err == UDF_E_NOMEM ? err : UDF_OK;
		goto out;
	}
	if (data.map.embedded && data.map.embedded_bytes)
		report_odd(ck, &icb, "allocation descriptors", UDF_AD_EMBEDDED, UDF_AD_SHORT);
	err = list_extents(ck, &icb, &data.map, listed);
	chk_data_done(&data);
out:
	free(buf);
	return err;
}

/* ---- what it has to list ---- */

/* Claim [LBN, LBN + N) but for what is listed, whose owner has claimed it; and report that it is not. */
static enum udf_err claim_unlisted(struct chk *ck, uint16_t part_ref, uint64_t lbn, uint64_t n,
				   const struct listed *listed)
{
	const struct udf_extent_set *set = &listed->set;
	uint64_t at = lbn, end = lbn + n;
	enum udf_err err = UDF_OK;

	if (ck->space_of[part_ref] == listed->space && udf_extent_set_has_all(set, lbn, n))
		return UDF_OK;
	chk_report(ck, UDF_P_NON_ALLOCATABLE_MISSING, chk_place(part_ref, (uint32_t)lbn, NULL), lbn, n);
	for (size_t i = 0; i < set->n_ranges && !err && ck->space_of[part_ref] == listed->space; i++) {
		const struct udf_range *range = &set->ranges[i];

		if (range->first >= end || range->first + range->n <= at)
			continue;
		if (range->first > at)
			err = chk_claim(ck, part_ref, (uint32_t)at, range->first - at, NULL);
		at = range->first + range->n;
	}
	if (!err && at < end)
		err = chk_claim(ck, part_ref, (uint32_t)at, end - at, NULL);
	return err;
}

enum udf_err chk_check_spared(struct chk *ck)
{
	const struct udf_vol *vol = ck->vol;
	struct listed listed = { .space = UDF_MAX_MAPS };
	enum udf_err err;

	udf_extent_set_init(&listed.set);
	err = read_listed(ck, &listed);
	for (unsigned i = 0; i < vol->n_structures && !err; i++) {
		const struct udf_vol_extent *s = &vol->structures[i];

		if (!chk_is_sparing(s->what))
			continue;
		for (unsigned space = 0; space < ck->n_spaces && !err; space++) {
			uint16_t ref = ck->spaces[space].part_ref;
			const struct udf_part *part = &vol->parts[ref];
			uint64_t from = udf_max64(s->lsn, part->start_lsn);
			uint64_t to = udf_min64(s->lsn + s->n_blocks, (uint64_t)part->start_lsn + part->n_blocks);

			if (from < to)
				err = claim_unlisted(ck, ref, from - part->start_lsn, to - from, &listed);
		}
	}
	udf_extent_set_done(&listed.set);
	return err;
}
