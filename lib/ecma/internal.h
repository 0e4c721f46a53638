/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared between the files of this folder. */
#ifndef UDF_ECMA_INTERNAL_H
#define UDF_ECMA_INTERNAL_H

#include <udfkit/problem.h>

#include "ecma/layout.h"
#include "ecma/types.h"

/** The checksum that the tag at P should have: the sum of its bytes but this one (3/7.2.3). */
uint8_t udf_tag_checksum(const uint8_t *p);

/** CRC length and CRC of a descriptor of which N_BYTES can be read; reported to SINK if not good. */
bool udf_tag_crc_is_good(const uint8_t *buf, size_t n_bytes, const struct udf_tag *tag,
			 struct udf_place place, struct udf_sink *sink);

/** The number that a row's host member holds (NUMBER, SIGNED and HEX rows). */
uint64_t udf_row_number(const struct udf_row *row, const void *host);

/** udf_report() with a field's name. */
static inline void udf_tell(struct udf_sink *sink, struct udf_place place, enum udf_problem problem,
			    const char *field, uint64_t found, uint64_t expected)
{
	place.field = field;
	udf_report(sink, problem, place, found, expected);
}

#endif
