// SPDX-License-Identifier: GPL-2.0-or-later
/* The sectors of a volume and the blocks of its partitions: reading and writing them. */
#include "base/checked.h"
#include "vol/internal.h"

/* The first packet that has moved and that does not begin before LBN; n_moved where there is none. */
static size_t first_moved(const struct udf_sparing *sparing, uint32_t lbn)
{
	size_t low = 0, high = sparing->n_moved;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sparing->moved[middle].original_lbn < lbn)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The blocks from LBN on may be in a packet that has moved, or may end where the next such packet begins. */
static void map_moved(const struct udf_sparing *sparing, uint32_t lbn, uint64_t *lsn, uint32_t *n_blocks)
{
	uint32_t in_packet = lbn % sparing->packet_blocks, packet_lbn = lbn - in_packet;
	size_t at = first_moved(sparing, packet_lbn);
	const struct udf_spare *spare = &sparing->moved[at];

	if (at == sparing->n_moved)
		return;
	if (spare->original_lbn == packet_lbn) {
		*lsn = (uint64_t)spare->mapped_lsn + in_packet;
		*n_blocks = (uint32_t)udf_min64(*n_blocks, sparing->packet_blocks - in_packet);
	} else {
		*n_blocks = (uint32_t)udf_min64(*n_blocks, spare->original_lbn - lbn);
	}
}

enum udf_err udf_vol_map(const struct udf_vol *vol, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks,
			 uint64_t *ret_lsn, uint32_t *ret_n_blocks)
{
	const struct udf_part *part;

	if (part_ref >= vol->n_parts)
		return UDF_E_RANGE;
	part = &vol->parts[part_ref];
	if (part->kind != UDF_MAP_PHYSICAL && part->kind != UDF_MAP_SPARABLE)
		return UDF_E_UNSUPPORTED;
	if (lbn >= part->n_blocks || n_blocks == 0)
		return UDF_E_RANGE;
	*ret_lsn = (uint64_t)part->start_lsn + lbn;
	*ret_n_blocks = (uint32_t)udf_min64(n_blocks, part->n_blocks - lbn);
	if (part->kind == UDF_MAP_SPARABLE && vol->sparing && vol->sparing->is_mapped_here)
		map_moved(vol->sparing, lbn, ret_lsn, ret_n_blocks);
	return UDF_OK;
}

enum udf_err udf_vol_read_lsn(struct udf_vol *vol, uint64_t lsn, uint32_t n_blocks, void *ret_data)
{
	uint64_t n_bio_blocks = (uint64_t)n_blocks * vol->bio_per_block;

	if (lsn >= vol->n_sectors || n_blocks > vol->n_sectors - lsn || n_bio_blocks > UINT32_MAX)
		return UDF_E_RANGE;
	return bio_read(vol->bio, lsn * vol->bio_per_block, (uint32_t)n_bio_blocks, ret_data);
}

enum udf_err udf_vol_write_lsn(struct udf_vol *vol, uint64_t lsn, uint32_t n_blocks, const void *data)
{
	uint64_t n_bio_blocks = (uint64_t)n_blocks * vol->bio_per_block;

	if (lsn >= vol->n_sectors || n_blocks > vol->n_sectors - lsn || n_bio_blocks > UINT32_MAX)
		return UDF_E_RANGE;
	return bio_write(vol->bio, lsn * vol->bio_per_block, (uint32_t)n_bio_blocks, data);
}

enum udf_err udf_vol_read(struct udf_vol *vol, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks,
			  void *ret_data)
{
	uint8_t *out = ret_data;

	while (n_blocks > 0) {
		uint64_t lsn;
		uint32_t n;
		enum udf_err err = udf_vol_map(vol, part_ref, lbn, n_blocks, &lsn, &n);

		if (!err)
			err = udf_vol_read_lsn(vol, lsn, n, out);
		if (err)
			return err;
		out += (size_t)n * vol->block_bytes;
		lbn += n;
		n_blocks -= n;
	}
	return UDF_OK;
}

enum udf_err udf_vol_write(struct udf_vol *vol, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks,
			   const void *data)
{
	const uint8_t *in = data;

	while (n_blocks > 0) {
		uint64_t lsn;
		uint32_t n;
		enum udf_err err = udf_vol_map(vol, part_ref, lbn, n_blocks, &lsn, &n);

		if (!err)
			err = udf_vol_write_lsn(vol, lsn, n, in);
		if (err)
			return err;
		in += (size_t)n * vol->block_bytes;
		lbn += n;
		n_blocks -= n;
	}
	return UDF_OK;
}

enum udf_err udf_vol_flush(struct udf_vol *vol)
{
	return bio_flush(vol->bio);
}

enum udf_err udf_vol_fd_range(struct udf_vol *vol, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks,
			      int *ret_fd, uint64_t *ret_offset_bytes, uint32_t *ret_n_blocks)
{
	uint64_t lsn;
	uint32_t n;
	enum udf_err err = udf_vol_map(vol, part_ref, lbn, n_blocks, &lsn, &n);

	if (!err)
		err = bio_fd_range(vol->bio, lsn * vol->bio_per_block, (uint64_t)n * vol->bio_per_block, ret_fd,
				   ret_offset_bytes);
	if (!err)
		*ret_n_blocks = n;
	return err;
}
