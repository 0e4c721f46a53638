/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File Identifier Descriptors (ECMA-167 4/14.4, UDF 2.3.4). */
#include <string.h>

#include "base/bytes.h"
#include "base/cs0.h"
#include "ecma/codec.h"
#include "ecma/internal.h"

#define ID_8 8
#define ID_16 16
#define ID_DELETED_8 254
#define ID_DELETED_16 255

enum udf_err udf_fid_decode(const uint8_t *p, size_t avail, struct udf_fid *ret_fid,
			    uint32_t *ret_n_bytes)
{
	uint32_t n_bytes;

	if (avail < UDF_FID_FIXED_BYTES || get_le16(p) != UDF_TAG_FID)
		return UDF_E_CORRUPT;
	n_bytes = udf_fid_n_bytes(p[UDF_FID_NAME_BYTES_AT], get_le16(p + UDF_FID_IMPL_USE_BYTES_AT));
	if (n_bytes > avail)
		return UDF_E_CORRUPT;
	udf_tag_decode(p, &ret_fid->tag);
	ret_fid->version_number = get_le16(p + 16);
	ret_fid->characteristics = p[18];
	ret_fid->name_bytes = p[19];
	udf_long_ad_decode(p + 20, &ret_fid->icb);
	ret_fid->impl_use_bytes = get_le16(p + 36);
	ret_fid->impl_use = p + UDF_FID_FIXED_BYTES;
	ret_fid->name = p + UDF_FID_FIXED_BYTES + ret_fid->impl_use_bytes;
	*ret_n_bytes = n_bytes;
	return UDF_OK;
}

void udf_fid_encode(const struct udf_fid *fid, uint8_t *ret)
{
	uint32_t n_bytes = udf_fid_n_bytes(fid->name_bytes, fid->impl_use_bytes);
	uint32_t used_bytes = UDF_FID_FIXED_BYTES + fid->impl_use_bytes + fid->name_bytes;
	uint8_t *name = ret + UDF_FID_FIXED_BYTES + fid->impl_use_bytes;

	put_le16(ret + 16, fid->version_number);
	ret[18] = fid->characteristics;
	ret[19] = fid->name_bytes;
	udf_long_ad_encode(&fid->icb, ret + 20);
	put_le16(ret + 36, fid->impl_use_bytes);
	/* memmove: a FID that was decoded from here and is encoded again names its own bytes. */
	if (fid->impl_use)
		memmove(ret + UDF_FID_FIXED_BYTES, fid->impl_use, fid->impl_use_bytes);
	else
		memset(ret + UDF_FID_FIXED_BYTES, 0, fid->impl_use_bytes);
	if (fid->name_bytes)
		memmove(name, fid->name, fid->name_bytes);
	memset(ret + used_bytes, 0, n_bytes - used_bytes);
	udf_tag_seal(ret, UDF_TAG_FID, fid->tag.version, fid->tag.serial, fid->tag.location,
		     n_bytes - UDF_TAG_BYTES);
}

/* ---- entries that name nothing ---- */

#define PLACE_DIGITS 4		/* each place has 4 bytes of the directory */
#define PLACE_BASE 189u		/* printable characters of Latin-1 without the spaces: 189^4 places are 4.7 GiB */
#define PLACE_NAME_BYTES (1u + PLACE_DIGITS + 1u)
#define NO_HOST_HAS '/'		/* so it is in no living name */
#define FIXED_ID_BYTES 4	/* UDF 2.00 has a value of so many bytes follow ID 254, and of twice as many ID 255 */

/*
 * Up to UDF 2.00 the names of deleted entries must differ, too (ECMA-167 2nd edition 4/8.6).  So their names say where
 * in the directory they are.
 */
static bool deleted_names_differ(uint16_t revision)
{
	return revision <= 0x0200;
}

static void name_by_place(struct udf_fid *fid, uint8_t id, uint64_t at, uint32_t n_bytes, uint8_t *name)
{
	uint32_t room = n_bytes - UDF_FID_FIXED_BYTES;
	uint64_t place = at / 4;

	fid->name_bytes = (uint8_t)(room < UDF_CS0_NAME_MAX_BYTES ? room : PLACE_NAME_BYTES);
	fid->impl_use_bytes = (uint16_t)(room - fid->name_bytes);
	fid->impl_use = NULL;
	fid->name = name;
	memset(name, NO_HOST_HAS, fid->name_bytes);
	name[0] = id;
	for (unsigned i = 1; i <= PLACE_DIGITS; i++, place /= PLACE_BASE) {
		uint8_t digit = (uint8_t)(place % PLACE_BASE);

		name[i] = (uint8_t)(digit < 94 ? '!' + digit : 0xA1 + digit - 94);
	}
}

uint32_t udf_fid_filler_min_bytes(uint16_t revision)
{
	return deleted_names_differ(revision) ? UDF_FID_FIXED_BYTES + PLACE_NAME_BYTES : UDF_FID_MIN_BYTES;
}

void udf_fid_make_filler(uint16_t revision, uint64_t at, uint32_t n_bytes, struct udf_fid *ret_fid,
			 uint8_t *ret_name)
{
	uint32_t room = n_bytes - UDF_FID_FIXED_BYTES;

	*ret_fid = (struct udf_fid){ .version_number = 1, .characteristics = UDF_FID_DELETED, .name = ret_name };
	if (deleted_names_differ(revision)) {
		name_by_place(ret_fid, revision < 0x0200 ? ID_8 : ID_DELETED_8, at, n_bytes, ret_name);
		return;
	}
	ret_fid->name_bytes = (uint8_t)(room < UDF_CS0_NAME_MAX_BYTES ? room : 2);
	ret_fid->impl_use_bytes = (uint16_t)(room - ret_fid->name_bytes);
	memset(ret_name, '_', ret_fid->name_bytes);
	ret_name[0] = ID_DELETED_8;
}

void udf_fid_delete(uint16_t revision, uint64_t at, struct udf_fid *fid, uint8_t *name)
{
	uint32_t n_bytes = udf_fid_n_bytes(fid->name_bytes, fid->impl_use_bytes);
	uint32_t fixed_bytes = fid->name_bytes && name[0] == ID_16 ? 2 * FIXED_ID_BYTES : FIXED_ID_BYTES;

	fid->characteristics |= UDF_FID_DELETED;
	memset(&fid->icb, 0, sizeof(fid->icb));
	if (deleted_names_differ(revision) && n_bytes >= udf_fid_filler_min_bytes(revision))
		name_by_place(fid, revision == 0x0200 && fid->name_bytes > fixed_bytes ? ID_DELETED_8 : ID_8, at,
			      n_bytes, name);
	else if (!deleted_names_differ(revision) && fid->name_bytes && (name[0] == ID_8 || name[0] == ID_16))
		name[0] = name[0] == ID_8 ? ID_DELETED_8 : ID_DELETED_16;
}

/* ---- rules ---- */

struct rules {
	const uint8_t *p;
	const struct udf_fid *fid;
	uint32_t n_bytes;
	uint16_t revision;
	struct udf_place place;
	struct udf_sink *sink;
};

static void report(const struct rules *r, enum udf_problem problem, const char *field, uint64_t found,
		   uint64_t expected)
{
	udf_tell(r->sink, r->place, problem, field, found, expected);
}

/* Can the bytes after the compression ID be read as text? */
static bool name_form_is_good(const struct udf_fid *fid)
{
	uint8_t id;

	if (fid->name_bytes == 0)
		return fid->characteristics & UDF_FID_PARENT;
	if (fid->name_bytes == 1)
		return false;
	id = fid->name[0];
	if (id == ID_16 || id == ID_DELETED_16)
		return fid->name_bytes % 2 == 1;
	return id == ID_8 || id == ID_DELETED_8;
}

static void check_name(const struct rules *r)
{
	const struct udf_fid *fid = r->fid;
	bool is_deleted = fid->characteristics & UDF_FID_DELETED;
	enum udf_problem bad_name = is_deleted ? UDF_P_FID_DELETED_NAME : UDF_P_FID_NAME;
	uint8_t id;

	if (fid->name_bytes == 0)
		return;
	id = fid->name[0];
	if (fid->characteristics & UDF_FID_PARENT)
		report(r, UDF_P_FID_NAME, "LengthOfFileIdentifier", fid->name_bytes, 0);
	if (id >= ID_DELETED_8 && (!is_deleted || r->revision < 0x0200))
		report(r, bad_name, "FileIdentifier", id, id == ID_DELETED_8 ? ID_8 : ID_16);
	else if (id >= ID_DELETED_8 && r->revision == 0x0200 &&
		 fid->name_bytes <= (id == ID_DELETED_8 ? FIXED_ID_BYTES : 2 * FIXED_ID_BYTES))
		report(r, UDF_P_FID_DELETED_NAME, "LengthOfFileIdentifier", fid->name_bytes,
		       1 + (id == ID_DELETED_8 ? FIXED_ID_BYTES : 2 * FIXED_ID_BYTES));
	for (uint32_t at = 1; id == ID_16 && at + 1 < fid->name_bytes; at += 2) {
		uint16_t unit = get_be16(fid->name + at);

		if (unit == 0xFEFF || unit == 0xFFFE)
			report(r, bad_name, "FileIdentifier", unit, 0);
	}
}

/* A null ICB is all zero.  Only deleted entries have one. */
static void check_icb(const struct rules *r)
{
	const struct udf_long_ad *icb = &r->fid->icb;
	bool is_deleted = r->fid->characteristics & UDF_FID_DELETED;

	if (UDF_EXTENT_TYPE(icb->length) != UDF_EXTENT_RECORDED)
		report(r, UDF_P_FID_ICB, "ICB.ExtentLength", icb->length,
		       UDF_EXTENT_BYTES(icb->length));
	else if (icb->length == 0 && !is_deleted)
		report(r, UDF_P_FID_ICB, "ICB.ExtentLength", 0, 1);
	else if (icb->length == 0 && (icb->addr.lbn || icb->addr.part_ref || icb->flags ||
				      icb->unique_id))
		report(r, UDF_P_FID_ICB, "ICB.ExtentLocation", icb->addr.lbn, 0);
	if (icb->flags != 0)
		report(r, UDF_P_RESERVED, "ICB.ImplementationUse", icb->flags, 0);
	if (icb->unique_id != 0 && r->revision < 0x0200)
		report(r, UDF_P_FIELD_ODD, "ICB.UDFUniqueID", icb->unique_id, 0);
}

static void check_fields(const struct rules *r)
{
	const struct udf_fid *fid = r->fid;
	uint8_t known = UDF_FID_HIDDEN | UDF_FID_DIRECTORY | UDF_FID_DELETED | UDF_FID_PARENT;
	uint32_t full = r->n_bytes - UDF_TAG_BYTES;
	uint32_t used = UDF_FID_FIXED_BYTES + fid->impl_use_bytes + fid->name_bytes;

	if (fid->tag.version != 2 && fid->tag.version != 3)
		report(r, UDF_P_TAG_VERSION, "DescriptorVersion", fid->tag.version, 3);
	if (fid->tag.location != r->place.block_no)
		report(r, UDF_P_TAG_LOCATION, "TagLocation", fid->tag.location, r->place.block_no);
	/* UDF 2.00 leaves this to the implementation (2.3.4.6 there). */
	if (fid->tag.crc_bytes < full)
		report(r, r->revision == 0x0200 ? UDF_P_FIELD_ODD : UDF_P_TAG_CRC_LENGTH,
		       "DescriptorCRCLength", fid->tag.crc_bytes, full);
	if (fid->tag.reserved)
		report(r, UDF_P_RESERVED, "Tag.Reserved", fid->tag.reserved, 0);
	if (fid->version_number != 1)
		report(r, UDF_P_FIELD, "FileVersionNumber", fid->version_number, 1);
	if (r->revision >= 0x0200)
		known |= UDF_FID_METADATA;
	if (fid->characteristics & ~known)
		report(r, UDF_P_RESERVED, "FileCharacteristics", fid->characteristics,
		       fid->characteristics & known);
	if (fid->impl_use_bytes != 0 && (fid->impl_use_bytes < 32 || fid->impl_use_bytes % 4 != 0))
		report(r, UDF_P_FIELD, "LengthOfImplementationUse", fid->impl_use_bytes, 32);
	for (uint32_t i = used; i < r->n_bytes; i++)
		if (r->p[i] != 0)
			report(r, UDF_P_RESERVED, "Padding", r->p[i], 0);
}

bool udf_fid_is_intact(const uint8_t *p, const struct udf_fid *fid, uint32_t n_bytes, struct udf_place place)
{
	return fid->tag.checksum == udf_tag_checksum(p) && udf_tag_crc_is_good(p, n_bytes, &fid->tag, place, NULL);
}

enum udf_err udf_fid_validate(const uint8_t *p, const struct udf_fid *fid, uint32_t n_bytes,
			      uint16_t revision, struct udf_place place, struct udf_sink *sink)
{
	const struct rules r = { p, fid, n_bytes, revision, place, sink };
	enum udf_err err = UDF_OK;

	if (fid->tag.checksum != udf_tag_checksum(p)) {
		report(&r, UDF_P_TAG_CHECKSUM, "TagChecksum", fid->tag.checksum,
		       udf_tag_checksum(p));
		return UDF_E_CORRUPT;
	}
	if (!udf_tag_crc_is_good(p, n_bytes, &fid->tag, place, sink))
		err = UDF_E_CORRUPT;
	if (!name_form_is_good(fid)) {
		report(&r, fid->characteristics & UDF_FID_DELETED ? UDF_P_FID_DELETED_NAME : UDF_P_FID_NAME,
		       "FileIdentifier", fid->name_bytes ? fid->name[0] : 0, ID_8);
		if (!(fid->characteristics & UDF_FID_DELETED))
			err = UDF_E_CORRUPT;
	}
	if (!sink)
		return err;
	check_fields(&r);
	check_name(&r);
	check_icb(&r);
	return err;
}
