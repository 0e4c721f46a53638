/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does somebody else use this file or device?  And the lock that shows others that we do. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/internal.h"

/*
 * udev holds a shared lock on a device while it looks at it, for some milliseconds.  And umount(8) returns before the
 * driver that serves the mount has seen the request.
 */
#define LOCK_TRIES 10
#define LOCK_WAIT_NS 50000000

/* We wait for a holder that is about to end: it writes what is pending, and a slow medium needs time for that. */
#define ENDING_SAY_TRIES (3u * 20)
#define ENDING_MAX_TRIES (600u * 20)

/* A holder that is about to end has this byte locked too. */
#define ENDING_MARK (INT64_MAX - 1)
/*
 * A holder locks this byte too if it could not close the volume properly.  It keeps both locks for a second, so that
 * they are seen.
 */
#define FAILED_MARK (INT64_MAX - 2)
#define FAILED_SECONDS 1

struct cli_guard {
	int fd;
	int behind_fd; /* the file behind a loop device, or -1 */
	char *in_use;  /* see cli_guard_in_use() */
};

struct check {
	const char *tool, *path;
	enum cli_guard_mode mode;
	const char *option;
	struct stat st;
};

/* WHY: "it is mounted on /mnt; unmount that first". */
static enum udf_err refuse(const struct check *c, const char *why)
{
	const char *tail = c->mode == CLI_WRITE ? " to write to it anyway" : " to read it anyway";

	cli_say("%s: %s: is in use: %s%s%s%s", c->tool, c->path, why, c->option ? ", or use " : "",
		c->option ? c->option : "", c->option ? tail : "");
	return UDF_E_BUSY;
}

static enum udf_err check_use(const struct check *c)
{
	char why[CLI_IN_USE_BYTES];

	return cli_is_in_use(c->path, &c->st, why, sizeof(why)) ? refuse(c, why) : UDF_OK;
}

/* Another program's record locks: a virtual machine holds some on the image of its disk. */
static enum udf_err check_record_locks(const struct check *c, int fd)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = FAILED_MARK };
	char why[128];

	if (fcntl(fd, F_OFD_GETLK, &range) || range.l_type == F_UNLCK)
		return UDF_OK;
	if (range.l_pid > 0)
		snprintf(why, sizeof(why), "process %ld has locked a part of it; end that first", (long)range.l_pid);
	else
		snprintf(why, sizeof(why), "another program has locked a part of it; end that first");
	return refuse(c, why);
}

static bool has_mark(int fd, int64_t at)
{
	struct flock mark = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

	return fcntl(fd, F_OFD_GETLK, &mark) == 0 && mark.l_type != F_UNLCK;
}

static bool holder_is_ending(int fd)
{
	return has_mark(fd, ENDING_MARK);
}

static void set_mark(struct cli_guard *guard, int64_t at)
{
	struct flock mark = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

	if (guard)
		(void)fcntl(guard->fd, F_OFD_SETLK, &mark);
}

void cli_guard_ending(struct cli_guard *guard)
{
	set_mark(guard, ENDING_MARK);
}

void cli_guard_failed(struct cli_guard *guard)
{
	set_mark(guard, FAILED_MARK);
}

void cli_guard_done_failed(struct cli_guard *guard)
{
	const struct timespec wait = { .tv_sec = FAILED_SECONDS };

	if (guard)
		nanosleep(&wait, NULL);
	cli_guard_done(guard);
}

enum cli_holder cli_guard_holder(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
		(void)flock(fd, LOCK_UN);
		return CLI_HOLDER_NONE;
	}
	if (errno != EWOULDBLOCK && errno != EINTR)
		return CLI_HOLDER_NONE;
	if (has_mark(fd, FAILED_MARK))
		return CLI_HOLDER_FAILED;
	return holder_is_ending(fd) ? CLI_HOLDER_ENDS : CLI_HOLDER_WRITES;
}

/* The part after the last semicolon says what to do about it. */
static void cut_advice(char *why)
{
	char *advice = strrchr(why, ';');

	if (advice)
		*advice = '\0';
}

static enum udf_err remember_use(const struct check *c, struct cli_guard *guard, const struct stat *locked)
{
	char why[CLI_IN_USE_BYTES];

	cli_locker_text(c->path, &c->st, locked, why, sizeof(why));
	cut_advice(why);
	free(guard->in_use);
	guard->in_use = strdup(why);
	return guard->in_use ? UDF_OK : UDF_E_NOMEM;
}

/* ST: of what FD, one of GUARD's, is opened on. */
static enum udf_err lock(const struct check *c, struct cli_guard *guard, int fd, const struct stat *st, bool override)
{
	int operation = (c->mode == CLI_WRITE ? LOCK_EX : LOCK_SH) | LOCK_NB;
	char why[CLI_IN_USE_BYTES];

	for (unsigned i = 0;; i++) {
		const struct timespec wait = { .tv_nsec = LOCK_WAIT_NS };

		if (flock(fd, operation) == 0)
			return UDF_OK;
		/* A file system without locks: we can't find out. */
		if (errno != EWOULDBLOCK && errno != EINTR)
			return UDF_OK;
		/*
		 * Even a reader that may pass waits for a writer that is about to end, and then reads the complete
		 * volume.
		 */
		if (override && (c->mode == CLI_WRITE || !holder_is_ending(fd)))
			return remember_use(c, guard, st);
		if (i >= ENDING_MAX_TRIES || (i >= LOCK_TRIES && !holder_is_ending(fd)))
			break;
		if (i == ENDING_SAY_TRIES)
			cli_say("%s: %s: another tool of udfkit is still writing and closing it; waiting until that "
				"is done",
				c->tool, c->path);
		nanosleep(&wait, NULL);
	}
	cli_locker_text(c->path, &c->st, st, why, sizeof(why));
	return refuse(c, why);
}

/* Lock the file behind a loop device as well. */
static enum udf_err lock_behind(const struct check *c, struct cli_guard *guard, bool override)
{
	char path[PATH_MAX];
	struct stat st;

	if (!S_ISBLK(c->st.st_mode) || !cli_behind_loop(c->st.st_rdev, path, &st))
		return UDF_OK;
	guard->behind_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return guard->behind_fd >= 0 ? lock(c, guard, guard->behind_fd, &st, override) : UDF_OK;
}

static int open_for_lock(const char *path)
{
	/* With O_NONBLOCK a drive without a disc opens too, and a FIFO does not make us wait. */
	int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = open(path, O_RDONLY | flags);

	if (fd < 0 && errno == EACCES)
		fd = open(path, O_WRONLY | flags);
	return fd;
}

enum udf_err cli_guard(const char *tool, const char *path, enum cli_guard_mode mode,
		       const char *option, bool override, struct cli_guard **ret_guard)
{
	struct check c = { .tool = tool, .path = path, .mode = mode, .option = option };
	struct cli_guard *guard = calloc(1, sizeof(*guard));
	char why[CLI_OPEN_BYTES];
	enum udf_err err = UDF_OK;

	if (!guard) {
		cli_error(tool, path, NULL, UDF_E_NOMEM, 0);
		return UDF_E_NOMEM;
	}
	guard->behind_fd = -1;
	guard->fd = open_for_lock(path);
	if (guard->fd < 0 || fstat(guard->fd, &c.st) < 0) {
		err = udf_err_from_errno(errno);
		cli_open_text(path, err, errno, why);
		cli_say("%s: %s: %s", tool, path, why);
		goto out;
	}
	/* The locks come first: they wait for a holder that is about to end. */
	err = lock(&c, guard, guard->fd, &c.st, override);
	if (!err)
		err = lock_behind(&c, guard, override);
	if (!err && mode == CLI_WRITE && !override)
		err = check_use(&c);
	if (!err && mode == CLI_WRITE && !override)
		err = check_record_locks(&c, guard->fd);
out:
	if (err)
		cli_guard_done(guard);
	else
		*ret_guard = guard;
	return err;
}

enum udf_err cli_guard_change(struct cli_guard *guard, const char *tool, const char *path,
			      enum cli_guard_mode mode, bool is_locked)
{
	struct check c = { .tool = tool, .path = path, .mode = mode };
	int before = mode == CLI_WRITE ? LOCK_SH : LOCK_EX;
	struct stat behind;
	enum udf_err err;

	if (fstat(guard->fd, &c.st) < 0)
		return udf_err_from_errno(errno);
	err = lock(&c, guard, guard->fd, &c.st, false);
	if (!err && guard->behind_fd >= 0 && fstat(guard->behind_fd, &behind) == 0)
		err = lock(&c, guard, guard->behind_fd, &behind, false);
	if (!err && mode == CLI_WRITE && !is_locked)
		err = check_record_locks(&c, guard->fd);
	if (!err)
		return UDF_OK;
	/* The lock may have been lost while it was changed. */
	(void)flock(guard->fd, before | LOCK_NB);
	if (guard->behind_fd >= 0)
		(void)flock(guard->behind_fd, before | LOCK_NB);
	return err;
}

bool cli_is_changing(const char *path, char ret_text[CLI_IN_USE_BYTES])
{
	int fd = open_for_lock(path);
	bool is_changing = false;
	struct stat st;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0) {
		is_changing = cli_is_mounted(path, &st, ret_text, CLI_IN_USE_BYTES);
		if (!is_changing && cli_guard_holder(fd) != CLI_HOLDER_NONE) {
			cli_locker_text(path, &st, &st, ret_text, CLI_IN_USE_BYTES);
			is_changing = true;
		}
		cut_advice(ret_text);
	}
	close(fd);
	return is_changing;
}

const char *cli_guard_in_use(const struct cli_guard *guard)
{
	return guard ? guard->in_use : NULL;
}

void cli_guard_done(struct cli_guard *guard)
{
	if (!guard)
		return;
	if (guard->fd >= 0)
		close(guard->fd);
	if (guard->behind_fd >= 0)
		close(guard->behind_fd);
	free(guard->in_use);
	free(guard);
}
