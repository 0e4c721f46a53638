// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening and closing a volume. */
#include <stdlib.h>

#include "base/checked.h"
#include "vol/internal.h"

/* Make VOL see the device in sectors of BLOCK_BYTES; false where it has none of them. */
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
	/* Sector numbers have 32 bits; nothing can name what lies behind. */
	vol->n_sectors = udf_min64(vol->n_sectors, (uint64_t)UINT32_MAX + 1);
	return vol->n_sectors > 0;
}

/* Does an anchor of this block size lead to a logical volume of this block size?  Else UDF_END. */
static enum udf_err leads_to_volume(struct udf_vol *vol)
{
	const struct udf_extent_ad *extents[] = { &vol->anchor.main_vds, &vol->anchor.reserve_vds };
	struct vol_sequence sequence;
	const struct vol_desc *desc;
	struct udf_lvd lvd;
	bool found = false;
	unsigned i;

	for (i = 0; i < 2 && !found; i++) {
		enum udf_err err = vol_sequence_read(vol, extents[i], UDF_STRUCTURE_MAIN_VDS, NULL, &sequence);

		if (err)
			return err;
		desc = vol_sequence_find(&sequence, UDF_TAG_LVD);
		if (desc) {
			udf_lvd_decode(desc->bytes, &lvd);
			found = lvd.block_bytes == vol->block_bytes;
		}
		vol_sequence_done(&sequence);
	}
	return found ? UDF_OK : UDF_END;
}

/* Choose the block size.  UDF_E_NOT_UDF where no size shows an anchor. */
static enum udf_err find_block_bytes(struct udf_vol *vol, const struct udf_vol_options *options)
{
	uint32_t own = vol->bio->geometry.block_bytes;
	uint32_t size = own, with_anchor = 0;
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
	/* The device's own size is the smallest that can be, so one ascending pass tries it first. */
	for (; size <= VOL_MAX_BLOCK_BYTES; size *= 2) {
		if (!set_block_bytes(vol, options, size))
			continue;
		err = vol_find_anchors(vol, options, NULL);
		if (err == UDF_E_NOMEM)
			return err;
		if (err && first_err == UDF_E_NOT_UDF)
			first_err = err;
		if (err)
			continue;
		if (!with_anchor)
			with_anchor = size;
		err = leads_to_volume(vol);
		if (err != UDF_END)
			return err;
	}
	/* An anchor that leads nowhere: let the reader say what is wrong behind it. */
	if (with_anchor && set_block_bytes(vol, options, with_anchor))
		return UDF_OK;
	/* Nothing: a size for the checker to report about. */
	if (set_block_bytes(vol, options, (uint32_t)udf_max64(own, 2048)))
		return first_err;
	return UDF_E_NOT_UDF;
}

static enum udf_err check_revision(struct udf_vol *vol, const struct udf_vol_options *options,
				   struct udf_sink *sink)
{
	if (!udf_regid_is(&vol->lvd.domain, UDF_ID_DOMAIN)) {
		udf_log(vol->env, UDF_LOG_ERROR, "logical volume is not in the domain %s", UDF_ID_DOMAIN);
		return sink || options->allow_partial ? UDF_OK : UDF_E_NOT_UDF;
	}
	if (vol->revision > UDF_REVISION_READ ||
	    (vol->lvid_lsn && vol->lvid_impl.min_read_revision > UDF_REVISION_READ)) {
		udf_log(vol->env, UDF_LOG_ERROR, "UDF revision %x.%02x can't be read by this version",
			vol->revision >> 8, vol->revision & 0xFF);
		return sink || options->allow_partial ? UDF_OK : UDF_E_UNSUPPORTED;
	}
	return UDF_OK;
}

/* Everything behind the block size, in the order that the structures name each other. */
static enum udf_err read_volume(struct udf_vol *vol, const struct udf_vol_options *options,
				struct udf_sink *sink)
{
	struct vol_vrs vrs;
	enum udf_err err;

	err = vol_recognize(vol, options->session_lsn, &vrs);
	if (options->ignores_recognition && (err == UDF_E_MEDIUM || err == UDF_E_IO)) {
		vrs = (struct vol_vrs){ .tail_blank = true };
		err = UDF_OK;
	}
	if (err)
		return err;
	if (!vol_vrs_is_udf(&vrs) && !sink && !options->ignores_recognition)
		return UDF_E_NOT_UDF;
	if (vrs.end_byte > vrs.first_byte)
		vol_add_structure(vol, UDF_STRUCTURE_VRS, vrs.first_byte / vol->block_bytes,
				  udf_ceil_div(vrs.end_byte - vrs.first_byte, vol->block_bytes),
				  udf_ceil_div(vrs.end_byte - vrs.first_byte, vol->block_bytes));
	err = vol_find_anchors(vol, options, sink);
	if (err) {
		if (vol_vrs_is_udf(&vrs))
			udf_report(sink, UDF_P_ANCHOR_COUNT, vol_place(256, "AVDP"), 0, 2);
		return err;
	}
	err = vol_read_sequences(vol, sink);
	if ((err == UDF_E_CORRUPT || err == UDF_E_UNSUPPORTED) && options->allow_partial &&
	    vol->lvd.block_bytes == vol->block_bytes)
		err = UDF_OK;
	if (err)
		return err;
	err = vol_read_lvid(vol, sink);
	if (!err)
		err = check_revision(vol, options, sink);
	if (err)
		return err;
	err = vol_read_fsd(vol, sink);
	if (err != UDF_E_NOMEM && options->allow_partial)
		err = UDF_OK;
	if (sink && err != UDF_E_NOMEM) {
		vol_check_rules(vol, &vrs, sink);
		vol_check_overlaps(vol, sink);
	}
	return err;
}

enum udf_err udf_vol_open(struct bio *bio, const struct udf_vol_options *options,
			  const struct udf_env *env, struct udf_sink *sink, struct udf_vol **ret_vol)
{
	static const struct udf_vol_options defaults;
	struct udf_vol *vol = calloc(1, sizeof(*vol));
	enum udf_err err;

	if (!vol)
		return UDF_E_NOMEM;
	if (!options)
		options = &defaults;
	vol->bio = bio;
	err = find_block_bytes(vol, options);
	vol->n_anchors = 0;
	vol->n_structures = 0;
	vol->tag_serial = 0;
	vol->env = env;
	if (err == UDF_OK || (err == UDF_E_NOT_UDF && sink && vol->n_sectors > 0))
		err = read_volume(vol, options, sink);
	if (err) {
		udf_vol_close(vol);
		return err;
	}
	*ret_vol = vol;
	return UDF_OK;
}

static void report_nothing(struct udf_sink *sink, const struct udf_finding *finding)
{
	(void)sink;
	(void)finding;
}

bool udf_vol_lacks_recognition(struct bio *bio, const struct udf_vol_options *options)
{
	struct udf_sink sink = { .report = report_nothing };
	struct udf_vol *vol = NULL;
	bool is_volume = udf_vol_open(bio, options, NULL, &sink, &vol) == UDF_OK;

	udf_vol_close(vol);
	return is_volume;
}

void udf_vol_close(struct udf_vol *vol)
{
	if (!vol)
		return;
	free(vol->usd_extents);
	free(vol->lvid_block);
	free(vol);
}
