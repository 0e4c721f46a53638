/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One drive that this kernel sees: its transport, the SCSI device, and the thread between the two. */
#ifndef MMCSIM_SERVED_H
#define MMCSIM_SERVED_H

#include <udfkit/error.h>

#include "mmc/transport.h"

struct served;

/**
 * Make a drive of this kernel that TRANSPORT answers for, and wait for its nodes.  target_prepare() came before this.
 * What fails prints a line on stderr.
 *
 * @transport  Used by a thread of SERVED's until served_stop(), and by the caller under served_lock(); stays the
 *	       caller's.
 * @device     Which of this process's drives this is, from 0 to 255.
 * @pace       How many seconds pass for the drive during one of ours.
 */
enum udf_err served_start(struct mmc_transport *transport, unsigned device, uint32_t pace, struct served **ret_served);

/** "/dev/sr0" and "/dev/sg0". */
const char *served_block_node(const struct served *served);
const char *served_generic_node(const struct served *served);

/** No command reaches the drive until served_unlock(). */
void served_lock(struct served *served);
void served_unlock(struct served *served);

/** Take the drive away from the kernel, and free SERVED.  NULL is allowed. */
void served_stop(struct served *served);

#endif
