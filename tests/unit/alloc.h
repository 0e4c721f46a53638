/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Make the n-th allocation fail.  A test program that uses this lists alloc.c among its sources and
 * links with $(WRAP_ALLOC), so that malloc(), calloc() and realloc() of our own objects come here.
 * What malloc() gives is filled with 0xDB.
 */
#ifndef UDF_TESTS_UNIT_ALLOC_H
#define UDF_TESTS_UNIT_ALLOC_H

#include <stdbool.h>
#include <stdint.h>

/** The NTH allocation from now (1: the next) fails, once; 0: none. */
void alloc_fail_nth(uint64_t nth);

/** Has the failure been given?  Ends the loop of a test that goes through every allocation. */
bool alloc_has_failed(void);

#endif
