/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of byte layouts share: bytes from hex text, random bytes from a printed seed. */
#ifndef UDF_TESTS_UNIT_VECTORS_H
#define UDF_TESTS_UNIT_VECTORS_H

#include <stddef.h>
#include <stdint.h>

/** Bytes of "01 2A ff" (white space anywhere between the pairs); returns how many. */
size_t vector_from_hex(const char *hex, uint8_t *ret_bytes, size_t cap);

/** Start a sequence of random numbers: $UDFKIT_SEED or 1, printed as a TAP comment. */
void random_start(void);
uint64_t random_next(void);
void random_fill(void *ret_bytes, size_t n_bytes);

#endif
