/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one writer of JSON (RFC 8259).  What is not UTF-8 becomes U+FFFD. */
#include "config.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/cli.h"

#define MAX_INDENT 64u	/* columns; a directory tree may be thousands of levels deep */

/* The bytes of the UTF-8 character at S; 0 if it is malformed: an overlong form, a surrogate, or above U+10FFFF. */
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

static void put_string(FILE *out, const char *s)
{
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

static void put_line_break(const struct cli_json *json)
{
	unsigned n_columns = 2 * json->depth;

	fprintf(json->out, "\n%*s", (int)(n_columns < MAX_INDENT ? n_columns : MAX_INDENT), "");
}

/* Write what comes before a value.  An object that is an element of a list begins a line. */
static void put_key(struct cli_json *json, const char *key, bool begins_line)
{
	if (json->needs_comma)
		fputc(',', json->out);
	if (begins_line)
		put_line_break(json);
	else if (json->needs_comma)
		fputc(' ', json->out);
	if (key) {
		put_string(json->out, key);
		fputs(": ", json->out);
	}
	json->needs_comma = true;
	json->ends_object = false;
}

static void put_end(struct cli_json *json, char end)
{
	json->depth--;
	if (end == ']' && json->ends_object)
		put_line_break(json);
	fputc(end, json->out);
	json->needs_comma = true;
	json->ends_object = end == '}';
	if (json->depth == 0)
		fputc('\n', json->out);
}

void cli_json_object(struct cli_json *json, const char *key)
{
	put_key(json, key, !key && json->depth > 0);
	fputc('{', json->out);
	json->depth++;
	json->needs_comma = false;
}

void cli_json_object_end(struct cli_json *json)
{
	put_end(json, '}');
}

void cli_json_list(struct cli_json *json, const char *key)
{
	put_key(json, key, false);
	fputc('[', json->out);
	json->depth++;
	json->needs_comma = false;
}

void cli_json_list_end(struct cli_json *json)
{
	put_end(json, ']');
}

void cli_json_text(struct cli_json *json, const char *key, const char *text)
{
	put_key(json, key, false);
	if (text)
		put_string(json->out, text);
	else
		fputs("null", json->out);
}

void cli_json_format(struct cli_json *json, const char *key, const char *format, ...)
{
	char text[128];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cli_json_text(json, key, text);
}

void cli_json_number(struct cli_json *json, const char *key, uint64_t number)
{
	put_key(json, key, false);
	fprintf(json->out, "%" PRIu64, number);
}

void cli_json_signed(struct cli_json *json, const char *key, int64_t number)
{
	put_key(json, key, false);
	fprintf(json->out, "%" PRId64, number);
}

void cli_json_bool(struct cli_json *json, const char *key, bool yes)
{
	put_key(json, key, false);
	fputs(yes ? "true" : "false", json->out);
}

void cli_json_time(struct cli_json *json, const char *key, struct udf_time when)
{
	char text[CLI_TIME_BYTES];

	cli_time_text(when, text);
	cli_json_text(json, key, text);
}
