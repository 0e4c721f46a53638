/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One record of the packet journal: a header block, and the blocks that its entries name.
 *
 * An entry is about one packet.  It stores the blocks that are newer than those in place, or the whole packet, which is
 * needed where a power cut has made the packet unreadable.  A block that is all zeros is not stored.
 *
 * This file does no I/O.  What it reads comes from the disc, which may lie.
 */
#ifndef UDF_PKT_RECORD_H
#define UDF_PKT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkt/packets.h"

struct pkt_record {
	uint64_t id;		/* of the journal */
	uint64_t seq;		/* above that of every record before it */
	uint64_t prev;		/* of the record before it; 0: there is none */
	uint64_t tail;		/* of the oldest record that must be read with this one; SEQ: only itself */
	unsigned n_entries;
	uint32_t n_stored;	/* blocks after the header */
	bool is_old;		/* version 1: an entry counts only where its packet can't be read */
};

struct pkt_entry {
	uint64_t no;		/* the packet */
	uint64_t stored;	/* those of its blocks that follow, in this order */
	uint64_t changed;	/* blocks that are newer than in place; those that are not stored are zeros */
	bool is_whole;		/* every block is stored, or is zeros */
};

/** How many entries a header has room for. */
unsigned pkt_record_max_entries(uint32_t block_bytes);

/** Write entry I into the header at BYTES. */
void pkt_record_put_entry(uint8_t *bytes, unsigned i, const struct pkt_entry *entry);

/** Complete the record at BYTES, whose entries and blocks are there.  The header's other bytes are overwritten. */
void pkt_record_seal(uint8_t *bytes, uint32_t block_bytes, const struct pkt_record *record);

/**
 * Read the header at BYTES, which is changed meanwhile.  False if it is none, or if an entry is about a packet that is
 * not on the device or lies in the journal itself, the N_AREA packets from FIRST_NO on.
 */
bool pkt_record_read(uint8_t *bytes, const struct pkt_packets *all, uint64_t first_no, uint32_t n_area,
		     struct pkt_record *ret_record);

/** Entry I of such a header. */
struct pkt_entry pkt_record_entry(const uint8_t *bytes, const struct pkt_record *record, unsigned i);

/** Are the blocks after the header those that it was made with? */
bool pkt_record_is_complete(const uint8_t *bytes, uint32_t block_bytes, const struct pkt_record *record);

#endif
