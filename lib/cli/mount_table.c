/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/mount_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

void cli_table_open(struct cli_table *table, const char *file)
{
	*table = (struct cli_table){ .f = fopen(file, "re") };
}

void cli_table_open_mounts(struct cli_table *table, const char *process)
{
	char file[64];

	snprintf(file, sizeof(file), "/proc/%s/mountinfo", process);
	cli_table_open(table, file);
}

char *cli_table_next(struct cli_table *table)
{
	if (!table->f || getline(&table->line, &table->cap, table->f) < 0)
		return NULL;
	table->line[strcspn(table->line, "\n")] = '\0';
	return table->line;
}

void cli_table_close(struct cli_table *table)
{
	free(table->line);
	if (table->f)
		fclose(table->f);
	*table = (struct cli_table){ .f = NULL };
}

/* "\040" is a space, and so on. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
			*to++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

char *cli_table_word(char **rest)
{
	char *word = strsep(rest, " \t");

	if (word)
		unescape(word);
	return word;
}

/*
 * "36 35 98:0 /root /target rw,noatime master:1 - type source rw,errors=continue": there may be any number of fields
 * between the options and the dash.
 */
static bool parse_mount(char *line, struct cli_mount *ret)
{
	enum { ID, PARENT, DEVICE, ROOT, TARGET, OPTIONS, N_FIRST };
	const char *words[N_FIRST], *word;
	unsigned n_major, n_minor;
	char *rest = line;

	for (int i = 0; i < N_FIRST; i++)
		words[i] = cli_table_word(&rest);
	do
		word = cli_table_word(&rest);
	while (word && strcmp(word, "-") != 0);
	ret->line = line;
	ret->target = words[TARGET];
	ret->options = words[OPTIONS];
	ret->type = cli_table_word(&rest);
	ret->source = cli_table_word(&rest);
	ret->super_options = cli_table_word(&rest);
	if (!ret->super_options || sscanf(words[DEVICE], "%u:%u", &n_major, &n_minor) != 2)
		return false;
	ret->dev = makedev(n_major, n_minor);
	return true;
}

bool cli_table_next_mount(struct cli_table *table, struct cli_mount *ret)
{
	char *line;

	while ((line = cli_table_next(table)))
		if (parse_mount(line, ret))
			return true;
	return false;
}

void cli_table_keep_line(struct cli_table *table)
{
	table->line = NULL;	/* getline() allocates another */
	table->cap = 0;
}
