// SPDX-License-Identifier: GPL-2.0-or-later
/* Anchor Volume Descriptor Pointers (ECMA-167 3/8.4.2.1, UDF 2.2.3). */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vol/internal.h"

#define MAX_ANCHORS 3u		/* those of vol->anchor_lsn */

struct search {
	struct udf_vol *vol;
	struct udf_sink *sink;
	uint8_t *block;
	unsigned n_read, n_unreadable;
	enum udf_err read_err;
};

/* Look at one place that may hold an anchor.  REGULAR: it is one of the three where anchors belong. */
static void try_place(struct search *s, uint64_t lsn, bool regular)
{
	struct udf_vol *vol = s->vol;
	struct udf_avdp avdp;
	enum udf_err err;
	unsigned i;

	if (lsn >= vol->n_sectors || lsn > UINT32_MAX || vol->n_anchors == MAX_ANCHORS)
		return;
	for (i = 0; i < vol->n_anchors; i++)
		if (vol->anchor_lsn[i] == lsn)
			return;
	s->n_read++;
	err = udf_vol_read_lsn(vol, lsn, 1, s->block);
	if (err) {
		s->n_unreadable++;
		s->read_err = err;
		if (regular)
			udf_report(s->sink, UDF_P_BLOCK_UNREADABLE, vol_place(lsn, "anchor"), 0, 0);
		return;
	}
	/*
	 * If the block holds something else, that is no damaged anchor, because the place may belong to a partition.
	 */
	if (get_le16(s->block) != UDF_TAG_AVDP)
		return;
	if (udf_tag_verify(s->block, vol->block_bytes, UDF_TAG_AVDP, vol_place(lsn, "AVDP"),
			   regular ? s->sink : NULL, NULL))
		return;
	if (!regular)
		udf_report(s->sink, UDF_P_ANCHOR_PLACE, vol_place(lsn, "AVDP"), lsn, vol->n_sectors - 1);
	udf_avdp_decode(s->block, &avdp);
	if (vol->n_anchors == 0) {
		vol->anchor = avdp;
		vol->tag_serial = avdp.tag.serial;
	} else if (memcmp(&avdp.main_vds, &vol->anchor.main_vds, sizeof(avdp.main_vds)) ||
		   memcmp(&avdp.reserve_vds, &vol->anchor.reserve_vds, sizeof(avdp.reserve_vds))) {
		udf_report(s->sink, UDF_P_ANCHOR_DIFFERS, vol_place(lsn, "AVDP"), avdp.main_vds.lsn,
			   vol->anchor.main_vds.lsn);
	}
	vol_check_descriptor(vol, s->block, UDF_DESCRIPTOR_BYTES, vol->block_bytes,
			     vol_place(lsn, "AVDP"), s->sink);
	vol->anchor_lsn[vol->n_anchors++] = (uint32_t)lsn;
	vol_add_structure(vol, UDF_STRUCTURE_ANCHOR, lsn, 1, 1);
}

/* Devices often report a wrong last sector, so look around it, and at 512 (UDF 2.2.3). */
static void try_unusual_places(struct search *s, uint64_t session_lsn)
{
	static const uint64_t short_by[] = { 1, 2, 150, 152 };
	uint64_t last = s->vol->n_sectors - 1;
	unsigned i;

	for (i = 0; i < sizeof(short_by) / sizeof(short_by[0]); i++) {
		if (last >= short_by[i])
			try_place(s, last - short_by[i], false);
		if (last >= short_by[i] + 256)
			try_place(s, last - short_by[i] - 256, false);
	}
	if (last >= 255)
		try_place(s, last + 1 - 256, false);	/* as if N were one more */
	try_place(s, session_lsn + 512, false);
	if (session_lsn)
		try_place(s, 512, false);
}

enum udf_err vol_find_regular_anchors(struct udf_vol *vol, const struct udf_vol_options *options)
{
	struct search s = { .vol = vol };
	uint64_t last = vol->n_sectors - 1;

	s.block = malloc(vol->block_bytes);
	if (!s.block)
		return UDF_E_NOMEM;
	vol->n_anchors = 0;
	try_place(&s, (uint64_t)options->session_lsn + 256, true);
	if (last > 256)
		try_place(&s, last - 256, true);
	try_place(&s, last, true);
	free(s.block);
	return vol->n_anchors ? UDF_OK : UDF_E_NOT_UDF;
}

enum udf_err vol_find_anchors(struct udf_vol *vol, const struct udf_vol_options *options,
			      struct udf_sink *sink)
{
	struct search s = { .vol = vol, .sink = sink };
	uint64_t last = vol->n_sectors - 1;
	enum udf_err err = UDF_OK;

	s.block = malloc(vol->block_bytes);
	if (!s.block)
		return UDF_E_NOMEM;
	vol->n_anchors = 0;
	if (options->anchor_lsn)
		try_place(&s, options->anchor_lsn, true);
	try_place(&s, (uint64_t)options->session_lsn + 256, true);
	if (last > 256)
		try_place(&s, last - 256, true);
	try_place(&s, last, true);
	if (options->session_lsn && vol->n_anchors == 0)
		try_place(&s, 256, true);
	if (vol->n_anchors == 0 || (sink && vol->n_anchors < 2))
		try_unusual_places(&s, options->session_lsn);
	free(s.block);
	if (vol->n_anchors == 0)
		err = s.n_read > 0 && s.n_unreadable == s.n_read ? s.read_err : UDF_E_NOT_UDF;
	return err;
}
