/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dd: an image, of whatever file system, onto a device or a disc in a drive. */
#include "config.h"

#include "command.h"
#include "front/image.h"

int run_dd(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	struct front_image job = { .tool = tool->name, .verify = true, .is_interrupted = command_is_interrupted };
	char **operands;
	const char *arg;
	int id, n;

	while ((id = cli_next(parser, &arg)) != -1) {
		if (id == OPTION_FORCE)
			job.options.n_forced++;
		else
			job.verify = false;
	}
	n = cli_operands(parser, &operands);
	cli_parser_free(parser);
	if (n != 2)
		cli_bad_usage(tool, "needs an image and a device");
	job.image = operands[0];
	job.target = operands[1];
	command_catch_signals();
	return command_end(front_image_write(&job));
}
