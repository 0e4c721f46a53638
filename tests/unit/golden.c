/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "golden.h"
#include "vectors.h"

FILE *golden_open(const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/golden/%s.txt", top ? top : ".", name);
	file = fopen(path, "r");
	if (!file)
		fail_msg("cannot open %s", path);
	return file;
}

/* "0a0b ff*12 00": bytes, some of them repeated. */
static size_t expand(char *text, uint8_t *ret, size_t cap)
{
	size_t n = 0;

	for (char *word = strtok(text, " \n"); word; word = strtok(NULL, " \n")) {
		char *star = strchr(word, '*');
		unsigned long times = star ? strtoul(star + 1, NULL, 10) : 1;
		size_t n_word;

		if (star)
			*star = '\0';
		n_word = vector_from_hex(word, ret + n, cap - n);
		for (unsigned long i = 1; i < times; i++) {
			assert_true(n + i < cap);
			ret[n + i] = ret[n];
		}
		n += star ? times : n_word;
	}
	return n;
}

bool golden_next(FILE *file, struct golden *ret)
{
	char line[20000];
	int at = 0;
	unsigned id;

	do {
		if (!fgets(line, sizeof(line), file))
			return false;
	} while (line[0] == '#');
	assert_int_equal(sscanf(line, "%lu %lu %u %n", &ret->sector, &ret->at, &id, &at), 3);
	ret->id = (uint16_t)id;
	memset(ret->bytes, 0, sizeof(ret->bytes));
	ret->n_bytes = expand(line + at, ret->bytes, sizeof(ret->bytes));
	return true;
}

void golden_find(const char *name, uint16_t id, unsigned nth, struct golden *ret)
{
	FILE *file = golden_open(name);

	while (golden_next(file, ret))
		if (ret->id == id && nth-- == 0) {
			fclose(file);
			return;
		}
	fclose(file);
	fail_msg("%s: no descriptor %u", name, id);
}
