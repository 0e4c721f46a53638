/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls to every layer.  Ranges and access are checked here, once. */
#include <udfkit/bio.h>

static enum udf_err check_range(const struct bio *bio, uint64_t at, uint64_t n_blocks)
{
	uint64_t n = bio->geometry.n_blocks;

	return at > n || n_blocks > n - at ? UDF_E_RANGE : UDF_OK;
}

/* Also: do N_BLOCKS fit in the host's memory? */
static enum udf_err check_transfer(const struct bio *bio, uint64_t at, uint32_t n_blocks)
{
	if (n_blocks > SIZE_MAX / bio->geometry.block_bytes)
		return UDF_E_RANGE;
	return check_range(bio, at, n_blocks);
}

enum udf_err bio_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	enum udf_err err = check_transfer(bio, at, n_blocks);

	if (err || n_blocks == 0)
		return err;
	return bio->ops->read(bio, at, n_blocks, ret_data);
}

enum udf_err bio_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	enum udf_err err;

	if (!bio->ops->write || bio->geometry.access == BIO_READ_ONLY)
		return UDF_E_READ_ONLY;
	err = check_transfer(bio, at, n_blocks);
	if (err || n_blocks == 0)
		return err;
	return bio->ops->write(bio, at, n_blocks, data);
}

enum udf_err bio_flush(struct bio *bio)
{
	return bio->ops->flush ? bio->ops->flush(bio) : UDF_OK;
}

enum udf_err bio_discard(struct bio *bio, uint64_t at, uint64_t n_blocks)
{
	enum udf_err err;

	if (bio->geometry.access == BIO_READ_ONLY)
		return UDF_E_READ_ONLY;
	if (!bio->ops->discard)
		return UDF_E_UNSUPPORTED;
	err = check_range(bio, at, n_blocks);
	if (err || n_blocks == 0)
		return err;
	return bio->ops->discard(bio, at, n_blocks);
}

enum udf_err bio_fd_range(struct bio *bio, uint64_t at, uint64_t n_blocks, int *ret_fd,
			  uint64_t *ret_offset_bytes)
{
	enum udf_err err;

	if (!bio->ops->fd_range)
		return UDF_E_UNSUPPORTED;
	err = check_range(bio, at, n_blocks);
	if (err)
		return err;
	return bio->ops->fd_range(bio, at, n_blocks, ret_fd, ret_offset_bytes);
}

enum udf_err bio_hold(struct bio *bio, bool on)
{
	return bio->ops->hold ? bio->ops->hold(bio, on) : UDF_E_UNSUPPORTED;
}

enum udf_err bio_let_go(struct bio *bio, size_t n_most, uint64_t *ret_failed_at)
{
	return bio->ops->let_go ? bio->ops->let_go(bio, n_most, ret_failed_at) : UDF_OK;
}

void bio_close(struct bio *bio)
{
	if (bio)
		bio->ops->close(bio);
}

int bio_host_errno(const struct bio *bio)
{
	return __atomic_load_n(&bio->host_errno, __ATOMIC_RELAXED);
}
