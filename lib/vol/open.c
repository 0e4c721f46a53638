// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening and closing a volume. */
#include <stdlib.h>

#include "base/checked.h"
#include "vol/internal.h"

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

/* The check needs the anchors of this volume, which may end before its device, and not those of an older one. */
static enum udf_err find_end(struct udf_vol *vol, const struct udf_vol_options *options)
{
	unsigned n_structures = vol->n_structures;
	enum udf_err err = vol_find_anchors(vol, options, NULL);

	if (!err)
		err = vol_find_own_end(vol);
	vol->n_anchors = 0;
	vol->n_structures = n_structures;
	vol->tag_serial = 0;
	return err == UDF_E_NOMEM ? err : UDF_OK;
}

/* Everything after the block size, in the order that the structures name each other. */
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
	err = sink ? find_end(vol, options) : UDF_OK;
	if (!err)
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
	err = vol_read_sparing(vol, sink);
	if ((err == UDF_E_CORRUPT || err == UDF_E_UNSUPPORTED) && options->allow_partial)
		err = UDF_OK;
	if (!err)
		err = vol_read_lvid(vol, sink);
	if (!err)
		vol_recover(vol);
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

/* @n_recovered  Raised to how many packets are read from the journal, also where the volume can't be opened. */
static enum udf_err open_once(struct bio *bio, const struct udf_vol_options *options, const struct udf_env *env,
			      struct udf_sink *sink, unsigned *n_recovered, struct udf_vol **ret_vol)
{
	struct udf_vol *vol = calloc(1, sizeof(*vol));
	enum udf_err err;

	if (!vol)
		return UDF_E_NOMEM;
	vol->bio = bio;
	err = vol_find_block_bytes(vol, options);
	vol->n_anchors = 0;
	vol->n_structures = 0;
	vol->tag_serial = 0;
	vol->env = env;
	if (err == UDF_OK || (err == UDF_E_NOT_UDF && sink && vol->n_sectors > 0))
		err = read_volume(vol, options, sink);
	/* Once it has been read from the journal, the volume may not even say any more that it has one. */
	if (vol->n_recovered < *n_recovered)
		vol->n_recovered = *n_recovered;
	*n_recovered = vol->n_recovered;
	if (err) {
		udf_vol_close(vol);
		return err;
	}
	*ret_vol = vol;
	return UDF_OK;
}

/*
 * What a power cut left in the journal may be newer than any descriptor that was read before it, so all are read again.
 * With a sink that is found out first, so that nothing is reported twice.
 */
enum udf_err udf_vol_open(struct bio *bio, const struct udf_vol_options *options,
			  const struct udf_env *env, struct udf_sink *sink, struct udf_vol **ret_vol)
{
	static const struct udf_vol_options defaults;
	bool looks_first = sink && bio->geometry.write_unit_blocks > 1;
	struct udf_vol *vol = NULL;
	unsigned n_recovered = 0;
	enum udf_err err;

	if (!options)
		options = &defaults;
	err = open_once(bio, options, looks_first ? NULL : env, looks_first ? NULL : sink, &n_recovered, &vol);
	if (err != UDF_E_NOMEM && (looks_first || n_recovered)) {
		if (!err)
			udf_vol_close(vol);
		err = open_once(bio, options, env, sink, &n_recovered, &vol);
	}
	if (err)
		return err;
	vol_log_recovered(vol);
	*ret_vol = vol;
	return UDF_OK;
}

void udf_vol_close(struct udf_vol *vol)
{
	if (!vol)
		return;
	vol_sparing_done(vol);
	free(vol->usd_extents);
	free(vol->lvid_block);
	free(vol);
}
