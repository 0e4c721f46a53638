/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field tables of the volume structure (ECMA-167 part 3, UDF 2.2). */
#include "ecma/layout_rows.h"

/* ECMA-167 2/9.1; the 2041 bytes of data after it are not kept. */
static const struct udf_row vsd_rows[] = {
	NUMBER(udf_vsd, type, "StructureType", 0, 1),
	TEXT(udf_vsd, id, "StandardIdentifier", 1, 5),
	NUMBER(udf_vsd, version, "StructureVersion", 6, 1, ONLY(1)),
};
LAYOUT(vsd, "Volume Structure Descriptor", UDF_TAG_NONE, 7, udf_vsd, vsd_rows);

/* ECMA-167 3/10.2. */
static const struct udf_row avdp_rows[] = {
	TAG(udf_avdp),
	RECORD(udf_avdp, main_vds, "MainVolumeDescriptorSequenceExtent", 16, extent_ad, IS(EXTENT)),
	RECORD(udf_avdp, reserve_vds, "ReserveVolumeDescriptorSequenceExtent", 24, extent_ad,
	       IS(EXTENT)),
	RESERVED(udf_avdp, reserved, 32, 480),
};
LAYOUT(avdp, "Anchor Volume Descriptor Pointer", UDF_TAG_AVDP, 512, udf_avdp, avdp_rows);

/* ECMA-167 3/10.3. */
static const struct udf_row vdp_rows[] = {
	TAG(udf_vdp),
	NUMBER(udf_vdp, sequence_number, "VolumeDescriptorSequenceNumber", 16, 4),
	RECORD(udf_vdp, next_vds, "NextVolumeDescriptorSequenceExtent", 20, extent_ad, IS(EXTENT)),
	RESERVED(udf_vdp, reserved, 28, 484),
};
LAYOUT(vdp, "Volume Descriptor Pointer", UDF_TAG_VDP, 512, udf_vdp, vdp_rows);

/* ECMA-167 3/10.1, UDF 2.2.2. */
static const struct udf_row pvd_rows[] = {
	TAG(udf_pvd),
	NUMBER(udf_pvd, sequence_number, "VolumeDescriptorSequenceNumber", 16, 4),
	NUMBER(udf_pvd, pvd_number, "PrimaryVolumeDescriptorNumber", 20, 4, ONLY(0)),
	DSTRING(udf_pvd, volume_id, "VolumeIdentifier", 24, 32, IS(NAME)),
	NUMBER(udf_pvd, volume_sequence_number, "VolumeSequenceNumber", 56, 2, RANGE(1, 0xFFFF)),
	NUMBER(udf_pvd, max_volume_sequence_number, "MaximumVolumeSequenceNumber", 58, 2),
	NUMBER(udf_pvd, interchange_level, "InterchangeLevel", 60, 2, RANGE(2, 3)),
	NUMBER(udf_pvd, max_interchange_level, "MaximumInterchangeLevel", 62, 2, RANGE(2, 3)),
	HEX(udf_pvd, charset_list, "CharacterSetList", 64, 4, ONLY(1)),
	HEX(udf_pvd, max_charset_list, "MaximumCharacterSetList", 68, 4, ONLY(1)),
	DSTRING(udf_pvd, volume_set_id, "VolumeSetIdentifier", 72, 128, IS(NAME)),
	RECORD(udf_pvd, descriptor_charset, "DescriptorCharacterSet", 200, charspec, IS(CS0)),
	RECORD(udf_pvd, explanatory_charset, "ExplanatoryCharacterSet", 264, charspec, IS(CS0)),
	RECORD(udf_pvd, volume_abstract, "VolumeAbstract", 328, extent_ad, IS(EXTENT)),
	RECORD(udf_pvd, copyright_notice, "VolumeCopyrightNotice", 336, extent_ad, IS(EXTENT)),
	RECORD(udf_pvd, application, "ApplicationIdentifier", 344, regid, IS(APP_ID)),
	RECORD(udf_pvd, recording_time, "RecordingDateAndTime", 376, timestamp, IS(TIME)),
	RECORD(udf_pvd, impl, "ImplementationIdentifier", 388, regid, IS(IMPL_ID)),
	BYTES(udf_pvd, impl_use, "ImplementationUse", 420, 64),
	NUMBER(udf_pvd, predecessor_lsn, "PredecessorVolumeDescriptorSequenceLocation", 484, 4),
	HEX(udf_pvd, flags, "Flags", 488, 2, MASK(1)),
	RESERVED(udf_pvd, reserved, 490, 22),
};
LAYOUT(pvd, "Primary Volume Descriptor", UDF_TAG_PVD, 512, udf_pvd, pvd_rows);

/* ECMA-167 3/10.4, UDF 2.2.7. */
static const struct udf_row iuvd_rows[] = {
	TAG(udf_iuvd),
	NUMBER(udf_iuvd, sequence_number, "VolumeDescriptorSequenceNumber", 16, 4),
	RECORD(udf_iuvd, impl, "ImplementationIdentifier", 20, regid, IS(UDF_ID)),
	RECORD(udf_iuvd, lvi_charset, "LVICharset", 52, charspec, IS(CS0)),
	DSTRING(udf_iuvd, logical_volume_id, "LogicalVolumeIdentifier", 116, 128, IS(NAME)),
	DSTRING(udf_iuvd, lv_info1, "LVInfo1", 244, 36, IS(DSTRING)),
	DSTRING(udf_iuvd, lv_info2, "LVInfo2", 280, 36, IS(DSTRING)),
	DSTRING(udf_iuvd, lv_info3, "LVInfo3", 316, 36, IS(DSTRING)),
	RECORD(udf_iuvd, impl_id, "ImplementationID", 352, regid, IS(IMPL_ID)),
	BYTES(udf_iuvd, impl_use, "ImplementationUse", 384, 128),
};
LAYOUT(iuvd, "Implementation Use Volume Descriptor", UDF_TAG_IUVD, 512, udf_iuvd, iuvd_rows);

/* ECMA-167 4/14.3, UDF 2.3.3. */
static const struct udf_row partition_header_rows[] = {
	RECORD(udf_partition_header, unallocated_table, "UnallocatedSpaceTable", 0, short_ad,
	       IS(SHORT_EXTENT)),
	RECORD(udf_partition_header, unallocated_bitmap, "UnallocatedSpaceBitmap", 8, short_ad,
	       IS(SHORT_EXTENT)),
	RECORD(udf_partition_header, integrity_table, "PartitionIntegrityTable", 16, short_ad, ZERO),
	RECORD(udf_partition_header, freed_table, "FreedSpaceTable", 24, short_ad,
	       IS(SHORT_EXTENT)),
	RECORD(udf_partition_header, freed_bitmap, "FreedSpaceBitmap", 32, short_ad,
	       IS(SHORT_EXTENT)),
	RESERVED(udf_partition_header, reserved, 40, 88),
};
LAYOUT(partition_header, "Partition Header Descriptor", UDF_TAG_NONE, 128, udf_partition_header,
       partition_header_rows);

/* ECMA-167 3/10.5, UDF 2.2.14. */
static const struct udf_row pd_rows[] = {
	TAG(udf_pd),
	NUMBER(udf_pd, sequence_number, "VolumeDescriptorSequenceNumber", 16, 4),
	HEX(udf_pd, flags, "PartitionFlags", 20, 2, ONLY(1)),
	NUMBER(udf_pd, number, "PartitionNumber", 22, 2),
	RECORD(udf_pd, contents, "PartitionContents", 24, regid, IS(APP_ID)),
	RECORD(udf_pd, header, "PartitionContentsUse", 56, partition_header),
	NUMBER(udf_pd, access_type, "AccessType", 184, 4, RANGE(0, 4)),
	NUMBER(udf_pd, start_lsn, "PartitionStartingLocation", 188, 4),
	NUMBER(udf_pd, n_blocks, "PartitionLength", 192, 4),
	RECORD(udf_pd, impl, "ImplementationIdentifier", 196, regid, IS(IMPL_ID)),
	BYTES(udf_pd, impl_use, "ImplementationUse", 228, 128),
	RESERVED(udf_pd, reserved, 356, 156),
};
LAYOUT(pd, "Partition Descriptor", UDF_TAG_PD, 512, udf_pd, pd_rows);

/* ECMA-167 3/10.6, UDF 2.2.4. */
static const struct udf_row lvd_rows[] = {
	TAG(udf_lvd),
	NUMBER(udf_lvd, sequence_number, "VolumeDescriptorSequenceNumber", 16, 4),
	RECORD(udf_lvd, descriptor_charset, "DescriptorCharacterSet", 20, charspec, IS(CS0)),
	DSTRING(udf_lvd, logical_volume_id, "LogicalVolumeIdentifier", 84, 128, IS(NAME)),
	NUMBER(udf_lvd, block_bytes, "LogicalBlockSize", 212, 4),
	RECORD(udf_lvd, domain, "DomainIdentifier", 216, regid, IS(DOMAIN_ID)),
	RECORD(udf_lvd, fsd, "LogicalVolumeContentsUse", 248, long_ad, IS(ICB)),
	NUMBER(udf_lvd, map_table_bytes, "MapTableLength", 264, 4),
	NUMBER(udf_lvd, n_maps, "NumberOfPartitionMaps", 268, 4),
	RECORD(udf_lvd, impl, "ImplementationIdentifier", 272, regid, IS(IMPL_ID)),
	BYTES(udf_lvd, impl_use, "ImplementationUse", 304, 128),
	RECORD(udf_lvd, integrity, "IntegritySequenceExtent", 432, extent_ad, IS(EXTENT)),
};
LAYOUT(lvd, "Logical Volume Descriptor", UDF_TAG_LVD, 440, udf_lvd, lvd_rows);

/* ECMA-167 3/10.7.2. */
static const struct udf_row partition_map1_rows[] = {
	NUMBER(udf_partition_map, type, "PartitionMapType", 0, 1, ONLY(1)),
	NUMBER(udf_partition_map, n_bytes, "PartitionMapLength", 1, 1, ONLY(6)),
	NUMBER(udf_partition_map, volume_sequence_number, "VolumeSequenceNumber", 2, 2, ONLY(1)),
	NUMBER(udf_partition_map, partition_number, "PartitionNumber", 4, 2),
};
LAYOUT(partition_map1, "Type 1 Partition Map", UDF_TAG_NONE, 6, udf_partition_map,
       partition_map1_rows);

/* ECMA-167 3/10.7.3, UDF 2.2.8 to 2.2.10. */
static const struct udf_row partition_map2_rows[] = {
	NUMBER(udf_partition_map, type, "PartitionMapType", 0, 1, ONLY(2)),
	NUMBER(udf_partition_map, n_bytes, "PartitionMapLength", 1, 1, ONLY(64)),
	RESERVED(udf_partition_map, reserved, 2, 2),
	RECORD(udf_partition_map, type_id, "PartitionTypeIdentifier", 4, regid, IS(UDF_ID)),
	NUMBER(udf_partition_map, volume_sequence_number, "VolumeSequenceNumber", 36, 2, ONLY(1)),
	NUMBER(udf_partition_map, partition_number, "PartitionNumber", 38, 2),
	BYTES(udf_partition_map, specific, "TypeSpecific", 40, 24),
};
LAYOUT(partition_map2, "Type 2 Partition Map", UDF_TAG_NONE, 64, udf_partition_map,
       partition_map2_rows);

/* UDF 2.2.9, bytes 40 to 63 of the map. */
static const struct udf_row sparable_map_rows[] = {
	NUMBER(udf_sparable_map, packet_blocks, "PacketLength", 0, 2, RANGE(1, 0xFFFF)),
	NUMBER(udf_sparable_map, n_tables, "NumberOfSparingTables", 2, 1,
	       RANGE(1, UDF_MAX_SPARING_TABLES)),
	RESERVED_BYTE(udf_sparable_map, reserved, 3),
	NUMBER(udf_sparable_map, table_bytes, "SizeOfEachSparingTable", 4, 4),
	NUMBER(udf_sparable_map, table_lsn[0], "LocationsOfSparingTables[0]", 8, 4),
	NUMBER(udf_sparable_map, table_lsn[1], "LocationsOfSparingTables[1]", 12, 4),
	NUMBER(udf_sparable_map, table_lsn[2], "LocationsOfSparingTables[2]", 16, 4),
	NUMBER(udf_sparable_map, table_lsn[3], "LocationsOfSparingTables[3]", 20, 4),
};
LAYOUT(sparable_map, "Sparable Partition", UDF_TAG_NONE, 24, udf_sparable_map, sparable_map_rows);

/* UDF 2.50 2.2.10, bytes 40 to 63 of the map. */
static const struct udf_row metadata_map_rows[] = {
	NUMBER(udf_metadata_map, main_lbn, "MetadataFileLocation", 0, 4),
	NUMBER(udf_metadata_map, mirror_lbn, "MetadataMirrorFileLocation", 4, 4),
	NUMBER(udf_metadata_map, bitmap_lbn, "MetadataBitmapFileLocation", 8, 4),
	NUMBER(udf_metadata_map, allocation_unit_blocks, "AllocationUnitSize", 12, 4,
	       RANGE(1, UINT32_MAX)),
	NUMBER(udf_metadata_map, alignment_unit_blocks, "AlignmentUnitSize", 16, 2,
	       RANGE(1, 0xFFFF)),
	HEX(udf_metadata_map, flags, "Flags", 18, 1, MASK(1)),
	RESERVED(udf_metadata_map, reserved, 19, 5),
};
LAYOUT(metadata_map, "Metadata Partition", UDF_TAG_NONE, 24, udf_metadata_map, metadata_map_rows);

/* ECMA-167 3/10.8. */
static const struct udf_row usd_rows[] = {
	TAG(udf_usd),
	NUMBER(udf_usd, sequence_number, "VolumeDescriptorSequenceNumber", 16, 4),
	NUMBER(udf_usd, n_extents, "NumberOfAllocationDescriptors", 20, 4),
};
LAYOUT(usd, "Unallocated Space Descriptor", UDF_TAG_USD, 24, udf_usd, usd_rows);

/* ECMA-167 3/10.9. */
static const struct udf_row td_rows[] = {
	TAG(udf_td),
	RESERVED(udf_td, reserved, 16, 496),
};
LAYOUT(td, "Terminating Descriptor", UDF_TAG_TD, 512, udf_td, td_rows);

/* ECMA-167 3/10.10, UDF 2.2.6. */
static const struct udf_row lvid_rows[] = {
	TAG(udf_lvid),
	RECORD(udf_lvid, recording_time, "RecordingDateAndTime", 16, timestamp, IS(TIME)),
	NUMBER(udf_lvid, type, "IntegrityType", 28, 4, RANGE(UDF_LVID_OPEN, UDF_LVID_CLOSED)),
	RECORD(udf_lvid, next_extent, "NextIntegrityExtent", 32, extent_ad, IS(EXTENT)),
	NUMBER(udf_lvid, next_unique_id, "UniqueID", 40, 8),
	RESERVED(udf_lvid, reserved, 48, 24),
	NUMBER(udf_lvid, n_partitions, "NumberOfPartitions", 72, 4),
	NUMBER(udf_lvid, impl_use_bytes, "LengthOfImplementationUse", 76, 4),
};
LAYOUT(lvid, "Logical Volume Integrity Descriptor", UDF_TAG_LVID, 80, udf_lvid, lvid_rows);

/* UDF 2.2.6.4. */
static const struct udf_row lvid_impl_rows[] = {
	RECORD(udf_lvid_impl, impl, "ImplementationID", 0, regid, IS(IMPL_ID)),
	NUMBER(udf_lvid_impl, n_files, "NumberOfFiles", 32, 4),
	NUMBER(udf_lvid_impl, n_directories, "NumberOfDirectories", 36, 4),
	HEX(udf_lvid_impl, min_read_revision, "MinimumUDFReadRevision", 40, 2),
	HEX(udf_lvid_impl, min_write_revision, "MinimumUDFWriteRevision", 42, 2),
	HEX(udf_lvid_impl, max_write_revision, "MaximumUDFWriteRevision", 44, 2),
};
LAYOUT(lvid_impl, "Logical Volume Integrity Implementation Use", UDF_TAG_NONE, 46, udf_lvid_impl,
       lvid_impl_rows);

/* UDF 2.2.12. */
static const struct udf_row sparing_table_rows[] = {
	TAG(udf_sparing_table),
	RECORD(udf_sparing_table, id, "SparingIdentifier", 16, regid, IS(UDF_ID)),
	NUMBER(udf_sparing_table, n_entries, "ReallocationTableLength", 48, 2),
	RESERVED(udf_sparing_table, reserved, 50, 2),
	NUMBER(udf_sparing_table, sequence_number, "SequenceNumber", 52, 4),
};
LAYOUT(sparing_table, "Sparing Table", UDF_TAG_SPARING, 56, udf_sparing_table, sparing_table_rows);

static const struct udf_row sparing_entry_rows[] = {
	NUMBER(udf_sparing_entry, original_lbn, "OriginalLocation", 0, 4),
	NUMBER(udf_sparing_entry, mapped_lsn, "MappedLocation", 4, 4),
};
LAYOUT(sparing_entry, "Sparing Table Entry", UDF_TAG_NONE, 8, udf_sparing_entry,
       sparing_entry_rows);

/* UDF 2.00 2.2.11. */
static const struct udf_row vat200_rows[] = {
	NUMBER(udf_vat200, header_bytes, "LengthOfHeader", 0, 2, RANGE(152, 0xFFFF)),
	NUMBER(udf_vat200, impl_use_bytes, "LengthOfImplementationUse", 2, 2),
	DSTRING(udf_vat200, logical_volume_id, "LogicalVolumeIdentifier", 4, 128, IS(NAME)),
	NUMBER(udf_vat200, previous_icb_lbn, "PreviousVATICBLocation", 132, 4),
	NUMBER(udf_vat200, n_files, "NumberOfFiles", 136, 4),
	NUMBER(udf_vat200, n_directories, "NumberOfDirectories", 140, 4),
	HEX(udf_vat200, min_read_revision, "MinimumUDFReadRevision", 144, 2),
	HEX(udf_vat200, min_write_revision, "MinimumUDFWriteRevision", 146, 2),
	HEX(udf_vat200, max_write_revision, "MaximumUDFWriteRevision", 148, 2),
	RESERVED(udf_vat200, reserved, 150, 2),
};
LAYOUT(vat200, "Virtual Allocation Table", UDF_TAG_NONE, 152, udf_vat200, vat200_rows);

/* UDF 1.50 2.2.10. */
static const struct udf_row vat150_tail_rows[] = {
	RECORD(udf_vat150_tail, id, "EntityID", 0, regid, IS(UDF_ID)),
	NUMBER(udf_vat150_tail, previous_icb_lbn, "PreviousVATICBLocation", 32, 4),
};
LAYOUT(vat150_tail, "Virtual Allocation Table (UDF 1.50)", UDF_TAG_NONE, 36, udf_vat150_tail,
       vat150_tail_rows);
