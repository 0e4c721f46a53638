/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cs0.h"
#include "ecma/codec.h"
#include "ecma/dump_internal.h"
#include "ecma/internal.h"

#define OPAQUE_MAX_BYTES 512
#define TEXT_MAX_BYTES (OPAQUE_MAX_BYTES * 2 + 32)

static void emit(struct udf_dumper *d, struct udf_item item)
{
	item.depth = d->depth;
	d->emit(d->ctx, &item);
}

void udf_dump_open(struct udf_dumper *d, const char *name, bool is_list)
{
	emit(d, (struct udf_item){ .kind = UDF_ITEM_OPEN, .name = name, .is_list = is_list });
	d->depth++;
}

void udf_dump_close(struct udf_dumper *d, bool is_list)
{
	d->depth--;
	emit(d, (struct udf_item){ .kind = UDF_ITEM_CLOSE, .is_list = is_list });
}

void udf_dump_number(struct udf_dumper *d, const char *name, uint64_t number)
{
	emit(d, (struct udf_item){ .kind = UDF_ITEM_NUMBER, .name = name, .number = number });
}

void udf_dump_text(struct udf_dumper *d, const char *name, const char *text)
{
	emit(d, (struct udf_item){ .kind = UDF_ITEM_TEXT, .name = name, .text = text });
}

void udf_dump_bytes(struct udf_dumper *d, const char *name, const uint8_t *bytes, size_t n_bytes)
{
	static const char digits[] = "0123456789abcdef";
	char text[TEXT_MAX_BYTES];
	size_t out = 0;
	bool is_cut = n_bytes > OPAQUE_MAX_BYTES;

	if (is_cut)
		n_bytes = OPAQUE_MAX_BYTES;
	while (!is_cut && n_bytes > 0 && bytes[n_bytes - 1] == 0)
		n_bytes--;
	for (size_t i = 0; i < n_bytes; i++) {
		text[out++] = digits[bytes[i] >> 4];
		text[out++] = digits[bytes[i] & 0xF];
	}
	memcpy(text + out, is_cut ? "..." : "", is_cut ? 4 : 1);
	udf_dump_text(d, name, text);
}

void udf_dump_name(struct udf_dumper *d, const char *name, const uint8_t *cs0, size_t n_bytes)
{
	char text[UDF_CS0_UTF8_MAX_BYTES(256) + 1];
	size_t n_text;

	if (udf_cs0_to_utf8(cs0, n_bytes, text, sizeof(text), &n_text) || strlen(text) != n_text)
		udf_dump_bytes(d, name, cs0, n_bytes);
	else
		udf_dump_text(d, name, text);
}

static void dump_ascii(struct udf_dumper *d, const char *name, const uint8_t *bytes, size_t n_bytes)
{
	char text[64 * 4 + 1];
	size_t out = 0;

	while (n_bytes > 0 && bytes[n_bytes - 1] == 0)
		n_bytes--;
	for (size_t i = 0; i < n_bytes && out + 5 < sizeof(text); i++) {
		if (bytes[i] >= 0x20 && bytes[i] < 0x7F)
			text[out++] = (char)bytes[i];
		else
			out += (size_t)snprintf(text + out, sizeof(text) - out, "\\x%02x", bytes[i]);
	}
	text[out] = '\0';
	udf_dump_text(d, name, text);
}

static void dump_dstring(struct udf_dumper *d, const struct udf_row *row, const uint8_t *field)
{
	if (udf_dstring_is_valid(field, row->n_bytes))
		udf_dump_name(d, row->name, field, field[row->n_bytes - 1]);
	else
		udf_dump_bytes(d, row->name, field, row->n_bytes);
}

void udf_dump_timestamp(struct udf_dumper *d, const char *name, const struct udf_timestamp *ts)
{
	char text[64];
	int zone = ts->type_and_zone & 0xFFF;
	int n;

	if (zone & 0x800)
		zone -= 0x1000;
	n = snprintf(text, sizeof(text), "%04d-%02u-%02u %02u:%02u:%02u.%02u%02u%02u", ts->year,
		     ts->month, ts->day, ts->hour, ts->minute, ts->second, ts->centiseconds,
		     ts->hundreds_of_microseconds, ts->microseconds);
	if (zone != UDF_ZONE_UNKNOWN)
		snprintf(text + n, sizeof(text) - (size_t)n, " %c%02d:%02d", zone < 0 ? '-' : '+',
			 (zone < 0 ? -zone : zone) / 60, (zone < 0 ? -zone : zone) % 60);
	udf_dump_text(d, name, text);
}

static void dump_number(struct udf_dumper *d, const struct udf_row *row, const void *host)
{
	uint64_t v = udf_row_number(row, host);
	unsigned unused_bits = 64u - row->n_bytes * 8u;

	if (row->rule == UDF_RULE_ZERO && v == 0)
		return;
	if (row->kind == UDF_ROW_SIGNED)
		v = (uint64_t)((int64_t)(v << unused_bits) >> unused_bits);
	emit(d, (struct udf_item){ .kind = UDF_ITEM_NUMBER, .name = row->name, .number = v,
				   .is_hex = row->kind == UDF_ROW_HEX,
				   .is_signed = row->kind == UDF_ROW_SIGNED });
}

static void dump_record(struct udf_dumper *d, const struct udf_row *row, const void *member)
{
	if (row->sub == &udf_layout_timestamp) {
		udf_dump_timestamp(d, row->name, member);
		return;
	}
	udf_dump_open(d, row->name, false);
	udf_dump_rows(d, row->sub, member);
	udf_dump_close(d, false);
}

/* Calls itself for records within: as deep as the tables are. */
void udf_dump_rows(struct udf_dumper *d, const struct udf_layout *layout, const void *host)
{
	for (size_t i = 0; i < layout->n_rows; i++) {
		const struct udf_row *row = &layout->rows[i];
		const uint8_t *member = (const uint8_t *)host + row->host_at;

		switch ((enum udf_row_kind)row->kind) {
		case UDF_ROW_NUMBER:
		case UDF_ROW_SIGNED:
		case UDF_ROW_HEX:
			dump_number(d, row, host);
			break;
		case UDF_ROW_BYTES:
			if (row->rule != UDF_RULE_ZERO || !bytes_are_zero(member, row->n_bytes))
				udf_dump_bytes(d, row->name, member, row->n_bytes);
			break;
		case UDF_ROW_TEXT:
			dump_ascii(d, row->name, member, row->n_bytes);
			break;
		case UDF_ROW_DSTRING:
			dump_dstring(d, row, member);
			break;
		case UDF_ROW_STRUCT:
			dump_record(d, row, member);
			break;
		}
	}
}

void udf_layout_dump(const struct udf_layout *layout, const void *host, udf_emit_fn emit_item,
		     void *ctx)
{
	struct udf_dumper d = { .emit = emit_item, .ctx = ctx };

	udf_dump_open(&d, layout->name, false);
	udf_dump_rows(&d, layout, host);
	udf_dump_close(&d, false);
}

/* ---- items to text ---- */

static void number_to_text(const struct udf_item *item, char *ret, size_t cap)
{
	if (item->is_signed)
		snprintf(ret, cap, "%" PRId64, (int64_t)item->number);
	else if (item->is_hex)
		snprintf(ret, cap, "0x%" PRIX64, item->number);
	else
		snprintf(ret, cap, "%" PRIu64, item->number);
}

void udf_item_to_text(const struct udf_item *item, char ret_line[UDF_ITEM_MAX_BYTES])
{
	const char *name = item->name ? item->name : "-";
	char number[32];
	unsigned at = 0;

	ret_line[0] = '\0';
	if (item->kind == UDF_ITEM_CLOSE)
		return;
	for (; at < item->depth && at < 16; at++)
		ret_line[at] = '\t';
	if (item->kind == UDF_ITEM_OPEN) {
		snprintf(ret_line + at, UDF_ITEM_MAX_BYTES - at, "%s", name);
		return;
	}
	number_to_text(item, number, sizeof(number));
	snprintf(ret_line + at, UDF_ITEM_MAX_BYTES - at, "%s: %s", name,
		 item->kind == UDF_ITEM_TEXT ? item->text : number);
}
