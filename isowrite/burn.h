/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The half of isowrite that burns: command lines with dev=, as cdrecord(1), wodim(1) and cdrskin(1) take them. */
#ifndef ISOWRITE_BURN_H
#define ISOWRITE_BURN_H

#include <stdbool.h>

/** Does the command line name a drive, so that the burning half takes it? */
bool burn_is_wanted(int argc, char **argv);

/** Do all of it.  Returns the exit status; bad usage ends the program with 2. */
int burn_main(int argc, char **argv);

#endif
