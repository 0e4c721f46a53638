/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that stays: it starts the server, connects it to the kernel, and keeps the record. */
#ifndef UDF_PKTSETUP_SUPERVISE_H
#define UDF_PKTSETUP_SUPERVISE_H

#include "place.h"

/* What is answered to the program that was called, before it ends: a word, and the rest of the line. */
#define ANSWER_BOUND "bound"	/* and a sentence */
#define ANSWER_ALREADY "already"	/* it was bound before; and a sentence */
#define ANSWER_FAILED "failed"	/* and a sentence */
#define ANSWER_BYTES (3 * PATH_MAX + 1024)

/**
 * Bind DRIVE, serve it until it is released, and return the exit status of the process.
 *
 * @path       The packet device, or empty: find a name below /dev/pktcdvd.
 * @answer_fd  Where the answer is written; it is closed then.
 */
int supervise(const struct drive_place *drive, const char *path, int answer_fd);

#endif
