/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of steps in which a track is written; the steps themselves are those of lib/mmc. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "mmc/close.h"
#include "pkt/track_state.h"

#define BLOCK_BYTES 2048u
#define PROGRESS_BLOCKS 256u
#define BUFFER_ASKED_BLOCKS 1024u	/* how often the drive's buffer is looked at for the progress */

enum udf_err pkt_track_new(struct mmc_drive *drive, const struct pkt_track_plan *plan, struct pkt_track **ret_track)
{
	const struct mmc_disc *disc = mmc_drive_disc(drive);
	struct pkt_track *t;
	enum udf_err err = pkt_track_medium_check(drive);

	if (err)
		return err;
	t = calloc(1, sizeof(*t));
	if (!t)
		return mmc_drive_refuse(drive, UDF_E_NOMEM, NULL, "out of memory");
	t->drive = drive;
	t->plan = *plan;
	t->first_lba = disc->next_writable_lba;
	t->next_lba = t->first_lba;
	t->unit_blocks = pkt_track_is_cd(t) ? 1 : udf_max64(disc->write_unit_blocks, 1) & UINT32_MAX;
	t->max_blocks = mmc_append_max_blocks(drive);
	t->is_protected = true;
	err = pkt_track_plan_check(t);
	if (t->recording == MMC_RECORD_FIXED_PACKETS)
		t->unit_blocks = PKT_CD_PACKET_BLOCKS;
	if (!err && t->recording == MMC_RECORD_FIXED_PACKETS && t->max_blocks < PKT_CD_PACKET_BLOCKS)
		err = mmc_drive_refuse(drive, UDF_E_UNSUPPORTED, "Use another adapter for the drive.",
				       "the host can't transfer a packet at once");
	/* commands are whole units where the host can transfer that much */
	if (t->max_blocks > t->unit_blocks)
		t->max_blocks -= t->max_blocks % t->unit_blocks;
	t->waiting = err || !t->max_blocks ? NULL : calloc(t->max_blocks, BLOCK_BYTES);
	if (!err && !t->waiting)
		err = mmc_drive_refuse(drive, UDF_E_NOMEM, NULL, "out of memory");
	if (err) {
		pkt_track_free(t);
		return err;
	}
	*ret_track = t;
	return UDF_OK;
}

void pkt_track_free(struct pkt_track *track)
{
	if (!track)
		return;
	free(track->waiting);
	free(track);
}

uint32_t pkt_track_next_lba(const struct pkt_track *track)
{
	return (uint32_t)udf_min64(track->next_lba + track->n_waiting, UINT32_MAX);
}

uint64_t pkt_track_free_blocks(const struct pkt_track *track)
{
	uint64_t next = track->next_lba + track->n_waiting;

	return track->end_lba > next ? track->end_lba - next : 0;
}

/* ---- progress ---- */

static enum udf_err show(struct pkt_track *t, const char *what)
{
	struct pkt_track_progress progress;

	if (!t->plan.progress)
		return UDF_OK;
	if (t->is_started && t->n_sent - t->asked_blocks >= BUFFER_ASKED_BLOCKS) {
		t->asked_blocks = t->n_sent;
		mmc_buffer_read(t->drive, &t->buffer);
	}
	progress = (struct pkt_track_progress){
		.n_blocks = t->n_sent, .n_total = t->plan.has_size ? t->plan.n_blocks : 0,
		.buffer_bytes = t->buffer.n_bytes, .buffer_free_bytes = t->buffer.n_free_bytes,
		.speed_kbs = t->speed_kbs, .what = what,
		.elapsed_ms = t->is_started ? mmc_drive_now_ms(t->drive) - t->start_ms : 0,
	};
	if (t->plan.progress(t->plan.ctx, &progress))
		return UDF_OK;
	return mmc_drive_refuse(t->drive, UDF_E_CANCELLED, NULL, "writing was cancelled");
}

/* ---- the first block ---- */

static uint32_t lowest_speed(const struct mmc_disc *disc)
{
	return disc->speeds.n_speeds ? disc->speeds.speeds[disc->speeds.n_speeds - 1].write_kbs : 0;
}

/* A drive that can't set the speed writes at its own. */
static void speed_set(struct pkt_track *t)
{
	uint32_t lowest = lowest_speed(mmc_drive_disc(t->drive));
	uint32_t speed_kbs = t->plan.speed_kbs;

	if (!t->is_protected && !t->plan.may_underrun && lowest)
		speed_kbs = lowest;
	if (mmc_drive_set_speed(t->drive, speed_kbs) == UDF_OK)
		t->speed_kbs = speed_kbs;
}

/* A session at once has the pregap of its track before it. */
static enum udf_err pregap_write(struct pkt_track *t)
{
	uint8_t *zeros = calloc(t->max_blocks, BLOCK_BYTES);
	int64_t lba = (int64_t)t->first_lba - MMC_PREGAP_BLOCKS;
	enum udf_err err = UDF_OK;

	if (!zeros)
		return mmc_drive_refuse(t->drive, UDF_E_NOMEM, NULL, "out of memory");
	while (!err && lba < (int64_t)t->first_lba) {
		uint32_t n = (uint32_t)udf_min64(t->max_blocks, (uint64_t)((int64_t)t->first_lba - lba));

		err = mmc_append_write(t->drive, lba, n, zeros);
		lba += n;
	}
	free(zeros);
	return err;
}

static enum udf_err at_once_begin(struct pkt_track *t)
{
	uint64_t n_blocks = udf_ceil_div(t->plan.n_blocks, t->unit_blocks) * t->unit_blocks;
	enum udf_err err;

	if (pkt_track_is_cd(t))
		n_blocks = udf_max64(n_blocks, PKT_CD_MIN_TRACK_BLOCKS);
	t->end_lba = t->first_lba + n_blocks;
	if (!pkt_track_is_cd(t))
		return mmc_reserve_track(t->drive, (uint32_t)n_blocks);
	err = mmc_cue_sheet_send(t->drive, t->first_lba, (uint32_t)n_blocks);
	return err ? err : pregap_write(t);
}

static enum udf_err start(struct pkt_track *t)
{
	const struct mmc_recording_options options = {
		.is_test = t->plan.is_test, .is_multi = t->plan.ending != PKT_END_DISC, .is_xa = t->plan.is_xa,
		.may_underrun = t->plan.may_underrun };
	enum udf_err err;

	if (t->is_started)
		return UDF_OK;
	t->start_ms = mmc_drive_now_ms(t->drive);
	err = mmc_recording_set(t->drive, t->recording, &options, &t->is_protected);
	if (err)
		return err;
	speed_set(t);
	if (!t->plan.no_calibration && !t->plan.is_test)
		err = mmc_session_calibrate(t->drive);
	t->is_started = true;
	if (!err && pkt_track_is_at_once(t))
		err = at_once_begin(t);
	return err;
}

/* ---- blocks ---- */

static enum udf_err fail(struct pkt_track *t, enum udf_err err)
{
	if (err && err != UDF_E_CANCELLED)
		t->has_failed = true;
	return err;
}

/* Hand over what waits in memory. */
static enum udf_err send_waiting(struct pkt_track *t)
{
	enum udf_err err = start(t);

	if (!err && t->n_waiting)
		err = mmc_append_write(t->drive, (int64_t)t->next_lba, t->n_waiting, t->waiting);
	if (err)
		return fail(t, err);
	t->next_lba += t->n_waiting;
	t->n_sent += t->n_waiting;
	t->n_waiting = 0;
	if (t->n_sent - t->shown_blocks < PROGRESS_BLOCKS)
		return UDF_OK;
	t->shown_blocks = t->n_sent;
	return show(t, "writing");
}

static enum udf_err refuse_after_failure(struct pkt_track *t)
{
	return mmc_drive_refuse(t->drive, UDF_E_IO, NULL,
				"an earlier write failed, so nothing more is written");
}

/* DATA NULL: zeros. */
static enum udf_err put(struct pkt_track *t, const uint8_t *data, uint64_t n_blocks)
{
	enum udf_err err = UDF_OK;

	while (!err && n_blocks) {
		uint32_t n = (uint32_t)udf_min64(n_blocks, t->max_blocks - t->n_waiting);
		uint8_t *to = t->waiting + (size_t)t->n_waiting * BLOCK_BYTES;

		if (data) {
			memcpy(to, data, (size_t)n * BLOCK_BYTES);
			data += (size_t)n * BLOCK_BYTES;
		} else {
			memset(to, 0, (size_t)n * BLOCK_BYTES);
		}
		t->n_waiting += n;
		n_blocks -= n;
		if (t->n_waiting == t->max_blocks)
			err = send_waiting(t);
	}
	return err;
}

enum udf_err pkt_track_write(struct pkt_track *track, const void *data, uint32_t n_blocks)
{
	if (track->has_failed)
		return refuse_after_failure(track);
	if (track->plan.has_size && n_blocks > track->plan.n_blocks - track->n_given)
		return mmc_drive_refuse(track->drive, UDF_E_NOSPC, NULL,
					"the source has more than the %u blocks that were announced",
					track->plan.n_blocks);
	if (n_blocks > pkt_track_free_blocks(track))
		return mmc_drive_refuse(track->drive, UDF_E_NOSPC, "Take a larger or an emptier disc.",
					"the disc is full: %llu blocks are left",
					(unsigned long long)pkt_track_free_blocks(track));
	track->n_given += n_blocks;
	return put(track, data, n_blocks);
}

/* Zeros up to the end of the unit, or of what the track needs. */
static enum udf_err fill_up(struct pkt_track *t, uint64_t n_blocks)
{
	t->n_padding += n_blocks;
	return put(t, NULL, n_blocks);
}

static uint64_t missing_in_unit(const struct pkt_track *t)
{
	uint64_t end = t->next_lba + t->n_waiting - t->first_lba;

	return udf_ceil_div(end, t->unit_blocks) * t->unit_blocks - end;
}

/* Where the drive will go on.  What moved is padding or links, and never something that was written. */
static enum udf_err next_read(struct pkt_track *t)
{
	struct mmc_track track;
	enum udf_err err = mmc_append_track_read(t->drive, &track);

	if (err)
		return err;
	if (!track.has_next_writable || track.next_writable_lba < t->next_lba)
		return mmc_drive_refuse(t->drive, UDF_E_IO, NULL, "the drive does not report where to continue "
					"writing");
	t->next_lba = track.next_writable_lba;
	t->end_lba = t->next_lba + track.n_free_blocks;
	return UDF_OK;
}

enum udf_err pkt_track_sync(struct pkt_track *track)
{
	enum udf_err err;

	if (track->has_failed)
		return refuse_after_failure(track);
	if (pkt_track_is_at_once(track) || track->recording == MMC_RECORD_TRACK)
		return mmc_drive_refuse(track->drive, UDF_E_UNSUPPORTED, "Write it in packets.",
					"the track would end here");
	if (!track->n_given)
		return UDF_OK;
	err = fill_up(track, missing_in_unit(track));
	if (!err)
		err = send_waiting(track);
	if (!err)
		err = fail(track, mmc_append_sync(track->drive));
	return err ? err : track->plan.is_test ? UDF_OK : next_read(track);
}

/* ---- the end ---- */

static enum udf_err close_by_plan(struct pkt_track *t)
{
	enum udf_err err = UDF_OK;

	/* a session at once is closed already, and a test closes nothing */
	if (t->plan.ending == PKT_END_OPEN || t->plan.is_test || pkt_track_is_at_once(t))
		return UDF_OK;
	err = show(t, "closing the track");
	if (!err)
		err = mmc_close_track(t->drive, 0);
	if (err || t->plan.ending == PKT_END_TRACK)
		return err;
	err = show(t, t->plan.ending == PKT_END_DISC ? "closing the disc" : "closing the session");
	if (err)
		return err;
	return t->plan.ending == PKT_END_DISC ? mmc_finalize(t->drive) : mmc_close_session(t->drive);
}

/* The last track that holds something: a track at once is reserved, and an empty one follows it on a DVD. */
static const struct mmc_track *last_used_track(const struct mmc_disc *disc)
{
	uint32_t n = disc->n_tracks;

	if (n > 1 && disc->tracks[n - 1].is_blank && !disc->tracks[n - 1].is_damaged && disc->tracks[n - 2].is_reserved)
		n--;
	return n ? &disc->tracks[n - 1] : NULL;
}

/* The disc as the drive describes it now. */
static void report_fill(struct pkt_track *t, struct pkt_track_report *ret_report)
{
	const struct mmc_disc *disc = mmc_drive_disc(t->drive);
	const struct mmc_track *last = last_used_track(disc);

	*ret_report = (struct pkt_track_report){
		.first_lba = t->first_lba, .n_blocks = t->n_given, .n_padding = t->n_padding,
		.is_touched = t->is_started && !t->plan.is_test, .state = disc->state,
		.n_waits = mmc_drive_counts(t->drive)->n_waits, .was_protected = t->is_protected,
		.has_next_writable = disc->has_next_writable, .next_writable_lba = disc->next_writable_lba,
	};
	if (last) {
		ret_report->track_is_damaged = last->is_damaged;
		ret_report->track_is_open = !last->is_blank && (last->has_next_writable || last->is_damaged);
	}
}

enum udf_err pkt_track_end(struct pkt_track *track, struct pkt_track_report *ret_report)
{
	/* closing ends with a look at the disc */
	bool was_closed = track->plan.ending != PKT_END_OPEN && !track->plan.is_test && !pkt_track_is_at_once(track);
	uint64_t n_needed = track->plan.has_size ? track->plan.n_blocks : 0;
	enum udf_err err = UDF_OK;

	if (track->has_failed)
		err = refuse_after_failure(track);
	else if (!track->n_given)
		err = mmc_drive_refuse(track->drive, UDF_E_NO_DATA, NULL,
				       "there is nothing to write; the disc is untouched");
	if (!err && pkt_track_is_cd(track))
		n_needed = udf_max64(n_needed, PKT_CD_MIN_TRACK_BLOCKS);
	if (!err && track->n_given < n_needed)
		err = fill_up(track, n_needed - track->n_given);
	if (!err)
		err = fill_up(track, missing_in_unit(track));
	if (!err)
		err = send_waiting(track);
	if (!err)
		err = show(track, "writing what is in the drive's buffer");
	if (!err)
		err = fail(track, mmc_append_sync(track->drive));
	if (!err)
		err = fail(track, close_by_plan(track));
	if (!err && !was_closed)
		err = mmc_drive_refresh(track->drive);
	track->is_ended = !err;
	if (ret_report)
		report_fill(track, ret_report);
	return err;
}

/* ---- giving up ---- */

/* What can be done with the disc now. */
static const char *advice_for(const struct pkt_track *t, const struct pkt_track_report *r)
{
	bool is_write_once = mmc_drive_disc(t->drive)->profile->is_write_once;

	if (!t->is_started || t->plan.is_test || r->state == MMC_STATE_NO_MEDIUM)
		return "";
	if (r->state == MMC_STATE_DAMAGED)
		return is_write_once ? "  Nothing more can be written to it." : "  Blank it to use it again.";
	if (r->track_is_damaged)
		return "  cdrwtool --recover closes the track; what was written before it stays.";
	if (r->track_is_open && pkt_track_is_cd(t) && pkt_track_is_at_once(t))
		return "  A session at once can't be continued; isowrite --finalize may still close it.";
	if (r->track_is_open)
		return "  Its last track is open; isowrite --finalize closes it, and what was written stays.";
	return r->state == MMC_STATE_BLANK ? "  It can be used again." : "";
}

static void text_make(const struct pkt_track *t, const struct pkt_track_report *r, const struct mmc_failure *why,
		      char ret_text[PKT_TRACK_TEXT_BYTES])
{
	bool is_changed = t->is_started && !t->plan.is_test;
	char block[32] = "";

	if (r->has_bad_lba)
		snprintf(block, sizeof(block), " at block %u", r->bad_lba);
	if (is_changed)
		snprintf(ret_text, PKT_TRACK_TEXT_BYTES, "writing stopped%s: %s; the %s is %s now.%s", block,
			 why->text[0] ? why->text : "it was cancelled", mmc_drive_disc(t->drive)->profile->name,
			 mmc_state_name(r->state), advice_for(t, r));
	else
		snprintf(ret_text, PKT_TRACK_TEXT_BYTES, "%s; the %s is as it was",
			 why->text[0] ? why->text : "it was cancelled", mmc_drive_disc(t->drive)->profile->name);
}

void pkt_track_stop(struct pkt_track *track, struct pkt_track_report *ret_report, char ret_text[PKT_TRACK_TEXT_BYTES])
{
	struct mmc_failure why = *mmc_drive_failure(track->drive);
	struct pkt_track_report report;
	uint64_t next_lba = track->next_lba;
	bool is_known = true;

	/* what the drive still has is written before it is asked what it has */
	if (track->is_started && !track->plan.is_test)
		is_known = mmc_drive_refresh(track->drive) == UDF_OK;
	track->has_failed = true;
	report_fill(track, &report);
	/* the disc as it was before is not what it is now */
	if (!is_known) {
		report.state = MMC_STATE_UNKNOWN;
		report.track_is_open = report.track_is_damaged = report.has_next_writable = false;
	}
	report.has_bad_lba = why.has_lba || (why.err == UDF_E_MEDIUM && track->is_started);
	report.bad_lba = why.has_lba ? why.lba : (uint32_t)next_lba;
	text_make(track, &report, &why, ret_text);
	if (ret_report)
		*ret_report = report;
}
