/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in commands that messages suggest: one word for the shell, whatever is in them. */
#include "base/quoted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

size_t udf_control_bytes(const char *s)
{
	unsigned char first = (unsigned char)s[0], second;

	if ((first && first < 0x20) || first == 0x7F)
		return 1;
	if (first != 0xC2)
		return 0;
	second = (unsigned char)s[1];
	return second >= 0x80 && second <= 0x9F ? 2 : 0;
}

void udf_replace_controls(char *text)
{
	size_t n;

	for (; *text; text++)
		for (n = udf_control_bytes(text); n; n--)
			text[n - 1] = '?';
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

const char *udf_quoted(const char *text, char ret[UDF_QUOTED_BYTES])
{
	bool ansi = strchr(text, '!') != NULL, plain;
	const char *escaped;
	char *out = ret;

	for (const char *s = text; *s; s++)
		ansi |= udf_control_bytes(s) > 0;
	plain = !ansi && is_plain(text);
	escaped = ansi ? "'\\" : "\"\\$`";
	if (!plain)
		out += sprintf(out, "%s", ansi ? "$'" : "\"");
	if (*text == '-')
		out += sprintf(out, "./");
	for (const char *s = text; *s; s++) {
		size_t n = udf_control_bytes(s);

		if (out - ret > (ptrdiff_t)UDF_QUOTED_BYTES - 16)
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
