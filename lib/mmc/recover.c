/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mmc/append.h"
#include "mmc/blank.h"
#include "mmc/close.h"
#include "mmc/format.h"
#include "mmc/private.h"
#include "mmc/recover.h"

/* Close the gap in the last track, then the track and the session, so that what was written can be read. */
static enum udf_err tracks_mend(struct mmc_drive *drive, const char **ret_what)
{
	const struct mmc_disc *disc = &drive->disc;
	bool is_damaged = disc->n_tracks && disc->tracks[disc->n_tracks - 1].is_damaged;
	enum udf_err err = UDF_OK;

	if (is_damaged) {
		err = mmc_repair_track(drive, 0);
		/* what a drive can't repair it may still close */
		if (err && drive->failure.sense.key == MMC_KEY_ILLEGAL)
			err = UDF_OK;
	}
	if (!err)
		err = mmc_close_track(drive, 0);
	/* a drive that does not take the page closes the disc with the session */
	if (!err)
		(void)mmc_more_sessions_allow(drive);
	if (!err)
		err = mmc_close_session(drive);
	if (!err)
		*ret_what = is_damaged ? "The last track was repaired and its session closed."
				       : "The last session was closed.";
	return err;
}

static enum udf_err erase(struct mmc_drive *drive, bool may_erase, const char **ret_what)
{
	const struct mmc_profile *profile = drive->disc.profile;
	enum udf_err err;

	if (!profile->is_rewritable)
		return mmc_refuse(drive, UDF_E_CORRUPT, "Use another medium.",
				  "the %s is damaged, and it is write-once", profile->name);
	if (!may_erase)
		return mmc_refuse(drive, UDF_E_CORRUPT, "Blank or format it; what was on it is lost.",
				  "the %s is %s, and the drive can't repair it", profile->name,
				  mmc_state_name(drive->disc.state));
	if (profile->number == MMC_DVD_RW_SEQUENTIAL) {
		err = mmc_blank(drive, MMC_BLANK_DISC, 0);
		if (!err)
			*ret_what = "The disc was blanked.";
		return err;
	}
	err = mmc_format(drive, NULL);
	if (!err)
		*ret_what = "The disc was formatted.";
	return err;
}

enum udf_err mmc_recover(struct mmc_drive *drive, bool may_erase, const char **ret_what)
{
	const struct mmc_disc *disc = &drive->disc;
	enum udf_err err = mmc_drive_refresh(drive);

	if (err)
		return err;
	switch (disc->state) {
	case MMC_STATE_NO_MEDIUM:
		return mmc_refuse(drive, UDF_E_NOT_FOUND, "Insert a medium.", "no medium is in the drive");
	case MMC_STATE_UNKNOWN:
		return mmc_refuse(drive, UDF_E_UNSUPPORTED, NULL, "the %s can't be mended: %s", disc->profile->name,
				  disc->trouble);
	case MMC_STATE_INTERMEDIATE:
		err = mmc_close_session(drive);
		if (!err)
			*ret_what = "The disc was closed.";
		return err;
	case MMC_STATE_APPENDABLE:
		return tracks_mend(drive, ret_what);
	case MMC_STATE_DAMAGED:
		/* a disc with tracks may only lack an end; one without has lost what led to them */
		if (mmc_profile_is_sequential(disc->profile) &&
		    drive->facts.disc_information.status == MMC_STATUS_INCOMPLETE && disc->n_tracks &&
		    tracks_mend(drive, ret_what) == UDF_OK && disc->state != MMC_STATE_DAMAGED)
			return UDF_OK;
		return erase(drive, may_erase, ret_what);
	case MMC_STATE_UNFORMATTED:
		return erase(drive, may_erase, ret_what);
	case MMC_STATE_FORMATTED:
		if (disc->background == MMC_BACKGROUND_NONE || disc->background == MMC_BACKGROUND_DONE)
			break;
		err = mmc_format_restart(drive);
		if (!err)
			*ret_what = "The formatting in the background goes on.";
		return err;
	case MMC_STATE_BLANK:
	case MMC_STATE_COMPLETE:
		break;
	}
	*ret_what = "Nothing had to be done.";
	return UDF_OK;
}
