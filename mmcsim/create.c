/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmcsim create, mmcsim list */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "command.h"

enum { OPTION_UNFORMATTED = 256, OPTION_WRITE_PROTECT, OPTION_SEED, OPTION_ENDURANCE, OPTION_DRIVE };

const struct cli_option create_options[] = {
	{ .short_name = 'm', .long_name = "media", .arg_name = "MEDIUM", .help = "choose the kind of disc (dvd-ram)",
	  .choices = "cd-rw cd-rw-74 cd-r cd-r-8cm dvd-ram dvd-ram-2.6 dvd-ram-8cm dvd-rw dvd-r dvd-r-dl dvd+rw dvd+r "
		     "dvd+r-dl bd-r bd-r-dl bd-re" },
	{ .long_name = "drive", .arg_name = "FAMILY", .help = "give the drive the quirks of a family of drives",
	  .id = OPTION_DRIVE, .choices = "asus-lg-2019 pioneer-r11 bdr203 lg-gsa old-cdrw sony-crx usb-bridge" },
	{ .short_name = 'q', .long_name = "quirk", .arg_name = "NAME[,NAME]...",
	  .help = "give the drive these quirks; 'mmcsim list' shows all" },
	{ .long_name = "unformatted", .help = "make an unformatted disc even if such discs are sold formatted",
	  .id = OPTION_UNFORMATTED },
	{ .long_name = "write-protect", .help = "set the tab of the cartridge", .id = OPTION_WRITE_PROTECT },
	{ .long_name = "endurance", .arg_name = "N", .help = "let a packet fail after N rewrites (never)",
	  .id = OPTION_ENDURANCE },
	{ .long_name = "seed", .arg_name = "N",
	  .help = "set the seed for everything that happens by chance (0)", .id = OPTION_SEED },
	{ .short_name = 0 },
};
const struct cli_option list_options[] = { { .short_name = 0 } };

static void read_option(struct sim_create_options *options, const struct cli_tool *tool, int id, const char *arg)
{
	switch (id) {
	case 'm':
		options->media = arg;
		break;
	case OPTION_DRIVE:
		options->drive = arg;
		break;
	case 'q':
		options->quirks = arg;
		break;
	case OPTION_UNFORMATTED:
		options->unformatted = true;
		break;
	case OPTION_WRITE_PROTECT:
		options->write_protected = true;
		break;
	case OPTION_SEED:
		options->seed = cli_take_number(tool, "--seed", arg, 0, UINT64_MAX);
		break;
	default:
		options->endurance = (uint32_t)cli_take_number(tool, "--endurance", arg, 0, UINT32_MAX);
		break;
	}
}

int run_create(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	struct sim_create_options options = { .media = "dvd-ram" };
	char why[SIM_WHY_BYTES];
	const char *arg;
	char **operands;
	enum udf_err err;
	int id, n;

	while ((id = cli_next(parser, &arg)) != -1)
		read_option(&options, tool, id, arg);
	n = cli_operands(parser, &operands);
	if (n != 1)
		cli_bad_usage(tool, n ? "give one FILE only" : "no FILE is given");
	err = sim_create(operands[0], &options, why);
	if (err && why[0])
		cli_say("mmcsim: %s: %s", operands[0], why);
	else if (err)
		cli_error("mmcsim", operands[0], "cannot create it", err, 0);
	cli_parser_free(parser);
	return err ? 1 : 0;
}

static void print_row(const char *name, const char *text)
{
	printf("  %-20s %s\n", name, text);
}

int run_list(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	const struct sim_trait *trait;
	const struct sim_medium *medium;
	const char *arg;
	char **operands;

	while (cli_next(parser, &arg) != -1)
		;
	if (cli_operands(parser, &operands))
		cli_bad_usage(tool, "it takes no operands");
	cli_parser_free(parser);
	printf("media:\n");
	for (size_t i = 0; (medium = sim_medium_at(i)); i++)
		print_row(medium->name, medium->text);
	printf("drives:\n");
	for (trait = sim_drive_families(); trait->name; trait++)
		print_row(trait->name, trait->text);
	printf("quirks:\n");
	for (trait = sim_quirks(); trait->name; trait++)
		print_row(trait->name, trait->text);
	return fflush(stdout) ? 1 : 0;
}
