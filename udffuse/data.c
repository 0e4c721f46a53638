/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about file data. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>

#include "mounted.h"

/*
 * Where the bytes are stored in one piece, they go from the device's pages to the kernel without a copy in this
 * process.  If a file has become shorter meanwhile, fewer bytes arrive, and the kernel takes the rest for zeros.  Then
 * this way is not used.
 */
static bool reply_spliced(struct mounted *m, fuse_req_t req, udf_ino ino, uint64_t at, size_t n_bytes)
{
	struct fuse_bufvec data = FUSE_BUFVEC_INIT(n_bytes);
	uint64_t where, n;
	struct stat st;
	int fd;

	if (!m->can_splice || n_bytes < SPLICE_MIN_BYTES ||
	    udf_file_range(m->fs, ino, at, n_bytes, &fd, &where, &n) || fd < 0 || n < n_bytes)
		return false;
	if (fstat(fd, &st) || (S_ISREG(st.st_mode) && (uint64_t)st.st_size < where + n_bytes))
		return false;
	data.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	data.buf[0].fd = fd;
	data.buf[0].pos = (off_t)where;
	fuse_reply_data(req, &data, 0);
	return true;
}

void op_read(fuse_req_t req, fuse_ino_t node, size_t n_bytes, off_t at, struct fuse_file_info *fi)
{
	struct mounted *m = mounted_of(req);
	size_t n_read = 0, n = 1;
	enum udf_err err = UDF_OK;

	(void)fi;
	if (n_bytes > MAX_IO_BYTES)
		n_bytes = MAX_IO_BYTES;
	if (reply_spliced(m, req, ino_of(m, node), (uint64_t)at, n_bytes))
		return;
	/*
	 * If the kernel receives less than it asked for, it takes that for the end of the file and shows zeros.  So an
	 * error must not be reported as a short read.
	 */
	while (!err && n && n_read < n_bytes) {
		err = udf_read(m->fs, ino_of(m, node), (uint64_t)at + n_read, n_bytes - n_read,
			       m->data + n_read, &n);
		n_read += n;
	}
	if (err && err != UDF_END)
		reply_err(req, err);
	else
		fuse_reply_buf(req, (const char *)m->data, n_read);
}

/* ---- writing ---- */

struct pipe_source {			/* the data of a request that is in a pipe */
	struct mounted *m;
	int fd;
	size_t n_taken;
	bool cannot_splice;		/* to the place where it is written */
};

static enum udf_err pipe_read(void *ctx, void *ret_data, size_t n_bytes)
{
	struct pipe_source *p = ctx;
	uint8_t *to = ret_data;

	while (n_bytes) {
		ssize_t n = read(p->fd, to, n_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return UDF_E_IO;
		to += n;
		n_bytes -= (size_t)n;
		p->n_taken += (size_t)n;
	}
	return UDF_OK;
}

static enum udf_err pipe_copy(struct pipe_source *p, int fd, uint64_t at_bytes, size_t n_bytes)
{
	enum udf_err err = pipe_read(p, p->m->data, n_bytes);
	size_t done = 0;

	while (!err && done < n_bytes) {
		ssize_t n = pwrite(fd, p->m->data + done, n_bytes - done, (off_t)(at_bytes + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			err = n < 0 ? udf_err_from_errno(errno) : UDF_E_IO;
		else
			done += (size_t)n;
	}
	return err;
}

static enum udf_err pipe_move(void *ctx, int fd, uint64_t at_bytes, size_t n_bytes)
{
	struct pipe_source *p = ctx;
	loff_t at = (loff_t)at_bytes;

	while (n_bytes && !p->cannot_splice) {
		ssize_t n = splice(p->fd, NULL, fd, &at, n_bytes, SPLICE_F_MOVE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EINVAL) {
			p->cannot_splice = true;
			break;
		}
		if (n <= 0)
			return n < 0 ? udf_err_from_errno(errno) : UDF_E_IO;
		n_bytes -= (size_t)n;
		p->n_taken += (size_t)n;
	}
	return n_bytes ? pipe_copy(p, fd, (uint64_t)at, n_bytes) : UDF_OK;
}

void op_write(fuse_req_t req, fuse_ino_t node, struct fuse_bufvec *data, off_t at, struct fuse_file_info *fi)
{
	struct mounted *m = mounted_of(req);
	const struct fuse_buf *buf = &data->buf[0];
	struct pipe_source pipe = { .m = m, .fd = buf->fd };
	const struct udf_source source = { .read = pipe_read, .move = pipe_move, .ctx = &pipe };
	bool is_pipe = buf->flags & FUSE_BUF_IS_FD;
	size_t n_bytes = buf->size, n_written = 0, n = 1;
	enum udf_err err = UDF_OK;

	m->needs_tick = true;
	m->receiver.has_large_writes = n_bytes >= LARGE_WRITE_BYTES;
	while (!err && n && n_written < n_bytes) {
		uint64_t to = (uint64_t)at + n_written;

		n = 0;
		if (is_pipe && pipe.n_taken > n_written)
			err = UDF_E_IO;		/* what the short write has taken from the pipe is lost */
		else if (is_pipe)
			err = udf_write_from(m->fs, ino_of(m, node), to, n_bytes - n_written, &source, &n);
		else
			err = udf_write(m->fs, ino_of(m, node), to, n_bytes - n_written,
					(const char *)buf->mem + n_written, &n);
		n_written += n;
	}
	/*
	 * Where pages are written back, the kernel takes a short count for the full one; for direct writes it reports
	 * EIO.
	 */
	if (n_written < n_bytes && !err)
		err = UDF_E_NOSPC;
	dirty_limit_wrote(m, n_written);
	if (n_written == n_bytes)
		fuse_reply_write(req, n_written);
	else if (fi->writepage)
		unwritten_failed(m, req, ino_of(m, node), err);
	else
		reply_err(req, err);
}

void op_fsync(fuse_req_t req, fuse_ino_t node, int data_only, struct fuse_file_info *fi)
{
	struct mounted *m = mounted_of(req);
	enum udf_err err;

	(void)fi;
	m->needs_tick = true;
	if (unwritten_reports(m, ino_of(m, node), &err))
		reply_err(req, err);
	else
		commit_fsync(m, req, node, data_only != 0);
}

void op_fallocate(fuse_req_t req, fuse_ino_t node, int mode, off_t at, off_t n_bytes,
		  struct fuse_file_info *fi)
{
	static const struct {
		int host;
		unsigned udf;
	} bits[] = {
		{ FALLOC_FL_KEEP_SIZE, UDF_FALLOC_KEEP_SIZE },
		{ FALLOC_FL_PUNCH_HOLE, UDF_FALLOC_PUNCH_HOLE },
		{ FALLOC_FL_ZERO_RANGE, UDF_FALLOC_ZERO_RANGE },
	};
	struct mounted *m = mounted_of(req);
	unsigned flags = 0;

	(void)fi;
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (mode & bits[i].host)
			flags |= bits[i].udf;
		mode &= ~bits[i].host;
	}
	if (mode) {
		fuse_reply_err(req, EOPNOTSUPP);
		return;
	}
	m->needs_tick = true;
	reply_err(req, udf_fallocate(m->fs, ino_of(m, node), flags, (uint64_t)at, (uint64_t)n_bytes));
}

void op_lseek(fuse_req_t req, fuse_ino_t node, off_t at, int whence, struct fuse_file_info *fi)
{
	(void)fi;
	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		fuse_reply_err(req, EINVAL);
	else
		seek_reply(mounted_of(req), req, node, (uint64_t)at, whence == SEEK_DATA);
}
