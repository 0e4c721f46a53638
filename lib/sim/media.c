/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of discs that there are, with the capacities that real drives report. */
#include "config.h"

#include <string.h>

#include "sim/family.h"

#define DVD_BUFFER_BYTES 0x188000u

#define BD_BUFFER_BYTES 0x180000u
#define CD_BUFFER_BYTES 0x131800u

static const struct sim_kind kinds[] = {
	/* two blocks less than the last possible start of the lead-out */
	{ .medium = { "cd-rw", "CD-RW, 80 minutes, high speed" }, .family = &sim_cdrw, .max_blocks = 359847,
	  .default_blocks = 295264, .unit_blocks = 32, .kbytes_per_s = 1764, .buffer_bytes = CD_BUFFER_BYTES,
	  .is_cd = true },
	{ .medium = { "cd-rw-74", "CD-RW, 74 minutes, high speed" }, .family = &sim_cdrw, .max_blocks = 336073,
	  .default_blocks = 275744, .unit_blocks = 32, .kbytes_per_s = 1764, .buffer_bytes = CD_BUFFER_BYTES,
	  .is_cd = true },
	{ .medium = { "cd-r", "CD-R, 80 minutes" }, .family = &sim_cdr, .max_blocks = 359847,
	  .default_blocks = 359847, .unit_blocks = 32, .kbytes_per_s = 7056, .buffer_bytes = CD_BUFFER_BYTES,
	  .is_cd = true },
	{ .medium = { "cd-r-8cm", "CD-R of 8 cm, 21 minutes" }, .family = &sim_cdr, .max_blocks = 94348,
	  .default_blocks = 94348, .unit_blocks = 32, .kbytes_per_s = 4234, .buffer_bytes = CD_BUFFER_BYTES,
	  .is_cd = true },
	{ .medium = { "dvd-ram", "DVD-RAM, 4.7 GB" }, .family = &sim_dvdram, .max_blocks = 2295072,
	  .default_blocks = 2236704, .n_primary_spare_blocks = 12800, .unit_blocks = 16, .kbytes_per_s = 4155,
	  .buffer_bytes = DVD_BUFFER_BYTES, .has_cartridge = true, .version = 6 },
	{ .medium = { "dvd-ram-2.6", "DVD-RAM of the first generation, 2.6 GB, in its cartridge" },
	  .family = &sim_dvdram, .max_blocks = 1218960, .default_blocks = 1218960, .n_primary_spare_blocks = 12800,
	  .unit_blocks = 16, .kbytes_per_s = 1385, .buffer_bytes = DVD_BUFFER_BYTES, .has_cartridge = true,
	  .version = 1 },
	{ .medium = { "dvd-ram-8cm", "DVD-RAM of 8 cm, 1.46 GB" }, .family = &sim_dvdram, .max_blocks = 714480,
	  .default_blocks = 697696, .n_primary_spare_blocks = 5120, .unit_blocks = 16, .kbytes_per_s = 2770,
	  .buffer_bytes = DVD_BUFFER_BYTES, .has_cartridge = true, .version = 6 },
	{ .medium = { "dvd-rw", "DVD-RW, 4.7 GB" }, .family = &sim_dvdrw, .max_blocks = 2297888,
	  .default_blocks = 2297888, .unit_blocks = 16, .kbytes_per_s = 2770, .buffer_bytes = DVD_BUFFER_BYTES },
	{ .medium = { "dvd-r", "DVD-R, 4.7 GB" }, .family = &sim_dvdr, .max_blocks = 2298496,
	  .default_blocks = 2298496, .unit_blocks = 16, .kbytes_per_s = 22160, .buffer_bytes = DVD_BUFFER_BYTES,
	  .profile = 0x0011 },
	{ .medium = { "dvd-r-dl", "DVD-R of two layers, 8.5 GB" }, .family = &sim_dvdr, .max_blocks = 4171712,
	  .default_blocks = 4171712, .unit_blocks = 16, .kbytes_per_s = 11080, .buffer_bytes = DVD_BUFFER_BYTES,
	  .profile = 0x0015 },
	{ .medium = { "dvd+rw", "DVD+RW, 4.7 GB" }, .family = &sim_dvdplusrw, .max_blocks = 2295104,
	  .default_blocks = 2295104, .unit_blocks = 16, .kbytes_per_s = 3324, .buffer_bytes = DVD_BUFFER_BYTES },
	{ .medium = { "dvd+r", "DVD+R, 4.7 GB" }, .family = &sim_dvdplusr, .max_blocks = 2295104,
	  .default_blocks = 2295104, .unit_blocks = 16, .kbytes_per_s = 22160, .buffer_bytes = DVD_BUFFER_BYTES,
	  .profile = 0x001B },
	{ .medium = { "dvd+r-dl", "DVD+R of two layers, 8.5 GB" }, .family = &sim_dvdplusr_dl,
	  .max_blocks = 4173824, .default_blocks = 4173824, .unit_blocks = 16, .kbytes_per_s = 11080,
	  .buffer_bytes = DVD_BUFFER_BYTES, .profile = 0x002B },
	{ .medium = { "bd-r", "BD-R, 25 GB" }, .family = &sim_bdr, .max_blocks = 12219392,
	  .default_blocks = 12219392, .unit_blocks = 32, .kbytes_per_s = 35960, .buffer_bytes = BD_BUFFER_BYTES },
	{ .medium = { "bd-r-dl", "BD-R of two layers, 50 GB" }, .family = &sim_bdr, .max_blocks = 24438784,
	  .default_blocks = 24438784, .unit_blocks = 32, .kbytes_per_s = 26970, .buffer_bytes = BD_BUFFER_BYTES },
	{ .medium = { "bd-re", "BD-RE, 25 GB" }, .family = &sim_bdre, .max_blocks = 12219392,
	  .default_blocks = 11826176, .unit_blocks = 32, .kbytes_per_s = 8990, .buffer_bytes = BD_BUFFER_BYTES },
};
#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

const struct sim_kind *sim_find_kind(const char *name)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (strcmp(kinds[i].medium.name, name) == 0)
			return &kinds[i];
	return NULL;
}

const struct sim_medium *sim_medium_at(size_t index)
{
	return index < N_KINDS ? &kinds[index].medium : NULL;
}
