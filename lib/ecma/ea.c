/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extended attribute spaces (ECMA-167 4/9.1, 4/14.10, UDF 3.3.4). */

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "ecma/ea.h"
#include "ecma/internal.h"

enum udf_err udf_ea_iter_init(struct udf_ea_iter *it, const uint8_t *space, size_t n_bytes,
			      struct udf_place place, struct udf_sink *sink)
{
	enum udf_err err;

	if (n_bytes < UDF_EAHD_BYTES) {
		udf_tell(sink, place, UDF_P_EA_SPACE, "LengthOfExtendedAttributes", n_bytes,
			 UDF_EAHD_BYTES);
		return UDF_E_CORRUPT;
	}
	err = udf_tag_verify(space, UDF_EAHD_BYTES, UDF_TAG_EAHD, place, sink, NULL);
	if (err)
		return err;
	*it = (struct udf_ea_iter){ .space = space, .n_bytes = n_bytes, .at = UDF_EAHD_BYTES };
	return UDF_OK;
}

enum udf_err udf_ea_next(struct udf_ea_iter *it, struct udf_ea *ret_ea, const uint8_t **ret_p)
{
	const uint8_t *p = it->space + it->at;
	size_t avail = it->n_bytes - it->at;
	struct udf_ea ea;

	if (avail == 0)
		return UDF_END;
	if (avail < UDF_EA_HEADER_BYTES)
		return UDF_E_CORRUPT;
	udf_ea_decode(p, &ea);
	if (ea.n_bytes < UDF_EA_HEADER_BYTES || ea.n_bytes > avail || ea.n_bytes % 4 != 0)
		return UDF_E_CORRUPT;
	it->at += ea.n_bytes;
	*ret_ea = ea;
	*ret_p = p;
	return UDF_OK;
}

/* The EAHD of a space that holds ECMA attributes only: no others yet (UDF 3.3.4.1). */
static void eahd_encode(size_t space_bytes, uint16_t version, uint16_t serial, uint32_t location,
			uint16_t revision, uint8_t *ret)
{
	uint32_t none = revision < 0x0200 ? (uint32_t)space_bytes : UDF_EA_NONE;
	const struct udf_eahd eahd = { .impl_at = none, .app_at = none };

	udf_eahd_encode(&eahd, ret);
	udf_tag_seal(ret, UDF_TAG_EAHD, version, serial, location, UDF_EAHD_BYTES - UDF_TAG_BYTES);
}

void udf_device_ea_encode(uint32_t major, uint32_t minor, uint16_t version, uint16_t serial,
			  uint32_t location, uint16_t revision, uint8_t *ret)
{
	const struct udf_ea ea = {
		.type = UDF_EA_DEVICE,
		.subtype = 1,
		.n_bytes = UDF_DEVICE_EA_BYTES - UDF_EAHD_BYTES,
	};
	const struct udf_ea_device device = {
		.impl_use_bytes = UDF_REGID_BYTES,
		.major = major,
		.minor = minor,
	};
	uint8_t *p = ret + UDF_EAHD_BYTES;
	struct udf_regid impl;

	udf_regid_set_impl(&impl);
	udf_ea_encode(&ea, p);
	udf_ea_device_encode(&device, p + UDF_EA_HEADER_BYTES);
	udf_regid_encode(&impl, p + UDF_EA_DEVICE_FIXED_BYTES);
	eahd_encode(UDF_DEVICE_EA_BYTES, version, serial, location, revision, ret);
}

void udf_creation_ea_encode(const struct udf_timestamp *creation, uint16_t version, uint16_t serial,
			    uint32_t location, uint16_t revision, uint8_t *ret)
{
	const struct udf_ea ea = {
		.type = UDF_EA_FILE_TIMES,
		.subtype = 1,
		.n_bytes = UDF_CREATION_EA_BYTES - UDF_EAHD_BYTES,
	};
	uint8_t *p = ret + UDF_EAHD_BYTES;

	udf_ea_encode(&ea, p);
	put_le32(p + 12, 12);	/* DataLength: one timestamp */
	put_le32(p + 16, 1);	/* FileTimeExistence: bit 0, creation */
	udf_timestamp_encode(creation, p + 20);
	eahd_encode(UDF_CREATION_EA_BYTES, version, serial, location, revision, ret);
}

#define KIND(name, ea_type, first, last, record) \
	{ .id = (name), .type = (ea_type), .since = (first), .until = (last), \
	  .fixed_bytes = DISC_##record, .layout = &udf_layout_ea_##record }
#define DISC_free_space 2
#define DISC_dvd_cgms 8
#define DISC_os2_length 6
#define DISC_mac_volume 58
#define DISC_mac_finder_dir 40
#define DISC_mac_finder_file 48
#define DISC_mac_id_table 8
#define DISC_os400_dir 48
#define DISC_vat_extension 146

/* UDF 3.3.4.5, 3.3.4.6.  Of two with one identifier the longer one comes first. */
static const struct udf_ea_kind kinds[] = {
	KIND("*UDF FreeEASpace", UDF_EA_IMPL_USE, 0x0102, 0, free_space),
	KIND("*UDF FreeAppEASpace", UDF_EA_APP_USE, 0x0102, 0, free_space),
	KIND("*UDF DVD CGMS Info", UDF_EA_IMPL_USE, 0x0102, 0, dvd_cgms),
	KIND("*UDF OS/2 EALength", UDF_EA_IMPL_USE, 0x0102, 0, os2_length),
	KIND("*UDF OS/2 EA", UDF_EA_IMPL_USE, 0x0102, 0x0150, free_space),	/* a list follows */
	KIND("*UDF Mac VolumeInfo", UDF_EA_IMPL_USE, 0x0102, 0, mac_volume),
	KIND("*UDF Mac FinderInfo", UDF_EA_IMPL_USE, 0x0102, 0, mac_finder_file),
	KIND("*UDF Mac FinderInfo", UDF_EA_IMPL_USE, 0x0102, 0, mac_finder_dir),
	KIND("*UDF Mac UniqueIDTable", UDF_EA_IMPL_USE, 0x0102, 0x0150, mac_id_table),
	KIND("*UDF Mac ResourceFork", UDF_EA_IMPL_USE, 0x0102, 0, free_space),	/* the fork follows */
	KIND("*UDF OS/400 DirInfo", UDF_EA_IMPL_USE, 0x0201, 0, os400_dir),
	KIND("*UDF VAT LVExtension", UDF_EA_IMPL_USE, 0x0150, 0x0150, vat_extension),
};

const struct udf_ea_kind *udf_ea_kind_of(const struct udf_regid *id, uint32_t use_bytes)
{
	const struct udf_ea_kind *last = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!udf_regid_is(id, kinds[i].id))
			continue;
		if (use_bytes >= kinds[i].fixed_bytes)
			return &kinds[i];
		last = &kinds[i];
	}
	return last;
}

uint16_t udf_ea_checksum(const uint8_t *ea)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < UDF_EA_USE_FIXED_BYTES; i++)
		sum += ea[i];
	return (uint16_t)sum;
}

enum udf_err udf_ea_use_get(const struct udf_ea *ea, const uint8_t *p, struct udf_ea_use *ret_use,
			    const uint8_t **ret_area, const struct udf_ea_kind **ret_kind)
{
	const struct udf_ea_kind *kind;
	struct udf_ea_use use;

	if ((ea->type != UDF_EA_IMPL_USE && ea->type != UDF_EA_APP_USE) ||
	    ea->n_bytes < UDF_EA_USE_FIXED_BYTES)
		return UDF_E_CORRUPT;
	udf_ea_use_decode(p + UDF_EA_HEADER_BYTES, &use);
	if (use.use_bytes > ea->n_bytes - UDF_EA_USE_FIXED_BYTES)
		return UDF_E_CORRUPT;
	kind = udf_ea_kind_of(&use.id, use.use_bytes);
	if (kind && kind->type != ea->type)
		kind = NULL;
	if (kind && (use.use_bytes < kind->fixed_bytes ||
		     get_le16(p + UDF_EA_USE_FIXED_BYTES) != udf_ea_checksum(p)))
		return UDF_E_CORRUPT;
	*ret_use = use;
	*ret_area = p + UDF_EA_USE_FIXED_BYTES;
	*ret_kind = kind;
	return UDF_OK;
}

void udf_ea_make(const char *id, uint16_t revision, const uint8_t *area, uint32_t use_bytes,
		 uint8_t *ret)
{
	struct udf_ea ea = { .subtype = 1, .n_bytes = udf_ea_use_total_bytes(use_bytes) };
	struct udf_ea_use use = { .use_bytes = use_bytes };
	const struct udf_ea_kind *kind;

	assert(use_bytes >= 2);
	udf_regid_set_udf(&use.id, id, revision);
	kind = udf_ea_kind_of(&use.id, use_bytes);
	ea.type = kind ? kind->type : UDF_EA_IMPL_USE;
	memset(ret, 0, ea.n_bytes);
	udf_ea_encode(&ea, ret);
	udf_ea_use_encode(&use, ret + UDF_EA_HEADER_BYTES);
	memcpy(ret + UDF_EA_USE_FIXED_BYTES, area, use_bytes);
	put_le16(ret + UDF_EA_USE_FIXED_BYTES, udf_ea_checksum(ret));
}

/* The time of BIT in a File Times attribute: before it is one timestamp for each lower bit that is set. */
static enum udf_err file_time_of(const struct udf_ea *ea, const uint8_t *p, unsigned bit,
				 struct udf_timestamp *ret_time)
{
	size_t avail = ea->n_bytes - UDF_EA_HEADER_BYTES, at;
	struct udf_ea_times times;

	if (avail < udf_layout_ea_times.n_bytes)
		return UDF_E_CORRUPT;
	p += UDF_EA_HEADER_BYTES;
	udf_ea_times_decode(p, &times);
	if (bit > 31 || !(times.existence >> bit & 1))
		return UDF_E_NOT_FOUND;
	at = (unsigned)__builtin_popcount(times.existence & ((UINT32_C(1) << bit) - 1)) *
	     udf_layout_timestamp.n_bytes;
	avail -= udf_layout_ea_times.n_bytes;
	if (at + udf_layout_timestamp.n_bytes > avail ||
	    at + udf_layout_timestamp.n_bytes > times.data_bytes)
		return UDF_E_CORRUPT;
	udf_timestamp_decode(p + udf_layout_ea_times.n_bytes + at, ret_time);
	return UDF_OK;
}

enum udf_err udf_ea_file_time_get(const uint8_t *space, size_t n_bytes, unsigned bit,
				  struct udf_timestamp *ret_time)
{
	struct udf_ea_iter it = { .space = space, .n_bytes = n_bytes, .at = UDF_EAHD_BYTES };
	struct udf_ea ea;
	const uint8_t *p;
	enum udf_err err;

	if (n_bytes < UDF_EAHD_BYTES)
		return UDF_E_CORRUPT;
	while ((err = udf_ea_next(&it, &ea, &p)) == UDF_OK)
		if (ea.type == UDF_EA_FILE_TIMES)
			return file_time_of(&ea, p, bit, ret_time);
	return err == UDF_END ? UDF_E_NOT_FOUND : err;
}
