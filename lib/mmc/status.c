/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bytes.h"
#include "base/checked.h"
#include "mmc/status.h"

#define CLASS_MEDIA 4u			/* the number in the reply */

enum udf_err mmc_buffer_parse(const uint8_t *reply, size_t n_bytes, uint32_t *ret_all_bytes, uint32_t *ret_free_bytes)
{
	uint32_t all_bytes, free_bytes;

	if (n_bytes < 12 || (reply[3] & 1))	/* we don't ask for blocks */
		return UDF_E_CORRUPT;
	all_bytes = get_be32(reply + 4);
	free_bytes = get_be32(reply + 8);
	if (!all_bytes || free_bytes > all_bytes)
		return UDF_E_CORRUPT;
	*ret_all_bytes = all_bytes;
	*ret_free_bytes = free_bytes;
	return UDF_OK;
}

enum udf_err mmc_media_status_parse(const uint8_t *reply, size_t n_bytes, struct mmc_media_status *ret_status)
{
	uint64_t end;

	if (n_bytes < 4)
		return UDF_E_CORRUPT;
	if ((reply[2] & 0x80) || (reply[2] & 7) != CLASS_MEDIA)
		return UDF_E_UNSUPPORTED;
	end = udf_min64(n_bytes, get_be16(reply) + 2u);
	if (end < 6)
		return UDF_E_CORRUPT;
	*ret_status = (struct mmc_media_status){
		.event = (reply[4] & 0x0F) > MMC_EVENT_FORMAT_RESTARTED ? MMC_EVENT_NONE
									: (enum mmc_event)(reply[4] & 0x0F),
		.has_medium = reply[5] & 0x02,
		.is_tray_open = reply[5] & 0x01,
	};
	return UDF_OK;
}
