/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packet journal: a copy of each packet is stored before the packet is written in place.
 *
 * A power cut makes the packet unreadable that is being written, with everything that was in it before.  The copy
 * takes its place then.  A packet that holds nothing needs no copy: what is written to a fresh one is lost, and nothing
 * else.
 *
 * A record is one header block, the blocks of the packets that are not all zero, and zeros up to the end of its last
 * packet.  Records follow each other in the area and begin again at its start.  The newest one that is complete
 * counts.  All of its packets were durable in their places before the next record was begun.
 *
 * All functions are called with the lock of the core, by the thread that writes.
 */
#ifndef UDF_PKT_JOURNAL_H
#define UDF_PKT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/bio.h>

#define PKT_JOURNAL_PACKETS 16u		/* a record has copies of at most this many packets */
#define PKT_JOURNAL_AREA 64u		/* packets of the largest area */

struct pkt_core;
struct pkt_packet;

struct pkt_journal {
	uint64_t first_no;	/* the first packet of the area */
	uint32_t n_packets;	/* of the area; 0: no journal is kept */
	uint32_t next;		/* where in the area the next record begins */
	uint64_t id, seq;
	uint64_t nos[PKT_JOURNAL_PACKETS];	/* of the newest record, those that have not been written since */
	unsigned n;
	bool unsynced;		/* one of its packets was written in place, and not synced */
	uint64_t flush_seq;	/* a flush writes all packets that became dirty up to this; 0: there is none */
	uint8_t *record;
};

/** Begin or (with NULL) end the journal: see bio_set_journal(). */
enum udf_err pkt_journal_set(struct pkt_core *core, const struct bio_journal *journal);

/**
 * Store a copy of P, which is complete, and of others that will be written after it, unless it needs none or has
 * one.  The copies are durable then.  Gives the lock back for a while.
 */
enum udf_err pkt_journal_keep(struct pkt_core *core, struct pkt_packet *p);

/** Has the newest record a copy of P that is older than P is now? */
bool pkt_journal_is_older(const struct pkt_core *core, const struct pkt_packet *p);

/** P has been written in place. */
void pkt_journal_written(struct pkt_core *core, const struct pkt_packet *p);

/**
 * See bio_recover().  The packets are in memory then, and dirty.  The cache must have been idle so far.
 */
enum udf_err pkt_journal_recover(struct pkt_core *core, const struct bio_journal *journal, unsigned *ret_n_packets);

#endif
