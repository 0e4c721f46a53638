/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alloc.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

void *__real_malloc(size_t n_bytes);
void *__real_calloc(size_t n, size_t n_bytes);
void *__real_realloc(void *old, size_t n_bytes);
void *__wrap_malloc(size_t n_bytes);
void *__wrap_calloc(size_t n, size_t n_bytes);
void *__wrap_realloc(void *old, size_t n_bytes);

static uint64_t n_to_go;
static bool given;

void alloc_fail_nth(uint64_t nth)
{
	n_to_go = nth;
	given = false;
}

bool alloc_has_failed(void)
{
	return given;
}

static bool fails(void)
{
	if (n_to_go == 0 || --n_to_go > 0)
		return false;
	given = true;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t n_bytes)
{
	void *p = fails() ? NULL : __real_malloc(n_bytes);

	/* What isn't set must not look as if it were zero. */
	if (p)
		memset(p, 0xDB, n_bytes);
	return p;
}

void *__wrap_calloc(size_t n, size_t n_bytes)
{
	return fails() ? NULL : __real_calloc(n, n_bytes);
}

void *__wrap_realloc(void *old, size_t n_bytes)
{
	return fails() ? NULL : __real_realloc(old, n_bytes);
}
