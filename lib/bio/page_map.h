/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map from page numbers to pages of bytes, in which the memory and overlay layers store their contents. */
#ifndef UDF_BIO_PAGE_MAP_H
#define UDF_BIO_PAGE_MAP_H

#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

struct bio_page {
	uint64_t no;
	uint8_t *data; /* NULL: the cell is empty */
};

struct bio_page_chunk;

struct bio_page_map {
	uint32_t page_bytes;
	struct bio_page *cells; /* open addressing, n_cells a power of two or 0 */
	size_t n_cells, n_pages;
	struct bio_page_chunk *chunks;
	size_t n_left; /* unused pages in the newest chunk */
};

void bio_page_map_init(struct bio_page_map *map, uint32_t page_bytes);
void bio_page_map_done(struct bio_page_map *map);

/** The page NO, or NULL where there is none. */
uint8_t *bio_page_map_find(const struct bio_page_map *map, uint64_t no);

/** Add page NO, which is not in the map.  Its bytes are not set. */
enum udf_err bio_page_map_add(struct bio_page_map *map, uint64_t no, uint8_t **ret_data);

#endif
