/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about file data. */
#include "config.h"

#include <errno.h>
#include <linux/falloc.h>
#include <unistd.h>

#include "mounted.h"

/*
 * Where the bytes lie in one piece of the device they go from its pages to the kernel, past this
 * process.  A file that has become shorter would give less, which the kernel takes for zeros: not here.
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
	/* The kernel takes less than it asked for as the end of the file, and shows zeros: not for an error. */
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

void op_write(fuse_req_t req, fuse_ino_t node, const char *data, size_t n_bytes, off_t at,
	      struct fuse_file_info *fi)
{
	struct mounted *m = mounted_of(req);
	size_t n_written = 0, n = 1;
	enum udf_err err = UDF_OK;

	m->needs_tick = true;
	while (!err && n && n_written < n_bytes) {
		err = udf_write(m->fs, ino_of(m, node), (uint64_t)at + n_written, n_bytes - n_written,
				data + n_written, &n);
		n_written += n;
	}
	/* Writing back its pages, the kernel takes any count for all of them: only an error is heard. */
	if (n_written < n_bytes && (fi->writepage || n_written == 0))
		reply_err(req, err ? err : UDF_E_NOSPC);
	else
		fuse_reply_write(req, n_written);
}

void op_fsync(fuse_req_t req, fuse_ino_t node, int data_only, struct fuse_file_info *fi)
{
	struct mounted *m = mounted_of(req);

	(void)fi;
	m->needs_tick = true;
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
