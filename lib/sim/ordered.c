/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations of the families that are written in order.  The table of a family names them directly.
 *
 * The families differ in their rules, and these depend on the state of the disc.
 */
#include "config.h"

#include "sim/clock.h"
#include "sim/sequence.h"

struct sim_seq_rules sim_rules_of(const struct sim *sim)
{
	return sim->disc->kind->family->rules(sim);
}

void sim_ordered_describe(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;
	struct sim_seq_rules rules = sim_rules_of(sim);

	view->background = 0x20;
	view->lead_in = 0xffffffff;
	view->lead_out = disc->state == SIM_COMPLETE ? 0xffffffff : rules.n_blocks;
	sim_seq_describe(disc, &rules, disc->state == SIM_COMPLETE, view);
	if (view->readable_blocks)
		view->features |= FEATURE(F10);
	view->toc_control = view->readable_blocks ? 0x14 : 0;
	view->capacity_type = disc->state == SIM_BLANK ? 1 : 2;
	view->capacity_blocks = rules.n_blocks;
}

/* ---- reading and writing ---- */

uint32_t sim_ordered_read_limit(const struct sim *sim)
{
	struct sim_seq_rules rules = sim_rules_of(sim);

	return sim_seq_limit(sim->disc, &rules);
}

sim_sense sim_ordered_check_read(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	struct sim_seq_rules rules = sim_rules_of(sim);

	return sim_seq_check_read(sim, cmd, span, &rules);
}

sim_sense sim_ordered_may_write(const struct sim *sim)
{
	return sim->disc->state == SIM_COMPLETE ? CANNOT_WRITE : 0;
}

sim_sense sim_ordered_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	struct sim_seq_rules rules = sim_rules_of(sim);

	return sim_seq_write(sim, cmd, span, &rules, SIM_INCREMENTAL);
}

sim_sense sim_ordered_sync(struct sim *sim, struct sim_command *cmd)
{
	struct sim_seq_rules rules = sim_rules_of(sim);

	(void)cmd;
	sim_seq_flush(sim, &rules);
	return 0;
}

sim_sense sim_ordered_repair(struct sim *sim, struct sim_command *cmd, unsigned track)
{
	struct sim_seq_rules rules = sim_rules_of(sim);

	return sim->disc->state == SIM_COMPLETE ? sim_bad_field(cmd, 4, 8) : sim_seq_repair(sim, cmd, track, &rules);
}

/* ---- closing ---- */

sim_sense sim_ordered_begin_close(struct sim *sim, uint32_t parameter, uint64_t ms, bool immed)
{
	sim->drive->op.parameter = parameter;
	sim_op_begin(sim, OP_CLOSE, ms, parameter & SIM_CLOSE_TRACK ? 1 : 3, immed);
	return 0;
}

sim_sense sim_ordered_close_track(struct sim *sim, unsigned number, uint64_t ms, bool immed)
{
	struct sim_seq_rules rules = sim_rules_of(sim);
	struct sim_recorded *track = sim_open_track_at(sim->disc, number);

	if (!track)
		return 0;
	sim_seq_close_track(sim, track, &rules);
	return sim_ordered_begin_close(sim, SIM_CLOSE_TRACK, ms, immed);
}

void sim_ordered_finish_close(struct sim *sim)
{
	struct sim_seq_rules rules = sim_rules_of(sim);
	uint32_t parameter = sim->drive->op.parameter;

	if (parameter & SIM_CLOSE_TRACK)
		return;
	sim_seq_close_session(sim, &rules);
	if (parameter & SIM_CLOSE_FINAL)
		sim->disc->state = SIM_COMPLETE;
}

void sim_ordered_cut(struct sim *sim, enum sim_op op)
{
	struct sim_seq_rules rules = sim_rules_of(sim);

	(void)op;
	if (sim->disc->state != SIM_COMPLETE)
		sim_seq_cut(sim, &rules);
}
