/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Free space in a space table: an Unallocated Space Entry with its allocation descriptors (ECMA-167
 * 4/14.11), in memory a sorted list of ranges.
 *
 * The entry is one block, so that writing it is atomic: it is written in NEW.  Where its area is too small
 * the list continues in AEDs.  These are written afresh each time, in free blocks and in NEW; the entry
 * follows after a flush and switches from the old chain, which it lists as free, to the new one.
 *
 * A search looks only where a range may be: each zone of the partition has an upper bound for the longest range that
 * begins in it, which rises with what is given back and falls when a search has gone through it and found nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "ecma/codec.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"
#include "vol/ad_chain.h"
#include "vol/extent_map.h"

#define MAX_RANGES 262144u		/* 2 MiB in memory, and about as much to write a commit */
#define GOOD_RUN_BLOCKS 16u
#define MAX_ZONES 4096u

/* ---- the list ---- */

static uint32_t end_of(const struct block_run *run)
{
	return run->lbn + run->n_blocks;
}

static uint32_t zone_of(const struct space_table *t, uint32_t lbn)
{
	return lbn >> t->zone_shift;
}

static uint8_t as_bound(uint32_t n_blocks)
{
	return (uint8_t)udf_min64(n_blocks, UDF_BOUND_MAX);
}

/* Range I is new, begins elsewhere, or has grown. */
static void range_changed(struct space_table *t, uint32_t i)
{
	if (t->ranges[i].n_blocks)
		udf_bounds_raise(&t->bounds, zone_of(t, t->ranges[i].lbn), as_bound(t->ranges[i].n_blocks));
}

/* Index of the first range that ends at END or after it. */
static uint32_t first_ending_from(const struct space_table *t, uint32_t end)
{
	uint32_t low = 0, high = t->n_ranges;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (end_of(&t->ranges[mid]) < end)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_free(const struct space_table *t, uint32_t lbn)
{
	uint32_t i = first_ending_from(t, lbn + 1);

	return i < t->n_ranges && t->ranges[i].lbn <= lbn;
}

/* Make room for one more range.  Returns false at the limit, or without memory. */
static bool make_room(struct space_table *t)
{
	uint32_t cap = t->cap ? t->cap * 2 : 64;
	struct block_run *ranges;

	if (t->n_ranges >= t->max_ranges)
		return false;
	if (t->n_ranges < t->cap)
		return true;
	ranges = realloc(t->ranges, cap * sizeof(*ranges));
	if (!ranges)
		return false;
	t->ranges = ranges;
	t->cap = cap;
	return true;
}

static void remove_ranges(struct space_table *t, uint32_t at, uint32_t n)
{
	memmove(t->ranges + at, t->ranges + at + n, (t->n_ranges - at - n) * sizeof(*t->ranges));
	t->n_ranges -= n;
}

static void insert_range(struct space_table *t, uint32_t at, uint32_t lbn, uint32_t n_blocks)
{
	memmove(t->ranges + at + 1, t->ranges + at, (t->n_ranges - at) * sizeof(*t->ranges));
	t->ranges[at] = (struct block_run){ lbn, n_blocks };
	t->n_ranges++;
	range_changed(t, at);
}

/*
 * Remove the ranges that are used up.  They stayed in the list until now, because moving all that follow costs more.
 */
static void drop_used_up(struct space_table *t)
{
	uint32_t n = 0, i;

	for (i = 0; t->n_used_up && i < t->n_ranges; i++)
		if (t->ranges[i].n_blocks)
			t->ranges[n++] = t->ranges[i];
	if (t->n_used_up)
		t->n_ranges = n;
	t->n_used_up = 0;
}

/* Before a change: make room for one more range without moving those that the caller knows. */
static void tidy_if_full(struct space_table *t)
{
	if (t->n_ranges == t->cap || t->n_ranges >= t->max_ranges)
		drop_used_up(t);
}

/* Take up to WANT blocks of range I from FROM on.  If the range can't be cut in two, take them from its start. */
static void take_part(struct space_table *t, uint32_t i, uint32_t from, uint32_t want, uint32_t *ret_lbn,
		      uint32_t *ret_n)
{
	uint32_t first = t->ranges[i].lbn, end = end_of(&t->ranges[i]);
	uint32_t n = (uint32_t)udf_min64(want, end - from);

	if (from != first && from + n != end && !make_room(t)) {
		from = first;
		n = (uint32_t)udf_min64(want, end - from);
	}
	t->ranges[i].n_blocks = from - first;
	if (from == first && from + n == end)
		t->n_used_up++;
	else if (from == first)
		t->ranges[i] = (struct block_run){ from + n, end - from - n };
	else if (from + n != end)
		insert_range(t, i + 1, from + n, end - from - n);
	range_changed(t, i);
	t->dirty = true;
	*ret_lbn = from;
	*ret_n = n;
}

/*
 * Take from the first range with MIN_RUN blocks that begins in the zone of LBN, at LBN or after it.  After a search
 * without success the zone is not searched again for that many blocks.
 */
static bool take_in_zone(struct space_table *t, uint32_t lbn, uint32_t want, uint32_t min_run, uint32_t *ret_lbn,
			 uint32_t *ret_n)
{
	uint32_t zone = zone_of(t, lbn), longest = 0, i;

	for (i = first_ending_from(t, lbn + 1); i < t->n_ranges && t->ranges[i].lbn < lbn; i++)
		;
	for (; i < t->n_ranges && zone_of(t, t->ranges[i].lbn) == zone; i++) {
		t->n_looked++;
		if (t->ranges[i].n_blocks >= min_run) {
			take_part(t, i, t->ranges[i].lbn, want, ret_lbn, ret_n);
			return true;
		}
		longest = (uint32_t)udf_max64(longest, t->ranges[i].n_blocks);
	}
	if (lbn == zone << t->zone_shift)
		udf_bounds_set(&t->bounds, zone, as_bound(longest));
	return false;
}

/* Take from the first range, beginning at GOAL, with MIN_RUN blocks there. */
static enum udf_err search(struct space_table *t, uint32_t goal, uint32_t want, uint32_t min_run,
			   uint32_t *ret_lbn, uint32_t *ret_n)
{
	uint32_t i = first_ending_from(t, goal + 1), start = zone_of(t, goal), zone = start;
	bool wrapped = false;

	if (i < t->n_ranges && t->ranges[i].lbn < goal && end_of(&t->ranges[i]) - goal >= min_run) {
		take_part(t, i, goal, want, ret_lbn, ret_n);
		return UDF_OK;
	}
	/* at the end the whole zone with the goal is searched */
	for (;;) {
		zone = udf_bounds_next(&t->bounds, zone, (uint8_t)min_run);
		if (zone == t->bounds.n && !wrapped) {
			wrapped = true;
			zone = 0;
			continue;
		}
		if (zone == t->bounds.n || (wrapped && zone > start))
			return UDF_E_NOSPC;
		if (take_in_zone(t, zone == start && !wrapped ? goal : zone << t->zone_shift, want, min_run,
				 ret_lbn, ret_n))
			return UDF_OK;
		zone++;
	}
}

static enum udf_err table_take(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t least,
			       uint32_t *ret_lbn, uint32_t *ret_n)
{
	struct space_table *t = &fs->alloc.table;
	uint32_t good_run = (uint32_t)udf_min64(want, GOOD_RUN_BLOCKS);
	enum udf_err err;

	alloc_lock(&fs->alloc);
	tidy_if_full(t);
	err = search(t, goal, want, good_run, ret_lbn, ret_n);
	if (err)
		err = search(t, goal, want, least, ret_lbn, ret_n);
	alloc_unlock(&fs->alloc);
	return err;
}

/* There is no room for another range.  The smallest one is dropped, and its blocks stay allocated until a check. */
static void give_up_smallest(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks, int64_t *ret_n_freed)
{
	struct space_table *t = &fs->alloc.table;
	uint32_t smallest = 0, i;

	if (!t->gave_up)
		udf_log(fs->env, UDF_LOG_WARNING, "free space is in more than %lu pieces; the smallest are "
			"lost until the volume is checked", (unsigned long)t->n_ranges);
	t->gave_up = true;
	*ret_n_freed = 0;
	for (i = 1; i < t->n_ranges; i++)
		if (t->ranges[i].n_blocks < t->ranges[smallest].n_blocks)
			smallest = i;
	if (t->n_ranges == 0 || t->ranges[smallest].n_blocks >= n_blocks)
		return;
	*ret_n_freed = (int64_t)n_blocks - t->ranges[smallest].n_blocks;
	remove_ranges(t, smallest, 1);
	insert_range(t, first_ending_from(t, lbn), lbn, n_blocks);
}

static void release_range(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks, int64_t *ret_n_freed)
{
	struct space_table *t = &fs->alloc.table;
	uint32_t end = lbn + n_blocks, new_first = lbn, new_end = end, n_were_free = 0, from, to;

	t->dirty = true;
	tidy_if_full(t);
	from = first_ending_from(t, lbn);
	for (to = from; to < t->n_ranges && t->ranges[to].lbn <= end; to++) {
		uint32_t first = t->ranges[to].lbn, last = end_of(&t->ranges[to]);

		n_were_free += (uint32_t)(udf_min64(end, last) - udf_max64(lbn, first));
		new_first = (uint32_t)udf_min64(new_first, first);
		new_end = (uint32_t)udf_max64(new_end, last);
	}
	*ret_n_freed = (int64_t)n_blocks - n_were_free;
	if (from != to) {
		t->ranges[from] = (struct block_run){ new_first, new_end - new_first };
		remove_ranges(t, from + 1, to - from - 1);
		range_changed(t, from);
	} else if (make_room(t)) {
		insert_range(t, from, lbn, n_blocks);
	} else {
		give_up_smallest(fs, lbn, n_blocks, ret_n_freed);
	}
}

static enum udf_err table_release(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks,
				  int64_t *ret_n_freed)
{
	alloc_lock(&fs->alloc);
	release_range(fs, lbn, n_blocks, ret_n_freed);
	alloc_unlock(&fs->alloc);
	return UDF_OK;
}

static enum udf_err table_has_free(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks, uint32_t *n_reads,
				   bool *ret_any)
{
	const struct space_table *t = &fs->alloc.table;
	uint32_t i = first_ending_from(t, lbn + 1);

	(void)n_reads;
	while (i < t->n_ranges && t->ranges[i].n_blocks == 0)
		i++;
	*ret_any = i < t->n_ranges && t->ranges[i].lbn < lbn + n_blocks;
	return UDF_OK;
}

static enum udf_err table_free_run(struct udf_fs *fs, uint32_t lbn, uint32_t most, uint32_t *ret_n)
{
	const struct space_table *t = &fs->alloc.table;
	uint32_t i = first_ending_from(t, lbn + 1);

	*ret_n = i < t->n_ranges && t->ranges[i].lbn <= lbn ? (uint32_t)udf_min64(most, end_of(&t->ranges[i]) - lbn) :
							      0;
	return UDF_OK;
}

static enum udf_err table_find_packet(struct udf_fs *fs, uint32_t goal, uint32_t *ret_lbn)
{
	const struct alloc *a = &fs->alloc;
	const struct space_table *t = &a->table;
	uint32_t unit = a->packet_blocks, i;

	for (i = first_ending_from(t, goal + 1); i < t->n_ranges; i++) {
		uint64_t from = udf_max64(udf_max64(goal, t->ranges[i].lbn), a->packet_phase);

		from = a->packet_phase + udf_ceil_div(from - a->packet_phase, unit) * unit;
		if (from + unit <= end_of(&t->ranges[i])) {
			*ret_lbn = (uint32_t)from;
			return UDF_OK;
		}
	}
	return UDF_E_NOSPC;
}

/* What was free before is not remembered, so what is free now has to do. */
static bool table_is_free(const struct alloc *a, uint32_t lbn, uint32_t n_blocks, bool before)
{
	const struct space_table *t = &a->table;
	uint32_t i = first_ending_from(t, lbn + n_blocks);

	(void)before;
	/* the disc still has the old chain of the table, which is among the ranges already */
	return !a->freed_its_own && i < t->n_ranges && t->ranges[i].lbn <= lbn;
}

static enum udf_err table_mark_used(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks, uint64_t *n_marked)
{
	struct space_table *t = &fs->alloc.table;
	uint32_t end = lbn + n_blocks, i;

	alloc_lock(&fs->alloc);
	tidy_if_full(t);
	i = first_ending_from(t, lbn + 1);
	while (i < t->n_ranges && t->ranges[i].lbn < end) {
		uint32_t first = t->ranges[i].lbn, last = end_of(&t->ranges[i]);
		uint32_t head = lbn > first ? lbn - first : 0, tail = last > end ? last - end : 0;

		t->dirty = true;
		*n_marked += last - first - head - tail;
		/* if there is no room for both parts, the second one is lost until a check */
		if (head && tail && make_room(t))
			insert_range(t, i + 1, end, tail);
		else if (head && tail)
			*n_marked += tail;
		else if (tail)
			t->ranges[i].lbn = end;
		t->ranges[i].n_blocks = head ? head : tail;
		range_changed(t, i);
		if (head || tail)
			i++;
		else
			remove_ranges(t, i, 1);
	}
	alloc_unlock(&fs->alloc);
	return UDF_OK;
}

/* ---- reading ---- */

static int by_lbn(const void *a, const void *b)
{
	const struct block_run *x = a, *y = b;

	return x->lbn < y->lbn ? -1 : x->lbn > y->lbn;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * Other writers leave lists that are not sorted, or whose neighbours are not joined.  That is harmless, and the next
 * write corrects it.  A block that is listed twice is damage.
 */
static enum udf_err sort_and_merge(struct space_table *t)
{
	uint32_t n = 0, i;

	qsort(t->ranges, t->n_ranges, sizeof(*t->ranges), by_lbn);
	for (i = 0; i < t->n_ranges; i++) {
		struct block_run *last = n ? &t->ranges[n - 1] : NULL;

		if (last && t->ranges[i].lbn < end_of(last))
			return UDF_E_CORRUPT;
		if (last && t->ranges[i].lbn == end_of(last))
			last->n_blocks += t->ranges[i].n_blocks;
		else
			t->ranges[n++] = t->ranges[i];
	}
	t->n_ranges = n;
	return UDF_OK;
}

/* MAP of the table, whose addresses are in the partition. */
static enum udf_err take_map(struct udf_fs *fs, const struct udf_extent_map *map)
{
	struct space_table *t = &fs->alloc.table;
	enum udf_err err;
	size_t i;

	t->cap = (uint32_t)map->n_extents;
	t->ranges = malloc((map->n_extents + 1) * sizeof(*t->ranges));
	t->chain = malloc((map->n_aeds + 1) * sizeof(*t->chain));
	if (!t->ranges || !t->chain)
		return UDF_E_NOMEM;
	for (i = 0; i < map->n_extents; i++) {
		const struct udf_extent *e = &map->extents[i];

		if (e->kind != UDF_EXTENT_ALLOCATED || e->part_ref != fs->alloc.part_ref ||
		    e->n_bytes % fs->block_bytes)
			return UDF_E_CORRUPT;
		t->ranges[t->n_ranges++] = (struct block_run){ e->lbn, e->n_bytes / fs->block_bytes };
	}
	for (i = 0; i < map->n_aeds; i++)
		t->chain[t->n_chain++] = map->aeds[i].lbn;
	qsort(t->chain, t->n_chain, sizeof(*t->chain), by_number);
	err = sort_and_merge(t);
	for (i = 0; i < t->n_chain && !err; i++)
		if (is_free(t, t->chain[i]))
			err = UDF_E_CORRUPT;
	if (!err && is_free(t, t->lbn))
		err = UDF_E_CORRUPT;
	for (i = 0; i < t->n_ranges && !err; i++)
		fs->alloc.n_free += t->ranges[i].n_blocks;
	return err;
}

static enum udf_err read_table(struct udf_fs *fs, const char **ret_why)
{
	struct space_table *t = &fs->alloc.table;
	struct udf_lb_addr at = { .lbn = t->lbn, .part_ref = fs->alloc.part_ref };
	struct udf_extent_map map;
	struct udf_use use;
	enum udf_err err = udf_vol_read(fs->vol, at.part_ref, at.lbn, 1, t->entry);

	if (!err)
		err = udf_tag_verify(t->entry, fs->block_bytes, UDF_TAG_USE,
				     (struct udf_place){ at.part_ref, at.lbn, NULL }, NULL, NULL);
	if (err)
		return err;
	udf_use_decode(t->entry, &use);
	if (use.icb.strategy == UDF_STRATEGY_4096 && !fs->policy.is_new) {
		*ret_why = "its space table has ICB strategy 4096";
		return UDF_OK;
	}
	if (use.icb.strategy != fs->icb_form.strategy || use.icb.file_type != UDF_FT_USE ||
	    (use.icb.flags & UDF_ICB_AD_MASK) != UDF_AD_SHORT)
		return UDF_E_CORRUPT;
	err = udf_extent_map_read(fs->vol, t->entry, at, NULL, &map);
	if (err)
		return err;
	if (map.n_extents > MAX_RANGES)
		*ret_why = "its space table has more extents than this version keeps in memory";
	else
		err = take_map(fs, &map);
	udf_extent_map_done(&map);
	return err;
}

static enum udf_err table_open(struct udf_fs *fs, const char **ret_why)
{
	const struct udf_short_ad *ad = &fs->alloc.set;
	struct space_table *t = &fs->alloc.table;
	enum udf_err err = UDF_E_CORRUPT;

	t->max_ranges = MAX_RANGES;
	t->lbn = ad->lbn;
	while ((uint64_t)MAX_ZONES << t->zone_shift < fs->alloc.n_blocks)
		t->zone_shift++;
	t->entry = malloc(fs->block_bytes);
	if (!t->entry || udf_bounds_init(&t->bounds, zone_of(t, fs->alloc.n_blocks - 1) + 1))
		return UDF_E_NOMEM;
	if (t->lbn < fs->alloc.n_blocks && UDF_EXTENT_BYTES(ad->length) >= fs->block_bytes)
		err = read_table(fs, ret_why);
	if (err == UDF_E_CORRUPT || err == UDF_E_MEDIUM || err == UDF_E_IO) {
		*ret_why = "its space table is damaged; check it first";
		return UDF_OK;
	}
	fs->alloc.free_is_known = true;
	return err;
}

static void table_close(struct alloc *a)
{
	free(a->table.entry);
	free(a->table.ranges);
	free(a->table.chain);
	udf_bounds_done(&a->table.bounds);
}

/* ---- writing ---- */

/* Returns the descriptors of the ranges one by one. */
struct ad_gen {
	const struct space_table *t;
	uint32_t block_bytes, max_blocks;	/* the most blocks that a descriptor can name */
	uint32_t i, done_blocks;
	uint32_t min_blocks, n_of_min;	/* smaller ranges are left out, and all but so many of that size */
};

static bool ad_gen_next(void *ctx, struct udf_short_ad *ret_ad)
{
	struct ad_gen *g = ctx;
	const struct block_run *r;
	uint32_t n;

	for (; g->i < g->t->n_ranges && g->done_blocks == 0; g->i++) {
		r = &g->t->ranges[g->i];
		if (r->n_blocks > g->min_blocks)
			break;
		if (r->n_blocks == g->min_blocks && g->n_of_min) {
			g->n_of_min--;
			break;
		}
	}
	if (g->i == g->t->n_ranges)
		return false;
	r = &g->t->ranges[g->i];
	n = (uint32_t)udf_min64(g->max_blocks, r->n_blocks - g->done_blocks);
	ret_ad->length = UDF_EXTENT_LENGTH(UDF_EXTENT_ALLOCATED, n * g->block_bytes);
	ret_ad->lbn = r->lbn + g->done_blocks;
	g->done_blocks += n;
	if (g->done_blocks == r->n_blocks) {
		g->done_blocks = 0;
		g->i++;
	}
	return true;
}

/* The table as it is written.  G, which it borrows, begins with the first descriptor. */
static struct udf_ad_list list_of(const struct udf_fs *fs, struct ad_gen *g)
{
	*g = (struct ad_gen){ .t = &fs->alloc.table,
			      .block_bytes = fs->block_bytes,
			      .max_blocks = udf_ad_max_blocks(fs->block_bytes) };
	return (struct udf_ad_list){ .kind = UDF_AD_SHORT,
				     .part_ref = fs->alloc.part_ref,
				     .aed_part_ref = fs->alloc.part_ref,
				     .block_bytes = fs->block_bytes,
				     .area_bytes = fs->block_bytes - UDF_USE_FIXED_BYTES,
				     .next = ad_gen_next,
				     .ctx = g };
}

static uint64_t count_ads(const struct space_table *t, uint32_t max_blocks)
{
	uint64_t n_ads = 0;
	uint32_t i;

	for (i = 0; i < t->n_ranges; i++)
		n_ads += udf_ceil_div(t->ranges[i].n_blocks, max_blocks);
	return n_ads;
}

/* Take up to N blocks for a chain, ascending, without adding a range; in one run if there is one. */
static uint32_t take_chain(struct space_table *t, uint32_t n, uint32_t *ret_lbn)
{
	uint32_t i, k, got = 0;

	for (i = 0; i < t->n_ranges && t->ranges[i].n_blocks < n; i++)
		;
	if (i == t->n_ranges)
		i = 0;
	k = i;
	while (k < t->n_ranges && got < n) {
		t->ranges[k].n_blocks--;
		ret_lbn[got++] = t->ranges[k].lbn++;
		range_changed(t, k);
		if (t->ranges[k].n_blocks == 0)
			k++;
	}
	remove_ranges(t, i, k - i);
	return got;
}

/* Free all blocks of the old chain.  Without memory they stay allocated. */
static uint32_t release_chain(struct space_table *t)
{
	uint32_t n = 0, i = 0, k = 0, n_chain = t->n_chain;
	struct block_run *merged;

	t->n_chain = 0;
	if (n_chain == 0)
		return 0;
	merged = malloc(((size_t)t->n_ranges + n_chain) * sizeof(*merged));
	if (!merged)
		return 0;
	while (i < t->n_ranges || k < n_chain) {
		struct block_run next;

		if (k == n_chain || (i < t->n_ranges && t->ranges[i].lbn < t->chain[k]))
			next = t->ranges[i++];
		else
			next = (struct block_run){ t->chain[k++], 1 };
		if (n && end_of(&merged[n - 1]) == next.lbn)
			merged[n - 1].n_blocks += next.n_blocks;
		else
			merged[n++] = next;
	}
	free(t->ranges);
	t->ranges = merged;
	t->cap = t->n_ranges + n_chain;
	t->n_ranges = n;
	for (i = 0; i < n; i++)
		range_changed(t, i);
	return n_chain;
}

/*
 * Replace the chain by blocks for a new one, as many as the list needs when it includes the old chain's blocks.  That
 * is at most one block more, and fewer only if no more are free.
 */
static void renew_chain(struct udf_fs *fs, const struct udf_ad_list *list)
{
	struct space_table *t = &fs->alloc.table;
	uint32_t max_blocks = udf_ad_max_blocks(fs->block_bytes), n_fresh, n_freed;
	uint32_t want = udf_ad_list_n_aeds(list, count_ads(t, max_blocks) + t->n_chain);
	uint32_t *fresh = malloc(((size_t)want + 1) * sizeof(*fresh));
	int64_t n;

	n_fresh = fresh ? take_chain(t, want, fresh) : 0;
	n_freed = release_chain(t);
	fs->alloc.freed_its_own |= n_freed != 0;
	alloc_count_change(&fs->alloc, (int64_t)n_freed - n_fresh);
	while (n_fresh && udf_ad_list_n_aeds(list, count_ads(t, max_blocks) + 1) < n_fresh) {
		release_range(fs, fresh[--n_fresh], 1, &n);
		alloc_count_change(&fs->alloc, n);
	}
	free(t->chain);
	t->chain = fresh;
	t->n_chain = n_fresh;
}

static int larger_first(const void *a, const void *b)
{
	return by_number(b, a);
}

/* Choose the ranges to keep if there is room for only N_ADS descriptors: the largest ones. */
static void choose_largest(struct ad_gen *g, uint64_t n_ads)
{
	const struct space_table *t = g->t;
	uint32_t *sizes = malloc((size_t)t->n_ranges * sizeof(*sizes)), i;
	uint64_t n = 0;

	if (!sizes)
		return;		/* without memory the first ones are kept */
	for (i = 0; i < t->n_ranges; i++)
		sizes[i] = t->ranges[i].n_blocks;
	qsort(sizes, t->n_ranges, sizeof(*sizes), larger_first);
	for (i = 0; i < t->n_ranges && n < n_ads; i++) {
		n += udf_ceil_div(sizes[i], g->max_blocks);
		g->n_of_min = sizes[i] == g->min_blocks ? g->n_of_min + 1 : 1;
		g->min_blocks = sizes[i];
	}
	free(sizes);
}

static enum udf_err write_entry(struct udf_fs *fs, bool *ret_wrote)
{
	struct space_table *t = &fs->alloc.table;
	enum udf_err err = udf_vol_write(fs->vol, fs->alloc.part_ref, t->lbn, 1, t->entry);

	if (err)
		return fs_fail(fs, err, "space table", t->lbn);
	*ret_wrote = true;
	return UDF_OK;
}

static enum udf_err table_write(struct udf_fs *fs, bool exactly, bool *ret_wrote)
{
	struct space_table *t = &fs->alloc.table;
	struct ad_gen g;
	struct udf_ad_list list = list_of(fs, &g);
	uint64_t n_fitting;
	struct udf_use use;
	uint32_t failed_lbn = 0;
	enum udf_err err;

	(void)exactly;
	if (!t->dirty)
		return UDF_OK;
	alloc_lock(&fs->alloc);
	drop_used_up(t);
	renew_chain(fs, &list);
	alloc_unlock(&fs->alloc);
	n_fitting = udf_ad_list_capacity(&list, t->n_chain);
	t->left_out_some = count_ads(t, g.max_blocks) > n_fitting;
	if (t->left_out_some)
		choose_largest(&g, n_fitting);
	udf_use_decode(t->entry, &use);
	use.ad_bytes = udf_ad_list_put(&list, t->chain, t->n_chain, t->entry + UDF_USE_FIXED_BYTES);
	udf_use_encode(&use, t->entry);
	udf_tag_seal(t->entry, UDF_TAG_USE, use.tag.version, use.tag.serial, t->lbn,
		     UDF_USE_FIXED_BYTES + use.ad_bytes - UDF_TAG_BYTES);
	err = udf_ad_list_write_aeds(fs->vol, &list, t->chain, t->n_chain, fs->run_buffer,
				     FS_RUN_BYTES / fs->block_bytes, &failed_lbn);
	if (err)
		return fs_fail(fs, err, "space table", failed_lbn);
	t->dirty = t->left_out_some;
	t->entry_waits = t->n_chain != 0;
	*ret_wrote = true;
	return t->entry_waits ? UDF_OK : write_entry(fs, ret_wrote);
}

static enum udf_err table_switch(struct udf_fs *fs, bool *ret_wrote)
{
	struct space_table *t = &fs->alloc.table;

	if (!t->entry_waits)
		return UDF_OK;
	t->entry_waits = false;
	return write_entry(fs, ret_wrote);
}

static bool table_left_out_some(const struct alloc *a)
{
	return a->table.left_out_some;
}

const struct space_ops space_table_ops = {
	.open = table_open,
	.close = table_close,
	.take = table_take,
	.release = table_release,
	.has_free = table_has_free,
	.free_run = table_free_run,
	.find_packet = table_find_packet,
	.is_free = table_is_free,
	.mark_used = table_mark_used,
	.write = table_write,
	.switch_over = table_switch,
	.left_out_some = table_left_out_some,
};
