/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pkt_drive.h"

static struct drive *drive_of(struct bio *bio)
{
	return (struct drive *)(void *)bio;	/* the first member */
}

static bool any(const bool *bad, uint64_t at, uint32_t n_blocks)
{
	for (uint32_t i = 0; i < n_blocks; i++)
		if (bad[at + i])
			return true;
	return false;
}

static size_t all_bytes(const struct drive *d)
{
	return (size_t)d->bio.geometry.n_blocks * DRIVE_BLOCK;
}

static enum udf_err drive_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct drive *d = drive_of(bio);
	enum udf_err err = UDF_OK;

	if (d->before_read)
		d->before_read(d, at);
	pthread_mutex_lock(&d->lock);
	d->n_reads++;
	if (any(d->bad_read, at, n_blocks))
		err = UDF_E_MEDIUM;
	else
		memcpy(ret_data, d->contents + at * DRIVE_BLOCK, n_blocks * DRIVE_BLOCK);
	pthread_mutex_unlock(&d->lock);
	return err;
}

static enum udf_err drive_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct drive *d = drive_of(bio);
	uint32_t unit = bio->geometry.write_unit_blocks;
	enum udf_err err = UDF_OK;

	if (d->before_write)
		d->before_write(d, at);
	pthread_mutex_lock(&d->lock);
	if (!d->completes) {
		assert_int_equal(at % unit, 0);
		assert_true(n_blocks % unit == 0 || at + n_blocks == bio->geometry.n_blocks);
	}
	assert_true(d->n_writes < DRIVE_MAX_LOG);
	d->log[d->n_writes++] = at;
	if (d->n_fail_writes) {
		d->n_fail_writes--;
		err = UDF_E_IO;
	} else if (any(d->bad_write, at, n_blocks) ||
		   (d->completes && n_blocks < unit && any(d->is_damaged, at - at % unit, unit))) {
		err = UDF_E_MEDIUM;
	} else {
		for (uint64_t i = at - at % unit; d->completes && i < at + unit - at % unit; i++)
			if (d->bad_read[i]) {
				memset(d->contents + i * DRIVE_BLOCK, 0, DRIVE_BLOCK);
				d->bad_read[i] = false;
			}
		memcpy(d->contents + at * DRIVE_BLOCK, data, n_blocks * DRIVE_BLOCK);
		memset(d->bad_read + at, 0, n_blocks * sizeof(*d->bad_read));
		d->n_unsynced++;
		if (d->n_unsynced > d->max_unsynced)
			d->max_unsynced = d->n_unsynced;
	}
	pthread_mutex_unlock(&d->lock);
	return err;
}

static enum udf_err drive_flush(struct bio *bio)
{
	struct drive *d = drive_of(bio);
	enum udf_err err = UDF_OK;

	pthread_mutex_lock(&d->lock);
	d->n_flushes++;
	d->n_unsynced = 0;
	if (d->n_fail_flushes) {
		d->n_fail_flushes--;
		memcpy(d->contents, d->durable, all_bytes(d));
		err = UDF_E_IO;
	} else {
		memcpy(d->durable, d->contents, all_bytes(d));
	}
	pthread_mutex_unlock(&d->lock);
	return err;
}

static void drive_close(struct bio *bio)
{
	(void)bio;
}

static const struct bio_ops drive_ops = {
	.read = drive_read,
	.write = drive_write,
	.flush = drive_flush,
	.close = drive_close,
};

struct drive *drive_new(uint32_t unit_blocks, uint64_t n_blocks)
{
	struct drive *d = test_calloc(1, sizeof(*d));

	d->bio.ops = &drive_ops;
	d->bio.geometry = (struct bio_geometry){ .block_bytes = DRIVE_BLOCK,
						 .n_blocks = n_blocks,
						 .write_unit_blocks = unit_blocks,
						 .access = BIO_OVERWRITE,
						 .volatile_cache = true,
						 .wears = true };
	pthread_mutex_init(&d->lock, NULL);
	d->contents = test_malloc(all_bytes(d));
	d->durable = test_malloc(all_bytes(d));
	d->bad_read = test_calloc((size_t)n_blocks, sizeof(*d->bad_read));
	d->bad_write = test_calloc((size_t)n_blocks, sizeof(*d->bad_write));
	d->is_damaged = test_calloc((size_t)n_blocks, sizeof(*d->is_damaged));
	d->log = test_calloc(DRIVE_MAX_LOG, sizeof(*d->log));
	for (uint64_t i = 0; i < n_blocks; i++)
		memset(d->contents + i * DRIVE_BLOCK, (int)(i & 0xFF), DRIVE_BLOCK);
	memcpy(d->durable, d->contents, all_bytes(d));
	return d;
}

void drive_free(struct drive *d)
{
	pthread_mutex_destroy(&d->lock);
	test_free(d->contents);
	test_free(d->durable);
	test_free(d->bad_read);
	test_free(d->bad_write);
	test_free(d->is_damaged);
	test_free(d->log);
	test_free(d);
}

void drive_cut(struct drive *d)
{
	memcpy(d->contents, d->durable, all_bytes(d));
}
