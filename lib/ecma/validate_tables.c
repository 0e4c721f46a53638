/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of partition maps and sparing tables. */
#include "ecma/codec.h"
#include "ecma/internal.h"
#include "ecma/layout.h"

#define METADATA_MIN_UNIT_BLOCKS 32	/* UDF 2.50 2.2.10 */

static enum udf_err check_sparable(const struct udf_partition_map *map, uint16_t revision,
				   struct udf_place place, struct udf_sink *sink)
{
	struct udf_sparable_map tail;
	enum udf_err err = UDF_OK;

	udf_sparable_map_decode(map->specific, &tail);
	if (tail.packet_blocks == 0 || tail.n_tables == 0 || tail.n_tables > UDF_MAX_SPARING_TABLES)
		err = UDF_E_CORRUPT;	/* the table reports it */
	if (!sink)
		return err;
	udf_layout_check(&udf_layout_sparable_map, &tail, revision, place, sink);
	if (revision <= 0x0200 && tail.packet_blocks != 32 && tail.packet_blocks != 16)
		udf_tell(sink, place, UDF_P_FIELD, "PacketLength", tail.packet_blocks, 32);
	if (tail.n_tables == 1)
		udf_tell(sink, place, UDF_P_FIELD_ODD, "NumberOfSparingTables", 1, 2);
	if (tail.table_bytes < UDF_SPARING_FIXED_BYTES || tail.table_bytes % 8 != 0)
		udf_tell(sink, place, UDF_P_FIELD, "SizeOfEachSparingTable", tail.table_bytes,
			 UDF_SPARING_FIXED_BYTES);
	for (unsigned i = tail.n_tables; i > 0 && i < UDF_MAX_SPARING_TABLES; i++)
		if (tail.table_lsn[i] != 0)
			udf_tell(sink, place, UDF_P_RESERVED, "LocationsOfSparingTables",
				 tail.table_lsn[i], 0);
	return err;
}

static enum udf_err check_metadata(const struct udf_partition_map *map, uint16_t revision,
				   struct udf_place place, struct udf_sink *sink)
{
	struct udf_metadata_map tail;
	enum udf_err err = UDF_OK;

	udf_metadata_map_decode(map->specific, &tail);
	if (tail.allocation_unit_blocks == 0 || tail.alignment_unit_blocks == 0)
		err = UDF_E_CORRUPT;	/* the table reports it */
	if (!sink)
		return err;
	udf_layout_check(&udf_layout_metadata_map, &tail, revision, place, sink);
	if (tail.allocation_unit_blocks % METADATA_MIN_UNIT_BLOCKS != 0)
		udf_tell(sink, place, UDF_P_FIELD, "AllocationUnitSize", tail.allocation_unit_blocks,
			 METADATA_MIN_UNIT_BLOCKS);
	if (tail.main_lbn == tail.mirror_lbn)
		udf_tell(sink, place, UDF_P_FIELD, "MetadataMirrorFileLocation", tail.mirror_lbn,
			 tail.main_lbn);
	if (revision < 0x0250)
		udf_tell(sink, place, UDF_P_REVISION, "PartitionTypeIdentifier", revision, 0x0250);
	return err;
}

enum udf_err udf_partition_map_validate(const struct udf_partition_map *map, uint16_t revision,
					struct udf_place place, struct udf_sink *sink)
{
	enum udf_map_kind kind = udf_partition_map_kind(map);

	if (sink)
		udf_layout_check(kind == UDF_MAP_PHYSICAL ? &udf_layout_partition_map1 :
							    &udf_layout_partition_map2,
				 map, revision, place, sink);
	switch (kind) {
	case UDF_MAP_SPARABLE:
		return check_sparable(map, revision, place, sink);
	case UDF_MAP_METADATA:
		return check_metadata(map, revision, place, sink);
	case UDF_MAP_VIRTUAL:
		for (size_t i = 0; sink && i < sizeof(map->specific); i++)
			if (map->specific[i] != 0) {
				udf_tell(sink, place, UDF_P_RESERVED, "TypeSpecific",
					 map->specific[i], 0);
				break;
			}
		return UDF_OK;
	case UDF_MAP_PHYSICAL:
		return UDF_OK;
	case UDF_MAP_UNKNOWN:
		break;
	}
	return UDF_E_CORRUPT;
}

/* One used entry: packets whole and in the partition, ascending. */
static void check_used_entry(const struct udf_sparing_entry *entry, const struct udf_sparing_entry *before,
			     uint16_t packet_blocks, uint32_t partition_blocks, struct udf_place place,
			     struct udf_sink *sink)
{
	if (entry->original_lbn % packet_blocks != 0 || entry->original_lbn >= partition_blocks)
		udf_tell(sink, place, UDF_P_SPARING_ENTRY, "OriginalLocation", entry->original_lbn,
			 partition_blocks);
	else if (before && entry->original_lbn <= before->original_lbn)
		udf_tell(sink, place, UDF_P_SPARING_ENTRY, "OriginalLocation", entry->original_lbn,
			 before->original_lbn);
}

static void check_entries(const uint8_t *p, uint32_t n_entries, uint16_t packet_blocks, uint32_t partition_blocks,
			  struct udf_place place, struct udf_sink *sink)
{
	struct udf_sparing_entry entry, before = { 0, 0 };
	bool is_odd = false;

	for (uint32_t i = 0; i < n_entries; i++, before = entry) {
		udf_sparing_entry_decode(p + (size_t)i * UDF_SPARING_ENTRY_BYTES, &entry);
		if (entry.mapped_lsn % packet_blocks != 0 && !is_odd)	/* the others follow it */
			udf_tell(sink, place, UDF_P_FIELD_ODD, "MappedLocation", entry.mapped_lsn,
				 entry.mapped_lsn - entry.mapped_lsn % packet_blocks);
		is_odd |= entry.mapped_lsn % packet_blocks != 0;
		if (entry.original_lbn < UDF_SPARING_DEFECTIVE)
			check_used_entry(&entry, i ? &before : NULL, packet_blocks, partition_blocks, place, sink);
		else if (entry.original_lbn != UDF_SPARING_DEFECTIVE &&
			 entry.original_lbn != UDF_SPARING_AVAILABLE)
			udf_tell(sink, place, UDF_P_SPARING_ENTRY, "OriginalLocation", entry.original_lbn,
				 UDF_SPARING_AVAILABLE);
		else if (i && entry.original_lbn < before.original_lbn)
			udf_tell(sink, place, UDF_P_SPARING_ENTRY, "OriginalLocation", entry.original_lbn,
				 before.original_lbn);
	}
}

enum udf_err udf_sparing_table_verify(const uint8_t *buf, size_t n_bytes, uint16_t packet_blocks,
				      uint32_t partition_blocks, struct udf_place place,
				      struct udf_sink *sink, struct udf_sparing_table *ret_table)
{
	struct udf_sparing_table table;
	uint64_t want_bytes;
	enum udf_err err;

	if (n_bytes < UDF_SPARING_FIXED_BYTES || packet_blocks == 0)
		return UDF_E_CORRUPT;
	err = udf_tag_verify(buf, n_bytes, UDF_TAG_SPARING, place, sink, NULL);
	if (err)
		return err;
	udf_sparing_table_decode(buf, &table);
	if (!udf_regid_is(&table.id, UDF_ID_SPARING_TABLE)) {
		udf_tell(sink, place, UDF_P_ENTITY_ID, "SparingIdentifier", table.id.id[0], '*');
		return UDF_E_CORRUPT;
	}
	want_bytes = UDF_SPARING_FIXED_BYTES + (uint64_t)table.n_entries * UDF_SPARING_ENTRY_BYTES;
	if (want_bytes > n_bytes) {
		udf_tell(sink, place, UDF_P_FIELD, "ReallocationTableLength", want_bytes, n_bytes);
		return UDF_E_CORRUPT;
	}
	if (sink) {
		udf_layout_check(&udf_layout_sparing_table, &table, 0, place, sink);
		if (table.n_entries == 0)
			udf_tell(sink, place, UDF_P_FIELD_ODD, "ReallocationTableLength", 0, 1);
	}
	if (sink)
		check_entries(buf + UDF_SPARING_FIXED_BYTES, table.n_entries, packet_blocks, partition_blocks, place,
			      sink);
	*ret_table = table;
	return UDF_OK;
}
