/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bitmaps, extent sets, dates, and the tables of errors and problems. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <udfkit/env.h>
#include <udfkit/error.h>
#include <udfkit/problem.h>

#include "alloc.h"
#include "base/bitmap.h"
#include "base/extent_set.h"
#include "base/time.h"
#include "vectors.h"

#define BITS 300u

/* A byte on either side of the bitmap that must not change; the model has a byte a bit. */
struct model {
	uint8_t guarded[1 + (BITS + 7) / 8 + 1];
	uint8_t bits[BITS];
};

static void assert_model(const struct model *m)
{
	for (unsigned i = 0; i < BITS; i++)
		assert_int_equal(udf_bit_get(m->guarded + 1, i), m->bits[i]);
	assert_int_equal(m->guarded[0], 0xA5);
	assert_int_equal(m->guarded[sizeof(m->guarded) - 1], 0xA5);
}

static void model_start(struct model *m)
{
	memset(m, 0, sizeof(*m));
	m->guarded[0] = m->guarded[sizeof(m->guarded) - 1] = 0xA5;
}

static void filling_bits_changes_no_other_bits(void **state)
{
	struct model m;

	(void)state;
	random_start();
	model_start(&m);
	for (int round = 0; round < 3000; round++) {
		uint64_t at = random_next() % BITS, n = random_next() % (BITS - at + 1);
		bool value = random_next() % 2;

		udf_bits_fill(m.guarded + 1, at, n, value);
		memset(m.bits + at, value, (size_t)n);
		assert_model(&m);
	}
}

static void finding_and_counting_bits_agree_with_a_bit_by_bit_loop(void **state)
{
	struct model m;

	(void)state;
	random_start();
	model_start(&m);
	for (int round = 0; round < 4000; round++) {
		uint64_t at = random_next() % BITS, n = random_next() % (BITS - at + 1);
		uint64_t end, want, count = 0;
		bool value = random_next() % 2;

		/* Long runs, so that whole words are passed over. */
		udf_bits_fill(m.guarded + 1, at, n, value);
		memset(m.bits + at, value, (size_t)n);
		at = random_next() % (BITS + 1);
		end = at + random_next() % (BITS - at + 1);
		value = random_next() % 2;
		for (want = at; want < end && m.bits[want] != value; want++)
			;
		assert_int_equal(udf_bits_find(m.guarded + 1, at, end, value), want);
		for (uint64_t i = at; i < end; i++)
			count += m.bits[i];
		assert_int_equal(udf_bits_count(m.guarded + 1, at, end), count);
	}
}

static void bit_0_of_a_byte_is_its_lowest(void **state)
{
	/* UDF 2.3.7: block b is bit b % 8 of byte b / 8. */
	const uint8_t bitmap[] = { 0xE0, 0xFD, 0x0F };

	(void)state;
	assert_int_equal(udf_bits_find(bitmap, 0, 20, true), 5);
	assert_int_equal(udf_bits_find(bitmap, 5, 20, false), 9);
	assert_int_equal(udf_bits_find(bitmap, 10, 20, false), 20);
	assert_int_equal(udf_bits_count(bitmap, 0, 20), 14);
}

/* ---- extent set ---- */

#define SPACE 64u

static void set_agrees_with_a_byte_per_number(void **state)
{
	(void)state;
	random_start();
	for (int round = 0; round < 300; round++) {
		struct udf_extent_set set;
		uint8_t has[SPACE] = { 0 };
		size_t n_runs = 0;

		udf_extent_set_init(&set);
		for (int step = 0; step < 20; step++) {
			uint64_t first = random_next() % SPACE, n = random_next() % 9;
			bool overlaps, any = false, all = true;

			if (first + n > SPACE)
				n = SPACE - first;
			for (uint64_t i = first; i < first + n; i++) {
				any |= has[i];
				all &= has[i];
			}
			assert_int_equal(udf_extent_set_has_any(&set, first, n), any);
			assert_int_equal(udf_extent_set_has_all(&set, first, n), all);
			assert_int_equal(udf_extent_set_add(&set, first, n, &overlaps), UDF_OK);
			assert_int_equal(overlaps, any);
			memset(has + first, 1, (size_t)n);
		}
		for (unsigned i = 0; i < SPACE; i++)
			n_runs += has[i] && (i == 0 || !has[i - 1]);
		assert_int_equal(set.n_ranges, n_runs);
		for (size_t i = 0; i < set.n_ranges; i++)
			for (uint64_t j = 0; j < set.ranges[i].n; j++)
				assert_int_equal(has[set.ranges[i].first + j], 1);
		udf_extent_set_done(&set);
	}
}

static void set_refuses_a_range_that_wraps(void **state)
{
	struct udf_extent_set set;

	(void)state;
	udf_extent_set_init(&set);
	assert_int_equal(udf_extent_set_add(&set, UINT64_MAX - 1, 3, NULL), UDF_E_RANGE);
	assert_int_equal(udf_extent_set_add(&set, UINT64_MAX - 2, 2, NULL), UDF_OK);
	assert_true(udf_extent_set_has_all(&set, UINT64_MAX - 2, 2));
	udf_extent_set_done(&set);
	udf_extent_set_done(NULL);
}

static void an_extent_set_is_unchanged_when_memory_runs_out(void **state)
{
	struct udf_extent_set set;

	(void)state;
	udf_extent_set_init(&set);
	for (uint64_t i = 0; i < 16; i++)
		assert_int_equal(udf_extent_set_add(&set, i * 2, 1, NULL), UDF_OK);
	alloc_fail_nth(1);
	assert_int_equal(udf_extent_set_add(&set, 100, 1, NULL), UDF_E_NOMEM);
	assert_int_equal(set.n_ranges, 16);
	assert_int_equal(udf_extent_set_add(&set, 100, 1, NULL), UDF_OK);
	assert_int_equal(set.n_ranges, 17);
	udf_extent_set_done(&set);
}

/* ---- dates ---- */

static void dates_agree_with_the_c_library(void **state)
{
	(void)state;
	/* -800000 days is in the year -221, 3000000 in 10183. */
	for (int64_t days = -800000; days < 3000000; days += 317) {
		time_t seconds = (time_t)days * 86400;
		struct tm tm;
		int64_t year;
		unsigned month, day;

		assert_non_null(gmtime_r(&seconds, &tm));
		udf_civil_from_days(days, &year, &month, &day);
		assert_int_equal(year, tm.tm_year + 1900);
		assert_int_equal(month, tm.tm_mon + 1);
		assert_int_equal(day, tm.tm_mday);
		assert_int_equal(udf_days_from_civil(year, month, day), days);
		assert_true(udf_date_is_valid(year, month, day));
	}
}

static void dates_that_do_not_exist_are_invalid(void **state)
{
	(void)state;
	assert_true(udf_date_is_valid(2024, 2, 29));
	assert_false(udf_date_is_valid(2023, 2, 29));
	assert_false(udf_date_is_valid(1900, 2, 29));
	assert_true(udf_date_is_valid(2000, 2, 29));
	assert_false(udf_date_is_valid(2024, 2, 30));
	assert_false(udf_date_is_valid(2024, 4, 31));
	assert_false(udf_date_is_valid(2024, 0, 1));
	assert_false(udf_date_is_valid(2024, 13, 1));
	assert_false(udf_date_is_valid(2024, 1, 0));
	assert_false(udf_date_is_valid(2024, 1, 32));
}

/* ---- tables ---- */

static void every_error_has_a_text_and_an_errno(void **state)
{
	(void)state;
	for (unsigned err = UDF_END + 1; err < UDF_N_ERRORS; err++) {
		assert_true(strlen(udf_strerror((enum udf_err)err)) > 3);
		assert_true(udf_errno((enum udf_err)err) > 0);
	}
	assert_int_equal(udf_errno(UDF_OK), 0);
	assert_int_equal(udf_errno(UDF_END), 0);
	assert_string_equal(udf_strerror((enum udf_err)9999), "unknown error");
}

static void host_errors_map_to_our_error_codes(void **state)
{
	(void)state;
	assert_int_equal(udf_err_from_errno(0), UDF_OK);
	assert_int_equal(udf_err_from_errno(ENOENT), UDF_E_NOT_FOUND);
	assert_int_equal(udf_err_from_errno(ENOSPC), UDF_E_NOSPC);
	assert_int_equal(udf_err_from_errno(EROFS), UDF_E_READ_ONLY);
	assert_int_equal(udf_err_from_errno(EIO), UDF_E_IO);
	assert_int_equal(udf_err_from_errno(EINVAL), UDF_E_INVAL);
	assert_int_equal(udf_err_from_errno(EACCES), UDF_E_NO_PERMISSION);
	assert_int_equal(udf_err_from_errno(EPERM), UDF_E_NO_PERMISSION);
	assert_int_equal(udf_err_from_errno(EBUSY), UDF_E_BUSY);
	assert_int_equal(udf_err_from_errno(ENOMEDIUM), UDF_E_NOT_FOUND);
	assert_int_equal(udf_err_from_errno(EXDEV), UDF_E_IO);
}

static void every_problem_has_a_name_of_its_own(void **state)
{
	(void)state;
	assert_string_equal(udf_problem_name(UDF_P_TAG_CHECKSUM), "TAG_CHECKSUM");
	assert_int_equal(udf_problem_severity(UDF_P_FIELD_ODD), UDF_SEV_WARNING);
	for (unsigned i = 0; i < UDF_N_PROBLEMS; i++) {
		assert_true(strlen(udf_problem_text((enum udf_problem)i)) > 5);
		assert_true(udf_problem_severity((enum udf_problem)i) <= UDF_SEV_FATAL);
	}
	assert_string_equal(udf_problem_name(UDF_N_PROBLEMS), "UNKNOWN");
}

static void damage_in_a_partition_hides_what_is_in_use_and_a_second_copy_does_not(void **state)
{
	struct udf_finding f = { .problem = UDF_P_TAG_CRC };

	(void)state;
	assert_true(udf_finding_hides_space(&f));
	assert_int_equal(udf_finding_severity(&f), UDF_SEV_ERROR);
	f.place.part_ref = UDF_PART_VOLUME;
	assert_false(udf_finding_hides_space(&f));
	assert_int_equal(udf_finding_severity(&f), UDF_SEV_WARNING);
	f = (struct udf_finding){ .problem = UDF_P_CROSS_LINKED };
	assert_true(udf_finding_hides_space(&f));
	assert_int_equal(udf_finding_severity(&f), UDF_SEV_ERROR);
	f.problem = UDF_P_NAME_DUPLICATE;
	assert_false(udf_finding_hides_space(&f));
	assert_int_equal(udf_finding_severity(&f), UDF_SEV_ERROR);
}

static void keep_line(void *ctx, enum udf_log_level level, const char *line)
{
	assert_int_equal(level, UDF_LOG_NOTICE);
	snprintf(ctx, 2000, "%s", line);
}

static void log_lines_reach_their_receiver(void **state)
{
	char heard[2000] = "", long_text[1500];
	struct udf_env env = { .ctx = heard, .log = keep_line };

	(void)state;
	udf_log(&env, UDF_LOG_NOTICE, "sector %u", 257u);
	assert_string_equal(heard, "sector 257");
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	udf_log(&env, UDF_LOG_NOTICE, "%s", long_text);
	assert_int_equal(strlen(heard), 1023);
	env.log = NULL;
	udf_log(&env, UDF_LOG_NOTICE, "nobody hears this");
	udf_log(NULL, UDF_LOG_NOTICE, "nor this");
	assert_int_equal(heard[0], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filling_bits_changes_no_other_bits),
		cmocka_unit_test(finding_and_counting_bits_agree_with_a_bit_by_bit_loop),
		cmocka_unit_test(bit_0_of_a_byte_is_its_lowest),
		cmocka_unit_test(set_agrees_with_a_byte_per_number),
		cmocka_unit_test(set_refuses_a_range_that_wraps),
		cmocka_unit_test(an_extent_set_is_unchanged_when_memory_runs_out),
		cmocka_unit_test(dates_agree_with_the_c_library),
		cmocka_unit_test(dates_that_do_not_exist_are_invalid),
		cmocka_unit_test(every_error_has_a_text_and_an_errno),
		cmocka_unit_test(host_errors_map_to_our_error_codes),
		cmocka_unit_test(every_problem_has_a_name_of_its_own),
		cmocka_unit_test(damage_in_a_partition_hides_what_is_in_use_and_a_second_copy_does_not),
		cmocka_unit_test(log_lines_reach_their_receiver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
