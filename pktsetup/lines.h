/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that come through a pipe, as they come. */
#ifndef UDF_PKTSETUP_LINES_H
#define UDF_PKTSETUP_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "export.h"

struct lines {
	int fd;				/* -1: it has ended */
	size_t n;
	char text[2 * EXPORT_LINE_BYTES];
};

/** Read what is there without waiting; the end closes the descriptor. */
void lines_fill(struct lines *lines);

/** The next whole line of what was read, which is cut if it is longer than LINE; false if there is none. */
bool lines_next(struct lines *lines, char ret_line[EXPORT_LINE_BYTES]);

#endif
