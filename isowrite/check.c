/* SPDX-License-Identifier: GPL-2.0-or-later */
/* isowrite --check */
#include "config.h"

#include "check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <udfkit/bio.h>

#include "check_udf.h"
#include "medium/medium.h"
#include "names.h"

#define EXIT_DAMAGED 3

struct checking {
	const char *path;
	const struct request *req;
	struct cli_progress progress;
	struct cli_json json;
	/* --set */
	struct udf_disc_list list;	/* of the first disc; n_discs 0: there was none yet */
	bool is_there[UDF_DISC_LIST_MAX_DISCS + 1];
};

struct bio *open_image(const char *path)
{
	const struct medium_options how = { .read_only = true, .block_bytes = UDF_ISO_BLOCK_BYTES };
	struct medium_refusal refusal;
	char why[CLI_OPEN_BYTES];
	struct bio *bio;
	enum udf_err err = medium_open(path, &how, &bio, NULL, &refusal);

	if (!err)
		return bio;
	cli_open_text(path, err, refusal.host_errno, why);
	say("%s: %s", path, refusal.why ? refusal.why : why);
	return NULL;
}

static void damaged(void *ctx, const char *path, enum udf_err err)
{
	struct checking *c = ctx;

	cli_progress_done(&c->progress);
	if (c->req->json) {
		cli_json_object(&c->json, NULL);
		cli_json_text(&c->json, "path", path);
		cli_json_text(&c->json, "reason", err ? udf_strerror(err) : "differs from its checksum");
		cli_json_object_end(&c->json);
	} else if (err == UDF_E_NOT_FOUND) {
		say("%s: %s: is missing, although the list of the set has it on this disc", c->path, path);
	} else if (err) {
		say("%s: %s: cannot be read: %s", c->path, path, udf_strerror(err));
	} else {
		say("%s: %s: differs from its checksum", c->path, path);
	}
}

static void progress(void *ctx, uint64_t done_bytes, uint64_t total_bytes)
{
	struct checking *c = ctx;

	cli_progress_bytes(&c->progress, "checking", done_bytes, total_bytes);
}

static bool is_whole(const struct udf_iso_check_result *r)
{
	return !r->n_damaged && !r->tree_is_damaged && !r->list_is_damaged && (!r->has_session || r->session_matches);
}

static void print_result(const struct checking *c, const struct udf_iso_check_result *r)
{
	uint64_t n_without = r->n_files - r->n_checked;

	if (r->tree_is_damaged)
		say("%s: the directories differ from their checksum", c->path);
	if (r->has_session && !r->session_matches && !r->n_damaged)
		say("%s: the image differs from its checksum, though no file with a checksum does; "
			"directories, boot records or padding have changed", c->path);
	if (r->list_is_damaged)
		say("%s: " UDF_DISC_LIST_NAME ", the list of the set, is damaged; any other disc of the set has it too",
		    c->path);
	if (c->req->quiet)
		return;
	printf("%s: %" PRIu64 " of %" PRIu64 " files checked, %" PRIu64 " damaged", c->path, r->n_checked, r->n_files,
	       r->n_damaged);
	if (n_without)
		printf("; %" PRIu64 " without a checksum", n_without);
	if (r->has_session && r->session_matches)
		printf("; the whole image is as it was written");
	if (r->list.here && r->list.n_discs > 1)
		printf("; disc %02u of %02u", r->list.here, r->list.n_discs);
	printf("\n");
}

static void end_json(struct checking *c, const struct udf_iso_check_result *r, const char *why)
{
	cli_json_list_end(&c->json);
	if (why) {
		cli_json_text(&c->json, "error", why);
	} else {
		cli_json_number(&c->json, "files", r->n_files);
		cli_json_number(&c->json, "checked_files", r->n_checked);
		cli_json_number(&c->json, "damaged_files", r->n_damaged);
		cli_json_bool(&c->json, "directories_match", !r->tree_is_damaged);
		if (r->has_session)
			cli_json_bool(&c->json, "image_matches", r->session_matches);
		if (r->list.here) {
			cli_json_text(&c->json, "set", r->list.id);
			cli_json_number(&c->json, "disc", r->list.here);
			cli_json_number(&c->json, "discs", r->list.n_discs);
		}
		cli_json_bool(&c->json, "whole", is_whole(r));
	}
	cli_json_object_end(&c->json);
}

/* ---- a set of discs ---- */

/* The disc whose list this is is there.  Takes the list over, or releases it. */
static bool note_disc(struct checking *c, struct udf_disc_list *list)
{
	bool ok = true;

	if (!c->req->check_set || (c->list.n_discs && strcmp(c->list.id, list->id) == 0)) {
		ok = true;
	} else if (!list->here) {
		say("%s: is not a disc of a set that --span made", c->path);
		ok = false;
	} else if (c->list.n_discs) {
		say("%s: is a disc of another set", c->path);
		ok = false;
	}
	if (ok && c->req->check_set)
		c->is_there[list->here] = true;
	if (ok && c->req->check_set && !c->list.n_discs)
		c->list = *list;
	else
		udf_disc_list_done(list);
	return ok;
}

static void json_missing(struct checking *c, unsigned disc)
{
	cli_json_object(&c->json, NULL);
	cli_json_number(&c->json, "disc", disc);
	cli_json_list(&c->json, "paths");
	for (size_t i = 0; i < c->list.n_lines; i++)
		if (c->list.lines[i].disc == disc)
			cli_json_text(&c->json, NULL, c->list.lines[i].path);
	cli_json_list_end(&c->json);
	cli_json_object_end(&c->json);
}

/* What is lost with DISC: the summary, and then the paths, one a line. */
static void print_missing(const struct checking *c, unsigned disc)
{
	uint64_t n_files = 0, n_bytes = 0;
	char size[CLI_SIZE_BYTES];

	for (size_t i = 0; i < c->list.n_lines; i++) {
		n_files += c->list.lines[i].disc == disc;
		n_bytes += c->list.lines[i].disc == disc ? c->list.lines[i].n_bytes : 0;
	}
	cli_size_text(n_bytes, size);
	printf("disc %02u of %02u is missing, with %" PRIu64 " name%s (%s):\n", disc, c->list.n_discs, n_files,
	       n_files == 1 ? "" : "s", size);
	for (size_t i = 0; i < c->list.n_lines && !c->req->quiet; i++) {
		if (c->list.lines[i].disc != disc)
			continue;
		cli_put_name(stdout, c->list.lines[i].path);
		printf("%s\n", c->list.lines[i].kind == UDF_LINE_DIRECTORY ? "/" : "");
	}
}

/* Returns EXIT_DAMAGED where discs are missing. */
static int check_set(struct checking *c)
{
	int status = 0;

	if (!c->list.n_discs)
		return 0;
	if (c->req->json) {
		cli_json_object(&c->json, NULL);
		cli_json_text(&c->json, "set", c->list.id);
		cli_json_number(&c->json, "discs", c->list.n_discs);
		cli_json_list(&c->json, "missing");
	}
	for (unsigned disc = 1; disc <= c->list.n_discs; disc++) {
		if (c->is_there[disc])
			continue;
		status = EXIT_DAMAGED;
		if (c->req->json)
			json_missing(c, disc);
		else
			print_missing(c, disc);
	}
	if (c->req->json) {
		cli_json_list_end(&c->json);
		cli_json_object_end(&c->json);
	} else if (!status && !c->req->quiet) {
		printf(c->list.n_discs == 1 ? "the only disc of the set is there\n" :
			"all %u discs of the set are there\n", c->list.n_discs);
	}
	udf_disc_list_done(&c->list);
	return status;
}

static int check_image(struct checking *c)
{
	struct udf_iso_check_options options = { .session_block = c->req->check_block, .damaged = damaged,
						 .progress = progress, .ctx = c };
	struct bio_media_info info;
	struct udf_iso_check_result result;
	struct cli_guard *guard = NULL;
	char why[UDF_ISO_WHY_BYTES];
	struct bio *bio;
	bool is_of_set = true;
	enum udf_err err = cli_guard(own_name(), medium_host_path(c->path), CLI_READ, NULL, false, &guard);

	bio = err ? NULL : open_image(c->path);
	if (!bio) {
		cli_guard_done(guard);
		return 1;
	}
	if (!c->req->has_check_block && bio_media_info(bio, &info) == UDF_OK)
		options.session_block = (uint32_t)info.last_session_first;
	if (c->req->json) {
		cli_json_object(&c->json, NULL);
		cli_json_text(&c->json, "image", c->path);
		cli_json_list(&c->json, "damaged");
	}
	if (check_is_udf_alone(bio, cli_host_env()))
		err = check_udf(bio, &options, cli_host_env(), &result, why);
	else
		err = udf_iso_check(bio, &options, cli_host_env(), &result, why);
	cli_progress_done(&c->progress);
	bio_close(bio);
	cli_guard_done(guard);
	if (c->req->json)
		end_json(c, &result, err ? why : NULL);
	if (err == UDF_E_NOT_FOUND)
		say("%s: %s, so there is nothing to compare it with; 'isowrite --md5' and "
			"'xorriso -md5 on' record them", c->path, why);
	else if (err)
		say("%s: %s", c->path, why);
	else if (!c->req->json)
		print_result(c, &result);
	if (!err && !result.list_is_damaged)
		is_of_set = note_disc(c, &result.list);
	return err || !is_of_set ? 1 : is_whole(&result) ? 0 : EXIT_DAMAGED;
}

int check_images(const struct request *req)
{
	struct checking c = { .req = req, .json = { .out = stdout } };
	int status = 0, one;

	cli_progress_init(&c.progress, stderr, !req->quiet);
	if (req->json)
		cli_json_list(&c.json, NULL);
	for (int i = 0; i < req->n_operands; i++) {
		c.path = req->operands[i];
		one = check_image(&c);
		if (one == 1 || status == 0)
			status = one;
	}
	one = check_set(&c);
	if (status == 0)
		status = one;
	if (req->json)
		cli_json_list_end(&c.json);
	return status;
}
