/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CD-R: blank, appendable, complete, or lost, since a session at once was cut off. */
#include "config.h"

#include "sim/cd.h"

enum { BLANK = SIM_BLANK, SEQUENTIAL = SIM_SEQUENTIAL, COMPLETE = SIM_COMPLETE, LOST = SIM_CD_LOST };
static const char *const state_names[] = { "blank", "appendable", "complete", "lost", NULL };

static const uint32_t features[] = {
	[BLANK] = FEATURE(F21) | FEATURE(F2D) | FEATURE(F2E) | FEATURE(F107),
	[SEQUENTIAL] = FEATURE(F10) | FEATURE(F1E) | FEATURE(F21) | FEATURE(F2D) | FEATURE(F2E) | FEATURE(F107),
	[COMPLETE] = FEATURE(F10) | FEATURE(F1E) | FEATURE(F107),
	[LOST] = FEATURE(F107),
};

static void describe(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;

	view->profile = 0x0009;
	view->features = features[disc->state];
	sim_cd_describe(sim, view);
	view->capacity_type = disc->state == BLANK ? 1 : 2;
	view->capacity_blocks = disc->kind->max_blocks;
}

static sim_sense may_read(const struct sim *sim)
{
	return sim->disc->state == LOST ? UNREADABLE : 0;
}

const struct sim_family sim_cdr = {
	.state_names = state_names,
	.describe = describe,
	.rules = sim_cd_rules,
	.may_read = may_read,
	.read_limit = sim_ordered_read_limit,
	.check_read = sim_ordered_check_read,
	.may_write = sim_cd_may_write,
	.write = sim_cd_write,
	.sync = sim_cd_sync,
	.cue_sheet = sim_cd_cue_sheet,
	.reserve = sim_cd_reserve,
	.repair = sim_ordered_repair,
	.close = sim_cd_close,
	.check_page05 = sim_cd_check_page05,
	.uses_page05 = true,
	.calibrates = true,
	.finish = sim_cd_finish_close,
	.cut = sim_cd_cut,
	.load = sim_cd_load,
	.atip = sim_cd_atip,
};
