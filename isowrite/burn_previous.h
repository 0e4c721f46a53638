/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disc that a session is added to, as the reader of its last session sees it. */
#ifndef ISOWRITE_BURN_PREVIOUS_H
#define ISOWRITE_BURN_PREVIOUS_H

#include <udfkit/bio.h>

struct mmc_drive;

/**
 * The disc in DRIVE (borrowed) as a device for reading, in blocks of 2048 bytes.  Several threads may read.
 *
 * @n_blocks  Where it ends.
 */
enum udf_err burn_previous_new(struct mmc_drive *drive, uint32_t n_blocks, struct bio **ret_bio);

/**
 * From now on the drive is about to write, and is not asked any more.  Blocks that are not in memory can't be read:
 * UDF_E_IO.  Waits for a read that is going on.
 */
void burn_previous_freeze(struct bio *bio);

#endif
