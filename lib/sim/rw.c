/* SPDX-License-Identifier: GPL-2.0-or-later */
/* READ, WRITE, VERIFY, SEEK and SYNCHRONIZE CACHE. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "sim/attention.h"
#include "sim/cache.h"
#include "sim/clock.h"
#include "sim/mode.h"

static bool is_12_bytes(const struct sim_command *cmd)
{
	return cmd->cdb[0] >> 5 == 5;
}

static struct sim_span span_of(const struct sim *sim, const struct sim_command *cmd)
{
	const uint8_t *cdb = cmd->cdb;
	struct sim_span span = { .lba = get_be32(cdb + 2), .now = cdb[1] & 8 };

	span.n_blocks = is_12_bytes(cmd) ? get_be32(cdb + 6) : get_be16(cdb + 7);
	span.streaming = is_12_bytes(cmd) && (cdb[10] & 0x80);
	if (sim_has(sim, QUIRK_WRITE_THROUGH) || (sim_has(sim, QUIRK_WCE) && !(sim_page_byte(sim, 8, 2) & 4)))
		span.now = true;
	return span;
}

/* The first block of SPAN that isn't below LIMIT; 0 where all are. */
static sim_sense check_range(struct sim_command *cmd, const struct sim_span *span, uint32_t limit)
{
	if (span->lba < limit && span->n_blocks <= limit - span->lba)
		return 0;
	return sim_bad_lba(cmd, OUT_OF_RANGE, span->lba < limit ? limit : span->lba);
}

/* The transport carries at most so much, and the command says no more than it carries. */
static sim_sense check_length(struct sim_command *cmd, const struct sim_span *span)
{
	if (span->n_blocks > cmd->n_data_bytes / SIM_BLOCK_BYTES)
		return sim_bad_field(cmd, is_12_bytes(cmd) ? 6 : 7, 8);
	return 0;
}

static sim_sense may_read(const struct sim *sim)
{
	const struct sim_family *family = sim->disc->kind->family;

	return family->may_read ? family->may_read(sim) : 0;
}

static sim_sense read_span(struct sim *sim, struct sim_command *cmd, const struct sim_span *span, uint8_t *ret_data)
{
	const struct sim_family *family = sim->disc->kind->family;
	sim_sense sense = may_read(sim);

	if (sense || span->n_blocks == 0)
		return sense;
	sense = check_range(cmd, span, family->read_limit ? family->read_limit(sim) : sim->disc->n_blocks);
	if (!sense && family->check_read)
		sense = family->check_read(sim, cmd, span);
	return sense ? sense : sim_cache_read(sim, cmd, span, ret_data);
}

sim_sense cmd_read(struct sim *sim, struct sim_command *cmd)
{
	struct sim_span span = span_of(sim, cmd);
	sim_sense sense = check_length(cmd, &span);

	return sense ? sense : read_span(sim, cmd, &span, cmd->data);
}

static sim_sense verify_blocks(struct sim *sim, struct sim_command *cmd, const struct sim_span *span,
			       const uint8_t *wanted)
{
	uint8_t *data = calloc(SIM_MAX_UNIT_BLOCKS, SIM_BLOCK_BYTES);
	sim_sense sense = data ? 0 : SENSE(4, 0x44, 0x00);

	for (uint32_t n = 0; !sense && n < span->n_blocks;) {
		struct sim_span part = { .lba = span->lba + n, .n_blocks = span->n_blocks - n };

		if (part.n_blocks > SIM_MAX_UNIT_BLOCKS)
			part.n_blocks = SIM_MAX_UNIT_BLOCKS;
		sense = read_span(sim, cmd, &part, data);
		if (SENSE_KEY(sense) <= 1)
			sense = 0;
		if (!sense && wanted && memcmp(data, wanted + (size_t)n * SIM_BLOCK_BYTES,
					       (size_t)part.n_blocks * SIM_BLOCK_BYTES) != 0)
			sense = SENSE(0xE, 0x1D, 0x00);
		n += part.n_blocks;
	}
	free(data);
	cmd->n_done_bytes = wanted ? span->n_blocks * SIM_BLOCK_BYTES : 0;
	return sense;
}

sim_sense cmd_verify(struct sim *sim, struct sim_command *cmd)
{
	struct sim_span span = span_of(sim, cmd);
	bool compares = cmd->cdb[1] & 2;
	sim_sense sense = may_read(sim);

	if (compares && !sim_has(sim, QUIRK_BYTCHK))
		return sim_bad_field(cmd, 1, 1);
	if (!sense && compares)
		sense = check_length(cmd, &span);
	if (sense || span.n_blocks == 0)
		return sense;
	sense = check_range(cmd, &span, sim->disc->n_blocks);
	if (!sense)
		sense = sim_cache_flush(sim, cmd);
	return sense ? sense : verify_blocks(sim, cmd, &span, compares ? cmd->data : NULL);
}

static sim_sense write_span(struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	const struct sim_family *family = sim->disc->kind->family;
	uint32_t unit_blocks = sim->disc->kind->unit_blocks;
	sim_sense sense = family->may_write(sim), locked = sim_write_protection(sim);

	if (!sim_has(sim, QUIRK_WP_LATE) && locked)
		return locked;
	if (sense)
		return sense;
	sense = check_length(cmd, span);
	if (sense || span->n_blocks == 0)
		return sense;
	if (family->write && !(family->is_random && family->is_random(sim)))
		return family->write(sim, cmd, span);
	sense = check_range(cmd, span, family->write_limit ? family->write_limit(sim) : sim->disc->n_blocks);
	if (!sense && locked)
		sense = locked;
	if (!sense && sim_has(sim, QUIRK_ONE_PACKET) &&
	    span->lba / unit_blocks != (span->lba + span->n_blocks - 1) / unit_blocks)
		sense = BAD_PACKET_SIZE;
	if (!sense && family->check_write)
		sense = family->check_write(sim, cmd, span);
	if (!sense)
		sense = sim_cache_write(sim, cmd, span, cmd->data);
	if (!sense && family->wrote)
		family->wrote(sim, span);
	return sense;
}

sim_sense cmd_write(struct sim *sim, struct sim_command *cmd)
{
	struct sim_span span = span_of(sim, cmd);

	return write_span(sim, cmd, &span);
}

sim_sense cmd_write_verify(struct sim *sim, struct sim_command *cmd)
{
	struct sim_span span = span_of(sim, cmd);
	struct sim_view view = { .profile = 0 };
	sim_sense sense;

	sim->disc->kind->family->describe(sim, &view);
	if (!(view.features & FEATURE(F20)))
		return INVALID_OPCODE;
	span.now = true;
	sense = write_span(sim, cmd, &span);
	return sense || span.n_blocks == 0 ? sense : verify_blocks(sim, cmd, &span, cmd->data);
}

sim_sense cmd_seek(struct sim *sim, struct sim_command *cmd)
{
	uint32_t lba = get_be32(cmd->cdb + 2);

	if (lba >= sim->disc->n_blocks && lba)
		return sim_bad_lba(cmd, OUT_OF_RANGE, lba);
	sim_busy_for(sim, 100000);
	return 0;
}

sim_sense cmd_sync(struct sim *sim, struct sim_command *cmd)
{
	const struct sim_family *family = sim->disc->kind->family;
	bool immed = cmd->cdb[1] & 2;
	sim_sense sense = sim_cache_flush(sim, immed ? NULL : cmd);

	if (!sense && family->sync)
		sense = family->sync(sim, cmd);
	sim->must_save = true;
	if (!sense && immed && sim->drive->op.kind == OP_NONE && sim->busy_us)
		sim_op_begin(sim, OP_SYNC, sim->busy_us / 1000 + 1, 1, true);
	return sense;
}
