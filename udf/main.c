/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udf: work on a UDF image or device without mounting it.  The commands' tables, and their start. */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "vol/vol.h"

static const struct cli_option ls_options[] = {
	{ .short_name = 'a', .long_name = "all", .help = "names that begin with '.' too" },
	{ .short_name = 'd', .long_name = "directory", .help = "directories themselves, not what is in them" },
	{ .short_name = 'h', .long_name = "human-readable", .help = "sizes such as 1.5K and 12M" },
	{ .short_name = 'l', .long_name = "long", .help = "mode, links, owner, size and time as well" },
	{ .short_name = 'R', .long_name = "recursive", .help = "directories in directories too" },
	{ .short_name = '1', .help = NULL },	/* as it always is */
	{ .short_name = 'A', .help = NULL, .id = 'a' },
	{ .long_name = "json", .help = "as JSON", .id = OPTION_JSON },
	COMMON_OPTIONS,
	{ .short_name = 0 },
};
static const struct cli_option tree_options[] = {
	{ .short_name = 'a', .long_name = "all", .help = "names that begin with '.' too" },
	{ .short_name = 'h', .long_name = "human-readable", .help = "each size too, as 1.5K or 12M" },
	{ .long_name = "json", .help = "as JSON", .id = OPTION_JSON },
	COMMON_OPTIONS,
	{ .short_name = 0 },
};
static const struct cli_option plain_options[] = { COMMON_OPTIONS, { .short_name = 0 } };
/* Of cp and scp: directories always come with what is in them, and all attributes are kept. */
#define COPY_OPTIONS \
	{ .short_name = 'r', .help = NULL }, { .short_name = 'R', .help = NULL }, \
	{ .short_name = 'a', .help = NULL }, { .short_name = 'p', .help = NULL }
static const struct cli_option get_options[] = {
	COPY_OPTIONS,
	{ .short_name = 'v', .long_name = "verbose", .help = "name every file" },
	COMMON_OPTIONS,
	{ .short_name = 0 },
};
static const struct cli_option put_options[] = {
	COPY_OPTIONS,
	{ .short_name = 'v', .long_name = "verbose", .help = "name every file" },
	COMMON_OPTIONS,
	FORCE_OPTION,
	{ .short_name = 0 },
};
static const struct cli_option rm_options[] = {
	{ .short_name = 'r', .long_name = "recursive", .help = "directories too, with what is in them" },
	{ .short_name = 'R', .help = NULL, .id = 'r' },
	{ .short_name = 'f', .long_name = "ignore-missing", .help = "what isn't there is no error" },
	COMMON_OPTIONS,
	FORCE_OPTION,
	{ .short_name = 0 },
};
static const struct cli_option mkdir_options[] = {
	{ .short_name = 'm', .long_name = "mode", .arg_name = "OCTAL", .help = "mode (default 755)" },
	{ .short_name = 'p', .long_name = "parents",
	  .help = "directories on the way too; no error if it is there" },
	COMMON_OPTIONS,
	FORCE_OPTION,
	{ .short_name = 0 },
};
static const struct cli_option mv_options[] = {
	{ .short_name = 'n', .long_name = "no-clobber", .help = "replace nothing" },
	{ .short_name = 'f', .help = NULL },	/* as it is without -n */
	COMMON_OPTIONS,
	FORCE_OPTION,
	{ .short_name = 0 },
};
static const struct cli_option stat_options[] = {
	{ .long_name = "json", .help = "as JSON", .id = OPTION_JSON },
	COMMON_OPTIONS,
	{ .short_name = 0 },
};
static const struct cli_option dump_options[] = {
	{ .long_name = "sector", .arg_name = "N", .help = "the descriptor in that sector of the volume",
	  .id = OPTION_SECTOR },
	{ .long_name = "json", .help = "as JSON", .id = OPTION_JSON },
	COMMON_OPTIONS,
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
	{ .name = NULL },
};
static int (*const runs[])(const struct cli_tool *tool, int argc, char **argv) = {
	run_ls, run_tree, run_cat, run_get, run_put, run_rm, run_mkdir, run_mv, run_stat, run_dump,
};

static const struct cli_option no_options[] = { { .short_name = 0 } };
static const struct cli_tool udf_tool = {
	.name = "udf",
	.synopsis = "COMMAND [OPTION]... IMAGE [PATH]...",
	.summary = "Work on a UDF image or device without mounting it.",
	.options = no_options,
	.usage_exit = EXIT_USAGE,
	.commands = commands,
	.tail = "Paths begin at the root directory of the volume.  'udf COMMAND --help' tells more.",
};

bool take_common(struct common_options *common, const struct cli_tool *tool, int id, const char *arg)
{
	if (id == 'b') {
		if (cli_parse_block_bytes(arg, &common->block_bytes))
			cli_bad_usage(tool, "--blocksize can't be '%s': not a power of two from 512 to 32768", arg);
	} else if (id == OPTION_FORCE) {
		common->n_forced++;
	}
	return id == 'b' || id == OPTION_FORCE;
}

/* ---- being interrupted while writing ---- */

static volatile sig_atomic_t interrupted_by;

static void interrupt(int signal_number)
{
	interrupted_by = signal_number;
}

bool command_is_interrupted(void)
{
	return interrupted_by != 0;
}

/*
 * Who interrupts a command that writes has it close the volume first, or take away what is not whole; twice, and it
 * ends at once.  A pipe that nobody reads any more is no reason to leave these behind either.
 */
void command_catch_signals(void)
{
	cli_on_interrupt(interrupt);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- what the commands share ---- */

bool command_open(struct command *c, const struct cli_tool *tool, const char *image,
		  const struct common_options *common, bool write)
{
	struct front_options how = { .read_only = !write,
				     .fs = { .reads_contents = !write },
				     .override_option = write ? CLI_FORCE_IN_USE : NULL,
				     .override = common->n_forced > 1,
				     .vol = { .block_bytes = common->block_bytes } };

	*c = (struct command){ .tool = tool, .image = image };
	if (write)
		command_catch_signals();
	if (front_open(tool->name, image, cli_host_env(), &how, &c->front))
		return false;
	c->fs = c->front.fs;
	if (write && c->front.why_read_only[0]) {
		cli_say("%s: %s: cannot be written: %s", tool->name, image, c->front.why_read_only);
		front_close(&c->front);
		return false;
	}
	return true;
}

int command_close(struct command *c)
{
	enum udf_err err = front_close(&c->front);

	if (err) {
		cli_error(c->tool->name, c->image, "the volume could not be closed", err, 0);
		c->failed = true;
	}
	/* The signal that interrupted the command may have interrupted a write to standard output as well. */
	if ((fflush(stdout) || ferror(stdout)) && !interrupted_by) {
		cli_error(c->tool->name, "standard output", "cannot write", UDF_E_IO, errno);
		c->failed = true;
	}
	if (interrupted_by) {
		command_say(c, NULL, "interrupted; what was done before that stays");
		signal(interrupted_by, SIG_DFL);
		raise(interrupted_by);
	}
	return c->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* An image that was not copied whole: that is what is wrong with addresses that it does not have. */
static bool is_cut_off(const struct udf_vol *vol)
{
	for (unsigned i = 0; i < vol->n_parts; i++)
		if ((uint64_t)vol->parts[i].start_lsn + vol->parts[i].n_blocks > vol->n_sectors)
			return true;
	return false;
}

void command_fail(struct command *c, const char *path, enum udf_err err, int host_errno)
{
	if (err == UDF_E_RANGE && !host_errno && path && c->front.vol && is_cut_off(c->front.vol)) {
		command_say(c, path, "lies beyond the end of the image, which is shorter than its volume");
		return;
	}
	c->failed = true;
	cli_error(c->tool->name, c->image, path, err, host_errno);
}

void command_say(struct command *c, const char *path, const char *why)
{
	c->failed = true;
	cli_say("%s: %s: %s%s%s", c->tool->name, c->image, path ? path : "", path ? ": " : "", why);
}

int main(int argc, char **argv)
{
	struct cli_parser *parser;
	const struct cli_tool *command;
	const char *arg;
	char **operands;
	int n_operands;

	setlocale(LC_CTYPE, "");
	parser = cli_parser_new(&udf_tool, argc, argv);
	while (cli_next(parser, &arg) != -1)
		;
	n_operands = cli_operands(parser, &operands);
	cli_parser_free(parser);
	if (n_operands == 0)
		cli_bad_usage(&udf_tool, "needs a command");
	command = cli_find_command(&udf_tool, operands[0]);
	if (!command)
		cli_bad_usage(&udf_tool, "no such command: '%s'", operands[0]);
	return runs[command - commands](command, n_operands, operands);
}
