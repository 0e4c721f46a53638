/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The integrity descriptor as lib/fs uses it.  While it is open, its next unique id is ahead of those given out. */
#include <stdio.h>

#include "ecma/codec.h"
#include "fs/batch.h"
#include "fs/state.h"

#define ID_RESERVE 4096		/* how many unique ids an open LVID is ahead */

static uint64_t id_after(uint64_t id)
{
	id++;
	return (id & 0xFFFFFFFFu) < 16 ? (id & ~0xFFFFFFFFull) + 16 : id;	/* UDF 3.2.1.1 */
}

uint64_t fs_new_id(struct udf_fs *fs)
{
	uint64_t id = fs->integrity.next_unique_id;

	fs->integrity.next_unique_id = id_after(id);
	return id;
}

enum udf_err fs_write_lvid(struct udf_fs *fs, uint32_t type)
{
	struct udf_vol *vol = fs->vol;
	uint64_t next = fs->integrity.next_unique_id;
	char what[64];
	enum udf_err err;

	if (type == UDF_LVID_OPEN) {
		next += ID_RESERVE;
		if ((next & 0xFFFFFFFFu) < 16 || next >> 32 != fs->integrity.next_unique_id >> 32)
			next = (next & ~0xFFFFFFFFull) + ID_RESERVE + 16;
	}
	vol->lvid.next_unique_id = next;
	err = udf_vol_write_lvid(vol, type);
	if (err) {
		snprintf(what, sizeof(what), "integrity descriptor at sector %lu", (unsigned long)vol->lvid_lsn);
		return fs_fail(fs, err, what, FS_NOWHERE);
	}
	fs->integrity.id_limit = next;
	return UDF_OK;
}
