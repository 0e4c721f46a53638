/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of an ISO 9660 directory (ECMA-119 9.1), with their Rock Ridge names.  No length in them is believed. */
#ifndef UDF_ISO_RECORDS_H
#define UDF_ISO_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define ISO_RECORD_NAME_BYTES 256u	/* with the zero at its end */

struct iso_record {
	uint32_t block, n_bytes;
	bool is_dir;
	bool is_self_or_parent;
	bool has_more;			/* another record of the same name continues the file */
	char name[ISO_RECORD_NAME_BYTES];	/* Rock Ridge's; "": none */
};

struct iso_reader {
	/* Copy N_BYTES from byte AT of the volume to RET_DATA. */
	enum udf_err (*read)(void *ctx, uint64_t at, size_t n_bytes, uint8_t *ret_data);
	void *ctx;
};

/** The first record of the root directory, from the primary volume descriptor at SECTOR, of 2048 bytes. */
void iso_root_record(const uint8_t *sector, struct iso_record *ret_record);

/**
 * The record at or after byte *AT of the directory DIR.  *AT becomes the place after it.
 * Returns UDF_END after the last one, UDF_E_CORRUPT for what is no record, and the errors of READER.
 */
enum udf_err iso_record_next(const struct iso_reader *reader, const struct iso_record *dir, uint64_t *at,
			     struct iso_record *ret_record);

#endif
