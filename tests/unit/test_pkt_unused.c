/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that were never written, on media where they can't be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <udfkit/bio.h>

#include "pkt/cache.h"
#include "pkt_drive.h"

/* Packets of 4 blocks; the cache holds 8 of them. */
#define UNIT 4u
#define N_BLOCKS 256u
#define PACKET_BYTES (UNIT * DRIVE_BLOCK)
#define N_CACHED 8u

struct fixture {
	struct drive *drive;
	struct bio *bio;
	uint64_t free_from, free_to;	/* the blocks that are free */
};

static void setup(struct fixture *f)
{
	struct pkt_cache_options options = { .cache_bytes = N_CACHED * PACKET_BYTES, .no_thread = true };

	*f = (struct fixture){ .drive = drive_new(UNIT, N_BLOCKS) };
	assert_int_equal(pkt_cache_new(&f->drive->bio, &options, &f->bio), UDF_OK);
}

static void done(struct fixture *f)
{
	bio_close(f->bio);
	drive_free(f->drive);
}

static enum udf_err fill(struct fixture *f, uint64_t at, uint32_t n_blocks, uint8_t byte)
{
	static uint8_t data[N_BLOCKS * DRIVE_BLOCK];

	memset(data, byte, n_blocks * DRIVE_BLOCK);
	return bio_write(f->bio, at, n_blocks, data);
}

static uint8_t byte_at(struct fixture *f, uint64_t at)
{
	uint8_t data[DRIVE_BLOCK];

	assert_int_equal(bio_read(f->bio, at, 1, data), UDF_OK);
	for (size_t i = 1; i < DRIVE_BLOCK; i++)
		assert_int_equal(data[i], data[0]);
	return data[0];
}

static enum udf_err read_one(struct fixture *f, uint64_t at)
{
	uint8_t data[DRIVE_BLOCK];

	return bio_read(f->bio, at, 1, data);
}

static uint8_t on_medium(struct fixture *f, uint64_t at)
{
	return f->drive->durable[at * DRIVE_BLOCK];
}

static bool is_free(void *ctx, uint64_t at, uint32_t n_blocks, enum bio_free_when when)
{
	struct fixture *f = ctx;

	if (when == BIO_FREE_UNREAD)
		return false;
	return at >= f->free_from && at + n_blocks <= f->free_to;
}

static void what_was_never_stored_reads_as_zeros(void **state)
{
	struct fixture f;
	uint8_t data[UNIT * DRIVE_BLOCK];

	(void)state;
	setup(&f);
	bio_set_free_query(f.bio, is_free, &f);
	f.free_from = 22;
	f.free_to = 40;
	for (uint64_t at = 20; at < 40; at++)
		f.drive->bad_read[at] = true;
	assert_int_equal(read_one(&f, 21), UDF_E_MEDIUM);
	assert_int_equal(byte_at(&f, 22), 0);
	f.drive->bad_read[21] = false;
	assert_int_equal(bio_read(f.bio, 21, 3, data), UDF_OK);
	assert_int_equal(data[0], 21);
	assert_int_equal(data[2 * DRIVE_BLOCK], 0);
	/* what was written is no longer what was never stored */
	assert_int_equal(fill(&f, 28, 1, 0xAA), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	for (uint64_t at = 60; at < 240; at++)
		(void)byte_at(&f, at);
	f.drive->bad_read[28] = true;
	assert_int_equal(read_one(&f, 28), UDF_E_MEDIUM);
	done(&f);
}

static void must_hold_something(struct drive *drive, uint64_t at)
{
	(void)drive;
	assert_true(at < 12);
}

static void what_was_never_stored_is_not_read_ahead(void **state)
{
	struct pkt_cache_options options = { .cache_bytes = N_CACHED * PACKET_BYTES };

	(void)state;
	for (unsigned i = 0; i < 200; i++) {	/* the thread comes sooner or later */
		struct fixture f = { .drive = drive_new(UNIT, N_BLOCKS), .free_from = 12, .free_to = N_BLOCKS };

		assert_int_equal(pkt_cache_new(&f.drive->bio, &options, &f.bio), UDF_OK);
		bio_set_free_query(f.bio, is_free, &f);
		f.drive->before_read = must_hold_something;
		for (uint64_t at = 0; at < 12; at++)
			(void)byte_at(&f, at);
		done(&f);
	}
}

static void only_what_the_drive_completes_is_completed(void **state)
{
	struct pkt_cache_options options = { .cache_bytes = N_CACHED * PACKET_BYTES, .no_thread = true,
					     .drive_completes = true };
	struct fixture f = { .drive = drive_new(UNIT, N_BLOCKS) };

	(void)state;
	f.drive->completes = true;
	assert_int_equal(pkt_cache_new(&f.drive->bio, &options, &f.bio), UDF_OK);
	for (uint64_t at = 20; at < 28; at++)
		f.drive->bad_read[at] = true;
	f.drive->is_damaged[24] = true;
	assert_int_equal(fill(&f, 21, 1, 0xAA), UDF_OK);
	assert_int_equal(fill(&f, 23, 1, 0xBB), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(on_medium(&f, 20), 0);
	assert_int_equal(on_medium(&f, 21), 0xAA);
	assert_int_equal(on_medium(&f, 22), 0);
	assert_int_equal(on_medium(&f, 23), 0xBB);
	assert_int_equal(fill(&f, 25, 1, 0xCC), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_E_MEDIUM);
	assert_int_equal(byte_at(&f, 25), 0xCC);
	assert_int_equal(read_one(&f, 26), UDF_E_MEDIUM);
	done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_never_stored_reads_as_zeros),
		cmocka_unit_test(what_was_never_stored_is_not_read_ahead),
		cmocka_unit_test(only_what_the_drive_completes_is_completed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
