/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles: the kinds of media that a drive tells apart, and what is always true of them (MMC-6 table 95). */
#ifndef UDF_MMC_PROFILE_H
#define UDF_MMC_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

enum mmc_profile_number {
	MMC_PROFILE_NONE = 0x0000,
	MMC_CD_ROM = 0x0008,
	MMC_CD_R = 0x0009,
	MMC_CD_RW = 0x000A,
	MMC_DVD_ROM = 0x0010,
	MMC_DVD_R = 0x0011,
	MMC_DVD_RAM = 0x0012,
	MMC_DVD_RW_OVERWRITE = 0x0013,	/* restricted overwrite */
	MMC_DVD_RW_SEQUENTIAL = 0x0014,
	MMC_DVD_R_DL = 0x0015,
	MMC_DVD_R_DL_JUMP = 0x0016,
	MMC_DVD_RW_DL = 0x0017,
	MMC_DVD_PLUS_RW = 0x001A,
	MMC_DVD_PLUS_R = 0x001B,
	MMC_DVD_PLUS_RW_DL = 0x002A,
	MMC_DVD_PLUS_R_DL = 0x002B,
	MMC_BD_ROM = 0x0040,
	MMC_BD_R = 0x0041,		/* sequential recording */
	MMC_BD_R_RANDOM = 0x0042,
	MMC_BD_RE = 0x0043,
};

enum mmc_family { MMC_FAMILY_NONE, MMC_FAMILY_CD, MMC_FAMILY_DVD, MMC_FAMILY_BD, MMC_FAMILY_OTHER };

struct mmc_profile {
	uint16_t number;
	const char *name;		/* "DVD-RAM"; never NULL */
	enum mmc_family family;
	bool is_rewritable;
	bool is_write_once;		/* neither: a stamped disc, or unknown */
	uint32_t write_unit_blocks;	/* blocks of a packet or of an ECC block; 0 if it is never written */
	uint32_t nominal_blocks;	/* capacity of the common 12 cm disc, or 0 */
};

/** Never NULL; a number that is not known has the name "unknown medium" and no properties. */
const struct mmc_profile *mmc_profile_find(uint16_t number);

/** Are discs of this kind written in order, in tracks and sessions?  (A CD-RW that is formatted is not.) */
bool mmc_profile_is_sequential(const struct mmc_profile *profile);

#endif
