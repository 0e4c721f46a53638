// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules across the descriptors of a volume.  Rules within one descriptor are in lib/ecma. */
#include <string.h>

#include "base/cs0.h"
#include "ecma/layout.h"
#include "vol/internal.h"

#define MIN_VDS_SECTORS 16u
#define MIN_INTEGRITY_BYTES 8192u
#define FIRST_FREE_LSN 257u		/* after the anchor at 256 */
#define FIRST_UNIQUE_ID 16u

static void check_recognition(struct udf_vol *vol, const struct vol_vrs *vrs, struct udf_sink *sink)
{
	struct udf_place place = vol_place(vrs->first_byte / vol->block_bytes, "recognition sequence");
	bool is_nsr03 = vol->revision >= 0x0200;

	if (!vol_vrs_is_udf(vrs)) {
		udf_report(sink, UDF_P_VRS_MISSING, place, 0, 0);
		return;
	}
	if (vrs->n_bea == 0 || vrs->nsr_outside || !vrs->ends_with_tea)
		udf_report(sink, UDF_P_VRS_ORDER, place, 0, 0);
	if (vrs->n_nsr02 && vrs->n_nsr03)
		udf_report(sink, UDF_P_VRS_BOTH_NSR, place, 0, 0);
	else if ((is_nsr03 ? vrs->n_nsr03 : vrs->n_nsr02) == 0)
		udf_report(sink, UDF_P_VRS_REVISION, place, is_nsr03 ? 2 : 3, is_nsr03 ? 3 : 2);
	if (vrs->n_bea > 1 || vrs->n_tea > 1 || vrs->n_bea != vrs->n_tea || vrs->n_nsr02 > 1 ||
	    vrs->n_nsr03 > 1)
		udf_report(sink, UDF_P_VRS_AREAS, place, vrs->n_bea, vrs->n_tea);
	if (vrs->bad_field)
		udf_report(sink, UDF_P_VRS_FIELD, vol_place(vrs->bad_field_at, "recognition sequence"), 0, 0);
	if (vrs->wide_spacing_missed)
		udf_report(sink, UDF_P_VRS_SPACING, place, 2048, vol->block_bytes);
	if (!vrs->tail_blank && vol->revision >= 0x0201)
		udf_report(sink, UDF_P_VRS_TAIL, vol_place(vrs->end_byte / vol->block_bytes, NULL), 0, 0);
}

static void check_anchors(struct udf_vol *vol, struct udf_sink *sink)
{
	struct udf_place place = vol_place(vol->anchor_lsn[0], "AVDP");
	const struct udf_extent_ad *main = &vol->anchor.main_vds, *reserve = &vol->anchor.reserve_vds;

	if (vol->n_anchors < 2)
		udf_report(sink, UDF_P_ANCHOR_COUNT, place, vol->n_anchors, 2);
	if (main->n_bytes / vol->block_bytes < MIN_VDS_SECTORS)
		udf_report(sink, UDF_P_VDS_SHORT, place, main->n_bytes, MIN_VDS_SECTORS * vol->block_bytes);
	if (reserve->n_bytes / vol->block_bytes < MIN_VDS_SECTORS)
		udf_report(sink, UDF_P_VDS_SHORT, place, reserve->n_bytes,
			   MIN_VDS_SECTORS * vol->block_bytes);
	if (vol->tag_serial == 0)
		udf_report(sink, UDF_P_TAG_SERIAL_ZERO, place, 0, 0);
}

/* What one copy does not have, and what prevails in it more than once. */
static void check_sequence(const struct vol_sequence *sequence, uint32_t lsn, struct udf_sink *sink)
{
	static const struct { uint16_t id; const char *name; } needed[] = {
		{ UDF_TAG_PVD, "PVD" }, { UDF_TAG_LVD, "LVD" }, { UDF_TAG_PD, "PD" },
		{ UDF_TAG_USD, "USD" }, { UDF_TAG_IUVD, "IUVD" },
	};
	unsigned i, n_pvds = 0, n_lvds = 0;

	if (sequence->n_verified == 0)
		return;		/* reported as empty */
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!vol_sequence_find(sequence, needed[i].id))
			udf_report(sink, UDF_P_VDS_MISSING, vol_place(lsn, needed[i].name), 0, 0);
	for (i = 0; i < sequence->n_descs; i++) {
		n_pvds += sequence->descs[i].id == UDF_TAG_PVD;
		n_lvds += sequence->descs[i].id == UDF_TAG_LVD;
	}
	if (n_pvds > 1)
		udf_report(sink, UDF_P_VDS_SEVERAL_PREVAIL, vol_place(lsn, "PVD"), n_pvds, 1);
	if (n_lvds > 1)
		udf_report(sink, UDF_P_VDS_SEVERAL_PREVAIL, vol_place(lsn, "LVD"), n_lvds, 1);
}

/*
 * Report what A has and B does not have, and what differs in both.  WITH_CONTENTS: the latter is reported once for
 * each pair.
 */
static void compare_sequences(const struct vol_sequence *a, const struct vol_sequence *b,
			      bool with_contents, struct udf_sink *sink)
{
	unsigned i, j;

	for (i = 0; i < a->n_descs; i++) {
		const struct vol_desc *desc = &a->descs[i];

		for (j = 0; j < b->n_descs; j++)
			if (vol_desc_same_key(desc, &b->descs[j]))
				break;
		if (j == b->n_descs)
			udf_report(sink, UDF_P_VDS_COPIES_DIFFER, vol_place(desc->lsn, NULL), desc->number, 0);
		else if (with_contents && !vol_desc_same_contents(desc, &b->descs[j]))
			udf_report(sink, UDF_P_VDS_COPIES_DIFFER, vol_place(desc->lsn, NULL), desc->lsn,
				   b->descs[j].lsn);
	}
}

void vol_check_sequences(struct udf_vol *vol, const struct vol_sequence *main,
			 const struct vol_sequence *reserve, struct udf_sink *sink)
{
	check_sequence(main, vol->anchor.main_vds.lsn, sink);
	check_sequence(reserve, vol->anchor.reserve_vds.lsn, sink);
	if (main->n_verified && reserve->n_verified) {
		compare_sequences(main, reserve, true, sink);
		compare_sequences(reserve, main, false, sink);
	}
}

static bool is_known_revision(uint16_t revision)
{
	static const uint16_t known[] = { 0x0101, 0x0102, 0x0150, 0x0200, 0x0201, 0x0250, 0x0260 };
	unsigned i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == revision)
			return true;
	return false;
}

static void check_tag_version(const struct udf_vol *vol, const struct udf_tag *tag, struct udf_place place,
			      struct udf_sink *sink)
{
	if (tag->id && vol->revision < 0x0200 && tag->version != 2)
		udf_report(sink, UDF_P_TAG_VERSION, place, tag->version, 2);
}

/* Check every descriptor by itself (lib/ecma), and its tag's version against the revision. */
static void check_descriptors(struct udf_vol *vol, struct udf_sink *sink)
{
	struct udf_place fsd_place = { vol->fsd_at.part_ref, vol->fsd_at.lbn, "FSD" };
	struct udf_place lvid_place = vol_place(vol->lvid_lsn, "LVID");
	struct udf_place place = vol_place(vol->anchor_lsn[0], "AVDP");
	unsigned i;

	check_tag_version(vol, &vol->anchor.tag, place, sink);
	if (vol->pvd.tag.id) {
		place = vol_place(vol->pvd.tag.location, "PVD");
		check_tag_version(vol, &vol->pvd.tag, place, sink);
		udf_pvd_validate(&vol->pvd, place, sink);
	}
	if (vol->iuvd.tag.id) {
		place = vol_place(vol->iuvd.tag.location, "IUVD");
		check_tag_version(vol, &vol->iuvd.tag, place, sink);
		udf_iuvd_validate(&vol->iuvd, place, sink);
		if (udf_regid_revision(&vol->iuvd.impl) != vol->revision)
			udf_report(sink, UDF_P_REVISION_DIFFERS, place, udf_regid_revision(&vol->iuvd.impl),
				   vol->revision);
	}
	for (i = 0; i < vol->n_pds; i++) {
		place = vol_place(vol->pds[i].tag.location, "PD");
		check_tag_version(vol, &vol->pds[i].tag, place, sink);
		udf_pd_validate(&vol->pds[i], vol->revision, place, sink);
	}
	place = vol_place(vol->lvd.tag.location, "LVD");
	check_tag_version(vol, &vol->lvd.tag, place, sink);
	udf_lvd_validate(&vol->lvd, place, sink);
	for (i = 0; i < vol->n_parts; i++)
		udf_partition_map_validate(&vol->maps[i], vol->revision, place, sink);
	if (!is_known_revision(vol->revision))
		udf_report(sink, UDF_P_REVISION_UNKNOWN, place, vol->revision, 0);
	if (vol->lvid_lsn) {
		check_tag_version(vol, &vol->lvid.tag, lvid_place, sink);
		udf_lvid_validate(&vol->lvid, vol->block_bytes, lvid_place, sink);
		if (vol->lvid.impl_use_bytes >= UDF_LVID_IMPL_BYTES)
			udf_layout_check(&udf_layout_lvid_impl, &vol->lvid_impl, vol->revision, lvid_place,
					 sink);
	}
	if (vol->fsd.tag.id) {
		check_tag_version(vol, &vol->fsd.tag, fsd_place, sink);
		udf_fsd_validate(&vol->fsd, fsd_place, sink);
		if (udf_regid_revision(&vol->fsd.domain) != vol->revision)
			udf_report(sink, UDF_P_REVISION_DIFFERS, fsd_place,
				   udf_regid_revision(&vol->fsd.domain), vol->revision);
	}
}

static void check_space_extent(const struct udf_vol *vol, const struct udf_pd *pd,
			       const struct udf_short_ad *ad, struct udf_sink *sink)
{
	uint32_t n_bytes = UDF_EXTENT_BYTES(ad->length);

	if (ad->length == 0)
		return;
	if (UDF_EXTENT_TYPE(ad->length) != UDF_EXTENT_RECORDED || n_bytes % vol->block_bytes ||
	    (uint64_t)ad->lbn + n_bytes / vol->block_bytes > pd->n_blocks)
		udf_report(sink, UDF_P_SPACE_EXTENT, vol_place(pd->tag.location, "PD"), ad->lbn, ad->length);
}

/* Check which space sets a partition has (ECMA-167 4/14.3, UDF 2.3.3). */
static void check_space(const struct udf_vol *vol, const struct udf_pd *pd, struct udf_sink *sink)
{
	const struct udf_partition_header *h = &pd->header;
	struct udf_place place = vol_place(pd->tag.location, "PD");
	bool tables = h->unallocated_table.length || h->freed_table.length;
	bool bitmaps = h->unallocated_bitmap.length || h->freed_bitmap.length;

	if (tables && bitmaps)
		udf_report(sink, UDF_P_SPACE_MIX, place, 0, 0);
	if (!tables && !bitmaps && pd->access_type >= UDF_ACCESS_WRITE_ONCE)
		udf_report(sink, UDF_P_SPACE_NONE, place, 0, 0);
	if ((tables || bitmaps) && pd->access_type <= UDF_ACCESS_READ_ONLY)
		udf_report(sink, UDF_P_SPACE_FORBIDDEN, place, 0, 0);
	check_space_extent(vol, pd, &h->unallocated_table, sink);
	check_space_extent(vol, pd, &h->unallocated_bitmap, sink);
	check_space_extent(vol, pd, &h->freed_table, sink);
	check_space_extent(vol, pd, &h->freed_bitmap, sink);
}

static void check_partitions(struct udf_vol *vol, struct udf_sink *sink)
{
	struct udf_place place = vol_place(vol->lvd.tag.location, "LVD partition maps");
	unsigned i, j, n_wanted = 0;

	for (i = 0; i < vol->n_parts; i++)
		n_wanted += vol->parts[i].kind == UDF_MAP_PHYSICAL || vol->parts[i].kind == UDF_MAP_SPARABLE;
	if (vol->n_pds < n_wanted || n_wanted > 2)
		udf_report(sink, UDF_P_PART_COUNT, place, vol->n_pds, n_wanted);
	for (i = 0; i < vol->n_pds; i++) {
		const struct udf_pd *pd = &vol->pds[i];

		place = vol_place(pd->tag.location, "PD");
		for (j = 0; j < vol->n_parts; j++)
			if (vol->parts[j].number == pd->number)
				break;
		if (j == vol->n_parts) {
			udf_report(sink, UDF_P_PART_UNUSED, place, pd->number, 0);
			continue;
		}
		if ((uint64_t)pd->start_lsn + pd->n_blocks > vol->n_sectors)
			udf_report(sink, UDF_P_PART_OUTSIDE, place, (uint64_t)pd->start_lsn + pd->n_blocks,
				   vol->n_sectors);
		if ((uint64_t)pd->start_lsn * vol->block_bytes < SYSTEM_AREA_BYTES)
			udf_report(sink, UDF_P_PART_START, place, pd->start_lsn, 0);
		else if (pd->start_lsn < FIRST_FREE_LSN)
			udf_report(sink, UDF_P_PART_START_LOW, place, pd->start_lsn, FIRST_FREE_LSN);
		check_space(vol, pd, sink);
	}
	if (n_wanted == 2) {
		unsigned n_read_only = 0, n_pseudo = 0;

		for (i = 0; i < vol->n_parts; i++) {
			n_read_only += vol->parts[i].access_type == UDF_ACCESS_READ_ONLY;
			n_pseudo += vol->parts[i].access_type == UDF_ACCESS_PSEUDO_OVERWRITABLE;
		}
		if (n_read_only != 1 || n_pseudo)
			udf_report(sink, UDF_P_PART_PAIR, place, n_read_only, 1);
	}
	for (i = 0; i < vol->n_parts; i++)
		if (vol->parts[i].access_type >= UDF_ACCESS_REWRITABLE &&
		    vol->lvd.integrity.n_bytes < MIN_INTEGRITY_BYTES)
			udf_report(sink, UDF_P_INTEGRITY_SHORT, vol_place(vol->lvd.tag.location, "LVD"),
				   vol->lvd.integrity.n_bytes, MIN_INTEGRITY_BYTES);
}

/* Identifiers are compared as text, because two encodings may mean the same (UDF 2.1.1). */
static bool same_text(const uint8_t *a, const uint8_t *b, size_t field_bytes)
{
	char text_a[UDF_CS0_UTF8_MAX_BYTES(128) + 1], text_b[UDF_CS0_UTF8_MAX_BYTES(128) + 1];

	if (udf_dstring_to_utf8(a, field_bytes, text_a, sizeof(text_a)) ||
	    udf_dstring_to_utf8(b, field_bytes, text_b, sizeof(text_b)))
		return memcmp(a, b, field_bytes) == 0;
	return strcmp(text_a, text_b) == 0;
}

static void check_labels(struct udf_vol *vol, struct udf_sink *sink)
{
	struct udf_place fsd_place = { vol->fsd_at.part_ref, vol->fsd_at.lbn, "FSD" };
	const uint8_t *label = vol->lvd.logical_volume_id;

	if (vol->iuvd.tag.id && !same_text(label, vol->iuvd.logical_volume_id, 128))
		udf_report(sink, UDF_P_LABEL_DIFFERS, vol_place(vol->iuvd.tag.location, "IUVD"), 0, 0);
	if (vol->fsd.tag.id && !same_text(label, vol->fsd.logical_volume_id, 128))
		udf_report(sink, UDF_P_LABEL_DIFFERS, fsd_place, 0, 0);
}

static void check_revisions(struct udf_vol *vol, struct udf_place place, struct udf_sink *sink)
{
	const struct udf_lvid_impl *impl = &vol->lvid_impl;
	uint16_t needed = vol->revision >= 0x0200 ? 0x0200 : 0x0101;
	uint16_t max_read = vol->revision == 0x0260 ? 0x0250 : vol->revision;

	if (!is_known_revision(impl->min_read_revision) || impl->min_read_revision < needed ||
	    impl->min_read_revision > max_read)
		udf_report(sink, UDF_P_LVID_REVISION, place, impl->min_read_revision, vol->revision);
	else if (impl->min_read_revision != vol->revision)
		udf_report(sink, UDF_P_LVID_REVISION_DIFFERS, place, impl->min_read_revision, vol->revision);
	if (!is_known_revision(impl->min_write_revision) || impl->min_write_revision < needed ||
	    impl->min_write_revision > vol->revision)
		udf_report(sink, UDF_P_LVID_REVISION, place, impl->min_write_revision, vol->revision);
	if (!is_known_revision(impl->max_write_revision) || impl->max_write_revision < vol->revision)
		udf_report(sink, UDF_P_LVID_REVISION, place, impl->max_write_revision, vol->revision);
}

static void check_integrity(struct udf_vol *vol, struct udf_sink *sink)
{
	struct udf_place place = vol_place(vol->lvid_lsn, "LVID");
	uint64_t next = vol->lvid.next_unique_id;
	unsigned i;

	if (vol->lvid_lsn == 0) {
		udf_report(sink, UDF_P_LVID_MISSING, vol_place(vol->lvd.integrity.lsn, "LVID"), 0, 0);
		return;
	}
	if (vol->lvid.type != UDF_LVID_CLOSED)
		udf_report(sink, UDF_P_LVID_OPEN, place, vol->lvid.type, UDF_LVID_CLOSED);
	if (vol->lvid.n_partitions != vol->lvd.n_maps)
		udf_report(sink, UDF_P_LVID_PARTITIONS, place, vol->lvid.n_partitions, vol->lvd.n_maps);
	for (i = 0; i < vol->n_parts && i < vol->lvid.n_partitions; i++) {
		if (vol->parts[i].kind != UDF_MAP_PHYSICAL && vol->parts[i].kind != UDF_MAP_SPARABLE)
			continue;
		if (vol->size_blocks[i] != vol->parts[i].n_blocks)
			udf_report(sink, UDF_P_LVID_SIZE_TABLE, place, vol->size_blocks[i],
				   vol->parts[i].n_blocks);
		if (vol->parts[i].access_type == UDF_ACCESS_READ_ONLY && vol->free_blocks[i])
			udf_report(sink, UDF_P_LVID_FREE_READ_ONLY, place, vol->free_blocks[i], 0);
		else if (vol->free_blocks[i] > vol->parts[i].n_blocks)
			udf_report(sink, UDF_P_LVID_FREE_TABLE, place, vol->free_blocks[i],
				   vol->parts[i].n_blocks);
	}
	if ((next & 0xFFFFFFFFu) < FIRST_UNIQUE_ID || (next > UINT32_MAX && vol->revision >= 0x0200))
		udf_report(sink, UDF_P_LVID_NEXT_ID, place, next, FIRST_UNIQUE_ID);
	else if (next > INT32_MAX)
		udf_report(sink, UDF_P_LVID_NEXT_ID_HIGH, place, next, INT32_MAX);
	if (vol->lvid.impl_use_bytes < UDF_LVID_IMPL_BYTES)
		udf_report(sink, UDF_P_LVID_IMPL_USE, place, vol->lvid.impl_use_bytes, UDF_LVID_IMPL_BYTES);
	else if (vol->revision >= 0x0102)	/* UDF 1.01 has no such fields */
		check_revisions(vol, place, sink);
}

/* Is A later than B?  If one of them has no zone, the zones of both are ignored. */
static bool is_later(const struct udf_time *a, const struct udf_time *b)
{
	int64_t a_seconds = a->seconds, b_seconds = b->seconds;

	if (a->zone_minutes == UDF_ZONE_UNKNOWN && b->zone_minutes != UDF_ZONE_UNKNOWN)
		b_seconds += (int64_t)b->zone_minutes * 60;
	if (b->zone_minutes == UDF_ZONE_UNKNOWN && a->zone_minutes != UDF_ZONE_UNKNOWN)
		a_seconds += (int64_t)a->zone_minutes * 60;
	return a_seconds > b_seconds || (a_seconds == b_seconds && a->microseconds > b->microseconds);
}

static void check_times(struct udf_vol *vol, struct udf_sink *sink)
{
	struct udf_place lvid_place = vol_place(vol->lvid_lsn, "LVID recording time");
	struct udf_place fsd_place = { vol->fsd_at.part_ref, vol->fsd_at.lbn, "FSD recording time" };
	struct udf_time lvid_time, time;

	if (vol->lvid_lsn == 0 || udf_timestamp_to_time(&vol->lvid.recording_time, &lvid_time))
		return;
	if (vol->env && vol->env->now) {
		vol->env->now(vol->env->ctx, &time);
		if (is_later(&lvid_time, &time))
			udf_report(sink, UDF_P_TIME_FUTURE, lvid_place, 0, 0);
	}
	if (vol->pvd.tag.id && !udf_timestamp_to_time(&vol->pvd.recording_time, &time) &&
	    is_later(&time, &lvid_time))
		udf_report(sink, UDF_P_TIME_AFTER_LVID, vol_place(vol->pvd.tag.location, "PVD recording time"),
			   0, 0);
	if (vol->fsd.tag.id && !udf_timestamp_to_time(&vol->fsd.recording_time, &time) &&
	    is_later(&time, &lvid_time))
		udf_report(sink, UDF_P_TIME_AFTER_LVID, fsd_place, 0, 0);
}

void vol_check_rules(struct udf_vol *vol, const struct vol_vrs *vrs, struct udf_sink *sink)
{
	check_recognition(vol, vrs, sink);
	check_anchors(vol, sink);
	check_descriptors(vol, sink);
	check_partitions(vol, sink);
	vol_check_sparing(vol, sink);
	check_labels(vol, sink);
	check_integrity(vol, sink);
	check_times(vol, sink);
}
