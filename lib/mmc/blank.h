/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blanking CD-RW and DVD-RW. */
#ifndef UDF_MMC_BLANK_H
#define UDF_MMC_BLANK_H

#include "mmc/cdb.h"
#include "mmc/drive.h"

/**
 * Blank the disc, or a part of it, and read its new state.  The data there are lost.
 *
 * A minimal blanking that fails, as of worn discs, is followed by a full one at the lowest speed.
 * @start  The track of MMC_BLANK_TRACK and MMC_BLANK_UNRESERVE, the block of MMC_BLANK_TAIL; else 0.
 * Returns UDF_E_UNSUPPORTED for media that can't be blanked; UDF_E_READ_ONLY if it is protected; UDF_E_CANCELLED if
 * waiting was cancelled, while the drive goes on.
 */
enum udf_err mmc_blank(struct mmc_drive *drive, enum mmc_blanking type, uint32_t start);

/** The same where it is not known to be possible, as for discs whose tables are spoiled: the drive decides. */
enum udf_err mmc_blank_anyway(struct mmc_drive *drive, enum mmc_blanking type, uint32_t start);

#endif
