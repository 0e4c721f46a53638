// SPDX-License-Identifier: GPL-2.0-or-later
/* Labels: how text is recorded in the dstring fields of descriptors. */
#include <string.h>

#include "base/bytes.h"
#include "base/cs0.h"

#define ID_8BIT 8u
#define ID_16BIT 16u
#define MAX_FIELD_BYTES 128u

/* Old readers of labels misread 8-bit text that is not ASCII, so it is recorded in 16 bits where it fits. */
static void widen(uint8_t *cs0, size_t cap, size_t *n_bytes)
{
	size_t n = *n_bytes;
	bool ascii = true;

	for (size_t i = 1; i < n; i++)
		ascii = ascii && cs0[i] < 0x80;
	if (ascii || cs0[0] != ID_8BIT || 2 * n - 1 > cap)
		return;
	for (size_t i = n - 1; i > 0; i--)
		put_be16(cs0 + 2 * i - 1, cs0[i]);
	cs0[0] = ID_16BIT;
	*n_bytes = 2 * n - 1;
}

static enum udf_err set_bytes(const char *text, size_t n_text_bytes, bool text_8bit, uint8_t *ret_field,
			      size_t field_bytes)
{
	size_t n_bytes = 0;
	enum udf_err err;

	memset(ret_field, 0, field_bytes);
	err = udf_cs0_from_utf8(text, n_text_bytes, ret_field, field_bytes - 1, &n_bytes);
	if (!err && !text_8bit)
		widen(ret_field, field_bytes - 1, &n_bytes);
	if (!err)
		ret_field[field_bytes - 1] = (uint8_t)n_bytes;
	return err;
}

enum udf_err udf_dstring_set(const char *text, bool text_8bit, uint8_t *ret_field, size_t field_bytes)
{
	return set_bytes(text, strlen(text), text_8bit, ret_field, field_bytes);
}

enum udf_err udf_dstring_set_cut(const char *text, bool text_8bit, uint8_t *ret_field, size_t field_bytes)
{
	size_t n = strnlen(text, UDF_CS0_UTF8_MAX_BYTES(MAX_FIELD_BYTES));
	enum udf_err err;

	for (;;) {		/* cut at a character until it fits */
		while (n > 0 && text[n] && ((unsigned char)text[n] & 0xC0) == 0x80)
			n--;
		err = set_bytes(text, n, text_8bit, ret_field, field_bytes);
		if (err != UDF_E_NAME_TOO_LONG || n == 0)
			return err;
		n--;
	}
}
