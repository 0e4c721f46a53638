/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * To be preloaded: a flush of a slow medium.  While $UDFKIT_GATE names a FIFO, fdatasync() waits until
 * somebody opens it for writing.  Each call adds a line to $UDFKIT_GATE.log first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int fdatasync(int fd)
{
	const char *gate = getenv("UDFKIT_GATE");
	char log[4096];
	int at;

	if (gate) {
		snprintf(log, sizeof(log), "%s.log", gate);
		at = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (at >= 0) {
			(void)!write(at, "flush\n", 6);
			close(at);
		}
		do {
			at = open(gate, O_RDONLY | O_CLOEXEC);
		} while (at < 0 && errno == EINTR);
		if (at >= 0)
			close(at);
	}
	return (int)syscall(SYS_fdatasync, fd);
}
