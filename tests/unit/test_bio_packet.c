/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Media that are written in packets: units that can't be read, and the crash states that have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <udfkit/bio.h>

#include "alloc.h"

/* 15 units of 4 blocks, and a last one of 2. */
#define BLOCK 512u
#define UNIT 4u
#define N_BLOCKS 62u

static struct bio *packet_new(bool whole_only)
{
	struct bio_packet_options options = { .unit_blocks = UNIT, .wears = true, .whole_only = whole_only };
	struct bio *memory = NULL, *bio = NULL;

	assert_int_equal(bio_memory_new(BLOCK, N_BLOCKS, &memory), UDF_OK);
	assert_int_equal(bio_packet_new(memory, &options, &bio), UDF_OK);
	return bio;
}

static const void *bytes(uint8_t byte)
{
	static uint8_t data[256][N_BLOCKS * BLOCK];

	memset(data[byte], byte, sizeof(data[byte]));
	return data[byte];
}

static enum udf_err fill(struct bio *bio, uint64_t at, uint32_t n_blocks, uint8_t byte)
{
	return bio_write(bio, at, n_blocks, bytes(byte));
}

static enum udf_err read_some(struct bio *bio, uint64_t at, uint32_t n_blocks)
{
	uint8_t data[N_BLOCKS * BLOCK];

	return bio_read(bio, at, n_blocks, data);
}

static uint8_t byte_at(struct bio *bio, uint64_t at)
{
	uint8_t data[BLOCK];

	assert_int_equal(bio_read(bio, at, 1, data), UDF_OK);
	return data[0];
}

/* "12-3": what each unit is filled with, '-' where it can't be read. */
static void contents(struct bio *bio, uint64_t first, uint64_t n_units, char *ret_text)
{
	uint8_t data[BLOCK];

	for (uint64_t i = 0; i < n_units; i++)
		ret_text[i] = bio_read(bio, (first + i) * UNIT, 1, data) ? '-' : (char)('0' + data[0]);
	ret_text[n_units] = '\0';
}

static struct bio_event write_event(uint64_t at, uint32_t n_blocks, uint8_t byte)
{
	return (struct bio_event){ .kind = BIO_EVENT_WRITE, .at = at, .n_blocks = n_blocks, .data = bytes(byte) };
}

static const struct bio_event flush_event = { .kind = BIO_EVENT_FLUSH };

static struct bio *crash(const struct bio_event *events, size_t n_events, uint64_t seed, struct bio *base)
{
	struct bio *bio = NULL;

	assert_int_equal(bio_fault_crash_state(events, n_events, n_events, seed, BIO_TEAR_PACKET, base, &bio), UDF_OK);
	return bio;
}

/* ---- the medium ---- */

static void a_unit_is_unreadable_until_it_is_written_whole(void **state)
{
	struct bio *bio = packet_new(false);

	(void)state;
	assert_int_equal(fill(bio, 0, N_BLOCKS, 1), UDF_OK);
	assert_int_equal(bio_packet_set_unreadable(bio, 10), UDF_OK);
	for (uint64_t at = 8; at < 12; at++)
		assert_int_equal(read_some(bio, at, 1), UDF_E_MEDIUM);
	assert_int_equal(read_some(bio, 4, 4), UDF_OK);
	assert_int_equal(read_some(bio, 12, 4), UDF_OK);
	assert_int_equal(read_some(bio, 4, 5), UDF_E_MEDIUM);
	assert_int_equal(read_some(bio, 0, N_BLOCKS), UDF_E_MEDIUM);

	assert_int_equal(fill(bio, 8, 3, 2), UDF_E_MEDIUM);
	assert_int_equal(fill(bio, 9, 3, 2), UDF_E_MEDIUM);
	assert_int_equal(fill(bio, 9, 1, 2), UDF_E_MEDIUM);
	assert_int_equal(fill(bio, 4, 5, 2), UDF_E_MEDIUM);
	assert_int_equal(fill(bio, 11, 5, 2), UDF_E_MEDIUM);
	assert_int_equal(byte_at(bio, 4), 1);
	assert_int_equal(fill(bio, 4, 4, 2), UDF_OK);
	assert_int_equal(fill(bio, 12, 4, 2), UDF_OK);
	assert_int_equal(read_some(bio, 9, 1), UDF_E_MEDIUM);
	assert_int_equal(fill(bio, 6, 7, 3), UDF_OK);
	assert_int_equal(byte_at(bio, 11), 3);
	assert_int_equal(fill(bio, 9, 1, 4), UDF_OK);
	assert_int_equal(byte_at(bio, 9), 4);
	bio_close(bio);
}

static void the_last_unit_may_be_shorter(void **state)
{
	struct bio *bio = packet_new(true);

	(void)state;
	assert_int_equal(bio_packet_set_unreadable(bio, 60), UDF_OK);
	assert_int_equal(fill(bio, 61, 1, 1), UDF_E_INVAL);
	assert_int_equal(fill(bio, 60, 1, 1), UDF_E_INVAL);
	assert_int_equal(fill(bio, 60, 2, 1), UDF_OK);
	assert_int_equal(byte_at(bio, 61), 1);
	bio_close(bio);
}

static void only_whole_units_are_taken_where_the_medium_asks_for_them(void **state)
{
	struct bio *bio = packet_new(true);

	(void)state;
	assert_int_equal(bio->geometry.write_unit_blocks, UNIT);
	assert_true(bio->geometry.wears);
	assert_int_equal(fill(bio, 8, 3, 1), UDF_E_INVAL);
	assert_int_equal(fill(bio, 9, 4, 1), UDF_E_INVAL);
	assert_int_equal(fill(bio, 9, 3, 1), UDF_E_INVAL);
	assert_int_equal(byte_at(bio, 9), 0);
	assert_int_equal(fill(bio, 8, 8, 1), UDF_OK);
	assert_int_equal(fill(bio, 0, N_BLOCKS, 1), UDF_OK);
	bio_close(bio);
}

/* ---- crash states ---- */

static void the_unit_in_flight_is_lost_whole(void **state)
{
	struct bio *base = packet_new(false), *bio;
	struct bio_event events[] = { write_event(4, 4, 2), flush_event, write_event(9, 1, 3) };
	char text[8];

	(void)state;
	assert_int_equal(fill(base, 0, N_BLOCKS, 1), UDF_OK);
	bio = crash(events, 3, 0, base);
	contents(bio, 0, 4, text);
	assert_string_equal(text, "12-1");
	assert_int_equal(read_some(bio, 11, 1), UDF_E_MEDIUM);
	assert_int_equal(bio->geometry.write_unit_blocks, UNIT);
	assert_true(bio->geometry.wears);
	assert_int_equal(fill(bio, 8, 1, 4), UDF_E_MEDIUM);
	assert_int_equal(fill(bio, 8, 4, 4), UDF_OK);
	assert_int_equal(byte_at(bio, 11), 4);
	bio_close(bio);
	bio_close(base);
}

/* Of a write of several units, those before the torn one are written and those after it are not. */
static void a_write_of_several_units_is_torn_at_each_of_them(void **state)
{
	struct bio *base = packet_new(false);
	struct bio_event events[] = { write_event(6, 9, 2) };
	unsigned n_seen[3] = { 0 };
	char text[8];

	(void)state;
	assert_int_equal(fill(base, 0, N_BLOCKS, 1), UDF_OK);
	for (uint64_t seed = 1; seed < 64; seed += 2) {
		struct bio *bio = crash(events, 1, seed, base);
		static const char *const states[] = { "1-11", "11-1", "112-" };
		size_t i = 0;

		contents(bio, 0, 4, text);
		while (i < 3 && strcmp(text, states[i]))
			i++;
		assert_true(i < 3);
		n_seen[i]++;
		if (i > 0) {
			assert_int_equal(byte_at(bio, 5), 1);
			assert_int_equal(byte_at(bio, 6), 2);
		}
		bio_close(bio);
	}
	for (size_t i = 0; i < 3; i++)
		assert_true(n_seen[i] > 0);
	bio_close(base);
}

/* What was torn is the last write of the subset: none comes after a power cut. */
static void any_of_the_writes_after_the_flush_may_be_the_one_in_flight(void **state)
{
	struct bio *base = packet_new(false);
	struct bio_event events[] = { write_event(0, 4, 2), flush_event, write_event(4, 4, 3), write_event(8, 4, 4),
				      write_event(12, 4, 5) };
	static const char *const wanted[] = { "2-11", "21-1", "23-1", "211-", "231-", "214-", "234-" };
	char text[8];

	(void)state;
	assert_int_equal(fill(base, 0, N_BLOCKS, 1), UDF_OK);
	for (uint64_t seed = 1; seed < 8; seed++) {
		struct bio *bio = crash(events, 5, seed, base);

		contents(bio, 0, 4, text);
		assert_string_equal(text, wanted[seed - 1]);
		bio_close(bio);
	}
	bio_close(base);
}

/* The first cut left unit 1 unreadable.  Then it was written whole and in part, and the power failed again. */
static void a_second_cut_keeps_what_the_first_one_left(void **state)
{
	struct bio *base = packet_new(false), *first, *second;
	struct bio_event events[] = { write_event(4, 4, 2) };
	struct bio_event more[] = { write_event(4, 4, 3), write_event(5, 1, 4), write_event(12, 4, 5) };
	char text[8];

	(void)state;
	assert_int_equal(fill(base, 0, N_BLOCKS, 1), UDF_OK);
	first = crash(events, 1, 0, base);
	assert_int_equal(bio_fault_crash_state(more, 3, 3, 6, BIO_TEAR_NONE, first, &second), UDF_OK);
	contents(second, 0, 4, text);	/* without the whole write, the part has no unit */
	assert_string_equal(text, "1-15");
	assert_int_equal(fill(second, 6, 1, 6), UDF_E_MEDIUM);
	bio_close(second);
	second = crash(more, 3, 0, first);
	contents(second, 0, 4, text);
	assert_string_equal(text, "131-");
	assert_int_equal(byte_at(second, 5), 4);
	bio_close(second);
	bio_close(first);
	bio_close(base);
}

static void a_medium_without_units_has_no_packet_to_tear(void **state)
{
	struct bio *base = NULL, *bio = NULL;
	struct bio_event events[] = { write_event(4, 4, 2) };

	(void)state;
	assert_int_equal(bio_memory_new(BLOCK, N_BLOCKS, &base), UDF_OK);
	assert_int_equal(bio_fault_crash_state(events, 1, 1, 0, BIO_TEAR_PACKET, base, &bio), UDF_E_INVAL);
	bio_close(base);
}

static void crash_states_survive_a_lack_of_memory(void **state)
{
	struct bio *base = packet_new(false), *bio = NULL;
	struct bio_event events[] = { write_event(4, 4, 2) };

	(void)state;
	assert_int_equal(fill(base, 0, N_BLOCKS, 1), UDF_OK);
	for (uint64_t nth = 1;; nth++) {
		enum udf_err err;

		alloc_fail_nth(nth);
		err = bio_fault_crash_state(events, 1, 1, 0, BIO_TEAR_PACKET, base, &bio);
		if (!alloc_has_failed())
			break;
		assert_int_equal(err, UDF_E_NOMEM);
	}
	alloc_fail_nth(0);
	assert_int_equal(read_some(bio, 4, 1), UDF_E_MEDIUM);
	bio_close(bio);
	bio_close(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_unit_is_unreadable_until_it_is_written_whole),
		cmocka_unit_test(the_last_unit_may_be_shorter),
		cmocka_unit_test(only_whole_units_are_taken_where_the_medium_asks_for_them),
		cmocka_unit_test(the_unit_in_flight_is_lost_whole),
		cmocka_unit_test(a_write_of_several_units_is_torn_at_each_of_them),
		cmocka_unit_test(any_of_the_writes_after_the_flush_may_be_the_one_in_flight),
		cmocka_unit_test(a_second_cut_keeps_what_the_first_one_left),
		cmocka_unit_test(a_medium_without_units_has_no_packet_to_tear),
		cmocka_unit_test(crash_states_survive_a_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
