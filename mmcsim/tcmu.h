/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory that the kernel's target_core_user shares with the one who answers its commands: a mailbox, a ring of
 * entries, and the data (Linux, Documentation/target/tcmu-design.rst).
 *
 * This file knows the bytes and no system call.
 */
#ifndef MMCSIM_TCMU_H
#define MMCSIM_TCMU_H

#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "mmc/transport.h"

/* Who answers.  RUN is as in struct mmc_transport_ops; no command has more than MAX_DATA_BYTES of data. */
struct tcmu_drive {
	void (*run)(void *ctx, const struct mmc_command *command, struct mmc_reply *ret_reply);
	void *ctx;
	uint32_t max_data_bytes;
};

struct tcmu_ring {
	uint32_t *words;		/* the mailbox, as 32-bit numbers of the host's byte order */
	uint8_t *bytes;			/* the same memory; every offset counts from here */
	size_t n_map_bytes;
	uint32_t ring_offset, n_ring_bytes;
	bool tells_length;		/* the kernel wants to know how much was read */
	struct tcmu_drive drive;
	uint8_t *buffer;		/* data of one command in one piece; n_buffer_bytes */
	size_t n_buffer_bytes;
};

/**
 * Look at the mailbox.
 *
 * @map  The memory that is shared, as mmap() gave it; it is used until tcmu_ring_done().
 * Returns UDF_E_UNSUPPORTED if it has another version, UDF_E_CORRUPT if its numbers make no sense.
 */
enum udf_err tcmu_ring_init(struct tcmu_ring *ring, void *map, size_t n_map_bytes, const struct tcmu_drive *drive);

/** Free the buffer.  The memory that is shared is the caller's. */
void tcmu_ring_done(struct tcmu_ring *ring);

/**
 * Answer every command that is in the ring.
 *
 * A command whose own description is damaged is answered with an error, and the drive does not see it.
 * Returns UDF_E_CORRUPT if the ring itself is damaged: nothing can be answered any more.
 * *RET_N_DONE, how many entries were taken from the ring, is set in any case; if it is not 0, the kernel must be told.
 */
enum udf_err tcmu_ring_serve(struct tcmu_ring *ring, unsigned *ret_n_done);

#endif
