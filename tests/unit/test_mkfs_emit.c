/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mkfs writes, in which order, and what is left where it fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "alloc.h"
#include "base/bitmap.h"
#include "base/bytes.h"
#include "base/cs0.h"
#include "ecma/codec.h"
#include "mkfs_fixture.h"
#include "vol/vol.h"

static struct bio *memory_new(uint32_t block_bytes, uint64_t n_blocks)
{
	struct bio *bio = NULL;

	assert_int_equal(bio_memory_new(block_bytes, n_blocks, &bio), UDF_OK);
	return bio;
}

static struct udf_plan plan_of(const struct udf_mkfs_params *params)
{
	struct udf_plan plan;

	assert_int_equal(udf_mkfs_plan(params, &plan, NULL), UDF_OK);
	return plan;
}

static struct udf_plan plan_2048(void)
{
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, 2048, 8192);

	return plan_of(&params);
}

static void read_block(struct bio *bio, const struct udf_plan *plan, uint64_t lsn, uint8_t *ret)
{
	uint32_t n = plan->block_bytes / bio->geometry.block_bytes;

	assert_int_equal(bio_read(bio, lsn * n, n, ret), UDF_OK);
}

/* ---- bytes: a worked volume, "mkudffs -m hd -r 2.01 -b 2048", 8192 blocks ---- */

static void descriptors_have_the_values_of_the_worked_example(void **state)
{
	static const uint8_t integrity[8] = { 0x00, 0x20, 0, 0, 128, 0, 0, 0 };
	static const uint8_t usd_extents[48] = {
		0x00, 0x60, 0x02, 0, 20, 0, 0, 0,	0x00, 0x80, 0, 0, 112, 0, 0, 0,
		0x00, 0xE0, 0x03, 0, 132, 0, 0, 0,	0x00, 0x30, 0, 0, 0xF9, 0x1E, 0, 0,
		0x00, 0x00, 0x03, 0, 0x00, 0x1F, 0, 0,	0x00, 0x78, 0x04, 0, 0x70, 0x1F, 0, 0,
	};
	static const uint8_t lvid_tables[8] = { 0xF4, 0x1D, 0, 0, 0xF8, 0x1D, 0, 0 };	/* 7668, 7672 */
	static const uint8_t anchor[16] = { 0x00, 0x80, 0, 0, 96, 0, 0, 0, 0x00, 0x80, 0, 0, 0x60, 0x1F, 0, 0 };
	static const uint8_t bitmap[12] = { 0xF8, 0x1D, 0, 0, 0xBF, 0x03, 0, 0, 0xF0, 0xFF, 0xFF, 0xFF };
	static const uint8_t root_icb[20] = { 0, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 4, 0, 0, 0, 0, 0, 0, 3, 0 };
	static const uint8_t root_parent[40] = {
		0x01, 0x01, 0x03, 0x00, 0x4E, 0x00, 0x01, 0x00, 0x63, 0xCA, 0x18, 0x00, 0x03, 0, 0, 0,
		0x01, 0x00, 0x0A, 0x00, 0x00, 0x08, 0x00, 0x00, 0x03,
	};
	static const struct {
		uint64_t lsn;
		uint16_t tag_id, crc_bytes;
		uint32_t at, n_bytes;
		const void *bytes;
	} rows[] = {
		{ 96, UDF_TAG_PVD, 496, 73, 24, "0123456789abcdefLinuxUDF" },
		{ 97, UDF_TAG_LVD, 430, 440, 6, "\x01\x06\x01\x00\x00\x00" },
		{ 97, UDF_TAG_LVD, 430, 432, 8, integrity },
		{ 97, UDF_TAG_LVD, 430, 248, 10, "\x00\x08\x00\x00\x01\x00\x00\x00\x00\x00" },
		{ 98, UDF_TAG_PD, 496, 64, 8, "\x00\x08\x00\x00\x00\x00\x00\x00" },
		{ 98, UDF_TAG_PD, 496, 184, 12, "\x04\x00\x00\x00\x01\x01\x00\x00\xf8\x1d\x00\x00" },
		{ 99, UDF_TAG_USD, 56, 24, 48, usd_extents },
		{ 100, UDF_TAG_IUVD, 496, 21, 12, "*UDF LV Info" },
		{ 101, UDF_TAG_TD, 496, 16, 8, "\0\0\0\0\0\0\0\0" },
		{ 128, UDF_TAG_LVID, 118, 80, 8, lvid_tables },
		{ 128, UDF_TAG_LVID, 118, 120, 14, "\0\0\0\0\x01\0\0\0\x01\x02\x01\x02\x01\x02" },
		{ 129, UDF_TAG_TD, 496, 16, 8, "\0\0\0\0\0\0\0\0" },
		{ 256, UDF_TAG_AVDP, 496, 16, 16, anchor },
		{ 257, UDF_TAG_SBD, 8, 16, 12, bitmap },
		{ 258, UDF_TAG_FSD, 496, 400, 8, "\x00\x08\x00\x00\x03\x00\x00\x00" },
		{ 258, UDF_TAG_FSD, 496, 464, 8, "\x00\x08\x00\x00\x02\x00\x00\x00" },
		{ 259, UDF_TAG_EFE, 240, 27, 1, "\x0d" },
		{ 260, UDF_TAG_EFE, 240, 16, 20, root_icb },
		{ 260, UDF_TAG_EFE, 240, 44, 6, "\xa5\x7c\x00\x00\x01\x00" },	/* with owner Delete */
		{ 260, UDF_TAG_EFE, 240, 216, 40, root_parent },
		{ 7935, UDF_TAG_AVDP, 496, 16, 16, anchor },
		{ 8032, UDF_TAG_PVD, 496, 73, 24, "0123456789abcdefLinuxUDF" },
		{ 8037, UDF_TAG_TD, 496, 16, 8, "\0\0\0\0\0\0\0\0" },
		{ 8191, UDF_TAG_AVDP, 496, 16, 16, anchor },
	};
	struct udf_plan plan = plan_2048();
	struct bio *bio = memory_new(512, 4 * 8192);
	uint8_t block[2048];

	(void)state;
	assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct udf_place place = { UDF_PART_VOLUME, (uint32_t)rows[i].lsn, NULL };
		struct udf_tag tag;

		if (rows[i].lsn >= 257 && rows[i].lsn <= 260)
			place.block_no -= 257;
		read_block(bio, &plan, rows[i].lsn, block);
		assert_int_equal(udf_tag_verify(block, sizeof(block), rows[i].tag_id, place, NULL, &tag), UDF_OK);
		assert_int_equal(tag.crc_bytes, rows[i].crc_bytes);
		assert_int_equal(tag.version, 3);
		assert_int_equal(tag.serial, 1);
		assert_memory_equal(block + rows[i].at, rows[i].bytes, rows[i].n_bytes);
	}
	read_block(bio, &plan, 17, block);
	assert_memory_equal(block, "\0NSR03\1", 8);
	bio_close(bio);
}

/* ---- every volume is one that our reader finds nothing to say of ---- */

struct counting_sink {
	struct udf_sink sink;
	bool is_write_once;
	unsigned n;
	char first[128];
};

static void count_finding(struct udf_sink *sink, const struct udf_finding *finding)
{
	struct counting_sink *counting = (struct counting_sink *)(void *)sink;

	/* On write-once media there has to be room for the next one. */
	if (counting->is_write_once && finding->problem == UDF_P_LVID_UNTERMINATED)
		return;
	if (counting->n++ == 0)
		snprintf(counting->first, sizeof(counting->first), "%s in %s at %u",
			 udf_problem_name(finding->problem),
			 finding->place.field ? finding->place.field : "?", finding->place.block_no);
}

static void check_volume(const struct udf_mkfs_params *params)
{
	struct udf_plan plan = plan_of(params);
	struct bio *bio = memory_new(512, params->n_blocks * (params->block_bytes / 512));
	struct counting_sink sink = { .sink.report = count_finding, .is_write_once = plan.write_once };
	const struct udf_plan_extent *part = udf_plan_find(&plan, UDF_ROLE_PARTITION, 0);
	struct udf_vol_options options = { .session_lsn = params->start_lsn };
	struct udf_vol *vol = NULL;

	assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
	assert_int_equal(udf_vol_open(bio, &options, NULL, &sink.sink, &vol), UDF_OK);
	if (sink.n)
		fail_msg("%s %04x %u bytes x %llu: %s", udf_media_name(params->media), params->revision,
			 params->block_bytes, (unsigned long long)params->n_blocks, sink.first);
	assert_int_equal(vol->block_bytes, params->block_bytes);
	assert_int_equal(vol->revision, params->revision);
	assert_int_equal(vol->parts[0].start_lsn, part->lsn);
	assert_int_equal(vol->parts[0].n_blocks, part->n_blocks);
	assert_int_equal(vol->lvid.type, UDF_LVID_CLOSED);
	assert_int_equal(vol->free_blocks[0], plan.access_type == UDF_ACCESS_READ_ONLY ? 0 :
			 part->n_blocks - plan.n_used_blocks);
	assert_int_equal(vol->root_strategy, params->strategy);
	udf_vol_close(vol);
	bio_close(bio);
}

static void volumes_of_every_medium_revision_and_block_size_have_no_problems(void **state)
{
	static const uint64_t sizes[] = { 700, 1024, 4000, 10000 };

	(void)state;
	for (size_t m = 0; m < N_OF(fixture_media); m++)
		for (size_t r = 1; r < N_OF(fixture_revisions); r++)	/* the reader knows 1.02 on */
			for (uint32_t block_bytes = 512; block_bytes <= 32768; block_bytes *= 2)
				for (size_t s = fixture_media[m] >= UDF_MEDIA_WORM && m >= 4; s < N_OF(sizes); s++) {
					struct udf_mkfs_params params = fixture_params(
						fixture_media[m], fixture_revisions[r], block_bytes, sizes[s]);

					check_volume(&params);
				}
}

static void volumes_for_packet_media_have_no_problems(void **state)
{
	static const enum udf_media_type media[] = { UDF_MEDIA_CDRW, UDF_MEDIA_DVDRW, UDF_MEDIA_BDRE };
	static const uint64_t sizes[] = { 1600, 3100, 10000, 360000 };

	(void)state;
	for (size_t m = 0; m < N_OF(media); m++)
		for (size_t r = 2; r < N_OF(fixture_revisions); r++)
			for (int variant = 0; variant < 6; variant++)
				for (size_t s = 0; s < N_OF(sizes); s++) {
					struct udf_mkfs_params params = fixture_params(
						media[m], fixture_revisions[r], 2048, sizes[s]);

					if (variant == 1)
						params.space = UDF_SPACE_UNALLOC_TABLE;
					if (variant == 2)
						params.ad = UDF_AD_LONG;
					if (variant == 3)
						params.strategy = UDF_STRATEGY_4096;
					if (variant == 4 && params.n_sparing_tables)
						params.n_sparing_tables = 4;
					params.read_only = variant == 5;
					check_volume(&params);
				}
}

static void volumes_of_every_space_set_strategy_and_descriptor_kind_have_no_problems(void **state)
{
	static const enum udf_space_kind spaces[] = { UDF_SPACE_UNALLOC_BITMAP, UDF_SPACE_UNALLOC_TABLE,
						      UDF_SPACE_FREED_BITMAP, UDF_SPACE_FREED_TABLE };
	static const enum udf_ad_kind ads[] = { UDF_AD_SHORT, UDF_AD_LONG, UDF_AD_EMBEDDED };

	(void)state;
	for (size_t s = 0; s < N_OF(spaces); s++)
		for (size_t a = 0; a < N_OF(ads); a++)
			for (int variant = 0; variant < 8; variant++) {
				struct udf_mkfs_params params = fixture_params(
					UDF_MEDIA_HD, variant & 1 ? 0x0201 : 0x0150, 1024, 5000);

				params.space = spaces[s];
				params.ad = ads[a];
				params.strategy = variant & 2 ? 4096 : 4;
				params.use_efe = params.use_efe && !(variant & 4);
				check_volume(&params);
			}
}

static void a_later_session_is_a_volume_of_its_own(void **state)
{
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, 2048, 8192);

	(void)state;
	params.start_lsn = 1000;
	params.boot_area = UDF_BOOT_PRESERVE;
	check_volume(&params);
}

/* ---- the space set ---- */

static void the_bitmap_marks_the_used_blocks_and_nothing_after_its_end(void **state)
{
	/* Partition lengths of every remainder; and one whose bitmap takes more than one write. */
	static const uint64_t sizes[] = { 2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007, 20000000 };

	(void)state;
	for (size_t i = 0; i < N_OF(sizes); i++) {
		struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, 512, sizes[i]);
		struct bio *bio = memory_new(512, sizes[i]);
		const struct udf_plan_extent *part;
		struct udf_plan plan;
		uint64_t n_bits;
		uint8_t *bits;

		params.space = UDF_SPACE_FREED_BITMAP;	/* not rounded to bytes */
		plan = plan_of(&params);
		part = udf_plan_find(&plan, UDF_ROLE_PARTITION, 0);
		bits = malloc((size_t)plan.n_space_blocks * 512);
		assert_non_null(bits);
		assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
		assert_int_equal(bio_read(bio, part->lsn, plan.n_space_blocks, bits), UDF_OK);
		assert_int_equal(get_le32(bits + 16), part->n_blocks);
		n_bits = ((uint64_t)plan.n_space_blocks * 512 - 24) * 8;
		assert_int_equal(udf_bits_count(bits + 24, 0, plan.n_used_blocks), 0);
		assert_int_equal(udf_bits_count(bits + 24, plan.n_used_blocks, part->n_blocks),
				 part->n_blocks - plan.n_used_blocks);
		assert_int_equal(udf_bits_count(bits + 24, part->n_blocks, n_bits), 0);
		free(bits);
		bio_close(bio);
	}
}

static void the_space_table_lists_the_free_blocks(void **state)
{
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, 2048, 2000000);
	struct bio *bio = memory_new(2048, 2000000);
	const struct udf_plan_extent *part;
	uint32_t n_free = 0, next_lbn;
	struct udf_use use;
	struct udf_plan plan;
	uint8_t block[2048];

	(void)state;
	params.space = UDF_SPACE_UNALLOC_TABLE;
	plan = plan_of(&params);
	part = udf_plan_find(&plan, UDF_ROLE_PARTITION, 0);
	next_lbn = plan.n_used_blocks;
	assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
	read_block(bio, &plan, part->lsn, block);
	udf_use_decode(block, &use);
	assert_int_equal(use.icb.file_type, UDF_FT_USE);
	assert_int_equal(use.ad_bytes, 4 * 8);
	for (uint32_t at = 0; at < use.ad_bytes; at += 8) {
		struct udf_short_ad ad;

		udf_short_ad_decode(block + UDF_USE_FIXED_BYTES + at, &ad);
		assert_int_equal(UDF_EXTENT_TYPE(ad.length), UDF_EXTENT_ALLOCATED);
		assert_int_equal(UDF_EXTENT_BYTES(ad.length) % 2048, 0);
		assert_int_equal(ad.lbn, next_lbn);
		n_free += UDF_EXTENT_BYTES(ad.length) / 2048;
		next_lbn += UDF_EXTENT_BYTES(ad.length) / 2048;
	}
	assert_int_equal(next_lbn, part->n_blocks);
	assert_int_equal(n_free, part->n_blocks - plan.n_used_blocks);
	bio_close(bio);
}

/* ---- what is kept, what is erased ---- */

static struct bio *filled_new(uint32_t block_bytes, uint64_t n_blocks, uint8_t byte)
{
	struct bio *bio = memory_new(block_bytes, n_blocks);
	uint8_t *data = malloc(block_bytes);

	assert_non_null(data);
	memset(data, byte, block_bytes);
	for (uint64_t i = 0; i < n_blocks; i++)
		assert_int_equal(bio_write(bio, i, 1, data), UDF_OK);
	free(data);
	return bio;
}

static uint8_t byte_at(struct bio *bio, const struct udf_plan *plan, uint64_t lsn)
{
	static uint8_t block[32768];

	read_block(bio, plan, lsn, block);
	return block[0];
}

static void boot_area_and_gaps_are_erased_or_preserved(void **state)
{
	(void)state;
	for (int preserve = 0; preserve < 2; preserve++) {
		struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, 2048, 4000);
		struct bio *bio = filled_new(2048, 4000, 0x77);
		struct udf_plan plan;

		params.boot_area = preserve ? UDF_BOOT_PRESERVE : UDF_BOOT_ERASE;
		plan = plan_of(&params);
		assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
		for (unsigned i = 0; i < plan.n_extents; i++) {
			const struct udf_plan_extent *e = &plan.extents[i];

			if (e->role != UDF_ROLE_UNUSED && e->role != UDF_ROLE_RESERVED)
				continue;
			assert_int_equal(byte_at(bio, &plan, e->lsn), preserve ? 0x77 : 0);
			assert_int_equal(byte_at(bio, &plan, e->lsn + e->n_blocks - 1), preserve ? 0x77 : 0);
		}
		/* Behind the recognition sequence and in the sequences all is blank either way. */
		assert_int_equal(byte_at(bio, &plan, 19), 0);
		assert_int_equal(byte_at(bio, &plan, 111), 0);
		assert_int_equal(byte_at(bio, &plan, 131), 0);
		/* Free space is left as it is. */
		assert_int_equal(byte_at(bio, &plan, 3000), 0x77);
		bio_close(bio);
	}
}

static void on_write_once_media_blank_blocks_stay_unrecorded(void **state)
{
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_WORM, 0x0201, 2048, 4000);
	struct bio *bio = filled_new(2048, 4000, 0x77);
	struct udf_plan plan = plan_of(&params);
	const struct udf_plan_extent *part = udf_plan_find(&plan, UDF_ROLE_PARTITION, 0);

	(void)state;
	assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
	assert_int_equal(byte_at(bio, &plan, part->lsn + plan.root_lbn), UDF_TAG_EFE & 0xFF);
	assert_int_equal(byte_at(bio, &plan, part->lsn + plan.root_lbn + 1), 0x77);
	assert_int_equal(byte_at(bio, &plan, part->lsn + plan.stream_dir_lbn + 1), 0x77);
	assert_int_equal(byte_at(bio, &plan, udf_plan_find(&plan, UDF_ROLE_LVID, 0)->lsn + 1), 0x77);
	assert_int_equal(byte_at(bio, &plan, udf_plan_find(&plan, UDF_ROLE_MAIN_VDS, 0)->lsn + 6), 0x77);
	bio_close(bio);
}

static void the_mbr_of_the_plan_is_written(void **state)
{
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, 4096, 4000);
	struct bio *bio = filled_new(512, 32000, 0x77);
	uint8_t block[4096];
	struct udf_plan plan;

	(void)state;
	params.boot_area = UDF_BOOT_MBR;
	plan = plan_of(&params);
	assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
	read_block(bio, &plan, 0, block);
	assert_memory_equal(block, plan.mbr, UDF_MBR_BYTES);
	assert_int_equal(block[512], 0);
	bio_close(bio);
}

/* ---- what was there before ---- */

static enum udf_err open_volume(struct bio *bio, uint32_t block_bytes, char *ret_label)
{
	struct udf_vol_options options = { .block_bytes = block_bytes };
	struct udf_vol *vol = NULL;
	enum udf_err err = udf_vol_open(bio, &options, NULL, NULL, &vol);

	if (!err)
		assert_int_equal(udf_dstring_to_utf8(vol->lvd.logical_volume_id, 128, ret_label, 128), UDF_OK);
	udf_vol_close(vol);
	return err;
}

static void no_older_volume_of_another_block_size_is_found(void **state)
{
	char label[128];

	(void)state;
	for (uint32_t old = 512; old <= 32768; old *= 2)
		for (uint32_t new = 512; new <= 32768; new *= 2) {
			/* 128 MiB and a bit, so that the last sectors differ. */
			uint64_t n_bytes = (128u << 20) + 5 * 512;
			struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, old, n_bytes / old);
			struct bio *bio = memory_new(512, n_bytes / 512);
			struct udf_plan plan;

			params.boot_area = UDF_BOOT_PRESERVE;
			plan = plan_of(&params);
			assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
			assert_int_equal(open_volume(bio, old, label), UDF_OK);
			params.block_bytes = new;
			params.n_blocks = n_bytes / new;
			strcpy(params.lvid, "new");
			plan = plan_of(&params);
			assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
			assert_int_equal(open_volume(bio, new, label), UDF_OK);
			assert_string_equal(label, "new");
			if (old != new)
				assert_int_equal(open_volume(bio, old, label), UDF_E_NOT_UDF);
			bio_close(bio);
		}
}

static void the_recognition_descriptors_of_iso_9660_are_erased(void **state)
{
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_DVD, 0x0201, 2048, 4000);
	struct bio *bio = memory_new(2048, 4000);
	uint8_t block[2048] = { 1, 'C', 'D', '0', '0', '1', 1 };
	struct udf_plan plan = plan_of(&params);

	(void)state;
	for (uint64_t lsn = 16; lsn < 30; lsn++)
		assert_int_equal(bio_write(bio, lsn, 1, block), UDF_OK);
	assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
	for (uint64_t lsn = 19; lsn < 30; lsn++)
		assert_int_equal(byte_at(bio, &plan, lsn), 0);
	bio_close(bio);
}

static void unreadable_blocks_do_not_prevent_a_new_volume(void **state)
{
	struct udf_plan plan = plan_2048();
	struct bio *bio = NULL;
	char label[128];

	(void)state;
	assert_int_equal(bio_fault_new(memory_new(2048, 8192), &bio), UDF_OK);
	assert_int_equal(bio_fault_bad_block(bio, 17, true, false), UDF_OK);
	assert_int_equal(bio_fault_bad_block(bio, 256, true, false), UDF_OK);
	assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
	assert_int_equal(bio_fault_bad_block(bio, 17, false, false), UDF_OK);
	assert_int_equal(bio_fault_bad_block(bio, 256, false, false), UDF_OK);
	assert_int_equal(open_volume(bio, 0, label), UDF_OK);
	bio_close(bio);
}

/* ---- failures ---- */

/* A medium with a volume "old" on it, if OLD. */
static struct bio *base_new(bool old)
{
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, 1024, 16384);
	struct bio *bio = memory_new(512, 32768);

	if (old) {
		struct udf_plan plan;

		strcpy(params.lvid, "old");
		plan = plan_of(&params);
		assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
	}
	return bio;
}

static struct udf_plan new_plan(void)
{
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, 2048, 8192);

	strcpy(params.lvid, "new");
	return plan_of(&params);
}

/* Only "old" whole, "new" whole, or nothing; gives which: 0 nothing, 1 old, 2 new. */
static int what_is_there(struct bio *bio)
{
	struct counting_sink sink = { .sink.report = count_finding };
	struct udf_vol *vol = NULL;
	char label[128];

	if (open_volume(bio, 1024, label) == UDF_OK) {
		assert_string_equal(label, "old");
		assert_int_equal(open_volume(bio, 2048, label), UDF_E_NOT_UDF);
		return 1;
	}
	assert_int_equal(open_volume(bio, 1024, label), UDF_E_NOT_UDF);
	if (open_volume(bio, 2048, label) != UDF_OK) {
		assert_int_equal(open_volume(bio, 2048, label), UDF_E_NOT_UDF);
		return 0;
	}
	assert_string_equal(label, "new");
	assert_int_equal(udf_vol_open(bio, &(struct udf_vol_options){ .block_bytes = 2048 }, NULL,
				      &sink.sink, &vol), UDF_OK);
	/* An anchor may still be missing, nothing else. */
	for (unsigned i = 0; i < vol->n_parts; i++)
		assert_int_equal(vol->parts[i].n_blocks, 7672);
	assert_int_equal(vol->lvid.type, UDF_LVID_CLOSED);
	udf_vol_close(vol);
	return 2;
}

static bool has_anchor(struct bio *bio)
{
	static const uint32_t lsns[] = { 256, 7935, 8191 };
	struct udf_plan plan = new_plan();
	uint8_t block[2048];
	bool found = false;

	for (size_t i = 0; i < N_OF(lsns); i++) {
		read_block(bio, &plan, lsns[i], block);
		found = found || get_le16(block) == UDF_TAG_AVDP;
	}
	return found;
}

/* Fail each write (or read, or flush) in turn until emission gets through. */
static void fail_each(void (*fail_nth)(struct bio *bio, uint64_t nth, enum udf_err err), bool old,
		      unsigned *ret_n, unsigned *ret_n_with_anchor)
{
	struct udf_plan plan = new_plan();

	*ret_n = *ret_n_with_anchor = 0;
	for (uint64_t nth = 1;; nth++) {
		struct bio *bio = NULL;
		enum udf_err err;
		int there;

		assert_int_equal(bio_fault_new(base_new(old), &bio), UDF_OK);
		fail_nth(bio, nth, UDF_E_IO);
		err = udf_mkfs_emit(&plan, bio, NULL);
		fail_nth(bio, 0, UDF_OK);
		there = what_is_there(bio);
		if (!err) {
			assert_int_equal(there, 2);
			bio_close(bio);
			return;
		}
		assert_int_equal(err, UDF_E_IO);
		if (!old)
			assert_int_not_equal(there, 1);
		++*ret_n;
		if (has_anchor(bio))
			++*ret_n_with_anchor;
		bio_close(bio);
	}
}

static void a_failed_write_leaves_the_old_volume_or_none(void **state)
{
	unsigned n, n_with_anchor;

	(void)state;
	fail_each(bio_fault_fail_write, false, &n, &n_with_anchor);
	assert_true(n > 10);
	/* The second and third anchor, and the recognition sequence, come after the first anchor. */
	assert_int_equal(n_with_anchor, 3);
	fail_each(bio_fault_fail_write, true, &n, &n_with_anchor);
	assert_true(n > 14);
	assert_int_equal(n_with_anchor, 3);
}

static void a_failed_read_or_flush_leaves_the_old_volume_or_none(void **state)
{
	unsigned n, n_with_anchor;

	(void)state;
	fail_each(bio_fault_fail_read, true, &n, &n_with_anchor);
	assert_int_equal(n, 1 + 3 * 7);		/* the recognition area, three anchors of seven block sizes */
	assert_int_equal(n_with_anchor, 0);
	fail_each(bio_fault_fail_flush, true, &n, &n_with_anchor);
	assert_int_equal(n, 4);
}

static void a_power_cut_leaves_the_old_volume_or_the_new_or_none(void **state)
{
	struct udf_plan plan = new_plan();
	struct bio *base = base_new(true), *work = NULL, *fault = NULL;
	const struct bio_event *events;
	unsigned n_seen[3] = { 0 };
	size_t n_events;

	(void)state;
	assert_int_equal(bio_overlay_new(base, false, &work), UDF_OK);
	assert_int_equal(bio_fault_new(work, &fault), UDF_OK);
	bio_fault_record(fault, true);
	assert_int_equal(udf_mkfs_emit(&plan, fault, NULL), UDF_OK);
	bio_fault_log(fault, &events, &n_events);
	for (size_t cut = 0; cut <= n_events; cut++)
		for (uint64_t seed = 0; seed < 24; seed++) {
			struct bio *state_bio = NULL;

			assert_int_equal(bio_fault_crash_state(events, n_events, cut, seed, seed % 2, base,
							       &state_bio), UDF_OK);
			n_seen[what_is_there(state_bio)]++;
			bio_close(state_bio);
		}
	assert_true(n_seen[0] > 0 && n_seen[1] > 0 && n_seen[2] > 0);
	bio_close(fault);
	bio_close(base);
}

static void running_out_of_memory_makes_mkfs_fail(void **state)
{
	struct udf_plan plan = new_plan();

	(void)state;
	for (uint64_t nth = 1; nth < 1000; nth++) {
		struct bio *bio = base_new(true);
		enum udf_err err;

		alloc_fail_nth(nth);
		err = udf_mkfs_emit(&plan, bio, NULL);
		alloc_fail_nth(0);
		bio_close(bio);
		if (!err)
			return;
		assert_int_equal(err, UDF_E_NOMEM);
	}
	fail_msg("never succeeds");
}

static void a_medium_that_does_not_fit_the_plan_is_refused(void **state)
{
	struct udf_plan plan = plan_2048();
	struct bio *bio = memory_new(4096, 8192);

	(void)state;
	assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_E_INVAL);
	bio_close(bio);
	bio = memory_new(2048, 8191);
	assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_E_INVAL);
	bio_close(bio);
}

/* ---- how much is written ---- */

struct counter {
	struct bio bio;
	uint64_t n_writes, n_bytes;
};

static enum udf_err counter_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	(void)at;
	memset(ret_data, 0, (size_t)n_blocks * bio->geometry.block_bytes);
	return UDF_OK;
}

static enum udf_err counter_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct counter *counter = (struct counter *)(void *)bio;

	(void)at;
	(void)data;
	counter->n_writes++;
	counter->n_bytes += (uint64_t)n_blocks * bio->geometry.block_bytes;
	return UDF_OK;
}

static struct counter count_writes(uint32_t block_bytes, uint64_t n_blocks, bool is_zero)
{
	static const struct bio_ops ops = { .read = counter_read, .write = counter_write };
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_HD, 0x0201, block_bytes, n_blocks);
	struct counter counter = {
		.bio.ops = &ops,
		.bio.geometry = { .block_bytes = 512, .n_blocks = n_blocks * (block_bytes / 512),
				  .write_unit_blocks = 1, .access = BIO_OVERWRITE },
	};
	struct udf_emit_options options = { .medium_is_zero = is_zero };
	struct udf_plan plan = plan_of(&params);

	assert_int_equal(udf_mkfs_emit_with(&plan, &counter.bio, &options), UDF_OK);
	return counter;
}

static void writes_are_few_and_little_more_than_the_bitmap(void **state)
{
	const uint64_t bitmap_bytes = (1ull << 29) / 8;
	struct counter counter;

	(void)state;
	counter = count_writes(2048, 1u << 29, false);		/* 1 TiB */
	assert_true(counter.n_writes <= 128);
	assert_true(counter.n_bytes <= bitmap_bytes / 100 * 102);
	counter = count_writes(2048, 32768, false);		/* 64 MiB */
	assert_true(counter.n_writes <= 40);
	counter = count_writes(512, 50u << 21, false);		/* 50 GiB */
	assert_true(counter.n_writes <= 40);
	/* Into a new file only what is not zero. */
	counter = count_writes(2048, 32768, true);
	assert_true(counter.n_writes <= 10);
	assert_true(counter.n_bytes <= 30 * 2048);
	counter = count_writes(512, 0xFFFFFFFFu, true);
	assert_true(counter.n_bytes <= (1u << 29) / 100 * 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors_have_the_values_of_the_worked_example),
		cmocka_unit_test(volumes_of_every_medium_revision_and_block_size_have_no_problems),
		cmocka_unit_test(volumes_for_packet_media_have_no_problems),
		cmocka_unit_test(volumes_of_every_space_set_strategy_and_descriptor_kind_have_no_problems),
		cmocka_unit_test(a_later_session_is_a_volume_of_its_own),
		cmocka_unit_test(the_bitmap_marks_the_used_blocks_and_nothing_after_its_end),
		cmocka_unit_test(the_space_table_lists_the_free_blocks),
		cmocka_unit_test(boot_area_and_gaps_are_erased_or_preserved),
		cmocka_unit_test(on_write_once_media_blank_blocks_stay_unrecorded),
		cmocka_unit_test(the_mbr_of_the_plan_is_written),
		cmocka_unit_test(no_older_volume_of_another_block_size_is_found),
		cmocka_unit_test(the_recognition_descriptors_of_iso_9660_are_erased),
		cmocka_unit_test(unreadable_blocks_do_not_prevent_a_new_volume),
		cmocka_unit_test(a_failed_write_leaves_the_old_volume_or_none),
		cmocka_unit_test(a_failed_read_or_flush_leaves_the_old_volume_or_none),
		cmocka_unit_test(a_power_cut_leaves_the_old_volume_or_the_new_or_none),
		cmocka_unit_test(running_out_of_memory_makes_mkfs_fail),
		cmocka_unit_test(a_medium_that_does_not_fit_the_plan_is_refused),
		cmocka_unit_test(writes_are_few_and_little_more_than_the_bitmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
