/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New nodes, in the order of their addresses: libisofs numbers the inodes of all but regular files in that order.  So
 * that the same tree always gives the same image, no node has a lower address than one that was made before it.
 */
#include "config.h"

#include <stdlib.h>

#include "iso/internal.h"

#define MAX_TRIES 1024u			/* for one node; each takes a piece of free memory out of use */

/* Keep it, with its memory, until the image is freed. */
static bool put_aside(struct udf_iso_order *order, IsoNode *node)
{
	if ((order->n_aside & (order->n_aside - 1)) == 0) {	/* full: 0, 1, 2, 4, 8 ... */
		IsoNode **more = reallocarray(order->aside, order->n_aside ? 2 * order->n_aside : 1, sizeof(*more));

		if (!more)
			return false;
		order->aside = more;
	}
	if (iso_node_take(node) < 0)
		return false;
	order->aside[order->n_aside++] = node;
	return true;
}

bool udf_iso_must_be_made_again(struct udf_iso_order *order, IsoNode *node)
{
	if ((uintptr_t)node < order->last && order->n_tries < MAX_TRIES && put_aside(order, node)) {
		order->n_tries++;
		return true;
	}
	order->last = (uintptr_t)node;
	order->n_tries = 0;
	return false;
}

void udf_iso_order_done(struct udf_iso_order *order)
{
	for (size_t i = 0; i < order->n_aside; i++)
		iso_node_unref(order->aside[i]);
	free(order->aside);
}
