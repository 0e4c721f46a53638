/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An upper bound for each of many places, and the next place whose bound is high enough: a tree in an array,
 * two bytes a place, in which changing and searching cost its height.
 */
#ifndef UDF_BASE_BOUNDS_H
#define UDF_BASE_BOUNDS_H

#include <stdint.h>
#include <udfkit/error.h>

#define UDF_BOUND_MAX 255u	/* this, or anything above it */

struct udf_bounds {
	uint8_t *nodes;		/* 1 is the root, 2 i and 2 i + 1 stand below i; each is the higher of those two */
	uint32_t n, n_leaves;	/* places; a power of two, not less */
};

/** Bounds of N places, at most 2^31, all UDF_BOUND_MAX; release with udf_bounds_done().  UDF_E_NOMEM. */
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

/** The first place from FROM on whose bound is LEAST (not 0) or higher; b->n if there is none. */
uint32_t udf_bounds_next(const struct udf_bounds *b, uint32_t from, uint8_t least);

#endif
