/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkudffs: make a UDF file system. */
#include "config.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "fill.h"
#include "format.h"
#include "report.h"
#include "say.h"
#include "skipped.h"
#include "stream.h"
#include "target.h"

#define EXIT_SKIPPED 3		/* the volume was made, but not everything was copied */

static void show_progress(void *ctx, uint64_t done_bytes, uint64_t total_bytes)
{
	cli_progress_bytes(ctx, "writing", done_bytes, total_bytes);
}

static void plan_or_die(const struct udf_mkfs_params *params, const char *device, struct udf_plan *plan)
{
	const char *why = NULL;
	uint64_t n_least;
	enum udf_err err = udf_mkfs_plan(params, plan, &why);

	if (err == UDF_E_NOSPC && !udf_mkfs_least_blocks(params, &n_least))
		die("%s: %" PRIu64 " blocks of %" PRIu32 " bytes are not enough for a volume; give at least %" PRIu64
		    " blocks (%" PRIu64 " bytes)%s", device, params->n_blocks, params->block_bytes, n_least,
		    n_least * params->block_bytes,
		    params->block_bytes > 512 ? ", or use smaller blocks (--blocksize)" : "");
	if (err == UDF_E_RANGE)
		die("%s: %llu blocks of %u bytes are %s", device, (unsigned long long)params->n_blocks,
		    params->block_bytes, why);
	if (err)
		die("%s: %s", device, why ? why : udf_strerror(err));
}

/* Without an MBR the plan stays as it was printed. */
static void plan_mbr(struct front_target *target, struct udf_mkfs_params *params, struct udf_plan *plan)
{
	if (params->boot_area != UDF_BOOT_MBR)
		return;
	/* The disk keeps its signature; if it has none, one is made from the uuid. */
	params->mbr_signature = target_mbr_signature(target);
	if (!params->mbr_signature)
		params->mbr_signature = (uint32_t)strtoull(params->uuid + 8, NULL, 16);
	plan_or_die(params, target->path, plan);
}

/* WHY is "" if ERR alone says what failed. */
static void __attribute__((noreturn)) write_failed(const struct request *req, const struct front_target *target,
						   enum udf_err err, const char *why)
{
	if (!why[0])
		why = udf_strerror(err);
	die("%s: cannot write: %s%s", req->device, why,
	    target->is_zero ? "" : "; what it held may be lost; to try again, mkudffs may need --force");
}

static void write_volume(const struct request *req, struct front_target *target,
			 struct udf_mkfs_params *params, struct udf_plan *plan, struct tree_totals *totals)
{
	struct cli_progress progress;
	struct udf_emit_options options = { .progress = show_progress, .progress_ctx = &progress };
	char why[FILL_WHY_BYTES] = "";
	enum udf_err err;

	target_open(target, req, params->n_blocks * params->block_bytes);
	options.medium_is_zero = target->is_zero;
	plan_mbr(target, params, plan);
	if (!target->is_block)
		plan->write_once = false;	/* a file can be overwritten, whatever medium it is an image of */
	err = target_wipe(target, req);
	if (err)
		goto out;
	cli_progress_init(&progress, stderr, !req->quiet);
	err = req->directory ? fill_volume(req, target, params, plan, &options, totals, why) :
			       udf_mkfs_emit_with(plan, target->bio, &options);
	cli_progress_done(&progress);
out:
	target_close(target, err != UDF_OK);
	if (err)
		write_failed(req, target, err, why);
}

static void write_stream(const struct request *req, struct front_target *target, struct udf_mkfs_params *params,
			 struct udf_plan *plan, int fd, struct tree_totals *totals)
{
	plan_mbr(target, params, plan);
	plan->write_once = false;
	stream_volume(req, target, params, plan, fd, totals);
}

static void flush_or_die(void)
{
	if (!cli_flush_output("mkudffs"))
		exit(1);
}

/* Print what the user must know before anything is written. */
static void report_plan(const struct request *req, const struct front_target *target,
			const struct udf_mkfs_params *params, const struct udf_plan *plan)
{
	if (!req->json && !req->quiet)
		report_text(req, params, plan);
	if (!req->quiet)
		report_warnings(params, plan);
	if (!req->quiet && front_target_goes_on(target, params->n_blocks, params->block_bytes))
		warn("%s: the volume ends before it does: readers look for its other anchors at the end", req->device);
	if (target->is_partition && !req->quiet)
		warn("%s is a partition: Apple systems read UDF on whole disks only", req->device);
	flush_or_die();
}

/* List what was skipped.  Returns the exit status. */
static int finish_skipped(const struct request *req)
{
	bool is_complete = !req->skipped || req->skipped->n_items == 0;

	if (!is_complete)
		skipped_print(req->skipped, req->directory, req->device, !req->no_write);
	skipped_free(req->skipped);
	return is_complete ? 0 : EXIT_SKIPPED;
}

int main(int argc, char **argv)
{
	struct request req;
	struct front_target target;
	struct udf_mkfs_params params;
	struct udf_plan plan;
	struct tree_totals totals = { 0 };
	int out_fd = -1;

	setlocale(LC_CTYPE, "");
	request_read(&req, argc, argv);
	if (req.is_tar)
		tar_source_read(&req);
	if (req.format)
		format_if_new(&req);
	target_inspect(&target, &req);
	if (req.to_stdout && !req.no_write)
		out_fd = stream_take_stdout();
	make_params(&req, &target, &params);
	udf_mkfs_stamp(&params, cli_host_env());
	plan_or_die(&params, req.device, &plan);
	if (req.directory)
		fill_must_fit(&req, &target, &params, &plan);
	if (!req.no_write && !req.to_stdout)
		target_claim(&target, &req, params.n_blocks * params.block_bytes);
	else if (req.no_write && !req.quiet && !req.json)
		puts("Note: Not writing to device, just simulating");
	report_plan(&req, &target, &params, &plan);
	if (req.to_stdout && !req.no_write)
		write_stream(&req, &target, &params, &plan, out_fd, &totals);
	else if (!req.no_write)
		write_volume(&req, &target, &params, &plan, &totals);
	if (req.json)
		report_json(&req, &params, &plan, &totals);
	else if (req.directory && !req.no_write && !req.quiet)
		report_totals(&totals);
	flush_or_die();
	free(req.excludes);
	tar_source_free(&req);
	return finish_skipped(&req);
}
