/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet cache: any blocks can be written on a medium that takes only whole packets. */
#ifndef UDF_PKT_CACHE_H
#define UDF_PKT_CACHE_H

#include <udfkit/bio.h>

struct pkt_cache_options {
	size_t cache_bytes;	/* how much memory the packets may take; 0: 4 MiB; 4 packets are always there */
	bool no_thread;		/* packets are written only by the threads that call; nothing is read ahead */
	/*
	 * The medium takes single blocks, and completes a packet that was never written with zeros: it is left to do so
	 * where the others can't be read, and refuses where they are damaged.  Not while there is a journal.
	 */
	bool drive_completes;
};

struct pkt_stats {
	uint32_t unit_blocks, block_bytes;	/* of the medium */
	uint64_t n_user_blocks;			/* written by the callers */
	uint64_t n_packets_written;
	uint64_t n_packets_journaled;		/* of these, those of the journal */
	uint64_t n_packets_completed;		/* read, because only a part of them was written */
	uint64_t n_packets_read;		/* for readers, also ahead of them */
	uint64_t n_syncs;
	uint64_t n_write_errors, n_sync_errors;
	uint32_t max_rewrites;			/* how often the packet that was written most often was; up to 65535 */
	uint64_t max_rewrites_at;		/* its first block */
	uint64_t n_bad, first_bad_at;		/* packets that can't be written now; the first block of the first */
	bool bad_is_logged;			/* what was flushed of them is in the journal */
};

/**
 * Make a cache over BELOW, whose write unit is 2 to 64 blocks (else UDF_E_UNSUPPORTED).  Any blocks can be written,
 * and BELOW is given whole units.
 *
 * Writes return before they reach BELOW.  One that fails later is reported by the next bio_flush(); until that
 * succeeds, the packet stays in memory and can be read.  A packet that has been written also stays until BELOW has been
 * flushed; where that fails, it is written again.  So BELOW may lose what was written since the last flush, if its next
 * bio_flush() fails; a write that fails does not count as having said so.
 *
 * A packet of which only a part was written is completed with what is stored in its remaining blocks.  If these can't
 * be read, it can't be written, unless they are free: then they become zeros (bio_set_free_query()).  Whoever answers
 * that question must not wait for a thread that calls this cache.  A block that can't be read, and was free before
 * anything was written to its packet, reads as zeros, too.
 *
 * With bio_set_journal() a packet that is written in place has a copy meanwhile, which bio_recover() finds after a
 * power cut.
 *
 * bio_set_remap() writes out everything first, and then forgets what was read.  The DIRECT device of its store function
 * takes any blocks, too.  A block that stands in the packet which is moving can't be written there
 * (UDF_E_UNSUPPORTED).
 *
 * Several threads may call it at once.  Packets are written, and read ahead, by a thread of its own, which some write
 * or read starts: a process must not fork after that.  Closing drops what was not flushed.
 *
 * @below	Owned, unless this fails.  If it is read-only, the cache is, too.
 * @options	NULL: all are 0.
 */
enum udf_err pkt_cache_new(struct bio *below, const struct pkt_cache_options *options, struct bio **ret_bio);

/** What was read and written so far.  BIO is a pkt_cache_new() layer. */
void pkt_cache_stats(struct bio *bio, struct pkt_stats *ret_stats);

/** How many bytes were written to the medium for each byte that the callers wrote; 0 where they wrote nothing. */
double pkt_stats_amplification(const struct pkt_stats *stats);

#endif
