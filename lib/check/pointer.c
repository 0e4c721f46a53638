/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pointer to an ICB: whether it can be valid, and which object it names. */
#include "check/chk.h"

bool chk_icb_pointer(struct chk *ck, const struct udf_long_ad *icb, struct udf_place place)
{
	uint32_t n_bytes = UDF_EXTENT_BYTES(icb->length);

	/* Strategy 4096 has extents of two blocks. */
	if (UDF_EXTENT_TYPE(icb->length) != UDF_EXTENT_RECORDED ||
	    (n_bytes != ck->bs && n_bytes != 2 * ck->bs)) {
		chk_report(ck, UDF_P_ICB_EXTENT_LENGTH, place, icb->length, ck->bs);
		if (!n_bytes)
			return false;
	}
	if (!chk_is_inside(ck, icb->addr.part_ref, icb->addr.lbn, 1)) {
		chk_report(ck, UDF_P_FID_TARGET, place, icb->addr.lbn, 0);
		return false;
	}
	return true;
}

enum udf_err chk_name_object(struct chk *ck, const struct udf_lb_addr *at, enum chk_role role,
			     uint32_t parent, uint32_t *ret_index, bool *ret_new)
{
	/* The same partition may have two references. */
	uint16_t part_ref = chk_space_of(ck, at->part_ref)->part_ref;
	uint32_t index = chk_objects_find(&ck->objects, part_ref, at->lbn);
	struct chk_object *o;
	enum udf_err err;

	*ret_new = index == CHK_NONE;
	if (index == CHK_NONE) {
		err = chk_objects_add(&ck->objects, part_ref, at->lbn, &index);
		if (err)
			return err;
		o = chk_object_at(&ck->objects, index);
		o->role = (uint8_t)role;
		o->parent = parent;
	}
	*ret_index = index;
	return UDF_OK;
}
