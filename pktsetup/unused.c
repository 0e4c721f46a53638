/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdlib.h>

#include "base/bitmap.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "ecma/codec.h"
#include "export.h"
#include "unused.h"
#include "vol/vol.h"

#define ECC_BLOCKS 16u		/* of a DVD; those of a BD have 32 */
/* A disc of which so many blocks are looked at is blank if none of them holds anything. */
#define N_FIRST 24u
#define N_SPREAD 16u

struct unused {
	uint64_t first, n_blocks;	/* of the partition */
	uint8_t *set;	/* the space bitmap descriptor: a header, and a bit for each block, 1 if free; NULL: all are */
};

static bool is_free(void *ctx, uint64_t at, uint32_t n_blocks, enum bio_free_when when)
{
	const struct unused *u = ctx;

	/* What has become of them since only the filesystem knows. */
	if (when != BIO_FREE_BEFORE || at < u->first || at + n_blocks > u->first + u->n_blocks)
		return false;
	if (!u->set)
		return true;
	return udf_bits_find(u->set + UDF_SBD_FIXED_BYTES, at - u->first, at - u->first + n_blocks, false) ==
	       at - u->first + n_blocks;
}

/* The bitmap of the partition that PART_REF refers to, in SET, which has room for N_BLOCKS of it. */
static enum udf_err read_set(struct udf_vol *vol, uint16_t part_ref, uint32_t n_blocks, uint8_t *set)
{
	const struct udf_part *part = &vol->parts[part_ref];
	uint32_t lbn = part->header.unallocated_bitmap.lbn;
	struct udf_sbd sbd;
	enum udf_err err = udf_vol_read(vol, part_ref, lbn, n_blocks, set);

	if (err)
		return err;
	err = udf_tag_verify(set, (size_t)n_blocks * vol->block_bytes, UDF_TAG_SBD,
			     (struct udf_place){ part_ref, lbn, NULL }, NULL, NULL);
	udf_sbd_decode(set, &sbd);
	/* Linux changes bits that a CRC covers, and not the CRC. */
	if (err && sbd.tag.crc_bytes <= 8)
		return err;
	return sbd.tag.id == UDF_TAG_SBD && sbd.n_bits == part->n_blocks ? UDF_OK : UDF_E_CORRUPT;
}

static enum udf_err take_part(struct udf_vol *vol, uint16_t part_ref, struct unused *ret)
{
	const struct udf_part *part = &vol->parts[part_ref];
	uint64_t n_bytes = UDF_SBD_FIXED_BYTES + udf_ceil_div(part->n_blocks, 8);
	uint32_t n_blocks = (uint32_t)udf_ceil_div(n_bytes, vol->block_bytes);
	enum udf_err err;

	if (n_bytes > UDF_EXTENT_BYTES(part->header.unallocated_bitmap.length) ||
	    (uint64_t)part->start_lsn + part->n_blocks > vol->n_sectors)
		return UDF_E_UNSUPPORTED;
	ret->set = malloc((size_t)n_blocks * vol->block_bytes);
	err = ret->set ? read_set(vol, part_ref, n_blocks, ret->set) : UDF_E_NOMEM;
	if (err) {
		free(ret->set);
		return err;
	}
	ret->first = part->start_lsn;
	ret->n_blocks = part->n_blocks;
	return UDF_OK;
}

/* Do N_BLOCKS blocks hold nothing?  All blocks of an ECC block can be read, or none can. */
static bool holds_nothing(struct bio *bio, uint64_t at, unsigned n_blocks)
{
	uint8_t data[EXPORT_BLOCK_BYTES];

	for (uint64_t end = at + n_blocks; at < end; at++) {
		enum udf_err err = bio_read(bio, at, 1, data);

		if (err == UDF_E_MEDIUM)
			at |= ECC_BLOCKS - 1;
		else if (err || !bytes_are_zero(data, sizeof(data)))
			return false;
	}
	return true;
}

/*
 * Is nothing on the disc, so that what can't be read of it was never written?  Filesystems begin in the first blocks,
 * or have copies of them elsewhere; UDF has anchors at its end.
 */
static bool is_blank(struct bio *bio)
{
	uint64_t n_blocks = bio->geometry.n_blocks;
	bool is_blank = bio->geometry.block_bytes == EXPORT_BLOCK_BYTES && n_blocks > 512 &&
			holds_nothing(bio, 0, N_FIRST);

	for (uint64_t i = 1; i < N_SPREAD && is_blank; i++)
		is_blank = holds_nothing(bio, n_blocks / N_SPREAD * i, 1);
	return is_blank && holds_nothing(bio, 32, 1) && holds_nothing(bio, 256, 1) &&
	       holds_nothing(bio, n_blocks - 257, 1) && holds_nothing(bio, n_blocks - 1, 1);
}

struct unused *unused_begin(struct bio *bio)
{
	struct unused *u = calloc(1, sizeof(*u));
	enum udf_err err = UDF_E_UNSUPPORTED;
	struct udf_vol *vol = NULL;

	if (udf_vol_open(bio, NULL, NULL, NULL, &vol) == UDF_OK && vol->n_recovered)
		(void)bio_flush(bio);	/* the kernel does not look into the journal; the next flush tries again */
	if (u && vol && vol->bio_per_block == 1 && !udf_vol_is_marked_open(vol))
		for (unsigned i = 0; i < vol->n_parts && err; i++)
			err = take_part(vol, (uint16_t)i, u);
	if (u && !vol && is_blank(bio)) {
		u->n_blocks = bio->geometry.n_blocks;
		err = UDF_OK;
	}
	udf_vol_close(vol);
	if (!err)
		err = bio_set_free_query(bio, is_free, u);
	if (!err)
		return u;
	if (u)
		free(u->set);
	free(u);
	return NULL;
}

void unused_end(struct unused *unused, struct bio *bio)
{
	if (!unused)
		return;
	(void)bio_set_free_query(bio, NULL, NULL);
	free(unused->set);
	free(unused);
}
