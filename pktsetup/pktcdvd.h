/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own driver for packet writing, which Linux had from 2.6.10 to 6.16.  It is asked through
 * /dev/pktcdvd/control; its layout is in linux/pktcdvd.h of those kernels.
 */
#ifndef UDF_PKTSETUP_PKTCDVD_H
#define UDF_PKTSETUP_PKTCDVD_H

#include <stdbool.h>
#include <sys/types.h>

struct pktcdvd_device {
	unsigned index;
	dev_t number;		/* of the packet device */
	dev_t drive;
};

/** The control node; LOADS: load the driver and make the node if need be.  -1 if this kernel has no such driver. */
int pktcdvd_open(bool loads);
void pktcdvd_close(int fd);	/* -1 is allowed */

/** Bind DRIVE.  Returns 0 or an errno value. */
int pktcdvd_setup(int fd, dev_t drive, dev_t *ret_number);

/** Release the packet device NUMBER.  Returns 0 or an errno value: ENXIO if it is none. */
int pktcdvd_teardown(int fd, dev_t number);

/** The next packet device from *INDEX on; false after the last one. */
bool pktcdvd_next(int fd, unsigned *index, struct pktcdvd_device *ret);

/** Make the block device PATH for NUMBER.  Returns 0 or an errno value: EEXIST if something else is there. */
int pktcdvd_make_node(const char *path, dev_t number);

/** Bind DRIVE, with a node at PATH unless that is empty.  Returns the exit status, after a message. */
int pktcdvd_bind(int fd, const char *device, dev_t drive, const char *path, bool ignore);

/** Release what TEXT names: a node, MAJOR:MINOR of a packet device or its drive.  Returns the exit status. */
int pktcdvd_release(int fd, const char *text, bool ignore);

#endif
