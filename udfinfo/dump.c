/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -v: every volume and file set descriptor as its field table has it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "ecma/codec.h"
#include "front/item_json.h"
#include "info.h"

#define VSD_BYTES 2048u
#define MAX_DESCRIPTOR_BYTES (64u << 10)	/* what is shown of an LVD or USD */

struct dump {
	struct udf_vol *vol;
	struct cli_json *json;		/* NULL: lines of text */
	const char *where;		/* of the current descriptor: "sector", or "block" of a partition */
	uint64_t at;
	uint8_t *bytes;
};

static void emit(void *ctx, const struct udf_item *item)
{
	struct dump *dump = ctx;
	bool is_head = item->depth == 0 && item->kind == UDF_ITEM_OPEN;
	char text[UDF_ITEM_MAX_BYTES];

	if (dump->json) {
		front_item_to_json(dump->json, NULL, item);
		if (is_head)
			cli_json_number(dump->json, dump->where, dump->at);
	} else if (item->kind != UDF_ITEM_CLOSE) {
		udf_item_to_text(item, text);
		if (is_head)
			printf("%s %" PRIu64 ": ", dump->where, dump->at);
		puts(text);
	}
}

/* Sectors that the descriptor in the first block of dump->bytes takes. */
static uint32_t descriptor_blocks(const struct dump *dump)
{
	uint16_t id = get_le16(dump->bytes);
	uint64_t n_bytes = 0;

	if (id == UDF_TAG_LVD)
		n_bytes = UDF_LVD_FIXED_BYTES + (uint64_t)get_le32(dump->bytes + UDF_LVD_MAP_BYTES_AT);
	else if (id == UDF_TAG_USD)
		n_bytes = UDF_USD_FIXED_BYTES + (uint64_t)get_le32(dump->bytes + UDF_USD_COUNT_AT) * 8;
	else if (id == UDF_TAG_SPARING)
		n_bytes = UDF_SPARING_FIXED_BYTES +
			  (uint64_t)get_le16(dump->bytes + UDF_SPARING_COUNT_AT) * UDF_SPARING_ENTRY_BYTES;
	n_bytes = udf_max64(udf_min64(n_bytes, MAX_DESCRIPTOR_BYTES), 1);
	return (uint32_t)udf_ceil_div(n_bytes, dump->vol->block_bytes);
}

static void dump_sectors(struct dump *dump, uint64_t lsn, uint64_t n_blocks)
{
	struct udf_vol *vol = dump->vol;
	uint64_t end = lsn + n_blocks;
	uint32_t n;

	for (; lsn < end; lsn += n) {
		n = 1;
		if (udf_vol_read_lsn(vol, lsn, 1, dump->bytes))
			continue;
		n = descriptor_blocks(dump);
		if (n > 1 && udf_vol_read_lsn(vol, lsn + 1, n - 1, dump->bytes + vol->block_bytes))
			n = 1;
		dump->where = "sector";
		dump->at = lsn;
		(void)udf_descriptor_dump(dump->bytes, (size_t)n * vol->block_bytes, UDF_AD_SHORT, emit, dump);
	}
}

static void dump_recognition(struct dump *dump, const struct udf_vol_extent *extent)
{
	uint32_t step = VSD_BYTES > dump->vol->block_bytes ? VSD_BYTES / dump->vol->block_bytes : 1;
	uint64_t lsn;
	struct udf_vsd vsd;

	for (lsn = extent->lsn; lsn < extent->lsn + extent->n_blocks; lsn += step) {
		if (udf_vol_read_lsn(dump->vol, lsn, 1, dump->bytes))
			continue;
		udf_vsd_decode(dump->bytes, &vsd);
		dump->where = "sector";
		dump->at = lsn;
		udf_layout_dump(&udf_layout_vsd, &vsd, emit, dump);
	}
}

static void dump_structures(struct dump *dump, enum udf_structure what)
{
	const struct udf_vol *vol = dump->vol;
	unsigned i;

	for (i = 0; i < vol->n_structures; i++) {
		if (vol->structures[i].what != what)
			continue;
		if (what == UDF_STRUCTURE_VRS)
			dump_recognition(dump, &vol->structures[i]);
		else
			dump_sectors(dump, vol->structures[i].lsn, vol->structures[i].n_used_blocks);
	}
}

void info_dump(struct udf_vol *vol, struct cli_json *json)
{
	struct dump dump = { .vol = vol, .json = json };

	dump.bytes = malloc(MAX_DESCRIPTOR_BYTES + vol->block_bytes);
	if (!dump.bytes)
		return;
	dump_structures(&dump, UDF_STRUCTURE_VRS);
	dump_structures(&dump, UDF_STRUCTURE_ANCHOR);
	dump_structures(&dump, UDF_STRUCTURE_MAIN_VDS);
	dump_structures(&dump, UDF_STRUCTURE_RESERVE_VDS);
	dump_structures(&dump, UDF_STRUCTURE_LVID);
	dump_structures(&dump, UDF_STRUCTURE_SPARING_TABLE);
	if (vol->fsd.tag.id && !udf_vol_read(vol, vol->fsd_at.part_ref, vol->fsd_at.lbn, 1, dump.bytes)) {
		dump.where = "block";
		dump.at = vol->fsd_at.lbn;
		(void)udf_descriptor_dump(dump.bytes, vol->block_bytes, UDF_AD_SHORT, emit, &dump);
	}
	free(dump.bytes);
}
