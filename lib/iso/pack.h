/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which disc gets which file, as far as sizes are known.
 *
 * Neighbours in the tree stay together.  The tree is cut into pieces, in the order of paths: a piece is as many
 * neighbouring files and directories of one directory as fit into a given size together.  The largest piece is placed
 * first, each on the first disc that has room for it (first fit, decreasing).  That is tried with pieces as large as a
 * disc, half as large, and so on to single files; what needs the fewest discs is taken, of those what leaves the fewest
 * empty, and of those the coarsest.  So directories are only torn apart where that saves a disc, where a small disc
 * would get nothing, or where one doesn't fit on any.
 *
 * The result depends on the items alone.
 */
#ifndef UDF_ISO_PACK_H
#define UDF_ISO_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

struct udf_pack_item {
	const char *path;		/* without a slash at its beginning or end */
	uint64_t n_bytes;		/* that it takes, with its entry in the directory */
	size_t first;			/* the first item of those that must stay together; often the item itself */
	bool is_pinned;			/* it goes to the first disc */
};

/**
 * Pack N_ITEMS ITEMS, which are in the order of their paths (strcmp()), onto at most N_ROOMS discs.
 *
 * @room_bytes   The room on each disc.
 * @ret_discs    Of each item, from 1 on.
 * @ret_n_discs  How many discs are used; those before the last may be empty where they are too small for everything.
 * @ret_item     With UDF_E_RANGE, an item that has no room with what it must stay with; with UDF_E_NOSPC not set.
 * Returns UDF_E_RANGE, UDF_E_NOSPC if all discs are full, or UDF_E_NOMEM.
 */
enum udf_err udf_pack(const struct udf_pack_item *items, size_t n_items, const uint64_t *room_bytes, unsigned n_rooms,
		      unsigned *ret_discs, unsigned *ret_n_discs, size_t *ret_item);

#endif
