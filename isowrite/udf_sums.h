/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --udf --md5: the checksums of all files, as the list of a set of one disc. */
#ifndef ISOWRITE_UDF_SUMS_H
#define ISOWRITE_UDF_SUMS_H

#include "master/master.h"
#include "request.h"

/**
 * Read the files that OPTIONS puts into a volume, and make the list of them.  Files are not read where REQ asks for the
 * size only: the list is as long then.  What can't be read is not in the list; filling the volume reports it.
 *
 * @ret_text  Freed by the caller.
 * Returns false after a message.
 */
bool udf_sums_make(const struct request *req, const struct udf_master_options *options,
		   struct cli_progress *progress, char **ret_text, size_t *ret_n_bytes);

#endif
