/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tree/populate_data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"

#define BUFFER_BYTES (256u << 10)
#define KERNEL_COPY_BYTES (128u << 20)	/* at a time: progress is reported in between */
#define LARGE_BYTES (1u << 20)		/* from this size on the kernel copies */

void copy_buffer_done(struct copy_buffer *buffer)
{
	free(buffer->bytes);
	buffer->bytes = NULL;
}

bool copy_may_have_holes(const struct stat *st)
{
	return (uint64_t)st->st_blocks * 512 < (uint64_t)st->st_size;
}

enum udf_err copy_next_data(int fd, uint64_t data_at, uint64_t at, uint64_t size_bytes, uint64_t *ret_first,
			    uint64_t *ret_end)
{
	off_t first, end;

	if (at >= size_bytes)
		return UDF_END;
	first = lseek(fd, (off_t)(data_at + at), SEEK_DATA);
	if (first < 0 && errno == ENXIO)
		return UDF_END;
	if (first < 0) {
		*ret_first = at;
		*ret_end = size_bytes;
		return UDF_OK;
	}
	if ((uint64_t)first - data_at >= size_bytes)
		return UDF_END;
	end = lseek(fd, first, SEEK_HOLE);
	*ret_first = (uint64_t)first - data_at;
	*ret_end = end < 0 ? size_bytes : udf_min64((uint64_t)end - data_at, size_bytes);
	return UDF_OK;
}

/* ---- copying ---- */

struct copy {
	struct udf_fs *fs;
	udf_ino ino;
	const struct host_entry *entry;
	struct copy_buffer *buffer;
	int *ret_errno;
};

static void copied(struct copy *c, uint64_t n_bytes)
{
	if (c->buffer->progress)
		c->buffer->progress(c->buffer->progress_ctx, n_bytes);
}

static enum udf_err host_error(struct copy *c, int host_errno)
{
	*c->ret_errno = host_errno;
	return udf_err_from_errno(host_errno);
}

static enum udf_err write_all(struct copy *c, uint64_t at, const uint8_t *data, size_t n_bytes)
{
	while (n_bytes) {
		size_t n = 0;
		enum udf_err err = udf_write(c->fs, c->ino, at, n_bytes, data, &n);

		if (err || n == 0)
			return err ? err : UDF_E_NOSPC;
		at += n;
		data += n;
		n_bytes -= n;
	}
	return UDF_OK;
}

/* Read and write [AT, END). */
static enum udf_err copy_plain(struct copy *c, uint64_t at, uint64_t end)
{
	enum udf_err err = UDF_OK;

	if (at < end && !c->buffer->bytes) {
		c->buffer->bytes = malloc(BUFFER_BYTES);
		if (!c->buffer->bytes)
			return UDF_E_NOMEM;
	}
	while (at < end && !err) {
		ssize_t n = pread(c->entry->fd, c->buffer->bytes, (size_t)udf_min64(end - at, BUFFER_BYTES),
				  (off_t)(c->entry->data_at_bytes + at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return host_error(c, n < 0 ? errno : ESTALE);
		err = write_all(c, at, c->buffer->bytes, (size_t)n);
		copied(c, (uint64_t)n);
		at += (uint64_t)n;
	}
	return err;
}

/* Let the kernel copy N_BYTES from AT of the source to OUT_FD at OUT_AT.  *RET_N_BYTES: how many it copied. */
static enum udf_err kernel_copy(struct copy *c, uint64_t at, int out_fd, uint64_t out_at, uint64_t n_bytes,
				uint64_t *ret_n_bytes)
{
	off_t from = (off_t)(c->entry->data_at_bytes + at), to = (off_t)out_at;

	*ret_n_bytes = 0;
	while (n_bytes) {
		ssize_t n = copy_file_range(c->entry->fd, &from, out_fd, &to,
					    (size_t)udf_min64(n_bytes, KERNEL_COPY_BYTES), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT))
			return UDF_E_HOST_FULL;		/* of the image, not of the source */
		/* EIO may be the source's or the image's: reading and writing find out which. */
		if (n < 0 && errno != EIO)
			c->buffer->no_copy_range = true;	/* EXDEV, ENOSYS, EINVAL, ... */
		if (n <= 0)
			return UDF_OK;
		*ret_n_bytes += (uint64_t)n;
		n_bytes -= (uint64_t)n;
		copied(c, (uint64_t)n);
	}
	return UDF_OK;
}

/*
 * Fill the N_BYTES at AT by which the file was just extended.  Bytes that the kernel does not copy are written as
 * other data is.  The blocks exist already.
 */
static enum udf_err fill_extended(struct copy *c, uint64_t at, uint64_t n_bytes)
{
	uint64_t end = at + n_bytes, n, copied, out_at;
	enum udf_err err = UDF_OK;
	int out_fd;

	while (at < end && !c->buffer->no_copy_range) {
		err = udf_file_range(c->fs, c->ino, at, end - at, &out_fd, &out_at, &n);
		if (err == UDF_E_UNSUPPORTED) {
			c->buffer->no_copy_range = true;
			break;
		}
		if (!err)
			err = kernel_copy(c, at, out_fd, out_at, n, &copied);
		if (err)
			return err;
		at += copied;
		if (copied < n)
			break;
	}
	return copy_plain(c, at, end);
}

/* Copy [AT, END), where AT is the current end of the file on the volume.  The kernel copies whole blocks. */
static enum udf_err copy_large(struct copy *c, uint64_t at, uint64_t end)
{
	enum udf_err err = UDF_OK;
	uint64_t n;

	while (!c->buffer->no_copy_range && end - at >= LARGE_BYTES) {
		err = udf_bulk_extend(c->fs, c->ino, end - at, &n, NULL);
		if (err == UDF_E_INVAL)
			break;		/* it does not begin at a block boundary */
		if (!err)
			err = fill_extended(c, at, n);
		if (err)
			return err;
		at += n;
	}
	return copy_plain(c, at, end);
}

static enum udf_err set_size(struct copy *c, uint64_t size_bytes)
{
	struct udf_attr set = { .size_bytes = size_bytes }, attr;

	return udf_setattr(c->fs, c->ino, &set, UDF_SET_SIZE, &attr);
}

/* The blocks of [AT, END) are taken, and somebody else brings the data.  AT is the current end of the file. */
static enum udf_err refer(struct copy *c, uint64_t at, uint64_t end)
{
	uint64_t size_bytes = (uint64_t)c->entry->st.st_size, n, lsn;
	enum udf_err err = UDF_OK;

	while (at < end && !err) {
		err = udf_bulk_extend(c->fs, c->ino, end - at, &n, &lsn);
		if (!err)
			err = c->buffer->refer(c->buffer->refer_ctx, c->entry, at, lsn, udf_min64(n, size_bytes - at));
		if (!err)
			at += n;
	}
	return err;
}

/* Only whole blocks can be holes. */
static enum udf_err refer_file(struct copy *c, uint64_t *ret_n_bytes)
{
	uint64_t size_bytes = (uint64_t)c->entry->st.st_size, block_bytes = c->buffer->block_bytes;
	uint64_t at = 0, first = 0, end = size_bytes;
	bool may_have_holes = copy_may_have_holes(&c->entry->st);
	enum udf_err err;

	do {
		err = may_have_holes ? copy_next_data(c->entry->fd, c->entry->data_at_bytes, at, size_bytes, &first,
						      &end) : UDF_OK;
		if (err)
			break;
		first = udf_max64(first / block_bytes * block_bytes, at);
		end = udf_ceil_div(end, block_bytes) * block_bytes;
		if (first > at)
			err = set_size(c, first);	/* makes a hole up to there */
		if (!err)
			err = refer(c, first, end);
		if (err)
			return err;
		*ret_n_bytes += udf_min64(end, size_bytes) - first;
		at = end;
	} while (at < size_bytes);
	return err && err != UDF_END ? err : at == size_bytes ? UDF_OK : set_size(c, size_bytes);
}

enum udf_err copy_file(struct udf_fs *fs, udf_ino ino, const struct host_entry *entry, struct copy_buffer *buffer,
		       uint64_t *ret_n_bytes, int *ret_errno)
{
	struct copy c = { .fs = fs, .ino = ino, .entry = entry, .buffer = buffer, .ret_errno = ret_errno };
	uint64_t size_bytes = (uint64_t)entry->st.st_size, at = 0, first, end;
	enum udf_err err;

	*ret_n_bytes = 0;
	if (buffer->refer && size_bytes >= buffer->block_bytes)
		return refer_file(&c, ret_n_bytes);
	if (!copy_may_have_holes(&entry->st)) {
		*ret_n_bytes = size_bytes;
		return copy_large(&c, 0, size_bytes);
	}
	while ((err = copy_next_data(entry->fd, entry->data_at_bytes, at, size_bytes, &first, &end)) == UDF_OK) {
		if (first > at && end - first >= LARGE_BYTES)
			err = set_size(&c, first);	/* makes a hole up to there */
		if (!err)
			err = copy_large(&c, first, end);
		if (err)
			return err;
		*ret_n_bytes += end - first;
		at = end;
	}
	return err == UDF_END ? (at < size_bytes ? set_size(&c, size_bytes) : UDF_OK) : err;
}
