/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "iso/pack.h"

#include <stdlib.h>
#include <string.h>

#define N_LEVELS 8u		/* pieces of a disc, a half, ... a 64th, and single files */

struct range {			/* of items whose paths have their first n_prefix bytes in common */
	size_t from, to, n_prefix;
};

struct piece {
	uint64_t n_bytes;
	size_t first;		/* item */
	size_t number;
};

struct packing {
	const struct udf_pack_item *items;
	size_t n_items;
	const uint64_t *room_bytes;
	unsigned n_rooms;
	uint64_t largest_bytes;		/* of room_bytes */
	uint64_t *sums;			/* of the items before each, and of all */
	size_t *piece_of;		/* each item; from n_items on: groups of pieces that are too large together */
	size_t *leader;			/* of a piece: another piece that it must stay with, or itself */
	struct piece *pieces;		/* 2 * n_items + 1 */
	unsigned *disc_of;		/* each piece */
	uint64_t *left_bytes;		/* on each disc */
	struct range *stack;
	size_t n_stack, cap_stack;
	size_t n_pieces;
};

static bool push(struct packing *p, struct range range)
{
	if (p->n_stack == p->cap_stack) {
		size_t cap = p->cap_stack ? p->cap_stack * 2 : 64;
		struct range *more = reallocarray(p->stack, cap, sizeof(*more));

		if (!more)
			return false;
		p->stack = more;
		p->cap_stack = cap;
	}
	p->stack[p->n_stack++] = range;
	return true;
}

/* The end of what belongs to the same entry of the directory as item AT; RET_N_PREFIX: where names in it begin. */
static size_t child_end(const struct packing *p, const struct range *in, size_t at, size_t *ret_n_prefix)
{
	const char *path = p->items[at].path, *slash = strchr(path + in->n_prefix, '/');
	size_t low = at + 1, high = in->to;

	*ret_n_prefix = 0;
	if (!slash)
		return at + 1;
	*ret_n_prefix = (size_t)(slash - path) + 1;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strncmp(p->items[middle].path, path, *ret_n_prefix) == 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void make_piece(struct packing *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		p->piece_of[i] = p->n_pieces;
	p->n_pieces++;
}

/* Neighbours in one directory, up to LIMIT bytes together; a directory that is larger comes later. */
static bool cut_range(struct packing *p, struct range in, uint64_t limit)
{
	size_t from = in.from, end, n_prefix;

	for (size_t at = in.from; at < in.to; at = end) {
		end = child_end(p, &in, at, &n_prefix);
		if (p->sums[end] - p->sums[from] <= limit)
			continue;
		if (from < at)
			make_piece(p, from, at);
		from = at;
		if (p->sums[end] - p->sums[at] <= limit)
			continue;
		if (!n_prefix)
			make_piece(p, at, end);
		else if (!push(p, (struct range){ at, end, n_prefix }))
			return false;
		from = end;
	}
	if (from < in.to)
		make_piece(p, from, in.to);
	return true;
}

static size_t leader_of(const struct packing *p, size_t piece)
{
	while (p->leader[piece] != piece) {
		p->leader[piece] = p->leader[p->leader[piece]];
		piece = p->leader[piece];
	}
	return piece;
}

static void add_up(struct packing *p, size_t n_numbers)
{
	for (size_t i = 0; i < n_numbers; i++)
		p->pieces[i] = (struct piece){ .n_bytes = 0, .first = SIZE_MAX, .number = i };
	for (size_t i = 0; i < p->n_items; i++) {
		struct piece *piece = &p->pieces[p->piece_of[i]];

		piece->n_bytes += p->items[i].n_bytes;
		if (piece->first == SIZE_MAX)
			piece->first = i;
	}
}

/* Pieces with names of one file become one piece, or, where that is too large, are cut into what must stay together. */
static void join_pieces(struct packing *p)
{
	for (size_t i = 0; i < p->n_pieces; i++)
		p->leader[i] = i;
	for (size_t i = 0; i < p->n_items; i++) {
		size_t a = leader_of(p, p->piece_of[i]), b = leader_of(p, p->piece_of[p->items[i].first]);

		if (a != b && !p->items[i].is_pinned)
			p->leader[a > b ? a : b] = a > b ? b : a;
	}
	for (size_t i = 0; i < p->n_items; i++)
		p->piece_of[i] = leader_of(p, p->piece_of[i]);
	add_up(p, p->n_pieces);
	for (size_t i = 0; i < p->n_items; i++) {
		if (p->items[i].is_pinned)
			p->piece_of[i] = 2 * p->n_items;
		else if (p->pieces[p->piece_of[i]].n_bytes > p->largest_bytes)
			p->piece_of[i] = p->n_items + p->items[i].first;
	}
	add_up(p, 2 * p->n_items + 1);
}

/* What is pinned first, then the largest; in the order of paths where they are equal. */
static int compare(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->n_bytes != y->n_bytes)
		return x->n_bytes > y->n_bytes ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static enum udf_err place(struct packing *p, const struct piece *piece, unsigned n_rooms, unsigned *n_discs)
{
	for (unsigned i = 0; i < n_rooms; i++) {
		if (piece->n_bytes > p->left_bytes[i])
			continue;
		p->left_bytes[i] -= piece->n_bytes;
		p->disc_of[piece->number] = i + 1;
		if (*n_discs < i + 1)
			*n_discs = i + 1;
		return UDF_OK;
	}
	return UDF_E_NOSPC;
}

static unsigned count_empty(const struct packing *p, unsigned n_discs)
{
	unsigned n = 0;

	for (unsigned i = 0; i < n_discs; i++)
		n += p->left_bytes[i] == p->room_bytes[i];
	return n;
}

static enum udf_err place_all(struct packing *p, unsigned *ret_n_discs, size_t *ret_item)
{
	size_t n_numbers = 2 * p->n_items + 1, n = 0;
	enum udf_err err = UDF_OK;

	memcpy(p->left_bytes, p->room_bytes, p->n_rooms * sizeof(*p->left_bytes));
	*ret_n_discs = 1;
	if (p->pieces[n_numbers - 1].first != SIZE_MAX) {
		err = place(p, &p->pieces[n_numbers - 1], 1, ret_n_discs);
		if (err) {
			*ret_item = p->pieces[n_numbers - 1].first;
			return UDF_E_RANGE;
		}
	}
	for (size_t i = 0; i < n_numbers - 1; i++)
		if (p->pieces[i].first != SIZE_MAX)
			p->pieces[n++] = p->pieces[i];
	qsort(p->pieces, n, sizeof(*p->pieces), compare);
	for (size_t i = 0; i < n && !err; i++) {
		err = place(p, &p->pieces[i], p->n_rooms, ret_n_discs);
		if (err && p->pieces[i].n_bytes > p->largest_bytes) {
			*ret_item = p->pieces[i].first;
			err = UDF_E_RANGE;
		}
	}
	return err;
}

/* Pack with pieces of up to LIMIT bytes. */
static enum udf_err pack_with(struct packing *p, uint64_t limit, unsigned *ret_n_discs, size_t *ret_item)
{
	p->n_pieces = p->n_stack = 0;
	if (!push(p, (struct range){ 0, p->n_items, 0 }))
		return UDF_E_NOMEM;
	while (p->n_stack)
		if (!cut_range(p, p->stack[--p->n_stack], limit))
			return UDF_E_NOMEM;
	join_pieces(p);
	return place_all(p, ret_n_discs, ret_item);
}

static bool prepare(struct packing *p)
{
	size_t n_numbers = 2 * p->n_items + 1;

	p->sums = calloc(p->n_items + 1, sizeof(*p->sums));
	p->piece_of = calloc(p->n_items + 1, sizeof(*p->piece_of));
	p->leader = calloc(p->n_items + 1, sizeof(*p->leader));
	p->pieces = calloc(n_numbers, sizeof(*p->pieces));
	p->disc_of = calloc(n_numbers, sizeof(*p->disc_of));
	p->left_bytes = calloc(p->n_rooms, sizeof(*p->left_bytes));
	if (!p->sums || !p->piece_of || !p->leader || !p->pieces || !p->disc_of || !p->left_bytes)
		return false;
	for (size_t i = 0; i < p->n_items; i++)
		p->sums[i + 1] = p->sums[i] + p->items[i].n_bytes;
	for (unsigned i = 0; i < p->n_rooms; i++)
		if (p->largest_bytes < p->room_bytes[i])
			p->largest_bytes = p->room_bytes[i];
	return true;
}

static void done(struct packing *p)
{
	free(p->sums);
	free(p->piece_of);
	free(p->leader);
	free(p->pieces);
	free(p->disc_of);
	free(p->left_bytes);
	free(p->stack);
}

enum udf_err udf_pack(const struct udf_pack_item *items, size_t n_items, const uint64_t *room_bytes, unsigned n_rooms,
		      unsigned *ret_discs, unsigned *ret_n_discs, size_t *ret_item)
{
	struct packing p = { .items = items, .n_items = n_items, .room_bytes = room_bytes, .n_rooms = n_rooms };
	enum udf_err err = prepare(&p) ? UDF_OK : UDF_E_NOMEM, result = UDF_E_NOSPC;
	unsigned n_discs, n_empty, fewest = 0, fewest_empty = 0;

	for (unsigned level = 0; level < N_LEVELS && !err; level++) {
		uint64_t limit = level + 1 < N_LEVELS ? p.largest_bytes >> level : 0;

		err = pack_with(&p, limit, &n_discs, ret_item);
		n_empty = err ? 0 : count_empty(&p, n_discs);
		if (!err && (!fewest || n_discs < fewest || (n_discs == fewest && n_empty < fewest_empty))) {
			fewest = n_discs;
			fewest_empty = n_empty;
			for (size_t i = 0; i < n_items; i++)
				ret_discs[i] = p.disc_of[p.piece_of[i]];
			result = UDF_OK;
		}
		if (err == UDF_E_NOSPC)
			err = UDF_OK;
	}
	done(&p);
	if (!err && !result)
		*ret_n_discs = fewest;
	return err ? err : result;
}
