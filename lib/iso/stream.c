/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image as a stream of blocks.  A thread of libisofs makes it, some hundred blocks ahead of the reader. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wait.h"
#include "iso/internal.h"

#define HANG_MS 1000		/* a file that has not been read after this hangs */

struct udf_iso_stream {
	struct udf_iso_image *image;
	struct burn_source *source;
	uint64_t n_blocks, n_read;	/* all of them; those that the caller has got */
	uint64_t n_made;		/* those that libisofs has given */
	uint8_t *head;			/* the first ones, kept by udf_iso_stream_peek(); NULL: none */
	uint64_t n_head, cap_head;
};

#define PEEK_BLOCKS 64u

enum udf_err udf_iso_stream_new(struct udf_iso_image *image, bool size_only, struct udf_iso_stream **ret_stream,
				char ret_why[UDF_ISO_WHY_BYTES])
{
	struct udf_iso_stream *s = calloc(1, sizeof(*s));
	IsoWriteOpts *opts = NULL;
	enum udf_err err = s ? UDF_OK : UDF_E_NOMEM;
	int ret;

	if (!err)
		err = udf_iso_write_options(image, &opts);
	if (err) {
		free(s);
		return udf_iso_why((int)ISO_OUT_OF_MEM, "", ret_why);
	}
	err = udf_iso_add_boots(image, ret_why);
	if (!err) {
		/* Told so, libisofs leaves the checksums of files out of the directories' sizes. */
		iso_write_opts_set_will_cancel(opts, size_only && !image->plan->checksums);
		ret = iso_image_create_burn_source(image->iso, opts, &s->source);
		if (ret < 0)
			err = udf_iso_why(ret, "no image can be made", ret_why);
	}
	iso_write_opts_free(opts);
	if (!err) {
		s->image = image;
		s->n_blocks = (uint64_t)s->source->get_size(s->source) / UDF_ISO_BLOCK_BYTES;
		*ret_stream = s;
	} else {
		udf_iso_log(image->env);
		free(s);
	}
	return err;
}

uint64_t udf_iso_stream_blocks(const struct udf_iso_stream *stream)
{
	return stream->n_blocks;
}

/* Report the files that have failed in libisofs's thread. */
static enum udf_err take_failures(struct udf_iso_image *image)
{
	struct udf_iso_reading *failures = &image->reading;
	struct udf_iso_failure *f, *next;
	bool lost;

	pthread_mutex_lock(&failures->lock);
	f = failures->first;
	failures->first = NULL;
	failures->last = &failures->first;
	lost = failures->lost;
	pthread_mutex_unlock(&failures->lock);
	for (; f; f = next) {
		next = f->next;
		if (f->host_errno)
			udf_iso_fail(image, f->path, udf_err_from_errno(f->host_errno), f->host_errno, NULL);
		else
			udf_iso_fail(image, f->path, UDF_E_IO, 0, f->why);
		free(f);
	}
	return lost ? UDF_E_NOMEM : UDF_OK;
}

/* The next N_BLOCKS, which there are, from libisofs. */
static enum udf_err pull(struct udf_iso_stream *stream, uint32_t n_blocks, uint8_t *ret_data)
{
	int n_bytes = (int)(n_blocks * UDF_ISO_BLOCK_BYTES);
	int ret = stream->source->read_xt(stream->source, ret_data, n_bytes);
	enum udf_err err = take_failures(stream->image);

	udf_iso_log(stream->image->env);
	if (ret != n_bytes)
		return err ? err : UDF_E_IO;
	stream->n_made += n_blocks;
	return err;
}

enum udf_err udf_iso_stream_read(struct udf_iso_stream *stream, uint32_t n_blocks, void *ret_data,
				 uint32_t *ret_n_blocks)
{
	uint64_t n_left = stream->n_blocks - stream->n_read;
	enum udf_err err = UDF_OK;

	*ret_n_blocks = 0;
	if (n_blocks > n_left)
		n_blocks = (uint32_t)n_left;
	if (n_blocks == 0)
		return UDF_OK;
	if (stream->n_read < stream->n_head) {
		if (n_blocks > stream->n_head - stream->n_read)
			n_blocks = (uint32_t)(stream->n_head - stream->n_read);
		memcpy(ret_data, stream->head + stream->n_read * UDF_ISO_BLOCK_BYTES,
		       (size_t)n_blocks * UDF_ISO_BLOCK_BYTES);
	} else {
		free(stream->head);
		stream->head = NULL;
		err = pull(stream, n_blocks, ret_data);
	}
	if (err)
		return err;
	stream->n_read += n_blocks;
	*ret_n_blocks = n_blocks;
	return err;
}

/* libisofs waits for its thread, which may wait for a file. */
static void cancel(void *ctx)
{
	struct burn_source *source = ctx;

	source->cancel(source);
}

/* Keep some more blocks. */
static enum udf_err keep_more(struct udf_iso_stream *stream)
{
	uint64_t n_left = stream->n_blocks - stream->n_made;
	uint32_t n = n_left < PEEK_BLOCKS ? (uint32_t)n_left : PEEK_BLOCKS;
	enum udf_err err;

	if (stream->n_head + n > stream->cap_head) {
		uint64_t cap = stream->cap_head ? stream->cap_head * 2 : PEEK_BLOCKS;
		uint8_t *more = realloc(stream->head, (size_t)cap * UDF_ISO_BLOCK_BYTES);

		if (!more)
			return UDF_E_NOMEM;
		stream->head = more;
		stream->cap_head = cap;
	}
	err = pull(stream, n, stream->head + stream->n_head * UDF_ISO_BLOCK_BYTES);
	if (!err)
		stream->n_head += n;
	return err;
}

uint64_t udf_iso_stream_start_bytes(const struct udf_iso_stream *stream)
{
	return (uint64_t)stream->image->plan->start_block * UDF_ISO_BLOCK_BYTES;
}

enum udf_err udf_iso_stream_peek(void *ctx, uint64_t at, size_t n_bytes, uint8_t *ret_data)
{
	struct udf_iso_stream *stream = ctx;
	uint64_t start = udf_iso_stream_start_bytes(stream);
	enum udf_err err = UDF_OK;

	if (at < start || at - start > stream->n_blocks * UDF_ISO_BLOCK_BYTES ||
	    n_bytes > stream->n_blocks * UDF_ISO_BLOCK_BYTES - (at - start))
		return UDF_E_RANGE;
	at -= start;
	while (!err && at + n_bytes > stream->n_head * UDF_ISO_BLOCK_BYTES)
		err = keep_more(stream);
	if (!err)
		memcpy(ret_data, stream->head + at, n_bytes);
	return err;
}

bool udf_iso_stream_free(struct udf_iso_stream *stream)
{
	if (!stream)
		return true;
	if (!udf_call_within_ms(cancel, stream->source, HANG_MS))
		return false;
	stream->source->free_data(stream->source);
	free(stream->source);
	free(stream->head);
	udf_iso_log(stream->image->env);
	free(stream);
	return true;
}
