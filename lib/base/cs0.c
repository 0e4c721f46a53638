/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bytes.h"
#include "base/cs0.h"
#include "base/utf8.h"

#define ID_8 8
#define ID_16 16
#define ID_DELETED_8 254
#define ID_DELETED_16 255

#define REPLACEMENT 0xFFFD

static bool is_high_surrogate(uint32_t unit)
{
	return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(uint32_t unit)
{
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

size_t udf_utf8_get(const uint8_t *p, size_t avail, uint32_t *ret_char)
{
	static const uint32_t smallest[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n;
	uint32_t c;

	if (p[0] < 0x80) {
		*ret_char = p[0];
		return 1;
	}
	if (p[0] >= 0xF0)
		n = 4;
	else
		n = p[0] >= 0xE0 ? 3 : 2;
	if (p[0] < 0xC0 || p[0] > 0xF4 || n > avail)
		return 0;
	c = p[0] & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3Fu);
	}
	if (c < smallest[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return 0;
	*ret_char = c;
	return n;
}

static size_t utf8_char_bytes(uint32_t c)
{
	if (c < 0x80)
		return 1;
	if (c < 0x800)
		return 2;
	return c < 0x10000 ? 3 : 4;
}

size_t udf_utf8_put(uint32_t c, char *ret)
{
	size_t n = utf8_char_bytes(c);

	if (n == 1) {
		ret[0] = (char)c;
		return 1;
	}
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		ret[i] = (char)(0x80 | (c & 0x3F));
	ret[0] = (char)((0xF00u >> n & 0xFF) | c);
	return n;
}

static bool is_ascii(const uint8_t *p, size_t n_bytes)
{
	size_t i = 0;

	for (; n_bytes - i >= 8; i += 8)
		if (get_le64(p + i) & UINT64_C(0x8080808080808080))
			return false;
	for (; i < n_bytes; i++)
		if (p[i] & 0x80)
			return false;
	return true;
}

/* Count the UTF-16 units of TEXT, and find out whether one of them needs 16 bits. */
static enum udf_err measure_utf8(const uint8_t *text, size_t n_text_bytes, size_t *ret_n_units,
				 bool *ret_is_wide)
{
	size_t n_units = 0;
	bool is_wide = false;

	for (size_t at = 0; at < n_text_bytes;) {
		uint32_t c;
		size_t n = udf_utf8_get(text + at, n_text_bytes - at, &c);

		if (n == 0 || c == 0xFEFF || c == 0xFFFE)
			return UDF_E_BAD_NAME;
		at += n;
		n_units += c > 0xFFFF ? 2 : 1;
		is_wide |= c > 0xFF;
	}
	*ret_n_units = n_units;
	*ret_is_wide = is_wide;
	return UDF_OK;
}

enum udf_err udf_cs0_from_utf8(const char *text, size_t n_text_bytes, uint8_t *ret_cs0, size_t cap,
			       size_t *ret_n_bytes)
{
	const uint8_t *in = (const uint8_t *)text;
	size_t n_units, n_bytes, out = 1;
	bool is_wide;
	enum udf_err err;

	if (n_text_bytes == 0) {
		*ret_n_bytes = 0;
		return UDF_OK;
	}
	if (is_ascii(in, n_text_bytes)) {
		if (n_text_bytes >= cap)
			return UDF_E_NAME_TOO_LONG;
		ret_cs0[0] = ID_8;
		memcpy(ret_cs0 + 1, in, n_text_bytes);
		*ret_n_bytes = n_text_bytes + 1;
		return UDF_OK;
	}
	err = measure_utf8(in, n_text_bytes, &n_units, &is_wide);
	if (err)
		return err;
	n_bytes = 1 + (is_wide ? n_units * 2 : n_units);
	if (n_bytes > cap)
		return UDF_E_NAME_TOO_LONG;
	ret_cs0[0] = is_wide ? ID_16 : ID_8;
	for (size_t at = 0; at < n_text_bytes;) {
		uint32_t c = 0;

		at += udf_utf8_get(in + at, n_text_bytes - at, &c);
		if (!is_wide) {
			ret_cs0[out++] = (uint8_t)c;
			continue;
		}
		if (c > 0xFFFF) {
			put_be16(ret_cs0 + out, (uint16_t)(0xD800 + ((c - 0x10000) >> 10)));
			out += 2;
			c = 0xDC00 + ((c - 0x10000) & 0x3FF);
		}
		put_be16(ret_cs0 + out, (uint16_t)c);
		out += 2;
	}
	*ret_n_bytes = n_bytes;
	return UDF_OK;
}

/* Can it be read, by its compression ID and length?  *RET_UNIT_BYTES is 1 or 2. */
static enum udf_err check_form(const uint8_t *cs0, size_t n_bytes, size_t *ret_unit_bytes)
{
	if (n_bytes < 2)
		return UDF_E_CORRUPT;
	if (cs0[0] == ID_8 || cs0[0] == ID_DELETED_8) {
		*ret_unit_bytes = 1;
		return UDF_OK;
	}
	if ((cs0[0] == ID_16 || cs0[0] == ID_DELETED_16) && n_bytes % 2 == 1) {
		*ret_unit_bytes = 2;
		return UDF_OK;
	}
	return UDF_E_CORRUPT;
}

/* The character at *AT.  *AT moves to the next one.  Lone surrogates are returned unchanged. */
static uint32_t cs0_get(const uint8_t *cs0, size_t n_bytes, size_t unit_bytes, size_t *at)
{
	uint32_t c, low;

	if (unit_bytes == 1)
		return cs0[(*at)++];
	c = get_be16(cs0 + *at);
	*at += 2;
	if (!is_high_surrogate(c) || *at + 2 > n_bytes)
		return c;
	low = get_be16(cs0 + *at);
	if (!is_low_surrogate(low))
		return c;
	*at += 2;
	return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
}

static bool is_lone_surrogate(uint32_t c)
{
	return is_high_surrogate(c) || is_low_surrogate(c);
}

enum udf_err udf_cs0_to_utf8(const uint8_t *cs0, size_t n_bytes, char *ret_text, size_t cap,
			     size_t *ret_n_text_bytes)
{
	size_t unit_bytes, n_text_bytes = 0, out = 0;
	enum udf_err err;

	if (cap == 0)
		return UDF_E_NAME_TOO_LONG;
	if (n_bytes > 0) {
		err = check_form(cs0, n_bytes, &unit_bytes);
		if (err)
			return err;
		if (unit_bytes == 1 && is_ascii(cs0 + 1, n_bytes - 1)) {
			if (n_bytes > cap)
				return UDF_E_NAME_TOO_LONG;
			memcpy(ret_text, cs0 + 1, n_bytes - 1);
			ret_text[n_bytes - 1] = '\0';
			*ret_n_text_bytes = n_bytes - 1;
			return UDF_OK;
		}
	}
	for (size_t at = 1; at < n_bytes;) {
		uint32_t c = cs0_get(cs0, n_bytes, unit_bytes, &at);

		n_text_bytes += is_lone_surrogate(c) ? 3 : utf8_char_bytes(c);
	}
	if (n_text_bytes >= cap)
		return UDF_E_NAME_TOO_LONG;
	for (size_t at = 1; at < n_bytes;) {
		uint32_t c = cs0_get(cs0, n_bytes, unit_bytes, &at);

		out += udf_utf8_put(is_lone_surrogate(c) ? REPLACEMENT : c, ret_text + out);
	}
	ret_text[out] = '\0';
	*ret_n_text_bytes = out;
	return UDF_OK;
}

/* An empty string is all zero.  Otherwise the last byte counts ID and text, and the bytes between are zero. */
static enum udf_err dstring_length(const uint8_t *field, size_t field_bytes, size_t *ret_n_bytes)
{
	size_t n_bytes = field[field_bytes - 1];

	if (n_bytes > field_bytes - 1 || (n_bytes == 0 && field[0] != 0))
		return UDF_E_CORRUPT;
	if (n_bytes > 0 && field[0] != ID_8 && field[0] != ID_16)
		return UDF_E_CORRUPT;
	*ret_n_bytes = n_bytes;
	return UDF_OK;
}

enum udf_err udf_dstring_to_utf8(const uint8_t *field, size_t field_bytes, char *ret_text, size_t cap)
{
	size_t n_bytes, n_text_bytes;
	enum udf_err err;

	err = dstring_length(field, field_bytes, &n_bytes);
	if (err)
		return err;
	return udf_cs0_to_utf8(field, n_bytes, ret_text, cap, &n_text_bytes);
}

enum udf_err udf_dstring_from_utf8(const char *text, uint8_t *ret_field, size_t field_bytes)
{
	uint8_t cs0[256];
	size_t cap = field_bytes - 1 < sizeof(cs0) - 1 ? field_bytes - 1 : sizeof(cs0) - 1;
	size_t n_bytes;
	enum udf_err err;

	err = udf_cs0_from_utf8(text, strlen(text), cs0, cap, &n_bytes);
	if (err)
		return err;
	memset(ret_field, 0, field_bytes);
	memcpy(ret_field, cs0, n_bytes);
	ret_field[field_bytes - 1] = (uint8_t)n_bytes;
	return UDF_OK;
}

bool udf_dstring_is_valid(const uint8_t *field, size_t field_bytes)
{
	size_t n_bytes, unit_bytes;

	if (dstring_length(field, field_bytes, &n_bytes))
		return false;
	for (size_t i = n_bytes; i < field_bytes - 1; i++)
		if (field[i] != 0)
			return false;
	if (n_bytes == 0)
		return true;
	if (check_form(field, n_bytes, &unit_bytes))
		return false;
	for (size_t at = 1; unit_bytes == 2 && at < n_bytes; at += 2)
		if (get_be16(field + at) == 0xFEFF || get_be16(field + at) == 0xFFFE)
			return false;
	return true;
}
