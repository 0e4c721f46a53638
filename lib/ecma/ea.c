/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extended attribute spaces (ECMA-167 4/9.1, 4/14.10, UDF 3.3.4). */

#include "base/bytes.h"
#include "ecma/codec.h"
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

	put_le32(ret + 16, none);
	put_le32(ret + 20, none);
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
		.impl_use_bytes = 32,
		.major = major,
		.minor = minor,
	};
	uint8_t *p = ret + UDF_EAHD_BYTES;
	struct udf_regid impl;

	udf_regid_set_impl(&impl);
	udf_ea_encode(&ea, p);
	udf_ea_device_encode(&device, p + UDF_EA_HEADER_BYTES);
	udf_regid_encode(&impl, p + 24);
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
