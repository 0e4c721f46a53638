/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON strings (RFC 8259); what isn't UTF-8 becomes U+FFFD. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>

#include "cli/cli.h"

/* Bytes of the character at S, 0 if it is none: no overlong forms, surrogates, or above U+10FFFF.
 */
static size_t utf8_character(const unsigned char *s)
{
	uint32_t c;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xC2 && s[0] < 0xE0)
		n = 2;
	else if (s[0] >= 0xE0 && s[0] < 0xF0)
		n = 3;
	else if (s[0] >= 0xF0 && s[0] < 0xF5)
		n = 4;
	else
		return 0;
	c = s[0] & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3Fu);
	}
	if ((n == 3 && c < 0x800) || (c >= 0xD800 && c < 0xE000) || (n == 4 && c < 0x10000) ||
	    c > 0x10FFFF)
		return 0;
	return n;
}

void cli_json_string(FILE *out, const char *s)
{
	if (!s) {
		fputs("null", out);
		return;
	}
	fputc('"', out);
	while (*s) {
		size_t n = utf8_character((const unsigned char *)s);

		if (n == 0)
			fputs("\\ufffd", out);
		else if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (*s == '\n')
			fputs("\\n", out);
		else if (*s == '\t')
			fputs("\\t", out);
		else if ((unsigned char)*s < 0x20 || *s == 0x7F)
			fprintf(out, "\\u%04x", (unsigned)*s);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
	fputc('"', out);
}
