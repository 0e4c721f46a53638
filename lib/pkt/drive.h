/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drive bio: the disc in an optical drive as a block device. */
#ifndef UDF_PKT_DRIVE_H
#define UDF_PKT_DRIVE_H

#include <udfkit/bio.h>

#include "mmc/drive.h"
#include "pkt/held.h"

/**
 * Make a device of the disc in DRIVE.
 *
 * Blocks have 2048 bytes; the write unit is the disc's packet or ECC block.  The device can be written only where the
 * disc can be overwritten in place.  Discs that need whole units refuse parts of one with UDF_E_INVAL: the packet
 * cache (pkt_cache_new()) belongs above.  Opened for writing, such a device ends with the last whole unit.
 *
 * A write succeeds when the drive has taken the data, bio_flush() when they are on the disc.  Where the drive reports
 * meanwhile that something it took is lost, the next flush fails with UDF_E_MEDIUM, and all that was written since the
 * last flush that succeeded must be written again.  When a unit that was lost is written again, that write waits for
 * the medium: it fails with UDF_E_MEDIUM itself, so that the layer above knows which packet to move.
 *
 * Errors: UDF_E_MEDIUM, UDF_E_READ_ONLY, UDF_E_NOSPC, UDF_E_CANCELLED, and UDF_E_IO for a drive that is gone, empty or
 * has another disc in it.  mmc_drive_failure() says more.  Several threads may call it at once.
 *
 * @drive  Owned, unless this fails.
 * Returns UDF_E_NOT_FOUND without a disc, UDF_E_UNSUPPORTED for a disc on which no block can be read: it is blank or
 * not formatted.
 */
enum udf_err pkt_drive_new(struct mmc_drive *drive, bool read_only, struct bio **ret_bio);

/** The same for a drive that others have, too: the device takes a reference of its own. */
enum udf_err pkt_drive_new_on(struct pkt_held *held, bool read_only, struct bio **ret_bio);

/** The drive under BIO, a pkt_drive_new() layer, for its tray and its events.  Borrowed. */
struct pkt_held *pkt_drive_held(struct bio *bio);

#endif
