/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts that grow, and words cut off them. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"
#include "sim/text.h"

static bool text_grow(struct sim_text *text, size_t n_bytes)
{
	size_t cap = text->cap_bytes ? text->cap_bytes : 4096;
	char *bytes;

	while (cap - text->n_bytes < n_bytes)
		cap *= 2;
	if (cap == text->cap_bytes)
		return true;
	bytes = realloc(text->bytes, cap);
	if (!bytes) {
		text->failed = true;
		return false;
	}
	text->bytes = bytes;
	text->cap_bytes = cap;
	return true;
}

void sim_text_add(struct sim_text *text, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || text->failed || !text_grow(text, (size_t)n + 1))
		return;
	va_start(args, format);
	(void)vsnprintf(text->bytes + text->n_bytes, (size_t)n + 1, format, args);
	va_end(args);
	text->n_bytes += (size_t)n;
}

void sim_text_done(struct sim_text *text)
{
	free(text->bytes);
	memset(text, 0, sizeof(*text));
}

char *sim_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");
	size_t n = strcspn(word, " \t");

	if (n == 0)
		return NULL;
	*rest = word + n;
	if (**rest)
		*(*rest)++ = 0;
	return word;
}

bool sim_number(const char *word, uint64_t max, uint64_t *ret_number)
{
	unsigned long long n;
	char *end;

	if (!word || !isdigit((unsigned char)*word))
		return false;
	errno = 0;
	n = strtoull(word, &end, 0);
	if (errno || *end || n > max)
		return false;
	*ret_number = n;
	return true;
}

enum udf_err sim_refuse(char *ret_why, enum udf_err err, const char *format, ...)
{
	va_list args;

	if (!ret_why)
		return err;
	va_start(args, format);
	(void)vsnprintf(ret_why, SIM_WHY_BYTES, format, args);
	va_end(args);
	return err;
}

/* splitmix64 */
uint64_t sim_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}
