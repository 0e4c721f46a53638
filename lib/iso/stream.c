/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image as a stream of blocks.  A thread of libisofs makes it, some hundred blocks ahead of the reader. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/wait.h"
#include "iso/internal.h"

#define HANG_MS 1000		/* a file that has not been read after this hangs */

struct udf_iso_stream {
	struct udf_iso_image *image;
	struct burn_source *source;
	uint64_t n_blocks, n_read;
	bool has_failed;
};

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
		iso_write_opts_set_will_cancel(opts, size_only);
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

enum udf_err udf_iso_stream_read(struct udf_iso_stream *stream, uint32_t n_blocks, void *ret_data,
				 uint32_t *ret_n_blocks)
{
	uint64_t n_left = stream->n_blocks - stream->n_read;
	enum udf_err err;
	int n_bytes, ret;

	if (n_blocks > n_left)
		n_blocks = (uint32_t)n_left;
	*ret_n_blocks = 0;
	if (n_blocks == 0)
		return UDF_OK;
	n_bytes = (int)(n_blocks * UDF_ISO_BLOCK_BYTES);
	ret = stream->source->read_xt(stream->source, ret_data, n_bytes);
	err = take_failures(stream->image);
	udf_iso_log(stream->image->env);
	if (ret != n_bytes) {
		stream->has_failed = true;
		return err ? err : UDF_E_IO;
	}
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

bool udf_iso_stream_free(struct udf_iso_stream *stream)
{
	if (!stream)
		return true;
	if (!udf_call_within_ms(cancel, stream->source, HANG_MS))
		return false;
	stream->source->free_data(stream->source);
	free(stream->source);
	udf_iso_log(stream->image->env);
	free(stream);
	return true;
}
