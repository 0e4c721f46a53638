/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the packet cache share. */
#ifndef UDF_PKT_CORE_H
#define UDF_PKT_CORE_H

#include <pthread.h>
#include <udfkit/bio.h>

#include "pkt/cache.h"
#include "pkt/journal.h"
#include "pkt/packets.h"
#include "pkt/wear.h"

#define PKT_NO_PACKET UINT64_MAX

struct pkt_core {
	struct bio *below;
	/* Protects the members below, and the packets with their data.  Not held while blocks are read or written. */
	pthread_mutex_t lock;
	pthread_cond_t changed;	/* a packet is no longer busy, is clean now, or nobody writes any more */
	struct pkt_packets packets;
	uint64_t table_no;	/* the packet in which a sparing table is being written; PKT_NO_PACKET: none */

	/* Only one thread writes at a time, in the order of their tickets, and only it uses what follows. */
	uint64_t next_ticket, now_serving;
	uint64_t writing_no;	/* the packet, or PKT_NO_PACKET */
	uint8_t *scratch;	/* one packet */
	uint64_t cursor;	/* the packet after the one that was last written */
	struct pkt_journal journal;

	bio_free_query is_free;
	void *free_ctx;
	unsigned n_asking;	/* threads that wait for its answer */
	struct bio_remap remap;	/* the caller's store function and its ctx */
	enum udf_err last_err;	/* of the last write or sync that failed */
	struct pkt_stats stats;
	struct pkt_wear wear;
	bool drive_completes;	/* see pkt_cache_options */
};

/* All of these are called with the lock, and give it back for a while. */

/** Wait until no thread writes, and become the one that does. */
void pkt_begin_writing(struct pkt_core *core);
void pkt_end_writing(struct pkt_core *core);

/** Does a thread fill this packet just now, or write it past the cache? */
bool pkt_is_busy(const struct pkt_core *core, uint64_t no);

/** Wait until something has changed. */
void pkt_wait(struct pkt_core *core);

/** Ask whether blocks are free: see bio_set_free_query().  False where there is nobody to ask. */
bool pkt_is_free(struct pkt_core *core, uint64_t at, uint32_t n_blocks, enum bio_free_when when);

/** Was nothing stored in these blocks of a packet when the query was set, and nothing written to the packet since? */
bool pkt_is_unused(struct pkt_core *core, uint64_t at, uint32_t n_blocks);

/** Make all blocks of P valid, which is dirty.  The caller is the thread that writes. */
enum udf_err pkt_complete(struct pkt_core *core, struct pkt_packet *p);

/**
 * Read the blocks of packet NO that are not in MASK from BIO, to complete the packet.  DATA has room for the whole
 * packet, and its other blocks may be overwritten, too.  A block that can't be read, and is free, is zeros.
 */
enum udf_err pkt_read_others(struct pkt_core *core, struct bio *bio, uint64_t no, uint64_t mask, uint8_t *data);

/** Make durable what was written.  The caller is the thread that writes. */
enum udf_err pkt_sync(struct pkt_core *core);

/**
 * Make every block durable that is dirty now, in the journal or in place.  What becomes dirty meanwhile is not waited
 * for.  Where syncing fails, all that may be lost is written once more.
 */
enum udf_err pkt_flush(struct pkt_core *core);

/**
 * Write in place what became dirty up to SEQ and is better not stored in the journal first: packets with many dirty
 * blocks, and those that have failed.  The caller does not write.
 */
enum udf_err pkt_write_large(struct pkt_core *core, uint64_t seq);

/** What to do next, so that the cache does not become full.  IS_WANTED: somebody waits for a clean packet. */
enum pkt_step { PKT_NOTHING, PKT_WRITE_WHOLE, PKT_WRITE_OLDEST, PKT_PLACE_ALL, PKT_SYNC };
enum pkt_step pkt_next_step(const struct pkt_core *core, bool is_wanted);

/** Do that.  A packet that can't be written has failed, and the next flush reports it. */
void pkt_do_step(struct pkt_core *core, enum pkt_step step);

/** The store function of a bio_remap whose ctx is the core: it calls the caller's, see pkt_cache_new(). */
enum udf_err pkt_store_table(void *ctx, struct bio *direct, const struct bio_spare *spares, size_t n_spares);

#endif
