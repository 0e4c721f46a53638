/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

extern char **environ;

bool child_is_there(const char *program)
{
	const char *dirs = getenv("PATH");
	char path[PATH_MAX];

	for (size_t n; dirs && *dirs; dirs += n + (dirs[n] == ':')) {
		n = strcspn(dirs, ":");
		if (snprintf(path, sizeof(path), "%.*s/%s", (int)n, dirs, program) < (int)sizeof(path) &&
		    access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* The last line that is not empty, of what comes from FD until its end. */
static void read_last_line(int fd, char *ret, size_t cap)
{
	char line[512];
	size_t n = 0;
	ssize_t got;
	char c;

	ret[0] = '\0';
	while ((got = read(fd, &c, 1)) == 1 || (got < 0 && errno == EINTR)) {
		if (got < 0)
			continue;
		if (c != '\n') {
			if (n < sizeof(line) - 1)
				line[n++] = c;
			continue;
		}
		line[n] = '\0';
		if (n)
			snprintf(ret, cap, "%s", line);
		n = 0;
	}
	line[n] = '\0';
	if (n)
		snprintf(ret, cap, "%s", line);
}

int child_run(const char *const argv[], char *ret_said, size_t cap)
{
	char unheard[512];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int fds[2], status, failed;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return 127;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 2);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	/* It writes to none of the strings. */
	failed = posix_spawnp(&pid, argv[0], &actions, &attr, (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (failed) {
		close(fds[0]);
		return 127;
	}
	read_last_line(fds[0], ret_said ? ret_said : unheard, ret_said ? cap : sizeof(unheard));
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
