/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host forms of the on-disc structures of ECMA-167 and UDF.  Numbers are in host order; reserved and
 * opaque bytes are kept, so that decode then encode gives the same bytes.
 */
#ifndef UDF_ECMA_TYPES_H
#define UDF_ECMA_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tag identifiers (ECMA-167 3/7.2.1, 4/7.2.1). */
enum udf_tag_id {
	UDF_TAG_SPARING = 0,
	UDF_TAG_PVD = 1,
	UDF_TAG_AVDP = 2,
	UDF_TAG_VDP = 3,
	UDF_TAG_IUVD = 4,
	UDF_TAG_PD = 5,
	UDF_TAG_LVD = 6,
	UDF_TAG_USD = 7,
	UDF_TAG_TD = 8,
	UDF_TAG_LVID = 9,
	UDF_TAG_FSD = 256,
	UDF_TAG_FID = 257,
	UDF_TAG_AED = 258,
	UDF_TAG_IE = 259,
	UDF_TAG_TE = 260,
	UDF_TAG_FE = 261,
	UDF_TAG_EAHD = 262,
	UDF_TAG_USE = 263,
	UDF_TAG_SBD = 264,
	UDF_TAG_PIE = 265,
	UDF_TAG_EFE = 266,
};

#define UDF_TAG_BYTES 16
#define UDF_DESCRIPTOR_BYTES 512	/* PVD, AVDP, VDP, IUVD, PD, TD, FSD */

struct udf_tag {
	uint16_t id;
	uint16_t version;
	uint8_t checksum;
	uint8_t reserved;
	uint16_t serial;
	uint16_t crc;
	uint16_t crc_bytes;
	uint32_t location;
};

#define UDF_CHARSPEC_BYTES 64
struct udf_charspec {
	uint8_t type;
	uint8_t info[63];
};

struct udf_timestamp {
	uint16_t type_and_zone;
	int16_t year;
	uint8_t month, day, hour, minute, second;
	uint8_t centiseconds, hundreds_of_microseconds, microseconds;
};

#define UDF_REGID_BYTES 32
struct udf_regid {
	uint8_t flags;
	uint8_t id[23];
	uint8_t suffix[8];
};

struct udf_extent_ad {
	uint32_t n_bytes;
	uint32_t lsn;
};

struct udf_lb_addr {
	uint32_t lbn;
	uint16_t part_ref;
};

/* Extent length: 30 bits of bytes, 2 bits of type (ECMA-167 4/14.14.1.1). */
enum udf_extent_type {
	UDF_EXTENT_RECORDED = 0,
	UDF_EXTENT_ALLOCATED = 1,	/* not recorded: reads as zero */
	UDF_EXTENT_HOLE = 2,
	UDF_EXTENT_NEXT = 3,		/* more allocation descriptors */
};
#define UDF_EXTENT_BYTES(length) ((length) & 0x3FFFFFFFu)
#define UDF_EXTENT_TYPE(length) ((enum udf_extent_type)((length) >> 30))
#define UDF_EXTENT_LENGTH(type, n_bytes) ((uint32_t)(type) << 30 | (uint32_t)(n_bytes))

#define UDF_SHORT_AD_BYTES 8
#define UDF_LONG_AD_BYTES 16
#define UDF_EXT_AD_BYTES 20

struct udf_short_ad {
	uint32_t length;	/* type and bytes */
	uint32_t lbn;
};

struct udf_long_ad {
	uint32_t length;	/* type and bytes */
	struct udf_lb_addr addr;
	uint16_t flags;		/* ADImpUse: bit 0 EXTENTErased */
	uint32_t unique_id;	/* in a FID: UDF UniqueID; else 0 */
};

struct udf_ext_ad {
	uint32_t length, recorded_bytes, information_bytes;
	struct udf_lb_addr addr;
	uint8_t impl_use[2];
};

/* ---- volume structure (ECMA-167 part 3) ---- */

struct udf_vsd {		/* volume structure descriptor, 2048 bytes; data not kept here */
	uint8_t type;
	uint8_t id[5];
	uint8_t version;
};

struct udf_avdp {
	struct udf_tag tag;
	struct udf_extent_ad main_vds, reserve_vds;
	uint8_t reserved[480];
};

struct udf_vdp {
	struct udf_tag tag;
	uint32_t sequence_number;
	struct udf_extent_ad next_vds;
	uint8_t reserved[484];
};

struct udf_pvd {
	struct udf_tag tag;
	uint32_t sequence_number;
	uint32_t pvd_number;
	uint8_t volume_id[32];			/* dstring */
	uint16_t volume_sequence_number, max_volume_sequence_number;
	uint16_t interchange_level, max_interchange_level;
	uint32_t charset_list, max_charset_list;
	uint8_t volume_set_id[128];		/* dstring */
	struct udf_charspec descriptor_charset, explanatory_charset;
	struct udf_extent_ad volume_abstract, copyright_notice;
	struct udf_regid application;
	struct udf_timestamp recording_time;
	struct udf_regid impl;
	uint8_t impl_use[64];
	uint32_t predecessor_lsn;
	uint16_t flags;
	uint8_t reserved[22];
};

struct udf_iuvd {			/* with the LV Info of UDF 2.2.7 */
	struct udf_tag tag;
	uint32_t sequence_number;
	struct udf_regid impl;
	struct udf_charspec lvi_charset;
	uint8_t logical_volume_id[128];		/* dstring */
	uint8_t lv_info1[36], lv_info2[36], lv_info3[36];	/* dstrings: owner, organization, contact */
	struct udf_regid impl_id;
	uint8_t impl_use[128];
};

struct udf_partition_header {
	struct udf_short_ad unallocated_table, unallocated_bitmap, integrity_table;
	struct udf_short_ad freed_table, freed_bitmap;
	uint8_t reserved[88];
};

enum udf_access_type {
	UDF_ACCESS_PSEUDO_OVERWRITABLE = 0,
	UDF_ACCESS_READ_ONLY = 1,
	UDF_ACCESS_WRITE_ONCE = 2,
	UDF_ACCESS_REWRITABLE = 3,
	UDF_ACCESS_OVERWRITABLE = 4,
};

struct udf_pd {
	struct udf_tag tag;
	uint32_t sequence_number;
	uint16_t flags;
	uint16_t number;
	struct udf_regid contents;
	struct udf_partition_header header;
	uint32_t access_type;
	uint32_t start_lsn;
	uint32_t n_blocks;
	struct udf_regid impl;
	uint8_t impl_use[128];
	uint8_t reserved[156];
};

#define UDF_LVD_FIXED_BYTES 440

struct udf_lvd {			/* partition maps follow at 440: struct udf_partition_map */
	struct udf_tag tag;
	uint32_t sequence_number;
	struct udf_charspec descriptor_charset;
	uint8_t logical_volume_id[128];		/* dstring */
	uint32_t block_bytes;
	struct udf_regid domain;
	struct udf_long_ad fsd;			/* file set descriptor sequence */
	uint32_t map_table_bytes;
	uint32_t n_maps;
	struct udf_regid impl;
	uint8_t impl_use[128];
	struct udf_extent_ad integrity;
};

enum udf_map_kind {
	UDF_MAP_PHYSICAL,	/* type 1 */
	UDF_MAP_VIRTUAL,
	UDF_MAP_SPARABLE,
	UDF_MAP_METADATA,
	UDF_MAP_UNKNOWN,
};

#define UDF_MAX_SPARING_TABLES 4

struct udf_partition_map {
	uint8_t type, n_bytes;			/* (1, 6) or (2, 64) */
	uint8_t reserved[2];			/* type 2 */
	struct udf_regid type_id;		/* type 2 */
	uint16_t volume_sequence_number;
	uint16_t partition_number;
	uint8_t specific[24];			/* type 2: bytes 40 to 63, decoded by kind below */
};

struct udf_sparable_map {		/* the tail of a sparable map */
	uint16_t packet_blocks;
	uint8_t n_tables;
	uint8_t reserved;
	uint32_t table_bytes;
	uint32_t table_lsn[UDF_MAX_SPARING_TABLES];
};

struct udf_metadata_map {		/* the tail of a metadata map */
	uint32_t main_lbn, mirror_lbn, bitmap_lbn;
	uint32_t allocation_unit_blocks;
	uint16_t alignment_unit_blocks;
	uint8_t flags;
	uint8_t reserved[5];
};

#define UDF_USD_FIXED_BYTES 24

struct udf_usd {			/* extent_ads follow at 24 */
	struct udf_tag tag;
	uint32_t sequence_number;
	uint32_t n_extents;
};

struct udf_td {
	struct udf_tag tag;
	uint8_t reserved[496];
};

#define UDF_LVID_FIXED_BYTES 80
enum { UDF_LVID_OPEN = 0, UDF_LVID_CLOSED = 1 };

struct udf_lvid {			/* free table, size table, implementation use follow at 80 */
	struct udf_tag tag;
	struct udf_timestamp recording_time;
	uint32_t type;
	struct udf_extent_ad next_extent;
	uint64_t next_unique_id;
	uint8_t reserved[24];
	uint32_t n_partitions;
	uint32_t impl_use_bytes;
};

#define UDF_LVID_IMPL_BYTES 46

struct udf_lvid_impl {			/* first 46 bytes of the LVID's implementation use (UDF 2.2.6.4) */
	struct udf_regid impl;
	uint32_t n_files, n_directories;
	uint16_t min_read_revision, min_write_revision, max_write_revision;
};

#define UDF_SPARING_FIXED_BYTES 56

struct udf_sparing_table {		/* entries of {original, mapped} follow at 56 */
	struct udf_tag tag;
	struct udf_regid id;
	uint16_t n_entries;
	uint8_t reserved[2];
	uint32_t sequence_number;
};

/* ---- file structure (ECMA-167 part 4) ---- */

struct udf_fsd {
	struct udf_tag tag;
	struct udf_timestamp recording_time;
	uint16_t interchange_level, max_interchange_level;
	uint32_t charset_list, max_charset_list;
	uint32_t file_set_number, fsd_number;
	struct udf_charspec lvid_charset;
	uint8_t logical_volume_id[128];		/* dstring */
	struct udf_charspec file_set_charset;
	uint8_t file_set_id[32], copyright_id[32], abstract_id[32];	/* dstrings */
	struct udf_long_ad root_icb;
	struct udf_regid domain;
	struct udf_long_ad next_extent;
	struct udf_long_ad system_stream_icb;
	uint8_t reserved[32];
};

enum udf_file_type {
	UDF_FT_UNSPECIFIED = 0,
	UDF_FT_USE = 1,
	UDF_FT_PIE = 2,
	UDF_FT_IE = 3,
	UDF_FT_DIRECTORY = 4,
	UDF_FT_REGULAR = 5,
	UDF_FT_BLOCK_DEVICE = 6,
	UDF_FT_CHAR_DEVICE = 7,
	UDF_FT_EA_FILE = 8,
	UDF_FT_FIFO = 9,
	UDF_FT_SOCKET = 10,
	UDF_FT_TE = 11,
	UDF_FT_SYMLINK = 12,
	UDF_FT_STREAM_DIRECTORY = 13,
	UDF_FT_VAT = 248,
	UDF_FT_REAL_TIME = 249,
	UDF_FT_METADATA = 250,
	UDF_FT_METADATA_MIRROR = 251,
	UDF_FT_METADATA_BITMAP = 252,
};

/* ICB flags: bits 0 to 2 are the kind of allocation descriptors. */
enum udf_ad_kind { UDF_AD_SHORT = 0, UDF_AD_LONG = 1, UDF_AD_EXTENDED = 2, UDF_AD_EMBEDDED = 3 };
#define UDF_ICB_AD_MASK 0x0007
#define UDF_ICB_SORTED 0x0008
#define UDF_ICB_NON_RELOCATABLE 0x0010
#define UDF_ICB_ARCHIVE 0x0020
#define UDF_ICB_SETUID 0x0040
#define UDF_ICB_SETGID 0x0080
#define UDF_ICB_STICKY 0x0100
#define UDF_ICB_CONTIGUOUS 0x0200
#define UDF_ICB_SYSTEM 0x0400
#define UDF_ICB_TRANSFORMED 0x0800
#define UDF_ICB_MULTI_VERSIONS 0x1000
#define UDF_ICB_STREAM 0x2000

#define UDF_STRATEGY_4 4
#define UDF_STRATEGY_4096 4096

/**
 * Blocks of the extent of an ICB of STRATEGY (ECMA-167 4/14.6, UDF 6.6): of 4096 the second one holds
 * what ends the chain of entries or leads on.
 */
static inline uint32_t udf_icb_blocks(uint16_t strategy)
{
	return strategy == UDF_STRATEGY_4096 ? 2 : 1;
}

struct udf_icbtag {
	uint32_t prior_entries;
	uint16_t strategy;
	uint16_t strategy_parameter;
	uint16_t max_entries;
	uint8_t reserved;
	uint8_t file_type;
	struct udf_lb_addr parent;
	uint16_t flags;
};

#define UDF_FE_FIXED_BYTES 176
#define UDF_EFE_FIXED_BYTES 216
/* Fields that are changed in place, as bytes of the descriptor (ECMA-167 3/7.2, 4/14.9, 4/14.17) */
#define UDF_TAG_LOCATION_AT 12
#define UDF_FE_LINK_COUNT_AT 48		/* in an EFE, too */
#define UDF_FE_AD_BYTES_AT 172		/* LengthOfAllocationDescriptors */
#define UDF_EFE_AD_BYTES_AT 212
/* and that say how long a descriptor is, before it is decoded (4/14.4, 3/10.6, 3/10.8) */
#define UDF_FID_NAME_BYTES_AT 19
#define UDF_FID_IMPL_USE_BYTES_AT 36
#define UDF_LVD_MAP_BYTES_AT 264
#define UDF_USD_COUNT_AT 20
/* and that decide which descriptors of a volume descriptor sequence compete, and which prevails (3/8.4.3) */
#define UDF_VDS_NUMBER_AT 16		/* VolumeDescriptorSequenceNumber, in all except the TD */
#define UDF_PVD_VOLUME_ID_AT 24		/* dstring of 32 bytes */
#define UDF_PVD_VOLUME_SET_ID_AT 72	/* dstring of 128 bytes; DescriptorCharacterSet follows */
#define UDF_IUVD_IMPL_AT 20		/* ImplementationIdentifier */
#define UDF_PD_NUMBER_AT 22		/* PartitionNumber */
#define UDF_LVD_CHARSET_AT 20		/* DescriptorCharacterSet; LogicalVolumeIdentifier follows */

struct udf_fe {				/* File Entry or Extended File Entry, as tag.id says */
	struct udf_tag tag;
	struct udf_icbtag icb;
	uint32_t uid, gid;
	uint32_t permissions;
	uint16_t link_count;
	uint8_t record_format, record_display;
	uint32_t record_length;
	uint64_t information_bytes;
	uint64_t object_bytes;		/* EFE */
	uint64_t blocks_recorded;
	struct udf_timestamp access_time, modification_time;
	struct udf_timestamp creation_time;	/* EFE */
	struct udf_timestamp attribute_time;
	uint32_t checkpoint;
	uint8_t reserved[4];		/* EFE */
	struct udf_long_ad ea_icb;
	struct udf_long_ad stream_icb;	/* EFE */
	struct udf_regid impl;
	uint64_t unique_id;
	uint32_t ea_bytes;
	uint32_t ad_bytes;
};

#define UDF_FID_FIXED_BYTES 38u
#define UDF_FID_HIDDEN 0x01
#define UDF_FID_DIRECTORY 0x02
#define UDF_FID_DELETED 0x04
#define UDF_FID_PARENT 0x08
#define UDF_FID_METADATA 0x10

struct udf_fid {
	struct udf_tag tag;
	uint16_t version_number;
	uint8_t characteristics;
	uint8_t name_bytes;		/* L_FI, with the compression ID */
	struct udf_long_ad icb;
	uint16_t impl_use_bytes;	/* L_IU */
	const uint8_t *impl_use;	/* borrowed from the buffer; NULL on encoding: zeros */
	const uint8_t *name;		/* borrowed from the buffer */
};

#define UDF_AED_FIXED_BYTES 24
struct udf_aed {			/* allocation descriptors follow at 24 */
	struct udf_tag tag;
	uint32_t previous_lbn;
	uint32_t ad_bytes;
};

struct udf_ie {
	struct udf_tag tag;
	struct udf_icbtag icb;
	struct udf_long_ad next_icb;
};

struct udf_te {
	struct udf_tag tag;
	struct udf_icbtag icb;
};

#define UDF_USE_FIXED_BYTES 40
struct udf_use {			/* short_ads follow at 40 */
	struct udf_tag tag;
	struct udf_icbtag icb;
	uint32_t ad_bytes;
};

#define UDF_SBD_FIXED_BYTES 24
struct udf_sbd {			/* bitmap follows at 24 */
	struct udf_tag tag;
	uint32_t n_bits;
	uint32_t n_bytes;
};

#define UDF_EAHD_BYTES 24
#define UDF_EA_NONE 0xFFFFFFFFu
struct udf_eahd {
	struct udf_tag tag;
	uint32_t impl_at, app_at;	/* byte offsets from the EAHD */
};

#define UDF_EA_HEADER_BYTES 12
/* Up to where an attribute of a type begins to vary; its first field is the length of what follows. */
#define UDF_EA_CHARSET_FIXED_BYTES 17
#define UDF_EA_TIMES_FIXED_BYTES 20
#define UDF_EA_DEVICE_FIXED_BYTES 24
#define UDF_EA_USE_FIXED_BYTES 48
#define UDF_EA_LENGTH_AT 12
enum udf_ea_type {
	UDF_EA_CHARSET = 1,
	UDF_EA_ALT_PERMISSIONS = 3,
	UDF_EA_FILE_TIMES = 5,
	UDF_EA_INFO_TIMES = 6,
	UDF_EA_DEVICE = 12,
	UDF_EA_IMPL_USE = 2048,
	UDF_EA_APP_USE = 65536,
};

struct udf_ea {				/* generic header; the body follows at 12 */
	uint32_t type;
	uint8_t subtype;
	uint8_t reserved[3];
	uint32_t n_bytes;		/* whole attribute */
};

struct udf_ea_device {			/* Device Specification, body */
	uint32_t impl_use_bytes;
	uint32_t major, minor;
};

struct udf_vat200 {			/* header of a UDF 2.00+ VAT; implementation use follows at 152 */
	uint16_t header_bytes, impl_use_bytes;
	uint8_t logical_volume_id[128];
	uint32_t previous_icb_lbn;
	uint32_t n_files, n_directories;
	uint16_t min_read_revision, min_write_revision, max_write_revision;
	uint8_t reserved[2];
};

struct udf_vat150_tail {
	struct udf_regid id;
	uint32_t previous_icb_lbn;
};

/* ---- sparing table entries (UDF 2.2.12) ---- */

#define UDF_SPARING_ENTRY_BYTES 8
#define UDF_SPARING_COUNT_AT 48		/* number of entries, in the table */
#define UDF_SPARING_AVAILABLE 0xFFFFFFFFu	/* original_lbn of a spare packet not in use */
#define UDF_SPARING_DEFECTIVE 0xFFFFFFF0u	/* original_lbn of a spare packet that is bad itself */

struct udf_sparing_entry {
	uint32_t original_lbn;		/* first block of the packet, in the partition; or one above */
	uint32_t mapped_lsn;		/* first sector of the packet that replaces it */
};

/* ---- extended attributes: bodies after the generic header (ECMA-167 4/14.10) ---- */

struct udf_ea_charset {			/* from byte 12; escape sequences follow */
	uint32_t escape_bytes;
	uint8_t type;
};

struct udf_ea_alt_permissions {		/* from byte 12; UDF does not allow them */
	uint16_t owner, group, permissions;
};

struct udf_ea_times {			/* File Times, Information Times; from byte 12 */
	uint32_t data_bytes;
	uint32_t existence;		/* a timestamp follows for each bit set, ascending */
};
#define UDF_EA_TIME_CREATION 0x01	/* in both */

struct udf_ea_use {			/* implementation and application use; from byte 12 */
	uint32_t use_bytes;
	struct udf_regid id;
};

/* Use areas that UDF defines (UDF 3.3.4.5); all begin with the checksum of the 48 bytes before. */
struct udf_ea_free_space {		/* free bytes follow */
	uint16_t checksum;
};

struct udf_ea_dvd_cgms {
	uint16_t checksum;
	uint8_t cgms_information, data_structure_type;
	uint8_t protection_system[4];
};

struct udf_ea_os2_length {
	uint16_t checksum;
	uint32_t ea_bytes;
};

struct udf_ea_mac_volume {
	uint16_t checksum;
	struct udf_timestamp modification_time, backup_time;
	uint8_t finder_info[32];
};

struct udf_ea_mac_finder_dir {
	uint16_t checksum;
	uint8_t padding[2];
	uint32_t parent_directory_id;
	uint8_t info[16], extended_info[16];
};

struct udf_ea_mac_finder_file {
	uint16_t checksum;
	uint8_t padding[2];
	uint32_t parent_directory_id;
	uint8_t info[16], extended_info[16];
	uint32_t fork_bytes, fork_allocated_bytes;
};

struct udf_ea_mac_id_table {		/* maps follow */
	uint16_t checksum;
	uint8_t padding[2];
	uint32_t n_maps;
};

struct udf_ea_os400_dir {
	uint16_t checksum;
	uint8_t reserved[2];
	uint8_t info[44];
};

struct udf_ea_vat_extension {		/* UDF 1.50 errata (DCN-5003) */
	uint16_t checksum;
	uint64_t verification_id;	/* the VAT ICB's UniqueID, or the attribute is void */
	uint32_t n_files, n_directories;
	uint8_t logical_volume_id[128];
};

/* ---- Unique ID Mapping Data stream (UDF 3.3.7.1) ---- */

struct udf_id_mapping {			/* entries follow at 48, ascending by unique_id */
	struct udf_regid impl;
	uint32_t flags;
	uint32_t n_entries;
	uint8_t reserved[8];
};

struct udf_id_mapping_entry {
	uint32_t unique_id;
	uint32_t parent_lbn, object_lbn;
	uint16_t parent_part_ref, object_part_ref;
};

#endif
