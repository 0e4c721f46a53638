/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The direct entry of an ICB.  With strategy 4096 it is the last one of a chain. */
#include <stdlib.h>
#include <string.h>

#include "check/chk.h"

bool chk_is_entry(uint16_t tag_id)
{
	return tag_id == UDF_TAG_FE || tag_id == UDF_TAG_EFE;
}

bool chk_entry_decode(const struct chk *ck, const uint8_t *image, struct chk_icb *icb)
{
	struct udf_tag tag;
	size_t fixed;

	udf_tag_decode(image, &tag);
	if (!chk_is_entry(tag.id))
		return false;
	udf_fe_decode(image, &icb->fe);
	fixed = udf_fe_fixed_bytes(tag.id);
	icb->image = image;
	icb->ad_kind = (enum udf_ad_kind)(icb->fe.icb.flags & UDF_ICB_AD_MASK);
	if ((icb->fe.icb.flags & UDF_ICB_AD_MASK) > UDF_AD_EMBEDDED ||
	    icb->ad_kind == UDF_AD_EXTENDED)
		return false;
	if (icb->fe.ea_bytes > ck->bs - fixed || icb->fe.ad_bytes > ck->bs - fixed - icb->fe.ea_bytes)
		return false;
	icb->eas = image + fixed;
	icb->ads = icb->eas + icb->fe.ea_bytes;
	return true;
}

/* ---- strategy 4096: a chain of direct entries, the last of which holds ---- */

#define MAX_QUIET_CHAIN 65536u

/* Read the entry that follows the one at *AT into BLOCK.  *AT changes only if there is one. */
static bool next_entry(struct chk *ck, uint8_t *block, struct udf_lb_addr *at)
{
	struct udf_tag tag;
	struct udf_ie ie;

	if (!chk_is_inside(ck, at->part_ref, at->lbn, 2) ||
	    udf_vol_read(ck->vol, at->part_ref, at->lbn + 1, 1, block))
		return false;
	udf_tag_decode(block, &tag);
	if (tag.id != UDF_TAG_IE ||
	    udf_tag_verify(block, ck->bs, UDF_TAG_IE, chk_place(at->part_ref, at->lbn + 1, NULL), NULL,
			   NULL))
		return false;
	udf_ie_decode(block, &ie);
	if (!chk_is_inside(ck, ie.next_icb.addr.part_ref, ie.next_icb.addr.lbn, 2) ||
	    udf_vol_read(ck->vol, ie.next_icb.addr.part_ref, ie.next_icb.addr.lbn, 1, block))
		return false;
	udf_tag_decode(block, &tag);
	if (!chk_is_entry(tag.id))
		return false;
	*at = ie.next_icb.addr;
	return true;
}

/*
 * Check what follows the entry at AT, the last one that can be reached: nothing, a terminal entry, or an indirect
 * entry to a place where nothing has been written yet.  If an indirect entry is damaged, readers show an old state of
 * the file and report nothing.  Any other contents were there before the ICB.
 */
static void check_chain_end(struct chk *ck, struct udf_lb_addr at, uint8_t *block)
{
	struct udf_place place = chk_place(at.part_ref, at.lbn + 1, "second entry of the ICB");
	struct udf_lb_addr next;
	struct udf_tag tag;
	struct udf_ie ie;

	if (!chk_is_inside(ck, at.part_ref, at.lbn, 2) ||
	    udf_vol_read(ck->vol, at.part_ref, at.lbn + 1, 1, block))
		return;
	udf_tag_decode(block, &tag);
	if ((tag.id != UDF_TAG_IE && tag.id != UDF_TAG_TE) ||
	    chk_check_tag(ck, block, ck->bs, tag.id, place) || tag.id == UDF_TAG_TE)
		return;
	udf_ie_decode(block, &ie);
	next = ie.next_icb.addr;
	if (!chk_is_inside(ck, next.part_ref, next.lbn, 2)) {
		chk_report(ck, UDF_P_FID_TARGET, place, next.lbn, 0);
		return;
	}
	place = chk_place(next.part_ref, next.lbn, NULL);
	if (udf_vol_read(ck->vol, next.part_ref, next.lbn, 1, block)) {
		chk_report(ck, UDF_P_BLOCK_UNREADABLE, place, 0, 0);
		return;
	}
	udf_tag_decode(block, &tag);
	if (!chk_is_entry(tag.id) && (block[0] || memcmp(block, block + 1, ck->bs - 1)))
		chk_report(ck, UDF_P_ICB_INVALID, place, tag.id, UDF_TAG_EFE);
}

enum udf_err chk_entry_follow(struct chk *ck, struct chk_icb *icb, uint8_t *buf, bool claim)
{
	struct udf_lb_addr at = icb->at;
	uint8_t *scratch = malloc(ck->bs);
	bool twice = false;
	enum udf_err err = UDF_OK;

	if (!scratch)
		return UDF_E_NOMEM;
	if (claim && chk_is_inside(ck, at.part_ref, at.lbn, 2))
		err = chk_claim(ck, at.part_ref, at.lbn + 1, 1, NULL);
	for (uint32_t n = 0; !err && n < MAX_QUIET_CHAIN && next_entry(ck, scratch, &at); n++) {
		if (claim)
			err = chk_claim(ck, at.part_ref, at.lbn, 2, &twice);
		if (twice)
			break;
		memcpy(buf, scratch, ck->bs);
		icb->at = at;
	}
	if (!err && claim)
		check_chain_end(ck, icb->at, scratch);
	free(scratch);
	if (!err && !chk_entry_decode(ck, buf, icb))
		err = UDF_END;
	return err;
}

enum udf_err chk_each_entry(struct chk *ck, uint32_t index,
			    enum udf_err (*fn)(void *ctx, const struct udf_lb_addr *at), void *ctx)
{
	const struct chk_object *o = chk_object_at(&ck->objects, index);
	struct udf_lb_addr at = { .lbn = o->lbn, .part_ref = o->part_ref };
	uint8_t *block = malloc(ck->bs);
	enum udf_err err = block ? fn(ctx, &at) : UDF_E_NOMEM;

	for (uint32_t n = 0; !err && n < MAX_QUIET_CHAIN && next_entry(ck, block, &at); n++)
		err = fn(ctx, &at);
	free(block);
	return err == UDF_END ? UDF_OK : err;
}

bool chk_icb_load(struct chk *ck, uint32_t index, uint8_t *buf, struct chk_icb *ret_icb)
{
	const struct chk_object *o = chk_object_at(&ck->objects, index);
	struct chk_icb icb = { .index = index, .at = { .lbn = o->lbn, .part_ref = o->part_ref } };

	if (udf_vol_read(ck->vol, o->part_ref, o->lbn, 1, buf) || !chk_entry_decode(ck, buf, &icb))
		return false;
	if (icb.fe.icb.strategy == UDF_STRATEGY_4096 && chk_entry_follow(ck, &icb, buf, false))
		return false;
	*ret_icb = icb;
	return true;
}
