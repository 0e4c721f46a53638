/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of what is mounted and what is swap space, read line by line.  Nothing here looks at a path that a
 * line names: it may be in a mount whose server does not answer, and whoever follows it waits for ever.
 */
#ifndef UDF_CLI_MOUNT_TABLE_H
#define UDF_CLI_MOUNT_TABLE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct cli_table {
	FILE *f;		/* NULL where the table can't be opened: it has no lines then */
	char *line;
	size_t cap;
};

/** Read FILE; cli_table_close() ends that. */
void cli_table_open(struct cli_table *table, const char *file);

/** Read what is mounted in the mount namespace of PROCESS ("self", or a number). */
void cli_table_open_mounts(struct cli_table *table, const char *process);

/** The next line, without its end and valid until the next call; NULL after the last one. */
char *cli_table_next(struct cli_table *table);

void cli_table_close(struct cli_table *table);

/** The next word of *REST, up to a space or a tab, as a string of its own in which "\040" is a space again; or NULL. */
char *cli_table_word(char **rest);

/** A line of mountinfo, valid as long as LINE, which the others point into. */
struct cli_mount {
	char *line;
	const char *target, *source, *type;
	const char *options;		/* of this mount: "rw,nosuid,nodev,relatime" */
	const char *super_options;	/* of the filesystem: "rw,user_id=0,group_id=0" */
	dev_t dev;
};

/** The next mount of a table that cli_table_open_mounts() has opened; false after the last one. */
bool cli_table_next_mount(struct cli_table *table, struct cli_mount *ret);

/** The line that was returned last belongs to the caller from now on, who frees it. */
void cli_table_keep_line(struct cli_table *table);

#endif
