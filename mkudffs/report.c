/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "say.h"
#include "skipped.h"
#include "vol/vol.h"

#define SMALL_BLOCKS 258	/* from here on there is an anchor at 256 */

static const char *const role_names[UDF_N_ROLES] = {
	[UDF_ROLE_UNUSED] = "USPACE",	  [UDF_ROLE_RESERVED] = "RESERVED", [UDF_ROLE_MBR] = "MBR",
	[UDF_ROLE_VRS] = "VRS",		  [UDF_ROLE_ANCHOR] = "ANCHOR",	    [UDF_ROLE_MAIN_VDS] = "MVDS",
	[UDF_ROLE_RESERVE_VDS] = "RVDS",  [UDF_ROLE_LVID] = "LVID",	    [UDF_ROLE_PARTITION] = "PSPACE",
	[UDF_ROLE_SPARING_TABLE] = "STABLE", [UDF_ROLE_SPARE_SPACE] = "SSPACE",
};

static const char *role_name(const struct udf_plan *plan, enum udf_extent_role role)
{
	if (plan->erase_unused && (role == UDF_ROLE_UNUSED || role == UDF_ROLE_RESERVED))
		return "ERASE";
	return role_names[role];
}

static void derive_uuid(const struct udf_mkfs_params *params, char ret[17])
{
	udf_vol_uuid(params->full_vsid[0] ? params->full_vsid : params->uuid, ret);
}

/* The label in the encoding of the command line, as it was given. */
static const char *given_label(const struct request *req)
{
	if (req->texts[TEXT_LVID])
		return req->texts[TEXT_LVID];
	return req->label ? req->label : "LinuxUDF";
}

static void print_details(const struct udf_plan *plan)
{
	printf("fsd=%" PRIu32 "\n", plan->fsd_lbn);
	if (plan->stream_dir_lbn != UDF_PLAN_NOWHERE)
		printf("streamdir=%" PRIu32 "\n", plan->stream_dir_lbn);
	printf("root=%" PRIu32 "\n", plan->root_lbn);
	printf("usedblocks=%" PRIu32 "\n", plan->n_used_blocks);
}

void report_text(const struct request *req, const struct udf_mkfs_params *params,
		 const struct udf_plan *plan)
{
	char uuid[17];

	derive_uuid(params, uuid);
	printf("filename=%s\nlabel=%s\nuuid=%s\n", req->device, given_label(req), uuid);
	printf("blocksize=%" PRIu32 "\nblocks=%" PRIu32 "\n", plan->block_bytes, plan->n_sectors);
	printf("udfrev=%x.%02x\n", (unsigned)plan->revision >> 8, (unsigned)plan->revision & 0xFF);
	if (plan->start_lsn)
		printf("startblock=%" PRIu32 "\n", plan->start_lsn);
	if (req->verbose)
		print_details(plan);
	for (unsigned i = 0; i < plan->n_extents; i++)
		printf("start=%" PRIu32 ", blocks=%" PRIu32 ", type=%s \n", plan->extents[i].lsn,
		       plan->extents[i].n_blocks, role_name(plan, plan->extents[i].role));
}

void report_totals(const struct tree_totals *totals)
{
	printf("files=%" PRIu64 "\ndirectories=%" PRIu64 "\nlinks=%" PRIu64 "\nbytes=%" PRIu64 "\n",
	       totals->n_files, totals->n_directories, totals->n_links, totals->n_bytes);
}

static void put_skipped(struct cli_json *json, const struct skipped *skipped)
{
	cli_json_list(json, "skipped");
	for (size_t i = 0; i < skipped->n_items; i++) {
		cli_json_object(json, NULL);
		cli_json_text(json, "path", skipped->items[i].path);
		cli_json_text(json, "reason", skipped->items[i].reason);
		cli_json_object_end(json);
	}
	cli_json_list_end(json);
}

void report_json(const struct request *req, const struct udf_mkfs_params *params,
		 const struct udf_plan *plan, const struct tree_totals *totals)
{
	struct cli_json json = { .out = stdout };
	char uuid[17];

	derive_uuid(params, uuid);
	cli_json_object(&json, NULL);
	cli_json_text(&json, "filename", req->device);
	cli_json_text(&json, "label", params->lvid);
	cli_json_text(&json, "uuid", uuid);
	cli_json_number(&json, "block_size", plan->block_bytes);
	cli_json_number(&json, "blocks", plan->n_sectors);
	cli_json_format(&json, "udf_rev", "%x.%02x", (unsigned)plan->revision >> 8, (unsigned)plan->revision & 0xFF);
	cli_json_text(&json, "media_type", udf_media_name(params->media));
	cli_json_number(&json, "start_block", plan->start_lsn);
	cli_json_number(&json, "used_blocks", plan->n_used_blocks);
	cli_json_bool(&json, "written", !req->no_write);
	cli_json_list(&json, "extents");
	for (unsigned i = 0; i < plan->n_extents; i++) {
		cli_json_object(&json, NULL);
		cli_json_number(&json, "start", plan->extents[i].lsn);
		cli_json_number(&json, "blocks", plan->extents[i].n_blocks);
		cli_json_text(&json, "type", role_name(plan, plan->extents[i].role));
		cli_json_object_end(&json);
	}
	cli_json_list_end(&json);
	if (req->directory && !req->no_write) {
		cli_json_number(&json, "num_files", totals->n_files);
		cli_json_number(&json, "num_dirs", totals->n_directories);
		cli_json_number(&json, "num_links", totals->n_links);
		cli_json_number(&json, "num_bytes", totals->n_bytes);
	}
	if (req->skipped)
		put_skipped(&json, req->skipped);
	cli_json_object_end(&json);
}

static void warn_if_empty(const char *option, const char *text)
{
	if (!text[0])
		warn("--%s is empty: UDF wants a text there, and checkers miss it", option);
}

void report_warnings(const struct udf_mkfs_params *params, const struct udf_plan *plan)
{
	char uuid[17];

	warn_if_empty("lvid", params->lvid);
	warn_if_empty("vid", params->vid);
	warn_if_empty("fsid", params->fsid);
	if (plan->n_sectors - plan->start_lsn < SMALL_BLOCKS)
		warn("fewer than 258 blocks: some systems will not find the file system");
	derive_uuid(params, uuid);
	if (!uuid[0])
		warn("the volume set identifier is shorter than 8 characters: there is no uuid");
	else if (params->full_vsid[0] && strspn(params->full_vsid, "0123456789abcdef") < 16)
		warn("the volume set identifier does not begin with 16 hexadecimal digits in lower case: "
		     "readers will make up a uuid");
}
