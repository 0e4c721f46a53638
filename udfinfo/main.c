/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udfinfo: show what a UDF volume says of itself. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/front.h"
#include "front/place.h"
#include "info.h"

enum { OPT_JSON = 256, OPT_MOUNTED };
enum { GROUP_ENCODING = 1 };

static const struct cli_option options[] = {
	FRONT_PLACE_OPTIONS,
	CLI_ENCODING_OPTIONS(GROUP_ENCODING),
	{ 'v', "verbose", NULL, "show every field of every descriptor, and what is wrong with it", 0, 0, NULL },
	{ 0, "json", NULL, "print JSON", OPT_JSON, 0, NULL },
	{ 0, "mounted", NULL, "do not warn that a mounted volume may change while it is read", OPT_MOUNTED, 0, NULL },
	{ 0, NULL, NULL, NULL, 0, 0, NULL },
};

static const struct cli_tool tool = {
	.name = "udfinfo",
	.synopsis = "[OPTION]... DEVICE",
	.summary = "Show what a UDF volume on a device or in an image file says of itself.",
	.options = options,
	.usage_exit = 1,
};

struct request {
	struct udf_vol_options vol;
	enum cli_encoding encoding;
	bool verbose, json;
	bool mounted;			/* the user knows that it may change */
	const char *device;
};

static void read_request(struct request *req, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(&tool, argc, argv);
	char **operands;
	const char *arg;
	int id;

	memset(req, 0, sizeof(*req));
	req->vol.allow_partial = true;
	while ((id = cli_next(parser, &arg)) != -1) {
		switch (id) {
		case 'v':
			req->verbose = true;
			break;
		case OPT_JSON:
			req->json = true;
			break;
		case OPT_MOUNTED:
			req->mounted = true;
			break;
		default:
			if (!cli_take_encoding(id, &req->encoding))
				(void)front_take_place(&tool, id, arg, &req->vol);
			break;
		}
	}
	if (cli_operands(parser, &operands) != 1)
		cli_bad_usage(&tool, "name one device or image file");
	req->device = operands[0];
	cli_parser_free(parser);
}

struct printer {
	struct udf_sink sink;	/* first */
	const char *device;
};

static void print_finding(struct udf_sink *sink, const struct udf_finding *f)
{
	const struct printer *printer = (const struct printer *)(const void *)sink;

	cli_say("udfinfo: %s: %s %u: %s%s%s", printer->device,
		f->place.part_ref == UDF_PART_VOLUME ? "sector" : "block", f->place.block_no,
		f->place.field ? f->place.field : "", f->place.field ? ": " : "",
		udf_problem_text(f->problem));
}

/* A volume that is mounted is open on the medium, and nothing is wrong with that. */
static void warn_of_open(const struct request *req)
{
	char in_use[CLI_IN_USE_BYTES];

	if (!cli_is_changing(medium_host_path(req->device), in_use))
		cli_say("udfinfo: %s: warning: the volume was not closed: check it with udffsck", req->device);
	else if (!req->mounted)
		cli_say("udfinfo: %s: warning: %s: the latest changes may not be shown", req->device, in_use);
}

static void print_warnings(const struct request *req, const struct udf_vol *vol)
{
	const char *device = req->device;

	if (vol->reserve_used)
		fprintf(stderr,
			"udfinfo: %s: warning: main descriptor sequence is damaged; the reserve sequence is used\n",
			device);
	if (vol->lvid_lsn == 0)
		fprintf(stderr, "udfinfo: %s: warning: no integrity descriptor\n", device);
	else if (udf_vol_is_marked_open(vol))
		warn_of_open(req);
	if (vol->fsd.tag.id == 0)
		fprintf(stderr, "udfinfo: %s: warning: no file set descriptor\n", device);
}

static int show(struct request *req, struct udf_vol *vol)
{
	struct cli_json json = { .out = stdout };
	static struct info info;
	enum udf_err err;

	err = info_gather(vol, &req->vol, req->device, &info);
	if (err) {
		cli_error("udfinfo", req->device, NULL, err, 0);
		return 1;
	}
	print_warnings(req, vol);
	if (req->json) {
		cli_json_object(&json, NULL);
		info_print_json(&info, &json);
		if (req->verbose) {
			cli_json_list(&json, "descriptors");
			info_dump(vol, &json);
			cli_json_list_end(&json);
		}
		cli_json_object_end(&json);
	} else {
		info_print_text(&info, req->encoding);
		if (req->verbose)
			info_dump(vol, NULL);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct front_options how = { .read_only = true, .unguarded = true, .volume_only = true };
	struct printer printer = { { print_finding }, NULL };
	struct request req;
	struct front front;
	enum udf_err err;
	int status = 1;

	setlocale(LC_CTYPE, "");
	read_request(&req, argc, argv);
	how.vol = req.vol;
	printer.device = req.device;
	if (front_open_medium("udfinfo", req.device, cli_host_env(), &how, &front))
		return 1;
	err = front_open_volume(&front, &req.vol, NULL);
	if (err == UDF_E_NOT_UDF || err == UDF_E_CORRUPT)
		info_show_iso(&front, req.json);
	if (!err && req.verbose)
		err = front_open_volume(&front, &req.vol, &printer.sink);
	if (!err)
		status = show(&req, front.vol);
	if (status)
		front_say_in_use(&front);
	(void)front_close(&front);
	return cli_flush_output("udfinfo") ? status : 1;
}
