/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that dump. */
#ifndef UDF_ECMA_DUMP_INTERNAL_H
#define UDF_ECMA_DUMP_INTERNAL_H

#include "ecma/dump.h"

struct udf_dumper {
	udf_emit_fn emit;
	void *ctx;
	unsigned depth;
};

void udf_dump_open(struct udf_dumper *d, const char *name, bool is_list);
void udf_dump_close(struct udf_dumper *d, bool is_list);
void udf_dump_number(struct udf_dumper *d, const char *name, uint64_t number);
void udf_dump_text(struct udf_dumper *d, const char *name, const char *text);
/** Hex digits, without the zero bytes at the end; "..." after the first 512 bytes. */
void udf_dump_bytes(struct udf_dumper *d, const char *name, const uint8_t *bytes, size_t n_bytes);
/** CS0 text, in hex if it is malformed or holds U+0000. */
void udf_dump_name(struct udf_dumper *d, const char *name, const uint8_t *cs0, size_t n_bytes);
/** The fields as recorded, even if no such date exists. */
void udf_dump_timestamp(struct udf_dumper *d, const char *name, const struct udf_timestamp *ts);
/** The rows of a layout, without OPEN and CLOSE around them. */
void udf_dump_rows(struct udf_dumper *d, const struct udf_layout *layout, const void *host);

#endif
