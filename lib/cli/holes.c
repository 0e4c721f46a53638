/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard output as a file: zeros become holes. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "cli/cli.h"

/* Only after the end of the file: what is there already must be overwritten. */
void cli_holes_begin(struct cli_holes *holes, int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	*holes = (struct cli_holes){ .fd = fd };
	holes->makes_them = at >= 0 && flags >= 0 && !(flags & O_APPEND) && fstat(fd, &st) == 0 &&
			    S_ISREG(st.st_mode) && at >= st.st_size;
}

bool cli_holes_write(struct cli_holes *holes, const void *data, size_t n_bytes)
{
	const uint8_t *at = data;

	if (!n_bytes)
		return true;
	holes->ends_with_one = holes->makes_them && bytes_are_zero(at, n_bytes);
	if (holes->ends_with_one)
		return lseek(holes->fd, (off_t)n_bytes, SEEK_CUR) >= 0;
	while (n_bytes) {
		ssize_t n = write(holes->fd, at, n_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		at += n;
		n_bytes -= (size_t)n;
	}
	return true;
}

bool cli_holes_end(const struct cli_holes *holes)
{
	off_t at = holes->ends_with_one ? lseek(holes->fd, 0, SEEK_CUR) : 0;

	return at >= 0 && (!holes->ends_with_one || ftruncate(holes->fd, at) == 0);
}
