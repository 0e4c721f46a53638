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

void cli_open_text(const char *path, enum udf_err err, int host_errno, char ret_text[CLI_OPEN_BYTES])
{
	if (host_errno == ENOENT && strncmp(path, "/dev/sr", 7) == 0)
		snprintf(ret_text, CLI_OPEN_BYTES,
			 "there is no such drive; 'cdrwtool --list' shows those that there are");
	else if (host_errno == ENOENT && strncmp(path, "/dev/", 5) == 0)
		snprintf(ret_text, CLI_OPEN_BYTES, "there is no such device");
	else if (host_errno == EISDIR || (!host_errno && err == UDF_E_IS_DIR))
		snprintf(ret_text, CLI_OPEN_BYTES, "is a directory; name an image file or a device");
	else
		snprintf(ret_text, CLI_OPEN_BYTES, "cannot open: %s",
			 host_errno ? strerror(host_errno) : udf_strerror(err));
}

bool cli_flush_output(const char *tool)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	cli_error(tool, "standard output", "cannot write", UDF_E_IO, errno);
	return false;
}
