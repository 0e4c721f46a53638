/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copy-on-write: written blocks are stored here, and all others are read from the layer below. */
#include <stdlib.h>
#include <string.h>
#include <udfkit/bio.h>

#include "bio/layer.h"
#include "bio/page_map.h"

struct overlay {
	struct bio bio;
	struct bio *below;
	bool own;
	struct bio_page_map map; /* a page is a block */
};

/* How many blocks of [AT, AT + N_BLOCKS) are read from below, before the first one that is stored here. */
static uint32_t run_below(const struct overlay *o, uint64_t at, uint32_t n_blocks)
{
	uint32_t n = 0;

	if (o->map.n_pages == 0)
		return n_blocks;
	while (n < n_blocks && !bio_page_map_find(&o->map, at + n))
		n++;
	return n;
}

static enum udf_err overlay_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct overlay *o = BIO_LAYER(bio, struct overlay, bio);
	size_t block_bytes = bio->geometry.block_bytes;
	uint8_t *out = ret_data;
	enum udf_err err;

	while (n_blocks) {
		uint32_t n = run_below(o, at, n_blocks);

		if (n) {
			err = bio_read(o->below, at, n, out);
			if (err)
				return bio_pass_up(bio, o->below, err);
		} else {
			memcpy(out, bio_page_map_find(&o->map, at), block_bytes);
			n = 1;
		}
		out += n * block_bytes;
		at += n;
		n_blocks -= n;
	}
	return UDF_OK;
}

static enum udf_err overlay_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct overlay *o = BIO_LAYER(bio, struct overlay, bio);
	size_t block_bytes = bio->geometry.block_bytes;
	const uint8_t *in = data;
	enum udf_err err;

	for (uint32_t i = 0; i < n_blocks; i++, in += block_bytes) {
		uint8_t *page = bio_page_map_find(&o->map, at + i);

		if (!page) {
			err = bio_page_map_add(&o->map, at + i, &page);
			if (err)
				return err;
		}
		memcpy(page, in, block_bytes);
	}
	return UDF_OK;
}

/* What has moved is found below.  Nothing more may move, since that would write below. */
static enum udf_err overlay_set_remap(struct bio *bio, const struct bio_remap *remap)
{
	struct overlay *o = BIO_LAYER(bio, struct overlay, bio);
	struct bio_remap fixed = remap ? *remap : (struct bio_remap){ 0 };

	fixed.store = NULL;
	return bio_set_remap(o->below, remap ? &fixed : NULL);
}

static struct bio *overlay_below(struct bio *bio)
{
	return BIO_LAYER(bio, struct overlay, bio)->below;
}

static void overlay_close(struct bio *bio)
{
	struct overlay *o = BIO_LAYER(bio, struct overlay, bio);

	if (o->own)
		bio_close(o->below);
	bio_page_map_done(&o->map);
	free(o);
}

static const struct bio_ops overlay_ops = {
	.read = overlay_read,
	.write = overlay_write,
	.set_remap = overlay_set_remap,
	.below = overlay_below,
	.close = overlay_close,
};

enum udf_err bio_overlay_new(struct bio *below, bool own, struct bio **ret_bio)
{
	struct overlay *o = calloc(1, sizeof(*o));

	if (!o)
		return UDF_E_NOMEM;
	o->bio.ops = &overlay_ops;
	o->bio.geometry = below->geometry;
	o->bio.geometry.access = BIO_OVERWRITE;
	o->bio.geometry.write_unit_blocks = 1;
	o->bio.geometry.volatile_cache = false;
	o->bio.geometry.wears = false;
	o->below = below;
	o->own = own;
	bio_page_map_init(&o->map, below->geometry.block_bytes);
	*ret_bio = &o->bio;
	return UDF_OK;
}

uint64_t bio_overlay_n_blocks(const struct bio *bio)
{
	const struct overlay *o = (const struct overlay *)(const void *)bio;

	return o->map.n_pages;
}

void bio_overlay_own_below(struct bio *bio)
{
	BIO_LAYER(bio, struct overlay, bio)->own = true;
}
