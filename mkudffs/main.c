/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkudffs: make a UDF file system. */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mkudffs/fill.h"
#include "mkudffs/report.h"
#include "mkudffs/target.h"

static void message(const char *kind, const char *format, va_list args)
{
	fflush(stdout);
	fprintf(stderr, "mkudffs: %s", kind);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message("", format, args);
	va_end(args);
	exit(1);
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message("warning: ", format, args);
	va_end(args);
}

static void show_progress(void *ctx, uint64_t done_bytes, uint64_t total_bytes)
{
	cli_progress_show(ctx, "writing", done_bytes, total_bytes);
}

static void plan_or_die(const struct udf_mkfs_params *params, const char *device, struct udf_plan *plan)
{
	const char *why = NULL;
	enum udf_err err = udf_mkfs_plan(params, plan, &why);

	if (err == UDF_E_NOSPC)
		die("%s: %llu blocks of %u bytes are not enough", device,
		    (unsigned long long)params->n_blocks, params->block_bytes);
	if (err == UDF_E_RANGE)
		die("%s: %llu blocks of %u bytes are %s", device, (unsigned long long)params->n_blocks,
		    params->block_bytes, why);
	if (err)
		die("%s: %s", device, why ? why : udf_strerror(err));
}

/* Without an MBR sector the plan is as it was printed. */
static void plan_mbr(struct target *target, struct udf_mkfs_params *params, struct udf_plan *plan)
{
	if (params->boot_area != UDF_BOOT_MBR)
		return;
	/* What the disk was called stays; else something that follows from the uuid. */
	params->mbr_signature = target_mbr_signature(target);
	if (!params->mbr_signature)
		params->mbr_signature = (uint32_t)strtoull(params->uuid + 8, NULL, 16);
	plan_or_die(params, target->path, plan);
}

static int write_volume(const struct request *req, struct target *target,
			struct udf_mkfs_params *params, struct udf_plan *plan)
{
	struct cli_progress progress;
	struct udf_emit_options options = { .medium_is_zero = target->is_zero,
					    .progress = show_progress, .progress_ctx = &progress };
	enum udf_err err;

	target_open(target, req, params->n_blocks * params->block_bytes);
	options.medium_is_zero = target->is_zero;
	plan_mbr(target, params, plan);
	cli_progress_init(&progress, stderr, !req->quiet);
	err = req->directory ? fill_volume(req, target, params, plan, &options) :
			       udf_mkfs_emit_with(plan, target->bio, &options);
	cli_progress_done(&progress);
	target_close(target, err != UDF_OK);
	if (err)
		die("%s: cannot write: %s", req->device, udf_strerror(err));
	return 0;
}

int main(int argc, char **argv)
{
	struct request req;
	struct target target;
	struct udf_mkfs_params params;
	struct udf_plan plan;
	int status;

	setlocale(LC_CTYPE, "");
	request_read(&req, argc, argv);
	target_inspect(&target, req.device);
	make_params(&req, &target, &params);
	udf_mkfs_stamp(&params, cli_host_env());
	plan_or_die(&params, req.device, &plan);
	if (!req.no_write)
		target_claim(&target, &req);
	else if (!req.quiet && !req.json)
		puts("Note: Not writing to device, just simulating");
	if (req.json)
		report_json(&req, &params, &plan);
	else if (!req.quiet)
		report_text(&req, &params, &plan);
	if (!req.quiet)
		report_warnings(&params, &plan);
	if (target.is_partition && !req.quiet)
		warn("%s is a partition: Apple systems read UDF on whole disks only", req.device);
	if (fflush(stdout) != 0)
		die("cannot write to standard output: %s", strerror(errno));
	status = req.no_write ? 0 : write_volume(&req, &target, &params, &plan);
	free(req.excludes);
	return status;
}
