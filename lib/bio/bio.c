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

enum udf_err bio_write_together(struct bio *bio, const struct bio_part *parts, size_t n_parts)
{
	enum udf_err err = UDF_OK;

	if (!bio->ops->write_together)
		return UDF_E_UNSUPPORTED;
	if (bio->geometry.access == BIO_READ_ONLY)
		return UDF_E_READ_ONLY;
	for (size_t i = 0; i < n_parts && !err; i++)
		err = check_transfer(bio, parts[i].at, parts[i].n_blocks);
	return err ? err : bio->ops->write_together(bio, parts, n_parts);
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

static struct bio *below(struct bio *bio)
{
	return bio->ops->below ? bio->ops->below(bio) : NULL;
}

enum udf_err bio_media_info(struct bio *bio, struct bio_media_info *ret_info)
{
	while (bio && !bio->ops->media_info)
		bio = below(bio);
	return bio ? bio->ops->media_info(bio, ret_info) : UDF_E_UNSUPPORTED;
}

static bool is_packet(const struct bio *bio, const struct bio_remap *remap, uint64_t at)
{
	return at % remap->packet_blocks == remap->first % remap->packet_blocks &&
	       !check_range(bio, at, remap->packet_blocks);
}

static enum udf_err check_remap(const struct bio *bio, const struct bio_remap *remap)
{
	size_t i;

	if (remap->packet_blocks == 0 || check_range(bio, remap->first, remap->n_blocks))
		return UDF_E_INVAL;
	for (i = 0; i < remap->n_spares; i++) {
		const struct bio_spare *spare = &remap->spares[i];

		if (check_range(bio, spare->mapped, remap->packet_blocks))
			return UDF_E_INVAL;
		if (spare->state == BIO_SPARE_USED && !is_packet(bio, remap, spare->original))
			return UDF_E_INVAL;
	}
	return UDF_OK;
}

enum udf_err bio_set_remap(struct bio *bio, const struct bio_remap *remap)
{
	enum udf_err err;

	while (bio && !bio->ops->set_remap)
		bio = below(bio);
	if (!bio)
		return UDF_E_UNSUPPORTED;
	err = remap ? check_remap(bio, remap) : UDF_OK;
	return err ? err : bio->ops->set_remap(bio, remap);
}

enum udf_err bio_set_free_query(struct bio *bio, bio_free_query is_free, void *ctx)
{
	while (bio && !bio->ops->set_free_query)
		bio = below(bio);
	return bio ? bio->ops->set_free_query(bio, is_free, ctx) : UDF_E_UNSUPPORTED;
}

enum udf_err bio_set_journal(struct bio *bio, const struct bio_journal *journal)
{
	while (bio && !bio->ops->set_journal)
		bio = below(bio);
	return bio ? bio->ops->set_journal(bio, journal) : UDF_E_UNSUPPORTED;
}

enum udf_err bio_settle(struct bio *bio)
{
	while (bio && !bio->ops->settle)
		bio = below(bio);
	return bio ? bio->ops->settle(bio) : UDF_OK;
}

enum udf_err bio_recover(struct bio *bio, const struct bio_journal *journal, unsigned *ret_n_packets)
{
	while (bio && !bio->ops->recover)
		bio = below(bio);
	return bio ? bio->ops->recover(bio, journal, ret_n_packets) : UDF_E_UNSUPPORTED;
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
