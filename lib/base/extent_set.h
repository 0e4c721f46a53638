/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sorted set of disjoint ranges of 64-bit numbers: sectors of a volume, blocks of a partition. */
#ifndef UDF_BASE_EXTENT_SET_H
#define UDF_BASE_EXTENT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

struct udf_range {
	uint64_t first, n;
};

struct udf_extent_set {
	struct udf_range *ranges;	/* ascending, disjoint, not adjacent */
	size_t n_ranges, cap;
};

void udf_extent_set_init(struct udf_extent_set *set);
void udf_extent_set_done(struct udf_extent_set *set);

/** Add [FIRST, FIRST + N).  *RET_OVERLAPS (may be NULL): was any part of it in the set already? */
enum udf_err udf_extent_set_add(struct udf_extent_set *set, uint64_t first, uint64_t n,
				bool *ret_overlaps);

/** Is any part, or all, of [FIRST, FIRST + N) in the set? */
bool udf_extent_set_has_any(const struct udf_extent_set *set, uint64_t first, uint64_t n);
bool udf_extent_set_has_all(const struct udf_extent_set *set, uint64_t first, uint64_t n);

#endif
