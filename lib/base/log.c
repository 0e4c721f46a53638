/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines, passed to the log function of the library's caller. */
#include <stdarg.h>
#include <stdio.h>
#include <udfkit/env.h>

#define LINE_BYTES 1024		/* longer lines are cut */

void udf_log(const struct udf_env *env, enum udf_log_level level, const char *format, ...)
{
	char line[LINE_BYTES];
	va_list args;

	if (!env || !env->log)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	env->log(env->ctx, level, line);
}
