/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Receiving requests.  While large writes come one after the other, requests are taken into a pipe:
 * the pages then go from the kernel's cache to the device's without a copy here.  Any other request
 * would cost a system call more by that, so the first that is none ends it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mounted.h"

/*
 * The header takes a page of the pipe, and each page of data a place of its own: too many of them, and the
 * kernel fails the request.  Who may not have a pipe that large (fs.pipe-max-size) gets smaller writes.
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

	r->may_splice = true;
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
		return -EINTR;		/* the request was taken back */
	if (n < 0 && errno == ENODEV) {
		fuse_session_exit(m->session);
		return 0;
	}
	if (n < 0 && errno != EINTR)
		m->receiver.may_splice = false;		/* whatever it is, reading will tell */
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

	if (r->has_large_writes && r->may_splice && open_pipe(r))
		return receive_into_pipe(m, request);
	request->flags = 0;
	return fuse_session_receive_buf(m->session, request);
}

void receive_done(struct mounted *m, const struct fuse_buf *request)
{
	int n_left = 0;

	/* What nobody wanted must not stand before the next request. */
	if (request->flags & FUSE_BUF_IS_FD && (ioctl(m->receiver.pipe[0], FIONREAD, &n_left) < 0 || n_left))
		close_pipe(&m->receiver);
}

void receive_stop(struct mounted *m)
{
	close_pipe(&m->receiver);
}
