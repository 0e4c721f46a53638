// SPDX-License-Identifier: GPL-2.0-or-later
/* The copies of the sparing table (UDF 2.2.12): reading them, and writing them one after the other. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "vol/internal.h"

struct copy {
	uint8_t *bytes;			/* NULL: does not verify */
	struct udf_sparing_table head;
};

static size_t table_bytes_of(size_t n_entries)
{
	return UDF_SPARING_FIXED_BYTES + n_entries * UDF_SPARING_ENTRY_BYTES;
}

/* ---- reading ---- */

/* Read the blocks of the table at LSN that its own length asks for, within what the map allows. */
static enum udf_err read_blocks(struct udf_vol *vol, const struct udf_sparing *sparing, uint32_t lsn,
				uint8_t *bytes, size_t *ret_n_bytes)
{
	size_t limit = (size_t)udf_min64(sparing->table_bytes, VOL_MAX_SPARING_BYTES), n_bytes;
	uint32_t n_blocks;
	enum udf_err err = udf_vol_read_lsn(vol, lsn, 1, bytes);

	if (err)
		return err;
	n_bytes = (size_t)udf_min64(table_bytes_of(get_le16(bytes + UDF_SPARING_COUNT_AT)), limit);
	n_blocks = (uint32_t)udf_ceil_div(n_bytes, vol->block_bytes);
	if (n_blocks > 1)
		err = udf_vol_read_lsn(vol, (uint64_t)lsn + 1, n_blocks - 1, bytes + vol->block_bytes);
	*ret_n_bytes = (size_t)udf_min64((uint64_t)n_blocks * vol->block_bytes, limit);
	return err;
}

/* One copy; RET->bytes stays NULL if it does not verify.  Fails only with UDF_E_NOMEM. */
static enum udf_err read_copy(struct udf_vol *vol, const struct udf_part *part, const struct udf_sparing *sparing,
			      uint32_t lsn, struct udf_sink *sink, struct copy *ret)
{
	struct udf_place place = vol_place(lsn, "sparing table");
	uint8_t *bytes = malloc(VOL_MAX_SPARING_BYTES + vol->block_bytes);
	size_t n_bytes = 0, n_used;
	enum udf_err err;

	if (!bytes)
		return UDF_E_NOMEM;
	err = read_blocks(vol, sparing, lsn, bytes, &n_bytes);
	if (err)
		udf_report(sink, UDF_P_BLOCK_UNREADABLE, place, 0, 0);
	else
		err = udf_sparing_table_verify(bytes, n_bytes, (uint16_t)sparing->packet_blocks, part->n_blocks, place,
					       sink, &ret->head);
	if (err) {
		free(bytes);
		return err == UDF_E_NOMEM ? err : UDF_OK;
	}
	n_used = table_bytes_of(ret->head.n_entries);
	vol_check_descriptor(vol, bytes, (uint32_t)n_used,
			     (uint32_t)(udf_ceil_div(n_used, vol->block_bytes) * vol->block_bytes), place, sink);
	ret->bytes = bytes;
	return UDF_OK;
}

static enum udf_err take_copy(const struct copy *copy, struct udf_sparing *sparing)
{
	size_t i;

	sparing->sequence_number = copy->head.sequence_number;
	sparing->spares = calloc(copy->head.n_entries ? copy->head.n_entries : 1, sizeof(*sparing->spares));
	if (!sparing->spares)
		return UDF_E_NOMEM;
	sparing->n_spares = copy->head.n_entries;
	for (i = 0; i < sparing->n_spares; i++) {
		const uint8_t *entry = copy->bytes + table_bytes_of(i);

		sparing->spares[i] = (struct udf_spare){ get_le32(entry), get_le32(entry + 4) };
	}
	return UDF_OK;
}

static bool is_same(const struct copy *a, const struct copy *b)
{
	return a->head.sequence_number == b->head.sequence_number && a->head.n_entries == b->head.n_entries &&
	       memcmp(a->bytes + UDF_SPARING_FIXED_BYTES, b->bytes + UDF_SPARING_FIXED_BYTES,
		      table_bytes_of(a->head.n_entries) - UDF_SPARING_FIXED_BYTES) == 0;
}

enum udf_err vol_read_sparing_tables(struct udf_vol *vol, const struct udf_part *part, struct udf_sparing *sparing,
				     struct udf_sink *sink, unsigned *ret_n_verified)
{
	struct copy copies[UDF_MAX_SPARING_TABLES] = { { .bytes = NULL } };
	const struct copy *newest = NULL;
	enum udf_err err = UDF_OK;
	unsigned i, n = 0;

	for (i = 0; i < sparing->n_tables && !err; i++) {
		err = read_copy(vol, part, sparing, sparing->table_lsn[i], sink, &copies[i]);
		sparing->table_verifies[i] = copies[i].bytes != NULL;
		if (!copies[i].bytes)
			continue;
		n++;
		if (!newest || copies[i].head.sequence_number > newest->head.sequence_number)
			newest = &copies[i];
	}
	sparing->is_stale = n < sparing->n_tables;
	for (i = 0; i < sparing->n_tables && !err && newest; i++) {
		if (!copies[i].bytes || is_same(&copies[i], newest))
			continue;
		sparing->is_stale = true;
		udf_report(sink, UDF_P_SPARING_COPIES_DIFFER, vol_place(sparing->table_lsn[i], "sparing table"),
			   copies[i].head.sequence_number, newest->head.sequence_number);
	}
	if (!err && newest)
		err = take_copy(newest, sparing);
	for (i = 0; i < UDF_MAX_SPARING_TABLES; i++)
		free(copies[i].bytes);
	if (!err)
		*ret_n_verified = n;
	return err;
}

/* ---- writing ---- */

static int by_original(const void *a, const void *b)
{
	const struct udf_spare *p = a, *q = b;

	if (p->original_lbn != q->original_lbn)
		return p->original_lbn < q->original_lbn ? -1 : 1;
	return p->mapped_lsn < q->mapped_lsn ? -1 : p->mapped_lsn > q->mapped_lsn;
}

void vol_sort_spares(struct udf_spare *spares, size_t n)
{
	qsort(spares, n, sizeof(*spares), by_original);
}

/* The whole table, but for its tag.  BYTES has room for it. */
static void encode(const struct udf_vol *vol, const struct udf_sparing *sparing, const struct udf_spare *sorted,
		   uint8_t *bytes)
{
	struct udf_sparing_table head = { .n_entries = (uint16_t)sparing->n_spares,
					  .sequence_number = sparing->sequence_number + 1 };
	size_t i;

	udf_regid_set_udf(&head.id, UDF_ID_SPARING_TABLE, vol->revision);
	udf_sparing_table_encode(&head, bytes);
	for (i = 0; i < sparing->n_spares; i++) {
		struct udf_sparing_entry entry = { sorted[i].original_lbn, sorted[i].mapped_lsn };

		udf_sparing_entry_encode(&entry, bytes + table_bytes_of(i));
	}
}

/* Does anything but the table at LSN need a sector of [FIRST, FIRST + N_BLOCKS)? */
static bool is_shared(const struct udf_vol *vol, uint64_t first, uint64_t n_blocks, uint32_t lsn)
{
	unsigned i;

	for (i = 0; i < vol->n_structures; i++) {
		const struct udf_vol_extent *s = &vol->structures[i];

		if (s->lsn < first + n_blocks && first < s->lsn + s->n_blocks &&
		    !(s->what == UDF_STRUCTURE_SPARING_TABLE && s->lsn == lsn))
			return true;
	}
	return first * vol->block_bytes < SYSTEM_AREA_BYTES || vol->n_structures == UDF_MAX_STRUCTURES;
}

/*
 * Write the table to LSN in whole write units of the medium.  What else they hold is kept; if it can't be read, it
 * must be nothing.
 */
static enum udf_err write_copy(struct udf_vol *vol, struct bio *direct, uint32_t lsn, const uint8_t *table,
			       uint32_t n_table_blocks)
{
	const struct bio_geometry *geometry = &direct->geometry;
	uint64_t at = (uint64_t)lsn * vol->bio_per_block, end = at + (uint64_t)n_table_blocks * vol->bio_per_block;
	uint64_t unit = udf_max64(geometry->write_unit_blocks, 1), first = at / unit * unit;
	uint64_t n = udf_min64(udf_ceil_div(end, unit) * unit, geometry->n_blocks) - first;
	uint64_t first_lsn = first / vol->bio_per_block;
	uint8_t *unit_bytes;
	enum udf_err err = UDF_OK;

	if (end > geometry->n_blocks)
		return UDF_E_RANGE;
	unit_bytes = calloc((size_t)n, geometry->block_bytes);
	if (!unit_bytes)
		return UDF_E_NOMEM;
	if (first != at || first + n != end) {
		err = bio_read(direct, first, (uint32_t)n, unit_bytes);
		if (err == UDF_E_MEDIUM &&
		    !is_shared(vol, first_lsn, udf_ceil_div(first + n, vol->bio_per_block) - first_lsn, lsn)) {
			memset(unit_bytes, 0, (size_t)n * geometry->block_bytes);
			err = UDF_OK;
		}
	}
	if (!err) {
		memcpy(unit_bytes + (size_t)(at - first) * geometry->block_bytes, table,
		       (size_t)n_table_blocks * vol->block_bytes);
		err = bio_write(direct, first, (uint32_t)n, unit_bytes);
	}
	if (!err)
		err = bio_flush(direct);
	free(unit_bytes);
	return err;
}

enum udf_err vol_write_sparing_tables(struct udf_vol *vol, struct udf_sparing *sparing, struct bio *direct)
{
	size_t n_bytes = table_bytes_of(sparing->n_spares);
	uint32_t n_blocks = (uint32_t)udf_ceil_div(n_bytes, vol->block_bytes);
	struct udf_spare *sorted = malloc((sparing->n_spares + 1) * sizeof(*sorted));
	uint8_t *table = calloc(n_blocks, vol->block_bytes);
	enum udf_err first_err = UDF_OK;
	unsigned i, n_written = 0;

	if (!sorted || !table) {
		free(sorted);
		free(table);
		return UDF_E_NOMEM;
	}
	assert(n_bytes <= sparing->table_bytes);	/* as many entries as were read */
	memcpy(sorted, sparing->spares, sparing->n_spares * sizeof(*sorted));
	vol_sort_spares(sorted, sparing->n_spares);
	encode(vol, sparing, sorted, table);
	for (i = 0; i < sparing->n_tables; i++) {
		enum udf_err err;

		udf_tag_seal(table, UDF_TAG_SPARING, vol->tag_version, vol->tag_serial, sparing->table_lsn[i],
			     (size_t)udf_min64(n_bytes - UDF_TAG_BYTES, UINT16_MAX));
		err = write_copy(vol, direct, sparing->table_lsn[i], table, n_blocks);
		sparing->table_verifies[i] = !err;
		n_written += !err;
		first_err = first_err ? first_err : err;
	}
	free(sorted);
	free(table);
	if (n_written == 0)
		return first_err;
	sparing->sequence_number++;
	return UDF_OK;
}
