/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udfinfo: show what a UDF volume says of itself. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/front.h"
#include "medium/medium.h"
#include "info.h"

enum {
	OPT_STARTBLOCK = 256, OPT_LASTBLOCK, OPT_VATBLOCK, OPT_LOCALE, OPT_U8, OPT_U16, OPT_UTF8, OPT_JSON, OPT_MOUNTED,
};
enum { GROUP_ENCODING = 1 };

static const struct cli_option options[] = {
	{ 'b', "blocksize", "BYTES", "block size of the volume, 512 to 32768 (default: detected)", 0, 0,
	  "512 1024 2048 4096 8192 16384 32768" },
	{ 0, "startblock", "BLOCK", "where the volume begins: a later session (0)", OPT_STARTBLOCK, 0, NULL },
	{ 0, "lastblock", "BLOCK", "where the volume ends (the last block)", OPT_LASTBLOCK, 0, NULL },
	{ 0, "vatblock", "BLOCK", NULL, OPT_VATBLOCK, 0, NULL },
	{ 0, "locale", NULL, "texts in the locale's encoding (default)", OPT_LOCALE, GROUP_ENCODING, NULL },
	{ 0, "u8", NULL, "texts in Latin-1", OPT_U8, GROUP_ENCODING, NULL },
	{ 0, "u16", NULL, "texts in UTF-16, big end first", OPT_U16, GROUP_ENCODING, NULL },
	{ 0, "utf8", NULL, "texts in UTF-8", OPT_UTF8, GROUP_ENCODING, NULL },
	{ 'v', "verbose", NULL, "show every descriptor field by field, and what is wrong with it", 0, 0, NULL },
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

static uint64_t number(const char *option, const char *arg, uint64_t min, uint64_t max)
{
	uint64_t value;

	if (cli_parse_number(arg, min, max, &value))
		cli_bad_usage(&tool, "--%s can't be '%s'", option, arg);
	return value;
}

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
		case 'b':
			if (cli_parse_block_bytes(arg, &req->vol.block_bytes))
				cli_bad_usage(&tool, "--blocksize can't be '%s': not a power of two from 512 to 32768",
					      arg);
			break;
		case OPT_STARTBLOCK:
			req->vol.session_lsn = (uint32_t)number("startblock", arg, 0, UINT32_MAX);
			break;
		case OPT_LASTBLOCK:
			req->vol.last_lsn = number("lastblock", arg, 1, UINT32_MAX);
			break;
		case OPT_VATBLOCK:
			cli_bad_usage(&tool, "--vatblock: virtual partitions can't be read by this version");
		case OPT_U8:
			req->encoding = CLI_LATIN1;
			break;
		case OPT_U16:
			req->encoding = CLI_UTF16;
			break;
		case OPT_UTF8:
			req->encoding = CLI_UTF8;
			break;
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

/* A volume that is mounted is open on the medium: nothing is wrong with that. */
static void warn_of_open(const struct request *req)
{
	char in_use[CLI_IN_USE_BYTES];

	if (!cli_is_changing(req->device, in_use))
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
	else if (vol->lvid.type != UDF_LVID_CLOSED)
		warn_of_open(req);
	if (vol->fsd.tag.id == 0)
		fprintf(stderr, "udfinfo: %s: warning: no file set descriptor\n", device);
}

/* What could not be read may have changed while it was read. */
static void say_in_use(const struct request *req)
{
	char in_use[CLI_IN_USE_BYTES];

	if (cli_is_changing(req->device, in_use))
		cli_say("udfinfo: %s: %s: it may have changed while it was read", req->device, in_use);
}

static int show(struct request *req, struct bio *bio)
{
	struct printer printer = { { print_finding }, req->device };
	struct cli_json json = { .out = stdout };
	struct udf_vol *vol = NULL;
	static struct info info;
	struct cli_about about;
	char text[CLI_QUOTED_BYTES + 256];
	enum udf_err err;

	cli_about_init(&about, cli_host_env(), req->device);
	err = udf_vol_open(bio, &req->vol, &about.env, NULL, &vol);
	if (err) {
		if (!about.logged_error) {
			front_no_volume_text("udfinfo", req->device, bio, &req->vol, err, text, sizeof(text));
			cli_say("udfinfo: %s: %s", req->device, text);
		}
		return 1;
	}
	if (req->verbose) {
		udf_vol_close(vol);
		vol = NULL;
		err = udf_vol_open(bio, &req->vol, NULL, &printer.sink, &vol);
	}
	if (!err)
		err = info_gather(vol, &req->vol, req->device, &info);
	if (err) {
		cli_error("udfinfo", req->device, NULL, err, 0);
		udf_vol_close(vol);
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
	udf_vol_close(vol);
	return 0;
}

int main(int argc, char **argv)
{
	const struct medium_options read_only = { .read_only = true };
	struct medium_refusal refusal;
	struct request req;
	struct bio *bio;
	enum udf_err err;
	int status;

	setlocale(LC_CTYPE, "");
	read_request(&req, argc, argv);
	err = medium_open(req.device, &read_only, &bio, NULL, &refusal);
	if (err) {
		cli_error("udfinfo", req.device, refusal.why ? refusal.why : "cannot open", err, refusal.host_errno);
		return 1;
	}
	status = show(&req, bio);
	if (status)
		say_in_use(&req);
	bio_close(bio);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "udfinfo: cannot write to standard output: %s\n", strerror(errno));
		return 1;
	}
	return status;
}
