/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bio/page_map.h"

#include <stdlib.h>

/* Pages are allocated in chunks that double in size, so that small maps are cheap too. */
#define FIRST_CHUNK_PAGES 4u
#define MAX_CHUNK_BYTES (1u << 20)

struct bio_page_chunk {
	struct bio_page_chunk *next;
	size_t n_pages;
	_Alignas(16) uint8_t data[];
};

void bio_page_map_init(struct bio_page_map *map, uint32_t page_bytes)
{
	*map = (struct bio_page_map){ .page_bytes = page_bytes };
}

void bio_page_map_done(struct bio_page_map *map)
{
	struct bio_page_chunk *chunk, *next;

	for (chunk = map->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(map->cells);
	*map = (struct bio_page_map){ .page_bytes = map->page_bytes };
}

/* The cell of page NO, or the empty cell for it.  There is always an empty cell. */
static struct bio_page *cell_of(struct bio_page *cells, size_t n_cells, uint64_t no)
{
	uint64_t hash = no * 0x9E3779B97F4A7C15u;
	size_t i = (size_t)(hash ^ hash >> 32) & (n_cells - 1);

	while (cells[i].data && cells[i].no != no)
		i = (i + 1) & (n_cells - 1);
	return &cells[i];
}

uint8_t *bio_page_map_find(const struct bio_page_map *map, uint64_t no)
{
	if (map->n_cells == 0)
		return NULL;
	return cell_of(map->cells, map->n_cells, no)->data;
}

static enum udf_err grow_cells(struct bio_page_map *map)
{
	size_t n_cells = map->n_cells ? map->n_cells * 2 : 16;
	struct bio_page *cells;

	if (n_cells > SIZE_MAX / 2 / sizeof(*cells))
		return UDF_E_NOMEM;
	cells = calloc(n_cells, sizeof(*cells));
	if (!cells)
		return UDF_E_NOMEM;
	for (size_t i = 0; i < map->n_cells; i++)
		if (map->cells[i].data)
			*cell_of(cells, n_cells, map->cells[i].no) = map->cells[i];
	free(map->cells);
	map->cells = cells;
	map->n_cells = n_cells;
	return UDF_OK;
}

static enum udf_err add_chunk(struct bio_page_map *map)
{
	size_t n_pages = map->chunks ? map->chunks->n_pages * 2 : FIRST_CHUNK_PAGES;
	struct bio_page_chunk *chunk;

	if (n_pages * map->page_bytes > MAX_CHUNK_BYTES)
		n_pages = MAX_CHUNK_BYTES / map->page_bytes;
	chunk = malloc(sizeof(*chunk) + n_pages * map->page_bytes);
	if (!chunk)
		return UDF_E_NOMEM;
	chunk->next = map->chunks;
	chunk->n_pages = n_pages;
	map->chunks = chunk;
	map->n_left = n_pages;
	return UDF_OK;
}

enum udf_err bio_page_map_add(struct bio_page_map *map, uint64_t no, uint8_t **ret_data)
{
	struct bio_page *cell;
	enum udf_err err;

	if (map->n_pages >= map->n_cells / 4 * 3) {
		err = grow_cells(map);
		if (err)
			return err;
	}
	if (map->n_left == 0) {
		err = add_chunk(map);
		if (err)
			return err;
	}
	cell = cell_of(map->cells, map->n_cells, no);
	cell->no = no;
	cell->data = map->chunks->data + (map->chunks->n_pages - map->n_left) * map->page_bytes;
	map->n_left--;
	map->n_pages++;
	*ret_data = cell->data;
	return UDF_OK;
}
