// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules for every descriptor that is recorded in sectors of the volume. */
#include "base/bytes.h"
#include "ecma/layout.h"
#include "vol/internal.h"

/* Fields of the descriptors that have no validate function; their table has all their rules. */
static void check_fields(const uint8_t *bytes, uint16_t id, struct udf_place place, struct udf_sink *sink)
{
	union {
		struct udf_avdp avdp;
		struct udf_vdp vdp;
		struct udf_usd usd;
		struct udf_td td;
	} host;
	const struct udf_layout *layout = udf_layout_by_tag(id);

	if (id != UDF_TAG_AVDP && id != UDF_TAG_VDP && id != UDF_TAG_USD && id != UDF_TAG_TD)
		return;
	udf_layout_decode(layout, bytes, &host);
	udf_layout_check(layout, &host, 0, place, sink);
}

void vol_check_descriptor(const struct udf_vol *vol, const uint8_t *bytes, uint32_t n_bytes,
			  uint32_t span_bytes, struct udf_place place, struct udf_sink *sink)
{
	uint32_t crc_bytes = n_bytes - UDF_TAG_BYTES > UINT16_MAX ? UINT16_MAX : n_bytes - UDF_TAG_BYTES;
	struct udf_tag tag;

	if (!sink)
		return;
	udf_tag_decode(bytes, &tag);
	if (tag.crc_bytes != crc_bytes)
		udf_report(sink, UDF_P_TAG_CRC_LENGTH, place, tag.crc_bytes, crc_bytes);
	if (span_bytes > n_bytes && !bytes_are_zero(bytes + n_bytes, span_bytes - n_bytes))
		udf_report(sink, UDF_P_TAIL_NOT_ZERO, place, 0, 0);
	if (tag.serial != vol->tag_serial)
		udf_report(sink, UDF_P_TAG_SERIAL, place, tag.serial, vol->tag_serial);
	if (vol->n_anchors && tag.version != vol->anchor.tag.version)
		udf_report(sink, UDF_P_TAG_VERSION_MIX, place, tag.version, vol->anchor.tag.version);
	check_fields(bytes, tag.id, place, sink);
}
