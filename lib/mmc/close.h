/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracks and sessions: reserved, closed, repaired.  What a function of the drive does depends on the medium. */
#ifndef UDF_MMC_CLOSE_H
#define UDF_MMC_CLOSE_H

#include "mmc/drive.h"

/**
 * Close a track (MMC: CLOSE TRACK/SESSION, function 1).  TRACK 0 is the last one.  A track with nothing in it is closed
 * already, which is no error.
 */
enum udf_err mmc_close_track(struct mmc_drive *drive, uint16_t track);

/**
 * Close the last session, so that other drives can read it.  On CD the multi-session field of the write parameters
 * decides whether another one can follow.  A disc whose last session is closed is no error.
 * Returns UDF_E_UNSUPPORTED for media without sessions.
 */
enum udf_err mmc_close_session(struct mmc_drive *drive);

/** Reserve a track of N_BLOCKS, rounded up to what the medium needs. */
enum udf_err mmc_reserve_track(struct mmc_drive *drive, uint32_t n_blocks);

/** Calibrate the laser.  Media that need none, and drives that do it by themselves, are no error. */
enum udf_err mmc_calibrate(struct mmc_drive *drive);

/** Close the gap that a power cut left in a track of a CD or DVD that is written in order.  TRACK 0 is the last one. */
enum udf_err mmc_repair_track(struct mmc_drive *drive, uint16_t track);

#endif
