/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UDF_ISO_WALK_H
#define UDF_ISO_WALK_H

#include "iso/internal.h"

/** A directory of the host, in IMAGE's list.  NULL without memory. */
struct udf_iso_dir *udf_iso_dir_new(struct udf_iso_image *image, const struct udf_iso_dir *parent, const char *name,
				    const struct stat *st);

/** Put everything that is in the directory FROM into TO, which gets FROM's mode, owner and times. */
enum udf_err udf_iso_walk(struct udf_iso_image *image, IsoDir *to, const struct udf_iso_dir *from);

#endif
