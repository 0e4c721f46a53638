/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkudffs --tar: an archive in the place of a directory. */
#ifndef MKUDFFS_ARCHIVE_H
#define MKUDFFS_ARCHIVE_H

#include "request.h"

/**
 * Read the archive of --tar.  What is wrong with it, or something in it that can't be copied, ends the program; with
 * --skip-unreadable the latter is listed at the end.
 */
void tar_source_read(struct request *req);

/** Let OPTIONS take what the archive holds, if there is one. */
void tar_source_walk(const struct request *req, struct tree_populate_options *options);

void tar_source_free(struct request *req);

#endif
