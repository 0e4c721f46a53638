/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rules within a descriptor tell, for tests of them. */
#ifndef TESTS_UNIT_RULES_FIXTURE_H
#define TESTS_UNIT_RULES_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ecma/codec.h"
#include "sink.h"

static const struct udf_place here = { .part_ref = 0, .block_no = 7 };
static struct memory_sink heard;

/* Told PROBLEM for FIELD and nothing else. */
static inline void assert_reported(enum udf_problem problem, const char *field)
{
	if (heard.n != 1 || !memory_sink_has(&heard, problem, field)) {
		memory_sink_print(&heard);
		fail_msg("wanted %s %s alone", udf_problem_name(problem), field ? field : "-");
	}
}

static inline void assert_nothing_reported(void)
{
	if (heard.n != 0) {
		memory_sink_print(&heard);
		fail_msg("wanted nothing");
	}
}

/* Make the checksum right again after a change. */
static inline void fix_checksum(uint8_t *block)
{
	block[4] = 0;
	for (unsigned i = 0; i < UDF_TAG_BYTES; i++)
		if (i != 4)
			block[4] = (uint8_t)(block[4] + block[i]);
}

#endif
