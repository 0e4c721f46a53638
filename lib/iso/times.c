/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * On 32-bit machines our time_t has 64 bits, because configure asks for that, and the one that libisofs was built
 * with may have 32.  This file alone has the time_t that the system has by itself, as its packages do.
 */
#undef _TIME_BITS
#include "iso/times.h"

#define LIBISOFS_WITHOUT_LIBBURN
#include <stdlib.h>
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

/* What libisofs calls for fractions; by its address it finds them, too. */
static int fractions_done(void *data, int flag)
{
	if (flag == 1)
		free(data);
	return 1;
}

bool udf_iso_fractions_set(struct Iso_Node *node, const struct udf_iso_fractions *fractions)
{
	struct udf_iso_fractions *own;

	iso_node_remove_xinfo(node, fractions_done);
	if (!fractions->modified && !fractions->accessed && !fractions->changed)
		return true;
	own = malloc(sizeof(*own));
	if (own)
		*own = *fractions;
	if (own && iso_node_add_xinfo(node, fractions_done, own) == 1)
		return true;
	free(own);
	return false;
}

void udf_iso_fractions_get(struct Iso_Node *node, struct udf_iso_fractions *ret_fractions)
{
	void *own = NULL;

	if (iso_node_get_xinfo(node, fractions_done, &own) == 1)
		*ret_fractions = *(const struct udf_iso_fractions *)own;
	else
		*ret_fractions = (struct udf_iso_fractions){ 0, 0, 0 };
}

void udf_iso_times_of_volume(struct iso_write_opts *opts, int64_t now)
{
	char no_uuid[] = "";

	iso_write_opts_set_pvd_times(opts, narrow(now), narrow(now), 0, narrow(now), no_uuid);
}
