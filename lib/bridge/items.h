/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The objects of an ISO 9660 image, walked in the order of host_walk(). */
#ifndef UDF_BRIDGE_ITEMS_H
#define UDF_BRIDGE_ITEMS_H

#include "iso/iso.h"
#include "tree/host_walk.h"

struct bridge_items {
	const struct udf_iso_tree *tree;
	bool is_located;		/* what is not in the image's directories is left out */
};

/** As host_walk(); CTX is a struct bridge_items.  The data of a file begin at byte data_at_bytes of the volume. */
enum udf_err bridge_items_walk(void *ctx, const struct host_walk *walk, uint64_t root_tag);

#endif
