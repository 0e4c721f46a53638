/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * On 32-bit machines our time_t has 64 bits, because configure asks for that, and the one that libisofs was built
 * with may have 32.  This file alone has the time_t that the system has by itself, as its packages do.
 */
#undef _TIME_BITS
#include "iso/times.h"

#define LIBISOFS_WITHOUT_LIBBURN
#include <sys/types.h>
#include <libisofs/libisofs.h>

/* The nearest one that there is. */
static time_t narrow(int64_t at)
{
	const int64_t latest = sizeof(time_t) >= sizeof(int64_t) ? INT64_MAX : INT32_MAX;

	if (at > latest)
		at = latest;
	return at < -latest - 1 ? (time_t)(-latest - 1) : (time_t)at;
}

void udf_iso_times_get(const struct Iso_Node *node, struct udf_iso_times *ret_times)
{
	*ret_times = (struct udf_iso_times){ iso_node_get_mtime(node), iso_node_get_atime(node),
					     iso_node_get_ctime(node) };
}

void udf_iso_times_set(struct Iso_Node *node, const struct udf_iso_times *times)
{
	iso_node_set_mtime(node, narrow(times->modified));
	iso_node_set_atime(node, narrow(times->accessed));
	iso_node_set_ctime(node, narrow(times->changed));
}

void udf_iso_times_of_volume(struct iso_write_opts *opts, int64_t now)
{
	char no_uuid[] = "";

	iso_write_opts_set_pvd_times(opts, narrow(now), narrow(now), 0, narrow(now), no_uuid);
}
