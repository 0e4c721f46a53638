/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/checked.h"

static const uint8_t clear_page[CHK_PAGE_BYTES];
static const uint8_t full_page[CHK_PAGE_BYTES] = { [0 ... CHK_PAGE_BYTES - 1] = 0xFF };

static bool page_is_full(const uint8_t *page)
{
	return page == full_page;
}

enum udf_err chk_map_init(struct chk_map *map, uint64_t n_blocks)
{
	*map = (struct chk_map){ .n_blocks = n_blocks };
	map->n_pages = (size_t)udf_ceil_div(n_blocks, CHK_PAGE_BLOCKS);
	map->pages = calloc(map->n_pages ? map->n_pages : 1, sizeof(*map->pages));
	return map->pages ? UDF_OK : UDF_E_NOMEM;
}

void chk_map_done(struct chk_map *map)
{
	for (size_t i = 0; map->pages && i < map->n_pages; i++)
		if (!page_is_full(map->pages[i]))
			free(map->pages[i]);
	free(map->pages);
	*map = (struct chk_map){ 0 };
}

const uint8_t *chk_map_page(const struct chk_map *map, size_t index)
{
	return map->pages[index] ? map->pages[index] : clear_page;
}

/* The part [at, at + n) of a page, counted within the page. */
static enum udf_err set_in_page(struct chk_map *map, size_t index, uint32_t at, uint32_t n,
				chk_map_already_fn already, void *ctx)
{
	uint64_t base = (uint64_t)index * CHK_PAGE_BLOCKS;
	uint8_t *page = map->pages[index];
	uint64_t n_were = 0;

	if (page_is_full(page)) {
		if (already)
			already(ctx, base + at, n);
		return UDF_OK;
	}
	if (page) {
		uint64_t end = (uint64_t)at + n;
		uint64_t from = udf_bits_find(page, at, end, true);

		while (from < end) {
			uint64_t to = udf_bits_find(page, from, end, false);

			n_were += to - from;
			if (already)
				already(ctx, base + from, to - from);
			from = udf_bits_find(page, to, end, true);
		}
	}
	map->n_set += n - n_were;
	if (n == CHK_PAGE_BLOCKS) {
		free(page);
		map->pages[index] = (uint8_t *)full_page;
		return UDF_OK;
	}
	if (!page) {
		page = calloc(1, CHK_PAGE_BYTES);
		if (!page)
			return UDF_E_NOMEM;
		map->pages[index] = page;
	}
	udf_bits_fill(page, at, n, true);
	return UDF_OK;
}

enum udf_err chk_map_set(struct chk_map *map, uint64_t first, uint64_t n,
			 chk_map_already_fn already, void *ctx)
{
	assert(first <= map->n_blocks && n <= map->n_blocks - first);
	while (n) {
		uint32_t at = (uint32_t)(first % CHK_PAGE_BLOCKS);
		uint32_t part = (uint32_t)udf_min64(n, CHK_PAGE_BLOCKS - at);
		enum udf_err err = set_in_page(map, (size_t)(first / CHK_PAGE_BLOCKS), at, part,
					       already, ctx);

		if (err)
			return err;
		first += part;
		n -= part;
	}
	return UDF_OK;
}

bool chk_map_get(const struct chk_map *map, uint64_t at)
{
	return udf_bit_get(chk_map_page(map, (size_t)(at / CHK_PAGE_BLOCKS)), at % CHK_PAGE_BLOCKS);
}

enum udf_err chk_map_each_run(const struct chk_map *map,
			      enum udf_err (*fn)(void *ctx, uint32_t first, uint32_t n), void *ctx)
{
	enum udf_err err = UDF_OK;

	/* a run ends with its page, and the next run continues there */
	for (size_t i = 0; !err && i < map->n_pages; i++) {
		uint64_t base = (uint64_t)i * CHK_PAGE_BLOCKS;
		uint64_t end = udf_min64(CHK_PAGE_BLOCKS, map->n_blocks - base);
		uint64_t from, to;

		if (!map->pages[i])
			continue;
		for (from = udf_bits_find(map->pages[i], 0, end, true); from < end && !err;
		     from = udf_bits_find(map->pages[i], to, end, true)) {
			to = udf_bits_find(map->pages[i], from, end, false);
			err = fn(ctx, (uint32_t)(base + from), (uint32_t)(to - from));
		}
	}
	return err;
}
