/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "record.h"
#include "server.h"

#define STATUS_FD 3	/* in the child */

#ifdef PACKETS_PLUGIN
/* In a build tree the plugin stands beside the program, else where it is installed. */
static bool find_plugin(char ret[PATH_MAX])
{
	static const char name[] = "/packets.so";
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - sizeof(name));
	char *slash;

	if (n > 0) {
		ret[n] = '\0';
		slash = strrchr(ret, '/');
		if (slash) {
			memcpy(slash, name, sizeof(name));
			if (access(ret, R_OK) == 0)
				return true;
		}
	}
	snprintf(ret, PATH_MAX, "%s", PACKETS_PLUGIN);
	return access(ret, R_OK) == 0;
}
#else
static bool find_plugin(char ret[PATH_MAX])
{
	ret[0] = '\0';
	return false;
}
#endif

bool server_can_start(char ret_why[WHY_BYTES])
{
	char plugin[PATH_MAX];

	if (!find_plugin(plugin))
		snprintf(ret_why, WHY_BYTES, plugin[0] ? "%s is missing; install udfkit again" :
			 "this build has no server for NBD%s; configure it again with nbdkit-plugin-dev installed",
			 plugin);
	else if (!child_is_there("nbdkit"))
		snprintf(ret_why, WHY_BYTES, "nbdkit is missing; on Debian: apt-get install nbdkit");
	else if (!child_is_there("nbd-client"))
		snprintf(ret_why, WHY_BYTES, "nbd-client is missing; on Debian: apt-get install nbd-client");
	else
		return true;
	return false;
}

/* In the child; does not return. */
static void run_nbdkit(const char *device, const struct server *server, int status_fd, int error_fd)
{
	char plugin[PATH_MAX], device_arg[PATH_MAX + 8];
	sigset_t blocked;
	int null = open("/dev/null", O_RDWR);

	/* All get these when a session or service is stopped.  The kernel must be served until it is disconnected. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	find_plugin(plugin);
	snprintf(device_arg, sizeof(device_arg), "device=%s", device);
	/* Those of the pipes are above 3, so that none is overwritten before it is used. */
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(error_fd, 2) < 0 ||
	    dup2(status_fd, STATUS_FD) < 0)
		_exit(127);
	record_hold_server(server->slot);
	execlp("nbdkit", "nbdkit", "--foreground", "--threads=4", "--unix", server->socket, plugin,
	       device_arg, "status=3", (char *)NULL);
	fprintf(stderr, "nbdkit: %s\n", strerror(errno));
	_exit(127);
}

/* A pipe whose ends are above STATUS_FD; reading from it does not block. */
static bool make_pipe(int fds[2])
{
	int low[2];

	if (pipe2(low, O_CLOEXEC) < 0)
		return false;
	fds[0] = fcntl(low[0], F_DUPFD_CLOEXEC, STATUS_FD + 1);
	fds[1] = fcntl(low[1], F_DUPFD_CLOEXEC, STATUS_FD + 1);
	close(low[0]);
	close(low[1]);
	return fds[0] >= 0 && fds[1] >= 0 && fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0;
}

bool server_start(const char *device, struct server *ret, char ret_why[WHY_BYTES])
{
	int status[2] = { -1, -1 }, errors[2] = { -1, -1 };

	(void)unlink(ret->socket);
	if (!make_pipe(status) || !make_pipe(errors) || (ret->pid = fork()) < 0) {
		snprintf(ret_why, WHY_BYTES, "nbdkit can't be started: %s", strerror(errno));
		ret->pid = 0;
		return false;
	}
	if (ret->pid == 0)
		run_nbdkit(device, ret, status[1], errors[1]);
	/* While we unmount, nobody reads: messages may be lost, but must not stop the server. */
	(void)fcntl(errors[1], F_SETFL, O_NONBLOCK);
	close(status[1]);
	close(errors[1]);
	ret->status = (struct lines){ .fd = status[0] };
	ret->errors = (struct lines){ .fd = errors[0] };
	return true;
}

bool server_has_ended(struct server *server)
{
	if (server->pid && waitpid(server->pid, &server->exit_status, WNOHANG) == server->pid) {
		server->pid = 0;
		(void)unlink(server->socket);
	}
	return server->pid == 0;
}

void server_stop(const struct server *server)
{
	if (server->pid)
		kill(server->pid, SIGQUIT);
}
