/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DVD+RW: written at random; formatted once, of which the drive does all but the first minute in the background.
 *
 * Background formatting advances with time and with each write beyond its front.  It stops when it is asked to,
 * when the disc is ejected, and when the power fails.
 */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/clock.h"
#include "sim/family.h"

enum { UNFORMATTED, RUNNING, STOPPED, COMPLETE };
static const char *const state_names[] = { "unformatted", "formatting-in-background", "format-stopped", "ready", NULL };

#define BACKGROUND_FORMAT 0x26u
#define FIRST_FRONT 65536u		/* blocks that are formatted before the drive gets ready */
#define SAVED_FRONT_STEP 4096u		/* as exactly does the disc know its front */
#define DIRTY 0x04u

#define ALWAYS (FEATURE(F1F) | FEATURE(F20) | FEATURE(F23) | FEATURE(F26) | FEATURE(F2A) | FEATURE(F107))
static const struct row {
	uint8_t disc_status, background, data_mode, capacity_type;
	uint32_t features;
} rows[] = {
	[UNFORMATTED] = { 0x10, 0, 0x61, 1, ALWAYS },
	[RUNNING] = { 0x1E, 2, 0x21, 2, ALWAYS | FEATURE(F10) },
	[STOPPED] = { 0x1E, 1, 0x21, 2, ALWAYS | FEATURE(F10) },
	[COMPLETE] = { 0x1E, 3, 0x21, 2, ALWAYS | FEATURE(F10) },
};

static void describe(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;
	const struct row *row = &rows[disc->state];
	uint32_t n_blocks = disc->kind->max_blocks;

	view->profile = 0x001A;
	view->features = row->features;
	view->disc_status = row->disc_status;
	view->background = (uint8_t)(row->background | (disc->dirty_bit && row->background % 3 ? DIRTY : 0));
	view->n_sessions = view->first_track = view->last_track = 1;
	view->lead_in = 0xffffffff;
	view->lead_out = disc->state == UNFORMATTED ? n_blocks : 0xffffffff;
	view->tracks[0] = (struct sim_track){ .number = 1, .session = 1, .mode = 4, .data_mode = row->data_mode,
					      .packet_blocks = 16, .n_blocks = n_blocks,
					      .free_blocks = disc->state == UNFORMATTED ? n_blocks : 0 };
	if (sim_has(sim, QUIRK_PLUS_NO_PACKET))
		view->tracks[0].data_mode &= 0xCF;
	view->n_tracks = 1;
	view->toc_control = disc->state == UNFORMATTED ? 0 : 0x14;
	view->capacity_type = row->capacity_type;
	view->capacity_blocks = n_blocks;
	view->formats[view->n_formats++] = (struct sim_format_row){ n_blocks, BACKGROUND_FORMAT << 2, 0 };
	view->readable_blocks = disc->n_blocks;
}

/* ---- background formatting ---- */

static void advance_front(struct sim *sim, uint64_t n_blocks)
{
	struct sim_disc *disc = sim->disc;
	uint32_t left = disc->kind->max_blocks - disc->front_lba;

	disc->front_lba += n_blocks < left ? (uint32_t)n_blocks : left;
	if (disc->front_lba < disc->kind->max_blocks)
		return;
	disc->state = COMPLETE;
	disc->dirty_bit = false;
	sim->drive->media_event = 5;
	sim->must_save = true;
}

static void pass_time(struct sim *sim, uint64_t ms)
{
	if (sim->disc->state == RUNNING)
		advance_front(sim, ms * sim->disc->kind->kbytes_per_s / SIM_BLOCK_BYTES);
}

static bool background(const struct sim *sim, uint16_t *ret_progress)
{
	if (sim->disc->state != RUNNING)
		return false;
	*ret_progress = (uint16_t)((uint64_t)sim->disc->front_lba * 65536 / sim->disc->kind->max_blocks);
	return true;
}

static void eject(struct sim *sim)
{
	if (sim->disc->state == RUNNING)
		sim->disc->state = STOPPED;
}

/* ---- reading and writing ---- */

static sim_sense may_read(const struct sim *sim)
{
	return sim->disc->state == UNFORMATTED ? OUT_OF_RANGE : 0;
}

static sim_sense may_write(const struct sim *sim)
{
	return sim->disc->state == UNFORMATTED ? NOT_FORMATTED : 0;
}

/* What was never formatted can't be read. */
static sim_sense check_read(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	const struct sim_disc *disc = sim->disc;
	uint32_t end = span->lba + span->n_blocks;

	if (sim_has(sim, QUIRK_UNW))
		return 0;
	for (uint32_t lba = span->lba > disc->front_lba ? span->lba : disc->front_lba; lba < end;
	     lba = (lba / 16 + 1) * 16)
		if (!(disc->units[lba / 16].flags & UNIT_WRITTEN))
			return sim_bad_lba(cmd, UNREADABLE, lba);
	return 0;
}

static sim_sense check_write(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	if (sim->disc->state == STOPPED && span->lba + span->n_blocks > sim->disc->front_lba &&
	    sim_has(sim, QUIRK_BG1_REFUSE))
		return sim_bad_lba(cmd, BAD_WRITE_ADDRESS, span->lba);
	return 0;
}

/* A write beyond the front restarts formatting, and the drive formats what lies between. */
static void wrote(struct sim *sim, const struct sim_span *span)
{
	struct sim_disc *disc = sim->disc;
	uint32_t end = (span->lba + span->n_blocks + 15) / 16 * 16;

	if (disc->state == COMPLETE)
		return;
	disc->dirty_bit = true;
	if (end <= disc->front_lba)
		return;
	if (disc->state == STOPPED) {
		disc->state = RUNNING;
		sim->drive->media_event = 6;
	}
	sim_busy_for(sim, (uint64_t)(end - disc->front_lba) * SIM_BLOCK_BYTES * 1000 / disc->kind->kbytes_per_s);
	advance_front(sim, end - disc->front_lba);
}

/* ---- formatting and closing ---- */

static sim_sense format_disc(struct sim *sim, struct sim_command *cmd, const struct sim_format *format)
{
	struct sim_disc *disc = sim->disc;
	struct sim_operation *op = &sim->drive->op;

	if (format->type != BACKGROUND_FORMAT)
		return sim_bad_list(cmd, 8);
	if (format->parameter > 1)
		return sim_bad_list(cmd, 11);
	if (sim_has(sim, QUIRK_BLK_STRICT) && format->n_blocks != disc->kind->max_blocks &&
	    format->n_blocks != UINT32_MAX)
		return sim_bad_list(cmd, 4);
	if (format->parameter == 1 && disc->state != UNFORMATTED) {
		if (disc->state == STOPPED)
			disc->state = RUNNING;
		sim->must_save = true;
		return 0;
	}
	if (format->parameter == 1 && !sim_has(sim, QUIRK_RESTART_UNF))
		return sim_bad_list(cmd, 11);
	disc->state = UNFORMATTED;	/* until the lead-in is there */
	disc->n_blocks = disc->front_lba = 0;
	sim_op_begin(sim, OP_FORMAT, 60000, 3, format->options & FORMAT_IMMED);
	op->no_progress = !sim_has(sim, QUIRK_FG_PROGRESS);
	return 0;
}

static sim_sense close_disc(struct sim *sim, struct sim_command *cmd, unsigned function, unsigned track, bool immed)
{
	struct sim_disc *disc = sim->disc;

	(void)track;
	if (function != 0 && function != 2 && function != 3)
		return sim_bad_field(cmd, 2, 2);
	if (disc->state == UNFORMATTED)
		return function == 0 ? 0 : NOT_FORMATTED;
	if (function == 0) {
		if (disc->state == RUNNING)
			disc->state = STOPPED;
		sim->must_save = true;
		return 0;
	}
	if (disc->state == COMPLETE)
		return 0;
	sim->drive->op.parameter = 0;
	sim_op_begin(sim, OP_CLOSE, 60000, 3, immed);
	return 0;
}

static void finish(struct sim *sim)
{
	struct sim_disc *disc = sim->disc;

	if (sim->drive->op.kind == OP_CLOSE) {
		if (disc->state == RUNNING)
			disc->state = STOPPED;
		disc->dirty_bit = false;
		return;
	}
	disc->state = RUNNING;
	disc->n_blocks = disc->kind->max_blocks;
	disc->front_lba = FIRST_FRONT;
	disc->dirty_bit = false;
	sim_units_reset(disc);
	sim_data_clear(sim);
	sim->drive->op.no_progress = false;
}

static void cut(struct sim *sim, enum sim_op op)
{
	struct sim_disc *disc = sim->disc;

	if (op == OP_FORMAT)
		return;		/* still unformatted */
	if (disc->state != RUNNING)
		return;
	disc->state = STOPPED;
	disc->dirty_bit = true;
	disc->front_lba -= disc->front_lba % SAVED_FRONT_STEP;
}

/* ---- structures ---- */

static const uint8_t structures[] = { 0x00, 0x01, 0x04, 0x10, 0x11, 0xFF };

static sim_sense structure(const struct sim *sim, unsigned format, uint8_t *ret, uint32_t *ret_n_bytes)
{
	switch (format) {
	case 0x00:
	case 0x10:
	case 0x11:
		ret[0] = 0x92;
		ret[1] = 0x0F;
		ret[2] = 0x04;
		ret[3] = 0x10;
		put_be24(ret + 5, 0x030000);
		put_be24(ret + 9, 0x030000 + sim->disc->kind->max_blocks - 1);
		*ret_n_bytes = format == 0x11 ? 256 : 2048;
		if (format == 0x11)
			memcpy(ret + 19, "SIMULATR001", 12);
		return 0;
	case 0x01:
		*ret_n_bytes = 4;
		return 0;
	case 0x04:
		*ret_n_bytes = 2048;
		return 0;
	default:
		*ret_n_bytes = 0;
		return 0;
	}
}

const struct sim_family sim_dvdplusrw = {
	.state_names = state_names,
	.describe = describe,
	.may_read = may_read,
	.check_read = check_read,
	.may_write = may_write,
	.check_write = check_write,
	.wrote = wrote,
	.format = format_disc,
	.close = close_disc,
	.structure = structure,
	.structures = structures,
	.finish = finish,
	.cut = cut,
	.eject = eject,
	.pass_time = pass_time,
	.background = background,
};
