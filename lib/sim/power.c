/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Switching on and off, and saving what must not be lost. */
#include "config.h"

#include <string.h>

#include "sim/attention.h"
#include "sim/cache.h"
#include "sim/mode.h"
#include "sim/state.h"

#define POWER_ON SENSE(6, 0x29, 0x00)

/* Everything that a drive forgets without power gets its default. */
void sim_power_on(struct sim *sim)
{
	struct sim_drive *drive = sim->drive;

	if (drive->powered)
		sim_power_fail(sim);
	drive->powered = true;
	drive->locked = drive->persistent = false;
	drive->write_kbytes = drive->read_kbytes = 0;
	drive->n_attentions = drive->n_deferred = 0;
	drive->change_event = 0;
	drive->op.kind = OP_NONE;
	sim_find_disc(sim);
	sim_pages_reset(sim);
	sim_attention_add(sim, POWER_ON);
	if (!drive->tray_open)
		sim_load(sim);
	sim->must_save = true;
}

void sim_reset_bus(struct sim *sim)
{
	struct sim_drive *drive = sim->drive;

	if (!drive->powered)
		return;
	drive->locked = drive->persistent = false;
	drive->write_kbytes = drive->read_kbytes = 0;
	sim_pages_reset(sim);
	sim_attention_add(sim, POWER_ON);
	sim->must_save = true;
}

bool sim_is_powered(const struct sim *sim)
{
	return sim->drive->powered;
}

void sim_cut_power(struct sim *sim, const struct sim_cut *cut)
{
	struct sim_drive *drive = sim->drive;

	drive->cut_announced = cut != NULL;
	if (!cut)
		return;
	drive->cut_after = cut->n_packets;
	drive->cut_seed = cut->seed;
	drive->cut_torn = (uint32_t)cut->torn;
	if (cut->n_packets == 0)
		sim_power_fail(sim);
	else
		drive->cut_after--;	/* it comes with the last of them */
}

void sim_advance(struct sim *sim, uint64_t ms)
{
	sim->drive->clock_us += ms * 1000;
	if (sim->disc && sim->disc->kind->family->pass_time)
		sim->disc->kind->family->pass_time(sim, ms);
}

enum udf_err sim_save(struct sim *sim)
{
	enum udf_err err = sim_image_append(sim->home);

	if (sim->other) {
		enum udf_err other_err = sim_image_append(sim->other);

		err = err ? err : other_err;
	}
	sim->must_save = false;
	return err;
}
