// SPDX-License-Identifier: GPL-2.0-or-later
/* The structures that a volume declares: collecting them, and which of them overlap. */
#include "base/checked.h"
#include "vol/internal.h"

/* Up to this number unallocated extents are compared with each other, which takes n squared steps. */
#define MAX_COMPARED_EXTENTS 512u

void vol_add_structure(struct udf_vol *vol, enum udf_structure what, uint64_t lsn, uint64_t n_blocks,
		       uint64_t n_used_blocks)
{
	if (vol->n_structures == UDF_MAX_STRUCTURES || n_blocks == 0)
		return;
	vol->structures[vol->n_structures++] =
		(struct udf_vol_extent){ what, lsn, n_blocks, n_used_blocks };
}

static bool overlap(uint64_t a, uint64_t n_a, uint64_t b, uint64_t n_b)
{
	return n_a > 0 && n_b > 0 && a < b + n_b && b < a + n_a;
}

static bool is_writable(uint32_t access_type)
{
	return access_type == UDF_ACCESS_REWRITABLE || access_type == UDF_ACCESS_OVERWRITABLE;
}

static const char *structure_name(enum udf_structure what)
{
	static const char *const names[] = {
		[UDF_STRUCTURE_VRS] = "recognition sequence",
		[UDF_STRUCTURE_ANCHOR] = "anchor",
		[UDF_STRUCTURE_MAIN_VDS] = "main VDS",
		[UDF_STRUCTURE_RESERVE_VDS] = "reserve VDS",
		[UDF_STRUCTURE_LVID] = "integrity sequence",
		[UDF_STRUCTURE_PARTITION] = "partition",
		[UDF_STRUCTURE_SPARING_TABLE] = "sparing table",
		[UDF_STRUCTURE_SPARE_PACKETS] = "spare packets",
	};

	return names[what];
}

/* These may be inside a partition, if its Non-Allocatable Space lists them (UDF 2.2.12). */
static bool is_sparing(enum udf_structure what)
{
	return what == UDF_STRUCTURE_SPARING_TABLE || what == UDF_STRUCTURE_SPARE_PACKETS;
}

/* The access type of the partition that begins at LSN. */
static uint32_t access_type_at(const struct udf_vol *vol, uint64_t lsn)
{
	unsigned i;

	for (i = 0; i < vol->n_parts; i++)
		if (vol->parts[i].start_lsn == lsn)
			return vol->parts[i].access_type;
	return UDF_ACCESS_OVERWRITABLE;
}

static void check_pair(const struct udf_vol *vol, const struct udf_vol_extent *a,
		       const struct udf_vol_extent *b, struct udf_sink *sink)
{
	bool a_part = a->what == UDF_STRUCTURE_PARTITION, b_part = b->what == UDF_STRUCTURE_PARTITION;
	struct udf_place place = vol_place(a->lsn, structure_name(a->what));

	if (!overlap(a->lsn, a->n_blocks, b->lsn, b->n_blocks))
		return;
	if (a_part && b_part) {
		udf_report(sink, UDF_P_PART_OVERLAP, place, a->lsn, b->lsn);
		return;
	}
	if (a_part) {
		check_pair(vol, b, a, sink);
		return;
	}
	if (b_part && is_sparing(a->what))
		return;
	if (b_part) {
		udf_report(sink, is_writable(access_type_at(vol, b->lsn)) ?
			   UDF_P_STRUCTURE_IN_PARTITION : UDF_P_STRUCTURE_IN_RO_PARTITION,
			   place, a->lsn, b->lsn);
		return;
	}
	/* Main and reserve have a rule of their own (4a); a sequence read twice is one structure. */
	if (a->what == UDF_STRUCTURE_MAIN_VDS && b->what == UDF_STRUCTURE_RESERVE_VDS)
		udf_report(sink, UDF_P_VDS_OVERLAP, place, a->lsn, b->lsn);
	else
		udf_report(sink, UDF_P_STRUCTURES_OVERLAP, place, a->lsn, b->lsn);
}

static void check_usd_extent(const struct udf_vol *vol, const struct udf_extent_ad *ad,
			     struct udf_sink *sink)
{
	struct udf_place place = vol_place(vol->usd.tag.location, "USD");
	uint64_t n_blocks = ad->n_bytes / vol->block_bytes;
	unsigned i;

	if (ad->n_bytes == 0 || ad->n_bytes % vol->block_bytes || ad->lsn + n_blocks > vol->n_sectors)
		udf_report(sink, UDF_P_USD_EXTENT, place, ad->lsn, ad->n_bytes);
	if ((uint64_t)ad->lsn * vol->block_bytes < SYSTEM_AREA_BYTES)
		udf_report(sink, UDF_P_USD_OVERLAP, place, ad->lsn, 0);
	for (i = 0; i < vol->n_structures; i++) {
		const struct udf_vol_extent *s = &vol->structures[i];

		if (overlap(ad->lsn, n_blocks, s->lsn, s->n_blocks))
			udf_report(sink, UDF_P_USD_OVERLAP, place, ad->lsn, s->lsn);
	}
}

static void check_usd(const struct udf_vol *vol, struct udf_sink *sink)
{
	uint32_t n = (uint32_t)udf_min64(vol->usd.n_extents, MAX_COMPARED_EXTENTS);
	uint32_t i, j;

	for (i = 0; i < vol->usd.n_extents; i++)
		check_usd_extent(vol, &vol->usd_extents[i], sink);
	for (i = 0; i < n; i++) {
		const struct udf_extent_ad *a = &vol->usd_extents[i];

		for (j = i + 1; j < n; j++) {
			const struct udf_extent_ad *b = &vol->usd_extents[j];

			if (overlap(a->lsn, a->n_bytes / vol->block_bytes, b->lsn,
				    b->n_bytes / vol->block_bytes))
				udf_report(sink, UDF_P_USD_SELF_OVERLAP,
					   vol_place(vol->usd.tag.location, "USD"), a->lsn, b->lsn);
		}
	}
}

void vol_check_overlaps(struct udf_vol *vol, struct udf_sink *sink)
{
	unsigned i, j;

	for (i = 0; i < vol->n_structures; i++)
		for (j = i + 1; j < vol->n_structures; j++)
			check_pair(vol, &vol->structures[i], &vol->structures[j], sink);
	if (vol->usd.tag.id == UDF_TAG_USD)
		check_usd(vol, sink);
}
