/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "packet_stack.h"
#include "pkt/cache.h"
#include "pkt/spare.h"

struct borrowed {
	struct bio bio;
	struct bio *below;
};

static enum udf_err borrowed_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	return bio_read(((struct borrowed *)bio)->below, at, n_blocks, ret_data);
}

static enum udf_err borrowed_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	return bio_write(((struct borrowed *)bio)->below, at, n_blocks, data);
}

static enum udf_err borrowed_flush(struct bio *bio)
{
	return bio_flush(((struct borrowed *)bio)->below);
}

static void borrowed_close(struct bio *bio)
{
	free(bio);
}

struct bio *packet_stack_new(struct bio *medium)
{
	return packet_stack_small(medium, 0);
}

struct bio *packet_stack_small(struct bio *medium, size_t n_bytes)
{
	static const struct bio_ops ops = { .read = borrowed_read, .write = borrowed_write, .flush = borrowed_flush,
					    .close = borrowed_close };
	const struct pkt_cache_options options = { .no_thread = true, .cache_bytes = n_bytes };
	struct borrowed *b = calloc(1, sizeof(*b));
	struct bio *spare, *cache;

	if (!b)
		abort();
	b->bio.ops = &ops;
	b->bio.geometry = medium->geometry;
	b->below = medium;
	if (pkt_spare_new(&b->bio, &spare) || pkt_cache_new(spare, &options, &cache))
		abort();
	return cache;
}
