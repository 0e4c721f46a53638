/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bytes.h"
#include "base/checked.h"
#include "mmc/disc_information.h"

#define MIN_BYTES 12u
#define ABSENT UINT32_MAX

enum udf_err mmc_disc_information_parse(const uint8_t *reply, size_t n_bytes,
					struct mmc_disc_information *ret_information)
{
	struct mmc_disc_information d = { .lead_in = ABSENT, .lead_out = ABSENT };
	uint64_t end;

	if (n_bytes < MIN_BYTES)
		return UDF_E_CORRUPT;
	end = udf_min64(n_bytes, get_be16(reply) + 2u);
	if (end < MIN_BYTES || reply[2] >> 5 != 0)
		return UDF_E_CORRUPT;
	d.is_erasable = reply[2] & 0x10;
	d.last_session = (enum mmc_session_state)(reply[2] >> 2 & 3);
	d.status = (enum mmc_disc_status)(reply[2] & 3);
	d.first_track = reply[3];
	d.n_sessions = (uint16_t)(reply[9] << 8 | reply[4]);
	d.first_track_of_last_session = (uint16_t)(reply[10] << 8 | reply[5]);
	d.last_track = (uint16_t)(reply[11] << 8 | reply[6]);
	d.is_dirty = reply[7] & 0x04;
	d.background = (enum mmc_background)(reply[7] & 3);
	d.disc_type = reply[8];
	if (end >= 16 && (reply[7] & 0x80)) {
		d.has_disc_id = true;
		d.disc_id = get_be32(reply + 12);
	}
	if (end >= 24) {
		d.lead_in = get_be32(reply + 16);
		d.lead_out = get_be32(reply + 20);
	}
	if (end >= 34)
		d.n_opc_entries = reply[33];
	*ret_information = d;
	return UDF_OK;
}

bool mmc_msf_to_lba(uint32_t msf, int32_t *ret_lba)
{
	uint32_t minutes = msf >> 16, seconds = msf >> 8 & 0xFF, frames = msf & 0xFF;

	if (minutes > 99 || seconds > 59 || frames > 74)
		return false;
	*ret_lba = (int32_t)((minutes * 60 + seconds) * 75 + frames) - (minutes >= 90 ? 450150 : 150);
	return true;
}
