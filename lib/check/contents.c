/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symlinks, extended attributes, times (ECMA-167 4/14.16, 4/14.10, 1/7.3). */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "check/chk.h"
#include "ecma/ea.h"
#include "ecma/symlink.h"

/* ---- symlinks ---- */

#define MAX_SYMLINK_BYTES 65536u

static void check_component_versions(struct chk *ck, const uint8_t *bytes, size_t n_bytes, struct udf_place place)
{
	place.field = "ComponentFileVersionNumber";
	for (size_t at = 0; at + UDF_COMPONENT_FIXED_BYTES <= n_bytes;
	     at += UDF_COMPONENT_FIXED_BYTES + (size_t)bytes[at + UDF_COMPONENT_NAME_BYTES_AT]) {
		uint16_t version = get_le16(bytes + at + UDF_COMPONENT_VERSION_AT);

		if (version)
			chk_report(ck, UDF_P_FIELD, place, version, 0);
	}
}

enum udf_err chk_check_symlink(struct chk *ck, const struct chk_icb *icb, struct chk_data *data)
{
	struct udf_place place = chk_place(icb->at.part_ref, icb->at.lbn, NULL);
	size_t n_bytes = (size_t)data->n_bytes;
	uint8_t *bytes;
	char *path;

	if (!data->n_bytes || data->n_bytes > MAX_SYMLINK_BYTES) {
		chk_report(ck, UDF_P_SYMLINK_BAD, place, data->n_bytes, 0);
		return UDF_OK;
	}
	/* A component becomes at most its bytes and the four before it; in UTF-8 it becomes twice as long. */
	bytes = malloc(n_bytes);
	path = malloc(n_bytes * 4 + 1);
	if (!bytes || !path) {
		free(bytes);
		free(path);
		return UDF_E_NOMEM;
	}
	if (chk_data_read(ck, data, 0, n_bytes, bytes))
		chk_report(ck, UDF_P_BLOCK_UNREADABLE, place, 0, 0);
	else if (udf_symlink_to_path(bytes, n_bytes, path, n_bytes * 4 + 1) == UDF_E_CORRUPT)
		chk_report(ck, UDF_P_SYMLINK_BAD, place, n_bytes, 0);
	else
		check_component_versions(ck, bytes, n_bytes, place);
	free(bytes);
	free(path);
	return UDF_OK;
}

/* ---- times ---- */

/* UDF allows local time only (type 1). */
static bool time_of(const struct udf_timestamp *ts, struct udf_time *ret_time)
{
	return ts->type_and_zone >> 12 == 1 && !udf_timestamp_to_time(ts, ret_time);
}

static void check_time(struct chk *ck, const struct chk_icb *icb, const struct udf_timestamp *ts,
		       const char *field)
{
	struct udf_place place = chk_place(icb->at.part_ref, icb->at.lbn, field);
	const struct udf_time *last = &ck->closed_at;
	struct udf_time time;

	if (!time_of(ts, &time)) {
		chk_report(ck, UDF_P_TIMESTAMP, place, ts->type_and_zone, 0);
		return;
	}
	/* Without a time zone nobody knows which moment it is. */
	if (!ck->has_closed_at ||
	    (time.zone_minutes == UDF_ZONE_UNKNOWN) != (last->zone_minutes == UDF_ZONE_UNKNOWN))
		return;
	if (time.seconds > last->seconds)
		chk_report(ck, UDF_P_FILE_TIME_LATE, place, (uint64_t)time.seconds, (uint64_t)last->seconds);
}

void chk_note_closing_time(struct chk *ck)
{
	const struct udf_vol *vol = ck->vol;

	ck->has_closed_at = vol->lvid_lsn && vol->lvid.type == UDF_LVID_CLOSED &&
			    time_of(&vol->lvid.recording_time, &ck->closed_at);
}

/*
 * The creation time of an entry.  An EFE has a field for it; an FE has it if an attribute holds it (ECMA-167
 * 4/14.10.5).
 */
static bool creation_of(const struct chk_icb *icb, struct udf_time *ret_time)
{
	struct udf_timestamp ts = icb->fe.creation_time;

	if (icb->fe.tag.id != UDF_TAG_EFE &&
	    (!icb->fe.ea_bytes || udf_ea_file_time_get(icb->eas, icb->fe.ea_bytes, 0, &ts)))
		return false;
	return time_of(&ts, ret_time);
}

/* Creation is not later than access, modification and attribute change (should, DCN-5153). */
static void check_creation(struct chk *ck, const struct chk_icb *icb)
{
	const struct udf_timestamp *others[] = { &icb->fe.access_time, &icb->fe.modification_time,
						 &icb->fe.attribute_time };
	struct udf_place place = chk_place(icb->at.part_ref, icb->at.lbn, "CreationTime");
	struct udf_time creation, other;

	if (!creation_of(icb, &creation))
		return;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!time_of(others[i], &other) || (creation.zone_minutes == UDF_ZONE_UNKNOWN) !=
							   (other.zone_minutes == UDF_ZONE_UNKNOWN))
			continue;
		if (creation.seconds > other.seconds ||
		    (creation.seconds == other.seconds && creation.microseconds > other.microseconds)) {
			chk_report(ck, UDF_P_FILE_CREATION_LATE, place, (uint64_t)creation.seconds,
				   (uint64_t)other.seconds);
			return;
		}
	}
}

void chk_check_times(struct chk *ck, const struct chk_icb *icb)
{
	check_creation(ck, icb);
	check_time(ck, icb, &icb->fe.access_time, "AccessTime");
	check_time(ck, icb, &icb->fe.modification_time, "ModificationTime");
	check_time(ck, icb, &icb->fe.attribute_time, "AttributeTime");
	if (icb->fe.tag.id == UDF_TAG_EFE)
		check_time(ck, icb, &icb->fe.creation_time, "CreationTime");
}

/* ---- extended attributes ---- */

struct ea_walk {
	struct chk *ck;
	struct udf_place place;
	uint32_t first_impl, first_app;	/* offsets, or UDF_EA_NONE */
	bool order_reported;
};

static bool type_is_known(uint32_t type)
{
	return type == UDF_EA_CHARSET || type == UDF_EA_FILE_TIMES || type == UDF_EA_INFO_TIMES ||
	       type == UDF_EA_DEVICE || type == UDF_EA_IMPL_USE || type == UDF_EA_APP_USE;
}

/*
 * Bytes of an attribute that its length field does not count (ECMA-167 4/14.10); 0 for a type without such a field.
 */
static uint32_t fixed_bytes_of(uint32_t type)
{
	switch (type) {
	case UDF_EA_CHARSET:
		return UDF_EA_CHARSET_FIXED_BYTES;
	case UDF_EA_FILE_TIMES:
	case UDF_EA_INFO_TIMES:
		return UDF_EA_TIMES_FIXED_BYTES;
	case UDF_EA_DEVICE:
		return UDF_EA_DEVICE_FIXED_BYTES;
	case UDF_EA_IMPL_USE:
	case UDF_EA_APP_USE:
		return UDF_EA_USE_FIXED_BYTES;
	default:
		return 0;
	}
}

/* Bytes of an attribute up to the end of its content; UINT64_MAX if even its length field is missing. */
static uint64_t content_end(const struct udf_ea *ea, const uint8_t *p)
{
	uint32_t fixed = fixed_bytes_of(ea->type);

	if (!fixed)
		return 0;
	return ea->n_bytes < fixed ? UINT64_MAX : fixed + (uint64_t)get_le32(p + UDF_EA_LENGTH_AT);
}

/*
 * Attributes that UDF defines must be known, allowed at this revision, and have the right checksum in their header.
 */
static void check_udf_attribute(struct ea_walk *w, const struct udf_ea *ea, const uint8_t *p)
{
	const struct udf_ea_kind *kind;
	struct udf_ea_use use;

	udf_ea_use_decode(p + UDF_EA_HEADER_BYTES, &use);
	if (memcmp(use.id.id, "*UDF ", 5))
		return;
	kind = udf_ea_kind_of(&use.id, use.use_bytes);
	if (!kind || kind->type != ea->type)
		chk_report(w->ck, UDF_P_FIELD_ODD, w->place, 0, 0);
	else if (w->ck->revision < kind->since || (kind->until && w->ck->revision > kind->until))
		chk_report(w->ck, UDF_P_REVISION, w->place, w->ck->revision, kind->since);
	if (use.use_bytes < (kind ? kind->fixed_bytes : 2u))
		chk_report(w->ck, UDF_P_EA_SPACE, w->place, use.use_bytes, kind ? kind->fixed_bytes : 2);
	else if (get_le16(p + UDF_EA_USE_FIXED_BYTES) != udf_ea_checksum(p))
		chk_report(w->ck, UDF_P_EA_CHECKSUM, w->place, get_le16(p + UDF_EA_USE_FIXED_BYTES),
			   udf_ea_checksum(p));
}

/* ECMA's attributes come first, then those of implementation use, then those of application use. */
static void check_order(struct ea_walk *w, const struct udf_ea *ea, uint32_t at)
{
	bool is_late = ea->type == UDF_EA_IMPL_USE ? w->first_app != UDF_EA_NONE
		       : ea->type == UDF_EA_APP_USE
			       ? false
			       : w->first_impl != UDF_EA_NONE || w->first_app != UDF_EA_NONE;

	if (is_late && !w->order_reported) {
		w->place.field = "order of attributes";
		chk_report(w->ck, UDF_P_EA_LOCATION, w->place, at, 0);
		w->order_reported = true;
	}
	if (ea->type == UDF_EA_IMPL_USE && w->first_impl == UDF_EA_NONE)
		w->first_impl = at;
	if (ea->type == UDF_EA_APP_USE && w->first_app == UDF_EA_NONE)
		w->first_app = at;
}

static void check_attribute(struct ea_walk *w, const struct udf_ea *ea, const uint8_t *p, uint32_t at)
{
	w->place.field = "attribute";
	if (!type_is_known(ea->type))
		chk_report(w->ck, UDF_P_EA_TYPE, w->place, ea->type, 0);
	if (ea->subtype != 1)
		chk_report(w->ck, UDF_P_FIELD, w->place, ea->subtype, 1);
	if (ea->reserved[0] | ea->reserved[1] | ea->reserved[2])
		chk_report(w->ck, UDF_P_RESERVED, w->place, ea->reserved[0], 0);
	if (content_end(ea, p) > ea->n_bytes) {
		chk_report(w->ck, UDF_P_EA_SPACE, w->place, ea->n_bytes, content_end(ea, p));
		return;
	}
	if (ea->type == UDF_EA_IMPL_USE || ea->type == UDF_EA_APP_USE)
		check_udf_attribute(w, ea, p);
	check_order(w, ea, at);
}

/* A location in the EAHD: that of the first attribute of its group, or the revision's value for "none". */
static void check_location(struct ea_walk *w, uint32_t found, uint32_t first, size_t n_bytes,
			   const char *field)
{
	bool is_none = w->ck->revision < 0x0200 ? found == n_bytes : found >= n_bytes;

	w->place.field = field;
	if (first == UDF_EA_NONE ? !is_none : found != first)
		chk_report(w->ck, UDF_P_EA_LOCATION, w->place, found,
			   first != UDF_EA_NONE ? first : w->ck->revision < 0x0200 ? n_bytes : UDF_EA_NONE);
}

void chk_check_eas(struct chk *ck, const uint8_t *space, size_t n_bytes, struct udf_place place,
		   bool *ret_has_device)
{
	struct ea_walk w = { ck, place, UDF_EA_NONE, UDF_EA_NONE, false };
	struct udf_ea_iter it;
	struct udf_eahd eahd;
	struct udf_ea ea;
	const uint8_t *p;
	enum udf_err err;

	*ret_has_device = false;
	if (udf_ea_iter_init(&it, space, n_bytes, place, &ck->sink))
		return;
	udf_eahd_decode(space, &eahd);
	while (!(err = udf_ea_next(&it, &ea, &p))) {
		check_attribute(&w, &ea, p, (uint32_t)(p - space));
		if (ea.type == UDF_EA_DEVICE && ea.n_bytes >= UDF_EA_DEVICE_FIXED_BYTES &&
		    get_le32(p + UDF_EA_LENGTH_AT) >= UDF_REGID_BYTES)
			*ret_has_device = true;
	}
	if (err != UDF_END) {
		place.field = "attribute";
		chk_report(ck, UDF_P_EA_SPACE, place, it.at, n_bytes);
		return;
	}
	check_location(&w, eahd.impl_at, w.first_impl, n_bytes, "ImplementationAttributesLocation");
	check_location(&w, eahd.app_at, w.first_app, n_bytes, "ApplicationAttributesLocation");
}

#define MAX_EA_FILE_BYTES (4u * 1024 * 1024)

enum udf_err chk_check_ea_file(struct chk *ck, const struct chk_icb *icb, struct chk_data *data)
{
	struct udf_lb_addr at = chk_data_block(ck, data, 0);
	size_t n_bytes = (size_t)data->n_bytes;
	uint8_t *bytes;
	bool has_device;

	if (!data->n_bytes)
		return UDF_OK;
	if (data->n_bytes > MAX_EA_FILE_BYTES) {
		chk_report(ck, UDF_P_EA_SPACE, chk_place(icb->at.part_ref, icb->at.lbn, NULL),
			   data->n_bytes, MAX_EA_FILE_BYTES);
		return UDF_OK;
	}
	bytes = malloc(n_bytes);
	if (!bytes)
		return UDF_E_NOMEM;
	if (chk_data_read(ck, data, 0, n_bytes, bytes))
		chk_report(ck, UDF_P_BLOCK_UNREADABLE, chk_place(at.part_ref, at.lbn, NULL), 0, 0);
	else
		chk_check_eas(ck, bytes, n_bytes, chk_place(at.part_ref, at.lbn, NULL), &has_device);
	free(bytes);
	return UDF_OK;
}
