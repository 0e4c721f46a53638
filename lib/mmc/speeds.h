/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reply to GET PERFORMANCE type 3: at which speeds this medium can be written (MMC-6 6.7).  kB/s of 1000 bytes. */
#ifndef UDF_MMC_SPEEDS_H
#define UDF_MMC_SPEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define MMC_MAX_SPEEDS 32u
#define MMC_SPEEDS_HEADER_BYTES 8u
#define MMC_SPEED_BYTES 16u

struct mmc_speeds {
	uint32_t n_speeds;		/* without duplicates, the highest first */
	struct mmc_speed {
		uint32_t end_lba;	/* 0 if the drive names none; not a size, since some are off by one */
		uint32_t read_kbs, write_kbs;
	} speeds[MMC_MAX_SPEEDS];
};

/** How many descriptors a reply announces, from its first four bytes; at most MMC_MAX_SPEEDS. */
uint16_t mmc_speeds_count(const uint8_t reply[4]);

enum udf_err mmc_speeds_parse(const uint8_t *reply, size_t n_bytes, struct mmc_speeds *ret_speeds);

#endif
