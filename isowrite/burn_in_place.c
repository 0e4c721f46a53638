/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same items on discs that are written in place: not by the drive's tracks, but as a disk is. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "burn_request.h"
#include "in_place.h"
#include "names.h"

bool burn_is_in_place(const struct burn_work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);

	/* a CD-RW in packets is no disc that a CD drive reads as one: it is blanked, or has UDF */
	return !work->req->blanks && disc->can_overwrite && disc->profile->family != MMC_FAMILY_CD;
}

static bool show(void *ctx, const char *what, uint64_t done_bytes, uint64_t total_bytes)
{
	struct burn_work *work = ctx;

	cli_progress_bytes(&work->progress, what, done_bytes, total_bytes);
	if (work->between)
		work->between(work);
	return !burn_is_interrupted();
}

static enum udf_err source_read(void *source, void *ret_data, size_t n_bytes, size_t *ret_n_bytes)
{
	const struct burn_source *s = source;

	return s->read(s->ctx, ret_data, n_bytes, ret_n_bytes);
}

static void tell_failure(struct burn_work *work, const struct burn_item *item,
			 const struct front_stream_report *report, enum udf_err err)
{
	const char *why = report->source_failed && item->why ? item->why(item->source.ctx) : NULL;

	if (report->source_failed || err == UDF_E_CANCELLED)
		burn_work_refuse(work, "%s: %s%s", why ? why : item->name, err == UDF_E_CANCELLED ? "cancelled" :
				 "the source can't be read", report->is_partial ? "" : "; nothing was written");
	else
		snprintf(work->error, sizeof(work->error), "%.1000s", report->why[0] ? report->why : udf_strerror(err));
}

static void tell(struct burn_work *work, const struct burn_item *item, const struct burn_report *report)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);

	if (work->req->json)
		return;
	burn_work_say(work, "%s: %" PRIu64 " blocks from block %" PRIu32 " on%s; the %s is %s", item->name,
		      report->track.n_blocks, report->track.first_lba,
		      report->was_verified ? ", read back and the same" : "", disc->profile->name,
		      mmc_state_name(disc->state));
}

/* The drive can't be opened twice: it is let go of meanwhile. */
enum udf_err burn_in_place_do(struct burn_work *work, const struct in_place *job,
			      struct front_stream_report *ret_report)
{
	enum udf_err err, reopened;

	mmc_drive_close(work->drive);
	work->drive = NULL;
	cli_guard_done(work->guard);
	work->guard = NULL;
	err = in_place_write(job, ret_report);
	cli_progress_done(&work->progress);
	if (work->between)
		work->between(work);
	reopened = burn_work_open(work);
	return err ? err : reopened;
}

enum udf_err burn_in_place_write(struct burn_work *work, const struct burn_item *item,
				 struct burn_report *ret_report)
{
	const struct burn_request *req = work->req;
	struct burn_source source = item->source;
	const struct in_place job = {
		.target = work->device, .force = req->force,
		.force_option = req->force_word ? req->force_word : "-force",
		.first_block = item->first_lba, .head = item->head,
		.has_system_area = req->iso && req->iso->plan.system_area,
		.check_only = req->check_only || req->is_test,
		.stream = { .read = source_read, .source = &source,
			    .n_bytes = item->has_size ? item->n_bytes : UINT64_MAX,
			    .n_pad_bytes = (uint64_t)item->n_pad_blocks * UDF_ISO_BLOCK_BYTES,
			    .may_be_empty = item->may_be_empty, .verify = req->verify,
			    .progress = show, .ctx = work } };
	static struct front_stream_report report;
	enum udf_err err = burn_in_place_do(work, &job, &report);

	ret_report->n_bytes = report.n_bytes;
	ret_report->was_verified = report.is_verified;
	ret_report->track.first_lba = item->first_lba;
	ret_report->track.n_blocks = (report.n_written_bytes + UDF_ISO_BLOCK_BYTES - 1) / UDF_ISO_BLOCK_BYTES;
	ret_report->track.is_touched = report.is_partial || report.is_written;
	work->outcome.was_touched |= ret_report->track.is_touched;
	if (err)
		tell_failure(work, item, &report, err);
	else if (job.check_only)
		burn_work_say(work, "%s: can be written; this was a test, so nothing was", item->name);
	else
		tell(work, item, ret_report);
	burn_json_track(work, item->name, ret_report, !err);
	return err;
}
