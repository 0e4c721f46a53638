/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FORMAT UNIT, BLANK, CLOSE TRACK/SESSION, RESERVE TRACK, REPAIR TRACK: their form.  The families do the work. */
#include "config.h"

#include "base/bytes.h"
#include "sim/attention.h"
#include "sim/cache.h"

#define HEADER_BYTES 4u
#define DESCRIPTOR_BYTES 8u

/* Longer lists than needed are accepted: cdrwtool sends 16 bytes. */
static sim_sense read_list(struct sim *sim, struct sim_command *cmd, struct sim_format *ret)
{
	const uint8_t *list = cmd->data;

	if (cmd->n_data_bytes < HEADER_BYTES + DESCRIPTOR_BYTES ||
	    (cmd->n_data_bytes > HEADER_BYTES + DESCRIPTOR_BYTES && !sim->disc->kind->is_cd))
		return BAD_LIST_LENGTH;
	if (get_be16(list + 2) != DESCRIPTOR_BYTES)
		return sim_bad_list(cmd, 2);
	ret->options = list[1];
	ret->n_blocks = get_be32(list + 4);
	ret->type = list[8] >> 2;
	ret->sub_type = list[8] & 3;
	ret->parameter = get_be24(list + 9);
	ret->compare_list = cmd->cdb[1] & 0x08;
	return 0;
}

sim_sense cmd_format(struct sim *sim, struct sim_command *cmd)
{
	const struct sim_family *family = sim->disc->kind->family;
	struct sim_format format = { .n_blocks = 0 };
	sim_sense sense;

	if (!(cmd->cdb[1] & 0x10))
		return sim_bad_field(cmd, 1, 4);
	if (!family->format)
		return CANNOT_FORMAT;
	if ((cmd->cdb[1] & 7) == 7 && family->format_legacy)
		return family->format_legacy(sim, cmd);
	if ((cmd->cdb[1] & 7) != 1)
		return sim_bad_field(cmd, 1, 2);
	if (cmd->cdb[1] & 8 && !family->replaces_defects)
		return sim_bad_field(cmd, 1, 3);
	sense = read_list(sim, cmd, &format);
	if (sense)
		return sense;
	sense = sim_write_protection(sim);
	if (sense)
		return sense;
	if (!(format.options & FORMAT_IMMED) && sim_has(sim, QUIRK_IMMED_HANGS)) {
		sim->hangs = true;
		return 0;
	}
	(void)sim_cache_flush(sim, NULL);
	cmd->n_done_bytes = cmd->n_data_bytes;
	return family->format(sim, cmd, &format);
}

sim_sense cmd_blank(struct sim *sim, struct sim_command *cmd)
{
	const struct sim_family *family = sim->disc->kind->family;
	sim_sense sense = sim_write_protection(sim);

	if (!family->blank)
		return sim_has(sim, QUIRK_BLANK_2000) ? INVALID_OPCODE : CANNOT_FORMAT;
	if (sense)
		return sense;
	(void)sim_cache_flush(sim, NULL);
	return family->blank(sim, cmd, cmd->cdb[1] & 7, get_be32(cmd->cdb + 2), cmd->cdb[1] & 0x10);
}

sim_sense cmd_close(struct sim *sim, struct sim_command *cmd)
{
	const struct sim_family *family = sim->disc->kind->family;
	sim_sense sense = sim_write_protection(sim);

	if (!family->close)
		return sim_bad_field(cmd, 2, 2);
	if (sense)
		return sense;
	sense = sim_cache_flush(sim, cmd);
	if (sense)
		return sense;
	return family->close(sim, cmd, cmd->cdb[2] & 7, get_be16(cmd->cdb + 4), cmd->cdb[1] & 1);
}

sim_sense cmd_reserve(struct sim *sim, struct sim_command *cmd)
{
	const struct sim_family *family = sim->disc->kind->family;

	if (!family->reserve)
		return WRONG_SEQUENCE;
	return family->reserve(sim, cmd, get_be32(cmd->cdb + 5));
}

sim_sense cmd_repair(struct sim *sim, struct sim_command *cmd)
{
	const struct sim_family *family = sim->disc->kind->family;

	return family->repair ? family->repair(sim, cmd, get_be16(cmd->cdb + 4)) : WRONG_SEQUENCE;
}
