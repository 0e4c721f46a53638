/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Volume structures: the input is a descriptor, named by its tag's identifier and sealed here, and
 * at the same time a virtual allocation table.
 */
#include <string.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "ecma/dump.h"
#include "ecma/vat.h"
#include "fuzz.h"

#define MAX_BYTES 4096

static void ignore(struct udf_sink *sink, const struct udf_finding *finding)
{
	(void)sink;
	MUST(finding->problem < UDF_N_PROBLEMS);
}

static struct udf_sink sink = { ignore };
static const struct udf_place here = { .part_ref = UDF_PART_VOLUME, .block_no = 7 };

static void swallow(void *ctx, const struct udf_item *item)
{
	char piece[UDF_ITEM_MAX_BYTES];

	(void)ctx;
	udf_item_to_text(item, piece);
	MUST(strlen(piece) < sizeof(piece));
}

static void walk_maps(const struct udf_lvd *lvd, const uint8_t *p, size_t avail)
{
	struct udf_partition_map map;

	if (udf_lvd_validate(lvd, here, &sink))
		return;
	for (uint32_t i = 0; i < lvd->n_maps; i++) {
		uint8_t again[64];

		if (udf_partition_map_decode(p, avail, &map))
			return;
		MUST(map.n_bytes <= avail);
		udf_partition_map_encode(&map, again);
		MUST(memcmp(again, p, map.n_bytes) == 0);
		MUST(udf_partition_map_validate(&map, 0x0250, here, NULL) ==
		     udf_partition_map_validate(&map, 0x0250, here, &sink));
		p += map.n_bytes;
		avail -= map.n_bytes;
	}
}

static void by_kind(const struct udf_layout *layout, const uint8_t *bytes, size_t n_bytes)
{
	static uint64_t host[256];
	struct udf_sparing_table table;
	uint8_t again[512];

	MUST(layout->host_bytes <= sizeof(host) && layout->n_bytes <= sizeof(again));
	udf_layout_decode(layout, bytes, host);
	udf_layout_encode(layout, host, again);
	MUST(memcmp(again, bytes, layout->n_bytes) == 0);
	MUST(udf_layout_check(layout, host, 0x0201, here, NULL) ==
	     udf_layout_check(layout, host, 0x0201, here, &sink));
	if (layout->tag_id == UDF_TAG_LVD)
		walk_maps((const struct udf_lvd *)host, bytes + UDF_LVD_FIXED_BYTES,
			  n_bytes - UDF_LVD_FIXED_BYTES);
	else if (layout->tag_id == UDF_TAG_LVID)
		udf_lvid_validate((const struct udf_lvid *)host, (uint32_t)n_bytes, here, &sink);
	else if (layout->tag_id == UDF_TAG_SPARING)
		udf_sparing_table_verify(bytes, n_bytes, 32, 1024, here, &sink, &table);
}

static void as_vat(const uint8_t *data, size_t n_bytes, uint8_t file_type)
{
	struct udf_vat vat;

	if (udf_vat_decode(data, n_bytes, file_type, here, &sink, &vat))
		return;
	MUST(vat.entries_at + (uint64_t)vat.n_entries * 4 <= n_bytes);
	if (udf_vat_check_entries(&vat, data, 1024, here, NULL))
		return;
	for (uint32_t i = 0; i < vat.n_entries; i++)
		MUST(udf_vat_entry(&vat, data, i) < 1024 ||
		     udf_vat_entry(&vat, data, i) == UDF_VAT_UNUSED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	const struct udf_layout *layout;
	uint8_t *bytes;

	if (n_bytes > MAX_BYTES)
		return 0;
	as_vat(data, n_bytes, UDF_FT_VAT);
	as_vat(data, n_bytes, UDF_FT_UNSPECIFIED);
	udf_tag_verify(data, n_bytes, UDF_TAG_ANY, here, &sink, NULL);
	if (n_bytes < UDF_TAG_BYTES)
		return 0;
	layout = udf_layout_by_tag(get_le16(data));
	if (!layout || n_bytes < layout->n_bytes)
		return 0;
	bytes = malloc(n_bytes);
	MUST(bytes);
	memcpy(bytes, data, n_bytes);
	udf_tag_seal(bytes, layout->tag_id, 3, 1, 7, n_bytes - UDF_TAG_BYTES);
	MUST(udf_tag_verify(bytes, n_bytes, layout->tag_id, here, NULL, NULL) == UDF_OK);
	udf_descriptor_dump(bytes, n_bytes, data[5], swallow, NULL);
	by_kind(layout, bytes, n_bytes);
	free(bytes);
	return 0;
}
