/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volumes of other makers are opened, whatever their anchors and maps, or what prevents it is reported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "worked_volume.h"

static void the_worked_example_is_read_field_by_field(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->block_bytes, 2048);
	assert_int_equal(fx.vol->n_sectors, N_BLOCKS);
	assert_int_equal(fx.vol->revision, 0x0201);
	assert_int_equal(fx.vol->tag_version, 3);
	assert_int_equal(fx.vol->tag_serial, 1);
	assert_int_equal(fx.vol->n_anchors, 3);
	assert_int_equal(fx.vol->anchor_lsn[0], 256);
	assert_int_equal(fx.vol->anchor_lsn[1], 7935);
	assert_int_equal(fx.vol->anchor_lsn[2], 8191);
	assert_false(fx.vol->reserve_used);
	assert_int_equal(fx.vol->n_parts, 1);
	assert_int_equal(fx.vol->parts[0].kind, UDF_MAP_PHYSICAL);
	assert_int_equal(fx.vol->parts[0].start_lsn, PARTITION);
	assert_int_equal(fx.vol->parts[0].n_blocks, 7672);
	assert_int_equal(fx.vol->parts[0].access_type, UDF_ACCESS_OVERWRITABLE);
	assert_int_equal(fx.vol->lvid_lsn, LVID_LSN);
	assert_int_equal(fx.vol->lvid.type, UDF_LVID_CLOSED);
	assert_int_equal(fx.vol->lvid.next_unique_id, 16);
	assert_int_equal(fx.vol->free_blocks[0], 7668);
	assert_int_equal(fx.vol->size_blocks[0], 7672);
	assert_int_equal(fx.vol->lvid_impl.n_directories, 1);
	assert_int_equal(fx.vol->usd.n_extents, 6);
	assert_int_equal(fx.vol->usd_extents[0].lsn, 20);
	assert_int_equal(fx.vol->usd_extents[0].n_bytes, 155648);
	assert_int_equal(fx.vol->fsd_at.lbn, 1);
	assert_int_equal(fx.vol->fsd.root_icb.addr.lbn, 3);
	assert_int_equal(fx.vol->root_strategy, UDF_STRATEGY_4);
	assert_null(udf_vol_why_read_only(fx.vol));
	assert_false(udf_vol_is_ours(fx.vol));
	assert_label(&fx, "Label");
	fx_done(&fx);
}

struct kind {
	const char *media, *why_read_only;
};

static void every_type_revision_and_block_size_is_read(void **state)
{
	static const struct kind kinds[] = {
		{ "hd", NULL }, { "dvdram", NULL }, { "dvd", "the partition is read-only" },
		{ "cd", "the partition is read-only" }, { "mo", "its files are of ICB strategy 4096" },
		{ "worm", "the partition is write-once" },
	};
	static const char *const revisions[] = { "1.02", "1.50", "2.00", "2.01" };
	static const uint16_t revision_words[] = { 0x0102, 0x0150, 0x0200, 0x0201 };
	unsigned k, r;
	uint32_t size;

	(void)state;
	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (r = 0; r < 4; r++)
			for (size = 512; size <= 32768; size *= 2) {
				struct fixture fx;
				enum udf_err err;

				fx_mkudffs(&fx, kinds[k].media, revisions[r], size, 3000, NULL);
				err = fx_open(&fx);
				if (err || fx.vol->block_bytes != size)
					fail_msg("%s %s %u: %s", kinds[k].media, revisions[r], size,
						 udf_strerror(err));
				assert_int_equal(fx.vol->revision, revision_words[r]);
				assert_int_equal(fx.vol->tag_version, r < 2 ? 2 : 3);
				assert_label(&fx, "LinuxUDF");
				if (kinds[k].why_read_only)
					assert_string_equal(udf_vol_why_read_only(fx.vol),
							    kinds[k].why_read_only);
				else
					assert_null(udf_vol_why_read_only(fx.vol));
				fx_done(&fx);
			}
}

static void bridge_disc_is_read(void **state)
{
	struct fixture fx;

	(void)state;
	fx_need(FX_GENISOIMAGE);
	fx_genisoimage(&fx);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->block_bytes, 2048);
	assert_int_equal(fx.vol->revision, 0x0102);
	assert_int_equal(fx.vol->lvid_impl.n_files, 1);
	assert_string_equal(udf_vol_why_read_only(fx.vol), "the volume is write-protected (hard)");
	assert_label(&fx, "BRIDGE");
	fx_done(&fx);
}

static void empty_device_is_not_udf(void **state)
{
	struct fixture fx;

	(void)state;
	fx_empty(&fx, 512, 4096);
	assert_int_equal(fx_open(&fx), UDF_E_NOT_UDF);
	fx_done(&fx);
	fx_empty(&fx, 512, 1);
	assert_int_equal(fx_open(&fx), UDF_E_NOT_UDF);
	assert_int_equal(fx_check(&fx), UDF_E_NOT_UDF);
	fx_done(&fx);
}

static void anchors_without_recognition_sequence_are_not_udf(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx_zero(&fx, VRS_LSN, 3);
	assert_int_equal(fx_open(&fx), UDF_E_NOT_UDF);
	fx_done(&fx);
}

static void recognition_sequence_without_anchors_is_not_udf(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx_zero(&fx, 256, 1);
	fx_zero(&fx, 7935, 1);
	fx_zero(&fx, 8191, 1);
	assert_int_equal(fx_open(&fx), UDF_E_NOT_UDF);
	fx_done(&fx);
}

static void recognition_sequence_spaced_by_2048_is_seen_on_large_blocks(void **state)
{
	struct fixture fx;

	(void)state;
	make_narrow_vrs(&fx);
	assert_int_equal(fx_open(&fx), UDF_OK);
	fx_done(&fx);
}

static void one_anchor_of_three_is_enough(void **state)
{
	static const uint32_t lsns[] = { 256, 7935, 8191 };
	unsigned kept, i;

	(void)state;
	for (kept = 0; kept < 3; kept++) {
		struct fixture fx;

		make_labelled_hd(&fx);
		for (i = 0; i < 3; i++)
			if (i != kept)
				fx_zero(&fx, lsns[i], 1);
		assert_int_equal(fx_open(&fx), UDF_OK);
		assert_int_equal(fx.vol->n_anchors, 1);
		assert_int_equal(fx.vol->anchor_lsn[0], lsns[kept]);
		fx_done(&fx);
	}
}

static void an_anchor_with_a_wrong_crc_is_skipped(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx_break(&fx, 256, 20);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->n_anchors, 2);
	assert_int_equal(fx.vol->anchor_lsn[0], 7935);
	fx_done(&fx);
}

/* A device that claims two sectors more than were there when the volume was made. */
static void anchor_is_found_where_the_last_sector_is_misreported(void **state)
{
	uint8_t block[2048];
	struct fixture fx, larger;
	uint64_t lsn;

	(void)state;
	make_labelled_hd(&fx);
	fx_empty(&larger, 2048, N_BLOCKS + 2);
	for (lsn = 0; lsn < N_BLOCKS; lsn++) {
		fx_read(&fx, lsn, 1, block);
		fx_write(&larger, lsn, 1, block);
	}
	fx_zero(&larger, 256, 1);
	assert_int_equal(fx_open(&larger), UDF_OK);
	assert_int_equal(larger.vol->anchor_lsn[0], 8191);
	fx_done(&fx);
	fx_done(&larger);
}

static void anchor_at_512_is_found(void **state)
{
	uint8_t block[2048];
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx_read(&fx, 256, 1, block);
	put_le32(block + 12, 512);
	udf_tag_reseal(block);
	fx_write(&fx, 512, 1, block);
	fx_zero(&fx, 256, 1);
	fx_zero(&fx, 7935, 1);
	fx_zero(&fx, 8191, 1);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->anchor_lsn[0], 512);
	fx_done(&fx);
}

static void the_anchor_is_found_at_the_given_place(void **state)
{
	struct udf_vol_options options = { .anchor_lsn = 1000 };
	uint8_t block[2048];
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx_read(&fx, 256, 1, block);
	put_le32(block + 12, 1000);
	udf_tag_reseal(block);
	fx_write(&fx, 1000, 1, block);
	fx_zero(&fx, 256, 1);
	fx_zero(&fx, 7935, 1);
	fx_zero(&fx, 8191, 1);
	assert_int_equal(fx_open(&fx), UDF_E_NOT_UDF);
	assert_int_equal(fx_open_with(&fx, &options, NULL), UDF_OK);
	assert_int_equal(fx.vol->block_bytes, 2048);
	assert_int_equal(fx.vol->anchor_lsn[0], 1000);
	options.anchor_lsn = 1001;
	assert_int_equal(fx_open_with(&fx, &options, NULL), UDF_E_NOT_UDF);
	fx_done(&fx);
}

/* On a larger device, the last block tells where its anchors are. */
static void anchor_is_found_at_the_last_block_that_is_named(void **state)
{
	struct udf_vol_options options = { .last_lsn = N_BLOCKS - 1 };
	uint8_t block[2048];
	struct fixture fx, larger;
	uint64_t lsn;

	(void)state;
	make_labelled_hd(&fx);
	fx_empty(&larger, 2048, 2 * N_BLOCKS);
	for (lsn = 0; lsn < N_BLOCKS; lsn++) {
		fx_read(&fx, lsn, 1, block);
		fx_write(&larger, lsn, 1, block);
	}
	fx_zero(&larger, 256, 1);
	assert_int_equal(fx_open(&larger), UDF_E_NOT_UDF);
	assert_int_equal(fx_open_with(&larger, &options, NULL), UDF_OK);
	assert_int_equal(larger.vol->anchor_lsn[0], 7935);
	fx_done(&fx);
	fx_done(&larger);
}

static void volume_without_recognition_sequence_opens_when_that_is_ignored(void **state)
{
	struct udf_vol_options options = { .ignores_recognition = true };
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx_zero(&fx, 16, 3);
	assert_int_equal(fx_open(&fx), UDF_E_NOT_UDF);
	assert_int_equal(fx_open_with(&fx, &options, NULL), UDF_OK);
	assert_label(&fx, "Label");
	assert_null(udf_vol_why_read_only(fx.vol));
	fx_done(&fx);
}

static void anchor_of_another_block_size_is_not_followed(void **state)
{
	struct fixture fx, old;
	uint8_t block[512];

	(void)state;
	make_labelled_hd(&fx);
	fx_mkudffs(&old, "hd", "1.02", 512, 8192, NULL);
	fx_read(&old, 256, 1, block);
	fx.block_bytes = 512;
	fx_write(&fx, 256, 1, block);	/* leads to sectors where no volume is any more */
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->block_bytes, 2048);
	fx_done(&fx);
	fx_done(&old);
}

static void given_block_size_is_the_only_one_tried(void **state)
{
	struct udf_vol_options options = { .block_bytes = 512 };
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	assert_int_equal(fx_open_with(&fx, &options, NULL), UDF_E_NOT_UDF);
	options.block_bytes = 2048;
	assert_int_equal(fx_open_with(&fx, &options, NULL), UDF_OK);
	options.block_bytes = 1536;
	assert_int_equal(fx_open_with(&fx, &options, NULL), UDF_E_INVAL);
	options.block_bytes = 65536;
	assert_int_equal(fx_open_with(&fx, &options, NULL), UDF_E_INVAL);
	fx_done(&fx);
}

static void blocks_below_the_device_sector_are_refused(void **state)
{
	struct udf_vol_options options = { .block_bytes = 512 };
	struct bio *bio;
	struct udf_vol *vol = NULL;

	(void)state;
	assert_int_equal(bio_memory_new(2048, 1000, &bio), UDF_OK);
	assert_int_equal(udf_vol_open(bio, &options, NULL, NULL, &vol), UDF_E_INVAL);
	bio_close(bio);
}

static void unknown_revisions_and_domains_are_refused(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx_set16(&fx, MAIN_VDS + 1, 240, 0x0300);
	assert_int_equal(fx_open(&fx), UDF_E_UNSUPPORTED);
	fx_set16(&fx, MAIN_VDS + 1, 240, 0x0250);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_string_equal(udf_vol_why_read_only(fx.vol), "its UDF revision is above 2.01");
	fx_done(&fx);

	make_labelled_hd(&fx);
	fx_set8(&fx, MAIN_VDS + 1, 218, 'x');
	assert_int_equal(fx_open(&fx), UDF_E_NOT_UDF);
	fx_done(&fx);
}

static void unsupported_maps_are_named(void **state)
{
	const struct udf_vol_options partial = { .allow_partial = true };
	struct fixture fx;

	(void)state;
	fx_mkudffs(&fx, "cdr", "2.01", 2048, 5000, NULL);
	assert_int_equal(fx_open(&fx), UDF_E_UNSUPPORTED);
	assert_string_equal(fx.log, "partition map 1 is virtual (VAT), which this version can't read");
	assert_int_equal(fx_open_with(&fx, &partial, NULL), UDF_OK);
	assert_label(&fx, "LinuxUDF");
	assert_non_null(udf_vol_why_read_only(fx.vol));
	fx_done(&fx);
}

static void two_partitions_are_matched_by_number(void **state)
{
	uint8_t block[2048];
	uint64_t lvd, pd;
	uint64_t lsn;
	uint32_t n;
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	lvd = fx_find(&fx, MAIN_VDS, UDF_TAG_LVD);
	pd = fx_find(&fx, MAIN_VDS, UDF_TAG_PD);
	/* map 0: partition 7, read-only, the last 1000 blocks of the old one; map 1: partition 0 */
	copy_desc(&fx, MAIN_VDS + 5, MAIN_VDS + 6, 0);
	copy_desc(&fx, pd, MAIN_VDS + 5, 6);
	fx_set16(&fx, MAIN_VDS + 5, 22, 7);
	fx_set32(&fx, MAIN_VDS + 5, 184, UDF_ACCESS_READ_ONLY);
	fx_set32(&fx, MAIN_VDS + 5, 188, PARTITION + 6672);
	fx_set32(&fx, MAIN_VDS + 5, 192, 1000);
	fx_set32(&fx, pd, 192, 6672);
	fx_read(&fx, lvd, 1, block);
	memcpy(block + 446, block + 440, 6);
	put_le16(block + 444, 7);
	put_le32(block + 264, 12);
	put_le32(block + 268, 2);
	put_le16(block + 256, 1);	/* FSD in reference 1 */
	put_le16(block + 10, 436);
	udf_tag_reseal(block);
	fx_write(&fx, lvd, 1, block);
	fx_zero(&fx, RESERVE_VDS, 16);

	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->n_parts, 2);
	assert_int_equal(fx.vol->parts[0].number, 7);
	assert_int_equal(fx.vol->parts[0].n_blocks, 1000);
	assert_int_equal(fx.vol->parts[1].start_lsn, PARTITION);
	assert_int_equal(udf_vol_map(fx.vol, 0, 999, 5, &lsn, &n), UDF_OK);
	assert_int_equal(lsn, PARTITION + 6672 + 999);
	assert_int_equal(n, 1);
	assert_int_equal(udf_vol_map(fx.vol, 0, 1000, 1, &lsn, &n), UDF_E_RANGE);
	assert_int_equal(udf_vol_map(fx.vol, 2, 0, 1, &lsn, &n), UDF_E_RANGE);
	assert_non_null(udf_vol_why_read_only(fx.vol));
	fx_done(&fx);
}

static void read_only_device_can_not_be_written(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx.bio->geometry.access = BIO_READ_ONLY;
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_string_equal(udf_vol_why_read_only(fx.vol), "the device is open for reading only");
	fx.bio->geometry.access = BIO_SEQUENTIAL;
	assert_string_equal(udf_vol_why_read_only(fx.vol), "the medium can only be appended to");
	fx_done(&fx);
}

static void truncated_volume_can_not_be_written(void **state)
{
	const struct udf_vol_options options = { .last_lsn = 5000 };
	uint8_t block[2 * 2048];
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	assert_int_equal(fx_open_with(&fx, &options, NULL), UDF_OK);
	assert_string_equal(udf_vol_why_read_only(fx.vol),
			    "the partition reaches beyond the end of the device");
	assert_int_equal(udf_vol_read_lsn(fx.vol, 5000, 1, block), UDF_OK);
	assert_int_equal(udf_vol_read_lsn(fx.vol, 5000, 2, block), UDF_E_RANGE);
	assert_int_equal(udf_vol_read_lsn(fx.vol, 5001, 1, block), UDF_E_RANGE);
	assert_int_equal(udf_vol_write_lsn(fx.vol, 5001, 1, block), UDF_E_RANGE);
	assert_int_equal(udf_vol_read(fx.vol, 0, 5001 - PARTITION, 1, block), UDF_E_RANGE);
	fx_done(&fx);
}

static void the_reason_for_a_read_only_volume_is_named(void **state)
{
	static const char soft[] = "the volume is write-protected (soft); 'udflabel --read-only=off' lifts that";
	static const struct { uint64_t lsn; uint32_t at, value; const char *why; } cases[] = {
		{ MAIN_VDS + 1, 242, 0x01, "the volume is write-protected (hard)" },
		{ MAIN_VDS + 1, 242, 0x02, soft },
		{ PARTITION + 1, 442, 0x02, soft },
		{ MAIN_VDS + 2, 184, 1, "the partition is read-only" },
		{ MAIN_VDS + 2, 184, 0, "the partition is read-only" },
		{ MAIN_VDS + 2, 184, 2, "the partition is write-once" },
		{ MAIN_VDS + 2, 64, 0, "the partition has neither space table nor space bitmap" },
		{ MAIN_VDS + 2, 56, 2048, "the partition has a space table and a space bitmap" },
		{ MAIN_VDS + 2, 88, 2048, "the partition has freed space that would have to be erased first" },
		{ MAIN_VDS + 2, 192, 7936, "the partition reaches beyond the end of the device" },
		{ LVID_LSN, 72, 2, "the integrity descriptor does not fit the volume" },
		{ LVID_LSN, 76, 45, "the integrity descriptor does not fit the volume" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture fx;

		make_labelled_hd(&fx);
		fx_set32(&fx, cases[i].lsn, cases[i].at, cases[i].value);
		assert_int_equal(fx_open(&fx), UDF_OK);
		assert_non_null(udf_vol_why_read_only(fx.vol));
		assert_string_equal(udf_vol_why_read_only(fx.vol), cases[i].why);
		fx_done(&fx);
	}
}

static void minimum_revisions_limit_reading_and_writing(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx_set16(&fx, LVID_LSN, 88 + 42, 0x0250);	/* minimum write revision */
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_string_equal(udf_vol_why_read_only(fx.vol), "its UDF revision is above 2.01");
	fx_set16(&fx, LVID_LSN, 88 + 40, 0x0300);	/* minimum read revision */
	assert_int_equal(fx_open(&fx), UDF_E_UNSUPPORTED);
	fx_done(&fx);
}

static void volume_without_integrity_descriptor_is_read_only(void **state)
{
	struct fixture fx;

	(void)state;
	make_labelled_hd(&fx);
	fx_zero(&fx, LVID_LSN, 2);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->lvid_lsn, 0);
	assert_string_equal(udf_vol_why_read_only(fx.vol), "no integrity descriptor can be read");
	fx_done(&fx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worked_example_is_read_field_by_field),
		cmocka_unit_test(every_type_revision_and_block_size_is_read),
		cmocka_unit_test(bridge_disc_is_read),
		cmocka_unit_test(empty_device_is_not_udf),
		cmocka_unit_test(anchors_without_recognition_sequence_are_not_udf),
		cmocka_unit_test(recognition_sequence_without_anchors_is_not_udf),
		cmocka_unit_test(recognition_sequence_spaced_by_2048_is_seen_on_large_blocks),
		cmocka_unit_test(one_anchor_of_three_is_enough),
		cmocka_unit_test(an_anchor_with_a_wrong_crc_is_skipped),
		cmocka_unit_test(anchor_is_found_where_the_last_sector_is_misreported),
		cmocka_unit_test(anchor_at_512_is_found),
		cmocka_unit_test(the_anchor_is_found_at_the_given_place),
		cmocka_unit_test(anchor_is_found_at_the_last_block_that_is_named),
		cmocka_unit_test(volume_without_recognition_sequence_opens_when_that_is_ignored),
		cmocka_unit_test(anchor_of_another_block_size_is_not_followed),
		cmocka_unit_test(given_block_size_is_the_only_one_tried),
		cmocka_unit_test(blocks_below_the_device_sector_are_refused),
		cmocka_unit_test(unknown_revisions_and_domains_are_refused),
		cmocka_unit_test(unsupported_maps_are_named),
		cmocka_unit_test(two_partitions_are_matched_by_number),
		cmocka_unit_test(read_only_device_can_not_be_written),
		cmocka_unit_test(truncated_volume_can_not_be_written),
		cmocka_unit_test(the_reason_for_a_read_only_volume_is_named),
		cmocka_unit_test(minimum_revisions_limit_reading_and_writing),
		cmocka_unit_test(volume_without_integrity_descriptor_is_read_only),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
