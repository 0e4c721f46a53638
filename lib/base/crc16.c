/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/crc16.h"

/*
 * table[k][b] is b(x) * x^(16 + 8k) modulo x^16 + x^12 + x^5 + 1: what byte b contributes when 8k
 * more bits follow it in the slice.  The CRC is linear, so the entry of a byte is the sum of the
 * entries of its bits.  TABLE() takes those of 1, 2, 4 ... 128, which are successive powers from x^16
 * to x^79.
 */
#define ENTRY(i, a, b, c, d, e, f, g, h) \
	(((i) & 0x01 ? (a) : 0) ^ ((i) & 0x02 ? (b) : 0) ^ ((i) & 0x04 ? (c) : 0) ^ \
	 ((i) & 0x08 ? (d) : 0) ^ ((i) & 0x10 ? (e) : 0) ^ ((i) & 0x20 ? (f) : 0) ^ \
	 ((i) & 0x40 ? (g) : 0) ^ ((i) & 0x80 ? (h) : 0))
#define ENTRIES_4(i, ...) \
	ENTRY((i), __VA_ARGS__), ENTRY((i) + 1, __VA_ARGS__), ENTRY((i) + 2, __VA_ARGS__), \
	ENTRY((i) + 3, __VA_ARGS__)
#define ENTRIES_16(i, ...) \
	ENTRIES_4((i), __VA_ARGS__), ENTRIES_4((i) + 4, __VA_ARGS__), \
	ENTRIES_4((i) + 8, __VA_ARGS__), ENTRIES_4((i) + 12, __VA_ARGS__)
#define ENTRIES_64(i, ...) \
	ENTRIES_16((i), __VA_ARGS__), ENTRIES_16((i) + 16, __VA_ARGS__), \
	ENTRIES_16((i) + 32, __VA_ARGS__), ENTRIES_16((i) + 48, __VA_ARGS__)
#define TABLE(...) \
	{ ENTRIES_64(0, __VA_ARGS__), ENTRIES_64(64, __VA_ARGS__), \
	  ENTRIES_64(128, __VA_ARGS__), ENTRIES_64(192, __VA_ARGS__) }

static const uint16_t table[8][256] = {
	TABLE(0x1021, 0x2042, 0x4084, 0x8108, 0x1231, 0x2462, 0x48C4, 0x9188),
	TABLE(0x3331, 0x6662, 0xCCC4, 0x89A9, 0x0373, 0x06E6, 0x0DCC, 0x1B98),
	TABLE(0x3730, 0x6E60, 0xDCC0, 0xA9A1, 0x4363, 0x86C6, 0x1DAD, 0x3B5A),
	TABLE(0x76B4, 0xED68, 0xCAF1, 0x85C3, 0x1BA7, 0x374E, 0x6E9C, 0xDD38),
	TABLE(0xAA51, 0x4483, 0x8906, 0x022D, 0x045A, 0x08B4, 0x1168, 0x22D0),
	TABLE(0x45A0, 0x8B40, 0x06A1, 0x0D42, 0x1A84, 0x3508, 0x6A10, 0xD420),
	TABLE(0xB861, 0x60E3, 0xC1C6, 0x93AD, 0x377B, 0x6EF6, 0xDDEC, 0xABF9),
	TABLE(0x47D3, 0x8FA6, 0x0F6D, 0x1EDA, 0x3DB4, 0x7B68, 0xF6D0, 0xFD81),
};

uint16_t udf_crc16(uint16_t crc, const void *data, size_t n_bytes)
{
	const uint8_t *p = data;

	for (; n_bytes >= 8; n_bytes -= 8, p += 8)
		crc = (uint16_t)(table[7][p[0] ^ crc >> 8] ^ table[6][p[1] ^ (crc & 0xFF)] ^
				 table[5][p[2]] ^ table[4][p[3]] ^ table[3][p[4]] ^
				 table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]]);
	for (; n_bytes > 0; n_bytes--, p++)
		crc = (uint16_t)(crc << 8 ^ table[0][crc >> 8 ^ *p]);
	return crc;
}
