/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UDF_TAR_INTERNAL_H
#define UDF_TAR_INTERNAL_H

#include "tar/objects.h"
#include "tar/tar.h"

struct udf_tar {
	struct tar_objects objects;
	int spool_fd;			/* -1: none */
	uint64_t spool_bytes;		/* taken of it */
};

#endif
