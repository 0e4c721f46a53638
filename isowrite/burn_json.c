/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --json with dev=: one object about what was burned, and about the disc as it is then. */
#include "config.h"

#include <stdio.h>

#include "burn_request.h"

void burn_json_begin(struct burn_work *work)
{
	if (!work->req->json)
		return;
	work->json.out = stdout;
	cli_json_object(&work->json, NULL);
	cli_json_text(&work->json, "device", work->device);
	cli_json_bool(&work->json, "test", work->req->is_test);
	cli_json_list(&work->json, "written_tracks");
}

void burn_json_track(struct burn_work *work, const char *name, const struct burn_report *report, bool ok)
{
	struct cli_json *json = &work->json;

	if (!work->req->json)
		return;
	cli_json_object(json, NULL);
	cli_json_text(json, "source", name);
	cli_json_bool(json, "ok", ok);
	if (report->track.is_touched) {
		cli_json_number(json, "start", report->track.first_lba);
		cli_json_number(json, "blocks", report->track.n_blocks);
		cli_json_number(json, "padding_blocks", report->track.n_padding);
	}
	cli_json_number(json, "bytes", report->n_bytes);
	if (report->track.has_bad_lba)
		cli_json_number(json, "bad_block", report->track.bad_lba);
	if (report->was_verified || report->n_different)
		cli_json_bool(json, "verified", report->was_verified && !report->n_different);
	if (report->n_different)
		cli_json_number(json, "first_different_block", report->first_different_lba);
	cli_json_object_end(json);
}

static void print_disc(struct cli_json *json, const struct mmc_disc *disc)
{
	bool has_open_session = disc->state == MMC_STATE_APPENDABLE || disc->state == MMC_STATE_BLANK;

	cli_json_text(json, "medium", disc->state == MMC_STATE_NO_MEDIUM ? NULL : disc->profile->name);
	cli_json_text(json, "state", mmc_state_name(disc->state));
	/* the one that is open and empty, or that was never closed, is not counted */
	cli_json_number(json, "sessions", disc->n_sessions - (has_open_session && disc->n_sessions ? 1u : 0u));
	if (disc->has_next_writable) {
		cli_json_number(json, "next_writable", disc->next_writable_lba);
		cli_json_number(json, "free_blocks", disc->n_free_blocks);
	}
}

static void print_files(struct cli_json *json, const struct udf_iso_counts *counts)
{
	cli_json_number(json, "files", counts->n_files);
	cli_json_number(json, "directories", counts->n_dirs);
	cli_json_number(json, "symlinks", counts->n_symlinks);
	cli_json_number(json, "special_files", counts->n_special);
	cli_json_number(json, "kept_files", counts->n_kept);
	cli_json_number(json, "left_out", counts->n_left_out);
	cli_json_number(json, "failed", counts->n_failed);
}

void burn_json_end(struct burn_work *work, const struct udf_iso_counts *counts)
{
	if (!work->req->json)
		return;
	cli_json_list_end(&work->json);
	if (counts)
		print_files(&work->json, counts);
	if (work->drive)
		print_disc(&work->json, mmc_drive_disc(work->drive));
	if (work->error[0])
		cli_json_text(&work->json, "error", work->error);
	cli_json_object_end(&work->json);
}
