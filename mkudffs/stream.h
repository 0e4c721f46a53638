/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkudffs -: the volume goes to standard output, from its first block to its last. */
#ifndef MKUDFFS_STREAM_H
#define MKUDFFS_STREAM_H

#include "target.h"

/**
 * From now on messages for standard output go to standard error.  Returns the descriptor that the volume goes to.  A
 * terminal is refused.
 */
int stream_take_stdout(void);

/** Make the volume of PLAN, and write it to FD.  What fails ends the program. */
void stream_volume(const struct request *req, const struct front_target *target, const struct udf_mkfs_params *params,
		   const struct udf_plan *plan, int fd, struct tree_totals *ret_totals);

#endif
