/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors field by field, as items and as text.  Names are those of ECMA-167 and UDF. */
#ifndef UDF_ECMA_DUMP_H
#define UDF_ECMA_DUMP_H

#include <udfkit/error.h>

#include "ecma/layout.h"

enum udf_item_kind {
	UDF_ITEM_OPEN,		/* a structure or list begins; items up to its CLOSE belong to it */
	UDF_ITEM_CLOSE,
	UDF_ITEM_NUMBER,
	UDF_ITEM_TEXT,
};

struct udf_item {
	enum udf_item_kind kind;
	unsigned depth;			/* of nesting, from 0; OPEN and CLOSE of a pair have the same */
	const char *name;		/* a field's; a descriptor's at depth 0; NULL in lists, CLOSE */
	bool is_list;			/* OPEN and CLOSE: of elements without names */
	bool is_hex;			/* NUMBER: shown in hexadecimal */
	bool is_signed;			/* NUMBER: is two's complement */
	uint64_t number;
	const char *text;		/* TEXT: UTF-8; borrowed for the call */
};

typedef void (*udf_emit_fn)(void *ctx, const struct udf_item *item);

/**
 * The fixed part of a descriptor or record, from OPEN to CLOSE.  Reserved fields appear when they are
 * not zero.  Opaque bytes are hex digits without the zero bytes at the end ("" when all are zero).
 */
void udf_layout_dump(const struct udf_layout *layout, const void *host, udf_emit_fn emit, void *ctx);

/**
 * The descriptor at BUF by its tag's identifier, with what follows the fixed part: partition maps,
 * tables, extended attributes, allocation descriptors, names.  Nothing is verified; lists end where
 * they leave N_BYTES.  Allocation descriptors of an AED are shown as AD_KIND (enum udf_ad_kind) says.
 * Returns UDF_E_UNSUPPORTED for an unknown identifier, UDF_E_CORRUPT if N_BYTES are too few for the
 * fixed part; nothing is emitted then.
 */
enum udf_err udf_descriptor_dump(const uint8_t *buf, size_t n_bytes, unsigned ad_kind,
				 udf_emit_fn emit, void *ctx);

/* What a line takes at most, NUL included. */
#define UDF_ITEM_MAX_BYTES 2560

/** One line without newline, a tab per depth: "\tVolumeIdentifier: LinuxUDF".  "" for CLOSE. */
void udf_item_to_text(const struct udf_item *item, char ret_line[UDF_ITEM_MAX_BYTES]);

#endif
