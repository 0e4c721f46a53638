/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mkfs/layout.h"

#include <string.h>

#define ROLE_GUARDED UDF_N_ROLES	/* unused, and to stay so: see layout_guard() */

static uint64_t round_up(uint64_t value, uint32_t align)
{
	return (value + align - 1) / align * align;
}

static uint64_t extent_end(const struct udf_plan_extent *extent)
{
	return (uint64_t)extent->lsn + extent->n_blocks;
}

void layout_init(struct udf_plan *plan, uint32_t first_lsn)
{
	plan->extents[0].role = UDF_ROLE_UNUSED;
	plan->extents[0].lsn = first_lsn;
	plan->extents[0].n_blocks = plan->n_sectors - first_lsn;
	plan->n_extents = 1;
}

/* Put a copy of extent AT after it. */
static void split(struct udf_plan *plan, unsigned at, uint64_t lsn)
{
	struct udf_plan_extent *extent = &plan->extents[at];

	memmove(extent + 1, extent, (plan->n_extents - at) * sizeof(*extent));
	plan->n_extents++;
	extent[1].n_blocks = (uint32_t)(extent_end(extent) - lsn);
	extent[1].lsn = (uint32_t)lsn;
	extent[0].n_blocks = (uint32_t)(lsn - extent->lsn);
}

enum udf_err layout_take(struct udf_plan *plan, enum udf_extent_role role, uint64_t lsn,
			 uint64_t n_blocks)
{
	unsigned i;

	for (i = 0; i < plan->n_extents; i++)
		if (lsn >= plan->extents[i].lsn && lsn < extent_end(&plan->extents[i]))
			break;
	if (i == plan->n_extents || plan->extents[i].role != UDF_ROLE_UNUSED || n_blocks == 0 ||
	    n_blocks > extent_end(&plan->extents[i]) - lsn)
		return UDF_E_NOSPC;
	if (plan->n_extents + 2 > UDF_PLAN_MAX_EXTENTS)
		return UDF_E_NOSPC;
	if (lsn > plan->extents[i].lsn)
		split(plan, i++, lsn);
	if (n_blocks < plan->extents[i].n_blocks)
		split(plan, i, lsn + n_blocks);
	plan->extents[i].role = role;
	return UDF_OK;
}

enum udf_err layout_guard(struct udf_plan *plan, uint64_t lsn, uint64_t n_blocks)
{
	uint64_t end = lsn + n_blocks;
	enum udf_err err = UDF_OK;

	for (unsigned i = 0; i < plan->n_extents && !err; i++) {
		const struct udf_plan_extent *extent = &plan->extents[i];
		uint64_t from = extent->lsn > lsn ? extent->lsn : lsn;
		uint64_t to = extent_end(extent) < end ? extent_end(extent) : end;

		if (extent->role == UDF_ROLE_UNUSED && from < to)
			err = layout_take(plan, ROLE_GUARDED, from, to - from);
	}
	return err;
}

void layout_end_guard(struct udf_plan *plan)
{
	unsigned n = 0;

	for (unsigned i = 0; i < plan->n_extents; i++) {
		struct udf_plan_extent extent = plan->extents[i];

		if (extent.role == ROLE_GUARDED)
			extent.role = UDF_ROLE_UNUSED;
		if (n && extent.role == UDF_ROLE_UNUSED && plan->extents[n - 1].role == UDF_ROLE_UNUSED)
			plan->extents[n - 1].n_blocks += extent.n_blocks;
		else
			plan->extents[n++] = extent;
	}
	plan->n_extents = n;
}

uint64_t layout_first_fit(const struct udf_plan *plan, uint64_t from, uint64_t n_blocks, uint32_t align)
{
	for (unsigned i = 0; i < plan->n_extents; i++) {
		const struct udf_plan_extent *extent = &plan->extents[i];
		uint64_t lsn = round_up(extent->lsn > from ? extent->lsn : from, align);

		if (extent->role == UDF_ROLE_UNUSED && lsn + n_blocks <= extent_end(extent))
			return lsn;
	}
	return LAYOUT_NO_FIT;
}

uint64_t layout_last_fit(const struct udf_plan *plan, uint64_t n_blocks, uint32_t align)
{
	for (unsigned i = plan->n_extents; i > 0; i--) {
		const struct udf_plan_extent *extent = &plan->extents[i - 1];
		uint64_t lsn;

		if (extent->role != UDF_ROLE_UNUSED || extent->n_blocks < n_blocks)
			continue;
		lsn = (extent_end(extent) - n_blocks) / align * align;
		if (lsn >= extent->lsn)
			return lsn;
	}
	return LAYOUT_NO_FIT;
}

void layout_largest(const struct udf_plan *plan, uint64_t from, uint32_t align,
		    uint32_t length_align, uint64_t *ret_lsn, uint64_t *ret_n_blocks)
{
	*ret_n_blocks = 0;
	for (unsigned i = 0; i < plan->n_extents; i++) {
		const struct udf_plan_extent *extent = &plan->extents[i];
		uint64_t lsn = round_up(extent->lsn, align), n_blocks;

		if (extent->role != UDF_ROLE_UNUSED || extent->lsn < from ||
		    lsn >= extent_end(extent))
			continue;
		n_blocks = (extent_end(extent) - lsn) / length_align * length_align;
		if (n_blocks > *ret_n_blocks) {
			*ret_lsn = lsn;
			*ret_n_blocks = n_blocks;
		}
	}
}
