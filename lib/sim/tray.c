/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tray: START STOP UNIT, PREVENT ALLOW MEDIUM REMOVAL, MECHANISM STATUS, and discs that come and go. */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/attention.h"
#include "sim/cache.h"
#include "sim/clock.h"
#include "sim/mode.h"

#define MEDIUM_CHANGED SENSE(6, 0x28, 0x00)
#define LOAD_MS 9000u
#define LOAD_POLLS 3u

void sim_find_disc(struct sim *sim)
{
	const struct sim_drive *drive = sim->drive;

	sim->disc_image = drive->tray_open || drive->disc_is_out ? NULL : sim->other ? sim->other : sim->home;
	sim->disc = sim->disc_image ? &sim->disc_image->disc : NULL;
}

/* The tray has closed, or the power has come. */
void sim_load(struct sim *sim)
{
	struct sim_drive *drive = sim->drive;

	drive->tray_open = drive->stopped = false;
	sim_find_disc(sim);
	sim->must_save = true;
	drive->media_event = 0;
	if (!sim->disc)
		return;
	/* the error recovery page has another default where the drive replaces defects */
	sim_page_set(sim, 0x01, 2, sim->disc->kind->family->replaces_defects ? 0xC0 : 0x00);
	if (sim_has(sim, QUIRK_PAGE05_FORGOTTEN))
		sim_page_reset(sim, 0x05);
	drive->warned_spares = false;
	sim->is_calibrated = sim->is_streaming = false;
	memset(&sim->test, 0, sizeof(sim->test));
	if (sim->disc->kind->family->load)
		sim->disc->kind->family->load(sim);
	sim_attention_add(sim, MEDIUM_CHANGED);
	sim_op_begin(sim, OP_LOAD, LOAD_MS, LOAD_POLLS, true);
}

void sim_tray_open(struct sim *sim)
{
	struct sim_drive *drive = sim->drive;

	if (drive->tray_open)
		return;
	(void)sim_cache_flush(sim, NULL);
	if (!drive->powered)
		return;
	if (sim->disc && sim_op_changes_disc(sim))
		sim->disc->kind->family->cut(sim, (enum sim_op)drive->op.kind);
	else if (sim->disc && sim->disc->kind->family->eject)
		sim->disc->kind->family->eject(sim);
	drive->op.kind = OP_NONE;
	drive->n_deferred = 0;
	sim_attention_drop(sim, MEDIUM_CHANGED);
	drive->tray_open = true;
	drive->media_event = sim_has(sim, QUIRK_NO_EVENT3) ? 0 : 3;
	sim_find_disc(sim);
	sim->must_save = true;
}

static sim_sense eject(struct sim *sim)
{
	if (sim->drive->locked)
		return sim_has(sim, QUIRK_53_NOTREADY) ? SENSE(2, 0x53, 0x02) : SENSE(5, 0x53, 0x02);
	sim_tray_open(sim);
	return 0;
}

sim_sense cmd_start_stop(struct sim *sim, struct sim_command *cmd)
{
	if (cmd->cdb[4] >> 4)		/* power conditions: the next command wakes the drive */
		return 0;
	switch (cmd->cdb[4] & 3) {
	case 0:
		(void)sim_cache_flush(sim, NULL);
		sim->drive->stopped = true;
		return 0;
	case 1:
		sim->drive->stopped = false;
		return 0;
	case 2:
		return eject(sim);
	default:
		if (sim->drive->tray_open)
			sim_load(sim);
		return 0;
	}
}

sim_sense cmd_prevent(struct sim *sim, struct sim_command *cmd)
{
	if (cmd->cdb[4] & 2)
		sim->drive->persistent = cmd->cdb[4] & 1;
	else
		sim->drive->locked = cmd->cdb[4] & 1;
	return 0;
}

sim_sense cmd_mechanism(struct sim *sim, struct sim_command *cmd)
{
	uint8_t reply[8] = { 0 };

	if (sim->drive->tray_open)
		reply[1] = 0x10;
	return sim_reply(sim, cmd, reply, sizeof(reply), get_be16(cmd->cdb + 8));
}
