/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Option tables: how a command line is read, the help, and completion by bash. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/cli.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- option tables ---- */

enum { OPT_NOEFE = 1000, OPT_READ_ONLY, OPT_TABLES };

static const struct cli_option options[] = {
	{ 'b', "blocksize", "SIZE", "block size", 0, 0, "512 2048" },
	{ 'q', NULL, NULL, "less", 0, 1, NULL },
	{ 'v', "verbose", NULL, "more", 0, 1, NULL },
	{ 0, "noefe", NULL, "no extended file entries", OPT_NOEFE, 0, NULL },
	{ 0, "read-only", NULL, "write protection", OPT_READ_ONLY, 0, NULL },
	{ 0, "spartable", "[N]", "sparing tables", OPT_TABLES, 0, NULL },
	{ 'z', "secret", NULL, NULL, 0, 0, NULL },
	{ 0 },
};

static const struct cli_tool tool = {
	.name = "thetool",
	.synopsis = "[OPTION]... DEVICE",
	.summary = "Does a thing.",
	.options = options,
	.usage_exit = 7,
	.tail = "The end.",
};

static const struct cli_tool commands[] = {
	{ .name = "thetool ls", .synopsis = "IMAGE", .summary = "lists", .usage_exit = 2 },
	{ .name = "thetool rm",
	  .synopsis = "IMAGE",
	  .summary = "removes",
	  .options = options,
	  .usage_exit = 2 },
	{ 0 },
};

static const struct cli_tool tool_with_commands = {
	.name = "thetool",
	.synopsis = "COMMAND ...",
	.options = options,
	.usage_exit = 2,
	.commands = commands,
};

#define MAX_ARGS 10

struct line {
	char *argv[MAX_ARGS];
	int argc;
};

/* "tool word word": blanks part the words. */
static struct line line_of(char *text)
{
	struct line line = { .argc = 0 };

	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		line.argv[line.argc++] = word;
	return line;
}

/* What the parser tells of a command line, as text. */
static void parse(const struct cli_tool *t, const char *command_line, char *got, size_t cap)
{
	char text[200], **operands;
	struct cli_parser *parser;
	const char *arg = NULL;
	struct line line;
	size_t n = 0;
	int id;

	snprintf(text, sizeof(text), "%s", command_line);
	line = line_of(text);
	parser = cli_parser_new(t, line.argc, line.argv);
	got[0] = '\0';
	while ((id = cli_next(parser, &arg)) != -1)
		n += (size_t)snprintf(got + n, cap - n, "%d %s=%s; ", id, cli_option_name(parser),
				      arg ? arg : "-");
	line.argc = cli_operands(parser, &operands);
	for (int i = 0; i < line.argc; i++)
		n += (size_t)snprintf(got + n, cap - n, "<%s>", operands[i]);
	cli_parser_free(parser);
}

static void assert_parsed(const struct cli_tool *t, const char *command_line, const char *want)
{
	char got[400];

	parse(t, command_line, got, sizeof(got));
	assert_string_equal(got, want);
}

static void options_and_operands_are_distinguished(void **state)
{
	(void)state;
	assert_parsed(&tool, "t -b 512 dev", "98 --blocksize=512; <dev>");
	assert_parsed(&tool, "t dev --blocksize=512 100", "98 --blocksize=512; <dev><100>");
	assert_parsed(&tool, "t --blocksize 512 -q", "98 --blocksize=512; 113 -q=-; ");
	assert_parsed(&tool, "t -qb512 --noefe", "113 -q=-; 98 --blocksize=512; 1000 --noefe=-; ");
	assert_parsed(&tool, "t --spartable --spartable=3 4",
		      "1002 --spartable=-; 1002 --spartable=3; <4>");
	assert_parsed(&tool, "t --read --block 1 -- -q",
		      "1001 --read-only=-; 98 --blocksize=1; <-q>");
	assert_parsed(&tool, "t --secret -", "122 --secret=-; <->");
}

static void options_of_the_tool_end_at_the_command(void **state)
{
	(void)state;
	assert_parsed(&tool_with_commands, "t -q rm -v x", "113 -q=-; <rm><-v><x>");
	assert_ptr_equal(cli_find_command(&tool_with_commands, "rm"), &commands[1]);
	assert_null(cli_find_command(&tool_with_commands, "mv"));
	assert_null(cli_find_command(&tool_with_commands, "thetool"));
	assert_parsed(&commands[1], "rm -v x", "118 --verbose=-; <x>");
	assert_null(cli_find_command(&tool, "rm"));
}

static const struct cli_option mkisofs_options[] = {
	{ 'o', "output", "FILE", "where to", 0, 0, NULL },
	{ 'r', "rational-rock", NULL, "Rock Ridge", 0, 0, NULL },
	{ 'J', "joliet", NULL, "Joliet", 0, 0, NULL },
	{ 0, "joliet-long", NULL, "Joliet with long names", 1000, 0, NULL },
	{ 'p', "preparer", "TEXT", "who prepared it", 0, 0, NULL },
	{ 0, "path-list", "FILE", "more operands", 1001, 0, NULL },
	{ 0, "quiet", NULL, "few words", 1002, 0, NULL },
	{ 0, "json", NULL, "JSON", 1003, 0, NULL },
	{ 0 },
};

static const struct cli_tool single_dash_tool = {
	.name = "thetool",
	.synopsis = "DIR",
	.options = mkisofs_options,
	.usage_exit = 2,
	.single_dash = true,
	.two_dashes = " json ",
};

static void long_names_may_have_one_dash(void **state)
{
	(void)state;
	assert_parsed(&single_dash_tool, "t -joliet-long -path-list l --path-list=m d",
		      "1000 -joliet-long=-; 1001 -path-list=l; 1001 -path-list=m; <d>");
	assert_parsed(&single_dash_tool, "t d -quie -q -json", "1002 -quiet=-; 1002 -quiet=-; 1003 --json=-; <d>");
	assert_parsed(&single_dash_tool, "t -rJ d -o x -- -r",
		      "114 -rational-rock=-; 74 -joliet=-; 111 -output=x; <d><-r>");
	assert_parsed(&single_dash_tool, "t -rJo x d -r",
		      "114 -rational-rock=-; 74 -joliet=-; 111 -output=x; 114 -rational-rock=-; <d>");
	assert_parsed(&single_dash_tool, "t -ox.iso -", "111 -output=x.iso; <->");
}

struct outcome {
	int status;
	char out[4096], err[1024];
};

static void slurp(FILE *f, char *buf, size_t cap)
{
	rewind(f);
	buf[fread(buf, 1, cap - 1, f)] = '\0';
	fclose(f);
}

/* Parse in a child, as the parser may end the process. */
static void outcome_of(const struct cli_tool *t, const char *command_line, struct outcome *ret)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		char got[400];

		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(err), STDERR_FILENO);
		parse(t, command_line, got, sizeof(got));
		_exit(99); /* it went through */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	ret->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	slurp(out, ret->out, sizeof(ret->out));
	slurp(err, ret->err, sizeof(ret->err));
}

static void bad_usage_prints_one_line_and_points_to_the_help(void **state)
{
	static const struct {
		const char *command_line, *message;
	} rows[] = {
		{ "t --nonsense", "unknown option '--nonsense'" },
		{ "t -x", "unknown option '-x'" },
		{ "t -qx", "unknown option '-x'" },
		{ "t -b", "option '-b' needs an argument" },
		{ "t --blocksize", "option '--blocksize' needs an argument" },
		{ "t --noefe=3", "option '--noefe' takes no argument" },
		{ "t --help=3", "option '--help' takes no argument" },
		{ "t --ve", "option '--ve' could be several" },
		{ "t -q --verbose", "options '-q' and '--verbose' exclude each other" },
		{ "t -vq", "options '--verbose' and '-q' exclude each other" },
		{ "t --completion=tcsh", "no completion for 'tcsh'; there is one for bash" },
	};
	struct outcome o;
	char want[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		outcome_of(&tool, rows[i].command_line, &o);
		snprintf(want, sizeof(want),
			 "thetool: %s\nTry 'thetool --help' for more information.\n",
			 rows[i].message);
		assert_string_equal(o.err, want);
		assert_string_equal(o.out, "");
		assert_int_equal(o.status, 7);
	}
}

static void a_mistyped_name_is_not_read_as_letters(void **state)
{
	static const struct {
		const char *command_line, *message;
	} rows[] = {
		{ "t -path-lst d", "unknown option '-path-lst'" },	/* not -p and "ath-lst" */
		{ "t -output1", "unknown option '-output1'" },
		{ "t -rock d", "unknown option '-rock'" },		/* not -r, -o and "ck" */
		{ "t -rJx d", "unknown option '-rJx'" },
		{ "t d -udf", "unknown option '-udf'" },
		{ "t -joliet-l=3", "option '-joliet-l' takes no argument" },
		{ "t -path-list", "option '-path-list' needs an argument" },
		{ "t -rJo", "option '-o' needs an argument" },
		{ "t -pa", NULL },
	};
	struct outcome o;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		outcome_of(&single_dash_tool, rows[i].command_line, &o);
		assert_int_equal(o.status, 2);
		if (rows[i].message)
			assert_non_null(strstr(o.err, rows[i].message));
	}
	outcome_of(&single_dash_tool, "t --help", &o);
	assert_non_null(strstr(o.out, " -o, -output <FILE>"));
	assert_non_null(strstr(o.out, "     --json"));
}

static void an_exclusive_option_may_be_repeated(void **state)
{
	(void)state;
	assert_parsed(&tool, "t -q -q", "113 -q=-; 113 -q=-; ");
}

static void help_goes_to_standard_output(void **state)
{
	struct outcome o;

	(void)state;
	outcome_of(&tool, "t --help", &o);
	assert_int_equal(o.status, 0);
	assert_string_equal(o.err, "");
	assert_string_equal(o.out, "\nUsage:\n thetool [OPTION]... DEVICE\n"
				   "\nDoes a thing.\n"
				   "\nOptions:\n"
				   " -b, --blocksize <SIZE>  block size\n"
				   " -q                      less\n"
				   " -v, --verbose           more\n"
				   "     --noefe             no extended file entries\n"
				   "     --read-only         write protection\n"
				   "     --spartable[=<N>]   sparing tables\n"
				   " -h, --help              display this help\n"
				   " -V, --version           display the version\n"
				   "\nThe end.\n");
	outcome_of(&tool, "t -h", &o);
	assert_int_equal(o.status, 0);
	assert_memory_equal(o.out, "\nUsage:", 7);
}

static void help_lists_commands(void **state)
{
	struct outcome o;

	(void)state;
	outcome_of(&tool_with_commands, "t --help", &o);
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.out, "\nCommands:\n ls  lists\n rm  removes\n"));
}

static void version_names_the_tool(void **state)
{
	struct outcome o;

	(void)state;
	outcome_of(&tool, "t -V", &o);
	assert_int_equal(o.status, 0);
	assert_string_equal(o.out, "thetool (udfkit) " PACKAGE_VERSION "\n");
	assert_string_equal(o.err, "");
}

/* ---- completion, by bash itself ---- */

/* What bash completes for WORDS, of which the last is being typed; blanks between replies. */
static void complete(const char *words, char *ret, size_t cap)
{
	char dir[] = "/tmp/udfkit-cli.XXXXXX", path[64], command[600];
	size_t n = 0;
	FILE *f;
	int c;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/completion", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	cli_print_completion(&tool, f);
	fprintf(f, "mkdir '%s/a dir'; : >'%s/a file'; cd '%s'\n", dir, dir, dir);
	fprintf(f, "compopt() { :; }\nCOMP_WORDS=(%s)\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n",
		words);
	fprintf(f, "_thetool\nprintf '%%s,' \"${COMPREPLY[@]}\"\n");
	fclose(f);
	snprintf(command, sizeof(command), "bash -u %s; rm -rf %s", path, dir);
	f = popen(command, "r");
	assert_non_null(f);
	while (n < cap - 1 && (c = fgetc(f)) != EOF)
		ret[n++] = (char)c;
	ret[n] = '\0';
	assert_int_equal(pclose(f), 0);
}

static void bash_completes_options_choices_and_files(void **state)
{
	char got[400];

	(void)state;
	complete("thetool --b", got, sizeof(got));
	assert_string_equal(got, "--blocksize,");
	complete("thetool --s", got, sizeof(got));
	assert_string_equal(got, "--spartable,"); /* and not the hidden one */
	complete("thetool -b ''", got, sizeof(got));
	assert_string_equal(got, "512,2048,");
	complete("thetool --blocksize = 2", got, sizeof(got));
	assert_string_equal(got, "2048,");
	complete("thetool --blocksize =", got, sizeof(got));
	assert_string_equal(got, "512,2048,");
	complete("thetool -q a", got, sizeof(got));
	assert_string_equal(got, "a file,a dir,");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_are_distinguished),
		cmocka_unit_test(options_of_the_tool_end_at_the_command),
		cmocka_unit_test(long_names_may_have_one_dash),
		cmocka_unit_test(a_mistyped_name_is_not_read_as_letters),
		cmocka_unit_test(bad_usage_prints_one_line_and_points_to_the_help),
		cmocka_unit_test(an_exclusive_option_may_be_repeated),
		cmocka_unit_test(help_goes_to_standard_output),
		cmocka_unit_test(help_lists_commands),
		cmocka_unit_test(version_names_the_tool),
		cmocka_unit_test(bash_completes_options_choices_and_files),
	};

	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
