/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation descriptors of one ICB, its chain of AEDs, and what is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "vol/extent_map.h"
#include "vol_fixture.h"

#define BLOCK 2048u
#define PARTITION 257u
#define PARTITION_BLOCKS 7672u
#define ICB_LBN 100u
#define SERIAL 1u

/* One allocation descriptor as the tests write it. */
struct ad {
	enum udf_extent_type type;
	uint32_t n_bytes, lbn;
	uint16_t part_ref;
};

struct icb {
	struct fixture fx;
	uint8_t block[BLOCK];
	struct udf_extent_map map;
};

static const struct udf_lb_addr icb_at = { ICB_LBN, 0 };

static size_t put_ads(uint8_t *p, bool is_long, const struct ad *ads, size_t n)
{
	size_t i, at = 0;

	for (i = 0; i < n; i++) {
		uint32_t length = UDF_EXTENT_LENGTH(ads[i].type, ads[i].n_bytes);

		if (is_long) {
			struct udf_long_ad ad = { length, { ads[i].lbn, ads[i].part_ref }, 0, 0 };

			udf_long_ad_encode(&ad, p + at);
			at += UDF_LONG_AD_BYTES;
		} else {
			struct udf_short_ad ad = { length, ads[i].lbn };

			udf_short_ad_encode(&ad, p + at);
			at += UDF_SHORT_AD_BYTES;
		}
	}
	return at;
}

static void begin(struct icb *icb)
{
	memset(icb, 0, sizeof(*icb));
	fx_mkudffs(&icb->fx, "hd", "2.01", BLOCK, 8192, NULL);
	assert_int_equal(fx_check(&icb->fx), UDF_OK);
}

static void end(struct icb *icb)
{
	udf_extent_map_done(&icb->map);
	fx_done(&icb->fx);
}

/* A file of N_INFORMATION bytes with these descriptors in its Extended File Entry. */
static void make_file(struct icb *icb, uint64_t n_information, bool is_long, const struct ad *ads, size_t n)
{
	struct udf_fe fe = {
		.tag.id = UDF_TAG_EFE,
		.icb = { .strategy = 4, .max_entries = 1, .file_type = UDF_FT_REGULAR,
			 .flags = is_long ? UDF_AD_LONG : UDF_AD_SHORT },
		.information_bytes = n_information,
	};

	memset(icb->block, 0, BLOCK);
	fe.ad_bytes = (uint32_t)put_ads(icb->block + UDF_EFE_FIXED_BYTES, is_long, ads, n);
	udf_fe_encode(&fe, icb->block);
	udf_tag_seal(icb->block, UDF_TAG_EFE, 3, SERIAL, ICB_LBN, 200 + fe.ad_bytes);
}

static void put_aed(struct icb *icb, uint32_t lbn, bool is_long, const struct ad *ads, size_t n)
{
	uint8_t block[BLOCK] = { 0 };
	struct udf_aed aed = { .ad_bytes = (uint32_t)put_ads(block + UDF_AED_FIXED_BYTES, is_long, ads, n) };

	udf_aed_encode(&aed, block);
	udf_tag_seal(block, UDF_TAG_AED, 3, SERIAL, lbn, 8 + aed.ad_bytes);
	fx_write(&icb->fx, PARTITION + lbn, 1, block);
}

/* Read the map with the sink; findings are cleared first. */
static enum udf_err check(struct icb *icb)
{
	memset(icb->fx.findings.n, 0, sizeof(icb->fx.findings.n));
	icb->fx.findings.n_all = 0;
	icb->fx.findings.text[0] = 0;
	udf_extent_map_done(&icb->map);
	return udf_extent_map_read(icb->fx.vol, icb->block, icb_at, &icb->fx.findings.sink, &icb->map);
}

static enum udf_err read_plain(struct icb *icb)
{
	udf_extent_map_done(&icb->map);
	return udf_extent_map_read(icb->fx.vol, icb->block, icb_at, NULL, &icb->map);
}

static void assert_extent(const struct icb *icb, size_t at, enum udf_extent_type kind, uint32_t lbn,
			  uint32_t n_bytes)
{
	assert_true(at < icb->map.n_extents);
	assert_int_equal(icb->map.extents[at].kind, kind);
	assert_int_equal(icb->map.extents[at].lbn, lbn);
	assert_int_equal(icb->map.extents[at].n_bytes, n_bytes);
}

static void short_and_long_descriptors_are_read(void **state)
{
	static const struct ad ads[] = {
		{ UDF_EXTENT_RECORDED, 2 * BLOCK, 200, 0 },
		{ UDF_EXTENT_HOLE, 3 * BLOCK, 0, 0 },
		{ UDF_EXTENT_ALLOCATED, BLOCK, 300, 0 },
		{ UDF_EXTENT_RECORDED, 5, 400, 0 },
		{ UDF_EXTENT_ALLOCATED, 4 * BLOCK, 500, 0 },	/* preallocated tail */
	};
	struct icb icb;
	unsigned is_long;

	(void)state;
	begin(&icb);
	for (is_long = 0; is_long < 2; is_long++) {
		make_file(&icb, 6 * BLOCK + 5, is_long, ads, 5);
		assert_int_equal(check(&icb), UDF_OK);
		assert_clean(&icb.fx);
		assert_int_equal(icb.map.n_extents, 5);
		assert_int_equal(icb.map.n_body_extents, 4);
		assert_int_equal(icb.map.body_bytes, 6 * BLOCK + 5);
		assert_int_equal(icb.map.n_recorded_blocks, 3);
		assert_extent(&icb, 0, UDF_EXTENT_RECORDED, 200, 2 * BLOCK);
		assert_extent(&icb, 1, UDF_EXTENT_HOLE, 0, 3 * BLOCK);
		assert_extent(&icb, 4, UDF_EXTENT_ALLOCATED, 500, 4 * BLOCK);
		assert_int_equal(read_plain(&icb), UDF_OK);
	}
	end(&icb);
}

static void empty_file_has_no_extents(void **state)
{
	struct icb icb;

	(void)state;
	begin(&icb);
	make_file(&icb, 0, false, NULL, 0);
	assert_int_equal(check(&icb), UDF_OK);
	assert_clean(&icb.fx);
	assert_int_equal(icb.map.n_extents, 0);
	end(&icb);
}

/* The root directory that mkudffs made: 40 bytes of parent FID inside its EFE. */
static void embedded_data_are_found(void **state)
{
	uint8_t fid[40];
	struct icb icb;

	(void)state;
	begin(&icb);
	fx_read(&icb.fx, PARTITION + 3, 1, icb.block);
	assert_int_equal(check(&icb), UDF_OK);
	assert_true(icb.map.embedded);
	assert_int_equal(icb.map.embedded_at, 216);
	assert_int_equal(icb.map.embedded_bytes, 40);
	assert_int_equal(udf_extent_map_pread(icb.fx.vol, &icb.map, icb.block, 0, 40, fid), UDF_OK);
	assert_int_equal(get_le16(fid), UDF_TAG_FID);
	assert_int_equal(udf_extent_map_pread(icb.fx.vol, &icb.map, icb.block, 1, 40, fid), UDF_E_RANGE);
	end(&icb);
}

static void descriptor_of_length_zero_ends_the_list(void **state)
{
	static const struct ad ads[] = {
		{ UDF_EXTENT_RECORDED, BLOCK, 200, 0 },
		{ UDF_EXTENT_RECORDED, 0, 0, 0 },
		{ UDF_EXTENT_RECORDED, BLOCK, 999999, 0 },
	};
	struct icb icb;

	(void)state;
	begin(&icb);
	make_file(&icb, BLOCK, false, ads, 3);
	assert_int_equal(check(&icb), UDF_OK);
	assert_clean(&icb.fx);
	assert_int_equal(icb.map.n_extents, 1);
	end(&icb);
}

static void a_chain_of_allocation_descriptors_is_followed(void **state)
{
	static const struct ad in_icb[] = { { UDF_EXTENT_RECORDED, BLOCK, 200, 0 },
					    { UDF_EXTENT_NEXT, BLOCK, 110, 0 } };
	static const struct ad in_first[] = { { UDF_EXTENT_RECORDED, BLOCK, 300, 0 },
					      { UDF_EXTENT_NEXT, BLOCK, 111, 0 } };
	static const struct ad in_second[] = { { UDF_EXTENT_RECORDED, 7, 400, 0 } };
	struct icb icb;
	unsigned is_long;

	(void)state;
	begin(&icb);
	for (is_long = 0; is_long < 2; is_long++) {
		make_file(&icb, 2 * BLOCK + 7, is_long, in_icb, 2);
		put_aed(&icb, 110, is_long, in_first, 2);
		put_aed(&icb, 111, is_long, in_second, 1);
		assert_int_equal(check(&icb), UDF_OK);
		assert_clean(&icb.fx);
		assert_int_equal(icb.map.n_extents, 3);
		assert_extent(&icb, 2, UDF_EXTENT_RECORDED, 400, 7);
		assert_int_equal(icb.map.n_aeds, 2);
		assert_int_equal(icb.map.aeds[0].lbn, 110);
		assert_int_equal(icb.map.aeds[1].lbn, 111);
	}
	end(&icb);
}

static void chain_that_loops_is_cut_after_its_first_round(void **state)
{
	/* icb -> 110 -> 111 -> 112 -> 113 -> 114 -> 112 */
	static const uint32_t next[] = { 111, 112, 113, 114, 112 };
	static const struct ad in_icb[] = { { UDF_EXTENT_NEXT, BLOCK, 110, 0 } };
	struct icb icb;
	unsigned i;

	(void)state;
	begin(&icb);
	make_file(&icb, 5 * BLOCK, false, in_icb, 1);
	for (i = 0; i < 5; i++) {
		struct ad ads[] = { { UDF_EXTENT_RECORDED, BLOCK, 200 + i, 0 },
				    { UDF_EXTENT_NEXT, BLOCK, next[i], 0 } };

		put_aed(&icb, 110 + i, false, ads, 2);
	}
	assert_int_equal(check(&icb), UDF_OK);
	assert_only(&icb.fx, UDF_P_AED_LOOP);
	assert_int_equal(icb.map.n_aeds, 5);
	assert_int_equal(icb.map.n_extents, 5);
	assert_extent(&icb, 4, UDF_EXTENT_RECORDED, 204, BLOCK);
	assert_int_equal(read_plain(&icb), UDF_E_CORRUPT);
	end(&icb);
}

static void chain_that_leads_to_itself_is_cut(void **state)
{
	static const struct ad in_icb[] = { { UDF_EXTENT_NEXT, BLOCK, 110, 0 } };
	static const struct ad in_aed[] = { { UDF_EXTENT_RECORDED, BLOCK, 200, 0 },
					    { UDF_EXTENT_NEXT, BLOCK, 110, 0 } };
	struct icb icb;

	(void)state;
	begin(&icb);
	make_file(&icb, BLOCK, false, in_icb, 1);
	put_aed(&icb, 110, false, in_aed, 2);
	assert_int_equal(check(&icb), UDF_OK);
	assert_only(&icb.fx, UDF_P_AED_LOOP);
	assert_int_equal(icb.map.n_extents, 1);
	end(&icb);
}

struct bad {
	enum udf_problem problem;
	bool is_long;
	uint32_t n_information;
	struct ad ads[3];
	bool plain_fails;	/* without a sink this is the end of it */
};

static void each_bad_descriptor_is_the_only_problem_reported(void **state)
{
	static const struct bad cases[] = {
		{ UDF_P_AD_LENGTH, false, 0x3FFFFFFF, { { UDF_EXTENT_HOLE, 0x3FFFFFFF, 0, 0 } }, false },
		{ UDF_P_AD_LOCATION, false, BLOCK, { { UDF_EXTENT_RECORDED, BLOCK, PARTITION_BLOCKS, 0 } },
		  true },
		{ UDF_P_AD_LOCATION, false, 2 * BLOCK,
		  { { UDF_EXTENT_RECORDED, 2 * BLOCK, PARTITION_BLOCKS - 1, 0 } }, true },
		{ UDF_P_AD_LOCATION, false, 2 * BLOCK, { { UDF_EXTENT_RECORDED, 2 * BLOCK, 0xFFFFFFFF, 0 } },
		  true },
		{ UDF_P_AD_LOCATION, true, BLOCK, { { UDF_EXTENT_RECORDED, BLOCK, 5, 1 } }, true },
		{ UDF_P_AD_LOCATION, false, 0, { { UDF_EXTENT_NEXT, BLOCK, PARTITION_BLOCKS, 0 } }, true },
		{ UDF_P_AD_HOLE_LOCATION, false, BLOCK, { { UDF_EXTENT_HOLE, BLOCK, 7, 0 } }, false },
		{ UDF_P_AD_HOLE_LOCATION, true, BLOCK, { { UDF_EXTENT_HOLE, BLOCK, 0, 1 } }, false },
		{ UDF_P_AD_ZERO, false, 0, { { UDF_EXTENT_RECORDED, 0, 7, 0 } }, false },
		{ UDF_P_AD_ZERO, false, 0, { { UDF_EXTENT_ALLOCATED, 0, 0, 0 } }, false },
		{ UDF_P_AD_PARTIAL, false, BLOCK + 7,
		  { { UDF_EXTENT_RECORDED, 7, 200, 0 }, { UDF_EXTENT_RECORDED, BLOCK, 300, 0 } }, false },
		{ UDF_P_AD_PARTIAL, false, BLOCK,
		  { { UDF_EXTENT_RECORDED, BLOCK, 200, 0 }, { UDF_EXTENT_ALLOCATED, 7, 300, 0 } }, false },
		{ UDF_P_AD_BODY_SHORT, false, 8, { { UDF_EXTENT_RECORDED, 7, 200, 0 } }, false },
		{ UDF_P_AD_BODY_MISSING, false, BLOCK + 1, { { UDF_EXTENT_RECORDED, BLOCK, 200, 0 } }, false },
		{ UDF_P_AD_BODY_LONG, false, 7, { { UDF_EXTENT_RECORDED, BLOCK, 200, 0 } }, false },
		{ UDF_P_AD_TAIL, false, BLOCK,
		  { { UDF_EXTENT_RECORDED, BLOCK, 200, 0 }, { UDF_EXTENT_RECORDED, BLOCK, 300, 0 } }, false },
	};
	struct icb icb;
	unsigned i, n;

	(void)state;
	begin(&icb);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct bad *c = &cases[i];

		for (n = 0; n < 3 && (c->ads[n].n_bytes || c->ads[n].lbn || c->ads[n].type); n++)
			;
		make_file(&icb, c->n_information, c->is_long, c->ads, n);
		print_message("%s\n", udf_problem_name(c->problem));
		assert_int_equal(check(&icb), UDF_OK);
		assert_only(&icb.fx, c->problem);
		assert_int_equal(read_plain(&icb), c->plain_fails ? UDF_E_CORRUPT : UDF_OK);
	}
	end(&icb);
}

static void an_extent_outside_the_partition_becomes_a_hole_of_its_length(void **state)
{
	static const struct ad ads[] = { { UDF_EXTENT_RECORDED, BLOCK, 9999999, 0 },
					 { UDF_EXTENT_RECORDED, BLOCK, 200, 0 } };
	struct icb icb;

	(void)state;
	begin(&icb);
	make_file(&icb, 2 * BLOCK, false, ads, 2);
	assert_int_equal(check(&icb), UDF_OK);
	assert_extent(&icb, 0, UDF_EXTENT_HOLE, 0, BLOCK);
	assert_extent(&icb, 1, UDF_EXTENT_RECORDED, 200, BLOCK);
	end(&icb);
}

static void erased_flag_belongs_to_unrecorded_space_only(void **state)
{
	static const struct ad ads[] = { { UDF_EXTENT_RECORDED, BLOCK, 200, 0 } };
	struct icb icb;

	(void)state;
	begin(&icb);
	make_file(&icb, BLOCK, true, ads, 1);
	put_le16(icb.block + UDF_EFE_FIXED_BYTES + 10, 1);
	assert_int_equal(check(&icb), UDF_OK);
	assert_only(&icb.fx, UDF_P_AD_FLAGS);
	end(&icb);
}

/* A file whose descriptors go on in an AED at block 110, to be damaged. */
static void make_chained(struct icb *icb)
{
	static const struct ad in_icb[] = { { UDF_EXTENT_NEXT, BLOCK, 110, 0 } };
	static const struct ad in_aed[] = { { UDF_EXTENT_RECORDED, BLOCK, 200, 0 } };

	begin(icb);
	make_file(icb, BLOCK, false, in_icb, 1);
	put_aed(icb, 110, false, in_aed, 1);
}

static void each_bad_continuation_is_reported(void **state)
{
	static const struct ad bad_next[] = { { UDF_EXTENT_NEXT, 2 * BLOCK, 110, 0 } };
	struct icb icb;

	(void)state;
	make_chained(&icb);
	make_file(&icb, BLOCK, false, bad_next, 1);
	assert_int_equal(check(&icb), UDF_OK);
	assert_only(&icb.fx, UDF_P_AED_EXTENT);
	assert_int_equal(read_plain(&icb), UDF_OK);
	end(&icb);

	make_chained(&icb);
	fx_set32(&icb.fx, PARTITION + 110, 16, 5);
	assert_int_equal(check(&icb), UDF_OK);
	assert_only(&icb.fx, UDF_P_AED_PREVIOUS);
	end(&icb);

	make_chained(&icb);
	put_aed(&icb, 110, false, NULL, 0);
	make_file(&icb, 0, false, (const struct ad[]){ { UDF_EXTENT_NEXT, BLOCK, 110, 0 } }, 1);
	assert_int_equal(check(&icb), UDF_OK);
	assert_only(&icb.fx, UDF_P_AED_EMPTY);
	end(&icb);

	make_chained(&icb);
	fx_set32(&icb.fx, PARTITION + 110, 20, BLOCK);
	assert_int_equal(check(&icb), UDF_OK);
	assert_true(icb.fx.findings.n[UDF_P_AED_LENGTH]);
	assert_int_equal(read_plain(&icb), UDF_E_CORRUPT);
	end(&icb);

	make_chained(&icb);
	fx_break(&icb.fx, PARTITION + 110, BLOCK - 1);
	assert_int_equal(check(&icb), UDF_OK);
	assert_only(&icb.fx, UDF_P_TAIL_NOT_ZERO);
	end(&icb);

	make_chained(&icb);
	fx_break(&icb.fx, PARTITION + 110, 24);
	assert_int_equal(check(&icb), UDF_OK);
	assert_int_equal(icb.fx.findings.n[UDF_P_TAG_CRC], 1);
	assert_int_equal(icb.map.n_aeds, 0);
	assert_int_equal(icb.map.n_extents, 0);
	assert_int_equal(read_plain(&icb), UDF_E_CORRUPT);
	end(&icb);
}

static void crc_of_the_header_alone_is_allowed_in_a_continuation(void **state)
{
	uint8_t block[BLOCK];
	struct icb icb;

	(void)state;
	make_chained(&icb);
	fx_read(&icb.fx, PARTITION + 110, 1, block);
	udf_tag_seal(block, UDF_TAG_AED, 3, SERIAL, 110, 8);
	fx_write(&icb.fx, PARTITION + 110, 1, block);
	assert_int_equal(check(&icb), UDF_OK);
	assert_clean(&icb.fx);
	end(&icb);
}

static void unreadable_continuation_is_named(void **state)
{
	struct bio *fault;
	struct icb icb;

	(void)state;
	make_chained(&icb);
	assert_int_equal(bio_fault_new(icb.fx.bio, &fault), UDF_OK);
	icb.fx.bio = fault;
	assert_int_equal(fx_check(&icb.fx), UDF_OK);
	assert_int_equal(bio_fault_bad_block(fault, (PARTITION + 110) * 4, true, false), UDF_OK);
	assert_int_equal(check(&icb), UDF_OK);
	assert_int_equal(icb.fx.findings.n[UDF_P_BLOCK_UNREADABLE], 1);
	assert_int_equal(read_plain(&icb), UDF_E_MEDIUM);
	end(&icb);
}

static void lengths_that_leave_the_block_are_corrupt(void **state)
{
	static const uint32_t lengths[] = { BLOCK - 215, BLOCK, 0x7FFFFFFF, 0xFFFFFFFF };
	struct icb icb;
	unsigned i;

	(void)state;
	begin(&icb);
	for (i = 0; i < 4; i++) {
		make_file(&icb, 0, false, NULL, 0);
		put_le32(icb.block + 212, lengths[i]);
		assert_int_equal(check(&icb), UDF_E_CORRUPT);
		make_file(&icb, 0, false, NULL, 0);
		put_le32(icb.block + 208, lengths[i]);
		assert_int_equal(check(&icb), UDF_E_CORRUPT);
	}
	for (i = 2; i < 8; i++) {	/* kinds of descriptors but short, long, embedded */
		make_file(&icb, 0, false, NULL, 0);
		put_le16(icb.block + 34, (uint16_t)i);
		assert_int_equal(check(&icb), i == 3 ? UDF_OK : UDF_E_CORRUPT);
	}
	end(&icb);
}

/* A space table made by mkudffs: a USE with one extent of all that is free. */
static void unallocated_space_entry_is_read(void **state)
{
	struct icb icb;

	(void)state;
	memset(&icb, 0, sizeof(icb));
	fx_mkudffs(&icb.fx, "hd", "2.01", BLOCK, 8192, "--space=unalloctable");
	assert_int_equal(fx_check(&icb.fx), UDF_OK);
	fx_read(&icb.fx, PARTITION + icb.fx.vol->parts[0].header.unallocated_table.lbn, 1, icb.block);
	assert_int_equal(check(&icb), UDF_OK);
	assert_clean(&icb.fx);
	assert_int_equal(icb.map.information_bytes, (uint64_t)icb.fx.vol->free_blocks[0] * BLOCK);
	assert_int_equal(icb.map.extents[0].kind, UDF_EXTENT_ALLOCATED);
	end(&icb);
}

static void contents_are_read_across_extents(void **state)
{
	static const struct ad ads[] = {
		{ UDF_EXTENT_RECORDED, 2 * BLOCK, 200, 0 },
		{ UDF_EXTENT_HOLE, BLOCK, 0, 0 },
		{ UDF_EXTENT_RECORDED, 100, 300, 0 },
	};
	uint8_t data[2 * BLOCK], got[4 * BLOCK];
	struct icb icb;

	(void)state;
	begin(&icb);
	memset(data, 'a', BLOCK);
	memset(data + BLOCK, 'b', BLOCK);
	fx_write(&icb.fx, PARTITION + 200, 2, data);
	memset(data, 'c', BLOCK);
	fx_write(&icb.fx, PARTITION + 300, 1, data);
	make_file(&icb, 3 * BLOCK + 100, false, ads, 3);
	assert_int_equal(check(&icb), UDF_OK);
	memset(got, 'x', sizeof(got));
	assert_int_equal(udf_extent_map_pread(icb.fx.vol, &icb.map, icb.block, BLOCK - 1, 2 * BLOCK + 2 + 99, got),
			 UDF_OK);
	assert_int_equal(got[0], 'a');
	assert_int_equal(got[1], 'b');
	assert_int_equal(got[BLOCK], 'b');
	assert_int_equal(got[BLOCK + 1], 0);
	assert_int_equal(got[2 * BLOCK], 0);
	assert_int_equal(got[2 * BLOCK + 1], 'c');
	assert_int_equal(got[2 * BLOCK + 100], 'c');
	assert_int_equal(got[2 * BLOCK + 101], 'x');
	assert_int_equal(udf_extent_map_pread(icb.fx.vol, &icb.map, icb.block, 0, 3 * BLOCK + 101, got),
			 UDF_E_RANGE);
	end(&icb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_and_long_descriptors_are_read),
		cmocka_unit_test(empty_file_has_no_extents),
		cmocka_unit_test(embedded_data_are_found),
		cmocka_unit_test(descriptor_of_length_zero_ends_the_list),
		cmocka_unit_test(a_chain_of_allocation_descriptors_is_followed),
		cmocka_unit_test(chain_that_loops_is_cut_after_its_first_round),
		cmocka_unit_test(chain_that_leads_to_itself_is_cut),
		cmocka_unit_test(each_bad_descriptor_is_the_only_problem_reported),
		cmocka_unit_test(an_extent_outside_the_partition_becomes_a_hole_of_its_length),
		cmocka_unit_test(erased_flag_belongs_to_unrecorded_space_only),
		cmocka_unit_test(each_bad_continuation_is_reported),
		cmocka_unit_test(crc_of_the_header_alone_is_allowed_in_a_continuation),
		cmocka_unit_test(unreadable_continuation_is_named),
		cmocka_unit_test(lengths_that_leave_the_block_are_corrupt),
		cmocka_unit_test(unallocated_space_entry_is_read),
		cmocka_unit_test(contents_are_read_across_extents),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
