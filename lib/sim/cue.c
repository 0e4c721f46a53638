/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Session at once on CD: the cue sheet says what the next session holds, and then WRITE supplies every block of it,
 * from the pre-gap on (MMC, SEND CUE SHEET).
 *
 * One data track a session is simulated.
 */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/clock.h"
#include "sim/sequence.h"

#define ENTRY_BYTES 8u
#define PRE_GAP_BLOCKS 150u
#define LEAD_OUT 0xAAu
#define DATA_TRACK 0x40u		/* in the control nibble */
#define MODE1_DATA 0x10u
#define MODE1_PAUSE 0x14u

/* What is expected next. */
enum part { LEAD_IN, PRE_GAP, TRACK, END, NOTHING };

static int64_t lba_of(const uint8_t *msf)
{
	return ((int64_t)msf[0] * 60 + msf[1]) * 75 + msf[2] - PRE_GAP_BLOCKS;
}

/* ENTRY is a position, not a catalogue number or the like.  PART moves on.  Returns the byte that is wrong, or -1. */
static int read_entry(const uint8_t *entry, const struct sim_seq_rules *rules, struct sim_cue *cue, enum part *part)
{
	int64_t lba = lba_of(entry + 5);

	if (!(entry[0] & DATA_TRACK))
		return 0;
	switch (*part) {
	case LEAD_IN:
		*part = PRE_GAP;
		return entry[1] == 0 ? -1 : 1;
	case PRE_GAP:
		*part = TRACK;
		if (entry[1] != 1 || entry[2] != 0)
			return entry[1] != 1 ? 1 : 2;
		if (entry[3] != MODE1_DATA && entry[3] != MODE1_PAUSE)
			return 3;
		return lba == (int64_t)cue->start_lba - PRE_GAP_BLOCKS ? -1 : 5;
	case TRACK:
		*part = END;
		if (entry[1] != 1 || entry[2] != 1)
			return entry[1] != 1 ? 1 : 2;
		if (entry[3] != MODE1_DATA)
			return 3;
		return lba == cue->start_lba ? -1 : 5;
	case END:
		*part = NOTHING;
		if (entry[1] != LEAD_OUT)
			return 1;
		if (lba < (int64_t)cue->start_lba + rules->min_track_blocks || lba > rules->n_blocks)
			return 5;
		cue->end_lba = (uint32_t)lba;
		return -1;
	case NOTHING:
	default:
		return 1;
	}
}

sim_sense sim_cue_read(struct sim *sim, struct sim_command *cmd, const struct sim_seq_rules *rules)
{
	struct sim_cue cue = { .start_lba = sim_next_start(sim->disc, rules) };
	uint32_t n_bytes = get_be24(cmd->cdb + 6);
	enum part part = LEAD_IN;

	memset(&sim->cue, 0, sizeof(sim->cue));
	if (n_bytes > cmd->n_data_bytes)
		return sim_bad_field(cmd, 6, 8);
	if (n_bytes == 0 || n_bytes % ENTRY_BYTES)
		return BAD_LIST_LENGTH;
	for (uint32_t at = 0; at < n_bytes; at += ENTRY_BYTES) {
		unsigned kind = cmd->data[at] & 0x0f;
		int wrong;

		if (kind == 2 || kind == 3)	/* catalogue number, recording code */
			continue;
		wrong = kind == 1 ? read_entry(cmd->data + at, rules, &cue, &part) : 0;
		if (wrong >= 0)
			return sim_bad_list(cmd, (uint16_t)(at + (uint32_t)wrong));
	}
	if (part != NOTHING)
		return BAD_LIST_LENGTH;
	cue.next_lba = (int64_t)cue.start_lba - PRE_GAP_BLOCKS;
	sim->cue = cue;
	cmd->n_done_bytes = n_bytes;
	return 0;
}

sim_sense sim_cue_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span,
			const struct sim_seq_rules *rules, uint32_t mode)
{
	struct sim_cue *cue = &sim->cue;
	int64_t lba = (int32_t)span->lba;	/* the pre-gap of the first track has negative addresses */
	struct sim_command data_cmd = *cmd;
	struct sim_span data = *span;
	uint32_t n_gap_blocks = 0;
	sim_sense sense = 0;

	if (cue->end_lba == 0)
		return WRONG_SEQUENCE;
	if (lba != cue->next_lba)
		return sim_bad_lba(cmd, BAD_WRITE_ADDRESS, span->lba);
	if (lba + span->n_blocks > cue->end_lba)
		return sim_bad_lba(cmd, OUT_OF_RANGE, cue->end_lba);
	if (lba < cue->start_lba)
		n_gap_blocks = (uint32_t)(cue->start_lba - lba);
	if (n_gap_blocks > span->n_blocks)
		n_gap_blocks = span->n_blocks;
	data.lba += n_gap_blocks;
	data.n_blocks -= n_gap_blocks;
	data_cmd.data += (size_t)n_gap_blocks * SIM_BLOCK_BYTES;
	if (data.n_blocks)
		sense = sim_seq_write(sim, &data_cmd, &data, rules, mode);
	if (sense) {
		data_cmd.data = cmd->data;
		*cmd = data_cmd;
		return sense;
	}
	cue->next_lba += span->n_blocks;
	cmd->n_done_bytes = span->n_blocks * SIM_BLOCK_BYTES;
	return 0;
}

bool sim_cue_finish(struct sim *sim, const struct sim_seq_rules *rules)
{
	struct sim_disc *disc = sim->disc;

	if (sim->cue.end_lba == 0 || sim->cue.next_lba != sim->cue.end_lba)
		return false;
	memset(&sim->cue, 0, sizeof(sim->cue));
	if (sim->test.is_on) {
		memset(&sim->test, 0, sizeof(sim->test));
		return false;
	}
	disc->tracks[disc->n_tracks - 1].flags |= TRACK_AT_ONCE;
	sim_seq_close_track(sim, NULL, rules);
	sim_seq_close_session(sim, rules);
	sim_busy_for(sim, 30000000);	/* the lead-out and the lead-in */
	return true;
}

sim_sense cmd_cue_sheet(struct sim *sim, struct sim_command *cmd)
{
	const struct sim_family *family = sim->disc->kind->family;

	return family->cue_sheet ? family->cue_sheet(sim, cmd) : INVALID_OPCODE;
}
