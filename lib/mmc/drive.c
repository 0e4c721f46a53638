/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A drive opened and closed, and what it is and holds. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmc/private.h"

#define ASC_REMOVAL_PREVENTED 0x53

enum udf_err mmc_drive_open(struct mmc_transport *transport, const struct udf_env *env, const struct mmc_hooks *hooks,
			    struct mmc_drive **ret_drive, struct mmc_failure *ret_failure)
{
	struct mmc_drive *drive = calloc(1, sizeof(*drive));
	enum udf_err err;

	if (!drive)
		return ret_failure ? mmc_failure_refuse(ret_failure, UDF_E_NOMEM, NULL,
							"out of memory") : UDF_E_NOMEM;
	drive->transport = transport;
	drive->env = env;
	drive->disc.profile = mmc_profile_find(MMC_PROFILE_NONE);
	if (hooks)
		drive->hooks = *hooks;
	err = mmc_drive_refresh(drive);
	if (err) {
		if (ret_failure)
			*ret_failure = drive->failure;
		free(drive);
		return err;
	}
	*ret_drive = drive;
	return UDF_OK;
}

void mmc_drive_close(struct mmc_drive *drive)
{
	if (!drive)
		return;
	if (drive->is_locked)
		mmc_drive_lock(drive, false);
	mmc_transport_close(drive->transport);
	free(drive);
}

const struct mmc_inquiry *mmc_drive_inquiry(const struct mmc_drive *drive)
{
	return &drive->facts.inquiry;
}

const struct mmc_configuration *mmc_drive_configuration(const struct mmc_drive *drive)
{
	return &drive->facts.configuration;
}

const struct mmc_atip *mmc_drive_atip(const struct mmc_drive *drive)
{
	return drive->facts.has_atip ? &drive->facts.atip : NULL;
}

const struct mmc_disc *mmc_drive_disc(const struct mmc_drive *drive)
{
	return &drive->disc;
}

const struct mmc_failure *mmc_drive_failure(const struct mmc_drive *drive)
{
	return &drive->failure;
}

uint64_t mmc_drive_now_ms(const struct mmc_drive *drive)
{
	return mmc_now_ms(drive->transport);
}

enum udf_err mmc_drive_refuse(struct mmc_drive *drive, enum udf_err err, const char *advice, const char *format, ...)
{
	char text[MMC_TEXT_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return mmc_failure_refuse(&drive->failure, err, advice, "%s", text);
}

const struct mmc_counts *mmc_drive_counts(const struct mmc_drive *drive)
{
	return &drive->counts;
}

enum udf_err mmc_drive_eject(struct mmc_drive *drive)
{
	struct mmc_command command = mmc_cdb_start_stop_unit(MMC_EJECT, false);
	enum udf_err err = UDF_OK;

	if (drive->is_locked)
		err = mmc_drive_lock(drive, false);
	if (!err)
		err = mmc_exec(drive, &command, &mmc_query_policy, NULL);
	/* Not by us: udev locks every drive that a medium comes into, and a program that was killed leaves its lock. */
	if (err && drive->failure.sense.asc == ASC_REMOVAL_PREVENTED) {
		err = mmc_drive_lock(drive, false);
		if (!err)
			err = mmc_exec(drive, &command, &mmc_query_policy, NULL);
	}
	if (!err) {
		struct mmc_facts none = { .inquiry = drive->facts.inquiry };

		mmc_disc_conclude(&none, &drive->disc);
		drive->calibrated_session = 0;
	}
	return err;
}

enum udf_err mmc_drive_load(struct mmc_drive *drive)
{
	struct mmc_command command = mmc_cdb_start_stop_unit(MMC_LOAD, false);
	enum udf_err err = mmc_exec(drive, &command, &mmc_query_policy, NULL);

	return err ? err : mmc_drive_refresh(drive);
}

enum udf_err mmc_drive_reload(struct mmc_drive *drive)
{
	bool is_locked = drive->is_locked;
	enum udf_err err = mmc_drive_eject(drive);

	if (!err)
		err = mmc_drive_load(drive);
	if (!err && drive->disc.state == MMC_STATE_NO_MEDIUM)
		err = mmc_refuse(drive, UDF_E_NOT_FOUND, "Close the tray by hand.",
				 "the drive can't take the medium in again");
	if (!err && is_locked)
		err = mmc_drive_lock(drive, true);
	return err;
}
