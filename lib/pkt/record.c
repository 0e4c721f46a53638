/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "pkt/record.h"

/* The header block.  After these come the entries, and zeros. */
#define MAGIC "UDFkitPJ"
#define VERSION_AT 8u
#define N_ENTRIES_AT 12u
#define ID_AT 16u
#define SEQ_AT 24u
#define N_STORED_AT 32u
#define HASH_AT 40u		/* of the blocks after the header */
#define HEADER_HASH_AT 48u	/* of the header, with 0 here */
#define PREV_AT 64u
#define TAIL_AT 72u
#define ENTRIES_AT 96u
#define ENTRY_BYTES 32u		/* number, blocks stored, blocks changed, 1 if it is whole */
#define VERSION 2u

/* Version 1 had copies of whole packets only, one record at a time, and stored them before each write in place. */
#define OLD_VERSION 1u
#define OLD_ENTRIES_AT 64u
#define OLD_ENTRY_BYTES 16u	/* number, blocks stored */
#define OLD_MAX_ENTRIES 16u

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

unsigned pkt_record_max_entries(uint32_t block_bytes)
{
	return (block_bytes - ENTRIES_AT) / ENTRY_BYTES;
}

void pkt_record_put_entry(uint8_t *bytes, unsigned i, const struct pkt_entry *entry)
{
	uint8_t *at = bytes + ENTRIES_AT + (size_t)i * ENTRY_BYTES;

	put_le64(at, entry->no);
	put_le64(at + 8, entry->stored);
	put_le64(at + 16, entry->changed);
	put_le64(at + 24, entry->is_whole);
}

void pkt_record_seal(uint8_t *bytes, uint32_t block_bytes, const struct pkt_record *record)
{
	size_t end = ENTRIES_AT + (size_t)record->n_entries * ENTRY_BYTES;

	memset(bytes, 0, ENTRIES_AT);
	memset(bytes + end, 0, block_bytes - end);
	memcpy(bytes, MAGIC, 8);
	put_le32(bytes + VERSION_AT, VERSION);
	put_le32(bytes + N_ENTRIES_AT, record->n_entries);
	put_le64(bytes + ID_AT, record->id);
	put_le64(bytes + SEQ_AT, record->seq);
	put_le32(bytes + N_STORED_AT, record->n_stored);
	put_le64(bytes + HASH_AT, hash(bytes + block_bytes, (size_t)record->n_stored * block_bytes));
	put_le64(bytes + PREV_AT, record->prev);
	put_le64(bytes + TAIL_AT, record->tail);
	put_le64(bytes + HEADER_HASH_AT, header_hash(bytes, block_bytes));
}

/* ---- reading ---- */

static bool entries_can_be(const uint8_t *bytes, const struct pkt_packets *all, uint64_t first_no, uint32_t n_area,
			   const struct pkt_record *record)
{
	uint64_t n_stored = 0;

	for (unsigned i = 0; i < record->n_entries; i++) {
		struct pkt_entry entry = pkt_record_entry(bytes, record, i);
		uint64_t whole;

		if (entry.no >= udf_ceil_div(all->n_blocks, all->unit_blocks) ||
		    (entry.no >= first_no && entry.no < first_no + n_area))
			return false;
		whole = pkt_packet_whole(all, entry.no);
		if ((entry.stored | entry.changed) & ~whole || (!entry.is_whole && entry.stored & ~entry.changed))
			return false;
		n_stored += (unsigned)__builtin_popcountll(entry.stored);
	}
	return n_stored == record->n_stored;
}

bool pkt_record_read(uint8_t *bytes, const struct pkt_packets *all, uint64_t first_no, uint32_t n_area,
		     struct pkt_record *ret_record)
{
	uint32_t version = get_le32(bytes + VERSION_AT);
	struct pkt_record r = { .id = get_le64(bytes + ID_AT), .seq = get_le64(bytes + SEQ_AT),
				.n_entries = get_le32(bytes + N_ENTRIES_AT), .n_stored = get_le32(bytes + N_STORED_AT),
				.is_old = version == OLD_VERSION };

	if (memcmp(bytes, MAGIC, 8) != 0 || (version != VERSION && !r.is_old) || r.seq == 0 ||
	    get_le64(bytes + HEADER_HASH_AT) != header_hash(bytes, all->block_bytes) ||
	    r.n_entries > (r.is_old ? OLD_MAX_ENTRIES : pkt_record_max_entries(all->block_bytes)))
		return false;
	r.prev = r.is_old ? 0 : get_le64(bytes + PREV_AT);
	r.tail = r.is_old ? r.seq : get_le64(bytes + TAIL_AT);
	if (r.prev >= r.seq || r.tail > r.seq || r.tail == 0 || !entries_can_be(bytes, all, first_no, n_area, &r))
		return false;
	*ret_record = r;
	return true;
}

struct pkt_entry pkt_record_entry(const uint8_t *bytes, const struct pkt_record *record, unsigned i)
{
	const uint8_t *at;

	if (record->is_old) {
		at = bytes + OLD_ENTRIES_AT + (size_t)i * OLD_ENTRY_BYTES;
		return (struct pkt_entry){ .no = get_le64(at), .stored = get_le64(at + 8), .is_whole = true };
	}
	at = bytes + ENTRIES_AT + (size_t)i * ENTRY_BYTES;
	return (struct pkt_entry){ .no = get_le64(at), .stored = get_le64(at + 8), .changed = get_le64(at + 16),
				   .is_whole = get_le64(at + 24) & 1 };
}

bool pkt_record_is_complete(const uint8_t *bytes, uint32_t block_bytes, const struct pkt_record *record)
{
	return hash(bytes + block_bytes, (size_t)record->n_stored * block_bytes) == get_le64(bytes + HASH_AT);
}
