/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DVD-RAM: written at random in blocks of 2 KiB, with defects replaced by the drive.
 *
 * A disc of the first generation (2.6 GB) has no supplementary
 * spare area, so its size never changes.
 */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/attention.h"
#include "sim/clock.h"
#include "sim/family.h"

enum { READY, UNFORMATTED };
static const char *const state_names[] = { "ready", "unformatted", NULL };

#define FULL_FORMAT 0x00u
#define GROW_SPARES 0x01u

/* How many of its sizes a 4.7 GB disc offers (TSST SH-S182M).  The first is the default. */
static const uint32_t sizes_with_spares[] = { 2236704, 2226976, 2217248 };

struct row {
	uint8_t disc_status, track_mode, data_mode, valid, capacity_type;
	uint32_t features;
};
#define ALWAYS (FEATURE(F04) | FEATURE(F1F) | FEATURE(F107))
static const struct row rows[] = {
	[READY] = { 0x1F, 0x04, 0x01, 0x02, 2, ALWAYS | FEATURE(F10) | FEATURE(F20) | FEATURE(F23) | FEATURE(F24) },
	[UNFORMATTED] = { 0x10, 0x24, 0x0F, 0x00, 1, ALWAYS | FEATURE(F23) },
};
/* The same disc with write protection. */
#define PROTECTED_STATUS 0x1E
#define LOST_BY_PROTECTION (FEATURE(F20) | FEATURE(F23))

static void add_format(struct sim_view *view, uint32_t n_blocks, uint8_t type)
{
	view->formats[view->n_formats++] = (struct sim_format_row){ n_blocks, (uint8_t)(type << 2), SIM_BLOCK_BYTES };
}

static void describe_formats(const struct sim_disc *disc, struct sim_view *view)
{
	add_format(view, disc->kind->default_blocks, FULL_FORMAT);
	if (disc->kind->max_blocks != disc->kind->default_blocks)
		add_format(view, disc->kind->max_blocks, FULL_FORMAT);
	if (disc->state != READY || disc->kind->max_blocks != 2295072)
		return;
	for (size_t i = 0, n = 0; i < sizeof(sizes_with_spares) / sizeof(*sizes_with_spares) && n < 2; i++) {
		if (sizes_with_spares[i] < disc->n_blocks) {
			add_format(view, sizes_with_spares[i], GROW_SPARES);
			n++;
		}
	}
}

static void describe(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;
	const struct row *row = &rows[disc->state];
	bool is_protected = sim_write_protection(sim) != 0;

	view->profile = 0x0012;
	view->features = is_protected ? row->features & ~LOST_BY_PROTECTION : row->features;
	view->disc_status = is_protected && disc->state == READY && !sim_has(sim, QUIRK_WP_1F) ? PROTECTED_STATUS :
												row->disc_status;
	view->n_sessions = view->first_track = view->last_track = 1;
	view->lead_in = view->lead_out = 0xffffffff;
	view->tracks[0] = (struct sim_track){ .number = 1, .session = 1, .mode = row->track_mode,
					      .data_mode = row->data_mode, .valid = row->valid, .packet_blocks = 16,
					      .n_blocks = disc->n_blocks,
					      .last_lba = disc->n_blocks ? disc->n_blocks - 1 : 0 };
	view->n_tracks = 1;
	view->toc_control = disc->state == READY ? 0x14 : 0;
	view->capacity_type = row->capacity_type;
	view->capacity_blocks = disc->state == READY ? disc->n_blocks : disc->kind->max_blocks;
	view->readable_blocks = disc->n_blocks;
	describe_formats(disc, view);
}

static void set_size(struct sim_disc *disc, uint32_t n_blocks)
{
	disc->state = READY;
	disc->n_blocks = disc->front_lba = n_blocks;
	disc->n_supplementary_blocks = disc->kind->max_blocks - n_blocks;
}

/* Discs are sold formatted. */
static void make(struct sim_disc *disc, bool unformatted)
{
	disc->n_listed_units = 1;
	set_size(disc, disc->kind->default_blocks);
	if (unformatted) {
		disc->state = UNFORMATTED;
		disc->n_blocks = 0;
	}
}

static sim_sense may_read(const struct sim *sim)
{
	return sim->disc->state == READY ? 0 : FORMAT_CORRUPTED;
}

static sim_sense may_write(const struct sim *sim)
{
	return sim->disc->state == READY ? 0 : NOT_FORMATTED;
}

/* Streaming writes whole ECC blocks, without verification. */
static sim_sense check_write(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	if (!span->streaming)
		return 0;
	if (sim_has(sim, QUIRK_RAM_NO_W12))
		return INVALID_OPCODE;
	if (span->lba % 16 || span->n_blocks % 16)
		return sim_bad_field(cmd, span->lba % 16 ? 2 : 6, 8);
	return 0;
}

/* ---- formatting ---- */

/* What sim_operation's parameter holds meanwhile. */
#define PARAMETER_GROWS 1u
#define PARAMETER_CERTIFIES 2u
#define PARAMETER_KEEPS_FACTORY_LIST_ONLY 4u

static bool is_offered(const struct sim *sim, const struct sim_format *format)
{
	struct sim_view view = { .profile = 0 };

	describe_formats(sim->disc, &view);
	for (unsigned i = 0; i < view.n_formats; i++)
		if (view.formats[i].type == format->type << 2 && view.formats[i].n_blocks == format->n_blocks)
			return true;
	return false;
}

static uint32_t size_after(const struct sim *sim, const struct sim_format *format)
{
	bool certifies = !(format->options & FORMAT_DCRT);
	bool keeps = !certifies && (!format->compare_list || sim_has(sim, QUIRK_RAM_NO_RESIZE));

	return keeps && sim->disc->state == READY ? sim->disc->n_blocks : format->n_blocks;
}

static sim_sense format_disc(struct sim *sim, struct sim_command *cmd, const struct sim_format *format)
{
	struct sim_disc *disc = sim->disc;
	struct sim_operation *op = &sim->drive->op;
	bool certifies = !(format->options & FORMAT_DCRT);

	if (!(format->options & FORMAT_FOV) && format->options & (uint8_t)~FORMAT_IMMED)
		return sim_bad_list(cmd, 1);
	if (format->type != FULL_FORMAT && format->type != GROW_SPARES)
		return sim_bad_list(cmd, 8);
	if (!is_offered(sim, format))
		return sim_bad_list(cmd, 4);
	op->blocks = size_after(sim, format);
	op->parameter = format->type == GROW_SPARES ? PARAMETER_GROWS : 0;
	if (!op->parameter && certifies)
		op->parameter = PARAMETER_CERTIFIES | (format->compare_list ? PARAMETER_KEEPS_FACTORY_LIST_ONLY : 0);
	/* certification writes and reads every block; the rest is a matter of a minute */
	sim_op_begin(sim, OP_FORMAT, op->parameter & PARAMETER_CERTIFIES ?
		     (uint64_t)op->blocks * SIM_BLOCK_BYTES / disc->kind->kbytes_per_s * 3 : 60000, 20,
		     format->options & FORMAT_IMMED);
	return 0;
}

static void finish(struct sim *sim)
{
	struct sim_disc *disc = sim->disc;
	const struct sim_operation *op = &sim->drive->op;

	if (op->parameter & PARAMETER_CERTIFIES) {
		uint32_t n_found = sim_certify_defects(disc);	/* they are skipped from now on */

		disc->n_listed_units = 1 + (op->parameter & PARAMETER_KEEPS_FACTORY_LIST_ONLY ? 0 : n_found);
		sim_units_reset(disc);
	} else if (!(op->parameter & PARAMETER_GROWS)) {
		disc->n_listed_units += disc->n_replaced_units;
	}
	if (!(op->parameter & PARAMETER_GROWS)) {
		disc->n_replaced_units = 0;
		disc->exhausted = false;
		sim->drive->warned_spares = false;
	}
	set_size(disc, op->blocks);
	if (op->parameter & PARAMETER_CERTIFIES)
		sim_data_clear(sim);
	else
		sim_data_resize(sim);
}

static void cut(struct sim *sim, enum sim_op op)
{
	if (op != OP_FORMAT)
		return;
	sim->disc->state = UNFORMATTED;
	sim->disc->n_blocks = 0;
}

/* ---- structures ---- */

static const uint8_t structures[] = { 0x00, 0x01, 0x08, 0x09, 0x0A, 0x10, 0xC0, 0xFF };

static uint32_t physical_format(const struct sim_disc *disc, uint8_t *ret)
{
	bool is_small = disc->kind->max_blocks == 714480;

	ret[0] = (uint8_t)(0x10 | disc->kind->version);
	ret[1] = is_small ? 0x1F : 0x0F;
	ret[2] = 0x04;
	put_be24(ret + 5, 0x031000);
	put_be24(ret + 9, 0x030000 + 0x1000 + (disc->n_blocks ? disc->n_blocks : disc->kind->max_blocks) - 1);
	return 2048;
}

static uint32_t spare_area(const struct sim_disc *disc, uint8_t *ret)
{
	uint64_t used = ((uint64_t)disc->n_listed_units + disc->n_replaced_units) * 16;
	uint32_t primary = disc->kind->n_primary_spare_blocks, more = 0;

	if (used > primary)
		more = used - primary < disc->n_supplementary_blocks ? (uint32_t)(used - primary) :
								       disc->n_supplementary_blocks;
	put_be32(ret, used < primary ? primary - (uint32_t)used : 0);
	put_be32(ret + 4, disc->n_supplementary_blocks - more);
	put_be32(ret + 8, disc->n_supplementary_blocks);
	return 12;
}

static sim_sense structure(const struct sim *sim, unsigned format, uint8_t *ret, uint32_t *ret_n_bytes)
{
	const struct sim_disc *disc = sim->disc;

	switch (format) {
	case 0x00:
	case 0x10:
		*ret_n_bytes = physical_format(disc, ret);
		return 0;
	case 0x01:
		*ret_n_bytes = 4;
		return 0;
	case 0x08:
		if (disc->state != READY)
			return FORMAT_CORRUPTED;
		ret[0] = ret[1] = 0x0A;
		*ret_n_bytes = 2048;
		return 0;
	case 0x09:
		ret[0] = (uint8_t)(0x80 | (disc->tab ? 0x04 : 0) | (disc->pwp ? 0x01 : 0));
		*ret_n_bytes = 4;
		return 0;
	case 0x0A:
		if (disc->state != READY)
			return FORMAT_CORRUPTED;
		*ret_n_bytes = spare_area(disc, ret);
		return 0;
	case 0xC0:
		ret[0] = (uint8_t)((disc->pwp ? 0x02 : 0) | (disc->tab ? 0x04 : 0));
		*ret_n_bytes = 4;
		return 0;
	default:
		*ret_n_bytes = 0;
		return 0;
	}
}

const struct sim_family sim_dvdram = {
	.state_names = state_names,
	.describe = describe,
	.make = make,
	.may_read = may_read,
	.may_write = may_write,
	.check_write = check_write,
	.format = format_disc,
	.structure = structure,
	.structures = structures,
	.finish = finish,
	.cut = cut,
	.replaces_defects = true,
};
