/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bytes.h"
#include "base/checked.h"
#include "mmc/track_information.h"

#define MIN_BYTES 28u

/*
 * Some drives name a place 150 blocks before the track, in its pregap.  The first block that a host writes is the
 * start of the track all the same.
 */
static bool is_in_pregap(uint32_t lba, uint32_t start_lba)
{
	return start_lba - lba == 150;
}

enum udf_err mmc_track_parse(const uint8_t *reply, size_t n_bytes, struct mmc_track *ret_track)
{
	struct mmc_track t = { 0 };
	uint64_t end;

	if (n_bytes < MIN_BYTES)
		return UDF_E_CORRUPT;
	end = udf_min64(n_bytes, get_be16(reply) + 2u);
	if (end < MIN_BYTES)
		return UDF_E_CORRUPT;
	t.number = reply[2];
	t.session = reply[3];
	if (end >= 34) {
		t.number = (uint16_t)(t.number | reply[32] << 8);
		t.session = (uint16_t)(t.session | reply[33] << 8);
	}
	t.is_damaged = reply[5] & 0x20;
	t.mode = reply[5] & 0x0F;
	t.is_reserved = reply[6] & 0x80;
	t.is_blank = reply[6] & 0x40;
	t.is_packet = reply[6] & 0x20;
	t.is_fixed_packet = reply[6] & 0x10;
	t.data_mode = reply[6] & 0x0F;
	t.start_lba = get_be32(reply + 8);
	t.n_blocks = get_be32(reply + 24);
	t.n_free_blocks = get_be32(reply + 16);
	t.packet_blocks = get_be32(reply + 20);
	if (t.start_lba >= MMC_LBA_LIMIT || t.n_blocks >= MMC_LBA_LIMIT) {
		t.is_lost = true;
		t.start_lba = t.n_blocks = 0;
	}
	if (t.n_free_blocks >= MMC_LBA_LIMIT)
		t.n_free_blocks = 0;
	t.next_writable_lba = get_be32(reply + 12);
	if (is_in_pregap(t.next_writable_lba, t.start_lba))
		t.next_writable_lba = t.start_lba;
	t.has_next_writable = (reply[7] & 0x01) && t.next_writable_lba < MMC_LBA_LIMIT;
	if (end >= 32) {
		t.last_recorded_lba = get_be32(reply + 28);
		t.has_last_recorded = (reply[7] & 0x02) && t.last_recorded_lba < MMC_LBA_LIMIT;
	}
	*ret_track = t;
	return UDF_OK;
}
