/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of lib/cli share. */
#ifndef UDF_CLI_INTERNAL_H
#define UDF_CLI_INTERNAL_H

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "cli/cli.h"

/** How many rows the option table has. */
size_t cli_n_rows(const struct cli_tool *tool);

/** Has the table an option with that short name? */
bool cli_has_short(const struct cli_tool *tool, int short_name);

/** Is it a setting, "speed=" without dashes?  A tool that has such rows reads its words by itself. */
bool cli_is_setting(const struct cli_option *row);

/** The dashes that the long option NAME is shown with: "--", or "-" in a tool with single_dash; none of a setting. */
const char *cli_dashes(const struct cli_tool *tool, const char *name);

/* How a tool with single_dash reads a word that begins with a dash. */
enum cli_word { CLI_WORD_LONG, CLI_WORD_SHORT, CLI_WORD_UNKNOWN };

/**
 * How is WORD ("-rJ", "-iso-level", "-ofile.iso") read?  RET_N_SHORT: as how many short options.
 *
 * A word is a long name or the beginning of one; or it consists of short options of which only the last may take an
 * argument.  An argument may be joined to that where it could not be taken for a name: "-ofile.iso", not "-ofile".
 */
enum cli_word cli_read_word(const struct cli_tool *tool, const char *word, int *ret_n_short);

/** "ls" of "udf ls". */
const char *cli_command_word(const struct cli_tool *command);

/** Whose log lines are they?  Borrowed for good. */
void cli_set_tool_name(const char *name);

/* ---- who else uses an image or a device (mounts.c, loop.c, in_use.c) ---- */

/** The same device (whatever its node is called), or the same file. */
bool cli_same_place(const struct stat *a, const struct stat *b);

/** The disk that the block device RDEV is a partition of; RDEV itself where it is none. */
dev_t cli_whole_disk(dev_t rdev);

/**
 * Where ST, which is called PATH (absolute, without symbolic links), or of a disk one of its partitions, is mounted
 * in the mount namespace of PROCESS ("self", or a number); false where it isn't, or where /proc does not show it.
 * Never looks into a mount, so it does not wait for one that hangs.
 */
bool cli_find_mount(const char *process, const struct stat *st, const char *path, char *ret_mount_point,
		    size_t cap);
bool cli_is_swap(const struct stat *st, const char *path);

/* Going through the loop devices; begin with all zero. */
struct cli_loops {
	DIR *dir;
	bool has_sysfs;
};

/** The next loop device ("/dev/loop3") that shows the file or device PLACE, called PATH; false after the last one. */
bool cli_next_loop_over(const struct stat *place, const char *path, struct cli_loops *loops, char ret_device[64]);
void cli_loops_done(struct cli_loops *loops);

/**
 * Is PATH, whose status is ST, in use by anybody but a udfkit tool?  RET_WHY says by what, and what to do:
 * "it is mounted on /mnt; unmount that first".
 */
bool cli_is_in_use(const char *path, const struct stat *st, char *ret_why, size_t cap);

/** Is PATH, whose status is ST, mounted, or what is behind it or over it as a loop device?  RET_WHY as above. */
bool cli_is_mounted(const char *path, const struct stat *st, char *ret_why, size_t cap);

/**
 * The same as cli_is_in_use(), where it is known that a udfkit tool has it locked: LOCKED is ST itself, or what is
 * behind that loop device.
 */
void cli_locker_text(const char *path, const struct stat *st, const struct stat *locked, char *ret_why, size_t cap);

#endif
