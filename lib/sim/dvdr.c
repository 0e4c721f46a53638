/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DVD-R, and DVD-R of two layers, which has one session only. */
#include "config.h"

#include "sim/border.h"

static const char *const state_names[] = { "blank", "appendable", "complete", NULL };

#define DUAL_LAYER 0x0015u

static bool is_dual_layer(const struct sim *sim)
{
	return sim->disc->kind->profile == DUAL_LAYER;
}

static struct sim_seq_rules rules_of(const struct sim *sim)
{
	struct sim_seq_rules rules = sim_border_rules(sim);

	rules.is_write_once = true;
	if (is_dual_layer(sim))
		rules.max_sessions = 1;
	return rules;
}

static void describe(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;
	const struct sim_recorded *first = disc->tracks;

	view->profile = is_dual_layer(sim) ? DUAL_LAYER : 0x0011;
	view->features = FEATURE(F1F) | FEATURE(F107);
	sim_ordered_describe(sim, view);
	if (disc->state != SIM_COMPLETE)
		view->features |= FEATURE(F2F);
	/* after RESERVE TRACK for a disc at once nothing can be written piece by piece */
	if (disc->state != SIM_COMPLETE &&
	    !(disc->n_tracks && first->flags & TRACK_RESERVED && !(first->mode & 0x2000)))
		view->features |= FEATURE(F21);
}

static sim_sense structure(const struct sim *sim, unsigned format, uint8_t *ret, uint32_t *ret_n_bytes)
{
	return sim_border_structure(sim, 0x25, format, ret, ret_n_bytes);
}

const struct sim_family sim_dvdr = {
	.state_names = state_names,
	.describe = describe,
	.rules = rules_of,
	.read_limit = sim_ordered_read_limit,
	.check_read = sim_ordered_check_read,
	.may_write = sim_ordered_may_write,
	.write = sim_border_write,
	.sync = sim_border_sync,
	.reserve = sim_border_reserve,
	.repair = sim_ordered_repair,
	.close = sim_border_close,
	.check_page05 = sim_border_check_page05,
	.uses_page05 = true,
	.calibrates = true,
	.structure = structure,
	.structures = sim_border_structures,
	.finish = sim_ordered_finish_close,
	.cut = sim_ordered_cut,
};
