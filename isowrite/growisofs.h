/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command lines of growisofs(1): images and directories onto DVD, BD and image files. */
#ifndef ISOWRITE_GROWISOFS_H
#define ISOWRITE_GROWISOFS_H

#include <stdbool.h>

/**
 * Do all of it; bad usage ends the program with 2.
 *
 * @ret_words  Where files are mastered into an image file: the command line of mkisofs(8) that does it, which the
 *             caller runs and frees with free().  Else NULL, and RET_STATUS is the exit status.
 */
void growisofs_main(int argc, char **argv, int *ret_status, char ***ret_words);

#endif
