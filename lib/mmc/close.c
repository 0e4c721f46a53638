/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/checked.h"
#include "mmc/close.h"
#include "mmc/private.h"
#include "mmc/work.h"

#define INVISIBLE_TRACK 0xFF
#define MIN_CD_TRACK_BLOCKS 300u

static bool has_sessions(const struct mmc_profile *profile)
{
	switch (profile->number) {
	case MMC_CD_R:
	case MMC_CD_RW:
	case MMC_DVD_R:
	case MMC_DVD_R_DL:
	case MMC_DVD_RW_SEQUENTIAL:
	case MMC_DVD_RW_OVERWRITE:
	case MMC_DVD_PLUS_R:
	case MMC_DVD_PLUS_R_DL:
	case MMC_BD_R:
		return true;
	default:
		return false;
	}
}

static enum udf_err check(struct mmc_drive *drive, const char *what)
{
	if (drive->disc.state == MMC_STATE_NO_MEDIUM)
		return mmc_refuse(drive, UDF_E_NOT_FOUND, "Insert a medium.", "no medium is in the drive");
	if (!has_sessions(drive->disc.profile))
		return mmc_refuse(drive, UDF_E_UNSUPPORTED, NULL, "a %s has no %s", drive->disc.profile->name, what);
	return UDF_OK;
}

/* The number that the drive wants for the last track: CDs and DVD+R have FFh for the one that is not finished. */
static uint16_t last_track(const struct mmc_drive *drive)
{
	const struct mmc_disc *disc = &drive->disc;

	if (disc->profile->family == MMC_FAMILY_CD)
		return INVISIBLE_TRACK;
	return disc->n_tracks ? disc->tracks[disc->n_tracks - 1].number : 1;
}

/* The drive says that there is nothing to close. */
static bool is_closed_already(const struct mmc_drive *drive)
{
	uint16_t code = mmc_sense_code(&drive->failure.sense);

	return drive->failure.sense.key == MMC_KEY_ILLEGAL && code == MMC_ASC(0x2C, 0x00);
}

static enum udf_err close_run(struct mmc_drive *drive, enum mmc_closing function, uint16_t track, const char *what)
{
	struct mmc_command immediate = mmc_cdb_close(function, track, true);
	struct mmc_command blocking = mmc_cdb_close(function, track, false);
	enum udf_err err = mmc_drive_sync(drive);

	if (!err)
		err = mmc_work_run(drive, what, &immediate, &blocking);
	if (err && is_closed_already(drive))
		err = UDF_OK;
	return err;
}

enum udf_err mmc_close_track(struct mmc_drive *drive, uint16_t track)
{
	enum udf_err err = check(drive, "tracks that are closed");

	if (!err)
		err = close_run(drive, MMC_CLOSE_TRACK, track ? track : last_track(drive), "closing the track");
	return err ? err : mmc_drive_refresh(drive);
}

enum udf_err mmc_close_session(struct mmc_drive *drive)
{
	enum udf_err err = check(drive, "sessions");

	if (err)
		return err;
	if (drive->disc.state == MMC_STATE_BLANK || drive->disc.state == MMC_STATE_COMPLETE ||
	    drive->disc.state == MMC_STATE_FORMATTED)
		return UDF_OK;		/* several drives call it an error to close these */
	err = close_run(drive, MMC_CLOSE_SESSION, 0, "closing the session");
	if (err && mmc_sense_code(&drive->failure.sense) == MMC_ASC(0x72, 0x03)) {
		err = close_run(drive, MMC_CLOSE_TRACK, last_track(drive), "closing the track");
		if (!err)
			err = close_run(drive, MMC_CLOSE_SESSION, 0, "closing the session");
	}
	/* this function is missing on BD-R in some drives; its tracks can be closed all the same */
	if (err && drive->disc.profile->number == MMC_BD_R && mmc_can_fall_back(drive))
		err = close_run(drive, MMC_CLOSE_TRACK, last_track(drive), "closing the track");
	return err ? err : mmc_drive_refresh(drive);
}

enum udf_err mmc_reserve_track(struct mmc_drive *drive, uint32_t n_blocks)
{
	uint64_t unit = drive->disc.profile->family == MMC_FAMILY_CD ? 1 : drive->disc.write_unit_blocks;
	static const struct mmc_policy policy = { .ready_ms = 60000, .work_ms = 1800000, .is_for_disc = true };
	struct mmc_command command;
	enum udf_err err = check(drive, "tracks that can be reserved");

	if (err)
		return err;
	if (drive->disc.profile->family == MMC_FAMILY_CD)
		n_blocks = (uint32_t)udf_max64(n_blocks, MIN_CD_TRACK_BLOCKS);
	if (unit > 1 && udf_ceil_div(n_blocks, unit) * unit <= UINT32_MAX)
		n_blocks = (uint32_t)(udf_ceil_div(n_blocks, unit) * unit);
	if (n_blocks > drive->disc.n_free_blocks)
		return mmc_refuse(drive, UDF_E_NOSPC, NULL, "%u blocks can't be reserved: %u are free", n_blocks,
				  drive->disc.n_free_blocks);
	command = mmc_cdb_reserve_track(n_blocks);
	err = mmc_exec_for_disc(drive, &command, &policy);
	if (!err)
		err = mmc_work_wait(drive, "reserving the track");
	return err ? err : mmc_drive_refresh(drive);
}

enum udf_err mmc_calibrate(struct mmc_drive *drive)
{
	static const struct mmc_policy policy = { .ready_ms = 60000, .work_ms = 120000, .is_for_disc = true };
	struct mmc_command command = mmc_cdb_send_opc();
	enum udf_err err = mmc_exec_for_disc(drive, &command, &policy);

	/* whatever else a drive finds wrong with the request, only a calibration that failed matters */
	if (err && drive->failure.reply.delivery == MMC_DELIVERED && drive->failure.sense.is_present &&
	    drive->failure.sense.asc != 0x73 && drive->failure.sense.key != MMC_KEY_NOT_READY)
		return UDF_OK;
	return err;
}

enum udf_err mmc_repair_track(struct mmc_drive *drive, uint16_t track)
{
	uint16_t number = track ? track : last_track(drive);
	struct mmc_command immediate = mmc_cdb_repair_track(number, true);
	struct mmc_command blocking = mmc_cdb_repair_track(number, false);
	enum udf_err err = check(drive, "tracks that are repaired");

	if (!err)
		err = mmc_work_run(drive, "repairing the track", &immediate, &blocking);
	return err ? err : mmc_drive_refresh(drive);
}
