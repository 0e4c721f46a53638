/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "ecma/layout.h"
#include "ecma/internal.h"

const struct udf_layout *const udf_layouts[] = {
	&udf_layout_tag, &udf_layout_charspec, &udf_layout_timestamp, &udf_layout_regid,
	&udf_layout_extent_ad, &udf_layout_lb_addr, &udf_layout_short_ad, &udf_layout_long_ad,
	&udf_layout_ext_ad, &udf_layout_icbtag,
	&udf_layout_vsd, &udf_layout_avdp, &udf_layout_vdp, &udf_layout_pvd, &udf_layout_iuvd,
	&udf_layout_partition_header, &udf_layout_pd, &udf_layout_lvd, &udf_layout_partition_map1,
	&udf_layout_partition_map2, &udf_layout_sparable_map, &udf_layout_metadata_map,
	&udf_layout_usd, &udf_layout_td, &udf_layout_lvid, &udf_layout_lvid_impl,
	&udf_layout_sparing_table, &udf_layout_sparing_entry, &udf_layout_vat200, &udf_layout_vat150_tail,
	&udf_layout_fsd, &udf_layout_fid, &udf_layout_aed, &udf_layout_ie, &udf_layout_te,
	&udf_layout_fe, &udf_layout_efe, &udf_layout_eahd, &udf_layout_ea, &udf_layout_ea_device,
	&udf_layout_use, &udf_layout_sbd, &udf_layout_id_mapping, &udf_layout_id_mapping_entry,
	&udf_layout_ea_charset, &udf_layout_ea_alt_permissions, &udf_layout_ea_times,
	&udf_layout_ea_use, &udf_layout_ea_free_space, &udf_layout_ea_dvd_cgms,
	&udf_layout_ea_os2_length, &udf_layout_ea_mac_volume, &udf_layout_ea_mac_finder_dir,
	&udf_layout_ea_mac_finder_file, &udf_layout_ea_mac_id_table, &udf_layout_ea_os400_dir,
	&udf_layout_ea_vat_extension,
};
const size_t udf_n_layouts = sizeof(udf_layouts) / sizeof(udf_layouts[0]);

const struct udf_layout *udf_layout_by_tag(uint16_t tag_id)
{
	if (tag_id == UDF_TAG_NONE)
		return NULL;
	for (size_t i = 0; i < udf_n_layouts; i++)
		if (udf_layouts[i]->tag_id == tag_id)
			return udf_layouts[i];
	return NULL;
}

uint64_t udf_row_number(const struct udf_row *row, const void *host)
{
	const uint8_t *member = (const uint8_t *)host + row->host_at;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (row->host_bytes) {
	case 1:
		return *member;
	case 2:
		memcpy(&v16, member, sizeof(v16));
		return v16;
	case 4:
		memcpy(&v32, member, sizeof(v32));
		return v32;
	default:
		memcpy(&v64, member, sizeof(v64));
		return v64;
	}
}

static void number_decode(const struct udf_row *row, const uint8_t *p, uint8_t *ret)
{
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (row->n_bytes) {
	case 1:
		*ret = *p;
		break;
	case 2:
		v16 = get_le16(p);
		memcpy(ret, &v16, sizeof(v16));
		break;
	case 4:
		v32 = get_le32(p);
		memcpy(ret, &v32, sizeof(v32));
		break;
	default:
		v64 = get_le64(p);
		memcpy(ret, &v64, sizeof(v64));
		break;
	}
}

static void number_encode(const struct udf_row *row, const void *host, uint8_t *ret)
{
	uint64_t v = udf_row_number(row, host);

	for (unsigned i = 0; i < row->n_bytes; i++, v >>= 8)
		ret[i] = (uint8_t)v;
}

/* Calls itself for records within: as deep as the tables are, at most three. */
void udf_layout_decode(const struct udf_layout *layout, const uint8_t *p, void *ret)
{
	for (size_t i = 0; i < layout->n_rows; i++) {
		const struct udf_row *row = &layout->rows[i];
		uint8_t *member = (uint8_t *)ret + row->host_at;

		switch ((enum udf_row_kind)row->kind) {
		case UDF_ROW_NUMBER:
		case UDF_ROW_SIGNED:
		case UDF_ROW_HEX:
			number_decode(row, p + row->at, member);
			break;
		case UDF_ROW_BYTES:
		case UDF_ROW_TEXT:
		case UDF_ROW_DSTRING:
			memcpy(member, p + row->at, row->n_bytes);
			break;
		case UDF_ROW_STRUCT:
			udf_layout_decode(row->sub, p + row->at, member);
			break;
		}
	}
}

void udf_layout_encode(const struct udf_layout *layout, const void *host, uint8_t *ret)
{
	for (size_t i = 0; i < layout->n_rows; i++) {
		const struct udf_row *row = &layout->rows[i];
		const uint8_t *member = (const uint8_t *)host + row->host_at;

		switch ((enum udf_row_kind)row->kind) {
		case UDF_ROW_NUMBER:
		case UDF_ROW_SIGNED:
		case UDF_ROW_HEX:
			number_encode(row, host, ret + row->at);
			break;
		case UDF_ROW_BYTES:
		case UDF_ROW_TEXT:
		case UDF_ROW_DSTRING:
			memcpy(ret + row->at, member, row->n_bytes);
			break;
		case UDF_ROW_STRUCT:
			udf_layout_encode(row->sub, member, ret + row->at);
			break;
		}
	}
}

#define CODEC(name) \
	void udf_##name##_decode(const uint8_t *p, struct udf_##name *ret) \
	{ \
		udf_layout_decode(&udf_layout_##name, p, ret); \
	} \
	void udf_##name##_encode(const struct udf_##name *host, uint8_t *ret) \
	{ \
		udf_layout_encode(&udf_layout_##name, host, ret); \
	}
CODEC(vsd)
CODEC(avdp)
CODEC(vdp)
CODEC(pvd)
CODEC(iuvd)
CODEC(partition_header)
CODEC(pd)
CODEC(lvd)
CODEC(sparable_map)
CODEC(metadata_map)
CODEC(usd)
CODEC(td)
CODEC(lvid)
CODEC(lvid_impl)
CODEC(sparing_table)
CODEC(fsd)
CODEC(aed)
CODEC(ie)
CODEC(te)
CODEC(use)
CODEC(sbd)
CODEC(eahd)
CODEC(ea)
CODEC(ea_device)
CODEC(vat200)
CODEC(vat150_tail)
CODEC(sparing_entry)
CODEC(ea_times)
CODEC(ea_use)
CODEC(ea_vat_extension)
CODEC(id_mapping)
CODEC(id_mapping_entry)
