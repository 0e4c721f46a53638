// SPDX-License-Identifier: GPL-2.0-or-later
/* The Logical Volume Integrity Descriptor: reading its sequence, writing it in place (ECMA-167 3/10.10). */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vol/internal.h"

#define TIME_OF_OURS_BYTES 6u

struct walk {
	struct udf_vol *vol;
	struct udf_sink *sink;
	uint8_t *block;
	uint32_t n_sectors_left;
	struct udf_extent_ad next;	/* n_bytes 0: the chain ends */
};

/* Bytes of the whole LVID at P.  If its lengths make no sense, the result is larger than any block. */
static uint64_t lvid_bytes(const struct udf_lvid *lvid)
{
	return UDF_LVID_FIXED_BYTES + (uint64_t)lvid->n_partitions * 8 + lvid->impl_use_bytes;
}

/* ---- the place of the packet journal: private bytes after the known implementation use ---- */

#define JOURNAL_ID "UDFkitPJ"		/* 8 bytes; then first sector, blocks, id, 8 zeros */
#define JOURNAL_BYTES 32u

static uint8_t *private_bytes(const struct udf_vol *vol, uint8_t *block)
{
	return block + UDF_LVID_FIXED_BYTES + (size_t)vol->lvid.n_partitions * 8 + UDF_LVID_IMPL_BYTES;
}

/* Is the entry in the block?  The lengths have been checked. */
static bool has_journal_entry(const struct udf_vol *vol)
{
	return vol->lvid.impl_use_bytes == UDF_LVID_IMPL_BYTES + JOURNAL_BYTES &&
	       memcmp(private_bytes(vol, vol->lvid_block), JOURNAL_ID, 8) == 0;
}

bool vol_lvid_has_room(const struct udf_vol *vol)
{
	return has_journal_entry(vol) ||
	       (vol->lvid.impl_use_bytes == UDF_LVID_IMPL_BYTES &&
		lvid_bytes(&vol->lvid) + JOURNAL_BYTES <= vol->block_bytes);
}

static void take_journal(struct udf_vol *vol)
{
	const uint8_t *p = private_bytes(vol, vol->lvid_block);

	vol->journal = (struct udf_vol_journal){ 0 };
	if (has_journal_entry(vol))
		vol->journal = (struct udf_vol_journal){ get_le32(p + 8), get_le32(p + 12), get_le64(p + 16) };
}

/* A closed volume has no journal, but keeps the id, so that the next one has another. */
static void put_journal(struct udf_vol *vol, uint32_t type)
{
	uint8_t *p = private_bytes(vol, vol->lvid_block);

	if (!has_journal_entry(vol) && (vol->journal.n_blocks == 0 || !vol_lvid_has_room(vol)))
		return;
	if (type != UDF_LVID_OPEN)
		vol->journal.lsn = vol->journal.n_blocks = 0;
	memset(p, 0, JOURNAL_BYTES);
	vol->lvid.impl_use_bytes = UDF_LVID_IMPL_BYTES + JOURNAL_BYTES;
	memcpy(p, JOURNAL_ID, 8);
	put_le32(p + 8, vol->journal.lsn);
	put_le32(p + 12, vol->journal.n_blocks);
	put_le64(p + 16, vol->journal.id);
}

/* Make the LVID in w->block the prevailing one. */
static void take(struct walk *w, const struct udf_lvid *lvid, uint32_t lsn)
{
	struct udf_vol *vol = w->vol;
	const uint8_t *tables = w->block + UDF_LVID_FIXED_BYTES;
	const uint8_t *impl_use = tables + (size_t)lvid->n_partitions * 8;
	unsigned i;

	memcpy(vol->lvid_block, w->block, vol->block_bytes);
	vol->lvid_lsn = lsn;
	vol->lvid = *lvid;
	memset(&vol->lvid_impl, 0, sizeof(vol->lvid_impl));
	memset(vol->free_blocks, 0, sizeof(vol->free_blocks));
	memset(vol->size_blocks, 0, sizeof(vol->size_blocks));
	for (i = 0; i < lvid->n_partitions && i < UDF_MAX_MAPS; i++) {
		vol->free_blocks[i] = get_le32(tables + (size_t)i * 4);
		vol->size_blocks[i] = get_le32(tables + ((size_t)lvid->n_partitions + i) * 4);
	}
	if (lvid->impl_use_bytes >= UDF_LVID_IMPL_BYTES)
		udf_lvid_impl_decode(impl_use, &vol->lvid_impl);
	take_journal(vol);
}

/* Read one block of the sequence.  Returns UDF_END at its end. */
static enum udf_err take_block(struct walk *w, uint32_t lsn)
{
	struct udf_vol *vol = w->vol;
	struct udf_place place = vol_place(lsn, "LVID");
	struct udf_lvid lvid;
	struct udf_tag tag;

	if (bytes_are_zero(w->block, vol->block_bytes)) {
		udf_report(w->sink, UDF_P_LVID_UNTERMINATED, place, 0, 0);
		return UDF_END;
	}
	if (get_le16(w->block) == UDF_TAG_TD)
		place.field = "TD";
	if (udf_tag_verify(w->block, vol->block_bytes, UDF_TAG_ANY, place, w->sink, &tag))
		return UDF_OK;	/* it may be torn, and a later one may be good */
	if (tag.id == UDF_TAG_TD) {
		vol_check_descriptor(vol, w->block, UDF_DESCRIPTOR_BYTES, vol->block_bytes, place, w->sink);
		return UDF_END;
	}
	if (tag.id != UDF_TAG_LVID) {
		udf_report(w->sink, UDF_P_LVID_UNEXPECTED, place, tag.id, UDF_TAG_LVID);
		return UDF_OK;
	}
	udf_lvid_decode(w->block, &lvid);
	if (lvid_bytes(&lvid) > vol->block_bytes) {
		udf_report(w->sink, UDF_P_LVID_PARTITIONS, place, lvid.n_partitions, vol->n_parts);
		return UDF_OK;
	}
	vol_check_descriptor(vol, w->block, (uint32_t)lvid_bytes(&lvid), vol->block_bytes, place, w->sink);
	take(w, &lvid, lsn);
	if (lvid.next_extent.n_bytes == 0)
		return UDF_OK;
	w->next = lvid.next_extent;	/* it is the last one of its extent */
	return UDF_END;
}

static void walk_extent(struct walk *w, const struct udf_extent_ad *extent)
{
	struct udf_vol *vol = w->vol;
	uint32_t n_blocks = extent->n_bytes / vol->block_bytes;
	uint64_t first_lsn = extent->lsn;
	uint32_t at, n_used = 0;

	if (first_lsn + n_blocks > vol->n_sectors)
		udf_report(w->sink, UDF_P_INTEGRITY_OUTSIDE, vol_place(first_lsn, NULL), first_lsn + n_blocks,
			   vol->n_sectors);
	for (at = 0; at < n_blocks && first_lsn + at < vol->n_sectors && w->n_sectors_left > 0; at++) {
		enum udf_err err;

		w->n_sectors_left--;
		if (udf_vol_read_lsn(vol, first_lsn + at, 1, w->block)) {
			udf_report(w->sink, UDF_P_BLOCK_UNREADABLE, vol_place(first_lsn + at, "LVID"), 0, 0);
			continue;
		}
		err = take_block(w, (uint32_t)(first_lsn + at));
		if (vol->lvid_lsn == first_lsn + at)
			n_used = at + 1;
		if (err)
			break;
	}
	vol_add_structure(vol, UDF_STRUCTURE_LVID, first_lsn, n_blocks, n_used);
}

/* The first extent has rules of its own (INTEGRITY_SHORT). */
static bool leads_nowhere(const struct udf_vol *vol, const struct udf_extent_ad *next)
{
	return next->n_bytes < vol->block_bytes || (uint64_t)next->lsn * vol->block_bytes < SYSTEM_AREA_BYTES;
}

enum udf_err vol_read_lvid(struct udf_vol *vol, struct udf_sink *sink)
{
	struct walk w = { .vol = vol, .sink = sink, .n_sectors_left = VOL_MAX_LVID_SECTORS,
			  .next = vol->lvd.integrity };
	unsigned n;

	vol->lvid_block = calloc(1, vol->block_bytes);
	w.block = malloc(vol->block_bytes);
	if (!vol->lvid_block || !w.block) {
		free(w.block);
		return UDF_E_NOMEM;
	}
	for (n = 0; w.next.n_bytes > 0; n++) {
		struct udf_extent_ad now = w.next;

		if (n && leads_nowhere(vol, &now)) {
			udf_report(sink, UDF_P_LVID_CHAIN, vol_place(vol->lvid_lsn, "NextIntegrityExtent"), now.lsn,
				   0);
			break;
		}
		if (n == VOL_MAX_LVID_EXTENTS || w.n_sectors_left == 0) {
			udf_report(sink, UDF_P_LVID_CHAIN, vol_place(now.lsn, NULL), n, 0);
			break;
		}
		w.next.n_bytes = 0;
		walk_extent(&w, &now);
	}
	free(w.block);
	return UDF_OK;
}

/*
 * Another system may open a volume of ours and leave our identifier in place (Linux does), but it records its own
 * time.  So an open descriptor repeats its time in the identifier's suffix, which the implementation may use (UDF
 * 2.1.5.3).
 */
static void time_of_ours(const struct udf_lvid *lvid, uint8_t *ret_bytes)
{
	const struct udf_timestamp *t = &lvid->recording_time;
	const uint8_t bytes[TIME_OF_OURS_BYTES] = { t->hour, t->minute, t->second, t->centiseconds,
						    t->hundreds_of_microseconds, t->microseconds };

	memcpy(ret_bytes, bytes, sizeof(bytes));
}

void vol_lvid_set_ours(struct udf_vol *vol)
{
	udf_regid_set_impl(&vol->lvid_impl.impl);
	time_of_ours(&vol->lvid, vol->lvid_impl.impl.suffix + 2);
}

/* Does a structure other than the integrity sequence have the sector? */
static bool is_taken(const struct udf_vol *vol, uint64_t lsn)
{
	unsigned i;

	for (i = 0; i < vol->n_structures; i++) {
		const struct udf_vol_extent *s = &vol->structures[i];

		if (s->what != UDF_STRUCTURE_LVID && lsn >= s->lsn && lsn - s->lsn < s->n_blocks)
			return true;
	}
	return vol->n_structures == UDF_MAX_STRUCTURES;	/* perhaps one of those that were dropped */
}

/* The end of the sequence, where it is in the packet that was lost. */
static void put_terminator(const struct udf_vol *vol, uint64_t lsn, uint8_t *ret_block)
{
	const struct udf_extent_ad *extent = &vol->lvd.integrity;

	if (lsn != (uint64_t)vol->lvid_lsn + 1 || lsn - extent->lsn >= extent->n_bytes / vol->block_bytes)
		return;
	udf_tag_seal(ret_block, UDF_TAG_TD, vol->tag_version, vol->tag_serial, (uint32_t)lsn,
		     UDF_DESCRIPTOR_BYTES - UDF_TAG_BYTES);
}

/*
 * The descriptor could not be read, so perhaps nothing of its packet can, and a part of that can't be written.  What
 * can be read is written again; zeros stand for the rest, where it belongs to nothing.
 */
static enum udf_err write_whole_packet(struct udf_vol *vol)
{
	uint32_t unit = vol->bio->geometry.write_unit_blocks / vol->bio_per_block, i;
	uint64_t first = unit ? vol->lvid_lsn / unit * unit : 0;
	uint8_t *packet;
	enum udf_err err = UDF_OK;

	if (unit <= 1)
		return udf_vol_write_lsn(vol, vol->lvid_lsn, 1, vol->lvid_block);
	if (first + unit > vol->n_sectors)
		unit = (uint32_t)(vol->n_sectors - first);
	packet = calloc(unit, vol->block_bytes);
	if (!packet)
		return UDF_E_NOMEM;
	for (i = 0; i < unit && !err; i++) {
		uint8_t *block = packet + (size_t)i * vol->block_bytes;

		if (first + i == vol->lvid_lsn) {
			memcpy(block, vol->lvid_block, vol->block_bytes);
		} else if (udf_vol_read_lsn(vol, first + i, 1, block)) {
			memset(block, 0, vol->block_bytes);
			put_terminator(vol, first + i, block);
			if (is_taken(vol, first + i))
				err = UDF_E_MEDIUM;
		}
	}
	if (!err)
		err = udf_vol_write_lsn(vol, first, unit, packet);
	free(packet);
	return err;
}

enum udf_err vol_write_lvid(struct udf_vol *vol, uint32_t type)
{
	uint8_t *p = vol->lvid_block;
	uint8_t *tables = p + UDF_LVID_FIXED_BYTES;
	struct udf_lvid *lvid = &vol->lvid;
	struct udf_time now;
	enum udf_err err;
	unsigned i;

	/* The lengths stay as they were found, but for our journal: private bytes of others are kept. */
	if (vol->lvid_lsn == 0 || lvid->n_partitions != vol->n_parts ||
	    lvid->impl_use_bytes < UDF_LVID_IMPL_BYTES)
		return UDF_E_READ_ONLY;
	lvid->type = type;
	if (vol->env && vol->env->now) {
		vol->env->now(vol->env->ctx, &now);
		udf_timestamp_from_time(&now, &lvid->recording_time);
	}
	udf_regid_set_impl(&vol->lvid_impl.impl);
	if (type == UDF_LVID_OPEN)
		vol_lvid_set_ours(vol);
	if (vol->lvid_impl.max_write_revision < UDF_REVISION_WRITE)
		vol->lvid_impl.max_write_revision = UDF_REVISION_WRITE;
	put_journal(vol, type);
	udf_lvid_encode(lvid, p);
	for (i = 0; i < vol->n_parts; i++) {
		put_le32(tables + (size_t)i * 4, vol->free_blocks[i]);
		put_le32(tables + ((size_t)vol->n_parts + i) * 4, vol->size_blocks[i]);
	}
	udf_lvid_impl_encode(&vol->lvid_impl, tables + (size_t)vol->n_parts * 8);
	udf_tag_seal(p, UDF_TAG_LVID, vol->tag_version, vol->tag_serial, vol->lvid_lsn,
		     (size_t)lvid_bytes(lvid) - UDF_TAG_BYTES);
	udf_tag_decode(p, &lvid->tag);
	err = vol->lvid_is_new ? write_whole_packet(vol) : udf_vol_write_lsn(vol, vol->lvid_lsn, 1, p);
	if (!err)
		vol->lvid_is_new = false;
	return err;
}

bool vol_lvid_is_ours(const struct udf_vol *vol)
{
	const struct udf_regid *impl = &vol->lvid_impl.impl;
	uint8_t bytes[TIME_OF_OURS_BYTES];

	time_of_ours(&vol->lvid, bytes);
	return vol->lvid_lsn != 0 && udf_regid_is(impl, UDF_ID_DEVELOPER) &&
	       (vol->lvid.type != UDF_LVID_OPEN ||
		memcmp(impl->suffix + 2, bytes, sizeof(bytes)) == 0);
}
