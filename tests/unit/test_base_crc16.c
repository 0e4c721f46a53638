/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/crc16.h"
#include "vectors.h"

/* As ECMA-167 3/7.2.6 describes it: one bit after the other. */
static uint16_t crc_bit_by_bit(uint16_t crc, const uint8_t *p, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes * 8; i++) {
		unsigned bit = p[i / 8] >> (7 - i % 8) & 1;
		unsigned top = crc >> 15;

		crc = (uint16_t)(crc << 1 ^ (bit ^ top ? 0x1021 : 0));
	}
	return crc;
}

static void crc_of_known_texts_is_right(void **state)
{
	const uint8_t udf_example[] = { 0x70, 0x6A, 0x77 };
	const uint8_t zeros[496] = { 0 };

	(void)state;
	assert_int_equal(udf_crc16(0, "123456789", 9), 0x31C3);
	assert_int_equal(udf_crc16(0, udf_example, sizeof(udf_example)), 0x3299);
	assert_int_equal(udf_crc16(0, "A", 1), 0x58E5);
	assert_int_equal(udf_crc16(0, "\0x\0:\0y\0*\0z\0.\0h\0t\0m\0l", 20), 0xF4A3);
	assert_int_equal(udf_crc16(0, zeros, sizeof(zeros)), 0);
	assert_int_equal(udf_crc16(0, zeros, 0), 0);
}

static void every_length_and_alignment_agrees_with_the_bitwise_definition(void **state)
{
	uint8_t bytes[80];

	(void)state;
	random_start();
	for (int round = 0; round < 20; round++) {
		random_fill(bytes, sizeof(bytes));
		for (size_t at = 0; at < 9; at++)
			for (size_t n = 0; at + n <= sizeof(bytes); n++)
				assert_int_equal(udf_crc16(0, bytes + at, n),
						 crc_bit_by_bit(0, bytes + at, n));
	}
}

static void crc_can_be_computed_in_two_parts(void **state)
{
	uint8_t bytes[100];
	uint16_t whole;

	(void)state;
	random_start();
	random_fill(bytes, sizeof(bytes));
	whole = crc_bit_by_bit(0, bytes, sizeof(bytes));
	for (size_t at = 0; at <= sizeof(bytes); at++)
		assert_int_equal(udf_crc16(udf_crc16(0, bytes, at), bytes + at, sizeof(bytes) - at),
				 whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc_of_known_texts_is_right),
		cmocka_unit_test(every_length_and_alignment_agrees_with_the_bitwise_definition),
		cmocka_unit_test(crc_can_be_computed_in_two_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
