/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet journal: a packet that a power cut made unreadable is read from its copy, whatever else the disc says. */
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

/* The power is cut while the packet of AT is being written; then the drive is used again. */
static unsigned cut_and_recover(struct fixture *f, uint64_t at, const struct bio_journal *from)
{
	unsigned n = 0;

	bio_close(f->bio);
	for (unsigned i = 0; i < UNIT; i++)
		f->drive->bad_read[at / UNIT * UNIT + i] = true;
	open_cache(f);
	(void)bio_recover(f->bio, from, &n);
	return n;
}

static void a_packet_that_became_unreadable_is_read_from_its_copy(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	fill(&f, HOME + 1, 0xAA);
	fill(&f, HOME + 2, 0);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(bio_settle(f.bio), UDF_OK);
	assert_int_equal(cut_and_recover(&f, HOME, &journal), 1);
	assert_int_equal(byte_at(&f, HOME), HOME);
	assert_int_equal(byte_at(&f, HOME + 1), 0xAA);
	assert_int_equal(byte_at(&f, HOME + 2), 0);
	assert_int_equal(byte_at(&f, HOME + 3), HOME + 3);
	assert_int_equal(bio_flush(f.bio), UDF_OK);	/* it is written in its place */
	assert_int_equal(f.drive->durable[(HOME + 1) * DRIVE_BLOCK], 0xAA);
	assert_false(f.drive->bad_read[HOME]);
	done(&f);
}

static void a_flush_stores_what_changed_and_nothing_else(void **state)
{
	struct fixture f;
	unsigned n = 0;

	(void)state;
	setup(&f);
	fill(&f, HOME, 1);
	fill(&f, HOME + UNIT, 2);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_writes, 1);
	assert_int_equal(f.drive->log[0], AREA);
	assert_int_equal(f.drive->n_flushes, 1);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_flushes, 1);
	bio_close(f.bio);
	open_cache(&f);
	assert_int_equal(bio_recover(f.bio, &journal, &n), UDF_OK);
	assert_int_equal(n, 2);
	assert_int_equal(byte_at(&f, HOME), 1);
	assert_int_equal(byte_at(&f, HOME + 1), HOME + 1);
	assert_int_equal(byte_at(&f, HOME + UNIT), 2);
	done(&f);
}

static void the_copy_is_durable_before_the_packet_is_written(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	fill(&f, HOME, 1);
	fill(&f, HOME + UNIT, 2);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(bio_settle(f.bio), UDF_OK);
	/* one record for both: header and 8 blocks in 3 packets, a flush, the packets, a flush */
	assert_int_equal(f.drive->n_writes, 6);
	assert_int_equal(f.drive->log[1], AREA + UNIT);
	assert_int_equal(f.drive->log[3], AREA + 3 * UNIT);
	assert_int_equal(f.drive->log[4], HOME);
	assert_int_equal(f.drive->log[5], HOME + UNIT);
	assert_int_equal(f.drive->n_flushes, 3);
	assert_int_equal(f.drive->max_unsynced, 3);
	assert_int_equal(bio_settle(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_flushes, 3);
	done(&f);
}

static void a_packet_that_is_flushed_often_is_copied_and_written_once(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (uint8_t i = 1; i <= 3; i++) {
		fill(&f, HOME + i, i);
		assert_int_equal(bio_flush(f.bio), UDF_OK);
	}
	assert_int_equal(f.drive->n_writes, 3);
	assert_int_equal(bio_set_journal(f.bio, NULL), UDF_OK);
	assert_int_equal(f.drive->n_writes, 6);		/* two with the copy, and the packet */
	assert_int_equal(f.drive->log[5], HOME);
	assert_int_equal(f.drive->durable[(HOME + 3) * DRIVE_BLOCK], 3);
	done(&f);
}

static void a_fresh_packet_needs_no_copy_until_something_is_stored_in_it(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (unsigned i = 0; i < UNIT; i++)
		fill(&f, FRESH + i, 1);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_writes, 1);
	assert_int_equal(f.drive->log[0], FRESH);
	fill(&f, FRESH + UNIT, 3);			/* a small part of one */
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(bio_settle(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_writes, 3);
	assert_int_equal(f.drive->log[1], AREA);
	assert_int_equal(f.drive->log[2], FRESH + UNIT);
	fill(&f, FRESH + 1, 2);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(bio_settle(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_writes, 7);
	assert_int_equal(cut_and_recover(&f, FRESH, &journal), 1);
	assert_int_equal(byte_at(&f, FRESH), 1);
	assert_int_equal(byte_at(&f, FRESH + 1), 2);
	done(&f);
}

/* What says where the journal is would be lost with all that is only in the journal. */
static void the_packet_of_the_anchor_is_written_after_all_others(void **state)
{
	struct bio_journal anchored = journal;
	struct fixture f;

	(void)state;
	setup(&f);
	anchored.anchor = HOME + 1;
	assert_int_equal(bio_set_journal(f.bio, &anchored), UDF_OK);
	for (unsigned i = 0; i < 3; i++)
		fill(&f, HOME + i * UNIT, 1);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(bio_settle(f.bio), UDF_OK);
	assert_int_equal(f.drive->log[f.drive->n_writes - 1], HOME);
	assert_int_equal(f.drive->max_unsynced, 3);	/* the others are synced before */
	done(&f);
}

/* The ring goes round several times: the newest record counts, also after one that was cut off. */
static void the_newest_complete_record_counts(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (unsigned i = 1; i <= 50; i++) {
		fill(&f, HOME + i % UNIT, (uint8_t)i);
		assert_int_equal(bio_flush(f.bio), UDF_OK);
	}
	assert_int_equal(cut_and_recover(&f, HOME, &journal), 1);
	assert_int_equal(byte_at(&f, HOME + 50 % UNIT), 50);
	assert_int_equal(byte_at(&f, HOME + 49 % UNIT), 49);
	done(&f);
}

static void only_what_cannot_be_read_is_taken_from_the_journal(void **state)
{
	struct bio_journal other = journal;
	struct fixture f;

	(void)state;
	setup(&f);
	fill(&f, HOME, 1);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(bio_settle(f.bio), UDF_OK);
	assert_int_equal(cut_and_recover(&f, HOME + UNIT, &journal), 0);	/* it was not in the record */
	assert_int_equal(byte_at(&f, HOME), 1);
	assert_int_equal(byte_at(&f, HOME + UNIT), -1);
	other.id++;
	assert_int_equal(cut_and_recover(&f, HOME, &other), 0);			/* of another journal */
	assert_int_equal(byte_at(&f, HOME), -1);
	done(&f);
}

static void a_place_that_cannot_be_written_is_left_out(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	f.drive->bad_write[AREA] = true;
	fill(&f, HOME, 9);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(cut_and_recover(&f, HOME, &journal), 1);
	assert_int_equal(byte_at(&f, HOME), 9);
	done(&f);
}

static void a_packet_is_not_written_without_its_copy(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (unsigned i = 0; i < AREA_BLOCKS; i++)
		f.drive->bad_write[AREA + i] = true;
	fill(&f, HOME, 9);
	assert_int_equal(bio_flush(f.bio), UDF_E_MEDIUM);
	assert_int_equal(f.drive->durable[HOME * DRIVE_BLOCK], HOME);
	assert_int_equal(byte_at(&f, HOME), 9);
	assert_int_equal(bio_set_journal(f.bio, NULL), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(f.drive->durable[HOME * DRIVE_BLOCK], 9);
	done(&f);
}

/* What was durable when the packet of some block was about to be written */
struct moment {
	uint64_t at;
	uint8_t durable[N_BLOCKS * DRIVE_BLOCK];
	struct fixture *f;
};

static void keep_moment(struct drive *drive, uint64_t at)
{
	struct moment *m = drive->ctx;

	if (at == m->at)
		memcpy(m->durable, drive->durable, sizeof(m->durable));
}

/* A record that leaves out a packet which could not be written takes its last good copy away. */
static void a_packet_that_could_not_be_written_stays_in_the_journal(void **state)
{
	static struct moment m = { .at = HOME - UNIT };
	struct fixture f;

	(void)state;
	setup(&f);
	f.drive->bad_write[HOME] = true;
	fill(&f, HOME, 9);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(bio_settle(f.bio), UDF_E_MEDIUM);
	f.drive->ctx = &m;
	f.drive->before_write = keep_moment;
	fill(&f, HOME - UNIT, 5);
	assert_int_equal(bio_flush(f.bio), UDF_E_MEDIUM);
	assert_int_equal(bio_settle(f.bio), UDF_E_MEDIUM);
	f.drive->before_write = NULL;
	bio_close(f.bio);
	memcpy(f.drive->durable, m.durable, sizeof(m.durable));
	drive_cut(f.drive);
	open_cache(&f);
	assert_int_equal(cut_and_recover(&f, HOME, &journal), 2);
	assert_int_equal(byte_at(&f, HOME), 9);
	done(&f);
}

static void lose_the_packet(struct drive *drive, uint64_t at)
{
	if (at != HOME)
		return;
	drive->n_fail_flushes = 1;
	drive->before_write = NULL;
}

static void what_the_drive_lost_while_the_journal_was_emptied_is_written_again(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	fill(&f, HOME, 9);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	f.drive->before_write = lose_the_packet;
	assert_int_equal(bio_settle(f.bio), UDF_OK);
	assert_int_equal(f.drive->n_fail_flushes, 0);
	assert_int_equal(f.drive->durable[HOME * DRIVE_BLOCK], 9);
	done(&f);
}

/* A packet that no place takes keeps its record in the journal, which is full one day.  What was flushed is there. */
static void what_was_flushed_beside_a_bad_packet_survives_a_cut(void **state)
{
	uint8_t newest[N_BLOCKS / UNIT] = { 0 };
	enum udf_err err = UDF_OK;
	struct pkt_stats stats;
	struct fixture f;
	unsigned i, n_failed = 0;

	(void)state;
	setup(&f);
	f.drive->bad_write[HOME] = true;
	fill(&f, HOME, 9);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	for (i = 0; i < 60; i++) {
		unsigned no = HOME / UNIT + 1 + i % 9;

		fill(&f, no * UNIT, (uint8_t)(100 + i));
		err = bio_flush(f.bio);
		if (!err)
			newest[no] = (uint8_t)(100 + i);
		n_failed += err != UDF_OK;
	}
	assert_true(n_failed > 0);	/* it is reported */
	pkt_cache_stats(f.bio, &stats);
	assert_int_equal(stats.n_bad, 1);
	assert_int_equal(stats.first_bad_at, HOME);
	assert_true(stats.bad_is_logged);
	assert_int_equal(byte_at(&f, HOME), 9);
	drive_cut(f.drive);
	(void)cut_and_recover(&f, HOME, &journal);
	assert_int_equal(byte_at(&f, HOME), 9);
	for (unsigned no = HOME / UNIT + 1; no < HOME / UNIT + 10; no++)
		assert_true(byte_at(&f, no * UNIT) >= newest[no]);
	/* It is read so each time, until the medium takes it. */
	assert_int_equal(bio_flush(f.bio), UDF_E_MEDIUM);
	assert_int_equal(cut_and_recover(&f, HOME, &journal), 1);
	assert_int_equal(byte_at(&f, HOME), 9);
	f.drive->bad_write[HOME] = false;
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(f.drive->durable[HOME * DRIVE_BLOCK], 9);
	pkt_cache_stats(f.bio, &stats);
	assert_int_equal(stats.n_bad, 0);
	done(&f);
}

static void change_while_copied(struct drive *drive, uint64_t at)
{
	struct moment *m = drive->ctx;

	if (at != AREA)
		return;
	drive->before_write = NULL;
	fill(m->f, HOME + 1, 7);
}

static void a_copy_is_never_older_than_what_a_later_flush_made_durable(void **state)
{
	static struct moment m;
	struct fixture f;

	(void)state;
	setup(&f);
	m.f = &f;
	f.drive->ctx = &m;
	f.drive->before_write = change_while_copied;
	fill(&f, HOME, 9);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(cut_and_recover(&f, HOME, &journal), 1);
	assert_int_equal(byte_at(&f, HOME), 9);
	assert_int_equal(byte_at(&f, HOME + 1), 7);
	done(&f);
}

static void areas_that_cannot_be_are_refused(void **state)
{
	static const struct bio_journal bad[] = {
		{ AREA + 1, AREA_BLOCKS, 1, 0 }, { AREA, AREA_BLOCKS + 1, 1, 0 }, { AREA, UNIT, 1, 0 },
		{ AREA, 0, 1, 0 },
		{ N_BLOCKS, AREA_BLOCKS, 1, 0 }, { N_BLOCKS - UNIT, 3 * UNIT, 1, 0 },
		{ UINT64_MAX - 3, AREA_BLOCKS, 1, 0 },
		{ 0, 65 * UNIT, 1, 0 }, { AREA, UINT32_MAX - 3, 1, 0 },
	};
	struct fixture f;
	unsigned n;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(bio_set_journal(f.bio, &bad[i]), UDF_E_INVAL);
		assert_int_equal(bio_recover(f.bio, &bad[i], &n), UDF_E_INVAL);
	}
	done(&f);
}

/* The same arithmetic as in the header's description, so that a lie can be told with a good sum. */
static void seal(uint8_t *header)
{
	uint64_t h = 0xCBF29CE484222325u;

	memset(header + 48, 0, 8);
	for (unsigned i = 0; i < DRIVE_BLOCK; i += 8) {
		uint64_t word = 0;

		for (unsigned k = 8; k-- > 0;)
			word = word << 8 | header[i + k];
		h = (h ^ word) * 0x100000001B3u;
	}
	for (unsigned i = 0; i < 8; i++)
		header[48 + i] = (uint8_t)(h >> 8 * i);
}

static void a_header_that_lies_does_no_harm(void **state)
{
	static const uint8_t lies[] = { 0x00, 0x01, 0x7F, 0x80, 0xFF };
	uint8_t good[DRIVE_BLOCK], *header;
	struct fixture f;

	(void)state;
	setup(&f);
	fill(&f, HOME, 9);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	header = f.drive->contents + AREA * DRIVE_BLOCK;
	memcpy(good, header, sizeof(good));
	for (unsigned at = 0; at < 140; at++)
		for (unsigned i = 0; i < 2 * sizeof(lies); i++) {
			memcpy(header, good, sizeof(good));
			header[at] = lies[i / 2];
			if (i % 2)
				seal(header);
			(void)cut_and_recover(&f, HOME, &journal);
			(void)byte_at(&f, HOME);
		}
	memcpy(header, good, sizeof(good));
	seal(header);
	assert_memory_equal(header, good, sizeof(good));
	assert_int_equal(cut_and_recover(&f, HOME, &journal), 1);
	done(&f);
}

/* Put a record as version 1 made them into the area: a copy of the packet of HOME, whose blocks hold BYTE. */
static void put_old_record(struct fixture *f, uint8_t byte)
{
	uint8_t *header = f->drive->contents + AREA * DRIVE_BLOCK, *blocks = header + DRIVE_BLOCK;
	uint64_t h = 0xCBF29CE484222325u;

	memset(header, 0, DRIVE_BLOCK);
	memcpy(header, "UDFkitPJ\1\0\0\0\1", 13);
	header[16] = (uint8_t)journal.id;
	header[24] = 5;
	header[32] = UNIT;
	header[64] = HOME / UNIT;
	header[72] = (1 << UNIT) - 1;
	memset(blocks, byte, UNIT * DRIVE_BLOCK);
	for (unsigned i = 0; i < UNIT * DRIVE_BLOCK; i += 8)
		h = (h ^ byte * 0x0101010101010101u) * 0x100000001B3u;
	for (unsigned i = 0; i < 8; i++)
		header[40 + i] = (uint8_t)(h >> 8 * i);
	seal(header);
	memcpy(f->drive->durable, f->drive->contents, N_BLOCKS * DRIVE_BLOCK);
}

static void a_journal_of_version_1_has_what_cannot_be_read(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	put_old_record(&f, 9);
	assert_int_equal(cut_and_recover(&f, HOME + UNIT, &journal), 0);	/* what can be read is newer */
	assert_int_equal(byte_at(&f, HOME), HOME);
	assert_int_equal(cut_and_recover(&f, HOME, &journal), 1);
	assert_int_equal(byte_at(&f, HOME), 9);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(f.drive->durable[HOME * DRIVE_BLOCK], 9);
	assert_false(f.drive->bad_read[HOME]);
	done(&f);
}

static void missing_memory_is_reported_and_harms_nothing(void **state)
{
	struct fixture f;
	enum udf_err err;
	unsigned n;

	(void)state;
	setup(&f);
	fill(&f, HOME, 9);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	assert_int_equal(bio_settle(f.bio), UDF_OK);
	bio_close(f.bio);
	for (unsigned i = 0; i < UNIT; i++)
		f.drive->bad_read[HOME + i] = true;
	for (uint64_t nth = 1;; nth++) {
		open_cache(&f);
		n = 0;
		alloc_fail_nth(nth);
		err = bio_recover(f.bio, &journal, &n);
		if (!alloc_has_failed())
			break;
		alloc_fail_nth(0);
		assert_int_equal(err, UDF_E_NOMEM);	/* else the journal would be given up */
		bio_close(f.bio);
	}
	assert_int_equal(n, 1);
	assert_int_equal(bio_set_journal(f.bio, NULL), UDF_OK);
	alloc_fail_nth(1);
	assert_int_equal(bio_set_journal(f.bio, &journal), UDF_E_NOMEM);
	alloc_fail_nth(0);
	assert_int_equal(bio_set_journal(f.bio, &journal), UDF_OK);
	assert_int_equal(byte_at(&f, HOME), 9);
	done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_that_became_unreadable_is_read_from_its_copy),
		cmocka_unit_test(a_flush_stores_what_changed_and_nothing_else),
		cmocka_unit_test(a_packet_that_is_flushed_often_is_copied_and_written_once),
		cmocka_unit_test(the_packet_of_the_anchor_is_written_after_all_others),
		cmocka_unit_test(a_journal_of_version_1_has_what_cannot_be_read),
		cmocka_unit_test(the_copy_is_durable_before_the_packet_is_written),
		cmocka_unit_test(a_fresh_packet_needs_no_copy_until_something_is_stored_in_it),
		cmocka_unit_test(the_newest_complete_record_counts),
		cmocka_unit_test(only_what_cannot_be_read_is_taken_from_the_journal),
		cmocka_unit_test(a_place_that_cannot_be_written_is_left_out),
		cmocka_unit_test(a_packet_is_not_written_without_its_copy),
		cmocka_unit_test(a_packet_that_could_not_be_written_stays_in_the_journal),
		cmocka_unit_test(what_the_drive_lost_while_the_journal_was_emptied_is_written_again),
		cmocka_unit_test(what_was_flushed_beside_a_bad_packet_survives_a_cut),
		cmocka_unit_test(a_copy_is_never_older_than_what_a_later_flush_made_durable),
		cmocka_unit_test(areas_that_cannot_be_are_refused),
		cmocka_unit_test(a_header_that_lies_does_no_harm),
		cmocka_unit_test(missing_memory_is_reported_and_harms_nothing),
	};

	return cmocka_run_group_tests_name("pkt_journal", tests, NULL, NULL);
}
