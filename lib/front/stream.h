/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a source gives, in order, onto a target that is written in place.  The first blocks, by which a system knows
 * what is there, are written last, after all others are durable: nobody takes half an image for a whole one, and
 * where something is added to an image, a power cut leaves the old one or the new one.
 */
#ifndef UDF_FRONT_STREAM_H
#define UDF_FRONT_STREAM_H

#include <stddef.h>

#include "front/front.h"
#include "front/target.h"

struct front_stream {
	struct front_target *target;	/* inspected and claimed; it is opened here, and stays open */
	const struct front_target_options *options;
	/** Read up to N_BYTES, at least one; RET_N_BYTES is 0 at the end. */
	enum udf_err (*read)(void *source, void *ret_data, size_t n_bytes, size_t *ret_n_bytes);
	void *source;
	uint64_t n_bytes;		/* of the source, if that is known; else UINT64_MAX: until the target is full */
	uint64_t n_pad_bytes;		/* of zeros, after it */
	bool may_be_empty;		/* the padding is enough */
	/*
	 * Where it goes: 0, or after the end of an image, of which the N_HEAD_BYTES (up to 128 KiB) from HEAD_AT_BYTES
	 * on become HEAD at last.
	 */
	uint64_t at_bytes;
	const uint8_t *head;
	uint64_t head_at_bytes;
	size_t n_head_bytes;
	bool verify;			/* read everything back and compare it */
	/** Called now and then.  False: stop, UDF_E_CANCELLED.  TOTAL is 0 where it is not known. */
	bool (*progress)(void *ctx, const char *what, uint64_t done_bytes, uint64_t total_bytes);
	void *ctx;
};

struct front_stream_report {
	uint64_t n_bytes;		/* of the source */
	uint64_t n_written_bytes;	/* from at_bytes on, with padding */
	bool source_failed;		/* the error is the source's */
	bool is_partial;		/* the target has only a part of it */
	bool is_cleared;		/* and no beginning; with job->head: the beginning may be neither old nor new */
	bool is_written;		/* it has all of it */
	bool is_verified;
	char why[FRONT_WHY_BYTES];	/* what failed; "": the source, or what was said by front_target_open() */
};

/** Does it fit, as far as that is known?  Nothing is opened.  UDF_E_NOSPC, after a message. */
enum udf_err front_stream_check(const struct front_stream *job, struct front_stream_report *ret_report);

/**
 * Write it.  A source that is empty, or fails before it has given as much as is written last, leaves the target as it
 * was.  What fails has been said in one line on standard error, unless it is the source.
 *
 * Returns UDF_E_NO_DATA for an empty source, UDF_E_NOSPC for one that is too large, UDF_E_MEDIUM where something else
 * is read back.
 */
enum udf_err front_stream_write(const struct front_stream *job, struct front_stream_report *ret_report);

#endif
