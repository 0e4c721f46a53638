/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The optical drives of the host. */
#ifndef UDF_MEDIUM_DRIVES_H
#define UDF_MEDIUM_DRIVES_H

#include <stddef.h>
#include <udfkit/error.h>

struct medium_drive {
	char node[64];			/* "/dev/sr0" */
	char vendor[64], model[64], revision[64];	/* as the kernel has them, without padding; may be empty */
};

/**
 * Find all optical drives that the kernel knows, in the order of their names.  None of them is opened.
 *
 * @ret_drives  To be freed with free(); NULL if there are none.
 */
enum udf_err medium_drives(struct medium_drive **ret_drives, size_t *ret_n_drives);

#endif
