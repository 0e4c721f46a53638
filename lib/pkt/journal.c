/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "pkt/core.h"
#include "pkt/journal.h"
#include "pkt/record.h"

#define TRIES 3u
#define LEAST_ROOM 2u	/* for a copy of any packet */

/* ---- where ---- */

enum udf_err pkt_journal_check(const struct pkt_core *core, const struct bio_journal *area, uint32_t n_least)
{
	uint32_t unit = core->packets.unit_blocks;

	if (area->first % unit || area->n_blocks % unit || area->n_blocks / unit < n_least ||
	    area->n_blocks / unit > PKT_JOURNAL_AREA || area->first > core->packets.n_blocks ||
	    area->n_blocks > core->packets.n_blocks - area->first || core->packets.block_bytes < 512)
		return UDF_E_INVAL;
	return UDF_OK;
}

uint32_t pkt_journal_most(const struct pkt_journal *j)
{
	return (uint32_t)udf_min64(udf_max64(j->n_packets / 2, 2), PKT_JOURNAL_COPIES + 1);
}

enum udf_err pkt_journal_start(struct pkt_core *core, const struct bio_journal *area)
{
	size_t packet_bytes = (size_t)core->packets.unit_blocks * core->packets.block_bytes;
	struct pkt_journal *j = &core->journal;
	enum udf_err err = pkt_journal_check(core, area, PKT_JOURNAL_LEAST);

	if (err)
		return err;
	*j = (struct pkt_journal){ .n_packets = area->n_blocks / core->packets.unit_blocks,
				   .first_no = area->first / core->packets.unit_blocks,
				   .anchor_no = area->anchor / core->packets.unit_blocks,
				   .id = area->id };
	j->record = malloc(pkt_journal_most(j) * packet_bytes);
	if (!j->record)
		j->n_packets = 0;
	return j->record ? UDF_OK : UDF_E_NOMEM;
}

void pkt_journal_stop(struct pkt_core *core)
{
	free(core->journal.record);
	core->journal = (struct pkt_journal){ 0 };
}

/* ---- room ---- */

/* Packets of the area that no durable record needs. */
static uint32_t n_free(const struct pkt_journal *j)
{
	uint32_t n_used;

	if (j->n_live == 0)
		return j->n_packets;
	n_used = (j->next + j->n_packets - j->live[0].at) % j->n_packets;
	return n_used ? j->n_packets - n_used : 0;
}

/* Will the record that is being made have all of P? */
static bool is_whole(const struct pkt_packet *p)
{
	return p->in_record >= PKT_COPY_FRESH;
}

/* The oldest record that is needed once the one that is being made is durable: a durable one, or itself. */
static uint64_t tail_of_next(const struct pkt_core *core)
{
	const struct pkt_packets *all = &core->packets;
	const struct pkt_journal *j = &core->journal;
	uint64_t own = j->seq + 1, tail = own;

	for (const struct pkt_packet *p = all->ends.newer; p != &all->ends; p = p->newer)
		if (p->log_seq && p->log_seq < tail && !is_whole(p))
			tail = p->log_seq;
	for (uint32_t i = 0; i < j->n_live; i++)
		if (j->live[i].seq >= tail)
			return j->live[i].seq;
	return own;
}

/* Packets that need a copy before they can be written in place, once the record that is being made is durable. */
static size_t n_without_copy(const struct pkt_core *core)
{
	const struct pkt_packets *all = &core->packets;
	size_t n = 0;

	for (const struct pkt_packet *p = all->ends.newer; p != &all->ends; p = p->newer)
		n += ((p->log_seq && !p->unsynced) || p->in_record) && !is_whole(p) && !p->log_whole;
	return n;
}

/* Packets of the area that will be free after a record of N more, which is durable then. */
static uint32_t n_free_after(const struct pkt_core *core, uint32_t n)
{
	const struct pkt_journal *j = &core->journal;
	uint64_t tail = tail_of_next(core);
	uint32_t first = j->next, i = 0;

	while (i < j->n_live && j->live[i].seq < tail)
		i++;
	if (i < j->n_live)
		first = j->live[i].at;
	return j->n_packets - n - (j->next + j->n_packets - first) % j->n_packets;
}

/*
 * So much must be free, also when N_MORE packets need a copy that don't need one yet.  A record of G copies has G + 1
 * packets at most.  What is written in place at once is limited, and the packet that says where the journal is comes by
 * itself, so there may be more records than the copies need.  One packet is kept for an empty record.
 */
static size_t n_reserved(const struct pkt_core *core, size_t n_more)
{
	size_t n_copies = n_without_copy(core) + n_more;

	if (n_copies == 0)
		return 1;
	return n_copies + (size_t)udf_ceil_div(n_copies, pkt_journal_most(&core->journal) - 1) +
	       (core->packets.n_logged + n_more) / PKT_JOURNAL_COPIES + 2;
}

bool pkt_journal_has_room(const struct pkt_core *core, uint32_t n, size_t n_more)
{
	const struct pkt_journal *j = &core->journal;

	return n <= pkt_journal_most(j) && n <= n_free(j) && n_free_after(core, n) >= n_reserved(core, n_more);
}

bool pkt_journal_is_fresh(struct pkt_core *core, const struct pkt_packet *p)
{
	uint64_t no = p->no;

	return p->log_seq == 0 &&
	       pkt_is_unused(core, no * core->packets.unit_blocks, pkt_packet_n_blocks(&core->packets, no));
}

/* ---- the record that is being made ---- */

/* With FOR_ALL, the record may take what is kept for copies of all that is in the journal. */
static uint32_t room_now(const struct pkt_core *core, bool for_all)
{
	const struct pkt_journal *j = &core->journal;
	uint32_t most = (uint32_t)udf_min64(pkt_journal_most(j), n_free(j));

	if (!for_all)
		while (most && n_free_after(core, most) < n_reserved(core, 0))
			most--;
	else if (most == n_free(j) && tail_of_next(core) <= j->seq)
		most -= most > 0;	/* one more must follow, to give up what is before it */
	return most;
}

bool pkt_journal_can_copy(const struct pkt_core *core)
{
	return room_now(core, false) >= LEAST_ROOM;
}

static void make_empty(struct pkt_journal *j, uint32_t room)
{
	j->room = room;
	j->n_entries = 0;
	j->n_stored = 0;
}

enum udf_err pkt_journal_begin(struct pkt_core *core, bool for_all)
{
	struct pkt_journal *j = &core->journal;
	enum udf_err err = UDF_OK;

	/* What is in place, and durable there, needs no record. */
	if (room_now(core, for_all) < LEAST_ROOM && core->packets.n_unsynced)
		err = pkt_sync(core);
	if (!err && room_now(core, for_all) < LEAST_ROOM && n_free(j) > 0 && j->n_live &&
	    j->live[0].seq < tail_of_next(core)) {
		make_empty(j, 1);
		err = pkt_journal_write(core);
	}
	make_empty(j, room_now(core, for_all));
	return err;
}

/* The blocks MASK of P that are not zeros. */
static uint64_t not_zero(const struct pkt_core *core, const struct pkt_packet *p, uint64_t mask)
{
	size_t block_bytes = core->packets.block_bytes;

	for (uint32_t i = 0; i < core->packets.unit_blocks; i++)
		if (mask >> i & 1 && bytes_are_zero(p->data + i * block_bytes, block_bytes))
			mask &= ~(1ull << i);
	return mask;
}

bool pkt_journal_put(struct pkt_core *core, struct pkt_packet *p, enum pkt_copy copy)
{
	size_t block_bytes = core->packets.block_bytes;
	struct pkt_journal *j = &core->journal;
	struct pkt_entry entry = { .no = p->no, .changed = p->dirty, .is_whole = copy >= PKT_COPY_FRESH };
	uint8_t *out;

	if (copy == PKT_COPY_WHOLE)
		entry.changed |= p->logged;
	entry.stored = not_zero(core, p, copy == PKT_COPY_WHOLE ? p->valid : p->dirty);
	if (j->n_entries == pkt_record_max_entries(core->packets.block_bytes) ||
	    1 + j->n_stored + (unsigned)__builtin_popcountll(entry.stored) > j->room * core->packets.unit_blocks)
		return false;
	pkt_record_put_entry(j->record, j->n_entries++, &entry);
	out = j->record + (1 + j->n_stored) * block_bytes;
	for (uint32_t i = 0; i < core->packets.unit_blocks; i++)
		if (entry.stored >> i & 1) {
			memcpy(out, p->data + i * block_bytes, block_bytes);
			out += block_bytes;
			j->n_stored++;
		}
	p->in_record = copy;
	p->logging = pkt_packet_take_dirty(&core->packets, p);
	return true;
}

/* ---- storing it ---- */

static enum udf_err write_packet_at(struct pkt_core *core, uint32_t at, const uint8_t *data)
{
	uint64_t no = core->journal.first_no + at;
	enum udf_err err;

	core->writing_no = no;	/* no sparing table may be written there meanwhile */
	pthread_mutex_unlock(&core->lock);
	err = bio_write(core->below, no * core->packets.unit_blocks, core->packets.unit_blocks, data);
	pthread_mutex_lock(&core->lock);
	core->writing_no = PKT_NO_PACKET;
	core->stats.n_packets_written++;
	core->stats.n_packets_journaled++;
	pkt_wear_count(&core->wear, no);
	return err;
}

/* A place that can't be written is left out, as long as there is room for all after it.  Else it is tried again. */
static enum udf_err write_packets(struct pkt_core *core, uint32_t n, uint32_t *ret_at)
{
	size_t packet_bytes = (size_t)core->packets.unit_blocks * core->packets.block_bytes;
	struct pkt_journal *j = &core->journal;
	enum udf_err err = UDF_OK;

	for (unsigned tries = 0; tries < TRIES; tries++) {
		uint32_t at = j->next;

		err = UDF_OK;
		for (uint32_t i = 0; i < n && !err; i++) {
			err = write_packet_at(core, j->next, j->record + i * packet_bytes);
			j->next = (j->next + 1) % j->n_packets;
		}
		*ret_at = at;
		if (!err)
			return UDF_OK;
		if (n > n_free(j) || n_free_after(core, n) < n_reserved(core, 0))
			j->next = at;
	}
	return err;
}

static void is_durable(struct pkt_core *core, uint64_t tail, uint32_t at)
{
	struct pkt_journal *j = &core->journal;
	struct pkt_packets *all = &core->packets;
	uint32_t n_dead = 0;

	while (n_dead < j->n_live && j->live[n_dead].seq < tail)
		n_dead++;
	j->n_live -= n_dead;
	memmove(j->live, j->live + n_dead, j->n_live * sizeof(j->live[0]));
	j->live[j->n_live].seq = j->seq;
	j->live[j->n_live++].at = at;
	for (struct pkt_packet *p = all->ends.newer; p != &all->ends; p = p->newer) {
		if (!p->in_record)
			continue;
		pkt_packet_set_logged(all, p, p->logged | p->logging);
		p->logging = 0;
		if (p->log_seq == 0 || is_whole(p))
			p->log_seq = j->seq;
		p->log_whole |= is_whole(p);
		p->in_record = PKT_COPY_NONE;
	}
}

/*
 * Whether the record is on the medium is not known.  A fresh packet must not be written past the journal now: after a
 * power cut the record could have older blocks of it.
 */
static void has_failed(struct pkt_core *core, enum udf_err err)
{
	struct pkt_packets *all = &core->packets;

	for (struct pkt_packet *p = all->ends.newer; p != &all->ends; p = p->newer) {
		if (!p->in_record)
			continue;
		if (p->in_record == PKT_COPY_FRESH && p->log_seq == 0) {
			p->log_seq = core->journal.seq;
			p->log_whole = true;	/* it holds nothing that is durable */
		}
		p->in_record = PKT_COPY_NONE;
		if (!p->logging)
			continue;
		pkt_packet_set_dirty(all, p, p->logging);
		p->logging = 0;
		p->dirty_seq = 0;	/* older than any flush */
		pkt_packet_set_failed(all, p, true);
	}
	core->last_err = err;
}

enum udf_err pkt_journal_write(struct pkt_core *core)
{
	struct pkt_journal *j = &core->journal;
	uint32_t block_bytes = core->packets.block_bytes, unit = core->packets.unit_blocks, at, start = j->next;
	uint32_t n = (uint32_t)udf_ceil_div(1 + j->n_stored, unit);
	struct pkt_record record = { .id = j->id, .n_entries = j->n_entries, .n_stored = j->n_stored };
	uint64_t no = core->writing_no;
	enum udf_err err;

	record.tail = tail_of_next(core);
	record.seq = ++j->seq;
	record.prev = j->n_live ? j->live[j->n_live - 1].seq : 0;
	memset(j->record + (size_t)(1 + j->n_stored) * block_bytes, 0,
	       ((size_t)n * unit - 1 - j->n_stored) * block_bytes);
	pkt_record_seal(j->record, block_bytes, &record);
	err = write_packets(core, n, &at);
	if (err)
		core->stats.n_write_errors++;
	else
		err = pkt_sync(core);
	core->writing_no = no;
	if (err) {
		j->next = start;	/* else the room that is kept for copies would become less */
		has_failed(core, err);
	} else {
		is_durable(core, record.tail, at);
	}
	pthread_cond_broadcast(&core->changed);
	return err;
}

enum udf_err pkt_journal_forget(struct pkt_core *core)
{
	if (core->journal.n_live == 0)
		return UDF_OK;
	if (n_free(&core->journal) == 0)
		return UDF_E_NOSPC;
	make_empty(&core->journal, 1);
	return pkt_journal_write(core);
}
