/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every call as one line of text. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <udfkit/bio.h>

#include "bio/layer.h"

struct trace {
	struct bio bio;
	struct bio *below;
	void (*log)(void *ctx, const char *line);
	void *ctx;
};

/* Log a call and its result.  Returns ERR. */
static enum udf_err logged(struct trace *t, const char *call, enum udf_err err)
{
	char line[160];

	snprintf(line, sizeof(line), "%s: %s", call, err ? udf_strerror(err) : "ok");
	t->log(t->ctx, line);
	return bio_pass_up(&t->bio, t->below, err);
}

static enum udf_err logged_range(struct trace *t, const char *verb, uint64_t at, uint64_t n_blocks,
			       enum udf_err err)
{
	char call[80];

	snprintf(call, sizeof(call), "%s %" PRIu64 "+%" PRIu64, verb, at, n_blocks);
	return logged(t, call, err);
}

static enum udf_err trace_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct trace *t = BIO_LAYER(bio, struct trace, bio);

	return logged_range(t, "read", at, n_blocks, bio_read(t->below, at, n_blocks, ret_data));
}

static enum udf_err trace_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct trace *t = BIO_LAYER(bio, struct trace, bio);

	return logged_range(t, "write", at, n_blocks, bio_write(t->below, at, n_blocks, data));
}

static enum udf_err trace_flush(struct bio *bio)
{
	struct trace *t = BIO_LAYER(bio, struct trace, bio);

	return logged(t, "flush", bio_flush(t->below));
}

static enum udf_err trace_discard(struct bio *bio, uint64_t at, uint64_t n_blocks)
{
	struct trace *t = BIO_LAYER(bio, struct trace, bio);

	return logged_range(t, "discard", at, n_blocks, bio_discard(t->below, at, n_blocks));
}

static enum udf_err trace_fd_range(struct bio *bio, uint64_t at, uint64_t n_blocks, int *ret_fd,
				   uint64_t *ret_offset_bytes)
{
	struct trace *t = BIO_LAYER(bio, struct trace, bio);

	return logged_range(t, "fd_range", at, n_blocks,
			  bio_fd_range(t->below, at, n_blocks, ret_fd, ret_offset_bytes));
}

static struct bio *trace_below(struct bio *bio)
{
	return BIO_LAYER(bio, struct trace, bio)->below;
}

static void trace_close(struct bio *bio)
{
	struct trace *t = BIO_LAYER(bio, struct trace, bio);

	t->log(t->ctx, "close");
	bio_close(t->below);
	free(t);
}

static const struct bio_ops trace_ops = {
	.read = trace_read,
	.write = trace_write,
	.flush = trace_flush,
	.discard = trace_discard,
	.fd_range = trace_fd_range,
	.below = trace_below,
	.close = trace_close,
};

enum udf_err bio_trace_new(struct bio *below, void (*log)(void *ctx, const char *line), void *ctx,
			   struct bio **ret_bio)
{
	struct trace *t = calloc(1, sizeof(*t));

	if (!t)
		return UDF_E_NOMEM;
	t->bio.ops = &trace_ops;
	t->bio.geometry = below->geometry;
	t->below = below;
	t->log = log;
	t->ctx = ctx;
	*ret_bio = &t->bio;
	return UDF_OK;
}
