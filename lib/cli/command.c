/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a tool that has commands starts. */
#include "config.h"

#include <locale.h>

#include "cli/cli.h"

int cli_run_command(const struct cli_tool *tool, const cli_command_run *runs, int argc, char **argv)
{
	struct cli_parser *parser;
	const struct cli_tool *command;
	const char *arg;
	char **operands;
	int n_operands;

	setlocale(LC_CTYPE, "");
	parser = cli_parser_new(tool, argc, argv);
	while (cli_next(parser, &arg) != -1)
		;
	n_operands = cli_operands(parser, &operands);
	cli_parser_free(parser);
	if (n_operands == 0)
		cli_bad_usage(tool, "needs a command");
	command = cli_find_command(tool, operands[0]);
	if (!command)
		cli_bad_usage(tool, "no such command: '%s'", operands[0]);
	return runs[command - tool->commands](command, n_operands, operands);
}
