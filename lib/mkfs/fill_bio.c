/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mkfs/fill_bio.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/extent_set.h"

#define N_STREAMS 2u			/* ICBs and data advance side by side */
#define STREAM_BYTES (256u << 10)
#define MAX_HELD 4u			/* three anchors and the recognition sequence */

struct stream {
	uint64_t at;			/* in blocks of the bio */
	uint32_t n_blocks;		/* 0: empty */
	uint32_t last_use;
	uint8_t *bytes;			/* STREAM_BYTES; NULL: not needed yet */
};

struct held {
	uint64_t at;
	uint32_t n_blocks;
	uint8_t *bytes;
};

struct fill_bio {
	struct bio bio;
	struct bio *below;
	struct stream streams[N_STREAMS];
	uint32_t clock;
	struct held held[MAX_HELD];
	unsigned n_held;

	const struct udf_plan *plan;
	pthread_mutex_t lock;		/* protects WRITTEN, which the stack's threads ask for */
	struct udf_extent_set written;	/* only on a medium that is written in packets */
};

static struct fill_bio *layer_of(struct bio *bio)
{
	return (struct fill_bio *)(void *)bio;	/* its first member */
}

static bool overlaps(uint64_t a, uint64_t n_a, uint64_t b, uint64_t n_b)
{
	return n_a && n_b && a < b + n_b && b < a + n_a;
}

/* The blocks count as written afterwards, for until then the stack may ask whether it needs them. */
static enum udf_err write_below(struct fill_bio *layer, uint64_t at, uint32_t n_blocks, const void *data)
{
	enum udf_err err = bio_write(layer->below, at, n_blocks, data);

	if (err || layer->bio.geometry.write_unit_blocks < 2)
		return err;
	pthread_mutex_lock(&layer->lock);
	err = udf_extent_set_add(&layer->written, at, n_blocks, NULL);
	pthread_mutex_unlock(&layer->lock);
	return err;
}

/* ---- streams ---- */

static enum udf_err stream_write_out(struct fill_bio *layer, struct stream *stream)
{
	uint32_t n_blocks = stream->n_blocks;

	stream->n_blocks = 0;
	return n_blocks ? write_below(layer, stream->at, n_blocks, stream->bytes) : UDF_OK;
}

static enum udf_err write_out_overlapping(struct fill_bio *layer, uint64_t at, uint64_t n_blocks)
{
	enum udf_err err = UDF_OK;

	for (unsigned i = 0; i < N_STREAMS && !err; i++)
		if (overlaps(at, n_blocks, layer->streams[i].at, layer->streams[i].n_blocks))
			err = stream_write_out(layer, &layer->streams[i]);
	return err;
}

/* The stream that continues at AT with room for N_BLOCKS, or the one not used for longest, emptied. */
static enum udf_err stream_for(struct fill_bio *layer, uint64_t at, uint32_t n_blocks, struct stream **ret_stream)
{
	uint32_t cap_blocks = STREAM_BYTES / layer->bio.geometry.block_bytes;
	struct stream *oldest = &layer->streams[0];
	enum udf_err err;

	for (unsigned i = 0; i < N_STREAMS; i++) {
		struct stream *stream = &layer->streams[i];

		if (stream->n_blocks && stream->at + stream->n_blocks == at) {
			oldest = stream;
			if (stream->n_blocks + n_blocks <= cap_blocks)
				goto out;
			break;
		}
		if (layer->clock - stream->last_use > layer->clock - oldest->last_use)
			oldest = stream;
	}
	err = stream_write_out(layer, oldest);
	if (err)
		return err;
	if (!oldest->bytes)
		oldest->bytes = malloc(STREAM_BYTES);
	if (!oldest->bytes)
		return UDF_E_NOMEM;
	oldest->at = at;
out:
	oldest->last_use = ++layer->clock;
	*ret_stream = oldest;
	return UDF_OK;
}

static enum udf_err gather(struct fill_bio *layer, uint64_t at, uint32_t n_blocks, const uint8_t *data)
{
	size_t block_bytes = layer->bio.geometry.block_bytes;
	struct stream *stream;
	enum udf_err err;

	/* Wholly inside what is gathered already: changed there. */
	for (unsigned i = 0; i < N_STREAMS; i++) {
		stream = &layer->streams[i];
		if (at >= stream->at && at + n_blocks <= stream->at + stream->n_blocks) {
			memcpy(stream->bytes + (size_t)(at - stream->at) * block_bytes, data,
			       n_blocks * block_bytes);
			return UDF_OK;
		}
	}
	err = write_out_overlapping(layer, at, n_blocks);
	if (err)
		return err;
	if (n_blocks * block_bytes >= STREAM_BYTES / 2)
		return write_below(layer, at, n_blocks, data);
	err = stream_for(layer, at, n_blocks, &stream);
	if (err)
		return err;
	memcpy(stream->bytes + stream->n_blocks * block_bytes, data, n_blocks * block_bytes);
	stream->n_blocks += n_blocks;
	return UDF_OK;
}

/* ---- the bio ---- */

/* Copy the part of [AT, AT + N_BLOCKS) that HELD covers, out of it or into it. */
static bool exchange_held(struct fill_bio *layer, struct held *held, uint64_t at, uint32_t n_blocks,
			  uint8_t *ret_data, const uint8_t *data)
{
	uint64_t first = udf_max64(at, held->at);
	uint64_t end = udf_min64(at + n_blocks, held->at + held->n_blocks);
	size_t block_bytes = layer->bio.geometry.block_bytes;

	if (first >= end)
		return false;
	if (data)
		memcpy(held->bytes + (size_t)(first - held->at) * block_bytes,
		       data + (size_t)(first - at) * block_bytes, (size_t)(end - first) * block_bytes);
	else
		memcpy(ret_data + (size_t)(first - at) * block_bytes,
		       held->bytes + (size_t)(first - held->at) * block_bytes,
		       (size_t)(end - first) * block_bytes);
	return true;
}

static enum udf_err fill_bio_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct fill_bio *layer = layer_of(bio);
	enum udf_err err = write_out_overlapping(layer, at, n_blocks);

	/* What is held was never written: on a fresh disc it can't be read there. */
	for (unsigned i = 0; i < layer->n_held && !err; i++)
		if (at >= layer->held[i].at && at + n_blocks <= layer->held[i].at + layer->held[i].n_blocks)
			return exchange_held(layer, &layer->held[i], at, n_blocks, ret_data, NULL) ? UDF_OK : UDF_E_IO;
	if (!err)
		err = bio_read(layer->below, at, n_blocks, ret_data);
	for (unsigned i = 0; i < layer->n_held && !err; i++)
		(void)exchange_held(layer, &layer->held[i], at, n_blocks, ret_data, NULL);
	return err;
}

static enum udf_err fill_bio_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct fill_bio *layer = layer_of(bio);

	/* The emitter writes anchors and recognition sequence by themselves. */
	for (unsigned i = 0; i < layer->n_held; i++)
		if (exchange_held(layer, &layer->held[i], at, n_blocks, NULL, data))
			return UDF_OK;
	return gather(layer, at, n_blocks, data);
}

static enum udf_err fill_bio_flush(struct bio *bio)
{
	struct fill_bio *layer = layer_of(bio);
	enum udf_err err = UDF_OK;

	for (unsigned i = 0; i < N_STREAMS && !err; i++)
		err = stream_write_out(layer, &layer->streams[i]);
	return err ? err : bio_flush(layer->below);
}

static enum udf_err fill_bio_fd_range(struct bio *bio, uint64_t at, uint64_t n_blocks, int *ret_fd,
				  uint64_t *ret_offset_bytes)
{
	struct fill_bio *layer = layer_of(bio);
	enum udf_err err = write_out_overlapping(layer, at, n_blocks);

	for (unsigned i = 0; i < layer->n_held && !err; i++)
		if (overlaps(at, n_blocks, layer->held[i].at, layer->held[i].n_blocks))
			err = UDF_E_UNSUPPORTED;
	return err ? err : bio_fd_range(layer->below, at, n_blocks, ret_fd, ret_offset_bytes);
}

/* Does the empty volume have anything in these blocks? */
static bool is_of_plan(const struct fill_bio *layer, uint64_t at, uint32_t n_blocks)
{
	const struct udf_plan *plan = layer->plan;
	uint64_t ratio = plan->block_bytes / layer->bio.geometry.block_bytes;

	for (unsigned i = 0; i < plan->n_extents; i++) {
		const struct udf_plan_extent *e = &plan->extents[i];

		if (e->role != UDF_ROLE_PARTITION) {
			if (e->role != UDF_ROLE_UNUSED && e->role != UDF_ROLE_RESERVED &&
			    overlaps(at, n_blocks, e->lsn * ratio, e->n_blocks * ratio))
				return true;
			continue;
		}
		for (unsigned run = 0; run < plan->n_runs; run++)
			if (overlaps(at, n_blocks, ((uint64_t)e->lsn + plan->runs[run].lbn) * ratio,
				     plan->runs[run].n_blocks * ratio))
				return true;
	}
	return false;
}

/*
 * What the filesystem has taken need not be written yet, and on a fresh disc what was never written can't be read.  So
 * while the volume is filled, blocks are free until something has been written there.
 */
static bool is_unwritten(void *ctx, uint64_t at, uint32_t n_blocks, enum bio_free_when when)
{
	struct fill_bio *layer = ctx;
	bool any;

	if (when == BIO_FREE_UNREAD)	/* the boot area may be kept */
		return false;
	pthread_mutex_lock(&layer->lock);
	any = udf_extent_set_has_any(&layer->written, at, n_blocks);
	pthread_mutex_unlock(&layer->lock);
	return !any && !is_of_plan(layer, at, n_blocks);
}

/* The answer is ours, also when the filesystem gives none any more: what it wrote is flushed after it was closed. */
static enum udf_err fill_bio_set_free_query(struct bio *bio, bio_free_query is_free, void *ctx)
{
	struct fill_bio *layer = layer_of(bio);

	(void)is_free;
	(void)ctx;
	return bio_set_free_query(layer->below, is_unwritten, layer);
}

static void fill_bio_close(struct bio *bio)
{
	struct fill_bio *layer = layer_of(bio);

	(void)bio_set_free_query(layer->below, NULL, NULL);
	pthread_mutex_destroy(&layer->lock);
	udf_extent_set_done(&layer->written);
	for (unsigned i = 0; i < N_STREAMS; i++)
		free(layer->streams[i].bytes);
	for (unsigned i = 0; i < layer->n_held; i++)
		free(layer->held[i].bytes);
	free(layer);
}

static struct bio *fill_bio_below(struct bio *bio)
{
	return layer_of(bio)->below;
}

static const struct bio_ops fill_bio_ops = {
	.read = fill_bio_read,
	.write = fill_bio_write,
	.flush = fill_bio_flush,
	.fd_range = fill_bio_fd_range,
	.set_free_query = fill_bio_set_free_query,
	.below = fill_bio_below,
	.close = fill_bio_close,
};

static enum udf_err add_held(struct fill_bio *layer, const struct udf_plan *plan,
			     const struct udf_plan_extent *extent)
{
	uint32_t bio_per_block = plan->block_bytes / layer->bio.geometry.block_bytes;
	struct held *held = &layer->held[layer->n_held];

	held->at = (uint64_t)extent->lsn * bio_per_block;
	held->n_blocks = extent->n_blocks * bio_per_block;
	held->bytes = calloc(held->n_blocks, layer->bio.geometry.block_bytes);
	if (!held->bytes)
		return UDF_E_NOMEM;
	layer->n_held++;
	return UDF_OK;
}

enum udf_err fill_bio_new(const struct udf_plan *plan, struct bio *below, struct bio **ret_bio)
{
	const struct udf_plan_extent *extent;
	struct fill_bio *layer;
	enum udf_err err;

	if (plan->block_bytes % below->geometry.block_bytes)
		return UDF_E_INVAL;
	layer = calloc(1, sizeof(*layer));
	if (!layer)
		return UDF_E_NOMEM;
	layer->bio.ops = &fill_bio_ops;
	layer->bio.geometry = below->geometry;
	layer->below = below;
	layer->plan = plan;
	pthread_mutex_init(&layer->lock, NULL);
	udf_extent_set_init(&layer->written);
	err = add_held(layer, plan, udf_plan_find(plan, UDF_ROLE_VRS, 0));
	for (unsigned i = 0; !err && (extent = udf_plan_find(plan, UDF_ROLE_ANCHOR, i)); i++)
		err = add_held(layer, plan, extent);
	if (err)
		fill_bio_close(&layer->bio);
	else
		*ret_bio = &layer->bio;
	return err;
}
