/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual allocation tables of UDF 1.50 and of UDF 2.00 and later. */
#ifndef UDF_ECMA_VAT_H
#define UDF_ECMA_VAT_H

#include "ecma/codec.h"

#define UDF_VAT_UNUSED 0xFFFFFFFFu	/* an entry without a block; also: no previous VAT */
#define UDF_VAT200_FIXED_BYTES 152
#define UDF_VAT150_TAIL_BYTES 36

struct udf_vat {
	bool is_150;
	uint32_t n_entries;
	size_t entries_at;		/* byte offset in the file */
	uint32_t previous_icb_lbn;	/* in the physical partition; UDF_VAT_UNUSED: none */
	struct udf_vat200 header;	/* UDF 2.00 and later */
};

/**
 * The VAT in the file DATA of N_BYTES.  FILE_TYPE is its ICB's: UDF_FT_VAT, or UDF_FT_UNSPECIFIED
 * for UDF 1.50, which is recognized by the identifier at the end.
 * @sink  With NULL, only lengths and the identifier are checked.  With a sink, violations of the header's other
 *        rules are reported too.
 * Returns UDF_E_CORRUPT if lengths contradict each other, UDF_E_NOT_FOUND if this is no VAT.
 */
enum udf_err udf_vat_decode(const uint8_t *data, size_t n_bytes, uint8_t file_type,
			    struct udf_place place, struct udf_sink *sink, struct udf_vat *ret_vat);

/** Physical block of virtual block I (< n_entries), or UDF_VAT_UNUSED. */
static inline uint32_t udf_vat_entry(const struct udf_vat *vat, const uint8_t *data, uint32_t i)
{
	const uint8_t *p = data + vat->entries_at + (size_t)i * 4;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/**
 * Every entry names a block below PARTITION_BLOCKS or none, and there are not more entries than
 * blocks.  Without a sink the first violation ends it.  Returns UDF_E_CORRUPT on any.
 */
enum udf_err udf_vat_check_entries(const struct udf_vat *vat, const uint8_t *data,
				   uint32_t partition_blocks, struct udf_place place,
				   struct udf_sink *sink);

/** Bytes of a VAT file with N_ENTRIES and no implementation use. */
size_t udf_vat_file_bytes(bool is_150, uint32_t n_entries);

/**
 * The file of a VAT: what VAT says (but entries_at and the header's two lengths, which are made) and
 * the ENTRIES, for REVISION.  RET: udf_vat_file_bytes() bytes.
 */
void udf_vat_encode(const struct udf_vat *vat, const uint32_t *entries, uint16_t revision,
		    uint8_t *ret);

#endif
