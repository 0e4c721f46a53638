// SPDX-License-Identifier: GPL-2.0-or-later
/* The two descriptor sequences that the anchor names, and what prevails in them. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vol/internal.h"

/* Is everything there that a volume needs, so that the other copy need not be read? */
static bool is_complete(const struct vol_sequence *sequence)
{
	return !sequence->damaged && vol_sequence_find(sequence, UDF_TAG_PVD) &&
	       vol_sequence_find(sequence, UDF_TAG_LVD) && vol_sequence_find(sequence, UDF_TAG_PD) &&
	       vol_sequence_find(sequence, UDF_TAG_USD) && vol_sequence_find(sequence, UDF_TAG_IUVD);
}

static enum udf_err read_usd(struct udf_vol *vol, const struct vol_desc *desc)
{
	uint32_t i;

	udf_usd_decode(desc->bytes, &vol->usd);
	/* n_extents was checked against the descriptor's size when it was gathered */
	vol->usd_extents = calloc(vol->usd.n_extents ? vol->usd.n_extents : 1, sizeof(*vol->usd_extents));
	if (!vol->usd_extents)
		return UDF_E_NOMEM;
	for (i = 0; i < vol->usd.n_extents; i++)
		udf_extent_ad_decode(desc->bytes + UDF_USD_FIXED_BYTES + (size_t)i * 8, &vol->usd_extents[i]);
	return UDF_OK;
}

/* Decode the prevailing descriptors into VOL. */
static enum udf_err take_prevailing(struct udf_vol *vol, const struct vol_sequence *sequence,
				    struct udf_sink *sink)
{
	const struct vol_desc *pvd = vol_sequence_find(sequence, UDF_TAG_PVD);
	const struct vol_desc *iuvd = vol_sequence_find(sequence, UDF_TAG_IUVD);
	const struct vol_desc *usd = vol_sequence_find(sequence, UDF_TAG_USD);
	const struct vol_desc *lvd = vol_sequence_find(sequence, UDF_TAG_LVD);
	enum udf_err err;
	unsigned i;

	if (!lvd)
		return UDF_E_CORRUPT;
	vol->reserve_used = lvd->from_reserve;
	if (pvd) {
		vol->reserve_used |= pvd->from_reserve;
		udf_pvd_decode(pvd->bytes, &vol->pvd);
	}
	if (iuvd) {
		vol->reserve_used |= iuvd->from_reserve;
		udf_iuvd_decode(iuvd->bytes, &vol->iuvd);
	}
	if (usd) {
		vol->reserve_used |= usd->from_reserve;
		err = read_usd(vol, usd);
		if (err)
			return err;
	}
	udf_lvd_decode(lvd->bytes, &vol->lvd);
	for (i = 0; i < sequence->n_descs && vol->n_pds < UDF_MAX_MAPS; i++) {
		if (sequence->descs[i].id != UDF_TAG_PD)
			continue;
		vol->reserve_used |= sequence->descs[i].from_reserve;
		udf_pd_decode(sequence->descs[i].bytes, &vol->pds[vol->n_pds++]);
	}
	if (vol->lvd.block_bytes != vol->block_bytes) {
		udf_report(sink, UDF_P_LVD_BLOCK_SIZE, vol_place(lvd->lsn, "LVD block size"),
			   vol->lvd.block_bytes, vol->block_bytes);
		udf_log(vol->env, UDF_LOG_ERROR, "logical block size %u is not the sector size %u",
			vol->lvd.block_bytes, vol->block_bytes);
		return UDF_E_CORRUPT;
	}
	vol->revision = udf_regid_revision(&vol->lvd.domain);
	vol->tag_version = vol->revision >= 0x0200 ? 3 : 2;
	return vol_read_maps(vol, lvd, sequence, sink);
}

/* Forget what take_prevailing() read. */
static void forget_prevailing(struct udf_vol *vol)
{
	free(vol->usd_extents);
	vol->usd_extents = NULL;
	memset(&vol->pvd, 0, sizeof(vol->pvd));
	memset(&vol->iuvd, 0, sizeof(vol->iuvd));
	memset(&vol->usd, 0, sizeof(vol->usd));
	vol->n_pds = 0;
	vol->n_parts = 0;
}

enum udf_err vol_read_sequences(struct udf_vol *vol, struct udf_sink *sink)
{
	struct vol_sequence main, reserve;
	bool unreadable;
	enum udf_err err;

	memset(&reserve, 0, sizeof(reserve));
	err = vol_sequence_read(vol, &vol->anchor.main_vds, UDF_STRUCTURE_MAIN_VDS, sink, &main);
	if (err)
		return err;
	unreadable = main.unreadable;
	if (!sink && is_complete(&main)) {
		err = take_prevailing(vol, &main, NULL);
		if (err != UDF_E_CORRUPT)
			goto out;
		forget_prevailing(vol);
	}
	err = vol_sequence_read(vol, &vol->anchor.reserve_vds, UDF_STRUCTURE_RESERVE_VDS, sink, &reserve);
	if (err)
		goto out;
	unreadable = unreadable && reserve.unreadable;
	if (sink)
		vol_check_sequences(vol, &main, &reserve, sink);
	err = vol_sequence_merge(&main, &reserve);
	if (err)
		goto out;
	err = take_prevailing(vol, &main, sink);
	/* The main sequence may be whole and still lead to no volume, because of a wrong value with a right CRC. */
	if (err == UDF_E_CORRUPT && vol_sequence_find(&reserve, UDF_TAG_LVD)) {
		forget_prevailing(vol);
		err = take_prevailing(vol, &reserve, NULL);
	}
	if (err == UDF_E_CORRUPT && unreadable)
		err = UDF_E_MEDIUM;
out:
	vol_sequence_done(&main);
	vol_sequence_done(&reserve);
	return err;
}
