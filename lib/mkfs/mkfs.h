/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a UDF volume: parameters -> plan (pure) -> emit.  The plan (struct udf_plan in emit/emit.h)
 * knows every extent of the empty volume; emit writes it, and the order of its writes makes an
 * interrupted mkfs "not UDF".
 *
 *	struct udf_mkfs_params params;
 *	struct udf_plan plan;
 *	udf_mkfs_defaults(&params, UDF_MEDIA_HD, 0x0201);
 *	params.block_bytes = 2048;
 *	params.n_blocks = 8192;
 *	udf_mkfs_stamp(&params, env);
 *	err = udf_mkfs_plan(&params, &plan, NULL);
 *	err = udf_mkfs_emit(&plan, bio, env);
 */
#ifndef UDF_MKFS_MKFS_H
#define UDF_MKFS_MKFS_H

#include <udfkit/bio.h>
#include <udfkit/env.h>

#include "ecma/types.h"
#include "tree/populate.h"
#include "emit/emit.h"

#define UDF_MKFS_SPARE_BLOCKS 1024u	/* the default: 2 MiB of a CD-RW */
#define UDF_MKFS_RESERVE_BLOCKS 8u	/* what lib/fs wants free for the last operation of udf_mkfs_fill() */

enum udf_media_type {
	UDF_MEDIA_HD, UDF_MEDIA_DVD, UDF_MEDIA_DVDRAM, UDF_MEDIA_DVDRW, UDF_MEDIA_DVDR,
	UDF_MEDIA_WORM, UDF_MEDIA_MO, UDF_MEDIA_CDRW, UDF_MEDIA_CDR, UDF_MEDIA_CD, UDF_MEDIA_BDR,
	UDF_MEDIA_BDRE,
	UDF_N_MEDIA
};

enum udf_boot_area { UDF_BOOT_PRESERVE, UDF_BOOT_ERASE, UDF_BOOT_MBR };

/* What the user chooses.  Texts are UTF-8. */
struct udf_mkfs_params {
	enum udf_media_type media;
	uint16_t revision;		/* 0x0101, 0x0102, 0x0150, 0x0200, 0x0201 */
	uint32_t block_bytes;		/* 512 to 32768 */
	uint64_t n_blocks;		/* of the whole volume, at most 2^32 - 1 */
	uint32_t start_lsn;
	char lvid[512], vid[128], vsid[512], fsid[128];
	char full_vsid[512];		/* "": uuid and vsid */
	char uuid[17];			/* 16 hexadecimal digits in lower case */
	char owner[144], organization[144], contact[144];
	bool text_8bit;			/* U+0080 to U+00FF in 8-bit form; else 16-bit, for old readers */
	struct udf_time time;
	uint32_t uid, gid, mode;	/* of the root directory */
	bool read_only;
	uint16_t strategy;		/* 4 or 4096 */
	enum udf_space_kind space;
	enum udf_ad_kind ad;		/* of the root directory */
	bool use_efe;
	uint32_t packet_blocks;		/* every structure begins at a multiple of it */
	unsigned n_sparing_tables;	/* 1 to 4: the partition is sparable; 0: it is not */
	uint32_t spare_blocks;		/* for packets that can't be written; at least one packet */
	enum udf_boot_area boot_area;
	/* Of an image that is more than a UDF volume */
	uint32_t n_first_descriptors;	/* of ISO 9660, of 2048 bytes, before the recognition sequence */
	uint32_t n_last_blocks;		/* at the end, are somebody else's: the anchors are at 256 and N - 256 */
	bool to_be_filled;		/* by udf_mkfs_fill(): space is kept even of a read-only volume */
	uint32_t sector_bytes;		/* of the device, for the MBR; 0: 512 */
	uint32_t mbr_signature;
};

/** Name of a media type as users write it ("dvdram"); NULL outside the enumeration. */
const char *udf_media_name(enum udf_media_type media);

/**
 * The media type of a disc that is written in units of WRITE_UNIT_BLOCKS.
 *
 * @needs_whole_units  The drive neither takes less than a unit nor replaces bad ones: the volume does (UDF 2.2.9).
 */
enum udf_media_type udf_mkfs_media_for(bool needs_whole_units, uint32_t write_unit_blocks);

/** Can volumes of this type and revision be made?  If not, *RET_WHY (may be NULL) says what is missing. */
bool udf_mkfs_is_supported(enum udf_media_type media, uint16_t revision, const char **ret_why);

/** All of PARAMS except block size, number of blocks, uuid and time, as MEDIA and REVISION want it. */
void udf_mkfs_defaults(struct udf_mkfs_params *params, enum udf_media_type media, uint16_t revision);

/**
 * LABEL (UTF-8) as logical volume identifier and, cut where it is too long for that, as volume
 * identifier.  Set text_8bit before.
 */
void udf_mkfs_set_label(struct udf_mkfs_params *params, const char *label);

/** Set the time, and the uuid if there is none (time and random bytes), from ENV. */
void udf_mkfs_stamp(struct udf_mkfs_params *params, const struct udf_env *env);

/**
 * Lay out the volume.  Pure.
 *
 * @ret_why  May be NULL; on failure, a sentence for the user.
 * Returns UDF_E_NOSPC if there are not enough blocks, UDF_E_RANGE if there are more than 2^32 - 1,
 * UDF_E_NAME_TOO_LONG or UDF_E_BAD_NAME for a text, UDF_E_UNSUPPORTED, UDF_E_INVAL.
 */
enum udf_err udf_mkfs_plan(const struct udf_mkfs_params *params, struct udf_plan *ret_plan,
			   const char **ret_why);

/**
 * The smallest number of blocks that udf_mkfs_plan() finds enough, for the other parameters as they are.
 * UDF_E_RANGE and others as udf_mkfs_plan().
 */
enum udf_err udf_mkfs_least_blocks(const struct udf_mkfs_params *params, uint64_t *ret_n_blocks);

/** Destroy the old, write the plan's volume, make it valid.  ENV may be NULL. */
enum udf_err udf_mkfs_emit(const struct udf_plan *plan, struct bio *bio, const struct udf_env *env);

/** As udf_mkfs_emit(), with options (may be NULL). */
enum udf_err udf_mkfs_emit_with(const struct udf_plan *plan, struct bio *bio,
				const struct udf_emit_options *options);

/**
 * Make a volume, and fill it from the directory DIR_FD (borrowed) before it becomes one.
 *
 * @plan    Of parameters with to_be_filled.
 * Returns UDF_E_NOSPC if the tree doesn't fit, the first error of tree_populate() where some of it can't
 * be copied, or as udf_mkfs_emit(): there is no volume then.
 */
enum udf_err udf_mkfs_fill(const struct udf_plan *plan, struct bio *bio, int dir_fd,
			   const struct tree_populate_options *tree, const struct udf_emit_options *options,
			   const struct udf_env *env, struct tree_totals *ret_totals);

/* What a new volume is filled with. */
struct udf_mkfs_filler {
	/* Put everything into FS, which is empty and in bulk mode. */
	enum udf_err (*fill)(void *ctx, struct udf_fs *fs);
	/* It is filled, and FS is closed: PLAN may become one that ends earlier and is else the same.  May be NULL. */
	enum udf_err (*cut)(void *ctx, struct udf_plan *plan);
	void *ctx;
};

/** As udf_mkfs_fill(), from whatever FILLER has. */
enum udf_err udf_mkfs_fill_with(struct udf_plan *plan, struct bio *bio, const struct udf_mkfs_filler *filler,
				const struct udf_emit_options *options, const struct udf_env *env);

/**
 * Set PARAMS' n_blocks to the least that has N_FREE_BLOCKS free blocks, for a tree of that size
 * (tree_measure()).  UDF_E_RANGE and others as udf_mkfs_plan().
 */
enum udf_err udf_mkfs_fit(struct udf_mkfs_params *params, uint64_t n_free_blocks, const char **ret_why);

#endif
