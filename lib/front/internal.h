/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of lib/front only. */
#ifndef UDF_FRONT_INTERNAL_H
#define UDF_FRONT_INTERNAL_H

#include "front/front.h"

/**
 * Say why udf_vol_open() failed with ERR on BIO, which is PATH opened, and what to do.  If there is something else than
 * a UDF volume, the text names it.  If there are traces of a volume, it lists what is lost and what is still there.
 * HOW are the options that it was opened with.
 */
void front_no_volume_text(const char *tool, const char *path, struct bio *bio, const struct udf_vol_options *how,
			  enum udf_err err, char *ret_text, size_t cap);

/** Does libblkid find another file system than UDF in PATH, or a partition table? */
bool front_is_foreign(const char *path);

#endif
