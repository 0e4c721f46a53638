/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line about what failed. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

void cli_error(const char *tool, const char *path, const char *what, enum udf_err err,
	       int host_errno)
{
	cli_say("%s: %s%s%s%s%s", tool, path ? path : "", path ? ": " : "", what ? what : "", what ? ": " : "",
		host_errno ? strerror(host_errno) : udf_strerror(err));
}

bool cli_flush_output(const char *tool)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	cli_error(tool, "standard output", "cannot write", UDF_E_IO, errno);
	return false;
}
