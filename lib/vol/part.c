// SPDX-License-Identifier: GPL-2.0-or-later
/* Partition maps and their partitions (ECMA-167 3/10.7, UDF 2.2.8 to 2.2.10). */
#include <stdlib.h>
#include <string.h>

#include "vol/internal.h"

/* Decode the map table after the fixed part of the LVD.  Returns UDF_E_CORRUPT if it can't be walked. */
static enum udf_err decode_maps(struct udf_vol *vol, const struct vol_desc *lvd, struct udf_sink *sink)
{
	const uint8_t *table = lvd->bytes + UDF_LVD_FIXED_BYTES;
	size_t n_table_bytes = lvd->n_bytes - UDF_LVD_FIXED_BYTES;
	size_t at = 0;
	uint32_t i;
	enum udf_err err;

	vol->n_parts = 0;
	for (i = 0; i < vol->lvd.n_maps && i < UDF_MAX_MAPS; i++) {
		err = udf_partition_map_decode(table + at, n_table_bytes - at, &vol->maps[i]);
		if (err)
			break;
		at += vol->maps[i].n_bytes;
		vol->n_parts++;
	}
	if (vol->n_parts == 0 || vol->n_parts != vol->lvd.n_maps || at != n_table_bytes) {
		udf_report(sink, UDF_P_MAP_TABLE, vol_place(lvd->lsn, "LVD partition maps"), vol->lvd.n_maps,
			   vol->n_parts);
		/* Bytes after the last map do no harm. */
		if (vol->n_parts == 0 || vol->n_parts != vol->lvd.n_maps)
			return UDF_E_CORRUPT;
	}
	return UDF_OK;
}

static enum udf_err fill_part(struct udf_vol *vol, unsigned ref, const struct vol_sequence *sequence,
			      struct udf_sink *sink)
{
	struct udf_part *part = &vol->parts[ref];
	const struct udf_partition_map *map = &vol->maps[ref];
	const struct vol_desc *desc;
	struct udf_pd pd;

	part->kind = udf_partition_map_kind(map);
	part->number = map->partition_number;
	if (part->kind == UDF_MAP_UNKNOWN)
		return UDF_OK;
	desc = vol_sequence_find_pd(sequence, part->number);
	if (!desc) {
		udf_report(sink, UDF_P_PART_MISSING, vol_place(0, "PD"), part->number, 0);
		udf_log(vol->env, UDF_LOG_ERROR, "partition %u has no descriptor", part->number);
		return UDF_E_CORRUPT;
	}
	udf_pd_decode(desc->bytes, &pd);
	part->start_lsn = pd.start_lsn;
	part->n_blocks = pd.n_blocks;
	part->access_type = pd.access_type;
	part->header = pd.header;
	/* A block's sector must fit 32 bits.  Otherwise tag locations could not name it. */
	if ((uint64_t)pd.start_lsn + pd.n_blocks > (uint64_t)UINT32_MAX + 1) {
		udf_report(sink, UDF_P_PART_OUTSIDE, vol_place(desc->lsn, "PD"),
			   (uint64_t)pd.start_lsn + pd.n_blocks, vol->n_sectors);
		return UDF_E_CORRUPT;
	}
	return UDF_OK;
}

enum udf_err vol_read_maps(struct udf_vol *vol, const struct vol_desc *lvd,
			   const struct vol_sequence *sequence, struct udf_sink *sink)
{
	enum udf_err err = decode_maps(vol, lvd, sink);
	unsigned ref, i;

	for (ref = 0; ref < vol->n_parts; ref++) {
		enum udf_err part_err = fill_part(vol, ref, sequence, sink);

		if (!err)
			err = part_err;
		if (vol->parts[ref].kind == UDF_MAP_PHYSICAL || vol->parts[ref].kind == UDF_MAP_SPARABLE)
			continue;
		udf_report(sink, UDF_P_MAP_UNSUPPORTED, vol_place(lvd->lsn, "LVD partition maps"),
			   vol->parts[ref].kind, UDF_MAP_PHYSICAL);
		udf_log(vol->env, UDF_LOG_ERROR, "partition map %u is %s, which this version can't read", ref,
			udf_map_kind_name(vol->parts[ref].kind));
		if (!err)
			err = UDF_E_UNSUPPORTED;
	}
	for (i = 0; i < vol->n_parts && err != UDF_E_CORRUPT; i++) {
		const struct udf_part *part = &vol->parts[i];

		if (part->kind == UDF_MAP_PHYSICAL || part->kind == UDF_MAP_SPARABLE)
			vol_add_structure(vol, UDF_STRUCTURE_PARTITION, part->start_lsn, part->n_blocks,
					  part->n_blocks);
	}
	return err;
}
