/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field tables of the file structure (ECMA-167 part 4, UDF 2.3, 3.3). */
#include "ecma/layout_rows.h"

/* ECMA-167 4/14.1, UDF 2.3.2. */
static const struct udf_row fsd_rows[] = {
	TAG(udf_fsd),
	RECORD(udf_fsd, recording_time, "RecordingDateAndTime", 16, timestamp, IS(TIME)),
	NUMBER(udf_fsd, interchange_level, "InterchangeLevel", 28, 2, ONLY(3)),
	NUMBER(udf_fsd, max_interchange_level, "MaximumInterchangeLevel", 30, 2, ONLY(3)),
	HEX(udf_fsd, charset_list, "CharacterSetList", 32, 4, ONLY(1)),
	HEX(udf_fsd, max_charset_list, "MaximumCharacterSetList", 36, 4, ONLY(1)),
	NUMBER(udf_fsd, file_set_number, "FileSetNumber", 40, 4),
	NUMBER(udf_fsd, fsd_number, "FileSetDescriptorNumber", 44, 4),
	RECORD(udf_fsd, lvid_charset, "LogicalVolumeIdentifierCharacterSet", 48, charspec, IS(CS0)),
	DSTRING(udf_fsd, logical_volume_id, "LogicalVolumeIdentifier", 112, 128, IS(NAME)),
	RECORD(udf_fsd, file_set_charset, "FileSetCharacterSet", 240, charspec, IS(CS0)),
	DSTRING(udf_fsd, file_set_id, "FileSetIdentifier", 304, 32, IS(NAME)),
	DSTRING(udf_fsd, copyright_id, "CopyrightFileIdentifier", 336, 32, IS(DSTRING)),
	DSTRING(udf_fsd, abstract_id, "AbstractFileIdentifier", 368, 32, IS(DSTRING)),
	RECORD(udf_fsd, root_icb, "RootDirectoryICB", 400, long_ad, IS(ICB)),
	RECORD(udf_fsd, domain, "DomainIdentifier", 416, regid, IS(DOMAIN_ID)),
	RECORD(udf_fsd, next_extent, "NextExtent", 448, long_ad, IS(ICB)),
	RECORD(udf_fsd, system_stream_icb, "SystemStreamDirectoryICB", 464, long_ad, IS(ICB),
	       SINCE(0x0200)),
	RESERVED(udf_fsd, reserved, 480, 32),
};
LAYOUT(fsd, "File Set Descriptor", UDF_TAG_FSD, 512, udf_fsd, fsd_rows);

/* ECMA-167 4/14.4; implementation use, name and padding follow. */
static const struct udf_row fid_rows[] = {
	TAG(udf_fid),
	NUMBER(udf_fid, version_number, "FileVersionNumber", 16, 2, ONLY(1)),
	HEX(udf_fid, characteristics, "FileCharacteristics", 18, 1, MASK(0x1F)),
	NUMBER(udf_fid, name_bytes, "LengthOfFileIdentifier", 19, 1),
	RECORD(udf_fid, icb, "ICB", 20, long_ad, IS(ICB)),
	NUMBER(udf_fid, impl_use_bytes, "LengthOfImplementationUse", 36, 2),
};
LAYOUT(fid, "File Identifier Descriptor", UDF_TAG_FID, 38, udf_fid, fid_rows);

/* ECMA-167 4/14.5. */
static const struct udf_row aed_rows[] = {
	TAG(udf_aed),
	NUMBER(udf_aed, previous_lbn, "PreviousAllocationExtentLocation", 16, 4, ONLY(0)),
	NUMBER(udf_aed, ad_bytes, "LengthOfAllocationDescriptors", 20, 4),
};
LAYOUT(aed, "Allocation Extent Descriptor", UDF_TAG_AED, 24, udf_aed, aed_rows);

/* ECMA-167 4/14.7. */
static const struct udf_row ie_rows[] = {
	TAG(udf_ie),
	RECORD(udf_ie, icb, "ICBTag", 16, icbtag),
	RECORD(udf_ie, next_icb, "IndirectICB", 36, long_ad, IS(ICB)),
};
LAYOUT(ie, "Indirect Entry", UDF_TAG_IE, 52, udf_ie, ie_rows);

/* ECMA-167 4/14.8. */
static const struct udf_row te_rows[] = {
	TAG(udf_te),
	RECORD(udf_te, icb, "ICBTag", 16, icbtag),
};
LAYOUT(te, "Terminal Entry", UDF_TAG_TE, 36, udf_te, te_rows);

/* ECMA-167 4/14.9. */
static const struct udf_row fe_rows[] = {
	TAG(udf_fe),
	RECORD(udf_fe, icb, "ICBTag", 16, icbtag),
	NUMBER(udf_fe, uid, "Uid", 36, 4),
	NUMBER(udf_fe, gid, "Gid", 40, 4),
	HEX(udf_fe, permissions, "Permissions", 44, 4, MASK(0x7FFF)),
	NUMBER(udf_fe, link_count, "FileLinkCount", 48, 2),
	NUMBER(udf_fe, record_format, "RecordFormat", 50, 1, ONLY(0)),
	NUMBER(udf_fe, record_display, "RecordDisplayAttributes", 51, 1, ONLY(0)),
	NUMBER(udf_fe, record_length, "RecordLength", 52, 4, ONLY(0)),
	NUMBER(udf_fe, information_bytes, "InformationLength", 56, 8),
	NUMBER(udf_fe, blocks_recorded, "LogicalBlocksRecorded", 64, 8),
	RECORD(udf_fe, access_time, "AccessTime", 72, timestamp, IS(TIME)),
	RECORD(udf_fe, modification_time, "ModificationTime", 84, timestamp, IS(TIME)),
	RECORD(udf_fe, attribute_time, "AttributeTime", 96, timestamp, IS(TIME)),
	NUMBER(udf_fe, checkpoint, "Checkpoint", 108, 4, RANGE(1, UINT32_MAX)),
	RECORD(udf_fe, ea_icb, "ExtendedAttributeICB", 112, long_ad, IS(ICB)),
	RECORD(udf_fe, impl, "ImplementationIdentifier", 128, regid, IS(IMPL_ID)),
	NUMBER(udf_fe, unique_id, "UniqueID", 160, 8),
	NUMBER(udf_fe, ea_bytes, "LengthOfExtendedAttributes", 168, 4),
	NUMBER(udf_fe, ad_bytes, "LengthOfAllocationDescriptors", 172, 4),
};
LAYOUT(fe, "File Entry", UDF_TAG_FE, UDF_FE_FIXED_BYTES, udf_fe, fe_rows);

/* ECMA-167 4/14.17. */
static const struct udf_row efe_rows[] = {
	TAG(udf_fe),
	RECORD(udf_fe, icb, "ICBTag", 16, icbtag),
	NUMBER(udf_fe, uid, "Uid", 36, 4),
	NUMBER(udf_fe, gid, "Gid", 40, 4),
	HEX(udf_fe, permissions, "Permissions", 44, 4, MASK(0x7FFF)),
	NUMBER(udf_fe, link_count, "FileLinkCount", 48, 2),
	NUMBER(udf_fe, record_format, "RecordFormat", 50, 1, ONLY(0)),
	NUMBER(udf_fe, record_display, "RecordDisplayAttributes", 51, 1, ONLY(0)),
	NUMBER(udf_fe, record_length, "RecordLength", 52, 4, ONLY(0)),
	NUMBER(udf_fe, information_bytes, "InformationLength", 56, 8),
	NUMBER(udf_fe, object_bytes, "ObjectSize", 64, 8),
	NUMBER(udf_fe, blocks_recorded, "LogicalBlocksRecorded", 72, 8),
	RECORD(udf_fe, access_time, "AccessTime", 80, timestamp, IS(TIME)),
	RECORD(udf_fe, modification_time, "ModificationTime", 92, timestamp, IS(TIME)),
	RECORD(udf_fe, creation_time, "CreationTime", 104, timestamp, IS(TIME)),
	RECORD(udf_fe, attribute_time, "AttributeTime", 116, timestamp, IS(TIME)),
	NUMBER(udf_fe, checkpoint, "Checkpoint", 128, 4, RANGE(1, UINT32_MAX)),
	RESERVED(udf_fe, reserved, 132, 4),
	RECORD(udf_fe, ea_icb, "ExtendedAttributeICB", 136, long_ad, IS(ICB)),
	RECORD(udf_fe, stream_icb, "StreamDirectoryICB", 152, long_ad, IS(ICB)),
	RECORD(udf_fe, impl, "ImplementationIdentifier", 168, regid, IS(IMPL_ID)),
	NUMBER(udf_fe, unique_id, "UniqueID", 200, 8),
	NUMBER(udf_fe, ea_bytes, "LengthOfExtendedAttributes", 208, 4),
	NUMBER(udf_fe, ad_bytes, "LengthOfAllocationDescriptors", 212, 4),
};
LAYOUT(efe, "Extended File Entry", UDF_TAG_EFE, UDF_EFE_FIXED_BYTES, udf_fe, efe_rows);

/* ECMA-167 4/14.10.1. */
static const struct udf_row eahd_rows[] = {
	TAG(udf_eahd),
	NUMBER(udf_eahd, impl_at, "ImplementationAttributesLocation", 16, 4),
	NUMBER(udf_eahd, app_at, "ApplicationAttributesLocation", 20, 4),
};
LAYOUT(eahd, "Extended Attribute Header Descriptor", UDF_TAG_EAHD, 24, udf_eahd, eahd_rows);

/* ECMA-167 4/14.10.2. */
static const struct udf_row ea_rows[] = {
	NUMBER(udf_ea, type, "AttributeType", 0, 4),
	NUMBER(udf_ea, subtype, "AttributeSubtype", 4, 1, ONLY(1)),
	RESERVED(udf_ea, reserved, 5, 3),
	NUMBER(udf_ea, n_bytes, "AttributeLength", 8, 4),
};
LAYOUT(ea, "Extended Attribute", UDF_TAG_NONE, 12, udf_ea, ea_rows);

/* ECMA-167 4/14.10.7, from byte 12 of the attribute. */
static const struct udf_row ea_device_rows[] = {
	NUMBER(udf_ea_device, impl_use_bytes, "ImplementationUseLength", 0, 4),
	NUMBER(udf_ea_device, major, "MajorDeviceIdentification", 4, 4),
	NUMBER(udf_ea_device, minor, "MinorDeviceIdentification", 8, 4),
};
LAYOUT(ea_device, "Device Specification", UDF_TAG_NONE, 12, udf_ea_device, ea_device_rows);

/* ECMA-167 4/14.11. */
static const struct udf_row use_rows[] = {
	TAG(udf_use),
	RECORD(udf_use, icb, "ICBTag", 16, icbtag),
	NUMBER(udf_use, ad_bytes, "LengthOfAllocationDescriptors", 36, 4),
};
LAYOUT(use, "Unallocated Space Entry", UDF_TAG_USE, 40, udf_use, use_rows);

/* ECMA-167 4/14.12. */
static const struct udf_row sbd_rows[] = {
	TAG(udf_sbd),
	NUMBER(udf_sbd, n_bits, "NumberOfBits", 16, 4),
	NUMBER(udf_sbd, n_bytes, "NumberOfBytes", 20, 4),
};
LAYOUT(sbd, "Space Bitmap Descriptor", UDF_TAG_SBD, 24, udf_sbd, sbd_rows);

/* UDF 3.3.7.1. */
static const struct udf_row id_mapping_rows[] = {
	RECORD(udf_id_mapping, impl, "ImplementationIdentifier", 0, regid, IS(IMPL_ID)),
	HEX(udf_id_mapping, flags, "Flags", 32, 4),
	NUMBER(udf_id_mapping, n_entries, "MappingEntryCount", 36, 4),
	RESERVED(udf_id_mapping, reserved, 40, 8),
};
LAYOUT(id_mapping, "Unique ID Mapping Data", UDF_TAG_NONE, 48, udf_id_mapping, id_mapping_rows);

static const struct udf_row id_mapping_entry_rows[] = {
	NUMBER(udf_id_mapping_entry, unique_id, "UDFUniqueID", 0, 4),
	NUMBER(udf_id_mapping_entry, parent_lbn, "ParentLogicalBlockNumber", 4, 4),
	NUMBER(udf_id_mapping_entry, object_lbn, "ObjectLogicalBlockNumber", 8, 4),
	NUMBER(udf_id_mapping_entry, parent_part_ref, "ParentPartitionReferenceNumber", 12, 2),
	NUMBER(udf_id_mapping_entry, object_part_ref, "ObjectPartitionReferenceNumber", 14, 2),
};
LAYOUT(id_mapping_entry, "Unique ID Mapping Entry", UDF_TAG_NONE, 16, udf_id_mapping_entry,
       id_mapping_entry_rows);
