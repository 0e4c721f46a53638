/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mmc/blank.h"
#include "mmc/private.h"
#include "mmc/work.h"

#define POLL_MS 1000u
#define FULL_LIMIT_MS (2u * 3600 * 1000)
#define MINIMAL_LIMIT_MS (600u * 1000)

static enum udf_err check(struct mmc_drive *drive)
{
	const struct mmc_disc *disc = &drive->disc;

	if (disc->state == MMC_STATE_NO_MEDIUM)
		return mmc_refuse(drive, UDF_E_NOT_FOUND, "Insert a medium.", "no medium is in the drive");
	if (disc->can_blank)
		return UDF_OK;
	if (disc->profile->is_write_once)
		return mmc_refuse(drive, UDF_E_UNSUPPORTED, "Use a rewritable medium.",
				  "a %s is write-once and can't be blanked", disc->profile->name);
	if (disc->protection)
		return mmc_refuse(drive, UDF_E_READ_ONLY, NULL, "the %s can't be blanked: %s", disc->profile->name,
				  disc->trouble);
	if (disc->can_format)
		return mmc_refuse(drive, UDF_E_UNSUPPORTED, "Format it instead.", "a %s can't be blanked",
				  disc->profile->name);
	return mmc_refuse(drive, UDF_E_UNSUPPORTED, NULL, "the %s can't be blanked: %s", disc->profile->name,
			  disc->trouble ? disc->trouble : "the drive does not say why");
}

/*
 * Some drives say that they are ready all through a blanking.  The disc is blank when its status says so.  A drive that
 * was seen at work and is done has failed if it does not.
 */
static enum udf_err blank_wait(struct mmc_drive *drive, uint32_t limit_ms)
{
	uint64_t since_ms = mmc_now_ms(drive->transport);
	bool was_at_work = drive->was_at_work;
	enum udf_err err;

	for (;;) {
		err = mmc_drive_refresh(drive);
		if (err || drive->disc.state == MMC_STATE_BLANK)
			return err;
		if (drive->disc.state == MMC_STATE_NO_MEDIUM)
			return mmc_refuse(drive, UDF_E_NOT_FOUND, NULL, "the medium was taken out");
		if (was_at_work || mmc_now_ms(drive->transport) - since_ms > limit_ms)
			return mmc_refuse(drive, UDF_E_MEDIUM, "Blank it fully; if that fails too, it is worn out.",
					  "the drive reports that it has finished, but the %s is not blank",
					  drive->disc.profile->name);
		err = mmc_pause(drive, "blanking", NULL, since_ms, POLL_MS);
		if (err)
			return err;
	}
}

static enum udf_err blank_once(struct mmc_drive *drive, enum mmc_blanking type, uint32_t start)
{
	struct mmc_command immediate = mmc_cdb_blank(type, start, true), blocking = mmc_cdb_blank(type, start, false);
	enum udf_err err = mmc_work_run(drive, "blanking", &immediate, &blocking);

	if (err)
		return err;
	if (type == MMC_BLANK_DISC || type == MMC_BLANK_MINIMAL)
		return blank_wait(drive, type == MMC_BLANK_DISC ? FULL_LIMIT_MS : MINIMAL_LIMIT_MS);
	return mmc_drive_refresh(drive);
}

static void slow_down(struct mmc_drive *drive)
{
	const struct mmc_speeds *speeds = &drive->disc.speeds;

	if (speeds->n_speeds)
		mmc_drive_set_speed(drive, speeds->speeds[speeds->n_speeds - 1].write_kbs);
}

enum udf_err mmc_blank(struct mmc_drive *drive, enum mmc_blanking type, uint32_t start)
{
	enum udf_err err = check(drive);

	return err ? err : mmc_blank_anyway(drive, type, start);
}

enum udf_err mmc_blank_anyway(struct mmc_drive *drive, enum mmc_blanking type, uint32_t start)
{
	enum udf_err err = blank_once(drive, type, start);

	if (err == UDF_E_MEDIUM && type == MMC_BLANK_MINIMAL && drive->failure.sense.asc == 0x51) {
		udf_log(drive->env, UDF_LOG_NOTICE,
			"Quick blanking failed; blanking the whole disc at the lowest speed.");
		slow_down(drive);
		err = blank_once(drive, MMC_BLANK_DISC, 0);
		if (err == UDF_E_MEDIUM)
			drive->failure.advice = "The medium is worn out or dirty.";
	}
	return err;
}
