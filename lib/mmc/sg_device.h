/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device nodes of optical drives, as sysfs knows them. */
#ifndef UDF_MMC_SG_DEVICE_H
#define UDF_MMC_SG_DEVICE_H

#include <stdint.h>
#include <udfkit/error.h>

#define MMC_DEVICE_PATH_BYTES 280u
#define MMC_DEVICE_NAME_BYTES 256u

/**
 * The block device of the drive that PATH stands for: PATH itself, or the /dev/srN of a /dev/sgN.
 * Returns UDF_E_UNSUPPORTED if it is neither; UDF_E_NOT_FOUND if there is no such node, or no block device for it.
 */
enum udf_err mmc_device_find(const char *path, char ret_path[MMC_DEVICE_PATH_BYTES]);

/** The most that the host transfers with one command for the open block device FD, in bytes. */
uint32_t mmc_device_max_bytes(int fd);

/**
 * What tells the drive of the open block device FD from others after it was plugged in again: maker, model, and the
 * serial number of the USB device or of the drive, where sysfs has one.  "" where nothing is known.
 */
void mmc_device_name(int fd, char ret_name[MMC_DEVICE_NAME_BYTES]);

/** Another block device than FD's with that name.  Returns UDF_E_NOT_FOUND if there is none (now). */
enum udf_err mmc_device_find_again(const char *name, int fd, char ret_path[MMC_DEVICE_PATH_BYTES]);

#endif
