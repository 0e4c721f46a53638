/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mkfs/hold.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

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

struct hold {
	struct bio bio;
	struct bio *below;
	struct stream streams[N_STREAMS];
	uint32_t clock;
	struct held held[MAX_HELD];
	unsigned n_held;
};

static struct hold *hold_of(struct bio *bio)
{
	return (struct hold *)(void *)bio;	/* its first member */
}

static bool overlaps(uint64_t a, uint64_t n_a, uint64_t b, uint64_t n_b)
{
	return n_a && n_b && a < b + n_b && b < a + n_a;
}

/* ---- streams ---- */

static enum udf_err stream_write_out(struct hold *hold, struct stream *stream)
{
	uint32_t n_blocks = stream->n_blocks;

	stream->n_blocks = 0;
	return n_blocks ? bio_write(hold->below, stream->at, n_blocks, stream->bytes) : UDF_OK;
}

static enum udf_err write_out_overlapping(struct hold *hold, uint64_t at, uint64_t n_blocks)
{
	enum udf_err err = UDF_OK;

	for (unsigned i = 0; i < N_STREAMS && !err; i++)
		if (overlaps(at, n_blocks, hold->streams[i].at, hold->streams[i].n_blocks))
			err = stream_write_out(hold, &hold->streams[i]);
	return err;
}

/* The stream that goes on at AT with room for N_BLOCKS, or the one not used for longest, emptied. */
static enum udf_err stream_for(struct hold *hold, uint64_t at, uint32_t n_blocks, struct stream **ret_stream)
{
	uint32_t cap_blocks = STREAM_BYTES / hold->bio.geometry.block_bytes;
	struct stream *oldest = &hold->streams[0];
	enum udf_err err;

	for (unsigned i = 0; i < N_STREAMS; i++) {
		struct stream *stream = &hold->streams[i];

		if (stream->n_blocks && stream->at + stream->n_blocks == at) {
			oldest = stream;
			if (stream->n_blocks + n_blocks <= cap_blocks)
				goto out;
			break;
		}
		if (hold->clock - stream->last_use > hold->clock - oldest->last_use)
			oldest = stream;
	}
	err = stream_write_out(hold, oldest);
	if (err)
		return err;
	if (!oldest->bytes)
		oldest->bytes = malloc(STREAM_BYTES);
	if (!oldest->bytes)
		return UDF_E_NOMEM;
	oldest->at = at;
out:
	oldest->last_use = ++hold->clock;
	*ret_stream = oldest;
	return UDF_OK;
}

static enum udf_err gather(struct hold *hold, uint64_t at, uint32_t n_blocks, const uint8_t *data)
{
	size_t block_bytes = hold->bio.geometry.block_bytes;
	struct stream *stream;
	enum udf_err err;

	/* Wholly inside what is gathered already: changed there. */
	for (unsigned i = 0; i < N_STREAMS; i++) {
		stream = &hold->streams[i];
		if (at >= stream->at && at + n_blocks <= stream->at + stream->n_blocks) {
			memcpy(stream->bytes + (size_t)(at - stream->at) * block_bytes, data,
			       n_blocks * block_bytes);
			return UDF_OK;
		}
	}
	err = write_out_overlapping(hold, at, n_blocks);
	if (err)
		return err;
	if (n_blocks * block_bytes >= STREAM_BYTES / 2)
		return bio_write(hold->below, at, n_blocks, data);
	err = stream_for(hold, at, n_blocks, &stream);
	if (err)
		return err;
	memcpy(stream->bytes + stream->n_blocks * block_bytes, data, n_blocks * block_bytes);
	stream->n_blocks += n_blocks;
	return UDF_OK;
}

/* ---- the bio ---- */

/* Copy the part of [AT, AT + N_BLOCKS) that HELD covers, out of it or into it. */
static bool exchange_held(struct hold *hold, struct held *held, uint64_t at, uint32_t n_blocks,
			  uint8_t *ret_data, const uint8_t *data)
{
	uint64_t first = udf_max64(at, held->at);
	uint64_t end = udf_min64(at + n_blocks, held->at + held->n_blocks);
	size_t block_bytes = hold->bio.geometry.block_bytes;

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

static enum udf_err hold_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct hold *hold = hold_of(bio);
	enum udf_err err = write_out_overlapping(hold, at, n_blocks);

	if (!err)
		err = bio_read(hold->below, at, n_blocks, ret_data);
	for (unsigned i = 0; i < hold->n_held && !err; i++)
		(void)exchange_held(hold, &hold->held[i], at, n_blocks, ret_data, NULL);
	return err;
}

static enum udf_err hold_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct hold *hold = hold_of(bio);

	/* The emitter writes anchors and recognition sequence by themselves. */
	for (unsigned i = 0; i < hold->n_held; i++)
		if (exchange_held(hold, &hold->held[i], at, n_blocks, NULL, data))
			return UDF_OK;
	return gather(hold, at, n_blocks, data);
}

static enum udf_err hold_flush(struct bio *bio)
{
	struct hold *hold = hold_of(bio);
	enum udf_err err = UDF_OK;

	for (unsigned i = 0; i < N_STREAMS && !err; i++)
		err = stream_write_out(hold, &hold->streams[i]);
	return err ? err : bio_flush(hold->below);
}

static enum udf_err hold_fd_range(struct bio *bio, uint64_t at, uint64_t n_blocks, int *ret_fd,
				  uint64_t *ret_offset_bytes)
{
	struct hold *hold = hold_of(bio);
	enum udf_err err = write_out_overlapping(hold, at, n_blocks);

	for (unsigned i = 0; i < hold->n_held && !err; i++)
		if (overlaps(at, n_blocks, hold->held[i].at, hold->held[i].n_blocks))
			err = UDF_E_UNSUPPORTED;
	return err ? err : bio_fd_range(hold->below, at, n_blocks, ret_fd, ret_offset_bytes);
}

static void hold_close(struct bio *bio)
{
	struct hold *hold = hold_of(bio);

	for (unsigned i = 0; i < N_STREAMS; i++)
		free(hold->streams[i].bytes);
	for (unsigned i = 0; i < hold->n_held; i++)
		free(hold->held[i].bytes);
	free(hold);
}

static const struct bio_ops hold_ops = {
	.read = hold_read,
	.write = hold_write,
	.flush = hold_flush,
	.fd_range = hold_fd_range,
	.close = hold_close,
};

static enum udf_err add_held(struct hold *hold, const struct udf_plan *plan,
			     const struct udf_plan_extent *extent)
{
	uint32_t bio_per_block = plan->block_bytes / hold->bio.geometry.block_bytes;
	struct held *held = &hold->held[hold->n_held];

	held->at = (uint64_t)extent->lsn * bio_per_block;
	held->n_blocks = extent->n_blocks * bio_per_block;
	held->bytes = calloc(held->n_blocks, hold->bio.geometry.block_bytes);
	if (!held->bytes)
		return UDF_E_NOMEM;
	hold->n_held++;
	return UDF_OK;
}

enum udf_err hold_new(const struct udf_plan *plan, struct bio *below, struct bio **ret_bio)
{
	const struct udf_plan_extent *extent;
	struct hold *hold;
	enum udf_err err;

	if (plan->block_bytes % below->geometry.block_bytes)
		return UDF_E_INVAL;
	hold = calloc(1, sizeof(*hold));
	if (!hold)
		return UDF_E_NOMEM;
	hold->bio.ops = &hold_ops;
	hold->bio.geometry = below->geometry;
	hold->below = below;
	err = add_held(hold, plan, udf_plan_find(plan, UDF_ROLE_VRS, 0));
	for (unsigned i = 0; !err && (extent = udf_plan_find(plan, UDF_ROLE_ANCHOR, i)); i++)
		err = add_held(hold, plan, extent);
	if (err)
		hold_close(&hold->bio);
	else
		*ret_bio = &hold->bio;
	return err;
}
