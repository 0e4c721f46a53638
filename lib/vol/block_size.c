// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding the block size of a volume if it is not given: that of the valid volume. */
#include <stdlib.h>

#include "base/checked.h"
#include "vol/internal.h"

#define ALIKE_BLOCK_BYTES 2048u	/* up to this size recognition sequences look the same */

/* Make VOL see the device in sectors of BLOCK_BYTES.  Returns false if it can't be divided into such sectors. */
static bool set_block_bytes(struct udf_vol *vol, const struct udf_vol_options *options,
			    uint32_t block_bytes)
{
	const struct bio_geometry *geometry = &vol->bio->geometry;

	if (block_bytes < geometry->block_bytes || block_bytes % geometry->block_bytes)
		return false;
	vol->block_bytes = block_bytes;
	vol->bio_per_block = block_bytes / geometry->block_bytes;
	vol->n_sectors = geometry->n_blocks / vol->bio_per_block;
	if (options->last_lsn && options->last_lsn < vol->n_sectors)
		vol->n_sectors = options->last_lsn + 1;
	/* Sector numbers have 32 bits, so nothing can name a sector after those. */
	vol->n_sectors = udf_min64(vol->n_sectors, (uint64_t)UINT32_MAX + 1);
	return vol->n_sectors > 0;
}

/* Is the file set descriptor in the place that SEQUENCE gives? */
static bool has_file_set(struct udf_vol *vol, const struct vol_sequence *sequence, const struct udf_lvd *lvd,
			 uint8_t *block)
{
	unsigned i;

	for (i = 0; i < sequence->n_descs; i++) {
		struct udf_place place = { 0, lvd->fsd.addr.lbn, NULL };
		struct udf_pd pd;

		if (sequence->descs[i].id != UDF_TAG_PD)
			continue;
		udf_pd_decode(sequence->descs[i].bytes, &pd);
		if (lvd->fsd.addr.lbn < pd.n_blocks &&
		    !udf_vol_read_lsn(vol, (uint64_t)pd.start_lsn + lvd->fsd.addr.lbn, 1, block) &&
		    !udf_tag_verify(block, vol->block_bytes, UDF_TAG_FSD, place, NULL, NULL))
			return true;
	}
	return false;
}

/* The volume to which the anchor of one block size leads. */
struct candidate {
	uint32_t block_bytes;		/* 0: nothing */
	unsigned score;			/* how likely it is the valid volume, see score_of() */
	struct udf_time made;		/* when its primary volume descriptor was recorded; 0 if that isn't known */
	unsigned n_anchors;
};

/*
 * Does an anchor of this block size lead to a logical volume of this block size?  If not, UDF_END.  *RET_WHOLE: its
 * file set is there too.
 */
static enum udf_err leads_to_volume(struct udf_vol *vol, struct candidate *candidate, bool *ret_whole)
{
	const struct udf_extent_ad *extents[] = { &vol->anchor.main_vds, &vol->anchor.reserve_vds };
	struct vol_sequence sequence;
	const struct vol_desc *desc;
	uint8_t *block = malloc(vol->block_bytes);
	enum udf_err err = UDF_OK;
	struct udf_lvd lvd;
	struct udf_pvd pvd;
	bool found = false;
	unsigned i;

	if (!block)
		return UDF_E_NOMEM;
	for (i = 0; i < 2 && !found && !err; i++) {
		err = vol_sequence_read(vol, extents[i], UDF_STRUCTURE_MAIN_VDS, NULL, &sequence);
		if (err)
			break;
		desc = vol_sequence_find(&sequence, UDF_TAG_LVD);
		if (desc) {
			udf_lvd_decode(desc->bytes, &lvd);
			found = lvd.block_bytes == vol->block_bytes;
		}
		desc = vol_sequence_find(&sequence, UDF_TAG_PVD);
		if (found && desc) {
			udf_pvd_decode(desc->bytes, &pvd);
			if (udf_timestamp_to_time(&pvd.recording_time, &candidate->made))
				candidate->made = (struct udf_time){ 0 };
		}
		*ret_whole = found && has_file_set(vol, &sequence, &lvd, block);
		vol_sequence_done(&sequence);
	}
	free(block);
	if (err)
		return err;
	return found ? UDF_OK : UDF_END;
}

enum recognition { NONE, DOUBTFUL, FITS };

/*
 * Was the recognition sequence written for this block size?  Its descriptors are 2048 bytes apart, or one block if
 * blocks are larger.  Some writers use 2048 bytes even then, but such a sequence may also be left from an older
 * volume.
 */
static enum udf_err recognize(struct udf_vol *vol, const struct udf_vol_options *options, enum recognition *ret)
{
	struct vol_vrs vrs;
	enum udf_err err = vol_recognize(vol, options->session_lsn, &vrs);

	*ret = NONE;
	if (!err && vol_vrs_is_udf(&vrs))
		*ret = vrs.is_narrow ? DOUBTFUL : FITS;
	return err == UDF_E_NOMEM ? err : UDF_OK;
}

/*
 * How likely a volume of this block size is the valid one.  Formatting with another block size may have left the old
 * anchors and sequences on the disc.  The valid volume is the one for which the recognition sequence was written.
 */
static unsigned score_of(enum recognition recognition, bool whole)
{
	return (recognition != NONE ? 4u : 0u) + (whole ? 2u : 0u) + (recognition == FITS ? 1u : 0u);
}
#define BEST_SCORE 7u

/*
 * If two volumes have the same score, the one whose anchors the other has overwritten is the older one.  Only then do
 * times decide: a file of a volume may contain what looks like another volume, with any time, but not at the end of
 * the device.
 */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
	if (!b->block_bytes || a->score != b->score)
		return !b->block_bytes || a->score > b->score;
	if (a->n_anchors != b->n_anchors)
		return a->n_anchors > b->n_anchors;
	if (a->made.seconds != b->made.seconds)
		return a->made.seconds > b->made.seconds;
	return a->made.microseconds > b->made.microseconds;
}

/* What is there if sectors have the size that is set in VOL? */
static enum udf_err try_size(struct udf_vol *vol, const struct udf_vol_options *options, bool regular_places,
			     struct candidate *ret)
{
	enum recognition recognition = NONE;
	bool whole = false;
	enum udf_err err = regular_places ? vol_find_regular_anchors(vol, options) :
					    vol_find_anchors(vol, options, NULL);

	*ret = (struct candidate){ .n_anchors = vol->n_anchors };
	if (err)
		return err;
	err = leads_to_volume(vol, ret, &whole);
	if (err == UDF_END)
		return UDF_OK;
	if (err)
		return err;
	err = recognize(vol, options, &recognition);
	ret->block_bytes = vol->block_bytes;
	ret->score = score_of(recognition, whole);
	return err;
}

/*
 * As vol_find_block_bytes() if no size is given.  All sizes from the device's own on are tried until one is certain.
 * A size up to 2048 bytes may still have a younger neighbour, because the recognition sequences of these sizes look
 * the same.
 */
static enum udf_err try_sizes(struct udf_vol *vol, const struct udf_vol_options *options,
			      uint32_t *ret_block_bytes, enum udf_err *ret_first_err)
{
	struct candidate best = { 0 };
	uint32_t size, with_anchor = 0;

	for (size = vol->bio->geometry.block_bytes; size <= VOL_MAX_BLOCK_BYTES; size *= 2) {
		bool is_sure = best.score == BEST_SCORE;
		struct candidate candidate;
		enum udf_err err;

		if (is_sure && size > ALIKE_BLOCK_BYTES)
			break;
		if (!set_block_bytes(vol, options, size))
			continue;
		err = try_size(vol, options, is_sure, &candidate);
		if (err == UDF_E_NOMEM)
			return err;
		if (err && *ret_first_err == UDF_E_NOT_UDF)
			*ret_first_err = err;
		if (!with_anchor && candidate.n_anchors)
			with_anchor = size;
		if (!err && candidate.block_bytes && is_better(&candidate, &best))
			best = candidate;
	}
	/* An anchor leads to no volume.  The reader will report what is wrong with what the anchor names. */
	*ret_block_bytes = best.block_bytes ? best.block_bytes : with_anchor;
	return UDF_OK;
}

enum udf_err vol_find_block_bytes(struct udf_vol *vol, const struct udf_vol_options *options)
{
	uint32_t own = vol->bio->geometry.block_bytes, size = 0;
	enum udf_err err, first_err = UDF_E_NOT_UDF;

	if (options->block_bytes) {
		if (!udf_is_power_of_two(options->block_bytes) ||
		    options->block_bytes < VOL_MIN_BLOCK_BYTES ||
		    options->block_bytes > VOL_MAX_BLOCK_BYTES)
			return UDF_E_INVAL;
		if (set_block_bytes(vol, options, options->block_bytes))
			return UDF_OK;
		return options->block_bytes < own ? UDF_E_INVAL : UDF_E_NOT_UDF;
	}
	err = try_sizes(vol, options, &size, &first_err);
	if (err)
		return err;
	if (size && set_block_bytes(vol, options, size))
		return UDF_OK;
	/* Nothing was found.  The check reports its findings for this size. */
	if (set_block_bytes(vol, options, (uint32_t)udf_max64(own, 2048)))
		return first_err;
	return UDF_E_NOT_UDF;
}
