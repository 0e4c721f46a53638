/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sink that remembers what it hears. */
#ifndef UDF_TESTS_UNIT_SINK_H
#define UDF_TESTS_UNIT_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <udfkit/problem.h>

#define SINK_MAX 64

struct memory_sink {
	struct udf_sink sink;		/* first: its address is ours */
	size_t n;
	struct udf_finding findings[SINK_MAX];
};

static inline void memory_sink_report(struct udf_sink *sink, const struct udf_finding *finding)
{
	struct memory_sink *memory = (struct memory_sink *)(void *)sink;

	if (memory->n < SINK_MAX)
		memory->findings[memory->n++] = *finding;
}

static inline void memory_sink_start(struct memory_sink *memory)
{
	memset(memory, 0, sizeof(*memory));
	memory->sink.report = memory_sink_report;
}

/** Was PROBLEM reported for FIELD (NULL: for any)? */
static inline bool memory_sink_has(const struct memory_sink *memory, enum udf_problem problem,
				   const char *field)
{
	for (size_t i = 0; i < memory->n; i++)
		if (memory->findings[i].problem == problem &&
		    (!field || (memory->findings[i].place.field &&
				strcmp(memory->findings[i].place.field, field) == 0)))
			return true;
	return false;
}

/** All findings as TAP comments: for a test that fails. */
static inline void memory_sink_print(const struct memory_sink *memory)
{
	for (size_t i = 0; i < memory->n; i++) {
		const struct udf_finding *f = &memory->findings[i];

		printf("# %s %s at %u: %llx, expected %llx\n", udf_problem_name(f->problem),
		       f->place.field ? f->place.field : "-", f->place.block_no,
		       (unsigned long long)f->found, (unsigned long long)f->expected);
	}
}

#endif
