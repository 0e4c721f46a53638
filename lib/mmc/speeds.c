/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bytes.h"
#include "base/checked.h"
#include "mmc/speeds.h"
#include "mmc/track_information.h"

uint16_t mmc_speeds_count(const uint8_t reply[4])
{
	uint32_t n_bytes = get_be32(reply);	/* after these four */

	return n_bytes < 4 ? 0 : (uint16_t)udf_min64((n_bytes - 4) / MMC_SPEED_BYTES, MMC_MAX_SPEEDS);
}

/* Insert in falling order of the writing speed, unless it is there. */
static void speed_add(struct mmc_speeds *speeds, struct mmc_speed speed)
{
	uint32_t at = 0;

	while (at < speeds->n_speeds && speeds->speeds[at].write_kbs > speed.write_kbs)
		at++;
	if (at < speeds->n_speeds && speeds->speeds[at].write_kbs == speed.write_kbs)
		return;
	memmove(&speeds->speeds[at + 1], &speeds->speeds[at], (speeds->n_speeds - at) * sizeof(speeds->speeds[0]));
	speeds->speeds[at] = speed;
	speeds->n_speeds++;
}

enum udf_err mmc_speeds_parse(const uint8_t *reply, size_t n_bytes, struct mmc_speeds *ret_speeds)
{
	struct mmc_speeds speeds = { 0 };
	uint64_t end;

	if (n_bytes < MMC_SPEEDS_HEADER_BYTES)
		return UDF_E_CORRUPT;
	end = udf_min64(n_bytes, (uint64_t)get_be32(reply) + 4);
	for (uint64_t at = MMC_SPEEDS_HEADER_BYTES; at + MMC_SPEED_BYTES <= end && speeds.n_speeds < MMC_MAX_SPEEDS;
	     at += MMC_SPEED_BYTES) {
		struct mmc_speed speed = { .end_lba = get_be32(reply + at + 4), .read_kbs = get_be32(reply + at + 8),
					   .write_kbs = get_be32(reply + at + 12) };

		if (speed.end_lba >= MMC_LBA_LIMIT)
			speed.end_lba = 0;
		if (speed.write_kbs)
			speed_add(&speeds, speed);
	}
	*ret_speeds = speeds;
	return UDF_OK;
}
