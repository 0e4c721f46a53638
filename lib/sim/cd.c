/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CDs that are written in order: track at once, session at once, packets of fixed and of variable length.
 *
 * Link blocks between fixed packets have no addresses; those between packets of variable length have some, and can't be
 * read.  Raw writing is not simulated: the drive refuses this write type, and doesn't list the feature.
 */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/cd.h"
#include "sim/mode.h"

#define PACKET_BLOCKS 32u
#define LINK_BLOCKS 7u
#define MODE2_SESSION 0x20u
#define PACKETS 0u			/* of page 05: write type */
#define TRACK_AT_ONCE_TYPE 1u
#define SESSION_AT_ONCE 2u
#define MULTI_SESSION 3u		/* of page 05: another session may follow */
#define FIRST_GAP 11400u
#define LATER_GAP 6900u
#define LEAD_IN_BLOCKS 4650u

static bool is_rewritable(const struct sim *sim)
{
	return sim->disc->kind->family->blank;
}

/*
 * Two run-out blocks end a track, and the start of the lead-out needs two more.  A track at once that was cut off is
 * closed, packets go on.
 */
struct sim_seq_rules sim_cd_rules(const struct sim *sim)
{
	const struct sim_recorded *track = sim_open_track(sim->disc);
	bool is_packet = track && track->mode & 0x2000;

	return (struct sim_seq_rules){ .n_blocks = sim->disc->kind->max_blocks, .first_gap_blocks = FIRST_GAP,
				       .later_gap_blocks = LATER_GAP, .track_gap_blocks = 152,
				       .run_out_blocks = SIM_RUN_OUT_BLOCKS, .link_blocks = LINK_BLOCKS,
				       .align_blocks = 1, .min_track_blocks = 300,
				       .max_tracks = SIM_CD_TRACKS, .blank_mode = 4, .blank_data_mode = 0x4F,
				       .reserved_bits = 0xCF, .uses_page05 = true, .gap_sense = UNREADABLE,
				       .is_write_once = !is_rewritable(sim),
				       .loses_place = !is_packet || sim_has(sim, QUIRK_CUT_NWA0),
				       .repairs_itself = is_packet };
}

uint32_t sim_cd_last_lead_out(const struct sim_disc *disc)
{
	return disc->kind->max_blocks + 2;
}

/* 00 MM SS FF */
uint32_t sim_msf(uint32_t lba)
{
	uint32_t frames = lba + 150;

	return frames / 4500 << 16 | frames / 75 % 60 << 8 | frames % 75;
}

/* What is written in tracks. */
static void describe_tracks(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;
	struct sim_seq_rules rules = sim_cd_rules(sim);
	bool is_final = disc->state == SIM_COMPLETE;
	uint32_t n_closed = sim_n_closed_sessions(disc);

	sim_seq_describe(disc, &rules, is_final, view);
	view->disc_type = disc->n_tracks ? (uint8_t)disc->session_format : 0xff;
	view->lead_in = n_closed ? sim_msf(sim_lead_out(disc, &rules) + (n_closed == 1 ? FIRST_GAP : LATER_GAP) -
					   LEAD_IN_BLOCKS) : SIM_LEAD_IN_OF_ATIP;
	view->lead_out = sim_msf(sim_cd_last_lead_out(disc));
	if (is_final)
		view->lead_in = view->lead_out = 0xffffffff;
	for (unsigned i = 0; sim_has(sim, QUIRK_RT_CLOSED) && i < disc->n_tracks; i++)
		if (!(disc->tracks[i].flags & TRACK_OPEN))
			view->tracks[i].data_mode |= 0x80;
	if (sim_has(sim, QUIRK_NWA_150) && !is_final && view->n_tracks) {
		struct sim_track *last = &view->tracks[view->n_tracks - 1];

		last->next_lba = last->valid & 1 ? last->next_lba - 150 : 0;
	}
}

static void describe_lost(const struct sim *sim, struct sim_view *view)
{
	view->disc_status = is_rewritable(sim) ? 0x19 : 0x05;
	view->disc_type = is_rewritable(sim) ? 0xff : 0;
	view->n_sessions = view->first_track = view->last_track = view->n_tracks = 1;
	view->lead_in = SIM_LEAD_IN_OF_ATIP;
	view->lead_out = sim_msf(sim_cd_last_lead_out(sim->disc));
	view->tracks[0] = (struct sim_track){ .number = 1, .session = 1, .mode = 0x24, .data_mode = 0x0F };
}

void sim_cd_describe(const struct sim *sim, struct sim_view *view)
{
	view->background = 0x20;
	view->lead_in_of_disc = SIM_LEAD_IN_OF_ATIP;
	if (sim_session_is_open(sim->disc))
		view->features &= ~FEATURE(F2E);	/* it would be a session of its own */
	if (sim->disc->state == SIM_CD_LOST)
		describe_lost(sim, view);
	else
		describe_tracks(sim, view);
	view->toc_control = view->readable_blocks ? (uint8_t)(0x10 | (view->tracks[0].mode & 0x0f)) : 0;
}

/* ---- writing ---- */

static unsigned write_type(const struct sim *sim)
{
	return sim_page_byte(sim, 5, 2) & 15;
}

static bool has_fixed_packets(const struct sim *sim)
{
	return write_type(sim) == PACKETS && sim_page_byte(sim, 5, 3) & 0x20;
}

sim_sense sim_cd_may_write(const struct sim *sim)
{
	switch (sim->disc->state) {
	case SIM_COMPLETE:
		return sim_has(sim, QUIRK_FULL_27) ? SENSE(7, 0x27, 0x00) : CANNOT_WRITE;
	case SIM_CD_LOST:
		return WRONG_SEQUENCE;
	default:
		return 0;
	}
}

/* Mode page 05 decides what a WRITE does. */
static sim_sense write_as_page05_says(struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	struct sim_seq_rules rules = sim_cd_rules(sim);
	unsigned data_block = sim_page_byte(sim, 5, 4) & 15;
	uint32_t mode = (data_block == 8 ? 0x0100u : 0x0200u) | (sim_page_byte(sim, 5, 3) & 0x0f);

	if (!(sim_page_byte(sim, 5, 2) & 0x10))
		memset(&sim->test, 0, sizeof(sim->test));
	if (write_type(sim) != SESSION_AT_ONCE && data_block != 8 && data_block != 10)
		return WRONG_MODE;
	if (sim->disc->n_tracks == 0)
		sim->disc->session_format = sim_page_byte(sim, 5, 8);
	if (write_type(sim) == SESSION_AT_ONCE)	/* the cue sheet said what the blocks are */
		return sim_cue_write(sim, cmd, span, &rules, 0x0104);
	if (has_fixed_packets(sim) && span->n_blocks != PACKET_BLOCKS)
		return BAD_PACKET_SIZE;
	if (write_type(sim) == PACKETS)
		mode |= has_fixed_packets(sim) ? 0x3000u : 0x2000u;
	return sim_seq_write(sim, cmd, span, &rules, mode);
}

void sim_cd_lose(struct sim *sim)
{
	struct sim_disc *disc = sim->disc;

	memset(&sim->cue, 0, sizeof(sim->cue));
	sim_seq_reset(disc);
	disc->state = SIM_CD_LOST;
	disc->n_blocks = disc->front_lba = 0;
	sim->must_save = true;
}

/* A session at once that breaks off can't be continued. */
sim_sense sim_cd_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	sim_sense sense = write_as_page05_says(sim, cmd, span);
	const struct sim_recorded *track = sim_open_track(sim->disc);

	if (track && track->flags & TRACK_DAMAGED && sim->cue.end_lba)
		sim_cd_lose(sim);
	return sense;
}

static bool next_session_is_allowed(const struct sim *sim)
{
	return sim_page_byte(sim, 5, 3) >> 6 == MULTI_SESSION;
}

/* The end of a track at once is where its data end, that of a session at once where the cue sheet says. */
sim_sense sim_cd_sync(struct sim *sim, struct sim_command *cmd)
{
	struct sim_seq_rules rules = sim_cd_rules(sim);
	struct sim_recorded *track = sim_open_track(sim->disc);

	(void)cmd;
	if (sim->disc->state > SIM_SEQUENTIAL)
		return 0;
	if (sim->cue.end_lba) {
		if (!sim_cue_finish(sim, &rules))
			sim_seq_flush(sim, &rules);
		else if (!next_session_is_allowed(sim))
			sim->disc->state = SIM_COMPLETE;
		return 0;
	}
	memset(&sim->test, 0, sizeof(sim->test));
	if (track && (track->mode & 0x2000 || track->end_lba == track->start_lba))
		sim_seq_flush(sim, &rules);
	else if (track)
		sim_seq_close_track(sim, track, &rules);
	return 0;
}

sim_sense sim_cd_cue_sheet(struct sim *sim, struct sim_command *cmd)
{
	struct sim_seq_rules rules = sim_cd_rules(sim);

	if (write_type(sim) != SESSION_AT_ONCE || sim->disc->state > SIM_SEQUENTIAL || sim_session_is_open(sim->disc))
		return WRONG_SEQUENCE;
	return sim_cue_read(sim, cmd, &rules);
}

sim_sense sim_cd_reserve(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks)
{
	struct sim_seq_rules rules = sim_cd_rules(sim);

	if (sim->disc->state > SIM_SEQUENTIAL || sim->cue.end_lba)
		return WRONG_SEQUENCE;
	return sim_seq_reserve(sim, cmd, n_blocks, write_type(sim) == PACKETS ? 0x0005 : 0x0004, &rules);
}

/* ---- page 05 ---- */

static bool accepts_data_block(unsigned type, unsigned data_block)
{
	static const uint16_t accepted[] = { 0x3F00, 0x3F01, 0x3F0F };

	return type <= SESSION_AT_ONCE && (accepted[type] >> data_block & 1);
}

/* How a track is written can't change while it is open. */
static bool changes_mode(const struct sim *sim, const uint8_t *page)
{
	return ((sim_page_byte(sim, 5, 2) ^ page[2]) & 0x0f) || ((sim_page_byte(sim, 5, 3) ^ page[3]) & 0x2f) ||
	       ((sim_page_byte(sim, 5, 4) ^ page[4]) & 0x0f);
}

/* After a cut the page has its default, and the track still wants to be closed. */
static bool is_being_written(const struct sim *sim)
{
	const struct sim_recorded *track = sim_open_track(sim->disc);

	return track && track->end_lba > track->start_lba && !(track->flags & TRACK_DAMAGED);
}

sim_sense sim_cd_check_page05(const struct sim *sim, struct sim_command *cmd, const uint8_t *page, uint16_t at)
{
	unsigned type = page[2] & 15;

	if (is_being_written(sim) && changes_mode(sim, page))
		return WRONG_SEQUENCE;
	if (!accepts_data_block(type, page[4] & 15))
		return sim_bad_list(cmd, (uint16_t)(at + (type <= SESSION_AT_ONCE ? 4 : 2)));
	if (type == PACKETS && (page[3] & 0x0c) != 0x04)
		return sim_bad_list(cmd, (uint16_t)(at + 3));
	if (type == PACKETS && page[3] & 0x20 && get_be32(page + 10) != PACKET_BLOCKS)
		return sim_bad_list(cmd, (uint16_t)(at + 10));
	if (page[2] & 0x20 && page[5] != LINK_BLOCKS && (page[5] || sim_has(sim, QUIRK_LINK_STRICT)))
		return sim_bad_list(cmd, (uint16_t)(at + 5));
	if (page[8] != 0x00 && page[8] != 0x10 && page[8] != MODE2_SESSION)
		return sim_bad_list(cmd, (uint16_t)(at + 8));
	return 0;
}

/* ---- closing ---- */

static sim_sense close_track(struct sim *sim, unsigned number, bool immed)
{
	if (!sim_open_track_at(sim->disc, number) && sim_has(sim, QUIRK_CLOSE_2C))
		return WRONG_SEQUENCE;
	return sim_ordered_close_track(sim, number, 10000, immed);
}

sim_sense sim_cd_close(struct sim *sim, struct sim_command *cmd, unsigned function, unsigned track, bool immed)
{
	struct sim_disc *disc = sim->disc;
	struct sim_seq_rules rules = sim_cd_rules(sim);
	const struct sim_recorded *open = sim_open_track(disc);

	if (function != 1 && function != 2)
		return sim_bad_field(cmd, 2, 2);
	if (disc->state == SIM_CD_LOST)
		return SENSE(5, 0x72, 0x03);
	if (disc->state == SIM_COMPLETE || sim->cue.end_lba)
		return WRONG_SEQUENCE;
	memset(&sim->test, 0, sizeof(sim->test));
	if (function == 1)
		return close_track(sim, track, immed);
	if (!sim_session_is_open(disc))
		return 0;
	if (open && open->mode & 0x2000 && !(open->flags & TRACK_RESERVED))
		return SENSE(5, 0x72, 0x03);
	if (sim_has_reserved_tracks(disc))
		return SENSE(5, 0x72, 0x04);
	sim_seq_close_track(sim, NULL, &rules);
	return sim_ordered_begin_close(sim, next_session_is_allowed(sim) ? 0 : SIM_CLOSE_FINAL, 60000, immed);
}

void sim_cd_finish_close(struct sim *sim)
{
	if (!(sim->drive->op.parameter & SIM_CLOSE_TRACK))
		sim->disc->fresh_format = true;
	sim_ordered_finish_close(sim);
}

void sim_cd_cut(struct sim *sim, enum sim_op op)
{
	bool was_at_once = sim->cue.end_lba && sim_open_track(sim->disc);

	if (sim->disc->state > SIM_SEQUENTIAL)
		return;
	memset(&sim->cue, 0, sizeof(sim->cue));
	if (was_at_once)
		sim_cd_lose(sim);
	else
		sim_ordered_cut(sim, op);
}

void sim_cd_load(struct sim *sim)
{
	sim->disc->fresh_format = false;
	memset(&sim->cue, 0, sizeof(sim->cue));
}

/* READ TOC/PMA/ATIP, format 4: a high speed disc (4x to 10x), or a CD-R. */
uint32_t sim_cd_atip(const struct sim *sim, uint8_t *ret)
{
	static const uint8_t high_speed[28] = { 0x00, 0x1A, 0x00, 0x00, 0xD1, 0x00, 0xCC, 0x00, 0x61, 0x0F, 0x23, 0x00,
						0x00, 0x00, 0x00, 0x00, 0x24, 0x1A, 0xD8 };

	memcpy(ret, high_speed, sizeof(high_speed));
	if (!is_rewritable(sim)) {
		ret[4] = 0xD0;
		ret[6] = 0x80;
		memset(ret + 16, 0, 3);
	}
	put_be24(ret + 12, sim_msf(sim_cd_last_lead_out(sim->disc)));
	return sizeof(high_speed);
}
