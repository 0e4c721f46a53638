/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "vectors.h"

static unsigned nibble(char c)
{
	assert_true(isxdigit((unsigned char)c));
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(toupper((unsigned char)c) - 'A' + 10);
}

size_t vector_from_hex(const char *hex, uint8_t *ret_bytes, size_t cap)
{
	size_t n = 0;

	while (*hex) {
		if (isspace((unsigned char)*hex)) {
			hex++;
			continue;
		}
		assert_true(n < cap);
		ret_bytes[n++] = (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
		hex += 2;
	}
	return n;
}

static uint64_t state;

void random_start(void)
{
	const char *seed = getenv("UDFKIT_SEED");

	state = seed ? strtoull(seed, NULL, 0) : 1;
	printf("# seed %" PRIu64 "\n", state);
}

/* splitmix64 */
uint64_t random_next(void)
{
	uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

void random_fill(void *ret_bytes, size_t n_bytes)
{
	uint8_t *p = ret_bytes;

	for (size_t i = 0; i < n_bytes; i++)
		p[i] = (uint8_t)random_next();
}
