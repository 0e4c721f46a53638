/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fuzz target is one function over one input; it links libFuzzer's main, or replay.c, which runs
 * the kept corpus as a test.
 */
#ifndef UDF_TESTS_FUZZ_FUZZ_H
#define UDF_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

/* Holds whatever the input is; unlike assert() in every build. */
#define MUST(condition) do { \
	if (!(condition)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
		abort(); \
	} \
} while (0)

#endif
