/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fault layer: its log, its failures, and the crash states drawn from a log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <udfkit/bio.h>

#include "alloc.h"

#define BLOCK 512u
#define N_BLOCKS 64u

static struct bio *memory_new(void)
{
	struct bio *bio = NULL;

	assert_int_equal(bio_memory_new(BLOCK, N_BLOCKS, &bio), UDF_OK);
	return bio;
}

static struct bio *fault_new(void)
{
	struct bio *bio = NULL;

	assert_int_equal(bio_fault_new(memory_new(), &bio), UDF_OK);
	return bio;
}

/* Every byte of the block is BYTE. */
static enum udf_err fill(struct bio *bio, uint64_t at, uint32_t n_blocks, uint8_t byte)
{
	uint8_t data[8 * BLOCK];

	memset(data, byte, sizeof(data));
	return bio_write(bio, at, n_blocks, data);
}

static enum udf_err read_one(struct bio *bio, uint64_t at)
{
	uint8_t data[BLOCK];

	return bio_read(bio, at, 1, data);
}

/* The byte that a block is filled with; fails if it is not one byte all through. */
static uint8_t byte_at(struct bio *bio, uint64_t at)
{
	uint8_t data[BLOCK];

	assert_int_equal(bio_read(bio, at, 1, data), UDF_OK);
	for (size_t i = 1; i < BLOCK; i++)
		assert_int_equal(data[i], data[0]);
	return data[0];
}

/* ---- the log ---- */

static void log_keeps_writes_flushes_and_marks_in_order(void **state)
{
	struct bio *bio = fault_new();
	const struct bio_event *events;
	size_t n_events;

	(void)state;
	assert_int_equal(fill(bio, 1, 1, 9), UDF_OK); /* not yet recording */
	assert_int_equal(bio_fault_mark(bio, 1), UDF_OK);
	bio_fault_record(bio, true);
	assert_int_equal(fill(bio, 5, 3, 0x55), UDF_OK);
	assert_int_equal(bio_flush(bio), UDF_OK);
	assert_int_equal(bio_fault_mark(bio, 4711), UDF_OK);
	assert_int_equal(fill(bio, 6, 1, 0x66), UDF_OK);
	bio_fault_record(bio, false);
	assert_int_equal(fill(bio, 7, 1, 9), UDF_OK);
	bio_fault_log(bio, &events, &n_events);
	assert_int_equal(n_events, 4);
	assert_int_equal(events[0].kind, BIO_EVENT_WRITE);
	assert_int_equal(events[0].at, 5);
	assert_int_equal(events[0].n_blocks, 3);
	for (size_t i = 0; i < 3 * BLOCK; i++)
		assert_int_equal(events[0].data[i], 0x55);
	assert_int_equal(events[1].kind, BIO_EVENT_FLUSH);
	assert_int_equal(events[2].kind, BIO_EVENT_MARK);
	assert_int_equal(events[2].mark, 4711);
	assert_int_equal(events[3].at, 6);
	assert_int_equal(events[3].data[BLOCK - 1], 0x66);
	assert_int_equal(byte_at(bio, 7), 9);
	bio_close(bio);
}

static void log_keeps_a_hundred_thousand_writes(void **state)
{
	struct bio *bio = fault_new();
	const struct bio_event *events;
	size_t n_events;

	(void)state;
	bio_fault_record(bio, true);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(fill(bio, i % N_BLOCKS, 1, (uint8_t)i), UDF_OK);
	bio_fault_log(bio, &events, &n_events);
	assert_int_equal(n_events, 100000);
	for (size_t i = 0; i < n_events; i++) {
		assert_int_equal(events[i].at, i % N_BLOCKS);
		assert_int_equal(events[i].data[BLOCK - 1], (uint8_t)i);
	}
	bio_close(bio);
}

static void failed_writes_are_not_in_the_log(void **state)
{
	struct bio *bio = fault_new();
	const struct bio_event *events;
	size_t n_events;

	(void)state;
	bio_fault_record(bio, true);
	bio_fault_fail_write(bio, 1, UDF_E_IO);
	bio_fault_fail_flush(bio, 1, UDF_E_IO);
	assert_int_equal(fill(bio, 1, 1, 1), UDF_E_IO);
	assert_int_equal(bio_flush(bio), UDF_E_IO);
	bio_fault_log(bio, &events, &n_events);
	assert_int_equal(n_events, 0);
	assert_int_equal(byte_at(bio, 1), 0);
	bio_close(bio);
}

/* ---- failures ---- */

static void the_nth_call_fails_once(void **state)
{
	struct bio *bio = fault_new();

	(void)state;
	bio_fault_fail_read(bio, 3, UDF_E_MEDIUM);
	bio_fault_fail_write(bio, 2, UDF_E_IO);
	bio_fault_fail_flush(bio, 1, UDF_E_NO_PERMISSION);
	assert_int_equal(read_one(bio, 0), UDF_OK);
	assert_int_equal(read_one(bio, 0), UDF_OK);
	assert_int_equal(fill(bio, 0, 1, 1), UDF_OK);
	assert_int_equal(bio_fault_n_given(bio), 0);
	assert_int_equal(read_one(bio, 0), UDF_E_MEDIUM);
	assert_int_equal(fill(bio, 0, 1, 1), UDF_E_IO);
	assert_int_equal(bio_flush(bio), UDF_E_NO_PERMISSION);
	assert_int_equal(bio_fault_n_given(bio), 3);
	assert_int_equal(read_one(bio, 0), UDF_OK);
	assert_int_equal(fill(bio, 0, 1, 1), UDF_OK);
	assert_int_equal(bio_flush(bio), UDF_OK);
	assert_int_equal(bio_fault_n_given(bio), 0);
	bio_close(bio);
}

static void a_lasting_failure_repeats_until_it_is_cleared(void **state)
{
	struct bio *bio = fault_new();

	(void)state;
	bio_fault_stay(bio, true);
	bio_fault_fail_write(bio, 2, UDF_E_IO);
	assert_int_equal(fill(bio, 0, 1, 1), UDF_OK);
	assert_int_equal(fill(bio, 0, 1, 2), UDF_E_IO);
	assert_int_equal(fill(bio, 0, 1, 3), UDF_E_IO);
	assert_int_equal(byte_at(bio, 0), 1);
	bio_fault_fail_write(bio, 0, UDF_OK);
	assert_int_equal(fill(bio, 0, 1, 4), UDF_OK);
	bio_close(bio);
}

static void bad_block_fails_every_transfer_that_touches_it(void **state)
{
	struct bio *bio = fault_new();
	uint8_t data[8 * BLOCK];

	(void)state;
	assert_int_equal(bio_fault_bad_block(bio, 10, true, false), UDF_OK);
	assert_int_equal(bio_fault_bad_block(bio, 20, false, true), UDF_OK);
	assert_int_equal(bio_read(bio, 4, 6, data), UDF_OK);
	assert_int_equal(bio_read(bio, 4, 7, data), UDF_E_MEDIUM);
	assert_int_equal(bio_read(bio, 10, 4, data), UDF_E_MEDIUM);
	assert_int_equal(bio_read(bio, 11, 4, data), UDF_OK);
	assert_int_equal(fill(bio, 10, 1, 1), UDF_OK);
	assert_int_equal(fill(bio, 17, 8, 1), UDF_E_MEDIUM);
	assert_int_equal(bio_read(bio, 20, 1, data), UDF_OK);
	assert_int_equal(bio_fault_bad_block(bio, 10, false, false), UDF_OK);
	assert_int_equal(bio_read(bio, 4, 7, data), UDF_OK);
	assert_int_equal(fill(bio, 20, 1, 1), UDF_E_MEDIUM);
	bio_close(bio);
}

/* Nothing may go round the layer: it could neither be logged nor fail. */
static void fault_layer_gives_no_file_descriptor(void **state)
{
	struct bio *bio = fault_new();
	uint64_t offset;
	int fd;

	(void)state;
	assert_int_equal(bio_fd_range(bio, 0, 1, &fd, &offset), UDF_E_UNSUPPORTED);
	bio_close(bio);
}

/* ---- crash states ---- */

static struct bio_event write_event(uint64_t at, uint32_t n_blocks, uint8_t byte)
{
	static uint8_t data[256][8 * BLOCK];

	memset(data[byte], byte, sizeof(data[byte]));
	return (struct bio_event){
		.kind = BIO_EVENT_WRITE, .at = at, .n_blocks = n_blocks, .data = data[byte]
	};
}

static const struct bio_event flush_event = { .kind = BIO_EVENT_FLUSH };
static const struct bio_event mark_event = { .kind = BIO_EVENT_MARK };

static struct bio *crash(const struct bio_event *events, size_t n_events, size_t cut, uint64_t seed,
			 enum bio_tear tear, struct bio *base)
{
	struct bio *bio = NULL;

	assert_int_equal(bio_fault_crash_state(events, n_events, cut, seed, tear, base, &bio),
			 UDF_OK);
	return bio;
}

static void writes_before_the_last_flush_are_always_in_a_state(void **state)
{
	struct bio *base = memory_new();
	struct bio_event events[] = {
		write_event(1, 1, 1), flush_event,	    write_event(2, 1, 2),
		flush_event,	      write_event(3, 1, 3), mark_event,
	};

	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct bio *bio = crash(events, 6, 6, seed, BIO_TEAR_NONE, base);

		assert_int_equal(byte_at(bio, 1), 1);
		assert_int_equal(byte_at(bio, 2), 2);
		bio_close(bio);
	}
	assert_int_equal(byte_at(base, 1), 0);
	bio_close(base);
}

static void writes_after_the_cut_are_never_in_a_state(void **state)
{
	struct bio *base = memory_new(), *bio;
	struct bio_event events[] = { write_event(1, 1, 1), write_event(2, 1, 2), flush_event };

	(void)state;
	bio = crash(events, 3, 0, 0, BIO_TEAR_NONE, base);
	assert_int_equal(byte_at(bio, 1), 0);
	bio_close(bio);
	bio = crash(events, 3, 1, 0, BIO_TEAR_NONE, base);
	assert_int_equal(byte_at(bio, 1), 1);
	assert_int_equal(byte_at(bio, 2), 0);
	bio_close(bio);
	bio_close(base);
}

static void a_flush_at_the_cut_makes_nothing_durable(void **state)
{
	struct bio *base = memory_new(), *bio;
	struct bio_event events[] = { write_event(1, 1, 1), flush_event };

	(void)state;
	bio = crash(events, 2, 1, 64, BIO_TEAR_NONE, base); /* the empty subset */
	assert_int_equal(byte_at(bio, 1), 0);
	bio_close(bio);
	bio = crash(events, 2, 2, 64, BIO_TEAR_NONE, base);
	assert_int_equal(byte_at(bio, 1), 1);
	bio_close(bio);
	bio_close(base);
}

static void few_pending_writes_give_every_subset(void **state)
{
	struct bio *base = memory_new();
	struct bio_event events[6];
	bool seen[64] = { false };

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		events[i] = write_event(i, 1, (uint8_t)(i + 1));
	for (uint64_t seed = 1; seed <= 64; seed++) {
		struct bio *bio = crash(events, 6, 6, seed, BIO_TEAR_NONE, base);
		unsigned subset = 0;

		for (unsigned i = 0; i < 6; i++)
			subset |= (byte_at(bio, i) ? 1u : 0u) << i;
		assert_false(seen[subset]);
		seen[subset] = true;
		bio_close(bio);
	}
	bio_close(base);
}

static void many_pending_writes_give_many_subsets(void **state)
{
	struct bio *base = memory_new();
	struct bio_event events[20];
	uint32_t seen[64];
	unsigned n_distinct = 0, n_dropping_one = 0, n_keeping_one = 0;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		events[i] = write_event(i, 1, 1);
	for (uint64_t seed = 1; seed <= 64; seed++) {
		struct bio *bio = crash(events, 20, 20, seed, BIO_TEAR_NONE, base);
		uint32_t subset = 0;
		unsigned i;

		for (i = 0; i < 20; i++)
			subset |= (uint32_t)byte_at(bio, i) << i;
		bio_close(bio);
		n_dropping_one += __builtin_popcount(subset) == 19;
		n_keeping_one += __builtin_popcount(subset) == 1;
		for (i = 0; i < n_distinct && seen[i] != subset; i++)
			;
		seen[i] = subset;
		if (i == n_distinct)
			n_distinct++;
	}
	assert_in_range(n_distinct, 40, 64);
	assert_in_range(n_dropping_one, 8, 64);
	assert_in_range(n_keeping_one, 8, 64);
	bio_close(base);
}

static void the_later_of_two_writes_to_a_block_wins(void **state)
{
	struct bio *base = memory_new();
	struct bio_event events[] = { write_event(4, 1, 1), write_event(4, 1, 2) };
	static const uint8_t want[] = { 2, 1, 2, 2 }; /* seeds 0 to 3 */

	(void)state;
	for (uint64_t seed = 0; seed < 4; seed++) {
		struct bio *bio = crash(events, 2, 2, seed, BIO_TEAR_NONE, base);

		assert_int_equal(byte_at(bio, 4), want[seed]);
		bio_close(bio);
	}
	bio_close(base);
}

static void a_torn_write_ends_at_a_block_boundary(void **state)
{
	struct bio *base = memory_new();
	struct bio_event events[40];
	unsigned n_seen_lengths[8] = { 0 };

	(void)state;
	/* Marks before it make other cuts, and with them other boundaries. */
	for (size_t i = 0; i < 39; i++)
		events[i] = mark_event;
	for (size_t last = 0; last < 39; last++) {
		struct bio *bio;
		unsigned n = 0;

		events[last] = write_event(10, 8, 7);
		bio = crash(events, 40, last + 1, 0, BIO_TEAR_BLOCK, base);
		while (n < 8 && byte_at(bio, 10 + n) == 7)
			n++;
		assert_in_range(n, 1, 7);
		for (unsigned i = n; i < 8; i++)
			assert_int_equal(byte_at(bio, 10 + i), 0);
		n_seen_lengths[n]++;
		bio_close(bio);
		events[last] = mark_event;
	}
	for (unsigned n = 1; n < 8; n++)
		assert_in_range(n_seen_lengths[n], 1, 39);
	bio_close(base);
}

static void only_the_last_write_of_several_blocks_is_torn(void **state)
{
	struct bio *base = memory_new(), *bio;
	struct bio_event events[] = { write_event(0, 4, 1), write_event(10, 4, 2),
				      write_event(20, 1, 3) };

	(void)state;
	bio = crash(events, 3, 3, 0, BIO_TEAR_BLOCK, base);
	assert_int_equal(byte_at(bio, 3), 1);
	assert_int_equal(byte_at(bio, 10), 2);
	assert_int_equal(byte_at(bio, 13), 0);
	assert_int_equal(byte_at(bio, 20), 3);
	bio_close(bio);
	bio_close(base);
}

static void a_write_torn_inside_a_block_keeps_the_remaining_old_bytes(void **state)
{
	struct bio *base = memory_new(), *bio;
	struct bio_event events[] = { write_event(5, 1, 2) };
	uint8_t data[BLOCK];
	size_t n = 0;

	(void)state;
	assert_int_equal(fill(base, 5, 1, 1), UDF_OK);
	bio = crash(events, 1, 1, 0, BIO_TEAR_INSIDE, base);
	assert_int_equal(bio_read(bio, 5, 1, data), UDF_OK);
	while (n < BLOCK && data[n] == 2)
		n++;
	assert_in_range(n, 1, BLOCK - 1);
	for (size_t i = n; i < BLOCK; i++)
		assert_int_equal(data[i], 1);
	bio_close(bio);
	bio_close(base);
}

/* A long log of small and large writes with a flush now and then. */
static size_t make_log(struct bio_event *events, size_t n_events)
{
	for (size_t i = 0; i < n_events; i++) {
		if (i % 13 == 12)
			events[i] = flush_event;
		else if (i % 7 == 6)
			events[i] = mark_event;
		else
			events[i] = write_event(i * 5 % 56, 1 + (uint32_t)(i % 4), (uint8_t)i);
	}
	return n_events;
}

static void assert_same(struct bio *a, struct bio *b)
{
	static uint8_t data_a[N_BLOCKS * BLOCK], data_b[N_BLOCKS * BLOCK];

	assert_int_equal(bio_read(a, 0, N_BLOCKS, data_a), UDF_OK);
	assert_int_equal(bio_read(b, 0, N_BLOCKS, data_b), UDF_OK);
	assert_memory_equal(data_a, data_b, sizeof(data_a));
}

static void walker_gives_the_states_that_a_fresh_replay_gives(void **state)
{
	struct bio_crash_walker *walker = NULL;
	struct bio *base = memory_new();
	struct bio_event events[120];
	size_t n_events = make_log(events, 120);

	(void)state;
	assert_int_equal(fill(base, 0, 8, 0xFF), UDF_OK);
	assert_int_equal(bio_crash_walker_new(events, n_events, base, &walker), UDF_OK);
	for (size_t cut = 0; cut <= n_events; cut++) {
		for (uint64_t seed = 0; seed < 8; seed++) {
			enum bio_tear tear = (enum bio_tear)(seed % 3);
			struct bio *once = crash(events, n_events, cut, seed, tear, base);
			struct bio *walked = NULL;

			assert_int_equal(
			    bio_crash_walker_state(walker, cut, seed, tear, NULL, &walked), UDF_OK);
			assert_same(once, walked);
			bio_close(walked);
			bio_close(once);
		}
	}
	bio_crash_walker_free(walker);
	bio_close(base);
}

static void walker_reports_the_writes_in_a_state(void **state)
{
	struct bio_crash_walker *walker = NULL;
	struct bio_crash_info info;
	struct bio *base = memory_new(), *bio = NULL;
	struct bio_event events[] = { write_event(0, 1, 1), flush_event, write_event(1, 2, 2),
				      mark_event, write_event(3, 1, 3) };

	(void)state;
	assert_int_equal(bio_crash_walker_new(events, 5, base, &walker), UDF_OK);
	assert_int_equal(bio_crash_walker_state(walker, 5, 1, BIO_TEAR_BLOCK, &info, &bio), UDF_OK);
	assert_int_equal(info.n_durable_events, 2);
	assert_int_equal(info.n_pending_writes, 2);
	assert_int_equal(info.n_applied_writes, 1);
	assert_true(info.torn);
	bio_close(bio);
	assert_int_equal(bio_crash_walker_state(walker, 5, 2, BIO_TEAR_BLOCK, &info, &bio), UDF_OK);
	assert_false(info.torn);
	bio_close(bio);
	bio_crash_walker_free(walker);
	bio_close(base);
}

static void walker_refuses_a_cut_before_the_last_one(void **state)
{
	struct bio_crash_walker *walker = NULL;
	struct bio *base = memory_new(), *bio = NULL;
	struct bio_event events[] = { write_event(0, 1, 1), flush_event, write_event(1, 1, 2) };

	(void)state;
	assert_int_equal(bio_crash_walker_new(events, 3, base, &walker), UDF_OK);
	assert_int_equal(bio_crash_walker_state(walker, 3, 0, BIO_TEAR_NONE, NULL, &bio), UDF_OK);
	bio_close(bio);
	assert_int_equal(bio_crash_walker_state(walker, 2, 0, BIO_TEAR_NONE, NULL, &bio), UDF_OK);
	bio_close(bio);
	assert_int_equal(bio_crash_walker_state(walker, 1, 0, BIO_TEAR_NONE, NULL, &bio),
			 UDF_E_INVAL);
	assert_int_equal(bio_crash_walker_state(walker, 4, 0, BIO_TEAR_NONE, NULL, &bio),
			 UDF_E_INVAL);
	bio_crash_walker_free(walker);
	bio_close(base);
}

/* 50,000 cuts over 100,000 events: hopeless if each began at the log's start. */
static void walking_a_long_log_does_not_start_over_at_each_cut(void **state)
{
	size_t n_events = 100000;
	struct bio_event *events = test_calloc(n_events, sizeof(*events));
	struct bio_crash_walker *walker = NULL;
	struct bio *base = memory_new(), *bio = NULL;

	(void)state;
	make_log(events, n_events);
	assert_int_equal(bio_crash_walker_new(events, n_events, base, &walker), UDF_OK);
	for (size_t cut = 0; cut <= n_events; cut += 2) {
		assert_int_equal(
		    bio_crash_walker_state(walker, cut, cut, BIO_TEAR_BLOCK, NULL, &bio), UDF_OK);
		bio_close(bio);
	}
	bio_crash_walker_free(walker);
	bio_close(base);
	test_free(events);
}

/* Records, fails, draws; every error is returned, and nothing stays allocated. */
static enum udf_err use_everything(void)
{
	struct bio *memory = NULL, *base = NULL, *bio = NULL, *crashed = NULL;
	const struct bio_event *events;
	size_t n_events;
	enum udf_err err;

	err = bio_memory_new(BLOCK, N_BLOCKS, &memory);
	if (err)
		return err;
	err = bio_fault_new(memory, &bio);
	if (err) {
		bio_close(memory);
		return err;
	}
	err = bio_memory_new(BLOCK, N_BLOCKS, &base);
	bio_fault_record(bio, true);
	for (uint64_t i = 0; !err && i < 100; i++) {
		err = fill(bio, i % 32, 4, (uint8_t)i);
		if (!err && i % 10 == 0)
			err = bio_flush(bio);
		if (!err)
			err = bio_fault_mark(bio, i);
	}
	if (!err)
		err = bio_fault_bad_block(bio, 3, true, true);
	if (!err) {
		bio_fault_log(bio, &events, &n_events);
		err = bio_fault_crash_state(events, n_events, n_events, 1, BIO_TEAR_INSIDE, base,
					    &crashed);
	}
	bio_close(crashed);
	bio_close(base);
	bio_close(bio);
	return err;
}

static void every_failing_allocation_is_reported(void **state)
{
	uint64_t nth;

	(void)state;
	for (nth = 1; nth < 1000; nth++) {
		enum udf_err err;

		alloc_fail_nth(nth);
		err = use_everything();
		if (!alloc_has_failed())
			break;
		alloc_fail_nth(0);
		assert_int_equal(err, UDF_E_NOMEM);
	}
	alloc_fail_nth(0);
	assert_in_range(nth, 15, 999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_keeps_writes_flushes_and_marks_in_order),
		cmocka_unit_test(log_keeps_a_hundred_thousand_writes),
		cmocka_unit_test(failed_writes_are_not_in_the_log),
		cmocka_unit_test(the_nth_call_fails_once),
		cmocka_unit_test(a_lasting_failure_repeats_until_it_is_cleared),
		cmocka_unit_test(bad_block_fails_every_transfer_that_touches_it),
		cmocka_unit_test(fault_layer_gives_no_file_descriptor),
		cmocka_unit_test(writes_before_the_last_flush_are_always_in_a_state),
		cmocka_unit_test(writes_after_the_cut_are_never_in_a_state),
		cmocka_unit_test(a_flush_at_the_cut_makes_nothing_durable),
		cmocka_unit_test(few_pending_writes_give_every_subset),
		cmocka_unit_test(many_pending_writes_give_many_subsets),
		cmocka_unit_test(the_later_of_two_writes_to_a_block_wins),
		cmocka_unit_test(a_torn_write_ends_at_a_block_boundary),
		cmocka_unit_test(only_the_last_write_of_several_blocks_is_torn),
		cmocka_unit_test(a_write_torn_inside_a_block_keeps_the_remaining_old_bytes),
		cmocka_unit_test(walker_gives_the_states_that_a_fresh_replay_gives),
		cmocka_unit_test(walker_reports_the_writes_in_a_state),
		cmocka_unit_test(walker_refuses_a_cut_before_the_last_one),
		cmocka_unit_test(walking_a_long_log_does_not_start_over_at_each_cut),
		cmocka_unit_test(every_failing_allocation_is_reported),
	};

	return cmocka_run_group_tests_name("bio_fault", tests, NULL, NULL);
}
