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
	void (*close)(struct bio *bio);	/* frees the layer, and closes the layer below it */
};

/* First member of every layer's own struct. */
struct bio {
	const struct bio_ops *ops;
	struct bio_geometry geometry;
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

/** Close the stack from the top; NULL is allowed.  Does not flush. */
void bio_close(struct bio *bio);

/* ---- layers ---- */

struct bio_file_options {
	bool read_only;
	bool exclusive;		/* O_EXCL: fails with UDF_E_BUSY on a block device that is mounted */
	uint32_t block_bytes;	/* 0: 512 for a regular file, the logical sector size for a device */
};

/** A regular file or block device.  ret_errno (may be NULL) gets the host's error number. */
enum udf_err bio_file_open(const char *path, const struct bio_file_options *options,
			   struct bio **ret_bio, int *ret_errno);

/** Memory of N_BLOCKS blocks, zero; pages are made when first written. */
enum udf_err bio_memory_new(uint32_t block_bytes, uint64_t n_blocks, struct bio **ret_bio);

/** Copy-on-write over BELOW, which is never written; BELOW is borrowed unless OWN. */
enum udf_err bio_overlay_new(struct bio *below, bool own, struct bio **ret_bio);

/** Every call is told to LOG as one line; BELOW is owned. */
enum udf_err bio_trace_new(struct bio *below, void (*log)(void *ctx, const char *line), void *ctx,
			   struct bio **ret_bio);

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
 * Fault layer over BELOW (owned): passes calls on and keeps a log of writes, flushes and marks;
 * can be told to fail.
 */
enum udf_err bio_fault_new(struct bio *below, struct bio **ret_bio);

/** Start (true) or stop keeping the log.  Off at first. */
void bio_fault_record(struct bio *bio, bool on);

/** Put a mark of the caller's into the log. */
enum udf_err bio_fault_mark(struct bio *bio, uint64_t mark);

/** The log so far; owned by the layer, valid until the next call on it. */
void bio_fault_log(const struct bio *bio, const struct bio_event **ret_events, size_t *ret_n_events);

/** The n-th read, write or flush from now (1 = the next) fails with ERR, once; 0: none.  */
void bio_fault_fail_read(struct bio *bio, uint64_t nth, enum udf_err err);
void bio_fault_fail_write(struct bio *bio, uint64_t nth, enum udf_err err);
void bio_fault_fail_flush(struct bio *bio, uint64_t nth, enum udf_err err);

/** Reads (writes) that touch block AT fail with UDF_E_MEDIUM until cleared. */
enum udf_err bio_fault_bad_block(struct bio *bio, uint64_t at, bool reads, bool writes);

/**
 * Make the medium as a power cut would leave it: BASE with a choice of the logged writes applied.
 *
 * Everything before the last flush at or before event CUT is applied in order.  Of the writes after
 * it and before CUT a subset is drawn from SEED (seed 0: all of them); with TEAR the last of the
 * subset is applied only up to a block boundary drawn from SEED.  The result is an overlay over
 * BASE (borrowed, must outlive it).
 */
enum udf_err bio_fault_crash_state(const struct bio_event *events, size_t n_events, size_t cut,
				   uint64_t seed, bool tear, struct bio *base, struct bio **ret_bio);

#endif
