/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extended attributes that UDF defines, their checksum, and times kept in attributes (UDF 3.3.4). */
#ifndef UDF_ECMA_EA_H
#define UDF_ECMA_EA_H

#include "ecma/codec.h"
#include "ecma/layout.h"

/* An attribute with a UDF-defined identifier. */
struct udf_ea_kind {
	const char *id;			/* "*UDF FreeEASpace" */
	uint32_t type;			/* UDF_EA_IMPL_USE or UDF_EA_APP_USE */
	uint16_t since, until;		/* revisions that know it; until 0: all later ones */
	uint16_t fixed_bytes;		/* of the use area, checksum included; more may follow */
	const struct udf_layout *layout;	/* of these bytes */
};

/**
 * The kind that UDF defines for an attribute with the identifier ID and USE_BYTES bytes of use area
 * (Finder information of files and directories differ in that only); NULL if there is none.
 */
const struct udf_ea_kind *udf_ea_kind_of(const struct udf_regid *id, uint32_t use_bytes);

/** Sum of the 48 bytes before the use area, as the area of UDF-defined attributes begins with it. */
uint16_t udf_ea_checksum(const uint8_t *ea);

/**
 * The use area of the implementation or application use attribute at P (EA its header, as
 * udf_ea_next() gave them).  UDF_E_CORRUPT if it is not inside the attribute, or if a UDF-defined
 * attribute is too short or has a wrong checksum.  *RET_KIND is NULL for others'.
 */
enum udf_err udf_ea_use_get(const struct udf_ea *ea, const uint8_t *p, struct udf_ea_use *ret_use,
			    const uint8_t **ret_area, const struct udf_ea_kind **ret_kind);

/** Bytes of an attribute with USE_BYTES of use area. */
static inline uint32_t udf_ea_use_total_bytes(uint32_t use_bytes)
{
	return (UDF_EA_USE_FIXED_BYTES + use_bytes + 3) & ~UINT32_C(3);
}

/**
 * Make a UDF-defined attribute at RET: header, identifier, the USE_BYTES (2 at least) at AREA with
 * the checksum put into the first two, zero padding.  RET: udf_ea_use_total_bytes() bytes.
 */
void udf_ea_make(const char *id, uint16_t revision, const uint8_t *area, uint32_t use_bytes,
		 uint8_t *ret);

/**
 * The timestamp of the BIT-th time (0: creation) in the first File Times attribute of a space (the
 * EAHD first).  UDF_E_NOT_FOUND if there is none, UDF_E_CORRUPT if the space can't be walked.
 */
enum udf_err udf_ea_file_time_get(const uint8_t *space, size_t n_bytes, unsigned bit,
				  struct udf_timestamp *ret_time);

#endif
