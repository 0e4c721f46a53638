/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "front/stream.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <udfkit/bio.h>

#include "base/checked.h"
#include "base/sum.h"
#include "cli/cli.h"
#include "medium/medium.h"

#define CHUNK_BYTES (1u << 20)
#define MAX_HEAD_BYTES (128u << 10)	/* a whole packet of any medium */

/* What was written at once. */
struct piece {
	uint64_t at_bytes, sum;
	uint32_t n_bytes;
};

struct writing {
	const struct front_stream *job;
	struct front_stream_report *report;
	struct front_target *target;
	uint64_t at;			/* where the next bytes go */
	uint64_t n_pad_left;
	bool has_ended;			/* the source */
	uint8_t *chunk, *head;
	size_t n_head;			/* bytes in HEAD that are written last */
	struct piece *pieces;		/* if they will be compared */
	size_t n_pieces, cap_pieces;
};

/* "TOOL: PATH: ...".  Returns ERR. */
__attribute__((format(printf, 3, 4)))
static enum udf_err fail(struct writing *w, enum udf_err err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->report->why, sizeof(w->report->why), format, args);
	va_end(args);
	cli_say("%s: %s: %s", w->target->tool, w->target->path, w->report->why);
	return err;
}

static enum udf_err target_failed(struct writing *w, const char *what, uint64_t at, struct bio *bio, enum udf_err err)
{
	int host_errno = bio_host_errno(bio);

	snprintf(w->report->why, sizeof(w->report->why), "cannot %s block %" PRIu64, what,
		 at / bio->geometry.block_bytes);
	cli_error(w->target->tool, w->target->path, w->report->why, err, host_errno);
	return err;
}

static bool shows(const struct writing *w, const char *what, uint64_t done)
{
	const struct front_stream *job = w->job;
	uint64_t total = job->n_bytes == UINT64_MAX ? 0 : job->n_bytes + job->n_pad_bytes;

	return !job->progress || job->progress(job->ctx, what, total ? udf_min64(done, total) : done, total);
}

/* ---- reading ---- */

/* Up to CAP bytes: fewer only at the end of source and padding. */
static enum udf_err take(struct writing *w, uint8_t *ret_data, size_t cap, size_t *ret_n_bytes)
{
	size_t done = 0, n;
	enum udf_err err;

	while (!w->has_ended && done < cap) {
		err = w->job->read(w->job->source, ret_data + done, cap - done, &n);
		w->report->source_failed = err != UDF_OK;
		if (err)
			return err;
		w->report->n_bytes += n;
		done += n;
		if (w->report->n_bytes > w->job->n_bytes)
			return fail(w, UDF_E_INVAL, "the source has more than the %" PRIu64 " bytes that it was to "
				    "have", w->job->n_bytes);
		if (n)
			continue;
		w->has_ended = true;
		if (w->job->n_bytes != UINT64_MAX)	/* what it lacks becomes zeros */
			w->n_pad_left += w->job->n_bytes - w->report->n_bytes;
	}
	n = w->has_ended ? (size_t)udf_min64(w->n_pad_left, cap - done) : 0;
	memset(ret_data + done, 0, n);
	w->n_pad_left -= n;
	*ret_n_bytes = done + n;
	return UDF_OK;
}

/* Of an image that begins the target: what will be written last is read first. */
static enum udf_err take_head(struct writing *w)
{
	enum udf_err err = take(w, w->head, MAX_HEAD_BYTES, &w->n_head);

	if (!err && (w->n_head == 0 || (w->report->n_bytes == 0 && !w->job->may_be_empty)))
		err = fail(w, UDF_E_NO_DATA, "the source is empty; nothing was written");
	return err;
}

/* ---- writing ---- */

static enum udf_err piece_keep(struct writing *w, uint64_t at, const uint8_t *data, uint32_t n_bytes)
{
	size_t cap = w->cap_pieces;
	struct piece *pieces = w->pieces;

	if (!w->job->verify)
		return UDF_OK;
	if (w->n_pieces == cap) {
		cap = cap ? cap * 2 : 1024;
		pieces = realloc(w->pieces, cap * sizeof(*pieces));
		if (!pieces)
			return fail(w, UDF_E_NOMEM, "%s", udf_strerror(UDF_E_NOMEM));
		w->pieces = pieces;
		w->cap_pieces = cap;
	}
	pieces[w->n_pieces++] = (struct piece){ .at_bytes = at, .n_bytes = n_bytes,
						.sum = udf_quick_sum(data, n_bytes) };
	return UDF_OK;
}

/*
 * How many blocks N_BYTES at byte AT take: whole units of the medium, so that nothing need be read for the last one.
 * On a disc that was just formatted not all can be.
 */
static uint32_t whole_blocks(const struct bio_geometry *g, uint64_t at, size_t n_bytes)
{
	uint32_t n_blocks = (uint32_t)udf_ceil_div(n_bytes, g->block_bytes);
	uint64_t first = at / g->block_bytes;
	uint64_t whole_end = udf_ceil_div(first + n_blocks, g->write_unit_blocks) * g->write_unit_blocks;

	return MAX_HEAD_BYTES % (g->write_unit_blocks * g->block_bytes) == 0 && whole_end <= g->n_blocks ?
	       (uint32_t)(whole_end - first) : n_blocks;
}

/* N_BYTES at byte AT; what they lack of whole units is zeros, for which DATA has room. */
static enum udf_err put(struct writing *w, uint64_t at, uint8_t *data, size_t n_bytes)
{
	struct bio *bio = w->target->bio;
	uint32_t block_bytes = bio->geometry.block_bytes;
	bool keeps_what_follows = at < w->job->at_bytes;
	uint32_t n_blocks = keeps_what_follows ? (uint32_t)udf_ceil_div(n_bytes, block_bytes) :
						 whole_blocks(&bio->geometry, at, n_bytes);
	enum udf_err err;

	if (at / block_bytes + n_blocks > bio->geometry.n_blocks)
		return fail(w, UDF_E_NOSPC, "is full: it has %" PRIu64 " bytes", w->target->size_bytes);
	memset(data + n_bytes, 0, (size_t)n_blocks * block_bytes - n_bytes);
	err = piece_keep(w, at, data, n_blocks * block_bytes);
	if (err)
		return err;
	err = bio_write(bio, at / block_bytes, n_blocks, data);
	return err ? target_failed(w, "write", at, bio, err) : UDF_OK;
}

static enum udf_err flush(struct writing *w)
{
	enum udf_err err = bio_flush(w->target->bio);

	return err ? target_failed(w, "make durable what was written before", w->at, w->target->bio, err) : UDF_OK;
}

/* Zeros where the head will be: what was there before is no volume any more either. */
static enum udf_err clear_head(struct writing *w)
{
	struct bio *bio = w->target->bio;
	enum udf_err err;

	memset(w->chunk, 0, MAX_HEAD_BYTES);
	err = bio_write(bio, 0, MAX_HEAD_BYTES / bio->geometry.block_bytes, w->chunk);
	err = err ? target_failed(w, "write", 0, bio, err) : flush(w);
	w->report->is_cleared = !err;
	return err;
}

static enum udf_err write_body(struct writing *w)
{
	size_t n = 0;
	enum udf_err err;

	for (;;) {
		if (!shows(w, "writing", w->at - w->job->at_bytes))
			return UDF_E_CANCELLED;
		err = take(w, w->chunk, CHUNK_BYTES, &n);
		if (!err && n)
			err = put(w, w->at, w->chunk, n);
		if (err || n == 0)
			return err;
		w->at += n;
	}
}

/* Is there more than what is written last, as far as that is known? */
static bool has_body(const struct writing *w)
{
	const struct front_stream *job = w->job;

	return !job->head && w->n_head == MAX_HEAD_BYTES &&
	       (job->n_bytes == UINT64_MAX || job->n_bytes + job->n_pad_bytes > MAX_HEAD_BYTES);
}

static enum udf_err write_all(struct writing *w)
{
	enum udf_err err = UDF_OK;

	w->report->is_partial = true;
	w->at = w->job->at_bytes + (w->job->head ? 0 : w->n_head);
	if (has_body(w))
		err = clear_head(w);
	if (!err)
		err = write_body(w);
	if (!err)
		err = flush(w);
	if (!err && w->job->head) {	/* which is complete by now */
		w->report->is_cleared = true;
		w->n_head = w->job->n_head_bytes;
		memcpy(w->head, w->job->head, w->n_head);
	}
	if (!err)
		err = put(w, w->job->head ? w->job->head_at_bytes : 0, w->head, w->n_head);
	if (!err)
		err = flush(w);
	w->report->n_written_bytes = w->at - w->job->at_bytes;
	w->report->is_partial = err != UDF_OK;
	w->report->is_written = !err;
	return err;
}

/* ---- reading back ---- */

static enum udf_err compare(struct writing *w, struct bio *bio)
{
	uint32_t block_bytes = bio->geometry.block_bytes;
	uint64_t done = 0;
	enum udf_err err;

	for (size_t i = 0; i < w->n_pieces; i++) {
		const struct piece *piece = &w->pieces[i];

		if (!shows(w, "reading back", done))
			return UDF_E_CANCELLED;
		err = bio_read(bio, piece->at_bytes / block_bytes, piece->n_bytes / block_bytes, w->chunk);
		if (err)
			return target_failed(w, "read back", piece->at_bytes, bio, err);
		if (udf_quick_sum(w->chunk, piece->n_bytes) != piece->sum)
			return fail(w, UDF_E_MEDIUM, "what is read back from block %" PRIu64 " on is not what was "
				    "written", piece->at_bytes / block_bytes);
		done += piece->n_bytes;
	}
	w->report->is_verified = true;
	return UDF_OK;
}

/* Open it anew, so that no cache of ours answers. */
static enum udf_err verify(struct writing *w)
{
	const struct medium_options read_only = { .read_only = true,
						  .block_bytes = w->target->bio->geometry.block_bytes };
	struct medium_refusal refusal;
	struct bio *bio = NULL;
	enum udf_err err;

	bio_close(w->target->bio);
	w->target->bio = NULL;
	err = medium_open(w->target->path, &read_only, &bio, NULL, &refusal);
	if (err) {
		snprintf(w->report->why, sizeof(w->report->why), "%s",
			 refusal.why ? refusal.why : "cannot open it to read back");
		cli_error(w->target->tool, w->target->path, w->report->why, err, refusal.host_errno);
		return err;
	}
	err = compare(w, bio);
	bio_close(bio);
	return err;
}

/* ---- the job ---- */

/* So that what does not fit is refused before anything is written. */
static enum udf_err check_size(struct writing *w, uint64_t *ret_end_bytes)
{
	const struct front_stream *job = w->job;
	const struct front_target *target = w->target;
	bool grows = !target->is_block && !target->is_optical;
	uint64_t end = job->at_bytes + job->n_bytes + job->n_pad_bytes;

	*ret_end_bytes = target->size_bytes;
	if (job->n_bytes == UINT64_MAX)
		return UDF_OK;
	if (end > target->size_bytes && !grows)
		return fail(w, UDF_E_NOSPC, "has %" PRIu64 " bytes, and %" PRIu64 " are needed", target->size_bytes,
			    end);
	*ret_end_bytes = end;
	return UDF_OK;
}

static enum udf_err run(struct writing *w)
{
	uint64_t end_bytes = 0;
	enum udf_err err = check_size(w, &end_bytes);

	w->chunk = malloc(CHUNK_BYTES);
	w->head = malloc(MAX_HEAD_BYTES);
	if (!err && (!w->chunk || !w->head))
		err = fail(w, UDF_E_NOMEM, "%s", udf_strerror(UDF_E_NOMEM));
	if (!err && !w->job->head)
		err = take_head(w);
	if (!err)
		err = front_target_open(w->target, w->job->options, end_bytes);
	if (err)
		return err;
	err = write_all(w);
	return err || !w->job->verify ? err : verify(w);
}

enum udf_err front_stream_check(const struct front_stream *job, struct front_stream_report *ret_report)
{
	struct writing w = { .job = job, .report = ret_report, .target = job->target };
	uint64_t end_bytes;

	*ret_report = (struct front_stream_report){ .n_bytes = 0 };
	return check_size(&w, &end_bytes);
}

enum udf_err front_stream_write(const struct front_stream *job, struct front_stream_report *ret_report)
{
	struct writing w = { .job = job, .report = ret_report, .target = job->target, .n_pad_left = job->n_pad_bytes };
	enum udf_err err;

	*ret_report = (struct front_stream_report){ .n_bytes = 0 };
	err = run(&w);
	free(w.pieces);
	free(w.chunk);
	free(w.head);
	return err;
}
