/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Receiving requests.  While large writes follow one another, requests are read into a pipe, so that the pages go from
 * the kernel's cache to the device's without a copy in this process.  For any other request the pipe costs one more
 * system call.  So the first request that is not a large write ends it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mounted.h"

/*
 * The header takes one page of the pipe, and each page of data takes one too.  If there are too many pages, the kernel
 * fails the request.  A user who may not have a pipe of that size (fs.pipe-max-size) gets smaller writes.
 */
#define PIPE_BYTES (2 * MAX_IO_BYTES)
#define SMALL_PIPE_BYTES MAX_IO_BYTES
#define SMALL_WRITE_BYTES (MAX_IO_BYTES - 64 * 1024)

static void close_pipe(struct receiver *r)
{
	if (!r->has_pipe)
		return;
	close(r->pipe[0]);
	close(r->pipe[1]);
	r->has_pipe = false;
}

static bool open_pipe(struct receiver *r)
{
	if (r->has_pipe)
		return true;
	if (pipe2(r->pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return false;
	r->has_pipe = true;
	if (fcntl(r->pipe[0], F_SETPIPE_SZ, r->pipe_bytes) >= (int)r->pipe_bytes)
		return true;
	close_pipe(r);
	return false;
}

size_t receive_init(struct mounted *m)
{
	struct receiver *r = &m->receiver;

	r->may_splice = !wide_time_is_needed();
	if (!r->may_splice)
		return MAX_IO_BYTES;
	r->pipe_bytes = PIPE_BYTES;
	if (open_pipe(r))
		return MAX_IO_BYTES;
	r->pipe_bytes = SMALL_PIPE_BYTES;
	if (open_pipe(r))
		return SMALL_WRITE_BYTES;
	r->may_splice = false;
	return MAX_IO_BYTES;
}

static int receive_into_pipe(struct mounted *m, struct fuse_buf *request)
{
	ssize_t n = splice(fuse_session_fd(m->session), NULL, m->receiver.pipe[1], NULL,
			   MAX_IO_BYTES + (size_t)sysconf(_SC_PAGESIZE), 0);

	if (n < 0 && (errno == ENOENT || errno == EAGAIN))
		return -EINTR;		/* the kernel has taken the request back */
	if (n < 0 && errno == ENODEV) {
		fuse_session_exit(m->session);
		return 0;
	}
	if (n < 0 && errno != EINTR)
		m->receiver.may_splice = false;		/* whatever the error is, reading will report it */
	if (n <= 0)
		return n < 0 ? -EINTR : 0;
	request->flags = FUSE_BUF_IS_FD;
	request->fd = m->receiver.pipe[0];
	request->size = (size_t)n;
	return (int)n;
}

int receive(struct mounted *m, struct fuse_buf *request)
{
	struct receiver *r = &m->receiver;
	int n;

	if (r->has_large_writes && r->may_splice && open_pipe(r))
		return receive_into_pipe(m, request);
	request->flags = 0;
	n = fuse_session_receive_buf(m->session, request);
	if (n > 0)
		wide_time_receive(m, request);
	return n;
}

void receive_done(struct mounted *m, const struct fuse_buf *request)
{
	int n_left = 0;

	/* Data that nobody has taken must not stay in front of the next request. */
	if (request->flags & FUSE_BUF_IS_FD && (ioctl(m->receiver.pipe[0], FIONREAD, &n_left) < 0 || n_left))
		close_pipe(&m->receiver);
}

void receive_stop(struct mounted *m)
{
	close_pipe(&m->receiver);
}
