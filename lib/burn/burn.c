/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/sum.h"
#include "burn/burn.h"
#include "burn/fifo.h"

#define BLOCK_BYTES 2048u
#define PIECE_BLOCKS 32u		/* of which one checksum is kept */

/* What was sent at once. */
struct piece {
	uint64_t sum;
	uint32_t n_blocks;
};

struct burn {
	struct mmc_drive *drive;
	const struct burn_plan *plan;
	struct burn_report *report;
	struct burn_fifo *fifo;
	struct pkt_track *track;
	uint64_t n_blocks;		/* sent, with padding */
	struct piece *sums;		/* of each piece, if they will be compared */
	size_t n_sums, cap_sums;
	bool is_verifying;
	struct pkt_track_progress last_progress;
	uint8_t piece[PIECE_BLOCKS * BLOCK_BYTES];
};

/* ---- checksums of what was sent ---- */

static enum udf_err sum_keep(struct burn *b, uint32_t n_blocks)
{
	struct piece *sums = b->sums;
	size_t cap = b->cap_sums;

	if (!b->plan->verify)
		return UDF_OK;
	if (b->n_sums == cap) {
		cap = cap ? cap * 2 : 4096;
		sums = realloc(b->sums, cap * sizeof(*sums));
		if (!sums)
			return mmc_drive_refuse(b->drive, UDF_E_NOMEM, NULL, "out of memory");
		b->sums = sums;
		b->cap_sums = cap;
	}
	sums[b->n_sums++] = (struct piece){ .sum = udf_quick_sum(b->piece, (size_t)n_blocks * BLOCK_BYTES),
					    .n_blocks = n_blocks };
	return UDF_OK;
}

/* ---- progress ---- */

static bool on_progress(void *ctx, const struct pkt_track_progress *progress)
{
	struct burn *b = ctx;
	struct burn_progress p = { .track = *progress, .is_verifying = b->is_verifying };

	b->last_progress = *progress;
	if (!b->plan->progress)
		return true;
	p.fifo_percent = b->fifo ? burn_fifo_percent(b->fifo) : 0;
	return b->plan->progress(b->plan->ctx, &p);
}

/* The source keeps the drive waiting.  The user may have waited long enough. */
static bool on_waiting(void *ctx)
{
	struct burn *b = ctx;
	struct pkt_track_progress progress = b->last_progress;

	if (!progress.what)
		progress.what = "waiting for the source";
	return on_progress(b, &progress);
}

/* ---- writing ---- */

static enum udf_err send_piece(struct burn *b, uint32_t n_blocks)
{
	enum udf_err err = sum_keep(b, n_blocks);

	if (!err)
		err = pkt_track_write(b->track, b->piece, n_blocks);
	if (!err)
		b->n_blocks += n_blocks;
	return err;
}

/* All that the source gives.  The last block is filled with zeros. */
static enum udf_err send_source(struct burn *b)
{
	size_t n_bytes;
	enum udf_err err;

	for (;;) {
		uint32_t n_blocks;

		err = burn_fifo_take(b->fifo, b->piece, sizeof(b->piece), &n_bytes);
		if (err) {
			b->report->source_failed = err != UDF_E_CANCELLED;
			return mmc_drive_refuse(b->drive, err, NULL, "%s", err == UDF_E_CANCELLED ?
						"reading the source was cancelled" : "the source can't be read");
		}
		if (!n_bytes)
			return UDF_OK;
		b->report->n_bytes += n_bytes;
		n_blocks = (uint32_t)udf_ceil_div(n_bytes, BLOCK_BYTES);
		memset(b->piece + n_bytes, 0, (size_t)n_blocks * BLOCK_BYTES - n_bytes);
		err = send_piece(b, n_blocks);
		if (err)
			return err;
	}
}

static enum udf_err send_padding(struct burn *b)
{
	enum udf_err err = UDF_OK;

	memset(b->piece, 0, sizeof(b->piece));
	for (uint32_t left = b->plan->n_pad_blocks, n; !err && left; left -= n) {
		n = left < PIECE_BLOCKS ? left : PIECE_BLOCKS;
		err = send_piece(b, n);
	}
	return err;
}

static enum udf_err write_all(struct burn *b)
{
	enum udf_err err = send_source(b);

	if (!err)
		err = send_padding(b);
	return err ? err : pkt_track_end(b->track, &b->report->track);
}

/* ---- reading back ---- */

static enum udf_err show_verified(struct burn *b, uint64_t n_blocks)
{
	const struct pkt_track_progress progress = { .n_blocks = n_blocks, .n_total = b->n_blocks,
						     .what = "reading it back" };

	if (on_progress(b, &progress))
		return UDF_OK;
	return mmc_drive_refuse(b->drive, UDF_E_CANCELLED, NULL, "reading back was cancelled");
}

static enum udf_err verify(struct burn *b)
{
	uint64_t lba = b->report->track.first_lba, done = 0;
	enum udf_err err = UDF_OK;

	b->is_verifying = true;
	for (size_t i = 0; !err && i < b->n_sums; i++) {
		uint32_t n = b->sums[i].n_blocks;

		err = mmc_drive_read(b->drive, lba + done, n, b->piece);
		if (err && err != UDF_E_MEDIUM && err != UDF_E_RANGE)
			return err;
		if (err || udf_quick_sum(b->piece, (size_t)n * BLOCK_BYTES) != b->sums[i].sum) {
			if (b->report->n_different++ == 0)
				b->report->first_different_lba = (uint32_t)(lba + done);
		}
		done += n;
		err = i % 16 == 0 ? show_verified(b, done) : UDF_OK;
	}
	b->report->was_verified = !err;
	if (!err && b->report->n_different)
		err = mmc_drive_refuse(b->drive, UDF_E_CORRUPT, "Burn it again, slower or onto another disc.",
				       "the disc differs from what was sent, first in the 32 blocks from %u on",
				       b->report->first_different_lba);
	return err;
}

/* ---- the job ---- */

static enum udf_err source_begin(struct burn *b, const struct burn_source *source)
{
	const char *why = NULL;
	const uint8_t *begin;
	bool is_empty = false;
	size_t n_bytes;
	const struct burn_fifo_patience patience = { .goes_on = on_waiting, .ctx = b };
	enum udf_err err = burn_fifo_new(source, b->plan->fifo_bytes, &patience, &b->fifo);

	if (err)
		return mmc_drive_refuse(b->drive, err, NULL, "out of memory");
	err = burn_fifo_fill(b->fifo, &is_empty);
	b->report->source_failed = err && err != UDF_E_CANCELLED;
	if (err)
		return mmc_drive_refuse(b->drive, err, NULL, "%s", err == UDF_E_CANCELLED ?
					"reading the source was cancelled" : "the source can't be read");
	if (is_empty && !b->plan->may_be_empty)
		return mmc_drive_refuse(b->drive, UDF_E_NO_DATA, NULL, "the source is empty");
	begin = burn_fifo_begin(b->fifo, &n_bytes);
	if (b->plan->refuses)
		why = b->plan->refuses(begin, n_bytes);
	return why ? mmc_drive_refuse(b->drive, UDF_E_UNSUPPORTED, NULL, "%s", why) : UDF_OK;
}

static enum udf_err place_check(struct burn *b)
{
	uint32_t next_lba = pkt_track_next_lba(b->track);

	if (!b->plan->has_first_lba || b->plan->first_lba == next_lba)
		return UDF_OK;
	return mmc_drive_refuse(b->drive, UDF_E_INVAL, "Try again.", "the data are made for block %u, and writing "
				"would begin at block %u", b->plan->first_lba, next_lba);
}

/* What happened, and what the disc is now. */
static void failure_tell(struct burn *b)
{
	const struct mmc_failure *failure = mmc_drive_failure(b->drive);

	if (b->track && !b->is_verifying)
		pkt_track_stop(b->track, &b->report->track, b->report->text);
	else
		snprintf(b->report->text, sizeof(b->report->text), "%s%s%s", failure->text,
			 failure->advice ? ".  " : "", failure->advice ? failure->advice : "");
}

enum udf_err burn_run(struct mmc_drive *drive, const struct burn_plan *plan, const struct burn_source *source,
		      struct burn_report *ret_report)
{
	struct burn *b = calloc(1, sizeof(*b));
	struct pkt_track_plan track_plan = plan->track;
	enum udf_err err;

	memset(ret_report, 0, sizeof(*ret_report));
	if (!b)
		return UDF_E_NOMEM;
	b->drive = drive;
	b->plan = plan;
	b->report = ret_report;
	track_plan.progress = on_progress;
	track_plan.ctx = b;
	track_plan.n_blocks = (uint32_t)udf_min64((uint64_t)plan->track.n_blocks + plan->n_pad_blocks, UINT32_MAX);
	/* the disc is looked at first: it would be a pity to wait for the source */
	err = pkt_track_new(drive, &track_plan, &b->track);
	if (!err)
		err = place_check(b);
	if (!err)
		err = source_begin(b, source);
	if (!err)
		err = write_all(b);
	if (!err && plan->verify && !track_plan.is_test)
		err = verify(b);
	if (err)
		failure_tell(b);
	ret_report->source_hangs = !burn_fifo_free(b->fifo);
	pkt_track_free(b->track);
	free(b->sums);
	free(b);
	return err;
}
