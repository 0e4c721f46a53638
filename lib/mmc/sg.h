/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SG_IO ioctl of Linux as a transport. */
#ifndef UDF_MMC_SG_H
#define UDF_MMC_SG_H

#include <stdbool.h>
#include <udfkit/error.h>

#include "mmc/failure.h"
#include "mmc/transport.h"

/** Whether PATH is an optical drive of this host: /dev/srN, /dev/sgN of one, or a link to either. */
bool mmc_sg_is_drive(const char *path);

/**
 * Open a drive.
 *
 * The block device is held exclusively (O_EXCL): mounts, other writers and the kernel's own polling are kept out.  A
 * /dev/sgN is looked up, and its /dev/srN is opened.  Who holds the drive for a moment, as udev does, is waited
 * for.
 * A drive that vanishes while it is open, and comes back with another number within some seconds, is opened again: the
 * command then ends with the unit attention of a reset.
 * @is_read_only  Opening for writing is not tried.  Drives can be asked and read then, and nothing else.
 * @ret_failure   Set on failure only; may be NULL.
 * Returns UDF_E_BUSY if somebody else holds the drive; UDF_E_NO_PERMISSION; UDF_E_UNSUPPORTED if PATH is no drive.
 */
enum udf_err mmc_sg_open(const char *path, bool is_read_only, struct mmc_transport **ret_transport,
			 struct mmc_failure *ret_failure);

/**
 * The transport for a device that is open already.  FD is the transport's after success.
 * @max_data_bytes  What the host can transfer with one command.
 */
enum udf_err mmc_sg_from_fd(int fd, uint32_t max_data_bytes, struct mmc_transport **ret_transport);

/** The open device, for what goes through the kernel's block layer beside commands; -1 for any other transport. */
int mmc_sg_fd(struct mmc_transport *transport);

#endif
