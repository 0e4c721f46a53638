/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic that reports overflow, and a few small functions that all files need. */
#ifndef UDF_BASE_CHECKED_H
#define UDF_BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

static inline bool udf_add_overflows(uint64_t a, uint64_t b, uint64_t *ret_sum)
{
	return __builtin_add_overflow(a, b, ret_sum);
}

static inline bool udf_mul_overflows(uint64_t a, uint64_t b, uint64_t *ret_product)
{
	return __builtin_mul_overflow(a, b, ret_product);
}

/* How many units of UNIT_BYTES are needed for N_BYTES.  Never overflows. */
static inline uint64_t udf_ceil_div(uint64_t n_bytes, uint64_t unit_bytes)
{
	return n_bytes / unit_bytes + (n_bytes % unit_bytes != 0);
}

static inline uint64_t udf_min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t udf_max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline bool udf_is_power_of_two(uint64_t v)
{
	return v != 0 && (v & (v - 1)) == 0;
}

#endif
