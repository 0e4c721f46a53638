/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Option tables -> getopt_long. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/internal.h"

/* getopt's values: rows of the table are FIRST_ROW and up, below are short names. */
enum { VAL_HELP = 256, VAL_VERSION, FIRST_ROW };

struct cli_parser {
	const struct cli_tool *tool;
	int argc;
	char **argv;
	size_t n_rows;
	struct option *long_options;
	char *short_options;
	char last_name[64];
	int n_joined; /* short options of the current word that are still to come, the last one included */
	const struct cli_option *
	    *given_of_group; /* a place a row: which option of its group came */
};

static int has_arg(const struct cli_option *row)
{
	if (!row->arg_name)
		return no_argument;
	return row->arg_name[0] == '[' ? optional_argument : required_argument;
}

static void add_short(char **at, int name, int arg)
{
	*(*at)++ = (char)name;
	for (int i = 0; i < arg; i++)
		*(*at)++ = ':';
}

/* ":" first: the two kinds of error are distinguished; "+": a tool with commands ends its options there. */
static void make_short_options(struct cli_parser *p)
{
	char *at = p->short_options;

	if (p->tool->commands)
		*at++ = '+';
	*at++ = ':';
	for (size_t i = 0; i < p->n_rows; i++)
		if (p->tool->options[i].short_name)
			add_short(&at, p->tool->options[i].short_name,
				  has_arg(&p->tool->options[i]));
	if (!cli_has_short(p->tool, 'h'))
		add_short(&at, 'h', no_argument);
	if (!cli_has_short(p->tool, 'V'))
		add_short(&at, 'V', no_argument);
	*at = '\0';
}

static void make_long_options(struct cli_parser *p)
{
	struct option *at = p->long_options;

	for (size_t i = 0; i < p->n_rows; i++) {
		const struct cli_option *row = &p->tool->options[i];

		if (row->long_name)
			*at++ = (struct option){ row->long_name, has_arg(row), NULL,
						 FIRST_ROW + (int)i };
	}
	*at++ = (struct option){ "help", no_argument, NULL, VAL_HELP };
	*at++ = (struct option){ "version", no_argument, NULL, VAL_VERSION };
	*at = (struct option){ NULL, 0, NULL, 0 };
}

/*
 * A tool called with standard input, output or error closed would have its image opened in their place,
 * and write its messages into it.  They are taken by what can be neither read nor written in that way, so
 * that using them still fails.
 */
static void hold_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd &&
		    open("/", O_RDONLY | O_DIRECTORY) != fd)
			_exit(EXIT_FAILURE);
	}
}

struct cli_parser *cli_parser_new(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *p = calloc(1, sizeof(*p));

	hold_standard_files();
	signal(SIGXFSZ, SIG_IGN);	/* writing beyond a limit is reported as an error; it does not end us */
	cli_set_tool_name(tool->name);
	if (!p)
		goto no_memory;
	p->tool = tool;
	p->argc = argc;
	p->argv = argv;
	p->n_rows = cli_n_rows(tool);
	p->long_options = calloc(p->n_rows + 3, sizeof(*p->long_options));
	p->short_options = malloc(3 * p->n_rows + 5);
	p->given_of_group = calloc(p->n_rows + 1, sizeof(struct cli_option *));
	if (!p->long_options || !p->short_options || !p->given_of_group)
		goto no_memory;
	make_long_options(p);
	make_short_options(p);
	optind = 0; /* getopt begins anew, a second parser in a process too */
	opterr = 0;
	return p;
no_memory:
	cli_error(tool->name, NULL, NULL, UDF_E_NOMEM, 0);
	exit(tool->usage_exit);
}

void cli_parser_free(struct cli_parser *parser)
{
	if (!parser)
		return;
	free(parser->long_options);
	free(parser->short_options);
	free(parser->given_of_group);
	free(parser);
}

void cli_bad_usage(const struct cli_tool *tool, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", tool->name);
	va_start(args, format);
	cli_vsay(format, args);
	va_end(args);
	fprintf(stderr, "Try '%s --help' for more information.\n", tool->name);
	exit(tool->usage_exit);
}

static const struct cli_option *row_of(const struct cli_parser *p, int val)
{
	if (val >= FIRST_ROW)
		return &p->tool->options[val - FIRST_ROW];
	for (size_t i = 0; i < p->n_rows; i++)
		if (p->tool->options[i].short_name == val)
			return &p->tool->options[i];
	return NULL;
}

/* How many long names begin as WORD ("--bl", "--bl=3") does? */
static size_t n_matches(const struct cli_parser *p, const char *word)
{
	const char *name = word + strspn(word, "-");
	size_t n_bytes = strcspn(name, "="), n = 0;

	for (const struct option *o = p->long_options; o->name; o++)
		n += strncmp(o->name, name, n_bytes) == 0;
	return n;
}

/* getopt gave '?' or ':'.  The word that it has read is argv[optind - 1] where it is a long option. */
static void __attribute__((noreturn)) refuse(const struct cli_parser *p, int val)
{
	const char *word = p->argv[optind - 1];
	const struct cli_option *row = optopt ? row_of(p, optopt) : NULL;
	bool is_short = optopt > 0 && optopt < VAL_HELP;

	if (val == ':' && is_short)
		cli_bad_usage(p->tool, "option '-%c' needs an argument", optopt);
	if (val == ':' && row)
		cli_bad_usage(p->tool, "option '%s%s' needs an argument", cli_dashes(p->tool, row->long_name),
			      row->long_name);
	if (is_short)
		cli_bad_usage(p->tool, "unknown option '-%c'", optopt);
	if (optopt) /* known, but "=..." follows */
		cli_bad_usage(p->tool, "option '%.*s' takes no argument", (int)strcspn(word, "="),
			      word);
	if (n_matches(p, word) > 1)
		cli_bad_usage(p->tool, "option '%s' could be several", word);
	cli_bad_usage(p->tool, "unknown option '%s'", word);
}

static void __attribute__((noreturn)) end_of_output(const struct cli_tool *tool)
{
	exit(cli_flush_output(tool->name) ? 0 : 1);
}

/* It is not one of the long names, so that it makes no abbreviation ambiguous. */
static void answer_completion(const struct cli_parser *p)
{
	static const char option[] = "--completion=";
	const char *word = p->argc == 2 ? p->argv[1] : "";

	if (strncmp(word, option, sizeof(option) - 1) != 0)
		return;
	word += sizeof(option) - 1;
	if (strcmp(word, "bash") != 0)
		cli_bad_usage(p->tool, "no completion for '%s'; there is one for bash", word);
	cli_print_completion(p->tool, stdout);
	end_of_output(p->tool);
}

static void name_of(const struct cli_tool *tool, const struct cli_option *row, char *buf, size_t cap)
{
	if (row->long_name)
		snprintf(buf, cap, "%s%s", cli_dashes(tool, row->long_name), row->long_name);
	else
		snprintf(buf, cap, "-%c", row->short_name);
}

static int id_of(const struct cli_option *row)
{
	return row->id ? row->id : row->short_name;
}

/* Options of one group exclude each other; the same again does not. */
static void check_group(struct cli_parser *p, const struct cli_option *row)
{
	char name[64], other[64];
	size_t i;

	if (row->group <= 0)
		return;
	for (i = 0; p->given_of_group[i]; i++) {
		const struct cli_option *earlier = p->given_of_group[i];

		if (earlier->group != row->group)
			continue;
		if (id_of(earlier) == id_of(row))
			return;
		name_of(p->tool, earlier, other, sizeof(other));
		name_of(p->tool, row, name, sizeof(name));
		cli_bad_usage(p->tool, "options '%s' and '%s' exclude each other", other, name);
	}
	p->given_of_group[i] = row; /* one a group, so there is room */
}

/* The next word that getopt will take for an option, NULL where there is none. */
static const char *next_word(const struct cli_parser *p)
{
	for (int i = optind ? optind : 1; i < p->argc; i++) {
		if (strcmp(p->argv[i], "--") == 0)
			return NULL;
		if (p->argv[i][0] == '-' && p->argv[i][1])
			return p->argv[i];
	}
	return NULL;
}

/* getopt_long_only() reads more into a word than cli_read_word() allows. */
static int next_of_single_dash(struct cli_parser *p)
{
	const char *word = p->n_joined > 1 ? NULL : next_word(p);

	p->n_joined--;
	if (word && cli_read_word(p->tool, word, &p->n_joined) == CLI_WORD_UNKNOWN)
		cli_bad_usage(p->tool, "unknown option '%s'", word);
	return getopt_long_only(p->argc, p->argv, p->short_options, p->long_options, NULL);
}

int cli_next(struct cli_parser *parser, const char **ret_arg)
{
	const struct cli_option *row;
	int val;

	if (optind == 0)
		answer_completion(parser);
	val = parser->tool->single_dash ?
		      next_of_single_dash(parser) :
		      getopt_long(parser->argc, parser->argv, parser->short_options, parser->long_options, NULL);
	if (val == -1)
		return -1;
	if (val == '?' || val == ':')
		refuse(parser, val);
	if (val == 'h' && !cli_has_short(parser->tool, 'h'))
		val = VAL_HELP;
	if (val == 'V' && !cli_has_short(parser->tool, 'V'))
		val = VAL_VERSION;
	if (val == VAL_HELP || val == VAL_VERSION) {
		if (val == VAL_HELP)
			cli_print_help(parser->tool, stdout);
		else
			printf("%s (%s) %s\n", parser->tool->name, PACKAGE_NAME, PACKAGE_VERSION);
		end_of_output(parser->tool);
	}
	row = row_of(parser, val);
	check_group(parser, row);
	name_of(parser->tool, row, parser->last_name, sizeof(parser->last_name));
	*ret_arg = optarg;
	return id_of(row);
}

const char *cli_option_name(const struct cli_parser *parser)
{
	return parser->last_name;
}

int cli_operands(struct cli_parser *parser, char ***ret_operands)
{
	*ret_operands = parser->argv + optind;
	return parser->argc - optind;
}
