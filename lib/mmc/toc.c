/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bytes.h"
#include "base/checked.h"
#include "mmc/disc_information.h"
#include "mmc/toc.h"
#include "mmc/track_information.h"

#define HEADER_BYTES 4u
#define ENTRY_BYTES 8u
#define FULL_ENTRY_BYTES 11u

/* Where the reply ends, by its own length and by what was received; 0 if it has not even a header. */
static uint64_t reply_end(const uint8_t *reply, size_t n_bytes)
{
	uint64_t end;

	if (n_bytes < HEADER_BYTES)
		return 0;
	end = udf_min64(n_bytes, get_be16(reply) + 2u);
	return end < HEADER_BYTES ? 0 : end;
}

enum udf_err mmc_toc_parse(const uint8_t *reply, size_t n_bytes, struct mmc_toc *ret_toc)
{
	uint64_t end = reply_end(reply, n_bytes);
	struct mmc_toc toc = { 0 };

	if (!end)
		return UDF_E_CORRUPT;
	for (uint64_t at = HEADER_BYTES; at + ENTRY_BYTES <= end && toc.n_entries < MMC_MAX_TOC_ENTRIES;
	     at += ENTRY_BYTES) {
		struct mmc_toc_entry *entry = &toc.entries[toc.n_entries++];

		entry->control = reply[at + 1] & 0x0F;
		entry->track = reply[at + 2];
		entry->start_lba = get_be32(reply + at + 4);
	}
	*ret_toc = toc;
	return UDF_OK;
}

enum udf_err mmc_toc_sessions_parse(const uint8_t *reply, size_t n_bytes, uint32_t *ret_last_session_lba)
{
	uint64_t end = reply_end(reply, n_bytes);
	uint32_t lba;

	if (end < HEADER_BYTES + ENTRY_BYTES)
		return UDF_E_CORRUPT;
	lba = get_be32(reply + HEADER_BYTES + 4);
	if (lba >= MMC_LBA_LIMIT)
		return UDF_E_CORRUPT;
	*ret_last_session_lba = lba;
	return UDF_OK;
}

/* The session NUMBER in TOC; made if it isn't there yet.  NULL: there is no room, or no such number. */
static struct mmc_toc_session *session_of(struct mmc_full_toc *toc, uint8_t number)
{
	struct mmc_toc_session *last = toc->n_sessions ? &toc->sessions[toc->n_sessions - 1] : NULL;

	if (last && last->number == number)
		return last;
	if (number == 0 || number > MMC_MAX_CD_SESSIONS || toc->n_sessions == MMC_MAX_CD_SESSIONS)
		return NULL;
	last = &toc->sessions[toc->n_sessions++];
	last->number = number;
	return last;
}

/* An entry of 11 bytes: session, ADR and control, TNO, point, its time, zero, the point's time. */
static void full_entry_read(struct mmc_full_toc *toc, const uint8_t *entry)
{
	struct mmc_toc_session *session = session_of(toc, entry[0]);
	bool has_place, has_next;
	int32_t place, next;

	if (!session || (entry[1] >> 4 != 1 && entry[1] >> 4 != 5))
		return;
	has_place = mmc_msf_to_lba(get_be24(entry + 8), &place) && place >= 0;
	has_next = mmc_msf_to_lba(get_be24(entry + 4), &next) && next > 0;
	switch (entry[3]) {
	case 0xA0:
		session->first_track = entry[8];
		session->disc_type = entry[9];
		break;
	case 0xA1:
		session->last_track = entry[8];
		break;
	case 0xA2:
		session->lead_out_lba = has_place ? (uint32_t)place : 0;
		break;
	case 0xB0:
		session->has_next = has_next;
		session->next_lba = has_next ? (uint32_t)next : 0;
		toc->has_max_lead_out = has_place;
		toc->max_lead_out_lba = has_place ? (uint32_t)place : 0;
		break;
	default:
		if (entry[3] == 0 || entry[3] > 99 || toc->n_tracks == MMC_MAX_TOC_ENTRIES || !has_place)
			return;
		toc->tracks[toc->n_tracks++] = (struct mmc_toc_track){
			.number = entry[3], .session = session->number, .control = entry[1] & 0x0F,
			.start_lba = (uint32_t)place };
	}
}

enum udf_err mmc_full_toc_parse(const uint8_t *reply, size_t n_bytes, struct mmc_full_toc *ret_toc)
{
	uint64_t end = reply_end(reply, n_bytes);
	struct mmc_full_toc toc = { 0 };

	for (uint64_t at = HEADER_BYTES; at + FULL_ENTRY_BYTES <= end; at += FULL_ENTRY_BYTES)
		full_entry_read(&toc, reply + at);
	if (!toc.n_sessions)
		return UDF_E_CORRUPT;
	*ret_toc = toc;
	return UDF_OK;
}

/* Speed codes of A1 (MMC-6 table 496); codes that no standard gives mean nothing. */
static uint8_t cd_speed(uint8_t subtype, uint8_t code)
{
	static const uint8_t normal[] = { 0, 2, 4, 6, 8 }, high[] = { 0, 2, 4, 6, 10 },
			     ultra[] = { 0, 2, 4, 8, 0, 0, 16, 0, 24, 32, 40, 48 };

	if (subtype == MMC_CD_RW_NORMAL)
		return code < sizeof(normal) ? normal[code] : 0;
	if (subtype == MMC_CD_RW_HIGH)
		return code < sizeof(high) ? high[code] : 0;
	return code < sizeof(ultra) ? ultra[code] : 0;
}

enum udf_err mmc_atip_parse(const uint8_t *reply, size_t n_bytes, struct mmc_atip *ret_atip)
{
	uint64_t end = reply_end(reply, n_bytes);
	struct mmc_atip atip = { 0 };
	int32_t lead_out;

	if (end < 15 || !mmc_msf_to_lba(get_be24(reply + 12), &lead_out) || lead_out < 0)
		return UDF_E_CORRUPT;
	atip.lead_out_lba = (uint32_t)lead_out;
	memcpy(atip.lead_in_msf, reply + 8, sizeof(atip.lead_in_msf));
	if (!mmc_msf_to_lba(get_be24(reply + 8), &atip.lead_in_lba))
		atip.lead_in_lba = 0;
	atip.is_rewritable = reply[6] & 0x40;
	atip.subtype = reply[6] >> 3 & 7;
	if ((reply[6] & 0x04) && end >= 19) {
		atip.has_speeds = true;
		atip.lowest_speed = cd_speed(atip.subtype, reply[16] >> 4 & 7);
		atip.highest_speed = cd_speed(atip.subtype, reply[16] & 0x0F);
	}
	*ret_atip = atip;
	return UDF_OK;
}
