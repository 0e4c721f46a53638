/* SPDX-License-Identifier: GPL-2.0-or-later */
/* isowrite --tar: an archive in the place of a directory. */
#ifndef ISOWRITE_ARCHIVE_H
#define ISOWRITE_ARCHIVE_H

#include "master/master.h"
#include "request.h"

struct udf_tar;

/**
 * Read the archive of --tar.  What is left out is reported, and counted in *N_FAILED.  NULL, after a message, if the
 * archive can't be read.  Without libarchive this ends the program with status 2.
 */
struct udf_tar *tar_source_open(const struct request *req, struct cli_progress *progress, uint64_t *n_failed);

/** Let SOURCE be the archive. */
void tar_source_walk(struct udf_tar *tar, struct udf_master_source *source);

/** NULL is allowed. */
void tar_source_close(struct udf_tar *tar);

#endif
