/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the caller's references, beside a plain array of counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fs/node.h"
#include "fs/state.h"

#define OK(call) assert_int_equal(call, UDF_OK)

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void reference_counts_agree_with_an_array(void **state)
{
	static uint64_t n[4000];
	struct udf_fs fs = { .refs = { .slots = NULL } };
	uint32_t seed = 1, i, step;

	(void)state;
	for (step = 0; step < 400000; step++) {
		uint32_t at = next_random(&seed) % 4000;
		/* some side by side, some far from each other, and some of them often */
		udf_ino ino = at < 2000 ? at : (uint64_t)at << 36 | at * 7919u;

		if (at % 100 == 0 && n[at] < 70000) {
			for (i = 0; i < 700; i++, n[at]++)
				OK(ref_add(&fs, ino));
		} else if (next_random(&seed) % 2) {
			OK(ref_add(&fs, ino));
			n[at]++;
		} else {
			uint64_t drop = next_random(&seed) % (next_random(&seed) % 16 ? 3 : 100000);

			n[at] = n[at] > drop ? n[at] - drop : 0;
			assert_int_equal(ref_drop(&fs, ino, drop), n[at] == 0);
		}
		assert_int_equal(ref_exists(&fs, ino), n[at] != 0);
	}
	for (i = 0; i < 4000; i++) {
		udf_ino ino = i < 2000 ? i : (uint64_t)i << 36 | i * 7919u;

		assert_int_equal(ref_exists(&fs, ino), n[i] != 0);
		if (n[i] > 1)
			assert_false(ref_drop(&fs, ino, n[i] - 1));
		assert_int_equal(ref_exists(&fs, ino), n[i] != 0);
		assert_true(ref_drop(&fs, ino, 1));
		assert_false(ref_exists(&fs, ino));
	}
	assert_int_equal(fs.refs.n, 0);
	refs_drop_all(&fs);
}

static void references_to_a_million_neighbouring_nodes_take_little_memory(void **state)
{
	struct udf_fs fs = { .refs = { .slots = NULL } };
	uint32_t i;

	(void)state;
	for (i = 0; i < 1000000; i++)
		OK(ref_add(&fs, 272 + i));
	assert_true(fs.refs.cap * sizeof(*fs.refs.slots) <= 4u << 20);
	for (i = 0; i < 1000000; i++)
		assert_true(ref_drop(&fs, 272 + i, 1));
	assert_false(ref_exists(&fs, 272));
	refs_drop_all(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reference_counts_agree_with_an_array),
		cmocka_unit_test(references_to_a_million_neighbouring_nodes_take_little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
