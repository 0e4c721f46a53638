/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device in memory: sparse pages, so that it needs memory only for what was written to it. */
#include <stdlib.h>
#include <string.h>
#include <udfkit/bio.h>

#include "base/checked.h"
#include "bio/layer.h"
#include "bio/page_map.h"

#define MIN_PAGE_BYTES 4096u

struct memory {
	struct bio bio;
	struct bio_page_map map;
};

/* A piece of a byte range that is within one page. */
struct piece {
	uint64_t page_no;
	size_t offset_bytes, n_bytes;
};

static struct piece piece_at(const struct memory *m, uint64_t at_bytes, uint64_t left_bytes)
{
	uint32_t page_bytes = m->map.page_bytes;
	struct piece p = { .page_no = at_bytes / page_bytes,
			   .offset_bytes = (size_t)(at_bytes % page_bytes) };

	p.n_bytes = (size_t)udf_min64(left_bytes, page_bytes - p.offset_bytes);
	return p;
}

static enum udf_err memory_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct memory *m = BIO_LAYER(bio, struct memory, bio);
	uint64_t at_bytes = at * bio->geometry.block_bytes;
	uint64_t left_bytes = (uint64_t)n_blocks * bio->geometry.block_bytes;
	uint8_t *out = ret_data;

	while (left_bytes) {
		struct piece p = piece_at(m, at_bytes, left_bytes);
		const uint8_t *page = bio_page_map_find(&m->map, p.page_no);

		if (page)
			memcpy(out, page + p.offset_bytes, p.n_bytes);
		else
			memset(out, 0, p.n_bytes);
		out += p.n_bytes;
		at_bytes += p.n_bytes;
		left_bytes -= p.n_bytes;
	}
	return UDF_OK;
}

static enum udf_err memory_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct memory *m = BIO_LAYER(bio, struct memory, bio);
	uint64_t at_bytes = at * bio->geometry.block_bytes;
	uint64_t left_bytes = (uint64_t)n_blocks * bio->geometry.block_bytes;
	const uint8_t *in = data;
	enum udf_err err;

	while (left_bytes) {
		struct piece p = piece_at(m, at_bytes, left_bytes);
		uint8_t *page = bio_page_map_find(&m->map, p.page_no);

		if (!page) {
			err = bio_page_map_add(&m->map, p.page_no, &page);
			if (err)
				return err;
			if (p.n_bytes < m->map.page_bytes)
				memset(page, 0, m->map.page_bytes);
		}
		memcpy(page + p.offset_bytes, in, p.n_bytes);
		in += p.n_bytes;
		at_bytes += p.n_bytes;
		left_bytes -= p.n_bytes;
	}
	return UDF_OK;
}

/* Visit the existing pages instead of the range, which may be much larger. */
static enum udf_err memory_discard(struct bio *bio, uint64_t at, uint64_t n_blocks)
{
	struct memory *m = BIO_LAYER(bio, struct memory, bio);
	uint64_t first = at * bio->geometry.block_bytes;
	uint64_t end = first + n_blocks * bio->geometry.block_bytes;

	for (size_t i = 0; i < m->map.n_cells; i++) {
		const struct bio_page *cell = &m->map.cells[i];
		uint64_t page_first = cell->no * m->map.page_bytes;
		uint64_t from = udf_max64(page_first, first);
		uint64_t to = udf_min64(page_first + m->map.page_bytes, end);

		if (cell->data && from < to)
			memset(cell->data + (from - page_first), 0, (size_t)(to - from));
	}
	return UDF_OK;
}

static void memory_close(struct bio *bio)
{
	struct memory *m = BIO_LAYER(bio, struct memory, bio);

	bio_page_map_done(&m->map);
	free(m);
}

static const struct bio_ops memory_ops = {
	.read = memory_read,
	.write = memory_write,
	.discard = memory_discard,
	.close = memory_close,
};

enum udf_err bio_memory_new(uint32_t block_bytes, uint64_t n_blocks, struct bio **ret_bio)
{
	struct memory *m;

	if (!udf_is_power_of_two(block_bytes) || block_bytes < BIO_MIN_BLOCK_BYTES ||
	    block_bytes > BIO_MAX_BLOCK_BYTES)
		return UDF_E_INVAL;
	/* Byte addresses stay below 2^63, as those of files do. */
	if (n_blocks > INT64_MAX / block_bytes)
		return UDF_E_RANGE;
	m = calloc(1, sizeof(*m));
	if (!m)
		return UDF_E_NOMEM;
	m->bio.ops = &memory_ops;
	m->bio.geometry = (struct bio_geometry){ .block_bytes = block_bytes,
						 .n_blocks = n_blocks,
						 .write_unit_blocks = 1,
						 .access = BIO_OVERWRITE };
	bio_page_map_init(&m->map, block_bytes > MIN_PAGE_BYTES ? block_bytes : MIN_PAGE_BYTES);
	*ret_bio = &m->bio;
	return UDF_OK;
}
