/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directory records of ISO 9660 with Rock Ridge names.  The input is a directory, from its first block on. */
#include <string.h>

#include "fuzz.h"
#include "iso/records.h"

#define MAX_DIRS 64u

struct input {
	const uint8_t *data;
	size_t n_bytes;
};

static enum udf_err read_input(void *ctx, uint64_t at, size_t n_bytes, uint8_t *ret_data)
{
	const struct input *input = ctx;

	if (at > input->n_bytes || n_bytes > input->n_bytes - at)
		return UDF_E_RANGE;
	memcpy(ret_data, input->data + at, n_bytes);
	return UDF_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	struct input input = { data, n_bytes };
	const struct iso_reader reader = { read_input, &input };
	struct iso_record dirs[MAX_DIRS] = { { .n_bytes = (uint32_t)n_bytes } }, record;
	unsigned n_dirs = 1;

	for (unsigned i = 0; i < n_dirs; i++) {
		uint64_t at = 0, last_at = 0;

		while (iso_record_next(&reader, &dirs[i], &at, &record) == UDF_OK) {
			MUST(at > last_at && at <= dirs[i].n_bytes);
			MUST(strlen(record.name) < sizeof(record.name));
			last_at = at;
			if (record.is_dir && n_dirs < MAX_DIRS)
				dirs[n_dirs++] = record;
		}
	}
	return 0;
}
