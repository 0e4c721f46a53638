/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's own driver of optical drives (sr) knows and can be told, beside commands. */
#ifndef UDF_MEDIUM_KERNEL_H
#define UDF_MEDIUM_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/** The size of the disc as the kernel has it; false where PATH is no block device or can't be opened. */
bool medium_kernel_size(const char *path, uint64_t *ret_bytes);

/**
 * Have the kernel reset the drive at PATH, and nothing beside it.  The drive then says so with a unit attention, for
 * which the kernel looks at the medium anew.  Only root can do that; nothing happens for others.
 */
void medium_kernel_reset_drive(const char *path);

/**
 * A number that the kernel changes whenever it learns that a medium has come or gone; false before Linux 5.15.
 * FD is an open block device.
 */
bool medium_kernel_disk_number(int fd, uint64_t *ret_number);

/**
 * Make the kernel ask the drive of the open device FD whether the medium has changed.  After a unit attention it
 * refuses all reads and writes until it has asked.
 */
void medium_kernel_look(int fd);

#define MEDIUM_KERNEL_FILE_BYTES 64u

/** The file of /sys that has how long the kernel waits for the drive of FD; false where FD is no block device. */
bool medium_kernel_timeout_file(int fd, char ret_file[MEDIUM_KERNEL_FILE_BYTES]);

/**
 * Give each command of the kernel to a drive at least SECONDS, where the host lets us.
 * FILE is of medium_kernel_timeout_file().
 * Returns how many it gives now; 0 where that is unknown.
 */
uint32_t medium_kernel_set_timeout(const char *file, uint32_t seconds);

#endif
