/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Speeds and buffers: GET PERFORMANCE, SET STREAMING, SET CD SPEED, READ BUFFER CAPACITY, SEND OPC INFORMATION. */
#include "config.h"

#include "base/bytes.h"
#include "sim/cache.h"
#include "sim/clock.h"
#include "sim/sequence.h"

#define NO_DISC_BUFFER_BYTES 0x131800u
#define FASTEST 0xffffu

static uint32_t most_kbytes(const struct sim *sim)
{
	return sim->disc ? sim->disc->kind->kbytes_per_s : 7056;
}

static uint32_t last_lba(const struct sim *sim)
{
	uint32_t n_blocks = sim->disc->n_blocks ? sim->disc->n_blocks : sim->disc->kind->max_blocks;

	return n_blocks - 1;
}

/* Type 0: one range with one speed.  Type 3: the write speeds, fastest first.  Lengths are those of all there is. */
sim_sense cmd_performance(struct sim *sim, struct sim_command *cmd)
{
	uint32_t n_wanted = get_be16(cmd->cdb + 8), n = 0;
	uint8_t reply[8 + 2 * 16] = { 0 };

	if (cmd->cdb[10] == 0) {
		n = 1;
		reply[4] = cmd->cdb[1] & 4 ? 2 : 0;
		put_be32(reply + 12, most_kbytes(sim));
		put_be32(reply + 16, last_lba(sim));
		put_be32(reply + 20, most_kbytes(sim));
	} else if (cmd->cdb[10] == 3) {
		n = 2;
		for (uint32_t i = 0; i < n; i++) {
			uint8_t *p = reply + 8 + 16 * i;

			put_be32(p + 4, last_lba(sim));
			put_be32(p + 8, most_kbytes(sim));
			put_be32(p + 12, most_kbytes(sim) >> i);
		}
	} else {
		return sim_bad_field(cmd, 10, 8);
	}
	put_be32(reply, 4 + 16 * n);
	return sim_reply(sim, cmd, reply, 8 + 16 * n, 8 + 16 * n_wanted);
}

sim_sense cmd_set_speed(struct sim *sim, struct sim_command *cmd)
{
	uint32_t kbytes = get_be16(cmd->cdb + 4);

	sim->drive->write_kbytes = kbytes == FASTEST ? 0 : kbytes;
	kbytes = get_be16(cmd->cdb + 2);
	sim->drive->read_kbytes = kbytes == FASTEST ? 0 : kbytes;
	return 0;
}

sim_sense cmd_set_streaming(struct sim *sim, struct sim_command *cmd)
{
	uint32_t n_bytes = get_be16(cmd->cdb + 9);

	if (cmd->cdb[8])
		return sim_bad_field(cmd, 8, 8);
	if (n_bytes != 28 || cmd->n_data_bytes < 28)
		return BAD_LIST_LENGTH;
	if (cmd->data[0] & 4) {
		sim->drive->write_kbytes = sim->drive->read_kbytes = 0;
	} else if (get_be32(cmd->data + 24)) {
		uint64_t kbytes = (uint64_t)get_be32(cmd->data + 20) * 1000 / get_be32(cmd->data + 24);

		sim->drive->write_kbytes = kbytes < UINT32_MAX ? (uint32_t)kbytes : UINT32_MAX;
	}
	cmd->n_done_bytes = n_bytes;
	return 0;
}

sim_sense cmd_buffer_capacity(struct sim *sim, struct sim_command *cmd)
{
	uint32_t all = sim->disc ? sim->disc->kind->buffer_bytes : NO_DISC_BUFFER_BYTES;
	uint32_t used = sim_cached_bytes(sim);
	uint8_t reply[12] = { 0, 10 };

	if (sim->disc && sim->stream_end_us > sim->drive->clock_us)
		used += (uint32_t)((sim->stream_end_us - sim->drive->clock_us) * sim_write_kbytes(sim) / 1000);
	if (used == 0 && sim_has(sim, QUIRK_RBC_NEEDS_WRITE))
		return sim_bad_field(cmd, 0, 8);
	if (used > all)
		used = all;
	if (sim_has(sim, QUIRK_RBC_BOGUS))
		used = 0;
	if (cmd->cdb[1] & 1) {
		reply[3] = 1;
		put_be32(reply + 8, (all - used) / SIM_BLOCK_BYTES);
	} else {
		put_be32(reply + 4, all);
		put_be32(reply + 8, all - used);
	}
	return sim_reply(sim, cmd, reply, sizeof(reply), get_be16(cmd->cdb + 7));
}

/* Discs that calibrate by themselves accept the command and do nothing. */
sim_sense cmd_opc(struct sim *sim, struct sim_command *cmd)
{
	if (!(cmd->cdb[1] & 1))
		return 0;
	if (sim->disc->kind->family->may_write(sim) == CANNOT_WRITE)
		return CANNOT_WRITE;
	if (sim->disc->kind->family->calibrates)
		return sim_calibrate(sim);
	sim_busy_for(sim, 2000000);
	return 0;
}
