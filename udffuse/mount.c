/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounting.  If it fails, one line names the device, the mount point and the reason, and says what to do. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/cli.h"
#include "mountinfo.h"
#include "options.h"

/* An error that libfuse reports while it mounts becomes a part of our message. */
static bool is_mounting;
static char libfuse_error[512];

static bool refuse(const struct options *o, const char *why, const char *way_out)
{
	say(UDF_LOG_ERROR, "%s: cannot be mounted on %s: %s; %s", o->device,
	    o->mountpoint ? o->mountpoint : o->given_mountpoint, why, way_out);
	return false;
}

/* The name does not exist, or stat(2) fails. */
static bool refuse_name(const struct options *o, int host_errno)
{
	char way_out[UDF_QUOTED_BYTES + 64], quoted[UDF_QUOTED_BYTES];
	struct stat st;

	if (host_errno == ENOTCONN) {
		snprintf(way_out, sizeof(way_out), "remove that mount first: fusermount3 -u %s",
			 udf_quoted(o->given_mountpoint, quoted));
		return refuse(o, "a mount is there whose server has died", way_out);
	}
	if (host_errno == ENOENT && lstat(o->given_mountpoint, &st) == 0)
		return refuse(o, "it is a symbolic link to something that does not exist",
			      "name a directory that exists");
	if (host_errno == ENOENT && o->given_mountpoint[0]) {
		snprintf(way_out, sizeof(way_out), "make it first: mkdir -p %s",
			 udf_quoted(o->given_mountpoint, quoted));
		return refuse(o, "there is no such directory", way_out);
	}
	return refuse(o, strerror(host_errno), "name a directory that you may use");
}

static bool has_fuse(const struct options *o)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC), host_errno = errno;
	char why[128];

	if (fd >= 0) {
		close(fd);
		return true;
	}
	snprintf(why, sizeof(why), "/dev/fuse can't be opened: %s", strerror(host_errno));
	if (host_errno == EACCES || host_errno == EPERM)
		return refuse(o, why, "become root, or ask the administrator for access; a container needs "
			      "--device /dev/fuse");
	return refuse(o, why, "load the kernel module: modprobe fuse");
}

bool mount_find_place(struct options *o)
{
	struct statvfs sv;
	struct stat st;

	o->mountpoint = realpath(o->given_mountpoint, NULL);
	if (!o->mountpoint || stat(o->mountpoint, &st))
		return refuse_name(o, errno);
	if (!S_ISDIR(st.st_mode))
		return refuse(o, "it is not a directory", "name a directory");
	/* On a mount whose server is gone, stat() may be answered from the kernel's cache. */
	if (statvfs(o->mountpoint, &sv) && errno == ENOTCONN)
		return refuse_name(o, errno);
	if (geteuid() != 0 && access(o->mountpoint, W_OK))
		return refuse(o, "you can't write to it, and are not root",
			      "name a directory of your own");
	return has_fuse(o);
}

void mount_log(enum fuse_log_level level, const char *format, va_list args)
{
	static const char prefix[] = "fuse: ";
	char line[512], *text = line;
	size_t n;

	vsnprintf(line, sizeof(line), format, args);
	n = strlen(line);
	if (n && line[n - 1] == '\n')
		line[n - 1] = '\0';
	if (level >= FUSE_LOG_DEBUG) {	/* only with -d, which stays in the foreground */
		fprintf(stderr, "%s\n", line);
		return;
	}
	if (strncmp(line, prefix, sizeof(prefix) - 1) == 0)
		text += sizeof(prefix) - 1;
	if (is_mounting && level <= FUSE_LOG_ERR) {
		if (!libfuse_error[0])
			snprintf(libfuse_error, sizeof(libfuse_error), "%s", text);
		return;
	}
	say(level <= FUSE_LOG_ERR ? UDF_LOG_ERROR : UDF_LOG_WARNING, "%s", text);
}

/* The places in which execvp(3) looks for it. */
static bool has_fusermount(void)
{
	const char *path = getenv("PATH"), *end;
	char file[PATH_MAX];

	if (access("/usr/bin/fusermount3", X_OK) == 0 || access("/bin/fusermount3", X_OK) == 0)
		return true;
	for (; path && *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		snprintf(file, sizeof(file), "%.*s/fusermount3", (int)(end - path), path);
		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}

bool mount_session(const struct options *o, struct fuse_session *session)
{
	bool failed;

	libfuse_error[0] = '\0';
	is_mounting = true;
	failed = fuse_session_mount(session, o->mountpoint) != 0;
	is_mounting = false;
	return !failed;
}

void mount_tell_why_failed(const struct options *o)
{
	if (geteuid() != 0 && !has_fusermount())
		refuse(o, "fusermount3 is missing, which users other than root need to mount",
		       "install it (Debian: apt-get install fuse3), or become root");
	else if (!libfuse_error[0])	/* fusermount3 has reported its reason itself */
		refuse(o, "fusermount3 refused it, and reported why",
		       "if the reason is 'Operation not permitted', become root; a container needs "
		       "--cap-add SYS_ADMIN --device /dev/fuse");
	else
		refuse(o, libfuse_error, "the kernel's log (dmesg) may say more");
}

/* libfuse does not know this flag.  Nothing here may ask the server, because it does not answer yet. */
void mount_forbid_symlinks(const struct options *o)
{
	struct cli_mount entry;
	bool worked = false;

	if (geteuid() == 0 && mountinfo_find(o->mountpoint, &entry)) {
		worked = mount(NULL, o->mountpoint, NULL,
			       MS_REMOUNT | MS_BIND | MS_NOSYMFOLLOW | mountinfo_flags(&entry), NULL) == 0;
		mountinfo_done(&entry);
	}
	if (!worked)
		say(UDF_LOG_WARNING, "%s: nosymfollow has no effect, and symbolic links are followed: %s",
		    o->mountpoint, geteuid() == 0 ? strerror(errno) : "only root can use it");
}
