/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bitmap.h"
#include "base/bytes.h"

/* A mask of the bits of a byte from BIT (0 to 7) up. */
static uint8_t mask_from(uint64_t bit)
{
	return (uint8_t)(0xFFu << bit);
}

static void byte_fill(uint8_t *byte, uint8_t mask, bool value)
{
	*byte = (uint8_t)(value ? *byte | mask : *byte & ~mask);
}

void udf_bits_fill(uint8_t *bits, uint64_t at, uint64_t n_bits, bool value)
{
	uint64_t end = at + n_bits;

	if (n_bits == 0)
		return;
	if (at / 8 == end / 8) {
		byte_fill(&bits[at / 8], mask_from(at % 8) & (uint8_t)~mask_from(end % 8), value);
		return;
	}
	if (at % 8 != 0) {
		byte_fill(&bits[at / 8], mask_from(at % 8), value);
		at += 8 - at % 8;
	}
	memset(bits + at / 8, value ? 0xFF : 0, (size_t)(end / 8 - at / 8));
	if (end % 8 != 0)
		byte_fill(&bits[end / 8], (uint8_t)~mask_from(end % 8), value);
}

/*
 * Up to 64 bits from AT, which is a multiple of 8, as a number whose bit 0 is bit AT.  Bits from END on are 0.
 * Bytes that hold no bit of [AT, END) are not read.
 */
static uint64_t load_word(const uint8_t *bits, uint64_t at, uint64_t end)
{
	uint64_t n_bits = end - at;
	uint64_t word = 0;

	if (n_bits >= 64)
		return get_le64(bits + at / 8);
	for (uint64_t i = 0; i * 8 < n_bits; i++)
		word |= (uint64_t)bits[at / 8 + i] << (i * 8);
	return word & ((UINT64_C(1) << n_bits) - 1);
}

uint64_t udf_bits_find(const uint8_t *bits, uint64_t at, uint64_t end, bool value)
{
	while (at < end) {
		uint64_t base = at - at % 8;
		uint64_t word = load_word(bits, base, end);

		if (!value)
			word = ~word;
		word &= UINT64_MAX << (at - base);
		if (word != 0) {
			uint64_t found = base + (unsigned)__builtin_ctzll(word);

			return found < end ? found : end;
		}
		at = end - base < 64 ? end : base + 64;
	}
	return end;
}

uint64_t udf_bits_ones_before(const uint8_t *bits, uint64_t at, uint64_t max)
{
	uint64_t n = 0;

	while (n < max && at > 0) {
		if (at % 8 == 0 && max - n >= 8 && bits[at / 8 - 1] == 0xFF) {
			at -= 8;
			n += 8;
		} else if (udf_bit_get(bits, at - 1)) {
			at--;
			n++;
		} else {
			break;
		}
	}
	return n;
}

/* The number of 1 bits in a word.  Where the processor has no instruction for it, GCC's builtin would be a call. */
static unsigned count_ones(uint64_t word)
{
	word -= word >> 1 & UINT64_C(0x5555555555555555);
	word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
	word = (word + (word >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
	return (unsigned)(word * UINT64_C(0x0101010101010101) >> 56);
}

uint64_t udf_bits_count(const uint8_t *bits, uint64_t at, uint64_t end)
{
	uint64_t n = 0;

	while (at < end) {
		uint64_t base = at - at % 8;
		uint64_t word = load_word(bits, base, end) & UINT64_MAX << (at - base);

		n += count_ones(word);
		at = end - base < 64 ? end : base + 64;
	}
	return n;
}
