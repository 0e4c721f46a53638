/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in output: nothing in them acts as a command to the terminal, or as a second word to the shell. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

/* How many bytes at S are a control character: those of ASCII, and U+0080 to U+009F.  0: none. */
static size_t control_bytes(const char *s)
{
	unsigned char first = (unsigned char)s[0], second;

	if ((first && first < 0x20) || first == 0x7F)
		return 1;
	if (first != 0xC2)
		return 0;
	second = (unsigned char)s[1];
	return second >= 0x80 && second <= 0x9F ? 2 : 0;
}

void cli_put_name(FILE *out, const char *name)
{
	bool on_terminal = isatty(fileno(out));

	while (*name) {
		size_t n = on_terminal ? control_bytes(name) : 0;

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
		say_to(say_ctx, text ? text : "no memory for a message");
		free(text);
		return;
	}
	cli_put_name(stderr, text ? text : "no memory for a message");
	putc('\n', stderr);
	free(text);
}

/* Is it a word of the shell without quotes? */
static bool is_plain(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-";

	for (const char *s = text; *s; s++)
		if (!((unsigned char)*s & 0x80) && !strchr(plain, *s))
			return false;
	return *text != '\0';
}

const char *cli_quoted(const char *text, char ret[CLI_QUOTED_BYTES])
{
	bool ansi = strchr(text, '!') != NULL, plain;
	const char *escaped;
	char *out = ret;

	for (const char *s = text; *s; s++)
		ansi |= control_bytes(s) > 0;
	plain = !ansi && is_plain(text);
	escaped = ansi ? "'\\" : "\"\\$`";
	if (!plain)
		out += sprintf(out, "%s", ansi ? "$'" : "\"");
	if (*text == '-')
		out += sprintf(out, "./");
	for (const char *s = text; *s; s++) {
		size_t n = control_bytes(s);

		if (out - ret > (ptrdiff_t)CLI_QUOTED_BYTES - 16)
			return text;
		if (n) {
			out += sprintf(out, "\\%03o", (unsigned char)*s);
			if (n == 2)
				out += sprintf(out, "\\%03o", (unsigned char)*++s);
			continue;
		}
		if (!plain && strchr(escaped, *s))
			*out++ = '\\';
		*out++ = *s;
	}
	strcpy(out, plain ? "" : ansi ? "'" : "\"");
	return ret;
}
