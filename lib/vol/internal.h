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

#define VOL_MAX_OWN_ANCHORS 5u

/**
 * Where the anchors of VOL are: the first one that opening found, and those among the others and at the volume's own
 * end that name the same two sequences, in any order.  An anchor at the end of the device may belong to an older
 * volume.
 */
enum udf_err vol_find_own_anchors(struct udf_vol *vol, uint32_t ret_lsns[VOL_MAX_OWN_ANCHORS], unsigned *ret_n);

/* ---- partitions (part.c) ---- */

enum udf_err vol_read_maps(struct udf_vol *vol, const struct vol_desc *lvd,
			   const struct vol_sequence *sequence, struct udf_sink *sink);

/* ---- sparing (sparing_table.c, sparing.c) ---- */

#define VOL_MAX_SPARING_BYTES (UDF_SPARING_FIXED_BYTES + UINT16_MAX * UDF_SPARING_ENTRY_BYTES)

/**
 * The newest copy of the sparing table that verifies, decoded into SPARING's spares; *RET_N_VERIFIED of them verify.
 * With a sink, what is wrong with each copy is reported, and where they differ.  Fails only with UDF_E_NOMEM.
 */
enum udf_err vol_read_sparing_tables(struct udf_vol *vol, const struct udf_part *part, struct udf_sparing *sparing,
				     struct udf_sink *sink, unsigned *ret_n_verified);

/** Put the used ones first, by original_lbn, then bad and free ones: the order of a table. */
void vol_sort_spares(struct udf_spare *spares, size_t n);

/**
 * Write SPARING's spares to every copy, one after the other, each followed by a flush.  DIRECT is the bio without
 * replaced packets.  One copy that is durable is enough, since the newest one prevails; if there is none, the first
 * error is returned.
 */
enum udf_err vol_write_sparing_tables(struct udf_vol *vol, struct udf_sparing *sparing, struct bio *direct);

/**
 * Read the sparing tables of the sparable partition, if there is one, and say to the bio which packets have moved.
 * If no table can be read, vol->sparing->why_read_only says so.  Fails with UDF_E_UNSUPPORTED if there are two such
 * partitions, UDF_E_CORRUPT if the partition map can't be used, UDF_E_NOMEM.
 */
enum udf_err vol_read_sparing(struct udf_vol *vol, struct udf_sink *sink);
void vol_sparing_done(struct udf_vol *vol);

/**
 * Before the first change: if the copies of the sparing table are not equal, write all of them.  What fails is left as
 * it was: one good copy is enough.
 */
void vol_mend_sparing(struct udf_vol *vol);

/* ---- integrity and file set (lvid.c, fsd.c) ---- */

/** If there is no LVID, vol->lvid_lsn stays 0 and the call succeeds.  Fails only with UDF_E_NOMEM. */
enum udf_err vol_read_lvid(struct udf_vol *vol, struct udf_sink *sink);

/**
 * Write the LVID in place from vol->lvid, lvid_impl, free_blocks and size_blocks, which the caller has set.  The
 * time, the implementation identifier and the maximum write revision are set here.  One block is written; the
 * caller flushes.  Private bytes after the known implementation use are kept.
 */
enum udf_err vol_write_lvid(struct udf_vol *vol, uint32_t type);

/** Set the implementation identifier of an open LVID, so that it is taken for ours. */
void vol_lvid_set_ours(struct udf_vol *vol);

/** Did udfkit write the prevailing LVID, and has no other system written it since? */
bool vol_lvid_is_ours(const struct udf_vol *vol);

/** Has the LVID room for the place of a journal?  Not if it has private bytes of another system there. */
bool vol_lvid_has_room(const struct udf_vol *vol);

/** On a volume that was left open, have the bio read from its journal what can't be read (journal.c). */
void vol_recover(struct udf_vol *vol);

/** Say what was recovered. */
void vol_log_recovered(const struct udf_vol *vol);

enum udf_err vol_read_fsd(struct udf_vol *vol, struct udf_sink *sink);

/* ---- rules of sparable partitions (sparing_rules.c) ---- */

/** Where the partition and the tables are.  Only with a sink. */
void vol_check_sparing(const struct udf_vol *vol, struct udf_sink *sink);

/* ---- rules across descriptors (rules.c): only with a sink ---- */

void vol_check_sequences(struct udf_vol *vol, const struct vol_sequence *main,
			 const struct vol_sequence *reserve, struct udf_sink *sink);
void vol_check_rules(struct udf_vol *vol, const struct vol_vrs *vrs, struct udf_sink *sink);

#endif
