/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of --help, made from option tables, in the style of util-linux. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/internal.h"

#define LEFT_MAX 26 /* columns for an option; a longer one has its text on the next line */

static const struct cli_option help_option = { 'h', "help", NULL, "display this help", 0, 0, NULL };
static const struct cli_option version_option = { 'V', "version", NULL, "display the version",
						  0,   0,	  NULL };

/* " -b, --blocksize <SIZE>" */
static int left_text(const struct cli_tool *tool, const struct cli_option *row, bool with_short, char *buf,
		     size_t cap)
{
	char name_short[3] = "", argument[40] = "";

	if (row->short_name && with_short)
		snprintf(name_short, sizeof(name_short), "-%c", row->short_name);
	if (row->arg_name && row->arg_name[0] == '[') {
		size_t n = strcspn(row->arg_name + 1, "]");

		snprintf(argument, sizeof(argument), "[%s<%.*s>]", row->long_name ? "=" : "",
			 (int)n, row->arg_name + 1);
	} else if (row->arg_name) {
		snprintf(argument, sizeof(argument), "%s<%s>", cli_is_setting(row) ? "" : " ", row->arg_name);
	}
	if (!row->long_name)
		return snprintf(buf, cap, " %s%s", name_short, argument);
	return snprintf(buf, cap, " %2s%s %s%s%s", name_short, name_short[0] ? "," : " ",
			cli_dashes(tool, row->long_name), row->long_name, argument);
}

static void print_row(const struct cli_tool *tool, const struct cli_option *row, bool with_short, int n_columns,
		      FILE *out)
{
	char left[120];
	int n = left_text(tool, row, with_short, left, sizeof(left));

	if (!row->help)
		return;
	if (n <= n_columns)
		fprintf(out, "%-*s  %s\n", n_columns, left, row->help);
	else
		fprintf(out, "%s\n%*s  %s\n", left, n_columns, "", row->help);
}

static void print_options(const struct cli_tool *tool, FILE *out)
{
	int n_columns = 14; /* of --help and --version */
	char left[120];

	for (size_t i = 0; i < cli_n_rows(tool); i++) {
		int n = left_text(tool, &tool->options[i], true, left, sizeof(left));

		if (tool->options[i].help && n <= LEFT_MAX && n > n_columns)
			n_columns = n;
	}
	fprintf(out, "\nOptions:\n");
	for (size_t i = 0; i < cli_n_rows(tool); i++)
		print_row(tool, &tool->options[i], true, n_columns, out);
	print_row(tool, &help_option, !cli_has_short(tool, 'h'), n_columns, out);
	print_row(tool, &version_option, !cli_has_short(tool, 'V'), n_columns, out);
}

void cli_print_help(const struct cli_tool *tool, FILE *out)
{
	int n_columns = 0;

	fprintf(out, "\nUsage:\n %s %s\n", tool->name, tool->synopsis);
	if (tool->summary)
		fprintf(out, "\n%s\n", tool->summary);
	for (const struct cli_tool *c = tool->commands; c && c->name; c++)
		if ((int)strlen(cli_command_word(c)) > n_columns)
			n_columns = (int)strlen(cli_command_word(c));
	if (tool->commands)
		fprintf(out, "\nCommands:\n");
	for (const struct cli_tool *c = tool->commands; c && c->name; c++)
		fprintf(out, " %-*s  %s\n", n_columns, cli_command_word(c), c->summary);
	print_options(tool, out);
	if (tool->tail)
		fprintf(out, "\n%s\n", tool->tail);
}
