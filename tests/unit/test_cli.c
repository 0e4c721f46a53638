/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes and numbers, JSON, times, the host's clock and random bytes, progress. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/cli.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- sizes and numbers ---- */

static void sizes_with_suffixes_are_parsed(void **state)
{
	static const struct {
		const char *text;
		uint64_t n_bytes;
	} rows[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "64M", 67108864 },
		{ "64MiB", 67108864 },
		{ "64m", 67108864 },
		{ "1GiB", 1073741824 },
		{ "1.5G", 1610612736 },
		{ "0.25K", 256 },
		{ "4.7GB", 4700000000u },
		{ "700MB", 700000000 },
		{ "1kB", 1000 },
		{ "16T", 17592186044416u },
		{ "0x800", 2048 },
		{ "0x10K", 16384 },
		{ "3s", 6144 },
		{ "4b", 16384 },
		{ "010", 10 },
		{ "18446744073709551615", UINT64_MAX },
		{ "15.999E", 18445591152204944769u },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t got = 1;

		if (cli_parse_size(rows[i].text, 4096, &got) != UDF_OK || got != rows[i].n_bytes)
			fail_msg("'%s' gives %llu", rows[i].text, (unsigned long long)got);
	}
}

static void invalid_sizes_are_refused(void **state)
{
	static const char *const texts[] = { "",   "M",	     "-1",  "+1",  " 1",  "1 ",	 "1 M",
					     "1Q", "1MiBx",  "1Mi", "1.M", ".5M", "1.5", "1.2345G",
					     "0x", "0x1.8G", "1B",  "1MM", "1bb", "12a", "1.5.5G" };
	uint64_t got = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (cli_parse_size(texts[i], 512, &got) != UDF_E_INVAL)
			fail_msg("'%s' passes", texts[i]);
	assert_int_equal(cli_parse_size("4b", 0, &got), UDF_E_INVAL);
	assert_int_equal(got, 77);
}

static void sizes_that_overflow_are_refused(void **state)
{
	static const char *const texts[] = { "18446744073709551616",
					     "16E",
					     "17000PiB",
					     "0x10000000000000000",
					     "99999999999999999999G",
					     "9007199254740992s",
					     "18.447EB" };
	uint64_t got = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (cli_parse_size(texts[i], 512, &got) != UDF_E_RANGE)
			fail_msg("'%s' passes", texts[i]);
	assert_int_equal(got, 77);
}

static void numbers_are_decimal_hexadecimal_or_octal(void **state)
{
	uint64_t got;

	(void)state;
	assert_int_equal(cli_parse_number("4294967295", 0, UINT32_MAX, &got), UDF_OK);
	assert_int_equal(got, UINT32_MAX);
	assert_int_equal(cli_parse_number("0x201", 0, 0x260, &got), UDF_OK);
	assert_int_equal(got, 0x201);
	assert_int_equal(cli_parse_number("0755", 0, 0777, &got), UDF_OK);
	assert_int_equal(got, 0755);
	assert_int_equal(cli_parse_number("0", 0, 0, &got), UDF_OK);
	assert_int_equal(got, 0);
}

static void numbers_that_do_not_fit_are_refused(void **state)
{
	uint64_t got = 77;

	(void)state;
	assert_int_equal(cli_parse_number("4294967296", 0, UINT32_MAX, &got), UDF_E_RANGE);
	assert_int_equal(cli_parse_number("4", 5, 9, &got), UDF_E_RANGE);
	assert_int_equal(cli_parse_number("99999999999999999999", 0, UINT64_MAX, &got),
			 UDF_E_RANGE);
	assert_int_equal(cli_parse_number("", 0, 9, &got), UDF_E_INVAL);
	assert_int_equal(cli_parse_number("5x", 0, 9, &got), UDF_E_INVAL);
	assert_int_equal(cli_parse_number("09", 0, 9, &got), UDF_E_INVAL);
	assert_int_equal(cli_parse_number("-1", 0, 9, &got), UDF_E_INVAL);
	assert_int_equal(cli_parse_number(" 1", 0, 9, &got), UDF_E_INVAL);
	assert_int_equal(cli_parse_number("0x", 0, 9, &got), UDF_E_INVAL);
	assert_int_equal(got, 77);
}

static void block_sizes_are_powers_of_two(void **state)
{
	static const char *const wrong[] = { "", "0", "256", "513", "1000", "65536", "512x", "-512" };
	uint32_t got = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (!cli_parse_block_bytes(wrong[i], &got))
			fail_msg("'%s' was taken", wrong[i]);
	assert_int_equal(got, 77);
	assert_int_equal(cli_parse_block_bytes("512", &got), UDF_OK);
	assert_int_equal(got, 512);
	assert_int_equal(cli_parse_block_bytes("0x8000", &got), UDF_OK);
	assert_int_equal(got, 32768);
}

static void sizes_for_people_are_those_of_ls(void **state)
{
	static const struct {
		uint64_t n_bytes;
		const char *want;
	} rows[] = {	/* as numfmt --to=iec --round=up and ls -h of coreutils print them */
		{ 0, "0" }, { 1, "1" }, { 1023, "1023" }, { 1024, "1.0K" }, { 1025, "1.1K" }, { 1536, "1.5K" },
		{ 10137, "9.9K" }, { 10138, "10K" }, { 10240, "10K" }, { 10241, "11K" }, { 1047552, "1023K" },
		{ 1047553, "1.0M" }, { 1048577, "1.1M" }, { 12u << 20, "12M" }, { 1ull << 50, "1.0P" },
		{ UINT64_MAX, "16E" },
	};
	char got[CLI_SIZE_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cli_size_text(rows[i].n_bytes, got);
		assert_string_equal(got, rows[i].want);
	}
}

/* ---- JSON ---- */

static void assert_json(const char *s, const char *want)
{
	char *got = NULL;
	size_t n = 0;
	struct cli_json json = { .out = open_memstream(&got, &n) };

	cli_json_text(&json, NULL, s);
	fclose(json.out);
	assert_string_equal(got, want);
	free(got);
}

static void json_strings_are_escaped(void **state)
{
	(void)state;
	assert_json(NULL, "null");
	assert_json("", "\"\"");
	assert_json("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
	assert_json("\n\t\x01\x1f\x7f", "\"\\n\\t\\u0001\\u001f\\u007f\"");
	assert_json("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x92\xBF",
		    "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x92\xBF\"");
}

static void invalid_utf8_is_replaced_in_json(void **state)
{
	(void)state;
	assert_json("a\xFFz", "\"a\\ufffdz\"");
	assert_json("\xC3", "\"\\ufffd\"");
	assert_json("\xC0\x80", "\"\\ufffd\\ufffd\""); /* overlong */
	assert_json("\xE0\x80\x80", "\"\\ufffd\\ufffd\\ufffd\"");
	assert_json("\xED\xA0\x80", "\"\\ufffd\\ufffd\\ufffd\""); /* surrogate */
	assert_json("\xF4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	assert_json("\xE2\x82", "\"\\ufffd\\ufffd\"");
}

static void json_of_objects_and_lists_is_separated_and_broken_into_lines(void **state)
{
	char *got = NULL;
	size_t n = 0;
	struct cli_json json = { .out = open_memstream(&got, &n) };

	(void)state;
	cli_json_object(&json, NULL);
	cli_json_number(&json, "most", UINT64_MAX);
	cli_json_signed(&json, "least", INT64_MIN);
	cli_json_bool(&json, "yes", true);
	cli_json_list(&json, "none");
	cli_json_list_end(&json);
	cli_json_list(&json, "numbers");
	cli_json_number(&json, NULL, 1);
	cli_json_number(&json, NULL, 2);
	cli_json_list_end(&json);
	cli_json_list(&json, "objects");
	for (unsigned i = 0; i < 2; i++) {
		cli_json_object(&json, NULL);
		cli_json_format(&json, "mode", "%04o", i);
		cli_json_object_end(&json);
	}
	cli_json_list_end(&json);
	cli_json_object(&json, "empty");
	cli_json_object_end(&json);
	cli_json_text(&json, "nothing", NULL);
	cli_json_object_end(&json);
	fclose(json.out);
	assert_string_equal(got, "{\"most\": 18446744073709551615, \"least\": -9223372036854775808, \"yes\": true, "
				 "\"none\": [], \"numbers\": [1, 2], \"objects\": [\n"
				 "    {\"mode\": \"0000\"},\n    {\"mode\": \"0001\"}\n  ], "
				 "\"empty\": {}, \"nothing\": null}\n");
	free(got);
}

/* ---- times ---- */

static void assert_time(const char *zone, int64_t seconds, const char *want)
{
	struct udf_time when = { .seconds = seconds, .microseconds = 12 };
	char got[CLI_TIME_BYTES];

	setenv("TZ", zone, 1);
	tzset();
	cli_time_text(when, got);
	assert_string_equal(got, want);
	unsetenv("TZ");
	tzset();
}

static void times_are_those_of_rfc_3339(void **state)
{
	(void)state;
	assert_time("UTC0", 0, "1970-01-01T00:00:00.000012+00:00");
	assert_time("XXX-5:30", 1000000000, "2001-09-09T07:16:40.000012+05:30");
	assert_time("XXX3:30", 1000000000, "2001-09-08T22:16:40.000012-03:30");
	assert_time("XXX0:20", 0, "1969-12-31T23:40:00.000012-00:20");
	/* seconds of a zone have no place in it: the same instant, in whole minutes */
	assert_time("XXX-0:53:28", 0, "1970-01-01T00:53:00.000012+00:53");
	/* four digits of a year, whatever the zone */
	assert_time("UTC0", -62135596800, "0001-01-01T00:00:00.000012+00:00");
	assert_time("XXX-2", 253402300799, "9999-12-31T23:59:59.000012+00:00");
}

/* ---- the host ---- */

static void fill_from_env(const struct udf_env *env, struct udf_time *now, uint8_t random[20])
{
	env->now(env->ctx, now);
	env->random(env->ctx, random, 20);
}

/* The clock and random bytes of a fresh process with that environment. */
static void host_of(const char *source_date_epoch, const char *tz, struct udf_time *ret_now,
		    uint8_t ret_random[20], int *ret_status)
{
	FILE *f = tmpfile();
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct udf_time now;
		uint8_t random[20];

		if (source_date_epoch)
			setenv("SOURCE_DATE_EPOCH", source_date_epoch, 1);
		else
			unsetenv("SOURCE_DATE_EPOCH");
		setenv("TZ", tz, 1);
		if (!freopen("/dev/null", "w", stderr))
			_exit(98);
		fill_from_env(cli_host_env(), &now, random);
		fwrite(&now, sizeof(now), 1, f);
		fwrite(random, sizeof(random), 1, f);
		fflush(f);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	rewind(f);
	if (*ret_status == 0) {
		assert_int_equal(fread(ret_now, sizeof(*ret_now), 1, f), 1);
		assert_int_equal(fread(ret_random, 20, 1, f), 1);
	}
	fclose(f);
}

static void the_clock_is_the_hosts_and_in_its_time_zone(void **state)
{
	uint8_t random[20], other[20];
	struct timespec before, after;
	struct udf_time now;
	int status;

	(void)state;
	/* time() may be late by a tick */
	clock_gettime(CLOCK_REALTIME, &before);
	host_of(NULL, "XXX-5:45", &now, random, &status);
	clock_gettime(CLOCK_REALTIME, &after);
	assert_int_equal(status, 0);
	assert_in_range(now.seconds, before.tv_sec, after.tv_sec);
	assert_in_range(now.microseconds, 0, 999999);
	assert_int_equal(now.zone_minutes, 345);
	host_of(NULL, "XXX8", &now, other, &status);
	assert_int_equal(now.zone_minutes, -480);
	assert_memory_not_equal(random, other, 20);
}

static void source_date_epoch_makes_a_run_reproducible(void **state)
{
	uint8_t random[20], other[20], zero[20] = { 0 };
	struct udf_time now;
	int status;

	(void)state;
	host_of("1700000000", "XXX-5:45", &now, random, &status);
	assert_int_equal(status, 0);
	assert_int_equal(now.seconds, 1700000000);
	assert_int_equal(now.microseconds, 0);
	assert_int_equal(now.zone_minutes, 0);
	host_of("1700000000", "XXX8", &now, other, &status);
	assert_memory_equal(random, other, 20);
	assert_memory_not_equal(random, zero, 20);
}

static void an_invalid_source_date_epoch_is_fatal(void **state)
{
	static const char *const bad[] = { "", "now", "12x", "-1", "99999999999999999999" };
	struct udf_time now;
	uint8_t random[20];
	int status;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		host_of(bad[i], "UTC", &now, random, &status);
		assert_int_equal(status, 1);
	}
}

/* ---- progress ---- */

static void commands_in_messages_are_quoted_for_the_shell(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "/dev/sr0", "/dev/sr0" },
		{ "disc-1.img", "disc-1.img" },
		{ "", "\"\"" },
		{ "my disc.img", "\"my disc.img\"" },
		{ "it's", "\"it's\"" },
		{ "a\"b$c`d\\e", "\"a\\\"b\\$c\\`d\\\\e\"" },
		{ "a;b&c|d*(e)", "\"a;b&c|d*(e)\"" },
		{ "-n", "./-n" },
		{ "- x", "\"./- x\"" },
		{ "~/x", "\"~/x\"" },
		{ "\xC3\xA9", "\xC3\xA9" },
		{ "wow!", "$'wow!'" },
		{ "it's\n\\!", "$'it\\'s\\012\\\\!'" },
		{ "\xC2\x9B" "1m", "$'\\302\\2331m'" },
	};
	char quoted[UDF_QUOTED_BYTES];
	char *text = malloc(UDF_QUOTED_BYTES);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(udf_quoted(rows[i].text, quoted), rows[i].want);
	memset(text, '"', UDF_QUOTED_BYTES - 1);
	text[UDF_QUOTED_BYTES - 1] = '\0';
	assert_ptr_equal(udf_quoted(text, quoted), text);
	free(text);
}

static void progress_is_silent_without_a_terminal(void **state)
{
	FILE *f = tmpfile();
	struct cli_progress p;

	(void)state;
	cli_progress_init(&p, f, true);
	cli_progress_show(&p, "writing", 1, 2);
	cli_progress_done(&p);
	assert_int_equal(ftell(f), 0);
	fclose(f);
}

static uint64_t monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* The line for DONE of TOTAL bytes, SECONDS after the beginning. */
static void assert_bytes_line(uint64_t done, uint64_t total, uint64_t seconds, const char *want)
{
	static const char what[] = "copying";
	char *got = NULL;
	size_t n = 0;
	struct cli_progress p = { .out = open_memstream(&got, &n), .on = true, .timed = what };

	p.start_ms = monotonic_ms() - seconds * 1000;
	cli_progress_bytes(&p, what, done, total);
	fclose(p.out);
	assert_string_equal(got, want);
	free(got);
}

static void progress_in_bytes_has_percent_rate_and_time_left(void **state)
{
	(void)state;
	assert_bytes_line(10u << 20, 40u << 20, 10, "\rcopying: 25% of 40MiB, 1.0MiB/s, 0:30 left\033[K");
	assert_bytes_line(1000, 0, 0, "\rcopying: 1000B\033[K");
	assert_bytes_line(1500, 3000, 0, "\rcopying: 50% of 3.0KiB\033[K");
	assert_bytes_line(512, 512 * 3723, 1, "\rcopying: 0% of 1.9MiB, 512B/s, 1:02:02 left\033[K");
	assert_bytes_line(0, 4096, 5, "\rcopying: 0% of 4.0KiB\033[K");
	assert_bytes_line(4096, 4096, 4, "\rcopying: 100% of 4.0KiB, 1.0KiB/s\033[K");
	assert_bytes_line(UINT64_MAX, UINT64_MAX, 1, "\rcopying: 100% of 16EiB, 16EiB/s\033[K");
	/* more than was announced, and a time that nobody can wait for */
	assert_bytes_line(2048, 1024, 1, "\rcopying: 100% of 1.0KiB, 2.0KiB/s\033[K");
	assert_bytes_line(1024, 1ull << 40, 1, "\rcopying: 0% of 1.0TiB, 1.0KiB/s\033[K");
}

static void progress_counts_to_100_percent_and_is_then_erased(void **state)
{
	char *got = NULL;
	size_t n = 0;
	struct cli_progress p = { .out = open_memstream(&got, &n), .on = true };

	(void)state;
	cli_progress_show(&p, "a", 0, 3);
	cli_progress_show(&p, "b", UINT64_MAX - 1, UINT64_MAX);
	cli_progress_show(&p, "c", 3, 3);
	cli_progress_show(&p, "d", 5, 0);
	cli_progress_done(&p);
	cli_progress_done(&p);
	fclose(p.out);
	assert_string_equal(got,
			    "\ra:   0%\033[K\rb:  99%\033[K\rc: 100%\033[K\rd: 5\033[K\r\033[K");
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_with_suffixes_are_parsed),
		cmocka_unit_test(invalid_sizes_are_refused),
		cmocka_unit_test(sizes_that_overflow_are_refused),
		cmocka_unit_test(numbers_are_decimal_hexadecimal_or_octal),
		cmocka_unit_test(numbers_that_do_not_fit_are_refused),
		cmocka_unit_test(block_sizes_are_powers_of_two),
		cmocka_unit_test(sizes_for_people_are_those_of_ls),
		cmocka_unit_test(json_strings_are_escaped),
		cmocka_unit_test(invalid_utf8_is_replaced_in_json),
		cmocka_unit_test(json_of_objects_and_lists_is_separated_and_broken_into_lines),
		cmocka_unit_test(times_are_those_of_rfc_3339),
		cmocka_unit_test(commands_in_messages_are_quoted_for_the_shell),
		cmocka_unit_test(the_clock_is_the_hosts_and_in_its_time_zone),
		cmocka_unit_test(source_date_epoch_makes_a_run_reproducible),
		cmocka_unit_test(an_invalid_source_date_epoch_is_fatal),
		cmocka_unit_test(progress_in_bytes_has_percent_rate_and_time_left),
		cmocka_unit_test(progress_is_silent_without_a_terminal),
		cmocka_unit_test(progress_counts_to_100_percent_and_is_then_erased),
	};

	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
