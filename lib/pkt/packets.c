/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/checked.h"
#include "pkt/packets.h"

enum udf_err pkt_packets_init(struct pkt_packets *all, uint32_t unit_blocks, uint32_t block_bytes, uint64_t n_blocks,
			      size_t max)
{
	size_t n_buckets = 16;

	while (n_buckets < max)
		n_buckets *= 2;
	*all = (struct pkt_packets){ .unit_blocks = unit_blocks,
				     .block_bytes = block_bytes,
				     .n_blocks = n_blocks,
				     .max = max,
				     .n_buckets = n_buckets };
	all->ends.newer = all->ends.older = &all->ends;
	all->buckets = calloc(n_buckets, sizeof(*all->buckets));
	return all->buckets ? UDF_OK : UDF_E_NOMEM;
}

void pkt_packets_done(struct pkt_packets *all)
{
	struct pkt_packet *p = all->ends.newer, *next;

	for (; p && p != &all->ends; p = next) {
		next = p->newer;
		free(p->data);
		free(p);
	}
	free(all->buckets);
}

uint32_t pkt_packet_n_blocks(const struct pkt_packets *all, uint64_t no)
{
	return (uint32_t)udf_min64(all->unit_blocks, all->n_blocks - no * all->unit_blocks);
}

uint64_t pkt_packet_whole(const struct pkt_packets *all, uint64_t no)
{
	return pkt_blocks(0, pkt_packet_n_blocks(all, no));
}

uint64_t pkt_blocks(uint32_t first, uint32_t n)
{
	return n == 0 ? 0 : UINT64_MAX >> (64 - n) << first;
}

/* ---- finding, and the order of use ---- */

static struct pkt_packet **bucket_of(const struct pkt_packets *all, uint64_t no)
{
	return &all->buckets[no & (all->n_buckets - 1)];
}

struct pkt_packet *pkt_packets_find(const struct pkt_packets *all, uint64_t no)
{
	struct pkt_packet *p = *bucket_of(all, no);

	while (p && p->no != no)
		p = p->in_bucket;
	return p;
}

static void link_newest(struct pkt_packets *all, struct pkt_packet *p)
{
	p->older = all->ends.older;
	p->newer = &all->ends;
	p->older->newer = p;
	p->newer->older = p;
}

static void unlink_packet(struct pkt_packet *p)
{
	p->older->newer = p->newer;
	p->newer->older = p->older;
}

void pkt_packets_touch(struct pkt_packets *all, struct pkt_packet *p)
{
	unlink_packet(p);
	link_newest(all, p);
}

static bool can_go(const struct pkt_packet *p)
{
	return !p->dirty && !p->unsynced && !p->logged && !p->in_record && !p->reading && !p->writing;
}

static struct pkt_packet *oldest_that_can_go(const struct pkt_packets *all)
{
	struct pkt_packet *p = all->ends.newer;

	while (p != &all->ends && !can_go(p))
		p = p->newer;
	return p == &all->ends ? NULL : p;
}

bool pkt_packets_have_room(const struct pkt_packets *all)
{
	return all->n < all->max || oldest_that_can_go(all);
}

bool pkt_packets_any_busy(const struct pkt_packets *all)
{
	const struct pkt_packet *p = all->ends.newer;

	while (p != &all->ends && !p->reading && !p->writing)
		p = p->newer;
	return p != &all->ends;
}

/* Take the oldest packet that may go out of the table. */
static struct pkt_packet *take_oldest(struct pkt_packets *all)
{
	struct pkt_packet *p = oldest_that_can_go(all), **link;

	if (!p)
		return NULL;
	link = bucket_of(all, p->no);
	while (*link != p)
		link = &(*link)->in_bucket;
	*link = p->in_bucket;
	unlink_packet(p);
	return p;
}

static struct pkt_packet *new_packet(struct pkt_packets *all)
{
	struct pkt_packet *p = calloc(1, sizeof(*p));

	if (p)
		p->data = malloc((size_t)all->unit_blocks * all->block_bytes);
	if (p && !p->data) {
		free(p);
		p = NULL;
	}
	if (p)
		all->n++;
	return p;
}

enum udf_err pkt_packets_add(struct pkt_packets *all, uint64_t no, struct pkt_packet **ret_packet)
{
	struct pkt_packet *p = NULL;

	if (all->n < all->max)
		p = new_packet(all);
	if (!p)
		p = take_oldest(all);
	if (!p)
		return all->n < all->max ? UDF_E_NOMEM : UDF_E_BUSY;
	*p = (struct pkt_packet){ .no = no, .data = p->data, .in_bucket = *bucket_of(all, no) };
	*bucket_of(all, no) = p;
	link_newest(all, p);
	*ret_packet = p;
	return UDF_OK;
}

/* ---- states: the counts follow them ---- */

static bool is_whole(const struct pkt_packets *all, const struct pkt_packet *p)
{
	return p->dirty == pkt_packet_whole(all, p->no);
}

void pkt_packet_set_dirty(struct pkt_packets *all, struct pkt_packet *p, uint64_t mask)
{
	bool was_whole = is_whole(all, p);

	if (mask == 0)
		return;
	if (!p->dirty) {
		p->dirty_seq = ++all->seq;
		all->n_dirty++;
	}
	p->dirty |= mask;
	p->valid |= mask;
	if (!was_whole && is_whole(all, p))
		all->n_whole++;
}

uint64_t pkt_packet_take_dirty(struct pkt_packets *all, struct pkt_packet *p)
{
	uint64_t mask = p->dirty;

	if (is_whole(all, p))
		all->n_whole--;
	if (mask)
		all->n_dirty--;
	pkt_packet_set_failed(all, p, false);
	p->dirty = 0;
	return mask;
}

void pkt_packet_set_logged(struct pkt_packets *all, struct pkt_packet *p, uint64_t mask)
{
	if (!p->logged != !mask)
		all->n_logged += mask ? 1 : (size_t)-1;
	p->logged = mask;
}

void pkt_packet_set_unsynced(struct pkt_packets *all, struct pkt_packet *p, bool on)
{
	if (p->unsynced != on)
		all->n_unsynced += on ? 1 : (size_t)-1;
	p->unsynced = on;
}

void pkt_packet_set_failed(struct pkt_packets *all, struct pkt_packet *p, bool on)
{
	if (p->failed != on)
		all->n_failed += on ? 1 : (size_t)-1;
	p->failed = on;
}

/* ---- which one is next ---- */

struct pkt_packet *pkt_packets_next_dirty(const struct pkt_packets *all, uint64_t from, uint64_t seq)
{
	struct pkt_packet *best = NULL;

	if (all->n_dirty == 0)
		return NULL;
	for (struct pkt_packet *p = all->ends.newer; p != &all->ends; p = p->newer)
		if (p->dirty && p->dirty_seq <= seq && p->no >= from && (!best || p->no < best->no))
			best = p;
	return best;
}

struct pkt_packet *pkt_packets_next_whole(const struct pkt_packets *all, uint64_t from)
{
	struct pkt_packet *best = NULL;

	if (all->n_whole == 0)
		return NULL;
	for (struct pkt_packet *p = all->ends.newer; p != &all->ends; p = p->newer) {
		if (p->failed || p->writing || !is_whole(all, p))
			continue;
		/* Unsigned distances put what stands before FROM last. */
		if (!best || p->no - from < best->no - from)
			best = p;
	}
	return best;
}

struct pkt_packet *pkt_packets_oldest_dirty(const struct pkt_packets *all, uint64_t from)
{
	size_t n_left = (all->n_dirty - all->n_failed + 1) / 2;
	struct pkt_packet *best = NULL;

	for (struct pkt_packet *p = all->ends.newer; p != &all->ends && n_left; p = p->newer) {
		if (!p->dirty || p->failed)
			continue;
		n_left--;
		if (p->writing)
			continue;
		if (!best || p->no - from < best->no - from)
			best = p;
	}
	return best;
}

void pkt_packets_unsynced_are_dirty(struct pkt_packets *all)
{
	for (struct pkt_packet *p = all->ends.newer; p != &all->ends; p = p->newer) {
		if (!p->unsynced)
			continue;
		pkt_packet_set_unsynced(all, p, false);
		pkt_packet_set_dirty(all, p, pkt_packet_whole(all, p->no));
		p->dirty_seq = 0; /* older than any flush */
		pkt_packet_set_failed(all, p, true);
	}
}

void pkt_packets_are_synced(struct pkt_packets *all)
{
	for (struct pkt_packet *p = all->ends.newer; all->n_unsynced && p != &all->ends; p = p->newer) {
		if (!p->unsynced)
			continue;
		pkt_packet_set_unsynced(all, p, false);
		if (p->logged || p->failed)
			continue;
		p->log_seq = 0;
		p->log_whole = false;
	}
}

void pkt_packets_forget(struct pkt_packets *all)
{
	for (struct pkt_packet *p = all->ends.newer; p != &all->ends; p = p->newer) {
		if (!p->dirty && !p->unsynced && !p->logged)
			p->valid = 0;
		p->unreadable = false;
	}
}
