/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules over several fields of one volume descriptor, in addition to the simple ones of its field table. */
#include <string.h>

#include "ecma/codec.h"
#include "ecma/internal.h"
#include "ecma/layout.h"

#define BLOCK_MIN_BYTES 512
#define BLOCK_MAX_BYTES 32768
#define PVD_FLAG_COMMON_SET_ID 1

/* UDF 2.2.2.5: the first eight characters are hex digits of the time of formatting. */
static bool begins_with_hex_digits(const uint8_t *dstring)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	size_t unit_bytes = dstring[0] == 16 ? 2 : 1;

	for (size_t i = 0; i < 8; i++) {
		const uint8_t *unit = dstring + 1 + i * unit_bytes;
		uint8_t c = unit[unit_bytes - 1];

		if (c == 0 || (unit_bytes == 2 && unit[0] != 0) || !strchr(digits, c))
			return false;
	}
	return true;
}

enum udf_err udf_pvd_validate(const struct udf_pvd *pvd, struct udf_place place, struct udf_sink *sink)
{
	uint16_t number = pvd->volume_sequence_number, max = pvd->max_volume_sequence_number;

	if (!sink)	/* reading depends on nothing in it */
		return UDF_OK;
	udf_layout_check(&udf_layout_pvd, pvd, 0, place, sink);
	if (max != 0 && number > max)
		udf_tell(sink, place, UDF_P_FIELD, "VolumeSequenceNumber", number, max);
	if (pvd->interchange_level > pvd->max_interchange_level)
		udf_tell(sink, place, UDF_P_FIELD, "InterchangeLevel", pvd->interchange_level,
			 pvd->max_interchange_level);
	if (max != 1 && !(pvd->flags & PVD_FLAG_COMMON_SET_ID))
		udf_tell(sink, place, UDF_P_FIELD, "Flags", pvd->flags, PVD_FLAG_COMMON_SET_ID);
	if (max > 1) {
		udf_tell(sink, place, UDF_P_FIELD_ODD, "MaximumVolumeSequenceNumber", max, 1);
		if (pvd->interchange_level != 3)
			udf_tell(sink, place, UDF_P_FIELD, "InterchangeLevel",
				 pvd->interchange_level, 3);
	}
	if (!begins_with_hex_digits(pvd->volume_set_id))
		udf_tell(sink, place, UDF_P_FIELD_ODD, "VolumeSetIdentifier",
			 pvd->volume_set_id[1], '0');
	return UDF_OK;
}

enum udf_err udf_iuvd_validate(const struct udf_iuvd *iuvd, struct udf_place place,
			       struct udf_sink *sink)
{
	if (!sink || !udf_regid_is(&iuvd->impl, UDF_ID_LV_INFO))	/* others are private */
		return UDF_OK;
	udf_layout_check(&udf_layout_iuvd, iuvd, 0, place, sink);
	return UDF_OK;
}

enum udf_err udf_pd_validate(const struct udf_pd *pd, uint16_t revision, struct udf_place place,
			     struct udf_sink *sink)
{
	const char *contents = revision < 0x0200 ? "+NSR02" : "+NSR03";

	if (pd->n_blocks == 0) {
		udf_tell(sink, place, UDF_P_FIELD, "PartitionLength", 0, 1);
		return UDF_E_CORRUPT;
	}
	if (!sink)
		return UDF_OK;
	udf_layout_check(&udf_layout_pd, pd, revision, place, sink);
	if (!udf_regid_is(&pd->contents, contents) || !udf_regid_is_padded(&pd->contents))
		udf_tell(sink, place, UDF_P_ENTITY_ID, "PartitionContents", pd->contents.id[5],
			 (uint8_t)contents[5]);
	if (pd->access_type == UDF_ACCESS_PSEUDO_OVERWRITABLE && revision < 0x0260)
		udf_tell(sink, place, UDF_P_REVISION, "AccessType", pd->access_type,
			 UDF_ACCESS_OVERWRITABLE);
	return UDF_OK;
}

enum udf_err udf_lvd_validate(const struct udf_lvd *lvd, struct udf_place place, struct udf_sink *sink)
{
	uint64_t table_min = (uint64_t)lvd->n_maps * udf_layout_partition_map1.n_bytes;
	uint64_t table_max = (uint64_t)lvd->n_maps * udf_layout_partition_map2.n_bytes;
	enum udf_err err = UDF_OK;

	if (lvd->block_bytes < BLOCK_MIN_BYTES || lvd->block_bytes > BLOCK_MAX_BYTES ||
	    (lvd->block_bytes & (lvd->block_bytes - 1)) != 0) {
		udf_tell(sink, place, UDF_P_LVD_BLOCK_SIZE, "LogicalBlockSize", lvd->block_bytes,
			 2048);
		err = UDF_E_CORRUPT;
	}
	if (lvd->map_table_bytes < table_min || lvd->map_table_bytes > table_max) {
		udf_tell(sink, place, UDF_P_MAP_TABLE, "MapTableLength", lvd->map_table_bytes,
			 lvd->map_table_bytes < table_min ? table_min : table_max);
		err = UDF_E_CORRUPT;
	}
	if (!udf_regid_is(&lvd->domain, UDF_ID_DOMAIN))
		err = UDF_E_CORRUPT;	/* the table reports it */
	if (!sink)
		return err;
	udf_layout_check(&udf_layout_lvd, lvd, 0, place, sink);
	return err;
}

enum udf_err udf_lvid_validate(const struct udf_lvid *lvid, uint32_t block_bytes, struct udf_place place,
			       struct udf_sink *sink)
{
	uint64_t n_bytes = UDF_LVID_FIXED_BYTES + (uint64_t)lvid->n_partitions * 8 +
			   lvid->impl_use_bytes;
	enum udf_err err = UDF_OK;

	if (n_bytes > block_bytes) {
		udf_tell(sink, place, UDF_P_LVID_PARTITIONS, "LengthOfImplementationUse", n_bytes,
			 block_bytes);
		err = UDF_E_CORRUPT;
	}
	if (sink)
		udf_layout_check(&udf_layout_lvid, lvid, 0, place, sink);
	return err;
}

enum udf_err udf_fsd_validate(const struct udf_fsd *fsd, struct udf_place place, struct udf_sink *sink)
{
	enum udf_err err = UDF_OK;

	if (UDF_EXTENT_BYTES(fsd->root_icb.length) == 0) {
		udf_tell(sink, place, UDF_P_FIELD, "RootDirectoryICB", 0, 1);
		err = UDF_E_CORRUPT;
	}
	if (sink)
		udf_layout_check(&udf_layout_fsd, fsd, udf_regid_revision(&fsd->domain), place,
				 sink);
	return err;
}
