/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes to host forms and back, sealing and verifying of descriptors.  Pure: no I/O, no state.
 *
 * Decoders take a buffer that holds at least the structure's fixed bytes (asserted by the caller's
 * own length check) and cannot fail; verification is udf_tag_verify() and the *_validate() functions.
 */
#ifndef UDF_ECMA_CODEC_H
#define UDF_ECMA_CODEC_H

#include <udfkit/env.h>
#include <udfkit/error.h>
#include <udfkit/problem.h>

#include "ecma/types.h"

/* ---- tag ---- */

void udf_tag_decode(const uint8_t *p, struct udf_tag *ret_tag);
void udf_tag_encode(const struct udf_tag *tag, uint8_t *ret_bytes);

/**
 * Verify the tag of the descriptor in BUF, of which N_BYTES can be read: checksum, id (unless
 * WANT_ID is UDF_TAG_ANY), version 2 or 3, location, CRC length within N_BYTES, CRC.
 * PLACE is given in findings, and the tag's location must be its block_no.  Without a sink the first violation
 * ends the call.  Returns UDF_E_CORRUPT on any violation.  RET_TAG, which may be NULL, is filled in either case
 * if N_BYTES are at least UDF_TAG_BYTES.
 */
#define UDF_TAG_ANY 0xFFFF
enum udf_err udf_tag_verify(const uint8_t *buf, size_t n_bytes, uint16_t want_id,
			    struct udf_place place, struct udf_sink *sink, struct udf_tag *ret_tag);

/**
 * Write a descriptor's tag, with the CRC of the CRC_BYTES bytes after it (0 gives CRC 0) and the
 * checksum.  VERSION 2 for UDF 1.x, 3 for 2.x.
 */
void udf_tag_seal(uint8_t *buf, uint16_t id, uint16_t version, uint16_t serial, uint32_t location,
		  size_t crc_bytes);

/**
 * Give a sealed descriptor another location.  The CRC does not cover the tag, and is not changed.
 */
void udf_tag_move(uint8_t *buf, uint32_t location);

/** Recompute CRC (same CRC length) and checksum of a descriptor already sealed and then changed. */
void udf_tag_reseal(uint8_t *buf);

/* ---- small fixed records: explicit, hot; P and RET have the record's bytes (types.h) ---- */

void udf_extent_ad_decode(const uint8_t *p, struct udf_extent_ad *ret);
void udf_extent_ad_encode(const struct udf_extent_ad *ad, uint8_t *ret);
void udf_lb_addr_decode(const uint8_t *p, struct udf_lb_addr *ret);
void udf_lb_addr_encode(const struct udf_lb_addr *addr, uint8_t *ret);
void udf_short_ad_decode(const uint8_t *p, struct udf_short_ad *ret);
void udf_short_ad_encode(const struct udf_short_ad *ad, uint8_t *ret);
void udf_long_ad_decode(const uint8_t *p, struct udf_long_ad *ret);
void udf_long_ad_encode(const struct udf_long_ad *ad, uint8_t *ret);
void udf_ext_ad_decode(const uint8_t *p, struct udf_ext_ad *ret);
void udf_ext_ad_encode(const struct udf_ext_ad *ad, uint8_t *ret);
void udf_icbtag_decode(const uint8_t *p, struct udf_icbtag *ret);
void udf_icbtag_encode(const struct udf_icbtag *tag, uint8_t *ret);
void udf_regid_decode(const uint8_t *p, struct udf_regid *ret);
void udf_regid_encode(const struct udf_regid *id, uint8_t *ret);
void udf_timestamp_decode(const uint8_t *p, struct udf_timestamp *ret);
void udf_timestamp_encode(const struct udf_timestamp *ts, uint8_t *ret);

/*
 * ---- descriptors, by field table ----
 *
 * These convert the fixed part; P and RET have its bytes (n_bytes of its layout).  The tag is converted like any
 * other field: the caller seals after encoding.
 */

#define UDF_CODEC(name) \
	void udf_##name##_decode(const uint8_t *p, struct udf_##name *ret); \
	void udf_##name##_encode(const struct udf_##name *host, uint8_t *ret)
UDF_CODEC(vsd);
UDF_CODEC(avdp);
UDF_CODEC(vdp);
UDF_CODEC(pvd);
UDF_CODEC(iuvd);
UDF_CODEC(partition_header);
UDF_CODEC(pd);
UDF_CODEC(lvd);
UDF_CODEC(sparable_map);
UDF_CODEC(metadata_map);
UDF_CODEC(usd);
UDF_CODEC(td);
UDF_CODEC(lvid);
UDF_CODEC(lvid_impl);
UDF_CODEC(sparing_table);
UDF_CODEC(fsd);
UDF_CODEC(aed);
UDF_CODEC(ie);
UDF_CODEC(te);
UDF_CODEC(use);
UDF_CODEC(sbd);
UDF_CODEC(eahd);
UDF_CODEC(ea);
UDF_CODEC(ea_device);
UDF_CODEC(vat200);
UDF_CODEC(vat150_tail);
UDF_CODEC(sparing_entry);
UDF_CODEC(ea_times);
UDF_CODEC(ea_use);
UDF_CODEC(ea_vat_extension);
UDF_CODEC(id_mapping);
UDF_CODEC(id_mapping_entry);
#undef UDF_CODEC

/**
 * One partition map at P, AVAIL bytes left in the map table.  *RET_MAP is filled; the map's own
 * length moves the caller on.  UDF_E_CORRUPT unless (type, length) is (1, 6) or (2, 64) and fits.
 */
enum udf_err udf_partition_map_decode(const uint8_t *p, size_t avail, struct udf_partition_map *ret_map);
void udf_partition_map_encode(const struct udf_partition_map *map, uint8_t *ret);
enum udf_map_kind udf_partition_map_kind(const struct udf_partition_map *map);
/** "type 1", "virtual (VAT)", "sparable", "metadata", "unknown". */
const char *udf_map_kind_name(enum udf_map_kind kind);

/* ---- File Entry / Extended File Entry ---- */

/** Bytes before the extended attributes: 176 or 216 by tag.id. */
static inline size_t udf_fe_fixed_bytes(uint16_t tag_id)
{
	return tag_id == UDF_TAG_EFE ? UDF_EFE_FIXED_BYTES : UDF_FE_FIXED_BYTES;
}

/** Decode the fixed part by the tag's id (261 or 266); nothing is checked. */
void udf_fe_decode(const uint8_t *p, struct udf_fe *ret_fe);
/** Encode the fixed part by fe->tag.id; the caller seals. */
void udf_fe_encode(const struct udf_fe *fe, uint8_t *ret);

/**
 * Rules within one FE or EFE of BLOCK_BYTES bytes (ECMA-167 4/14.6, 4/14.9, UDF 2.3.5, 2.3.6): lengths
 * fit the block, L_EA a multiple of 4, AD kind legal, L_AD a multiple of the AD's size, embedded
 * length equal to the information length, reserved fields, times, identifiers.  A sink gets all violations;
 * an error, with or without a sink, means that reading would be unsafe (lengths, AD kind, embedded
 * length > L_AD, strategy other than 4 and 4096).
 */
enum udf_err udf_fe_validate(const struct udf_fe *fe, uint32_t block_bytes, uint16_t revision,
			     struct udf_place place, struct udf_sink *sink);

/** What every ICB tag must be; strategy, file type and kind of allocation descriptors need the entry. */
void udf_icbtag_check(const struct udf_icbtag *icb, uint16_t revision, struct udf_place place,
		      struct udf_sink *sink);

/** The tag of the first entry of an ICB of STRATEGY (4 or 4096). */
struct udf_icbtag udf_icbtag_first(uint16_t strategy, uint8_t file_type, uint16_t flags);

/* ---- File Identifier Descriptor ---- */

/** Bytes of a FID on disc, padding included. */
static inline uint32_t udf_fid_n_bytes(uint32_t name_bytes, uint32_t impl_use_bytes)
{
	return (UDF_FID_FIXED_BYTES + impl_use_bytes + name_bytes + 3) & ~3u;
}

/**
 * The FID at P, AVAIL bytes left of the directory.  RET_FID's pointers borrow from P.
 * UDF_E_CORRUPT if its tag id is not 257 or it does not fit AVAIL; nothing else is checked.
 */
enum udf_err udf_fid_decode(const uint8_t *p, size_t avail, struct udf_fid *ret_fid,
			    uint32_t *ret_n_bytes);

/**
 * Encode and seal a FID at P, which has room for udf_fid_n_bytes(): uses everything of FID but the
 * tag's id, checksum, crc, crc_bytes.  fid->tag.version, serial and location are recorded.
 */
void udf_fid_encode(const struct udf_fid *fid, uint8_t *ret);

#define UDF_FID_MIN_BYTES 40u	/* of one with a name of one character, and of a parent's */

/** The smallest FID that can be a filler: up to UDF 2.00 its name has to differ from all others' of the directory. */
uint32_t udf_fid_filler_min_bytes(uint16_t revision);

/**
 * A deleted FID that names nothing, of N_BYTES (a multiple of 4, at least udf_fid_filler_min_bytes()), for byte AT of
 * its directory.  Its tag is the caller's.
 *
 * @ret_name  UDF_CS0_NAME_MAX_BYTES; RET_FID's name points there.
 */
void udf_fid_make_filler(uint16_t revision, uint64_t at, uint32_t n_bytes, struct udf_fid *ret_fid,
			 uint8_t *ret_name);

/**
 * Delete FID, which begins at byte AT of its directory: the bit, an ICB of zeros, and the form that REVISION gives to
 * the name.  The FID keeps its number of bytes; its implementation use may become part of the name.
 * Up to UDF 2.00 a name of one character keeps it, as there is no room for more.
 *
 * @name  FID's name, to be changed: UDF_CS0_NAME_MAX_BYTES.
 */
void udf_fid_delete(uint16_t revision, uint64_t at, struct udf_fid *fid, uint8_t *name);

/**
 * Rules within one FID and its tag (ECMA-167 4/14.4, UDF 2.3.4).  PLACE's block_no is what the tag's
 * location must be.  A sink gets all violations; an error, with or without a sink, means checksum, CRC or the
 * form of a living entry's name.
 */
enum udf_err udf_fid_validate(const uint8_t *p, const struct udf_fid *fid, uint32_t n_bytes,
			      uint16_t revision, struct udf_place place, struct udf_sink *sink);

/**
 * Are checksum and CRC right?  The name may be malformed then: udf_shown_name() makes one, so that neither the
 * object nor the entries after it are lost.
 */
bool udf_fid_is_intact(const uint8_t *p, const struct udf_fid *fid, uint32_t n_bytes, struct udf_place place);

/*
 * ---- validate: rules within single volume descriptors ----
 *
 * A sink gets every violation.  UDF_E_CORRUPT is returned, with or without a sink, only for what reading the
 * volume depends on: block size, domain, map table (LVD), partition of no blocks (PD), lengths that
 * leave BLOCK_BYTES (LVID), no root (FSD).
 */

enum udf_err udf_pvd_validate(const struct udf_pvd *pvd, struct udf_place place, struct udf_sink *sink);
enum udf_err udf_iuvd_validate(const struct udf_iuvd *iuvd, struct udf_place place, struct udf_sink *sink);
enum udf_err udf_pd_validate(const struct udf_pd *pd, uint16_t revision, struct udf_place place,
			     struct udf_sink *sink);
enum udf_err udf_lvd_validate(const struct udf_lvd *lvd, struct udf_place place, struct udf_sink *sink);
enum udf_err udf_lvid_validate(const struct udf_lvid *lvid, uint32_t block_bytes, struct udf_place place,
			       struct udf_sink *sink);
enum udf_err udf_fsd_validate(const struct udf_fsd *fsd, struct udf_place place, struct udf_sink *sink);

/**
 * A partition map and the part that depends on its kind.  Without a sink only what reading depends
 * on counts: unknown kinds, a sparable map without packet length or tables, metadata units of 0.
 */
enum udf_err udf_partition_map_validate(const struct udf_partition_map *map, uint16_t revision,
					struct udf_place place, struct udf_sink *sink);

/**
 * One copy of a sparing table in BUF (N_BYTES readable): tag, identifier and length.  RET_TABLE is untouched on
 * failure.  With a sink, entries that do not ascend, are no whole packets or are outside the partition are reported;
 * that is no failure, and no two entries are compared but neighbours.
 */
enum udf_err udf_sparing_table_verify(const uint8_t *buf, size_t n_bytes, uint16_t packet_blocks,
				      uint32_t partition_blocks, struct udf_place place,
				      struct udf_sink *sink, struct udf_sparing_table *ret_table);

/* ---- EntityIDs (UDF 2.1.5) ---- */

#define UDF_ID_DOMAIN "*OSTA UDF Compliant"
#define UDF_ID_LV_INFO "*UDF LV Info"
#define UDF_ID_VIRTUAL "*UDF Virtual Partition"
#define UDF_ID_SPARABLE "*UDF Sparable Partition"
#define UDF_ID_METADATA "*UDF Metadata Partition"
#define UDF_ID_SPARING_TABLE "*UDF Sparing Table"
#define UDF_ID_VAT150 "*UDF Virtual Alloc Tbl"
#define UDF_ID_DEVELOPER "*udfkit"	/* our implementation identifier */
#define UDF_OS_CLASS_UNIX 4
#define UDF_OS_ID_LINUX 5
#define UDF_DOMAIN_HARD_PROTECT 0x01
#define UDF_DOMAIN_SOFT_PROTECT 0x02

/** EntityIDs of a domain, of a UDF identifier, of ours, of contents: suffixes by UDF 2.1.5.3. */
void udf_regid_set_domain(struct udf_regid *ret, uint16_t revision, uint8_t domain_flags);
void udf_regid_set_udf(struct udf_regid *ret, const char *id, uint16_t revision);
void udf_regid_set_impl(struct udf_regid *ret);		/* ours: UDF_ID_DEVELOPER, Linux */
void udf_regid_set_contents(struct udf_regid *ret, const char *id);	/* "+NSR03" */
/** Is TEXT the identifier (23 bytes, padded with zeros)?  Flags and suffix do not count. */
bool udf_regid_is(const struct udf_regid *id, const char *text);

/** Are all bytes after the text zero? */
bool udf_regid_is_padded(const struct udf_regid *id);
static inline uint16_t udf_regid_revision(const struct udf_regid *id)	/* domain and UDF suffix */
{
	return (uint16_t)(id->suffix[0] | id->suffix[1] << 8);
}

/** The one character set that UDF knows: "OSTA Compressed Unicode" (UDF 2.1.2). */
void udf_charspec_set_cs0(struct udf_charspec *ret);
bool udf_charspec_is_cs0(const struct udf_charspec *cs);

/* ---- timestamps (ECMA-167 1/7.3) ---- */

/** UDF_E_CORRUPT for a date that does not exist or a zone out of range; all zero gives UDF_END. */
enum udf_err udf_timestamp_to_time(const struct udf_timestamp *ts, struct udf_time *ret_time);
/** Years outside 1 to 9999 are clamped. */
void udf_timestamp_from_time(const struct udf_time *time, struct udf_timestamp *ret);

/* ---- permissions (ECMA-167 4/14.9.5, UDF 3.3.3.3) ---- */

/** POSIX rwx bits to UDF's, Delete following W and ChAttr for the owner. */
uint32_t udf_permissions_from_mode(uint32_t mode);
/** R, W and X of the three classes back to POSIX rwx bits; Delete and ChAttr do not show. */
uint32_t udf_permissions_to_mode(uint32_t permissions);

/* ---- extended attributes (ECMA-167 4/9.1, UDF 3.3.4) ---- */

struct udf_ea_iter {		/* the space is borrowed */
	const uint8_t *space;	/* EAHD first */
	size_t n_bytes, at;
};

/** Begin with the first attribute after the EAHD.  Returns UDF_E_CORRUPT if there is no valid EAHD. */
enum udf_err udf_ea_iter_init(struct udf_ea_iter *it, const uint8_t *space, size_t n_bytes,
			      struct udf_place place, struct udf_sink *sink);
/** Next attribute; RET_P borrows.  UDF_END, or UDF_E_CORRUPT where the space can't be walked on. */
enum udf_err udf_ea_next(struct udf_ea_iter *it, struct udf_ea *ret_ea, const uint8_t **ret_p);

/** EAHD and Device Specification EA (80 bytes) for a device node; LOCATION is the ICB's. */
#define UDF_DEVICE_EA_BYTES 80
void udf_device_ea_encode(uint32_t major, uint32_t minor, uint16_t version, uint16_t serial,
			  uint32_t location, uint16_t revision, uint8_t *ret);
/** EAHD and File Times EA with the creation time (56 bytes): FE volumes (UDF 1.x). */
#define UDF_CREATION_EA_BYTES 56
void udf_creation_ea_encode(const struct udf_timestamp *creation, uint16_t version, uint16_t serial,
			    uint32_t location, uint16_t revision, uint8_t *ret);

#endif
