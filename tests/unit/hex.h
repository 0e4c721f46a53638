/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes written as text, as the specifications print them. */
#ifndef UDF_TESTS_UNIT_HEX_H
#define UDF_TESTS_UNIT_HEX_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "00 2A*3 FF" is 00 2A 2A 2A FF; the test dies on anything else. */
static inline uint32_t hex(const char *text, uint8_t *ret_bytes, size_t max_bytes)
{
	uint32_t n_bytes = 0;

	while (*text) {
		char *end;
		unsigned long byte, n = 1;

		if (*text == ' ' || *text == '|') {
			text++;
			continue;
		}
		byte = strtoul((char[]){ text[0], text[1], 0 }, &end, 16);
		if (*end)
			abort();
		text += 2;
		if (*text == '*') {
			n = strtoul(text + 1, &end, 10);
			text = end;
		}
		for (; n; n--) {
			if (n_bytes == max_bytes)
				abort();
			ret_bytes[n_bytes++] = (uint8_t)byte;
		}
	}
	return n_bytes;
}

#endif
