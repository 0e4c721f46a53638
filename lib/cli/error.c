/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

void cli_error(const char *tool, const char *path, const char *what, enum udf_err err,
	       int host_errno)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", tool);
	if (path)
		fprintf(stderr, "%s: ", path);
	if (what)
		fprintf(stderr, "%s: ", what);
	fprintf(stderr, "%s\n", host_errno ? strerror(host_errno) : udf_strerror(err));
}
