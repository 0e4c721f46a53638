/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A regular file or a block device of the host. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <udfkit/bio.h>

#include "base/checked.h"
#include "bio/layer.h"

struct file {
	struct bio bio;
	int fd;
	bool is_device;
	bool flush_failed;
	uint64_t max_dirty_bytes;	/* 0: no limit */
	uint64_t n_new_bytes;		/* written since the host was last asked to begin writing */
};

/* The error for a failed transfer.  The host gives EIO and similar errors for blocks that it can't read or write. */
static enum udf_err transfer_failed(struct file *f, int host_errno)
{
	bio_set_host_errno(&f->bio, host_errno);
	switch (host_errno) {
	case EIO:
	case EILSEQ:	/* protection information is wrong */
	case ENODATA:	/* critical medium error */
	case EREMOTEIO: /* critical target error */
		return UDF_E_MEDIUM;
	case ENOSPC:
	case EDQUOT:
		return UDF_E_HOST_FULL;
	default:
		return udf_err_from_errno(host_errno);
	}
}

static enum udf_err file_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct file *f = BIO_LAYER(bio, struct file, bio);
	uint64_t at_bytes = at * bio->geometry.block_bytes;
	size_t left_bytes = (size_t)n_blocks * bio->geometry.block_bytes;
	uint8_t *out = ret_data;

	while (left_bytes) {
		ssize_t n = pread(f->fd, out, left_bytes, (off_t)at_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return transfer_failed(f, errno);
		if (n == 0) { /* the file was truncated meanwhile */
			bio_set_host_errno(bio, 0);
			return UDF_E_IO;
		}
		out += n;
		at_bytes += (size_t)n;
		left_bytes -= (size_t)n;
	}
	return UDF_OK;
}

/*
 * The host may hold back gigabytes, for which a slow medium takes an hour, and then a flush waits so long.  So after
 * each half of the limit it begins to write that half, when it is done with the one before.
 *
 * The kernel reports an error of the one before only once, and here: the next flush must return it.
 */
static void limit_dirty(struct file *f, size_t n_bytes)
{
	uint64_t n_new_bytes;

	if (!f->max_dirty_bytes)
		return;
	n_new_bytes = __atomic_add_fetch(&f->n_new_bytes, n_bytes, __ATOMIC_RELAXED);
	if (n_new_bytes < f->max_dirty_bytes / 2)
		return;
	__atomic_sub_fetch(&f->n_new_bytes, n_new_bytes, __ATOMIC_RELAXED);
	if (sync_file_range(f->fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE) < 0 &&
	    (errno == EIO || errno == ENOSPC || errno == ENXIO || errno == ENODEV))
		__atomic_store_n(&f->flush_failed, true, __ATOMIC_RELAXED);
}

static enum udf_err file_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct file *f = BIO_LAYER(bio, struct file, bio);
	uint64_t at_bytes = at * bio->geometry.block_bytes;
	size_t left_bytes = (size_t)n_blocks * bio->geometry.block_bytes;
	const uint8_t *in = data;

	while (left_bytes) {
		ssize_t n = pwrite(f->fd, in, left_bytes, (off_t)at_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return transfer_failed(f, n < 0 ? errno : EIO);
		in += n;
		at_bytes += (size_t)n;
		left_bytes -= (size_t)n;
	}
	limit_dirty(f, (size_t)n_blocks * bio->geometry.block_bytes);
	return UDF_OK;
}

static enum udf_err file_flush(struct bio *bio)
{
	struct file *f = BIO_LAYER(bio, struct file, bio);
	int host_errno;

	if (__atomic_load_n(&f->flush_failed, __ATOMIC_RELAXED))
		return UDF_E_IO;
	do {
		host_errno = fdatasync(f->fd) < 0 ? errno : 0;
	} while (host_errno == EINTR);
	/* Some special files have nothing to flush. */
	if (host_errno == 0 || host_errno == EINVAL || host_errno == EROFS)
		return UDF_OK;
	__atomic_store_n(&f->flush_failed, true, __ATOMIC_RELAXED);
	return transfer_failed(f, host_errno);
}

static enum udf_err file_discard(struct bio *bio, uint64_t at, uint64_t n_blocks)
{
	struct file *f = BIO_LAYER(bio, struct file, bio);
	uint64_t range[2] = { at * bio->geometry.block_bytes,
			      n_blocks * bio->geometry.block_bytes };
	int r;

	do {
		if (f->is_device)
			r = ioctl(f->fd, BLKDISCARD, range);
		else
			r = fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				      (off_t)range[0], (off_t)range[1]);
	} while (r < 0 && errno == EINTR);
	if (r == 0)
		return UDF_OK;
	bio_set_host_errno(bio, errno);
	/* EINVAL: the range doesn't suit the device's discard granularity. */
	if (errno == EOPNOTSUPP || errno == ENOTTY || errno == EINVAL || errno == ENOSYS)
		return UDF_E_UNSUPPORTED;
	return transfer_failed(f, errno);
}

static enum udf_err file_fd_range(struct bio *bio, uint64_t at, uint64_t n_blocks, int *ret_fd,
				  uint64_t *ret_offset_bytes)
{
	struct file *f = BIO_LAYER(bio, struct file, bio);

	(void)n_blocks;
	*ret_fd = f->fd;
	*ret_offset_bytes = at * bio->geometry.block_bytes;
	return UDF_OK;
}

static void file_close(struct bio *bio)
{
	struct file *f = BIO_LAYER(bio, struct file, bio);

	close(f->fd);
	free(f);
}

static const struct bio_ops file_ops = {
	.read = file_read,
	.write = file_write,
	.flush = file_flush,
	.discard = file_discard,
	.fd_range = file_fd_range,
	.close = file_close,
};

/* Open PATH if it is a file that has blocks.  Opening a FIFO would wait for its other end. */
static enum udf_err open_path(const char *path, const struct bio_file_options *options, int *ret_fd,
			      struct stat *ret_st, int *ret_errno)
{
	int flags = (options->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOCTTY;
	enum udf_err err = UDF_OK;
	struct stat st;
	int fd;

	if (stat(path, &st) < 0)
		goto failed;
	if (S_ISDIR(st.st_mode))
		return UDF_E_IS_DIR;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return UDF_E_UNSUPPORTED;
	if (options->exclusive && S_ISBLK(st.st_mode))
		flags |= O_EXCL;
	do {
		fd = open(path, flags);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0)
		goto failed;
	/* It may have been replaced meanwhile. */
	if (fstat(fd, &st) < 0) {
		err = udf_err_from_errno(errno);
		*ret_errno = errno;
	} else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
		err = UDF_E_UNSUPPORTED;
	}
	if (err) {
		close(fd);
		return err;
	}
	*ret_fd = fd;
	*ret_st = st;
	return UDF_OK;
failed:
	*ret_errno = errno;
	return udf_err_from_errno(errno);
}

/*
 * The size in bytes and, for a device, its sector size where the caller gives no block size.  A
 * write-protected device can be opened for writing, and fails only at the first write, so it is refused here.
 */
static enum udf_err find_geometry(int fd, const struct stat *st, bool writable,
				  uint32_t *block_bytes, uint64_t *ret_n_bytes, int *ret_errno)
{
	int sector_bytes = 0, is_protected = 0;

	if (S_ISREG(st->st_mode)) {
		*ret_n_bytes = (uint64_t)st->st_size;
		if (*block_bytes == 0)
			*block_bytes = BIO_MIN_BLOCK_BYTES;
		return UDF_OK;
	}
	if (ioctl(fd, BLKGETSIZE64, ret_n_bytes) < 0 || ioctl(fd, BLKSSZGET, &sector_bytes) < 0) {
		*ret_errno = errno;
		return udf_err_from_errno(errno);
	}
	if (writable && ioctl(fd, BLKROGET, &is_protected) == 0 && is_protected) {
		*ret_errno = EROFS;
		return UDF_E_READ_ONLY;
	}
	if (*block_bytes == 0)
		*block_bytes = (uint32_t)sector_bytes;
	return UDF_OK;
}

enum udf_err bio_file_open(const char *path, const struct bio_file_options *options,
			   struct bio **ret_bio, int *ret_errno)
{
	uint32_t block_bytes = options->block_bytes;
	int host_errno = 0, fd = -1;
	struct file *f = NULL;
	uint64_t n_bytes = 0;
	enum udf_err err;
	struct stat st = { 0 };

	err = open_path(path, options, &fd, &st, &host_errno);
	if (err)
		goto out;
	err = find_geometry(fd, &st, !options->read_only, &block_bytes, &n_bytes, &host_errno);
	if (err)
		goto out;
	err = UDF_E_INVAL;
	if (!udf_is_power_of_two(block_bytes) || block_bytes < BIO_MIN_BLOCK_BYTES ||
	    block_bytes > BIO_MAX_BLOCK_BYTES)
		goto out;
	err = UDF_E_NOMEM;
	f = calloc(1, sizeof(*f));
	if (!f)
		goto out;
	f->bio.ops = &file_ops;
	f->bio.geometry = (struct bio_geometry){
		.block_bytes = block_bytes,
		.n_blocks = n_bytes / block_bytes,
		.write_unit_blocks = options->write_unit_blocks ? options->write_unit_blocks : 1,
		.access = options->read_only ? BIO_READ_ONLY : BIO_OVERWRITE,
		.volatile_cache = true,
		.wears = options->wears,
	};
	f->fd = fd;
	f->is_device = S_ISBLK(st.st_mode);
	f->max_dirty_bytes = options->max_dirty_bytes;
	fd = -1;
	*ret_bio = &f->bio;
	err = UDF_OK;
out:
	if (fd >= 0)
		close(fd);
	if (ret_errno)
		*ret_errno = host_errno;
	return err;
}
