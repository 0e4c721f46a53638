/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors that other people's tools wrote: tests/golden, made by make-golden there. */
#ifndef UDF_TESTS_UNIT_GOLDEN_H
#define UDF_TESTS_UNIT_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The label that make-golden gives with mkudffs. */
#define LABEL "L\u00E4bel \u65E5\u672C"

struct golden {
	unsigned long sector, at;
	uint16_t id;
	size_t n_bytes;
	uint8_t bytes[8192];
};

/** The file of a volume ("hd201"); the test fails if it is not there. */
FILE *golden_open(const char *name);

/** The next descriptor of a volume; false at the end. */
bool golden_next(FILE *file, struct golden *ret);

/** The N-th (from 0) descriptor with ID of a volume. */
void golden_find(const char *name, uint16_t id, unsigned nth, struct golden *ret);

#endif
