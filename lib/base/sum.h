/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A quick checksum, by which accidents are found. */
#ifndef UDF_BASE_SUM_H
#define UDF_BASE_SUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** FNV-1a over words of 64 bits; the N_BYTES are a multiple of 8. */
static inline uint64_t udf_quick_sum(const uint8_t *data, size_t n_bytes)
{
	uint64_t sum = 0xcbf29ce484222325u, word;

	for (size_t i = 0; i + sizeof(word) <= n_bytes; i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		sum = (sum ^ word) * 0x100000001b3u;
	}
	return sum;
}

#endif
