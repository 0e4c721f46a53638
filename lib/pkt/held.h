/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A drive that several have at once: layers of block devices, and whoever watches its tray. */
#ifndef UDF_PKT_HELD_H
#define UDF_PKT_HELD_H

#include "mmc/drive.h"

struct pkt_held;

/**
 * Share DRIVE, which is closed with the last reference.  The caller has one.
 * @drive  Owned, unless this fails.
 */
enum udf_err pkt_held_new(struct mmc_drive *drive, struct pkt_held **ret_held);

struct pkt_held *pkt_held_ref(struct pkt_held *held);
/** NULL is allowed. */
void pkt_held_unref(struct pkt_held *held);

/** The only reference ends, and the drive is the caller's again. */
void pkt_held_give_up(struct pkt_held *held);

/** Use the drive; everybody else waits until pkt_held_give_back(). */
struct mmc_drive *pkt_held_take(struct pkt_held *held);
/** The same, or NULL where the drive is in use just now. */
struct mmc_drive *pkt_held_try_take(struct pkt_held *held);
void pkt_held_give_back(struct pkt_held *held);

/** The drive without taking it, for what does not change while it is open (mmc_drive_disc(), at the beginning). */
struct mmc_drive *pkt_held_look(struct pkt_held *held);

#endif
