/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ISOWRITE_COMPLETION_H
#define ISOWRITE_COMPLETION_H

#include <stdbool.h>

/**
 * If the command line is --completion=bash alone, print the completion of both halves on standard output.  With a word
 * dev= the line is one of the burning half.
 */
bool completion_print(int argc, char **argv);

#endif
