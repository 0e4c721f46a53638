/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disc that holds nothing yet is made ready to be written. */
#ifndef UDF_MEDIUM_FORMAT_H
#define UDF_MEDIUM_FORMAT_H

#include <udfkit/error.h>

#include "medium/medium.h"

struct mmc_hooks;
struct udf_env;

/**
 * Format the disc in the drive PATH in the usual way if it is blank or unformatted; else do nothing.  Nothing is lost.
 *
 * @hooks	 Progress, and whether to go on.  May be NULL.
 * @ret_why	 On failure, a phrase that says why; "" where the error says it.  On success "", or a warning.
 * Returns the errors of medium_drive_open() and mmc_format().
 */
enum udf_err medium_format_new(const char *path, const struct udf_env *env, const struct mmc_hooks *hooks,
			       char ret_why[MEDIUM_WHY_BYTES]);

#endif
