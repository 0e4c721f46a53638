/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mmc/private.h"
#include "mmc/work.h"

static const struct mmc_policy work_policy = {
	.n_retries = 1, .n_unreadable_retries = 1, .ready_ms = 60000, .work_ms = 4 * 3600 * 1000, .is_for_disc = true,
};

bool mmc_can_fall_back(const struct mmc_drive *drive)
{
	return drive->failure.n_cdb_bytes && drive->failure.reply.delivery == MMC_DELIVERED &&
	       mmc_sense_meaning(&drive->failure.sense).class == MMC_SENSE_FALL_BACK;
}

enum udf_err mmc_work_run(struct mmc_drive *drive, const char *what, const struct mmc_command *immediate,
			  const struct mmc_command *blocking)
{
	enum udf_err err = mmc_exec_for_disc(drive, immediate, &work_policy);

	if (err && blocking && mmc_sense_code(&drive->failure.sense) == MMC_ASC(0x24,
										0x00) && mmc_can_fall_back(drive)) {
		struct mmc_failure refused = drive->failure;

		udf_log(drive->env, UDF_LOG_NOTICE,
			"The drive is busy until it is done, without saying how far it is.");
		err = mmc_exec_for_disc(drive, blocking, &work_policy);
		if (err && mmc_can_fall_back(drive))
			drive->failure = refused;
	}
	return err ? err : mmc_work_wait(drive, what);
}
