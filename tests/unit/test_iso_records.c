/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/iso/records.c: directory records, and what is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "iso/records.h"

#define BLOCK_BYTES 2048u
#define N_BLOCKS 4u
#define MAX_READS 2000000u

struct image {
	uint8_t bytes[N_BLOCKS * BLOCK_BYTES];
	uint64_t n_reads;
};

static enum udf_err read_image(void *ctx, uint64_t at, size_t n_bytes, uint8_t *ret_data)
{
	struct image *image = ctx;

	image->n_reads++;
	if (at > sizeof(image->bytes) || n_bytes > sizeof(image->bytes) - at)
		return UDF_E_RANGE;
	memcpy(ret_data, image->bytes + at, n_bytes);
	return UDF_OK;
}

/* Put a record of the file "A" with the system use area AREA at byte AT.  Returns where it ends. */
static size_t put_record(struct image *image, size_t at, const void *area, size_t area_bytes)
{
	uint8_t *p = image->bytes + at;

	p[0] = (uint8_t)(34 + area_bytes);
	put_le32(p + 2, 77);
	put_le32(p + 10, 5000);
	p[32] = 1;
	p[33] = 'A';
	memcpy(p + 34, area, area_bytes);
	return at + p[0];
}

static size_t put_ce(uint8_t *p, uint32_t block, uint32_t at, uint32_t n_bytes)
{
	memcpy(p, "CE\x1C\x01", 4);
	put_le32(p + 4, block);
	put_le32(p + 12, at);
	put_le32(p + 20, n_bytes);
	return 28;
}

static enum udf_err next(struct image *image, uint32_t dir_bytes, uint64_t *at, struct iso_record *ret)
{
	const struct iso_reader reader = { read_image, image };
	const struct iso_record dir = { .n_bytes = dir_bytes };

	return iso_record_next(&reader, &dir, at, ret);
}

/* The first record in the image. */
static enum udf_err first(struct image *image, struct iso_record *ret)
{
	uint64_t at = 0;

	return next(image, BLOCK_BYTES, &at, ret);
}

static void names_are_put_together_from_their_parts(void **state)
{
	struct image image = { .n_reads = 0 };
	struct iso_record record;
	uint8_t area[64] = "PX\x04\x01NM\x08\x01\x01one";
	uint64_t at = 0;
	size_t n = 12;

	(void)state;
	n += put_ce(area + n, 2, 100, 50);
	put_record(&image, 0, area, n);
	memcpy(image.bytes + 2 * BLOCK_BYTES + 100, "NM\x0A\x01\x01 name", 10);
	memcpy(image.bytes + 2 * BLOCK_BYTES + 110, "NM\x07\x01\x00 x", 7);
	memcpy(image.bytes + 2 * BLOCK_BYTES + 117, "NM\x07\x01\x00 y", 7);
	assert_int_equal(next(&image, BLOCK_BYTES, &at, &record), UDF_OK);
	assert_string_equal(record.name, "one name x");
	assert_int_equal(record.block, 77);
	assert_int_equal(record.n_bytes, 5000);
	assert_int_equal(next(&image, BLOCK_BYTES, &at, &record), UDF_END);
}

static void records_go_on_in_the_next_block(void **state)
{
	struct image image = { .n_reads = 0 };
	struct iso_record record;
	uint64_t at = 0;

	(void)state;
	put_record(&image, 0, "NM\x06\x01\0a", 6);
	put_record(&image, BLOCK_BYTES, "NM\x06\x01\0b", 6);
	assert_int_equal(next(&image, 2 * BLOCK_BYTES, &at, &record), UDF_OK);
	assert_string_equal(record.name, "a");
	assert_int_equal(next(&image, 2 * BLOCK_BYTES, &at, &record), UDF_OK);
	assert_string_equal(record.name, "b");
	assert_int_equal(next(&image, 2 * BLOCK_BYTES, &at, &record), UDF_END);
}

static void a_loop_of_continuations_ends(void **state)
{
	struct image image = { .n_reads = 0 };
	struct iso_record record;
	uint8_t area[28];

	(void)state;
	put_ce(area, 1, 0, 28);
	put_record(&image, 0, area, sizeof(area));
	put_ce(image.bytes + BLOCK_BYTES, 1, 0, 28);
	assert_int_equal(first(&image, &record), UDF_E_CORRUPT);
	assert_true(image.n_reads < 1000);
}

static void an_area_that_would_take_for_ever_is_refused(void **state)
{
	struct image image = { .n_reads = 0 };
	struct iso_record record;
	uint8_t area[28];

	(void)state;
	put_ce(area, 1, 0, UINT32_MAX);
	put_record(&image, 0, area, sizeof(area));
	assert_int_equal(first(&image, &record), UDF_E_CORRUPT);
	assert_true(image.n_reads < 100);
}

static void names_that_no_file_has_are_refused(void **state)
{
	struct image image = { .n_reads = 0 };
	struct iso_record record;
	uint8_t area[28];

	(void)state;
	put_record(&image, 0, "NM\x08\x01\0a\0b", 8);
	assert_int_equal(first(&image, &record), UDF_E_CORRUPT);	/* with a zero in it */

	memset(&image, 0, sizeof(image));
	put_ce(area, 1, 0, 2000);
	put_record(&image, 0, area, sizeof(area));
	for (size_t i = 0; i < 2; i++) {
		memset(image.bytes + BLOCK_BYTES + 200 * i, 'x', 200);
		memcpy(image.bytes + BLOCK_BYTES + 200 * i, "NM\xC8\x01\x01", 5);
	}
	assert_int_equal(first(&image, &record), UDF_E_CORRUPT);	/* with 390 bytes */
}

static void lengths_that_can_not_be_are_refused(void **state)
{
	struct image image = { .n_reads = 0 };
	struct iso_record record;
	uint64_t at = BLOCK_BYTES - 20;

	(void)state;
	image.bytes[0] = 33;		/* shorter than its fixed part and a name */
	assert_int_equal(first(&image, &record), UDF_E_CORRUPT);
	put_record(&image, 0, "", 0);
	image.bytes[32] = 2;		/* the name ends after the record */
	assert_int_equal(first(&image, &record), UDF_E_CORRUPT);
	put_record(&image, BLOCK_BYTES - 20, "", 0);
	assert_int_equal(next(&image, 2 * BLOCK_BYTES, &at, &record), UDF_E_CORRUPT);	/* it crosses a block */
	put_record(&image, 0, "", 0);
	at = 0;
	assert_int_equal(next(&image, 30, &at, &record), UDF_E_CORRUPT);	/* the directory ends in it */
}

static uint32_t random_number(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Bytes of a good directory are changed, and it is read: in bounded time, and within the image and the name. */
static void mutations_do_no_harm(void **state)
{
	struct image good = { .n_reads = 0 }, image;
	struct iso_record record;
	uint32_t seed = 1;
	uint8_t area[40] = "NM\x09\x01\x01name";
	size_t at = 0;

	(void)state;
	put_ce(area + 9, 2, 0, 500);
	while (at < 1900)
		at = put_record(&good, at, area, 37);
	for (size_t i = 0; i < 500; i += 10)
		memcpy(good.bytes + 2 * BLOCK_BYTES + i, "NM\x0A\x01\x01" "abcde", 10);
	for (unsigned round = 0; round < 20000; round++) {
		uint64_t record_at = 0;

		image = good;
		for (unsigned i = 0; i < 4; i++)
			image.bytes[random_number(&seed) % sizeof(image.bytes)] = (uint8_t)random_number(&seed);
		while (next(&image, BLOCK_BYTES, &record_at, &record) == UDF_OK)
			assert_true(strlen(record.name) < sizeof(record.name));
		assert_true(image.n_reads < MAX_READS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_put_together_from_their_parts),
		cmocka_unit_test(records_go_on_in_the_next_block),
		cmocka_unit_test(a_loop_of_continuations_ends),
		cmocka_unit_test(an_area_that_would_take_for_ever_is_refused),
		cmocka_unit_test(names_that_no_file_has_are_refused),
		cmocka_unit_test(lengths_that_can_not_be_are_refused),
		cmocka_unit_test(mutations_do_no_harm),
	};

	return cmocka_run_group_tests_name("lib/iso/records", tests, NULL, NULL);
}
