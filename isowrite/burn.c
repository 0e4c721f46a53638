/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <poll.h>
#include <unistd.h>

#include "burn.h"
#include "burn_request.h"
#include "burn_restore.h"
#include "medium/drive.h"
#include "mmc/append.h"
#include "mmc/blank.h"
#include "mmc/close.h"
#include "names.h"

#define POLL_MS 200

static bool ask(struct burn_work *work)
{
	const struct burn_request *req = work->req;
	bool ok = true;

	if (req->scan && medium_is_simulated(work->device))
		burn_show_scanned(work);
	if (req->inquiry || req->check_drive)
		burn_show_inquiry(work);
	if (req->check_drive)
		burn_show_driver(work);
	if (req->capabilities)
		ok = burn_show_capabilities(work) && ok;
	if (req->minfo)
		ok = burn_show_media(work) && ok;
	if (req->atip)
		ok = burn_show_atip(work) && ok;
	if (req->toc)
		ok = burn_show_toc(work) && ok;
	if (req->msinfo)
		ok = burn_show_addresses(work) && ok;
	return ok;
}

static bool blank(struct burn_work *work)
{
	enum udf_err err;

	if (!work->req->blanks)
		return true;
	if (work->req->is_test || work->req->check_only) {
		burn_work_say(work, "this is a test, so the disc is not blanked");
		return true;
	}
	work->outcome.was_touched = true;
	err = work->req->force ? mmc_blank_anyway(work->drive, work->req->blanking, 0) :
				 mmc_blank(work->drive, work->req->blanking, 0);
	cli_progress_done(&work->progress);
	if (err)
		burn_work_failed(work, "cannot blank the disc", err);
	return !err;
}

/* The session alone, so that another one can follow. */
static enum udf_err close_session(struct burn_work *work)
{
	enum udf_err err = mmc_more_sessions_allow(work->drive);

	return err && err != UDF_E_UNSUPPORTED && err != UDF_E_INVAL ? err : mmc_close_session(work->drive);
}

/* No session is closed while one of its tracks is reserved: a track at once that broke off on a DVD is. */
static enum udf_err close_tracks(struct burn_work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	enum udf_err err = UDF_OK;

	/* the list is read anew each time, and closing adds no track */
	for (uint32_t i = 0; !err && i + 1 < disc->n_tracks; i++)
		if (disc->tracks[i].is_reserved && disc->tracks[i].has_next_writable)
			err = mmc_close_track(work->drive, disc->tracks[i].number);
	return err ? err : mmc_close_track(work->drive, 0);
}

/* What -nofix, a recorder or a power cut left open: the tracks, the session, and without -multi the disc. */
static bool finalize(struct burn_work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	bool keeps_open = work->req->fix && work->req->is_multi, is_protected;
	const struct mmc_recording_options options = { .is_multi = keeps_open };
	enum udf_err err;

	if ((!work->req->finalize && !work->req->fix) || disc->state == MMC_STATE_COMPLETE)
		return true;
	if (burn_is_in_place(work))
		return burn_front_restore(work);
	if (work->req->is_test || work->req->check_only) {
		burn_work_say(work, "this is a test, so the disc is not closed");
		return true;
	}
	if (disc->state != MMC_STATE_APPENDABLE) {
		burn_work_say(work, "there is nothing to close: the %s is %s", disc->profile->name,
			      mmc_state_name(disc->state));
		return false;
	}
	if (disc->tracks[disc->n_tracks ? disc->n_tracks - 1 : 0].is_damaged)
		(void)mmc_repair_track(work->drive, 0);
	err = mmc_recording_set(work->drive, MMC_RECORD_PACKETS, &options, &is_protected);
	if (!err || err == UDF_E_UNSUPPORTED || err == UDF_E_INVAL)
		err = close_tracks(work);
	if (!err)
		err = keeps_open ? close_session(work) : mmc_finalize(work->drive);
	cli_progress_done(&work->progress);
	if (err)
		burn_work_failed(work, keeps_open ? "cannot close the session" : "cannot close the disc", err);
	else
		burn_work_say(work, keeps_open ? "the session of the %s is closed" : "the %s is closed",
			      mmc_drive_disc(work->drive)->profile->name);
	return !err;
}

static bool move_tray(struct burn_work *work)
{
	enum udf_err err = UDF_OK;

	if (work->req->eject)
		err = mmc_drive_eject(work->drive);
	else if ((burn_request_writes(work->req) || work->req->blanks || work->req->formats ||
		  work->req->finalize || work->req->fix) &&
		 !work->req->keep_tray && !work->req->check_only)
		err = medium_drive_renew(work->device, work->drive);
	if (err)
		burn_work_failed(work, work->req->eject ? "cannot eject the disc" :
				 "the kernel still shows the old contents of the disc; take it out and insert it "
				 "again", err);
	return !err;
}

/* -waiti: a program that reads the disc in the drive before it writes can have it until then. */
static bool wait_for_input(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	say("waiting for standard input");
	while (poll(&input, 1, POLL_MS) <= 0)
		if (burn_is_interrupted())
			return false;
	return true;
}

/* gracetime=: the last chance to leave the disc as it is. */
static bool wait_for_user(struct burn_work *work)
{
	const struct burn_request *req = work->req;

	if (!burn_request_writes(req) && !req->blanks && !req->formats && !req->finalize && !req->fix)
		return true;
	if (burn_is_interrupted()) {
		burn_work_say(work, "interrupted; the disc is as it was");
		return false;
	}
	if (!req->grace_seconds)
		return true;
	burn_work_say(work, "writing begins in %u second%s; interrupt to leave the disc as it is", req->grace_seconds,
		      req->grace_seconds == 1 ? "" : "s");
	for (uint64_t ms = 0; ms < (uint64_t)req->grace_seconds * 1000; ms += POLL_MS) {
		(void)poll(NULL, 0, POLL_MS);
		if (burn_is_interrupted()) {
			burn_work_say(work, "interrupted; the disc is as it was");
			return false;
		}
	}
	return true;
}

static int run(struct burn_work *work)
{
	bool has_waited = false;
	int status;

	if (work->req->load && mmc_drive_load(work->drive) != UDF_OK) {
		burn_work_failed(work, "cannot load the disc", UDF_E_IO);
		return 1;
	}
	if (!ask(work) || !burn_tracks_check(work))
		return 1;
	if (work->req->formats || burn_must_format(work)) {
		has_waited = true;
		if (!wait_for_user(work) || !burn_format(work))
			return 1;
		if (burn_must_format(work) || !burn_request_writes(work->req))	/* in a test, or that was all */
			return move_tray(work) ? 0 : 1;
	}
	if (!burn_dir_prepare(work) || (!has_waited && !wait_for_user(work)) || !blank(work))
		return 1;
	status = work->dir ? burn_dir_burn(work) : burn_tracks(work);
	if (status == 1 || !finalize(work))
		return 1;
	work->outcome.was_made = status == 0;
	return move_tray(work) ? status : 1;
}

int burn_do(const struct burn_request *req, struct burn_outcome *ret_outcome)
{
	static struct burn_work work;
	int status = 1;

	work = (struct burn_work){ .req = req };

	if (ret_outcome)
		*ret_outcome = work.outcome;
	if (req->scan && burn_scan() == 0 && !req->device) {
		say("there is no optical drive");
		return 1;
	}
	if (req->list_devices && burn_list_devices() == 0 && !req->device) {
		say("there is no optical drive");
		return 1;
	}
	if (!req->device)
		return 0;
	work.device = burn_device_find(req->device);
	burn_catch_interrupts();
	if (req->wait_for_input && !wait_for_input())
		return 1;
	if (req->iso)
		boot_read_mbr(req->iso);	/* ends the program where it can't be read */
	burn_json_begin(&work);
	if ((!req->reset || burn_reset(&work)) && burn_work_open(&work) == UDF_OK)
		status = run(&work);
	burn_json_end(&work, burn_dir_counts(&work));
	burn_dir_done(&work);
	burn_work_close(&work);
	if (ret_outcome)
		*ret_outcome = work.outcome;
	return status;
}
