/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BD-R in sequential recording mode: plain, or with spare clusters after a FORMAT.
 *
 * The drive knows neither pseudo-overwrite nor random recording: a FORMAT that asks for the first gets spare
 * clusters alone, and the second is refused.
 */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/cd.h"
#include "sim/clock.h"

enum { BLANK = SIM_BLANK, COMPLETE = SIM_COMPLETE, FORMATTED = SIM_OTHER_STATES };
static const char *const state_names[] = { "blank", "appendable", "complete", "formatted", NULL };

#define CLUSTER_BLOCKS 32u
#define DEFAULT_SPARE_CLUSTERS 0x3000u
#define ANY_FORMAT 0x00u
#define SPARE_FORMAT 0x32u
#define RANDOM_RECORDING 2u		/* sub-type */
#define MAX_OPEN_TRACKS 16u

static uint32_t n_blocks_of(const struct sim_disc *disc)
{
	return disc->kind->max_blocks - disc->n_supplementary_blocks;
}

static struct sim_seq_rules rules_of(const struct sim *sim)
{
	return (struct sim_seq_rules){ .n_blocks = n_blocks_of(sim->disc), .align_blocks = CLUSTER_BLOCKS,
				       .packet_blocks = CLUSTER_BLOCKS, .blank_mode = 4, .blank_data_mode = 0x61,
				       .reserved_bits = 0xC0, .is_write_once = true, .never_damaged = true,
				       .has_last_lba = true, .reads_open_tracks = true, .gap_sense = OUT_OF_RANGE };
}

static uint32_t default_blocks(const struct sim_disc *disc)
{
	return disc->kind->max_blocks - DEFAULT_SPARE_CLUSTERS * CLUSTER_BLOCKS;
}

/* As a drive of 2009 lists them: the default, many spare clusters, few. */
static void describe_formats(const struct sim_disc *disc, struct sim_view *view)
{
	const uint32_t spares[] = { DEFAULT_SPARE_CLUSTERS, 0x31000, 0x1000 };

	view->formats[view->n_formats++] =
		(struct sim_format_row){ default_blocks(disc), ANY_FORMAT << 2, DEFAULT_SPARE_CLUSTERS };
	for (unsigned i = 0; i < 3; i++)
		if (spares[i] * CLUSTER_BLOCKS < disc->kind->max_blocks)
			view->formats[view->n_formats++] =
				(struct sim_format_row){ disc->kind->max_blocks - spares[i] * CLUSTER_BLOCKS,
							 (uint8_t)(SPARE_FORMAT << 2), 0 };
}

static void describe(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;

	view->profile = 0x0041;
	view->features = FEATURE(F40) | FEATURE(F41) | FEATURE(F107);
	sim_ordered_describe(sim, view);
	if (disc->state == FORMATTED && !sim_has(sim, QUIRK_BDR_FMT_00))
		view->disc_status = 0x01;
	if (disc->state != COMPLETE)
		view->features |= FEATURE(F21);
	if (disc->state == BLANK)
		view->features |= FEATURE(F23);
	if (disc->n_supplementary_blocks)
		view->features |= FEATURE(F24);
	if (disc->state == BLANK)
		describe_formats(disc, view);
}

static sim_sense reserve(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks)
{
	struct sim_seq_rules rules = rules_of(sim);
	struct sim_disc *disc = sim->disc;
	uint32_t n_open = 0;

	if (disc->state == COMPLETE)
		return WRONG_SEQUENCE;
	for (uint32_t i = 0; i < disc->n_tracks; i++)
		n_open += disc->tracks[i].flags & TRACK_OPEN ? 1 : 0;
	if (n_open + 1 >= MAX_OPEN_TRACKS)
		return SENSE(5, 0x72, 0x05);
	return sim_seq_reserve(sim, cmd, n_blocks, SIM_INCREMENTAL, &rules);
}

/* Before the first write alone. */
static sim_sense format_disc(struct sim *sim, struct sim_command *cmd, const struct sim_format *format)
{
	struct sim_disc *disc = sim->disc;
	struct sim_view view = { .profile = 0 };
	uint32_t n_blocks = format->type == ANY_FORMAT ? default_blocks(disc) : format->n_blocks;
	bool is_listed = format->type == ANY_FORMAT;

	if (disc->state != BLANK)
		return CANNOT_FORMAT;
	if (format->type != ANY_FORMAT && format->type != SPARE_FORMAT)
		return sim_bad_list(cmd, 8);
	if (format->sub_type >= RANDOM_RECORDING)
		return sim_bad_list(cmd, 8);
	describe_formats(disc, &view);
	for (unsigned i = 0; i < view.n_formats; i++)
		is_listed |= view.formats[i].n_blocks == n_blocks;
	if (!is_listed)
		return sim_bad_list(cmd, 4);
	sim->drive->op.blocks = n_blocks;
	sim_op_begin(sim, OP_FORMAT, 30000, 5, format->options & FORMAT_IMMED);
	return 0;
}

/* ---- closing ---- */

static sim_sense close_disc(struct sim *sim, struct sim_command *cmd, unsigned function, unsigned number, bool immed)
{
	struct sim_disc *disc = sim->disc;
	sim_sense sense;

	if (function != 1 && function != 2 && function != 6)
		return sim_bad_field(cmd, 2, 2);
	if (disc->state == COMPLETE)
		return function == 6 ? 0 : WRONG_SEQUENCE;
	if (function == 6 && disc->n_tracks == 0)
		return WRONG_SEQUENCE;
	if (function == 1)
		return sim_ordered_close_track(sim, number, 5000, immed);
	sense = sim_seq_may_close(disc);
	if (sense || (function == 2 && !sim_session_is_open(disc)))
		return sense;
	return sim_ordered_begin_close(sim, function == 6 ? SIM_CLOSE_FINAL : 0, 60000, immed);
}

static void finish(struct sim *sim)
{
	struct sim_disc *disc = sim->disc;

	if (sim->drive->op.kind == OP_FORMAT) {
		disc->state = FORMATTED;
		disc->n_supplementary_blocks = disc->kind->max_blocks - sim->drive->op.blocks;
	} else {
		sim_ordered_finish_close(sim);
	}
}

static void cut(struct sim *sim, enum sim_op op)
{
	if (op != OP_FORMAT)
		sim_ordered_cut(sim, op);
}

/* ---- structures ---- */

static const uint8_t structures[] = { 0x00, 0x08, 0x0A, 0xC0, 0xFF };

static sim_sense structure(const struct sim *sim, unsigned format, uint8_t *ret, uint32_t *ret_n_bytes)
{
	const struct sim_disc *disc = sim->disc;
	uint32_t all = disc->n_supplementary_blocks / CLUSTER_BLOCKS;

	*ret_n_bytes = 0;
	switch (format) {
	case 0x00:
		memcpy(ret, "DI\1", 3);
		memcpy(ret + 8, "BDR", 3);
		memcpy(ret + 100, "SIMULA", 6);
		memcpy(ret + 106, "R01", 3);
		*ret_n_bytes = 4048;
		return 0;
	case 0x08:
		memcpy(ret, "DS", 2);
		*ret_n_bytes = 2048;
		return 0;
	case 0x0A:
		if (all == 0)
			return 0;
		put_be32(ret + 4, all > disc->n_replaced_units ? all - disc->n_replaced_units : 0);
		put_be32(ret + 8, all);
		*ret_n_bytes = 12;
		return 0;
	case 0xC0:
		*ret_n_bytes = 4;
		return 0;
	default:
		return 0;
	}
}

const struct sim_family sim_bdr = {
	.state_names = state_names,
	.describe = describe,
	.rules = rules_of,
	.read_limit = sim_ordered_read_limit,
	.check_read = sim_ordered_check_read,
	.may_write = sim_ordered_may_write,
	.write = sim_ordered_write,
	.sync = sim_ordered_sync,
	.reserve = reserve,
	.format = format_disc,
	.close = close_disc,
	.structure = structure,
	.structures = structures,
	.finish = finish,
	.cut = cut,
	.is_bd = true,
};
