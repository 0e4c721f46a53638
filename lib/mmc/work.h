/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that take long: the drive is asked to answer at once, and then asked until it is done. */
#ifndef UDF_MMC_WORK_H
#define UDF_MMC_WORK_H

#include "mmc/drive.h"

/**
 * Run a command that takes long.  WHAT is for the user ("formatting").
 *
 * @immediate  The command with Immed.
 * @blocking   The same without, for a drive that refuses Immed; NULL if there is none.
 */
enum udf_err mmc_work_run(struct mmc_drive *drive, const char *what, const struct mmc_command *immediate,
			  const struct mmc_command *blocking);

/** Whether the last failure means that the drive does not know this variant of a command: try another one. */
bool mmc_can_fall_back(const struct mmc_drive *drive);

#endif
