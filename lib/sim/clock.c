/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual time, and the operations that take long.
 *
 * A drive whose client only polls and never waits would never get ready, so each poll of a long operation
 * moves the clock too, by a share of the whole.
 */
#include "config.h"

#include "sim/clock.h"
#include "sim/family.h"

void sim_busy_for(struct sim *sim, uint64_t us)
{
	sim->drive->clock_us += us;
	sim->busy_us += (uint32_t)us;
}

uint16_t sim_op_progress(const struct sim *sim)
{
	const struct sim_operation *op = &sim->drive->op;
	uint64_t total = op->end_us - op->start_us, done = sim->drive->clock_us - op->start_us;

	if (sim->drive->clock_us >= op->end_us || total == 0)
		return 0xffff;
	/* a format of a large disc lasts hours: no overflow in 64 bits up to 3 years */
	return (uint16_t)(done * 65536 / total);
}

const char *sim_op_text(const struct sim *sim)
{
	static const char *const texts[SIM_N_OPS] = {
		NULL, "loading", "formatting", "blanking", "closing", "syncing", "calibrating",
	};

	return texts[sim->drive->op.kind];
}

bool sim_op_changes_disc(const struct sim *sim)
{
	enum sim_op kind = (enum sim_op)sim->drive->op.kind;

	return kind == OP_FORMAT || kind == OP_BLANK || kind == OP_CLOSE;
}

void sim_op_finish(struct sim *sim)
{
	struct sim_operation *op = &sim->drive->op;
	enum sim_op kind = (enum sim_op)op->kind;

	if (kind == OP_NONE)
		return;
	if (kind == OP_LOAD)
		sim->drive->media_event = sim->disc ? 2 : 0;
	else if (sim->disc && sim_op_changes_disc(sim))
		sim->disc->kind->family->finish(sim);
	op->kind = OP_NONE;
	sim->must_save = true;
}

void sim_op_begin(struct sim *sim, enum sim_op kind, uint64_t total_ms, uint32_t n_polls, bool immed)
{
	struct sim_operation *op = &sim->drive->op;

	op->kind = kind;
	op->start_us = sim->drive->clock_us;
	op->end_us = op->start_us + total_ms * 1000;
	op->poll_us = (uint32_t)(total_ms * 1000 / (n_polls ? n_polls : 1) < UINT32_MAX ?
				 total_ms * 1000 / (n_polls ? n_polls : 1) : UINT32_MAX);
	op->showed_end = false;
	op->hides_start = sim_has(sim, QUIRK_EARLY_GOOD);
	sim->must_save = true;
	if (immed && !sim_has(sim, QUIRK_NO_IMMED))
		return;
	sim->drive->clock_us = op->end_us;
	sim_op_finish(sim);
}

void sim_op_update(struct sim *sim)
{
	struct sim_operation *op = &sim->drive->op;

	/* the last poll before GOOD sees the end: unless nobody polls */
	if (op->kind != OP_NONE && sim->drive->clock_us >= op->end_us && (op->showed_end || op->kind == OP_LOAD))
		sim_op_finish(sim);
}

void sim_op_poll(struct sim *sim)
{
	struct sim_operation *op = &sim->drive->op;

	if (sim->drive->clock_us < op->end_us) {
		sim->drive->clock_us += op->poll_us;
		sim->polled_us += op->poll_us;
	}
	op->showed_end = sim->drive->clock_us >= op->end_us;
}
