/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wanted, as the command line says it. */
#ifndef UDF_PKTSETUP_REQUEST_H
#define UDF_PKTSETUP_REQUEST_H

#include <stdbool.h>

#include "cli/cli.h"

#define TOOL "pktsetup"

struct request {
	enum { JOB_BIND, JOB_RELEASE, JOB_SHOW } job;
	bool ignore;		/* what is done already, or not there, is no failure */
	bool json;
	const char *name;	/* as it was typed; NULL where none was given; of JOB_RELEASE, what is to be released */
	const char *device;	/* "/dev/sr0", "11:0" or "sim:FILE" */
};

extern const struct cli_tool pktsetup_tool;

/** Bad usage ends the program. */
void request_read(struct request *ret, int argc, char **argv);

#endif
