/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DVD-R and DVD-RW that are written in order: incrementally, in borders that can be appended to, or the disc at once.
 */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/border.h"
#include "sim/mode.h"

#define ECC_BLOCKS 16u
#define INCREMENTAL 0u
#define DISC_AT_ONCE 2u
#define MULTI_BORDER 3u
#define AT_ONCE 0x0104u			/* mode of a track */

/* Border zones separate sessions: the first one is the longest. */
struct sim_seq_rules sim_border_rules(const struct sim *sim)
{
	return (struct sim_seq_rules){ .n_blocks = sim->disc->kind->max_blocks, .first_gap_blocks = 39072,
				       .later_gap_blocks = 8704, .align_blocks = ECC_BLOCKS,
				       .packet_blocks = ECC_BLOCKS, .blank_mode = 4, .blank_data_mode = 0x61,
				       .reserved_bits = 0xC0, .uses_page05 = true, .has_last_lba = true,
				       .loses_place = sim_has(sim, QUIRK_CUT_NWA0),
				       .reads_open_tracks = !sim_has(sim, QUIRK_RD_OPEN_2C),
				       .gap_sense = sim_has(sim, QUIRK_GAP_21) ? OUT_OF_RANGE : SENSE(3, 0x02, 0x00) };
}

static unsigned write_type(const struct sim *sim)
{
	return sim_page_byte(sim, 5, 2) & 15;
}

sim_sense sim_border_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	struct sim_disc *disc = sim->disc;
	struct sim_seq_rules rules = sim_rules_of(sim);
	const struct sim_recorded *track = sim_open_track(disc);
	bool at_once = write_type(sim) == DISC_AT_ONCE, is_reserved = track && track->flags & TRACK_RESERVED;

	if (!sim_is_test(sim))
		memset(&sim->test, 0, sizeof(sim->test));
	if (rules.only_at_once && !at_once)
		return WRONG_MODE;
	if (at_once && disc->n_tracks && !is_reserved)
		return WRONG_MODE;
	if (at_once && !track && !sim->test.reserved_end_lba)
		return WRONG_SEQUENCE;	/* without RESERVE TRACK */
	return sim_seq_write(sim, cmd, span, &rules, at_once ? AT_ONCE : SIM_INCREMENTAL);
}

/* A disc at once is complete when all of it is there. */
sim_sense sim_border_sync(struct sim *sim, struct sim_command *cmd)
{
	struct sim_disc *disc = sim->disc;
	struct sim_seq_rules rules = sim_rules_of(sim);
	struct sim_recorded *track = sim_open_track(disc);

	(void)cmd;
	if (disc->state == SIM_COMPLETE)
		return 0;
	sim_seq_flush(sim, &rules);
	if (sim->test.reserved_end_lba && sim->test.next_lba == sim->test.reserved_end_lba)
		memset(&sim->test, 0, sizeof(sim->test));
	if (!track || !(track->flags & TRACK_RESERVED) || track->end_lba != track->reserved_end_lba ||
	    track->mode & 0x2000)
		return 0;
	sim_seq_close_track(sim, track, &rules);
	sim_seq_close_session(sim, &rules);
	disc->state = SIM_COMPLETE;
	return 0;
}

sim_sense sim_border_reserve(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks)
{
	struct sim_seq_rules rules = sim_rules_of(sim);

	if (sim->disc->state == SIM_COMPLETE || (write_type(sim) == DISC_AT_ONCE && sim->disc->n_tracks))
		return WRONG_SEQUENCE;
	return sim_seq_reserve(sim, cmd, n_blocks, AT_ONCE, &rules);
}

/* ---- page 05 ---- */

sim_sense sim_border_check_page05(const struct sim *sim, struct sim_command *cmd, const uint8_t *page, uint16_t at)
{
	unsigned type = page[2] & 15;
	uint32_t n_packet_blocks = get_be32(page + 10);

	if (type != INCREMENTAL && type != DISC_AT_ONCE)
		return sim_bad_list(cmd, (uint16_t)(at + 2));
	if (type == INCREMENTAL && (page[4] & 15) != 8)
		return sim_bad_list(cmd, (uint16_t)(at + 4));
	if (type == INCREMENTAL && page[3] & 0x20 && n_packet_blocks && n_packet_blocks != ECC_BLOCKS)
		return sim_bad_list(cmd, (uint16_t)(at + 10));
	if (page[3] >> 6 == 1 || page[3] >> 6 == 2)
		return sim_bad_list(cmd, (uint16_t)(at + 3));
	if (page[2] & 0x20 && page[5] != ECC_BLOCKS && (page[5] || sim_has(sim, QUIRK_LINK_STRICT)))
		return sim_bad_list(cmd, (uint16_t)(at + 5));
	return 0;
}

/* ---- closing ---- */

/* Two layers have no border between sessions: one session is all. */
sim_sense sim_border_close(struct sim *sim, struct sim_command *cmd, unsigned function, unsigned number, bool immed)
{
	struct sim_seq_rules rules = sim_rules_of(sim);
	bool is_final = sim_page_byte(sim, 5, 3) >> 6 != MULTI_BORDER || rules.max_sessions == 1;
	sim_sense sense;

	if (function != 1 && function != 2)
		return sim_bad_field(cmd, 2, 2);
	if (sim->disc->state == SIM_COMPLETE)
		return WRONG_SEQUENCE;
	memset(&sim->test, 0, sizeof(sim->test));
	if (function == 1)
		return sim_ordered_close_track(sim, number, 10000, immed);
	sense = sim_seq_may_close(sim->disc);
	if (sense || !sim_session_is_open(sim->disc))
		return sense;
	return sim_ordered_begin_close(sim, is_final ? SIM_CLOSE_FINAL : 0, 180000, immed);
}

/* ---- structures ---- */

const uint8_t sim_border_structures[] = { 0x00, 0x01, 0x04, 0x0E, 0x10, 0xFF };

static void put_format(const struct sim *sim, uint8_t book, uint8_t *ret)
{
	const struct sim_disc *disc = sim->disc;
	bool is_closed = disc->n_tracks && disc->tracks[disc->n_tracks - 1].flags & TRACK_SESSION_CLOSED;
	uint32_t n_blocks = disc->kind->family->blank || !is_closed ? disc->kind->max_blocks : disc->n_blocks;

	ret[0] = book;
	ret[1] = 0x0F;
	ret[2] = disc->kind->profile == 0x0015 ? 0x22 : 0x02;
	ret[3] = 0x10;
	put_be24(ret + 5, 0x030000);
	put_be24(ret + 9, 0x030000 + n_blocks - 1);
}

sim_sense sim_border_structure(const struct sim *sim, uint8_t book, unsigned format, uint8_t *ret,
			       uint32_t *ret_n_bytes)
{
	const struct sim_disc *disc = sim->disc;

	*ret_n_bytes = 0;
	switch (format) {
	case 0x10:
		if (!disc->kind->family->blank && disc->n_tracks == 0)
			return 0;	/* nothing is recorded in the lead-in */
		/* fallthrough */
	case 0x00:
		put_format(sim, book, ret);
		*ret_n_bytes = 2048;
		return 0;
	case 0x01:
		*ret_n_bytes = 4;
		return 0;
	case 0x04:
		*ret_n_bytes = 2048;
		return 0;
	case 0x0E:
		memcpy(ret + 17, "SIMULA", 6);
		memcpy(ret + 25, "TOR001", 6);
		*ret_n_bytes = 40;
		return 0;
	default:
		return 0;
	}
}
