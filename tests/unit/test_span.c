/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/iso: which disc of a set gets which file, and the list of the set. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "alloc.h"
#include "iso/pack.h"
#include "iso/span.h"

#define MAX_ITEMS 64u

/* ---- packing ---- */

struct packed {
	struct udf_pack_item items[MAX_ITEMS];
	size_t n_items;
	uint64_t rooms[8];
	unsigned discs[MAX_ITEMS], n_discs;
	size_t item;
};

static void put(struct packed *p, const char *path, uint64_t n_bytes)
{
	p->items[p->n_items] = (struct udf_pack_item){ .path = path, .n_bytes = n_bytes, .first = p->n_items };
	p->n_items++;
}

static enum udf_err pack(struct packed *p)
{
	return udf_pack(p->items, p->n_items, p->rooms, 8, p->discs, &p->n_discs, &p->item);
}

static void rooms(struct packed *p, uint64_t n_bytes)
{
	for (unsigned i = 0; i < 8; i++)
		p->rooms[i] = n_bytes;
}

static void directories_stay_together_where_that_costs_no_disc(void **state)
{
	struct packed p = { .n_items = 0 };

	(void)state;
	rooms(&p, 100);
	put(&p, "a/1", 60);
	put(&p, "a/2", 10);
	put(&p, "b/1", 20);
	put(&p, "b/2", 45);
	assert_int_equal(pack(&p), UDF_OK);
	assert_int_equal(p.n_discs, 2);
	assert_int_equal(p.discs[0], p.discs[1]);
	assert_int_equal(p.discs[2], p.discs[3]);
}

static void a_directory_is_torn_apart_where_that_saves_a_disc(void **state)
{
	struct packed p = { .n_items = 0 };

	(void)state;
	rooms(&p, 100);
	put(&p, "a/1", 50);
	put(&p, "a/2", 20);
	put(&p, "b/1", 50);
	put(&p, "b/2", 20);
	put(&p, "c/1", 40);
	put(&p, "c/2", 20);
	assert_int_equal(pack(&p), UDF_OK);
	assert_int_equal(p.n_discs, 2);
}

static void neighbours_in_a_large_directory_stay_together(void **state)
{
	struct packed p = { .n_items = 0 };
	static char names[12][8];

	(void)state;
	rooms(&p, 100);
	for (unsigned i = 0; i < 12; i++) {
		snprintf(names[i], sizeof(names[i]), "d/%02u", i);
		put(&p, names[i], 25);
	}
	assert_int_equal(pack(&p), UDF_OK);
	assert_int_equal(p.n_discs, 3);
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(p.discs[i], i / 4 + 1);
}

static void names_of_one_file_share_a_disc(void **state)
{
	struct packed p = { .n_items = 0 };

	(void)state;
	rooms(&p, 100);
	put(&p, "a/1", 60);
	put(&p, "a/name", 30);
	put(&p, "b/1", 65);
	put(&p, "b/name", 1);
	p.items[3].first = 1;
	assert_int_equal(pack(&p), UDF_OK);
	assert_int_equal(p.n_discs, 2);
	assert_int_equal(p.discs[1], p.discs[3]);
	assert_int_not_equal(p.discs[0], p.discs[2]);
}

static void discs_of_other_sizes_are_filled_in_their_order(void **state)
{
	struct packed p = { .n_items = 0 };

	(void)state;
	rooms(&p, 100);
	p.rooms[0] = 20;
	put(&p, "large", 90);
	put(&p, "small", 15);
	assert_int_equal(pack(&p), UDF_OK);
	assert_int_equal(p.discs[0], 2);
	assert_int_equal(p.discs[1], 1);
}

static void a_small_first_disc_is_not_left_empty_where_no_disc_more_is_needed(void **state)
{
	struct packed p = { .n_items = 0 };

	(void)state;
	rooms(&p, 80);
	p.rooms[0] = 55;
	put(&p, "f1", 30);
	put(&p, "f2", 30);
	put(&p, "f3", 30);
	put(&p, "f4", 30);
	assert_int_equal(pack(&p), UDF_OK);
	assert_int_equal(p.n_discs, 3);
	assert_int_equal(p.discs[0], 1);
}

static void what_is_pinned_goes_to_the_first_disc_or_is_named(void **state)
{
	struct packed p = { .n_items = 0 };

	(void)state;
	rooms(&p, 100);
	put(&p, "a", 100);
	put(&p, "boot", 10);
	p.items[1].is_pinned = true;
	assert_int_equal(pack(&p), UDF_OK);
	assert_int_equal(p.discs[1], 1);
	assert_int_equal(p.discs[0], 2);
	p.rooms[0] = 9;
	assert_int_equal(pack(&p), UDF_E_RANGE);
	assert_int_equal(p.item, 1);
}

static void what_fits_nowhere_is_named(void **state)
{
	struct packed p = { .n_items = 0 };

	(void)state;
	rooms(&p, 100);
	put(&p, "a", 50);
	put(&p, "b", 101);
	assert_int_equal(pack(&p), UDF_E_RANGE);
	assert_int_equal(p.item, 1);
	p.items[1].n_bytes = 100;
	for (unsigned i = 0; i < 8; i++)
		p.rooms[i] = i ? 1 : 100;
	assert_int_equal(pack(&p), UDF_E_NOSPC);
}

/* ---- the plan ---- */

struct world {
	struct udf_span *span;
	char paths[MAX_ITEMS][32];
	uint64_t n_bytes[MAX_ITEMS];
	size_t n;
	uint64_t extra_blocks;		/* a file needs more than anybody thought */
	char too_large[64];
	unsigned n_measured;
};

static void add(struct world *w, const char *path, uint64_t n_bytes, nlink_t n_links, ino_t ino)
{
	const struct stat st = { .st_mode = S_IFREG | 0644, .st_size = (off_t)n_bytes, .st_nlink = n_links,
				 .st_dev = 7, .st_ino = ino, .st_mtime = 1000 };
	char host_path[64];

	snprintf(host_path, sizeof(host_path), "/host/%s", path);
	snprintf(w->paths[w->n], sizeof(w->paths[0]), "%s", path);
	w->n_bytes[w->n++] = n_bytes;
	assert_int_equal(udf_span_add(w->span, path, host_path, &st, true), UDF_OK);
}

static void add_dir(struct world *w, const char *path)
{
	const struct stat st = { .st_mode = S_IFDIR | 0755, .st_nlink = 2 };

	assert_int_equal(udf_span_add(w->span, path, path, &st, true), UDF_OK);
}

static enum udf_err measure(void *ctx, uint32_t disc, uint64_t *ret_n_blocks)
{
	struct world *w = ctx;

	w->n_measured++;
	*ret_n_blocks = 200;
	for (size_t i = 0; i < w->n; i++)
		if (udf_span_wants(w->span, disc, w->paths[i], false))
			*ret_n_blocks += (w->n_bytes[i] + 2047) / 2048 + (disc == UDF_SPAN_ALL ? 0 : w->extra_blocks);
	return UDF_OK;
}

static void note_too_large(void *ctx, const char *host_path, uint64_t n_bytes, uint64_t room_bytes,
			   bool is_pinned)
{
	struct world *w = ctx;

	(void)n_bytes;
	(void)room_bytes;
	(void)is_pinned;
	snprintf(w->too_large, sizeof(w->too_large), "%s", host_path);
}

static enum udf_err plan(struct world *w, uint64_t size_blocks, const char *pinned)
{
	const struct udf_span_wish wish = { .size_blocks = &size_blocks, .n_sizes = 1, .pinned = &pinned,
					    .n_pinned = pinned != NULL, .measure = measure,
					    .too_large = note_too_large, .ctx = w };

	return udf_span_plan(w->span, &wish);
}

static struct world begin(void)
{
	struct world w = { .n = 0 };

	assert_int_equal(udf_span_new(true, &w.span), UDF_OK);
	return w;
}

static void no_disc_is_larger_than_it_may_be(void **state)
{
	struct world w = begin();
	char path[32];

	(void)state;
	w.extra_blocks = 3;
	for (unsigned i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), "d%u/f%u", i % 3, i);
		add(&w, path, (i * 7919) % 500000, 1, i + 1);
	}
	assert_int_equal(plan(&w, 1200, NULL), UDF_OK);
	assert_true(udf_span_n_discs(w.span) > 3);
	for (unsigned disc = 1; disc <= udf_span_n_discs(w.span); disc++) {
		uint64_t n_blocks;

		measure(&w, disc, &n_blocks);
		assert_true(n_blocks <= 1200);
		assert_int_equal(n_blocks, udf_span_disc(w.span, disc)->n_blocks);
	}
	for (unsigned i = 0; i < 40; i++) {
		unsigned n = 0;

		for (unsigned disc = 1; disc <= udf_span_n_discs(w.span); disc++)
			n += udf_span_wants(w.span, disc, w.paths[i], false);
		assert_int_equal(n, 1);
	}
	udf_span_free(w.span);
}

static void a_file_that_fits_on_no_disc_is_named(void **state)
{
	struct world w = begin();

	(void)state;
	add(&w, "fits", 1000 * 2048, 1, 1);
	add(&w, "large", 1001 * 2048, 1, 2);
	assert_int_equal(plan(&w, 1200, NULL), UDF_E_RANGE);
	assert_string_equal(w.too_large, "/host/large");
	udf_span_free(w.span);

	w = begin();				/* a file that its own directory makes too large */
	w.extra_blocks = 1;
	add(&w, "fits", 999 * 2048, 1, 1);
	add(&w, "large", 1000 * 2048, 1, 2);
	assert_int_equal(plan(&w, 1200, NULL), UDF_E_RANGE);
	assert_string_equal(w.too_large, "/host/large");
	udf_span_free(w.span);

	w = begin();
	add(&w, "boot/a", 600 * 2048, 1, 1);
	add(&w, "boot/b", 600 * 2048, 1, 2);
	assert_int_equal(plan(&w, 1200, "boot"), UDF_E_RANGE);
	assert_string_equal(w.too_large, "/host/boot/a");
	udf_span_free(w.span);
}

static void directories_are_where_something_in_them_is(void **state)
{
	struct world w = begin();

	(void)state;
	add_dir(&w, "d");
	add_dir(&w, "d/empty");
	add_dir(&w, "d-x");
	add(&w, "d/e/large", 900 * 2048, 1, 1);
	add(&w, "f/large", 900 * 2048, 1, 2);
	assert_int_equal(plan(&w, 1200, "f"), UDF_OK);
	assert_int_equal(udf_span_n_discs(w.span), 2);
	assert_true(udf_span_wants(w.span, 1, "", true));
	assert_true(udf_span_wants(w.span, 2, "d/e", true));
	assert_false(udf_span_wants(w.span, 1, "d/e", true));
	assert_false(udf_span_wants(w.span, 2, "f", true));
	assert_int_equal(udf_span_wants(w.span, 1, "d/empty", true) + udf_span_wants(w.span, 2, "d/empty", true), 1);
	assert_int_equal(udf_span_wants(w.span, 1, "d-x", true) + udf_span_wants(w.span, 2, "d-x", true), 1);
	udf_span_free(w.span);
}

static void hard_links_count_once_and_stay_together(void **state)
{
	struct world w = begin();

	(void)state;
	add(&w, "a/name", 400 * 2048, 2, 9);
	add(&w, "a/other", 500 * 2048, 1, 1);
	add(&w, "b/name", 400 * 2048, 2, 9);
	add(&w, "b/other", 550 * 2048, 1, 2);
	w.n_bytes[2] = 0;
	assert_int_equal(plan(&w, 1200, NULL), UDF_OK);
	assert_int_equal(udf_span_n_discs(w.span), 2);
	assert_int_equal(udf_span_wants(w.span, 1, "a/name", false), udf_span_wants(w.span, 1, "b/name", false));
	udf_span_free(w.span);
}

/* ---- the list ---- */

static char *list_of(const struct udf_span *span, unsigned disc)
{
	char *text = NULL;
	size_t n_bytes = 0;

	assert_int_equal(udf_span_list(span, disc, &text, &n_bytes, NULL), UDF_OK);
	assert_int_equal(strlen(text), n_bytes);
	return text;
}

static void the_list_reads_back_and_has_always_the_same_length(void **state)
{
	struct world w = begin();
	struct udf_disc_list list;
	char *text, why[UDF_DISC_LIST_WHY_BYTES];
	size_t before;

	(void)state;
	add(&w, "a b/c\nd\\e", 5, 1, 1);
	add(&w, "z", 900 * 2048, 1, 2);
	add(&w, "y", 900 * 2048, 1, 3);
	add_dir(&w, "empty");
	text = list_of(w.span, 1);
	before = strlen(text);
	free(text);
	assert_int_equal(plan(&w, 1200, NULL), UDF_OK);
	text = list_of(w.span, 2);
	assert_int_equal(strlen(text), before);
	assert_true(udf_disc_list_is_one(text, before));
	assert_non_null(strstr(text, "# This is disc 02 of 02.\n"));
	assert_int_equal(udf_disc_list_read(text, before, &list, why), UDF_OK);
	assert_int_equal(list.here, 2);
	assert_int_equal(list.n_discs, 2);
	assert_int_equal(list.n_lines, 4);
	assert_int_equal(udf_disc_list_find(&list, "a b/c\nd\\e")->n_bytes, 5);
	assert_int_equal(udf_disc_list_find(&list, "empty")->kind, UDF_LINE_DIRECTORY);
	assert_null(udf_disc_list_find(&list, "nothing"));
	udf_disc_list_done(&list);

	text[before - 3] ^= 1;
	assert_int_equal(udf_disc_list_read(text, before, &list, why), UDF_E_CORRUPT);
	udf_disc_list_done(&list);
	free(text);
	udf_span_free(w.span);
}

static void a_damaged_list_is_refused(void **state)
{
	struct world w = begin();
	struct udf_disc_list list;
	char *text, why[UDF_DISC_LIST_WHY_BYTES];

	(void)state;
	add(&w, "file", 5, 1, 1);
	assert_int_equal(plan(&w, 1200, NULL), UDF_OK);
	text = list_of(w.span, 1);
	for (size_t n = 0; n < strlen(text); n++) {
		assert_int_equal(udf_disc_list_read(text, n, &list, why), UDF_E_CORRUPT);
		udf_disc_list_done(&list);
	}
	free(text);
	udf_span_free(w.span);
}

struct differing {
	unsigned n;
	char path[64], what[64];
};

static void note_difference(void *ctx, const char *path, const char *what)
{
	struct differing *d = ctx;

	d->n++;
	snprintf(d->path, sizeof(d->path), "%s", path);
	snprintf(d->what, sizeof(d->what), "%s", what);
}

static void a_tree_that_has_changed_is_noticed(void **state)
{
	struct world w = begin(), later = begin();
	struct differing d = { .n = 0 };
	struct udf_disc_list list;
	char *text, why[UDF_DISC_LIST_WHY_BYTES];

	(void)state;
	add(&w, "file", 5, 1, 1);
	add(&w, "gone", 5, 1, 2);
	assert_int_equal(plan(&w, 1200, NULL), UDF_OK);
	text = list_of(w.span, 0);
	assert_int_equal(udf_disc_list_read(text, strlen(text), &list, why), UDF_OK);
	assert_int_equal(list.here, 0);
	assert_true(udf_span_compare(w.span, &list, note_difference, &d));
	add(&later, "file", 6, 1, 1);
	assert_int_equal(plan(&later, 1200, NULL), UDF_OK);
	assert_false(udf_span_compare(later.span, &list, note_difference, &d));
	assert_int_equal(d.n, 2);
	assert_string_equal(d.path, "gone");
	assert_string_equal(d.what, "is missing now");
	udf_disc_list_done(&list);
	free(text);
	udf_span_free(w.span);
	udf_span_free(later.span);
}

/* Plan, list and read back. */
static enum udf_err do_all(struct world *w)
{
	struct udf_disc_list list = { .here = 0 };
	char *text = NULL, why[UDF_DISC_LIST_WHY_BYTES];
	size_t n_bytes = 0;
	enum udf_err err = plan(w, 1200, NULL);

	if (!err)
		err = udf_span_list(w->span, 1, &text, &n_bytes, NULL);
	if (!err)
		err = udf_disc_list_read(text, n_bytes, &list, why);
	udf_disc_list_done(&list);
	free(text);
	return err;
}

static void memory_that_runs_out_is_an_error(void **state)
{
	unsigned n_failed = 0;

	(void)state;
	for (uint64_t nth = 1;; nth++) {
		struct world w = begin();
		enum udf_err err;

		add(&w, "a/name", 400 * 2048, 2, 9);
		add(&w, "b/name", 400 * 2048, 2, 9);
		add(&w, "b/other", 900 * 2048, 1, 1);
		alloc_fail_nth(nth);
		err = do_all(&w);
		udf_span_free(w.span);
		if (!alloc_has_failed()) {
			assert_int_equal(err, UDF_OK);
			break;
		}
		assert_int_equal(err, UDF_E_NOMEM);
		n_failed++;
	}
	assert_true(n_failed > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directories_stay_together_where_that_costs_no_disc),
		cmocka_unit_test(a_directory_is_torn_apart_where_that_saves_a_disc),
		cmocka_unit_test(neighbours_in_a_large_directory_stay_together),
		cmocka_unit_test(names_of_one_file_share_a_disc),
		cmocka_unit_test(discs_of_other_sizes_are_filled_in_their_order),
		cmocka_unit_test(a_small_first_disc_is_not_left_empty_where_no_disc_more_is_needed),
		cmocka_unit_test(what_is_pinned_goes_to_the_first_disc_or_is_named),
		cmocka_unit_test(what_fits_nowhere_is_named),
		cmocka_unit_test(no_disc_is_larger_than_it_may_be),
		cmocka_unit_test(a_file_that_fits_on_no_disc_is_named),
		cmocka_unit_test(directories_are_where_something_in_them_is),
		cmocka_unit_test(hard_links_count_once_and_stay_together),
		cmocka_unit_test(the_list_reads_back_and_has_always_the_same_length),
		cmocka_unit_test(a_damaged_list_is_refused),
		cmocka_unit_test(a_tree_that_has_changed_is_noticed),
		cmocka_unit_test(memory_that_runs_out_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
