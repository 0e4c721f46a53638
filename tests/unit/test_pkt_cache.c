/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet cache, without its thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <udfkit/bio.h>

#include "alloc.h"
#include "pkt/cache.h"
#include "pkt/spare.h"
#include "pkt_drive.h"

/* Packets of 4 blocks; the last one has 2.  The cache holds 8 of them. */
#define UNIT 4u
#define N_BLOCKS 254u
#define PACKET_BYTES (UNIT * DRIVE_BLOCK)
#define N_CACHED 8u

struct fixture {
	struct drive *drive;
	struct bio *bio;
	uint64_t free_from, free_to;	/* the blocks that are free */
	bool is_unread;
};

static void setup_size(struct fixture *f, size_t n_cached)
{
	struct pkt_cache_options options = { .cache_bytes = n_cached * PACKET_BYTES, .no_thread = true };

	*f = (struct fixture){ .drive = drive_new(UNIT, N_BLOCKS) };
	assert_int_equal(pkt_cache_new(&f->drive->bio, &options, &f->bio), UDF_OK);
}

static void setup(struct fixture *f)
{
	setup_size(f, N_CACHED);
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

	if (when == BIO_FREE_UNREAD && !f->is_unread)
		return false;
	return at >= f->free_from && at + n_blocks <= f->free_to;
}

static struct pkt_stats stats_of(struct fixture *f)
{
	struct pkt_stats stats;

	pkt_cache_stats(f->bio, &stats);
	return stats;
}

/* ---- writing ---- */

static void single_blocks_are_written_as_whole_packets(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	assert_int_equal(fill(&f, 5, 1, 0xAA), UDF_OK);
	assert_int_equal(f.drive->n_writes, 0);
	assert_int_equal(byte_at(&f, 5), 0xAA);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_writes, 1);
	assert_int_equal(on_medium(&f, 4), 4);
	assert_int_equal(on_medium(&f, 5), 0xAA);
	assert_int_equal(on_medium(&f, 6), 6);
	assert_int_equal(on_medium(&f, 7), 7);
	done(&f);
}

static void a_packet_that_is_written_whole_is_not_read_first(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (uint64_t at = 12; at-- > 4;)	/* block by block, the last first */
		assert_int_equal(fill(&f, at, 1, 0xAA), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_reads, 0);
	assert_int_equal(f.drive->n_writes, 2);
	assert_int_equal(on_medium(&f, 11), 0xAA);
	done(&f);
}

static void the_last_packet_may_be_shorter(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	assert_int_equal(fill(&f, 250, 4, 0xAA), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(on_medium(&f, 249), 249);
	assert_int_equal(on_medium(&f, 253), 0xAA);
	assert_int_equal(stats_of(&f).n_packets_completed, 1);
	assert_int_equal(read_one(&f, 254), UDF_E_RANGE);
	done(&f);
}

static void packets_are_written_in_the_order_of_their_addresses(void **state)
{
	static const uint64_t order[] = { 40, 8, 24, 16 };
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(fill(&f, order[i], 1, 0xAA), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_writes, 4);
	for (size_t i = 1; i < 4; i++)
		assert_true(f.drive->log[i] > f.drive->log[i - 1]);
	done(&f);
}

/* Those that only make room for others are, too, as far as they have waited equally long. */
static void packets_that_make_room_take_the_drive_one_way(void **state)
{
	struct fixture f;
	size_t n_back = 0;

	(void)state;
	setup_size(&f, 32);
	for (uint64_t i = 0; i < 62; i++)
		assert_int_equal(fill(&f, i * 37 % 62 * UNIT, 1, 0xAA), UDF_OK);
	assert_true(f.drive->n_writes > 40);
	for (size_t i = 1; i < f.drive->n_writes; i++)
		n_back += f.drive->log[i] < f.drive->log[i - 1];
	assert_true(n_back <= f.drive->n_writes / 5);
	done(&f);
}

static void nothing_is_flushed_where_nothing_was_written(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	assert_int_equal(byte_at(&f, 9), 9);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_flushes, 0);
	assert_int_equal(fill(&f, 0, 4, 1), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_flushes, 1);
	assert_int_equal(f.drive->n_writes, 1);
	done(&f);
}

/* ---- packets that can't be read ---- */

static void an_unreadable_packet_is_not_completed_with_zeros(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	bio_set_free_query(f.bio, is_free, &f);
	f.drive->bad_read[6] = true;
	assert_int_equal(fill(&f, 5, 1, 0xAA), UDF_OK);
	assert_int_equal(fill(&f, 9, 1, 0xBB), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_E_MEDIUM);
	assert_int_equal(on_medium(&f, 6), 6);
	assert_int_equal(on_medium(&f, 9), 0xBB);	/* the others are written all the same */
	assert_int_equal(byte_at(&f, 5), 0xAA);
	assert_int_equal(read_one(&f, 6), UDF_E_MEDIUM);
	assert_int_equal(byte_at(&f, 7), 7);
	assert_int_equal(bio_flush(f.bio), UDF_E_MEDIUM);
	/* All of it is supplied: nothing needs to be read. */
	assert_int_equal(fill(&f, 6, 1, 0xCC), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(on_medium(&f, 4), 4);
	assert_int_equal(on_medium(&f, 5), 0xAA);
	assert_int_equal(on_medium(&f, 6), 0xCC);
	assert_int_equal(on_medium(&f, 7), 7);
	done(&f);
}

static void zeros_complete_an_unreadable_packet_whose_other_blocks_are_free(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	bio_set_free_query(f.bio, is_free, &f);
	for (uint64_t at = 4; at < 8; at++)
		f.drive->bad_read[at] = true;
	assert_int_equal(fill(&f, 5, 1, 0xAA), UDF_OK);
	f.free_from = 6;
	f.free_to = 8;
	assert_int_equal(bio_flush(f.bio), UDF_E_MEDIUM);	/* 4 is in use */
	assert_int_equal(f.drive->n_writes, 0);
	f.free_from = 4;
	f.drive->n_reads = 0;
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_reads, 1);	/* each block by itself might cost the drive seconds */
	assert_int_equal(on_medium(&f, 4), 0);
	assert_int_equal(on_medium(&f, 5), 0xAA);
	assert_int_equal(on_medium(&f, 7), 0);
	assert_int_equal(byte_at(&f, 4), 0);
	done(&f);
}

static void what_may_be_lost_unread_is_not_read(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	bio_set_free_query(f.bio, is_free, &f);
	f.is_unread = true;
	f.free_from = 4;
	f.free_to = 15;
	f.drive->n_reads = 0;
	assert_int_equal(fill(&f, 5, 1, 0xAA), UDF_OK);
	assert_int_equal(fill(&f, 7, 1, 0xBB), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_reads, 0);
	assert_int_equal(on_medium(&f, 4), 0);
	assert_int_equal(on_medium(&f, 5), 0xAA);
	assert_int_equal(on_medium(&f, 6), 0);
	assert_int_equal(on_medium(&f, 7), 0xBB);
	/* 15 is kept */
	assert_int_equal(fill(&f, 12, 1, 0xCC), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(on_medium(&f, 13), 13);
	assert_int_equal(on_medium(&f, 15), 15);
	/* what was written since is kept, too, when the packet has left the cache */
	for (uint64_t at = 32; at < 240; at++)
		assert_int_equal(byte_at(&f, at), (uint8_t)at);
	assert_int_equal(fill(&f, 6, 1, 0xDD), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(on_medium(&f, 5), 0xAA);
	assert_int_equal(on_medium(&f, 6), 0xDD);
	assert_int_equal(on_medium(&f, 7), 0xBB);
	done(&f);
}

/* ---- errors ---- */

static void a_packet_that_cannot_be_written_is_reported_and_stays_readable(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	f.drive->bad_write[10] = true;
	assert_int_equal(fill(&f, 8, 4, 0xAA), UDF_OK);
	for (uint64_t at = 16; at < 240; at++)	/* 8 is thrown out, were it clean */
		assert_int_equal(fill(&f, at, 1, 0xBB), UDF_OK);
	assert_int_equal(byte_at(&f, 10), 0xAA);
	assert_int_equal(bio_flush(f.bio), UDF_E_MEDIUM);
	assert_int_equal(byte_at(&f, 10), 0xAA);
	for (uint64_t at = 16; at < 240; at++)
		assert_int_equal(on_medium(&f, at), 0xBB);
	f.drive->bad_write[10] = false;
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(on_medium(&f, 10), 0xAA);
	done(&f);
}

static void a_cache_full_of_failed_packets_refuses_writes_and_still_reads(void **state)
{
	struct fixture f;
	uint64_t at;
	size_t n_writes;

	(void)state;
	setup(&f);
	memset(f.drive->bad_write, true, N_BLOCKS);
	for (at = 0; at < N_CACHED * UNIT; at += UNIT)
		assert_int_equal(fill(&f, at, UNIT, 0xAA), UDF_OK);
	n_writes = f.drive->n_writes;
	assert_int_equal(fill(&f, at, UNIT, 0xAA), UDF_E_MEDIUM);
	assert_true(f.drive->n_writes <= n_writes + N_CACHED);	/* tried once more, not for ever */
	assert_int_equal(byte_at(&f, 2), 0xAA);
	assert_int_equal(byte_at(&f, 100), 100);
	assert_int_equal(byte_at(&f, 200), 200);
	memset(f.drive->bad_write, false, N_BLOCKS);
	assert_int_equal(fill(&f, at, UNIT, 0xAA), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(on_medium(&f, at), 0xAA);
	done(&f);
}

/* ---- what is written is not durable yet ---- */

static void what_the_drive_lost_is_written_again(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	assert_int_equal(fill(&f, 8, 4, 0xAA), UDF_OK);
	assert_int_equal(fill(&f, 17, 1, 0xBB), UDF_OK);
	f.drive->n_fail_flushes = 1;
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(on_medium(&f, 8), 0xAA);
	assert_int_equal(on_medium(&f, 17), 0xBB);
	assert_int_equal(f.drive->n_writes, 4);
	assert_int_equal(stats_of(&f).n_sync_errors, 1);
	done(&f);
}

static void a_flush_that_fails_twice_is_reported_and_made_good_by_the_next(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	assert_int_equal(fill(&f, 8, 4, 0xAA), UDF_OK);
	f.drive->n_fail_flushes = 2;
	assert_int_equal(bio_flush(f.bio), UDF_E_IO);
	assert_int_equal(on_medium(&f, 8), 8);
	assert_int_equal(byte_at(&f, 8), 0xAA);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(on_medium(&f, 8), 0xAA);
	done(&f);
}

/* More is written than the cache can hold, so it must sync now and then.  A sync among these fails. */
static void written_packets_stay_in_memory_until_they_are_durable(void **state)
{
	struct fixture f;

	(void)state;
	for (unsigned nth = 1;; nth++) {
		setup(&f);
		for (uint64_t at = 0; at < 240; at += UNIT) {
			if (f.drive->n_flushes + 1 == nth)
				f.drive->n_fail_flushes = f.drive->n_fail_flushes || f.drive->n_flushes >= nth ? 0 : 1;
			assert_int_equal(fill(&f, at, UNIT, 0xAA), UDF_OK);
		}
		assert_true(f.drive->max_unsynced <= N_CACHED);
		assert_int_equal(bio_flush(f.bio), UDF_OK);
		for (uint64_t at = 0; at < 240; at++)
			assert_int_equal(on_medium(&f, at), 0xAA);
		if (f.drive->n_flushes < nth) {
			assert_true(nth > 5);
			done(&f);
			return;
		}
		done(&f);
	}
}

/* A write that fails may be the first that is heard of a drive that was reset. */
static void after_a_failed_write_what_the_drive_lost_is_written_again(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (uint64_t at = 0; at < 3 * UNIT; at++)	/* written later: more than an eighth of the cache is whole */
		assert_int_equal(fill(&f, at, 1, 0xAA), UDF_OK);
	assert_true(f.drive->n_writes > 0);
	assert_int_equal(f.drive->n_flushes, 0);
	f.drive->n_fail_writes = 1;
	f.drive->n_fail_flushes = 1;
	assert_int_equal(fill(&f, 40, 1, 0xBB), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	for (uint64_t at = 0; at < 3 * UNIT; at++)
		assert_int_equal(on_medium(&f, at), 0xAA);
	assert_int_equal(on_medium(&f, 40), 0xBB);
	done(&f);
}

static void a_packet_that_always_fails_does_not_wear_the_others(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	f.drive->bad_write[20] = true;
	for (uint64_t at = 16; at < 28; at += UNIT)
		assert_int_equal(fill(&f, at, 1, 0xAA), UDF_OK);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(bio_flush(f.bio), UDF_E_MEDIUM);
	assert_int_equal(f.drive->n_writes, 5 + 2);
	assert_int_equal(on_medium(&f, 16), 0xAA);
	assert_int_equal(on_medium(&f, 24), 0xAA);
	done(&f);
}

/* ---- what it costs ---- */

static void long_sequential_writes_cost_one_write_a_packet(void **state)
{
	struct fixture f;
	struct pkt_stats stats;

	(void)state;
	setup(&f);
	for (uint64_t at = 0; at < 250; at += 5)
		assert_int_equal(fill(&f, at, 5, 0xAA), UDF_OK);
	assert_int_equal(fill(&f, 250, 4, 0xAA), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	stats = stats_of(&f);
	assert_int_equal(stats.n_packets_written, 64);
	assert_int_equal(stats.n_packets_completed, 0);
	assert_int_equal(stats.n_user_blocks, 254);
	assert_int_equal(stats.max_rewrites, 1);
	assert_true(pkt_stats_amplification(&stats) < 1.01);
	for (size_t i = 1; i < f.drive->n_writes; i++)
		assert_true(f.drive->log[i] > f.drive->log[i - 1]);
	done(&f);
}

/* As many writers as half of the cache has packets. */
static void interleaved_writers_cost_one_write_a_packet(void **state)
{
	struct fixture f;
	struct pkt_stats stats;

	(void)state;
	setup(&f);
	for (uint64_t i = 0; i < 60; i++)
		for (uint64_t writer = 0; writer < 4; writer++)
			assert_int_equal(fill(&f, writer * 60 + i, 1, 0xAA), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	stats = stats_of(&f);
	assert_int_equal(stats.n_packets_written, 60);
	assert_int_equal(stats.n_packets_completed, 0);
	done(&f);
}

static void the_packet_that_wears_most_is_named(void **state)
{
	struct fixture f;
	struct pkt_stats stats;

	(void)state;
	setup(&f);
	for (unsigned i = 0; i < 7; i++) {
		assert_int_equal(fill(&f, 41, 1, (uint8_t)i), UDF_OK);
		if (i % 2)
			assert_int_equal(fill(&f, 100, 1, (uint8_t)i), UDF_OK);
		assert_int_equal(bio_flush(f.bio), UDF_OK);
	}
	stats = stats_of(&f);
	assert_int_equal(stats.max_rewrites, 7);
	assert_int_equal(stats.max_rewrites_at, 40);
	assert_int_equal(stats.n_packets_completed, 2);	/* each once: then they are in memory */
	done(&f);
}

/* Each write below makes another packet dirty, as a busy writer would. */
static void dirty_the_next_packet(struct drive *drive, uint64_t at)
{
	struct fixture *f = drive->ctx;

	assert_int_equal(fill(f, (at + UNIT) % (3 * UNIT), 1, 0xBB), UDF_OK);
}

static void a_flush_writes_what_was_there_when_it_began(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	assert_int_equal(fill(&f, 0, 1, 0xAA), UDF_OK);
	assert_int_equal(fill(&f, 8, 1, 0xAA), UDF_OK);
	f.drive->before_write = dirty_the_next_packet;
	f.drive->ctx = &f;
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	f.drive->before_write = NULL;
	assert_int_equal(f.drive->n_writes, 2);
	assert_int_equal(byte_at(&f, 4), 0xBB);
	assert_int_equal(on_medium(&f, 4), 4);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(on_medium(&f, 4), 0xBB);
	assert_int_equal(on_medium(&f, 0), 0xBB);
	done(&f);
}

/* ---- reading ---- */

static void reading_a_block_reads_its_packet_once(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (uint64_t at = 20; at < 24; at++)
		assert_int_equal(byte_at(&f, at), at);
	assert_int_equal(f.drive->n_reads, 1);
	assert_int_equal(stats_of(&f).n_packets_read, 1);
	for (uint64_t at = 0; at < N_BLOCKS; at++)
		assert_int_equal(byte_at(&f, at), at);
	assert_int_equal(f.drive->n_reads, 1 + 64 - 1);
	assert_int_equal(byte_at(&f, 20), 20);	/* long gone */
	assert_int_equal(f.drive->n_reads, 1 + 64);
	done(&f);
}

static void blocks_of_an_unreadable_packet_are_read_one_by_one(void **state)
{
	struct fixture f;
	uint8_t data[UNIT * DRIVE_BLOCK];

	(void)state;
	setup(&f);
	f.drive->bad_read[22] = true;
	assert_int_equal(bio_read(f.bio, 20, 2, data), UDF_OK);
	assert_int_equal(data[DRIVE_BLOCK], 21);
	assert_int_equal(bio_read(f.bio, 20, 4, data), UDF_E_MEDIUM);
	assert_int_equal(byte_at(&f, 23), 23);
	assert_int_equal(read_one(&f, 22), UDF_E_MEDIUM);
	/* What was written there can be read at once. */
	assert_int_equal(fill(&f, 22, 1, 0xAA), UDF_OK);
	assert_int_equal(bio_read(f.bio, 20, 4, data), UDF_OK);
	assert_int_equal(data[2 * DRIVE_BLOCK], 0xAA);
	done(&f);
}

static void a_partly_written_packet_is_read_with_what_is_new_in_it(void **state)
{
	struct fixture f;
	uint8_t data[UNIT * DRIVE_BLOCK];

	(void)state;
	setup(&f);
	assert_int_equal(fill(&f, 21, 1, 0xAA), UDF_OK);
	assert_int_equal(bio_read(f.bio, 20, 4, data), UDF_OK);
	assert_int_equal(data[0], 20);
	assert_int_equal(data[DRIVE_BLOCK], 0xAA);
	assert_int_equal(data[3 * DRIVE_BLOCK], 23);
	done(&f);
}

/* ---- packets that move ---- */

struct table {
	uint64_t at;
	enum udf_err err;
};

/* A table of one block, written as the volume layer does it. */
static enum udf_err store(void *ctx, struct bio *direct, const struct bio_spare *spares, size_t n_spares)
{
	struct table *table = ctx;
	uint8_t data[DRIVE_BLOCK];

	memset(data, 0x77, sizeof(data));
	assert_int_equal(n_spares, 2);
	assert_true(spares[0].state != BIO_SPARE_FREE);
	table->err = bio_write(direct, table->at, 1, data);
	return table->err ? table->err : bio_flush(direct);
}

static void setup_spare(struct fixture *f, struct table *table, uint64_t table_at)
{
	static const struct bio_spare spares[] = { { 0, 200, BIO_SPARE_FREE }, { 0, 204, BIO_SPARE_FREE } };
	struct bio_remap remap = { .first = 16, .n_blocks = 160, .packet_blocks = UNIT, .spares = spares,
				   .n_spares = 2, .store = store, .ctx = table };
	struct pkt_cache_options options = { .cache_bytes = N_CACHED * PACKET_BYTES, .no_thread = true };
	struct bio *spare = NULL;

	*f = (struct fixture){ .drive = drive_new(UNIT, N_BLOCKS) };
	*table = (struct table){ .at = table_at };
	assert_int_equal(pkt_spare_new(&f->drive->bio, &spare), UDF_OK);
	assert_int_equal(pkt_cache_new(spare, &options, &f->bio), UDF_OK);
	assert_int_equal(bio_set_remap(f->bio, &remap), UDF_OK);
}

static void a_table_is_written_as_a_whole_packet_that_the_cache_knows(void **state)
{
	struct fixture f;
	struct table table;

	(void)state;
	setup_spare(&f, &table, 9);
	assert_int_equal(byte_at(&f, 9), 9);	/* the cache has it */
	assert_int_equal(fill(&f, 10, 1, 0xCC), UDF_OK);
	f.drive->bad_write[21] = true;
	assert_int_equal(fill(&f, 20, 4, 0xAA), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(table.err, UDF_OK);
	assert_int_equal(byte_at(&f, 9), 0x77);
	assert_int_equal(on_medium(&f, 8), 8);
	assert_int_equal(on_medium(&f, 9), 0x77);
	assert_int_equal(on_medium(&f, 10), 0xCC);
	assert_int_equal(on_medium(&f, 200), 0xAA);
	assert_int_equal(on_medium(&f, 20), 20);
	assert_int_equal(byte_at(&f, 20), 0xAA);
	/* Neither does a later write of its neighbour bring the old table back. */
	assert_int_equal(fill(&f, 8, 1, 0xDD), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(on_medium(&f, 9), 0x77);
	done(&f);
}

static void a_table_in_the_packet_that_moves_is_refused(void **state)
{
	struct fixture f;
	struct table table;

	(void)state;
	setup_spare(&f, &table, 20);
	f.drive->bad_write[21] = true;
	assert_int_equal(fill(&f, 20, 4, 0xAA), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_E_UNSUPPORTED);
	assert_int_equal(table.err, UDF_E_UNSUPPORTED);
	done(&f);
}

/* Storing a table flushes the drive, too.  When that fails, what the cache wrote before may be lost. */
static void what_is_lost_while_a_table_is_stored_is_written_again(void **state)
{
	struct fixture f;
	struct table table;

	(void)state;
	setup_spare(&f, &table, 9);
	for (uint64_t at = 100; at < 100 + 3 * UNIT; at += UNIT)
		assert_int_equal(fill(&f, at, UNIT, 0xCC), UDF_OK);
	assert_true(f.drive->n_writes > 0);
	f.drive->bad_write[21] = true;
	f.drive->n_fail_flushes = 1;
	assert_int_equal(fill(&f, 20, 4, 0xAA), UDF_OK);
	(void)bio_flush(f.bio);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	for (uint64_t at = 100; at < 100 + 3 * UNIT; at++)
		assert_int_equal(on_medium(&f, at), 0xCC);
	assert_int_equal(on_medium(&f, 200), 0xAA);
	assert_int_equal(on_medium(&f, 9), 0x77);
	done(&f);
}

static void a_new_table_makes_the_cache_forget_what_it_read(void **state)
{
	static const struct bio_spare spares[] = { { 20, 200, BIO_SPARE_USED } };
	struct bio_remap remap = { .first = 16, .n_blocks = 160, .packet_blocks = UNIT, .spares = spares,
				   .n_spares = 1 };
	struct bio *spare = NULL;
	struct fixture f = { .drive = drive_new(UNIT, N_BLOCKS) };

	(void)state;
	assert_int_equal(pkt_spare_new(&f.drive->bio, &spare), UDF_OK);
	assert_int_equal(pkt_cache_new(spare, NULL, &f.bio), UDF_OK);
	assert_int_equal(byte_at(&f, 20), 20);
	assert_int_equal(fill(&f, 40, 1, 0xAA), UDF_OK);
	assert_int_equal(bio_set_remap(f.bio, &remap), UDF_OK);
	assert_int_equal(on_medium(&f, 40), 0xAA);
	assert_int_equal(byte_at(&f, 20), 200);
	done(&f);
}

static void a_device_without_units_needs_no_cache(void **state)
{
	struct bio *memory = NULL, *bio = NULL;

	(void)state;
	assert_int_equal(bio_memory_new(512, 64, &memory), UDF_OK);
	assert_int_equal(pkt_cache_new(memory, NULL, &bio), UDF_E_UNSUPPORTED);
	memory->geometry.write_unit_blocks = 65;
	assert_int_equal(pkt_cache_new(memory, NULL, &bio), UDF_E_UNSUPPORTED);
	bio_close(memory);
}

static void a_lack_of_memory_is_reported_and_loses_nothing(void **state)
{
	struct fixture f = { .drive = drive_new(UNIT, N_BLOCKS) };
	struct pkt_cache_options options = { .no_thread = true };
	enum udf_err err;

	(void)state;
	for (uint64_t nth = 1;; nth++) {
		alloc_fail_nth(nth);
		err = pkt_cache_new(&f.drive->bio, &options, &f.bio);
		if (!err)
			break;
		assert_int_equal(err, UDF_E_NOMEM);
	}
	for (uint64_t at = 0; at < 200; at += 3) {
		for (uint64_t nth = 1;; nth++) {
			alloc_fail_nth(nth);
			err = fill(&f, at, 2, 0xAA);
			if (!err)
				err = read_one(&f, at + 2);
			if (!err)
				break;
			assert_int_equal(err, UDF_E_NOMEM);
		}
	}
	alloc_fail_nth(0);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	for (uint64_t at = 0; at < 200; at++)
		assert_int_equal(on_medium(&f, at), at % 3 == 2 ? at : 0xAA);
	done(&f);
}

/* ---- anything ---- */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/*
 * Random calls on a drive that loses unsynced packets now and then, and whose writes fail now and then, against a
 * model: what a flush made durable is on the medium, and reads give what was written last.
 */
static void run_random(uint32_t seed)
{
	static uint8_t model[N_BLOCKS];
	struct fixture f;

	setup_size(&f, 4 + seed % 7);
	for (size_t i = 0; i < N_BLOCKS; i++)
		model[i] = (uint8_t)i;
	for (unsigned step = 0; step < 300; step++) {
		uint32_t kind = next_random(&seed) % 16;
		uint64_t at = next_random(&seed) % N_BLOCKS;
		uint32_t n = 1 + next_random(&seed) % 9;
		uint8_t byte = (uint8_t)next_random(&seed);

		n = at + n > N_BLOCKS ? (uint32_t)(N_BLOCKS - at) : n;
		if (kind < 9) {
			if (!fill(&f, at, n, byte))
				memset(model + at, byte, n);
			else
				break;	/* a part of it may have been written */
		} else if (kind < 13) {
			assert_int_equal(byte_at(&f, at), model[at]);
		} else if (kind == 13) {
			f.drive->n_fail_flushes = next_random(&seed) % 3;
		} else if (kind == 14) {
			f.drive->n_fail_writes = next_random(&seed) % 2;
		} else if (bio_flush(f.bio) == UDF_OK) {
			drive_cut(f.drive);
			for (uint64_t i = 0; i < N_BLOCKS; i++)
				if (on_medium(&f, i) != model[i])
					fail_msg("block %u is lost", (unsigned)i);
		}
		assert_true(f.drive->max_unsynced <= 4 + 7);
	}
	done(&f);
}

static void what_was_flushed_is_there_whatever_fails(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 400; seed++) {
		print_message("seed %u\n", seed);
		run_random(seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_blocks_are_written_as_whole_packets),
		cmocka_unit_test(a_packet_that_is_written_whole_is_not_read_first),
		cmocka_unit_test(the_last_packet_may_be_shorter),
		cmocka_unit_test(packets_are_written_in_the_order_of_their_addresses),
		cmocka_unit_test(packets_that_make_room_take_the_drive_one_way),
		cmocka_unit_test(nothing_is_flushed_where_nothing_was_written),
		cmocka_unit_test(an_unreadable_packet_is_not_completed_with_zeros),
		cmocka_unit_test(zeros_complete_an_unreadable_packet_whose_other_blocks_are_free),
		cmocka_unit_test(what_may_be_lost_unread_is_not_read),
		cmocka_unit_test(a_packet_that_cannot_be_written_is_reported_and_stays_readable),
		cmocka_unit_test(a_cache_full_of_failed_packets_refuses_writes_and_still_reads),
		cmocka_unit_test(what_the_drive_lost_is_written_again),
		cmocka_unit_test(a_flush_that_fails_twice_is_reported_and_made_good_by_the_next),
		cmocka_unit_test(written_packets_stay_in_memory_until_they_are_durable),
		cmocka_unit_test(after_a_failed_write_what_the_drive_lost_is_written_again),
		cmocka_unit_test(a_packet_that_always_fails_does_not_wear_the_others),
		cmocka_unit_test(long_sequential_writes_cost_one_write_a_packet),
		cmocka_unit_test(interleaved_writers_cost_one_write_a_packet),
		cmocka_unit_test(the_packet_that_wears_most_is_named),
		cmocka_unit_test(a_flush_writes_what_was_there_when_it_began),
		cmocka_unit_test(reading_a_block_reads_its_packet_once),
		cmocka_unit_test(blocks_of_an_unreadable_packet_are_read_one_by_one),
		cmocka_unit_test(a_partly_written_packet_is_read_with_what_is_new_in_it),
		cmocka_unit_test(a_table_is_written_as_a_whole_packet_that_the_cache_knows),
		cmocka_unit_test(a_table_in_the_packet_that_moves_is_refused),
		cmocka_unit_test(what_is_lost_while_a_table_is_stored_is_written_again),
		cmocka_unit_test(a_new_table_makes_the_cache_forget_what_it_read),
		cmocka_unit_test(a_device_without_units_needs_no_cache),
		cmocka_unit_test(a_lack_of_memory_is_reported_and_loses_nothing),
		cmocka_unit_test(what_was_flushed_is_there_whatever_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
