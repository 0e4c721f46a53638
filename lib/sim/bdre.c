/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BD-RE: written at random, formatted with or without spare areas.
 *
 * Clusters that were never written can't be read, as real drives were seen to have it.
 */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/attention.h"
#include "sim/clock.h"
#include "sim/family.h"

enum { UNFORMATTED, READY, DAMAGED };
static const char *const state_names[] = { "unformatted", "ready", "damaged", NULL };

#define DEFAULT_FORMAT 0x00u
#define WITH_SPARES 0x30u
#define WITHOUT_SPARES 0x31u
#define CLUSTER_BLOCKS 32u
#define MIN_SPARE_CLUSTERS 0x1000u
#define MAX_SPARE_CLUSTERS 0x5000u

#define ALWAYS (FEATURE(F23) | FEATURE(F40) | FEATURE(F41) | FEATURE(F107))
static const struct row {
	uint8_t disc_status, track_mode, data_mode, valid, capacity_type;
	uint32_t features;
} rows[] = {
	[UNFORMATTED] = { 0x10, 0x04, 0x41, 0x00, 1, ALWAYS },
	[READY] = { 0x1E, 0x04, 0x01, 0x02, 2, ALWAYS | FEATURE(F04) | FEATURE(F10) | FEATURE(F20) },
	[DAMAGED] = { 0x10, 0x24, 0x0F, 0x00, 1, ALWAYS },
};

/* The sizes that are offered, in the order in which programs expect them. */
static void describe_formats(const struct sim_disc *disc, struct sim_view *view)
{
	static const uint16_t n_spares[] = { 0x3000, 0x5000, 0x1000 };
	uint32_t all = disc->kind->max_blocks;

	view->formats[view->n_formats++] =
		(struct sim_format_row){ disc->kind->default_blocks, DEFAULT_FORMAT << 2, n_spares[0] };
	for (size_t i = 0; i < sizeof(n_spares) / sizeof(*n_spares); i++)
		view->formats[view->n_formats++] = (struct sim_format_row){ all - n_spares[i] * CLUSTER_BLOCKS,
									    WITH_SPARES << 2, n_spares[i] };
	view->formats[view->n_formats++] = (struct sim_format_row){ all, WITHOUT_SPARES << 2, SIM_BLOCK_BYTES };
}

static void describe(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;
	const struct row *row = &rows[disc->state];
	bool is_ready = disc->state == READY;

	view->profile = 0x0043;
	view->features = row->features;
	if (is_ready && disc->n_supplementary_blocks)
		view->features |= FEATURE(F24);
	if (sim_write_protection(sim))
		view->features &= ~(FEATURE(F20) | FEATURE(F23));
	view->disc_status = is_ready && sim_has(sim, QUIRK_RE_1F) ? 0x1F : row->disc_status;
	view->n_sessions = view->first_track = view->last_track = 1;
	view->lead_in = view->lead_out = 0xffffffff;
	view->tracks[0] = (struct sim_track){ .number = 1, .session = 1, .mode = row->track_mode,
					      .data_mode = row->data_mode, .valid = row->valid,
					      .packet_blocks = CLUSTER_BLOCKS };
	if (is_ready) {
		view->tracks[0].n_blocks = disc->n_blocks;
		view->tracks[0].last_lba = disc->n_blocks - 1;
	} else if (disc->state == UNFORMATTED) {
		view->tracks[0].n_blocks = disc->kind->max_blocks;
	}
	view->n_tracks = 1;
	view->toc_control = is_ready ? 0x14 : 0;
	view->capacity_type = row->capacity_type;
	view->capacity_blocks = is_ready ? disc->n_blocks : disc->kind->max_blocks;
	view->readable_blocks = disc->n_blocks;
	describe_formats(disc, view);
}

static sim_sense may_read(const struct sim *sim)
{
	return sim->disc->state == READY ? 0 : FORMAT_CORRUPTED;
}

static sim_sense may_write(const struct sim *sim)
{
	return sim->disc->state == READY ? 0 : NOT_FORMATTED;
}

static sim_sense check_write(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	(void)sim;
	if (span->streaming && (span->lba % CLUSTER_BLOCKS || span->n_blocks % CLUSTER_BLOCKS))
		return sim_bad_field(cmd, span->lba % CLUSTER_BLOCKS ? 2 : 6, 8);
	return 0;
}

static sim_sense choose_size(struct sim *sim, struct sim_command *cmd, const struct sim_format *format,
			     uint32_t *ret_n_blocks)
{
	uint32_t all = sim->disc->kind->max_blocks, n_spares;

	switch (format->type) {
	case DEFAULT_FORMAT:
		*ret_n_blocks = sim->disc->kind->default_blocks;
		return 0;
	case WITHOUT_SPARES:
		*ret_n_blocks = all;
		return 0;
	case WITH_SPARES:
		if (format->n_blocks > all || format->n_blocks < CLUSTER_BLOCKS)
			return sim_bad_list(cmd, 4);
		n_spares = (all - format->n_blocks / CLUSTER_BLOCKS * CLUSTER_BLOCKS) / CLUSTER_BLOCKS;
		if (n_spares < MIN_SPARE_CLUSTERS || n_spares > MAX_SPARE_CLUSTERS)
			return sim_bad_list(cmd, 4);
		*ret_n_blocks = all - n_spares * CLUSTER_BLOCKS;
		return 0;
	default:
		return sim_bad_list(cmd, 8);
	}
}

static sim_sense format_disc(struct sim *sim, struct sim_command *cmd, const struct sim_format *format)
{
	struct sim_operation *op = &sim->drive->op;
	uint32_t n_blocks = 0;
	sim_sense sense = choose_size(sim, cmd, format, &n_blocks);
	bool certifies = format->type != DEFAULT_FORMAT && format->sub_type == 2 && !sim_has(sim, QUIRK_RE_SUB01);

	if (sense)
		return sense;
	op->blocks = n_blocks;
	op->parameter = certifies;
	sim_op_begin(sim, OP_FORMAT,
		     certifies ? (uint64_t)n_blocks * SIM_BLOCK_BYTES / sim->disc->kind->kbytes_per_s * 2 : 90000, 20,
		     format->options & FORMAT_IMMED);
	return 0;
}

/* A full certification finds the defects; otherwise those that were known stay known. */
static void finish(struct sim *sim)
{
	struct sim_disc *disc = sim->disc;

	if (sim->drive->op.parameter)
		disc->n_listed_units += sim_certify_defects(disc);
	disc->state = READY;
	disc->n_blocks = disc->front_lba = sim->drive->op.blocks;
	disc->n_supplementary_blocks = disc->kind->max_blocks - disc->n_blocks;
	disc->n_listed_units += disc->n_replaced_units;
	disc->n_replaced_units = 0;
	disc->exhausted = false;
	sim->drive->warned_spares = false;
	sim_units_reset(disc);
	sim_data_clear(sim);
}

static void cut(struct sim *sim, enum sim_op op)
{
	if (op != OP_FORMAT)
		return;
	sim->disc->state = DAMAGED;
	sim->disc->n_blocks = sim->disc->front_lba = 0;
}

static sim_sense close_disc(struct sim *sim, struct sim_command *cmd, unsigned function, unsigned track, bool immed)
{
	(void)function;
	(void)track;
	(void)immed;
	return sim_has(sim, QUIRK_CLOSE_RE_OK) ? 0 : sim_bad_field(cmd, 2, 2);
}

static const uint8_t structures[] = { 0x00, 0x08, 0x0A, 0xC0, 0xFF };

static uint32_t spare_area(const struct sim_disc *disc, uint8_t *ret)
{
	uint32_t all = disc->n_supplementary_blocks / CLUSTER_BLOCKS;
	uint32_t used = disc->n_listed_units + disc->n_replaced_units;

	put_be32(ret + 4, used < all ? all - used : 0);
	put_be32(ret + 8, all);
	return 12;
}

static sim_sense structure(const struct sim *sim, unsigned format, uint8_t *ret, uint32_t *ret_n_bytes)
{
	const struct sim_disc *disc = sim->disc;
	bool is_ready = disc->state == READY;

	*ret_n_bytes = 0;
	switch (format) {
	case 0x00:
		memcpy(ret, "DI\1", 3);
		memcpy(ret + 8, "BDW", 3);
		memcpy(ret + 100, "SIMULA", 6);
		memcpy(ret + 106, "RE1", 3);
		*ret_n_bytes = 4048;
		return 0;
	case 0x08:
		memcpy(ret, "DS", 2);
		*ret_n_bytes = is_ready ? 2048 : 0;
		return is_ready ? 0 : FORMAT_CORRUPTED;
	case 0x0A:
		*ret_n_bytes = is_ready && disc->n_supplementary_blocks ? spare_area(disc, ret) : 0;
		return is_ready ? 0 : FORMAT_CORRUPTED;
	case 0x12:
		return FORMAT_CORRUPTED;	/* an empty list is none */
	case 0x30:
		return is_ready ? 0 : FORMAT_CORRUPTED;
	case 0xC0:
		ret[0] = disc->pwp ? 0x02 : 0;
		*ret_n_bytes = is_ready ? 4 : 0;
		return 0;
	default:
		return 0;
	}
}

const struct sim_family sim_bdre = {
	.state_names = state_names,
	.describe = describe,
	.may_read = may_read,
	.may_write = may_write,
	.check_write = check_write,
	.format = format_disc,
	.close = close_disc,
	.structure = structure,
	.structures = structures,
	.finish = finish,
	.cut = cut,
	.is_bd = true,
	.replaces_defects = true,
	.unwritten_is_unreadable = true,
};
