/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CS0, dstrings, host names, symbolic links; the input is each of them. */
#include <string.h>

#include "base/cs0.h"
#include "ecma/symlink.h"
#include "fuzz.h"

static void as_cs0(const uint8_t *data, size_t n_bytes)
{
	static char text[UDF_CS0_UTF8_MAX_BYTES(4096) + 1];
	static uint8_t again[4096];
	size_t n_text, n_again;

	if (udf_cs0_to_utf8(data, n_bytes, text, sizeof(text), &n_text))
		return;
	MUST(n_text <= UDF_CS0_UTF8_MAX_BYTES(n_bytes) && text[n_text] == '\0');
	if (udf_cs0_from_utf8(text, n_text, again, sizeof(again), &n_again))
		return;		/* U+FEFF, U+FFFE */
	MUST(n_again <= n_bytes);	/* shorter where 16 bits a character were not needed */
}

static void as_name(const uint8_t *data, size_t n_bytes)
{
	char name[UDF_HOST_NAME_MAX_BYTES + 1];
	size_t n_name;

	if (udf_host_name(data, n_bytes, name, &n_name))
		return;
	MUST(n_name <= UDF_HOST_NAME_MAX_BYTES && strlen(name) == n_name);
	MUST((n_name == 0) == (n_bytes == 0));
	MUST(!strchr(name, '/') && strcmp(name, ".") && strcmp(name, ".."));
}

static void as_utf8(const uint8_t *data, size_t n_bytes)
{
	static uint8_t cs0[8192 + 1];
	static char again[UDF_CS0_UTF8_MAX_BYTES(8192) + 1];
	size_t n_cs0, n_again;

	if (udf_cs0_from_utf8((const char *)data, n_bytes, cs0, sizeof(cs0), &n_cs0))
		return;
	MUST(udf_cs0_to_utf8(cs0, n_cs0, again, sizeof(again), &n_again) == UDF_OK);
	MUST(n_again == n_bytes && memcmp(again, data, n_bytes) == 0);
}

static void as_dstring(const uint8_t *data, size_t n_bytes)
{
	char text[300];
	uint8_t again[128];

	if (n_bytes < 128 || udf_dstring_to_utf8(data, 128, text, sizeof(text)))
		return;
	if (udf_dstring_is_valid(data, 128) && strlen(text) > 0 && data[0] == 8 &&
	    !memchr(data + 1, 0, data[127] - 1u)) {
		MUST(udf_dstring_from_utf8(text, again, 128) == UDF_OK);
		MUST(memcmp(again, data, 128) == 0);
	}
}

static void as_link(const uint8_t *data, size_t n_bytes)
{
	static char path[8192];
	static uint8_t again[16384];
	size_t n_again;

	if (udf_symlink_to_path(data, n_bytes, path, sizeof(path)) == UDF_OK) {
		MUST(strlen(path) > 0);
		/* A path that can be recorded again reads the same. */
		if (udf_symlink_from_path(path, strlen(path), again, sizeof(again), &n_again) == UDF_OK) {
			static char twice[8192];

			MUST(udf_symlink_to_path(again, n_again, twice, sizeof(twice)) == UDF_OK);
		}
	}
	if (udf_symlink_from_path((const char *)data, n_bytes, again, sizeof(again), &n_again) == UDF_OK)
		MUST(udf_symlink_to_path(again, n_again, path, sizeof(path)) != UDF_E_CORRUPT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	if (n_bytes > 4096)
		return 0;
	as_cs0(data, n_bytes);
	as_name(data, n_bytes);
	as_utf8(data, n_bytes);
	as_dstring(data, n_bytes);
	as_link(data, n_bytes);
	return 0;
}
