/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptor tags (ECMA-167 3/7.2, UDF 2.2.1, 2.3.1). */
#include <assert.h>

#include "base/bytes.h"
#include "base/crc16.h"
#include "ecma/codec.h"
#include "ecma/internal.h"

void udf_tag_decode(const uint8_t *p, struct udf_tag *ret_tag)
{
	ret_tag->id = get_le16(p);
	ret_tag->version = get_le16(p + 2);
	ret_tag->checksum = p[4];
	ret_tag->reserved = p[5];
	ret_tag->serial = get_le16(p + 6);
	ret_tag->crc = get_le16(p + 8);
	ret_tag->crc_bytes = get_le16(p + 10);
	ret_tag->location = get_le32(p + 12);
}

void udf_tag_encode(const struct udf_tag *tag, uint8_t *ret_bytes)
{
	put_le16(ret_bytes, tag->id);
	put_le16(ret_bytes + 2, tag->version);
	ret_bytes[4] = tag->checksum;
	ret_bytes[5] = tag->reserved;
	put_le16(ret_bytes + 6, tag->serial);
	put_le16(ret_bytes + 8, tag->crc);
	put_le16(ret_bytes + 10, tag->crc_bytes);
	put_le32(ret_bytes + 12, tag->location);
}

uint8_t udf_tag_checksum(const uint8_t *p)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < UDF_TAG_BYTES; i++)
		sum += p[i];
	return (uint8_t)(sum - p[4]);
}

bool udf_tag_crc_is_good(const uint8_t *buf, size_t n_bytes, const struct udf_tag *tag,
			 struct udf_place place, struct udf_sink *sink)
{
	uint16_t crc;

	if (tag->crc_bytes > n_bytes - UDF_TAG_BYTES) {
		udf_tell(sink, place, UDF_P_TAG_CRC_LENGTH, "DescriptorCRCLength", tag->crc_bytes,
			 n_bytes - UDF_TAG_BYTES);
		return false;
	}
	crc = udf_crc16(0, buf + UDF_TAG_BYTES, tag->crc_bytes);
	if (crc == tag->crc)
		return true;
	udf_tell(sink, place, UDF_P_TAG_CRC, "DescriptorCRC", tag->crc, crc);
	return false;
}

enum udf_err udf_tag_verify(const uint8_t *buf, size_t n_bytes, uint16_t want_id,
			    struct udf_place place, struct udf_sink *sink, struct udf_tag *ret_tag)
{
	struct udf_tag tag;
	bool is_good = true;

	if (n_bytes < UDF_TAG_BYTES) {
		udf_report(sink, UDF_P_TAG_ID, place, 0, want_id);
		return UDF_E_CORRUPT;
	}
	udf_tag_decode(buf, &tag);
	if (ret_tag)
		*ret_tag = tag;
	/* Without these two it isn't the descriptor, and its other fields mean nothing. */
	if (tag.checksum != udf_tag_checksum(buf)) {
		udf_report(sink, UDF_P_TAG_CHECKSUM, place, tag.checksum, udf_tag_checksum(buf));
		return UDF_E_CORRUPT;
	}
	if (want_id != UDF_TAG_ANY && tag.id != want_id) {
		udf_report(sink, UDF_P_TAG_ID, place, tag.id, want_id);
		return UDF_E_CORRUPT;
	}
	if (tag.version != 2 && tag.version != 3) {
		is_good = false;
		udf_report(sink, UDF_P_TAG_VERSION, place, tag.version, 3);
	}
	if ((is_good || sink) && tag.location != place.block_no) {
		is_good = false;
		udf_report(sink, UDF_P_TAG_LOCATION, place, tag.location, place.block_no);
	}
	if (tag.reserved != 0)	/* nothing depends on it, so it is reported but not refused */
		udf_tell(sink, place, UDF_P_RESERVED, "Tag.Reserved", tag.reserved, 0);
	if (is_good || sink)
		is_good &= udf_tag_crc_is_good(buf, n_bytes, &tag, place, sink);
	return is_good ? UDF_OK : UDF_E_CORRUPT;
}

void udf_tag_seal(uint8_t *buf, uint16_t id, uint16_t version, uint16_t serial, uint32_t location,
		  size_t crc_bytes)
{
	struct udf_tag tag = {
		.id = id,
		.version = version,
		.serial = serial,
		.location = location,
		.crc_bytes = (uint16_t)crc_bytes,
	};

	assert(crc_bytes <= UINT16_MAX);
	tag.crc = udf_crc16(0, buf + UDF_TAG_BYTES, crc_bytes);
	udf_tag_encode(&tag, buf);
	buf[4] = udf_tag_checksum(buf);
}

void udf_tag_move(uint8_t *buf, uint32_t location)
{
	put_le32(buf + UDF_TAG_LOCATION_AT, location);
	buf[4] = udf_tag_checksum(buf);
}

void udf_tag_reseal(uint8_t *buf)
{
	put_le16(buf + 8, udf_crc16(0, buf + UDF_TAG_BYTES, get_le16(buf + 10)));
	buf[4] = udf_tag_checksum(buf);
}
