/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of lib/vol only. */
#ifndef UDF_VOL_INTERNAL_H
#define UDF_VOL_INTERNAL_H

#include "ecma/codec.h"
#include "vol/vol.h"

#define VOL_MIN_BLOCK_BYTES 512u
#define VOL_MAX_BLOCK_BYTES 32768u
#define SYSTEM_AREA_BYTES 32768u	/* at the beginning of the volume: no structure of a logical volume */

/* Limits for chains that a volume names.  They are far above what any writer makes. */
#define VOL_MAX_VDS_EXTENTS 64u
#define VOL_MAX_VDS_SECTORS 8192u
#define VOL_MAX_LVID_EXTENTS 1000u
#define VOL_MAX_LVID_SECTORS 65536u
#define VOL_MAX_FSD_EXTENTS 64u
#define VOL_MAX_FSD_BLOCKS 4096u
#define VOL_MAX_DESCRIPTOR_BYTES (256u << 10)	/* LVD and USD; all others fit one block */
#define VOL_MAX_DESCS 32u			/* prevailing descriptors of a sequence */

static inline struct udf_place vol_place(uint64_t lsn, const char *field)
{
	return (struct udf_place){ UDF_PART_VOLUME, (uint32_t)lsn, field };
}

/* ---- structures (structures.c) ---- */

/**
 * Remember a structure for the overlap rules and for readers.  Those after the first UDF_MAX_STRUCTURES are dropped.
 */
void vol_add_structure(struct udf_vol *vol, enum udf_structure what, uint64_t lsn, uint64_t n_blocks,
		       uint64_t n_used_blocks);

/** Report which of them overlap.  Only with a sink. */
void vol_check_overlaps(struct udf_vol *vol, struct udf_sink *sink);

/* ---- descriptors (descriptor.c) ---- */

/**
 * Check what the tag and the place of a verified descriptor decide: CRC length, version, serial number, and
 * that the bytes after it, up to SPAN_BYTES, are zero.  Does nothing without a sink.
 */
void vol_check_descriptor(const struct udf_vol *vol, const uint8_t *bytes, uint32_t n_bytes,
			  uint32_t span_bytes, struct udf_place place, struct udf_sink *sink);

/* ---- recognition (recognize.c) ---- */

struct vol_vrs {
	unsigned n_bea, n_tea, n_nsr02, n_nsr03, n_boot;
	bool nsr_outside;	/* NSR or BOOT2 outside BEA01 and TEA01, or TEA01 before BEA01 */
	bool ends_with_tea;
	bool bad_field;		/* type, version or data not as they have to be */
	uint32_t bad_field_at;	/* sector of the first such descriptor */
	bool is_narrow;		/* descriptors 2048 bytes apart, where blocks are larger */
	bool wide_spacing_missed;	/* blocks above 2048 bytes, yet spaced by 2048 */
	bool tail_blank;
	uint64_t first_byte, end_byte;	/* of everything known, CD001 included; equal: nothing */
};

enum udf_err vol_recognize(struct udf_vol *vol, uint32_t session_lsn, struct vol_vrs *ret_vrs);
static inline bool vol_vrs_is_udf(const struct vol_vrs *vrs)
{
	return vrs->n_nsr02 + vrs->n_nsr03 > 0;
}

/* ---- anchors (anchor.c) ---- */

/** Find anchors for the block size set in VOL; UDF_E_NOT_UDF if there is none. */
enum udf_err vol_find_anchors(struct udf_vol *vol, const struct udf_vol_options *options,
			      struct udf_sink *sink);

/** The same, at the three places where anchors belong only. */
enum udf_err vol_find_regular_anchors(struct udf_vol *vol, const struct udf_vol_options *options);

/* ---- the block size (block_size.c) ---- */

/**
 * Set the block size of VOL, and how many sectors it has.  UDF_E_NOT_UDF where no size shows an anchor; VOL then has
 * a size to report about, if it has a sector at all.
 */
enum udf_err vol_find_block_bytes(struct udf_vol *vol, const struct udf_vol_options *options);

/* ---- descriptor sequences (sequence.c, vds.c) ---- */

struct vol_desc {
	uint16_t id;
	uint32_t number;	/* volume descriptor sequence number */
	uint32_t lsn;
	uint32_t n_bytes;
	uint8_t *bytes;
	bool from_reserve;
};

struct vol_sequence {
	struct vol_desc descs[VOL_MAX_DESCS];	/* the prevailing one of each kind and key */
	unsigned n_descs;
	unsigned n_verified;
	bool damaged;		/* a block can't be read or does not verify: look into the other copy */
	bool unreadable;	/* no block could be read */
};

/** Do two descriptors compete (ECMA-167 3/8.4.3)?  Are they equal, except for their tags? */
bool vol_desc_same_key(const struct vol_desc *a, const struct vol_desc *b);
bool vol_desc_same_contents(const struct vol_desc *a, const struct vol_desc *b);

/** Read a sequence and its continuations to the end.  Fails only with UDF_E_NOMEM. */
enum udf_err vol_sequence_read(struct udf_vol *vol, const struct udf_extent_ad *extent,
			       enum udf_structure what, struct udf_sink *sink,
			       struct vol_sequence *ret_sequence);
void vol_sequence_done(struct vol_sequence *sequence);

/** The prevailing descriptor of kind ID (IUVD: "*UDF LV Info" only), or NULL. */
const struct vol_desc *vol_sequence_find(const struct vol_sequence *sequence, uint16_t id);
const struct vol_desc *vol_sequence_find_pd(const struct vol_sequence *sequence, uint16_t number);

/** Copy into MAIN what only RESERVE has, and what is newer there.  Fails only with UDF_E_NOMEM. */
enum udf_err vol_sequence_merge(struct vol_sequence *main, const struct vol_sequence *reserve);

/** Read what the anchor names into vol->pvd, lvd, iuvd, usd, pds, maps and parts. */
enum udf_err vol_read_sequences(struct udf_vol *vol, struct udf_sink *sink);

/* ---- the end (own_end.c) ---- */

/**
 * If the volume of vol->anchor ends before its device, set n_sectors to its own length: up to the anchor that
 * comes after all structures.  Fails only with UDF_E_NOMEM.
 */
enum udf_err vol_find_own_end(struct udf_vol *vol);

/* ---- partitions (part.c) ---- */

enum udf_err vol_read_maps(struct udf_vol *vol, const struct vol_desc *lvd,
			   const struct vol_sequence *sequence, struct udf_sink *sink);

/* ---- integrity and file set (lvid.c, fsd.c) ---- */

/** If there is no LVID, vol->lvid_lsn stays 0 and the call succeeds.  Fails only with UDF_E_NOMEM. */
enum udf_err vol_read_lvid(struct udf_vol *vol, struct udf_sink *sink);
enum udf_err vol_read_fsd(struct udf_vol *vol, struct udf_sink *sink);

/* ---- rules across descriptors (rules.c): only with a sink ---- */

void vol_check_sequences(struct udf_vol *vol, const struct vol_sequence *main,
			 const struct vol_sequence *reserve, struct udf_sink *sink);
void vol_check_rules(struct udf_vol *vol, const struct vol_vrs *vrs, struct udf_sink *sink);

#endif
