/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes held back and let go, beside reads and writes of others. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <udfkit/bio.h>

#include "alloc.h"

#define BLOCK 512u
#define OK(call) assert_int_equal(call, UDF_OK)

struct stack {
	struct bio *below;		/* the fault layer, which keeps a log */
	struct bio *bio;
};

static void start(struct stack *s)
{
	struct bio *memory;

	OK(bio_memory_new(BLOCK, 100000, &memory));
	OK(bio_fault_new(memory, &s->below));
	bio_fault_record(s->below, true);
	OK(bio_hold_new(s->below, &s->bio));
}

static void put(struct bio *bio, uint64_t at, uint32_t n_blocks, uint8_t byte)
{
	uint8_t data[16 * BLOCK];

	memset(data, byte, sizeof(data));
	OK(bio_write(bio, at, n_blocks, data));
}

static void assert_block(struct bio *bio, uint64_t at, uint8_t byte)
{
	uint8_t got[BLOCK], want[BLOCK];

	memset(want, byte, sizeof(want));
	OK(bio_read(bio, at, 1, got));
	assert_memory_equal(got, want, BLOCK);
}

/* The log as text: "w5+2 f w7+1". */
static const char *log_of(struct stack *s)
{
	static char text[256];
	const struct bio_event *events;
	size_t n_events, at = 0;

	bio_fault_log(s->below, &events, &n_events);
	text[0] = 0;
	for (size_t i = 0; i < n_events && at < sizeof(text) - 40; i++)
		if (events[i].kind == BIO_EVENT_WRITE)
			at += (size_t)sprintf(text + at, "%sw%llu+%u", i ? " " : "",
					      (unsigned long long)events[i].at, events[i].n_blocks);
		else
			at += (size_t)sprintf(text + at, "%sf", i ? " " : "");
	return text;
}

static void held_blocks_are_read_back_and_not_yet_written(void **state)
{
	uint8_t got[4 * BLOCK];
	struct stack s;

	(void)state;
	start(&s);
	put(s.bio, 10, 4, 1);
	OK(bio_hold(s.bio, true));
	put(s.bio, 11, 1, 2);
	put(s.bio, 12, 1, 3);
	put(s.bio, 11, 1, 4);
	OK(bio_hold(s.bio, false));
	assert_string_equal(log_of(&s), "w10+4");
	OK(bio_read(s.bio, 10, 4, got));
	assert_int_equal(got[0], 1);
	assert_int_equal(got[BLOCK], 4);
	assert_int_equal(got[2 * BLOCK], 3);
	assert_int_equal(got[3 * BLOCK], 1);
	assert_block(s.below, 11, 1);
	bio_close(s.bio);
}

static void held_writes_are_released_in_order(void **state)
{
	struct stack s;

	(void)state;
	start(&s);
	OK(bio_hold(s.bio, true));
	put(s.bio, 30, 2, 1);
	OK(bio_flush(s.bio));
	put(s.bio, 5, 1, 2);
	put(s.bio, 31, 1, 3);
	OK(bio_flush(s.bio));
	OK(bio_hold(s.bio, false));
	OK(bio_let_go(s.bio, 2, NULL));
	assert_string_equal(log_of(&s), "w30+2 f");
	assert_block(s.bio, 31, 3);
	assert_block(s.below, 31, 1);
	OK(bio_let_go(s.bio, SIZE_MAX, NULL));
	assert_string_equal(log_of(&s), "w30+2 f w5+1 w31+1 f");
	assert_block(s.below, 31, 3);
	OK(bio_let_go(s.bio, SIZE_MAX, NULL));
	assert_string_equal(log_of(&s), "w30+2 f w5+1 w31+1 f");
	bio_close(s.bio);
}

static void other_writes_overtake_held_ones_except_of_the_same_block(void **state)
{
	struct stack s;

	(void)state;
	start(&s);
	OK(bio_hold(s.bio, true));
	put(s.bio, 30, 2, 1);
	OK(bio_hold(s.bio, false));
	put(s.bio, 40, 1, 2);
	assert_string_equal(log_of(&s), "w40+1");
	put(s.bio, 29, 2, 3);
	assert_string_equal(log_of(&s), "w40+1 w30+2 w29+2");
	assert_block(s.bio, 30, 3);
	assert_block(s.bio, 31, 1);
	bio_close(s.bio);
}

static void a_flush_writes_held_blocks_first(void **state)
{
	struct stack s;

	(void)state;
	start(&s);
	OK(bio_hold(s.bio, true));
	put(s.bio, 30, 1, 1);
	OK(bio_hold(s.bio, false));
	OK(bio_flush(s.bio));
	assert_string_equal(log_of(&s), "w30+1 f");
	bio_close(s.bio);
}

static void a_range_with_a_held_block_gives_no_file_descriptor(void **state)
{
	char path[] = "hold.XXXXXX";
	struct bio_file_options options = { 0 };
	struct bio *file, *bio;
	uint64_t offset;
	int fd = mkstemp(path), got_fd;
	FILE *f = fdopen(fd, "w");

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 64 * 512; i++)
		fputc(0, f);
	fclose(f);
	OK(bio_file_open(path, &options, &file, NULL));
	remove(path);
	OK(bio_hold_new(file, &bio));
	OK(bio_hold(bio, true));
	put(bio, 30, 1, 1);
	OK(bio_hold(bio, false));
	OK(bio_fd_range(bio, 0, 30, &got_fd, &offset));
	assert_int_equal(bio_fd_range(bio, 20, 20, &got_fd, &offset), UDF_E_UNSUPPORTED);
	OK(bio_let_go(bio, SIZE_MAX, NULL));
	OK(bio_fd_range(bio, 20, 20, &got_fd, &offset));
	assert_int_equal(offset, 20 * 512);
	bio_close(bio);
}

/* Nothing after the failed one is written, and what was said to be written is still read. */
static void a_failed_write_stops_the_release_and_keeps_the_rest_readable(void **state)
{
	struct stack s;
	uint64_t at = 0;

	(void)state;
	start(&s);
	OK(bio_hold(s.bio, true));
	put(s.bio, 30, 1, 1);
	put(s.bio, 40, 1, 2);
	put(s.bio, 50, 1, 3);
	OK(bio_hold(s.bio, false));
	bio_fault_fail_write(s.below, 2, UDF_E_MEDIUM);
	assert_int_equal(bio_let_go(s.bio, SIZE_MAX, &at), UDF_E_MEDIUM);
	assert_int_equal(at, 40);
	assert_string_equal(log_of(&s), "w30+1");
	assert_block(s.bio, 40, 2);
	assert_block(s.bio, 50, 3);
	assert_int_equal(bio_let_go(s.bio, SIZE_MAX, &at), UDF_E_MEDIUM);
	assert_int_equal(bio_flush(s.bio), UDF_E_MEDIUM);
	assert_string_equal(log_of(&s), "w30+1");
	bio_close(s.bio);
}

static void a_failed_flush_reports_no_block_number(void **state)
{
	struct stack s;
	uint64_t at = 0;

	(void)state;
	start(&s);
	OK(bio_hold(s.bio, true));
	OK(bio_flush(s.bio));
	OK(bio_hold(s.bio, false));
	bio_fault_fail_flush(s.below, 1, UDF_E_IO);
	assert_int_equal(bio_let_go(s.bio, SIZE_MAX, &at), UDF_E_IO);
	assert_true(at == UINT64_MAX);
	bio_close(s.bio);
}

/* Memory has a limit: the oldest are written when there are too many. */
static void the_oldest_held_writes_are_written_when_there_are_too_many(void **state)
{
	const struct bio_event *events;
	struct stack s;
	size_t n_events;
	uint64_t i;

	(void)state;
	start(&s);
	OK(bio_hold(s.bio, true));
	for (i = 0; i < 6000; i++)
		put(s.bio, i * 16, 16, (uint8_t)i);
	OK(bio_hold(s.bio, false));
	bio_fault_log(s.below, &events, &n_events);
	assert_in_range(n_events, 3000, 5999);
	for (i = 0; i < 6000; i += 7)
		assert_block(s.bio, i * 16 + 3, (uint8_t)i);
	bio_close(s.bio);
}

static void running_out_of_memory_fails_the_held_write(void **state)
{
	uint8_t data[BLOCK] = { 1 };
	struct stack s;

	(void)state;
	start(&s);
	OK(bio_hold(s.bio, true));
	alloc_fail_nth(1);
	assert_int_equal(bio_write(s.bio, 7, 1, data), UDF_E_NOMEM);
	assert_true(alloc_has_failed());
	assert_block(s.bio, 7, 0);
	bio_close(s.bio);
}

/* A device that can write together, unless ERR is set. */
struct together {
	struct bio bio;
	struct bio *below;
	size_t n_parts;			/* of the last call */
	enum udf_err err;
};

static enum udf_err together_write_together(struct bio *bio, const struct bio_part *parts, size_t n_parts)
{
	struct together *t = (struct together *)bio;

	t->n_parts = n_parts;
	for (size_t i = 0; i < n_parts && !t->err; i++)
		OK(bio_write(t->below, parts[i].at, parts[i].n_blocks, parts[i].data));
	return t->err ? t->err : bio_flush(t->below);
}

static enum udf_err together_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	return bio_read(((struct together *)bio)->below, at, n_blocks, ret_data);
}

static enum udf_err together_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	return bio_write(((struct together *)bio)->below, at, n_blocks, data);
}

static enum udf_err together_flush(struct bio *bio)
{
	return bio_flush(((struct together *)bio)->below);
}

static void together_close(struct bio *bio)
{
	bio_close(((struct together *)bio)->below);
}

static void start_together(struct stack *s, struct together *t)
{
	static const struct bio_ops ops = { .read = together_read, .write = together_write, .flush = together_flush,
					    .write_together = together_write_together, .close = together_close };
	struct bio *memory;

	OK(bio_memory_new(BLOCK, 100000, &memory));
	OK(bio_fault_new(memory, &s->below));
	bio_fault_record(s->below, true);
	*t = (struct together){ .bio = { .ops = &ops, .geometry = s->below->geometry }, .below = s->below };
	OK(bio_hold_new(&t->bio, &s->bio));
}

static void hold_two_phases(struct bio *bio)
{
	OK(bio_hold(bio, true));
	put(bio, 5, 2, 1);
	OK(bio_flush(bio));
	put(bio, 9, 1, 2);
	put(bio, 5, 1, 3);
	OK(bio_flush(bio));
	put(bio, 20, 1, 4);
	OK(bio_hold(bio, false));
}

static void what_is_held_up_to_the_last_flush_is_written_together_where_the_device_can(void **state)
{
	struct together t;
	struct stack s;

	(void)state;
	start_together(&s, &t);
	hold_two_phases(s.bio);
	OK(bio_let_go(s.bio, SIZE_MAX, NULL));
	assert_int_equal(t.n_parts, 3);
	assert_string_equal(log_of(&s), "w5+2 w9+1 w5+1 f w20+1");
	assert_block(s.bio, 5, 3);
	assert_block(s.bio, 6, 1);
	bio_close(s.bio);
}

static void where_the_device_cannot_write_together_each_phase_is_flushed(void **state)
{
	struct together t;
	struct stack s;

	(void)state;
	start_together(&s, &t);
	t.err = UDF_E_UNSUPPORTED;
	hold_two_phases(s.bio);
	OK(bio_let_go(s.bio, SIZE_MAX, NULL));
	assert_string_equal(log_of(&s), "w5+2 f w9+1 w5+1 f w20+1");
	bio_close(s.bio);
}

static void one_phase_or_a_part_of_what_is_held_is_not_written_together(void **state)
{
	struct together t;
	struct stack s;

	(void)state;
	start_together(&s, &t);
	OK(bio_hold(s.bio, true));
	put(s.bio, 5, 2, 1);
	OK(bio_flush(s.bio));
	OK(bio_hold(s.bio, false));
	OK(bio_let_go(s.bio, SIZE_MAX, NULL));
	hold_two_phases(s.bio);
	OK(bio_let_go(s.bio, 4, NULL));
	assert_int_equal(t.n_parts, 0);
	assert_string_equal(log_of(&s), "w5+2 f w5+2 f w9+1 w5+1");
	bio_close(s.bio);
}

static void when_writing_together_fails_nothing_more_is_written(void **state)
{
	uint64_t failed_at = 0;
	struct together t;
	struct stack s;

	(void)state;
	start_together(&s, &t);
	t.err = UDF_E_MEDIUM;
	hold_two_phases(s.bio);
	assert_int_equal(bio_let_go(s.bio, SIZE_MAX, &failed_at), UDF_E_MEDIUM);
	assert_true(failed_at == UINT64_MAX);
	t.err = UDF_OK;
	assert_int_equal(bio_let_go(s.bio, SIZE_MAX, NULL), UDF_E_MEDIUM);
	assert_string_equal(log_of(&s), "");
	assert_block(s.bio, 5, 3);	/* what is held stays readable */
	bio_close(s.bio);
}

static void holding_without_the_layer_is_unsupported(void **state)
{
	struct bio *memory;

	(void)state;
	OK(bio_memory_new(BLOCK, 10, &memory));
	assert_int_equal(bio_hold(memory, true), UDF_E_UNSUPPORTED);
	OK(bio_let_go(memory, SIZE_MAX, NULL));
	bio_close(memory);
}

#define N_ROUNDS 300
#define N_SLOTS 64

static void *let_go_all_the_time(void *arg)
{
	struct bio *bio = arg;

	for (int i = 0; i < N_ROUNDS * 20; i++)
		if (bio_let_go(bio, 3, NULL))
			return bio;
	return NULL;
}

/* No read ever shows what lay there before. */
static void one_thread_writes_and_reads_while_another_releases_held_writes(void **state)
{
	struct bio *memory, *bio;
	pthread_t thread;
	void *failed;

	(void)state;
	OK(bio_memory_new(BLOCK, 100000, &memory));
	OK(bio_hold_new(memory, &bio));
	assert_int_equal(pthread_create(&thread, NULL, let_go_all_the_time, bio), 0);
	for (int round = 1; round <= N_ROUNDS; round++) {
		OK(bio_hold(bio, true));
		for (uint64_t i = 0; i < N_SLOTS; i++)
			put(bio, i * 3, 2, (uint8_t)(round + (int)i));
		OK(bio_flush(bio));
		OK(bio_hold(bio, false));
		for (uint64_t i = 0; i < N_SLOTS; i++) {
			assert_block(bio, i * 3, (uint8_t)(round + (int)i));
			assert_block(bio, i * 3 + 1, (uint8_t)(round + (int)i));
		}
		put(bio, (uint64_t)round % N_SLOTS * 3 + 1, 2, 99);
		assert_block(bio, (uint64_t)round % N_SLOTS * 3 + 1, 99);
	}
	pthread_join(thread, &failed);
	assert_null(failed);
	OK(bio_let_go(bio, SIZE_MAX, NULL));
	bio_close(bio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held_blocks_are_read_back_and_not_yet_written),
		cmocka_unit_test(held_writes_are_released_in_order),
		cmocka_unit_test(other_writes_overtake_held_ones_except_of_the_same_block),
		cmocka_unit_test(a_flush_writes_held_blocks_first),
		cmocka_unit_test(a_range_with_a_held_block_gives_no_file_descriptor),
		cmocka_unit_test(a_failed_write_stops_the_release_and_keeps_the_rest_readable),
		cmocka_unit_test(a_failed_flush_reports_no_block_number),
		cmocka_unit_test(the_oldest_held_writes_are_written_when_there_are_too_many),
		cmocka_unit_test(running_out_of_memory_fails_the_held_write),
		cmocka_unit_test(what_is_held_up_to_the_last_flush_is_written_together_where_the_device_can),
		cmocka_unit_test(where_the_device_cannot_write_together_each_phase_is_flushed),
		cmocka_unit_test(one_phase_or_a_part_of_what_is_held_is_not_written_together),
		cmocka_unit_test(when_writing_together_fails_nothing_more_is_written),
		cmocka_unit_test(holding_without_the_layer_is_unsupported),
		cmocka_unit_test(one_thread_writes_and_reads_while_another_releases_held_writes),
	};

	return cmocka_run_group_tests_name("bio_hold", tests, NULL, NULL);
}
