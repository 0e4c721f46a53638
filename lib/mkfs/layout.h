/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cutting a volume into extents: the ascending, gapless list in struct udf_plan. */
#ifndef UDF_MKFS_LAYOUT_H
#define UDF_MKFS_LAYOUT_H

#include "emit/emit.h"

#define LAYOUT_NO_FIT UINT64_MAX

/** Everything from FIRST to the end is unused. */
void layout_init(struct udf_plan *plan, uint32_t first_lsn);

/** Give [LSN, LSN + N_BLOCKS), all unused so far, to ROLE.  UDF_E_NOSPC where it is not unused. */
enum udf_err layout_take(struct udf_plan *plan, enum udf_extent_role role, uint64_t lsn,
			 uint64_t n_blocks);

/** Keep what is unused of [LSN, LSN + N_BLOCKS) unused, until layout_end_guard(): nothing may be put there. */
enum udf_err layout_guard(struct udf_plan *plan, uint64_t lsn, uint64_t n_blocks);
void layout_end_guard(struct udf_plan *plan);

/** The first unused place at FROM or after it that holds N_BLOCKS, aligned; or LAYOUT_NO_FIT. */
uint64_t layout_first_fit(const struct udf_plan *plan, uint64_t from, uint64_t n_blocks, uint32_t align);

/** The last unused place that holds N_BLOCKS, aligned; or LAYOUT_NO_FIT. */
uint64_t layout_last_fit(const struct udf_plan *plan, uint64_t n_blocks, uint32_t align);

/**
 * The largest range in an unused extent at sector FROM or after it.  The range begins at a multiple of ALIGN,
 * and its length is a multiple of LENGTH_ALIGN.  *RET_N_BLOCKS is 0 where there is none.
 */
void layout_largest(const struct udf_plan *plan, uint64_t from, uint32_t align,
		    uint32_t length_align, uint64_t *ret_lsn, uint64_t *ret_n_blocks);

#endif
