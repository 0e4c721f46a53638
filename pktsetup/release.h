/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a packet device. */
#ifndef UDF_PKTSETUP_RELEASE_H
#define UDF_PKTSETUP_RELEASE_H

#include "record.h"
#include "request.h"

/** Take away what others see of a packet device. */
void release_traces(const struct record *record);

/** Open the tray of DEVICE, which nobody holds. */
void release_eject(const char *device);

/** Find the packet device that TEXT names: its path or name, its numbers, its NBD device, or its drive. */
bool release_find(const char *text, struct record *ret);

/** Have the packet device released, wait for that, and say what was lost.  Returns the exit status. */
int release_run(const struct record *record);

#endif
