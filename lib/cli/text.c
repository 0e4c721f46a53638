/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in output: nothing in them acts as a command to the terminal. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

void cli_put_name(FILE *out, const char *name)
{
	bool on_terminal = isatty(fileno(out));

	while (*name) {
		size_t n = on_terminal ? udf_control_bytes(name) : 0;

		putc(n ? '?' : *name, out);
		name += n ? n : 1;
	}
}

void cli_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cli_vsay(format, args);
	va_end(args);
}

static void (*say_to)(void *ctx, const char *line);
static void *say_ctx;

void cli_say_to(void (*say)(void *ctx, const char *line), void *ctx)
{
	say_to = say;
	say_ctx = ctx;
}

void cli_vsay(const char *format, va_list args)
{
	char *text = NULL;

	fflush(stdout);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	if (say_to) {
		say_to(say_ctx, text ? text : "out of memory for a message");
		free(text);
		return;
	}
	cli_put_name(stderr, text ? text : "out of memory for a message");
	putc('\n', stderr);
	free(text);
}
