/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mmc/private.h"
#include "mmc/protect.h"

static enum udf_err check(struct mmc_drive *drive)
{
	const struct mmc_disc *disc = &drive->disc;

	if (disc->state == MMC_STATE_NO_MEDIUM)
		return mmc_refuse(drive, UDF_E_NOT_FOUND, "Insert a medium.", "no medium is in the drive");
	if (!drive->facts.has_protection)
		return mmc_refuse(drive, UDF_E_UNSUPPORTED, NULL, "a %s has no write protection in this drive",
				  disc->profile->name);
	if (drive->facts.has_configuration && drive->facts.configuration.is_complete &&
	    !drive->facts.configuration.has_persistent_protection)
		return mmc_refuse(drive, UDF_E_UNSUPPORTED, NULL,
				  "this drive can't change the write protection of media");
	if (disc->protection == MMC_PROTECTION_CARTRIDGE || disc->protection == MMC_PROTECTION_MEDIUM)
		return mmc_refuse(drive, UDF_E_READ_ONLY, NULL, "the protection can't be changed: %s", disc->trouble);
	return UDF_OK;
}

enum udf_err mmc_protect(struct mmc_drive *drive, bool is_protected)
{
	static const struct mmc_policy policy = { .ready_ms = 60000, .work_ms = 900000, .is_for_disc = true };
	uint8_t list[MMC_PROTECTION_BYTES] = { 0 };
	struct mmc_command command = mmc_cdb_send_disc_structure(MMC_STRUCTURE_WRITE_PROTECTION, list, sizeof(list));
	enum udf_err err = check(drive);

	if (err)
		return err;
	mmc_write_protection_encode(is_protected, list);
	err = mmc_drive_sync(drive);
	if (!err)
		err = mmc_exec_for_disc(drive, &command, &policy);
	if (!err)
		err = mmc_drive_refresh(drive);
	if (!err && (drive->disc.protection == MMC_PROTECTION_PERSISTENT) != is_protected)
		err = mmc_refuse(drive, UDF_E_IO, NULL, "the drive accepted the change, but the %s is still %s",
				 drive->disc.profile->name, is_protected ? "not protected" : "protected");
	return err;
}
