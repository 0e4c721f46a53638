/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/iso: which form an image should have. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "iso/choose.h"

#define GIB ((uint64_t)1 << 30)

static struct udf_iso_choice choose(const char *path, uint64_t n_bytes, bool can_bridge)
{
	const struct stat st = { .st_mode = S_IFREG | 0644, .st_size = (off_t)n_bytes };
	struct udf_iso_contents contents = { .n_files = 0 };
	struct udf_iso_choice choice;

	assert_int_equal(udf_iso_contents_add(&contents, "a", &st), UDF_OK);
	assert_int_equal(udf_iso_contents_add(&contents, path, &st), UDF_OK);
	assert_int_equal(contents.n_files, 2);
	udf_iso_choose(&contents, can_bridge, &choice);
	udf_iso_contents_done(&contents);
	return choice;
}

/* A name of N times TEXT in the directory d. */
static const char *name_of(unsigned n, const char *text)
{
	static char path[2048];

	strcpy(path, "d/");
	while (n--)
		strcat(path, text);
	return path;
}

static void small_files_get_iso_9660_with_joliet(void **state)
{
	struct udf_iso_choice c = choose(name_of(64, "x"), 4 * GIB - 1, true);

	(void)state;
	assert_true(c.joliet);
	assert_false(c.bridge);
}

static void a_file_of_4_gib_is_also_in_udf(void **state)
{
	struct udf_iso_choice c = choose("d/movie", 4 * GIB, true);

	(void)state;
	assert_true(c.joliet && c.bridge);
	assert_non_null(strstr(c.text, "because 'a' has 4 GiB"));
	c = choose("d/movie", 4 * GIB, false);
	assert_false(c.bridge);
	assert_non_null(strstr(c.text, "level 3"));
}

static void names_are_counted_in_the_characters_that_they_take(void **state)
{
	(void)state;
	assert_true(choose(name_of(65, "x"), 1, true).bridge);
	assert_false(choose(name_of(64, "\xC3\xA4"), 1, true).bridge);		/* U+00E4 */
	assert_true(choose(name_of(33, "\xF0\x9F\x98\x80"), 1, true).bridge);	/* U+1F600, two units */
	assert_true(choose(name_of(254, "x"), 1, true).bridge);
	assert_false(choose(name_of(255, "x"), 1, true).bridge);			/* too long for UDF */
	assert_true(choose(name_of(127, "\xE2\x82\xAC"), 1, true).bridge);		/* U+20AC, 16 bits */
	assert_false(choose(name_of(128, "\xE2\x82\xAC"), 1, true).bridge);
}

static void a_wide_name_does_not_hide_a_longer_one(void **state)
{
	struct udf_iso_contents contents = { .n_files = 0 };
	const struct stat st = { .st_mode = S_IFREG };
	struct udf_iso_choice c;

	(void)state;
	assert_int_equal(udf_iso_contents_add(&contents, name_of(60, "\xE2\x82\xAC"), &st), UDF_OK);
	assert_int_equal(udf_iso_contents_add(&contents, name_of(100, "x"), &st), UDF_OK);
	udf_iso_choose(&contents, true, &c);
	assert_true(c.bridge);
	assert_non_null(strstr(c.text, "has 100 characters"));
	udf_iso_contents_done(&contents);
}

static void a_name_that_is_no_utf_8_leaves_rock_ridge_alone(void **state)
{
	struct udf_iso_choice c = choose("d/\xFF\xFE", 5 * GIB, true);

	(void)state;
	assert_false(c.joliet || c.bridge);
	c = choose("d/cut\xE2\x82", 1, true);
	assert_false(c.joliet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_files_get_iso_9660_with_joliet),
		cmocka_unit_test(a_file_of_4_gib_is_also_in_udf),
		cmocka_unit_test(names_are_counted_in_the_characters_that_they_take),
		cmocka_unit_test(a_wide_name_does_not_hide_a_longer_one),
		cmocka_unit_test(a_name_that_is_no_utf_8_leaves_rock_ridge_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
