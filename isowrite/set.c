/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "set.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "master.h"
#include "names.h"
#include "plan_file.h"
#include "udf.h"
#include "udf_set.h"

#define MAX_DIFFERENCES 10u	/* that are named */

static bool no_memory(void)
{
	cli_error(own_name(), NULL, NULL, UDF_E_NOMEM, 0);
	return false;
}

/* ---- what there is ---- */

static bool can_be_read(const struct master *master)
{
	uint64_t n_failed = udf_iso_counts(master->image)->n_failed;

	if (n_failed)
		say("nothing was written, because some files or directories can't be read: %" PRIu64 ".  -m GLOB "
		    "leaves them out", n_failed);
	return !n_failed;
}

/* Walk over everything; nothing is made of it but the list of what there is. */
static bool collect(struct set *set)
{
	struct master master;
	bool ok;

	set->view.collects = true;
	if (set->one.udf) {
		ok = udf_set_collect(&set->one);
	} else {
		ok = master_find(&master, &set->one) && can_be_read(&master);
		master_done(&master);
	}
	set->view.collects = false;
	if (set->view.err == UDF_E_NOMEM)
		return no_memory();
	if (set->view.err)
		say(UDF_DISC_LIST_NAME ": the files have one of this name in their root directory, where every disc of "
		    "the set has its list; -m " UDF_DISC_LIST_NAME " leaves it out");
	if (set->view.n_bad_names)
		say("nothing was written, because UDF can't record the names of some files: %" PRIu64 ".  Rename them, "
		    "or leave them out with -m GLOB%s", set->view.n_bad_names,
		    set->one.bridge ? "; without --bridge they can stay" : "");
	return ok && !set->view.err && !set->view.n_bad_names;
}

/* ---- the plan ---- */

static bool make_list(struct set *set, unsigned disc)
{
	free(set->view.list);
	set->view.list = NULL;
	if (udf_span_list(set->view.span, disc, &set->view.list, &set->view.n_list_bytes, set->id))
		return no_memory();
	return true;
}

/* Texts of the request for one disc.  Its label has the number, so that the discs can be told apart. */
static bool make_texts(struct set *set, unsigned disc)
{
	const struct request *req = set->req;
	const char *slash, *dot;

	free(set->label);
	free(set->output);
	set->label = set->output = NULL;
	if (asprintf(&set->label, "%s_%02u", req->plan.ids.volume ? req->plan.ids.volume : "LinuxUDF", disc) < 0) {
		set->label = NULL;
		return no_memory();
	}
	if (req->output) {
		slash = strrchr(req->output, '/');
		dot = strrchr(slash ? slash + 1 : req->output, '.');
		if (!dot || dot == req->output || dot[-1] == '/')
			dot = req->output + strlen(req->output);
		if (asprintf(&set->output, "%.*s-%02u%s", (int)(dot - req->output), req->output, disc, dot) < 0) {
			set->output = NULL;
			return no_memory();
		}
	}
	return true;
}

/* The request for one disc, or for one that holds everything or nothing. */
static bool make_request(struct set *set, uint32_t disc)
{
	bool boots = disc == 1 || disc == UDF_SPAN_ALL;

	if (!make_texts(set, disc == UDF_SPAN_ALL || disc == UDF_SPAN_NOTHING ? 1 : disc))
		return false;
	set->one = *set->req;
	set->one.set = &set->view;
	set->one.output = set->output;
	set->one.plan.ids.volume = set->label;
	if (!set->one.plan.ids.volume_set)
		set->one.plan.ids.volume_set = set->id;
	if (!boots) {
		set->one.plan.n_boots = 0;
		set->one.plan.boot_catalog = NULL;
		set->one.plan.system_area = NULL;
		set->one.plan.isohybrid = false;
	}
	set->view.disc = disc;
	return true;
}

static enum udf_err measure(void *ctx, uint32_t disc, uint64_t *ret_n_blocks)
{
	struct set *set = ctx;
	struct master master;
	enum udf_err err = UDF_E_IO;

	if (!make_request(set, disc))
		return UDF_E_NOMEM;
	if (set->one.udf) {
		err = udf_volume_measure(&set->one, ret_n_blocks) ? UDF_OK : UDF_E_IO;
	} else {
		if (master_find(&master, &set->one) && can_be_read(&master) && master_lay_out(&master, true)) {
			*ret_n_blocks = mastered_blocks(&master.mastered) + set->extra_blocks;
			err = UDF_OK;
		}
		master_done(&master);
	}
	if (!err && disc == UDF_SPAN_NOTHING)
		set->least_blocks = *ret_n_blocks;
	return err;
}

static void too_large(void *ctx, const char *host_path, uint64_t n_bytes, uint64_t room_bytes, bool is_pinned)
{
	(void)ctx;
	if (is_pinned)
		say("%s: has %" PRIu64 " bytes; what the first disc boots from, and everything beside it, doesn't fit "
		    "on that disc, where %" PRIu64 " are for files", host_path, n_bytes, room_bytes);
	else
		say("%s: has %" PRIu64 " bytes and fits on no disc of the set: on the largest, %" PRIu64 " are for "
		    "files and directories", host_path, n_bytes, room_bytes);
}

/* "isolinux" of "/isolinux/isolinux.bin"; a file in the root directory is pinned alone. */
static char *pinned_path(const char *path)
{
	const char *slash;

	while (*path == '/')
		path++;
	slash = strrchr(path, '/');
	return slash ? strndup(path, (size_t)(slash - path)) : strdup(path);
}

static void say_why_not(const struct set *set, enum udf_err err)
{
	char size[CLI_SIZE_BYTES];

	cli_size_text(set->least_blocks * UDF_SPAN_BLOCK_BYTES, size);
	if (err == UDF_E_NO_DATA)
		say("there is nothing to write");
	else if (err == UDF_E_INVAL)
		say("--span: a disc of the set has no room for files: %s are for the list of the set and what every "
		    "image has; give a larger size", size);
	else if (err == UDF_E_NOSPC)
		say("--span: a set has at most %u discs, and that is not enough; give a larger size",
		    UDF_DISC_LIST_MAX_DISCS);
	else if (err == UDF_E_RANGE)
		say("nothing was written; -m GLOB leaves files out");
}

static bool make_plan(struct set *set)
{
	const struct request *req = set->req;
	char *pinned[MAX_BOOTS + 1];
	struct udf_span_wish wish = { .size_blocks = set->view.size_blocks, .n_sizes = set->view.n_sizes,
				      .measure = measure, .too_large = too_large, .ctx = set };
	enum udf_err err = UDF_OK;

	for (size_t i = 0; i < req->plan.n_boots; i++)
		pinned[wish.n_pinned++] = pinned_path(req->boots[i].path);
	if (req->plan.n_boots && req->plan.boot_catalog && strchr(req->plan.boot_catalog, '/'))
		pinned[wish.n_pinned++] = pinned_path(req->plan.boot_catalog);
	wish.pinned = (const char *const *)pinned;
	for (size_t i = 0; i < wish.n_pinned; i++)
		if (!pinned[i])
			err = UDF_E_NOMEM;
	if (!err)
		err = udf_span_plan(set->view.span, &wish);
	for (size_t i = 0; i < wish.n_pinned; i++)
		free(pinned[i]);
	cli_progress_done(&set->progress);
	if (err == UDF_E_NOMEM)
		return no_memory();
	if (err)
		say_why_not(set, err);
	return !err;
}

/* ---- checksums ---- */

static void not_summed(void *ctx, const char *host_path, int host_errno)
{
	struct set *set = ctx;

	cli_progress_done(&set->progress);
	if (host_errno)
		cli_error(own_name(), host_path, NULL, UDF_E_IO, host_errno);
	else
		say("%s: changed meanwhile", host_path);
}

static bool summed(void *ctx, uint64_t done_bytes, uint64_t total_bytes)
{
	struct set *set = ctx;

	cli_progress_bytes(&set->progress, "reading for checksums", done_bytes, total_bytes);
	return true;
}

static bool make_sums(struct set *set)
{
	enum udf_err err;

	if (set->req->print_size || set->req->no_md5)
		return true;
	err = udf_span_sum(set->view.span, not_summed, summed, set);
	cli_progress_done(&set->progress);
	if (err == UDF_E_NOMEM)
		return no_memory();
	if (err)
		say("nothing was written, because some files can't be read; -m GLOB leaves them out");
	return !err;
}

/* ---- an older plan ---- */

struct differences {
	struct set *set;
	uint64_t n;
};

static void differs(void *ctx, const char *path, const char *what)
{
	struct differences *d = ctx;

	if (d->n++ < MAX_DIFFERENCES)
		say("%s: %s", path, what);
}

static bool write_plan(const struct set *set, const char *path)
{
	char *text = NULL;
	size_t n_bytes = 0;
	bool ok;

	if (udf_span_list(set->view.span, 0, &text, &n_bytes, NULL))
		return no_memory();
	ok = plan_file_write(path, text, n_bytes);
	free(text);
	return ok;
}

static bool compare(struct set *set, const char *path, const struct udf_disc_list *older)
{
	struct differences d = { .set = set };
	bool same = udf_span_compare(set->view.span, older, differs, &d);

	if (d.n > MAX_DIFFERENCES)
		say("... and %" PRIu64 " more", d.n - MAX_DIFFERENCES);
	if (same && older->n_discs == set_n_discs(set))
		return true;
	say("%s: is the plan of another set: the files or the sizes of the discs are not as they were.  Nothing was "
	    "written.  Make them as they were, or begin a new set with another --plan", path);
	return false;
}

/* Read the older plan, if there is one. */
static bool load_plan(struct set *set)
{
	const char *path = set->req->span_plan;
	char *text, why[UDF_DISC_LIST_WHY_BYTES];
	size_t n_bytes = 0;
	enum udf_err err;

	if (!path)
		return true;
	if (!plan_file_read(path, &text, &n_bytes))
		return false;
	if (!text && set->req->first_disc > 1)
		cli_error(own_name(), path, "cannot open the plan", UDF_E_NOT_FOUND, ENOENT);
	if (!text)
		return set->req->first_disc <= 1;
	err = udf_disc_list_read(text, n_bytes, &set->older, why);
	free(text);
	if (err)
		say("%s: %s", path, why);
	set->has_older = !err;
	return !err;
}

/* Is the set the one that was planned before? */
static bool check_plan(struct set *set)
{
	return !set->has_older || compare(set, set->req->span_plan, &set->older);
}

static bool store_plan(struct set *set)
{
	return set->has_older || !set->req->span_plan || set->req->print_size || write_plan(set, set->req->span_plan);
}

/* ---- what is done with it ---- */

static void announce(const struct set *set)
{
	char size[CLI_SIZE_BYTES], of[CLI_SIZE_BYTES];

	if (set->req->quiet || set->req->json)
		return;
	cli_say("set %s: %u disc%s", set->id, set_n_discs(set), set_n_discs(set) == 1 ? "" : "s");
	for (unsigned i = 1; i <= set_n_discs(set); i++) {
		const struct udf_span_disc *disc = udf_span_disc(set->view.span, i);

		cli_size_text(disc->n_blocks * UDF_SPAN_BLOCK_BYTES, size);
		cli_size_text(disc->size_blocks * UDF_SPAN_BLOCK_BYTES, of);
		cli_say("disc %02u: %" PRIu64 " blocks (%s of %s), %" PRIu64 " file%s", i, disc->n_blocks, size, of,
			disc->n_files, disc->n_files == 1 ? "" : "s");
	}
}

bool set_plan(struct set *set, const struct request *req, const uint64_t *size_blocks, uint64_t extra_blocks)
{
	*set = (struct set){ .req = req, .extra_blocks = extra_blocks };
	set->view.size_blocks = size_blocks ? size_blocks : req->span_blocks;
	set->view.n_sizes = size_blocks ? 1 : req->n_span;
	memset(set->id, '0', sizeof(set->id) - 1);
	set->view.id = set->id;
	cli_progress_init(&set->progress, stderr, !req->quiet);
	if (udf_span_new(!req->no_md5, &set->view.span))
		return no_memory();
	if (!load_plan(set) || !make_request(set, UDF_SPAN_ALL) || !collect(set) || !make_list(set, 1) ||
	    !make_plan(set))
		return false;
	/* reading all files takes long: what differs without that is said before */
	if (!check_plan(set) || !make_sums(set) || !check_plan(set) || !store_plan(set) || !make_list(set, 1))
		return false;
	if (req->first_disc > set_n_discs(set)) {
		say("--first-disc=%u: the set has %u disc%s", req->first_disc, set_n_discs(set),
		    set_n_discs(set) == 1 ? "" : "s");
		return false;
	}
	announce(set);
	return true;
}

unsigned set_n_discs(const struct set *set)
{
	return udf_span_n_discs(set->view.span);
}

struct request *set_disc(struct set *set, unsigned disc)
{
	set->view.looks = true;
	return make_list(set, disc) && make_request(set, disc) ? &set->one : NULL;
}

void set_print_sizes(const struct set *set)
{
	struct cli_json json = { .out = stdout };
	unsigned n = set_n_discs(set);

	if (set->req->json) {
		cli_json_object(&json, NULL);
		cli_json_number(&json, "block_size", UDF_SPAN_BLOCK_BYTES);
		cli_json_list(&json, "discs");
	}
	for (unsigned i = 1; i <= n; i++) {
		const struct udf_span_disc *disc = udf_span_disc(set->view.span, i);

		if (!set->req->json) {
			printf("%" PRIu64 "\n", disc->n_blocks);
			continue;
		}
		cli_json_object(&json, NULL);
		cli_json_number(&json, "disc", i);
		cli_json_number(&json, "blocks", disc->n_blocks);
		cli_json_number(&json, "size_blocks", disc->size_blocks);
		cli_json_number(&json, "files", disc->n_files);
		cli_json_number(&json, "bytes", disc->n_bytes);
		cli_json_object_end(&json);
	}
	if (set->req->json) {
		cli_json_list_end(&json);
		cli_json_object_end(&json);
	}
}

void set_report_others(struct set *set)
{
	unsigned n_discs = set_n_discs(set);

	for (unsigned disc = n_discs + 1; disc <= UDF_DISC_LIST_MAX_DISCS; disc++)
		if (make_texts(set, disc) && set->output && access(set->output, F_OK) == 0)
			say("warning: %s is of another set: this one has %u disc%s", set->output, n_discs,
			    n_discs == 1 ? "" : "s");
}

/* The plan that is compared with; "FILE" where none was stored. */
static const char *plan_name(const struct set *set, char quoted[UDF_QUOTED_BYTES])
{
	return set->req->span_plan ? udf_quoted(set->req->span_plan, quoted) : "FILE";
}

const char *set_how_to_go_on(const struct set *set, unsigned disc, bool is_incomplete, char text[SET_GO_ON_BYTES])
{
	const char *what = is_incomplete ? "is incomplete" : "was not made";
	const char *file = set->req->span_plan ? "" : ", where FILE is " UDF_DISC_LIST_NAME " of a disc that was made";
	bool has_changed = is_incomplete || set->view.has_changed;
	unsigned n_discs = set_n_discs(set);
	char quoted[UDF_QUOTED_BYTES];

	if (disc == 1 && has_changed)
		snprintf(text, SET_GO_ON_BYTES,
			 "disc 01 of %02u %s, because files are not as they were when the set was planned; begin a new "
			 "set%s", n_discs, what, set->req->span_plan ? ", with another --plan" : "");
	else if (disc == 1)
		snprintf(text, SET_GO_ON_BYTES, "disc 01 of %02u %s; the same command begins the set again", n_discs,
			 what);
	else if (has_changed)
		snprintf(text, SET_GO_ON_BYTES,
			 "disc %02u of %02u %s, because files are not as they were when the set was planned.  When "
			 "they are so again, the same command with --first-disc=%u --plan=%s goes on with it%s; else "
			 "begin a new set, with another --plan",
			 disc, n_discs, what, disc, plan_name(set, quoted), file);
	else
		snprintf(text, SET_GO_ON_BYTES,
			 "disc %02u of %02u %s; the same command with --first-disc=%u --plan=%s goes on with it%s",
			 disc, n_discs, what, disc, plan_name(set, quoted), file);
	return text;
}

void set_say_how_to_go_on(const struct set *set, unsigned disc, bool is_incomplete)
{
	char text[SET_GO_ON_BYTES];

	say("%s", set_how_to_go_on(set, disc, is_incomplete, text));
}

void set_done(struct set *set)
{
	udf_span_free(set->view.span);
	udf_disc_list_done(&set->older);
	free(set->view.list);
	free(set->label);
	free(set->output);
	cli_progress_done(&set->progress);
}
