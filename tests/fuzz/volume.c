/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "volume.h"

#include <string.h>

#include "fuzz.h"
#include "mkfs/mkfs.h"

#define BIO_BLOCK_BYTES 512u
#define MAX_BLOCK_BYTES 4096u

static void now(void *ctx, struct udf_time *ret_now)
{
	(void)ctx;
	*ret_now = (struct udf_time){ 1700000000, 0, 0 };
}

static void fixed_random(void *ctx, void *ret_bytes, size_t n_bytes)
{
	(void)ctx;
	memset(ret_bytes, 0x5A, n_bytes);
}

const struct udf_env fuzz_env = { NULL, now, fixed_random, NULL };

void fuzz_volume_make(const struct fuzz_kind *kind, struct fuzz_volume *ret)
{
	uint32_t ratio = kind->block_bytes / BIO_BLOCK_BYTES;
	struct udf_mkfs_params params;
	uint8_t block[MAX_BLOCK_BYTES];
	struct udf_plan plan;

	MUST(kind->block_bytes <= MAX_BLOCK_BYTES && kind->max_places <= FUZZ_MAX_PLACES);
	udf_mkfs_defaults(&params, kind->is_cdrw ? UDF_MEDIA_CDRW : UDF_MEDIA_HD, kind->revision);
	if (kind->is_cdrw)
		params.spare_blocks = 128;
	params.block_bytes = kind->block_bytes;
	params.n_blocks = kind->n_blocks;
	params.space = kind->space;
	udf_mkfs_stamp(&params, &fuzz_env);
	MUST(!udf_mkfs_plan(&params, &plan, NULL));
	MUST(!bio_memory_new(BIO_BLOCK_BYTES, (uint64_t)kind->n_blocks * ratio, &ret->bio));
	MUST(!udf_mkfs_emit(&plan, ret->bio, &fuzz_env));
	if (kind->fill)
		kind->fill(ret->bio, kind->block_bytes);
	ret->block_bytes = kind->block_bytes;
	ret->bio_per_block = ratio;
	for (uint32_t lsn = kind->first_lsn; lsn < kind->n_blocks && ret->n_places < kind->max_places; lsn++) {
		MUST(!bio_read(ret->bio, (uint64_t)lsn * ratio, ratio, block));
		if (block[0] || memcmp(block, block + 1, kind->block_bytes - 1))
			ret->places[ret->n_places++] = lsn;
	}
}

void fuzz_frame_read(const struct fuzz_volume *v, struct bio *bio, uint64_t lsn, uint8_t *ret_frame)
{
	memset(ret_frame, 0, FUZZ_FRAME_BYTES);
	MUST(!bio_read(bio, lsn * v->bio_per_block, v->bio_per_block, ret_frame));
}

void fuzz_frame_write(const struct fuzz_volume *v, struct bio *bio, uint64_t lsn, const uint8_t *frame)
{
	MUST(!bio_write(bio, lsn * v->bio_per_block, v->bio_per_block, frame));
}
