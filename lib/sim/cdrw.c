/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CD-RW: blank, written in order, complete, or formatted in fixed packets of 32 blocks.
 *
 * A formatted disc takes whole packets only.
 */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/attention.h"
#include "sim/cd.h"
#include "sim/clock.h"
#include "sim/mode.h"

enum {
	BLANK = SIM_BLANK, SEQUENTIAL = SIM_SEQUENTIAL, COMPLETE = SIM_COMPLETE,
	DAMAGED = SIM_CD_LOST, FORMATTED = SIM_OTHER_CD_STATES,
};
static const char *const state_names[] = { "blank", "appendable", "complete", "damaged", "formatted", NULL };

#define PACKET_BLOCKS 32u
#define LINK_BLOCKS 7u
#define FULL_FORMAT 0x10u
#define ANY_FORMAT 0x00u
#define MODE2_SESSION 0x20u

static uint32_t packet_capacity(const struct sim_disc *disc)
{
	return (disc->kind->max_blocks + LINK_BLOCKS) / (PACKET_BLOCKS + LINK_BLOCKS) * PACKET_BLOCKS;
}

static const uint32_t features[] = {
	[BLANK] = FEATURE(F21) | FEATURE(F23) | FEATURE(F2D) | FEATURE(F2E) | FEATURE(F37) | FEATURE(F107),
	[SEQUENTIAL] = FEATURE(F10) | FEATURE(F1E) | FEATURE(F21) | FEATURE(F23) | FEATURE(F2D) | FEATURE(F2E) |
		       FEATURE(F37) | FEATURE(F107),
	[COMPLETE] = FEATURE(F10) | FEATURE(F1E) | FEATURE(F23) | FEATURE(F37) | FEATURE(F107),
	[FORMATTED] = FEATURE(F10) | FEATURE(F1E) | FEATURE(F23) | FEATURE(F26) | FEATURE(F37) | FEATURE(F107),
	[DAMAGED] = FEATURE(F23) | FEATURE(F37) | FEATURE(F107),
};

static void describe_formats(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;
	uint32_t capacity = packet_capacity(disc);

	view->capacity_type = disc->state == FORMATTED ? 2 : 1;
	view->capacity_blocks = disc->state == FORMATTED ? disc->n_blocks : disc->kind->max_blocks;
	view->formats[view->n_formats++] =
		(struct sim_format_row){ capacity, (uint8_t)(FULL_FORMAT << 2), PACKET_BLOCKS };
	if (sim_has(sim, QUIRK_CD_RFC_00))
		view->formats[view->n_formats++] = (struct sim_format_row){ capacity, ANY_FORMAT, SIM_BLOCK_BYTES };
}

static void describe_formatted(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;

	view->disc_status = sim_has(sim, QUIRK_NOT_ERASABLE) && disc->fresh_format ? 0x0E : 0x1E;
	view->background = 0x20;
	view->n_sessions = view->first_track = view->last_track = 1;
	view->lead_in_of_disc = SIM_LEAD_IN_OF_ATIP;
	view->lead_in = view->lead_out = 0xffffffff;
	view->disc_type = (uint8_t)disc->session_format;
	view->tracks[0] = (struct sim_track){ .number = 1, .session = 1, .mode = (uint8_t)disc->track_mode,
					      .data_mode = (uint8_t)(0xB0 | disc->data_mode),
					      .packet_blocks = PACKET_BLOCKS, .n_blocks = disc->n_blocks };
	view->n_tracks = 1;
	view->readable_blocks = disc->n_blocks;
	if (disc->n_blocks && !(disc->session_is_open && sim_has(sim, QUIRK_FP_NO_TOC)))
		view->toc_control = (uint8_t)(0x10 | (disc->track_mode & 0x0f));
	if (sim_has(sim, QUIRK_FP_SEQ))
		view->features |= FEATURE(F21) | FEATURE(F2D);
	if (disc->session_is_open && sim_has(sim, QUIRK_FP_OPEN)) {
		view->disc_status = 0x15;
		view->last_track = 2;
		view->tracks[view->n_tracks++] = (struct sim_track){ .number = 2, .session = 1, .mode = 4,
								     .data_mode = 0x4F };
		view->lead_in = SIM_LEAD_IN_OF_ATIP;
		view->lead_out = sim_msf(sim_cd_last_lead_out(disc));
	}
}

static void describe(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;

	view->profile = 0x000A;
	view->features = features[disc->state];
	if (disc->state == FORMATTED)
		describe_formatted(sim, view);
	else
		sim_cd_describe(sim, view);
	describe_formats(sim, view);
}

static void set_formatted(struct sim_disc *disc, uint32_t n_blocks)
{
	disc->state = FORMATTED;
	disc->n_blocks = disc->front_lba = n_blocks;
	sim_seq_reset(disc);
}

/* ---- reading and writing ---- */

static sim_sense may_read(const struct sim *sim)
{
	return sim->disc->state == DAMAGED ? FORMAT_CORRUPTED : 0;
}

static uint32_t read_limit(const struct sim *sim)
{
	return sim->disc->state == FORMATTED ? sim->disc->n_blocks : sim_ordered_read_limit(sim);
}

static sim_sense check_read(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	return sim->disc->state == FORMATTED ? 0 : sim_ordered_check_read(sim, cmd, span);
}

/* Whole packets, unless the drive completes them itself. */
static sim_sense check_write(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	if (sim_has(sim, QUIRK_RMW_CD))
		return 0;
	if (span->lba % PACKET_BLOCKS)
		return sim_bad_lba(cmd, BAD_WRITE_ADDRESS, span->lba);
	return span->n_blocks % PACKET_BLOCKS ? BAD_PACKET_SIZE : 0;
}

static bool is_formatted(const struct sim *sim)
{
	return sim->disc->state == FORMATTED;
}

static sim_sense repair(struct sim *sim, struct sim_command *cmd, unsigned track)
{
	return sim->disc->state == FORMATTED ? WRONG_SEQUENCE : sim_ordered_repair(sim, cmd, track);
}

/* ---- page 05 ---- */

static sim_sense check_page05(const struct sim *sim, struct sim_command *cmd, const uint8_t *page, uint16_t at)
{
	bool fixed = (page[2] & 15) == 0 && page[3] & 0x20;
	bool is_closed = sim->disc->state == COMPLETE || sim->disc->state == FORMATTED;
	sim_sense sense = sim_cd_check_page05(sim, cmd, page, at);

	if (sense || !fixed)
		return sense;
	if (sim_has(sim, QUIRK_FP_SELECT_NEVER) || (sim_has(sim, QUIRK_FP_SELECT_CLOSED) && !is_closed) ||
	    (sim_has(sim, QUIRK_FP_SELECT_RELOADED) && sim->disc->fresh_format))
		return sim_bad_list(cmd, (uint16_t)(at + 3));
	return 0;
}

/* ---- formatting ---- */

#define PARAMETER_FULL_BLANK 0x100u

static uint64_t whole_disc_ms(const struct sim_disc *disc)
{
	return (uint64_t)disc->kind->max_blocks * SIM_BLOCK_BYTES / disc->kind->kbytes_per_s;
}

/* The operation's parameter is the track mode, data mode and session format that the disc will have. */
static uint32_t format_parameter(const struct sim *sim, bool *ret_fits)
{
	bool is_packet = (sim_page_byte(sim, 5, 2) & 15) == 0 && (sim_page_byte(sim, 5, 3) & 0x20);
	uint32_t data_block = sim_page_byte(sim, 5, 4) & 15;

	*ret_fits = is_packet && !(sim_page_byte(sim, 5, 2) & 0x10) && (data_block == 8 || data_block == 10);
	if (!is_packet)
		return MODE2_SESSION << 16 | 2u << 8 | 5u;
	return (uint32_t)sim_page_byte(sim, 5, 8) << 16 | (data_block == 8 ? 1u : 2u) << 8 |
	       (sim_page_byte(sim, 5, 3) & 15u);
}

static sim_sense begin_format(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks, uint16_t field, bool immed)
{
	struct sim_operation *op = &sim->drive->op;
	uint32_t most = packet_capacity(sim->disc);
	bool page_fits;

	op->parameter = format_parameter(sim, &page_fits);
	if (sim_has(sim, QUIRK_FMT_NEEDS_PAGE05) && !page_fits)
		return sim_bad_list(cmd, field);
	if ((n_blocks == 0 || n_blocks == UINT32_MAX) && sim_has(sim, QUIRK_FMT_MAX))
		n_blocks = most;
	if (n_blocks == 0 || n_blocks > most || (sim_has(sim, QUIRK_NO_ROUND) && n_blocks % PACKET_BLOCKS))
		return sim_bad_list(cmd, field);
	op->blocks = n_blocks / PACKET_BLOCKS * PACKET_BLOCKS;
	if (op->blocks == 0)
		return sim_bad_list(cmd, field);
	sim_op_begin(sim, OP_FORMAT, whole_disc_ms(sim->disc), 20, immed);
	return 0;
}

static sim_sense format_disc(struct sim *sim, struct sim_command *cmd, const struct sim_format *format)
{
	if (!(format->options & FORMAT_FOV) && format->options & (uint8_t)~FORMAT_IMMED)
		return sim_bad_list(cmd, 1);
	if (sim_has(sim, QUIRK_LEN_STRICT) && cmd->n_data_bytes != 12)
		return BAD_LIST_LENGTH;
	if (format->type != FULL_FORMAT && !(format->type == ANY_FORMAT && sim_has(sim, QUIRK_CD_RFC_00)))
		return sim_bad_list(cmd, 8);
	if (format->type == FULL_FORMAT && format->parameter != PACKET_BLOCKS)
		return sim_bad_list(cmd, 9);
	return begin_format(sim, cmd, format->n_blocks, 4, format->options & FORMAT_IMMED);
}

/* Format code 7 of old drives: flags and size are the last 8 bytes; everything else comes from page 05. */
static sim_sense format_legacy(struct sim *sim, struct sim_command *cmd)
{
	uint32_t at = cmd->n_data_bytes == 16 && !sim_has(sim, QUIRK_LEN_STRICT) ? 8 : 4;

	if (sim_has(sim, QUIRK_NO_LEGACY))
		return sim_bad_field(cmd, 1, 2);
	if (cmd->n_data_bytes != at + 8)
		return BAD_LIST_LENGTH;
	if (cmd->data[at] & 0xC0)
		return sim_bad_list(cmd, (uint16_t)at);
	cmd->n_done_bytes = cmd->n_data_bytes;
	return begin_format(sim, cmd, get_be32(cmd->data + at + 4), (uint16_t)(at + 4), cmd->data[1] & FORMAT_IMMED);
}

static sim_sense blank(struct sim *sim, struct sim_command *cmd, unsigned type, uint32_t start, bool immed)
{
	(void)start;
	if (type > 1)
		return sim_bad_field(cmd, 1, 2);
	sim->drive->op.parameter = type == 0 ? PARAMETER_FULL_BLANK : 0;
	sim_op_begin(sim, OP_BLANK, type == 0 ? whole_disc_ms(sim->disc) : 60000, type == 0 ? 20 : 3, immed);
	return 0;
}

/* ---- closing ---- */

static sim_sense close_formatted(struct sim *sim, struct sim_command *cmd, unsigned function, bool immed)
{
	if (function != 1 && function != 2)
		return sim_bad_field(cmd, 2, 2);
	if (sim->disc->session_is_open && function == 2) {
		sim->drive->op.parameter = 0;
		sim_op_begin(sim, OP_CLOSE, 60000, 3, immed);
		return 0;
	}
	return function == 2 || sim_has(sim, QUIRK_FP_CLOSE_OK) ? 0 : WRONG_SEQUENCE;
}

static sim_sense close_disc(struct sim *sim, struct sim_command *cmd, unsigned function, unsigned track, bool immed)
{
	if (sim->disc->state == FORMATTED)
		return close_formatted(sim, cmd, function, immed);
	return sim_cd_close(sim, cmd, function, track, immed);
}

static void finish_close(struct sim *sim)
{
	if (sim->disc->state == FORMATTED)
		sim->disc->session_is_open = false;
	else
		sim_cd_finish_close(sim);
}

static void finish(struct sim *sim)
{
	struct sim_disc *disc = sim->disc;
	const struct sim_operation *op = &sim->drive->op;

	if (op->kind == OP_CLOSE) {
		finish_close(sim);
		return;
	}
	sim_seq_reset(disc);
	memset(&sim->cue, 0, sizeof(sim->cue));
	sim_units_reset(disc);
	if (op->kind == OP_BLANK) {
		disc->state = BLANK;
		disc->n_blocks = disc->front_lba = 0;
		disc->session_format = 0;
	} else {
		set_formatted(disc, op->blocks);
		disc->track_mode = op->parameter & 0xff;
		disc->data_mode = op->parameter >> 8 & 0xff;
		disc->session_format = op->parameter >> 16;
		disc->session_is_open = sim_has(sim, QUIRK_FP_OPEN) || sim_has(sim, QUIRK_FP_NO_TOC);
		disc->fresh_format = true;
		if (sim_has(sim, QUIRK_FMT_UA))
			sim_attention_add(sim, SENSE(6, 0x28, 0x00));
		/* each packet is written once */
		sim_units_count(sim, 0, op->blocks);
	}
	sim_data_clear(sim);
}

static void cut(struct sim *sim, enum sim_op op)
{
	if (op == OP_FORMAT || op == OP_BLANK)
		sim_cd_lose(sim);
	else
		sim_cd_cut(sim, op);
}

const struct sim_family sim_cdrw = {
	.state_names = state_names,
	.describe = describe,
	.rules = sim_cd_rules,
	.may_read = may_read,
	.read_limit = read_limit,
	.check_read = check_read,
	.may_write = sim_cd_may_write,
	.write = sim_cd_write,
	.is_random = is_formatted,
	.check_write = check_write,
	.sync = sim_cd_sync,
	.format = format_disc,
	.format_legacy = format_legacy,
	.blank = blank,
	.cue_sheet = sim_cd_cue_sheet,
	.reserve = sim_cd_reserve,
	.repair = repair,
	.close = close_disc,
	.check_page05 = check_page05,
	.uses_page05 = true,
	.finish = finish,
	.cut = cut,
	.load = sim_cd_load,
	.atip = sim_cd_atip,
};
