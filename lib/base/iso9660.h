/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The primary volume descriptor of ISO 9660 (ECMA-119 8.4): the label and the size of a volume. */
#ifndef UDF_BASE_ISO9660_H
#define UDF_BASE_ISO9660_H

#include <stdbool.h>
#include <stdint.h>

#define ISO_SECTOR_BYTES 2048u
#define ISO_FIRST_DESCRIPTOR 16u	/* sector of a session where its descriptors begin */
#define ISO_LABEL_BYTES 33u

struct iso_volume {
	char label[ISO_LABEL_BYTES];	/* as recorded, without the spaces at its end: not always UTF-8 */
	uint32_t block_bytes;		/* 512, 1024 or 2048 */
	uint32_t n_blocks;		/* as recorded; there may be fewer */
	uint32_t root_block;		/* of the root directory, counted from the beginning of the disc */
};

enum iso_descriptor {
	ISO_NO_DESCRIPTOR,		/* no volume descriptor: the sequence has ended before it */
	ISO_PRIMARY,
	ISO_OTHER,			/* a boot record, a supplementary descriptor: others follow */
	ISO_TERMINATOR,
};

/**
 * What SECTOR, of ISO_SECTOR_BYTES, is.  RET_VOLUME is set for ISO_PRIMARY only.  A primary descriptor whose block size
 * or whose version is none counts as ISO_NO_DESCRIPTOR.
 */
enum iso_descriptor iso_descriptor_decode(const uint8_t *sector, struct iso_volume *ret_volume);

#endif
