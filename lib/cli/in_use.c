/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who else uses an image or a device, as far as the kernel shows it: mounts, swap space, loop devices, holders. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/internal.h"

#define MAX_LOOP_DEPTH 8	/* loop devices over loop devices */

/* Mounted or swap space.  WHAT: what ST is to what was named: "it", "/dev/loop3, which shows it,". */
static bool has_mount(const char *what, const struct stat *st, char *ret_why, size_t cap)
{
	char mount_point[PATH_MAX];

	if (cli_find_mount("self", st, mount_point, sizeof(mount_point)))
		snprintf(ret_why, cap, "%s is mounted on %s; unmount that first", what, mount_point);
	else if (cli_is_swap(st))
		snprintf(ret_why, cap, "%s is used as swap space; run swapoff first", what);
	else
		return false;
	return true;
}

/* The device-mapper or RAID device that stands on RDEV, such as "dm-0". */
static bool find_holder(dev_t rdev, char ret_name[64])
{
	char path[64];
	struct dirent *entry = NULL;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/holders", major(rdev), minor(rdev));
	dir = opendir(path);
	while (dir && (entry = readdir(dir)) && entry->d_name[0] == '.')
		;
	if (entry)
		snprintf(ret_name, 64, "%.60s", entry->d_name);
	if (dir)
		closedir(dir);
	return entry != NULL;
}

/* Opened with O_EXCL by somebody: a program, a file system in another mount namespace, a device on top. */
static bool is_claimed(const char *path, const char *what, const struct stat *st, char *ret_why, size_t cap)
{
	char holder[64];
	int fd;

	if (!S_ISBLK(st->st_mode))
		return false;
	if (find_holder(st->st_rdev, holder)) {
		snprintf(ret_why, cap, "%s is a part of /dev/%s; take that away first", what, holder);
		return true;
	}
	fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 || errno != EBUSY)
		return false;
	snprintf(ret_why, cap, "%s is opened exclusively by another program or has a mounted partition; "
		 "end its use first", what);
	return true;
}

/* Which of the loop devices over a place are in the way of who writes to it. */
enum loops { LOOPS_MOUNTED, LOOPS_CLAIMED, LOOPS_ALL };

/* Is one of the loop devices that show ST in the way?  Not the one that is EXCEPT (0: each). */
static bool is_under_loop(const struct stat *st, dev_t except, enum loops which, char *ret_why, size_t cap)
{
	struct cli_loops loops = { .dir = NULL };
	char device[64], what[96], idle[64] = "";
	bool in_use = false;

	while (!in_use && cli_next_loop_over(st, &loops, device)) {
		struct stat loop;

		if (stat(device, &loop) || loop.st_rdev == except)
			continue;
		snprintf(what, sizeof(what), "%s, which shows the same,", device);
		in_use = has_mount(what, &loop, ret_why, cap) ||
			 (which != LOOPS_MOUNTED && is_claimed(device, what, &loop, ret_why, cap));
		snprintf(idle, sizeof(idle), "%s", device);
	}
	cli_loops_done(&loops);
	if (in_use || which != LOOPS_ALL || !idle[0])
		return in_use;
	snprintf(ret_why, cap, "it is behind %s; run 'losetup -d %s' first, or name that device", idle, idle);
	return true;
}

/* What a loop device shows may be in use by another name. */
static bool is_in_use_below(const struct stat *st, enum loops which, char *ret_why, size_t cap)
{
	char path[PATH_MAX], what[PATH_MAX + 32];
	struct stat upper = *st, lower;

	for (int i = 0; i < MAX_LOOP_DEPTH && S_ISBLK(upper.st_mode); i++) {
		if (!cli_behind_loop(upper.st_rdev, path, &lower))
			return false;
		snprintf(what, sizeof(what), "%s, which is behind it,", path);
		if (has_mount(what, &lower, ret_why, cap) ||
		    is_under_loop(&lower, cli_whole_disk(upper.st_rdev), which, ret_why, cap))
			return true;
		upper = lower;
	}
	return false;
}

bool cli_is_in_use(const char *path, const struct stat *st, char *ret_why, size_t cap)
{
	return has_mount("it", st, ret_why, cap) || is_under_loop(st, 0, LOOPS_ALL, ret_why, cap) ||
	       is_in_use_below(st, LOOPS_CLAIMED, ret_why, cap) || is_claimed(path, "it", st, ret_why, cap);
}

/* The process that has ST locked with flock(2), as /proc/locks shows it; 0 where that isn't known. */
static long find_locker(const struct stat *st)
{
	FILE *f = fopen("/proc/locks", "re");
	char *line = NULL;
	size_t n_line = 0;
	long found = 0;

	while (f && !found && getline(&line, &n_line, f) > 0) {
		unsigned n_major, n_minor;
		unsigned long long ino;
		long pid;

		/* A waiter has "->" behind its number, and is none of them. */
		if (sscanf(line, "%*u: FLOCK %*s %*s %ld %x:%x:%llu", &pid, &n_major, &n_minor, &ino) == 4 &&
		    pid > 0 && makedev(n_major, n_minor) == st->st_dev && ino == st->st_ino)
			found = pid;
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

void cli_locker_text(const struct stat *st, const struct stat *locked, char *ret_why, size_t cap)
{
	char process[32], path[64], mount_point[PATH_MAX], name[32] = "another udfkit tool";
	long pid = find_locker(locked);
	FILE *f = NULL;

	if (has_mount("it", st, ret_why, cap) || is_under_loop(st, 0, LOOPS_MOUNTED, ret_why, cap) ||
	    is_in_use_below(st, LOOPS_MOUNTED, ret_why, cap))
		return;
	/* Its own mount namespace may show what ours does not. */
	snprintf(process, sizeof(process), "%ld", pid);
	if (pid && cli_find_mount(process, locked, mount_point, sizeof(mount_point))) {
		snprintf(ret_why, cap, "it is mounted on %s in the mount namespace of process %ld; unmount that first",
			 mount_point, pid);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	if (pid)
		f = fopen(path, "re");
	if (f && fgets(name, sizeof(name), f))
		name[strcspn(name, "\n")] = '\0';
	if (f)
		fclose(f);
	if (pid)
		snprintf(ret_why, cap, "%s (process %ld) works on it; wait for that to end", name, pid);
	else
		snprintf(ret_why, cap, "another udfkit tool works on it; wait for that to end, or unmount it");
}
