/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option table of pktsetup: the letters of udftools 2.3, and names of ours. */
#include "config.h"

#include "request.h"

enum { OPT_JSON = 256 };

static const struct cli_option options[] = {
	{ 'd', "delete", NULL, "release a packet device, after writing the data that wait", 0, 1, NULL },
	{ 's', "show", NULL, "list the packet devices", 0, 1, NULL },
	{ 'i', "ignore", NULL, "succeed if the drive is bound already, or if none is to be released", 0, 0, NULL },
	{ 0, "json", NULL, "print the output of --show as JSON", OPT_JSON, 0, NULL },
	{ 0, NULL, NULL, NULL, 0, 0, NULL },
};

const struct cli_tool pktsetup_tool = {
	.name = TOOL,
	.synopsis = "[-i] [NAME] DEVICE | -d [-i] NAME | -s",
	.summary = "Make a block device of the packets of a rewritable disc.",
	.options = options,
	.usage_exit = 1,
	.tail = "DEVICE is the drive: /dev/sr0, MAJOR:MINOR, or sim:FILE.  NAME is a path, such as /dev/pktcdvd0, or\n"
		"a name below /dev/pktcdvd.  For -d it may also be MAJOR:MINOR, or the drive.\n",
};

static void check(struct request *req, int n, char **operands)
{
	if (req->json && req->job != JOB_SHOW)
		cli_bad_usage(&pktsetup_tool, "--json is for --show");
	if (req->job == JOB_SHOW && n > 0)
		cli_bad_usage(&pktsetup_tool, "'%s' is not expected here: -s lists all packet devices", operands[0]);
	if (req->job == JOB_SHOW)
		return;
	if (n == 0)
		cli_bad_usage(&pktsetup_tool, req->job == JOB_RELEASE ? "which packet device? -s lists them" :
			      "which drive? 'cdrwtool --list' shows them");
	if (n > (req->job == JOB_RELEASE ? 1 : 2))
		cli_bad_usage(&pktsetup_tool, "'%s' is not expected here", operands[n - 1]);
	if (req->job == JOB_RELEASE)
		req->name = operands[0];
	else
		req->device = operands[n - 1];
	if (req->job == JOB_BIND && n == 2)
		req->name = operands[0];
}

void request_read(struct request *ret, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(&pktsetup_tool, argc, argv);
	struct request req = { .job = JOB_BIND };
	char **operands;
	const char *arg;
	int id, n;

	while ((id = cli_next(parser, &arg)) != -1) {
		if (id == 'd')
			req.job = JOB_RELEASE;
		else if (id == 's')
			req.job = JOB_SHOW;
		else if (id == 'i')
			req.ignore = true;
		else if (id == OPT_JSON)
			req.json = true;
	}
	n = cli_operands(parser, &operands);
	check(&req, n, operands);
	cli_parser_free(parser);
	*ret = req;
}
