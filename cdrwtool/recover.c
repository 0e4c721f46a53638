/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --recover: the disc by its drive, and then the volume on it by its journal. */
#include "config.h"

#include <stdio.h>

#include "consent.h"
#include "jobs.h"
#include "medium/drive.h"
#include "mmc/recover.h"
#include "recover.h"
#include "vol/vol.h"

/* Has something been cut off?  A disc that can be continued by whoever wrote it is left alone. */
static bool needs_mending(const struct mmc_disc *disc)
{
	if (disc->state == MMC_STATE_APPENDABLE)
		return disc->n_tracks && disc->tracks[disc->n_tracks - 1].is_damaged;
	return disc->state == MMC_STATE_DAMAGED || disc->state == MMC_STATE_INTERMEDIATE ||
	       disc->background == MMC_BACKGROUND_STOPPED;
}

static enum udf_err mend_disc(struct work *work, const char **ret_what)
{
	enum udf_err err;

	if (!needs_mending(mmc_drive_disc(work->drive)))
		return UDF_OK;
	err = mmc_recover(work->drive, false, ret_what);
	if (err == UDF_E_CORRUPT && mmc_drive_disc(work->drive)->profile->is_rewritable) {
		cli_progress_done(&work->progress);
		if (!consent_given(work))
			return UDF_E_CANCELLED;
		set_speed(work);
		err = mmc_recover(work->drive, true, ret_what);
	}
	cli_progress_done(&work->progress);
	if (err == UDF_E_CANCELLED)
		work_say(work, "interrupted; the drive may continue by itself, so leave the disc in it until it is "
			 "ready");
	else if (err)
		work_failed(work, "cannot recover the disc", err);
	else if (medium_drive_renew(work->req->device, work->drive))
		work_say(work, "the kernel may still have the old size of the disc: take it out and insert it again");
	return err;
}

/* Packets that the power cut made unreadable are written again from the volume's journal. */
static enum udf_err mend_volume(struct work *work, unsigned *ret_n_packets, bool *ret_is_open)
{
	struct udf_vol *vol = NULL;
	struct bio *bio = NULL;
	enum udf_err err;

	err = work_open_medium(work, &bio);
	if (err)
		return err;
	if (udf_vol_open(bio, NULL, NULL, NULL, &vol) == UDF_OK) {
		*ret_n_packets = vol->n_recovered;
		*ret_is_open = udf_vol_is_marked_open(vol) || vol->lvid_lsn == 0;
		err = vol->n_recovered ? bio_flush(bio) : UDF_OK;
	}
	if (err)
		work_say(work, "cannot write back the packets from the journal: %s", udf_strerror(err));
	udf_vol_close(vol);
	bio_close(bio);
	return err;
}

enum udf_err job_recover(struct work *work)
{
	const char *what = NULL;
	unsigned n_packets = 0;
	bool is_open = false;
	enum udf_err err = mend_disc(work, &what);

	if (err)
		return err;
	say_result(work, what ? "recovered" : "the drive has nothing to recover");
	if (what)
		printf("%s: %s\n", work->req->device, what);
	if (!mmc_drive_disc(work->drive)->can_overwrite)
		return UDF_OK;
	err = mend_volume(work, &n_packets, &is_open);
	if (!err && n_packets)
		printf("%s: %u %s of the volume could not be read; restored from its journal\n",
		       work->req->device, n_packets, n_packets == 1 ? "packet" : "packets");
	if (!err && is_open)
		printf("%s: the volume was not closed; udffuse can still mount it, and udffsck checks it\n",
		       work->req->device);
	return err;
}
