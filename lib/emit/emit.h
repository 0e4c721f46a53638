/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new volume: every extent and value of it (struct udf_plan, which lib/mkfs makes), and writing it.
 * First old anchors and recognition sequences are destroyed; then everything else is written, then the anchors,
 * then the recognition sequence.  A flush follows each of these steps.  If it is interrupted, the medium has
 * the old volume or no volume, and never half of a new one.
 */
#ifndef UDF_EMIT_EMIT_H
#define UDF_EMIT_EMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/bio.h>
#include <udfkit/env.h>
#include <udfkit/error.h>

#include "ecma/types.h"

enum udf_extent_role {
	UDF_ROLE_UNUSED,	/* in no partition: listed in the USD */
	UDF_ROLE_RESERVED,	/* the first 32 KiB of the volume or session: the system's */
	UDF_ROLE_MBR,
	UDF_ROLE_VRS,
	UDF_ROLE_ANCHOR,
	UDF_ROLE_MAIN_VDS,
	UDF_ROLE_RESERVE_VDS,
	UDF_ROLE_LVID,
	UDF_ROLE_PARTITION,
	UDF_ROLE_SPARING_TABLE,
	UDF_ROLE_SPARE_SPACE,	/* whole packets for those that can't be written */
	UDF_N_ROLES
};

struct udf_plan_extent {
	enum udf_extent_role role;
	uint32_t lsn;
	uint32_t n_blocks;
};

enum udf_space_kind {
	UDF_SPACE_UNALLOC_BITMAP,
	UDF_SPACE_UNALLOC_TABLE,
	UDF_SPACE_FREED_BITMAP,
	UDF_SPACE_FREED_TABLE,
	UDF_SPACE_NONE,
};

/* Blocks in use of the empty volume. */
struct udf_plan_run {
	uint32_t lbn;
	uint32_t n_blocks;
};

#define UDF_PLAN_MAX_EXTENTS 40
#define UDF_PLAN_MAX_RUNS 4	/* space set, FSD, two directories */
#define UDF_MBR_BYTES 512

struct udf_plan {
	uint32_t block_bytes;
	uint32_t n_sectors;		/* of the whole volume: the last sector is n_sectors - 1 */
	uint32_t start_lsn;		/* where this volume's recognition begins: 0, or a session */
	uint16_t revision;		/* 0x0101 to 0x0201 */
	struct udf_time time;		/* recorded in every descriptor */

	/* Extents in ascending order; they tile the sectors from start_lsn on. */
	struct udf_plan_extent extents[UDF_PLAN_MAX_EXTENTS];
	unsigned n_extents;
	bool erase_unused;		/* UNUSED and RESERVED extents are written as zeros */
	bool write_once;		/* blank blocks stay unrecorded */
	bool ends_blank;		/* what will grow ends with a blank block, not with a terminal entry or TD */
	uint8_t mbr[UDF_MBR_BYTES];	/* what UDF_ROLE_MBR holds */

	/* Identifiers as dstrings. */
	uint8_t lvid[128], vsid[128];
	uint8_t vid[32], fsid[32];
	uint8_t owner[36], organization[36], contact[36];

	uint32_t access_type;		/* enum udf_access_type */
	bool soft_protect;
	uint16_t strategy;		/* 4 or 4096 */
	bool use_efe;
	enum udf_ad_kind ad;		/* of the two directories: short, long or embedded */
	uint32_t uid, gid;		/* of the root directory */
	uint32_t mode;			/* its rwx bits */

	/* In the partition; a block number of UDF_PLAN_NOWHERE: there is none. */
	enum udf_space_kind space;
	uint32_t space_lbn, n_space_blocks;
	uint32_t fsd_lbn;
	uint32_t stream_dir_lbn, stream_dir_data_lbn;
	uint32_t root_lbn, root_data_lbn;
	struct udf_plan_run runs[UDF_PLAN_MAX_RUNS];	/* ascending, with gaps; the first begins at block 0 */
	unsigned n_runs;
	uint32_t n_used_blocks;		/* in all of them */

	/* A sparable partition; spare_packet_blocks 0: it is of type 1. */
	uint32_t spare_packet_blocks;
	uint32_t n_spare_packets;
};

#define UDF_PLAN_NOWHERE 0xFFFFFFFFu

/** The NTH extent (0 = the first) with ROLE, or NULL. */
const struct udf_plan_extent *udf_plan_find(const struct udf_plan *plan, enum udf_extent_role role,
					    unsigned nth);

struct udf_emit_options {
	/* The medium is known to read as zero (a file just made): zeros are not written. */
	bool medium_is_zero;
	/* Called after each write; may be NULL. */
	void (*progress)(void *ctx, uint64_t done_bytes, uint64_t total_bytes);
	void *progress_ctx;
};

/**
 * Destroy what would make the medium look like an older volume: the anchors of every legal block
 * size and the recognition sequence (ISO 9660's too).  Blocks without them are not written.  Flushes.
 */
enum udf_err udf_emit_destroy_old(struct bio *bio, uint32_t start_lsn, uint32_t block_bytes);

/**
 * Write everything of PLAN except the recognition sequence and the anchors, then flush.  OPTIONS may be NULL.
 * Uses about 1 MiB of memory, whatever the size of the volume.
 * Returns UDF_E_INVAL if BIO's blocks are larger than the plan's or BIO is too short for it.
 */
enum udf_err udf_emit_body(const struct udf_plan *plan, struct bio *bio,
			   const struct udf_emit_options *options);

/**
 * Write again what says how the volume may be written (both descriptor sequences, the FSD, the free
 * space in the LVID of a read-only volume), after it was filled as an overwritable one.
 */
enum udf_err udf_emit_access(const struct udf_plan *plan, struct bio *bio);

/** Write the anchors, flush, write the recognition sequence, flush: now it is a volume. */
enum udf_err udf_emit_commit(const struct udf_plan *plan, struct bio *bio);

#endif
