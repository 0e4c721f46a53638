/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings, and what every pass needs to report them; arrays that grow; progress. */
#include <stdlib.h>

#include "check/chk.h"

struct udf_place chk_place(uint16_t part_ref, uint32_t lbn, const char *field)
{
	return (struct udf_place){ .part_ref = part_ref, .block_no = lbn, .field = field };
}

void chk_report(struct chk *ck, enum udf_problem problem, struct udf_place place, uint64_t found,
		uint64_t expected)
{
	udf_report(&ck->sink, problem, place, found, expected);
}

void chk_check_tag_numbers(struct chk *ck, const struct udf_tag *tag, struct udf_place place)
{
	if (tag->version == 3 && ck->revision < 0x0200)
		chk_report(ck, UDF_P_TAG_VERSION, place, tag->version, 2);
	else if (tag->id == UDF_TAG_EFE && tag->version == 2 && ck->revision >= 0x0200)
		chk_report(ck, UDF_P_TAG_VERSION, place, tag->version, 3);
	else if (tag->version != ck->vol->tag_version && (tag->version == 2 || tag->version == 3) &&
		 !ck->version_reported) {
		chk_report(ck, UDF_P_TAG_VERSION_MIX, place, tag->version, ck->vol->tag_version);
		ck->version_reported = true;
	}
	/* A writer that numbers tags in another way does so everywhere. */
	if (tag->serial != ck->vol->tag_serial && !ck->serial_reported) {
		chk_report(ck, UDF_P_TAG_SERIAL, place, tag->serial, ck->vol->tag_serial);
		ck->serial_reported = true;
	}
}

void chk_check_crc_length(struct chk *ck, const struct udf_tag *tag, size_t n_bytes, struct udf_place place)
{
	place.field = "DescriptorCRCLength";
	if ((size_t)tag->crc_bytes + UDF_TAG_BYTES != n_bytes)
		chk_report(ck, UDF_P_TAG_CRC_LENGTH, place, tag->crc_bytes, n_bytes - UDF_TAG_BYTES);
}

enum udf_err chk_check_tag(struct chk *ck, const uint8_t *buf, size_t n_bytes, uint16_t want_id,
			   struct udf_place place)
{
	struct udf_tag tag;
	enum udf_err err = udf_tag_verify(buf, n_bytes, want_id, place, &ck->sink, &tag);

	chk_check_tag_numbers(ck, &tag, place);
	return err;
}

void *chk_array_add(struct chk_array *array, size_t row_bytes)
{
	if (array->n == array->cap) {
		size_t cap = array->cap ? array->cap * 2 : 64;
		void *rows;

		if (cap > SIZE_MAX / row_bytes)
			return NULL;
		rows = realloc(array->rows, cap * row_bytes);
		if (!rows)
			return NULL;
		array->rows = rows;
		array->cap = cap;
	}
	return (char *)array->rows + row_bytes * array->n++;
}

bool chk_is_cancelled(const struct chk *ck)
{
	return ck->options && ck->options->cancelled &&
	       ck->options->cancelled(ck->options->cancelled_ctx);
}

void chk_progress(const struct chk *ck, const char *pass, uint64_t done, uint64_t total)
{
	if (ck->options && ck->options->progress)
		ck->options->progress(ck->options->progress_ctx, pass, done, total);
}
