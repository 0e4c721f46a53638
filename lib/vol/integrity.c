/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the volume records about itself as a whole: whether it was closed in order, counts, and the next unique id.
 * On media that can be overwritten the Logical Volume Integrity Descriptor has all of this.  Callers do not know that.
 */
#include <stdio.h>
#include <string.h>

#include "vol/internal.h"

#define LOWEST_ID 16u		/* UDF 3.2.1.1: the low 32 bits are never 1 to 15; 0 is the root directory's */

static uint64_t valid_id(uint64_t id)
{
	return (id & 0xFFFFFFFFu) < LOWEST_ID ? (id & ~0xFFFFFFFFull) + LOWEST_ID : id;
}

bool udf_vol_is_marked_open(const struct udf_vol *vol)
{
	return vol->lvid_lsn != 0 && vol->lvid.type != UDF_LVID_CLOSED;
}

bool udf_vol_is_ours(const struct udf_vol *vol)
{
	return vol_lvid_is_ours(vol);
}

void udf_vol_integrity(const struct udf_vol *vol, uint16_t part_ref, struct udf_integrity *ret)
{
	ret->next_unique_id = valid_id(vol->lvid.next_unique_id);
	ret->n_files = vol->lvid_impl.n_files;
	ret->n_directories = vol->lvid_impl.n_directories;
	ret->n_free_blocks = vol->free_blocks[part_ref];
}

enum udf_err udf_vol_mark_open(struct udf_vol *vol, uint64_t next_unique_id, uint32_t n_ids, uint64_t *ret_end_id)
{
	uint64_t end_id = next_unique_id + n_ids;
	enum udf_err err;

	/* the low half has wrapped around, and its first values are not given out */
	if ((end_id & 0xFFFFFFFFu) < LOWEST_ID || end_id >> 32 != next_unique_id >> 32)
		end_id = (end_id & ~0xFFFFFFFFull) + n_ids + LOWEST_ID;
	vol->lvid.next_unique_id = end_id;
	err = vol_write_lvid(vol, UDF_LVID_OPEN);
	if (!err) {
		*ret_end_id = end_id;
		vol_mend_sparing(vol);
	}
	return err;
}

enum udf_err udf_vol_mark_closed(struct udf_vol *vol, uint16_t part_ref, const struct udf_integrity *integrity)
{
	vol->lvid.next_unique_id = integrity->next_unique_id;
	vol->lvid_impl.n_files = (uint32_t)integrity->n_files;
	vol->lvid_impl.n_directories = (uint32_t)integrity->n_directories;
	vol->free_blocks[part_ref] = (uint32_t)integrity->n_free_blocks;
	return vol_write_lvid(vol, UDF_LVID_CLOSED);
}

void udf_vol_raise_next_id(struct udf_vol *vol, uint64_t next_unique_id)
{
	if (next_unique_id > vol->lvid.next_unique_id)
		vol->lvid.next_unique_id = next_unique_id;
}

bool udf_vol_is_in_packets(const struct udf_vol *vol)
{
	return vol->bio->geometry.write_unit_blocks > vol->bio_per_block || vol->sparing;
}

enum udf_err udf_vol_renew_integrity(struct udf_vol *vol)
{
	const struct udf_extent_ad *place = &vol->lvd.integrity;
	uint16_t ref;

	if (vol->lvid_lsn != 0 || !vol->lvid_block || !udf_vol_is_in_packets(vol) ||
	    place->n_bytes < vol->block_bytes || place->lsn >= vol->n_sectors ||
	    (uint64_t)place->lsn * vol->block_bytes < SYSTEM_AREA_BYTES)
		return UDF_E_READ_ONLY;
	for (ref = 0; ref < vol->n_parts; ref++) {
		const struct udf_part *part = &vol->parts[ref];

		if (place->lsn >= part->start_lsn && place->lsn - part->start_lsn < part->n_blocks)
			return UDF_E_READ_ONLY;
		vol->free_blocks[ref] = 0;
		vol->size_blocks[ref] = part->n_blocks;
	}
	memset(vol->lvid_block, 0, vol->block_bytes);
	vol->lvid = (struct udf_lvid){ .type = UDF_LVID_OPEN,
				       .next_unique_id = LOWEST_ID,
				       .n_partitions = vol->n_parts,
				       .impl_use_bytes = UDF_LVID_IMPL_BYTES };
	vol->lvid_impl = (struct udf_lvid_impl){ .min_read_revision = vol->revision,
						 .min_write_revision = vol->revision,
						 .max_write_revision = vol->revision };
	vol->lvid_lsn = place->lsn;
	vol->lvid_is_new = true;
	vol_lvid_set_ours(vol);
	return UDF_OK;
}

void udf_vol_integrity_name(const struct udf_vol *vol, char *ret_text, size_t cap)
{
	snprintf(ret_text, cap, "integrity descriptor at sector %lu", (unsigned long)vol->lvid_lsn);
}
