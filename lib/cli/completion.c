/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A completion script for bash, made from option tables. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/internal.h"

/* "mkudffs" or "udf ls" as a part of a shell function's name */
static void print_function_name(const char *name, FILE *out)
{
	fputc('_', out);
	for (; *name; name++)
		fputc(*name == ' ' || *name == '-' || *name == '.' ? '_' : *name, out);
}

static void print_pattern(const struct cli_tool *tool, const struct cli_option *row, FILE *out)
{
	if (row->short_name)
		fprintf(out, "-%c%s", row->short_name, row->long_name ? "|" : "");
	/* bash takes "speed=" for two words */
	if (row->long_name)
		fprintf(out, "%s%.*s", cli_dashes(tool, row->long_name),
			(int)(strlen(row->long_name) - cli_is_setting(row)), row->long_name);
}

static bool names_a_file(const char *arg_name)
{
	static const char *const words[] = { "FILE", "DEVICE", "IMAGE", "PATH" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(arg_name, words[i]))
			return true;
	return false;
}

/* What may follow an option that takes an argument: one case for each row. */
static void print_arguments(const struct cli_tool *tool, FILE *out)
{
	fprintf(out, "\tcase $prev in\n");
	for (size_t i = 0; i < cli_n_rows(tool); i++) {
		const struct cli_option *row = &tool->options[i];

		if (!row->arg_name || row->arg_name[0] == '[' || !row->help)
			continue;
		fprintf(out, "\t");
		print_pattern(tool, row, out);
		if (row->choices)
			fprintf(out, ") mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")",
				row->choices);
		else if (strstr(row->arg_name, "DIR"))
			fprintf(out, ") compopt -o filenames\n"
				     "\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")");
		else if (names_a_file(row->arg_name))
			fprintf(out, ") compopt -o filenames\n"
				     "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")");
		else
			fprintf(out, ") :");
		fprintf(out, "\n\t\treturn ;;\n");
	}
	fprintf(out, "\tesac\n");
}

static void print_option_words(const struct cli_tool *tool, FILE *out)
{
	for (size_t i = 0; i < cli_n_rows(tool); i++) {
		const struct cli_option *row = &tool->options[i];

		if (!row->help || cli_is_setting(row))
			continue;
		if (row->long_name)
			fprintf(out, "%s%s ", cli_dashes(tool, row->long_name), row->long_name);
		else
			fprintf(out, "-%c ", row->short_name);
	}
	fprintf(out, "--help --version");
}

/* Operands, and settings if the tool has any: "speed=" is followed by its value, without a space. */
static void print_operands(const struct cli_tool *tool, FILE *out)
{
	bool has_settings = false;

	fprintf(out, "\tcompopt -o filenames\n\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\"");
	for (size_t i = 0; i < cli_n_rows(tool); i++) {
		const struct cli_option *row = &tool->options[i];

		if (!row->help || !cli_is_setting(row))
			continue;
		fprintf(out, "%s%s", has_settings ? " " : "; compgen -W '", row->long_name);
		has_settings = true;
	}
	fprintf(out, "%s)\n", has_settings ? "' -- \"$cur\"" : "");
	if (has_settings)
		fprintf(out, "\t[[ ${COMPREPLY-} != *= ]] || compopt -o nospace\n");
	fprintf(out, "}\n");
}

/* One function for each command line: that of the tool, and that of each of its commands. */
static void print_function(const struct cli_tool *tool, FILE *out)
{
	print_function_name(tool->name, out);
	fprintf(out, "()\n{\n"
		     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
		     "\tCOMPREPLY=()\n"
		     "\tif [ \"$cur\" = '=' ]; then\n"
		     "\t\tcur=\n"
		     "\telif [ \"$prev\" = '=' ]; then\n"
		     "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
		     "\tfi\n");
	print_arguments(tool, out);
	fprintf(out, "\tcase $cur in\n\t-*) mapfile -t COMPREPLY < <(compgen -W '");
	print_option_words(tool, out);
	fprintf(out, "' -- \"$cur\")\n\t\treturn ;;\n\tesac\n");
	if (!tool->commands) {
		print_operands(tool, out);
		return;
	}
	fprintf(out, "\tmapfile -t COMPREPLY < <(compgen -W '");
	for (const struct cli_tool *c = tool->commands; c->name; c++)
		fprintf(out, "%s%s", c == tool->commands ? "" : " ", cli_command_word(c));
	fprintf(out, "' -- \"$cur\")\n}\n");
}

/* Call the function of the command that the line names before the word that is being completed. */
static void print_dispatch(const struct cli_tool *tool, FILE *out)
{
	print_function_name(tool->name, out);
	fprintf(out, "_line()\n{\n"
		     "\tlocal i\n"
		     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		     "\t\tcase ${COMP_WORDS[i]} in\n");
	for (const struct cli_tool *c = tool->commands; c->name; c++) {
		fprintf(out, "\t\t%s) ", cli_command_word(c));
		print_function_name(c->name, out);
		fprintf(out, "; return ;;\n");
	}
	fprintf(out, "\t\tesac\n\tdone\n\t");
	print_function_name(tool->name, out);
	fprintf(out, "\n}\n");
}

void cli_print_completion(const struct cli_tool *tool, FILE *out)
{
	fprintf(out, "# bash completion for %s; made from its option table\n", tool->name);
	for (const struct cli_tool *c = tool->commands; c && c->name; c++)
		print_function(c, out);
	print_function(tool, out);
	if (tool->commands)
		print_dispatch(tool, out);
	fprintf(out, "complete -F ");
	print_function_name(tool->name, out);
	fprintf(out, "%s %s%s%s\n", tool->commands ? "_line" : "", tool->name, tool->link_name ? " " : "",
		tool->link_name ? tool->link_name : "");
}
