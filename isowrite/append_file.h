/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session in an image file, as on a disc that is written in place. */
#ifndef ISOWRITE_APPEND_FILE_H
#define ISOWRITE_APPEND_FILE_H

#include "request.h"

/**
 * Add what REQ says to the image in the file PATH, which grows.  Messages have been printed.
 *
 * @check_only  Only look whether it can be done.
 * Returns the exit status.
 */
int append_to_file(struct request *req, const char *path, bool verify, bool check_only);

#endif
