/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of lib/cli share. */
#ifndef UDF_CLI_INTERNAL_H
#define UDF_CLI_INTERNAL_H

#include <sys/types.h>

#include "cli/cli.h"

/** How many rows the option table has. */
size_t cli_n_rows(const struct cli_tool *tool);

/** Has the table an option with that short name? */
bool cli_has_short(const struct cli_tool *tool, int short_name);

/** "ls" of "udf ls". */
const char *cli_command_word(const struct cli_tool *command);

/** Whose log lines are they?  Borrowed for good. */
void cli_set_tool_name(const char *name);

/**
 * The loop device, as "/dev/loop3" in RET_DEVICE, that shows the file with these numbers; false
 * where there is none.
 */
bool cli_find_loop_of(dev_t st_dev, ino_t st_ino, char ret_device[64]);

/** Descriptor of the file behind the loop device RDEV, opened for reading; -1 where there is none.
 */
int cli_open_behind_loop(dev_t rdev);

#endif
