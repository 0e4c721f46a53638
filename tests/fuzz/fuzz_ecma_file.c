/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File structures.  The first byte chooses the revision; the rest is a block that holds an FE or EFE
 * with attributes and allocation descriptors, or a directory.  Tags are sealed here where damaged
 * ones would hide what follows.
 */
#include <string.h>

#include "base/bytes.h"
#include "ecma/dump.h"
#include "ecma/ea.h"
#include "fuzz.h"

#define BLOCK 2048

static const uint16_t revisions[] = { 0x0102, 0x0150, 0x0200, 0x0201, 0x0250, 0x0260 };

struct counting_sink {
	struct udf_sink sink;
	unsigned n;
};

static void count(struct udf_sink *sink, const struct udf_finding *finding)
{
	MUST(finding->problem < UDF_N_PROBLEMS);
	((struct counting_sink *)(void *)sink)->n++;
}

static void swallow(void *ctx, const struct udf_item *item)
{
	char piece[UDF_ITEM_MAX_BYTES];

	(void)ctx;
	udf_item_to_text(item, piece);
	MUST(strlen(piece) < sizeof(piece));
}

static void walk_attributes(const uint8_t *space, size_t n_bytes, struct udf_place place)
{
	struct udf_timestamp ts;
	struct udf_ea_iter it;
	struct udf_ea ea;
	const uint8_t *p;
	size_t at = UDF_EAHD_BYTES;

	for (unsigned bit = 0; bit < 33; bit++)
		udf_ea_file_time_get(space, n_bytes, bit, &ts);
	if (udf_ea_iter_init(&it, space, n_bytes, place, NULL))
		return;
	while (udf_ea_next(&it, &ea, &p) == UDF_OK) {
		const struct udf_ea_kind *kind;
		struct udf_ea_use use;
		const uint8_t *area;

		MUST(p == space + at && ea.n_bytes >= UDF_EA_HEADER_BYTES);
		at += ea.n_bytes;
		MUST(at <= n_bytes);
		if (udf_ea_use_get(&ea, p, &use, &area, &kind) == UDF_OK) {
			MUST(area + use.use_bytes <= p + ea.n_bytes);
			MUST(!kind || use.use_bytes >= kind->fixed_bytes);
		}
	}
}

static void as_entry(uint8_t *block, uint16_t revision)
{
	struct udf_place place = { .part_ref = 0, .block_no = get_le32(block + 12) };
	struct counting_sink counting = { .sink = { count } };
	uint8_t again[UDF_EFE_FIXED_BYTES];
	struct udf_fe fe;
	size_t fixed;

	udf_fe_decode(block, &fe);
	fixed = udf_fe_fixed_bytes(fe.tag.id);
	if (fe.tag.id == UDF_TAG_FE || fe.tag.id == UDF_TAG_EFE) {
		udf_fe_encode(&fe, again);
		MUST(memcmp(again, block, fixed) == 0);
	}
	udf_descriptor_dump(block, BLOCK, 0, swallow, NULL);
	if (udf_fe_validate(&fe, BLOCK, revision, place, NULL)) {
		MUST(udf_fe_validate(&fe, BLOCK, revision, place, &counting.sink));
		MUST(counting.n > 0);
		return;
	}
	MUST(!udf_fe_validate(&fe, BLOCK, revision, place, &counting.sink));
	MUST(fixed + fe.ea_bytes + fe.ad_bytes <= BLOCK);
	if (fe.ea_bytes >= UDF_EAHD_BYTES) {
		uint8_t *space = block + fixed;

		udf_tag_seal(space, UDF_TAG_EAHD, 3, 1, place.block_no, 8);
		walk_attributes(space, fe.ea_bytes, place);
	}
}

static void as_directory(uint8_t *block, uint16_t revision)
{
	for (size_t at = 0; at < BLOCK;) {
		struct udf_place place = { .part_ref = 0, .block_no = 7 };
		struct counting_sink counting = { .sink = { count } };
		uint8_t before[BLOCK];
		struct udf_fid fid;
		uint32_t n_bytes;
		enum udf_err err;

		if (udf_fid_decode(block + at, BLOCK - at, &fid, &n_bytes))
			return;
		MUST(n_bytes >= UDF_FID_FIXED_BYTES && n_bytes <= BLOCK - at && n_bytes % 4 == 0);
		udf_fid_validate(block + at, &fid, n_bytes, revision, place, NULL);
		/* Sealed, it stays what it was; encoded without a finding, it is the same. */
		udf_tag_seal(block + at, UDF_TAG_FID, 3, 1, 7, n_bytes - UDF_TAG_BYTES);
		MUST(udf_fid_decode(block + at, BLOCK - at, &fid, &n_bytes) == UDF_OK);
		err = udf_fid_validate(block + at, &fid, n_bytes, revision, place, &counting.sink);
		MUST(err == udf_fid_validate(block + at, &fid, n_bytes, revision, place, NULL));
		MUST(!err || counting.n > 0);
		memcpy(before, block + at, n_bytes);
		udf_fid_encode(&fid, block + at);
		MUST(counting.n > 0 || memcmp(before, block + at, n_bytes) == 0);
		at += n_bytes;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	static uint8_t block[BLOCK];
	uint16_t revision;

	if (n_bytes < 1 || n_bytes > BLOCK + 1)
		return 0;
	revision = revisions[data[0] % (sizeof(revisions) / sizeof(revisions[0]))];
	memset(block, 0, sizeof(block));
	memcpy(block, data + 1, n_bytes - 1);
	as_entry(block, revision);
	as_directory(block, revision);
	return 0;
}
