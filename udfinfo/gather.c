/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects what udfinfo reports from an open volume. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "ecma/codec.h"
#include "info.h"

#define FREE_UNKNOWN 0xFFFFFFFFu	/* in the free space table */
#define SPARING_MAX_BYTES (4u << 20)	/* NetBSD records 2 MiB */
#define BOOT_MARK_AT 510
#define BOOT_MARK 0xAA55

/* Windows' volume serial number: four interleaved sums of the file set descriptor's bytes. */
static enum udf_err gather_serial(struct udf_vol *vol, struct info *info)
{
	uint8_t *block, sums[4] = { 0 };
	unsigned i;
	enum udf_err err;

	if (vol->fsd.tag.id == 0)
		return UDF_OK;
	block = malloc(vol->block_bytes);
	if (!block)
		return UDF_E_NOMEM;
	err = udf_vol_read(vol, vol->fsd_at.part_ref, vol->fsd_at.lbn, 1, block);
	if (!err) {
		for (i = 0; i < UDF_DESCRIPTOR_BYTES; i++)
			sums[i % 4] = (uint8_t)(sums[i % 4] + block[i]);
		info->win_serial = get_le32(sums);
	}
	free(block);
	return err;
}

static void add_extent(struct info *info, uint64_t start, uint64_t n_blocks, const char *type)
{
	unsigned at = info->n_extents;

	if (at == INFO_MAX_EXTENTS || n_blocks == 0)
		return;
	for (; at > 0 && info->extents[at - 1].start > start; at--)
		info->extents[at] = info->extents[at - 1];
	info->extents[at] = (struct info_extent){ start, n_blocks, type };
	info->n_extents++;
}

/* Each integrity descriptor has a line of its own. */
static enum udf_err add_integrity(struct udf_vol *vol, const struct udf_vol_extent *extent,
				  struct info *info)
{
	uint8_t *block = malloc(vol->block_bytes);
	uint64_t lsn;

	if (!block)
		return UDF_E_NOMEM;
	for (lsn = extent->lsn; lsn < extent->lsn + extent->n_used_blocks; lsn++) {
		struct udf_place place = { UDF_PART_VOLUME, (uint32_t)lsn, NULL };

		if (!udf_vol_read_lsn(vol, lsn, 1, block) &&
		    !udf_tag_verify(block, vol->block_bytes, UDF_TAG_LVID, place, NULL, NULL))
			add_extent(info, lsn, 1, "LVID");
	}
	free(block);
	return UDF_OK;
}

/* Spare packets of the table at LSN, neighbours as one extent; false if it does not verify. */
static bool add_spare_packets(struct udf_vol *vol, const struct udf_sparable_map *map, uint32_t lsn,
			      uint8_t *table, uint32_t n_table_blocks, struct info *info)
{
	struct udf_place place = { UDF_PART_VOLUME, lsn, NULL };
	size_t n_bytes = (size_t)n_table_blocks * vol->block_bytes;
	struct udf_sparing_table header;
	uint64_t start = 0, n_blocks = 0;
	unsigned i;

	if (udf_vol_read_lsn(vol, lsn, n_table_blocks, table) ||
	    udf_tag_verify(table, n_bytes, UDF_TAG_SPARING, place, NULL, NULL))
		return false;
	udf_sparing_table_decode(table, &header);
	if (!udf_regid_is(&header.id, UDF_ID_SPARING_TABLE) ||
	    UDF_SPARING_FIXED_BYTES + (size_t)header.n_entries * 8 > n_bytes)
		return false;
	for (i = 0; i < header.n_entries; i++) {
		uint32_t mapped = get_le32(table + UDF_SPARING_FIXED_BYTES + (size_t)i * 8 + 4);

		if (n_blocks && mapped == start + n_blocks) {
			n_blocks += map->packet_blocks;
			continue;
		}
		add_extent(info, start, n_blocks, "SSPACE");
		start = mapped;
		n_blocks = map->packet_blocks;
	}
	add_extent(info, start, n_blocks, "SSPACE");
	return true;
}

static enum udf_err add_sparing(struct udf_vol *vol, const struct udf_partition_map *part_map,
				struct info *info)
{
	struct udf_sparable_map map;
	uint32_t n_blocks;
	uint8_t *table;
	bool found = false;
	unsigned i;

	udf_sparable_map_decode(part_map->specific, &map);
	if (map.table_bytes == 0 || map.table_bytes > SPARING_MAX_BYTES)
		return UDF_OK;
	n_blocks = (uint32_t)udf_ceil_div(map.table_bytes, vol->block_bytes);
	table = malloc((size_t)n_blocks * vol->block_bytes);
	if (!table)
		return UDF_E_NOMEM;
	for (i = 0; i < map.n_tables && i < UDF_MAX_SPARING_TABLES; i++) {
		add_extent(info, map.table_lsn[i], n_blocks, "STABLE");
		if (!found)
			found = add_spare_packets(vol, &map, map.table_lsn[i], table, n_blocks, info);
	}
	free(table);
	return UDF_OK;
}

static void add_behind(struct info *info)
{
	uint64_t last_end = 0;
	unsigned i;

	for (i = 0; i < info->n_extents; i++)
		last_end = udf_max64(last_end, info->extents[i].start + info->extents[i].n_blocks);
	if (info->n_blocks > last_end)
		info->n_behind_blocks = info->n_blocks - last_end;
}

/* A master boot record, or another boot sector, by its mark. */
static enum udf_err add_boot_record(struct udf_vol *vol, struct info *info)
{
	uint8_t *block = malloc(vol->block_bytes);

	if (!block)
		return UDF_E_NOMEM;
	if (!udf_vol_read_lsn(vol, 0, 1, block) && get_le16(block + BOOT_MARK_AT) == BOOT_MARK)
		add_extent(info, 0, 1, "MBR");
	free(block);
	return UDF_OK;
}

static enum udf_err gather_extents(struct udf_vol *vol, struct info *info)
{
	const struct udf_avdp *anchor = &vol->anchor;
	unsigned i, j;
	enum udf_err err = add_boot_record(vol, info);

	for (i = 0; i < vol->n_structures && !err; i++) {
		if (vol->structures[i].what == UDF_STRUCTURE_VRS)
			add_extent(info, vol->structures[i].lsn, vol->structures[i].n_blocks, "VRS");
		if (vol->structures[i].what == UDF_STRUCTURE_LVID)
			err = add_integrity(vol, &vol->structures[i], info);
	}
	for (i = 0; i < vol->n_anchors; i++)
		add_extent(info, vol->anchor_lsn[i], 1, "ANCHOR");
	add_extent(info, anchor->main_vds.lsn, anchor->main_vds.n_bytes / vol->block_bytes, "MVDS");
	if (anchor->reserve_vds.lsn != anchor->main_vds.lsn)
		add_extent(info, anchor->reserve_vds.lsn, anchor->reserve_vds.n_bytes / vol->block_bytes, "RVDS");
	for (i = 0; i < vol->n_parts && !err; i++) {
		if (vol->parts[i].kind == UDF_MAP_SPARABLE)
			err = add_sparing(vol, &vol->maps[i], info);
		for (j = 0; j < i && vol->parts[j].number != vol->parts[i].number; j++)
			;
		if (j == i)
			add_extent(info, vol->parts[i].start_lsn, vol->parts[i].n_blocks, "PSPACE");
	}
	add_behind(info);
	return err;
}

/* Free space as the integrity descriptor has it, else as the space sets have it. */
static enum udf_err gather_space(struct udf_vol *vol, struct info *info)
{
	uint64_t n_total = 0;
	unsigned i;

	for (i = 0; i < vol->n_parts; i++) {
		uint64_t n_free = 0;

		if (vol->parts[i].kind != UDF_MAP_PHYSICAL && vol->parts[i].kind != UDF_MAP_SPARABLE)
			continue;
		if (vol->lvid_lsn && i < vol->lvid.n_partitions && vol->free_blocks[i] != FREE_UNKNOWN) {
			n_free = vol->free_blocks[i];
		} else {
			enum udf_err err = info_count_free(vol, i, &n_free);

			if (err == UDF_E_NOMEM)
				return err;
		}
		n_total += vol->parts[i].n_blocks;
		info->n_free_blocks += n_free;
	}
	info->n_used_blocks = n_total - udf_min64(info->n_free_blocks, n_total);
	/* An impossible count means that everything is in use. */
	if (info->n_free_blocks > n_total)
		info->n_used_blocks = n_total;
	return UDF_OK;
}

static void gather_state(const struct udf_vol *vol, struct info *info)
{
	static const char *const access_types[] = { "pseudo-overwritable", "readonly", "writeonce",
						    "rewritable", "overwritable" };

	info->read_revision = vol->revision;
	info->write_revision = vol->revision;
	info->integrity = "unknown";
	if (vol->lvid_lsn) {
		if (vol->lvid.type == UDF_LVID_OPEN)
			info->integrity = "opened";
		else if (vol->lvid.type == UDF_LVID_CLOSED)
			info->integrity = "closed";
		/* UDF 1.01 has no such fields yet */
		if (vol->lvid.impl_use_bytes >= UDF_LVID_IMPL_BYTES && vol->revision >= 0x0102) {
			info->read_revision = vol->lvid_impl.min_read_revision;
			info->write_revision = vol->lvid_impl.min_write_revision;
		}
		info->n_files = vol->lvid_impl.n_files;
		info->n_directories = vol->lvid_impl.n_directories;
	}
	info->access_type = "unknown";
	if (vol->n_parts && vol->parts[0].access_type <= UDF_ACCESS_OVERWRITABLE)
		info->access_type = access_types[vol->parts[0].access_type];
}

static void gather_sparing(const struct udf_vol *vol, struct info *info)
{
	const struct udf_sparing *sparing = vol->sparing;
	unsigned i;

	if (!sparing)
		return;
	info->is_sparable = true;
	info->packet_blocks = sparing->packet_blocks;
	info->n_sparing_tables = sparing->n_tables;
	for (i = 0; i < sparing->n_tables; i++)
		info->n_readable_sparing_tables += sparing->table_verifies[i];
	info->sparing_sequence_number = sparing->sequence_number;
	info->spares = udf_vol_count_spares(sparing);
}

enum udf_err info_gather(struct udf_vol *vol, const struct udf_vol_options *options,
			 const char *filename, struct info *ret_info)
{
	enum udf_err err;

	memset(ret_info, 0, sizeof(*ret_info));
	ret_info->filename = filename;
	ret_info->block_bytes = vol->block_bytes;
	ret_info->n_blocks = vol->bio->geometry.n_blocks / vol->bio_per_block;
	ret_info->start_block = options->session_lsn;
	ret_info->last_block = vol->n_sectors - 1;
	ret_info->last_block_is_odd = vol->n_sectors < ret_info->n_blocks;
	udf_labels_read(vol, &ret_info->labels);
	gather_state(vol, ret_info);
	gather_sparing(vol, ret_info);
	err = gather_extents(vol, ret_info);
	if (!err)
		err = gather_space(vol, ret_info);
	return err ? err : gather_serial(vol, ret_info);
}
