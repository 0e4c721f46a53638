/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block I/O: a stack of small devices, each with a declared geometry.
 *
 * Addresses and counts are in blocks of the device's own block_bytes.  A successful write is not
 * durable until bio_flush() returns; writes between two flushes may reach the medium in any order.
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
	uint32_t write_unit_blocks;	/* what the medium writes at once; 1 for disks and files */
	enum bio_access access;
	bool volatile_cache;		/* flush matters */
};

/* What a layer implements; ctx is the layer's own.  NULL members: see the wrappers below. */
struct bio_ops {
	enum udf_err (*read)(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data);
	enum udf_err (*write)(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data);
	enum udf_err (*flush)(struct bio *bio);
	enum udf_err (*discard)(struct bio *bio, uint64_t at, uint64_t n_blocks);
	enum udf_err (*fd_range)(struct bio *bio, uint64_t at, uint64_t n_blocks, int *ret_fd,
				 uint64_t *ret_offset_bytes);
	enum udf_err (*hold)(struct bio *bio, bool on);
	enum udf_err (*let_go)(struct bio *bio, size_t n_most, uint64_t *ret_failed_at);
	void (*close)(struct bio *bio);	/* frees the layer, and closes the layer below it */
};

/* First member of every layer's own struct. */
struct bio {
	const struct bio_ops *ops;
	struct bio_geometry geometry;
	int host_errno;			/* see bio_host_errno() */
};

/**
 * Read N_BLOCKS blocks from AT.
 * Returns UDF_E_RANGE outside the device, UDF_E_MEDIUM for an unreadable block, UDF_E_IO.
 */
enum udf_err bio_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data);

/** Write N_BLOCKS blocks at AT.  UDF_E_READ_ONLY on a device opened for reading. */
enum udf_err bio_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data);

/** Make every successful write durable.  A layer without flush succeeds at once. */
enum udf_err bio_flush(struct bio *bio);

/** The contents of the range no longer matter (a hint).  UDF_E_UNSUPPORTED where nothing can be done. */
enum udf_err bio_discard(struct bio *bio, uint64_t at, uint64_t n_blocks);

/**
 * Does the range lie one to one in a file descriptor?  Then its fd (borrowed, valid until close) and
 * byte offset are given; else UDF_E_UNSUPPORTED, and the plain path serves.
 */
enum udf_err bio_fd_range(struct bio *bio, uint64_t at, uint64_t n_blocks, int *ret_fd,
			  uint64_t *ret_offset_bytes);

/**
 * Hold writes back from now on (ON): bio_write() and bio_flush() keep what they are given in memory, in its
 * order, and succeed at once; reads see it.  When it is off they go past what is held, but a write to a
 * block that is held, and every flush, lets go of it first.  On or off is for all threads, so only one may
 * write while it is on; they can read, and let go, at any time.
 * UDF_E_UNSUPPORTED where the stack has no bio_hold_new() on top.
 */
enum udf_err bio_hold(struct bio *bio, bool on);

/**
 * Write what is held, in order; the N_MOST oldest writes and flushes, SIZE_MAX for all.  Waits where another
 * thread does that already.  After a failure nothing more is written, what is held stays readable, and
 * every later call says the same.
 *
 * @ret_failed_at  May be NULL.  The first block of the write that failed, UINT64_MAX for a flush.
 */
enum udf_err bio_let_go(struct bio *bio, size_t n_most, uint64_t *ret_failed_at);

/** Close the stack from the top; NULL is allowed.  Does not flush. */
void bio_close(struct bio *bio);

/** The errno value behind the last call that failed; 0 where no host call failed.  For messages. */
int bio_host_errno(const struct bio *bio);


/* ---- layers ---- */

struct bio_file_options {
	bool read_only;
	bool exclusive;		/* O_EXCL: fails with UDF_E_BUSY on a block device that is mounted */
	uint32_t block_bytes;	/* 0: 512 for a regular file, the logical sector size for a device */
};

/**
 * A regular file or block device.  A rest smaller than a block at its end is left alone.
 *
 * After a flush that failed every later flush fails too: the host may have dropped what it could not
 * write, so nothing since can be called durable.
 *
 * @ret_errno  May be NULL.  Gets the host's error number, 0 where no host call failed.
 * Returns UDF_E_INVAL for a block size that is no power of two of 512 to 32768, UDF_E_IS_DIR,
 * UDF_E_UNSUPPORTED for what is neither file nor block device, else what the errno value means.
 */
enum udf_err bio_file_open(const char *path, const struct bio_file_options *options,
			   struct bio **ret_bio, int *ret_errno);

/**
 * Memory of N_BLOCKS blocks, zero; pages are made when first written.  A discarded range reads as
 * zero.
 */
enum udf_err bio_memory_new(uint32_t block_bytes, uint64_t n_blocks, struct bio **ret_bio);

/**
 * Copy-on-write over BELOW, which is never written; BELOW is borrowed unless OWN.  Also the cheap
 * copy of a memory device: one overlay for each copy.
 */
enum udf_err bio_overlay_new(struct bio *below, bool own, struct bio **ret_bio);

/** How many blocks the overlay holds itself. */
uint64_t bio_overlay_n_blocks(const struct bio *bio);

/** Every call is told to LOG as one line ("write 257+16: ok"); BELOW is owned. */
enum udf_err bio_trace_new(struct bio *below, void (*log)(void *ctx, const char *line), void *ctx,
			   struct bio **ret_bio);

/** See bio_hold(); BELOW is owned.  What is held and not let go when it is closed is lost. */
enum udf_err bio_hold_new(struct bio *below, struct bio **ret_bio);

/* ---- fault injection: see tests/crash and doc/CRASH.md ---- */

/* One recorded event, in order.  data is borrowed from the log. */
struct bio_event {
	enum { BIO_EVENT_WRITE, BIO_EVENT_FLUSH, BIO_EVENT_MARK } kind;
	uint64_t at;
	uint32_t n_blocks;
	const uint8_t *data;
	uint64_t mark;		/* BIO_EVENT_MARK: the caller's number (what was fsynced here) */
};

/**
 * Fault layer over BELOW (owned): passes calls on and keeps a log of the writes and flushes that
 * succeeded, and of marks; can be told to fail.  Discards are passed on and not logged: a crash state
 * shows what lay there before.
 */
enum udf_err bio_fault_new(struct bio *below, struct bio **ret_bio);

/** Start (true) or stop keeping the log.  Off at first. */
void bio_fault_record(struct bio *bio, bool on);

/** Put a mark of the caller's into the log; nothing while it is off. */
enum udf_err bio_fault_mark(struct bio *bio, uint64_t mark);

/**
 * The log so far; owned by the layer.  The array is valid until the next call on it, the data of its
 * writes until bio_close().
 */
void bio_fault_log(const struct bio *bio, const struct bio_event **ret_events, size_t *ret_n_events);

/** The n-th read, write or flush from now (1 = the next) fails with ERR, once; 0: none.  */
void bio_fault_fail_read(struct bio *bio, uint64_t nth, enum udf_err err);
void bio_fault_fail_write(struct bio *bio, uint64_t nth, enum udf_err err);
void bio_fault_fail_flush(struct bio *bio, uint64_t nth, enum udf_err err);

/** From now on a failure that is due stays: every later call of its kind fails too (a dead device). */
void bio_fault_stay(struct bio *bio, bool on);

/**
 * How many failures were given since this was last asked.  Ends the loop of an n-th failure test:
 * the n that gave none was past the last call.
 */
uint64_t bio_fault_n_given(struct bio *bio);

/** Reads (writes) that touch block AT fail with UDF_E_MEDIUM; both false: it is good again. */
enum udf_err bio_fault_bad_block(struct bio *bio, uint64_t at, bool reads, bool writes);

enum bio_tear {
	BIO_TEAR_NONE,
	BIO_TEAR_BLOCK,		/* between two blocks of a write of several */
	BIO_TEAR_INSIDE,	/* at any byte: the weaker contract */
};

/* What a crash state is made of, to print when a test fails. */
struct bio_crash_info {
	size_t n_durable_events;	/* events up to and with the last flush */
	size_t n_pending_writes;	/* writes after it */
	size_t n_applied_writes;	/* of them, with the torn one */
	bool torn;			/* false where there was nothing to tear */
};

/**
 * Make the medium as a power cut would leave it: BASE with a choice of the logged writes applied.
 *
 * The cut falls after the first CUT events (0 to N_EVENTS).  What lies before the last flush among
 * them is durable and applied in order.  Of the writes after that flush a subset is drawn from SEED
 * and applied in order (seed 0: all of them; with at most 6 such writes the seeds 1 to 64 are every
 * subset once, bit i of the seed keeping write i; beyond that seeds draw halves, sparse and dense
 * subsets, all but one, and one alone).  With TEAR the last write of the subset that can be torn is
 * applied only up to a boundary drawn from SEED.
 *
 * The result is an overlay over BASE (borrowed, must outlive it).
 */
enum udf_err bio_fault_crash_state(const struct bio_event *events, size_t n_events, size_t cut,
				   uint64_t seed, enum bio_tear tear, struct bio *base,
				   struct bio **ret_bio);

/**
 * The same for many cuts over one log: what is durable is applied once, so that a run over n events
 * costs n writes and the pending subsets.  Events and BASE are borrowed.
 */
struct bio_crash_walker;
enum udf_err bio_crash_walker_new(const struct bio_event *events, size_t n_events, struct bio *base,
				  struct bio_crash_walker **ret_walker);
void bio_crash_walker_free(struct bio_crash_walker *walker);	/* NULL is allowed */

/**
 * The state of bio_fault_crash_state() for CUT, as an overlay that must be closed before the next
 * call.  Cuts may repeat but not go back behind a flush already passed (UDF_E_INVAL).
 *
 * @ret_info  May be NULL.
 */
enum udf_err bio_crash_walker_state(struct bio_crash_walker *walker, size_t cut, uint64_t seed,
				    enum bio_tear tear, struct bio_crash_info *ret_info,
				    struct bio **ret_bio);

#endif
