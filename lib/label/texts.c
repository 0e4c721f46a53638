// SPDX-License-Identifier: GPL-2.0-or-later
/* The labels in descriptors, as text. */
#include <stdio.h>
#include <string.h>

#include "base/cs0.h"
#include "label/internal.h"

static void text_of(const uint8_t *field, size_t field_bytes, char *ret_text)
{
	if (udf_dstring_to_utf8(field, field_bytes, ret_text, UDF_LABEL_TEXT_BYTES))
		ret_text[0] = 0;
}

/* The bytes of an identifier up to the first zero, read as Latin-1. */
static void text_of_regid(const struct udf_regid *id, char *ret_text)
{
	size_t i, n = 0;

	for (i = 0; i < sizeof(id->id) && id->id[i]; i++) {
		uint8_t c = id->id[i];

		if (c >= 0x80)
			ret_text[n++] = (char)(0xC0 | c >> 6);
		ret_text[n++] = (char)(c < 0x80 ? c : 0x80 | (c & 0x3F));
	}
	ret_text[n] = 0;
}

void labels_from(const struct label_sources *sources, struct udf_labels *ret_labels)
{
	char (*texts)[UDF_LABEL_TEXT_BYTES] = ret_labels->texts;
	uint8_t protect = sources->lvd->domain.suffix[2] | sources->fsd->domain.suffix[2];
	size_t n_digits;

	memset(ret_labels, 0, sizeof(*ret_labels));
	text_of(sources->lvd->logical_volume_id, 128, texts[UDF_LABEL_LVID]);
	text_of(sources->pvd->volume_id, 32, texts[UDF_LABEL_VID]);
	text_of(sources->pvd->volume_set_id, 128, texts[UDF_LABEL_FULL_VSID]);
	text_of(sources->fsd->file_set_id, 32, texts[UDF_LABEL_FSID]);
	text_of(sources->iuvd->lv_info1, 36, texts[UDF_LABEL_OWNER]);
	text_of(sources->iuvd->lv_info2, 36, texts[UDF_LABEL_ORGANIZATION]);
	text_of(sources->iuvd->lv_info3, 36, texts[UDF_LABEL_CONTACT]);
	text_of_regid(&sources->pvd->application, texts[UDF_LABEL_APPLICATION]);
	text_of_regid(&sources->pvd->impl, texts[UDF_LABEL_IMPLEMENTATION]);
	n_digits = udf_vol_uuid(texts[UDF_LABEL_FULL_VSID], texts[UDF_LABEL_UUID]);
	if (texts[UDF_LABEL_UUID][0])
		snprintf(texts[UDF_LABEL_VSID], UDF_LABEL_TEXT_BYTES, "%s", texts[UDF_LABEL_FULL_VSID] + n_digits);
	ret_labels->hard_protect = protect & UDF_DOMAIN_HARD_PROTECT;
	ret_labels->soft_protect = protect & (UDF_DOMAIN_HARD_PROTECT | UDF_DOMAIN_SOFT_PROTECT);
}

void udf_labels_read(const struct udf_vol *vol, struct udf_labels *ret_labels)
{
	const struct label_sources sources = { &vol->pvd, &vol->lvd, &vol->iuvd, &vol->fsd };

	labels_from(&sources, ret_labels);
}

void udf_label_plan_labels(const struct udf_label_plan *plan, struct udf_labels *ret_labels)
{
	const struct label_sources sources = { &plan->pvd, &plan->lvd, &plan->iuvd, &plan->fsd };

	labels_from(&sources, ret_labels);
}
