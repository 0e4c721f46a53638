/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udffuse: mount a UDF volume.  Options, going to the background, setting up and taking down. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "front/front.h"
#include "mounted.h"
#include "options.h"

/* What the library has to say; it says it without the tool's name. */
static void log_line(void *ctx, enum udf_log_level level, const char *line)
{
	const struct options *options = ctx;

	if (level < UDF_LOG_DEBUG || options->debug)
		tell(level, "%s", line);
}

/* As the host's, but the zone is looked up four times an hour only: every request asks for the time. */
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
 * Go on as a child of its own session; the parent waits for one byte of ours, its exit status.
 * Before anything is opened: threads and locks don't outlive a fork.
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
		unsigned char status = EXIT_FAILURE;	/* should it die without a word */

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

/* Everything works: let the caller go, with its terminal and its directory. */
static void let_caller_go(int report_fd)
{
	unsigned char status = EXIT_SUCCESS;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (chdir("/"))
		return;		/* stays where it is */
	if (null >= 0) {
		for (int fd = 0; fd <= 2; fd++)
			dup2(null, fd);
		if (null > 2)
			close(null);
	}
	tell_syslog();
	if (write(report_fd, &status, 1) != 1)
		tell(UDF_LOG_WARNING, "whoever started this is gone");
	close(report_fd);
}

/* ---- the session ---- */

static struct fuse_session *new_session(const struct options *options, bool read_only,
					struct mounted *m)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct fuse_session *session = NULL;
	char *list = NULL, *fsname = NULL;

	if (asprintf(&fsname, "fsname=%s", options->device) < 0) {
		fsname = NULL;
		goto out;
	}
	if (fuse_opt_add_arg(&args, TOOL) || fuse_opt_add_opt(&list, "subtype=" TOOL) ||
	    fuse_opt_add_opt_escaped(&list, fsname) ||
	    fuse_opt_add_opt(&list, read_only ? "ro" : "rw") ||
	    (options->kernel_flags && fuse_opt_add_opt(&list, options->kernel_flags)) ||
	    (options->modes == MODES_CHECKED &&
	     fuse_opt_add_opt(&list, "default_permissions")) ||
	    (options->allow_other && fuse_opt_add_opt(&list, "allow_other")) ||
	    (options->debug && fuse_opt_add_arg(&args, "-d")) || fuse_opt_add_arg(&args, "-o") ||
	    fuse_opt_add_arg(&args, list))
		goto out;
	session = fuse_session_new(&args, &mounted_ops, sizeof(mounted_ops), m);
out:
	if (!session)
		tell(UDF_LOG_ERROR, "%s: cannot set up a mount", options->device);
	free(fsname);
	free(list);
	fuse_opt_free_args(&args);
	return session;
}

/* With the volume open: mount, serve, unmount. */
static bool serve(const struct options *options, struct front *front, int report_fd)
{
	struct mounted m = {
		.device = options->device,
		.mountpoint = options->mountpoint,
		.fs = front->fs,
		.root = udf_fs_root(front->fs),
		.show = options->show,
	};
	bool worked = false, unmounted = false;

	pthread_mutex_init(&m.lock, NULL);
	m.data = malloc(MAX_IO_BYTES);
	if (!m.data) {
		tell(UDF_LOG_ERROR, "%s", udf_strerror(UDF_E_NOMEM));
		goto out;
	}
	m.session = new_session(options, front->why_read_only[0] != '\0', &m);
	if (!m.session)
		goto out;
	timer_catch_signals();
	if (!mount_session(options, m.session))
		goto out;
	if (report_fd >= 0)
		let_caller_go(report_fd);
	worked = loop_run(&m, &unmounted);
	if (!unmounted)
		fuse_session_unmount(m.session);
out:
	commit_stop(&m);
	helper_stop(&m.seeker);
	if (m.session)
		fuse_session_destroy(m.session);
	free(m.data);
	pthread_mutex_destroy(&m.lock);
	return worked;
}

static int run(struct options *options, int report_fd)
{
	struct udf_env env;
	struct front_options how = {
		.read_only = options->read_only,
		.override_option = CLI_FORCE_IN_USE,
		.override = options->n_forced > 1,
		.shares = true,
		.vol = { .block_bytes = options->block_bytes },
		.fs = { .cache_bytes = options->cache_bytes, .commit_seconds = options->commit_seconds },
	};
	char quoted[CLI_QUOTED_BYTES];
	struct front front;
	enum udf_err err;
	bool worked;

	unsetenv("SOURCE_DATE_EPOCH");	/* a clock that stands still is nothing for a driver */
	env = (struct udf_env){ options, now, cli_host_env()->random, log_line };
	if (front_open(TOOL, options->device, &env, &how, &front))
		return EXIT_FAILURE;
	if (front.why_read_only[0] && !options->read_only)
		tell(UDF_LOG_WARNING, "%s: mounted read-only: %s", options->device,
		     front.why_read_only);
	worked = serve(options, &front, report_fd);
	err = front_close(&front);
	if (err)
		tell(UDF_LOG_ERROR, "%s: the volume could not be closed properly: %s; check it: "
		     "udffsck -n %s", options->device, udf_strerror(err),
		     cli_quoted(options->device, quoted));
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
	fuse_set_log_func(mount_log);
	if (!options_find_places(&options))
		goto out;
	if (!options.foreground && !go_to_background(&report_fd)) {
		tell(UDF_LOG_ERROR, "cannot go to the background: %s", strerror(errno));
		goto out;
	}
	status = run(&options, report_fd);
out:
	options_done(&options);
	return status;
}
