/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The simple rules of field tables. */
#include <string.h>

#include "base/bytes.h"
#include "base/cs0.h"
#include "ecma/codec.h"
#include "ecma/internal.h"
#include "ecma/layout.h"

#define FIELD_MAX_BYTES 512

struct check {
	uint16_t revision;
	struct udf_place place;
	struct udf_sink *sink;
	bool failed;
};

static void report(struct check *check, enum udf_problem problem, const struct udf_row *row,
		   uint64_t found, uint64_t expected)
{
	udf_tell(check->sink, check->place, problem, row->name, found, expected);
	check->failed |= problem != UDF_P_FIELD_ODD && problem != UDF_P_ENTITY_ID_EMPTY;
}

/* One row's bytes as they are on the disc. */
static void row_encode(const struct udf_row *row, const void *member, uint8_t *ret)
{
	struct udf_row one = *row;
	const struct udf_layout layout = { .n_rows = 1, .rows = &one };

	one.at = 0;
	one.host_at = 0;
	udf_layout_encode(&layout, member, ret);
}

static void check_zero(struct check *check, const struct udf_row *row, const void *member)
{
	uint8_t bytes[FIELD_MAX_BYTES];

	row_encode(row, member, bytes);
	for (size_t i = 0; i < row->n_bytes; i++)
		if (bytes[i] != 0) {
			report(check, UDF_P_RESERVED, row, bytes[i], 0);
			return;
		}
}

static void check_dstring(struct check *check, const struct udf_row *row, const uint8_t *field)
{
	if (!udf_dstring_is_valid(field, row->n_bytes))
		report(check, UDF_P_DSTRING, row, field[row->n_bytes - 1], 0);
	else if (row->rule == UDF_RULE_NAME && field[row->n_bytes - 1] == 0)
		report(check, UDF_P_DSTRING_EMPTY, row, 0, 0);
}

static void check_time(struct check *check, const struct udf_row *row,
		       const struct udf_timestamp *ts)
{
	struct udf_time time;
	enum udf_err err = udf_timestamp_to_time(ts, &time);

	if (err == UDF_END && row->rule == UDF_RULE_TIME_OR_ZERO)
		return;
	if (err || ts->type_and_zone >> 12 != 1)
		report(check, UDF_P_TIMESTAMP, row, ts->type_and_zone, 1 << 12);
	else if (time.zone_minutes != UDF_ZONE_UNKNOWN && time.zone_minutes % 15 != 0)
		report(check, UDF_P_FIELD_ODD, row, ts->type_and_zone & 0xFFF, 0);
}

static bool id_begins(const struct udf_regid *id, const char *text)
{
	return strncmp((const char *)id->id, text, strlen(text)) == 0;
}

/* UDF appendix 6.3: the operating systems by class. */
static bool os_is_known(uint8_t class, uint8_t id)
{
	static const uint8_t last_id[] = { 255, 0, 0, 1, 8, 0, 0, 0, 0, 0 };

	return class < sizeof(last_id) && id <= last_id[class];
}

static bool suffix_is_good(const struct udf_regid *id, enum udf_row_rule rule)
{
	const uint8_t *suffix = id->suffix;

	if (rule == UDF_RULE_DOMAIN_ID)
		return !(suffix[2] & ~(UDF_DOMAIN_HARD_PROTECT | UDF_DOMAIN_SOFT_PROTECT)) &&
		       bytes_are_zero(suffix + 3, 5);
	if (rule == UDF_RULE_UDF_ID)
		return os_is_known(suffix[2], suffix[3]) && bytes_are_zero(suffix + 4, 4);
	if (rule == UDF_RULE_IMPL_ID)
		return os_is_known(suffix[0], suffix[1]);
	return true;
}

/* UDF 2.1.5.  Only a caller that knows the volume can check that the revision is the volume's. */
static void check_id(struct check *check, const struct udf_row *row, const struct udf_regid *id)
{
	enum udf_row_rule rule = (enum udf_row_rule)row->rule;
	bool is_good;

	if (rule == UDF_RULE_IMPL_ID && bytes_are_zero(id->id, sizeof(id->id))) {
		report(check, UDF_P_ENTITY_ID_EMPTY, row, 0, 0);
		return;
	}
	if (rule == UDF_RULE_DOMAIN_ID)
		is_good = udf_regid_is(id, UDF_ID_DOMAIN) && udf_regid_is_padded(id);
	else if (rule == UDF_RULE_UDF_ID)
		is_good = id_begins(id, "*UDF ") && udf_regid_is_padded(id);
	else if (rule == UDF_RULE_IMPL_ID)
		is_good = id->id[0] == '*' && !id_begins(id, "*UDF ") && !id_begins(id, "*OSTA ");
	else
		is_good = true;
	if (!is_good)
		report(check, UDF_P_ENTITY_ID, row, id->id[0], '*');
	if (id->flags != 0)
		report(check, UDF_P_ENTITY_ID, row, id->flags, 0);
	if (!suffix_is_good(id, rule))
		report(check, UDF_P_ENTITY_ID, row, (uint64_t)id->suffix[0] << 8 | id->suffix[1], 0);
}

static void check_extent(struct check *check, const struct udf_row *row,
			 const struct udf_extent_ad *ad)
{
	if (UDF_EXTENT_TYPE(ad->n_bytes) != 0)
		report(check, UDF_P_FIELD, row, ad->n_bytes, UDF_EXTENT_BYTES(ad->n_bytes));
	else if (ad->n_bytes == 0 && ad->lsn != 0)
		report(check, UDF_P_FIELD, row, ad->lsn, 0);
}

static void check_short_extent(struct check *check, const struct udf_row *row,
			       const struct udf_short_ad *ad)
{
	const struct udf_extent_ad extent = { ad->length, ad->lbn };

	check_extent(check, row, &extent);
}

static void check_icb(struct check *check, const struct udf_row *row, const struct udf_long_ad *icb)
{
	if (UDF_EXTENT_TYPE(icb->length) != UDF_EXTENT_RECORDED)
		report(check, UDF_P_FIELD, row, icb->length, UDF_EXTENT_BYTES(icb->length));
	else if (icb->length == 0)
		check_zero(check, row, icb);
	else if (icb->flags != 0)
		report(check, UDF_P_RESERVED, row, icb->flags, 0);
}

static void check_number(struct check *check, const struct udf_row *row, const void *host)
{
	uint64_t v = udf_row_number(row, host);

	if (row->rule == UDF_RULE_RANGE && (v < row->low || v > row->high))
		report(check, UDF_P_FIELD, row, v, v < row->low ? row->low : row->high);
	else if (row->rule == UDF_RULE_MASK && (v & ~row->high))
		report(check, UDF_P_RESERVED, row, v, v & row->high);
}

static void check_row(struct check *check, const struct udf_row *row, const void *host)
{
	const void *member = (const uint8_t *)host + row->host_at;
	enum udf_row_rule rule = (enum udf_row_rule)row->rule;

	if (row->since && check->revision && check->revision < row->since)
		rule = UDF_RULE_ZERO;
	switch (rule) {
	case UDF_RULE_NONE:
		break;
	case UDF_RULE_ZERO:
		check_zero(check, row, member);
		break;
	case UDF_RULE_RANGE:
	case UDF_RULE_MASK:
		check_number(check, row, host);
		break;
	case UDF_RULE_CS0:
		if (!udf_charspec_is_cs0(member))
			report(check, UDF_P_CHARSPEC, row, 0, 0);
		break;
	case UDF_RULE_DSTRING:
	case UDF_RULE_NAME:
		check_dstring(check, row, member);
		break;
	case UDF_RULE_TIME:
	case UDF_RULE_TIME_OR_ZERO:
		check_time(check, row, member);
		break;
	case UDF_RULE_DOMAIN_ID:
	case UDF_RULE_UDF_ID:
	case UDF_RULE_IMPL_ID:
	case UDF_RULE_APP_ID:
		check_id(check, row, member);
		break;
	case UDF_RULE_EXTENT:
		check_extent(check, row, member);
		break;
	case UDF_RULE_SHORT_EXTENT:
		check_short_extent(check, row, member);
		break;
	case UDF_RULE_ICB:
		check_icb(check, row, member);
		break;
	}
}

/* The rules of a nested record apply where its row has none.  Tags are checked by udf_tag_verify(). */
static bool has_inner_rules(const struct udf_row *row)
{
	return row->kind == UDF_ROW_STRUCT && row->rule == UDF_RULE_NONE &&
	       row->sub != &udf_layout_tag;
}

static void check_rows(struct check *check, const struct udf_layout *layout, const void *host)
{
	for (size_t i = 0; i < layout->n_rows && (check->sink || !check->failed); i++) {
		const struct udf_row *row = &layout->rows[i];

		if (has_inner_rules(row))
			check_rows(check, row->sub, (const uint8_t *)host + row->host_at);
		else
			check_row(check, row, host);
	}
}

enum udf_err udf_layout_check(const struct udf_layout *layout, const void *host, uint16_t revision,
			      struct udf_place place, struct udf_sink *sink)
{
	struct check check = { .revision = revision, .place = place, .sink = sink };

	check_rows(&check, layout, host);
	return check.failed ? UDF_E_CORRUPT : UDF_OK;
}
