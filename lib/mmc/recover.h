/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disc whose writing, closing, blanking or formatting was cut off: back to a state that can be read and written. */
#ifndef UDF_MMC_RECOVER_H
#define UDF_MMC_RECOVER_H

#include "mmc/drive.h"

/**
 * Mend what the drive can mend.  What lies in packets that can still be read is kept; packets that can't stay so until
 * they are written whole, which is the business of who knows what was in them.
 *
 * @may_erase  The disc may be blanked or formatted where nothing else helps, as after a format that was cut off.
 * @ret_what   What was done, as a sentence; set on success only.
 * Returns UDF_E_CORRUPT if only erasing helps and MAY_ERASE is false; the failure's advice says so.  Other errors are
 * those of the drive.
 */
enum udf_err mmc_recover(struct mmc_drive *drive, bool may_erase, const char **ret_what);

#endif
