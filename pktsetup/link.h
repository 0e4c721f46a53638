/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others see of a packet device: its name under /dev, and the marks that the udev rule looks for. */
#ifndef UDF_PKTSETUP_LINK_H
#define UDF_PKTSETUP_LINK_H

#include <stdbool.h>
#include <sys/types.h>

#include "place.h"

/** May PATH become a link?  It may not be there, or is a link that leads to an NBD device, or nowhere. */
bool link_is_free(const char *path);

/** Make PATH a link to NODE.  False with errno. */
bool link_make(const char *path, const char *node);

/** Remove PATH if it is a link to NODE. */
void link_remove(const char *path, const char *node);

/** The next name below /dev/pktcdvd that is free: "/dev/pktcdvd/pktcdvd0". */
bool link_find_free(char ret[PATH_MAX]);

/** Tell udev, and through it file managers, that NUMBER is pktsetup's (or no longer).  0 is no device. */
void link_mark(dev_t number, bool is_bound);

#endif
