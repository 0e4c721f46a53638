/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A medium that is written in packets, for tests: what a power cut left half written can't be read. */
#include <stdlib.h>

#include "base/checked.h"
#include "bio/layer.h"

struct packet {
	struct bio bio;
	struct bio *below;
	bool whole_only;
	uint64_t *unreadable; /* unit numbers, in no order: a power cut leaves very few */
	size_t n_unreadable, cap_unreadable;
};

static struct packet *packet_of(struct bio *bio)
{
	return BIO_LAYER(bio, struct packet, bio);
}

/* The units that contain the blocks: from the first one up to the one before END. */
static uint64_t first_unit(const struct packet *p, uint64_t at)
{
	return at / p->bio.geometry.write_unit_blocks;
}

static uint64_t end_unit(const struct packet *p, uint64_t at, uint64_t n_blocks)
{
	return udf_ceil_div(at + n_blocks, p->bio.geometry.write_unit_blocks);
}

/* Can none of the units from FIRST to the one before END be read? */
static bool any_unreadable(const struct packet *p, uint64_t first, uint64_t end)
{
	for (size_t i = 0; i < p->n_unreadable; i++)
		if (p->unreadable[i] >= first && p->unreadable[i] < end)
			return true;
	return false;
}

static void set_readable(struct packet *p, uint64_t first, uint64_t end)
{
	for (size_t i = p->n_unreadable; i-- > 0;)
		if (p->unreadable[i] >= first && p->unreadable[i] < end)
			p->unreadable[i] = p->unreadable[--p->n_unreadable];
}

enum udf_err bio_packet_set_unreadable(struct bio *bio, uint64_t at)
{
	struct packet *p = packet_of(bio);
	uint64_t unit = first_unit(p, at);

	if (any_unreadable(p, unit, unit + 1))
		return UDF_OK;
	if (p->n_unreadable == p->cap_unreadable) {
		size_t cap = p->cap_unreadable ? p->cap_unreadable * 2 : 4;
		uint64_t *units = realloc(p->unreadable, cap * sizeof(*units));

		if (!units)
			return UDF_E_NOMEM;
		p->unreadable = units;
		p->cap_unreadable = cap;
	}
	p->unreadable[p->n_unreadable++] = unit;
	return UDF_OK;
}

static enum udf_err packet_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct packet *p = packet_of(bio);

	if (any_unreadable(p, first_unit(p, at), end_unit(p, at, n_blocks)))
		return UDF_E_MEDIUM;
	return bio_pass_up(bio, p->below, bio_read(p->below, at, n_blocks, ret_data));
}

/*
 * A part of a unit is about to be written: its other blocks must be readable.  Reading one of them is enough, since
 * units become unreadable whole, and it also finds the unreadable units of a medium that BELOW is a copy of.
 */
static enum udf_err check_part(struct packet *p, uint64_t unit, uint64_t other)
{
	uint8_t block[BIO_MAX_BLOCK_BYTES];

	if (p->whole_only)
		return UDF_E_INVAL;
	if (any_unreadable(p, unit, unit + 1))
		return UDF_E_MEDIUM;
	return bio_read(p->below, other, 1, block);
}

static enum udf_err packet_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct packet *p = packet_of(bio);
	uint32_t unit_blocks = bio->geometry.write_unit_blocks;
	uint64_t first = first_unit(p, at), end_block = at + n_blocks;
	uint64_t end = end_block == bio->geometry.n_blocks ? end_unit(p, at, n_blocks) : end_block / unit_blocks;
	enum udf_err err = UDF_OK;

	if (at % unit_blocks)
		err = check_part(p, first++, at - 1);
	if (!err && end * unit_blocks < end_block && end >= first)
		err = check_part(p, end, end_block);
	if (!err)
		err = bio_pass_up(bio, p->below, bio_write(p->below, at, n_blocks, data));
	if (!err && first < end)
		set_readable(p, first, end);
	return err;
}

static enum udf_err packet_flush(struct bio *bio)
{
	struct packet *p = packet_of(bio);

	return bio_pass_up(bio, p->below, bio_flush(p->below));
}

static struct bio *packet_below(struct bio *bio)
{
	return packet_of(bio)->below;
}

static void packet_close(struct bio *bio)
{
	struct packet *p = packet_of(bio);

	bio_close(p->below);
	free(p->unreadable);
	free(p);
}

/* No fd_range, which would bypass the units, and no discard: a packet medium has none. */
static const struct bio_ops packet_ops = {
	.read = packet_read,
	.write = packet_write,
	.flush = packet_flush,
	.below = packet_below,
	.close = packet_close,
};

enum udf_err bio_packet_new(struct bio *below, const struct bio_packet_options *options, struct bio **ret_bio)
{
	struct packet *p;

	if (options->unit_blocks == 0)
		return UDF_E_INVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return UDF_E_NOMEM;
	p->bio.ops = &packet_ops;
	p->bio.geometry = below->geometry;
	p->bio.geometry.write_unit_blocks = options->unit_blocks;
	p->bio.geometry.wears = options->wears;
	p->below = below;
	p->whole_only = options->whole_only;
	*ret_bio = &p->bio;
	return UDF_OK;
}
