/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The replies to READ CAPACITY (MMC-6 6.20) and READ FORMAT CAPACITIES (6.24).  Sizes are in blocks. */
#ifndef UDF_MMC_CAPACITIES_H
#define UDF_MMC_CAPACITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

/** How many blocks READ CAPACITY reports.  A last block 0 means none: drives answer so for blank media. */
enum udf_err mmc_capacity_parse(const uint8_t *reply, size_t n_bytes, uint32_t *ret_n_blocks,
				uint32_t *ret_block_bytes);

/* Format types (MMC-6 table 474) */
enum mmc_format_type {
	MMC_FORMAT_FULL = 0x00,		/* DVD-RAM, DVD-RW, BD */
	MMC_FORMAT_SPARE = 0x01,	/* DVD-RAM: more spare blocks */
	MMC_FORMAT_PACKETS = 0x10,	/* CD-RW: fixed packets; DVD-RW: full */
	MMC_FORMAT_GROW = 0x13,		/* DVD-RW */
	MMC_FORMAT_QUICK = 0x15,	/* DVD-RW */
	MMC_FORMAT_MRW = 0x24,
	MMC_FORMAT_DVD_PLUS_RW = 0x26,
	MMC_FORMAT_SPARES = 0x30,	/* BD-RE with spare areas */
	MMC_FORMAT_NO_SPARES = 0x31,	/* BD-RE without */
	MMC_FORMAT_BD_R = 0x32,
};

struct mmc_format {
	uint8_t type;			/* an enum mmc_format_type, or one that is not known */
	uint32_t n_blocks;
	uint32_t parameter;		/* 24 bits that depend on the type */
};

enum mmc_capacity_type {
	MMC_CAPACITY_UNFORMATTED = 1,	/* n_blocks is what the medium could hold */
	MMC_CAPACITY_FORMATTED = 2,	/* n_blocks is the size now; also said of some sequential media */
	MMC_CAPACITY_UNKNOWN = 3,	/* no medium, or DVD-RW in its intermediate state */
};

#define MMC_MAX_FORMATS 30u		/* what the length of one byte has room for */

struct mmc_format_capacities {
	enum mmc_capacity_type type;
	uint32_t n_blocks, block_bytes;
	uint32_t n_formats;
	struct mmc_format formats[MMC_MAX_FORMATS];
};

/** Returns UDF_E_CORRUPT if there is no current capacity in it. */
enum udf_err mmc_format_capacities_parse(const uint8_t *reply, size_t n_bytes,
					 struct mmc_format_capacities *ret_capacities);

/** The first format of TYPE, or NULL. */
const struct mmc_format *mmc_format_find(const struct mmc_format_capacities *capacities, enum mmc_format_type type);

#endif
