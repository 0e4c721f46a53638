/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of --plan, as a text. */
#ifndef ISOWRITE_PLAN_FILE_H
#define ISOWRITE_PLAN_FILE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Read PATH.
 *
 * @ret_text  Freed by the caller; NULL where there is no such file.
 * Returns false after a message.
 */
bool plan_file_read(const char *path, char **ret_text, size_t *ret_n_bytes);

/**
 * Make the file PATH, which is not there: it has its name when all of it is on the disk, and nothing else that has got
 * that name meanwhile is replaced.  False, after a message, if that fails.
 */
bool plan_file_write(const char *path, const char *text, size_t n_bytes);

#endif
