/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that a host can hold, made from those of a volume. */
#ifndef UDF_TREE_HOST_NAME_H
#define UDF_TREE_HOST_NAME_H

#include <stddef.h>

#define TREE_NAME_CAP 640		/* the longest name on a volume has 508 bytes of UTF-8; "~N" and a NUL */

/**
 * NAME for the NTH object that wants it (1: the first), in at most CAP_BYTES bytes.  A name that has to change gets
 * "~NTH" before its extension.  What is too long loses characters before that, whole ones only; the extension
 * stays.
 *
 * @cap_bytes  32 or more.
 */
void tree_host_name(const char *name, unsigned nth, size_t cap_bytes, char ret_name[TREE_NAME_CAP]);

#endif
