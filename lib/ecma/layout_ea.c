/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field tables of extended attributes (ECMA-167 4/14.10, UDF 3.3.4). */
#include "ecma/layout_rows.h"

/* ---- from byte 12 of the attribute ---- */

/* ECMA-167 4/14.10.3. */
static const struct udf_row ea_charset_rows[] = {
	NUMBER(udf_ea_charset, escape_bytes, "EscapeSequencesLength", 0, 4),
	NUMBER(udf_ea_charset, type, "CharacterSetType", 4, 1),
};
LAYOUT(ea_charset, "Character Set Information", UDF_TAG_NONE, 5, udf_ea_charset, ea_charset_rows);

/* ECMA-167 4/14.10.4. */
static const struct udf_row ea_alt_permissions_rows[] = {
	NUMBER(udf_ea_alt_permissions, owner, "OwnerIdentification", 0, 2),
	NUMBER(udf_ea_alt_permissions, group, "GroupIdentification", 2, 2),
	HEX(udf_ea_alt_permissions, permissions, "Permission", 4, 2),
};
LAYOUT(ea_alt_permissions, "Alternate Permissions", UDF_TAG_NONE, 6, udf_ea_alt_permissions,
       ea_alt_permissions_rows);

/* ECMA-167 4/14.10.5, 4/14.10.6. */
static const struct udf_row ea_times_rows[] = {
	NUMBER(udf_ea_times, data_bytes, "DataLength", 0, 4),
	HEX(udf_ea_times, existence, "TimeExistence", 4, 4),
};
LAYOUT(ea_times, "File or Information Times", UDF_TAG_NONE, 8, udf_ea_times, ea_times_rows);

/* ECMA-167 4/14.10.8, 4/14.10.9. */
static const struct udf_row ea_use_rows[] = {
	NUMBER(udf_ea_use, use_bytes, "UseLength", 0, 4),
	RECORD(udf_ea_use, id, "Identifier", 4, regid, IS(APP_ID)),
};
LAYOUT(ea_use, "Implementation or Application Use", UDF_TAG_NONE, 36, udf_ea_use, ea_use_rows);

/* ---- use areas, from byte 48 of the attribute ---- */

#define CHECKSUM(host) HEX(host, checksum, "HeaderChecksum", 0, 2)

/* UDF 3.3.4.5.1.1, 3.3.4.6.1. */
static const struct udf_row ea_free_space_rows[] = {
	CHECKSUM(udf_ea_free_space),
};
LAYOUT(ea_free_space, "Free EA Space", UDF_TAG_NONE, 2, udf_ea_free_space, ea_free_space_rows);

/* UDF 3.3.4.5.1.2. */
static const struct udf_row ea_dvd_cgms_rows[] = {
	CHECKSUM(udf_ea_dvd_cgms),
	HEX(udf_ea_dvd_cgms, cgms_information, "CGMSInformation", 2, 1),
	HEX(udf_ea_dvd_cgms, data_structure_type, "DataStructureType", 3, 1),
	BYTES(udf_ea_dvd_cgms, protection_system, "ProtectionSystemInformation", 4, 4),
};
LAYOUT(ea_dvd_cgms, "DVD Copyright Management Information", UDF_TAG_NONE, 8, udf_ea_dvd_cgms,
       ea_dvd_cgms_rows);

/* UDF 3.3.4.5.3.2. */
static const struct udf_row ea_os2_length_rows[] = {
	CHECKSUM(udf_ea_os2_length),
	NUMBER(udf_ea_os2_length, ea_bytes, "OS2ExtendedAttributeLength", 2, 4),
};
LAYOUT(ea_os2_length, "OS/2 EA Length", UDF_TAG_NONE, 6, udf_ea_os2_length, ea_os2_length_rows);

/* UDF 3.3.4.5.2.1. */
static const struct udf_row ea_mac_volume_rows[] = {
	CHECKSUM(udf_ea_mac_volume),
	RECORD(udf_ea_mac_volume, modification_time, "LastModificationDate", 2, timestamp,
	       IS(TIME_OR_ZERO)),
	RECORD(udf_ea_mac_volume, backup_time, "LastBackupDate", 14, timestamp, IS(TIME_OR_ZERO)),
	BYTES(udf_ea_mac_volume, finder_info, "VolumeFinderInformation", 26, 32),
};
LAYOUT(ea_mac_volume, "Macintosh Volume Information", UDF_TAG_NONE, 58, udf_ea_mac_volume,
       ea_mac_volume_rows);

/* UDF 3.3.4.5.2.2. */
static const struct udf_row ea_mac_finder_dir_rows[] = {
	CHECKSUM(udf_ea_mac_finder_dir),
	BYTES(udf_ea_mac_finder_dir, padding, "Padding", 2, 2, ZERO),
	NUMBER(udf_ea_mac_finder_dir, parent_directory_id, "ParentDirectoryID", 4, 4),
	BYTES(udf_ea_mac_finder_dir, info, "DirectoryInformation", 8, 16),
	BYTES(udf_ea_mac_finder_dir, extended_info, "DirectoryExtendedInformation", 24, 16),
};
LAYOUT(ea_mac_finder_dir, "Macintosh Finder Information of a directory", UDF_TAG_NONE, 40,
       udf_ea_mac_finder_dir, ea_mac_finder_dir_rows);

static const struct udf_row ea_mac_finder_file_rows[] = {
	CHECKSUM(udf_ea_mac_finder_file),
	BYTES(udf_ea_mac_finder_file, padding, "Padding", 2, 2, ZERO),
	NUMBER(udf_ea_mac_finder_file, parent_directory_id, "ParentDirectoryID", 4, 4),
	BYTES(udf_ea_mac_finder_file, info, "FileInformation", 8, 16),
	BYTES(udf_ea_mac_finder_file, extended_info, "FileExtendedInformation", 24, 16),
	NUMBER(udf_ea_mac_finder_file, fork_bytes, "ResourceForkDataLength", 40, 4),
	NUMBER(udf_ea_mac_finder_file, fork_allocated_bytes, "ResourceForkAllocatedLength", 44, 4),
};
LAYOUT(ea_mac_finder_file, "Macintosh Finder Information of a file", UDF_TAG_NONE, 48,
       udf_ea_mac_finder_file, ea_mac_finder_file_rows);

/* UDF 1.50 3.3.4.5.2.3. */
static const struct udf_row ea_mac_id_table_rows[] = {
	CHECKSUM(udf_ea_mac_id_table),
	BYTES(udf_ea_mac_id_table, padding, "Padding", 2, 2, ZERO),
	NUMBER(udf_ea_mac_id_table, n_maps, "NumberOfUniqueIDMaps", 4, 4),
};
LAYOUT(ea_mac_id_table, "Macintosh Unique ID Table", UDF_TAG_NONE, 8, udf_ea_mac_id_table,
       ea_mac_id_table_rows);

/* UDF 2.01 3.3.4.5.6.1. */
static const struct udf_row ea_os400_dir_rows[] = {
	CHECKSUM(udf_ea_os400_dir),
	RESERVED(udf_ea_os400_dir, reserved, 2, 2),
	BYTES(udf_ea_os400_dir, info, "DirectoryInfo", 4, 44),
};
LAYOUT(ea_os400_dir, "OS/400 Directory Information", UDF_TAG_NONE, 48, udf_ea_os400_dir,
       ea_os400_dir_rows);

/* DCN-5003. */
static const struct udf_row ea_vat_extension_rows[] = {
	CHECKSUM(udf_ea_vat_extension),
	NUMBER(udf_ea_vat_extension, verification_id, "VerificationID", 2, 8),
	NUMBER(udf_ea_vat_extension, n_files, "NumberOfFiles", 10, 4),
	NUMBER(udf_ea_vat_extension, n_directories, "NumberOfDirectories", 14, 4),
	DSTRING(udf_ea_vat_extension, logical_volume_id, "LogicalVolumeIdentifier", 18, 128,
		IS(NAME)),
};
LAYOUT(ea_vat_extension, "Logical Volume Extended Information", UDF_TAG_NONE, 146,
       udf_ea_vat_extension, ea_vat_extension_rows);
