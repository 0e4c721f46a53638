/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of other packages. */
#ifndef UDF_PKTSETUP_CHILD_H
#define UDF_PKTSETUP_CHILD_H

#include <stdbool.h>
#include <stddef.h>

/** Is PROGRAM in PATH? */
bool child_is_there(const char *program);

/**
 * Run ARGV, whose first word is searched for in PATH, with nothing on its standard input and output, and wait for it.
 *
 * @ret_said  The last line that it wrote to standard error; may be NULL.
 * Returns its exit status, 128 and the signal, or 127 if it can't be started.
 */
int child_run(const char *const argv[], char *ret_said, size_t cap);

#endif
