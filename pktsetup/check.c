/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktcdvd-check: can pktsetup bind this drive with the disc that is in it? */
#include "config.h"

#include <stdio.h>

#include "cli/cli.h"
#include "medium/medium.h"
#include "place.h"

#define CHECK "pktcdvd-check"

static const struct cli_option options[] = {
	{ 'q', "quiet", NULL, "print nothing", 0, 0, NULL },
	{ 0, NULL, NULL, NULL, 0, 0, NULL },
};

static const struct cli_tool tool = {
	.name = CHECK,
	.synopsis = "[-q] DEVICE",
	.summary = "Ask whether pktsetup can bind the disc in a drive.",
	.options = options,
	.usage_exit = 1,
	.tail = "DEVICE is the drive: /dev/sr0, MAJOR:MINOR, or sim:FILE.  The exit status is 0 if it can.\n",
};

/* Can everything of it be written, in any order? */
static int check(const char *text, bool is_quiet)
{
	const struct medium_options options_of_drive = { .by_commands = true };
	struct medium_refusal refusal = { 0 };
	struct medium_info info = { 0 };
	struct drive_place drive;
	struct bio *bio = NULL;
	char why[WHY_BYTES];
	enum udf_err err;

	if (!place_find_drive(text, &drive, why)) {
		if (!is_quiet)
			cli_say(CHECK ": %s", why);
		return 1;
	}
	err = medium_open(drive.path, &options_of_drive, &bio, &info, &refusal);
	bio_close(bio);
	if (err || !info.cache) {
		if (!is_quiet)
			cli_say(CHECK ": %s: %s", text,
				refusal.why ? refusal.why : udf_strerror(err ? err : UDF_E_UNSUPPORTED));
		return 1;
	}
	if (!is_quiet)
		printf("%s: the %s can be written in packets of %u blocks\n", text, info.disc_name,
		       info.write_unit_blocks);
	return 0;
}

int main(int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(&tool, argc, argv);
	char **operands;
	const char *arg;
	bool is_quiet = false;
	int id, n, status;

	while ((id = cli_next(parser, &arg)) != -1)
		is_quiet = is_quiet || id == 'q';
	n = cli_operands(parser, &operands);
	if (n != 1)
		cli_bad_usage(&tool, n ? "'%s' is not expected here" : "which drive? 'cdrwtool --list' shows them",
			      n ? operands[1] : "");
	status = check(operands[0], is_quiet);
	cli_parser_free(parser);
	return cli_flush_output(CHECK) ? status : 1;
}
