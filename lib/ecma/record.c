/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small records inside descriptors (ECMA-167 1/7, 3/7.1, 4/7.1, 4/14.14, 4/14.6). */
#include <string.h>

#include "base/bytes.h"
#include "ecma/codec.h"

void udf_extent_ad_decode(const uint8_t *p, struct udf_extent_ad *ret)
{
	ret->n_bytes = get_le32(p);
	ret->lsn = get_le32(p + 4);
}

void udf_extent_ad_encode(const struct udf_extent_ad *ad, uint8_t *ret)
{
	put_le32(ret, ad->n_bytes);
	put_le32(ret + 4, ad->lsn);
}

void udf_lb_addr_decode(const uint8_t *p, struct udf_lb_addr *ret)
{
	ret->lbn = get_le32(p);
	ret->part_ref = get_le16(p + 4);
}

void udf_lb_addr_encode(const struct udf_lb_addr *addr, uint8_t *ret)
{
	put_le32(ret, addr->lbn);
	put_le16(ret + 4, addr->part_ref);
}

void udf_short_ad_decode(const uint8_t *p, struct udf_short_ad *ret)
{
	ret->length = get_le32(p);
	ret->lbn = get_le32(p + 4);
}

void udf_short_ad_encode(const struct udf_short_ad *ad, uint8_t *ret)
{
	put_le32(ret, ad->length);
	put_le32(ret + 4, ad->lbn);
}

void udf_long_ad_decode(const uint8_t *p, struct udf_long_ad *ret)
{
	ret->length = get_le32(p);
	udf_lb_addr_decode(p + 4, &ret->addr);
	ret->flags = get_le16(p + 10);
	ret->unique_id = get_le32(p + 12);
}

void udf_long_ad_encode(const struct udf_long_ad *ad, uint8_t *ret)
{
	put_le32(ret, ad->length);
	udf_lb_addr_encode(&ad->addr, ret + 4);
	put_le16(ret + 10, ad->flags);
	put_le32(ret + 12, ad->unique_id);
}

void udf_ext_ad_decode(const uint8_t *p, struct udf_ext_ad *ret)
{
	ret->length = get_le32(p);
	ret->recorded_bytes = get_le32(p + 4);
	ret->information_bytes = get_le32(p + 8);
	udf_lb_addr_decode(p + 12, &ret->addr);
	memcpy(ret->impl_use, p + 18, sizeof(ret->impl_use));
}

void udf_ext_ad_encode(const struct udf_ext_ad *ad, uint8_t *ret)
{
	put_le32(ret, ad->length);
	put_le32(ret + 4, ad->recorded_bytes);
	put_le32(ret + 8, ad->information_bytes);
	udf_lb_addr_encode(&ad->addr, ret + 12);
	memcpy(ret + 18, ad->impl_use, sizeof(ad->impl_use));
}

void udf_icbtag_decode(const uint8_t *p, struct udf_icbtag *ret)
{
	ret->prior_entries = get_le32(p);
	ret->strategy = get_le16(p + 4);
	ret->strategy_parameter = get_le16(p + 6);
	ret->max_entries = get_le16(p + 8);
	ret->reserved = p[10];
	ret->file_type = p[11];
	udf_lb_addr_decode(p + 12, &ret->parent);
	ret->flags = get_le16(p + 18);
}

void udf_icbtag_encode(const struct udf_icbtag *tag, uint8_t *ret)
{
	put_le32(ret, tag->prior_entries);
	put_le16(ret + 4, tag->strategy);
	put_le16(ret + 6, tag->strategy_parameter);
	put_le16(ret + 8, tag->max_entries);
	ret[10] = tag->reserved;
	ret[11] = tag->file_type;
	udf_lb_addr_encode(&tag->parent, ret + 12);
	put_le16(ret + 18, tag->flags);
}

void udf_regid_decode(const uint8_t *p, struct udf_regid *ret)
{
	ret->flags = p[0];
	memcpy(ret->id, p + 1, sizeof(ret->id));
	memcpy(ret->suffix, p + 24, sizeof(ret->suffix));
}

void udf_regid_encode(const struct udf_regid *id, uint8_t *ret)
{
	ret[0] = id->flags;
	memcpy(ret + 1, id->id, sizeof(id->id));
	memcpy(ret + 24, id->suffix, sizeof(id->suffix));
}

void udf_timestamp_decode(const uint8_t *p, struct udf_timestamp *ret)
{
	ret->type_and_zone = get_le16(p);
	ret->year = (int16_t)get_le16(p + 2);
	ret->month = p[4];
	ret->day = p[5];
	ret->hour = p[6];
	ret->minute = p[7];
	ret->second = p[8];
	ret->centiseconds = p[9];
	ret->hundreds_of_microseconds = p[10];
	ret->microseconds = p[11];
}

void udf_timestamp_encode(const struct udf_timestamp *ts, uint8_t *ret)
{
	put_le16(ret, ts->type_and_zone);
	put_le16(ret + 2, (uint16_t)ts->year);
	ret[4] = ts->month;
	ret[5] = ts->day;
	ret[6] = ts->hour;
	ret[7] = ts->minute;
	ret[8] = ts->second;
	ret[9] = ts->centiseconds;
	ret[10] = ts->hundreds_of_microseconds;
	ret[11] = ts->microseconds;
}
