/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of tools whose long options have one dash, as those of mkisofs(8) have. */
#include "config.h"

#include <string.h>

#include "cli/internal.h"

static const struct cli_option *short_row(const struct cli_tool *tool, char name)
{
	for (size_t i = 0; i < cli_n_rows(tool); i++)
		if (tool->options[i].short_name == name)
			return &tool->options[i];
	return NULL;
}

static bool begins_a_long_name(const struct cli_tool *tool, const char *name)
{
	size_t n = strcspn(name, "=");

	for (size_t i = 0; i < cli_n_rows(tool); i++)
		if (tool->options[i].long_name && strncmp(tool->options[i].long_name, name, n) == 0)
			return true;
	return strncmp("help", name, n) == 0 || strncmp("version", name, n) == 0;
}

/* Names are made of these, so that a mistyped one is not taken for a letter and its argument. */
static bool could_be_a_name(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

enum cli_word cli_read_word(const struct cli_tool *tool, const char *word, int *ret_n_short)
{
	const char *name = word + 1;

	*ret_n_short = 0;
	if (*name == '-' || (name[1] && begins_a_long_name(tool, name)))
		return CLI_WORD_LONG;
	for (; *name; name++) {
		const struct cli_option *row = short_row(tool, *name);

		if (!row && *name != 'h' && *name != 'V')
			break;
		++*ret_n_short;
		if (row && row->arg_name)
			return !name[1] || !could_be_a_name(name + 1) ? CLI_WORD_SHORT : CLI_WORD_UNKNOWN;
	}
	if (!*name)
		return CLI_WORD_SHORT;
	/* "-q" may be the beginning of "-quiet" */
	return !word[2] && begins_a_long_name(tool, word + 1) ? CLI_WORD_LONG : CLI_WORD_UNKNOWN;
}
