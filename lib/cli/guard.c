/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is somebody else using this file or device?  And the lock that tells others that we do. */
#include "config.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/internal.h"

/*
 * udev holds a shared lock on a device while it looks at it, some milliseconds long; and umount(8)
 * comes back before the driver behind the mount has even heard of it.
 */
#define LOCK_TRIES 10
#define LOCK_WAIT_NS 50000000

/* A holder that is about to end has this byte locked too. */
#define ENDING_MARK (INT64_MAX - 1)

struct cli_guard {
	int fd;
	int behind_fd; /* the file behind a loop device, or -1 */
};

struct check {
	const char *tool, *path;
	enum cli_guard_mode mode;
	struct stat st;
};

static enum udf_err __attribute__((format(printf, 2, 3)))
refuse(const struct check *c, const char *format, ...)
{
	char why[PATH_MAX + 256];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	/* Reading has no such option: what it shows would be of no use. */
	cli_say("%s: %s: %s%s", c->tool, c->path, why, c->mode == CLI_WRITE ? ", or use --force" : "");
	return UDF_E_BUSY;
}

/* Mounted, swap, or opened exclusively. */
static enum udf_err check_mounted(const struct check *c)
{
	char mount_point[PATH_MAX] = "";
	int flags = 0;

	/* Where /proc isn't mounted it fails; the other checks still serve. */
	if (ext2fs_check_mount_point(c->path, &flags, mount_point, sizeof(mount_point) - 1))
		return UDF_OK;
	if (flags & EXT2_MF_SWAP)
		return refuse(c, "is in use as swap space; run swapoff first");
	if (flags & EXT2_MF_MOUNTED && mount_point[0])
		return refuse(c, "is mounted on %s; unmount it first", mount_point);
	if (flags & EXT2_MF_MOUNTED)
		return refuse(c, "is mounted; unmount it first");
	if (flags & EXT2_MF_BUSY)
		return refuse(c, "is opened exclusively by another program or has a mounted "
				 "partition; end its use first");
	return UDF_OK;
}

static enum udf_err check_loop(const struct check *c)
{
	char device[64];

	if (!S_ISREG(c->st.st_mode) || !cli_find_loop_of(c->st.st_dev, c->st.st_ino, device))
		return UDF_OK;
	return refuse(c, "is behind %s; run 'losetup -d %s' first, or name that device", device,
		      device);
}

static bool holder_is_ending(int fd)
{
	struct flock mark = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = ENDING_MARK,
			      .l_len = 1 };

	return fcntl(fd, F_OFD_GETLK, &mark) == 0 && mark.l_type != F_UNLCK;
}

void cli_guard_ending(struct cli_guard *guard)
{
	struct flock mark = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = ENDING_MARK,
			      .l_len = 1 };

	if (guard)
		(void)fcntl(guard->fd, F_OFD_SETLK, &mark);
}

static enum udf_err lock(const struct check *c, int fd, bool force)
{
	int operation = (c->mode == CLI_WRITE ? LOCK_EX : LOCK_SH) | LOCK_NB;

	for (int i = 0;; i++) {
		const struct timespec wait = { .tv_nsec = LOCK_WAIT_NS };

		if (flock(fd, operation) == 0)
			return UDF_OK;
		/* A file system without locks: nothing to know. */
		if (errno != EWOULDBLOCK && errno != EINTR)
			return UDF_OK;
		if (force || (i >= LOCK_TRIES && !holder_is_ending(fd)))
			break;
		nanosleep(&wait, NULL);
	}
	if (force)
		return UDF_OK;
	return refuse(c, "is in use by another udfkit tool; wait for it or unmount it first");
}

static int open_for_lock(const char *path)
{
	/* O_NONBLOCK: a drive without a disc opens too, a FIFO doesn't wait. */
	int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = open(path, O_RDONLY | flags);

	if (fd < 0 && errno == EACCES)
		fd = open(path, O_WRONLY | flags);
	return fd;
}

enum udf_err cli_guard(const char *tool, const char *path, enum cli_guard_mode mode, bool force,
		       struct cli_guard **ret_guard)
{
	struct check c = { .tool = tool, .path = path, .mode = mode };
	struct cli_guard *guard = calloc(1, sizeof(*guard));
	enum udf_err err = UDF_OK;

	if (!guard) {
		cli_error(tool, path, NULL, UDF_E_NOMEM, 0);
		return UDF_E_NOMEM;
	}
	guard->behind_fd = -1;
	guard->fd = open_for_lock(path);
	if (guard->fd < 0 || fstat(guard->fd, &c.st) < 0) {
		err = udf_err_from_errno(errno);
		cli_error(tool, path, "cannot open", err, errno);
		goto out;
	}
	if (mode == CLI_WRITE && !force) {
		err = check_mounted(&c);
		if (!err)
			err = check_loop(&c);
		if (err)
			goto out;
	}
	err = lock(&c, guard->fd, force);
	if (err)
		goto out;
	if (S_ISBLK(c.st.st_mode))
		guard->behind_fd = cli_open_behind_loop(c.st.st_rdev);
	if (guard->behind_fd >= 0)
		err = lock(&c, guard->behind_fd, force);
out:
	if (err)
		cli_guard_done(guard);
	else
		*ret_guard = guard;
	return err;
}

void cli_guard_done(struct cli_guard *guard)
{
	if (!guard)
		return;
	if (guard->fd >= 0)
		close(guard->fd);
	if (guard->behind_fd >= 0)
		close(guard->behind_fd);
	free(guard);
}
