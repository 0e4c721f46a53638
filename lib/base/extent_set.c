/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/extent_set.h"

void udf_extent_set_init(struct udf_extent_set *set)
{
	*set = (struct udf_extent_set){ 0 };
}

void udf_extent_set_done(struct udf_extent_set *set)
{
	if (!set)
		return;
	free(set->ranges);
	udf_extent_set_init(set);
}

/* The index of the first range that ends at or after AT: it contains, touches or follows AT. */
static size_t first_ending_from(const struct udf_extent_set *set, uint64_t at)
{
	size_t low = 0, high = set->n_ranges;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (set->ranges[mid].first + set->ranges[mid].n < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static enum udf_err make_room(struct udf_extent_set *set)
{
	struct udf_range *ranges;
	size_t cap;

	if (set->n_ranges < set->cap)
		return UDF_OK;
	cap = set->cap ? set->cap * 2 : 16;
	if (cap > SIZE_MAX / sizeof(*ranges))
		return UDF_E_NOMEM;
	ranges = realloc(set->ranges, cap * sizeof(*ranges));
	if (!ranges)
		return UDF_E_NOMEM;
	set->ranges = ranges;
	set->cap = cap;
	return UDF_OK;
}

enum udf_err udf_extent_set_add(struct udf_extent_set *set, uint64_t first, uint64_t n,
				bool *ret_overlaps)
{
	uint64_t end, new_first = first, new_end;
	size_t from, to;
	bool overlaps = false;
	enum udf_err err;

	if (udf_add_overflows(first, n, &end))
		return UDF_E_RANGE;
	new_end = end;
	from = first_ending_from(set, first);
	for (to = from; n && to < set->n_ranges && set->ranges[to].first <= end; to++) {
		const struct udf_range *range = &set->ranges[to];

		overlaps |= range->first < end && range->first + range->n > first;
		new_first = udf_min64(new_first, range->first);
		new_end = udf_max64(new_end, range->first + range->n);
	}
	if (n && from == to) {
		err = make_room(set);
		if (err)
			return err;
		memmove(set->ranges + from + 1, set->ranges + from,
			(set->n_ranges - from) * sizeof(*set->ranges));
		set->n_ranges++;
	} else if (n) {
		memmove(set->ranges + from + 1, set->ranges + to,
			(set->n_ranges - to) * sizeof(*set->ranges));
		set->n_ranges -= to - from - 1;
	}
	if (n)
		set->ranges[from] = (struct udf_range){ new_first, new_end - new_first };
	if (ret_overlaps)
		*ret_overlaps = overlaps;
	return UDF_OK;
}

/* The range that contains AT, or the next one after it; NULL if there is none. */
static const struct udf_range *range_at(const struct udf_extent_set *set, uint64_t at)
{
	size_t i = first_ending_from(set, at);

	if (i < set->n_ranges && set->ranges[i].first + set->ranges[i].n == at)
		i++;
	return i < set->n_ranges ? &set->ranges[i] : NULL;
}

bool udf_extent_set_has_any(const struct udf_extent_set *set, uint64_t first, uint64_t n)
{
	const struct udf_range *range = range_at(set, first);

	if (!range || n == 0)
		return false;
	return range->first <= first || range->first - first < n;
}

bool udf_extent_set_has_all(const struct udf_extent_set *set, uint64_t first, uint64_t n)
{
	const struct udf_range *range;

	if (n == 0)
		return true;
	range = range_at(set, first);
	return range && range->first <= first && range->n - (first - range->first) >= n;
}
