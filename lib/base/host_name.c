/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File identifiers as a UNIX host shows them (UDF 4.2.2.1.5, appendix 6.7.2). */
#include <string.h>

#include "base/bytes.h"
#include "base/crc16.h"
#include "base/cs0.h"
#include "base/utf8.h"

#define EXTENSION_MAX_UNITS 5
#define CRC_BYTES 5		/* '#' and four digits */
#define CHANGED_MAX_BYTES 255	/* of a name with a CRC, which any host can store */
#define MAX_UNITS (UDF_CS0_NAME_MAX_BYTES - 1)

/* A name that is being built. */
struct output {
	char bytes[UDF_HOST_NAME_MAX_BYTES + 1];
	size_t n_bytes;
};

static bool is_illegal(uint16_t unit)
{
	return unit == 0 || unit == '/';
}

static bool is_surrogate(uint16_t unit)
{
	return unit >= 0xD800 && unit <= 0xDFFF;
}

/* Every name fits: MAX_UNITS units of 8 bits become 2 bytes each, and half as many of 16 bits become 3. */
static void output_add(struct output *out, uint32_t c)
{
	char bytes[4];
	size_t n = udf_utf8_put(c, bytes);

	memcpy(out->bytes + out->n_bytes, bytes, n);
	out->n_bytes += n;
}

/* Cut the name to at most N_BYTES, never inside a character. */
static void output_cut(struct output *out, size_t n_bytes)
{
	if (out->n_bytes <= n_bytes)
		return;
	while (n_bytes > 0 && ((uint8_t)out->bytes[n_bytes] & 0xC0) == 0x80)
		n_bytes--;
	out->n_bytes = n_bytes;
}

/*
 * The character at *AT, as the host shows it.  *AT moves to the next one.  A run of illegal characters
 * gives one '_', and a lone surrogate gives U+FFFD.  Both set *CHANGED.
 */
static uint32_t translate(const uint16_t *units, size_t n_units, size_t *at, bool *changed)
{
	uint16_t unit = units[(*at)++];

	if (is_illegal(unit)) {
		while (*at < n_units && is_illegal(units[*at]))
			(*at)++;
		*changed = true;
		return '_';
	}
	if (!is_surrogate(unit))
		return unit;
	if (unit < 0xDC00 && *at < n_units && units[*at] >= 0xDC00 && units[*at] <= 0xDFFF)
		return 0x10000 + ((unit - 0xD800u) << 10) + (units[(*at)++] - 0xDC00u);
	*changed = true;
	return 0xFFFD;
}

static uint16_t units_crc(const uint16_t *units, size_t n_units)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < n_units; i++) {
		uint8_t bytes[2];

		put_be16(bytes, units[i]);
		crc = udf_crc16(crc, bytes, sizeof(bytes));
	}
	return crc;
}

/* Make room for CRC and extension (EXT_AT: its first unit, 0 if none; EXT_OUT: its '.' in OUT). */
static void add_crc(struct output *out, const uint16_t *units, size_t n_units, size_t ext_at,
		    size_t ext_out)
{
	static const char digits[] = "0123456789ABCDEF";
	struct output ext = { .n_bytes = 0 };
	uint16_t crc = units_crc(units, n_units);
	bool changed = false;

	if (ext_at) {
		size_t base_max;

		output_add(&ext, '.');
		for (size_t at = ext_at; at < n_units;)
			output_add(&ext, translate(units, n_units, &at, &changed));
		base_max = CHANGED_MAX_BYTES - CRC_BYTES - ext.n_bytes;
		output_cut(out, out->n_bytes > base_max ? base_max : ext_out);
	} else {
		output_cut(out, CHANGED_MAX_BYTES - CRC_BYTES);
	}
	output_add(out, '#');
	for (int shift = 12; shift >= 0; shift -= 4)
		output_add(out, (uint32_t)digits[crc >> shift & 0xF]);
	memcpy(out->bytes + out->n_bytes, ext.bytes, ext.n_bytes);
	out->n_bytes += ext.n_bytes;
}

static bool is_dot_or_dot_dot(const uint16_t *units, size_t n_units)
{
	return units[0] == '.' && (n_units == 1 || (n_units == 2 && units[1] == '.'));
}

/* CHANGED: the name gets a CRC in any case. */
static void host_name_from_units(const uint16_t *units, size_t n_units, bool changed, struct output *out)
{
	size_t ext_at = 0, ext_out = 0;

	if (is_dot_or_dot_dot(units, n_units)) {
		output_add(out, '_');
		add_crc(out, units, n_units, 0, 0);
		return;
	}
	for (size_t at = 0; at < n_units;) {
		uint32_t c = translate(units, n_units, &at, &changed);

		if (c == '.' && at == n_units) {
			ext_at = 0;
		} else if (c == '.' && n_units - at <= EXTENSION_MAX_UNITS) {
			ext_at = at;
			ext_out = out->n_bytes;
		}
		output_add(out, c);
	}
	if (changed)
		add_crc(out, units, n_units, ext_at, ext_out);
}

/* The common case: 8-bit, ASCII, nothing to translate. */
static bool is_plain(const uint8_t *text, size_t n_bytes)
{
	if (text[0] == '.' && (n_bytes == 1 || (n_bytes == 2 && text[1] == '.')))
		return false;
	for (size_t i = 0; i < n_bytes; i++)
		if (text[i] == 0 || text[i] == '/' || text[i] >= 0x80)
			return false;
	return true;
}

/* Any well-formed name.  It is not part of udf_host_name(), so plain names don't pay for it. */
static void translate_name(const uint8_t *cs0, size_t n_bytes, bool is_wide, char *ret_name,
			   size_t *ret_n_bytes)
{
	uint16_t units[MAX_UNITS] = { 0 };
	struct output out = { .n_bytes = 0 };
	size_t n_units = is_wide ? (n_bytes - 1) / 2 : n_bytes - 1;

	for (size_t i = 0; i < n_units; i++)
		units[i] = is_wide ? get_be16(cs0 + 1 + i * 2) : cs0[1 + i];
	host_name_from_units(units, n_units, false, &out);
	memcpy(ret_name, out.bytes, out.n_bytes);
	ret_name[out.n_bytes] = '\0';
	*ret_n_bytes = out.n_bytes;
}

enum udf_err udf_host_name(const uint8_t *cs0, size_t n_bytes, char *ret_name, size_t *ret_n_bytes)
{
	bool is_wide;

	if (n_bytes == 0) {
		ret_name[0] = '\0';
		*ret_n_bytes = 0;
		return UDF_OK;
	}
	is_wide = cs0[0] == 16 || cs0[0] == 255;
	if (n_bytes < 2 || n_bytes > UDF_CS0_NAME_MAX_BYTES || (is_wide && n_bytes % 2 == 0) ||
	    (!is_wide && cs0[0] != 8 && cs0[0] != 254))
		return UDF_E_CORRUPT;
	if (is_wide || !is_plain(cs0 + 1, n_bytes - 1)) {
		translate_name(cs0, n_bytes, is_wide, ret_name, ret_n_bytes);
		return UDF_OK;
	}
	memcpy(ret_name, cs0 + 1, n_bytes - 1);
	ret_name[n_bytes - 1] = '\0';
	*ret_n_bytes = n_bytes - 1;
	return UDF_OK;
}

void udf_shown_name(const uint8_t *cs0, size_t n_bytes, char *ret_name, size_t *ret_n_bytes, bool *ret_damaged)
{
	uint16_t units[MAX_UNITS] = { '_' };
	struct output out = { .n_bytes = 0 };
	bool is_damaged = udf_host_name(cs0, n_bytes, ret_name, ret_n_bytes) != UDF_OK;

	if (ret_damaged)
		*ret_damaged = is_damaged;
	if (!is_damaged)
		return;
	if (n_bytes > UDF_CS0_NAME_MAX_BYTES)
		n_bytes = UDF_CS0_NAME_MAX_BYTES;
	for (size_t i = 1; i < n_bytes; i++)	/* without the compression ID */
		units[i - 1] = cs0[i];
	host_name_from_units(units, n_bytes > 1 ? n_bytes - 1 : 1, true, &out);
	memcpy(ret_name, out.bytes, out.n_bytes);
	ret_name[out.n_bytes] = '\0';
	*ret_n_bytes = out.n_bytes;
}
