/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DVD-RW: written in order (profile 0014), or overwritten in whole ECC blocks (0013).
 *
 * A quick format leaves it in an intermediate state: writing goes on at the end only, until the session is
 * closed.  After a minimal blanking the drive writes the disc at once only (DAO).
 */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/attention.h"
#include "sim/border.h"
#include "sim/cd.h"
#include "sim/clock.h"
#include "sim/mode.h"

enum {
	BLANK = SIM_BLANK, SEQUENTIAL = SIM_SEQUENTIAL, COMPLETE = SIM_COMPLETE,
	BLANK_MINIMAL = SIM_OTHER_STATES, OVERWRITE, INTERMEDIATE, DAMAGED, BLANKING_CUT,
};
static const char *const state_names[] = {
	"blank", "appendable", "complete", "blank-minimal", "ready", "intermediate", "damaged", "blanking-cut", NULL,
};

#define ECC_BLOCKS 16u
#define FULL_FORMAT 0x00u
#define FULL_FORMAT_2 0x10u
#define QUICK_GROW 0x13u
#define QUICK_FORMAT 0x15u

#define SEQUENTIAL_FEATURES (FEATURE(F1F) | FEATURE(F23) | FEATURE(F107))
#define OVERWRITE_FEATURES (SEQUENTIAL_FEATURES | FEATURE(F10) | FEATURE(F26) | FEATURE(F2C))
static const uint32_t features[] = {
	[BLANK] = SEQUENTIAL_FEATURES | FEATURE(F21) | FEATURE(F2F),
	[BLANK_MINIMAL] = SEQUENTIAL_FEATURES | FEATURE(F2F),
	[SEQUENTIAL] = SEQUENTIAL_FEATURES | FEATURE(F21) | FEATURE(F2F),
	[COMPLETE] = SEQUENTIAL_FEATURES | FEATURE(F10),
	[OVERWRITE] = OVERWRITE_FEATURES,
	[INTERMEDIATE] = OVERWRITE_FEATURES,
	[DAMAGED] = FEATURE(F1F) | FEATURE(F23) | FEATURE(F2C) | FEATURE(F107),
	[BLANKING_CUT] = SEQUENTIAL_FEATURES,
};

static bool is_overwritable(const struct sim *sim)
{
	return sim->disc->state == OVERWRITE || sim->disc->state == INTERMEDIATE || sim->disc->state == DAMAGED;
}

static struct sim_seq_rules rules_of(const struct sim *sim)
{
	struct sim_seq_rules rules = sim_border_rules(sim);

	rules.only_at_once = sim->disc->state == BLANK_MINIMAL;
	if (rules.only_at_once)
		rules.blank_data_mode = 0x41;
	return rules;
}

/* ---- what the replies are made from ---- */

static void describe_formats(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;
	uint32_t all = disc->kind->max_blocks;
	struct sim_format_row *row = view->formats;

	*row++ = (struct sim_format_row){ all, FULL_FORMAT << 2, SIM_BLOCK_BYTES };
	*row++ = (struct sim_format_row){ all, FULL_FORMAT_2 << 2, ECC_BLOCKS };
	*row++ = (struct sim_format_row){ all, QUICK_FORMAT << 2, ECC_BLOCKS };
	if (disc->state == OVERWRITE)
		*row++ = (struct sim_format_row){ all - disc->n_blocks, QUICK_GROW << 2, ECC_BLOCKS };
	view->n_formats = (uint8_t)(row - view->formats);
	view->capacity_blocks = disc->state == OVERWRITE ? disc->n_blocks : all;
	view->capacity_type = disc->state == OVERWRITE ? 2 : disc->state == INTERMEDIATE ? 3 : 1;
}

static void describe_overwritable(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;
	struct sim_track *track = &view->tracks[0];
	uint32_t all = disc->kind->max_blocks;

	*track = (struct sim_track){ .number = 1, .session = 1, .mode = sim_has(sim, QUIRK_RO_MODE5) ? 5 : 4,
				     .packet_blocks = ECC_BLOCKS };
	view->profile = 0x0013;
	view->n_sessions = view->first_track = view->last_track = view->n_tracks = 1;
	view->readable_blocks = disc->n_blocks;
	if (disc->state == OVERWRITE) {
		view->disc_status = 0x1E;
		view->lead_out = 0xffffffff;
		track->data_mode = 0x31;
		track->valid = 2;
		track->n_blocks = disc->n_blocks;
		track->last_lba = disc->n_blocks - 1;
	} else if (disc->state == INTERMEDIATE) {
		view->disc_status = 0x15;
		track->data_mode = disc->front_lba ? 0x31 : 0x71;
		track->valid = disc->front_lba ? 3 : 1;
		track->next_lba = disc->front_lba;
		track->free_blocks = all - disc->front_lba;
		track->n_blocks = all;
		track->last_lba = disc->front_lba ? disc->front_lba - 1 : 0;
	} else {
		view->disc_status = 0x19;
		track->mode = 0x24;
		track->data_mode = 0x31;
	}
}

/* What drives were seen to say of a disc whose last track was cut off. */
static void describe_cut_off(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;

	if (disc->n_tracks == 0 || !(disc->tracks[disc->n_tracks - 1].flags & TRACK_DAMAGED))
		return;
	if (sim_has(sim, QUIRK_LOST_LEAD_IN))
		view->readable_blocks = 0xfffd0001;
	if (sim_has(sim, QUIRK_ZERO_TRACKS))
		view->first_track = view->last_track = view->n_tracks = 0;
}

static void describe(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;
	struct sim_seq_rules rules = rules_of(sim);

	view->features = features[disc->state];
	view->background = 0x20;
	view->lead_in = 0xffffffff;
	view->lead_out = disc->state == COMPLETE ? 0xffffffff : disc->kind->max_blocks;
	if (is_overwritable(sim)) {
		describe_overwritable(sim, view);
	} else if (disc->state == BLANKING_CUT) {
		view->profile = 0x0014;
		view->disc_status = 0x19;
		view->n_sessions = view->first_track = view->last_track = view->n_tracks = 1;
		view->tracks[0] = (struct sim_track){ .number = 1, .session = 1, .mode = 0x24, .data_mode = 0x41 };
	} else {
		view->profile = 0x0014;
		sim_seq_describe(disc, &rules, disc->state == COMPLETE, view);
		if (view->readable_blocks && disc->state == SEQUENTIAL)
			view->features |= FEATURE(F10);
		if (sim_has(sim, QUIRK_RW_2C_SEQ))
			view->features |= FEATURE(F2C);
		describe_cut_off(sim, view);
	}
	view->toc_control = view->readable_blocks ? 0x14 : 0;
	describe_formats(sim, view);
}

/* ---- reading ---- */

static sim_sense may_read(const struct sim *sim)
{
	switch (sim->disc->state) {
	case DAMAGED:
	case BLANKING_CUT:
		return FORMAT_CORRUPTED;
	case INTERMEDIATE:	/* until the session is closed */
		if (sim_has(sim, QUIRK_INT_READABLE))
			return 0;
		return sim->disc->n_blocks ? WRONG_SEQUENCE : OUT_OF_RANGE;
	default:
		return 0;
	}
}

static uint32_t read_limit(const struct sim *sim)
{
	if (sim->disc->state == INTERMEDIATE)
		return sim->disc->front_lba;
	return is_overwritable(sim) ? sim->disc->n_blocks : sim_ordered_read_limit(sim);
}

static sim_sense check_read(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	return is_overwritable(sim) ? 0 : sim_ordered_check_read(sim, cmd, span);
}

/* ---- writing ---- */

static sim_sense may_write(const struct sim *sim)
{
	switch (sim->disc->state) {
	case COMPLETE:
		return CANNOT_WRITE;
	case DAMAGED:
		return NOT_FORMATTED;
	case BLANKING_CUT:
		return WRONG_SEQUENCE;
	default:
		return 0;
	}
}

static uint32_t write_limit(const struct sim *sim)
{
	return sim->disc->state == INTERMEDIATE ? sim->disc->kind->max_blocks : sim->disc->n_blocks;
}

/* Whole ECC blocks; in the intermediate state nothing may be left out. */
static sim_sense check_write(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	if (sim->disc->state == INTERMEDIATE && span->lba > sim->disc->front_lba)
		return sim_bad_lba(cmd, BAD_WRITE_ADDRESS, span->lba);
	if (sim_has(sim, QUIRK_RMW_RO))
		return 0;
	if (span->lba % ECC_BLOCKS)
		return sim_bad_lba(cmd, BAD_WRITE_ADDRESS, span->lba);
	return span->n_blocks % ECC_BLOCKS ? BAD_PACKET_SIZE : 0;
}

static void wrote(struct sim *sim, const struct sim_span *span)
{
	uint32_t end = (span->lba + span->n_blocks + ECC_BLOCKS - 1) / ECC_BLOCKS * ECC_BLOCKS;

	if (sim->disc->state == INTERMEDIATE && end > sim->disc->front_lba)
		sim->disc->front_lba = end;
}

static sim_sense sync(struct sim *sim, struct sim_command *cmd)
{
	struct sim_disc *disc = sim->disc;

	if (disc->state == INTERMEDIATE)
		disc->synced_lba = disc->front_lba;
	return is_overwritable(sim) ? 0 : sim_border_sync(sim, cmd);
}

static sim_sense reserve(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks)
{
	if (is_overwritable(sim) || sim->disc->state == BLANKING_CUT)
		return WRONG_SEQUENCE;
	return sim_border_reserve(sim, cmd, n_blocks);
}

static sim_sense repair(struct sim *sim, struct sim_command *cmd, unsigned track)
{
	return is_overwritable(sim) ? WRONG_SEQUENCE : sim_ordered_repair(sim, cmd, track);
}

/* Page 05 has no effect on a disc that is overwritten. */
static sim_sense check_page05(const struct sim *sim, struct sim_command *cmd, const uint8_t *page, uint16_t at)
{
	return is_overwritable(sim) ? 0 : sim_border_check_page05(sim, cmd, page, at);
}

/* ---- formatting and blanking ---- */

#define PARAMETER_MINIMAL 1u

static uint64_t duration_ms(const struct sim_disc *disc, uint32_t n_blocks)
{
	return (uint64_t)n_blocks * SIM_BLOCK_BYTES / disc->kind->kbytes_per_s;
}

static void profile_changed(struct sim *sim)
{
	sim->drive->change_event = 2;
	if (sim_has(sim, QUIRK_PROFILE_UA))
		sim_attention_add(sim, SENSE(6, 0x28, 0x00));
}

/* Nothing is read until the session is closed.  What is asked for is written as zeros. */
static void begin_intermediate(struct sim *sim, uint32_t n_blocks)
{
	struct sim_disc *disc = sim->disc;

	disc->state = INTERMEDIATE;
	sim_seq_reset(disc);
	disc->n_blocks = 0;
	disc->front_lba = disc->synced_lba = n_blocks;
	sim_units_reset(disc);
	sim_data_clear(sim);
	profile_changed(sim);
	sim->must_save = true;
}

static sim_sense quick_format(struct sim *sim, struct sim_command *cmd, const struct sim_format *format)
{
	struct sim_disc *disc = sim->disc;
	uint64_t n_blocks = ((uint64_t)format->n_blocks + ECC_BLOCKS - 1) / ECC_BLOCKS * ECC_BLOCKS;

	if (format->type == QUICK_GROW) {
		if (disc->state != OVERWRITE || n_blocks > disc->kind->max_blocks - disc->n_blocks)
			return sim_bad_list(cmd, disc->state != OVERWRITE ? 8 : 4);
		disc->state = INTERMEDIATE;
		disc->front_lba = disc->synced_lba = disc->n_blocks + (uint32_t)n_blocks;
		sim->must_save = true;
		return 0;
	}
	if (n_blocks > disc->kind->max_blocks)
		return sim_bad_list(cmd, 4);
	begin_intermediate(sim, (uint32_t)n_blocks);
	sim_busy_for(sim, 30000000);
	return 0;
}

static sim_sense format_disc(struct sim *sim, struct sim_command *cmd, const struct sim_format *format)
{
	struct sim_operation *op = &sim->drive->op;
	uint32_t all = sim->disc->kind->max_blocks;

	if (!(format->options & FORMAT_FOV) && format->options & (uint8_t)~FORMAT_IMMED)
		return sim_bad_list(cmd, 1);
	if (sim_page_byte(sim, 5, 2) & 0x10)	/* test writing */
		return sim_bad_list(cmd, 8);
	switch (format->type) {
	case FULL_FORMAT:
	case FULL_FORMAT_2:
		if (format->n_blocks < ECC_BLOCKS || format->n_blocks > all)
			return sim_bad_list(cmd, 4);
		op->blocks = format->n_blocks / ECC_BLOCKS * ECC_BLOCKS;
		op->parameter = 0;
		sim_op_begin(sim, OP_FORMAT, duration_ms(sim->disc, op->blocks), 20, format->options & FORMAT_IMMED);
		return 0;
	case QUICK_GROW:
	case QUICK_FORMAT:
		return quick_format(sim, cmd, format);
	default:
		return sim_bad_list(cmd, 8);
	}
}

static sim_sense blank(struct sim *sim, struct sim_command *cmd, unsigned type, uint32_t start, bool immed)
{
	(void)start;
	if (type > 1)
		return sim_bad_field(cmd, 1, 2);
	sim->drive->op.parameter = type == 1 ? PARAMETER_MINIMAL : 0;
	sim_op_begin(sim, OP_BLANK, type == 1 ? 60000 : duration_ms(sim->disc, sim->disc->kind->max_blocks),
		     type == 1 ? 3 : 20, immed);
	return 0;
}

/* ---- closing ---- */

#define PARAMETER_WHOLE_DISC 0x20u

static sim_sense close_overwritable(struct sim *sim, struct sim_command *cmd, unsigned function, bool immed)
{
	struct sim_disc *disc = sim->disc;

	if (function != 2 && function != 3)
		return sim_bad_field(cmd, 2, 2);
	if (disc->state == DAMAGED)
		return SENSE(5, 0x72, 0x03);
	if (disc->state == OVERWRITE)
		return 0;
	if (disc->front_lba == 0 && !sim_has(sim, QUIRK_INT_EMPTY_CLOSE))
		return 0;
	sim->drive->op.parameter = function == 3 ? PARAMETER_WHOLE_DISC : 0;
	sim_op_begin(sim, OP_CLOSE, 120000, 3, immed);
	return 0;
}

static sim_sense close_disc(struct sim *sim, struct sim_command *cmd, unsigned function, unsigned track, bool immed)
{
	if (is_overwritable(sim))
		return close_overwritable(sim, cmd, function, immed);
	if (sim->disc->state == BLANKING_CUT && (function == 1 || function == 2))
		return SENSE(5, 0x72, 0x03);
	return sim_border_close(sim, cmd, function, track, immed);
}

static void finish_close(struct sim *sim)
{
	struct sim_disc *disc = sim->disc;
	uint32_t parameter = sim->drive->op.parameter;

	if (disc->state == INTERMEDIATE) {
		if (disc->front_lba == 0)
			disc->front_lba = ECC_BLOCKS;
		disc->n_blocks = disc->front_lba > disc->n_blocks ? disc->front_lba : disc->n_blocks;
		if (parameter & PARAMETER_WHOLE_DISC)
			disc->n_blocks = disc->kind->max_blocks;
		disc->front_lba = disc->n_blocks;
		disc->state = OVERWRITE;
		sim_data_resize(sim);
	} else {
		sim_ordered_finish_close(sim);
	}
}

static void finish(struct sim *sim)
{
	struct sim_disc *disc = sim->disc;
	const struct sim_operation *op = &sim->drive->op;
	bool was_overwritable = is_overwritable(sim);

	if (op->kind == OP_CLOSE) {
		finish_close(sim);
		return;
	}
	sim_seq_reset(disc);
	sim_units_reset(disc);
	if (op->kind == OP_BLANK) {
		disc->state = op->parameter & PARAMETER_MINIMAL ? BLANK_MINIMAL : BLANK;
		disc->n_blocks = disc->front_lba = 0;
	} else {
		disc->state = OVERWRITE;
		disc->n_blocks = disc->front_lba = op->blocks;
		sim_units_count(sim, 0, op->blocks);
	}
	if (was_overwritable != is_overwritable(sim))
		profile_changed(sim);
	sim_data_clear(sim);
}

static void cut(struct sim *sim, enum sim_op op)
{
	struct sim_disc *disc = sim->disc;
	struct sim_seq_rules rules = rules_of(sim);

	if (op == OP_FORMAT || op == OP_BLANK) {
		disc->state = op == OP_BLANK ? BLANKING_CUT :
			      sim_has(sim, QUIRK_CUT_0014) ? BLANK_MINIMAL : DAMAGED;
		disc->n_blocks = disc->front_lba = 0;
		sim_seq_reset(disc);
	} else if (disc->state == INTERMEDIATE) {
		disc->front_lba = disc->synced_lba;
	} else if (!is_overwritable(sim)) {
		sim_seq_cut(sim, &rules);
	}
}

static sim_sense structure(const struct sim *sim, unsigned format, uint8_t *ret, uint32_t *ret_n_bytes)
{
	return sim_border_structure(sim, 0x35, format, ret, ret_n_bytes);
}

const struct sim_family sim_dvdrw = {
	.state_names = state_names,
	.describe = describe,
	.rules = rules_of,
	.may_read = may_read,
	.read_limit = read_limit,
	.check_read = check_read,
	.may_write = may_write,
	.write_limit = write_limit,
	.write = sim_border_write,
	.is_random = is_overwritable,
	.check_write = check_write,
	.wrote = wrote,
	.sync = sync,
	.reserve = reserve,
	.repair = repair,
	.format = format_disc,
	.blank = blank,
	.close = close_disc,
	.check_page05 = check_page05,
	.uses_page05 = true,
	.structure = structure,
	.structures = sim_border_structures,
	.finish = finish,
	.cut = cut,
};
