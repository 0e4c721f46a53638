/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reply to INQUIRY: who made the drive (SPC-4 6.4). */
#ifndef UDF_MMC_INQUIRY_H
#define UDF_MMC_INQUIRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

struct mmc_inquiry {
	bool is_optical;		/* device type 5 */
	char vendor[9], product[17], revision[5];	/* without padding; what is not printable is '?' */
};

/** Returns UDF_E_CORRUPT if the reply is too short to say what the device is. */
enum udf_err mmc_inquiry_parse(const uint8_t *reply, size_t n_bytes, struct mmc_inquiry *ret_inquiry);

/** Copy a field of blank-padded ASCII as a string.  RET_TEXT has N_BYTES + 1 bytes. */
void mmc_text_copy(const uint8_t *field, size_t n_bytes, char *ret_text);

#endif
