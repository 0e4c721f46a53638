/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"

enum udf_err udf_bounds_init(struct udf_bounds *b, uint32_t n)
{
	uint32_t at;

	b->n = n;
	for (b->n_leaves = 1; b->n_leaves < n; b->n_leaves *= 2)
		;
	b->nodes = calloc(2, b->n_leaves);
	if (!b->nodes)
		return UDF_E_NOMEM;
	/* leaves without a place stay 0 */
	memset(b->nodes + b->n_leaves, (int)UDF_BOUND_MAX, n);
	for (at = b->n_leaves - 1; at > 0; at--)
		b->nodes[at] = b->nodes[2 * at];
	return UDF_OK;
}

void udf_bounds_done(struct udf_bounds *b)
{
	free(b->nodes);
	*b = (struct udf_bounds){ 0 };
}

void udf_bounds_set(struct udf_bounds *b, uint32_t at, uint8_t bound)
{
	uint8_t *nodes = b->nodes;

	at += b->n_leaves;
	nodes[at] = bound;
	for (at /= 2; at > 0; at /= 2) {
		uint8_t highest = nodes[2 * at] > nodes[2 * at + 1] ? nodes[2 * at] : nodes[2 * at + 1];

		if (nodes[at] == highest)
			return;
		nodes[at] = highest;
	}
}

uint32_t udf_bounds_next(const struct udf_bounds *b, uint32_t from, uint8_t least)
{
	uint32_t at = b->n_leaves + from;

	if (from >= b->n)
		return b->n;
	while (b->nodes[at] < least) {
		while (at & 1)
			at /= 2;	/* a right child, or the root: everything below it has been passed */
		if (at == 0)
			return b->n;
		at++;
	}
	while (at < b->n_leaves)
		at = b->nodes[2 * at] >= least ? 2 * at : 2 * at + 1;
	return at - b->n_leaves;
}
