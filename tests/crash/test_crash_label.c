/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labels changed, at every cut: the old ones or the new ones, on a volume that can be used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "check/check.h"
#include "label/label.h"
#include "mkfs/mkfs.h"

#define MAX_SUBSETS 64u

/* A volume, and what becomes of its labels. */
struct work {
	const char *name;
	enum udf_media_type media;
	uint16_t revision;
	uint32_t block_bytes, n_blocks;
	enum udf_space_kind space;
	bool read_only;			/* mkudffs --read-only */
	bool is_full;			/* no block is free */
	bool trusts_first_anchor;	/* the others may say something older */
	bool mixed_is_allowed;		/* one sequence, or no block for the file set: each label by itself */
	struct udf_label_change change;
};

#define EVERYTHING { [UDF_LABEL_LVID] = "new label", [UDF_LABEL_VID] = "new vid", [UDF_LABEL_FSID] = "new fsid", \
	[UDF_LABEL_OWNER] = "new owner", [UDF_LABEL_ORGANIZATION] = "\303\251", [UDF_LABEL_CONTACT] = "new contact", \
	[UDF_LABEL_APPLICATION] = "*new app", [UDF_LABEL_IMPLEMENTATION] = "*new impl", \
	[UDF_LABEL_UUID] = "fedcba9876543210", [UDF_LABEL_VSID] = "new vsid" }

static uint64_t n_states;

/* ---- volumes ---- */

static struct udf_vol *open_volume(struct bio *bio, struct udf_sink *sink)
{
	struct udf_vol *vol = NULL;

	assert_int_equal(udf_vol_open(bio, NULL, NULL, sink, &vol), UDF_OK);
	return vol;
}

static void take_all_space(struct bio *bio)
{
	struct udf_vol *vol = open_volume(bio, NULL);
	struct udf_new file = { .mode = S_IFREG | 0644 };
	struct udf_attr attr;
	struct udf_statfs sizes;
	struct udf_fs *fs = NULL;
	char name[16];
	unsigned i;

	assert_int_equal(udf_fs_open(vol, NULL, &fs), UDF_OK);
	for (i = 0, sizes.n_free_blocks = 1; sizes.n_free_blocks > 0 && i < 20000; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		if (udf_create(fs, udf_fs_root(fs), name, strlen(name), &file, &attr))
			break;
		udf_forget(fs, attr.ino, 1);
		udf_fs_statfs(fs, &sizes);
	}
	assert_int_equal(udf_fs_close(fs), UDF_OK);
	udf_vol_close(vol);
}

static struct bio *make_volume(const struct work *work)
{
	struct udf_mkfs_params params;
	struct bio *bio = NULL;
	struct udf_plan plan;

	udf_mkfs_defaults(&params, work->media, work->revision);
	params.block_bytes = work->block_bytes;
	params.n_blocks = work->n_blocks;
	params.time = (struct udf_time){ 1709210707, 123456, 60 };
	params.space = work->space;
	params.read_only = work->read_only;
	strcpy(params.uuid, "0123456789abcdef");
	strcpy(params.owner, "old owner");
	assert_int_equal(bio_memory_new(work->block_bytes, work->n_blocks, &bio), UDF_OK);
	assert_int_equal(udf_mkfs_plan(&params, &plan, NULL), UDF_OK);
	assert_int_equal(udf_mkfs_emit(&plan, bio, NULL), UDF_OK);
	if (work->is_full)
		take_all_space(bio);
	return bio;
}

static void labels_of(struct bio *bio, struct udf_sink *sink, struct udf_labels *ret)
{
	struct udf_vol *vol = open_volume(bio, sink);

	udf_labels_read(vol, ret);
	udf_vol_close(vol);
}

static enum udf_err set_labels(struct bio *bio, const struct udf_label_change *change)
{
	struct udf_vol *vol = open_volume(bio, NULL);
	struct udf_label_plan *plan = NULL;
	char why[UDF_LABEL_WHY_BYTES] = "";
	enum udf_err err = udf_label_plan_new(vol, change, &plan, why);

	if (err)
		print_error("# %s\n", why);
	assert_int_equal(err, UDF_OK);
	err = udf_label_write(plan, NULL);
	udf_label_plan_free(plan);
	udf_vol_close(vol);
	return err;
}

/* ---- judging ---- */

struct finding_sink {
	struct udf_sink sink;		/* first */
	bool may_differ;		/* the two sequences and the anchors may be out of step */
	bool may_mix;			/* and the copies of the label */
	bool is_open;
	unsigned n_bad;
	bool quiet;
};

/* What a cut explains. */
static bool is_explained(const struct finding_sink *s, enum udf_problem problem)
{
	if (problem == UDF_P_LVID_OPEN || problem == UDF_P_COUNTS_STALE || problem == UDF_P_SPACE_LEAKED)
		return s->is_open;
	if (problem == UDF_P_VDS_COPIES_DIFFER || problem == UDF_P_ANCHOR_DIFFERS)
		return s->may_differ;
	return problem == UDF_P_LABEL_DIFFERS && s->may_mix;
}

static void report(struct udf_sink *sink, const struct udf_finding *f)
{
	struct finding_sink *s = (struct finding_sink *)(void *)sink;

	if (udf_problem_severity(f->problem) < UDF_SEV_WARNING || is_explained(s, f->problem))
		return;
	if (!s->quiet)
		print_error("# check: %s at %u (%s)\n", udf_problem_name(f->problem), f->place.block_no,
			    f->place.field ? f->place.field : "-");
	s->n_bad++;
}

/* How many errors and warnings has a check that a cut does not explain? */
static unsigned n_bad_findings(struct bio *state, bool may_differ, bool may_mix, bool quiet)
{
	struct finding_sink s = { .sink.report = report, .may_differ = may_differ, .may_mix = may_mix, .quiet = true };
	struct chk_result result;
	struct udf_vol *vol;

	vol = open_volume(state, NULL);
	s.is_open = vol->lvid.type == UDF_LVID_OPEN;
	udf_vol_close(vol);
	s.quiet = quiet;
	vol = open_volume(state, &s.sink);
	assert_int_equal(chk_volume(vol, NULL, &s.sink, &result), UDF_OK);
	udf_vol_close(vol);
	return s.n_bad;
}

static bool is_old_or_new(const struct work *work, const struct udf_labels *now, const struct udf_labels *before,
			  const struct udf_labels *after)
{
	unsigned i;

	if (memcmp(now, before, sizeof(*now)) == 0 || memcmp(now, after, sizeof(*now)) == 0)
		return true;
	for (i = 0; i < UDF_LABEL_N_FIELDS && work->mixed_is_allowed; i++)
		if (strcmp(now->texts[i], before->texts[i]) != 0 && strcmp(now->texts[i], after->texts[i]) != 0)
			break;
	if (i == UDF_LABEL_N_FIELDS)
		return true;
	for (i = 0; i < UDF_LABEL_N_FIELDS; i++)
		print_error("# field %u: '%s', before '%s', after '%s'\n", i, now->texts[i], before->texts[i],
			    after->texts[i]);
	return false;
}

/* Labels as they are for who can't read the first anchor. */
static bool is_good_without_first_anchor(const struct work *work, struct bio *state, const struct udf_labels *before,
					 const struct udf_labels *after)
{
	struct udf_vol *vol = open_volume(state, NULL);
	uint32_t lsn = vol->anchor_lsn[0];
	bool has_more = vol->n_anchors > 1, good;
	struct bio *copy = NULL;
	struct udf_labels now;
	uint8_t *zeros;

	udf_vol_close(vol);
	if (!has_more)
		return true;
	assert_int_equal(bio_overlay_new(state, false, &copy), UDF_OK);
	zeros = calloc(1, work->block_bytes);
	assert_non_null(zeros);
	assert_int_equal(bio_write(copy, lsn, 1, zeros), UDF_OK);
	free(zeros);
	labels_of(copy, NULL, &now);
	good = is_old_or_new(work, &now, before, after);
	bio_close(copy);
	return good;
}

/* It mounts as it did, and can be written where it could. */
static void use(struct bio *state, bool was_writable)
{
	struct udf_new file = { .mode = S_IFREG | 0644 };
	struct udf_vol *vol = open_volume(state, NULL);
	struct udf_fs *fs = NULL;
	struct udf_attr attr;

	assert_int_equal(udf_fs_open(vol, NULL, &fs), UDF_OK);
	if (was_writable) {
		assert_null(udf_fs_why_read_only(fs));
		assert_int_equal(udf_create(fs, udf_fs_root(fs), "used", 4, &file, &attr), UDF_OK);
		udf_forget(fs, attr.ino, 1);
	}
	assert_int_equal(udf_fs_close(fs), UDF_OK);
	udf_vol_close(vol);
}

static bool is_writable(const struct work *work)
{
	return !work->read_only && !work->is_full && work->media == UDF_MEDIA_HD &&
	       work->change.protect == UDF_LABEL_PROTECT_KEEP;
}

/* STATE is changed. */
static bool state_is_good(const struct work *work, struct bio *state, const struct udf_labels *before,
			  const struct udf_labels *after, unsigned n_bad_before)
{
	struct finding_sink deaf = { .sink.report = report, .quiet = true };
	struct udf_labels now;

	labels_of(state, NULL, &now);
	if (!is_old_or_new(work, &now, before, after))
		return false;
	/* The checker reads both sequences. */
	labels_of(state, &deaf.sink, &now);
	if (!is_old_or_new(work, &now, before, after))
		return false;
	if (!work->mixed_is_allowed && !work->trusts_first_anchor &&
	    !is_good_without_first_anchor(work, state, before, after))
		return false;
	if (n_bad_findings(state, true, work->mixed_is_allowed, true) > n_bad_before) {
		(void)n_bad_findings(state, true, work->mixed_is_allowed, false);
		return false;
	}
	use(state, is_writable(work));
	/* The second time the work is done, whatever stood there. */
	if (set_labels(state, &work->change))
		return false;
	labels_of(state, NULL, &now);
	if (memcmp(&now, after, sizeof(now)) != 0) {
		print_error("# a second run did not set the labels\n");
		return false;
	}
	if (n_bad_findings(state, false, false, true) > n_bad_before) {
		print_error("# a second run left the copies out of step:\n");
		(void)n_bad_findings(state, false, false, false);
		return false;
	}
	return true;
}

/* ---- cuts ---- */

struct recording {
	struct bio *base, *fault;
	struct udf_labels before, after;
	unsigned n_bad_before;
};

/* The work on BASE, write by write; ret->base borrows it. */
static void record_on(const struct work *work, struct bio *base, struct recording *ret)
{
	struct bio *copy = NULL;

	ret->base = base;
	labels_of(base, NULL, &ret->before);
	ret->n_bad_before = n_bad_findings(base, true, false, true);
	assert_int_equal(bio_overlay_new(base, false, &copy), UDF_OK);
	assert_int_equal(bio_fault_new(copy, &ret->fault), UDF_OK);
	bio_fault_record(ret->fault, true);
	assert_int_equal(set_labels(ret->fault, &work->change), UDF_OK);
	bio_fault_record(ret->fault, false);
	labels_of(ret->fault, NULL, &ret->after);
	assert_memory_not_equal(&ret->before, &ret->after, sizeof(ret->before));
	assert_int_equal(n_bad_findings(ret->fault, false, false, false), ret->n_bad_before);
}

static void record(const struct work *work, struct recording *ret)
{
	record_on(work, make_volume(work), ret);
}

static unsigned n_subsets(const struct bio_event *events, size_t cut)
{
	size_t n_pending = 0;

	for (size_t i = cut; i > 0 && events[i - 1].kind != BIO_EVENT_FLUSH; i--)
		n_pending++;
	return n_pending == 0 ? 1 : n_pending >= 6 ? MAX_SUBSETS : 1u << n_pending;
}

static void try_cuts(const struct work *work, const struct recording *recording)
{
	struct bio_crash_walker *walker = NULL;
	const struct bio_event *events;
	size_t n_events;

	bio_fault_log(recording->fault, &events, &n_events);
	assert_int_equal(bio_crash_walker_new(events, n_events, recording->base, &walker), UDF_OK);
	for (size_t cut = 0; cut <= n_events; cut++) {
		for (unsigned seed = 1; seed <= n_subsets(events, cut); seed++) {
			struct bio *state = NULL;

			assert_int_equal(bio_crash_walker_state(walker, cut, seed, BIO_TEAR_BLOCK, NULL, &state),
					 UDF_OK);
			n_states++;
			if (!state_is_good(work, state, &recording->before, &recording->after,
					   recording->n_bad_before)) {
				print_error("# %s: cut %zu of %zu, seed %u\n", work->name, cut, n_events, seed);
				fail();
			}
			bio_close(state);
		}
	}
	bio_crash_walker_free(walker);
}

static void try_work(const struct work *work)
{
	struct recording recording;

	record(work, &recording);
	try_cuts(work, &recording);
	bio_close(recording.fault);
	bio_close(recording.base);
}

/* ---- cases ---- */

static const uint16_t revisions[] = { 0x0101, 0x0102, 0x0150, 0x0200, 0x0201 };

static void a_cut_leaves_all_labels_old_or_all_new(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		for (uint32_t block_bytes = 512; block_bytes <= 32768; block_bytes *= 2) {
			struct work work = { .name = "everything", .revision = revisions[i], .block_bytes = block_bytes,
					     .n_blocks = 3200, .change.texts = EVERYTHING };

			try_work(&work);
		}
	}
}

static void a_cut_leaves_the_label_of_a_volume_with_a_space_table_old_or_new(void **state)
{
	struct work work = { .name = "table", .revision = 0x0201, .block_bytes = 2048, .n_blocks = 800,
			     .space = UDF_SPACE_UNALLOC_TABLE, .change.label = "new label" };

	(void)state;
	try_work(&work);
}

static void a_cut_leaves_a_small_volume_with_old_or_new_labels(void **state)
{
	struct work work = { .name = "300 blocks", .revision = 0x0102, .block_bytes = 2048, .n_blocks = 300,
			     .change.texts = EVERYTHING };

	(void)state;
	try_work(&work);
}

static void a_cut_leaves_one_label_by_itself_old_or_new(void **state)
{
	for (int i = 0; i < UDF_LABEL_N_FIELDS; i++) {
		struct work work = { .name = "one label", .revision = 0x0201, .block_bytes = 2048, .n_blocks = 800 };

		work.change.texts[i] = i < UDF_LABEL_APPLICATION || i == UDF_LABEL_VSID ? "new" :
				       i < UDF_LABEL_UUID ? "*new" : "fedcba9876543210";
		try_work(&work);
	}
	(void)state;
}

static void a_cut_leaves_the_write_protection_on_or_off(void **state)
{
	struct work on = { .name = "on", .revision = 0x0201, .block_bytes = 2048, .n_blocks = 800,
			   .change.protect = UDF_LABEL_PROTECT_ON };

	(void)state;
	try_work(&on);
}

static void a_cut_leaves_each_label_old_or_new_where_all_at_once_is_impossible(void **state)
{
	const struct work works[] = {
		{ .name = "one sequence", .revision = 0x0201, .block_bytes = 2048, .n_blocks = 200,
		  .mixed_is_allowed = true, .change.texts = EVERYTHING },
		{ .name = "no free block", .revision = 0x0201, .block_bytes = 512, .n_blocks = 800, .is_full = true,
		  .mixed_is_allowed = true, .change.texts = EVERYTHING },
		{ .name = "read-only partition", .revision = 0x0201, .block_bytes = 2048, .n_blocks = 3200,
		  .read_only = true, .mixed_is_allowed = true,
		  .change = { .texts = EVERYTHING, .force = true } },
		{ .name = "strategy 4096", .media = UDF_MEDIA_MO, .revision = 0x0150, .block_bytes = 2048,
		  .n_blocks = 3200, .mixed_is_allowed = true, .change.texts = EVERYTHING },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		try_work(&works[i]);
}

/* A failure is reported, and it leaves old or new labels, as a cut does. */
static void a_write_or_flush_that_fails_is_reported_and_leaves_old_or_new_labels(void **state)
{
	struct work work = { .name = "fault", .revision = 0x0201, .block_bytes = 2048, .n_blocks = 3200,
			     .change.texts = EVERYTHING };
	struct recording recording;

	(void)state;
	record(&work, &recording);
	for (unsigned kind = 0; kind < 2; kind++) {
		for (uint64_t nth = 1;; nth++) {
			struct bio *copy = NULL, *fault = NULL;
			uint64_t n_given;
			enum udf_err err;

			assert_int_equal(bio_overlay_new(recording.base, false, &copy), UDF_OK);
			assert_int_equal(bio_fault_new(copy, &fault), UDF_OK);
			if (kind)
				bio_fault_fail_flush(fault, nth, UDF_E_IO);
			else
				bio_fault_fail_write(fault, nth, UDF_E_MEDIUM);
			err = set_labels(fault, &work.change);
			n_given = bio_fault_n_given(fault);
			bio_fault_fail_write(fault, 0, UDF_OK);
			bio_fault_fail_flush(fault, 0, UDF_OK);
			if (n_given) {
				assert_int_not_equal(err, UDF_OK);
				assert_true(state_is_good(&work, fault, &recording.before, &recording.after,
							  recording.n_bad_before));
			}
			bio_close(fault);
			if (!n_given)
				break;
		}
	}
	bio_close(recording.fault);
	bio_close(recording.base);
}

/* What a cut left is given other labels, and that is cut again. */
static void a_cut_after_a_cut_leaves_old_or_new_labels(void **state)
{
	struct work first = { .name = "first", .revision = 0x0201, .block_bytes = 2048, .n_blocks = 3200,
			      .change.texts = EVERYTHING };
	struct work second = first;
	struct bio_crash_walker *walker = NULL;
	const struct bio_event *events;
	struct recording recording;
	size_t n_events;

	(void)state;
	second.name = "second";
	second.trusts_first_anchor = true;
	second.change.label = "label after a cut";
	record(&first, &recording);
	bio_fault_log(recording.fault, &events, &n_events);
	assert_int_equal(bio_crash_walker_new(events, n_events, recording.base, &walker), UDF_OK);
	for (size_t cut = 0; cut <= n_events; cut++) {
		struct recording again;
		struct bio *left = NULL;

		assert_int_equal(bio_crash_walker_state(walker, cut, cut % 7, BIO_TEAR_BLOCK, NULL, &left), UDF_OK);
		record_on(&second, left, &again);
		try_cuts(&second, &again);
		bio_close(again.fault);
		bio_close(left);
	}
	bio_crash_walker_free(walker);
	bio_close(recording.fault);
	bio_close(recording.base);
}

static void more_than_4500_crash_states_were_tried(void **state)
{
	(void)state;
	print_message("# %llu states\n", (unsigned long long)n_states);
	assert_true(n_states > 4500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cut_leaves_all_labels_old_or_all_new),
		cmocka_unit_test(a_cut_leaves_the_label_of_a_volume_with_a_space_table_old_or_new),
		cmocka_unit_test(a_cut_leaves_a_small_volume_with_old_or_new_labels),
		cmocka_unit_test(a_cut_leaves_one_label_by_itself_old_or_new),
		cmocka_unit_test(a_cut_leaves_the_write_protection_on_or_off),
		cmocka_unit_test(a_cut_leaves_each_label_old_or_new_where_all_at_once_is_impossible),
		cmocka_unit_test(a_write_or_flush_that_fails_is_reported_and_leaves_old_or_new_labels),
		cmocka_unit_test(a_cut_after_a_cut_leaves_old_or_new_labels),
		cmocka_unit_test(more_than_4500_crash_states_were_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
