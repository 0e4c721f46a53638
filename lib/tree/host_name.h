/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that a host can hold, made from the names of a volume. */
#ifndef UDF_TREE_HOST_NAME_H
#define UDF_TREE_HOST_NAME_H

#include <stddef.h>

#define TREE_NAME_CAP 640		/* the longest name on a volume has 508 bytes of UTF-8; "~N" and a NUL */

/**
 * The name of the NTH object (from 1) that has NAME on the volume, in at most CAP_BYTES bytes.  A name that has to
 * change gets "~NTH" before its extension.  A name that is too long also loses whole characters before that; its
 * extension stays.
 *
 * @cap_bytes  32 or more.
 */
void tree_host_name(const char *name, unsigned nth, size_t cap_bytes, char ret_name[TREE_NAME_CAP]);

#endif
