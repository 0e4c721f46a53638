/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "pkt/core.h"
#include "pkt/journal.h"

/* The header block: these, an entry of 16 bytes (number, mask of the blocks stored) a packet, zeros */
#define MAGIC "UDFkitPJ"
#define VERSION_AT 8u
#define N_PACKETS_AT 12u
#define ID_AT 16u
#define SEQ_AT 24u
#define N_STORED_AT 32u		/* blocks that follow the header */
#define HASH_AT 40u		/* of those blocks */
#define HEADER_HASH_AT 48u	/* of the header, with 0 here */
#define ENTRIES_AT 64u
#define ENTRY_BYTES 16u
#define VERSION 1u

/* FNV-1a over words of 8 bytes: it tells a record from a mixture of two, and is no protection against malice. */
static uint64_t hash(const uint8_t *bytes, size_t n_bytes)
{
	uint64_t h = 0xCBF29CE484222325u;

	for (size_t i = 0; i + 8 <= n_bytes; i += 8)
		h = (h ^ get_le64(bytes + i)) * 0x100000001B3u;
	return h;
}

static uint64_t header_hash(uint8_t *header, size_t n_bytes)
{
	uint64_t old = get_le64(header + HEADER_HASH_AT), h;

	put_le64(header + HEADER_HASH_AT, 0);
	h = hash(header, n_bytes);
	put_le64(header + HEADER_HASH_AT, old);
	return h;
}

/* ---- where ---- */

static enum udf_err check_area(const struct pkt_core *core, const struct bio_journal *journal)
{
	uint32_t unit = core->packets.unit_blocks;

	if (journal->first % unit || journal->n_blocks % unit || journal->n_blocks / unit < 2 ||
	    journal->n_blocks / unit > PKT_JOURNAL_AREA || journal->first > core->packets.n_blocks ||
	    journal->n_blocks > core->packets.n_blocks - journal->first || core->packets.block_bytes < 512)
		return UDF_E_INVAL;
	return UDF_OK;
}

/* A record of as many packets as this fits into the area, however full they are. */
static unsigned most_in_record(const struct pkt_journal *j)
{
	return (unsigned)udf_min64(j->n_packets - 1, PKT_JOURNAL_PACKETS);
}

enum udf_err pkt_journal_set(struct pkt_core *core, const struct bio_journal *journal)
{
	size_t packet_bytes = (size_t)core->packets.unit_blocks * core->packets.block_bytes;
	struct pkt_journal *j = &core->journal;
	enum udf_err err;

	free(j->record);
	*j = (struct pkt_journal){ 0 };
	if (!journal)
		return UDF_OK;
	err = check_area(core, journal);
	if (err)
		return err;
	j->n_packets = journal->n_blocks / core->packets.unit_blocks;
	j->first_no = journal->first / core->packets.unit_blocks;
	j->id = journal->id;
	j->record = malloc((most_in_record(j) + 1) * packet_bytes);
	if (!j->record)
		j->n_packets = 0;
	return j->record ? UDF_OK : UDF_E_NOMEM;
}

/* ---- a record ---- */

static bool has_copy(const struct pkt_journal *j, uint64_t no)
{
	for (unsigned i = 0; i < j->n; i++)
		if (j->nos[i] == no)
			return true;
	return false;
}

/* Nothing was stored in the packet when the volume was opened, and nothing was written to it since. */
static bool is_fresh(struct pkt_core *core, uint64_t no)
{
	return !pkt_wear_may_be_written(&core->wear, no) &&
	       pkt_is_free(core, no * core->packets.unit_blocks, pkt_packet_n_blocks(&core->packets, no),
			   BIO_FREE_BEFORE);
}

/* Append the blocks of P that are not zero, after the N_STORED that are there, and its entry.  Returns how many. */
static uint32_t put_packet(struct pkt_core *core, struct pkt_packet *p, uint32_t n_stored)
{
	uint32_t block_bytes = core->packets.block_bytes, n = pkt_packet_n_blocks(&core->packets, p->no), added = 0;
	struct pkt_journal *j = &core->journal;
	uint8_t *entry = j->record + ENTRIES_AT + j->n * ENTRY_BYTES;
	uint64_t mask = 0;

	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *block = p->data + (size_t)i * block_bytes;

		if (bytes_are_zero(block, block_bytes))
			continue;
		memcpy(j->record + (size_t)(1 + n_stored + added++) * block_bytes, block, block_bytes);
		mask |= 1ull << i;
	}
	put_le64(entry, p->no);
	put_le64(entry + 8, mask);
	j->nos[j->n++] = p->no;
	p->copied = true;
	return added;
}

/* What could not be written or synced may be unreadable in its place: the new record has its copy, too. */
static uint32_t put_failed(struct pkt_core *core, uint32_t n_stored, unsigned most)
{
	struct pkt_packets *all = &core->packets;
	uint32_t added = 0;

	for (struct pkt_packet *p = all->ends.newer; p != &all->ends && core->journal.n < most; p = p->newer)
		if (p->failed && p->valid == pkt_packet_whole(all, p->no) && !has_copy(&core->journal, p->no))
			added += put_packet(core, p, n_stored + added);
	return added;
}

/* The record in memory: P, and the dirty packets after it that the same flush writes.  Returns its packets. */
static uint32_t collect(struct pkt_core *core, struct pkt_packet *p)
{
	struct pkt_journal *j = &core->journal;
	uint32_t block_bytes = core->packets.block_bytes, unit = core->packets.unit_blocks, n_stored, n_packets;
	unsigned most = most_in_record(j);

	memset(j->record, 0, block_bytes);
	j->n = 0;
	n_stored = put_packet(core, p, 0);
	n_stored += put_failed(core, n_stored, most);
	while (j->flush_seq && j->n < most) {
		p = pkt_packets_next_dirty(&core->packets, p->no + 1, j->flush_seq);
		if (!p)
			break;
		if (!p->failed && !is_fresh(core, p->no) && pkt_complete(core, p) == UDF_OK)
			n_stored += put_packet(core, p, n_stored);
	}
	n_packets = (uint32_t)udf_ceil_div(1 + n_stored, unit);
	memset(j->record + (size_t)(1 + n_stored) * block_bytes, 0,
	       ((size_t)n_packets * unit - 1 - n_stored) * block_bytes);
	memcpy(j->record, MAGIC, 8);
	put_le32(j->record + VERSION_AT, VERSION);
	put_le32(j->record + N_PACKETS_AT, j->n);
	put_le64(j->record + ID_AT, j->id);
	put_le64(j->record + SEQ_AT, ++j->seq);
	put_le32(j->record + N_STORED_AT, n_stored);
	put_le64(j->record + HASH_AT, hash(j->record + block_bytes, (size_t)n_stored * block_bytes));
	put_le64(j->record + HEADER_HASH_AT, header_hash(j->record, block_bytes));
	return n_packets;
}

static enum udf_err write_record(struct pkt_core *core, uint32_t n_packets)
{
	struct pkt_journal *j = &core->journal;
	uint32_t unit = core->packets.unit_blocks;
	enum udf_err err = UDF_OK;

	if (j->next + n_packets > j->n_packets)
		j->next = 0;
	for (uint32_t i = 0; i < n_packets && !err; i++) {
		uint64_t no = j->first_no + j->next + i;

		core->writing_no = no;	/* no sparing table may be written there meanwhile */
		pthread_mutex_unlock(&core->lock);
		err = bio_write(core->below, no * unit, unit,
				j->record + (size_t)i * unit * core->packets.block_bytes);
		pthread_mutex_lock(&core->lock);
		core->stats.n_packets_written++;
		core->stats.n_packets_journaled++;
		pkt_wear_count(&core->wear, no);
	}
	j->next = (j->next + n_packets) % j->n_packets;
	return err;
}

enum udf_err pkt_journal_keep(struct pkt_core *core, struct pkt_packet *p)
{
	struct pkt_journal *j = &core->journal;
	uint64_t no = core->writing_no;
	enum udf_err err = UDF_OK;

	if (j->n_packets == 0 || (has_copy(j, p->no) && p->copied) || is_fresh(core, p->no))
		return UDF_OK;
	if (j->unsynced)
		err = pkt_sync(core);
	/* A place that can't be written is left out, as long as there is another one. */
	for (uint32_t tries = 0; !err && tries < 3; tries++) {
		err = write_record(core, collect(core, p));
		if (!err)
			break;
		if (tries < 2)
			err = UDF_OK;
	}
	core->writing_no = no;
	if (!err)
		err = pkt_sync(core);
	if (err)
		j->n = 0;
	return err;
}

bool pkt_journal_is_older(const struct pkt_core *core, const struct pkt_packet *p)
{
	return core->journal.n_packets && has_copy(&core->journal, p->no) && !p->copied;
}

void pkt_journal_written(struct pkt_core *core, const struct pkt_packet *p)
{
	struct pkt_journal *j = &core->journal;

	for (unsigned i = 0; i < j->n; i++)
		if (j->nos[i] == p->no) {
			j->nos[i] = j->nos[--j->n];
			j->unsynced = true;
			return;
		}
}

/* ---- after a power cut ---- */

struct search {
	struct pkt_core *core;
	const struct bio_journal *journal;
	uint8_t *header;	/* of the newest record so far */
	uint8_t *block;
	uint8_t *stored;	/* its blocks */
	uint64_t seq;
};

static unsigned n_entries(const uint8_t *header)
{
	return get_le32(header + N_PACKETS_AT);
}

/* Does the header in S->BLOCK say only what can be?  The disc may lie. */
static bool is_header(struct search *s)
{
	const struct pkt_packets *all = &s->core->packets;
	uint64_t n_stored = 0, first = s->journal->first / all->unit_blocks;
	const uint8_t *h = s->block;

	if (memcmp(h, MAGIC, 8) != 0 || get_le32(h + VERSION_AT) != VERSION || get_le64(h + ID_AT) != s->journal->id ||
	    get_le64(h + HEADER_HASH_AT) != header_hash(s->block, all->block_bytes) || n_entries(h) == 0 ||
	    n_entries(h) > PKT_JOURNAL_PACKETS)
		return false;
	for (unsigned i = 0; i < n_entries(h); i++) {
		uint64_t no = get_le64(h + ENTRIES_AT + i * ENTRY_BYTES);
		uint64_t mask = get_le64(h + ENTRIES_AT + i * ENTRY_BYTES + 8);

		if (no >= udf_ceil_div(all->n_blocks, all->unit_blocks) || mask & ~pkt_packet_whole(all, no) ||
		    (no >= first && no < first + s->journal->n_blocks / all->unit_blocks))
			return false;
		n_stored += (unsigned)__builtin_popcountll(mask);
	}
	return n_stored == get_le32(h + N_STORED_AT);
}

/* Take the record at block AT, if there is one, if it is newer than the one that was taken, and complete. */
static enum udf_err look_at(struct search *s, uint64_t at)
{
	uint32_t block_bytes = s->core->packets.block_bytes, n_stored;
	uint64_t end = s->journal->first + s->journal->n_blocks;
	enum udf_err err = bio_read(s->core->below, at, 1, s->block);
	uint8_t *stored;

	if (err)
		return err == UDF_E_MEDIUM ? UDF_OK : err;
	if (!is_header(s) || get_le64(s->block + SEQ_AT) <= s->seq)
		return UDF_OK;
	n_stored = get_le32(s->block + N_STORED_AT);
	if (n_stored > end - at - 1)
		return UDF_OK;
	stored = malloc((size_t)n_stored * block_bytes + 1);
	if (!stored)
		return UDF_E_NOMEM;
	err = bio_read(s->core->below, at + 1, n_stored, stored);
	if (err || hash(stored, (size_t)n_stored * block_bytes) != get_le64(s->block + HASH_AT)) {
		free(stored);
		return err == UDF_E_MEDIUM ? UDF_OK : err;
	}
	free(s->stored);
	s->stored = stored;
	s->seq = get_le64(s->block + SEQ_AT);
	memcpy(s->header, s->block, block_bytes);
	return UDF_OK;
}

/* The packet of entry I, whose blocks begin at STORED: put it into the cache if it can't be read in its place. */
static enum udf_err restore(struct search *s, unsigned i, const uint8_t *stored, unsigned *n_packets)
{
	const uint8_t *entry = s->header + ENTRIES_AT + i * ENTRY_BYTES;
	struct pkt_packets *all = &s->core->packets;
	uint64_t no = get_le64(entry), mask = get_le64(entry + 8);
	uint32_t n = pkt_packet_n_blocks(all, no);
	struct pkt_packet *p;
	enum udf_err err;

	err = bio_read(s->core->below, no * all->unit_blocks, n, s->core->scratch);
	if (err != UDF_E_MEDIUM)
		return err;
	p = pkt_packets_find(all, no);
	err = p ? UDF_OK : pkt_packets_add(all, no, &p);
	if (err || p->dirty)
		return err;
	for (uint32_t k = 0; k < n; k++) {
		uint8_t *block = p->data + (size_t)k * all->block_bytes;

		if (mask >> k & 1) {
			memcpy(block, stored, all->block_bytes);
			stored += all->block_bytes;
		} else {
			memset(block, 0, all->block_bytes);
		}
	}
	p->unreadable = false;
	pkt_packet_set_dirty(all, p, pkt_packet_whole(all, no));
	++*n_packets;
	return UDF_OK;
}

enum udf_err pkt_journal_recover(struct pkt_core *core, const struct bio_journal *journal, unsigned *ret_n_packets)
{
	uint32_t block_bytes = core->packets.block_bytes;
	struct search s = { .core = core, .journal = journal };
	enum udf_err err = check_area(core, journal);
	unsigned n = 0;

	if (err)
		return err;
	s.header = calloc(2, block_bytes);
	if (!s.header)
		return UDF_E_NOMEM;
	s.block = s.header + block_bytes;
	for (uint32_t at = 0; at < journal->n_blocks && !err; at += core->packets.unit_blocks)
		err = look_at(&s, journal->first + at);
	if (s.stored && !err) {
		const uint8_t *stored = s.stored;

		for (unsigned i = 0; i < n_entries(s.header) && !err; i++) {
			err = restore(&s, i, stored, &n);
			stored += (size_t)__builtin_popcountll(get_le64(s.header + ENTRIES_AT + i * ENTRY_BYTES + 8)) *
				  block_bytes;
		}
	}
	free(s.stored);
	free(s.header);
	if (!err)
		*ret_n_packets = n;
	return err;
}
