/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes that become durable together: one record of the journal has all of them, and all that was written before.
 *
 * What they stand on, such as the data of a file, may fill whole packets, which are written in place first.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "pkt/core.h"
#include "pkt/place.h"
#include "pkt/record.h"
#include "pkt/together.h"

#define MOST_PACKETS 2u	/* of a record; where there is more to write, few packets are saved */

/* A packet that will be in the record. */
struct member {
	uint64_t no;
	uint64_t mask;	/* its blocks in the parts */
	bool is_fresh;
};

struct together {
	const struct bio_part *parts;
	size_t n_parts;
	struct member *members;
	size_t n, max;
};

/* ---- which packets ---- */

static struct member *member_of(const struct together *t, uint64_t no)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->members[i].no == no)
			return &t->members[i];
	return NULL;
}

/* False if there are too many. */
static bool add(struct together *t, uint64_t no, uint64_t mask)
{
	struct member *m = member_of(t, no);

	if (!m && t->n == t->max)
		return false;
	if (!m) {
		m = &t->members[t->n++];
		*m = (struct member){ .no = no };
	}
	m->mask |= mask;
	return true;
}

/* The blocks of PART that are in the packet of its block I.  Returns how many there are. */
static uint32_t packet_of(const struct pkt_core *core, const struct bio_part *part, uint32_t i, uint64_t *ret_no,
			  uint64_t *ret_mask)
{
	uint32_t unit = core->packets.unit_blocks, first = (uint32_t)((part->at + i) % unit);
	uint32_t n = (uint32_t)udf_min64(part->n_blocks - i, unit - first);

	*ret_no = (part->at + i) / unit;
	*ret_mask = pkt_blocks(first, n);
	return n;
}

static bool add_parts(const struct pkt_core *core, struct together *t)
{
	uint64_t no, mask;

	for (size_t k = 0; k < t->n_parts; k++)
		for (uint32_t i = 0; i < t->parts[k].n_blocks;) {
			i += packet_of(core, &t->parts[k], i, &no, &mask);
			if (!add(t, no, mask))
				return false;
		}
	return true;
}

/* What has been dirty since SEQ or longer must be there, too.  What has failed is left to a flush. */
static bool add_dirty(const struct pkt_core *core, struct together *t, uint64_t seq)
{
	const struct pkt_packets *all = &core->packets;

	for (const struct pkt_packet *p = all->ends.newer; p != &all->ends; p = p->newer) {
		bool is_part = member_of(t, p->no);

		if (p->failed && (p->dirty_seq <= seq || is_part))
			return false;
		if (p->dirty && p->dirty_seq <= seq && !add(t, p->no, 0))
			return false;
	}
	return true;
}

/* Have all of them in memory.  False: the cache has no room for that now. */
static bool bring_in(struct pkt_core *core, const struct together *t)
{
	struct pkt_packet *p;

	for (size_t i = 0; i < t->n; i++) {
		p = pkt_packets_find(&core->packets, t->members[i].no);
		if (p)
			pkt_packets_touch(&core->packets, p);
		else if (pkt_packets_add(&core->packets, t->members[i].no, &p))
			return false;
	}
	for (size_t i = 0; i < t->n; i++)
		if (!pkt_packets_find(&core->packets, t->members[i].no))
			return false;
	return true;
}

/* ---- the record ---- */

/* Would the parts alone be too much?  Blocks that are written again count once more, which is rare. */
static bool is_much(const struct pkt_core *core, const struct together *t)
{
	uint64_t n_blocks = 0;

	for (size_t k = 0; k < t->n_parts; k++)
		n_blocks += t->parts[k].n_blocks;
	return 1 + n_blocks > (uint64_t)MOST_PACKETS * core->packets.unit_blocks;
}

/* Do they fit into a small record, and may it be stored now? */
static bool have_room(const struct pkt_core *core, const struct together *t)
{
	size_t n_blocks = 0, n_new = 0, n_more = 0;
	uint32_t n;

	for (size_t i = 0; i < t->n; i++) {
		const struct member *m = &t->members[i];
		const struct pkt_packet *p = pkt_packets_find(&core->packets, m->no);

		n_blocks += (unsigned)__builtin_popcountll(m->mask | p->dirty);
		n_new += !p->logged;
		n_more += !p->log_seq || p->unsynced;
	}
	n = (uint32_t)udf_ceil_div(1 + n_blocks, core->packets.unit_blocks);
	return n <= MOST_PACKETS && core->packets.n_logged + n_new <= core->packets.max / 2 &&
	       pkt_journal_has_room(core, n, n_more);
}

static void copy_in(struct pkt_core *core, const struct together *t)
{
	uint32_t block_bytes = core->packets.block_bytes, unit = core->packets.unit_blocks;
	uint64_t no, mask;

	for (size_t k = 0; k < t->n_parts; k++) {
		const struct bio_part *part = &t->parts[k];
		uint32_t n;

		for (uint32_t i = 0; i < part->n_blocks; i += n) {
			struct pkt_packet *p;

			n = packet_of(core, part, i, &no, &mask);
			p = pkt_packets_find(&core->packets, no);
			memcpy(p->data + (part->at + i) % unit * block_bytes,
			       (const uint8_t *)part->data + (size_t)i * block_bytes, (size_t)n * block_bytes);
			pkt_packet_set_dirty(&core->packets, p, mask);
			core->stats.n_user_blocks += n;
		}
	}
}

/* The lock is held all the time between the copying and the making of the record, so it has all or nothing. */
static enum udf_err store(struct pkt_core *core, const struct together *t)
{
	copy_in(core, t);
	for (size_t i = 0; i < t->n; i++) {
		struct pkt_packet *p = pkt_packets_find(&core->packets, t->members[i].no);

		if (p->dirty && !pkt_journal_put(core, p, t->members[i].is_fresh ? PKT_COPY_FRESH : PKT_COPY_DIRTY))
			return UDF_E_NOSPC;	/* can't be: there was room */
	}
	return pkt_journal_write(core);
}

/*
 * Find all members.  What is asked here gives the lock back for a while.  Meanwhile more blocks of them may have become
 * dirty, and a packet that is not dirty yet may have left the cache.
 */
static bool gather(struct pkt_core *core, struct together *t, uint64_t seq)
{
	t->n = 0;
	if (!add_parts(core, t) || !add_dirty(core, t, seq) || !bring_in(core, t))
		return false;
	for (size_t i = 0; i < t->n; i++) {
		const struct pkt_packet *p = pkt_packets_find(&core->packets, t->members[i].no);

		if (!p)
			return false;
		t->members[i].is_fresh = pkt_journal_is_fresh(core, p);
	}
	return bring_in(core, t);
}

static enum udf_err write_record(struct pkt_core *core, struct together *t, uint64_t seq)
{
	if (core->journal.n_packets == 0 || core->journal.is_recovered)
		return UDF_E_UNSUPPORTED;
	/* What was written in place must not be lost where the record is not. */
	if (core->packets.n_unsynced && pkt_sync(core))
		return UDF_E_UNSUPPORTED;
	if (!gather(core, t, seq))
		return UDF_E_UNSUPPORTED;
	if (!have_room(core, t) && core->packets.n_logged && pkt_place_all(core))
		return UDF_E_UNSUPPORTED;
	if (pkt_journal_begin(core, false) || !gather(core, t, seq) || !have_room(core, t))
		return UDF_E_UNSUPPORTED;
	return store(core, t);
}

enum udf_err pkt_write_together(struct pkt_core *core, const struct bio_part *parts, size_t n_parts)
{
	struct together t = { .parts = parts, .n_parts = n_parts,
			      .max = pkt_record_max_entries(core->packets.block_bytes) };
	uint64_t seq = core->packets.seq;
	enum udf_err err;

	if (core->journal.n_packets == 0 || is_much(core, &t))
		return UDF_E_UNSUPPORTED;
	t.members = calloc(t.max, sizeof(*t.members));
	if (!t.members)
		return UDF_E_UNSUPPORTED;
	if (pkt_write_large(core, seq)) {
		free(t.members);
		return UDF_E_UNSUPPORTED;
	}
	pkt_begin_writing(core);
	err = write_record(core, &t, seq);
	pkt_end_writing(core);
	free(t.members);
	return err;
}
