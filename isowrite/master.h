/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image in the making: the tree, and then its blocks. */
#ifndef ISOWRITE_MASTER_H
#define ISOWRITE_MASTER_H

#include "mastered.h"
#include "sources.h"

struct master {
	struct sources sources;
	struct udf_iso_listener listener;
	struct udf_iso_image *image;
	struct mastered mastered;
	struct request *req;
};

/**
 * Find the files of REQ, which is borrowed; its plan may be changed.
 * False, after a message, if that fails.  In any case MASTER is released with master_done().
 */
bool master_find(struct master *master, struct request *req);

/** Then lay the image out.  @size_only  Nothing of it will be read.  False, after a message. */
bool master_lay_out(struct master *master, bool size_only);

void master_done(struct master *master);

#endif
