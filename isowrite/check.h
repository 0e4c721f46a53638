/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ISOWRITE_CHECK_H
#define ISOWRITE_CHECK_H

#include "request.h"

struct bio;

/** Open the image PATH for reading, in blocks of 2048 bytes.  NULL, after a message, if that fails. */
struct bio *open_image(const char *path);

/** Compare the images with their checksums.  Returns the exit status. */
int check_images(const struct request *req);

#endif
