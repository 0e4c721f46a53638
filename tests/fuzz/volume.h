/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The good volumes that the targets change, and which of their blocks are worth changing. */
#ifndef UDF_TESTS_FUZZ_VOLUME_H
#define UDF_TESTS_FUZZ_VOLUME_H

#include <udfkit/bio.h>
#include <udfkit/env.h>

#include "emit/emit.h"

#define FUZZ_MAX_PLACES 512u
#define FUZZ_FRAME_BYTES (65536u + 4096u)	/* a block, and what a CRC of it may cover */

/* How a volume is made; also kept inputs depend on every number. */
struct fuzz_kind {
	uint16_t revision;
	uint32_t block_bytes, n_blocks;
	enum udf_space_kind space;
	uint32_t first_lsn;		/* places are blocks from here on ... */
	unsigned max_places;		/* ... so many at most */
	/* Puts files on the volume on BIO; NULL: it stays empty. */
	void (*fill)(struct bio *bio, uint32_t block_bytes);
	bool is_cdrw;			/* with sparing tables; else as on a disk */
};

/*
 * Which volume an input is about, by its first byte: one of the first N, or, from FUZZ_SPARED on, the one for CD-RW
 * that comes after those.
 */
#define FUZZ_SPARED 0xF0u
static inline unsigned fuzz_volume_of(uint8_t byte, unsigned n)
{
	return byte >= FUZZ_SPARED ? n : byte % n;
}

struct fuzz_volume {
	struct bio *bio;		/* blocks of 512 bytes */
	uint32_t block_bytes;
	uint32_t bio_per_block;
	unsigned n_places;
	uint32_t places[FUZZ_MAX_PLACES];	/* sectors that hold something */
};

/* A clock that stands still, and always the same random bytes. */
extern const struct udf_env fuzz_env;

/** Make RET, all zero before, once and for good. */
void fuzz_volume_make(const struct fuzz_kind *kind, struct fuzz_volume *ret);

/** Sector LSN of a volume like V on BIO into FRAME (FUZZ_FRAME_BYTES, zero after the sector), and back. */
void fuzz_frame_read(const struct fuzz_volume *v, struct bio *bio, uint64_t lsn, uint8_t *ret_frame);
void fuzz_frame_write(const struct fuzz_volume *v, struct bio *bio, uint64_t lsn, const uint8_t *frame);

#endif
