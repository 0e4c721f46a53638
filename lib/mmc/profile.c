/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "mmc/profile.h"

static const struct mmc_profile profiles[] = {
	{ MMC_PROFILE_NONE, "no medium", MMC_FAMILY_NONE, false, false, 0, 0 },
	{ 0x0001, "non-removable disk", MMC_FAMILY_OTHER, false, false, 0, 0 },
	{ 0x0002, "removable disk", MMC_FAMILY_OTHER, true, false, 1, 0 },
	{ 0x0003, "magneto-optical disk", MMC_FAMILY_OTHER, true, false, 1, 0 },
	{ 0x0004, "write-once magneto-optical disk", MMC_FAMILY_OTHER, false, true, 1, 0 },
	{ 0x0005, "AS-MO", MMC_FAMILY_OTHER, true, false, 1, 0 },
	{ MMC_CD_ROM, "CD-ROM", MMC_FAMILY_CD, false, false, 0, 0 },
	{ MMC_CD_R, "CD-R", MMC_FAMILY_CD, false, true, 1, 359847 },
	{ MMC_CD_RW, "CD-RW", MMC_FAMILY_CD, true, false, 32, 359847 },
	{ MMC_DVD_ROM, "DVD-ROM", MMC_FAMILY_DVD, false, false, 0, 0 },
	{ MMC_DVD_R, "DVD-R", MMC_FAMILY_DVD, false, true, 16, 2298496 },
	{ MMC_DVD_RAM, "DVD-RAM", MMC_FAMILY_DVD, true, false, 16, 2295072 },
	{ MMC_DVD_RW_OVERWRITE, "DVD-RW (restricted overwrite)", MMC_FAMILY_DVD, true, false, 16, 2297888 },
	{ MMC_DVD_RW_SEQUENTIAL, "DVD-RW (sequential)", MMC_FAMILY_DVD, true, false, 16, 2297888 },
	{ MMC_DVD_R_DL, "DVD-R DL", MMC_FAMILY_DVD, false, true, 16, 4171712 },
	{ MMC_DVD_R_DL_JUMP, "DVD-R DL (layer jump)", MMC_FAMILY_DVD, false, true, 16, 4171712 },
	{ MMC_DVD_RW_DL, "DVD-RW DL", MMC_FAMILY_DVD, true, false, 16, 0 },
	{ 0x0018, "DVD-Download", MMC_FAMILY_DVD, false, true, 16, 0 },
	{ MMC_DVD_PLUS_RW, "DVD+RW", MMC_FAMILY_DVD, true, false, 16, 2295104 },
	{ MMC_DVD_PLUS_R, "DVD+R", MMC_FAMILY_DVD, false, true, 16, 2295104 },
	{ 0x0020, "DDCD-ROM", MMC_FAMILY_OTHER, false, false, 0, 0 },
	{ 0x0021, "DDCD-R", MMC_FAMILY_OTHER, false, true, 0, 0 },
	{ 0x0022, "DDCD-RW", MMC_FAMILY_OTHER, true, false, 0, 0 },
	{ MMC_DVD_PLUS_RW_DL, "DVD+RW DL", MMC_FAMILY_DVD, true, false, 16, 4173824 },
	{ MMC_DVD_PLUS_R_DL, "DVD+R DL", MMC_FAMILY_DVD, false, true, 16, 4173824 },
	{ MMC_BD_ROM, "BD-ROM", MMC_FAMILY_BD, false, false, 0, 0 },
	{ MMC_BD_R, "BD-R", MMC_FAMILY_BD, false, true, 32, 12219392 },
	{ MMC_BD_R_RANDOM, "BD-R (random recording)", MMC_FAMILY_BD, false, true, 32, 12219392 },
	{ MMC_BD_RE, "BD-RE", MMC_FAMILY_BD, true, false, 32, 12219392 },
	{ 0x0050, "HD DVD-ROM", MMC_FAMILY_OTHER, false, false, 0, 0 },
	{ 0x0051, "HD DVD-R", MMC_FAMILY_OTHER, false, true, 0, 0 },
	{ 0x0052, "HD DVD-RAM", MMC_FAMILY_OTHER, true, false, 0, 0 },
	{ 0x0053, "HD DVD-RW", MMC_FAMILY_OTHER, true, false, 0, 0 },
};

const struct mmc_profile *mmc_profile_find(uint16_t number)
{
	static const struct mmc_profile unknown = { 0xFFFF, "unknown medium", MMC_FAMILY_OTHER, false, false, 0, 0 };

	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (profiles[i].number == number)
			return &profiles[i];
	return &unknown;
}

bool mmc_profile_is_sequential(const struct mmc_profile *profile)
{
	switch (profile->number) {
	case MMC_CD_R:
	case MMC_CD_RW:
	case MMC_DVD_R:
	case MMC_DVD_R_DL:
	case MMC_DVD_RW_SEQUENTIAL:
	case MMC_DVD_PLUS_R:
	case MMC_DVD_PLUS_R_DL:
	case MMC_BD_R:
		return true;
	default:
		return false;
	}
}
