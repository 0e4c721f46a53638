/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/cli's guard and probe for shell tests:
 *	guard_helper read|write|force PATH [COMMAND...]	run COMMAND while the guard is held
 *	guard_helper ending PATH COMMAND...		start COMMAND while the guard is held but
 *							ending, give it a second to be refused
 *	guard_helper exclusive PATH COMMAND...		run it while PATH is opened exclusively
 *	guard_helper probe PATH				print "type|label"
 *	guard_helper overwrite|overwrite-force PATH
 *	guard_helper remount PATH			open the volume, make it read-only, and writable again
 *	guard_helper partition DEVICE			make one of 2 MB (not every system has addpart)
 * Exits with 0, 3 where refused, 4 where the user said no, 1 for other errors, or as COMMAND does.
 */
#include "config.h"

#include <fcntl.h>
#include <linux/blkpg.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <udfkit/bio.h>

#include "cli/cli.h"
#include "front/front.h"

static int status_of(enum udf_err err)
{
	if (err == UDF_E_BUSY || err == UDF_E_EXISTS)
		return 3;
	if (err == UDF_E_CANCELLED)
		return 4;
	return err ? 1 : 0;
}

static int run(char **argv)
{
	int status = 0;
	pid_t pid;

	if (!argv[0])
		return 0;
	pid = fork();
	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}

static int guarded(const char *how, const char *path, char **argv)
{
	enum cli_guard_mode mode = strcmp(how, "read") == 0 ? CLI_READ : CLI_WRITE;
	struct cli_guard *guard = NULL;
	enum udf_err err;
	int status;

	err = cli_guard("helper", path, mode, mode == CLI_WRITE ? CLI_FORCE_IN_USE : NULL,
			strcmp(how, "force") == 0, &guard);
	status = err ? status_of(err) : run(argv);
	cli_guard_done(guard);
	return status;
}

static int ending(const char *path, char **argv)
{
	const struct timespec a_second = { .tv_sec = 1 };
	struct cli_guard *guard = NULL;
	enum udf_err err = cli_guard("helper", path, CLI_WRITE, NULL, false, &guard);
	int status = 0;
	sigset_t child_ends;
	pid_t pid;

	if (err)
		return status_of(err);
	cli_guard_ending(guard);
	sigemptyset(&child_ends);
	sigaddset(&child_ends, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_ends, NULL);
	pid = fork();
	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (sigtimedwait(&child_ends, NULL, &a_second) == SIGCHLD)
		fprintf(stderr, "helper: did not wait\n");
	cli_guard_done(guard);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}

static int opened_exclusively(const char *path, char **argv)
{
	struct bio_file_options options = { .exclusive = true };
	struct bio *bio = NULL;
	int host_errno, status;
	enum udf_err err;

	err = bio_file_open(path, &options, &bio, &host_errno);
	if (err)
		cli_error("helper", path, "cannot open", err, host_errno);
	status = err ? status_of(err) : run(argv);
	bio_close(bio);
	return status;
}

static int probe(const char *path)
{
	char type[64], label[256];
	enum udf_err err = cli_probe(path, type, label);

	if (err)
		cli_error("helper", path, "cannot probe", err, 0);
	else
		printf("%s|%s\n", type, label);
	return status_of(err);
}

/* As a device that the kernel has not claimed: an optical drive, which we hold ourselves. */
static int remount(const char *path)
{
	const struct front_options options = { .override_option = CLI_FORCE_IN_USE };
	struct front front;
	enum udf_err err = front_open("helper", path, cli_host_env(), &options, &front);

	if (err)
		return status_of(err);
	err = front_make_read_only(&front, "helper", path);
	if (!err)
		err = front_make_writable(&front, "helper", path, cli_host_env(), &options);
	if (!err && front.why_read_only[0])
		err = UDF_E_READ_ONLY;
	if (front_close(&front) && !err)
		err = UDF_E_IO;
	return status_of(err);
}

static int make_partition(const char *device)
{
	struct blkpg_partition partition = { .pno = 1, .start = 8 * 512, .length = 4000 * 512 };
	struct blkpg_ioctl_arg arg = { .op = BLKPG_ADD_PARTITION, .datalen = sizeof(partition), .data = &partition };
	int fd = open(device, O_RDONLY | O_CLOEXEC), failed;

	failed = fd < 0 || ioctl(fd, BLKPG, &arg);
	if (failed)
		perror(device);
	if (fd >= 0)
		close(fd);
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "probe") == 0)
		return probe(argv[2]);
	if (strcmp(argv[1], "remount") == 0)
		return remount(argv[2]);
	if (strcmp(argv[1], "partition") == 0)
		return make_partition(argv[2]);
	if (strcmp(argv[1], "exclusive") == 0)
		return opened_exclusively(argv[2], argv + 3);
	if (strcmp(argv[1], "ending") == 0 && argc > 3)
		return ending(argv[2], argv + 3);
	if (strncmp(argv[1], "overwrite", 9) == 0)
		return status_of(
		    front_may_overwrite("helper", argv[2], argv[1][9] != '\0', "--wipe"));
	return guarded(argv[1], argv[2], argv + 3);
}
