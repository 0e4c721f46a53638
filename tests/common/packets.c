/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "packets.h"
#include "pkt/cache.h"

struct packets {
	struct bio bio;
	struct bio *below;
	uint64_t n_packets, n_all;
	uint64_t *n_writes;
};

static void need(const void *memory)
{
	if (!memory)
		abort();
}

static enum udf_err packets_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	return bio_read(((struct packets *)bio)->below, at, n_blocks, ret_data);
}

static enum udf_err packets_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct packets *p = (struct packets *)bio;
	uint32_t unit = bio->geometry.write_unit_blocks;
	uint64_t i;

	for (i = at / unit; i * unit < at + n_blocks; i++) {
		p->n_writes[i]++;
		p->n_all++;
	}
	return bio_write(p->below, at, n_blocks, data);
}

static enum udf_err packets_flush(struct bio *bio)
{
	return bio_flush(((struct packets *)bio)->below);
}

static void packets_close(struct bio *bio)
{
	struct packets *p = (struct packets *)bio;

	bio_close(p->below);
	free(p->n_writes);
	free(p);
}

struct bio *packets_new(struct bio *below, uint32_t packet_blocks, struct bio **ret_top)
{
	static const struct bio_ops ops = { .read = packets_read, .write = packets_write, .flush = packets_flush,
					    .close = packets_close };
	const struct pkt_cache_options options = { .no_thread = true };
	struct packets *p = calloc(1, sizeof(*p));

	need(p);
	p->below = below;
	p->bio.ops = &ops;
	p->bio.geometry = below->geometry;
	p->bio.geometry.write_unit_blocks = packet_blocks;
	p->bio.geometry.wears = true;
	p->n_packets = (below->geometry.n_blocks + packet_blocks - 1) / packet_blocks;
	p->n_writes = calloc((size_t)p->n_packets, sizeof(*p->n_writes));
	need(p->n_writes);
	if (pkt_cache_new(&p->bio, &options, ret_top))
		abort();
	return &p->bio;
}

void packets_reset(struct bio *bio)
{
	struct packets *p = (struct packets *)bio;
	uint64_t i;

	for (i = 0; i < p->n_packets; i++)
		p->n_writes[i] = 0;
	p->n_all = 0;
}

uint64_t packets_n_writes(const struct bio *bio, uint64_t at)
{
	return ((const struct packets *)bio)->n_writes[at / bio->geometry.write_unit_blocks];
}

uint64_t packets_n_all(const struct bio *bio)
{
	return ((const struct packets *)bio)->n_all;
}

uint64_t packets_worst(const struct bio *bio, const uint64_t *except, size_t n_except)
{
	const struct packets *p = (const struct packets *)bio;
	uint32_t unit = bio->geometry.write_unit_blocks;
	uint64_t worst = 0, i;
	bool has_one = false;
	size_t k;

	for (i = 0; i < p->n_packets; i++) {
		for (k = 0; k < n_except && except[k] / unit != i; k++)
			;
		if (k == n_except && (!has_one || p->n_writes[i] > p->n_writes[worst])) {
			worst = i;
			has_one = true;
		}
	}
	return worst * unit;
}
