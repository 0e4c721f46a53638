/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wrappers' checks; memory, overlay and trace. */
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

static struct bio *memory_of(uint64_t n_blocks)
{
	struct bio *bio = NULL;

	assert_int_equal(bio_memory_new(BLOCK, n_blocks, &bio), UDF_OK);
	return bio;
}

/* A block filled with BYTE. */
static const uint8_t *filled(uint8_t byte)
{
	static uint8_t block[8 * BLOCK];

	memset(block, byte, sizeof(block));
	return block;
}

static void assert_block(struct bio *bio, uint64_t at, uint8_t byte)
{
	uint8_t got[BLOCK], want[BLOCK];

	memset(got, 0xEE, sizeof(got));
	memset(want, byte, sizeof(want));
	assert_int_equal(bio_read(bio, at, 1, got), UDF_OK);
	assert_memory_equal(got, want, BLOCK);
}

static void range_outside_the_device_is_refused(void **state)
{
	struct bio *bio = memory_of(10);
	uint8_t buf[2 * BLOCK];

	(void)state;
	assert_int_equal(bio_read(bio, 9, 1, buf), UDF_OK);
	assert_int_equal(bio_read(bio, 9, 2, buf), UDF_E_RANGE);
	assert_int_equal(bio_read(bio, 10, 1, buf), UDF_E_RANGE);
	assert_int_equal(bio_write(bio, 9, 2, buf), UDF_E_RANGE);
	assert_int_equal(bio_discard(bio, 9, 2), UDF_E_RANGE);
	bio_close(bio);
}

static void range_that_wraps_is_refused(void **state)
{
	struct bio *bio = memory_of(10);
	uint8_t buf[2 * BLOCK];

	(void)state;
	assert_int_equal(bio_read(bio, UINT64_MAX, 2, buf), UDF_E_RANGE);
	assert_int_equal(bio_write(bio, UINT64_MAX, 1, buf), UDF_E_RANGE);
	assert_int_equal(bio_write(bio, UINT64_MAX - 1, 2, buf), UDF_E_RANGE);
	assert_int_equal(bio_discard(bio, 5, UINT64_MAX), UDF_E_RANGE);
	bio_close(bio);
}

static void zero_blocks_at_the_end_are_in_range(void **state)
{
	struct bio *bio = memory_of(10);

	(void)state;
	assert_int_equal(bio_read(bio, 10, 0, NULL), UDF_OK);
	assert_int_equal(bio_write(bio, 10, 0, NULL), UDF_OK);
	assert_int_equal(bio_read(bio, 11, 0, NULL), UDF_E_RANGE);
	bio_close(bio);
}

static void read_only_device_refuses_writes_and_discards(void **state)
{
	struct bio *bio = memory_of(10);

	(void)state;
	bio->geometry.access = BIO_READ_ONLY;
	assert_int_equal(bio_write(bio, 1, 1, filled(1)), UDF_E_READ_ONLY);
	assert_int_equal(bio_discard(bio, 1, 1), UDF_E_READ_ONLY);
	assert_block(bio, 1, 0);
	bio_close(bio);
}

static void close_of_null_is_allowed(void **state)
{
	(void)state;
	bio_close(NULL);
}

static void memory_reads_zero_until_written(void **state)
{
	struct bio *bio = memory_of(100);

	(void)state;
	assert_int_equal(bio_write(bio, 7, 2, filled(0xA5)), UDF_OK);
	assert_block(bio, 6, 0);
	assert_block(bio, 7, 0xA5);
	assert_block(bio, 8, 0xA5);
	assert_block(bio, 9, 0);
	assert_block(bio, 99, 0);
	bio_close(bio);
}

static void memory_of_16_tib_holds_scattered_writes(void **state)
{
	struct bio *bio = memory_of((uint64_t)1 << 35);

	(void)state;
	for (uint64_t i = 0; i < 2000; i++)
		assert_int_equal(bio_write(bio, i << 24, 1, filled((uint8_t)i)), UDF_OK);
	assert_int_equal(bio_write(bio, ((uint64_t)1 << 35) - 1, 1, filled(9)), UDF_OK);
	for (uint64_t i = 0; i < 2000; i++)
		assert_block(bio, i << 24, (uint8_t)i);
	assert_block(bio, ((uint64_t)1 << 35) - 1, 9);
	assert_block(bio, ((uint64_t)1 << 35) - 2, 0);
	bio_close(bio);
}

static void memory_refuses_invalid_block_sizes(void **state)
{
	static const uint32_t bad[] = { 0, 1, 256, 513, 1000, 65536 };
	struct bio *bio = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(bio_memory_new(bad[i], 10, &bio), UDF_E_INVAL);
	assert_int_equal(bio_memory_new(512, UINT64_MAX / 512, &bio), UDF_E_RANGE);
	assert_null(bio);
}

static void memory_reads_zero_after_discard_and_keeps_other_blocks(void **state)
{
	struct bio *bio = memory_of((uint64_t)1 << 40);

	(void)state;
	for (uint64_t at = 0; at < 64; at += 8)
		assert_int_equal(bio_write(bio, at, 8, filled(3)), UDF_OK);
	assert_int_equal(bio_discard(bio, 5, 20), UDF_OK);
	assert_block(bio, 4, 3);
	for (uint64_t at = 5; at < 25; at++)
		assert_block(bio, at, 0);
	assert_block(bio, 25, 3);
	assert_int_equal(bio_discard(bio, 0, (uint64_t)1 << 40), UDF_OK);
	assert_block(bio, 63, 0);
	bio_close(bio);
}

static void overlay_never_writes_to_the_lower_device(void **state)
{
	struct bio *below = memory_of(100), *over = NULL;

	(void)state;
	assert_int_equal(bio_write(below, 10, 4, filled(1)), UDF_OK);
	below->geometry.access = BIO_READ_ONLY;
	assert_int_equal(bio_overlay_new(below, false, &over), UDF_OK);
	assert_int_equal(bio_write(over, 11, 1, filled(2)), UDF_OK);
	assert_int_equal(bio_write(over, 11, 1, filled(3)), UDF_OK);
	assert_int_equal(bio_flush(over), UDF_OK);
	assert_block(over, 10, 1);
	assert_block(over, 11, 3);
	assert_block(over, 12, 1);
	assert_block(below, 11, 1);
	assert_int_equal(bio_overlay_n_blocks(over), 1);
	bio_close(over);
	assert_block(below, 11, 1);
	bio_close(below);
}

static void overlay_read_joins_own_and_lower_blocks(void **state)
{
	struct bio *below = memory_of(100), *over = NULL;
	static const uint8_t want[8] = { 1, 2, 1, 1, 2, 2, 1, 0 };
	uint8_t got[8 * BLOCK];

	(void)state;
	assert_int_equal(bio_write(below, 10, 7, filled(1)), UDF_OK);
	assert_int_equal(bio_overlay_new(below, true, &over), UDF_OK);
	assert_int_equal(bio_write(over, 11, 1, filled(2)), UDF_OK);
	assert_int_equal(bio_write(over, 14, 2, filled(2)), UDF_OK);
	assert_int_equal(bio_read(over, 10, 8, got), UDF_OK);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(got[i * BLOCK], want[i]);
		assert_int_equal(got[i * BLOCK + BLOCK - 1], want[i]);
	}
	bio_close(over);
}

struct lines {
	char text[1024];
};

static void keep_line(void *ctx, const char *line)
{
	struct lines *lines = ctx;

	strncat(lines->text, line, sizeof(lines->text) - strlen(lines->text) - 2);
	strcat(lines->text, "\n");
}

static void trace_logs_every_call_with_its_result(void **state)
{
	struct lines lines = { "" };
	struct bio *trace = NULL;
	uint8_t buf[3 * BLOCK];
	uint64_t offset;
	int fd;

	(void)state;
	assert_int_equal(bio_trace_new(memory_of(20), keep_line, &lines, &trace), UDF_OK);
	assert_int_equal(bio_write(trace, 4, 3, filled(1)), UDF_OK);
	assert_int_equal(bio_flush(trace), UDF_OK);
	assert_int_equal(bio_read(trace, 4, 3, buf), UDF_OK);
	assert_int_equal(bio_discard(trace, 0, 20), UDF_OK);
	assert_int_equal(bio_fd_range(trace, 0, 1, &fd, &offset), UDF_E_UNSUPPORTED);
	bio_close(trace);
	assert_string_equal(lines.text, "write 4+3: ok\nflush: ok\nread 4+3: ok\n"
					"discard 0+20: ok\nfd_range 0+1: not supported\nclose\n");
}

/* Memory, overlay and trace used a little; every error is handed out. */
static enum udf_err use_stack(void)
{
	struct bio *below = NULL, *over = NULL, *trace = NULL;
	struct lines lines = { "" };
	enum udf_err err;

	err = bio_memory_new(BLOCK, 4096, &below);
	if (err)
		return err;
	err = bio_overlay_new(below, true, &over);
	if (err) {
		bio_close(below);
		return err;
	}
	err = bio_trace_new(over, keep_line, &lines, &trace);
	if (err) {
		bio_close(over);
		return err;
	}
	for (uint64_t at = 0; !err && at < 4096; at += 128) {
		err = bio_write(below, at, 1, filled(1));
		if (!err)
			err = bio_write(over, at, 2, filled(2));
	}
	bio_close(trace);
	return err;
}

static void every_failing_allocation_is_reported(void **state)
{
	uint64_t nth;

	(void)state;
	for (nth = 1; nth < 1000; nth++) {
		enum udf_err err;

		alloc_fail_nth(nth);
		err = use_stack();
		if (!alloc_has_failed())
			break;
		alloc_fail_nth(0);
		assert_int_equal(err, UDF_E_NOMEM);
	}
	alloc_fail_nth(0);
	assert_in_range(nth, 10, 999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(range_outside_the_device_is_refused),
		cmocka_unit_test(range_that_wraps_is_refused),
		cmocka_unit_test(zero_blocks_at_the_end_are_in_range),
		cmocka_unit_test(read_only_device_refuses_writes_and_discards),
		cmocka_unit_test(close_of_null_is_allowed),
		cmocka_unit_test(memory_reads_zero_until_written),
		cmocka_unit_test(memory_of_16_tib_holds_scattered_writes),
		cmocka_unit_test(memory_refuses_invalid_block_sizes),
		cmocka_unit_test(memory_reads_zero_after_discard_and_keeps_other_blocks),
		cmocka_unit_test(overlay_never_writes_to_the_lower_device),
		cmocka_unit_test(overlay_read_joins_own_and_lower_blocks),
		cmocka_unit_test(trace_logs_every_call_with_its_result),
		cmocka_unit_test(every_failing_allocation_is_reported),
	};

	return cmocka_run_group_tests_name("bio_layers", tests, NULL, NULL);
}
