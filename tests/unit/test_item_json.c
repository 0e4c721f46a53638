/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors as JSON. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/cs0.h"
#include "ecma/codec.h"
#include "front/item_json.h"
#include "golden.h"
#include "vectors.h"

static void to_json(void *ctx, const struct udf_item *item)
{
	front_item_to_json(ctx, NULL, item);
}

/* The JSON of a descriptor, valid until the next call. */
static const char *dump(const uint8_t *bytes, size_t n_bytes)
{
	static char text[1u << 18];
	struct cli_json json = { .out = fmemopen(text, sizeof(text), "w") };

	assert_non_null(json.out);
	assert_int_equal(udf_descriptor_dump(bytes, n_bytes, UDF_AD_SHORT, to_json, &json), UDF_OK);
	assert_int_equal(json.depth, 0);
	assert_int_equal(fclose(json.out), 0);
	return text;
}

/* Enough of a JSON parser to tell whether text is JSON: returns what follows a value. */
static const char *json_value(const char *p, int depth);

static const char *json_string(const char *p)
{
	assert_int_equal(*p, '"');
	for (p++; *p != '"'; p++) {
		assert_true((unsigned char)*p >= 0x20);
		if (*p == '\\')
			p += p[1] == 'u' ? 5 : 1;
	}
	return p + 1;
}

static const char *json_blank(const char *p)
{
	return p + strspn(p, " \n");
}

static const char *json_members(const char *p, char end, int depth)
{
	p = json_blank(p + 1);
	while (*p != end) {
		if (end == '}') {
			p = json_string(p);
			assert_int_equal(*p++, ':');
		}
		p = json_blank(json_value(json_blank(p), depth + 1));
		if (*p == ',') {
			p = json_blank(p + 1);
			assert_int_not_equal(*p, end);
		} else {
			assert_int_equal(*p, end);
		}
	}
	return p + 1;
}

static const char *json_value(const char *p, int depth)
{
	assert_true(depth < 10);
	if (*p == '{')
		return json_members(p, '}', depth);
	if (*p == '[')
		return json_members(p, ']', depth);
	if (*p == '"')
		return json_string(p);
	assert_true(*p == '-' || (*p >= '0' && *p <= '9'));
	return p + 1 + strspn(p + 1, "0123456789");
}

static void every_golden_descriptor_becomes_one_json_object(void **state)
{
	static const char *const names[] = { "bdr260", "bridge102", "hd102", "hd201", "icb4096",
					     "short150", "spar201", "table201", "vat150", "vat201" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		FILE *file = golden_open(names[i]);
		struct golden g;

		while (golden_next(file, &g))
			assert_string_equal(json_value(dump(g.bytes, g.n_bytes), 0), "\n");
		fclose(file);
	}
}

static void quotes_and_control_characters_are_escaped_in_json(void **state)
{
	struct udf_pvd pvd = { .tag = { .id = UDF_TAG_PVD } };
	uint8_t disc[512];
	const char *text;

	(void)state;
	assert_int_equal(udf_dstring_from_utf8("a\"\\\n\x7F\u65E5", pvd.volume_id, 32), UDF_OK);
	udf_pvd_encode(&pvd, disc);
	text = dump(disc, sizeof(disc));
	assert_non_null(strstr(text, "\"VolumeIdentifier\": \"a\\\"\\\\\\n\\u007f\u65E5\""));
	assert_string_equal(json_value(text, 0), "\n");
}

static void random_bytes_become_json(void **state)
{
	static const uint16_t ids[] = { 0, 1, 4, 6, 7, 9, 256, 257, 258, 261, 262, 263, 264, 266 };

	(void)state;
	random_start();
	for (int round = 0; round < 3000; round++) {
		uint16_t id = ids[random_next() % (sizeof(ids) / sizeof(ids[0]))];
		size_t fixed = udf_layout_by_tag(id)->n_bytes;
		size_t n_bytes = fixed + (size_t)(random_next() % 200);
		uint8_t *bytes = malloc(n_bytes);

		assert_non_null(bytes);
		random_fill(bytes, n_bytes);
		for (size_t i = 16; i < n_bytes; i++)	/* small numbers reach further */
			if (random_next() % 2)
				bytes[i] = 0;
		put_le16(bytes, id);
		assert_string_equal(json_value(dump(bytes, n_bytes), 0), "\n");
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_golden_descriptor_becomes_one_json_object),
		cmocka_unit_test(quotes_and_control_characters_are_escaped_in_json),
		cmocka_unit_test(random_bytes_become_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
