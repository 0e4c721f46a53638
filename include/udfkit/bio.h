/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block I/O: a stack of small devices, each with a declared geometry.
 *
 * Addresses and counts are in blocks of the device's own block_bytes.  A write that succeeded is
 * durable only after bio_flush() has returned.  Writes between two flushes may reach the medium in
 * any order.
 */
#ifndef UDFKIT_BIO_H
#define UDFKIT_BIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

struct bio;
struct udf_env;

enum bio_access { BIO_READ_ONLY, BIO_OVERWRITE, BIO_SEQUENTIAL };

struct bio_geometry {
	uint32_t block_bytes;		/* a power of two, 512 or more */
	uint64_t n_blocks;
	uint32_t write_unit_blocks;	/* how much the medium writes at once; 1 for disks and files */
	enum bio_access access;
	bool volatile_cache;		/* writes are durable only after a flush */
	bool wears;			/* each write shortens the medium's life, so few of them are better */
};

/* One track of a disc. */
struct bio_track {
	uint64_t first;			/* its first block */
	uint64_t n_blocks;
	uint64_t next_writable;		/* the only block that can be written next; BIO_NO_BLOCK: none, or any */
	uint64_t n_free;		/* blocks that can still be appended */
	uint64_t last_recorded;		/* BIO_NO_BLOCK: unknown, or nothing is recorded */
	uint32_t session;		/* the first is 1 */
};

#define BIO_NO_BLOCK UINT64_MAX

/* What is recorded on a disc, as the drive reports it. */
struct bio_media_info {
	uint64_t last_session_first;	/* the first block of the last session that is complete */
	uint64_t recorded_end;		/* no block from here on is recorded; at most geometry.n_blocks */
	size_t n_tracks;
	const struct bio_track *tracks;	/* borrowed; valid until the next write */
};

/* A spare packet, and the packet that it stands for. */
enum bio_spare_state { BIO_SPARE_FREE, BIO_SPARE_USED, BIO_SPARE_BAD };
struct bio_spare {
	uint64_t original;		/* the first block of the packet that moved; only where it is USED */
	uint64_t mapped;		/* the first block of the spare packet */
	enum bio_spare_state state;
};

/* How bad packets are replaced by spare ones: see bio_set_remap(). */
struct bio_remap {
	uint64_t first;			/* the blocks that may move begin here; packets are counted from it */
	uint64_t n_blocks;
	uint32_t packet_blocks;
	const struct bio_spare *spares;	/* copied */
	size_t n_spares;
	/*
	 * Make the new state of the spares durable.  DIRECT is the device without the replacement.  NULL: packets
	 * that have moved are found, but no other packet can move.
	 */
	enum udf_err (*store)(void *ctx, struct bio *direct, const struct bio_spare *spares, size_t n_spares);
	void *ctx;
};

/*
 * Whether nothing that matters is stored in any of these blocks: see bio_set_free_query().  Of BIO_FREE_BEFORE, only
 * what was stored there before this query was set matters.  BIO_FREE_UNREAD asks for more than "free now": may they
 * become zeros without having been read, even if the records of what is free should be wrong?
 */
enum bio_free_when { BIO_FREE_NOW, BIO_FREE_BEFORE, BIO_FREE_UNREAD };
typedef bool (*bio_free_query)(void *ctx, uint64_t at, uint32_t n_blocks, enum bio_free_when when);

/* Where blocks are stored that are written in place later: see bio_set_journal(). */
struct bio_journal {
	uint64_t first;			/* a multiple of the write unit */
	uint32_t n_blocks;		/* 3 to 64 units */
	uint64_t id;			/* in all of its records; older ones at the same place have another */
	uint64_t anchor;		/* the block that says where the journal is */
};

/* One of several writes: see bio_write_together(). */
struct bio_part {
	uint64_t at;
	uint32_t n_blocks;
	const void *data;
};

/* The functions of a layer.  A member may be NULL; the wrapper of that name below says what happens then. */
struct bio_ops {
	enum udf_err (*read)(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data);
	enum udf_err (*write)(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data);
	enum udf_err (*flush)(struct bio *bio);
	enum udf_err (*write_together)(struct bio *bio, const struct bio_part *parts, size_t n_parts);
	enum udf_err (*discard)(struct bio *bio, uint64_t at, uint64_t n_blocks);
	enum udf_err (*fd_range)(struct bio *bio, uint64_t at, uint64_t n_blocks, int *ret_fd,
				 uint64_t *ret_offset_bytes);
	enum udf_err (*hold)(struct bio *bio, bool on);
	enum udf_err (*let_go)(struct bio *bio, size_t n_most, uint64_t *ret_failed_at);
	enum udf_err (*media_info)(struct bio *bio, struct bio_media_info *ret_info);
	enum udf_err (*set_remap)(struct bio *bio, const struct bio_remap *remap);
	enum udf_err (*set_free_query)(struct bio *bio, bio_free_query is_free, void *ctx);
	enum udf_err (*set_journal)(struct bio *bio, const struct bio_journal *journal);
	enum udf_err (*recover)(struct bio *bio, const struct bio_journal *journal, unsigned *ret_n_packets);
	enum udf_err (*settle)(struct bio *bio);
	/* The layer below, which is asked where this one has none of the six functions before. */
	struct bio *(*below)(struct bio *bio);
	void (*close)(struct bio *bio);	/* frees the layer, and closes the layer below it */
};

/* The first member of every layer's own struct. */
struct bio {
	const struct bio_ops *ops;
	struct bio_geometry geometry;
	int host_errno;			/* see bio_host_errno() */
};

/**
 * Read N_BLOCKS blocks, the first of them block AT.
 * Returns UDF_E_RANGE for blocks outside the device, UDF_E_MEDIUM for a block that can't be read,
 * UDF_E_IO for any other failure of the host.
 */
enum udf_err bio_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data);

/**
 * Write N_BLOCKS blocks, the first of them block AT.
 * Returns UDF_E_READ_ONLY on a device that was opened for reading, UDF_E_NOSPC where the file system that
 * stores an image is full, and the errors of bio_read().
 */
enum udf_err bio_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data);

/** Make every successful write durable.  A layer that has no flush succeeds at once. */
enum udf_err bio_flush(struct bio *bio);

/**
 * Write PARTS in their order, and make them durable together with all successful writes before: after a power cut
 * either all of the parts are there, or none is.  A part that has blocks of an earlier one replaces them.
 *
 * Returns UDF_E_UNSUPPORTED where the device can't do that, or can't do it now.  Then none of the parts was written.
 * After any other error some of them may become durable with a later flush.
 */
enum udf_err bio_write_together(struct bio *bio, const struct bio_part *parts, size_t n_parts);

/**
 * Say that the contents of the blocks no longer matter.  This is a hint.
 * Returns UDF_E_UNSUPPORTED where the device can't use it.
 */
enum udf_err bio_discard(struct bio *bio, uint64_t at, uint64_t n_blocks);

/**
 * Find the blocks in a file descriptor of the host, so that the caller can read or write them there.
 * This works where the blocks are stored one after the other in that file.
 *
 * @ret_fd            Borrowed; valid until the device is closed.
 * @ret_offset_bytes  Where block AT begins in it.
 * Returns UDF_E_UNSUPPORTED where there is no such descriptor; bio_read() and bio_write() still work.
 */
enum udf_err bio_fd_range(struct bio *bio, uint64_t at, uint64_t n_blocks, int *ret_fd,
			  uint64_t *ret_offset_bytes);

/**
 * Hold writes back in memory from now on (ON true), or stop doing so (ON false).
 *
 * While it is on, bio_write() and bio_flush() record their call in memory, in order, and succeed at once.
 * Reads see what is held back.  While it is off, writes go straight to the layer below.  However, a write or
 * discard of a block that is held back, and every flush, first write out everything that is held back.
 *
 * The switch applies to all threads, so only one thread may write while it is on.  Other threads may read
 * and may call bio_let_go() at any time.
 * Returns UDF_E_UNSUPPORTED where the top of the stack is not a bio_hold_new() layer.
 */
enum udf_err bio_hold(struct bio *bio, bool on);

/**
 * Write out what is held back, in order.  Where the layer below can write it together (bio_write_together()), it need
 * not be flushed in between.  Where another thread is already doing that, wait for it.
 * After a failure nothing more is written: what is held back stays readable, and every later call
 * returns the same error.
 *
 * @n_most         Write at most this many of the oldest writes and flushes; SIZE_MAX means all of them.
 * @ret_failed_at  May be NULL.  The first block of the write that failed; UINT64_MAX if a flush failed.
 */
enum udf_err bio_let_go(struct bio *bio, size_t n_most, uint64_t *ret_failed_at);

/**
 * Ask for the tracks and for what is recorded.
 * Returns UDF_E_UNSUPPORTED where the medium has no tracks, such as an image file or a disk.
 */
enum udf_err bio_media_info(struct bio *bio, struct bio_media_info *ret_info);

/**
 * Say which packets have moved to spare ones, and how more of them may move.
 *
 * From now on a packet that has moved is read and written at its new place.  A packet that can't be written
 * is written to a free spare one, and the write succeeds after REMAP->store has returned.  Earlier calls are
 * replaced; NULL ends it.  No packet may be written while this is called.
 *
 * Returns UDF_E_UNSUPPORTED where no layer of the stack can do it, UDF_E_INVAL where two spares are the same,
 * where a packet does not begin at a multiple of PACKET_BLOCKS after FIRST, or where one lies outside the device.
 */
enum udf_err bio_set_remap(struct bio *bio, const struct bio_remap *remap);

/**
 * Say whom to ask whether blocks are free.  A medium that is written in packets must complete a packet before it
 * can write one block of it.  Where the remaining blocks can't be read, zeros may complete it only if all of these
 * blocks are free.  If the packet has not been written since the stack was opened, BIO_FREE_BEFORE is enough: on a
 * fresh disc blocks can't be read that were taken and are about to be written.  If they are BIO_FREE_UNREAD as well,
 * they are not even read.
 *
 * @is_free  May be called by any thread until it is replaced or the stack is closed, also while another thread waits in
 *           a call of the stack: it must not wait for a lock that such a thread may hold.  This call waits until
 *           the function before it has returned for the last time.  NULL: nothing is free.
 * Returns UDF_E_UNSUPPORTED where no layer of the stack asks.
 */
enum udf_err bio_set_free_query(struct bio *bio, bio_free_query is_free, void *ctx);

/**
 * From now on, what is flushed is stored in the journal, and is written in place later.  Before a packet is written in
 * place, the whole of it is durable in the journal, unless nothing was stored in it before (BIO_FREE_BEFORE).  So
 * nothing that was flushed is lost with a packet that a power cut makes unreadable: see bio_recover().  The packet of
 * the anchor is written only while nothing else needs the journal.
 *
 * @journal  Blocks that nobody else uses, and an id that no other journal has had there.  NULL ends the journal, after
 *           everything has been written in place.
 * Returns UDF_E_UNSUPPORTED where no layer of the stack can do it, UDF_E_INVAL for blocks that are no whole units,
 * and the errors of bio_settle(); the journal before goes on then.
 */
enum udf_err bio_set_journal(struct bio *bio, const struct bio_journal *journal);

/**
 * Write in place what was flushed and is only in the journal.  Until then only bio_recover() finds it after a power
 * cut. Where writes are held back (bio_hold()), they are not written first.
 * Returns the errors of bio_flush().  Without a journal there is nothing to do.
 */
enum udf_err bio_settle(struct bio *bio);

/**
 * After a power cut: read from JOURNAL what was flushed and is not in place.  The stack then shows it.  The next flush
 * writes it in place and ends the journal, unless the device is read-only.
 *
 * @ret_n_packets  How many packets differ.
 * Returns the errors of bio_set_journal(), UDF_E_NOMEM, and UDF_E_BUSY if there is no room for them in memory.
 */
enum udf_err bio_recover(struct bio *bio, const struct bio_journal *journal, unsigned *ret_n_packets);

/** Close the stack, from the top down.  This does not flush.  NULL is allowed. */
void bio_close(struct bio *bio);

/** The host's errno value for the last call that failed, or 0 where no host call failed.  For messages. */
int bio_host_errno(const struct bio *bio);


/* ---- layers ---- */

struct bio_file_options {
	bool read_only;
	bool exclusive;		/* O_EXCL: fails with UDF_E_BUSY on a block device that is mounted */
	uint32_t block_bytes;	/* 0: 512 for a regular file, the logical sector size for a device */
	uint32_t write_unit_blocks;	/* what the geometry says; 0: 1 */
	bool wears;			/* what the geometry says */
	uint64_t max_dirty_bytes;	/* the host holds back about so much of what was written; 0: no limit */
};

/**
 * Open a regular file or a block device.  Where the size is no multiple of the block size, the last partial
 * block is not part of the device.
 *
 * After a flush that failed, every later flush fails too.  The host may have dropped what it could not
 * write, so nothing that was written since can be called durable.
 *
 * With max_dirty_bytes a write may wait for earlier ones, so that no flush ever waits for more than that.  What is
 * written through bio_fd_range() is not counted.
 *
 * @ret_errno  May be NULL.  Receives the host's error number, or 0 where no host call failed.
 * Returns UDF_E_INVAL for a block size that is not a power of two from 512 to 32768, UDF_E_IS_DIR for a
 * directory, UDF_E_UNSUPPORTED for anything else that is neither a file nor a block device; for a host call
 * that failed, the error that udf_err_from_errno() gives.
 */
enum udf_err bio_file_open(const char *path, const struct bio_file_options *options,
			   struct bio **ret_bio, int *ret_errno);

/**
 * Make a device of N_BLOCKS zero blocks in memory.  Memory is allocated when a page is first written.  A
 * discarded range reads as zero.
 */
enum udf_err bio_memory_new(uint32_t block_bytes, uint64_t n_blocks, struct bio **ret_bio);

/**
 * Make a copy-on-write layer over BELOW.  BELOW is never written.  It is borrowed unless OWN is true.
 * Several overlays over one memory device are cheap copies of it.
 */
enum udf_err bio_overlay_new(struct bio *below, bool own, struct bio **ret_bio);

/** How many blocks the overlay stores itself. */
uint64_t bio_overlay_n_blocks(const struct bio *bio);

/** Report every call to LOG as one line ("write 257+16: ok").  BELOW is owned. */
enum udf_err bio_trace_new(struct bio *below, void (*log)(void *ctx, const char *line), void *ctx,
			   struct bio **ret_bio);

struct bio_packet_options {
	uint32_t unit_blocks;	/* the packet, or ECC block, that the medium writes at once; 1 or more */
	bool wears;		/* what the geometry says */
	bool whole_only;	/* a write of a part of a unit is UDF_E_INVAL, as with fixed packets */
};

/**
 * Make BELOW (owned, unless this fails) a medium that is written in packets.  This is for tests.
 *
 * A unit that is unreadable stays so until it is written whole.  Until then, reading it and writing a part of it is
 * UDF_E_MEDIUM.  The last unit of the device may be shorter than the others.
 * Returns UDF_E_INVAL for a unit of no blocks.
 */
enum udf_err bio_packet_new(struct bio *below, const struct bio_packet_options *options, struct bio **ret_bio);

/** Make the unit of block AT unreadable.  BIO is a bio_packet_new() layer. */
enum udf_err bio_packet_set_unreadable(struct bio *bio, uint64_t at);

/** Make the layer that bio_hold() needs.  BELOW is owned.  Closing it drops what is still held back. */
enum udf_err bio_hold_new(struct bio *below, struct bio **ret_bio);

/* ---- fault injection: see tests/crash and doc/CRASH.md ---- */

/* One recorded event.  data is borrowed from the log. */
struct bio_event {
	enum { BIO_EVENT_WRITE, BIO_EVENT_FLUSH, BIO_EVENT_MARK } kind;
	uint64_t at;
	uint32_t n_blocks;
	const uint8_t *data;
	uint64_t mark;		/* BIO_EVENT_MARK: the caller's number (for example, what was fsynced here) */
};

/**
 * Make a fault layer over BELOW (owned).  It passes calls on, and it can keep a log of marks and of the
 * writes and flushes that succeeded.  The functions below make it fail.  Discards are passed on but not
 * logged, so a crash state still shows the contents from before a discard.
 */
enum udf_err bio_fault_new(struct bio *below, struct bio **ret_bio);

/** Start (true) or stop (false) keeping the log.  It is off at first. */
void bio_fault_record(struct bio *bio, bool on);

/** Add a mark of the caller's to the log.  Does nothing while the log is off. */
enum udf_err bio_fault_mark(struct bio *bio, uint64_t mark);

/**
 * The log so far.  The layer owns it: the array is valid until the next call on the layer, the data of its
 * writes until bio_close().
 */
void bio_fault_log(const struct bio *bio, const struct bio_event **ret_events, size_t *ret_n_events);

/** Let the n-th read, write or flush from now on (1: the next) fail once with ERR.  0: none fails. */
void bio_fault_fail_read(struct bio *bio, uint64_t nth, enum udf_err err);
void bio_fault_fail_write(struct bio *bio, uint64_t nth, enum udf_err err);
void bio_fault_fail_flush(struct bio *bio, uint64_t nth, enum udf_err err);

/** With ON, a failure that is due also makes every later call of its kind fail, as on a dead device. */
void bio_fault_stay(struct bio *bio, bool on);

/**
 * How many failures the layer has produced since the last call of this function.  A test that lets the n-th
 * call fail, for rising n, can stop when this returns 0: n was then past the last call.
 */
uint64_t bio_fault_n_given(struct bio *bio);

/** Let reads or writes that touch block AT fail with UDF_E_MEDIUM.  With both false the block is good again. */
enum udf_err bio_fault_bad_block(struct bio *bio, uint64_t at, bool reads, bool writes);

enum bio_tear {
	BIO_TEAR_NONE,
	BIO_TEAR_BLOCK,		/* between two blocks of a write of several */
	BIO_TEAR_INSIDE,	/* at any byte: the medium promises less */
	BIO_TEAR_PACKET,	/* the unit in flight can't be read: BASE has a write unit (see bio_packet_new()) */
};

/* How a crash state was made, to be printed when a test fails. */
struct bio_crash_info {
	size_t n_durable_events;	/* events up to the last flush, including it */
	size_t n_pending_writes;	/* writes after that flush */
	size_t n_applied_writes;	/* how many of those were applied, including the torn one */
	bool torn;			/* false where there was nothing to tear */
};

/**
 * Make the medium as a power cut would leave it: BASE with some of the logged writes applied.
 *
 * The power cut comes after the first CUT events (0 to N_EVENTS).  Among these, everything before the last
 * flush is durable, and is applied in order.  Of the writes after that flush, a subset is drawn from SEED
 * and applied in order:
 *  - seed 0 applies all of them;
 *  - with at most 6 such writes, seeds 1 to 64 produce each subset once (bit i of the seed keeps write i);
 *  - other seeds draw halves, sparse and dense subsets, all but one, and one alone.
 * With TEAR, the last write of the subset that can be torn is applied only up to a boundary that is drawn
 * from SEED.  BIO_TEAR_PACKET leaves the whole unit after that boundary unreadable, also what was there before;
 * the units before it are written.  It is UDF_E_INVAL where BASE has no write unit.
 *
 * @ret_bio  An overlay over BASE, under a bio_packet_new() layer where BASE has a write unit.  That layer also takes
 *           parts of units.  BASE is borrowed and must outlive it.
 */
enum udf_err bio_fault_crash_state(const struct bio_event *events, size_t n_events, size_t cut,
				   uint64_t seed, enum bio_tear tear, struct bio *base,
				   struct bio **ret_bio);

/**
 * The same for many cuts over one log.  Durable events are applied only once, so a walk over n events costs
 * n writes plus the pending subsets.  EVENTS and BASE are borrowed.
 */
struct bio_crash_walker;
enum udf_err bio_crash_walker_new(const struct bio_event *events, size_t n_events, struct bio *base,
				  struct bio_crash_walker **ret_walker);
void bio_crash_walker_free(struct bio_crash_walker *walker);	/* NULL is allowed */

/**
 * Make the state of bio_fault_crash_state() for CUT.  The caller must close the overlay before the next
 * call.  A cut may be repeated, but a cut before a flush that the walker has passed gives UDF_E_INVAL.
 *
 * @ret_info  May be NULL.
 */
enum udf_err bio_crash_walker_state(struct bio_crash_walker *walker, size_t cut, uint64_t seed,
				    enum bio_tear tear, struct bio_crash_info *ret_info,
				    struct bio **ret_bio);

#endif
