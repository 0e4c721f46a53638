/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mmcsim insert, eject, defect, cut, log: what happens to a drive from outside.
 *
 * Where another process uses the drive, it is asked to do it.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define LINE_BYTES 4200u

enum { OPTION_WRITE_PROTECT = 256, OPTION_KIND, OPTION_TIMES, OPTION_SEED, OPTION_TORN, OPTION_OFF, OPTION_ON };
enum { GROUP_CUT = 1, GROUP_LOG };

const struct cli_option insert_options[] = {
	{ .long_name = "write-protect", .arg_name = "on|off", .help = "move the tab of the cartridge first",
	  .id = OPTION_WRITE_PROTECT, .choices = "on off" },
	{ .short_name = 0 },
};
const struct cli_option eject_options[] = {
	{ .short_name = 'f', .long_name = "force", .help = "open the tray even if a program has locked the drive" },
	{ .short_name = 0 },
};
const struct cli_option defect_options[] = {
	{ .short_name = 'k', .long_name = "kind", .arg_name = "write|read|weak",
	  .help = "choose what fails; weak: reading needs retries (write)", .id = OPTION_KIND,
	  .choices = "write read weak" },
	{ .short_name = 't', .long_name = "times", .arg_name = "N",
	  .help = "fail N times; 0 repairs the packet (always)",
	  .id = OPTION_TIMES },
	{ .short_name = 0 },
};
const struct cli_option cut_options[] = {
	{ .short_name = 'p', .long_name = "packets", .arg_name = "N",
	  .help = "cut it while the N-th packet from now is written (at once)" },
	{ .long_name = "seed", .arg_name = "N", .help = "set the seed that decides which cached packets are lost (0)",
	  .id = OPTION_SEED },
	{ .long_name = "torn", .arg_name = "unreadable|old|new",
	  .help = "choose the state of the packet being written (unreadable)", .id = OPTION_TORN,
	  .choices = "unreadable old new" },
	{ .long_name = "off", .help = "cancel a cut that --packets requested", .id = OPTION_OFF, .group = GROUP_CUT },
	{ .long_name = "on", .help = "turn the power on again while a program uses the drive", .id = OPTION_ON,
	  .group = GROUP_CUT },
	{ .short_name = 0 },
};
const struct cli_option answer_options[] = {
	{ .short_name = 't', .long_name = "times", .arg_name = "N", .help = "replace N answers; 0 stops it (1)",
	  .id = OPTION_TIMES },
	{ .short_name = 0 },
};
const struct cli_option log_options[] = {
	{ .long_name = "on", .help = "start logging", .id = OPTION_ON, .group = GROUP_LOG },
	{ .long_name = "off", .help = "stop logging", .id = OPTION_OFF, .group = GROUP_LOG },
	{ .short_name = 0 },
};

/* Do LINE to the drive, or have it done. */
static int apply(const char *path, const char *line)
{
	char why[SIM_WHY_BYTES] = "";
	struct sim *sim = NULL;
	enum udf_err err = sim_open(path, SIM_USE, why, &sim), close_err;

	if (err == UDF_E_BUSY) {
		err = sim_request(path, line);
		if (err)
			cli_error("mmcsim", path, "cannot pass the request to the program that uses the drive", err, 0);
		else
			cli_say("mmcsim: %s: the drive is in use; this takes effect when the next command reaches it",
				path);
		return err ? 1 : 0;
	}
	if (!err)
		err = sim_do(sim, line, why);
	close_err = sim_close(sim);
	if (err && why[0])
		cli_say("mmcsim: %s: %s", path, why);
	else if (err == UDF_E_NOT_FOUND)
		cli_say("mmcsim: %s: there is no simulated drive of this name; 'mmcsim create' makes one", path);
	else if (err || close_err)
		cli_error("mmcsim", path, "cannot change the simulated drive", err ? err : close_err, 0);
	return err || close_err ? 1 : 0;
}

/* The operands, of which there are MIN to MAX. */
static char **operands_of(struct cli_parser *parser, const struct cli_tool *tool, int min, int max, int *ret_n)
{
	char **operands;

	*ret_n = cli_operands(parser, &operands);
	if (*ret_n == 0)
		cli_bad_usage(tool, "no FILE is given");
	if (*ret_n < min)
		cli_bad_usage(tool, "too few operands");
	if (*ret_n > max)
		cli_bad_usage(tool, "too many operands");
	return operands;
}

int run_insert(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	char line[LINE_BYTES], tab[32] = "", *real = NULL;
	const char *arg;
	char **operands;
	int n, status;

	while (cli_next(parser, &arg) != -1) {
		if (strcmp(arg, "on") != 0 && strcmp(arg, "off") != 0)
			cli_bad_usage(tool, "--write-protect can't be '%s': give on or off", arg);
		(void)snprintf(tab, sizeof(tab), "tab %s", arg);
	}
	operands = operands_of(parser, tool, 1, 2, &n);
	if (n == 2 && !(real = realpath(operands[1], NULL))) {
		cli_error("mmcsim", operands[1], "cannot open it", udf_err_from_errno(errno), errno);
		return 1;
	}
	(void)snprintf(line, sizeof(line), "insert %s", real ? real : "");
	status = *tab ? apply(operands[0], tab) : 0;
	if (!status)
		status = apply(operands[0], line);
	free(real);
	cli_parser_free(parser);
	return status;
}

int run_eject(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	bool force = false;
	const char *arg;
	int n, status;

	while (cli_next(parser, &arg) != -1)
		force = true;
	status = apply(operands_of(parser, tool, 1, 1, &n)[0], force ? "eject force" : "eject");
	cli_parser_free(parser);
	return status;
}

/* One of the words of CHOICES, which are separated by '|'. */
static const char *choice(const struct cli_tool *tool, const char *option, const char *arg, const char *choices)
{
	size_t n_bytes = strlen(arg);

	for (const char *word = choices; word; word = strchr(word, '|') ? strchr(word, '|') + 1 : NULL)
		if (strncmp(word, arg, n_bytes) == 0 && (word[n_bytes] == '|' || word[n_bytes] == 0) && n_bytes)
			return arg;
	cli_bad_usage(tool, "%s can't be '%s': give %s", option, arg, choices);
}

int run_defect(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	const char *arg, *kind = "write";
	uint64_t n_times = SIM_DEFECT_FOR_GOOD;
	char **operands;
	int id, n, status = 0;

	while ((id = cli_next(parser, &arg)) != -1) {
		if (id == OPTION_KIND)
			kind = choice(tool, "--kind", arg, "write|read|weak");
		else
			n_times = cli_take_number(tool, "--times", arg, 0, UINT32_MAX - 1);
	}
	operands = operands_of(parser, tool, 2, 100000, &n);
	for (int i = 1; i < n; i++)
		(void)cli_take_number(tool, "a block", operands[i], 0, UINT32_MAX);
	for (int i = 1; i < n && !status; i++) {
		char line[LINE_BYTES];

		(void)snprintf(line, sizeof(line), "defect %s %s %llu", operands[i], kind,
			       (unsigned long long)n_times);
		status = apply(operands[0], line);
	}
	cli_parser_free(parser);
	return status;
}

int run_cut(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	const char *arg, *torn = "unreadable";
	uint64_t n_packets = 0, seed = 0;
	char line[LINE_BYTES];
	const char *other = NULL;
	int id, n, status;

	while ((id = cli_next(parser, &arg)) != -1) {
		if (id == 'p')
			n_packets = cli_take_number(tool, "--packets", arg, 0, UINT64_MAX);
		else if (id == OPTION_SEED)
			seed = cli_take_number(tool, "--seed", arg, 0, UINT64_MAX);
		else if (id == OPTION_TORN)
			torn = choice(tool, "--torn", arg, "unreadable|old|new");
		else
			other = id == OPTION_ON ? "power" : "cut off";
	}
	(void)snprintf(line, sizeof(line), "cut %llu %llu %s", (unsigned long long)n_packets,
		       (unsigned long long)seed, torn);
	status = apply(operands_of(parser, tool, 1, 1, &n)[0], other ? other : line);
	cli_parser_free(parser);
	return status;
}

int run_answer(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	char line[LINE_BYTES], **operands;
	uint64_t n_times = 1;
	const char *arg, *sense;
	int n, status;

	while (cli_next(parser, &arg) != -1)
		n_times = cli_take_number(tool, "--times", arg, 0, UINT32_MAX);
	operands = operands_of(parser, tool, 3, 3, &n);
	/* all others are sense data */
	sense = strcmp(operands[2], "busy") == 0 || strcmp(operands[2], "timeout") == 0 ||
		strcmp(operands[2], "lost") == 0 ? "" : "sense ";
	(void)snprintf(line, sizeof(line), "answer %s %s%s %llu", operands[1], sense, operands[2],
		       (unsigned long long)n_times);
	status = apply(operands[0], line);
	cli_parser_free(parser);
	return status;
}

static int show_log(const char *path)
{
	char name[LINE_BYTES], bytes[4096];
	size_t n;
	FILE *f;

	(void)snprintf(name, sizeof(name), "%s.log", path);
	f = fopen(name, "re");
	if (!f) {
		cli_say("mmcsim: %s: there is no log; 'mmcsim log --on' starts one", path);
		return 1;
	}
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		if (fwrite(bytes, 1, n, stdout) != n)
			break;
	(void)fclose(f);
	return fflush(stdout) ? 1 : 0;
}

int run_log(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	const char *arg;
	char **operands;
	int id, n, status, wanted = 0;

	while ((id = cli_next(parser, &arg)) != -1)
		wanted = id;
	operands = operands_of(parser, tool, 1, 1, &n);
	if (wanted)
		status = apply(operands[0], wanted == OPTION_ON ? "log on" : "log off");
	else
		status = show_log(operands[0]);
	cli_parser_free(parser);
	return status;
}
