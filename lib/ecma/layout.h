/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Field tables: one row per on-disc field, as the figures of ECMA-167 and UDF have them.  The same
 * table decodes, encodes, checks and dumps a descriptor's fixed part.  The variable parts after it have
 * code of their own.
 */
#ifndef UDF_ECMA_LAYOUT_H
#define UDF_ECMA_LAYOUT_H

#include <udfkit/error.h>
#include <udfkit/problem.h>

#include "ecma/types.h"

enum udf_row_kind {
	UDF_ROW_NUMBER,		/* little endian; 1, 2, 4 or 8 bytes; shown in decimal */
	UDF_ROW_SIGNED,		/* two's complement */
	UDF_ROW_HEX,		/* number shown in hexadecimal: flags, revisions */
	UDF_ROW_BYTES,		/* opaque */
	UDF_ROW_TEXT,		/* ASCII, zero padded */
	UDF_ROW_DSTRING,
	UDF_ROW_STRUCT,		/* row->sub */
};

/* What one field may hold, by itself; rules over several fields are the *_validate() functions'. */
enum udf_row_rule {
	UDF_RULE_NONE,
	UDF_RULE_ZERO,		/* reserved: every byte 0 */
	UDF_RULE_RANGE,		/* number in [low, high] */
	UDF_RULE_MASK,		/* number without bits outside HIGH */
	UDF_RULE_CS0,		/* charspec of OSTA Compressed Unicode */
	UDF_RULE_DSTRING,	/* well formed, may be empty */
	UDF_RULE_NAME,		/* dstring, not empty */
	UDF_RULE_TIME,		/* timestamp of an existing instant */
	UDF_RULE_TIME_OR_ZERO,
	UDF_RULE_DOMAIN_ID,	/* regid with domain suffix */
	UDF_RULE_UDF_ID,	/* regid with UDF suffix */
	UDF_RULE_IMPL_ID,	/* regid of a developer, implementation suffix */
	UDF_RULE_APP_ID,	/* regid of any other kind, or all zero */
	UDF_RULE_EXTENT,	/* extent_ad: 30-bit length; location 0 with length 0 */
	UDF_RULE_SHORT_EXTENT,	/* short_ad: type 0; location 0 with length 0 */
	UDF_RULE_ICB,		/* long_ad: type 0; all 0 with length 0 */
};

struct udf_layout;

struct udf_row {
	const char *name;		/* the standard's */
	uint16_t at, n_bytes;		/* on disc */
	uint8_t kind;			/* enum udf_row_kind */
	uint8_t rule;			/* enum udf_row_rule */
	uint16_t since;			/* first UDF revision with this field; reserved before.  0: all */
	uint16_t host_at, host_bytes;
	uint64_t low, high;
	const struct udf_layout *sub;
};

struct udf_layout {
	const char *name;		/* "Primary Volume Descriptor" */
	uint16_t tag_id;		/* UDF_TAG_NONE if it has no tag of its own */
	uint16_t n_bytes;		/* on disc, fixed part */
	uint16_t host_bytes;
	uint16_t n_rows;
	const struct udf_row *rows;	/* ascending, no gap, no overlap */
};

#define UDF_TAG_NONE 0xFFFF

/* Records. */
extern const struct udf_layout udf_layout_tag, udf_layout_charspec, udf_layout_timestamp,
	udf_layout_regid, udf_layout_extent_ad, udf_layout_lb_addr, udf_layout_short_ad,
	udf_layout_long_ad, udf_layout_ext_ad, udf_layout_icbtag;
/* Volume structure. */
extern const struct udf_layout udf_layout_vsd, udf_layout_avdp, udf_layout_vdp, udf_layout_pvd,
	udf_layout_iuvd, udf_layout_partition_header, udf_layout_pd, udf_layout_lvd,
	udf_layout_partition_map1, udf_layout_partition_map2, udf_layout_sparable_map,
	udf_layout_metadata_map, udf_layout_usd, udf_layout_td, udf_layout_lvid,
	udf_layout_lvid_impl, udf_layout_sparing_table, udf_layout_sparing_entry,
	udf_layout_vat200, udf_layout_vat150_tail;
/* File structure. */
extern const struct udf_layout udf_layout_fsd, udf_layout_fid, udf_layout_aed, udf_layout_ie,
	udf_layout_te, udf_layout_fe, udf_layout_efe, udf_layout_eahd, udf_layout_ea,
	udf_layout_ea_device, udf_layout_use, udf_layout_sbd, udf_layout_id_mapping,
	udf_layout_id_mapping_entry;
/* Extended attributes after their generic header, then use areas that UDF defines. */
extern const struct udf_layout udf_layout_ea_charset, udf_layout_ea_alt_permissions,
	udf_layout_ea_times, udf_layout_ea_use, udf_layout_ea_free_space, udf_layout_ea_dvd_cgms,
	udf_layout_ea_os2_length, udf_layout_ea_mac_volume, udf_layout_ea_mac_finder_dir,
	udf_layout_ea_mac_finder_file, udf_layout_ea_mac_id_table, udf_layout_ea_os400_dir,
	udf_layout_ea_vat_extension;

/* All of the above. */
extern const struct udf_layout *const udf_layouts[];
extern const size_t udf_n_layouts;

/** The layout of the descriptor with TAG_ID; NULL if there is none. */
const struct udf_layout *udf_layout_by_tag(uint16_t tag_id);

/** LAYOUT->n_bytes bytes at P to the host form RET (LAYOUT->host_bytes, borrowed). */
void udf_layout_decode(const struct udf_layout *layout, const uint8_t *p, void *ret);
void udf_layout_encode(const struct udf_layout *layout, const void *host, uint8_t *ret);

/**
 * The simple rules of every row.  Without a sink the first violation ends it; with one all are
 * reported, place.field being the row's name.  Findings of warning severity do not count.
 * REVISION 0: rules of all revisions that do not depend on it.
 * Returns UDF_E_CORRUPT on any violation.
 */
enum udf_err udf_layout_check(const struct udf_layout *layout, const void *host, uint16_t revision,
			      struct udf_place place, struct udf_sink *sink);

#endif
