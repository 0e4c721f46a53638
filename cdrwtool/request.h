/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line of cdrwtool asks for.  The order of options has no meaning. */
#ifndef CDRWTOOL_REQUEST_H
#define CDRWTOOL_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"
#include "mmc/format.h"

enum job {
	JOB_NONE,
	JOB_INFO,
	JOB_GET_PARAMETERS,
	JOB_SET_PARAMETERS,
	JOB_LIST,
	JOB_QUICK,
	JOB_BLANK,
	JOB_FORMAT,
	JOB_UDF,
	JOB_CLOSE_TRACK,
	JOB_CLOSE_SESSION,
	JOB_RESERVE,
	JOB_WRITE_FILE,
	JOB_PROTECT,
	JOB_EJECT,
	JOB_LOAD,
	JOB_REOPEN,
	JOB_RECOVER,
};

struct request {
	const char *device;
	enum job job;
	char job_option[32];		/* how it was spelled */
	const char *kind;		/* of --blank and --format; NULL: the usual one */
	uint64_t number;		/* blocks, a track or a session, as the job has it */
	bool has_number;
	const char *file;		/* of --file */
	bool protect;			/* of --write-protect */

	uint32_t offset;		/* a block, or the track of --blank=track */
	bool has_offset;
	uint32_t speed_x;		/* 0: the drive's highest */
	uint16_t revision;		/* of the volume, as 0x0201; 0: the medium's usual one */
	uint32_t packet_blocks;		/* 0: the medium's */
	uint8_t multi_session;
	bool is_mode_2, is_variable;
	bool has_parameters;		/* one of -l, -p, -w and -z was given */
	enum mmc_spares spares;
	bool has_spare;
	bool certify, background;

	unsigned n_force;
	bool json, verbose;
};

extern const struct cli_tool cdrwtool_tool;

/** Read the command line into REQ; what makes no sense ends the program with one line. */
void request_read(struct request *req, int argc, char **argv);

#endif
