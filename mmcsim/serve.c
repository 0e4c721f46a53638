/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmcsim serve: simulated drives as drives of this kernel, until a signal comes or a command has ended. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "served.h"
#include "target.h"

#define MAX_DRIVES 16
#define DEFAULT_PACE 100u
#define MAX_PACE 1000000u
#define ASK_MS 200

enum { OPTION_RUN = 256, OPTION_PACE };
const struct cli_option serve_options[] = {
	{ .long_name = "run", .arg_name = "COMMAND",
	  .help = "serve until COMMAND has ended; $sr and $sg name the drive", .id = OPTION_RUN },
	{ .long_name = "pace", .arg_name = "N",
	  .help = "let N seconds pass for the drive during one second (100)", .id = OPTION_PACE },
	{ .short_name = 0 },
};

struct drive {
	const char *path;
	struct sim *sim;
	struct mmc_transport *transport;
	struct served *served;
};

struct server {
	struct drive drives[MAX_DRIVES];
	unsigned n_drives;
	uint32_t pace;
	const char *command;		/* --run; NULL */
	sigset_t signals, old_signals;
	pid_t child;			/* that runs COMMAND; 0: none */
};

/* ---- drives ---- */

static enum udf_err drive_start(struct server *server, const char *path)
{
	struct drive *drive = &server->drives[server->n_drives];
	char why[SIM_WHY_BYTES] = "";
	enum udf_err err;

	*drive = (struct drive){ .path = path };
	err = sim_open(path, SIM_USE, why, &drive->sim);
	if (err) {
		if (why[0])
			cli_say("mmcsim serve: %s: %s", path, why);
		else
			cli_error("mmcsim serve", path, "can't be opened", err, 0);
		return err;
	}
	err = sim_transport_new(drive->sim, false, &drive->transport);
	if (!err)
		err = served_start(drive->transport, server->n_drives, server->pace, &drive->served);
	if (err) {
		mmc_transport_close(drive->transport);
		(void)sim_close(drive->sim);
		return err;
	}
	server->n_drives++;
	return UDF_OK;
}

/* All of them, the last one first; the first error. */
static enum udf_err drives_stop(struct server *server)
{
	enum udf_err first = UDF_OK;

	while (server->n_drives) {
		struct drive *drive = &server->drives[--server->n_drives];
		enum udf_err err;

		served_stop(drive->served);
		mmc_transport_close(drive->transport);
		err = sim_close(drive->sim);
		if (err)
			cli_error("mmcsim serve", drive->path, "its state can't be saved", err, 0);
		if (!first)
			first = err;
	}
	return first;
}

/* "mmcsim eject FILE" and others leave a request, which is also taken while the kernel asks the drive nothing. */
static void take_requests(struct server *server)
{
	for (unsigned i = 0; i < server->n_drives; i++) {
		served_lock(server->drives[i].served);
		sim_take_requests(server->drives[i].sim);
		served_unlock(server->drives[i].served);
	}
}

/* ---- --run ---- */

/* The nodes are in the command's environment: $sr and $sg of the first drive, $sr1, $sg1 ... of each. */
static void set_variables(const struct server *server)
{
	char name[16];

	for (unsigned i = 0; i < server->n_drives; i++) {
		const char *block = served_block_node(server->drives[i].served);
		const char *generic = served_generic_node(server->drives[i].served);

		snprintf(name, sizeof(name), "sr%u", i + 1);
		setenv(name, block, 1);
		snprintf(name, sizeof(name), "sg%u", i + 1);
		setenv(name, generic, 1);
		if (i == 0) {
			setenv("sr", block, 1);
			setenv("sg", generic, 1);
		}
	}
}

static enum udf_err start_command(struct server *server)
{
	char shell[] = "sh", option[] = "-c", *command = strdup(server->command);
	char *argv[] = { shell, option, command, NULL };
	posix_spawnattr_t attr;
	int host_error;

	if (!command)
		return UDF_E_NOMEM;
	set_variables(server);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &server->old_signals);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	host_error = posix_spawn(&server->child, "/bin/sh", NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	free(command);
	if (!host_error)
		return UDF_OK;
	server->child = 0;
	cli_error("mmcsim serve", "/bin/sh", "can't be started", udf_err_from_errno(host_error), host_error);
	return udf_err_from_errno(host_error);
}

/* ---- until the end ---- */

/* The exit status as a shell has it. */
static int status_of(int wait_status)
{
	return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/* Until the command has ended, whose status is returned, or a signal to end comes. */
static int serve_on(struct server *server)
{
	const struct timespec ask = { .tv_sec = ASK_MS / 1000, .tv_nsec = ASK_MS % 1000 * 1000000L };
	int signal_number, wait_status;

	for (;;) {
		signal_number = sigtimedwait(&server->signals, NULL, &ask);
		take_requests(server);
		if (server->child && waitpid(server->child, &wait_status, WNOHANG) == server->child)
			return status_of(wait_status);
		if (signal_number <= 0 || signal_number == SIGCHLD)
			continue;
		if (!server->child)
			return 0;
		/* The drives stay until the command has ended too: it may have one of them mounted. */
		kill(server->child, signal_number);
	}
}

static enum udf_err say_nodes(const struct server *server)
{
	for (unsigned i = 0; i < server->n_drives; i++)
		printf("%s: %s %s\n", server->drives[i].path, served_block_node(server->drives[i].served),
		       served_generic_node(server->drives[i].served));
	if (fflush(stdout)) {
		cli_error("mmcsim serve", "standard output", "can't be written", UDF_E_IO, errno);
		return UDF_E_IO;
	}
	return UDF_OK;
}

static int serve(struct server *server, char **paths, int n_paths)
{
	int status = 1;
	enum udf_err err = target_prepare();

	if (!err)
		target_remove_abandoned();
	for (int i = 0; !err && i < n_paths; i++)
		err = drive_start(server, paths[i]);
	if (!err)
		err = server->command ? start_command(server) : say_nodes(server);
	if (!err)
		status = serve_on(server);
	if (drives_stop(server) && status == 0)
		status = 1;
	return status;
}

int run_serve(const struct cli_tool *tool, int argc, char **argv)
{
	struct server server = { .pace = DEFAULT_PACE };
	struct sigaction hangup;
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	const char *arg;
	char **operands;
	int id, n_operands, status;

	while ((id = cli_next(parser, &arg)) != -1) {
		if (id == OPTION_RUN) {
			server.command = arg;
		} else if (id == OPTION_PACE) {
			server.pace = (uint32_t)cli_take_number(tool, "--pace", arg, 0, MAX_PACE);
		}
	}
	n_operands = cli_operands(parser, &operands);
	if (n_operands == 0)
		cli_bad_usage(tool, "needs a FILE");
	if (n_operands > MAX_DRIVES)
		cli_bad_usage(tool, "serves at most %u drives", MAX_DRIVES);
	/* Blocked before there are threads, so that only serve_on() takes them. */
	sigemptyset(&server.signals);
	sigaddset(&server.signals, SIGINT);
	sigaddset(&server.signals, SIGTERM);
	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)	/* nohup */
		sigaddset(&server.signals, SIGHUP);
	sigaddset(&server.signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &server.signals, &server.old_signals);
	status = serve(&server, operands, n_operands);
	cli_parser_free(parser);
	return status;
}
