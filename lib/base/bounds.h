/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An upper bound for each of many places, and a search for the next place whose bound is high enough.  It is a
 * binary tree in an array, with two bytes for each place.  Changing a bound and searching take time in proportion
 * to its height.
 */
#ifndef UDF_BASE_BOUNDS_H
#define UDF_BASE_BOUNDS_H

#include <stdint.h>
#include <udfkit/error.h>

#define UDF_BOUND_MAX 255u	/* stands for 255 and anything above it */

struct udf_bounds {
	uint8_t *nodes;		/* 1 is the root; the children of i are 2 i and 2 i + 1, and i has the higher of both */
	uint32_t n, n_leaves;	/* the number of places; the next power of two */
};

/** Make bounds for N places (at most 2^31), all UDF_BOUND_MAX.  Free them with udf_bounds_done(). */
enum udf_err udf_bounds_init(struct udf_bounds *b, uint32_t n);
void udf_bounds_done(struct udf_bounds *b);

static inline uint8_t udf_bounds_get(const struct udf_bounds *b, uint32_t at)
{
	return b->nodes[b->n_leaves + at];
}

void udf_bounds_set(struct udf_bounds *b, uint32_t at, uint8_t bound);

static inline void udf_bounds_raise(struct udf_bounds *b, uint32_t at, uint8_t bound)
{
	if (udf_bounds_get(b, at) < bound)
		udf_bounds_set(b, at, bound);
}

/** The first place from FROM on whose bound is at least LEAST (not 0); b->n if there is none. */
uint32_t udf_bounds_next(const struct udf_bounds *b, uint32_t from, uint8_t least);

#endif
