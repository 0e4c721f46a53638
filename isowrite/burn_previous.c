/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "burn_previous.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bio/layer.h"
#include "mmc/drive.h"

#define BLOCK_BYTES 2048u
#define CHUNK_BLOCKS 32u	/* libisofs asks for single blocks, and directories lie together */

struct previous {
	struct bio bio;
	struct mmc_drive *drive;
	pthread_mutex_t lock;
	bool is_frozen;
	uint64_t chunk_at;
	uint32_t n_chunk;		/* 0: nothing is in memory */
	uint8_t chunk[CHUNK_BLOCKS * BLOCK_BYTES];
};

/* A chunk that can't be read as a whole is read block by block. */
static enum udf_err chunk_read(struct previous *p, uint64_t at)
{
	uint64_t left = p->bio.geometry.n_blocks - at;
	uint32_t n = left < CHUNK_BLOCKS ? (uint32_t)left : CHUNK_BLOCKS;
	enum udf_err err;

	p->n_chunk = 0;
	if (p->is_frozen)
		return UDF_E_IO;
	err = mmc_drive_read(p->drive, at, n, p->chunk);
	if ((err == UDF_E_MEDIUM || err == UDF_E_RANGE) && n > 1) {
		n = 1;
		err = mmc_drive_read(p->drive, at, n, p->chunk);
	}
	if (err)
		return err;
	p->chunk_at = at;
	p->n_chunk = n;
	return UDF_OK;
}

static enum udf_err previous_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct previous *p = BIO_LAYER(bio, struct previous, bio);
	uint8_t *to = ret_data;
	enum udf_err err = UDF_OK;

	pthread_mutex_lock(&p->lock);
	for (; !err && n_blocks; n_blocks--, at++, to += BLOCK_BYTES) {
		if (at < p->chunk_at || at - p->chunk_at >= p->n_chunk)
			err = chunk_read(p, at);
		if (!err)
			memcpy(to, p->chunk + (at - p->chunk_at) * BLOCK_BYTES, BLOCK_BYTES);
	}
	pthread_mutex_unlock(&p->lock);
	return err;
}

static void previous_close(struct bio *bio)
{
	struct previous *p = BIO_LAYER(bio, struct previous, bio);

	pthread_mutex_destroy(&p->lock);
	free(p);
}

static const struct bio_ops previous_ops = { .read = previous_read, .close = previous_close };

enum udf_err burn_previous_new(struct mmc_drive *drive, uint32_t n_blocks, struct bio **ret_bio)
{
	struct previous *p = calloc(1, sizeof(*p));

	if (!p)
		return UDF_E_NOMEM;
	p->bio.ops = &previous_ops;
	p->bio.geometry = (struct bio_geometry){ .block_bytes = BLOCK_BYTES, .n_blocks = n_blocks,
						 .write_unit_blocks = 1, .access = BIO_READ_ONLY };
	p->drive = drive;
	pthread_mutex_init(&p->lock, NULL);
	*ret_bio = &p->bio;
	return UDF_OK;
}

void burn_previous_freeze(struct bio *bio)
{
	struct previous *p = BIO_LAYER(bio, struct previous, bio);

	pthread_mutex_lock(&p->lock);
	p->is_frozen = true;
	pthread_mutex_unlock(&p->lock);
}
