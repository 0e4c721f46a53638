/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Discs that must be formatted before anything can be written to them. */
#include "config.h"

#include "base/quoted.h"
#include "burn_request.h"
#include "medium/drive.h"
#include "mmc/format.h"

bool burn_must_format(const struct burn_work *work)
{
	const struct burn_request *req = work->req;

	return burn_request_writes(req) && !req->blanks &&
	       mmc_drive_disc(work->drive)->state == MMC_STATE_UNFORMATTED;
}

bool burn_format(struct burn_work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	char device[UDF_QUOTED_BYTES];
	enum udf_err err;

	if (disc->state == MMC_STATE_NO_MEDIUM) {
		burn_work_refuse(work, "no medium is in the drive; insert one");
		return false;
	}
	if (disc->profile->family == MMC_FAMILY_CD) {
		burn_work_refuse(work, "a CD-RW is formatted only for UDF; 'cdrwtool -d %s -q' does that",
				 udf_quoted(work->device, device));
		return false;
	}
	if (work->req->is_test || work->req->check_only) {
		burn_work_say(work, "the %s would be formatted first; this is a test, so it is not",
			      disc->profile->name);
		return true;
	}
	if (!work->req->formats && !work->req->silent && !work->req->json)
		burn_work_say(work, "the %s is not formatted, so that is done first", disc->profile->name);
	work->outcome.was_touched = true;
	err = mmc_format(work->drive, NULL);
	cli_progress_done(&work->progress);
	if (err) {
		burn_work_failed(work, "cannot format the disc", err);
		return false;
	}
	err = medium_drive_renew(work->device, work->drive);
	if (err)
		burn_work_failed(work, "the kernel still shows the old contents of the disc; take it out and insert "
				 "it again", err);
	work->was_formatted = !err;
	return !err;
}
