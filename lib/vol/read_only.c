// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a volume can be written: its access type, space sets, protection and revisions decide. */
#include "vol/internal.h"

/* A reason in the descriptors of the volume.  FILLED: a reason that holds for a new volume too. */
static const char *why_structure_is_read_only(const struct udf_vol *vol, bool filled)
{
	const struct udf_part *part = &vol->parts[0];
	const struct udf_partition_header *header = &part->header;
	bool has_freed = UDF_EXTENT_BYTES(header->freed_table.length) ||
			 UDF_EXTENT_BYTES(header->freed_bitmap.length);

	if (vol->n_parts != 1 || (part->kind != UDF_MAP_PHYSICAL && part->kind != UDF_MAP_SPARABLE))
		return "the volume has more than one plain partition";
	if (vol->sparing && vol->sparing->why_read_only)
		return vol->sparing->why_read_only;
	if (part->access_type == UDF_ACCESS_WRITE_ONCE)
		return "the partition is write-once";
	if (part->access_type != UDF_ACCESS_REWRITABLE && part->access_type != UDF_ACCESS_OVERWRITABLE)
		return "the partition is read-only";
	if ((uint64_t)part->start_lsn + part->n_blocks > vol->n_sectors)
		return "the partition reaches beyond the end of the device";
	if (has_freed && !filled)
		return "the partition has freed space that would have to be erased first";
	if (UDF_EXTENT_BYTES(header->unallocated_table.length) &&
	    UDF_EXTENT_BYTES(header->unallocated_bitmap.length))
		return "the partition has a space table and a space bitmap";
	if (!has_freed && !UDF_EXTENT_BYTES(header->unallocated_table.length) &&
	    !UDF_EXTENT_BYTES(header->unallocated_bitmap.length))
		return "the partition has neither space table nor space bitmap";
	if (vol->root_strategy == UDF_STRATEGY_4096 && !filled)
		return "its files are of ICB strategy 4096";
	return NULL;
}

static const char *why_read_only(const struct udf_vol *vol, bool filled)
{
	uint8_t protect = vol->lvd.domain.suffix[2] | vol->fsd.domain.suffix[2];
	const char *why;

	if (vol->bio->geometry.access == BIO_READ_ONLY)
		return "the device is open for reading only";
	if (vol->bio->geometry.access == BIO_SEQUENTIAL)
		return "the medium can only be appended to";
	if (vol->is_unrecovered)
		return "the journal of its packets can't be read now; mount it again";
	if (protect & UDF_DOMAIN_HARD_PROTECT)
		return "the volume is write-protected (hard)";
	if (protect & UDF_DOMAIN_SOFT_PROTECT)
		return "the volume is write-protected (soft); 'udflabel --read-only=off' lifts that";
	why = why_structure_is_read_only(vol, filled);
	if (why)
		return why;
	if (vol->lvid_lsn == 0)
		return "no integrity descriptor can be read";
	if (vol->lvid.n_partitions != vol->n_parts || vol->lvid.impl_use_bytes < UDF_LVID_IMPL_BYTES)
		return "the integrity descriptor does not fit the volume";
	if (vol->revision > UDF_REVISION_WRITE || vol->lvid_impl.min_write_revision > UDF_REVISION_WRITE)
		return "its UDF revision is above 2.01";
	if (vol->fsd.tag.id == 0)
		return "no file set descriptor can be read";
	return NULL;
}

const char *udf_vol_why_read_only(const struct udf_vol *vol)
{
	return why_read_only(vol, false);
}

const char *udf_vol_why_not_filled(const struct udf_vol *vol)
{
	return why_read_only(vol, true);
}
