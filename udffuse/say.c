/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver's messages go to the terminal that started it, or to the system's log. */
#include "config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include "cli/cli.h"
#include "mounted.h"
#include "options.h"

static bool in_background, is_kept;

void say(enum udf_log_level level, const char *format, ...)
{
	static const int priorities[] = {
		[UDF_LOG_ERROR] = LOG_ERR,
		[UDF_LOG_WARNING] = LOG_WARNING,
		[UDF_LOG_NOTICE] = LOG_NOTICE,
		[UDF_LOG_DEBUG] = LOG_DEBUG,
	};
	char line[2 * PATH_MAX + 1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (in_background && !is_kept)
		syslog(priorities[level], "%s", line);
	else
		cli_say("%s: %s", TOOL, line);
}

void say_to_syslog(void)
{
	openlog(TOOL, LOG_PID, LOG_DAEMON);
	in_background = true;
}

void say_to(void (*take_line)(void *ctx, const char *line), void *ctx)
{
	is_kept = take_line != NULL;
	cli_say_to(take_line, ctx);
}
