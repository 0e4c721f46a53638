/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <dlfcn.h>

#include "tar/libarchive.h"

#define LIBRARY "libarchive.so.13"	/* since 3.0 */

struct libarchive la;

static bool find(void *library, const char *name, void *ret_function)
{
	*(void **)ret_function = dlsym(library, name);
	return *(void **)ret_function != NULL;
}

bool libarchive_load(void)
{
	static bool is_loaded;
	void *library;
	bool all = true;

	if (is_loaded)
		return true;
	library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
	if (!library)
		return false;
#define X(name) all = find(library, #name, &la.name) && all;
	LIBARCHIVE_CALLS(X)
#undef X
	is_loaded = all;
	return all;
}
