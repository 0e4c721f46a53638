/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field tables of the records inside descriptors. */
#include "ecma/layout_rows.h"

/* ECMA-167 3/7.2. */
static const struct udf_row tag_rows[] = {
	NUMBER(udf_tag, id, "TagIdentifier", 0, 2),
	NUMBER(udf_tag, version, "DescriptorVersion", 2, 2, RANGE(2, 3)),
	HEX(udf_tag, checksum, "TagChecksum", 4, 1),
	RESERVED_BYTE(udf_tag, reserved, 5),
	NUMBER(udf_tag, serial, "TagSerialNumber", 6, 2),
	HEX(udf_tag, crc, "DescriptorCRC", 8, 2),
	NUMBER(udf_tag, crc_bytes, "DescriptorCRCLength", 10, 2),
	NUMBER(udf_tag, location, "TagLocation", 12, 4),
};
LAYOUT(tag, "Descriptor Tag", UDF_TAG_NONE, 16, udf_tag, tag_rows);

/* ECMA-167 1/7.2.1. */
static const struct udf_row charspec_rows[] = {
	NUMBER(udf_charspec, type, "CharacterSetType", 0, 1),
	TEXT(udf_charspec, info, "CharacterSetInfo", 1, 63),
};
LAYOUT(charspec, "Character Set Specification", UDF_TAG_NONE, 64, udf_charspec, charspec_rows);

/* ECMA-167 1/7.3. */
static const struct udf_row timestamp_rows[] = {
	HEX(udf_timestamp, type_and_zone, "TypeAndTimezone", 0, 2),
	FIELD(udf_timestamp, year, "Year", 2, 2, UDF_ROW_SIGNED, .rule = UDF_RULE_NONE),
	NUMBER(udf_timestamp, month, "Month", 4, 1),
	NUMBER(udf_timestamp, day, "Day", 5, 1),
	NUMBER(udf_timestamp, hour, "Hour", 6, 1),
	NUMBER(udf_timestamp, minute, "Minute", 7, 1),
	NUMBER(udf_timestamp, second, "Second", 8, 1),
	NUMBER(udf_timestamp, centiseconds, "Centiseconds", 9, 1),
	NUMBER(udf_timestamp, hundreds_of_microseconds, "HundredsOfMicroseconds", 10, 1),
	NUMBER(udf_timestamp, microseconds, "Microseconds", 11, 1),
};
LAYOUT(timestamp, "Timestamp", UDF_TAG_NONE, 12, udf_timestamp, timestamp_rows);

/* ECMA-167 1/7.4. */
static const struct udf_row regid_rows[] = {
	HEX(udf_regid, flags, "Flags", 0, 1, ZERO),
	TEXT(udf_regid, id, "Identifier", 1, 23),
	BYTES(udf_regid, suffix, "IdentifierSuffix", 24, 8),
};
LAYOUT(regid, "Entity Identifier", UDF_TAG_NONE, 32, udf_regid, regid_rows);

/* ECMA-167 3/7.1. */
static const struct udf_row extent_ad_rows[] = {
	NUMBER(udf_extent_ad, n_bytes, "ExtentLength", 0, 4),
	NUMBER(udf_extent_ad, lsn, "ExtentLocation", 4, 4),
};
LAYOUT(extent_ad, "Extent Descriptor", UDF_TAG_NONE, 8, udf_extent_ad, extent_ad_rows);

/* ECMA-167 4/7.1. */
static const struct udf_row lb_addr_rows[] = {
	NUMBER(udf_lb_addr, lbn, "LogicalBlockNumber", 0, 4),
	NUMBER(udf_lb_addr, part_ref, "PartitionReferenceNumber", 4, 2),
};
LAYOUT(lb_addr, "Recorded Address", UDF_TAG_NONE, 6, udf_lb_addr, lb_addr_rows);

/* ECMA-167 4/14.14.1. */
static const struct udf_row short_ad_rows[] = {
	HEX(udf_short_ad, length, "ExtentLength", 0, 4),
	NUMBER(udf_short_ad, lbn, "ExtentPosition", 4, 4),
};
LAYOUT(short_ad, "Short Allocation Descriptor", UDF_TAG_NONE, 8, udf_short_ad, short_ad_rows);

/* ECMA-167 4/14.14.2, UDF 2.3.10.1. */
static const struct udf_row long_ad_rows[] = {
	HEX(udf_long_ad, length, "ExtentLength", 0, 4),
	RECORD(udf_long_ad, addr, "ExtentLocation", 4, lb_addr),
	HEX(udf_long_ad, flags, "ADImpUseFlags", 10, 2, MASK(1)),
	NUMBER(udf_long_ad, unique_id, "UDFUniqueID", 12, 4),
};
LAYOUT(long_ad, "Long Allocation Descriptor", UDF_TAG_NONE, 16, udf_long_ad, long_ad_rows);

/* ECMA-167 4/14.14.3. */
static const struct udf_row ext_ad_rows[] = {
	HEX(udf_ext_ad, length, "ExtentLength", 0, 4),
	NUMBER(udf_ext_ad, recorded_bytes, "RecordedLength", 4, 4),
	NUMBER(udf_ext_ad, information_bytes, "InformationLength", 8, 4),
	RECORD(udf_ext_ad, addr, "ExtentLocation", 12, lb_addr),
	BYTES(udf_ext_ad, impl_use, "ImplementationUse", 18, 2),
};
LAYOUT(ext_ad, "Extended Allocation Descriptor", UDF_TAG_NONE, 20, udf_ext_ad, ext_ad_rows);

/* ECMA-167 4/14.6. */
static const struct udf_row icbtag_rows[] = {
	NUMBER(udf_icbtag, prior_entries, "PriorRecordedNumberOfDirectEntries", 0, 4),
	NUMBER(udf_icbtag, strategy, "StrategyType", 4, 2),
	NUMBER(udf_icbtag, strategy_parameter, "StrategyParameter", 6, 2),
	NUMBER(udf_icbtag, max_entries, "MaximumNumberOfEntries", 8, 2),
	RESERVED_BYTE(udf_icbtag, reserved, 10),
	NUMBER(udf_icbtag, file_type, "FileType", 11, 1),
	RECORD(udf_icbtag, parent, "ParentICBLocation", 12, lb_addr),
	HEX(udf_icbtag, flags, "Flags", 18, 2),
};
LAYOUT(icbtag, "ICB Tag", UDF_TAG_NONE, 20, udf_icbtag, icbtag_rows);
