/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a disc is: READ DISC INFORMATION, READ TRACK INFORMATION, READ FORMAT CAPACITIES, READ CAPACITY. */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/family.h"

#define DAMAGED_STATUS 0x19u

static void describe(const struct sim *sim, struct sim_view *ret_view)
{
	memset(ret_view, 0, sizeof(*ret_view));
	sim->disc->kind->family->describe(sim, ret_view);
}

/* Types above 0 belong to media that aren't simulated; bit 4 of byte 1 is ignored, as real drives do. */
sim_sense cmd_disc_information(struct sim *sim, struct sim_command *cmd)
{
	struct sim_view view;
	uint8_t reply[34] = { 0, 32 };

	if (cmd->cdb[1] & 7)
		return sim_bad_field(cmd, 1, 2);
	describe(sim, &view);
	if (view.disc_status == DAMAGED_STATUS && sim_has(sim, QUIRK_DMG_ALL))
		return FORMAT_CORRUPTED;
	reply[2] = view.disc_status;
	reply[3] = 1;
	reply[4] = view.n_sessions;
	reply[5] = view.first_track;
	reply[6] = view.last_track;
	reply[7] = view.background;
	reply[8] = view.disc_type;
	put_be32(reply + 16, view.lead_in);
	put_be32(reply + 20, view.lead_out);
	return sim_reply(sim, cmd, reply, sizeof(reply), get_be16(cmd->cdb + 7));
}

/* The first track of a session, or the track by its number or by a block in it. */
static const struct sim_track *find_track(const struct sim *sim, struct sim_command *cmd, const struct sim_view *view,
					  sim_sense *ret_sense)
{
	uint32_t address = get_be32(cmd->cdb + 2);
	const struct sim_track *last = &view->tracks[view->n_tracks ? view->n_tracks - 1 : 0];

	switch (cmd->cdb[1] & 3) {
	case 0:
		for (unsigned i = 0; i < view->n_tracks; i++) {
			const struct sim_track *track = &view->tracks[i];

			if (address >= track->start_lba && address - track->start_lba < track->n_blocks)
				return track;
		}
		*ret_sense = sim_bad_lba(cmd, OUT_OF_RANGE, address);
		return NULL;
	case 1:
		/* the invisible or incomplete track of a CD or DVD+R */
		if (address == 0xff && last->valid & 1 &&
		    (sim->disc->kind->is_cd || view->profile == 0x001B || view->profile == 0x002B))
			return last;
		if (address >= 1 && address <= view->n_tracks)
			return &view->tracks[address - 1];
		break;
	case 2:
		for (unsigned i = 0; i < view->n_tracks; i++)
			if (view->tracks[i].session == address)
				return &view->tracks[i];
		break;
	default:
		*ret_sense = sim_bad_field(cmd, 1, 1);
		return NULL;
	}
	*ret_sense = sim_bad_field(cmd, 2, 8);
	return NULL;
}

sim_sense cmd_track_information(struct sim *sim, struct sim_command *cmd)
{
	uint8_t reply[48] = { 0 };
	struct sim_view view;
	const struct sim_track *track;
	uint32_t n_bytes = sim->disc->kind->is_cd || sim_has(sim, QUIRK_RTI_22) ? 36 : 48;
	sim_sense sense = 0;

	describe(sim, &view);
	if (view.disc_status == DAMAGED_STATUS && sim_has(sim, QUIRK_DMG_ALL))
		return FORMAT_CORRUPTED;
	track = find_track(sim, cmd, &view, &sense);
	if (!track)
		return sense;
	if (sim_has(sim, QUIRK_RTI_1A))
		n_bytes = 28;
	put_be16(reply, (uint16_t)(n_bytes - 2));
	reply[2] = track->number;
	reply[3] = track->session;
	reply[5] = track->mode;
	reply[6] = track->data_mode;
	reply[7] = track->valid;
	put_be32(reply + 8, track->start_lba);
	put_be32(reply + 12, track->next_lba);
	put_be32(reply + 16, track->free_blocks);
	put_be32(reply + 20, track->packet_blocks);
	put_be32(reply + 24, track->n_blocks);
	put_be32(reply + 28, track->last_lba);
	return sim_reply(sim, cmd, reply, n_bytes, get_be16(cmd->cdb + 7));
}

sim_sense cmd_format_capacities(struct sim *sim, struct sim_command *cmd)
{
	uint8_t reply[12 + 8 * SIM_MAX_FORMAT_ROWS] = { 0 };
	struct sim_view view;

	describe(sim, &view);
	reply[3] = (uint8_t)(8 + 8 * view.n_formats);
	put_be32(reply + 4, view.capacity_blocks);
	reply[8] = view.capacity_type;
	put_be24(reply + 9, SIM_BLOCK_BYTES);
	for (unsigned i = 0; i < view.n_formats; i++) {
		uint8_t *row = reply + 12 + 8 * i;

		put_be32(row, view.formats[i].n_blocks);
		row[4] = view.formats[i].type;
		put_be24(row + 5, view.formats[i].parameter);
	}
	return sim_reply(sim, cmd, reply, 4u + reply[3], get_be16(cmd->cdb + 7));
}

/* The last block, which is 0 also where there is none yet. */
sim_sense cmd_capacity(struct sim *sim, struct sim_command *cmd)
{
	uint8_t reply[8] = { 0 };
	struct sim_view view;

	describe(sim, &view);
	if (view.readable_blocks == 0 && sim_has(sim, QUIRK_CAP_BLANK_ERR))
		return sim_bad_field(cmd, 0, 8);
	put_be32(reply, view.readable_blocks ? view.readable_blocks - 1 : 0);
	put_be32(reply + 4, SIM_BLOCK_BYTES);
	return sim_reply(sim, cmd, reply, sizeof(reply), sizeof(reply));
}
