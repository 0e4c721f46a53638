/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies to READ DISC STRUCTURE, as far as they are needed (MMC-6 6.23). */
#ifndef UDF_MMC_STRUCTURE_H
#define UDF_MMC_STRUCTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define MMC_STRUCTURE_BD_DISC_INFORMATION 0x00
#define MMC_STRUCTURE_DVD_FORMAT 0x00
#define MMC_STRUCTURE_MEDIUM_STATUS 0x09
#define MMC_STRUCTURE_SPARE 0x0A
#define MMC_STRUCTURE_DVD_LEAD_IN 0x0E
#define MMC_STRUCTURE_ADIP 0x11
#define MMC_STRUCTURE_WRITE_PROTECTION 0xC0

/** Structure C0h, of DVD-RAM and BD. */
struct mmc_write_protection {
	bool is_by_software;		/* SWPP: until the drive is switched off */
	bool is_persistent;		/* PWP: until somebody lifts it */
	bool is_by_cartridge;		/* CWP: the tab */
	bool is_by_medium;		/* MSWI: the medium's own mark, for good */
};
enum udf_err mmc_write_protection_parse(const uint8_t *reply, size_t n_bytes,
					struct mmc_write_protection *ret_protection);

#define MMC_PROTECTION_BYTES 8u
/** What SEND DISC STRUCTURE takes to set or lift the persistent protection. */
void mmc_write_protection_encode(bool is_persistent, uint8_t ret_bytes[MMC_PROTECTION_BYTES]);

/** Structure 09h of DVD-RAM.  It has the bits of C0h in another order. */
struct mmc_medium_status {
	bool has_cartridge, was_taken_out;
	bool is_write_protected;	/* by its tab, or persistently */
};
enum udf_err mmc_medium_status_parse(const uint8_t *reply, size_t n_bytes, struct mmc_medium_status *ret_status);

/** Structure 0Ah: spare blocks of DVD-RAM, or spare clusters of a BD.  ALL is 0 where the drive does not say. */
struct mmc_spare {
	uint32_t n_primary_left;	/* DVD-RAM alone */
	uint32_t n_left, n_all;		/* supplementary area of DVD-RAM; all of BD */
};
enum udf_err mmc_spare_parse(bool is_bd, const uint8_t *reply, size_t n_bytes, struct mmc_spare *ret_spare);

/** Structure 00h of a DVD: what its lead-in says, or what was moulded into a recordable one. */
struct mmc_dvd_format {
	uint8_t book, version;		/* 0 -ROM, 1 -RAM, 2 -R, 3 -RW, 9 +RW, Ah +R, Eh +R DL; drives may lie */
	bool is_8cm;
	uint8_t n_layers;
	uint32_t n_blocks;		/* of the data area as a whole; 0 if the addresses make no sense */
};
enum udf_err mmc_dvd_format_parse(const uint8_t *reply, size_t n_bytes, struct mmc_dvd_format *ret_format);

#define MMC_MEDIUM_ID_BYTES 24u
/** Maker and type of the medium ("RICOHJPN/W11"), from structure FORMAT of a DVD or BD.  Empty if there is none. */
void mmc_medium_id_parse(bool is_bd, uint8_t format, const uint8_t *reply, size_t n_bytes,
			 char ret_id[MMC_MEDIUM_ID_BYTES]);

#endif
