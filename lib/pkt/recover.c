/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "pkt/core.h"
#include "pkt/record.h"
#include "pkt/recover.h"

struct found {
	struct pkt_record record;
	uint32_t at;		/* in the area */
	uint8_t *bytes;		/* all of it, where it is needed */
};

struct search {
	struct pkt_core *core;
	uint64_t first_no, id;
	uint32_t n_area;
	struct found found[PKT_JOURNAL_AREA];
	unsigned n_found;
	struct found *chain[PKT_JOURNAL_AREA];	/* the newest one first */
	unsigned n_chain;
	uint64_t *done;		/* packets that have been looked at */
	size_t n_done;
	uint8_t *block;
	uint8_t *built, *in_place;	/* packets */
};

/* ---- the records ---- */

static enum udf_err note_header(struct search *s, uint32_t at)
{
	const struct pkt_packets *all = &s->core->packets;
	struct found *f = &s->found[s->n_found];
	enum udf_err err = bio_read(s->core->below, (s->first_no + at) * all->unit_blocks, 1, s->block);

	if (err)
		return err == UDF_E_MEDIUM ? UDF_OK : err;
	if (!pkt_record_read(s->block, all, s->first_no, s->n_area, &f->record) || f->record.id != s->id ||
	    f->record.n_stored >= (uint64_t)s->n_area * all->unit_blocks)
		return UDF_OK;
	f->at = at;
	s->n_found++;
	return UDF_OK;
}

/* Read the record F, unless it is in memory.  UDF_E_MEDIUM: it is not complete. */
static enum udf_err take(struct search *s, struct found *f)
{
	const struct pkt_packets *all = &s->core->packets;
	size_t packet_bytes = (size_t)all->unit_blocks * all->block_bytes;
	uint32_t n = (uint32_t)udf_ceil_div(1 + f->record.n_stored, all->unit_blocks);
	enum udf_err err = UDF_OK;

	if (f->bytes)
		return UDF_OK;
	f->bytes = malloc(n * packet_bytes);
	if (!f->bytes)
		return UDF_E_NOMEM;
	for (uint32_t i = 0; i < n && !err; i++)
		err = bio_read(s->core->below, (s->first_no + (f->at + i) % s->n_area) * all->unit_blocks,
			       all->unit_blocks, f->bytes + i * packet_bytes);
	if (!err && pkt_record_is_complete(f->bytes, all->block_bytes, &f->record))
		return UDF_OK;
	free(f->bytes);
	f->bytes = NULL;
	return err ? err : UDF_E_MEDIUM;
}

static int newest_first(const void *a, const void *b)
{
	const struct found *p = a, *q = b;

	return p->record.seq < q->record.seq ? 1 : -(p->record.seq > q->record.seq);
}

/* Find the complete record SEQ.  Before it one may be whose writing failed, and that was written once more. */
static enum udf_err take_seq(struct search *s, uint64_t seq, struct found **ret_found)
{
	enum udf_err err = UDF_E_MEDIUM;

	for (unsigned i = 0; i < s->n_found && err == UDF_E_MEDIUM; i++)
		if (s->found[i].record.seq == seq) {
			*ret_found = &s->found[i];
			err = take(s, &s->found[i]);
		}
	return err;
}

/*
 * The newest complete record, and those before it from its tail on.  Without any record the chain is empty.  One that
 * is missing was flushed, so the medium is damaged: what is newer counts all the same.
 */
static enum udf_err find_chain(struct search *s)
{
	struct found *f = NULL;
	enum udf_err err = UDF_E_MEDIUM;

	qsort(s->found, s->n_found, sizeof(s->found[0]), newest_first);
	for (unsigned i = 0; i < s->n_found && err == UDF_E_MEDIUM; i++) {
		f = &s->found[i];
		err = take(s, f);
	}
	if (s->n_found == 0 || err == UDF_E_MEDIUM)
		return UDF_OK;
	while (!err) {
		s->chain[s->n_chain++] = f;
		if (f->record.seq <= s->chain[0]->record.tail)
			return UDF_OK;
		err = take_seq(s, f->record.prev, &f);	/* the numbers fall, so this ends */
	}
	return err == UDF_E_MEDIUM ? UDF_OK : err;
}

/* ---- the packets ---- */

/* What the chain has of one packet. */
struct built {
	uint64_t have, changed;
	bool is_whole, only_if_lost;
};

static void add_entry(struct search *s, struct built *b, const struct pkt_entry *entry, const uint8_t *stored)
{
	const struct pkt_packets *all = &s->core->packets;

	if (entry->is_whole) {
		b->have = pkt_packet_whole(all, entry->no);
		b->is_whole = true;
	}
	b->have |= entry->changed;
	b->changed |= entry->changed;
	for (uint32_t i = 0; i < all->unit_blocks; i++) {
		uint8_t *block = s->built + (size_t)i * all->block_bytes;

		if (entry->stored >> i & 1) {
			memcpy(block, stored, all->block_bytes);
			stored += all->block_bytes;
		} else if (entry->is_whole || entry->changed >> i & 1) {
			memset(block, 0, all->block_bytes);
		}
	}
}

static struct built build(struct search *s, uint64_t no)
{
	struct built b = { .only_if_lost = s->chain[0]->record.is_old };

	for (unsigned k = s->n_chain; k-- > 0;) {
		const struct found *f = s->chain[k];
		const uint8_t *stored = f->bytes + s->core->packets.block_bytes;

		for (unsigned i = 0; i < f->record.n_entries; i++) {
			struct pkt_entry entry = pkt_record_entry(f->bytes, &f->record, i);

			if (entry.no == no)
				add_entry(s, &b, &entry, stored);
			stored += (size_t)__builtin_popcountll(entry.stored) * s->core->packets.block_bytes;
		}
	}
	return b;
}

/* The blocks MASK that differ from what is in place. */
static uint64_t different(const struct search *s, uint64_t mask)
{
	size_t block_bytes = s->core->packets.block_bytes;

	for (uint32_t i = 0; i < s->core->packets.unit_blocks; i++)
		if (mask >> i & 1 &&
		    memcmp(s->built + i * block_bytes, s->in_place + i * block_bytes, block_bytes) == 0)
			mask &= ~(1ull << i);
	return mask;
}

/* The packet gets room of its own: whoever reads needs the cache besides. */
static enum udf_err keep(struct search *s, uint64_t no, const struct built *b, uint64_t mask)
{
	struct pkt_packets *all = &s->core->packets;
	size_t block_bytes = all->block_bytes;
	struct pkt_packet *p = pkt_packets_find(all, no);
	enum udf_err err;

	if (all->n_logged == PKT_RECOVER_MOST)
		return UDF_E_BUSY;
	if (!p) {
		all->max++;
		err = pkt_packets_add(all, no, &p);
		if (err)
			return err;
	}
	for (uint32_t i = 0; i < all->unit_blocks; i++)
		if (mask >> i & 1)
			memcpy(p->data + i * block_bytes, s->built + i * block_bytes, block_bytes);
	p->valid |= mask;
	p->log_seq = s->chain[s->n_chain - 1]->record.seq;
	p->log_whole = b->is_whole;
	pkt_packet_set_logged(all, p, mask);
	return UDF_OK;
}

static enum udf_err restore(struct search *s, uint64_t no)
{
	struct pkt_packets *all = &s->core->packets;
	struct built b;
	enum udf_err err;

	for (size_t i = 0; i < s->n_done; i++)
		if (s->done[i] == no)
			return UDF_OK;
	s->done[s->n_done++] = no;
	b = build(s, no);
	err = bio_read(s->core->below, no * all->unit_blocks, pkt_packet_n_blocks(all, no), s->in_place);
	if (err == UDF_E_MEDIUM)
		return b.have ? keep(s, no, &b, b.have) : UDF_OK;
	if (err || b.only_if_lost)
		return err;
	return different(s, b.changed) ? keep(s, no, &b, b.changed) : UDF_OK;
}

/* ---- the journal goes on ---- */

static void go_on(struct search *s, const struct bio_journal *area)
{
	struct pkt_journal *j = &s->core->journal;
	const struct found *newest = s->chain[0];
	uint32_t unit = s->core->packets.unit_blocks;

	for (unsigned k = s->n_chain; k-- > 0;) {
		j->live[j->n_live].seq = s->chain[k]->record.seq;
		j->live[j->n_live++].at = s->chain[k]->at;
	}
	j->seq = s->found[0].record.seq;	/* also that of one that is not complete */
	j->next = (newest->at + (uint32_t)udf_ceil_div(1 + newest->record.n_stored, unit)) % s->n_area;
	j->anchor_no = area->anchor / unit;
	j->is_recovered = true;
}

static enum udf_err restore_all(struct search *s, const struct bio_journal *area)
{
	bool is_read_only = s->core->below->geometry.access == BIO_READ_ONLY;
	enum udf_err err = UDF_OK;

	if (s->n_chain == 0)
		return UDF_OK;
	s->done = calloc((size_t)s->n_chain * pkt_record_max_entries(s->core->packets.block_bytes) + 1,
			 sizeof(*s->done));
	if (!s->done)
		return UDF_E_NOMEM;
	if (!is_read_only)
		err = pkt_journal_start(s->core, area);
	s->core->journal.is_recovered = true;
	for (unsigned k = 0; k < s->n_chain && !err; k++)
		for (unsigned i = 0; i < s->chain[k]->record.n_entries && !err; i++)
			err = restore(s, pkt_record_entry(s->chain[k]->bytes, &s->chain[k]->record, i).no);
	if (!err && !is_read_only)
		go_on(s, area);
	return err;
}

enum udf_err pkt_recover(struct pkt_core *core, const struct bio_journal *area, unsigned *ret_n_packets)
{
	size_t packet_bytes = (size_t)core->packets.unit_blocks * core->packets.block_bytes;
	enum udf_err err = pkt_journal_check(core, area, PKT_JOURNAL_LEAST);
	struct search *s;

	if (err)
		return err;
	if (core->journal.n_packets || core->journal.is_recovered) {
		/* Opened once more.  Nothing has been written meanwhile, or through this journal. */
		*ret_n_packets = core->journal.is_recovered ? (unsigned)core->packets.n_logged : 0;
		return UDF_OK;
	}
	s = calloc(1, sizeof(*s));
	if (s)
		s->block = malloc(core->packets.block_bytes + 2 * packet_bytes);
	if (!s || !s->block) {
		free(s);
		return UDF_E_NOMEM;
	}
	s->core = core;
	s->built = s->block + core->packets.block_bytes;
	s->in_place = s->built + packet_bytes;
	s->first_no = area->first / core->packets.unit_blocks;
	s->n_area = area->n_blocks / core->packets.unit_blocks;
	s->id = area->id;
	for (uint32_t at = 0; at < s->n_area && !err; at++)
		err = note_header(s, at);
	if (!err)
		err = find_chain(s);
	if (!err)
		err = restore_all(s, area);
	for (unsigned i = 0; i < s->n_found; i++)
		free(s->found[i].bytes);
	free(s->done);
	free(s->block);
	free(s);
	if (err)
		pkt_journal_stop(core);
	else
		*ret_n_packets = (unsigned)core->packets.n_logged;
	return err;
}
