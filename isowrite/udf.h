/* SPDX-License-Identifier: GPL-2.0-or-later */
/* isowrite --udf: a read-only UDF volume. */
#ifndef ISOWRITE_UDF_H
#define ISOWRITE_UDF_H

#include "request.h"

struct udf_mkfs_params;

/** The UDF volume that REQ wants, stamped.  A revision that can't be made ends the program. */
void udf_volume_params(const struct request *req, struct udf_mkfs_params *ret_params);

/** Make the volume, or print its size.  Returns the exit status. */
int udf_volume(const struct request *req);

/** How large will it be?  False, after messages, if something can't be read, or there can be no such volume. */
bool udf_volume_measure(const struct request *req, uint64_t *ret_n_blocks);

#endif
