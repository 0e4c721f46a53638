/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FILE.log: a line for each command, for people who want to know what a program sent. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/family.h"
#include "sim/text.h"

void sim_log_open(struct sim *sim)
{
	struct sim_text path = { .bytes = NULL };

	if (sim->log_fd >= 0)
		(void)close(sim->log_fd);
	sim->log_fd = -1;
	sim_text_add(&path, "%s.log", sim->home->path);
	if (sim->drive->log_on && !path.failed)
		sim->log_fd = open(path.bytes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	sim_text_done(&path);
}

#define SHOWN_BYTES 64u			/* of a parameter list; none is longer than that but a cue sheet */

static void add_list(struct sim_text *line, const struct sim_command *cmd)
{
	for (uint32_t i = 0; i < cmd->n_data_bytes; i++)
		sim_text_add(line, "%s %02X", i ? "" : " :", cmd->data[i]);
}

/* "SECONDS.MS CDB", how much was transferred, "good" or the sense, and the parameter list that was sent. */
void sim_log_command(struct sim *sim, const struct sim_command *cmd, uint8_t n_cdb_bytes, sim_sense sense)
{
	struct sim_text line = { .bytes = NULL };
	uint64_t ms = sim->drive->clock_us / 1000;

	if (sim->log_fd < 0)
		return;
	sim_text_add(&line, "%llu.%03u", (unsigned long long)(ms / 1000), (unsigned)(ms % 1000));
	for (unsigned i = 0; i < n_cdb_bytes; i++)
		sim_text_add(&line, " %02X", cmd->cdb[i]);
	if (cmd->direction != MMC_NO_DATA)
		sim_text_add(&line, " %s %u", cmd->direction == MMC_TO_DRIVE ? "out" : "in", cmd->n_done_bytes);
	if (sense)
		sim_text_add(&line, "%s %X/%02X/%02X", cmd->is_deferred ? " deferred" : "", SENSE_KEY(sense),
			     sense >> 8 & 0xff, sense & 0xff);
	else
		sim_text_add(&line, " good");
	if (cmd->has_lba)
		sim_text_add(&line, " lba %u", cmd->lba);
	if (cmd->direction == MMC_TO_DRIVE && cmd->n_data_bytes <= SHOWN_BYTES)
		add_list(&line, cmd);
	sim_text_add(&line, "\n");
	/* a log that can't be written is no reason to fail the command */
	if (!line.failed && write(sim->log_fd, line.bytes, line.n_bytes) < 0)
		sim->log_fd = -1;
	sim_text_done(&line);
}
