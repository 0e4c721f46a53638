/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of mmcsim.  Each is a function that gets its own name as argv[0], and returns the exit status. */
#ifndef MMCSIM_COMMAND_H
#define MMCSIM_COMMAND_H

#include "cli/cli.h"
#include "sim/sim.h"

#define EXIT_USAGE 2

int run_create(const struct cli_tool *tool, int argc, char **argv);
int run_list(const struct cli_tool *tool, int argc, char **argv);
int run_show(const struct cli_tool *tool, int argc, char **argv);
int run_insert(const struct cli_tool *tool, int argc, char **argv);
int run_eject(const struct cli_tool *tool, int argc, char **argv);
int run_defect(const struct cli_tool *tool, int argc, char **argv);
int run_cut(const struct cli_tool *tool, int argc, char **argv);
int run_answer(const struct cli_tool *tool, int argc, char **argv);
int run_log(const struct cli_tool *tool, int argc, char **argv);
int run_serve(const struct cli_tool *tool, int argc, char **argv);

extern const struct cli_option create_options[], list_options[], show_options[], insert_options[], eject_options[],
	defect_options[], cut_options[], answer_options[], log_options[], serve_options[];

#endif
