/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bytes.h"
#include "base/iso9660.h"

#define LABEL_AT 40u
#define N_BLOCKS_AT 80u		/* the little-endian half of a number that is recorded twice */
#define BLOCK_BYTES_AT 128u
#define ROOT_BLOCK_AT 158u

static void label_decode(const uint8_t *field, char ret_label[ISO_LABEL_BYTES])
{
	size_t n = ISO_LABEL_BYTES - 1;

	while (n && (field[n - 1] == ' ' || field[n - 1] == '\0'))
		n--;
	memset(ret_label, 0, ISO_LABEL_BYTES);
	memcpy(ret_label, field, n);
}

enum iso_descriptor iso_descriptor_decode(const uint8_t *sector, struct iso_volume *ret_volume)
{
	struct iso_volume volume = { .block_bytes = get_le16(sector + BLOCK_BYTES_AT),
				     .n_blocks = get_le32(sector + N_BLOCKS_AT),
				     .root_block = get_le32(sector + ROOT_BLOCK_AT) };

	if (memcmp(sector + 1, "CD001", 5) != 0)
		return ISO_NO_DESCRIPTOR;
	if (sector[0] == 255)
		return ISO_TERMINATOR;
	if (sector[0] != 1)
		return ISO_OTHER;
	if (sector[6] != 1 ||
	    (volume.block_bytes != 512 && volume.block_bytes != 1024 && volume.block_bytes != ISO_SECTOR_BYTES))
		return ISO_NO_DESCRIPTOR;
	label_decode(sector + LABEL_AT, volume.label);
	*ret_volume = volume;
	return ISO_PRIMARY;
}
