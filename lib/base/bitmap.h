/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bit arrays in the order of the Space Bitmap Descriptor: bit b is bit b % 8 of byte b / 8. */
#ifndef UDF_BASE_BITMAP_H
#define UDF_BASE_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool udf_bit_get(const uint8_t *bits, uint64_t at)
{
	return bits[at / 8] >> (at % 8) & 1;
}

/** Set (VALUE true) or clear N_BITS bits from AT on. */
void udf_bits_fill(uint8_t *bits, uint64_t at, uint64_t n_bits, bool value);

/** The first bit in [AT, END) that equals VALUE; END if there is none. */
uint64_t udf_bits_find(const uint8_t *bits, uint64_t at, uint64_t end, bool value);

/** How many bits directly before AT are 1, up to MAX. */
uint64_t udf_bits_ones_before(const uint8_t *bits, uint64_t at, uint64_t max);

/** How many bits of [AT, END) are 1. */
uint64_t udf_bits_count(const uint8_t *bits, uint64_t at, uint64_t end);

#endif
