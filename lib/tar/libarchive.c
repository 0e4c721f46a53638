/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * On 32-bit machines our time_t has 64 bits, because configure asks for that, and the one that libarchive was built
 * with may have 32.  This file alone has the time_t that the system has by itself, as its packages do.
 */
#undef _TIME_BITS
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

void libarchive_times(struct archive_entry *entry, struct libarchive_times *ret_times)
{
	*ret_times = (struct libarchive_times){
		.modified = { la.archive_entry_mtime_is_set(entry), la.archive_entry_mtime(entry),
			      la.archive_entry_mtime_nsec(entry) },
		.accessed = { la.archive_entry_atime_is_set(entry), la.archive_entry_atime(entry),
			      la.archive_entry_atime_nsec(entry) },
		.changed = { la.archive_entry_ctime_is_set(entry), la.archive_entry_ctime(entry),
			     la.archive_entry_ctime_nsec(entry) },
	};
}
