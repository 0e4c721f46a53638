// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sparable partitions (UDF 2.2.9): which packets have moved, and who leads to their new places.
 *
 * The tables are not trusted where that could destroy something.  If a spare packet is outside the volume, or a
 * structure of the volume or another entry needs it too, the volume becomes read-only.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "vol/internal.h"

/* ---- what the entries say ---- */

static bool is_used(const struct udf_spare *spare)
{
	return spare->original_lbn < UDF_SPARING_DEFECTIVE;
}

static enum bio_spare_state state_of(const struct udf_spare *spare)
{
	if (is_used(spare))
		return BIO_SPARE_USED;
	return spare->original_lbn == UDF_SPARING_AVAILABLE ? BIO_SPARE_FREE : BIO_SPARE_BAD;
}

struct udf_spare_counts udf_vol_count_spares(const struct udf_sparing *sparing)
{
	struct udf_spare_counts counts = { 0, 0, 0 };
	size_t i;

	for (i = 0; i < sparing->n_spares; i++) {
		enum bio_spare_state state = state_of(&sparing->spares[i]);

		counts.n_used += state == BIO_SPARE_USED;
		counts.n_free += state == BIO_SPARE_FREE;
		counts.n_bad += state == BIO_SPARE_BAD;
	}
	return counts;
}

static int by_mapped(const void *a, const void *b)
{
	const struct udf_spare *p = a, *q = b;

	if (p->mapped_lsn != q->mapped_lsn)
		return p->mapped_lsn < q->mapped_lsn ? -1 : 1;
	return p->original_lbn < q->original_lbn ? -1 : p->original_lbn > q->original_lbn;
}

/* ---- which of them can be used ---- */

struct judgement {
	struct udf_vol *vol;
	struct udf_sparing *sparing;
	const struct udf_part *part;
	struct udf_sink *sink;
	bool *is_good;			/* one for each of sparing->spares */
};

static bool overlap(uint64_t a, uint64_t n_a, uint64_t b, uint64_t n_b)
{
	return a < b + n_b && b < a + n_a;
}

/* Does a structure, other than the partition and spare packets, need a sector of the packet? */
static bool is_needed_by_structure(const struct udf_vol *vol, uint64_t lsn, uint32_t n_blocks)
{
	const struct udf_extent_ad *extents[] = { &vol->anchor.main_vds, &vol->anchor.reserve_vds,
						  &vol->lvd.integrity };
	unsigned i;

	if (lsn * vol->block_bytes < SYSTEM_AREA_BYTES)
		return true;
	for (i = 0; i < 3; i++)
		if (overlap(lsn, n_blocks, extents[i]->lsn, udf_ceil_div(extents[i]->n_bytes, vol->block_bytes)))
			return true;
	for (i = 0; i < vol->n_structures; i++) {
		const struct udf_vol_extent *s = &vol->structures[i];

		if (s->what != UDF_STRUCTURE_PARTITION && s->what != UDF_STRUCTURE_SPARE_PACKETS &&
		    overlap(lsn, n_blocks, s->lsn, s->n_blocks))
			return true;
	}
	return false;
}

static void refuse(struct judgement *j, size_t at, uint64_t found)
{
	const struct udf_spare *spare = &j->sparing->spares[at];

	j->is_good[at] = false;
	udf_report(j->sink, UDF_P_SPARING_PACKET, vol_place(spare->mapped_lsn, "MappedLocation"), found,
		   spare->original_lbn);
}

/* Check every entry by itself, and against the one before it: they are sorted by their spare packets. */
static void judge_packets(struct judgement *j)
{
	const struct udf_sparing *sparing = j->sparing;
	uint32_t packet = sparing->packet_blocks;
	uint64_t end_lsn = 0;		/* of the packets so far */
	size_t i;

	for (i = 0; i < sparing->n_spares; i++) {
		const struct udf_spare *spare = &sparing->spares[i];
		uint64_t lsn = spare->mapped_lsn;

		j->is_good[i] = true;
		if (lsn + packet > j->vol->n_sectors || is_needed_by_structure(j->vol, lsn, packet))
			refuse(j, i, lsn);
		else if (lsn < end_lsn)
			refuse(j, i, end_lsn);
		else if (is_used(spare) && (spare->original_lbn % packet || spare->original_lbn >= j->part->n_blocks))
			j->is_good[i] = false;	/* reported as SPARING_ENTRY */
		end_lsn = udf_max64(end_lsn, lsn + packet);
	}
}

/* Collect the good entries that are in use.  If two name the same packet, neither can be trusted. */
static enum udf_err collect_moved(struct judgement *j)
{
	struct udf_sparing *sparing = j->sparing;
	struct udf_spare *moved = malloc((sparing->n_spares + 1) * sizeof(*moved));
	size_t i, n = 0, n_kept = 0;

	if (!moved)
		return UDF_E_NOMEM;
	for (i = 0; i < sparing->n_spares; i++)
		if (j->is_good[i] && is_used(&sparing->spares[i]))
			moved[n++] = sparing->spares[i];
	vol_sort_spares(moved, n);
	for (i = 0; i < n; i++) {
		bool is_twice = (i > 0 && moved[i - 1].original_lbn == moved[i].original_lbn) ||
				(i + 1 < n && moved[i + 1].original_lbn == moved[i].original_lbn);

		if (is_twice)
			sparing->why_read_only = "its sparing table is damaged";
		else
			sparing->moved[n_kept++] = moved[i];
	}
	sparing->n_moved = n_kept;
	free(moved);
	return UDF_OK;
}

/* Tables and spare packets are structures, so that nobody takes their sectors as free. */
static void note_structures(struct judgement *j)
{
	struct udf_vol *vol = j->vol;
	struct udf_sparing *sparing = j->sparing;
	uint64_t lsn = 0, n_blocks = 0;
	size_t i;

	for (i = 0; i < sparing->n_spares; i++) {
		if (n_blocks && sparing->spares[i].mapped_lsn == lsn + n_blocks) {
			n_blocks += sparing->packet_blocks;
			continue;
		}
		vol_add_structure(vol, UDF_STRUCTURE_SPARE_PACKETS, lsn, n_blocks, n_blocks);
		lsn = sparing->spares[i].mapped_lsn;
		n_blocks = sparing->packet_blocks;
	}
	vol_add_structure(vol, UDF_STRUCTURE_SPARE_PACKETS, lsn, n_blocks, n_blocks);
	/* The list must keep room for what follows (the integrity sequence). */
	if (vol->n_structures + UDF_MAX_MAPS > UDF_MAX_STRUCTURES && !sparing->why_read_only)
		sparing->why_read_only = "its spare packets are scattered too widely for this version";
}

static enum udf_err judge(struct judgement *j)
{
	struct udf_sparing *sparing = j->sparing;
	enum udf_err err;
	size_t i;

	j->is_good = calloc(sparing->n_spares + 1, sizeof(*j->is_good));
	sparing->moved = calloc(sparing->n_spares + 1, sizeof(*sparing->moved));
	if (!j->is_good || !sparing->moved)
		return UDF_E_NOMEM;
	qsort(sparing->spares, sparing->n_spares, sizeof(*sparing->spares), by_mapped);
	judge_packets(j);
	for (i = 0; i < sparing->n_spares && !sparing->why_read_only; i++)
		if (!j->is_good[i])
			sparing->why_read_only = "its sparing table is damaged";
	err = collect_moved(j);
	note_structures(j);
	return err;
}

/* ---- who leads to the new places ---- */

/* A packet has moved, or a spare one is bad: called by the bio, which lets no two calls run at once. */
static enum udf_err store(void *ctx, struct bio *direct, const struct bio_spare *spares, size_t n_spares)
{
	struct udf_vol *vol = ctx;
	struct udf_sparing *sparing = vol->sparing;
	uint64_t ratio = vol->bio_per_block;
	uint64_t start_lsn = 0;
	unsigned ref;
	size_t i;

	for (ref = 0; ref < vol->n_parts; ref++)
		if (vol->parts[ref].kind == UDF_MAP_SPARABLE)
			start_lsn = vol->parts[ref].start_lsn;
	for (i = 0; i < n_spares; i++) {
		struct udf_spare key = { 0, (uint32_t)(spares[i].mapped / ratio) };
		size_t low = 0, high = sparing->n_spares;

		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (sparing->spares[middle].mapped_lsn < key.mapped_lsn)
				low = middle + 1;
			else
				high = middle;
		}
		if (low == sparing->n_spares || sparing->spares[low].mapped_lsn != key.mapped_lsn)
			return UDF_E_INVAL;
		if (spares[i].state == BIO_SPARE_USED)
			sparing->spares[low].original_lbn = (uint32_t)(spares[i].original / ratio - start_lsn);
		else if (spares[i].state == BIO_SPARE_FREE)
			sparing->spares[low].original_lbn = UDF_SPARING_AVAILABLE;
		else if (state_of(&sparing->spares[low]) != BIO_SPARE_BAD)
			sparing->spares[low].original_lbn = UDF_SPARING_DEFECTIVE;
	}
	return vol_write_sparing_tables(vol, sparing, direct);
}

void vol_mend_sparing(struct udf_vol *vol)
{
	struct udf_sparing *sparing = vol->sparing;

	if (!sparing || !sparing->is_stale || sparing->why_read_only)
		return;
	sparing->is_stale = false;
	(void)vol_write_sparing_tables(vol, sparing, vol->bio);
}

static enum udf_err hand_down(struct udf_vol *vol, const struct judgement *j)
{
	struct udf_sparing *sparing = j->sparing;
	uint64_t ratio = vol->bio_per_block, start_lsn = j->part->start_lsn;
	struct bio_spare *spares = calloc(sparing->n_spares + 1, sizeof(*spares));
	struct bio_remap remap = { .first = start_lsn * ratio, .n_blocks = j->part->n_blocks * ratio,
				   .packet_blocks = (uint32_t)(sparing->packet_blocks * ratio), .spares = spares,
				   .ctx = vol };
	enum udf_err err;
	size_t i, n_moved = 0;

	if (!spares)
		return UDF_E_NOMEM;
	for (i = 0; i < sparing->n_spares; i++) {
		const struct udf_spare *spare = &sparing->spares[i];

		if (!j->is_good[i] || is_used(spare))
			continue;
		spares[remap.n_spares++] = (struct bio_spare){ .mapped = spare->mapped_lsn * ratio,
							       .state = state_of(spare) };
	}
	for (n_moved = 0; n_moved < sparing->n_moved; n_moved++)
		spares[remap.n_spares++] = (struct bio_spare){
			.original = (start_lsn + sparing->moved[n_moved].original_lbn) * ratio,
			.mapped = sparing->moved[n_moved].mapped_lsn * ratio, .state = BIO_SPARE_USED };
	if (!sparing->why_read_only && vol->bio->geometry.access == BIO_OVERWRITE)
		remap.store = store;
	err = bio_set_remap(vol->bio, &remap);
	sparing->is_mapped_here = err != UDF_OK;
	free(spares);
	return err == UDF_E_NOMEM ? err : UDF_OK;
}

/* ---- opening and closing ---- */

static enum udf_err find_part(const struct udf_vol *vol, unsigned *ret_ref)
{
	unsigned ref, n = 0;

	for (ref = 0; ref < vol->n_parts; ref++) {
		if (vol->parts[ref].kind != UDF_MAP_SPARABLE)
			continue;
		*ret_ref = ref;
		n++;
	}
	if (n == 0)
		return UDF_END;
	if (n == 1)
		return UDF_OK;
	udf_log(vol->env, UDF_LOG_ERROR, "two partition maps are sparable; this version reads one");
	return UDF_E_UNSUPPORTED;
}

static enum udf_err read_tables(struct udf_vol *vol, const struct udf_part *part, struct udf_sink *sink)
{
	struct udf_sparing *sparing = vol->sparing;
	struct judgement j = { .vol = vol, .sparing = sparing, .part = part, .sink = sink };
	unsigned i, n_verified = 0;
	enum udf_err err;

	err = vol_read_sparing_tables(vol, part, sparing, sink, &n_verified);
	if (err)
		return err;
	for (i = 0; i < sparing->n_tables; i++)
		vol_add_structure(vol, UDF_STRUCTURE_SPARING_TABLE, sparing->table_lsn[i],
				  udf_ceil_div(udf_min64(sparing->table_bytes, VOL_MAX_SPARING_BYTES),
					       vol->block_bytes), sparing->table_verifies[i]);
	if (n_verified == 0) {
		udf_report(sink, UDF_P_SPARING_LOST, vol_place(sparing->table_lsn[0], "sparing table"), 0,
			   sparing->n_tables);
		udf_log(vol->env, UDF_LOG_WARNING, "no copy of the sparing table can be read: where packets have "
			"moved, old data or none are read");
		sparing->why_read_only = "no copy of its sparing table can be read";
		return UDF_OK;
	}
	err = judge(&j);
	if (!err)
		err = hand_down(vol, &j);
	free(j.is_good);
	return err;
}

enum udf_err vol_read_sparing(struct udf_vol *vol, struct udf_sink *sink)
{
	struct udf_sparable_map map;
	unsigned ref = 0;
	enum udf_err err = find_part(vol, &ref);

	if (err)
		return err == UDF_END ? UDF_OK : err;
	udf_sparable_map_decode(vol->maps[ref].specific, &map);
	if (udf_partition_map_validate(&vol->maps[ref], vol->revision, vol_place(vol->lvd.tag.location, NULL), NULL)) {
		udf_log(vol->env, UDF_LOG_ERROR, "the sparable partition map is damaged");
		return UDF_E_CORRUPT;
	}
	vol->sparing = calloc(1, sizeof(*vol->sparing));
	if (!vol->sparing)
		return UDF_E_NOMEM;
	vol->sparing->packet_blocks = map.packet_blocks;
	vol->sparing->table_bytes = map.table_bytes;
	vol->sparing->n_tables = map.n_tables;
	memcpy(vol->sparing->table_lsn, map.table_lsn, sizeof(map.table_lsn));
	return read_tables(vol, &vol->parts[ref], sink);
}

void vol_sparing_done(struct udf_vol *vol)
{
	if (!vol->sparing)
		return;
	(void)bio_set_remap(vol->bio, NULL);
	free(vol->sparing->spares);
	free(vol->sparing->moved);
	free(vol->sparing);
	vol->sparing = NULL;
}
