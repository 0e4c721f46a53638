/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device for tests that behaves as a packet drive: it takes only whole packets, and what was written since the last
 * flush is lost when a flush fails.
 */
#ifndef UDF_TESTS_UNIT_PKT_DRIVE_H
#define UDF_TESTS_UNIT_PKT_DRIVE_H

#include <pthread.h>
#include <stdbool.h>
#include <udfkit/bio.h>

#define DRIVE_BLOCK 512u
#define DRIVE_MAX_LOG 100000u

struct drive {
	struct bio bio;
	pthread_mutex_t lock;
	uint8_t *contents, *durable;
	bool *bad_read, *bad_write;	/* by block */
	bool completes;			/* takes parts of packets: one that can't be read is zeros, unless damaged */
	bool *is_damaged;		/* by block */
	unsigned n_fail_flushes;	/* so many of the next flushes fail, and lose what is not durable */
	unsigned n_fail_writes;		/* so many of the next writes fail with UDF_E_IO */
	uint64_t *log;			/* the first block of each write that was asked for */
	size_t n_writes, n_reads, n_flushes;
	size_t n_unsynced, max_unsynced;	/* writes since the last flush */
	/* Called before a write or read, without the lock; may be NULL. */
	void (*before_write)(struct drive *drive, uint64_t at);
	void (*before_read)(struct drive *drive, uint64_t at);
	void *ctx;
};

/** Block N is filled with the byte N at first.  bio_close(&drive->bio) leaves the members; then drive_free(). */
struct drive *drive_new(uint32_t unit_blocks, uint64_t n_blocks);
void drive_free(struct drive *drive);

/** The power was cut: only what is durable remains. */
void drive_cut(struct drive *drive);

#endif
