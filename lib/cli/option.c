/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to a tool's tables of options and commands. */
#include "config.h"

#include <string.h>

#include "cli/internal.h"

size_t cli_n_rows(const struct cli_tool *tool)
{
	size_t n = 0;

	while (tool->options && (tool->options[n].long_name || tool->options[n].short_name))
		n++;
	return n;
}

bool cli_has_short(const struct cli_tool *tool, int short_name)
{
	for (size_t i = 0; i < cli_n_rows(tool); i++)
		if (tool->options[i].short_name == short_name)
			return true;
	return false;
}

bool cli_is_setting(const struct cli_option *row)
{
	size_t n = row->long_name ? strlen(row->long_name) : 0;

	return n && row->long_name[n - 1] == '=';
}

const char *cli_dashes(const struct cli_tool *tool, const char *name)
{
	size_t n = strlen(name);

	if (n && name[n - 1] == '=')
		return "";
	if (!tool->single_dash || strcmp(name, "help") == 0 || strcmp(name, "version") == 0)
		return "--";
	for (const char *at = tool->two_dashes; at && (at = strstr(at, name)); at += n)
		if (at[-1] == ' ' && at[n] == ' ')
			return "--";
	return "-";
}

const char *cli_command_word(const struct cli_tool *command)
{
	const char *space = strrchr(command->name, ' ');

	return space ? space + 1 : command->name;
}

const struct cli_tool *cli_find_command(const struct cli_tool *tool, const char *name)
{
	for (const struct cli_tool *c = tool->commands; c && c->name; c++)
		if (strcmp(cli_command_word(c), name) == 0)
			return c;
	return NULL;
}
