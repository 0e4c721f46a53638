/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One bit a block of a partition, in pages: pages that are all clear or all set cost a pointer, so
 * that 2^32 blocks need memory only where they are used in part.
 */
#ifndef UDF_CHECK_MAP_H
#define UDF_CHECK_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define CHK_PAGE_BYTES 4096u
#define CHK_PAGE_BLOCKS (CHK_PAGE_BYTES * 8u)

struct chk_map {
	uint64_t n_blocks;
	uint64_t n_set;
	size_t n_pages;
	uint8_t **pages;	/* NULL: all clear; the shared full page: all set */
};

/* Called for the parts of a range that were set already, in ascending order. */
typedef void (*chk_map_already_fn)(void *ctx, uint64_t first, uint64_t n);

enum udf_err chk_map_init(struct chk_map *map, uint64_t n_blocks);
void chk_map_done(struct chk_map *map);

/**
 * Set [FIRST, FIRST + N), which must be inside the map.  ALREADY (may be NULL) is called for what was set already.
 * UDF_E_NOMEM leaves a part of the range set.
 */
enum udf_err chk_map_set(struct chk_map *map, uint64_t first, uint64_t n,
			 chk_map_already_fn already, void *ctx);

bool chk_map_get(const struct chk_map *map, uint64_t at);

/** The CHK_PAGE_BYTES bytes of page INDEX; never NULL. */
const uint8_t *chk_map_page(const struct chk_map *map, size_t index);

/** Call FN with every run of set bits, in ascending order; it ends the walk with an error. */
enum udf_err chk_map_each_run(const struct chk_map *map,
			      enum udf_err (*fn)(void *ctx, uint32_t first, uint32_t n), void *ctx);

#endif
