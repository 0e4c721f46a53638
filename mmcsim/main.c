/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmcsim: simulated optical drives.  The commands' tables, and their start. */
#include "config.h"

#include "command.h"

/* One row a command: name, synopsis, summary, options, function. */
#define COMMANDS(ROW) \
	ROW("create", "[OPTION]... FILE", "Make a simulated drive with a disc in it.", create) \
	ROW("list", "", "Show the media, drives and quirks that can be simulated.", list) \
	ROW("show", "[OPTION]... FILE", "Show the state of a drive and its disc.", show) \
	ROW("insert", "[OPTION]... FILE [DISC]", "Lay a disc on the tray, and close the tray.", insert) \
	ROW("eject", "[OPTION]... FILE", "Press the eject button.", eject) \
	ROW("defect", "[OPTION]... FILE LBA...", "Damage packets of the disc, or repair them.", defect) \
	ROW("cut", "[OPTION]... FILE", "Cut the power.", cut) \
	ROW("answer", "[OPTION]... FILE OPCODE ANSWER", "Replace the answer to the next command of a kind.", answer) \
	ROW("log", "[OPTION]... FILE", "Log the commands that reach the drive, or show the log.", log) \
	ROW("serve", "[OPTION]... FILE...", "Give simulated drives to the kernel, as /dev/srN.", serve)

#define TABLE(word, words, text, id) \
	{ .name = "mmcsim " word, .synopsis = words, .summary = text, .options = id##_options, \
	  .usage_exit = EXIT_USAGE },
static const struct cli_tool commands[] = { COMMANDS(TABLE) { .name = NULL } };

#define FUNCTION(word, words, text, id) run_##id,
static const cli_command_run runs[] = { COMMANDS(FUNCTION) };

static const struct cli_option no_options[] = { { .short_name = 0 } };
static const struct cli_tool mmcsim_tool = {
	.name = "mmcsim",
	.synopsis = "COMMAND [OPTION]... FILE [ARGUMENT]...",
	.summary = "Simulate optical drives.  All tools of udfkit use the drive in FILE as sim:FILE.",
	.options = no_options,
	.usage_exit = EXIT_USAGE,
	.commands = commands,
	.tail = "'mmcsim COMMAND --help' shows the options of a command.",
};

int main(int argc, char **argv)
{
	return cli_run_command(&mmcsim_tool, runs, argc, argv);
}
