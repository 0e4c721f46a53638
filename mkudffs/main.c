/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkudffs: make a UDF file system. */
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
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

/* ---- from the request and the device to parameters ---- */

static uint64_t count_blocks(const struct request *req, const struct target *target, uint32_t block_bytes)
{
	uint64_t n_blocks = target->size_bytes / block_bytes, size_bytes;

	if (req->blocks_text) {
		if (cli_parse_number(req->blocks_text, 1, UINT64_MAX / 32768, &n_blocks))
			cli_bad_usage(&mkudffs_tool, "not a number of blocks: '%s'", req->blocks_text);
	} else if (req->size_text) {
		if (cli_parse_size(req->size_text, block_bytes, &size_bytes) || size_bytes == 0)
			cli_bad_usage(&mkudffs_tool, "not a size: '%s'", req->size_text);
		n_blocks = size_bytes / block_bytes;
	} else if (!target->exists) {
		die("%s: does not exist; to make an image file, say how large: --size=SIZE", req->device);
	}
	if (target->is_block && n_blocks > target->size_bytes / block_bytes)
		die("%s: has only %llu blocks of %u bytes", req->device,
		    (unsigned long long)(target->size_bytes / block_bytes), block_bytes);
	return n_blocks;
}

static uint32_t choose_block_size(const struct request *req, const struct target *target,
				  enum udf_media_type media)
{
	uint32_t sector_bytes = target->sector_bytes;

	if (req->block_bytes)
		return req->block_bytes;
	if (sector_bytes >= 512 && sector_bytes <= 32768 && udf_is_power_of_two(sector_bytes))
		return sector_bytes;
	return media == UDF_MEDIA_HD ? 512 : 2048;
}

static void choose_boot_area(const struct request *req, const struct target *target,
			     struct udf_mkfs_params *params)
{
	if (req->boot_area >= 0)
		params->boot_area = (enum udf_boot_area)req->boot_area;
	else if (params->start_lsn)
		params->boot_area = UDF_BOOT_PRESERVE;
	else if (params->media == UDF_MEDIA_HD && target->is_fixed_disk)
		params->boot_area = UDF_BOOT_MBR;
	params->sector_bytes = req->mbr_sector_bytes ? req->mbr_sector_bytes : target->sector_bytes;
}

static void make_params(const struct request *req, const struct target *target,
			struct udf_mkfs_params *params)
{
	enum udf_media_type media = req->media >= 0 ? (enum udf_media_type)req->media : UDF_MEDIA_HD;
	const char *why = NULL;

	if (req->media < 0 && target->is_optical)
		die("%s: an optical drive; name the medium with --media-type", req->device);
	if (!udf_mkfs_is_supported(media, req->revision ? req->revision : 0x0201, &why))
		die("media type %s, UDF revision %x.%02x: %s", udf_media_name(media),
		    (unsigned)(req->revision ? req->revision : 0x0201) >> 8,
		    (unsigned)(req->revision ? req->revision : 0x0201) & 0xFF, why);
	udf_mkfs_defaults(params, media, req->revision ? req->revision : 0x0201);
	request_set_texts(req, params);
	if (req->uuid)
		strcpy(params->uuid, req->uuid);
	params->block_bytes = choose_block_size(req, target, media);
	params->n_blocks = count_blocks(req, target, params->block_bytes);
	params->start_lsn = req->start_lsn;
	params->uid = req->uid;
	params->gid = req->gid;
	params->read_only = req->read_only;
	if (req->mode >= 0)
		params->mode = (uint32_t)req->mode;
	if (req->strategy)
		params->strategy = (uint16_t)req->strategy;
	if (req->space >= 0)
		params->space = (enum udf_space_kind)req->space;
	if (req->ad >= 0)
		params->ad = (enum udf_ad_kind)req->ad;
	if (req->no_efe)
		params->use_efe = false;
	if (req->packet_blocks)
		params->packet_blocks = req->packet_blocks;
	choose_boot_area(req, target, params);
}

/* ---- work ---- */

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

static int write_volume(const struct request *req, struct target *target,
			struct udf_mkfs_params *params, struct udf_plan *plan)
{
	struct cli_progress progress;
	struct udf_emit_options options = { .medium_is_zero = target->is_zero,
					    .progress = show_progress, .progress_ctx = &progress };
	enum udf_err err;

	target_open(target, req, params->n_blocks * params->block_bytes);
	options.medium_is_zero = target->is_zero;
	if (params->boot_area == UDF_BOOT_MBR) {
		/* What the disk was called stays; else something that follows from the uuid. */
		params->mbr_signature = target_mbr_signature(target);
		if (!params->mbr_signature)
			params->mbr_signature = (uint32_t)strtoull(params->uuid + 8, NULL, 16);
		plan_or_die(params, req->device, plan);
	}
	cli_progress_init(&progress, stderr, !req->quiet);
	err = udf_mkfs_emit_with(plan, target->bio, &options);
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
	return req.no_write ? 0 : write_volume(&req, &target, &params, &plan);
}
