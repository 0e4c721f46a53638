/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The simulated drive as a transport: commands in, replies out. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "sim/clock.h"
#include "sim/family.h"
#include "sim/state.h"

#define COMMAND_US 200u			/* what any command takes */

struct transport {
	struct mmc_transport base;	/* first */
	struct sim *sim;
	bool own;
};

/* base is the first member */
static struct transport *of(struct mmc_transport *base)
{
	return (struct transport *)(void *)base;
}

/* True: the command is not executed.  RET_LOST: it is, but its answer gets lost. */
static bool answer_instead(struct sim *sim, const struct mmc_command *command, struct mmc_reply *ret_reply,
			   bool *ret_lost)
{
	struct sim_answer answer;

	if (!sim_answer_take(sim, command->cdb[0], &answer))
		return false;
	*ret_lost = answer.kind == SIM_ANSWER_LOST;
	ret_reply->delivery = answer.kind == SIM_ANSWER_TIMEOUT ? MMC_TIMED_OUT : MMC_DELIVERED;
	if (answer.kind == SIM_ANSWER_SENSE) {
		ret_reply->status = MMC_STATUS_CHECK;
		ret_reply->n_sense_bytes = answer.n_sense_bytes;
		memcpy(ret_reply->sense, answer.sense, answer.n_sense_bytes);
	} else if (answer.kind == SIM_ANSWER_BUSY) {
		ret_reply->status = MMC_STATUS_BUSY;
	}
	if (!*ret_lost && sim->must_save)
		(void)sim_save(sim);
	return !*ret_lost;
}

static void run(struct mmc_transport *base, const struct mmc_command *command, struct mmc_reply *ret_reply)
{
	struct sim *sim = of(base)->sim;
	struct sim_command cmd = { .data = command->data, .n_data_bytes = command->n_data_bytes,
				   .direction = command->direction };
	bool is_lost = false;
	uint64_t start_us;
	sim_sense sense;

	memset(ret_reply, 0, sizeof(*ret_reply));
	sim_take_requests(sim);
	ret_reply->delivery = MMC_DRIVE_GONE;
	if (!sim->drive->powered) {
		if (sim->must_save)
			(void)sim_save(sim);
		return;
	}
	if (answer_instead(sim, command, ret_reply, &is_lost))
		return;
	memcpy(cmd.cdb, command->cdb, command->n_cdb_bytes);
	start_us = sim->drive->clock_us;
	sim->busy_us = 0;
	sim->polled_us = 0;
	sense = sim_execute(sim, &cmd, ret_reply->sense);
	sim_busy_for(sim, COMMAND_US);
	if (sim->drive->powered)
		ret_reply->delivery = MMC_DELIVERED;
	sim_log_command(sim, &cmd, command->n_cdb_bytes, sense);
	if (sim->must_save && sim_save(sim) != UDF_OK && !sense) {
		/* the promise of a GOOD can't be kept */
		sense = SENSE(4, 0x44, 0x00);
		sim_sense_bytes(&cmd, sense, ret_reply->sense);
	}
	start_us += sim->polled_us;
	ret_reply->duration_ms = (uint32_t)((sim->drive->clock_us - start_us) / 1000);
	is_lost |= sim->hangs;
	sim->hangs = false;
	if (is_lost && ret_reply->delivery == MMC_DELIVERED)
		ret_reply->delivery = MMC_TIMED_OUT;
	if (command->timeout_ms && (sim->drive->clock_us - start_us) / 1000 > command->timeout_ms &&
	    ret_reply->delivery == MMC_DELIVERED)
		ret_reply->delivery = MMC_TIMED_OUT;
	if (ret_reply->delivery != MMC_DELIVERED) {
		memset(ret_reply->sense, 0, sizeof(ret_reply->sense));
		return;
	}
	ret_reply->status = sense ? MMC_STATUS_CHECK : MMC_STATUS_GOOD;
	ret_reply->n_sense_bytes = sense ? 18 : 0;
	ret_reply->n_data_bytes = cmd.n_done_bytes;
}

static void wait_ms(struct mmc_transport *base, uint32_t ms)
{
	sim_advance(of(base)->sim, ms);
}

static uint64_t now_ms(struct mmc_transport *base)
{
	return of(base)->sim->drive->clock_us / 1000;
}

static int reset(struct mmc_transport *base)
{
	sim_reset_bus(of(base)->sim);
	return 0;
}

static void close_transport(struct mmc_transport *base)
{
	if (of(base)->own)
		(void)sim_close(of(base)->sim);
	free(of(base));
}

static const struct mmc_transport_ops ops = { .run = run, .wait = wait_ms, .now_ms = now_ms, .close = close_transport,
					     .reset = reset };

enum udf_err sim_transport_new(struct sim *sim, bool own, struct mmc_transport **ret_transport)
{
	struct transport *transport = calloc(1, sizeof(*transport));

	if (!transport)
		return UDF_E_NOMEM;
	if (sim->only_looks) {
		free(transport);
		return UDF_E_INVAL;
	}
	transport->base.ops = &ops;
	transport->base.max_data_bytes = SIM_MAX_TRANSFER_BYTES;
	transport->sim = sim;
	transport->own = own;
	*ret_transport = &transport->base;
	return UDF_OK;
}
