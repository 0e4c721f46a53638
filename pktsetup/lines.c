/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"

/* The descriptor does not block.  A line that does not fit is cut. */
void lines_fill(struct lines *lines)
{
	ssize_t n;

	if (lines->fd < 0)
		return;
	if (lines->n == sizeof(lines->text)) {
		if (memchr(lines->text, '\n', lines->n))
			return;
		lines->text[lines->n - 1] = '\n';
		return;
	}
	n = read(lines->fd, lines->text + lines->n, sizeof(lines->text) - lines->n);
	if (n > 0) {
		lines->n += (size_t)n;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(lines->fd);
		lines->fd = -1;
	}
}

bool lines_next(struct lines *lines, char ret_line[EXPORT_LINE_BYTES])
{
	char *end = memchr(lines->text, '\n', lines->n);
	size_t n;

	if (!end)
		return false;
	n = (size_t)(end - lines->text);
	snprintf(ret_line, EXPORT_LINE_BYTES, "%.*s", (int)n, lines->text);
	lines->n -= n + 1;
	memmove(lines->text, end + 1, lines->n);
	return true;
}
