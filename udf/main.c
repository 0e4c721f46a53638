/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udf: work on a UDF image or device without mounting it.  The commands' tables, and their start. */
#include "config.h"

#include "command.h"

static const struct cli_option ls_options[] = {
	{ .short_name = 'a', .long_name = "all", .help = "show also names that begin with '.'" },
	{ .short_name = 'd', .long_name = "directory", .help = "list directories themselves, and not their contents" },
	{ .short_name = 'h', .long_name = "human-readable", .help = "print sizes such as 1.5K and 12M" },
	{ .short_name = 'l', .long_name = "long", .help = "show also mode, links, owner, size and time" },
	{ .short_name = 'R', .long_name = "recursive", .help = "list also the directories in directories" },
	{ .short_name = '1', .help = NULL },	/* as it always is */
	{ .short_name = 'A', .help = NULL, .id = 'a' },
	{ .long_name = "json", .help = "print JSON", .id = OPTION_JSON },
	COMMON_OPTIONS,
	MOUNTED_OPTION,
	{ .short_name = 0 },
};
static const struct cli_option tree_options[] = {
	{ .short_name = 'a', .long_name = "all", .help = "show also names that begin with '.'" },
	{ .short_name = 'h', .long_name = "human-readable", .help = "print also each size, such as 1.5K or 12M" },
	{ .long_name = "json", .help = "print JSON", .id = OPTION_JSON },
	COMMON_OPTIONS,
	MOUNTED_OPTION,
	{ .short_name = 0 },
};
static const struct cli_option plain_options[] = { COMMON_OPTIONS, MOUNTED_OPTION, { .short_name = 0 } };
/* Options of cp and scp: directories are always copied with their contents, and all attributes are kept. */
#define COPY_OPTIONS \
	{ .short_name = 'r', .help = NULL }, { .short_name = 'R', .help = NULL }, \
	{ .short_name = 'a', .help = NULL }, { .short_name = 'p', .help = NULL }
static const struct cli_option get_options[] = {
	COPY_OPTIONS,
	{ .short_name = 'v', .long_name = "verbose", .help = "print the name of every file" },
	COMMON_OPTIONS,
	MOUNTED_OPTION,
	{ .short_name = 0 },
};
static const struct cli_option put_options[] = {
	COPY_OPTIONS,
	{ .short_name = 'v', .long_name = "verbose", .help = "print the name of every file" },
	COMMON_OPTIONS,
	FORCE_OPTION,
	{ .short_name = 0 },
};
static const struct cli_option rm_options[] = {
	{ .short_name = 'r', .long_name = "recursive", .help = "remove also directories, with their contents" },
	{ .short_name = 'R', .help = NULL, .id = 'r' },
	{ .short_name = 'f', .long_name = "ignore-missing", .help = "ignore paths that do not exist" },
	COMMON_OPTIONS,
	FORCE_OPTION,
	{ .short_name = 0 },
};
static const struct cli_option mkdir_options[] = {
	{ .short_name = 'm', .long_name = "mode", .arg_name = "OCTAL", .help = "set the mode (default 755)" },
	{ .short_name = 'p', .long_name = "parents",
	  .help = "make also missing parents; no error if PATH exists" },
	COMMON_OPTIONS,
	FORCE_OPTION,
	{ .short_name = 0 },
};
static const struct cli_option mv_options[] = {
	{ .short_name = 'n', .long_name = "no-clobber", .help = "do not replace files" },
	{ .short_name = 'f', .help = NULL },	/* the default without -n */
	COMMON_OPTIONS,
	FORCE_OPTION,
	{ .short_name = 0 },
};
static const struct cli_option stat_options[] = {
	{ .long_name = "json", .help = "print JSON", .id = OPTION_JSON },
	COMMON_OPTIONS,
	MOUNTED_OPTION,
	{ .short_name = 0 },
};
static const struct cli_option dump_options[] = {
	{ .long_name = "sector", .arg_name = "N", .help = "the descriptor in that sector of the volume",
	  .id = OPTION_SECTOR },
	{ .long_name = "json", .help = "print JSON", .id = OPTION_JSON },
	COMMON_OPTIONS,
	MOUNTED_OPTION,
	{ .short_name = 0 },
};

static const struct cli_option dd_options[] = {
	{ .long_name = "no-verify", .help = "don't read back what was written", .id = OPTION_NO_VERIFY },
	{ .long_name = "force", .help = "overwrite what is there; given twice: what is in use",
	  .id = OPTION_FORCE },
	{ .short_name = 0 },
};

#define COMMAND(word, words, text, option_table) \
	{ .name = "udf " word, .synopsis = words, .summary = text, .options = option_table, \
	  .usage_exit = EXIT_USAGE }
static const struct cli_tool commands[] = {
	COMMAND("ls", "[OPTION]... IMAGE [PATH]...", "List directories.", ls_options),
	COMMAND("tree", "[OPTION]... IMAGE [PATH]...", "Show directories as trees.", tree_options),
	COMMAND("cat", "[OPTION]... IMAGE PATH...", "Print files.", plain_options),
	COMMAND("get", "[OPTION]... IMAGE PATH... TARGET",
		"Copy files and directories out of the image.", get_options),
	COMMAND("put", "[OPTION]... IMAGE FILE... PATH",
		"Copy files and directories into the image.", put_options),
	COMMAND("rm", "[OPTION]... IMAGE PATH...", "Remove files and directories.", rm_options),
	COMMAND("mkdir", "[OPTION]... IMAGE PATH...", "Make directories.", mkdir_options),
	COMMAND("mv", "[OPTION]... IMAGE PATH... PATH", "Rename or move.", mv_options),
	COMMAND("stat", "[OPTION]... IMAGE PATH...", "Show all attributes.", stat_options),
	COMMAND("dump", "[OPTION]... IMAGE [PATH]...",
		"Show descriptors: the volume's, or those of files.", dump_options),
	COMMAND("dd", "[OPTION]... IMAGE DEVICE",
		"Write an image, of whatever file system, to a device or disc.", dd_options),
	{ .name = NULL },
};
static const cli_command_run runs[] = {
	run_ls, run_tree, run_cat, run_get, run_put, run_rm, run_mkdir, run_mv, run_stat, run_dump, run_dd,
};

static const struct cli_option no_options[] = { { .short_name = 0 } };
static const struct cli_tool udf_tool = {
	.name = "udf",
	.synopsis = "COMMAND [OPTION]... IMAGE [PATH]...",
	.summary = "Work on a UDF image or device without mounting it.",
	.options = no_options,
	.usage_exit = EXIT_USAGE,
	.commands = commands,
	.tail = "Paths begin at the root directory of the volume.  'udf COMMAND --help' shows its options.",
};

int main(int argc, char **argv)
{
	return cli_run_command(&udf_tool, runs, argc, argv);
}
