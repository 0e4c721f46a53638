/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Visiting one object: its entry, what it owns, and what it contains. */
#include <stdlib.h>
#include <string.h>

#include "check/chk.h"

static bool type_fits_role(const struct chk_object *o, uint8_t type)
{
	switch ((enum chk_role)o->role) {
	case CHK_ROLE_ROOT:
		return type == UDF_FT_DIRECTORY;
	case CHK_ROLE_SYSTEM_STREAMS:
	case CHK_ROLE_STREAM_DIRECTORY:
		return type == UDF_FT_STREAM_DIRECTORY;
	case CHK_ROLE_STREAM:
		return type == UDF_FT_REGULAR || type == UDF_FT_REAL_TIME;
	case CHK_ROLE_EA_FILE:
		return type == UDF_FT_EA_FILE;
	case CHK_ROLE_NAMED:
		break;
	}
	return type == UDF_FT_UNSPECIFIED || type == UDF_FT_DIRECTORY || type == UDF_FT_REGULAR ||
	       type == UDF_FT_BLOCK_DEVICE || type == UDF_FT_CHAR_DEVICE || type == UDF_FT_FIFO ||
	       type == UDF_FT_SOCKET || type == UDF_FT_SYMLINK || type == UDF_FT_REAL_TIME;
}

static bool has_no_contents(uint8_t type)
{
	return type == UDF_FT_BLOCK_DEVICE || type == UDF_FT_CHAR_DEVICE || type == UDF_FT_FIFO ||
	       type == UDF_FT_SOCKET;
}

static void check_type(struct chk *ck, const struct chk_icb *icb, const struct chk_object *o)
{
	struct udf_place place = chk_place(icb->at.part_ref, icb->at.lbn, NULL);
	uint8_t type = icb->fe.icb.file_type;
	bool as_directory = o->flags & CHK_OBJECT_AS_DIRECTORY;
	bool is_stream = icb->fe.icb.flags & UDF_ICB_STREAM;

	if (!type_fits_role(o, type))
		chk_report(ck, UDF_P_FILE_TYPE, place, type, 0);
	else if (o->role == CHK_ROLE_NAMED && as_directory != (type == UDF_FT_DIRECTORY))
		chk_report(ck, UDF_P_FID_TYPE, place, as_directory, !as_directory);
	if (o->role == CHK_ROLE_NAMED && type == UDF_FT_UNSPECIFIED)
		chk_report(ck, UDF_P_FILE_TYPE_ZERO, place, type, UDF_FT_REGULAR);
	if (has_no_contents(type) && (icb->fe.information_bytes || icb->fe.ad_bytes))
		chk_report(ck, UDF_P_SPECIAL_FILE_DATA, place, icb->fe.information_bytes, 0);
	if (ck->revision >= 0x0200 && is_stream != (o->role == CHK_ROLE_STREAM) &&
	    o->role != CHK_ROLE_SYSTEM_STREAMS && o->role != CHK_ROLE_STREAM_DIRECTORY)
		chk_report(ck, UDF_P_STREAM_FLAG, place, is_stream, !is_stream);
}

/* An EA file or a stream directory, which belongs to one object. */
static enum udf_err name_owned(struct chk *ck, const struct chk_icb *icb, const struct udf_long_ad *owned,
			       enum chk_role role, const char *field)
{
	struct udf_place place = chk_place(icb->at.part_ref, icb->at.lbn, field);
	struct udf_lb_addr at = owned->addr;
	uint32_t index;
	bool is_new;
	enum udf_err err;

	if (!chk_icb_pointer(ck, owned, place)) {
		ck->incomplete = true;
		return UDF_OK;
	}
	err = chk_name_object(ck, &at, role, icb->index, &index, &is_new);
	if (!err && !is_new)
		chk_report(ck, UDF_P_OWNED_TWICE, place, at.lbn, 0);
	if (!err && is_new)
		chk_object_at(&ck->objects, index)->unique_id = (uint32_t)icb->fe.unique_id;
	return err;
}

static enum udf_err check_owned(struct chk *ck, const struct chk_icb *icb, struct chk_object *o)
{
	const struct udf_fe *fe = &icb->fe;
	bool is_main = o->role == CHK_ROLE_NAMED || o->role == CHK_ROLE_ROOT;
	struct udf_place place = chk_place(icb->at.part_ref, icb->at.lbn, NULL);
	struct chk_object_size *size;
	enum udf_err err = UDF_OK;

	if (!is_main && (fe->ea_icb.length || (fe->ea_bytes && o->role != CHK_ROLE_EA_FILE)))
		chk_report(ck, UDF_P_EA_FORBIDDEN, place, fe->ea_bytes, 0);
	else if (fe->ea_icb.length)
		err = name_owned(ck, icb, &fe->ea_icb, CHK_ROLE_EA_FILE, "ExtendedAttributeICB");
	if (err || fe->tag.id != UDF_TAG_EFE)
		return err;
	if (!fe->stream_icb.length) {
		if (fe->object_bytes != fe->information_bytes)
			chk_report(ck, UDF_P_OBJECT_SIZE_STALE, place, fe->object_bytes,
				   fe->information_bytes);
		return UDF_OK;
	}
	if (!is_main) {
		chk_report(ck, UDF_P_STREAM_FORBIDDEN, place, fe->stream_icb.addr.lbn, 0);
		return UDF_OK;
	}
	o->flags |= CHK_OBJECT_HAS_STREAMS;
	size = chk_array_add(&ck->object_sizes, sizeof(*size));
	if (!size)
		return UDF_E_NOMEM;
	*size = (struct chk_object_size){ icb->index, false, fe->object_bytes - fe->information_bytes };
	return name_owned(ck, icb, &fe->stream_icb, CHK_ROLE_STREAM_DIRECTORY, "StreamDirectoryICB");
}

/* Compare the object's own UniqueID with that of the name that led to it (UDF 3.2.1.1). */
static enum udf_err check_own_id(struct chk *ck, const struct chk_icb *icb, struct chk_object *o)
{
	struct udf_place place = chk_place(icb->at.part_ref, icb->at.lbn, "UniqueID");
	uint64_t id = icb->fe.unique_id;
	uint32_t low = (uint32_t)id;
	bool has_fid_ids = ck->revision >= 0x0200;
	struct chk_own_id *own;

	if (id > ck->highest_id)
		ck->highest_id = id;
	switch ((enum chk_role)o->role) {
	case CHK_ROLE_ROOT:
	case CHK_ROLE_SYSTEM_STREAMS:
		if (id)
			chk_report(ck, UDF_P_UNIQUE_ID_OWN, place, id, 0);
		o->unique_id = low;
		return UDF_OK;
	case CHK_ROLE_STREAM_DIRECTORY:
	case CHK_ROLE_EA_FILE:
	case CHK_ROLE_STREAM:
		/* unique_id is the owner's; UDF 2.00 contradicts itself about streams. */
		if (low != o->unique_id && !(ck->revision == 0x0200 && !id))
			chk_report(ck, UDF_P_UNIQUE_ID_OWN, place, id, o->unique_id);
		return UDF_OK;
	case CHK_ROLE_NAMED:
		break;
	}
	if (low < 16)
		chk_report(ck, UDF_P_UNIQUE_ID_RESERVED, place, id, 16);
	if (has_fid_ids && o->flags & CHK_OBJECT_AS_DIRECTORY && o->unique_id != low)
		chk_report(ck, UDF_P_FID_UNIQUE_ID, place, o->unique_id, low);
	else if (has_fid_ids && !(o->flags & CHK_OBJECT_AS_DIRECTORY) && o->unique_id < id &&
		 ck->vol->lvid.next_unique_id <= UINT32_MAX)
		chk_report(ck, UDF_P_FID_UNIQUE_ID, place, o->unique_id, low);
	if (has_fid_ids && (o->unique_id != low ||
			    (icb->fe.link_count > 1 && !(o->flags & CHK_OBJECT_AS_DIRECTORY)))) {
		own = chk_array_add(&ck->own_ids, sizeof(*own));
		if (!own)
			return UDF_E_NOMEM;
		*own = (struct chk_own_id){ icb->index, low };
	}
	if (!has_fid_ids)
		o->unique_id = low;
	return UDF_OK;
}

/* Rules for the entry itself. */
static void check_entry(struct chk *ck, const struct chk_icb *icb)
{
	const struct udf_fe *fe = &icb->fe;
	struct udf_place place = chk_place(icb->at.part_ref, icb->at.lbn, NULL);
	size_t end = (size_t)(icb->ads - icb->image) + fe->ad_bytes;

	udf_fe_validate(fe, ck->bs, ck->revision, place, &ck->sink);
	chk_check_crc_length(ck, &fe->tag, end, place);
	if (ck->revision >= 0x0200 && fe->tag.id == UDF_TAG_FE && !ck->old_entry_reported) {
		chk_report(ck, UDF_P_FILE_ENTRY_OLD, place, UDF_TAG_FE, UDF_TAG_EFE);
		ck->old_entry_reported = true;
	}
	if (end < ck->bs &&
	    (icb->image[end] || memcmp(icb->image + end, icb->image + end + 1, ck->bs - end - 1)))
		chk_report(ck, UDF_P_TAIL_NOT_ZERO, place, end, ck->bs);
	chk_check_times(ck, icb);
}

/* ---- what the object holds ---- */

static enum udf_err check_contents(struct chk *ck, const struct chk_icb *icb, const struct chk_object *o)
{
	uint8_t type = icb->fe.icb.file_type;
	bool is_directory = type == UDF_FT_DIRECTORY || type == UDF_FT_STREAM_DIRECTORY;
	bool is_read = is_directory || type == UDF_FT_SYMLINK || o->role == CHK_ROLE_EA_FILE;
	struct chk_data data;
	bool is_bad;
	enum udf_err err;

	err = chk_check_extents(ck, icb, is_read, &data, &is_bad);
	if (is_directory && (err == UDF_END || is_bad))
		ck->incomplete = true;
	if (err == UDF_END && is_directory) {
		chk_object_at(&ck->objects, icb->index)->flags |= CHK_OBJECT_LOST_NAMES;
		chk_count_parent(ck, o);
	}
	if (err)
		return err == UDF_END ? UDF_OK : err;
	/* Only this bit and the type say whether the parent counts it, and they contradict each other. */
	if (!is_directory && o->flags & CHK_OBJECT_AS_DIRECTORY)
		chk_object_at(&ck->objects, o->parent)->flags |= CHK_OBJECT_LOST_NAMES;
	if (is_directory)
		err = chk_directory(ck, icb, &data, is_bad);
	else if (is_read && !is_bad && type == UDF_FT_SYMLINK)
		err = chk_check_symlink(ck, icb, &data);
	else if (is_read && !is_bad)
		err = chk_check_ea_file(ck, icb, &data);
	chk_data_done(&data);
	return err;
}

static void check_device(struct chk *ck, const struct chk_icb *icb)
{
	uint8_t type = icb->fe.icb.file_type;
	struct udf_place place = chk_place(icb->at.part_ref, icb->at.lbn, NULL);
	bool has_device = false;

	if (icb->fe.ea_bytes)
		chk_check_eas(ck, icb->eas, icb->fe.ea_bytes, place, &has_device);
	if ((type == UDF_FT_BLOCK_DEVICE || type == UDF_FT_CHAR_DEVICE) && !has_device)
		chk_report(ck, UDF_P_DEVICE_EA_MISSING, place, type, UDF_EA_DEVICE);
}

/* Is IMAGE so unlike an entry that nothing of it can be used?  Then this is reported. */
static bool is_lost(struct chk *ck, const uint8_t *image, struct chk_icb *icb)
{
	struct udf_place place = chk_place(icb->at.part_ref, icb->at.lbn, NULL);
	uint64_t n_crc = ck->n_by_problem[UDF_P_TAG_CRC];
	struct udf_tag tag;

	udf_tag_decode(image, &tag);
	if (!chk_is_entry(tag.id)) {
		chk_report(ck, UDF_P_ICB_INVALID, place, tag.id, UDF_TAG_EFE);
		return true;
	}
	chk_check_tag(ck, image, ck->bs, UDF_TAG_ANY, place);
	if (chk_entry_decode(ck, image, icb))
		return false;
	/* If the CRC is wrong, bad lengths are the same damage. */
	if (ck->n_by_problem[UDF_P_TAG_CRC] == n_crc) {
		udf_fe_decode(image, &icb->fe);
		udf_fe_validate(&icb->fe, ck->bs, ck->revision, place, &ck->sink);
	}
	return true;
}

/* Nothing of the object can be used. */
static enum udf_err give_up(struct chk *ck, struct chk_object *o)
{
	o->flags |= CHK_OBJECT_BAD;
	ck->incomplete = true;
	if (o->flags & CHK_OBJECT_AS_DIRECTORY || o->role == CHK_ROLE_STREAM_DIRECTORY)
		chk_count_parent(ck, o);
	return UDF_OK;
}

static enum udf_err visit_entry(struct chk *ck, const uint8_t *image, struct chk_icb *icb)
{
	struct chk_object *o = chk_object_at(&ck->objects, icb->index);
	enum udf_err err;

	if (is_lost(ck, image, icb))
		return give_up(ck, o);
	if (icb->fe.icb.strategy == UDF_STRATEGY_4096) {
		memcpy(ck->entry, image, ck->bs);
		err = chk_entry_follow(ck, icb, ck->entry, true);
		if (err && err != UDF_END)
			return err;
		if (err || (icb->at.lbn != o->lbn && is_lost(ck, ck->entry, icb)))
			return give_up(ck, o);
	}
	check_entry(ck, icb);
	o->type = icb->fe.icb.file_type;
	o->links_stated = icb->fe.link_count;
	check_type(ck, icb, o);
	check_device(ck, icb);
	err = check_own_id(ck, icb, o);
	if (!err)
		err = check_owned(ck, icb, o);
	if (!err && o->role == CHK_ROLE_STREAM) {
		struct chk_object_size *size = chk_array_add(&ck->object_sizes, sizeof(*size));

		if (!size)
			return UDF_E_NOMEM;
		*size = (struct chk_object_size){ chk_object_at(&ck->objects, o->parent)->parent, true,
						  icb->fe.information_bytes };
	}
	return err ? err : check_contents(ck, icb, o);
}

enum udf_err chk_visit(struct chk *ck, uint32_t index, const uint8_t *image)
{
	struct chk_object *o = chk_object_at(&ck->objects, index);
	struct chk_icb icb = { .index = index, .at = { .lbn = o->lbn, .part_ref = o->part_ref } };
	enum udf_err err;

	o->flags |= CHK_OBJECT_VISITED;
	err = chk_claim(ck, o->part_ref, o->lbn, 1, NULL);
	if (err)
		return err;
	if (!image) {
		chk_report(ck, UDF_P_BLOCK_UNREADABLE, chk_place(o->part_ref, o->lbn, NULL), 0, 0);
		return give_up(ck, o);
	}
	return visit_entry(ck, image, &icb);
}
