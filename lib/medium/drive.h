/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A path -> the way to an optical drive. */
#ifndef UDF_MEDIUM_DRIVE_H
#define UDF_MEDIUM_DRIVE_H

#include <stdbool.h>
#include <udfkit/error.h>

#include "medium/medium.h"
#include "mmc/drive.h"

/**
 * Open the drive that PATH names, for commands.  Nobody else can use it while it is open.
 *
 * @ret_transport  Close with mmc_transport_close(), or hand over to mmc_drive_open().
 * @ret_why        On failure, a phrase that says why, and what to do if there is something.
 * Returns UDF_E_BUSY where somebody else is using it, UDF_E_NOT_FOUND where nothing is there, UDF_E_UNSUPPORTED
 * for what is no optical drive.
 */
enum udf_err medium_drive_open(const char *path, struct mmc_transport **ret_transport, char ret_why[MEDIUM_WHY_BYTES]);

/**
 * Make the kernel see what commands have made of the disc: it remembers its size from before.
 *
 * A drive tells the kernel about another disc when its tray has been opened and closed; so that is what is done, if the
 * kernel has the size wrong.  A drive that refuses to open it is reset, if we are root.  A drive that can't close its
 * tray by itself waits for its user.
 * Fails where the kernel still has the size wrong.
 */
enum udf_err medium_drive_renew(const char *path, struct mmc_drive *drive);

#endif
