/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing a plan: extents in bulk.  The descriptors themselves are made in desc.c. */
#include "emit/emit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "ecma/codec.h"
#include "emit/desc.h"

#define CHUNK_BYTES (1u << 20)		/* of a large extent written at once */
#define FEW_BYTES (256u << 10)		/* more than a recognition sequence has */

struct emitter {
	const struct udf_plan *plan;
	struct bio *bio;
	const struct udf_emit_options *options;
	uint32_t bio_per_block;
	uint32_t chunk_blocks;
	uint8_t *chunk;			/* chunk_blocks */
	uint64_t done_bytes, total_bytes;
};

/* ---- writing ---- */

static enum udf_err emitter_init(struct emitter *em, const struct udf_plan *plan, struct bio *bio,
				 const struct udf_emit_options *options, uint32_t chunk_bytes)
{
	uint64_t need;

	memset(em, 0, sizeof(*em));
	em->plan = plan;
	em->bio = bio;
	em->options = options;
	if (plan->block_bytes % bio->geometry.block_bytes)
		return UDF_E_INVAL;
	em->bio_per_block = plan->block_bytes / bio->geometry.block_bytes;
	if (udf_mul_overflows(plan->n_sectors, em->bio_per_block, &need) ||
	    need > bio->geometry.n_blocks)
		return UDF_E_INVAL;
	em->chunk_blocks = chunk_bytes / plan->block_bytes;
	em->chunk = calloc(1, chunk_bytes);	/* pages that nobody writes cost nothing */
	return em->chunk ? UDF_OK : UDF_E_NOMEM;
}

static enum udf_err write_blocks(struct emitter *em, uint64_t lsn, uint32_t n_blocks, const uint8_t *data)
{
	enum udf_err err = bio_write(em->bio, lsn * em->bio_per_block, n_blocks * em->bio_per_block, data);

	em->done_bytes += (uint64_t)n_blocks * em->plan->block_bytes;
	if (!err && em->options && em->options->progress)
		em->options->progress(em->options->progress_ctx, em->done_bytes, em->total_bytes);
	return err;
}

/* Write zeros to [LSN, LSN + N_BLOCKS).  The chunk must contain zeros. */
static enum udf_err write_zeros(struct emitter *em, uint64_t lsn, uint64_t n_blocks)
{
	enum udf_err err = UDF_OK;

	while (n_blocks > 0 && !err) {
		uint32_t n = (uint32_t)udf_min64(n_blocks, em->chunk_blocks);

		err = write_blocks(em, lsn, n, em->chunk);
		lsn += n;
		n_blocks -= n;
	}
	return err;
}

static bool skips_zeros(const struct emitter *em)
{
	return em->plan->write_once || (em->options && em->options->medium_is_zero);
}

/*
 * Write an extent whose first N_FILLED blocks are in the chunk; the remaining blocks are blank.  If it fits, this
 * takes one write.  Afterwards the chunk contains zeros.
 */
static enum udf_err write_extent(struct emitter *em, const struct udf_plan_extent *extent,
				 uint32_t n_filled)
{
	uint32_t n = skips_zeros(em) ? n_filled :
		     (uint32_t)udf_min64(extent->n_blocks, em->chunk_blocks);
	enum udf_err err;

	assert(n_filled <= extent->n_blocks && n_filled <= n);
	err = write_blocks(em, extent->lsn, n, em->chunk);
	memset(em->chunk, 0, (size_t)n_filled * em->plan->block_bytes);
	if (!err && !skips_zeros(em))
		err = write_zeros(em, (uint64_t)extent->lsn + n, extent->n_blocks - n);
	return err;
}

/* ---- the partition ---- */

/* The blocks in use are near the beginning, so the first chunk has all their bits. */
static void clear_used(const struct udf_plan *plan, uint8_t *bits, size_t n_bytes)
{
	for (unsigned i = 0; i < plan->n_runs; i++) {
		const struct udf_plan_run *run = &plan->runs[i];

		assert(((uint64_t)run->lbn + run->n_blocks) / 8 < n_bytes);
		udf_bits_fill(bits, run->lbn, run->n_blocks, false);
	}
}

/*
 * The space bitmap: ones, except the blocks in use at its start and the bits after its end.  One
 * buffer of ones serves for all of it except the first and the last write.
 */
static enum udf_err write_bitmap(struct emitter *em)
{
	const struct udf_plan *plan = em->plan;
	const struct udf_plan_extent *part = udf_plan_find(plan, UDF_ROLE_PARTITION, 0);
	uint64_t n_bytes = UDF_SBD_FIXED_BYTES + udf_ceil_div(part->n_blocks, 8);
	uint64_t at = 0, end = (uint64_t)plan->n_space_blocks * plan->block_bytes;
	size_t n_touched = (size_t)udf_min64(end, CHUNK_BYTES);
	uint64_t lsn = (uint64_t)part->lsn + plan->space_lbn;
	enum udf_err err = UDF_OK;

	while (at < end && !err) {
		uint64_t n = udf_min64(end - at, CHUNK_BYTES);

		if (at <= CHUNK_BYTES)		/* once, and again over what the first write needed */
			memset(em->chunk, 0xFF, n_touched);
		if (at == 0) {
			udf_emit_sbd(plan, em->chunk);
			clear_used(plan, em->chunk + UDF_SBD_FIXED_BYTES, CHUNK_BYTES - UDF_SBD_FIXED_BYTES);
		}
		if (at + n > n_bytes)
			memset(em->chunk + (n_bytes > at ? n_bytes - at : 0), 0,
			       (size_t)(n_bytes > at ? at + n - n_bytes : n));
		if (part->n_blocks % 8 && n_bytes > at && n_bytes <= at + n)
			em->chunk[n_bytes - at - 1] &= (uint8_t)(0xFF >> (8 - part->n_blocks % 8));
		err = write_blocks(em, lsn + at / plan->block_bytes,
				   (uint32_t)(n / plan->block_bytes), em->chunk);
		at += n;
	}
	memset(em->chunk, 0, n_touched);
	return err;
}

/* Write a run of a few blocks, on write-once media without the blank ones. */
static enum udf_err write_run(struct emitter *em, const struct udf_plan_run *run)
{
	const struct udf_plan *plan = em->plan;
	uint64_t lsn = (uint64_t)udf_plan_find(plan, UDF_ROLE_PARTITION, 0)->lsn + run->lbn;
	bool recorded[UDF_EMIT_MAX_FILE_BLOCKS] = { false };
	uint32_t n = run->n_blocks;
	enum udf_err err = UDF_OK;

	assert(n <= UDF_EMIT_MAX_FILE_BLOCKS && n <= em->chunk_blocks);
	udf_emit_files(plan, run, em->chunk, recorded);
	for (uint32_t i = 0, piece; i < n && !err; i += piece ? piece : 1) {
		for (piece = 0; i + piece < n && (recorded[i + piece] || !plan->write_once); piece++)
			;
		if (piece)
			err = write_blocks(em, lsn + i, piece, em->chunk + (size_t)i * plan->block_bytes);
	}
	memset(em->chunk, 0, (size_t)n * plan->block_bytes);
	return err;
}

/* Space table, file set and directories. */
static enum udf_err write_files(struct emitter *em)
{
	const struct udf_plan *plan = em->plan;
	bool is_bitmap = plan->space == UDF_SPACE_UNALLOC_BITMAP || plan->space == UDF_SPACE_FREED_BITMAP;
	enum udf_err err = UDF_OK;

	for (unsigned i = 0; i < plan->n_runs && !err; i++) {
		struct udf_plan_run run = plan->runs[i];
		uint32_t n_skipped = i == 0 && is_bitmap ? plan->n_space_blocks : 0;

		run.lbn += n_skipped;
		run.n_blocks -= n_skipped;
		err = run.n_blocks ? write_run(em, &run) : UDF_OK;
	}
	return err;
}

/* ---- body and commit ---- */

static uint64_t total_bytes(const struct udf_plan *plan)
{
	uint64_t n = (uint64_t)plan->n_used_blocks;

	for (unsigned i = 0; i < plan->n_extents; i++)
		if (plan->extents[i].role != UDF_ROLE_PARTITION && plan->extents[i].role != UDF_ROLE_SPARE_SPACE)
			n += plan->extents[i].n_blocks;
	return n * plan->block_bytes;
}

static enum udf_err write_role(struct emitter *em, const struct udf_plan_extent *extent)
{
	switch (extent->role) {
	case UDF_ROLE_UNUSED:
	case UDF_ROLE_RESERVED:
		if (!em->plan->erase_unused || skips_zeros(em))
			return UDF_OK;
		return write_zeros(em, extent->lsn, extent->n_blocks);
	case UDF_ROLE_MBR:
		memcpy(em->chunk, em->plan->mbr, UDF_MBR_BYTES);
		return write_extent(em, extent, 1);
	case UDF_ROLE_MAIN_VDS:
	case UDF_ROLE_RESERVE_VDS:
		return write_extent(em, extent, udf_emit_vds(em->plan, extent->lsn, em->chunk));
	case UDF_ROLE_LVID:
		return write_extent(em, extent, udf_emit_lvid(em->plan, em->chunk));
	case UDF_ROLE_SPARING_TABLE:
		udf_emit_sparing_table(em->plan, extent->lsn, em->chunk);
		return write_extent(em, extent, 1);
	case UDF_ROLE_SPARE_SPACE:	/* written when a packet moves there */
	case UDF_ROLE_PARTITION:
	case UDF_ROLE_VRS:
	case UDF_ROLE_ANCHOR:
	case UDF_N_ROLES:
		break;
	}
	return UDF_OK;
}

static bool overlaps(const struct udf_plan_extent *e, uint64_t first_lsn, uint64_t last_lsn)
{
	return e->lsn <= last_lsn && (uint64_t)e->lsn + e->n_blocks > first_lsn;
}

/* Does the plan leave these blocks to others?  The first of them may have boot code. */
static bool is_reserved(const struct emitter *em, uint64_t first_lsn, uint64_t last_lsn)
{
	for (unsigned i = 0; i < em->plan->n_extents; i++)
		if (em->plan->extents[i].role == UDF_ROLE_RESERVED &&
		    overlaps(&em->plan->extents[i], first_lsn, last_lsn))
			return true;
	return first_lsn < em->plan->start_lsn || last_lsn >= em->plan->n_sectors;
}

/* Nothing of what the medium held before is kept, so it may become zeros, and most of it need not be read before. */
static bool is_all_free(void *ctx, uint64_t at, uint32_t n_blocks, enum bio_free_when when)
{
	const struct emitter *em = ctx;

	return when != BIO_FREE_UNREAD ||
	       !is_reserved(em, at / em->bio_per_block, (at + n_blocks - 1) / em->bio_per_block);
}

enum udf_err udf_emit_body(const struct udf_plan *plan, struct bio *bio,
			   const struct udf_emit_options *options)
{
	struct emitter em;
	enum udf_err err = emitter_init(&em, plan, bio, options, CHUNK_BYTES);

	if (err)
		return err;
	(void)bio_set_free_query(bio, is_all_free, &em);
	em.total_bytes = total_bytes(plan);
	for (unsigned i = 0; i < plan->n_extents && !err; i++)
		err = write_role(&em, &plan->extents[i]);
	if (!err && (plan->space == UDF_SPACE_UNALLOC_BITMAP || plan->space == UDF_SPACE_FREED_BITMAP))
		err = write_bitmap(&em);
	if (!err)
		err = write_files(&em);
	free(em.chunk);
	if (!err)
		err = bio_flush(bio);
	(void)bio_set_free_query(bio, NULL, NULL);
	return err;
}

/* Nothing is free on a read-only volume (UDF 2.2.6).  It may also have become shorter. */
static enum udf_err clear_free_space(struct emitter *em)
{
	const struct udf_plan_extent *lvid = udf_plan_find(em->plan, UDF_ROLE_LVID, 0);
	enum udf_err err = bio_read(em->bio, (uint64_t)lvid->lsn * em->bio_per_block, em->bio_per_block,
				    em->chunk);

	if (err)
		return err;
	if (get_le16(em->chunk) != UDF_TAG_LVID)
		return UDF_E_CORRUPT;
	put_le32(em->chunk + UDF_LVID_FIXED_BYTES, 0);
	put_le32(em->chunk + UDF_LVID_FIXED_BYTES + 4, udf_plan_find(em->plan, UDF_ROLE_PARTITION, 0)->n_blocks);
	udf_tag_reseal(em->chunk);
	return write_blocks(em, lvid->lsn, 1, em->chunk);
}

enum udf_err udf_emit_access(const struct udf_plan *plan, struct bio *bio)
{
	const struct udf_plan_extent *main_vds = udf_plan_find(plan, UDF_ROLE_MAIN_VDS, 0);
	const struct udf_plan_extent *reserve = udf_plan_find(plan, UDF_ROLE_RESERVE_VDS, 0);
	uint64_t part_lsn = udf_plan_find(plan, UDF_ROLE_PARTITION, 0)->lsn;
	struct emitter em;
	enum udf_err err = emitter_init(&em, plan, bio, NULL, FEW_BYTES);

	if (err)
		return err;
	err = write_role(&em, main_vds);
	if (!err && reserve)
		err = write_role(&em, reserve);
	if (!err) {
		udf_emit_fsd(plan, em.chunk);
		err = write_blocks(&em, part_lsn + plan->fsd_lbn, 1, em.chunk);
	}
	if (!err && plan->access_type == UDF_ACCESS_READ_ONLY)
		err = clear_free_space(&em);
	free(em.chunk);
	return err ? err : bio_flush(bio);
}

/* Has the body written anything there?  E is an extent with these blocks. */
static bool is_written(const struct udf_plan *plan, const struct udf_plan_extent *e, uint64_t first_lsn,
		       uint64_t last_lsn)
{
	if (e->role != UDF_ROLE_PARTITION)
		return e->role != UDF_ROLE_UNUSED && e->role != UDF_ROLE_RESERVED;
	for (unsigned i = 0; i < plan->n_runs; i++) {
		uint64_t run_lsn = (uint64_t)e->lsn + plan->runs[i].lbn;

		if (run_lsn <= last_lsn && run_lsn + plan->runs[i].n_blocks > first_lsn)
			return true;
	}
	return false;
}

/*
 * After the body was written: is nothing of it in these blocks, nor what a filled volume holds?  That was written, too,
 * so it can only be where the medium does not ask for what was there before.
 */
static bool is_unused(void *ctx, uint64_t at, uint32_t n_blocks, enum bio_free_when when)
{
	const struct emitter *em = ctx;
	uint64_t first_lsn = at / em->bio_per_block, last_lsn = (at + n_blocks - 1) / em->bio_per_block;

	for (unsigned i = 0; i < em->plan->n_extents; i++) {
		const struct udf_plan_extent *e = &em->plan->extents[i];

		if (overlaps(e, first_lsn, last_lsn) &&
		    (is_written(em->plan, e, first_lsn, last_lsn) ||
		     (e->role == UDF_ROLE_PARTITION && when != BIO_FREE_BEFORE)))
			return false;
	}
	return first_lsn >= em->plan->start_lsn &&
	       (when != BIO_FREE_UNREAD || !is_reserved(em, first_lsn, last_lsn));
}

enum udf_err udf_emit_commit(const struct udf_plan *plan, struct bio *bio)
{
	const struct udf_plan_extent *extent;
	struct emitter em;
	enum udf_err err = emitter_init(&em, plan, bio, NULL, FEW_BYTES);

	if (err)
		return err;
	(void)bio_set_free_query(bio, is_unused, &em);
	for (unsigned i = 0; !err && (extent = udf_plan_find(plan, UDF_ROLE_ANCHOR, i)); i++) {
		udf_emit_anchor(plan, extent->lsn, em.chunk);
		err = write_blocks(&em, extent->lsn, 1, em.chunk);
	}
	if (!err)
		err = bio_flush(bio);
	if (!err) {
		memset(em.chunk, 0, plan->block_bytes);
		udf_emit_vrs(plan, em.chunk);
		extent = udf_plan_find(plan, UDF_ROLE_VRS, 0);
		err = write_blocks(&em, extent->lsn, extent->n_blocks, em.chunk);
	}
	free(em.chunk);
	if (!err)
		err = bio_flush(bio);
	(void)bio_set_free_query(bio, NULL, NULL);
	return err;
}

/* ---- what was there before ---- */

#define VRS_AT_BYTES 32768u
#define VRS_SCAN_BYTES (128u << 10)	/* three descriptors at the widest spacing, and more */
#define VSD_BYTES 2048u

static bool is_vsd(const uint8_t *p)
{
	static const char ids[][6] = { "BEA01", "NSR02", "NSR03", "TEA01", "BOOT2", "CD001", "CDW02" };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (memcmp(p + 1, ids[i], 5) == 0)
			return true;
	return false;
}

/* Zero the recognition descriptors among the N_BYTES at BUF; *RET_FIRST and *RET_END bound them. */
static bool clear_vsds(uint8_t *buf, uint64_t n_bytes, uint64_t *ret_first, uint64_t *ret_end)
{
	bool found = false;

	for (uint64_t at = 0; at + VSD_BYTES <= n_bytes; at += VSD_BYTES) {
		if (!is_vsd(buf + at))
			continue;
		memset(buf + at, 0, VSD_BYTES);
		if (!found)
			*ret_first = at;
		*ret_end = at + VSD_BYTES;
		found = true;
	}
	return found;
}

/* Read a part of a write unit.  If the first block of it can't be read either, none can: each attempt takes time. */
static enum udf_err read_unit(struct bio *bio, uint64_t at, uint32_t n_blocks, uint8_t *ret_data)
{
	uint32_t block_bytes = bio->geometry.block_bytes;
	enum udf_err err = bio_read(bio, at, n_blocks, ret_data);

	if (err != UDF_E_MEDIUM)
		return err;
	memset(ret_data, 0, (size_t)n_blocks * block_bytes);
	err = bio_read(bio, at, 1, ret_data);
	for (uint32_t i = 1; !err && i < n_blocks; i++) {
		err = bio_read(bio, at + i, 1, ret_data + (size_t)i * block_bytes);
		if (err == UDF_E_MEDIUM)
			err = UDF_OK;
	}
	return err == UDF_E_MEDIUM ? UDF_OK : err;
}

/* What can't be read is no recognition sequence; it becomes zeros in RET_DATA. */
static enum udf_err read_what_can_be_read(struct bio *bio, uint64_t at, uint32_t n_blocks, uint8_t *ret_data)
{
	uint32_t unit_blocks = bio->geometry.write_unit_blocks;
	enum udf_err err = unit_blocks == 1 ? bio_read(bio, at, n_blocks, ret_data) : UDF_E_MEDIUM;

	if (err != UDF_E_MEDIUM)
		return err;
	err = UDF_OK;
	for (uint32_t done = 0, n; done < n_blocks && !err; done += n) {
		n = (uint32_t)udf_min64(unit_blocks - (at + done) % unit_blocks, n_blocks - done);
		err = read_unit(bio, at + done, n, ret_data + (size_t)done * bio->geometry.block_bytes);
	}
	return err;
}

static enum udf_err destroy_vrs(struct bio *bio, uint64_t base_bytes, bool *changed)
{
	uint64_t unit = bio->geometry.block_bytes, n_bytes = bio->geometry.n_blocks * unit;
	uint64_t at = base_bytes + VRS_AT_BYTES, first = 0, end = 0;
	enum udf_err err;
	uint8_t *buf;

	if (at >= n_bytes)
		return UDF_OK;
	n_bytes = udf_min64(n_bytes - at, VRS_SCAN_BYTES);
	buf = malloc(VRS_SCAN_BYTES);
	if (!buf)
		return UDF_E_NOMEM;
	err = read_what_can_be_read(bio, at / unit, (uint32_t)(n_bytes / unit), buf);
	if (!err && clear_vsds(buf, n_bytes, &first, &end)) {
		first = first / unit * unit;
		end = udf_ceil_div(end, unit) * unit;
		err = bio_write(bio, (at + first) / unit, (uint32_t)((end - first) / unit), buf + first);
		*changed = true;
	}
	free(buf);
	return err;
}

/* Overwrite the anchor that begins at byte AT with zeros, if there is one. */
static enum udf_err destroy_anchor(struct bio *bio, uint64_t at, uint8_t *buf, bool *changed)
{
	uint32_t unit = bio->geometry.block_bytes;
	enum udf_err err = bio_read(bio, at / unit, 1, buf);
	uint8_t *p = buf + at % unit;
	struct udf_tag tag;

	if (err)
		return err == UDF_E_MEDIUM ? UDF_OK : err;
	udf_tag_decode(p, &tag);
	if (tag.id != UDF_TAG_AVDP || (tag.version != 2 && tag.version != 3))
		return UDF_OK;
	memset(p, 0, UDF_DESCRIPTOR_BYTES);
	*changed = true;
	return bio_write(bio, at / unit, 1, buf);
}

static enum udf_err destroy_anchors(struct bio *bio, uint64_t base_bytes, bool *changed)
{
	uint64_t size_bytes = bio->geometry.n_blocks * bio->geometry.block_bytes;
	uint8_t *buf = malloc(bio->geometry.block_bytes);
	enum udf_err err = buf ? UDF_OK : UDF_E_NOMEM;

	for (uint64_t block_bytes = 512; block_bytes <= 32768 && !err; block_bytes *= 2) {
		uint64_t n_blocks = size_bytes / block_bytes;

		if (base_bytes + 257 * block_bytes <= size_bytes)
			err = destroy_anchor(bio, base_bytes + 256 * block_bytes, buf, changed);
		if (!err && n_blocks >= 257)
			err = destroy_anchor(bio, (n_blocks - 257) * block_bytes, buf, changed);
		if (!err && n_blocks >= 1)
			err = destroy_anchor(bio, (n_blocks - 1) * block_bytes, buf, changed);
	}
	free(buf);
	return err;
}

enum udf_err udf_emit_destroy_old(struct bio *bio, uint32_t start_lsn, uint32_t block_bytes)
{
	uint64_t base_bytes = (uint64_t)start_lsn * block_bytes;
	bool changed = false;
	enum udf_err err = destroy_vrs(bio, base_bytes, &changed);

	if (!err)
		err = destroy_anchors(bio, base_bytes, &changed);
	return err || !changed ? err : bio_flush(bio);
}
