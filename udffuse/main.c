/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udffuse: mount a UDF volume.  Options, going to the background, opening the volume. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "front/front.h"
#include "mounted.h"
#include "options.h"

/* Messages of the library.  They don't begin with the tool's name. */
static void log_line(void *ctx, enum udf_log_level level, const char *line)
{
	const struct options *options = ctx;

	if (level < UDF_LOG_DEBUG || options->debug)
		say(level, "%s", line);
}

/*
 * As the host's clock.  But the time zone is looked up only four times an hour, because every request needs the time.
 */
static void now(void *ctx, struct udf_time *ret_now)
{
	static int64_t quarter = -1;
	static int16_t zone_minutes;
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (ts.tv_sec / 900 != quarter) {
		cli_host_env()->now(ctx, ret_now);
		quarter = ts.tv_sec / 900;
		zone_minutes = ret_now->zone_minutes;
	}
	*ret_now = (struct udf_time){ .seconds = ts.tv_sec,
				      .microseconds = (uint32_t)(ts.tv_nsec / 1000),
				      .zone_minutes = zone_minutes };
}

/* ---- background ---- */

/*
 * Continue as a child in a session of its own.  The parent waits for one byte from the child, which is its exit
 * status.  This is done before anything is opened, because threads and locks do not survive a fork.
 */
static bool go_to_background(int *ret_report_fd)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return false;
	pid = fork();
	if (pid < 0)
		return false;
	if (pid > 0) {
		unsigned char status = EXIT_FAILURE;	/* if the child dies without a report */

		close(fds[1]);
		while (read(fds[0], &status, 1) < 0 && errno == EINTR)
			;
		_exit(status);
	}
	close(fds[0]);
	setsid();
	*ret_report_fd = fds[1];
	return true;
}

/* Everything works.  Let the caller continue, and hold neither its terminal nor its directory. */
static void let_caller_go(void *ctx)
{
	unsigned char status = EXIT_SUCCESS;
	int report_fd = *(const int *)ctx, null;

	if (report_fd < 0)
		return;		/* in the foreground */
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (chdir("/"))
		return;		/* stays where it is */
	if (null >= 0) {
		for (int fd = 0; fd <= 2; fd++)
			dup2(null, fd);
		if (null > 2)
			close(null);
	}
	say_to_syslog();
	if (write(report_fd, &status, 1) != 1)
		say(UDF_LOG_WARNING, "the program that started udffuse has ended");
	close(report_fd);
}

static int run(struct options *options, int report_fd)
{
	struct udf_env env;
	struct front_options how = {
		.read_only = options->read_only,
		.override_option = CLI_FORCE_IN_USE,
		.override = options->n_forced > 1,
		.shares = true,
		.commits_when_idle = options->commit_seconds == 0,
		.vol = options->vol,
		.fs = { .cache_bytes = options->cache_bytes, .commit_seconds = options->commit_seconds },
	};
	char quoted[UDF_QUOTED_BYTES];
	struct mounted m = { .device = options->device, .mountpoint = options->mountpoint };
	struct front_options how_again;
	struct front front;
	enum udf_err err;
	bool worked;

	unsetenv("SOURCE_DATE_EPOCH");	/* The driver runs for long, so it needs a clock that runs. */
	env = (struct udf_env){ options, now, cli_host_env()->random, log_line };
	if (front_open(TOOL, options->device, &env, &how, &front))
		return EXIT_FAILURE;
	if (front.why_read_only[0] && !options->read_only)
		say(UDF_LOG_WARNING, "%s: mounted read-only: %s", options->device,
		    front.why_read_only);
	front.tells_writes = true;
	m.show = options->show;
	m.env = &env;
	m.how = &how_again;
	m.front = &front;
	m.fs = front.fs;
	m.root = udf_fs_root(front.fs);
	how_again = how;
	how_again.read_only = false;
	worked = session_serve(&m, options, let_caller_go, &report_fd);
	err = ending_close(&m);
	if (err) {
		say(UDF_LOG_ERROR, "%s: the volume could not be closed properly: %s; check it: "
		    "udffsck -n %s", options->device, udf_strerror(err),
		    udf_quoted(options->device, quoted));
		ending_show_failure(&m);
	}
	return worked && !err ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct options options;
	int report_fd = -1, status = EXIT_FAILURE;

	options_parse(&options, argc, argv);
	if (options.fake) {
		status = EXIT_SUCCESS;
		goto out;
	}
	if (options.remount) {
		status = remount(&options) ? EXIT_SUCCESS : EXIT_FAILURE;
		goto out;
	}
	fuse_set_log_func(mount_log);
	if (!options_find_places(&options))
		goto out;
	if (!options.foreground && !go_to_background(&report_fd)) {
		say(UDF_LOG_ERROR, "cannot go to the background: %s", strerror(errno));
		goto out;
	}
	status = run(&options, report_fd);
out:
	options_done(&options);
	return status;
}
