/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OSTA Compressed Unicode, dstrings, names as the host shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cs0.h"
#include "vectors.h"

static void assert_cs0(const char *text, const char *hex)
{
	uint8_t want[256], got[256];
	size_t n_want = vector_from_hex(hex, want, sizeof(want));
	char back[600];
	size_t n_got, n_back;

	assert_int_equal(udf_cs0_from_utf8(text, strlen(text), got, sizeof(got), &n_got), UDF_OK);
	assert_int_equal(n_got, n_want);
	assert_memory_equal(got, want, n_want);
	assert_int_equal(udf_cs0_to_utf8(want, n_want, back, sizeof(back), &n_back), UDF_OK);
	assert_string_equal(back, text);
	assert_int_equal(n_back, strlen(text));
}

static void names_have_the_bytes_of_the_standard(void **state)
{
	(void)state;
	assert_cs0("hello.txt", "08 68 65 6C 6C 6F 2E 74 78 74");
	assert_cs0("caf\u00E9", "08 63 61 66 E9");
	assert_cs0("\u65E5\u672C", "10 65 E5 67 2C");
	assert_cs0("a\U0001F600", "10 00 61 D8 3D DE 00");
	assert_cs0("a\u00FF", "08 61 FF");
	assert_cs0("a\u0100", "10 00 61 01 00");
	assert_cs0("\uFFFD\uFFFF", "10 FF FD FF FF");
	assert_cs0("\U0010FFFF", "10 DB FF DF FF");
}

static void names_of_deleted_entries_are_read(void **state)
{
	const uint8_t narrow[] = { 0xFE, 'o', 'l', 'd' };
	const uint8_t wide[] = { 0xFF, 0x65, 0xE5 };
	char text[16];
	size_t n;

	(void)state;
	assert_int_equal(udf_cs0_to_utf8(narrow, sizeof(narrow), text, sizeof(text), &n), UDF_OK);
	assert_string_equal(text, "old");
	assert_int_equal(udf_cs0_to_utf8(wide, sizeof(wide), text, sizeof(text), &n), UDF_OK);
	assert_string_equal(text, "\u65E5");
}

static void malformed_utf8_is_refused_as_a_name(void **state)
{
	static const char *const bad[] = {
		"\x80", "a\xBF", "\xC3", "\xC3z", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\x80",
		"\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
		"\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "abcdefgh\xFE",
		"\xEF\xBB\xBF",		/* U+FEFF */
		"x\xEF\xBF\xBE",	/* U+FFFE */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t cs0[64];
		size_t n = 77;

		assert_int_equal(udf_cs0_from_utf8(bad[i], strlen(bad[i]), cs0, sizeof(cs0), &n),
				 UDF_E_BAD_NAME);
		assert_int_equal(n, 77);
	}
}

static void names_that_cannot_be_recorded_get_one_that_can(void **state)
{
	static const struct {
		const char *name, *wanted;
	} cases[] = {
		{ "caf\xE9.txt", "caf\u00E9#" "2100" ".txt" },
		{ "\xFF", "\u00FF#1EF0" },
		{ "\x9B" "31m", "_31m#" "CFDA" },
		{ "x\xEF\xBF\xBE", "x_#" "0390" },
		{ ".\xE9", ".\u00E9#" "49EE" },
		{ "\xE9.extension", "\u00E9.extension#" "F9E1" },
	};
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES];
	char name[UDF_VOLUME_NAME_CAP], again[UDF_VOLUME_NAME_CAP], text[3000];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(udf_volume_name(cases[i].name, strlen(cases[i].name), name));
		assert_string_equal(name, cases[i].wanted);
	}
	assert_false(udf_volume_name("good", 4, name));
	/* Any length, of bytes and of characters of all sizes, with and without an extension. */
	for (size_t n_bytes = 1; n_bytes < sizeof(text) - 8; n_bytes += n_bytes < 600 ? 1 : 97) {
		for (unsigned kind = 0; kind < 4; kind++) {
			for (size_t i = 0; i < n_bytes; i++)
				text[i] = "\xE9x\xF0\xE6"[kind];
			if (kind == 3)
				for (size_t i = 0; i + 3 <= n_bytes; i += 3)
					memcpy(text + i, "\u65E5", 3);
			memcpy(text + n_bytes, ".\xFC" "ber", 6);
			for (size_t whole = n_bytes; whole <= n_bytes + 5; whole += 5) {
				if (!udf_volume_name(text, whole, name))
					continue;
				assert_true(strlen(name) <= 255);
				assert_int_equal(udf_cs0_from_utf8(name, strlen(name), cs0, sizeof(cs0), &n), UDF_OK);
				assert_false(udf_volume_name(name, strlen(name), again));
			}
		}
	}
}

static void conversions_fit_the_buffer_to_the_byte(void **state)
{
	uint8_t cs0[300];
	char text[300], long_text[300];
	size_t n;

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	assert_int_equal(udf_cs0_from_utf8(long_text, 254, cs0, 255, &n), UDF_OK);
	assert_int_equal(n, 255);
	assert_int_equal(udf_cs0_from_utf8(long_text, 255, cs0, 255, &n), UDF_E_NAME_TOO_LONG);
	assert_int_equal(udf_cs0_from_utf8("\u65E5\u672C", 6, cs0, 5, &n), UDF_OK);
	assert_int_equal(udf_cs0_from_utf8("\u65E5\u672C", 6, cs0, 4, &n), UDF_E_NAME_TOO_LONG);
	assert_int_equal(udf_cs0_from_utf8("", 0, cs0, 0, &n), UDF_OK);
	assert_int_equal(n, 0);

	assert_int_equal(udf_cs0_to_utf8((const uint8_t *)"\x08" "abc", 4, text, 4, &n), UDF_OK);
	assert_int_equal(udf_cs0_to_utf8((const uint8_t *)"\x08" "abc", 4, text, 3, &n),
			 UDF_E_NAME_TOO_LONG);
	assert_int_equal(udf_cs0_to_utf8((const uint8_t *)"\x08\xE9", 2, text, 3, &n), UDF_OK);
	assert_int_equal(udf_cs0_to_utf8((const uint8_t *)"\x08\xE9", 2, text, 2, &n),
			 UDF_E_NAME_TOO_LONG);
	assert_int_equal(udf_cs0_to_utf8(NULL, 0, text, 0, &n), UDF_E_NAME_TOO_LONG);
}

static void assert_unreadable(const char *hex)
{
	uint8_t cs0[16];
	size_t n = vector_from_hex(hex, cs0, sizeof(cs0));
	char text[UDF_HOST_NAME_MAX_BYTES + 1];
	bool is_damaged = false;
	size_t n_text;

	assert_int_equal(udf_cs0_to_utf8(cs0, n, text, sizeof(text), &n_text), UDF_E_CORRUPT);
	assert_int_equal(udf_host_name(cs0, n, text, &n_text), UDF_E_CORRUPT);
	udf_shown_name(cs0, n, text, &n_text, &is_damaged);
	assert_int_equal(is_damaged, n > 0);
	assert_true(n_text >= 5 && n_text <= 255 && strlen(text) == n_text);
	assert_non_null(strchr(text, '#'));
	assert_null(strchr(text, '/'));
}

static void other_compression_ids_and_lengths_are_corrupt(void **state)
{
	(void)state;
	assert_unreadable("08");
	assert_unreadable("10");
	assert_unreadable("10 00");
	assert_unreadable("10 00 41 00");
	assert_unreadable("FF 00 41 00");
	assert_unreadable("00 41");
	assert_unreadable("09 41");
	assert_unreadable("FD 41");
}

static void lone_surrogates_are_shown_as_replacement_characters(void **state)
{
	uint8_t cs0[16];
	size_t n = vector_from_hex("10 D8 00 00 61 DC 00 D8 3D", cs0, sizeof(cs0));
	char text[32];
	size_t n_text;

	(void)state;
	assert_int_equal(udf_cs0_to_utf8(cs0, n, text, sizeof(text), &n_text), UDF_OK);
	assert_string_equal(text, "\uFFFD" "a\uFFFD\uFFFD");
}

static void every_cs0_text_survives_a_round_trip(void **state)
{
	(void)state;
	random_start();
	for (int round = 0; round < 2000; round++) {
		uint8_t cs0[255], back[255];
		size_t n_units = 1 + (size_t)(random_next() % 40), n = 1, n_text, n_back;
		bool is_wide = random_next() % 2;
		char text[UDF_CS0_UTF8_MAX_BYTES(255) + 1];

		cs0[0] = is_wide ? 16 : 8;
		/* One unit at least that needs 16 bits; none that is a surrogate or forbidden. */
		for (size_t i = 0; i < n_units; i++) {
			if (is_wide)
				cs0[n++] = (uint8_t)(1 + random_next() % 0xD7);
			cs0[n++] = (uint8_t)random_next();
		}
		assert_int_equal(udf_cs0_to_utf8(cs0, n, text, sizeof(text), &n_text), UDF_OK);
		assert_int_equal(udf_cs0_from_utf8(text, n_text, back, sizeof(back), &n_back),
				 UDF_OK);
		assert_int_equal(n_back, n);
		assert_memory_equal(back, cs0, n);
	}
}

/* ---- dstring ---- */

static void dstrings_have_the_bytes_of_the_standard(void **state)
{
	uint8_t field[32], want[32] = { 0 };
	char text[128];

	(void)state;
	vector_from_hex("08 4C 69 6E 75 78 55 44 46", want, sizeof(want));
	want[31] = 9;
	assert_int_equal(udf_dstring_from_utf8("LinuxUDF", field, sizeof(field)), UDF_OK);
	assert_memory_equal(field, want, sizeof(field));
	assert_int_equal(udf_dstring_to_utf8(field, sizeof(field), text, sizeof(text)), UDF_OK);
	assert_string_equal(text, "LinuxUDF");

	memset(want, 0, sizeof(want));
	vector_from_hex("10 01 0C 00 44", want, sizeof(want));
	want[31] = 5;
	assert_int_equal(udf_dstring_from_utf8("\u010CD", field, sizeof(field)), UDF_OK);
	assert_memory_equal(field, want, sizeof(field));

	memset(want, 0, sizeof(want));
	assert_int_equal(udf_dstring_from_utf8("", field, sizeof(field)), UDF_OK);
	assert_memory_equal(field, want, sizeof(field));
	assert_int_equal(udf_dstring_to_utf8(field, sizeof(field), text, sizeof(text)), UDF_OK);
	assert_string_equal(text, "");
}

static void dstring_holds_two_bytes_less_than_the_field(void **state)
{
	uint8_t field[128];
	char text[200];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[30] = '\0';
	assert_int_equal(udf_dstring_from_utf8(text, field, 32), UDF_OK);
	assert_int_equal(field[31], 31);
	text[30] = 'x';
	text[31] = '\0';
	assert_int_equal(udf_dstring_from_utf8(text, field, 32), UDF_E_NAME_TOO_LONG);
	text[31] = 'x';
	text[126] = '\0';
	assert_int_equal(udf_dstring_from_utf8(text, field, 128), UDF_OK);
	assert_true(udf_dstring_is_valid(field, 128));
	text[126] = 'x';
	text[127] = '\0';
	assert_int_equal(udf_dstring_from_utf8(text, field, 128), UDF_E_NAME_TOO_LONG);
}

static void assert_dstring(const char *hex, uint8_t last, bool is_valid)
{
	uint8_t field[32] = { 0 };

	vector_from_hex(hex, field, sizeof(field));
	field[31] = last;
	assert_int_equal(udf_dstring_is_valid(field, sizeof(field)), is_valid);
}

static void dstrings_with_a_wrong_length_or_id_are_invalid(void **state)
{
	(void)state;
	assert_dstring("", 0, true);
	assert_dstring("08 41", 2, true);
	assert_dstring("10 00 41", 3, true);
	assert_dstring("08 41", 1, false);		/* ID alone */
	assert_dstring("08 41 42", 2, false);		/* text after the end */
	assert_dstring("10 00 41 00", 4, false);	/* half a character */
	assert_dstring("08 41", 32, false);		/* longer than the field */
	assert_dstring("08 41", 0, false);		/* text without a length */
	assert_dstring("00 41", 0, false);
	assert_dstring("FE 41", 2, false);		/* for deleted names only */
	assert_dstring("10 FE FF", 3, false);
	assert_dstring("10 00 41 FF FE", 5, false);
}

/* ---- host names ---- */

static void assert_host_name(const uint8_t *cs0, size_t n, const char *want)
{
	char name[UDF_HOST_NAME_MAX_BYTES + 1];
	size_t n_name = 0;

	assert_int_equal(udf_host_name(cs0, n, name, &n_name), UDF_OK);
	assert_string_equal(name, want);
	assert_int_equal(n_name, strlen(want));
}

static void assert_host_name_of(const char *text, const char *want)
{
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES];
	size_t n;

	assert_int_equal(udf_cs0_from_utf8(text, strlen(text), cs0, sizeof(cs0), &n), UDF_OK);
	assert_host_name(cs0, n, want);
}

static void ordinary_names_are_shown_unchanged(void **state)
{
	(void)state;
	assert_host_name_of("hello.txt", "hello.txt");
	assert_host_name_of("x:y*z.html", "x:y*z.html");
	assert_host_name_of("caf\u00E9", "caf\u00E9");
	assert_host_name_of("a\U0001F600", "a\U0001F600");
	assert_host_name_of("...", "...");
	assert_host_name_of(".x", ".x");
	assert_host_name(NULL, 0, "");
}

/* Expected CRCs are those of Python's binascii.crc_hqx() over the name in UTF-16BE. */
static void illegal_characters_become_underscore_and_crc(void **state)
{
	const uint8_t wide[] = { 0x10, 0, 'a', 0, '/', 0, 'b', 0, '.', 0, 't', 0, 'x', 0, 't' };
	const uint8_t run[] = { 8, 'a', 0, '/', 'b' };
	const uint8_t lone[] = { 0x10, 0xD8, 0, 0, 'a' };

	(void)state;
	assert_host_name_of("a/b.txt", "a_b#AA94.txt");
	assert_host_name(wide, sizeof(wide), "a_b#AA94.txt");	/* the CRC is of 16-bit units */
	assert_host_name_of("bad/", "bad_#F252");
	assert_host_name(run, sizeof(run), "a_b#ED68");		/* a run gives one '_' */
	assert_host_name(lone, sizeof(lone), "\uFFFD" "a#5147");
}

static void only_the_last_short_part_is_an_extension(void **state)
{
	(void)state;
	assert_host_name_of("/a.b.c", "_a.b#F26C.c");
	assert_host_name_of("/a.abcdef", "_a.abcdef#F619");	/* six characters are too many */
	assert_host_name_of("/a.b.", "_a.b.#C368");		/* a dot at the end is none */
}

static void dot_and_dot_dot_are_shown_as_other_names(void **state)
{
	const uint8_t wide_dot[] = { 0x10, 0, '.' };

	(void)state;
	assert_host_name_of(".", "_#C5AC");
	assert_host_name(wide_dot, sizeof(wide_dot), "_#C5AC");
	assert_host_name_of("..", "_#586B");
}

static void long_names_are_shown_whole(void **state)
{
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES] = { 0x10 }, again[UDF_CS0_NAME_MAX_BYTES];
	char name[UDF_HOST_NAME_MAX_BYTES + 1];
	size_t n, n_again;

	(void)state;
	/* 127 characters of three bytes. */
	for (size_t i = 0; i < 127; i++)
		memcpy(cs0 + 1 + i * 2, "\x65\xE5", 2);
	assert_int_equal(udf_host_name(cs0, 255, name, &n), UDF_OK);
	assert_int_equal(n, 127 * 3);
	assert_int_equal(udf_cs0_from_utf8(name, n, again, sizeof(again), &n_again), UDF_OK);
	assert_int_equal(n_again, 255);
	assert_memory_equal(again, cs0, 255);

	/* 254 characters of two bytes under ID 8. */
	memset(cs0 + 1, 0xE9, 254);
	cs0[0] = 8;
	assert_int_equal(udf_host_name(cs0, 255, name, &n), UDF_OK);
	assert_int_equal(n, 254 * 2);
	assert_int_equal(udf_cs0_from_utf8(name, n, again, sizeof(again), &n_again), UDF_OK);
	assert_int_equal(n_again, 255);
	assert_memory_equal(again, cs0, 255);
}

static void long_names_with_a_crc_are_cut_between_characters(void **state)
{
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES] = { 0x10, 0, '/' };
	char name[UDF_HOST_NAME_MAX_BYTES + 1];
	uint8_t again[600];
	size_t n, n_again;

	(void)state;
	/* '/' and 126 characters of three bytes: 250 bytes hold '_' and 83 of them. */
	for (size_t i = 1; i < 127; i++)
		memcpy(cs0 + 1 + i * 2, "\x65\xE5", 2);
	assert_int_equal(udf_host_name(cs0, 255, name, &n), UDF_OK);
	assert_int_equal(n, 1 + 83 * 3 + 5);
	assert_string_equal(name + 1 + 83 * 3, "#D73E");
	assert_int_equal(udf_cs0_from_utf8(name, n, again, sizeof(again), &n_again), UDF_OK);

	/* With an extension: ".txt" stays. */
	memcpy(cs0 + 255 - 8, "\0.\0t\0x\0t", 8);
	assert_int_equal(udf_host_name(cs0, 255, name, &n), UDF_OK);
	assert_true(n <= 255);
	assert_string_equal(name + n - 9, "#0778.txt");
	assert_int_equal(udf_cs0_from_utf8(name, n, again, sizeof(again), &n_again), UDF_OK);

	/* '/' and 253 characters of two bytes under ID 8. */
	memset(cs0 + 1, 0xE9, 254);
	cs0[0] = 8;
	cs0[1] = '/';
	assert_int_equal(udf_host_name(cs0, 255, name, &n), UDF_OK);
	assert_int_equal(n, 1 + 124 * 2 + 5);
	assert_string_equal(name + 1 + 124 * 2, "#26A2");
}

static void long_names_that_differ_stay_different(void **state)
{
	uint8_t a[255], b[255];
	char name_a[UDF_HOST_NAME_MAX_BYTES + 1], name_b[UDF_HOST_NAME_MAX_BYTES + 1];
	size_t n;

	(void)state;
	memset(a, 0xE9, sizeof(a));
	a[0] = 8;
	memcpy(b, a, sizeof(a));
	b[254] = 0xE8;
	a[1] = b[1] = '/';	/* so that they are cut */
	assert_int_equal(udf_host_name(a, sizeof(a), name_a, &n), UDF_OK);
	assert_int_equal(udf_host_name(b, sizeof(b), name_b, &n), UDF_OK);
	assert_string_not_equal(name_a, name_b);
}

/* Whatever is on the disc: no '/', no NUL, not "." or "..", valid UTF-8, at most 508 bytes. */
static void any_bytes_give_a_name_that_a_host_takes(void **state)
{
	static const uint8_t ids[] = { 8, 16, 254, 255 };

	(void)state;
	random_start();
	for (int round = 0; round < 20000; round++) {
		uint8_t cs0[255], again[600];
		char name[UDF_HOST_NAME_MAX_BYTES + 1];
		size_t n_bytes = 2 + (size_t)(random_next() % 254), n, n_again;

		random_fill(cs0, sizeof(cs0));
		/* A few kinds of characters make collisions of all rules likely. */
		for (size_t i = 1; i < n_bytes && round % 2; i++)
			cs0[i] = (uint8_t)"\0./a\xE9\xD8\xDC"[cs0[i] % 7];
		cs0[0] = ids[random_next() % 4];
		if (udf_host_name(cs0, n_bytes, name, &n)) {
			assert_true(cs0[0] == 16 || cs0[0] == 255);
			assert_int_equal(n_bytes % 2, 0);
			continue;
		}
		assert_true(n > 0 && n <= UDF_HOST_NAME_MAX_BYTES);
		assert_int_equal(strlen(name), n);
		assert_null(strchr(name, '/'));
		assert_string_not_equal(name, ".");
		assert_string_not_equal(name, "..");
		n_again = 0;
		if (udf_cs0_from_utf8(name, n, again, sizeof(again), &n_again))
			assert_true(strstr(name, "\uFEFF") || strstr(name, "\xEF\xBF\xBE"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_the_bytes_of_the_standard),
		cmocka_unit_test(names_of_deleted_entries_are_read),
		cmocka_unit_test(malformed_utf8_is_refused_as_a_name),
		cmocka_unit_test(names_that_cannot_be_recorded_get_one_that_can),
		cmocka_unit_test(conversions_fit_the_buffer_to_the_byte),
		cmocka_unit_test(other_compression_ids_and_lengths_are_corrupt),
		cmocka_unit_test(lone_surrogates_are_shown_as_replacement_characters),
		cmocka_unit_test(every_cs0_text_survives_a_round_trip),
		cmocka_unit_test(dstrings_have_the_bytes_of_the_standard),
		cmocka_unit_test(dstring_holds_two_bytes_less_than_the_field),
		cmocka_unit_test(dstrings_with_a_wrong_length_or_id_are_invalid),
		cmocka_unit_test(ordinary_names_are_shown_unchanged),
		cmocka_unit_test(illegal_characters_become_underscore_and_crc),
		cmocka_unit_test(only_the_last_short_part_is_an_extension),
		cmocka_unit_test(dot_and_dot_dot_are_shown_as_other_names),
		cmocka_unit_test(long_names_are_shown_whole),
		cmocka_unit_test(long_names_with_a_crc_are_cut_between_characters),
		cmocka_unit_test(long_names_that_differ_stay_different),
		cmocka_unit_test(any_bytes_give_a_name_that_a_host_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
