/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Volumes made to hurt a checker: it ends soon, with bounded memory, whatever it reads; and what it
 * does where memory or the medium fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "alloc.h"
#include "base/bytes.h"
#include "check/check.h"
#include "chk_tree.h"

#define BS 512u

static uint32_t n_progress;

static bool end_at_once(void *ctx)
{
	(void)ctx;
	return true;
}

static void count_progress(void *ctx, const char *pass, uint64_t done, uint64_t total)
{
	(void)ctx;
	(void)pass;
	assert_true(done <= total);
	n_progress++;
}

static enum udf_err check(struct fixture *fx, struct chk_result *ret_result)
{
	assert_int_equal(fx_check(fx), UDF_OK);
	return chk_volume(fx->vol, NULL, &fx->findings.sink, ret_result);
}

static double seconds_used(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 +
	       (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
}

/* Generous: a walk that is not linear takes minutes. */
#define assert_quick(start) assert_true(seconds_used() - (start) < 20)

/* ---- raw descriptors, by the thousand ---- */

static void put_block(struct tree *t, uint32_t lbn, const uint8_t *block)
{
	fx_write(t->fx, tree_lsn(t, lbn), 1, block);
}

/* An EFE at LBN with N_ADS bytes of DATA after it. */
static void put_efe(struct tree *t, uint32_t lbn, enum udf_file_type type, enum udf_ad_kind kind,
		    uint64_t n_bytes, const uint8_t *data, uint32_t n_data)
{
	const struct udf_timestamp time = { 0x1000, 2001, 9, 9, 1, 46, 40, 0, 0, 0 };
	uint8_t block[BS] = { 0 };
	struct udf_fe fe = {
		.tag = { .id = UDF_TAG_EFE },
		.icb = { .strategy = 4, .max_entries = 1, .file_type = (uint8_t)type, .flags = (uint16_t)kind },
		.link_count = 1, .information_bytes = n_bytes, .object_bytes = n_bytes,
		.access_time = time, .modification_time = time, .creation_time = time,
		.attribute_time = time, .checkpoint = 1, .unique_id = lbn, .ad_bytes = n_data,
	};

	udf_regid_set_impl(&fe.impl);
	udf_fe_encode(&fe, block);
	if (n_data)
		memcpy(block + UDF_EFE_FIXED_BYTES, data, n_data);
	udf_tag_seal(block, UDF_TAG_EFE, 3, 1, lbn, UDF_EFE_FIXED_BYTES - UDF_TAG_BYTES + n_data);
	put_block(t, lbn, block);
}

/* A FID of up to 44 bytes at P, named by a number, or the parent's (NUMBER -1). */
static uint32_t put_fid(uint8_t *p, uint32_t location, int number, uint32_t lbn, bool is_directory)
{
	uint8_t name[16] = { 8 };
	struct udf_fid fid = {
		.tag = { .version = 3, .serial = 1, .location = location },
		.version_number = 1,
		.characteristics = (uint8_t)(is_directory ? UDF_FID_DIRECTORY : 0),
		.icb = { .length = BS, .addr = { lbn, 0 }, .unique_id = lbn },
		.name = name,
	};

	if (number < 0)
		fid.characteristics |= UDF_FID_PARENT;
	else
		fid.name_bytes = (uint8_t)(1 + snprintf((char *)name + 1, sizeof(name) - 1, "%d", number));
	udf_fid_encode(&fid, p);
	return udf_fid_n_bytes(fid.name_bytes, 0);
}

static void start(struct fixture *fx, struct tree *t, uint32_t n_blocks)
{
	fx_mkudffs(fx, "hd", "2.01", BS, n_blocks, NULL);
	tree_init(t, fx);
}

/* The root names N objects whose ICBs lie at FIRST, FIRST + STEP and so on; its data from DATA on. */
static void put_root(struct tree *t, uint32_t data, uint32_t n, uint32_t first, uint32_t step, bool directories)
{
	uint32_t root = t->nodes[0].lbn, at;
	uint8_t *fids = calloc(n + 1, 48), ad[8], last[BS];
	uint32_t n_blocks;

	at = put_fid(fids, data, -1, root, true);
	for (uint32_t i = 0; i < n; i++)
		at += put_fid(fids + at, data + at / BS, (int)i, first + i * step, directories);
	n_blocks = (at + BS - 1) / BS;
	for (uint32_t i = 0; i + 1 < n_blocks; i++)
		put_block(t, data + i, fids + (size_t)i * BS);
	memset(last, 0, sizeof(last));
	memcpy(last, fids + (size_t)(n_blocks - 1) * BS, at - (n_blocks - 1) * BS);
	put_block(t, data + n_blocks - 1, last);
	udf_short_ad_encode(&(struct udf_short_ad){ at, data }, ad);
	put_efe(t, root, UDF_FT_DIRECTORY, UDF_AD_SHORT, at, ad, sizeof(ad));
	free(fids);
}

static void put_aed(struct tree *t, uint32_t lbn, uint32_t data, uint32_t next)
{
	uint8_t block[BS] = { 0 };
	uint32_t n = 8;

	udf_short_ad_encode(&(struct udf_short_ad){ BS, data }, block + 24);
	if (next) {
		udf_short_ad_encode(&(struct udf_short_ad){ 3u << 30 | BS, next }, block + 32);
		n = 16;
	}
	put_le32(block + 20, n);
	udf_tag_seal(block, UDF_TAG_AED, 3, 1, lbn, 8 + n);
	put_block(t, lbn, block);
}

/* ---- too much of a thing ---- */

static void a_long_chain_shared_by_many_files_is_checked_quickly(void **state)
{
	enum { FILES = 600, AEDS = 600, CHAIN = 2000, DATA = 3000, ICBS = 4000, ROOT = 5000 };
	static struct tree t;
	struct fixture fx;
	struct chk_result result;
	uint8_t ads[16];
	double from;

	(void)state;
	start(&fx, &t, 16384);
	for (uint32_t i = 0; i < AEDS; i++)
		put_aed(&t, CHAIN + i, DATA + i, i + 1 < AEDS ? CHAIN + i + 1 : 0);
	for (uint32_t i = 0; i < FILES; i++) {
		udf_short_ad_encode(&(struct udf_short_ad){ BS, ROOT + 1000 + i }, ads);
		udf_short_ad_encode(&(struct udf_short_ad){ 3u << 30 | BS, CHAIN }, ads + 8);
		put_efe(&t, ICBS + i, UDF_FT_REGULAR, UDF_AD_SHORT, (AEDS + 1) * BS, ads, sizeof(ads));
	}
	put_root(&t, ROOT, FILES, ICBS, 1, false);
	from = seconds_used();
	assert_int_equal(check(&fx, &result), UDF_OK);
	assert_quick(from);
	assert_true(fx.findings.n[UDF_P_CHECK_LIMIT] > 0);
	assert_true(fx.findings.n[UDF_P_CROSS_LINKED] > 0);
	fx_done(&fx);
}

static void data_shared_by_many_directories_are_checked_quickly(void **state)
{
	enum { DIRS = 200, DATA = 10000, N_DATA = 4000, ICBS = 3000, ROOT = 5000 };
	static struct tree t;
	struct fixture fx;
	struct chk_result result;
	uint8_t block[BS] = { 0 }, ad[8];
	double from;

	(void)state;
	start(&fx, &t, 32768);
	/* Two megabytes of deleted names, 100 times over. */
	for (uint32_t lbn = DATA; lbn < DATA + N_DATA; lbn++) {
		const uint8_t name[26] = { 8, 'x' };
		const struct udf_fid fid = {
			.tag = { .version = 3, .serial = 1, .location = lbn },
			.version_number = 1, .characteristics = UDF_FID_DELETED,
			.name_bytes = sizeof(name), .name = name,
		};

		for (uint32_t at = 0; at < BS; at += 64)
			udf_fid_encode(&fid, block + at);
		put_block(&t, lbn, block);
	}
	udf_short_ad_encode(&(struct udf_short_ad){ N_DATA * BS, DATA }, ad);
	for (uint32_t i = 0; i < DIRS; i++)
		put_efe(&t, ICBS + i, UDF_FT_DIRECTORY, UDF_AD_SHORT, N_DATA * BS, ad, sizeof(ad));
	put_root(&t, ROOT, DIRS, ICBS, 1, true);
	from = seconds_used();
	assert_int_equal(check(&fx, &result), UDF_OK);
	assert_quick(from);
	assert_true(fx.findings.n[UDF_P_CHECK_LIMIT] > 0);
	assert_true(fx.findings.n[UDF_P_CROSS_LINKED] > 0);
	fx_done(&fx);
}

static void a_sparse_directory_of_a_terabyte_is_checked_quickly(void **state)
{
	static struct tree t;
	struct fixture fx;
	struct chk_result result;
	uint8_t ads[48];
	double from;

	(void)state;
	start(&fx, &t, 600000);
	for (uint32_t i = 0; i < 6; i++)
		udf_short_ad_encode(&(struct udf_short_ad){ 1u << 28, 10000 + i % 2 }, ads + i * 8);
	put_efe(&t, 5000, UDF_FT_DIRECTORY, UDF_AD_SHORT, 1ull << 40, ads, sizeof(ads));
	put_efe(&t, 5001, UDF_FT_DIRECTORY, UDF_AD_SHORT, UINT64_MAX, ads, 8);
	put_root(&t, 6000, 2, 5000, 1, true);
	from = seconds_used();
	assert_int_equal(check(&fx, &result), UDF_OK);
	assert_quick(from);
	assert_true(fx.findings.n[UDF_P_AD_BODY_MISSING] > 0);
	fx_done(&fx);
}

static void deeply_nested_directories_need_no_stack(void **state)
{
	enum { DEPTH = 60000, FIRST = 1000 };
	static struct tree t;
	struct fixture fx;
	struct chk_result result;
	const char *path = NULL;
	const struct chk_options options = { .ret_path = &path };
	uint8_t fids[128];
	double from;

	(void)state;
	start(&fx, &t, 131072);
	for (uint32_t i = 0; i < DEPTH; i++) {
		uint32_t lbn = FIRST + i;
		uint32_t n = put_fid(fids, lbn, -1, i ? lbn - 1 : t.nodes[0].lbn, true);

		/* Ids of parents are wrong all the way: each is a finding with a path. */
		put_le32(fids + 32, 7);
		udf_tag_reseal(fids);
		if (i + 1 < DEPTH)
			n += put_fid(fids + n, lbn, 1, lbn + 1, true);
		put_efe(&t, lbn, UDF_FT_DIRECTORY, UDF_AD_EMBEDDED, n, fids, n);
	}
	put_root(&t, 100000, 1, FIRST, 1, true);
	from = seconds_used();
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(chk_volume(fx.vol, &options, &fx.findings.sink, &result), UDF_OK);
	assert_quick(from);
	assert_int_equal(result.n_directories, DEPTH + 1);
	assert_int_equal(fx.findings.n[UDF_P_PARENT_FID_UNIQUE_ID], DEPTH);
	fx_done(&fx);
}

static void twenty_thousand_names_of_one_file_are_checked_quickly(void **state)
{
	enum { NAMES = 20000, ROOT = 2000 };
	static struct tree t;
	struct fixture fx;
	struct chk_result result;
	double from;

	(void)state;
	start(&fx, &t, 16384);
	put_efe(&t, 1000, UDF_FT_REGULAR, UDF_AD_EMBEDDED, 0, NULL, 0);
	put_root(&t, ROOT, NAMES, 1000, 0, false);
	from = seconds_used();
	assert_int_equal(check(&fx, &result), UDF_OK);
	assert_quick(from);
	assert_int_equal(result.n_files, NAMES);
	assert_int_equal(fx.findings.n[UDF_P_FILE_LINK_COUNT_LOW], 1);
	fx_done(&fx);
}

/* ---- chance ---- */

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void make_small_tree(struct tree *t, struct fixture *fx)
{
	int dir;

	fx_mkudffs(fx, "hd", "2.01", 2048, 1024, NULL);
	tree_init(t, fx);
	dir = tree_add(t, 0, "dir", UDF_FT_DIRECTORY, TREE_SHORT, 0);
	tree_add(t, dir, "sub", UDF_FT_DIRECTORY, TREE_EMBEDDED, 0);
	tree_add(t, dir, "chain", UDF_FT_REGULAR, TREE_CHAIN, 3 * 2048 + 9);
	tree_add(t, dir, "gaps", UDF_FT_REGULAR, TREE_LONG, 5 * 2048 + 9);
	tree_stream(t, tree_add(t, 0, "streams", UDF_FT_REGULAR, TREE_EMBEDDED, 3), "s", 9);
	tree_ea_file(t, tree_add(t, 0, "ea", UDF_FT_REGULAR, TREE_EMBEDDED, 3));
	tree_add(t, 0, "link", UDF_FT_SYMLINK, TREE_EMBEDDED, 10);
	tree_link(t, dir, "again", t->n_nodes - 1);
	tree_write(t);
}

/* One to three bytes of a used block change, and its tag is made right again. */
static void mutate(struct tree *t, uint64_t *seed)
{
	uint8_t block[2048];
	uint32_t lsn = tree_lsn(t, (uint32_t)(next_random(seed) % t->next_lbn));

	fx_read(t->fx, lsn, 1, block);
	for (uint64_t n = 1 + next_random(seed) % 3; n; n--) {
		uint32_t at = (uint32_t)(next_random(seed) % (next_random(seed) % 2 ? 64 : 512));

		block[at] = (uint8_t)(next_random(seed) % 3 ? next_random(seed) : next_random(seed) % 2 ? 0xFF : 0);
	}
	if (get_le16(block + 10) <= sizeof(block) - UDF_TAG_BYTES)
		udf_tag_reseal(block);
	fx_write(t->fx, lsn, 1, block);
}

static void the_check_survives_random_mutations(void **state)
{
	enum { ROUNDS = 2000 };
	static struct tree t;
	struct fixture fx;
	struct bio *whole;
	uint64_t seed = 0x123456789ABCDEF;
	unsigned n_found = 0;

	(void)state;
	print_message("seed %llx\n", (unsigned long long)seed);
	make_small_tree(&t, &fx);
	whole = fx.bio;
	for (int i = 0; i < ROUNDS; i++) {
		struct chk_result result;

		assert_int_equal(bio_overlay_new(whole, false, &fx.bio), UDF_OK);
		mutate(&t, &seed);
		if (!fx_check(&fx))
			assert_int_equal(chk_volume(fx.vol, NULL, &fx.findings.sink, &result), UDF_OK);
		n_found += fx.findings.n_all > 0;
		udf_vol_close(fx.vol);
		fx.vol = NULL;
		bio_close(fx.bio);
	}
	/* Most of what matters is tagged; the rest hit file data and bytes without a rule. */
	assert_true(n_found > ROUNDS / 3);
	fx.bio = whole;
	fx_done(&fx);
}

/* ---- failures ---- */

static void every_failed_allocation_ends_the_check(void **state)
{
	static struct tree t;
	struct fixture fx;
	struct chk_result result;
	uint64_t nth;

	(void)state;
	make_small_tree(&t, &fx);
	for (nth = 1; nth < 10000; nth++) {
		enum udf_err err;
		bool has_failed;

		assert_int_equal(fx_check(&fx), UDF_OK);
		alloc_fail_nth(nth);
		err = chk_volume(fx.vol, NULL, &fx.findings.sink, &result);
		has_failed = alloc_has_failed();
		alloc_fail_nth(0);
		if (!has_failed)
			break;
		if (err != UDF_E_NOMEM)
			print_message("allocation %llu\n", (unsigned long long)nth);
		assert_int_equal(err, UDF_E_NOMEM);
	}
	assert_true(nth > 20);
	fx_done(&fx);
}

static void every_failed_read_is_reported(void **state)
{
	static struct tree t;
	struct fixture fx;
	struct bio *fault;
	uint64_t nth;

	(void)state;
	make_small_tree(&t, &fx);
	assert_int_equal(bio_fault_new(fx.bio, &fault), UDF_OK);
	fx.bio = fault;
	for (nth = 1; nth < 1000; nth++) {
		struct chk_result result;

		assert_int_equal(fx_check(&fx), UDF_OK);
		/* Twice: a failed run of blocks is read again block by block. */
		bio_fault_fail_read(fault, nth, UDF_E_MEDIUM);
		assert_int_equal(chk_volume(fx.vol, NULL, &fx.findings.sink, &result), UDF_OK);
		bio_fault_fail_read(fault, 0, UDF_OK);
		if (!fx.findings.n_all && nth > 40)
			break;
	}
	assert_true(nth < 1000);
	fx_done(&fx);
}

static void unreadable_block_is_named(void **state)
{
	static struct tree t;
	struct fixture fx;
	struct bio *fault;
	struct chk_result result;

	(void)state;
	make_small_tree(&t, &fx);
	assert_int_equal(bio_fault_new(fx.bio, &fault), UDF_OK);
	fx.bio = fault;
	for (int node = 1; node <= 2; node++) {
		assert_int_equal(fx_check(&fx), UDF_OK);
		assert_int_equal(bio_fault_bad_block(fault, (uint64_t)tree_lsn(&t, t.nodes[node].lbn) * 4, true, false),
				 UDF_OK);
		assert_int_equal(chk_volume(fx.vol, NULL, &fx.findings.sink, &result), UDF_OK);
		assert_true(fx.findings.n[UDF_P_BLOCK_UNREADABLE] > 0);
	}
	fx_done(&fx);
}

static void check_can_be_cancelled(void **state)
{
	const struct chk_options options = { .cancelled = end_at_once, .progress = count_progress };
	static struct tree t;
	struct fixture fx;
	struct chk_result result;

	(void)state;
	make_small_tree(&t, &fx);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(chk_volume(fx.vol, &options, NULL, &result), UDF_E_CANCELLED);
	assert_true(n_progress > 0);
	fx_done(&fx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_chain_shared_by_many_files_is_checked_quickly),
		cmocka_unit_test(data_shared_by_many_directories_are_checked_quickly),
		cmocka_unit_test(a_sparse_directory_of_a_terabyte_is_checked_quickly),
		cmocka_unit_test(deeply_nested_directories_need_no_stack),
		cmocka_unit_test(twenty_thousand_names_of_one_file_are_checked_quickly),
		cmocka_unit_test(the_check_survives_random_mutations),
		cmocka_unit_test(every_failed_allocation_ends_the_check),
		cmocka_unit_test(every_failed_read_is_reported),
		cmocka_unit_test(unreadable_block_is_named),
		cmocka_unit_test(check_can_be_cancelled),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
