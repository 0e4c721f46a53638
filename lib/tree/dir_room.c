/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree/dir_room.h"

#include <string.h>

#include "base/cs0.h"
#include "ecma/codec.h"

uint64_t tree_dir_bytes_with(uint64_t n_bytes, uint32_t block_bytes, const char *name)
{
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES];
	size_t cs0_bytes = sizeof(cs0);
	uint32_t fid_bytes, room = block_bytes - (uint32_t)(n_bytes % block_bytes);

	if (udf_cs0_from_utf8(name, strlen(name), cs0, sizeof(cs0), &cs0_bytes))
		cs0_bytes = sizeof(cs0);
	fid_bytes = udf_fid_n_bytes((uint32_t)cs0_bytes, 0);
	/* A gap that is too short for it is added to the FID before, which can take 0 or at least 32 bytes. */
	if (fid_bytes > room || (room - fid_bytes > 0 && room - fid_bytes < 40))
		n_bytes += room;
	return n_bytes + fid_bytes;
}
