/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MKUDFFS_FORMAT_H
#define MKUDFFS_FORMAT_H

#include "request.h"

/** Format the disc if it is blank or unformatted.  If that fails, end the program. */
void format_if_new(const struct request *req);

#endif
