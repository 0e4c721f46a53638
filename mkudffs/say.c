/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

static void message(const char *kind, const char *format, va_list args)
{
	fflush(stdout);
	fprintf(stderr, "mkudffs: %s", kind);
	cli_vsay(format, args);
}

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message("", format, args);
	va_end(args);
	exit(1);
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message("warning: ", format, args);
	va_end(args);
}
