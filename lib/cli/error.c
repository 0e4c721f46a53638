/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What failed, as one line. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

void cli_error(const char *tool, const char *path, const char *what, enum udf_err err,
	       int host_errno)
{
	cli_say("%s: %s%s%s%s%s", tool, path ? path : "", path ? ": " : "", what ? what : "", what ? ": " : "",
		host_errno ? strerror(host_errno) : udf_strerror(err));
}
