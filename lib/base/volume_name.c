/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of a host in a form that UDF can record. */
#include <stdio.h>
#include <string.h>

#include "base/crc16.h"
#include "base/cs0.h"
#include "base/utf8.h"

#define EXTENSION_MAX_CHARS 5
#define LOOKED_AT_BYTES 1024		/* no name has more on a host; in an archive it may */
#define HOST_MAX_BYTES 255		/* so that the name can go back to a host */
#define FIRST_LATIN1 0xA0		/* below are control characters */

static bool is_recordable(uint32_t c)
{
	return c != 0xFEFF && c != 0xFFFE;
}

/* NAME as UTF-8: what is none is taken as Latin-1.  Returns how many bytes that gives, at most twice as many. */
static size_t translate(const char *name, size_t n_bytes, char *ret)
{
	size_t n = 0;

	for (size_t from = 0; from < n_bytes;) {
		uint32_t c;
		size_t n_char = udf_utf8_get((const uint8_t *)name + from, n_bytes - from, &c);

		if (!n_char)
			c = (uint8_t)name[from] >= FIRST_LATIN1 ? (uint8_t)name[from] : '_';
		else if (!is_recordable(c))
			c = '_';
		from += n_char ? n_char : 1;
		n += udf_utf8_put(c, ret + n);
	}
	return n;
}

/* Where the extension of the name of N bytes begins, with its dot; N where there is none. */
static size_t extension_at(const char *name, size_t n)
{
	unsigned n_chars = 0;

	for (size_t at = n; at-- > 1;) {
		if (name[at] == '.')
			return n_chars ? at : n;
		n_chars += ((uint8_t)name[at] & 0xC0) != 0x80;
		if (n_chars > EXTENSION_MAX_CHARS)
			break;
	}
	return n;
}

static bool fits(const char *name, size_t n_bytes)
{
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES];
	size_t n;

	return n_bytes <= HOST_MAX_BYTES && !udf_cs0_from_utf8(name, n_bytes, cs0, sizeof(cs0), &n);
}

bool udf_volume_name(const char *name, size_t n_bytes, char ret_name[UDF_VOLUME_NAME_CAP])
{
	char text[2 * LOOKED_AT_BYTES + 64], extension[4 * (EXTENSION_MAX_CHARS + 1) + 1];
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES];
	size_t n, stem;

	if (!udf_cs0_from_utf8(name, n_bytes, cs0, sizeof(cs0), &n))
		return false;
	n = translate(name, n_bytes < LOOKED_AT_BYTES ? n_bytes : LOOKED_AT_BYTES, text);
	stem = extension_at(text, n);
	snprintf(extension, sizeof(extension), "%.*s", (int)(n - stem), text + stem);
	do {
		n = stem + (size_t)snprintf(text + stem, sizeof(text) - stem, "#%04X%s",
					    udf_crc16(0, (const uint8_t *)name, n_bytes), extension);
		while (stem > 0 && ((uint8_t)text[--stem] & 0xC0) == 0x80)
			;
	} while (!fits(text, n));
	memcpy(ret_name, text, n);
	ret_name[n] = '\0';
	return true;
}
