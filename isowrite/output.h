/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the image goes.  A regular file gets its name when it is complete; until then it has a temporary name beside
 * it, which is removed if the tool fails or is ended by a signal.
 */
#ifndef ISOWRITE_OUTPUT_H
#define ISOWRITE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output;

/**
 * @path   NULL: standard output.
 * @split  Files of 1 GiB: PATH_00, PATH_01, ...
 * What can't be written to (a device, a file in use) is refused with a message; then NULL.
 */
struct output *output_open(const char *path, bool split);

/** Write.  Blocks of zeros are left as holes in a regular file.  False, after a message, if that fails. */
bool output_write(struct output *out, const void *data, size_t n_bytes);

/** The image is complete: false, after a message, if it can't be finished. */
bool output_finish(struct output *out);

/** Removes what is not finished. */
void output_close(struct output *out);

#endif
