/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mode pages as MODE SENSE(10) returns them and MODE SELECT(10) takes them (MMC-6 clause 7). */
#ifndef UDF_MMC_MODE_PAGE_H
#define UDF_MMC_MODE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define MMC_PAGE_RECOVERY 0x01
#define MMC_PAGE_WRITE_PARAMETERS 0x05
#define MMC_PAGE_CAPABILITIES 0x2A

#define MMC_MODE_HEADER_BYTES 8u
#define MMC_MAX_PAGE_BYTES 257u		/* what the length of one byte has room for */

/**
 * Find a page in the reply to MODE SENSE(10), whether or not there are block descriptors before it.
 *
 * @ret_page  Points into REPLY, at the byte with the page's code.
 * Returns UDF_E_NOT_FOUND if it is not there as a whole.
 */
enum udf_err mmc_mode_page_find(const uint8_t *reply, size_t n_bytes, uint8_t page, const uint8_t **ret_page,
				uint32_t *ret_n_bytes);

/* Page 05h: how a CD or a sequential DVD is written.  Numbers are those of the standard. */
enum mmc_write_type { MMC_WRITE_PACKET, MMC_WRITE_TRACK_AT_ONCE, MMC_WRITE_SESSION_AT_ONCE, MMC_WRITE_RAW };

struct mmc_write_parameters {
	bool is_underrun_free;		/* BUFE */
	bool is_link_size_valid;	/* LS_V */
	bool is_test;
	uint8_t write_type;		/* enum mmc_write_type, or 4 to 15 */
	uint8_t multi_session;		/* 0 none, 1 none but B0 pointer, 3 next session allowed */
	bool is_fixed_packet;
	uint8_t track_mode;		/* 4 data, 5 and 7 data in packets */
	uint8_t data_block_type;	/* 8 mode 1, 10 mode 2 form 1 */
	uint8_t link_size;
	uint8_t session_format;		/* 00h, 10h, 20h (XA) */
	uint32_t packet_blocks;
};

#define MMC_WRITE_PAGE_MIN_BYTES 16u

/** PAGE as mmc_mode_page_find() finds it.  Returns UDF_E_CORRUPT if it is too short. */
enum udf_err mmc_write_parameters_parse(const uint8_t *page, uint32_t n_bytes,
					struct mmc_write_parameters *ret_parameters);

/** Put the parameters into a page that the drive returned; its other fields stay, apart from the PS bit. */
void mmc_write_parameters_encode(const struct mmc_write_parameters *parameters, uint8_t *page, uint32_t n_bytes);

/* Page 2Ah, the parts that still mean something */
struct mmc_capabilities {
	bool reads_dvd_ram, reads_cd_rw, reads_fixed_packets;
	bool writes_dvd_ram, writes_cd_rw, writes_cd_r, writes_dvd_r;
	bool is_locked;
	uint16_t buffer_kib;
	uint16_t max_write_kbs, write_kbs;	/* 0 if not there */
};

enum udf_err mmc_capabilities_parse(const uint8_t *page, uint32_t n_bytes, struct mmc_capabilities *ret_capabilities);

#endif
