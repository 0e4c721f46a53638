/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands share: options that all of them have, opening and closing the image, messages. */
#include "config.h"

#include <signal.h>
#include <stdlib.h>

#include "command.h"
#include "vol/vol.h"

bool take_common(struct common_options *common, const struct cli_tool *tool, int id, const char *arg)
{
	if (id == 'b') {
		common->block_bytes = cli_take_block_bytes(tool, arg);
	} else if (id == OPTION_FORCE) {
		common->n_forced++;
	} else if (id == OPTION_MOUNTED) {
		common->mounted = true;
	}
	return id == 'b' || id == OPTION_FORCE || id == OPTION_MOUNTED;
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
 * After the first signal, a command that writes closes the volume or removes an incomplete file, and then ends.  A
 * second signal ends it at once.  A closed pipe must not end a command before it has done that, either.
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
				     .override_option = write ? CLI_FORCE_IN_USE : CLI_READ_IN_USE,
				     .override = write ? common->n_forced > 1 : common->mounted,
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

static void end_as_interrupted(void)
{
	signal(interrupted_by, SIG_DFL);
	raise(interrupted_by);
}

int command_end(enum udf_err err)
{
	if (interrupted_by)
		end_as_interrupted();
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

int command_close(struct command *c)
{
	enum udf_err err;

	if (c->failed)
		front_say_in_use(&c->front);
	err = front_close(&c->front);
	if (err) {
		cli_error(c->tool->name, c->image, "the volume could not be closed", err, 0);
		c->failed = true;
	}
	/* The signal that interrupted the command may have interrupted a write to standard output as well. */
	if (!interrupted_by && !cli_flush_output(c->tool->name))
		c->failed = true;
	if (interrupted_by) {
		command_say(c, NULL, "interrupted; what was done before is kept");
		end_as_interrupted();
	}
	return c->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Is the image shorter than its volume?  Then it was not copied whole, and some addresses do not exist in it. */
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
		command_say(c, path, "is stored beyond the end of the image, which is shorter than its volume; "
			    "copy the whole image again");
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
