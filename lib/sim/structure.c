/* SPDX-License-Identifier: GPL-2.0-or-later */
/* READ DISC STRUCTURE and SEND DISC STRUCTURE. */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/cache.h"

#define LIST 0xFFu
#define PROTECTION 0xC0u
#define MAX_DATA_BYTES 4096u

/* Lengths in the list are those that the structures have. */
static uint32_t put_list(const struct sim *sim, uint8_t *ret)
{
	const struct sim_family *family = sim->disc->kind->family;
	uint8_t data[MAX_DATA_BYTES];
	uint32_t at = 0;

	for (const uint8_t *code = family->structures; code; code++, at += 4) {
		uint32_t n_bytes = 0;

		memset(data, 0, sizeof(data));
		if (*code != LIST)
			(void)family->structure(sim, *code, data, &n_bytes);
		ret[at] = *code;
		ret[at + 1] = *code == PROTECTION ? 0xC0 : 0x40;
		put_be16(ret + at + 2, (uint16_t)(n_bytes + 4));
		if (*code == LIST) {
			put_be16(ret + at + 2, (uint16_t)(at + 8));
			return at + 4;
		}
	}
	return at;
}

sim_sense cmd_read_structure(struct sim *sim, struct sim_command *cmd)
{
	const struct sim_family *family = sim->disc->kind->family;
	uint8_t reply[4 + MAX_DATA_BYTES] = { 0 };
	unsigned format = cmd->cdb[7];
	bool asks_bd = (cmd->cdb[1] & 15) == 1;
	uint32_t n_bytes = 0;
	sim_sense sense = 0;

	if (!family->structure || ((cmd->cdb[1] & 15) > 1) || (format < PROTECTION && asks_bd != family->is_bd))
		return sim_bad_field(cmd, 1, 3);
	if (format == LIST)
		n_bytes = put_list(sim, reply + 4);
	else
		sense = family->structure(sim, format, reply + 4, &n_bytes);
	if (sense)
		return sense;
	if (n_bytes == 0)
		return sim_bad_field(cmd, 7, 8);
	put_be16(reply, (uint16_t)(n_bytes + 2));
	return sim_reply(sim, cmd, reply, 4 + n_bytes, get_be16(cmd->cdb + 8));
}

/* Only the persistent write protection can be sent. */
sim_sense cmd_send_structure(struct sim *sim, struct sim_command *cmd)
{
	uint32_t n_bytes = get_be16(cmd->cdb + 8);
	struct sim_disc *disc = sim->disc;
	struct sim_view view = { .profile = 0 };

	disc->kind->family->describe(sim, &view);
	if (cmd->cdb[7] != PROTECTION || !(view.features & FEATURE(F04)))
		return sim_bad_field(cmd, 7, 8);
	if (n_bytes != 8 || cmd->n_data_bytes < 8)
		return BAD_LIST_LENGTH;
	if (view.readable_blocks == 0)
		return FORMAT_CORRUPTED;
	if (disc->tab)
		return SENSE(7, 0x27, 0x00);
	(void)sim_cache_flush(sim, NULL);
	disc->pwp = cmd->data[4] >> 1 & 1;
	sim->drive->change_event = 2;
	sim->must_save = true;
	cmd->n_done_bytes = n_bytes;
	return 0;
}
