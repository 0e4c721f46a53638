/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets that the cache has in memory: found by number, the least recently used ones replaced.
 *
 * This file does no I/O and has no lock.
 */
#ifndef UDF_PKT_PACKETS_H
#define UDF_PKT_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define PKT_MAX_UNIT_BLOCKS 64u	/* a packet's blocks are the bits of a mask */

/* What a record of the journal has of a packet. */
enum pkt_copy {
	PKT_COPY_NONE,
	PKT_COPY_DIRTY,		/* its dirty blocks */
	PKT_COPY_FRESH,		/* the same, and the packet holds nothing else */
	PKT_COPY_WHOLE,		/* all of it; the packet is valid whole */
};

struct pkt_packet {
	struct pkt_packet *in_bucket;
	struct pkt_packet *newer, *older;
	uint64_t no;		/* its first block is NO times the unit */
	uint8_t *data;
	uint64_t valid;		/* the blocks whose contents are in data */
	uint64_t dirty;		/* those of them that must be written */
	uint64_t dirty_seq;	/* when the first of these came; see pkt_packets.seq */
	bool unsynced;		/* written, and valid whole, but the medium may still lose it */
	bool failed;		/* could not be written, or not be synced: only a flush tries again */
	bool bad;		/* the medium did not take it, and no spare packet did */
	bool unreadable;	/* could not be read whole */
	bool reading, writing;	/* a thread does that just now */

	/* for the journal (journal.h) */
	uint64_t logging;	/* no longer dirty, if the record that is being made becomes durable */
	uint64_t logged;	/* durable in the journal, and not yet in place */
	uint64_t log_seq;	/* the oldest record that is needed for it; 0: none is */
	bool log_whole;		/* these records hold the whole packet */
	enum pkt_copy in_record;	/* in the one that is being made */
};

struct pkt_packets {
	uint32_t unit_blocks, block_bytes;
	uint64_t n_blocks;	/* of the device; its last packet may be shorter than the others */
	size_t max, n;
	struct pkt_packet **buckets;
	size_t n_buckets;
	struct pkt_packet ends;	/* of the list: its newer one is the oldest */
	uint64_t seq;		/* counts the packets that became dirty */
	size_t n_dirty;
	size_t n_whole;		/* of these, those whose blocks are all dirty */
	size_t n_failed;	/* of these, those that failed */
	size_t n_unsynced;
	size_t n_logged;	/* those of which something is only in the journal */
};

enum udf_err pkt_packets_init(struct pkt_packets *all, uint32_t unit_blocks, uint32_t block_bytes, uint64_t n_blocks,
			      size_t max);
void pkt_packets_done(struct pkt_packets *all);

/** How many blocks packet NO has, and the mask of them. */
uint32_t pkt_packet_n_blocks(const struct pkt_packets *all, uint64_t no);
uint64_t pkt_packet_whole(const struct pkt_packets *all, uint64_t no);

/** The mask of N blocks from FIRST on, of a packet. */
uint64_t pkt_blocks(uint32_t first, uint32_t n);

/** The packet if it is in memory, else NULL. */
struct pkt_packet *pkt_packets_find(const struct pkt_packets *all, uint64_t no);

/** Packet P has been used just now. */
void pkt_packets_touch(struct pkt_packets *all, struct pkt_packet *p);

/**
 * Add packet NO, which is not in memory, without contents.  The clean packet that was not used for the longest
 * time makes room for it.  Returns UDF_E_BUSY where no packet is clean and idle.
 */
enum udf_err pkt_packets_add(struct pkt_packets *all, uint64_t no, struct pkt_packet **ret_packet);

/** Blocks MASK of P, whose contents have been set, must be written. */
void pkt_packet_set_dirty(struct pkt_packets *all, struct pkt_packet *p, uint64_t mask);

/** Nothing of P needs to be written any more.  Returns the blocks that did. */
uint64_t pkt_packet_take_dirty(struct pkt_packets *all, struct pkt_packet *p);

/** Blocks MASK of P, and no others, are durable in the journal and not yet in place. */
void pkt_packet_set_logged(struct pkt_packets *all, struct pkt_packet *p, uint64_t mask);

void pkt_packet_set_unsynced(struct pkt_packets *all, struct pkt_packet *p, bool on);
void pkt_packet_set_failed(struct pkt_packets *all, struct pkt_packet *p, bool on);

/** The dirty packet with the lowest number from FROM on, of those that became dirty up to SEQ.  NULL: none. */
struct pkt_packet *pkt_packets_next_dirty(const struct pkt_packets *all, uint64_t from, uint64_t seq);

/**
 * The packet from FROM on (then from the start) whose blocks are all dirty, which has not failed and which nobody
 * writes just now.  NULL: none.
 */
struct pkt_packet *pkt_packets_next_whole(const struct pkt_packets *all, uint64_t from);

/**
 * One of the dirty packets that were not used for the longest time, have not failed, and are not being written.  Of
 * their older half it is the next one from FROM on (then from the start), so that the drive need not go back and forth.
 * NULL: none.
 */
struct pkt_packet *pkt_packets_oldest_dirty(const struct pkt_packets *all, uint64_t from);

/** What was written since the last sync may be lost: all of it is dirty again, and has failed. */
void pkt_packets_unsynced_are_dirty(struct pkt_packets *all);

/** What was written is durable. */
void pkt_packets_are_synced(struct pkt_packets *all);

/** Could pkt_packets_add() find room? */
bool pkt_packets_have_room(const struct pkt_packets *all);

/** Is any packet being read or written? */
bool pkt_packets_any_busy(const struct pkt_packets *all);

/** Forget the contents of all packets that are not dirty, not unsynced, and not only in the journal. */
void pkt_packets_forget(struct pkt_packets *all);

#endif
