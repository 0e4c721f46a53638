/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allocation descriptors of one ICB (File Entry, Extended File Entry or Unallocated Space Entry)
 * and of the AEDs that continue them, as an array of extents (ECMA-167 4/14.5, 4/14.11, 4/14.14).
 */
#ifndef UDF_VOL_EXTENT_MAP_H
#define UDF_VOL_EXTENT_MAP_H

#include <udfkit/error.h>
#include <udfkit/problem.h>

#include "ecma/types.h"

struct udf_vol;

/* What the driver reads of one file, and therefore what it writes. */
#define UDF_FILE_MAX_EXTENTS (1u << 22)
#define UDF_FILE_MAX_AEDS (1u << 16)

struct udf_extent {
	enum udf_extent_type kind;	/* RECORDED, ALLOCATED or HOLE */
	uint16_t part_ref;
	uint32_t lbn;			/* 0 in a hole */
	uint32_t n_bytes;		/* more than 0; whole blocks, except in the last extent of the body */
};

struct udf_extent_map {
	struct udf_extent *extents;	/* in file order; body first, then the tail */
	size_t n_extents;
	size_t n_body_extents;		/* those that hold the first body_bytes bytes */
	uint64_t body_bytes;		/* of the extents that hold information_bytes, as recorded */
	uint64_t information_bytes;	/* of the FE or EFE; USE: sum of the extents */
	struct udf_lb_addr *aeds;	/* blocks of the chain, in order */
	size_t n_aeds;
	uint64_t n_recorded_blocks;	/* of RECORDED extents */
	bool embedded;			/* the data are in the ICB itself; no extents then */
	uint32_t embedded_at, embedded_bytes;	/* offset in the ICB's block, and length */
};

/**
 * Walk the allocation descriptors of the ICB in ICB_BLOCK (block_bytes of VOL), which is recorded at ICB_AT
 * and has been verified (udf_tag_verify(), udf_fe_validate()).
 *
 * Every extent and AED of the result is inside its partition.  An extent outside is reported, and given as a
 * hole of its length.  A chain of AEDs ends where it can't be followed, or where it loops.
 *
 * @sink     With NULL, for the driver, the first fault ends the call with UDF_E_CORRUPT.  A chain of more than
 *           65,536 AEDs does the same; more than 4,194,304 extents give UDF_E_FILE_TOO_BIG.  With a sink, all
 *           faults are reported, and the result has what could be read.
 * @ret_map  Release with udf_extent_map_done().  Untouched on failure.
 * Returns UDF_E_CORRUPT, with a sink too, where the ICB's own lengths or kind of descriptors make no
 * sense; UDF_E_NOMEM; without a sink UDF_E_MEDIUM or UDF_E_IO for an AED.
 */
enum udf_err udf_extent_map_read(struct udf_vol *vol, const uint8_t *icb_block,
				 struct udf_lb_addr icb_at, struct udf_sink *sink,
				 struct udf_extent_map *ret_map);
void udf_extent_map_done(struct udf_extent_map *map);

/**
 * Read N_BYTES of the contents from byte AT, which must be within body_bytes; holes and unrecorded
 * extents give zeros.  ICB_BLOCK serves embedded data.
 */
enum udf_err udf_extent_map_pread(struct udf_vol *vol, const struct udf_extent_map *map,
				  const uint8_t *icb_block, uint64_t at, size_t n_bytes, void *ret_data);

#endif
