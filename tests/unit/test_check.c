/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of findings, results, chains of strategy 4096, and making a volume's space safe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "check/check.h"
#include "chk_tree.h"

#define BS 2048u

struct volume {
	struct fixture fx;
	struct tree t;
	int dir, sub, deep, data, other, streams, stream;
};

static void volume_make(struct volume *v, const char *extra)
{
	struct tree *t = &v->t;

	fx_mkudffs(&v->fx, "hd", "2.01", BS, 8192, extra);
	tree_init(t, &v->fx);
	v->dir = tree_add(t, 0, "dir", UDF_FT_DIRECTORY, TREE_SHORT, 0);
	v->sub = tree_add(t, v->dir, "sub", UDF_FT_DIRECTORY, TREE_EMBEDDED, 0);
	v->deep = tree_add(t, v->sub, "a\nb", UDF_FT_REGULAR, TREE_EMBEDDED, 4);
	v->data = tree_add(t, v->dir, "data", UDF_FT_REGULAR, TREE_SHORT, 5 * BS);
	v->other = tree_add(t, 0, "other", UDF_FT_REGULAR, TREE_SHORT, BS);
	v->streams = tree_add(t, v->sub, "streams", UDF_FT_REGULAR, TREE_EMBEDDED, 3);
	v->stream = tree_stream(t, v->streams, "resource", 3);
	tree_stream(t, v->dir, "of dir", 3);
	tree_write(t);
}

/* ---- paths ---- */

struct listener {
	struct udf_sink sink;
	const char *path;
	char heard[256], field[256];
	enum udf_problem problem;
	unsigned n;
};

static void hear(struct udf_sink *sink, const struct udf_finding *finding)
{
	struct listener *l = (struct listener *)(void *)sink;

	snprintf(l->heard, sizeof(l->heard), "%s", l->path ? l->path : "(none)");
	snprintf(l->field, sizeof(l->field), "%s", finding->place.field ? finding->place.field : "");
	l->problem = finding->problem;
	l->n++;
}

static void assert_path(struct volume *v, enum udf_problem problem, const char *path)
{
	struct listener l = { .sink.report = hear };
	const struct chk_options options = { .ret_path = &l.path };
	struct chk_result result;

	assert_int_equal(fx_check(&v->fx), UDF_OK);
	assert_int_equal(chk_volume(v->fx.vol, &options, &l.sink, &result), UDF_OK);
	assert_int_equal(l.n, 1);
	assert_string_equal(udf_problem_name(l.problem), udf_problem_name(problem));
	assert_string_equal(l.heard, path);
	assert_null(l.path);
	fx_done(&v->fx);
}

static uint32_t icb(const struct volume *v, int node)
{
	return tree_lsn(&v->t, v->t.nodes[node].lbn);
}

static void problems_of_a_file_have_its_path(void **state)
{
	static struct volume v;

	(void)state;
	volume_make(&v, NULL);
	fx_set16(&v.fx, icb(&v, v.deep), 48, 2);
	assert_path(&v, UDF_P_FILE_LINK_COUNT_HIGH, "/dir/sub/a\nb");
	volume_make(&v, NULL);
	fx_set16(&v.fx, icb(&v, 0), 48, 7);
	assert_path(&v, UDF_P_DIRECTORY_LINK_COUNT_STALE, "/");
	volume_make(&v, NULL);
	fx_set16(&v.fx, icb(&v, v.stream), 48, 7);
	assert_path(&v, UDF_P_OWNED_LINK_COUNT, "/dir/sub/streams:resource");
	volume_make(&v, NULL);
	fx_set16(&v.fx, icb(&v, v.t.nodes[v.dir].stream_dir), 48, 7);
	assert_path(&v, UDF_P_OWNED_LINK_COUNT, "/dir:");
}

static void problems_of_an_entry_have_its_path(void **state)
{
	static struct volume v;

	(void)state;
	volume_make(&v, NULL);
	tree_break_fid(&v.t, v.dir, "data", 4);
	assert_path(&v, UDF_P_TAG_CHECKSUM, "/dir/data");
	volume_make(&v, NULL);
	tree_set_fid(&v.t, v.t.nodes[v.streams].stream_dir, "resource", 18, "\2", 1);
	assert_path(&v, UDF_P_STREAM_DIRECTORY_ENTRY, "/dir/sub/streams:resource");
}

static void problems_of_free_blocks_have_no_path(void **state)
{
	static struct volume v;

	(void)state;
	volume_make(&v, NULL);
	tree_mark(&v.t, 3000, 1, false);
	tree_add_free(&v.t, -1);
	assert_path(&v, UDF_P_SPACE_LEAKED, "(none)");
}

static void both_owners_of_a_block_are_named(void **state)
{
	struct listener l = { .sink.report = hear };
	const struct chk_options options = { .ret_path = &l.path };
	static struct volume v;
	struct chk_result result;

	(void)state;
	volume_make(&v, NULL);
	fx_set32(&v.fx, icb(&v, v.other), 220, v.t.nodes[v.data].data_lbn[0] + 2);
	tree_mark(&v.t, v.t.nodes[v.other].data_lbn[0], 1, true);
	tree_add_free(&v.t, 1);
	assert_int_equal(fx_check(&v.fx), UDF_OK);
	assert_int_equal(chk_volume(v.fx.vol, &options, &l.sink, &result), UDF_OK);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.problem, UDF_P_CROSS_LINKED);
	assert_string_equal(l.heard, "/dir/data");
	assert_string_equal(l.field, "/other");
	fx_done(&v.fx);
}

static void bitmap_in_a_file_is_cross_linked(void **state)
{
	static struct volume v;
	struct chk_result result;

	(void)state;
	volume_make(&v, NULL);
	fx_set32(&v.fx, icb(&v, v.other), 220, v.t.bitmap_lbn);
	tree_mark(&v.t, v.t.nodes[v.other].data_lbn[0], 1, true);
	tree_add_free(&v.t, 1);
	assert_int_equal(fx_check(&v.fx), UDF_OK);
	assert_int_equal(chk_volume(v.fx.vol, NULL, &v.fx.findings.sink, &result), UDF_OK);
	assert_only(&v.fx, UDF_P_CROSS_LINKED);
	assert_non_null(strstr(v.fx.findings.text, "space bitmap"));
	fx_done(&v.fx);
}

/* ---- results ---- */

static void the_result_counts_files_directories_and_free_blocks(void **state)
{
	static struct volume v;
	struct chk_result result;

	(void)state;
	volume_make(&v, NULL);
	fx_set32(&v.fx, v.fx.vol->lvid_lsn, 28, UDF_LVID_OPEN);
	fx_set16(&v.fx, icb(&v, v.deep), 48, 2);
	assert_int_equal(fx_check(&v.fx), UDF_OK);
	assert_int_equal(chk_volume(v.fx.vol, NULL, &v.fx.findings.sink, &result), UDF_OK);
	assert_int_equal(result.n_files, 4);
	assert_int_equal(result.n_directories, 3);
	assert_int_equal(result.next_unique_id, v.t.next_unique_id);
	assert_int_equal(result.n_free_blocks, v.fx.vol->free_blocks[0]);
	assert_true(result.was_open);
	assert_int_equal(result.n_findings[UDF_SEV_WARNING], 1);
	assert_int_equal(result.n_findings[UDF_SEV_ERROR], 0);
	fx_done(&v.fx);
}

/* ---- strategy 4096 (UDF 6.6) ---- */

/* Direct entry and, where NEXT is given, indirect entry to it, at LBN. */
static void put_entry(struct volume *v, uint32_t lbn, uint16_t link_count, uint32_t next)
{
	uint8_t block[BS], ie[BS] = { 0 };
	struct udf_fe fe;

	fx_read(&v->fx, icb(v, v->deep), 1, block);
	udf_fe_decode(block, &fe);
	fe.icb.strategy = UDF_STRATEGY_4096;
	fe.icb.strategy_parameter = 1;
	fe.icb.max_entries = 2;
	fe.icb.prior_entries = 0;
	fe.link_count = link_count;
	udf_fe_encode(&fe, block);
	udf_tag_seal(block, UDF_TAG_EFE, 3, 1, lbn, 216 - 16 + 4);
	fx_write(&v->fx, tree_lsn(&v->t, lbn), 1, block);
	if (next) {
		const struct udf_ie entry = {
			.icb = { .strategy = UDF_STRATEGY_4096, .strategy_parameter = 1, .max_entries = 2,
				 .file_type = UDF_FT_IE },
			.next_icb = { .length = 2 * BS, .addr = { next, 0 } },
		};

		udf_ie_encode(&entry, ie);
		udf_tag_seal(ie, UDF_TAG_IE, 3, 1, lbn + 1, 52 - 16);
	}
	fx_write(&v->fx, tree_lsn(&v->t, lbn + 1), 1, ie);
	tree_mark(&v->t, lbn, 2, false);
	tree_add_free(&v->t, -2);
}

static void chain_make(struct volume *v, uint32_t last_next)
{
	uint8_t bytes[8];

	volume_make(v, NULL);
	put_entry(v, 3000, 9, 3010);
	put_entry(v, 3010, 8, 3020);
	put_entry(v, 3020, 1, last_next);
	put_le32(bytes, 2 * BS);
	put_le32(bytes + 4, 3000);
	tree_set_fid(&v->t, v->sub, "a\nb", 20, bytes, 8);
	/* The entry that was named before. */
	tree_mark(&v->t, v->t.nodes[v->deep].lbn, 1, true);
	tree_add_free(&v->t, 1);
}

static void the_last_entry_of_an_icb_chain_is_valid(void **state)
{
	static struct volume v;
	struct chk_result result;

	(void)state;
	chain_make(&v, 0);
	assert_int_equal(fx_check(&v.fx), UDF_OK);
	assert_int_equal(chk_volume(v.fx.vol, NULL, &v.fx.findings.sink, &result), UDF_OK);
	assert_clean(&v.fx);
	fx_done(&v.fx);
}

static void an_icb_chain_that_loops_is_reported_and_left(void **state)
{
	static struct volume v;
	struct chk_result result;

	(void)state;
	chain_make(&v, 3000);
	assert_int_equal(fx_check(&v.fx), UDF_OK);
	assert_int_equal(chk_volume(v.fx.vol, NULL, &v.fx.findings.sink, &result), UDF_OK);
	assert_only(&v.fx, UDF_P_CROSS_LINKED);
	fx_done(&v.fx);
}

/* Each would give back an old entry. */
static void an_icb_chain_that_ends_by_damage_is_reported(void **state)
{
	static struct volume v;
	struct chk_result result;

	(void)state;
	chain_make(&v, 0);
	fx_break(&v.fx, tree_lsn(&v.t, 3011), 40);
	assert_int_equal(fx_check(&v.fx), UDF_OK);
	assert_int_equal(chk_volume(v.fx.vol, NULL, &v.fx.findings.sink, &result), UDF_OK);
	assert_int_equal(v.fx.findings.n[UDF_P_TAG_CRC], 1);
	fx_done(&v.fx);

	chain_make(&v, 0x00FFFFF0);
	assert_int_equal(fx_check(&v.fx), UDF_OK);
	assert_int_equal(chk_volume(v.fx.vol, NULL, &v.fx.findings.sink, &result), UDF_OK);
	assert_only(&v.fx, UDF_P_FID_TARGET);
	fx_done(&v.fx);

	chain_make(&v, 1);	/* the file set */
	assert_int_equal(fx_check(&v.fx), UDF_OK);
	assert_int_equal(chk_volume(v.fx.vol, NULL, &v.fx.findings.sink, &result), UDF_OK);
	assert_only(&v.fx, UDF_P_ICB_INVALID);
	fx_done(&v.fx);

	chain_make(&v, 4000);	/* not written yet */
	assert_int_equal(fx_check(&v.fx), UDF_OK);
	assert_int_equal(chk_volume(v.fx.vol, NULL, &v.fx.findings.sink, &result), UDF_OK);
	assert_clean(&v.fx);
	fx_done(&v.fx);
}

/* ---- making space safe ---- */

static uint64_t n_free_bits(struct volume *v)
{
	uint8_t block[BS];
	uint64_t n = 0;

	fx_read(&v->fx, tree_lsn(&v->t, v->t.bitmap_lbn), 1, block);
	for (uint32_t i = 24; i < 24 + (7672 + 7) / 8; i++)
		n += (uint64_t)__builtin_popcount(block[i]);
	return n;
}

static bool make_safe(struct volume *v, uint64_t *ret_n_marked)
{
	bool safe;

	assert_int_equal(fx_open(&v->fx), UDF_OK);
	assert_int_equal(chk_make_space_safe(v->fx.vol, NULL, &safe, ret_n_marked), UDF_OK);
	return safe;
}

static void blocks_in_use_are_marked_as_used(void **state)
{
	static struct volume v;
	struct chk_result result;
	uint64_t n_marked, n_before;

	(void)state;
	volume_make(&v, NULL);
	n_before = n_free_bits(&v);
	tree_mark(&v.t, v.t.nodes[v.data].data_lbn[0] + 1, 3, true);
	tree_mark(&v.t, v.t.bitmap_lbn, 1, true);
	fx_set32(&v.fx, v.fx.vol->lvid_lsn, 28, UDF_LVID_OPEN);
	assert_true(make_safe(&v, &n_marked));
	assert_int_equal(n_marked, 4);
	assert_int_equal(n_free_bits(&v), n_before);
	assert_int_equal(fx_check(&v.fx), UDF_OK);
	assert_int_equal(chk_volume(v.fx.vol, NULL, &v.fx.findings.sink, &result), UDF_OK);
	assert_only(&v.fx, UDF_P_LVID_OPEN);
	fx_done(&v.fx);
}

static void leaked_blocks_stay_marked_as_used(void **state)
{
	static struct volume v;
	uint64_t n_marked, n_before;

	(void)state;
	volume_make(&v, NULL);
	tree_mark(&v.t, 3000, 2, false);
	n_before = n_free_bits(&v);
	assert_true(make_safe(&v, &n_marked));
	assert_int_equal(n_marked, 0);
	assert_int_equal(n_free_bits(&v), n_before);
	fx_done(&v.fx);
}

static void unique_ids_in_use_are_not_given_again(void **state)
{
	static struct volume v;
	struct chk_result result;
	uint64_t n_marked;

	(void)state;
	volume_make(&v, NULL);
	assert_int_equal(chk_volume(v.fx.vol, NULL, NULL, &result), UDF_OK);
	fx_set32(&v.fx, v.fx.vol->lvid_lsn, 40, 17);	/* as it was before the files were made */
	assert_true(make_safe(&v, &n_marked));
	assert_int_equal(v.fx.vol->lvid.next_unique_id, result.next_unique_id);
	fx_done(&v.fx);
}

static void marking_blocks_drops_a_bitmap_crc_that_covers_the_bits(void **state)
{
	static struct volume v;
	struct chk_result result;
	uint8_t block[BS];
	uint64_t n_marked;

	(void)state;
	volume_make(&v, NULL);
	tree_mark(&v.t, v.t.nodes[v.data].data_lbn[0], 1, true);
	fx_read(&v.fx, tree_lsn(&v.t, v.t.bitmap_lbn), 1, block);
	udf_tag_seal(block, UDF_TAG_SBD, 3, 1, v.t.bitmap_lbn, 8 + 959);
	fx_write(&v.fx, tree_lsn(&v.t, v.t.bitmap_lbn), 1, block);
	assert_true(make_safe(&v, &n_marked));
	assert_int_equal(n_marked, 1);
	assert_int_equal(fx_check(&v.fx), UDF_OK);
	assert_int_equal(chk_volume(v.fx.vol, NULL, &v.fx.findings.sink, &result), UDF_OK);
	assert_clean(&v.fx);
	fx_done(&v.fx);
}

/* Damage that makes the volume unsafe: what is read may not be what is there. */
static void volumes_with_other_damage_are_not_changed(void **state)
{
	static struct volume v;

	(void)state;
	for (int i = 0; i < 6; i++) {
		uint64_t n_marked, n_before;

		volume_make(&v, i == 3 ? "--space=unalloctable" : NULL);
		if (i < 3)
			tree_mark(&v.t, v.t.nodes[v.data].data_lbn[0], 1, true);
		if (i == 0)
			fx_set32(&v.fx, icb(&v, v.other), 220, v.t.nodes[v.data].data_lbn[0] + 2);
		if (i == 1)
			fx_break(&v.fx, icb(&v, v.sub), 0);
		if (i == 2)
			tree_break_fid(&v.t, v.dir, "sub", 1);
		if (i == 3)	/* a table that calls everything free */
			fx_set32(&v.fx, tree_lsn(&v.t, v.t.table_lbn), 44, 2);
		if (i == 4)	/* a link too few */
			fx_set16(&v.fx, icb(&v, v.other), 48, 0);
		if (i == 5)	/* descriptors beyond the end of the ICB: which blocks do they name? */
			fx_set32(&v.fx, icb(&v, v.data), 212, BS);
		n_before = n_free_bits(&v);
		assert_false(make_safe(&v, &n_marked));
		assert_int_equal(n_marked, 0);
		assert_int_equal(n_free_bits(&v), n_before);
		fx_done(&v.fx);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(problems_of_a_file_have_its_path),
		cmocka_unit_test(problems_of_an_entry_have_its_path),
		cmocka_unit_test(problems_of_free_blocks_have_no_path),
		cmocka_unit_test(both_owners_of_a_block_are_named),
		cmocka_unit_test(bitmap_in_a_file_is_cross_linked),
		cmocka_unit_test(the_result_counts_files_directories_and_free_blocks),
		cmocka_unit_test(the_last_entry_of_an_icb_chain_is_valid),
		cmocka_unit_test(an_icb_chain_that_loops_is_reported_and_left),
		cmocka_unit_test(an_icb_chain_that_ends_by_damage_is_reported),
		cmocka_unit_test(blocks_in_use_are_marked_as_used),
		cmocka_unit_test(leaked_blocks_stay_marked_as_used),
		cmocka_unit_test(unique_ids_in_use_are_not_given_again),
		cmocka_unit_test(marking_blocks_drops_a_bitmap_crc_that_covers_the_bits),
		cmocka_unit_test(volumes_with_other_damage_are_not_changed),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
