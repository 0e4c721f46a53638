/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File Entry (ECMA-167 4/14.9) and Extended File Entry (4/14.17). */
#include <string.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "ecma/internal.h"

struct udf_icbtag udf_icbtag_first(uint16_t strategy, uint8_t file_type, uint16_t flags)
{
	bool is_4096 = strategy == UDF_STRATEGY_4096;

	return (struct udf_icbtag){
		.strategy = strategy, .strategy_parameter = is_4096, .max_entries = is_4096 ? 2 : 1,
		.file_type = file_type, .flags = flags,
	};
}

void udf_fe_decode(const uint8_t *p, struct udf_fe *ret_fe)
{
	udf_tag_decode(p, &ret_fe->tag);
	udf_icbtag_decode(p + 16, &ret_fe->icb);
	ret_fe->uid = get_le32(p + 36);
	ret_fe->gid = get_le32(p + 40);
	ret_fe->permissions = get_le32(p + 44);
	ret_fe->link_count = get_le16(p + 48);
	ret_fe->record_format = p[50];
	ret_fe->record_display = p[51];
	ret_fe->record_length = get_le32(p + 52);
	ret_fe->information_bytes = get_le64(p + 56);
	if (ret_fe->tag.id == UDF_TAG_EFE) {
		ret_fe->object_bytes = get_le64(p + 64);
		p += 8;
	} else {
		ret_fe->object_bytes = ret_fe->information_bytes;
	}
	ret_fe->blocks_recorded = get_le64(p + 64);
	udf_timestamp_decode(p + 72, &ret_fe->access_time);
	udf_timestamp_decode(p + 84, &ret_fe->modification_time);
	if (ret_fe->tag.id == UDF_TAG_EFE) {
		udf_timestamp_decode(p + 96, &ret_fe->creation_time);
		p += 12;
	} else {
		ret_fe->creation_time = ret_fe->modification_time;
	}
	udf_timestamp_decode(p + 96, &ret_fe->attribute_time);
	ret_fe->checkpoint = get_le32(p + 108);
	if (ret_fe->tag.id == UDF_TAG_EFE) {
		memcpy(ret_fe->reserved, p + 112, sizeof(ret_fe->reserved));
		p += 4;
		udf_long_ad_decode(p + 128, &ret_fe->stream_icb);
	} else {
		memset(ret_fe->reserved, 0, sizeof(ret_fe->reserved));
		ret_fe->stream_icb = (struct udf_long_ad){ 0 };
	}
	udf_long_ad_decode(p + 112, &ret_fe->ea_icb);
	if (ret_fe->tag.id == UDF_TAG_EFE)
		p += UDF_LONG_AD_BYTES;
	udf_regid_decode(p + 128, &ret_fe->impl);
	ret_fe->unique_id = get_le64(p + 160);
	ret_fe->ea_bytes = get_le32(p + 168);
	ret_fe->ad_bytes = get_le32(p + 172);
}

void udf_fe_encode(const struct udf_fe *fe, uint8_t *ret)
{
	bool is_efe = fe->tag.id == UDF_TAG_EFE;

	udf_tag_encode(&fe->tag, ret);
	udf_icbtag_encode(&fe->icb, ret + 16);
	put_le32(ret + 36, fe->uid);
	put_le32(ret + 40, fe->gid);
	put_le32(ret + 44, fe->permissions);
	put_le16(ret + 48, fe->link_count);
	ret[50] = fe->record_format;
	ret[51] = fe->record_display;
	put_le32(ret + 52, fe->record_length);
	put_le64(ret + 56, fe->information_bytes);
	if (is_efe) {
		put_le64(ret + 64, fe->object_bytes);
		ret += 8;
	}
	put_le64(ret + 64, fe->blocks_recorded);
	udf_timestamp_encode(&fe->access_time, ret + 72);
	udf_timestamp_encode(&fe->modification_time, ret + 84);
	if (is_efe) {
		udf_timestamp_encode(&fe->creation_time, ret + 96);
		ret += 12;
	}
	udf_timestamp_encode(&fe->attribute_time, ret + 96);
	put_le32(ret + 108, fe->checkpoint);
	if (is_efe) {
		memcpy(ret + 112, fe->reserved, sizeof(fe->reserved));
		ret += 4;
		udf_long_ad_encode(&fe->stream_icb, ret + 128);
	}
	udf_long_ad_encode(&fe->ea_icb, ret + 112);
	if (is_efe)
		ret += UDF_LONG_AD_BYTES;
	udf_regid_encode(&fe->impl, ret + 128);
	put_le64(ret + 160, fe->unique_id);
	put_le32(ret + 168, fe->ea_bytes);
	put_le32(ret + 172, fe->ad_bytes);
}

/* What a finding must contain. */
struct rules {
	const struct udf_fe *fe;
	uint16_t revision;
	struct udf_place place;
	struct udf_sink *sink;
};

static void report(const struct rules *r, enum udf_problem problem, const char *field, uint64_t found,
		   uint64_t expected)
{
	udf_tell(r->sink, r->place, problem, field, found, expected);
}

static void want(const struct rules *r, const char *field, uint64_t found, uint64_t expected)
{
	if (found != expected)
		report(r, UDF_P_FIELD, field, found, expected);
}

static uint32_t ad_size(unsigned ad_kind)
{
	return ad_kind == UDF_AD_SHORT ? UDF_SHORT_AD_BYTES : UDF_LONG_AD_BYTES;
}

/* Check the lengths and kinds that reading relies on.  All violations are reported; the first one is returned. */
static enum udf_err check_lengths(const struct rules *r, uint32_t block_bytes)
{
	const struct udf_fe *fe = r->fe;
	uint32_t ad_kind = fe->icb.flags & UDF_ICB_AD_MASK;
	uint64_t n_bytes = udf_fe_fixed_bytes(fe->tag.id) + (uint64_t)fe->ea_bytes + fe->ad_bytes;
	enum udf_err err = UDF_OK;

	if (n_bytes > block_bytes) {
		report(r, UDF_P_FE_LENGTH, "LengthOfAllocationDescriptors", n_bytes, block_bytes);
		err = UDF_E_CORRUPT;
	}
	if (fe->ea_bytes % 4 != 0) {
		report(r, UDF_P_FE_LENGTH, "LengthOfExtendedAttributes", fe->ea_bytes,
		       fe->ea_bytes & ~3u);
		err = UDF_E_CORRUPT;
	}
	if (fe->icb.strategy != UDF_STRATEGY_4 && fe->icb.strategy != UDF_STRATEGY_4096) {
		report(r, UDF_P_ICB_STRATEGY, "StrategyType", fe->icb.strategy, UDF_STRATEGY_4);
		err = UDF_E_CORRUPT;
	}
	if (ad_kind == UDF_AD_EXTENDED || ad_kind > UDF_AD_EMBEDDED) {
		report(r, UDF_P_ICB_AD_KIND, "ICBTag.Flags", ad_kind, UDF_AD_SHORT);
		return UDF_E_CORRUPT;
	}
	if (ad_kind != UDF_AD_EMBEDDED) {
		if (fe->ad_bytes % ad_size(ad_kind) != 0)
			report(r, UDF_P_FE_AD_LENGTH, "LengthOfAllocationDescriptors", fe->ad_bytes,
			       fe->ad_bytes - fe->ad_bytes % ad_size(ad_kind));
		return err;
	}
	if (fe->information_bytes != fe->ad_bytes)
		report(r, UDF_P_FE_EMBEDDED_LENGTH, "LengthOfAllocationDescriptors", fe->ad_bytes,
		       fe->information_bytes);
	if (fe->blocks_recorded != 0)
		report(r, UDF_P_FE_EMBEDDED_LENGTH, "LogicalBlocksRecorded", fe->blocks_recorded, 0);
	return fe->information_bytes > fe->ad_bytes ? UDF_E_CORRUPT : err;
}

/* Does the revision define this file type?  Types by agreement are not included. */
static bool file_type_is_known(uint8_t type, uint16_t revision)
{
	switch (type) {
	case UDF_FT_STREAM_DIRECTORY:
	case UDF_FT_VAT:
		return revision >= 0x0200;
	case UDF_FT_REAL_TIME:
		return revision >= 0x0201;
	case UDF_FT_METADATA:
	case UDF_FT_METADATA_MIRROR:
	case UDF_FT_METADATA_BITMAP:
		return revision >= 0x0250;
	default:
		return type == UDF_FT_UNSPECIFIED ||
		       (type >= UDF_FT_DIRECTORY && type <= UDF_FT_SYMLINK && type != UDF_FT_TE);
	}
}

void udf_icbtag_check(const struct udf_icbtag *icb, uint16_t revision, struct udf_place place,
		      struct udf_sink *sink)
{
	bool is_4096 = icb->strategy == UDF_STRATEGY_4096;
	uint16_t odd = UDF_ICB_NON_RELOCATABLE | UDF_ICB_CONTIGUOUS;
	uint16_t forbidden = UDF_ICB_SORTED | UDF_ICB_TRANSFORMED | UDF_ICB_MULTI_VERSIONS | 0xC000;
	const struct rules r = { NULL, revision, place, sink };

	want(&r, "StrategyParameter", icb->strategy_parameter, is_4096 ? 1 : 0);
	want(&r, "MaximumNumberOfEntries", icb->max_entries, is_4096 ? 2 : 1);
	if (!is_4096) {
		want(&r, "PriorRecordedNumberOfDirectEntries", icb->prior_entries, 0);
		if (icb->parent.lbn || icb->parent.part_ref)
			report(&r, revision < 0x0200 ? UDF_P_FIELD : UDF_P_FIELD_ODD,
			       "ParentICBLocation", icb->parent.lbn, 0);
	}
	if (icb->flags & forbidden)
		report(&r, UDF_P_RESERVED, "ICBTag.Flags", icb->flags & forbidden, 0);
	if (icb->flags & odd)
		report(&r, UDF_P_FIELD_ODD, "ICBTag.Flags", icb->flags & odd, 0);
	if ((icb->flags & UDF_ICB_STREAM) && revision < 0x0200)
		report(&r, UDF_P_REVISION, "ICBTag.Flags", icb->flags & UDF_ICB_STREAM, 0);
}

enum udf_err udf_fe_validate(const struct udf_fe *fe, uint32_t block_bytes, uint16_t revision,
			     struct udf_place place, struct udf_sink *sink)
{
	const struct rules r = { fe, revision, place, sink };
	enum udf_err err = check_lengths(&r, block_bytes);
	bool is_efe = fe->tag.id == UDF_TAG_EFE;

	if (!sink)
		return err;
	udf_icbtag_check(&fe->icb, revision, place, sink);
	if (!file_type_is_known(fe->icb.file_type, revision))
		report(&r, UDF_P_ICB_FILE_TYPE, "FileType", fe->icb.file_type, UDF_FT_REGULAR);
	udf_layout_check(is_efe ? &udf_layout_efe : &udf_layout_fe, fe, revision, place, sink);
	if (is_efe && revision < 0x0200)
		report(&r, UDF_P_REVISION, "TagIdentifier", fe->tag.id, UDF_TAG_FE);
	return err;
}
