/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the drive has to report by itself: unit attentions, errors of earlier writes, events. */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/attention.h"
#include "sim/family.h"
#include "sim/mode.h"

#define POWER_ON SENSE(6, 0x29, 0x00)

/* A power-on stands before everything else; one of a kind is enough. */
void sim_attention_add(struct sim *sim, sim_sense sense)
{
	struct sim_drive *drive = sim->drive;

	sim_attention_drop(sim, sense);
	if (drive->n_attentions == SIM_MAX_ATTENTIONS)
		return;
	if (sense == POWER_ON) {
		memmove(drive->attentions + 1, drive->attentions, drive->n_attentions * sizeof(sense));
		drive->attentions[0] = sense;
	} else {
		drive->attentions[drive->n_attentions] = sense;
	}
	drive->n_attentions++;
}

sim_sense sim_attention_take(struct sim *sim)
{
	sim_sense sense = sim->drive->n_attentions ? sim->drive->attentions[0] : 0;

	if (sense)
		sim_attention_drop(sim, sense);
	return sense;
}

void sim_attention_drop(struct sim *sim, sim_sense sense)
{
	struct sim_drive *drive = sim->drive;
	uint32_t n = 0;

	for (uint32_t i = 0; i < drive->n_attentions; i++)
		if (drive->attentions[i] != sense)
			drive->attentions[n++] = drive->attentions[i];
	drive->n_attentions = n;
}

void sim_deferred_add(struct sim *sim, sim_sense sense, uint32_t lba)
{
	struct sim_drive *drive = sim->drive;

	if (sim_has(sim, QUIRK_DEFERRED_DROP) || drive->n_deferred == SIM_MAX_DEFERRED)
		return;
	drive->deferred[drive->n_deferred] = sense;
	drive->deferred_lba[drive->n_deferred++] = lba;
}

bool sim_deferred_take(struct sim *sim, struct sim_command *cmd, sim_sense *ret_sense)
{
	struct sim_drive *drive = sim->drive;

	if (drive->n_deferred == 0)
		return false;
	*ret_sense = drive->deferred[0];
	cmd->is_deferred = cmd->has_lba = true;
	cmd->lba = drive->deferred_lba[0];
	drive->n_deferred--;
	memmove(drive->deferred, drive->deferred + 1, drive->n_deferred * sizeof(*drive->deferred));
	memmove(drive->deferred_lba, drive->deferred_lba + 1, drive->n_deferred * sizeof(*drive->deferred_lba));
	return true;
}

sim_sense sim_write_protection(const struct sim *sim)
{
	if (!sim->disc)
		return 0;
	if (sim->disc->tab)
		return SENSE(7, 0x27, 0x00);
	if (sim->disc->pwp)
		return SENSE(7, 0x27, 0x04);
	if (sim_has(sim, QUIRK_SWPP) && (sim_page_byte(sim, 0x1D, 4) & 1))
		return SENSE(7, 0x27, 0x02);
	return sim->disc->exhausted && sim_has(sim, QUIRK_RO_ON_EXHAUST) ? SENSE(7, 0x27, 0x06) : 0;
}

/* GET EVENT STATUS NOTIFICATION: operational changes, power, media. */
#define CLASS_CHANGE 1u
#define CLASS_POWER 2u
#define CLASS_MEDIA 4u
#define SUPPORTED (1u << CLASS_CHANGE | 1u << CLASS_POWER | 1u << CLASS_MEDIA)

static unsigned event_of(const struct sim *sim, unsigned class)
{
	switch (class) {
	case CLASS_CHANGE:
		return sim->drive->change_event;
	case CLASS_MEDIA:
		return sim->drive->media_event;
	default:
		return 0;
	}
}

static void put_event(struct sim *sim, unsigned class, uint8_t *ret)
{
	ret[0] = (uint8_t)event_of(sim, class);
	switch (class) {
	case CLASS_CHANGE:
		ret[3] = ret[0] ? 1 : 0;	/* features have changed */
		sim->drive->change_event = 0;
		break;
	case CLASS_POWER:
		ret[1] = sim->drive->stopped ? 3 : 1;
		break;
	default:
		ret[1] = (uint8_t)((sim->disc ? 2 : 0) | (sim->drive->tray_open ? 1 : 0));
		sim->drive->media_event = 0;
		break;
	}
}

sim_sense cmd_event_status(struct sim *sim, struct sim_command *cmd)
{
	unsigned asked = cmd->cdb[4] & SUPPORTED, class = 0;
	uint8_t reply[8] = { 0, 2, 0x80, SUPPORTED };

	if (!(cmd->cdb[1] & 1))
		return sim_bad_field(cmd, 1, 0);
	if (!asked)
		return sim_reply(sim, cmd, reply, 4, get_be16(cmd->cdb + 7));
	for (unsigned i = 1; i < 8; i++) {
		if (!(asked & 1u << i))
			continue;
		if (!class || (!event_of(sim, class) && event_of(sim, i)))
			class = i;
	}
	reply[1] = 6;
	reply[2] = (uint8_t)class;
	if (get_be16(cmd->cdb + 7) > 4)
		put_event(sim, class, reply + 4);
	return sim_reply(sim, cmd, reply, 8, get_be16(cmd->cdb + 7));
}
