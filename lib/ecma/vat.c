/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bytes.h"
#include "ecma/internal.h"
#include "ecma/layout.h"
#include "ecma/vat.h"

#define ENTRY_BYTES 4

/* UDF 1.50 2.2.10: entries, then an identifier and the previous VAT. */
static enum udf_err decode_150(const uint8_t *data, size_t n_bytes, struct udf_place place,
			       struct udf_sink *sink, struct udf_vat *ret_vat)
{
	struct udf_vat150_tail tail;
	size_t table_bytes;

	if (n_bytes < UDF_VAT150_TAIL_BYTES)
		return UDF_E_NOT_FOUND;
	table_bytes = n_bytes - UDF_VAT150_TAIL_BYTES;
	udf_vat150_tail_decode(data + table_bytes, &tail);
	if (!udf_regid_is(&tail.id, UDF_ID_VAT150))
		return UDF_E_NOT_FOUND;
	if (table_bytes % ENTRY_BYTES != 0 || table_bytes / ENTRY_BYTES >= UDF_VAT_UNUSED) {
		udf_tell(sink, place, UDF_P_VAT_LENGTH, "InformationLength", n_bytes,
			 n_bytes - table_bytes % ENTRY_BYTES);
		return UDF_E_CORRUPT;
	}
	if (sink)
		udf_layout_check(&udf_layout_vat150_tail, &tail, 0x0150, place, sink);
	*ret_vat = (struct udf_vat){
		.is_150 = true,
		.n_entries = (uint32_t)(table_bytes / ENTRY_BYTES),
		.previous_icb_lbn = tail.previous_icb_lbn,
	};
	return UDF_OK;
}

/* UDF 2.00 2.2.11: a header, implementation use, entries. */
static enum udf_err decode_200(const uint8_t *data, size_t n_bytes, struct udf_place place,
			       struct udf_sink *sink, struct udf_vat *ret_vat)
{
	struct udf_vat200 header;
	size_t table_bytes;

	if (n_bytes < UDF_VAT200_FIXED_BYTES) {
		udf_tell(sink, place, UDF_P_VAT_LENGTH, "InformationLength", n_bytes,
			 UDF_VAT200_FIXED_BYTES);
		return UDF_E_CORRUPT;
	}
	udf_vat200_decode(data, &header);
	if (header.header_bytes < UDF_VAT200_FIXED_BYTES || header.header_bytes > n_bytes) {
		udf_tell(sink, place, UDF_P_VAT_LENGTH, "LengthOfHeader", header.header_bytes,
			 UDF_VAT200_FIXED_BYTES + header.impl_use_bytes);
		return UDF_E_CORRUPT;
	}
	table_bytes = n_bytes - header.header_bytes;
	if (table_bytes % ENTRY_BYTES != 0 || table_bytes / ENTRY_BYTES >= UDF_VAT_UNUSED) {
		udf_tell(sink, place, UDF_P_VAT_LENGTH, "InformationLength", n_bytes,
			 n_bytes - table_bytes % ENTRY_BYTES);
		return UDF_E_CORRUPT;
	}
	if (sink) {
		udf_layout_check(&udf_layout_vat200, &header, 0x0200, place, sink);
		if (header.header_bytes != UDF_VAT200_FIXED_BYTES + header.impl_use_bytes)
			udf_tell(sink, place, UDF_P_VAT_LENGTH, "LengthOfHeader",
				 header.header_bytes,
				 UDF_VAT200_FIXED_BYTES + header.impl_use_bytes);
		if (header.impl_use_bytes != 0 &&
		    (header.impl_use_bytes < 32 || header.impl_use_bytes % 4 != 0))
			udf_tell(sink, place, UDF_P_FIELD, "LengthOfImplementationUse",
				 header.impl_use_bytes, 32);
	}
	*ret_vat = (struct udf_vat){
		.n_entries = (uint32_t)(table_bytes / ENTRY_BYTES),
		.entries_at = header.header_bytes,
		.previous_icb_lbn = header.previous_icb_lbn,
		.header = header,
	};
	return UDF_OK;
}

enum udf_err udf_vat_decode(const uint8_t *data, size_t n_bytes, uint8_t file_type,
			    struct udf_place place, struct udf_sink *sink, struct udf_vat *ret_vat)
{
	if (file_type == UDF_FT_VAT)
		return decode_200(data, n_bytes, place, sink, ret_vat);
	if (file_type == UDF_FT_UNSPECIFIED)
		return decode_150(data, n_bytes, place, sink, ret_vat);
	return UDF_E_NOT_FOUND;
}

enum udf_err udf_vat_check_entries(const struct udf_vat *vat, const uint8_t *data,
				   uint32_t partition_blocks, struct udf_place place,
				   struct udf_sink *sink)
{
	enum udf_err err = UDF_OK;

	if (vat->n_entries > partition_blocks) {
		udf_tell(sink, place, UDF_P_VAT_ENTRY, "NumberOfEntries", vat->n_entries,
			 partition_blocks);
		err = UDF_E_CORRUPT;
	}
	for (uint32_t i = 0; i < vat->n_entries && (sink || !err); i++) {
		uint32_t lbn = udf_vat_entry(vat, data, i);

		if (lbn == UDF_VAT_UNUSED || lbn < partition_blocks)
			continue;
		udf_tell(sink, place, UDF_P_VAT_ENTRY, "VATEntry", lbn, partition_blocks);
		err = UDF_E_CORRUPT;
	}
	return err;
}

size_t udf_vat_file_bytes(bool is_150, uint32_t n_entries)
{
	return (size_t)n_entries * ENTRY_BYTES +
	       (is_150 ? UDF_VAT150_TAIL_BYTES : UDF_VAT200_FIXED_BYTES);
}

void udf_vat_encode(const struct udf_vat *vat, const uint32_t *entries, uint16_t revision,
		    uint8_t *ret)
{
	struct udf_vat150_tail tail = { .previous_icb_lbn = vat->previous_icb_lbn };
	struct udf_vat200 header = vat->header;

	if (!vat->is_150) {
		header.header_bytes = UDF_VAT200_FIXED_BYTES;
		header.impl_use_bytes = 0;
		header.previous_icb_lbn = vat->previous_icb_lbn;
		udf_vat200_encode(&header, ret);
		ret += UDF_VAT200_FIXED_BYTES;
	}
	for (uint32_t i = 0; i < vat->n_entries; i++, ret += ENTRY_BYTES)
		put_le32(ret, entries[i]);
	if (!vat->is_150)
		return;
	udf_regid_set_udf(&tail.id, UDF_ID_VAT150, revision);
	udf_vat150_tail_encode(&tail, ret);
}
