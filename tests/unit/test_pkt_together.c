/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written together is one record of the packet journal.  test_pkt_cuts cuts the power meanwhile. */
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
#include "pkt_drive.h"

/* Packets of 4 blocks.  The journal has 8 of them. */
#define UNIT 4u
#define N_BLOCKS 256u
#define AREA 64u
#define AREA_BLOCKS 32u
#define HOME 128u		/* a packet that is in use */
#define FRESH 200u		/* from here on all blocks are free */

static const struct bio_journal journal = { .first = AREA, .n_blocks = AREA_BLOCKS, .id = 77 };

struct fixture {
	struct drive *drive;
	struct bio *bio;
};

static bool is_free(void *ctx, uint64_t at, uint32_t n_blocks, enum bio_free_when when)
{
	(void)ctx;
	return when != BIO_FREE_UNREAD && at >= FRESH && n_blocks > 0;
}

static void open_cache(struct fixture *f)
{
	const struct pkt_cache_options options = { .no_thread = true, .cache_bytes = 16 * UNIT * DRIVE_BLOCK };

	assert_int_equal(pkt_cache_new(&f->drive->bio, &options, &f->bio), UDF_OK);
	assert_int_equal(bio_set_free_query(f->bio, is_free, NULL), UDF_OK);
}

static void setup(struct fixture *f)
{
	f->drive = drive_new(UNIT, N_BLOCKS);
	open_cache(f);
	assert_int_equal(bio_set_journal(f->bio, &journal), UDF_OK);
}

static void done(struct fixture *f)
{
	bio_close(f->bio);
	drive_free(f->drive);
}

static void fill(struct fixture *f, uint64_t at, uint8_t byte)
{
	uint8_t data[DRIVE_BLOCK];

	memset(data, byte, sizeof(data));
	assert_int_equal(bio_write(f->bio, at, 1, data), UDF_OK);
}

static int byte_at(struct fixture *f, uint64_t at)
{
	uint8_t data[DRIVE_BLOCK];

	return bio_read(f->bio, at, 1, data) ? -1 : data[0];
}

/* The power is cut, and the drive is used again. */
static unsigned cut_and_recover(struct fixture *f)
{
	unsigned n = 0;

	bio_close(f->bio);
	drive_cut(f->drive);
	open_cache(f);
	assert_int_equal(bio_recover(f->bio, &journal, &n), UDF_OK);
	return n;
}

static uint8_t ones[DRIVE_BLOCK], twos[2 * DRIVE_BLOCK], threes[DRIVE_BLOCK];

/* Two blocks in one packet, one in the next, and one of them once more. */
static const struct bio_part parts[] = {
	{ HOME + 1, 1, ones }, { HOME + 3, 2, twos }, { HOME + 3, 1, threes },
};

static int set_up_data(void **state)
{
	(void)state;
	memset(ones, 1, sizeof(ones));
	memset(twos, 2, sizeof(twos));
	memset(threes, 3, sizeof(threes));
	return 0;
}

static void assert_parts(struct fixture *f)
{
	assert_int_equal(byte_at(f, HOME), HOME);
	assert_int_equal(byte_at(f, HOME + 1), 1);
	assert_int_equal(byte_at(f, HOME + 3), 3);
	assert_int_equal(byte_at(f, HOME + 4), 2);
	assert_int_equal(byte_at(f, HOME + 5), HOME + 5);
}

static void parts_in_two_packets_are_one_write_and_survive_a_cut(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	assert_int_equal(bio_write_together(f.bio, parts, 3), UDF_OK);
	assert_int_equal(f.drive->n_writes, 1);		/* a header and three blocks */
	assert_int_equal(f.drive->log[0], AREA);
	assert_int_equal(f.drive->n_flushes, 1);
	assert_parts(&f);
	assert_int_equal(cut_and_recover(&f), 2);
	assert_parts(&f);
	done(&f);
}

static void what_was_written_before_is_in_the_same_record(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	fill(&f, HOME + 9, 9);
	assert_int_equal(bio_write_together(f.bio, parts, 1), UDF_OK);
	assert_int_equal(f.drive->n_writes, 1);
	assert_int_equal(cut_and_recover(&f), 2);
	assert_int_equal(byte_at(&f, HOME + 1), 1);
	assert_int_equal(byte_at(&f, HOME + 9), 9);
	done(&f);
}

static size_t n_flushes_before_the_record;

static void note_record(struct drive *drive, uint64_t at)
{
	if (at >= AREA && at < AREA + AREA_BLOCKS)
		n_flushes_before_the_record = drive->n_flushes;
}

static void a_packet_that_is_written_in_place_is_durable_before_the_record(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (unsigned i = 0; i < UNIT; i++)
		fill(&f, FRESH + i, 7);
	f.drive->before_write = note_record;
	assert_int_equal(bio_write_together(f.bio, parts, 1), UDF_OK);
	assert_int_equal(f.drive->n_writes, 2);
	assert_int_equal(f.drive->log[0], FRESH);
	assert_int_equal(n_flushes_before_the_record, 1);
	done(&f);
}

static void what_fills_more_than_two_packets_is_refused_and_not_written(void **state)
{
	static uint8_t many[2 * UNIT * DRIVE_BLOCK];
	const struct bio_part large[] = { { HOME + 20, 1, ones }, { HOME, 2 * UNIT - 1, many } };
	struct fixture f;

	(void)state;
	setup(&f);
	assert_int_equal(bio_write_together(f.bio, large, 2), UDF_E_UNSUPPORTED);
	assert_int_equal(byte_at(&f, HOME), HOME);
	assert_int_equal(byte_at(&f, HOME + 20), HOME + 20);
	assert_int_equal(f.drive->n_writes, 0);
	assert_int_equal(bio_write_together(f.bio, large + 1, 1), UDF_OK);
	done(&f);
}

static void without_a_journal_it_is_refused(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	assert_int_equal(bio_set_journal(f.bio, NULL), UDF_OK);
	assert_int_equal(bio_write_together(f.bio, parts, 3), UDF_E_UNSUPPORTED);
	assert_int_equal(byte_at(&f, HOME + 1), HOME + 1);
	done(&f);
}

static void a_part_outside_the_device_is_out_of_range(void **state)
{
	const struct bio_part outside[] = { { HOME, 1, ones }, { N_BLOCKS - 1, 2, twos } };
	struct fixture f;

	(void)state;
	setup(&f);
	assert_int_equal(bio_write_together(f.bio, outside, 2), UDF_E_RANGE);
	assert_int_equal(byte_at(&f, HOME), HOME);
	done(&f);
}

static void an_earlier_write_that_failed_leaves_it_to_a_flush(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (unsigned i = 0; i < UNIT; i++)
		f.drive->bad_write[HOME + 40 + i] = true;
	for (unsigned i = 0; i < UNIT; i++)
		fill(&f, HOME + 40 + i, 5);
	assert_int_equal(bio_write_together(f.bio, parts, 3), UDF_E_UNSUPPORTED);
	assert_int_equal(byte_at(&f, HOME + 1), HOME + 1);
	assert_int_equal(byte_at(&f, HOME + 40), 5);
	done(&f);
}

static void a_record_that_cannot_be_stored_is_an_error_and_a_later_flush_stores_it(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	f.drive->n_fail_flushes = 1;
	assert_int_not_equal(bio_write_together(f.bio, parts, 3), UDF_OK);
	assert_parts(&f);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	(void)cut_and_recover(&f);
	assert_parts(&f);
	done(&f);
}

static void many_in_turn_go_round_in_the_journal(void **state)
{
	uint8_t block[DRIVE_BLOCK];
	struct fixture f;

	(void)state;
	setup(&f);
	for (unsigned i = 0; i < 200; i++) {
		uint64_t at = HOME + i * 13 % 64;
		struct bio_part part = { at, 1, block };
		enum udf_err err;

		memset(block, (int)i, sizeof(block));
		err = bio_write_together(f.bio, &part, 1);
		assert_true(err == UDF_OK || err == UDF_E_UNSUPPORTED);
		if (err) {
			fill(&f, at, (uint8_t)i);
			assert_int_equal(bio_flush(f.bio), UDF_OK);
		}
		assert_int_equal(byte_at(&f, at), (uint8_t)i);
	}
	(void)cut_and_recover(&f);
	for (unsigned i = 200 - 64; i < 200; i++)
		assert_int_equal(byte_at(&f, HOME + i * 13 % 64), (uint8_t)i);
	done(&f);
}

static void running_out_of_memory_is_a_refusal(void **state)
{
	struct fixture f;
	bool has_failed = true;
	enum udf_err err = UDF_E_UNSUPPORTED;

	(void)state;
	setup(&f);
	for (uint64_t nth = 1; has_failed; nth++) {
		alloc_fail_nth(nth);
		err = bio_write_together(f.bio, parts, 3);
		has_failed = alloc_has_failed();
		alloc_fail_nth(0);
		if (err == UDF_OK)
			break;		/* the wear of a packet need not be counted */
		assert_int_equal(err, UDF_E_UNSUPPORTED);
		assert_int_equal(byte_at(&f, HOME + 1), HOME + 1);
	}
	assert_int_equal(err, UDF_OK);
	assert_parts(&f);
	done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_in_two_packets_are_one_write_and_survive_a_cut),
		cmocka_unit_test(what_was_written_before_is_in_the_same_record),
		cmocka_unit_test(a_packet_that_is_written_in_place_is_durable_before_the_record),
		cmocka_unit_test(what_fills_more_than_two_packets_is_refused_and_not_written),
		cmocka_unit_test(without_a_journal_it_is_refused),
		cmocka_unit_test(a_part_outside_the_device_is_out_of_range),
		cmocka_unit_test(an_earlier_write_that_failed_leaves_it_to_a_flush),
		cmocka_unit_test(a_record_that_cannot_be_stored_is_an_error_and_a_later_flush_stores_it),
		cmocka_unit_test(many_in_turn_go_round_in_the_journal),
		cmocka_unit_test(running_out_of_memory_is_a_refusal),
	};

	return cmocka_run_group_tests_name("pkt_together", tests, set_up_data, NULL);
}
