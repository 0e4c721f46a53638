/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktsetup: block devices of discs that are written in packets. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nbd.h"
#include "pktcdvd.h"
#include "place.h"
#include "release.h"
#include "request.h"
#include "server.h"
#include "show.h"
#include "supervise.h"

/* Everything that NBD needs. */
static bool can_bind(const char *device)
{
	char why[WHY_BYTES], quoted[UDF_QUOTED_BYTES];

	if (!server_can_start(why))
		;
	else if (geteuid() != 0)
		snprintf(why, sizeof(why), "only root can make a packet device");
	else if (!nbd_is_there())
		snprintf(why, sizeof(why), "this kernel has neither pktcdvd nor NBD (modprobe nbd)");
	else
		return true;
	cli_say(TOOL ": %s.  Without a packet device, this mounts the disc: udffuse %s DIRECTORY", why,
		udf_quoted(device, quoted));
	return false;
}

/* The process that stays has nothing of its caller's. */
static void leave(int answer_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (chdir("/") < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(1);
	for (int fd = 3; fd < 256; fd++)
		if (fd != answer_fd)
			close(fd);
}

/* What the supervisor says once the packet device can be used, or can't be made. */
static int take_answer(const struct request *req, int fd)
{
	char text[ANSWER_BYTES + 16] = "", *rest;
	size_t n = 0;
	ssize_t got;

	while (n < sizeof(text) - 1 &&
	       ((got = read(fd, text + n, sizeof(text) - 1 - n)) > 0 || (got < 0 && errno == EINTR)))
		n += got > 0 ? (size_t)got : 0;
	text[strcspn(text, "\n")] = '\0';
	rest = strchr(text, ' ');
	if (!rest) {
		cli_say(TOOL ": the process that binds %s was killed", req->device);
		return 1;
	}
	*rest++ = '\0';
	if (strcmp(text, ANSWER_BOUND) == 0) {
		puts(rest);
		return 0;
	}
	if (strcmp(text, ANSWER_ALREADY) == 0 && req->ignore)
		return 0;
	cli_say(TOOL ": %s", rest);
	return 1;
}

static int bind_nbd(const struct request *req, const struct drive_place *drive, const char *path)
{
	int fds[2], status;
	pid_t pid;

	if (!can_bind(req->device))
		return 1;
	fflush(NULL);
	if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		cli_say(TOOL ": %s", strerror(errno));
		return 1;
	}
	if (pid == 0) {
		leave(fds[1]);
		_exit(supervise(drive, path, fds[1]));
	}
	close(fds[1]);
	status = take_answer(req, fds[0]);
	close(fds[0]);
	return status;
}

static int bind_drive(const struct request *req)
{
	struct drive_place drive;
	char path[PATH_MAX] = "", why[WHY_BYTES];
	int fd, status;

	if (req->name && !place_packet_path(req->name, path)) {
		cli_say(TOOL ": '%s' can't be a name", req->name);
		return 1;
	}
	if (!place_find_drive(req->device, &drive, why)) {
		cli_say(TOOL ": %s", why);
		return 1;
	}
	fd = drive.number ? pktcdvd_open(true) : -1;
	if (fd < 0)
		return bind_nbd(req, &drive, path);
	status = pktcdvd_bind(fd, drive.path, drive.number, path, req->ignore);
	pktcdvd_close(fd);
	return status;
}

static int release(const struct request *req)
{
	struct record record;
	int fd, status;

	if (release_find(req->name, &record))
		return release_run(&record);
	fd = pktcdvd_open(false);
	if (fd < 0) {
		if (!req->ignore)
			cli_say(TOOL ": %s: there is no such packet device; 'pktsetup -s' lists them", req->name);
		return !req->ignore;
	}
	status = pktcdvd_release(fd, req->name, req->ignore);
	pktcdvd_close(fd);
	return status;
}

int main(int argc, char **argv)
{
	struct request req;
	int status = 1;

	setlocale(LC_CTYPE, "");
	request_read(&req, argc, argv);
	switch (req.job) {
	case JOB_BIND:
		status = bind_drive(&req);
		break;
	case JOB_RELEASE:
		status = release(&req);
		break;
	case JOB_SHOW:
		status = show_run(req.json);
		break;
	}
	return cli_flush_output(TOOL) ? status : 1;
}
