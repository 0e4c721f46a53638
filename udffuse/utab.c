/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmount's own table of mounts, /run/mount/utab, which makes umount(8) look for umount.fuse.udffuse.  Its lines look
 * like "SRC=/tmp/an\040image TARGET=/mnt ROOT=/ OPTS=x-udffuse".  mount(8) and umount(8) write it for us, because they
 * know its locks.
 */
#include "config.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mountinfo.h"
#include "options.h"

#define UTAB "/run/mount/utab"
#define NOTE "x-udffuse"
#define MAX_WAIT_MS 3000	/* if the table stays locked, the volume must be closed all the same */

extern char **environ;

/* Is the last line about MOUNTPOINT our note? */
static bool is_noted(const struct options *o)
{
	struct cli_table table;
	bool found = false;
	char *line;

	cli_table_open(&table, UTAB);
	while ((line = cli_table_next(&table))) {
		const char *source = NULL, *target = NULL, *options = NULL, *word;

		while ((word = cli_table_word(&line))) {
			if (strncmp(word, "SRC=", 4) == 0)
				source = word + 4;
			else if (strncmp(word, "TARGET=", 7) == 0)
				target = word + 7;
			else if (strncmp(word, "OPTS=", 5) == 0)
				options = word + 5;
		}
		if (target && strcmp(target, o->mountpoint) == 0)
			found = source && options && strcmp(source, o->device) == 0 &&
				mountinfo_has_option(options, NOTE);
	}
	cli_table_close(&table);
	return found;
}

static void run(char **argv)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	posix_spawn_file_actions_t actions;
	pid_t pid;

	if (posix_spawn_file_actions_init(&actions))
		return;
	for (int fd = 0; fd <= 2; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) == 0)
		for (int ms = 0; ms < MAX_WAIT_MS && waitpid(pid, NULL, WNOHANG) == 0; ms++)
			nanosleep(&pause, NULL);
	posix_spawn_file_actions_destroy(&actions);
}

void utab_note(const struct options *o)
{
	char *argv[] = { "/bin/mount", "-f", "-i", "--no-canonicalize", "-t", "fuse." TOOL, "-o", NOTE, "--",
			 o->device, o->mountpoint, NULL };

	if (geteuid() == 0 && !is_noted(o))
		run(argv);
}

void utab_forget(const struct options *o)
{
	char *argv[] = { "/bin/umount", "--fake", "-i", "--no-canonicalize", "--", o->mountpoint, NULL };

	if (geteuid() == 0 && is_noted(o))
		run(argv);
}
