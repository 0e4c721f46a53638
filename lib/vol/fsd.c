// SPDX-License-Identifier: GPL-2.0-or-later
/* The file set descriptor sequence (ECMA-167 4/8.3.1, UDF 2.3.2). */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vol/internal.h"

struct walk {
	struct udf_vol *vol;
	struct udf_sink *sink;
	uint8_t *block;
	uint32_t n_blocks_left;
	unsigned n_sets;		/* FSDs that verify */
	bool unreadable;
	struct udf_long_ad next;	/* length 0: the chain ends */
};

static struct udf_place place_at(const struct udf_lb_addr *at, const char *field)
{
	return (struct udf_place){ at->part_ref, at->lbn, field };
}

/* Read one block of the sequence.  Returns UDF_END at its end. */
static enum udf_err take_block(struct walk *w, const struct udf_lb_addr *at)
{
	struct udf_vol *vol = w->vol;
	struct udf_place place = place_at(at, "FSD");
	struct udf_fsd fsd;
	struct udf_tag tag;

	if (bytes_are_zero(w->block, vol->block_bytes)) {
		udf_report(w->sink, UDF_P_FSD_UNTERMINATED, place, 0, 0);
		return UDF_END;
	}
	if (get_le16(w->block) == UDF_TAG_TD)
		place.field = "TD";
	if (udf_tag_verify(w->block, vol->block_bytes, UDF_TAG_ANY, place, w->sink, &tag))
		return UDF_OK;
	if (tag.id == UDF_TAG_FSD || tag.id == UDF_TAG_TD)
		vol_check_descriptor(vol, w->block, UDF_DESCRIPTOR_BYTES, vol->block_bytes, place, w->sink);
	if (tag.id == UDF_TAG_TD)
		return UDF_END;
	if (tag.id != UDF_TAG_FSD) {
		udf_report(w->sink, UDF_P_FSD_UNEXPECTED, place, tag.id, UDF_TAG_FSD);
		return UDF_OK;
	}
	udf_fsd_decode(w->block, &fsd);
	w->n_sets++;
	/*
	 * The set with the highest number is the default one.  Within a set the highest descriptor number prevails.
	 */
	if (vol->fsd.tag.id == 0 || fsd.file_set_number > vol->fsd.file_set_number ||
	    (fsd.file_set_number == vol->fsd.file_set_number && fsd.fsd_number >= vol->fsd.fsd_number)) {
		vol->fsd = fsd;
		vol->fsd_at = *at;
	}
	if (UDF_EXTENT_BYTES(fsd.next_extent.length) == 0)
		return UDF_OK;
	w->next = fsd.next_extent;
	return UDF_END;
}

static void walk_extent(struct walk *w, const struct udf_long_ad *extent)
{
	struct udf_vol *vol = w->vol;
	uint32_t n_blocks = UDF_EXTENT_BYTES(extent->length) / vol->block_bytes;
	uint32_t i;

	for (i = 0; i < n_blocks && w->n_blocks_left > 0; i++) {
		struct udf_lb_addr at = { extent->addr.lbn + i, extent->addr.part_ref };
		enum udf_err err;

		if (at.lbn < extent->addr.lbn)
			break;
		w->n_blocks_left--;
		err = udf_vol_read(vol, at.part_ref, at.lbn, 1, w->block);
		if (err) {
			w->unreadable |= err == UDF_E_MEDIUM || err == UDF_E_IO;
			udf_report(w->sink, UDF_P_BLOCK_UNREADABLE, place_at(&at, "FSD"), 0, 0);
			if (err == UDF_E_RANGE || err == UDF_E_UNSUPPORTED)
				break;
			continue;
		}
		if (take_block(w, &at))
			break;
	}
}

/* The ICB of the root directory shows which strategy the volume's ICBs have. */
static void peek_root(struct udf_vol *vol, uint8_t *block)
{
	const struct udf_lb_addr *at = &vol->fsd.root_icb.addr;
	struct udf_icbtag icb;
	uint16_t id;

	if (udf_vol_read(vol, at->part_ref, at->lbn, 1, block))
		return;
	id = get_le16(block);
	if (id != UDF_TAG_FE && id != UDF_TAG_EFE)
		return;
	udf_icbtag_decode(block + UDF_TAG_BYTES, &icb);
	vol->root_strategy = icb.strategy;
}

enum udf_err vol_read_fsd(struct udf_vol *vol, struct udf_sink *sink)
{
	struct walk w = { .vol = vol, .sink = sink, .n_blocks_left = VOL_MAX_FSD_BLOCKS,
			  .next = vol->lvd.fsd };
	enum udf_err err = UDF_OK;
	unsigned n;

	w.block = malloc(vol->block_bytes);
	if (!w.block)
		return UDF_E_NOMEM;
	for (n = 0; UDF_EXTENT_BYTES(w.next.length) > 0; n++) {
		struct udf_long_ad now = w.next;

		if (n == VOL_MAX_FSD_EXTENTS || w.n_blocks_left == 0) {
			udf_report(sink, UDF_P_FSD_CHAIN, place_at(&now.addr, NULL), n, 0);
			break;
		}
		w.next.length = 0;
		walk_extent(&w, &now);
	}
	if (vol->fsd.tag.id == 0) {
		udf_report(sink, UDF_P_FSD_MISSING, place_at(&vol->lvd.fsd.addr, "FSD"), 0, 0);
		err = w.unreadable ? UDF_E_MEDIUM : UDF_E_CORRUPT;
	} else {
		peek_root(vol, w.block);
		if (vol->fsd.file_set_number != 0 && w.n_sets == 1)
			udf_report(sink, UDF_P_FSD_SETS, place_at(&vol->fsd_at, "FSD file set number"),
				   vol->fsd.file_set_number, 0);
	}
	free(w.block);
	return err;
}
