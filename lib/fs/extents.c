/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The extent list of a file in memory: sorted, without gaps, neighbours merged. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "fs/extent.h"

struct extents *extents_new(void)
{
	struct extents *ext = calloc(1, sizeof(*ext));

	if (ext)
		ext->changed = true;
	return ext;
}

void extents_free(struct extents *ext)
{
	if (!ext)
		return;
	free(ext->v);
	free(ext->aed_lbn);
	free(ext);
}

enum udf_err run_list_add(struct run_list *list, uint32_t lbn, uint32_t n_blocks)
{
	struct block_run *last = list->n_runs ? &list->runs[list->n_runs - 1] : NULL;

	if (n_blocks == 0)
		return UDF_OK;
	if (last && last->lbn + (uint64_t)last->n_blocks == lbn &&
	    (uint64_t)last->n_blocks + n_blocks <= UINT32_MAX) {
		last->n_blocks += n_blocks;
		return UDF_OK;
	}
	if (list->n_runs == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 8;
		struct block_run *runs = realloc(list->runs, cap * sizeof(*runs));

		if (!runs)
			return UDF_E_NOMEM;
		list->runs = runs;
		list->cap = cap;
	}
	list->runs[list->n_runs++] = (struct block_run){ lbn, n_blocks };
	return UDF_OK;
}

void run_list_done(struct run_list *list)
{
	free(list->runs);
	memset(list, 0, sizeof(*list));
}

uint64_t extents_end(const struct extents *ext)
{
	const struct extent *last = ext->n ? &ext->v[ext->n - 1] : NULL;

	return last ? last->file_block + last->n_blocks : 0;
}

uint32_t extents_find(const struct extents *ext, uint64_t file_block)
{
	uint32_t low = 0, high = ext->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (ext->v[mid].file_block + ext->v[mid].n_blocks <= file_block)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint64_t extents_count_recorded(const struct extents *ext)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < ext->n; i++)
		if (ext->v[i].kind == UDF_EXTENT_RECORDED)
			n += ext->v[i].n_blocks;
	return n;
}

static enum udf_err make_room(struct extents *ext, uint32_t at, uint32_t n_more)
{
	if (ext->n > UINT32_MAX / 2 - n_more)
		return UDF_E_FILE_TOO_BIG;
	if (ext->n + n_more > ext->cap) {
		uint32_t cap = ext->cap ? ext->cap * 2 : 2;
		struct extent *v;

		while (cap < ext->n + n_more)
			cap *= 2;
		v = realloc(ext->v, cap * sizeof(*v));
		if (!v)
			return UDF_E_NOMEM;
		ext->v = v;
		ext->cap = cap;
	}
	memmove(ext->v + at + n_more, ext->v + at, (ext->n - at) * sizeof(*ext->v));
	ext->n += n_more;
	return UDF_OK;
}

static void remove_at(struct extents *ext, uint32_t at, uint32_t n)
{
	memmove(ext->v + at, ext->v + at + n, (ext->n - at - n) * sizeof(*ext->v));
	ext->n -= n;
}

static bool can_merge(const struct extent *a, const struct extent *b)
{
	return a->kind == b->kind && (uint64_t)a->n_blocks + b->n_blocks <= EXTENT_MAX_BLOCKS &&
	       (a->kind == UDF_EXTENT_HOLE || a->lbn + a->n_blocks == b->lbn);
}

static void merge_around(struct extents *ext, uint32_t first, uint32_t last)
{
	uint32_t i = first ? first - 1 : 0;

	while (i + 1 < ext->n && i <= last) {
		if (can_merge(&ext->v[i], &ext->v[i + 1])) {
			ext->v[i].n_blocks += ext->v[i + 1].n_blocks;
			remove_at(ext, i + 1, 1);
			if (last)
				last--;
		} else {
			i++;
		}
	}
}

/* Split the extent that holds FILE_BLOCK so that one begins there.  *RET_AT: its index. */
static enum udf_err split_at(struct extents *ext, uint64_t file_block, uint32_t *ret_at)
{
	uint32_t at = extents_find(ext, file_block), head;
	enum udf_err err;

	if (at == ext->n || ext->v[at].file_block == file_block) {
		*ret_at = at;
		return UDF_OK;
	}
	err = make_room(ext, at, 1);
	if (err)
		return err;
	head = (uint32_t)(file_block - ext->v[at + 1].file_block);
	ext->v[at] = ext->v[at + 1];
	ext->v[at].n_blocks = head & EXTENT_MAX_BLOCKS;
	ext->v[at + 1].file_block = file_block;
	ext->v[at + 1].n_blocks = (ext->v[at + 1].n_blocks - head) & EXTENT_MAX_BLOCKS;
	if (ext->v[at + 1].kind != UDF_EXTENT_HOLE)
		ext->v[at + 1].lbn += head;
	*ret_at = at + 1;
	return UDF_OK;
}

/* Append pieces of at most EXTENT_MAX_BLOCKS at the end of the list. */
static enum udf_err append(struct extents *ext, uint64_t n_blocks, enum udf_extent_type kind, uint32_t lbn)
{
	while (n_blocks) {
		uint32_t n = (uint32_t)udf_min64(n_blocks, EXTENT_MAX_BLOCKS);
		struct extent piece = { .file_block = extents_end(ext),
					.lbn = lbn,
					.n_blocks = n & EXTENT_MAX_BLOCKS,
					.kind = (unsigned)kind & 3u };
		enum udf_err err;

		if (ext->n && can_merge(&ext->v[ext->n - 1], &piece)) {
			ext->v[ext->n - 1].n_blocks += n & EXTENT_MAX_BLOCKS;
		} else {
			err = make_room(ext, ext->n, 1);
			if (err)
				return err;
			ext->v[ext->n - 1] = piece;
		}
		n_blocks -= n;
		if (kind != UDF_EXTENT_HOLE)
			lbn += n;
	}
	return UDF_OK;
}

/* Drop the blocks of OLD, unless the new mapping has them at the same place. */
static enum udf_err drop(const struct extent *old, uint64_t first, enum udf_extent_type kind, uint32_t lbn,
			 struct run_list *dropped)
{
	if (old->kind == UDF_EXTENT_HOLE)
		return UDF_OK;
	if (kind != UDF_EXTENT_HOLE && lbn + (old->file_block - first) == old->lbn)
		return UDF_OK;	/* only the kind changes */
	return run_list_add(dropped, old->lbn, old->n_blocks);
}

enum udf_err extents_set(struct extents *ext, uint64_t first, uint64_t n_blocks,
			 enum udf_extent_type kind, uint32_t lbn, struct run_list *dropped)
{
	uint64_t end = extents_end(ext);
	uint32_t from, to, i, n_pieces;
	enum udf_err err;

	if (n_blocks == 0)
		return UDF_OK;
	ext->changed = true;
	if (first > end) {
		err = append(ext, first - end, UDF_EXTENT_HOLE, 0);
		if (err)
			return err;
		end = first;
	}
	if (first == end)
		return append(ext, n_blocks, kind, lbn);
	if (first + n_blocks > end) {
		/* first the part after the end; the remaining part is inside */
		err = append(ext, first + n_blocks - end, kind,
			     kind == UDF_EXTENT_HOLE ? 0 : lbn + (uint32_t)(end - first));
		if (err)
			return err;
		n_blocks = end - first;
	}
	err = split_at(ext, first, &from);
	if (!err)
		err = split_at(ext, first + n_blocks, &to);
	if (err)
		return err;
	for (i = from; i < to && !err; i++)
		err = drop(&ext->v[i], first, kind, lbn, dropped);
	if (err)
		return err;
	n_pieces = (uint32_t)udf_ceil_div(n_blocks, EXTENT_MAX_BLOCKS);
	if (n_pieces > to - from) {
		err = make_room(ext, to, n_pieces - (to - from));
		if (err)
			return err;
	} else {
		remove_at(ext, from + n_pieces, to - from - n_pieces);
	}
	for (i = 0; i < n_pieces; i++) {
		uint32_t n = (uint32_t)udf_min64(n_blocks, EXTENT_MAX_BLOCKS);

		ext->v[from + i] = (struct extent){ .file_block = first,
						    .lbn = lbn,
						    .n_blocks = n & EXTENT_MAX_BLOCKS,
						    .kind = (unsigned)kind & 3u };
		first += n;
		n_blocks -= n;
		if (kind != UDF_EXTENT_HOLE)
			lbn += n;
	}
	merge_around(ext, from, from + n_pieces);
	return UDF_OK;
}

enum udf_err extents_cut(struct extents *ext, uint64_t file_block, struct run_list *dropped)
{
	uint32_t from, i;
	enum udf_err err;

	if (file_block >= extents_end(ext))
		return UDF_OK;
	ext->changed = true;
	err = split_at(ext, file_block, &from);
	for (i = from; i < ext->n && !err; i++)
		if (ext->v[i].kind != UDF_EXTENT_HOLE)
			err = run_list_add(dropped, ext->v[i].lbn, ext->v[i].n_blocks);
	if (!err)
		ext->n = from;
	return err;
}
