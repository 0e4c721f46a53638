/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of every command: replies cut to what was asked for, sense bytes, what in a CDB is wrong. */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/family.h"

sim_sense sim_bad_field(struct sim_command *cmd, uint16_t field, uint8_t bit)
{
	cmd->has_field = true;
	cmd->field_is_in_list = false;
	cmd->field = field;
	cmd->field_bit = bit;
	return INVALID_IN_CDB;
}

sim_sense sim_bad_list(struct sim_command *cmd, uint16_t field)
{
	cmd->has_field = true;
	cmd->field_is_in_list = true;
	cmd->field = field;
	cmd->field_bit = 8;
	return INVALID_IN_LIST;
}

sim_sense sim_bad_lba(struct sim_command *cmd, sim_sense sense, uint32_t lba)
{
	cmd->has_lba = true;
	cmd->lba = lba;
	return sense;
}

sim_sense sim_reply(struct sim *sim, struct sim_command *cmd, const uint8_t *reply, uint32_t n_bytes, uint32_t alloc)
{
	if (n_bytes > alloc)
		n_bytes = alloc;
	if (n_bytes > cmd->n_data_bytes)
		n_bytes = cmd->n_data_bytes;
	if (cmd->direction != MMC_FROM_DRIVE)
		n_bytes = 0;
	if (sim_has(sim, QUIRK_SHORT_REPLIES) && n_bytes > 36)
		n_bytes = 36;
	if (n_bytes)
		memcpy(cmd->data, reply, n_bytes);
	cmd->n_done_bytes = n_bytes;
	return 0;
}

/* Fixed format, as optical drives send it. */
void sim_sense_bytes(const struct sim_command *cmd, sim_sense sense, uint8_t ret[18])
{
	memset(ret, 0, 18);
	ret[0] = (uint8_t)((cmd->has_lba ? 0x80 : 0) | (cmd->is_deferred ? 0x71 : 0x70));
	ret[2] = SENSE_KEY(sense);
	if (cmd->has_lba)
		put_be32(ret + 3, cmd->lba);
	ret[7] = 10;
	ret[12] = (uint8_t)(sense >> 8);
	ret[13] = (uint8_t)sense;
	if (cmd->has_progress) {
		ret[15] = 0x80;
		put_be16(ret + 16, cmd->progress);
	} else if (cmd->has_field) {
		ret[15] = (uint8_t)(0x80 | (cmd->field_is_in_list ? 0 : 0x40));
		if (cmd->field_bit < 8)
			ret[15] = (uint8_t)(ret[15] | 8 | cmd->field_bit);
		put_be16(ret + 16, cmd->field);
	}
}
