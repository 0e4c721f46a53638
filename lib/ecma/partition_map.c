/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partition maps (ECMA-167 3/10.7, UDF 2.2.8 to 2.2.10). */
#include <string.h>

#include "ecma/codec.h"
#include "ecma/layout.h"

enum udf_err udf_partition_map_decode(const uint8_t *p, size_t avail, struct udf_partition_map *ret_map)
{
	const struct udf_layout *layout;

	if (avail < 2 || p[1] > avail)
		return UDF_E_CORRUPT;
	if (p[0] == 1 && p[1] == udf_layout_partition_map1.n_bytes)
		layout = &udf_layout_partition_map1;
	else if (p[0] == 2 && p[1] == udf_layout_partition_map2.n_bytes)
		layout = &udf_layout_partition_map2;
	else
		return UDF_E_CORRUPT;
	memset(ret_map, 0, sizeof(*ret_map));
	udf_layout_decode(layout, p, ret_map);
	return UDF_OK;
}

void udf_partition_map_encode(const struct udf_partition_map *map, uint8_t *ret)
{
	udf_layout_encode(map->type == 1 ? &udf_layout_partition_map1 : &udf_layout_partition_map2,
			  map, ret);
}

enum udf_map_kind udf_partition_map_kind(const struct udf_partition_map *map)
{
	if (map->type == 1)
		return UDF_MAP_PHYSICAL;
	if (map->type != 2)
		return UDF_MAP_UNKNOWN;
	if (udf_regid_is(&map->type_id, UDF_ID_VIRTUAL))
		return UDF_MAP_VIRTUAL;
	if (udf_regid_is(&map->type_id, UDF_ID_SPARABLE))
		return UDF_MAP_SPARABLE;
	if (udf_regid_is(&map->type_id, UDF_ID_METADATA))
		return UDF_MAP_METADATA;
	return UDF_MAP_UNKNOWN;
}

const char *udf_map_kind_name(enum udf_map_kind kind)
{
	switch (kind) {
	case UDF_MAP_PHYSICAL:
		return "type 1";
	case UDF_MAP_VIRTUAL:
		return "virtual (VAT)";
	case UDF_MAP_SPARABLE:
		return "sparable";
	case UDF_MAP_METADATA:
		return "metadata";
	case UDF_MAP_UNKNOWN:
		break;
	}
	return "unknown";
}
