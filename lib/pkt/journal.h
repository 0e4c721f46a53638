/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packet journal: what was flushed is durable there, and is written in its place later.
 *
 * A flush stores the blocks that are dirty in one record, and synchronizes the medium.  Before a packet is written in
 * place, a record has the whole of it, because a power cut makes the packet unreadable that is being written.  A packet
 * that held nothing needs no copy: zeros stand for what is not in the journal.
 *
 * Records follow each other in the area, which is a ring.  Each names the oldest record that is still needed (its
 * tail). The newest complete record and those from its tail on, in order, have everything that was flushed and may
 * not be in place.  No record is overwritten before a newer one is durable whose tail comes after it.  So room is
 * kept for copies of all packets that would have to be written in place before the oldest record can be given up.
 *
 * All functions are called with the lock of the core, by the thread that writes.
 */
#ifndef UDF_PKT_JOURNAL_H
#define UDF_PKT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/bio.h>

#include "pkt/packets.h"

#define PKT_JOURNAL_AREA 64u		/* packets of the largest area */
#define PKT_JOURNAL_LEAST 3u		/* and of the smallest one: a record, and an empty one */
#define PKT_JOURNAL_COPIES 16u		/* a record has whole copies of at most this many packets */

struct pkt_core;

struct pkt_journal {
	uint64_t first_no;	/* the first packet of the area */
	uint32_t n_packets;	/* of the area; 0: no journal is kept */
	uint64_t anchor_no;	/* the packet that says where the area is */
	uint64_t id, seq;	/* of the newest record, whether it is complete or not */
	uint32_t next;		/* where in the area the next record begins */
	struct {
		uint64_t seq;
		uint32_t at;
	} live[PKT_JOURNAL_AREA];	/* the durable records from the tail of the newest one on, the oldest first */
	uint32_t n_live;
	bool is_recovered;	/* left by a power cut: everything is written in its place first */
	bool is_stuck;		/* it could not be emptied: only a flush tries that again */

	/* the record that is being made */
	uint8_t *record;
	uint32_t room;		/* packets */
	uint32_t n_stored;
	unsigned n_entries;
};

/** Is AREA one that can be?  At least N_LEAST packets are asked for. */
enum udf_err pkt_journal_check(const struct pkt_core *core, const struct bio_journal *area, uint32_t n_least);

/** Keep the journal AREA, without a record.  There is none yet. */
enum udf_err pkt_journal_start(struct pkt_core *core, const struct bio_journal *area);

/** Keep no journal any more. */
void pkt_journal_stop(struct pkt_core *core);

/** Was nothing stored in packet P when the volume was opened, and nothing written to it since? */
bool pkt_journal_is_fresh(struct pkt_core *core, const struct pkt_packet *p);

/**
 * May a record of N packets be stored, so that copies still fit of all packets that would need one then?  N_MORE of
 * them don't need one yet.
 */
bool pkt_journal_has_room(const struct pkt_core *core, uint32_t n, size_t n_more);

/** How many packets the largest record has. */
uint32_t pkt_journal_most(const struct pkt_journal *j);

/**
 * Begin a record, which may become as large as the room allows.  Where there is none, an empty record gives room first.
 *
 * @for_all  It has copies of what is in the journal, and may take the room that is kept for them.
 */
enum udf_err pkt_journal_begin(struct pkt_core *core, bool for_all);

/** Is there room for a copy of any packet?  If not, all that is in the journal must be written in place first. */
bool pkt_journal_can_copy(const struct pkt_core *core);

/** Add an entry for P.  False if there is no room for it. */
bool pkt_journal_put(struct pkt_core *core, struct pkt_packet *p, enum pkt_copy copy);

/**
 * Store the record durably.  This also syncs what was written in place before.  The dirty blocks in it are `logged`
 * then; after a failure they are dirty as before, and have failed.
 */
enum udf_err pkt_journal_write(struct pkt_core *core);

/** Store an empty record: nothing before it counts any more.  Everything is in place, and that is durable. */
enum udf_err pkt_journal_forget(struct pkt_core *core);

#endif
