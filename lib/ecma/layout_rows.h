/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Macros for the rows of field tables; for the table files only. */
#ifndef UDF_ECMA_LAYOUT_ROWS_H
#define UDF_ECMA_LAYOUT_ROWS_H

#include "ecma/layout.h"

/* 0, or no compilation: the host member is as wide as the field on disc. */
#define SAME_SIZE(host, member, size) \
	(0 * sizeof(char[sizeof(((struct host *)0)->member) == (size) ? 1 : -1]))

#define FIELD(host, member, label, pos, size, row_kind, ...) \
	{ .name = (label), .at = (pos), .n_bytes = (size) + SAME_SIZE(host, member, size), \
	  .kind = (row_kind), .host_at = offsetof(struct host, member), .host_bytes = (size), \
	  __VA_ARGS__ }

/* Rows by kind: host struct, member, the standard's name, offset, bytes on disc, then a rule. */
#define NUMBER(host, member, label, pos, size, ...) \
	FIELD(host, member, label, pos, size, UDF_ROW_NUMBER, __VA_ARGS__)
#define HEX(host, member, label, pos, size, ...) \
	FIELD(host, member, label, pos, size, UDF_ROW_HEX, __VA_ARGS__)
#define BYTES(host, member, label, pos, size, ...) \
	FIELD(host, member, label, pos, size, UDF_ROW_BYTES, __VA_ARGS__)
#define TEXT(host, member, label, pos, size, ...) \
	FIELD(host, member, label, pos, size, UDF_ROW_TEXT, __VA_ARGS__)
#define DSTRING(host, member, label, pos, size, ...) \
	FIELD(host, member, label, pos, size, UDF_ROW_DSTRING, __VA_ARGS__)
#define RESERVED(host, member, pos, size) \
	FIELD(host, member, "Reserved", pos, size, UDF_ROW_BYTES, .rule = UDF_RULE_ZERO)
#define RESERVED_BYTE(host, member, pos) \
	FIELD(host, member, "Reserved", pos, 1, UDF_ROW_NUMBER, .rule = UDF_RULE_ZERO)

/* A record within: RECORD is tag, regid, ...; its host form is struct udf_RECORD. */
#define RECORD(host, member, label, pos, record, ...) \
	{ .name = (label), .at = (pos), .kind = UDF_ROW_STRUCT, \
	  .n_bytes = DISC_BYTES_##record + SAME_SIZE(host, member, sizeof(struct udf_##record)), \
	  .host_at = offsetof(struct host, member), .host_bytes = sizeof(struct udf_##record), \
	  .sub = &udf_layout_##record, __VA_ARGS__ }
#define TAG(host) RECORD(host, tag, "DescriptorTag", 0, tag)

#define DISC_BYTES_tag 16
#define DISC_BYTES_charspec 64
#define DISC_BYTES_timestamp 12
#define DISC_BYTES_regid 32
#define DISC_BYTES_extent_ad 8
#define DISC_BYTES_lb_addr 6
#define DISC_BYTES_short_ad 8
#define DISC_BYTES_long_ad 16
#define DISC_BYTES_icbtag 20
#define DISC_BYTES_partition_header 128

/* Rules. */
#define ZERO .rule = UDF_RULE_ZERO
#define RANGE(from, to) .rule = UDF_RULE_RANGE, .low = (from), .high = (to)
#define ONLY(value) RANGE(value, value)
#define MASK(bits) .rule = UDF_RULE_MASK, .high = (bits)
#define IS(name) .rule = UDF_RULE_##name
#define SINCE(revision) .since = (revision)

#define LAYOUT(id, title, tag, size, host_struct, table) \
	const struct udf_layout udf_layout_##id = { \
		.name = (title), .tag_id = (tag), .n_bytes = (size), \
		.host_bytes = sizeof(struct host_struct), \
		.n_rows = sizeof(table) / sizeof((table)[0]), .rows = (table), \
	}

#endif
