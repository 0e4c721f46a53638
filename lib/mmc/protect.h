/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The write protection that is stored on DVD-RAM and BD, and that a drive can set and lift. */
#ifndef UDF_MMC_PROTECT_H
#define UDF_MMC_PROTECT_H

#include "mmc/drive.h"

/**
 * Set or lift the persistent write protection, and check that it took effect.
 *
 * Returns UDF_E_UNSUPPORTED for media that have none, or a drive that can't change it; UDF_E_READ_ONLY if the tab of
 * the cartridge or the medium itself protects it too, which a drive can't lift.
 */
enum udf_err mmc_protect(struct mmc_drive *drive, bool is_protected);

#endif
