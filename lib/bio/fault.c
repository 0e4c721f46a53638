/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fault injection: a log of the writes, and failures on request. */
#include <stdlib.h>
#include <string.h>
#include <udfkit/bio.h>

#include "bio/layer.h"

#define LOG_CHUNK_BYTES (1u << 20)

/* The data of the logged writes.  A chunk never moves. */
struct log_chunk {
	struct log_chunk *next;
	size_t n_used_bytes, n_bytes;
	uint8_t data[];
};

struct armed {
	uint64_t n_to_go; /* 1: the next call fails; 0: none */
	enum udf_err err;
};

struct bad_block {
	uint64_t at;
	bool reads, writes;
};

struct fault {
	struct bio bio;
	struct bio *below;

	bool recording;
	struct bio_event *events;
	size_t n_events, cap_events;
	struct log_chunk *chunks;

	struct armed fail_read, fail_write, fail_flush;
	bool stay;
	uint64_t n_given;
	struct bad_block *bad;
	size_t n_bad, cap_bad;
};

static struct fault *fault_of(struct bio *bio)
{
	return BIO_LAYER(bio, struct fault, bio);
}

/* ---- the log ---- */

/* Make room for one more event before it happens, so that logging it can't fail. */
static enum udf_err reserve_event(struct fault *f)
{
	size_t cap = f->cap_events ? f->cap_events * 2 : 64;
	struct bio_event *events;

	if (f->n_events < f->cap_events)
		return UDF_OK;
	events = realloc(f->events, cap * sizeof(*events));
	if (!events)
		return UDF_E_NOMEM;
	f->events = events;
	f->cap_events = cap;
	return UDF_OK;
}

/* Make room for N_BYTES at the end of the newest chunk. */
static enum udf_err reserve_data(struct fault *f, size_t n_bytes)
{
	size_t chunk_bytes = n_bytes > LOG_CHUNK_BYTES ? n_bytes : LOG_CHUNK_BYTES;
	struct log_chunk *chunk = f->chunks;

	if (chunk && n_bytes <= chunk->n_bytes - chunk->n_used_bytes)
		return UDF_OK;
	chunk = malloc(sizeof(*chunk) + chunk_bytes);
	if (!chunk)
		return UDF_E_NOMEM;
	chunk->next = f->chunks;
	chunk->n_used_bytes = 0;
	chunk->n_bytes = chunk_bytes;
	f->chunks = chunk;
	return UDF_OK;
}

static void log_write(struct fault *f, uint64_t at, uint32_t n_blocks, const void *data)
{
	size_t n_bytes = (size_t)n_blocks * f->bio.geometry.block_bytes;
	uint8_t *copy = f->chunks->data + f->chunks->n_used_bytes;

	memcpy(copy, data, n_bytes);
	f->chunks->n_used_bytes += n_bytes;
	f->events[f->n_events++] = (struct bio_event){
		.kind = BIO_EVENT_WRITE, .at = at, .n_blocks = n_blocks, .data = copy
	};
}

void bio_fault_record(struct bio *bio, bool on)
{
	fault_of(bio)->recording = on;
}

enum udf_err bio_fault_mark(struct bio *bio, uint64_t mark)
{
	struct fault *f = fault_of(bio);
	enum udf_err err;

	if (!f->recording)
		return UDF_OK;
	err = reserve_event(f);
	if (err)
		return err;
	f->events[f->n_events++] = (struct bio_event){ .kind = BIO_EVENT_MARK, .mark = mark };
	return UDF_OK;
}

void bio_fault_log(const struct bio *bio, const struct bio_event **ret_events, size_t *ret_n_events)
{
	const struct fault *f = (const struct fault *)(const void *)bio;

	*ret_events = f->events;
	*ret_n_events = f->n_events;
}

/* ---- failures ---- */

void bio_fault_fail_read(struct bio *bio, uint64_t nth, enum udf_err err)
{
	fault_of(bio)->fail_read = (struct armed){ nth, err };
}

void bio_fault_fail_write(struct bio *bio, uint64_t nth, enum udf_err err)
{
	fault_of(bio)->fail_write = (struct armed){ nth, err };
}

void bio_fault_fail_flush(struct bio *bio, uint64_t nth, enum udf_err err)
{
	fault_of(bio)->fail_flush = (struct armed){ nth, err };
}

void bio_fault_stay(struct bio *bio, bool on)
{
	fault_of(bio)->stay = on;
}

uint64_t bio_fault_n_given(struct bio *bio)
{
	struct fault *f = fault_of(bio);
	uint64_t n = f->n_given;

	f->n_given = 0;
	return n;
}

enum udf_err bio_fault_bad_block(struct bio *bio, uint64_t at, bool reads, bool writes)
{
	struct fault *f = fault_of(bio);
	struct bad_block *bad;
	size_t i, cap;

	for (i = 0; i < f->n_bad && f->bad[i].at != at; i++)
		;
	if (!reads && !writes) {
		if (i < f->n_bad)
			f->bad[i] = f->bad[--f->n_bad];
		return UDF_OK;
	}
	if (i == f->cap_bad) {
		cap = f->cap_bad ? f->cap_bad * 2 : 16;
		bad = realloc(f->bad, cap * sizeof(*bad));
		if (!bad)
			return UDF_E_NOMEM;
		f->bad = bad;
		f->cap_bad = cap;
	}
	f->bad[i] = (struct bad_block){ at, reads, writes };
	if (i == f->n_bad)
		f->n_bad++;
	return UDF_OK;
}

/* The error that is due on this call, if any. */
static enum udf_err due(struct fault *f, struct armed *armed)
{
	if (armed->n_to_go == 0)
		return UDF_OK;
	if (armed->n_to_go > 1) {
		armed->n_to_go--;
		return UDF_OK;
	}
	if (!f->stay)
		armed->n_to_go = 0;
	f->n_given++;
	return armed->err;
}

static enum udf_err touches_bad(struct fault *f, uint64_t at, uint32_t n_blocks, bool write)
{
	for (size_t i = 0; i < f->n_bad; i++) {
		const struct bad_block *bad = &f->bad[i];

		if (bad->at >= at && bad->at - at < n_blocks &&
		    (write ? bad->writes : bad->reads)) {
			f->n_given++;
			return UDF_E_MEDIUM;
		}
	}
	return UDF_OK;
}

/* ---- calls ---- */

static enum udf_err fault_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct fault *f = fault_of(bio);
	enum udf_err err;

	bio_set_host_errno(bio, 0);
	err = due(f, &f->fail_read);
	if (!err)
		err = touches_bad(f, at, n_blocks, false);
	if (err)
		return err;
	return bio_pass_up(bio, f->below, bio_read(f->below, at, n_blocks, ret_data));
}

static enum udf_err fault_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct fault *f = fault_of(bio);
	enum udf_err err;

	bio_set_host_errno(bio, 0);
	err = due(f, &f->fail_write);
	if (!err)
		err = touches_bad(f, at, n_blocks, true);
	if (err)
		return err;
	if (f->recording) {
		err = reserve_event(f);
		if (!err)
			err = reserve_data(f, (size_t)n_blocks * bio->geometry.block_bytes);
		if (err)
			return err;
	}
	err = bio_write(f->below, at, n_blocks, data);
	if (err)
		return bio_pass_up(bio, f->below, err);
	if (f->recording)
		log_write(f, at, n_blocks, data);
	return UDF_OK;
}

static enum udf_err fault_flush(struct bio *bio)
{
	struct fault *f = fault_of(bio);
	enum udf_err err;

	bio_set_host_errno(bio, 0);
	err = due(f, &f->fail_flush);
	if (!err && f->recording)
		err = reserve_event(f);
	if (err)
		return err;
	err = bio_flush(f->below);
	if (err)
		return bio_pass_up(bio, f->below, err);
	if (f->recording)
		f->events[f->n_events++] = (struct bio_event){ .kind = BIO_EVENT_FLUSH };
	return UDF_OK;
}

static enum udf_err fault_discard(struct bio *bio, uint64_t at, uint64_t n_blocks)
{
	struct fault *f = fault_of(bio);

	return bio_pass_up(bio, f->below, bio_discard(f->below, at, n_blocks));
}

static struct bio *fault_below(struct bio *bio)
{
	return fault_of(bio)->below;
}

static void fault_close(struct bio *bio)
{
	struct fault *f = fault_of(bio);
	struct log_chunk *chunk, *next;

	bio_close(f->below);
	for (chunk = f->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(f->events);
	free(f->bad);
	free(f);
}

/* No fd_range: writes that bypass this layer could neither be logged nor fail. */
static const struct bio_ops fault_ops = {
	.read = fault_read,
	.write = fault_write,
	.flush = fault_flush,
	.discard = fault_discard,
	.below = fault_below,
	.close = fault_close,
};

enum udf_err bio_fault_new(struct bio *below, struct bio **ret_bio)
{
	struct fault *f = calloc(1, sizeof(*f));

	if (!f)
		return UDF_E_NOMEM;
	f->bio.ops = &fault_ops;
	f->bio.geometry = below->geometry;
	f->bio.geometry.volatile_cache = true;
	f->below = below;
	*ret_bio = &f->bio;
	return UDF_OK;
}
