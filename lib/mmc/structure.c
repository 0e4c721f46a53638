/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "mmc/inquiry.h"
#include "mmc/structure.h"

#define HEADER_BYTES 4u

/* How many bytes of the structure itself there are, by its own length and by what was received. */
static uint64_t payload_bytes(const uint8_t *reply, size_t n_bytes)
{
	uint64_t end;

	if (n_bytes < HEADER_BYTES)
		return 0;
	end = udf_min64(n_bytes, get_be16(reply) + 2u);
	return end < HEADER_BYTES ? 0 : end - HEADER_BYTES;
}

enum udf_err mmc_write_protection_parse(const uint8_t *reply, size_t n_bytes,
					struct mmc_write_protection *ret_protection)
{
	if (payload_bytes(reply, n_bytes) < 1)
		return UDF_E_CORRUPT;
	*ret_protection = (struct mmc_write_protection){
		.is_by_software = reply[4] & 0x01,
		.is_persistent = reply[4] & 0x02,
		.is_by_cartridge = reply[4] & 0x04,
		.is_by_medium = reply[4] & 0x08,
	};
	return UDF_OK;
}

void mmc_write_protection_encode(bool is_persistent, uint8_t ret_bytes[MMC_PROTECTION_BYTES])
{
	memset(ret_bytes, 0, MMC_PROTECTION_BYTES);
	ret_bytes[1] = MMC_PROTECTION_BYTES - 2;
	ret_bytes[4] = (uint8_t)(is_persistent << 1);
}

enum udf_err mmc_medium_status_parse(const uint8_t *reply, size_t n_bytes, struct mmc_medium_status *ret_status)
{
	if (payload_bytes(reply, n_bytes) < 1)
		return UDF_E_CORRUPT;
	*ret_status = (struct mmc_medium_status){
		.has_cartridge = reply[4] & 0x80,
		.was_taken_out = reply[4] & 0x40,
		.is_write_protected = reply[4] & 0x0D,	/* MSWI, CWP, PWP */
	};
	return UDF_OK;
}

enum udf_err mmc_spare_parse(bool is_bd, const uint8_t *reply, size_t n_bytes, struct mmc_spare *ret_spare)
{
	if (payload_bytes(reply, n_bytes) < 12)
		return UDF_E_CORRUPT;
	*ret_spare = (struct mmc_spare){
		.n_primary_left = is_bd ? 0 : get_be32(reply + 4),
		.n_left = get_be32(reply + 8),
		.n_all = get_be32(reply + 12),
	};
	return UDF_OK;
}

enum udf_err mmc_dvd_format_parse(const uint8_t *reply, size_t n_bytes, struct mmc_dvd_format *ret_format)
{
	uint32_t start, end;

	if (payload_bytes(reply, n_bytes) < 16)
		return UDF_E_CORRUPT;
	start = get_be24(reply + 9);
	end = get_be24(reply + 13);
	*ret_format = (struct mmc_dvd_format){
		.book = reply[4] >> 4, .version = reply[4] & 0x0F, .is_8cm = reply[5] >> 4 == 1,
		.n_layers = (uint8_t)((reply[6] >> 5 & 3) + 1),
		.n_blocks = end >= start ? end - start + 1 : 0,
	};
	return UDF_OK;
}

void mmc_medium_id_parse(bool is_bd, uint8_t format, const uint8_t *reply, size_t n_bytes,
			 char ret_id[MMC_MEDIUM_ID_BYTES])
{
	uint64_t n_payload = payload_bytes(reply, n_bytes);
	const uint8_t *p = reply + HEADER_BYTES;
	char maker[13], type[7];

	ret_id[0] = maker[0] = type[0] = 0;
	if (is_bd && n_payload >= 112 && p[0] == 'D' && p[1] == 'I') {
		mmc_text_copy(p + 100, 6, maker);
		mmc_text_copy(p + 106, 3, type);
	} else if (!is_bd && format == MMC_STRUCTURE_ADIP && n_payload >= 30) {
		mmc_text_copy(p + 19, 8, maker);
		mmc_text_copy(p + 27, 3, type);
	} else if (!is_bd && format == MMC_STRUCTURE_DVD_LEAD_IN && n_payload >= 31) {
		mmc_text_copy(p + 17, 6, maker);
		mmc_text_copy(p + 25, 6, type);
	}
	if (maker[0])
		snprintf(ret_id, MMC_MEDIUM_ID_BYTES, "%s%s%s", maker, type[0] ? "/" : "", type);
}
