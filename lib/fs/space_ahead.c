/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On media that wear: what the bitmap on disc has, so that it is rarely written.  A bit that is set is a free block. */
#include <string.h>

#include "base/bitmap.h"
#include "base/checked.h"
#include "fs/space.h"

/* Blocks that are marked as used ahead of need: the most after a run, and in one block of the bitmap. */
#define AHEAD_OF_A_RUN 256u
#define AHEAD_OF_A_BLOCK 1024u
#define AHEAD_OF_FREE 16u		/* and at most this fraction of what is free */
#define FREED_ENOUGH 4096u		/* so many freed blocks are worth a write */

/* Mark blocks after FROM as used in BITS, so that they can be taken without another write. */
static uint32_t mark_ahead(uint8_t *bits, uint32_t from, uint32_t end, uint32_t n_most)
{
	uint32_t n_marked = 0;

	while (n_marked < n_most) {
		uint32_t at = (uint32_t)udf_bits_find(bits, from, end, true), n;

		if (at >= end)
			break;
		n = (uint32_t)udf_bits_find(bits, at, udf_min64(end, (uint64_t)at + n_most - n_marked), false) - at;
		udf_bits_fill(bits, at, n, false);
		n_marked += n;
		from = at + n;
	}
	return n_marked;
}

/* How many of N_BYTES * 8 blocks are free in BITS only. */
static uint32_t count_freed(const uint8_t *bits, const uint8_t *disc, uint32_t n_bytes)
{
	uint32_t n = 0, i;

	for (i = 0; i < n_bytes; i++)
		n += (uint32_t)__builtin_popcount(bits[i] & ~(unsigned)disc[i]);
	return n;
}

bool space_mark_ahead(const uint8_t *bits, uint8_t *disc, uint32_t first, uint32_t end, uint32_t n_free)
{
	uint32_t n_left = (uint32_t)udf_min64(AHEAD_OF_A_BLOCK, n_free / AHEAD_OF_FREE), at = first;
	bool changed = count_freed(bits + first / 8, disc + first / 8, (end - first) / 8) >= FREED_ENOUGH;

	if (changed)
		memcpy(disc + first / 8, bits + first / 8, (size_t)udf_ceil_div(end - first, 8));
	while ((at = (uint32_t)udf_bits_find(disc, at, end, true)) < end) {
		uint32_t stop = (uint32_t)udf_bits_find(disc, at, end, false);
		uint32_t used = (uint32_t)udf_bits_find(bits, at, stop, false), used_end;

		if (used >= stop) {
			at = stop;
			continue;
		}
		used_end = (uint32_t)udf_bits_find(bits, used, stop, true);
		udf_bits_fill(disc, used, used_end - used, false);
		n_left -= mark_ahead(disc, used_end, end, n_left < AHEAD_OF_A_RUN ? n_left : AHEAD_OF_A_RUN);
		changed = true;
		at = used_end;
	}
	return changed;
}
