/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The blocks that the volume's own structures need, and which owners share a block. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "check/chk.h"

/* ---- what the volume itself needs of its partitions ---- */

typedef enum udf_err (*volume_extent_fn)(void *ctx, uint16_t part_ref, uint32_t lbn,
					 uint64_t n_blocks, const char *what);

/* Those parts of a range of sectors that are in partitions. */
static enum udf_err each_of_sectors(struct chk *ck, uint64_t lsn, uint64_t n, const char *what,
				    volume_extent_fn fn, void *ctx)
{
	for (unsigned i = 0; i < ck->n_spaces; i++) {
		uint16_t ref = ck->spaces[i].part_ref;
		const struct udf_part *part = &ck->vol->parts[ref];
		uint64_t from = udf_max64(lsn, part->start_lsn);
		uint64_t to = udf_min64(lsn + n, (uint64_t)part->start_lsn + part->n_blocks);
		enum udf_err err;

		if (from >= to)
			continue;
		err = fn(ctx, ref, (uint32_t)(from - part->start_lsn), to - from, what);
		if (err)
			return err;
	}
	return UDF_OK;
}

/* WITH_SPARING: tables and spare packets too, which the Non-Allocatable Space may own. */
static enum udf_err each_structure(struct chk *ck, bool with_sparing, volume_extent_fn fn, void *ctx)
{
	const struct udf_vol *vol = ck->vol;

	for (unsigned i = 0; i < vol->n_structures; i++) {
		const struct udf_vol_extent *extent = &vol->structures[i];
		enum udf_err err;

		if (extent->what == UDF_STRUCTURE_PARTITION || (!with_sparing && chk_is_sparing(extent->what)))
			continue;
		err = each_of_sectors(ck, extent->lsn, extent->n_blocks,
				      chk_is_sparing(extent->what) ? "spare packets and sparing tables" :
								     "volume structures", fn, ctx);
		if (err)
			return err;
	}
	return UDF_OK;
}

static enum udf_err each_in_partition(struct chk *ck, uint16_t part_ref, uint32_t length,
				      uint32_t lbn, const char *what, volume_extent_fn fn, void *ctx)
{
	uint64_t n_blocks = udf_ceil_div(UDF_EXTENT_BYTES(length), ck->bs);

	if (!n_blocks || !chk_is_inside(ck, part_ref, lbn, n_blocks))
		return UDF_OK;
	return fn(ctx, part_ref, lbn, n_blocks, what);
}

/* File set descriptors and space bitmaps.  Space tables are read and claimed in space.c. */
static enum udf_err each_own_extent(struct chk *ck, bool with_tables, volume_extent_fn fn, void *ctx)
{
	const struct udf_vol *vol = ck->vol;
	const struct udf_long_ad *fsd = &vol->lvd.fsd;
	uint64_t n_fsd_blocks = udf_ceil_div(UDF_EXTENT_BYTES(fsd->length), ck->bs);
	enum udf_err err;

	err = each_in_partition(ck, fsd->addr.part_ref, fsd->length, fsd->addr.lbn,
				"file set descriptors", fn, ctx);
	if (!err && (vol->fsd_at.part_ref != fsd->addr.part_ref || vol->fsd_at.lbn < fsd->addr.lbn ||
		     vol->fsd_at.lbn - fsd->addr.lbn >= n_fsd_blocks))
		err = each_in_partition(ck, vol->fsd_at.part_ref, ck->bs, vol->fsd_at.lbn,
					"file set descriptors", fn, ctx);
	if (!err)
		err = each_in_partition(ck, vol->fsd.next_extent.addr.part_ref,
					vol->fsd.next_extent.length, vol->fsd.next_extent.addr.lbn,
					"file set descriptors", fn, ctx);
	for (unsigned i = 0; !err && i < ck->n_spaces; i++) {
		uint16_t ref = ck->spaces[i].part_ref;
		const struct udf_partition_header *header = &vol->parts[ref].header;

		err = each_in_partition(ck, ref, header->unallocated_bitmap.length,
					header->unallocated_bitmap.lbn, "space bitmap", fn, ctx);
		if (!err)
			err = each_in_partition(ck, ref, header->freed_bitmap.length,
						header->freed_bitmap.lbn, "freed space bitmap", fn,
						ctx);
		if (!err && with_tables)
			err = each_in_partition(ck, ref, header->unallocated_table.length,
						header->unallocated_table.lbn, "space table", fn, ctx);
		if (!err && with_tables)
			err = each_in_partition(ck, ref, header->freed_table.length,
						header->freed_table.lbn, "freed space table", fn, ctx);
	}
	return err;
}

static enum udf_err mark_extent(void *ctx, uint16_t part_ref, uint32_t lbn, uint64_t n_blocks,
				const char *what)
{
	(void)what;
	return chk_map_set(&chk_space_of(ctx, part_ref)->used, lbn, n_blocks, NULL, NULL);
}

static enum udf_err claim_extent(void *ctx, uint16_t part_ref, uint32_t lbn, uint64_t n_blocks,
				 const char *what)
{
	(void)what;
	return chk_claim(ctx, part_ref, lbn, n_blocks, NULL);
}

enum udf_err chk_claim_volume(struct chk *ck)
{
	/* Volume structures may overlap each other here, because the reader of the volume checks that. */
	enum udf_err err = each_structure(ck, false, mark_extent, ck);

	if (!err)
		err = each_own_extent(ck, false, claim_extent, ck);
	return err ? err : chk_read_tables(ck);
}

/* ---- owners ---- */

struct owner {
	uint64_t first, n;
	uint32_t object;		/* CHK_NONE: the volume's own */
	unsigned space;
	const char *what;		/* of the volume's own */
};

struct owners {
	struct chk *ck;
	struct chk_array rows;
	uint64_t n_aeds;		/* blocks of chains read so far */
};

#define MAX_OWNERS 20000u

/* The parts of a claim that another owner claims too. */
static enum udf_err add_owner(struct owners *owners, uint16_t part_ref, uint64_t lbn,
			      uint64_t n_blocks, uint32_t object, const char *what)
{
	unsigned space = owners->ck->space_of[part_ref];
	const struct udf_extent_set *twice = &owners->ck->spaces[space].twice;

	if (!udf_extent_set_has_any(twice, lbn, n_blocks))
		return UDF_OK;
	for (size_t i = 0; i < twice->n_ranges && owners->rows.n < MAX_OWNERS; i++) {
		uint64_t from = udf_max64(lbn, twice->ranges[i].first);
		uint64_t to = udf_min64(lbn + n_blocks,
					twice->ranges[i].first + twice->ranges[i].n);
		struct owner *row;

		if (from >= to)
			continue;
		row = chk_array_add(&owners->rows, sizeof(*row));
		if (!row)
			return UDF_E_NOMEM;
		*row = (struct owner){ from, to - from, object, space, what };
	}
	return UDF_OK;
}

static enum udf_err own_extent(void *ctx, uint16_t part_ref, uint32_t lbn, uint64_t n_blocks,
			       const char *what)
{
	return add_owner(ctx, part_ref, lbn, n_blocks, CHK_NONE, what);
}

struct own_entry {
	struct owners *owners;
	uint32_t index, n;
};

/* A chain of entries is followed until it reaches blocks of another owner, or itself. */
static enum udf_err own_entry(void *ctx, const struct udf_lb_addr *at)
{
	struct own_entry *own = ctx;
	struct chk *ck = own->owners->ck;
	uint64_t n_blocks = chk_is_inside(ck, at->part_ref, at->lbn, 2) ? 2 : 1;
	bool is_shared = udf_extent_set_has_any(&chk_space_of(ck, at->part_ref)->twice, at->lbn, n_blocks);
	enum udf_err err = add_owner(own->owners, at->part_ref, at->lbn, n_blocks, own->index, NULL);

	return err ? err : own->n++ && is_shared ? UDF_END : UDF_OK;
}

static enum udf_err own_object(struct owners *owners, uint32_t index, const struct chk_icb *icb)
{
	struct chk *ck = owners->ck;
	const struct chk_object *o = chk_object_at(&ck->objects, index);
	struct chk_data data;
	enum udf_err err;

	if (icb->fe.icb.strategy == UDF_STRATEGY_4096)
		err = chk_each_entry(ck, index, own_entry, &(struct own_entry){ owners, index, 0 });
	else
		err = add_owner(owners, o->part_ref, o->lbn, 1, index, NULL);
	if (err)
		return err;
	err = chk_data_init(ck, icb, &data);
	if (err)
		return err == UDF_E_NOMEM ? err : UDF_OK;
	for (size_t i = 0; !err && i < data.map.n_extents; i++) {
		const struct udf_extent *extent = &data.map.extents[i];

		if (extent->kind != UDF_EXTENT_HOLE)
			err = add_owner(owners, extent->part_ref, extent->lbn,
					udf_ceil_div(extent->n_bytes, ck->bs), index, NULL);
	}
	for (size_t i = 0; !err && i < data.map.n_aeds; i++)
		err = add_owner(owners, data.map.aeds[i].part_ref, data.map.aeds[i].lbn, 1, index, NULL);
	owners->n_aeds += data.map.n_aeds;
	chk_data_done(&data);
	return err;
}

static int by_place(const void *a, const void *b)
{
	const struct owner *p = a, *q = b;

	if (p->space != q->space)
		return p->space < q->space ? -1 : 1;
	if (p->first != q->first)
		return p->first < q->first ? -1 : 1;
	/* The volume's own blocks first, then the objects in the order in which they were found. */
	if (p->object != q->object)
		return p->object + 1 < q->object + 1 ? -1 : 1;
	return p->n < q->n ? -1 : p->n > q->n;
}

static const char *owner_name(struct chk *ck, const struct owner *owner, char *buf, size_t cap)
{
	const char *path = owner->what ? owner->what : chk_path(ck, owner->object, NULL);
	size_t n;

	if (!path)
		return NULL;
	n = strlen(path);
	if (n >= cap)
		n = cap - 1;
	memcpy(buf, path, n);
	buf[n] = '\0';
	return buf;
}

static uint64_t owner_lbn(struct chk *ck, const struct owner *owner)
{
	return owner->object == CHK_NONE ? owner->first : chk_object_at(&ck->objects, owner->object)->lbn;
}

/* Where nothing is ever written, two files may share blocks.  genisoimage stores hard links like that. */
static enum udf_problem cross_linked_in(const struct chk *ck, uint16_t part_ref)
{
	return ck->vol->parts[part_ref].access_type == UDF_ACCESS_READ_ONLY ? UDF_P_CROSS_LINKED_READ_ONLY :
									      UDF_P_CROSS_LINKED;
}

/* Compare each owner of a block with the first one that has it too. */
static void report_owners(struct chk *ck, const struct owner *rows, size_t n)
{
	char other_name[CHK_PATH_BYTES];
	size_t first = 0;		/* of the rows that may reach as far as this one */

	for (size_t i = 0; i < n; i++) {
		const struct owner *row = &rows[i], *other;

		while (first < i && (rows[first].space != row->space ||
				     rows[first].first + rows[first].n <= row->first))
			first++;
		for (other = &rows[first]; other < row; other++)
			if (other->first + other->n > row->first)
				break;
		if (other == row)
			continue;
		ck->about = row->object;
		chk_report(ck, cross_linked_in(ck, ck->spaces[row->space].part_ref),
			   chk_place(ck->spaces[row->space].part_ref, (uint32_t)row->first,
				     owner_name(ck, other, other_name, sizeof(other_name))),
			   owner_lbn(ck, row), owner_lbn(ck, other));
	}
	ck->about = CHK_NONE;
}

static enum udf_err collect_owners(struct owners *owners)
{
	struct chk *ck = owners->ck;
	uint8_t *buf = malloc(ck->bs);
	enum udf_err err;

	if (!buf)
		return UDF_E_NOMEM;
	err = each_structure(ck, true, own_extent, owners);
	if (!err)
		err = each_own_extent(ck, true, own_extent, owners);
	/*
	 * Many files may share one long chain.  A volume without damage has no more blocks in chains than blocks at
	 * all.
	 */
	for (uint32_t i = 0; !err && i < ck->objects.n && owners->rows.n < MAX_OWNERS &&
			     owners->n_aeds <= ck->vol->n_sectors; i++) {
		const struct chk_object *o = chk_object_at(&ck->objects, i);
		struct chk_icb icb;

		if (i % 1024 == 0 && chk_is_cancelled(ck))
			err = UDF_E_CANCELLED;
		else if (o->flags & CHK_OBJECT_BAD || !chk_icb_load(ck, i, buf, &icb))
			err = add_owner(owners, o->part_ref, o->lbn, 1, i, NULL);
		else
			err = own_object(owners, i, &icb);
	}
	free(buf);
	return err;
}

enum udf_err chk_report_owners(struct chk *ck)
{
	struct owners owners = { .ck = ck };
	uint64_t n_twice = 0, n_unlisted = 0;
	enum udf_err err;

	for (unsigned i = 0; i < ck->n_spaces; i++) {
		n_twice += ck->spaces[i].twice.n_ranges;
		n_unlisted += ck->spaces[i].n_twice_unlisted;
	}
	if (!n_twice)
		return UDF_OK;
	err = collect_owners(&owners);
	if (!err && owners.rows.n) {
		qsort(owners.rows.rows, owners.rows.n, sizeof(struct owner), by_place);
		report_owners(ck, owners.rows.rows, owners.rows.n);
	}
	if (!err && n_unlisted)
		chk_report(ck, cross_linked_in(ck, ck->spaces[0].part_ref),
			   chk_place(ck->spaces[0].part_ref, 0, "and further blocks"), n_unlisted, 0);
	free(owners.rows.rows);
	return err;
}
