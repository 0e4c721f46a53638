/* SPDX-License-Identifier: GPL-2.0-or-later */
/* isowrite --udf: a read-only UDF volume. */
#ifndef ISOWRITE_UDF_H
#define ISOWRITE_UDF_H

#include "request.h"

/** Make the volume, or print its size.  Returns the exit status. */
int udf_volume(const struct request *req);

#endif
