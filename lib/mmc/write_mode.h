/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mode page 05h: what a drive must know before it writes or formats a CD, or writes a DVD-R(W) piece by piece. */
#ifndef UDF_MMC_WRITE_MODE_H
#define UDF_MMC_WRITE_MODE_H

#include "mmc/drive.h"

/* The parameters that the drive has now.  Returns UDF_E_UNSUPPORTED if it has none with this medium. */
enum udf_err mmc_write_mode_get(struct mmc_drive *drive, struct mmc_write_parameters *ret_parameters);

/**
 * Set the parameters.
 *
 * Drives differ in the link size that they want beside them, and some refuse fixed packets in some states of a disc.
 * Variants that mean the same are tried one after the other.
 * Returns UDF_E_UNSUPPORTED if the drive refuses all of them.
 */
enum udf_err mmc_write_mode_set(struct mmc_drive *drive, const struct mmc_write_parameters *parameters);

/** The parameters for fixed packets of 32 blocks: in mode 2 form 1 as other packet writers use them, or in mode 1. */
struct mmc_write_parameters mmc_write_mode_packets(bool is_mode_2);

/** What the disc in the drive needs before it is written; done once, and again after the drive was reset. */
enum udf_err mmc_write_mode_prepare(struct mmc_drive *drive);

/**
 * Read mode page 2Ah, what the drive says of itself, as it comes (MMC-3 5.5.10; later standards keep it for old hosts).
 *
 * @ret_page  With the page's code in byte 0; what the drive does not send is zero.
 * Returns UDF_E_UNSUPPORTED if the drive has no such page.
 */
enum udf_err mmc_capabilities_page_read(struct mmc_drive *drive, uint8_t ret_page[MMC_MAX_PAGE_BYTES],
					uint32_t *ret_n_bytes);

#endif
