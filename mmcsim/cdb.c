/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command's first byte tells. */
#include "cdb.h"

uint8_t cdb_n_bytes(uint8_t opcode)
{
	static const uint8_t n_bytes_of_group[8] = { 6, 10, 10, 12, 16, 12, 12, 12 };

	return n_bytes_of_group[opcode >> 5];
}

enum mmc_direction cdb_direction(uint8_t opcode)
{
	switch (opcode) {
	case 0x04:	/* FORMAT UNIT */
	case 0x0A:	/* WRITE(6) */
	case 0x15:	/* MODE SELECT(6) */
	case 0x1D:	/* SEND DIAGNOSTIC */
	case 0x2A:	/* WRITE(10) */
	case 0x2E:	/* WRITE AND VERIFY(10) */
	case 0x2F:	/* VERIFY(10): none but with BytChk */
	case 0x3B:	/* WRITE BUFFER */
	case 0x4C:	/* LOG SELECT */
	case 0x54:	/* SEND OPC INFORMATION */
	case 0x55:	/* MODE SELECT(10) */
	case 0x5D:	/* SEND CUE SHEET */
	case 0x8A:	/* WRITE(16) */
	case 0xA3:	/* SEND KEY */
	case 0xAA:	/* WRITE(12) */
	case 0xAF:	/* VERIFY(12) */
	case 0xB6:	/* SET STREAMING */
	case 0xBF:	/* SEND DISC STRUCTURE */
		return MMC_TO_DRIVE;
	default:
		return MMC_FROM_DRIVE;
	}
}
