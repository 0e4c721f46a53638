/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umount.fuse.udffuse, which umount(8) starts for a mount of udffuse: it comes back when the volume is committed
 * and closed.
 *
 * umount(2) itself waits for a block device only (see session.c).  For an image it returns before udffuse
 * has even noticed.  So this waits until udffuse has given back the lock on the image, which is the last thing that
 * it does; and whether udffuse is going to end is known from inotify, which reports the end of a filesystem to
 * who watches its root directory and keeps nobody from unmounting.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "mountinfo.h"

#define TOOL "umount.fuse.udffuse"
#define EXIT_FAILED 32		/* as umount(8) */
#define POLL_MS 10
#define SAY_AFTER_MS 3000
#define HELD_ELSEWHERE_MS 2000
#define GIVE_UP_AFTER_MS 20000	/* where udffuse shows no sign of ending */

extern char **environ;

static const struct cli_option option_table[] = {
	{ .short_name = 'f', .long_name = "force", .help = "make requests fail that wait for udffuse" },
	{ .short_name = 'l', .long_name = "lazy", .help = "detach it now, even if files on it are open" },
	{ .short_name = 'n', .long_name = "no-mtab", .help = NULL },	/* umount(8) passes these */
	{ .short_name = 'r', .long_name = "read-only", .help = NULL },
	{ .short_name = 'v', .long_name = "verbose", .help = NULL },
	{ .short_name = 't', .arg_name = "TYPE", .help = NULL },
	{ .short_name = 'N', .arg_name = "NAMESPACE", .help = NULL },
	{ .short_name = 0 },
};

static const struct cli_tool tool = {
	.name = TOOL,
	.synopsis = "[OPTION]... MOUNTPOINT",
	.summary = "Unmount a volume that udffuse has mounted, and wait until it is committed and closed.",
	.options = option_table,
	.usage_exit = 1,
	.tail = "umount(8) starts this by itself if it is installed in /sbin.\n",
};

struct unmounting {
	bool lazy, force;
	struct cli_mount mount;
	int watch_fd;		/* inotify on the root directory, or -1 */
	int image_fd;		/* the image or device while udffuse writes to it, or -1 */
};

static int failed(const struct unmounting *u, const char *why)
{
	cli_say("umount: %s: %s", u->mount.target, why);
	return EXIT_FAILED;
}

/* ---- before ---- */

static bool find_mount(const char *given, struct unmounting *u)
{
	char *path = mountinfo_path(given), *full;
	bool found = path && mountinfo_find(path, &u->mount);

	free(path);
	if (found && !mountinfo_is_udffuse(&u->mount)) {
		cli_say("umount: %s: it was not mounted by udffuse (its type is %s)", given, u->mount.type);
		mountinfo_done(&u->mount);
		return false;
	}
	if (found)
		return true;
	/* by a symbolic link, or because something is mounted over it */
	full = realpath(given, NULL);
	found = full && ((mountinfo_find(full, &u->mount) && mountinfo_is_udffuse(&u->mount)) ||
			 mountinfo_find_source(full, &u->mount));
	free(full);
	if (!found)
		cli_say("umount: %s: not mounted", given);
	return found;
}

static bool is_on_mount(const struct unmounting *u, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == u->mount.dev;
}

/* What holds the blocks of a simulated disc is the file after the colon. */
static const char *host_path(const char *source)
{
	return strncmp(source, "sim:", 4) ? source : source + 4;
}

static void open_image(struct unmounting *u)
{
	if (u->image_fd >= 0 || !mountinfo_has_option(u->mount.super_options, "rw"))
		return;
	u->image_fd = open(host_path(u->mount.source), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	/* Has it been moved away, or does the mount hide it, so that another file has its name? */
	if (u->image_fd >= 0 &&
	    (is_on_mount(u, u->image_fd) || cli_guard_holder(u->image_fd) == CLI_HOLDER_NONE)) {
		close(u->image_fd);
		u->image_fd = -1;
	}
}

static void watch(struct unmounting *u)
{
	u->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (u->watch_fd >= 0 &&
	    inotify_add_watch(u->watch_fd, u->mount.target, IN_DELETE_SELF | IN_ONLYDIR) < 0) {
		close(u->watch_fd);	/* root may have no access to a user's mount */
		u->watch_fd = -1;
	}
	open_image(u);
}

/* ---- unmounting ---- */

/*
 * Users other than root unmount with fusermount3, or with umount(8) where /etc/mtab is missing, which fusermount3
 * needs.
 */
static int run_as_user(const struct unmounting *u)
{
	bool by_fusermount = access("/etc/mtab", F_OK) == 0;
	char *target = (char *)(uintptr_t)u->mount.target;
	char *fusermount[] = { "fusermount3", "-u", u->lazy ? "-z" : "-u", "--", target, NULL };
	char *umount[] = { "umount", "-i", u->lazy ? "-l" : "-i", "--", target, NULL };
	char **argv = by_fusermount ? fusermount : umount;
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		return failed(u, by_fusermount ? "fusermount3 can't be started, which users other than root need to "
						 "unmount" : "umount can't be started");
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			break;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EXIT_FAILED;	/* it has reported why */
}

static int unmount(const struct unmounting *u)
{
	int flags = UMOUNT_NOFOLLOW | (u->lazy ? MNT_DETACH : 0) | (u->force ? MNT_FORCE : 0);

	if (geteuid() != 0)
		return run_as_user(u);
	if (umount2(u->mount.target, flags) == 0)
		return 0;
	if (errno == EBUSY)
		return failed(u, "target is busy: a file or directory on it is in use; 'fuser -vm' shows by which "
				 "programs");
	return failed(u, strerror(errno));
}

/* ---- after ---- */

/* Is the filesystem itself gone, and not only this mount of it? */
static bool has_ended(const struct unmounting *u)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct pollfd watched = { .fd = u->watch_fd, .events = POLLIN };
	ssize_t n;

	if (u->watch_fd < 0)
		return !u->lazy && !mountinfo_has_device(u->mount.dev);
	/* A program that starts in a mount namespace of its own may hold every mount for a moment. */
	(void)poll(&watched, 1, u->lazy ? 0 : HELD_ELSEWHERE_MS);
	n = read(u->watch_fd, events, sizeof(events));
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *event = (const void *)(events + at);

		if (event->mask & IN_UNMOUNT)
			return true;
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	return false;
}

static int say_why_not(const struct unmounting *u)
{
	if (u->lazy)
		cli_say("umount: %s: detached, but files on it are in use; the volume is closed when the last of "
			"them is closed", u->mount.target);
	else
		cli_say("umount: %s: unmounted here, but still mounted elsewhere (another directory, or another "
			"mount namespace such as a container's); the volume is closed when the last mount is gone",
			u->mount.target);
	return 0;
}

static int failed_to_close(const struct unmounting *u)
{
	char quoted[UDF_QUOTED_BYTES];

	cli_say("umount: %s: unmounted, but the volume could not be closed properly: the latest changes may be lost.  "
		"The system's log says why (journalctl -t udffuse).  Check it: udffsck -n %s", u->mount.target,
		udf_quoted(u->mount.source, quoted));
	return EXIT_FAILED;
}

/* Wait until udffuse has released the lock.  Another program may take it at once. */
static int wait_for_lock(const struct unmounting *u)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };
	bool was_ending = false;

	for (unsigned ms = 0;; ms += POLL_MS) {
		enum cli_holder holder = cli_guard_holder(u->image_fd);

		if (holder == CLI_HOLDER_FAILED)
			return failed_to_close(u);
		if (holder == CLI_HOLDER_NONE || (was_ending && holder != CLI_HOLDER_ENDS))
			return 0;
		was_ending = holder == CLI_HOLDER_ENDS;
		if (!was_ending && ms >= GIVE_UP_AFTER_MS)
			break;
		if (ms == SAY_AFTER_MS)
			cli_say("umount: %s: waiting until %s is written and closed", u->mount.target,
				u->mount.source);
		nanosleep(&pause, NULL);
	}
	return failed(u, "unmounted, but udffuse has not closed the volume; see whether it still runs (ps -C udffuse)");
}

int main(int argc, char **argv)
{
	struct unmounting u = { .watch_fd = -1, .image_fd = -1 };
	struct cli_parser *parser = cli_parser_new(&tool, argc, argv);
	char **operands;
	const char *arg;
	int id, status = EXIT_FAILED;

	while ((id = cli_next(parser, &arg)) != -1) {
		if (id == 'l')
			u.lazy = true;
		else if (id == 'f')
			u.force = true;
	}
	if (cli_operands(parser, &operands) != 1)
		cli_bad_usage(&tool, "needs a mount point");
	if (!find_mount(operands[0], &u))
		goto out;
	watch(&u);
	status = unmount(&u);
	if (status == 0 && !has_ended(&u)) {
		status = say_why_not(&u);
	} else if (status == 0) {
		open_image(&u);	/* the mount hid the image if the image is below the mount point */
		if (u.image_fd >= 0)
			status = wait_for_lock(&u);
	}
	mountinfo_done(&u.mount);
out:
	cli_parser_free(parser);
	return status;
}
