/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reply to READ TRACK INFORMATION (MMC-6 6.27).  Sizes are in blocks of 2048 bytes. */
#ifndef UDF_MMC_TRACK_INFORMATION_H
#define UDF_MMC_TRACK_INFORMATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

/*
 * A drive that has lost the lead-in of a DVD reports addresses such as FFFD0000h.  From this one up a number is none.
 */
#define MMC_LBA_LIMIT 0xFFF00000u

struct mmc_track {
	uint16_t number, session;
	uint8_t mode;			/* the CONTROL nibble: 4 and up are data */
	uint8_t data_mode;		/* 1, 2, or Fh for unknown */
	bool is_damaged;		/* writing was cut off */
	bool is_reserved, is_blank, is_packet, is_fixed_packet;
	bool is_lost;			/* start or size are no numbers; both are 0 then */
	uint32_t start_lba, n_blocks;
	uint32_t n_free_blocks;
	uint32_t packet_blocks;		/* of fixed packets; 16 and 32 on DVD and BD always */
	bool has_next_writable;
	uint32_t next_writable_lba;
	bool has_last_recorded;
	uint32_t last_recorded_lba;
};

/** Takes replies of 28 bytes and more, as MMC-1 has them.  Returns UDF_E_CORRUPT if shorter. */
enum udf_err mmc_track_parse(const uint8_t *reply, size_t n_bytes, struct mmc_track *ret_track);

#endif
