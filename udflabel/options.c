/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option table of udflabel (spellings of udftools 2.3, and ours) and what each option means. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "front/place.h"
#include "request.h"

enum {
	OPT_FORCE = 256, OPT_READ_ONLY, OPT_JSON,
	OPT_TEXTS = 512,		/* and an enum udf_label_field */
};
enum { GROUP_ENCODING = 1 };

#define TEXT_OPTION(name, help, field) { 0, name, "TEXT", help, OPT_TEXTS + (field), 0, NULL }

static const struct cli_option options[] = {
	{ 'u', "uuid", "UUID", "set the uuid: 16 lower-case hexadecimal digits, or random",
	  OPT_TEXTS + UDF_LABEL_UUID, 0, "random" },
	TEXT_OPTION("lvid", "set the logical volume identifier, which systems show as the label", UDF_LABEL_LVID),
	TEXT_OPTION("vid", "set the volume identifier", UDF_LABEL_VID),
	TEXT_OPTION("vsid", "set the volume set identifier after the uuid", UDF_LABEL_VSID),
	TEXT_OPTION("fsid", "set the file set identifier", UDF_LABEL_FSID),
	TEXT_OPTION("fullvsid", "set the whole volume set identifier, instead of --uuid and --vsid",
		    UDF_LABEL_FULL_VSID),
	TEXT_OPTION("owner", "set the owner of the volume", UDF_LABEL_OWNER),
	TEXT_OPTION("organization", "set the organization", UDF_LABEL_ORGANIZATION),
	TEXT_OPTION("contact", "set the contact", UDF_LABEL_CONTACT),
	TEXT_OPTION("appid", "set the application identifier: empty, or '*' and a name", UDF_LABEL_APPLICATION),
	TEXT_OPTION("impid", "set the implementation identifier: empty, or '*' and a name", UDF_LABEL_IMPLEMENTATION),
	{ 0, "read-only", "on|off", "turn the write protection of the volume on or off", OPT_READ_ONLY, 0, "on off" },
	{ 'n', "no-write", NULL, "show what would be written, and write nothing", 0, 0, NULL },
	{ 0, "force", NULL, "change a write-protected volume; given twice: one in use", OPT_FORCE, 0,
	  NULL },
	FRONT_PLACE_OPTIONS,
	CLI_ENCODING_OPTIONS(GROUP_ENCODING),
	{ 0, "json", NULL, "print all labels as JSON", OPT_JSON, 0, NULL },
	{ 0, NULL, NULL, NULL, 0, 0, NULL },
};

const struct cli_tool udflabel_tool = {
	.name = "udflabel",
	.synopsis = "[OPTION]... DEVICE [NEW-LABEL]",
	.summary = "Show or change the label and the other identifiers of a UDF volume.\n"
		   "NEW-LABEL sets --lvid and --vid at once; where it is too long for --vid, that one is cut.",
	.options = options,
	.usage_exit = 1,
};

static void read_protect(struct request *req, const char *arg)
{
	if (strcmp(arg, "on") != 0 && strcmp(arg, "off") != 0)
		cli_bad_usage(&udflabel_tool, "--read-only can't be '%s': give on or off", arg);
	req->change.protect = strcmp(arg, "on") == 0 ? UDF_LABEL_PROTECT_ON : UDF_LABEL_PROTECT_OFF;
}

static void read_option(struct request *req, int id, const char *arg)
{
	switch (id) {
	case 'n':
		req->no_write = true;
		break;
	case OPT_FORCE:
		req->n_force++;
		break;
	case OPT_READ_ONLY:
		read_protect(req, arg);
		break;
	case OPT_JSON:
		req->json = true;
		break;
	default:
		if (!cli_take_encoding(id, &req->encoding) && !front_take_place(&udflabel_tool, id, arg, &req->vol))
			req->args[id - OPT_TEXTS] = arg;
		break;
	}
}

static const char *option_name(enum udf_label_field field)
{
	for (const struct cli_option *o = options; o->long_name; o++)
		if (o->id == OPT_TEXTS + (int)field)
			return o->long_name;
	return "";
}

/* ARG in UTF-8; OPTION "": the operand. */
static const char *to_utf8(const struct request *req, const char *option, const char *arg, char *ret)
{
	enum udf_err err = cli_text_to_utf8(req->encoding, arg, ret, REQUEST_TEXT_BYTES);

	if (err == UDF_E_UNSUPPORTED)
		cli_bad_usage(&udflabel_tool, "the character set of the locale is not known");
	if (err && *option)
		cli_bad_usage(&udflabel_tool, "--%s is not a text in %s encoding", option,
			      cli_encoding_name(req->encoding));
	if (err)
		cli_bad_usage(&udflabel_tool, "the new label is not a text in %s encoding",
			      cli_encoding_name(req->encoding));
	return ret;
}

/* A uuid is no text: it is the same in every encoding. */
static const char *read_uuid(const char *arg, char *ret)
{
	struct udf_time now;

	if (strcmp(arg, "random") == 0) {
		cli_host_env()->now(cli_host_env()->ctx, &now);
		udf_vol_new_uuid(&now, cli_host_env(), ret);
		return ret;
	}
	return strcpy(ret, cli_take_uuid(&udflabel_tool, arg));
}

static void make_change(struct request *req)
{
	struct udf_label_change *change = &req->change;

	change->text_8bit = req->encoding == CLI_LATIN1;
	change->force = req->n_force > 0;
	req->changes = change->protect != UDF_LABEL_PROTECT_KEEP;
	if (req->label_arg) {
		change->label = to_utf8(req, "", req->label_arg, req->label);
		req->changes = true;
	}
	for (int i = 0; i < UDF_LABEL_N_FIELDS; i++) {
		if (!req->args[i])
			continue;
		change->texts[i] = i == UDF_LABEL_UUID ? read_uuid(req->args[i], req->texts[i]) :
				   to_utf8(req, option_name((enum udf_label_field)i), req->args[i], req->texts[i]);
		req->changes = true;
	}
}

void request_read(struct request *req, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(&udflabel_tool, argc, argv);
	char **operands;
	const char *arg;
	int id, n;

	memset(req, 0, sizeof(*req));
	while ((id = cli_next(parser, &arg)) != -1)
		read_option(req, id, arg);
	n = cli_operands(parser, &operands);
	if (n < 1)
		cli_bad_usage(&udflabel_tool, "no device is given");
	if (n > 2)
		cli_bad_usage(&udflabel_tool, "more than a device and a label are given; quote a label with spaces");
	req->device = operands[0];
	if (n == 2)
		req->label_arg = operands[1];
	cli_parser_free(parser);
	make_change(req);
}
