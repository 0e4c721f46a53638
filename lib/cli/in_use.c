/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who else uses an image or a device, as far as the kernel shows it: mounts, swap space, loop devices, holders. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/major.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "cli/internal.h"

#define BUSY_WAIT_NS 100000000
#define DRIVE_BUSY_TRIES 50u	/* 5 s */
#define MAX_LOOP_DEPTH 8	/* loop devices over loop devices */

/* The file or device that is asked about, by its numbers and by its name, absolute and without symbolic links. */
struct place {
	struct stat st;
	char path[PATH_MAX];
};

static void set_place(struct place *place, const char *path, const struct stat *st)
{
	place->st = *st;
	if (!realpath(path, place->path))
		snprintf(place->path, sizeof(place->path), "%s", path);
}

/*
 * Is it mounted, or swap space?  WHAT says how PLACE is related to what the user named: "it", "/dev/loop3, which shows
 * the same,".
 */
static bool has_mount(const char *what, const struct place *place, char *ret_why, size_t cap)
{
	char mount_point[PATH_MAX];

	if (cli_find_mount("self", &place->st, place->path, mount_point, sizeof(mount_point)))
		snprintf(ret_why, cap, "%s is mounted on %s; unmount that first", what, mount_point);
	else if (cli_is_swap(&place->st, place->path))
		snprintf(ret_why, cap, "%s is used as swap space; run swapoff first", what);
	else
		return false;
	return true;
}

/* "dd (process 12)" */
static void process_text(long pid, char *ret_text, size_t cap)
{
	char file[64], name[32] = "a program";
	FILE *f;

	snprintf(file, sizeof(file), "/proc/%ld/comm", pid);
	f = fopen(file, "re");
	if (f && fgets(name, sizeof(name), f))
		name[strcspn(name, "\n")] = '\0';
	if (f)
		fclose(f);
	snprintf(ret_text, cap, "%s (process %ld)", name, pid);
}

/* The device-mapper or RAID device that uses RDEV, such as "dm-0". */
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

/* Does the process in the folder of /proc have RDEV open? */
static bool process_has_open(int proc_fd, const char *process, dev_t rdev)
{
	char name[300];
	struct dirent *entry;
	bool found = false;
	int fd;
	DIR *dir;

	snprintf(name, sizeof(name), "%s/fd", process);
	fd = openat(proc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	while (dir && !found && (entry = readdir(dir))) {
		struct statx stx;

		/* nothing here may wait */
		found = statx(dirfd(dir), entry->d_name, AT_STATX_DONT_SYNC, STATX_TYPE, &stx) == 0 &&
			S_ISBLK(stx.stx_mode) && makedev(stx.stx_rdev_major, stx.stx_rdev_minor) == rdev;
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return found;
}

/* A process that has the device RDEV open, and which we may look at: "dd (process 12)".  False if there is none. */
static bool name_opener(dev_t rdev, char *ret_text, size_t cap)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	while (proc && !found && (entry = readdir(proc))) {
		long pid = strtol(entry->d_name, NULL, 10);

		if (pid > 0 && pid != getpid() && process_has_open(dirfd(proc), entry->d_name, rdev)) {
			process_text(pid, ret_text, cap);
			found = true;
		}
	}
	if (proc)
		closedir(proc);
	return found;
}

/* udev's probes hold an optical drive for a moment, some of them for seconds while a disc becomes ready. */
static int open_exclusively(const struct place *place)
{
	const struct timespec wait = { .tv_nsec = BUSY_WAIT_NS };
	unsigned n_tries = major(place->st.st_rdev) == SCSI_CDROM_MAJOR ? DRIVE_BUSY_TRIES : 1;
	int fd;

	for (;;) {
		fd = open(place->path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0 || errno != EBUSY || --n_tries == 0)
			return fd;
		nanosleep(&wait, NULL);
	}
}

/* Has somebody opened it with O_EXCL: a program, a file system in another mount namespace, a device on top of it? */
static bool is_claimed(const char *what, const struct place *place, char *ret_why, size_t cap)
{
	char holder[64];
	int fd;

	if (!S_ISBLK(place->st.st_mode))
		return false;
	if (find_holder(place->st.st_rdev, holder)) {
		snprintf(ret_why, cap, "%s is a part of /dev/%s; stop that device first", what, holder);
		return true;
	}
	fd = open_exclusively(place);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 || errno != EBUSY)
		return false;
	if (name_opener(place->st.st_rdev, holder, sizeof(holder)))
		snprintf(ret_why, cap, "%s is opened exclusively or has a mounted partition, and %s has it open; "
			 "end its use first", what, holder);
	else
		snprintf(ret_why, cap, "%s is opened exclusively by another program or has a mounted partition; "
			 "end its use first", what);
	return true;
}

/* Which of the loop devices that show a place prevent a program from writing to it. */
enum loops { LOOPS_MOUNTED, LOOPS_CLAIMED, LOOPS_ALL };

/* Does one of the loop devices that show PLACE prevent that?  EXCEPT is not looked at (0: look at all). */
static bool is_under_loop(const struct place *place, dev_t except, enum loops which, char *ret_why, size_t cap)
{
	struct cli_loops loops = { .dir = NULL };
	char device[64], what[96], idle[64] = "";
	bool in_use = false;

	while (!in_use && cli_next_loop_over(&place->st, place->path, &loops, device)) {
		struct place loop;

		if (stat(device, &loop.st) || loop.st.st_rdev == except)
			continue;
		snprintf(loop.path, sizeof(loop.path), "%s", device);
		snprintf(what, sizeof(what), "%s, which shows the same,", device);
		in_use = has_mount(what, &loop, ret_why, cap) ||
			 (which != LOOPS_MOUNTED && is_claimed(what, &loop, ret_why, cap));
		snprintf(idle, sizeof(idle), "%s", device);
	}
	cli_loops_done(&loops);
	if (in_use || which != LOOPS_ALL || !idle[0])
		return in_use;
	snprintf(ret_why, cap, "%s uses it; run 'losetup -d %s' first, or give that device", idle, idle);
	return true;
}

/* What a loop device shows may be in use under another name. */
static bool is_in_use_below(const struct place *place, enum loops which, char *ret_why, size_t cap)
{
	struct place upper = *place, lower;
	char what[PATH_MAX + 32];

	for (int i = 0; i < MAX_LOOP_DEPTH && S_ISBLK(upper.st.st_mode); i++) {
		if (!cli_behind_loop(upper.st.st_rdev, lower.path, &lower.st))
			return false;
		snprintf(what, sizeof(what), "%s, on which it is based,",
			 lower.path[0] ? lower.path : "the file or device");
		if (has_mount(what, &lower, ret_why, cap) ||
		    is_under_loop(&lower, cli_whole_disk(upper.st.st_rdev), which, ret_why, cap))
			return true;
		upper = lower;
	}
	return false;
}

bool cli_is_in_use(const char *path, const struct stat *st, char *ret_why, size_t cap)
{
	struct place place;

	set_place(&place, path, st);
	return has_mount("it", &place, ret_why, cap) || is_under_loop(&place, 0, LOOPS_ALL, ret_why, cap) ||
	       is_in_use_below(&place, LOOPS_CLAIMED, ret_why, cap) || is_claimed("it", &place, ret_why, cap);
}

/* The process that has locked ST with flock(2), as /proc/locks shows it; 0 if that isn't known. */
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

		/* A line with "->" after its number stands for a process that waits, not for a holder. */
		if (sscanf(line, "%*u: FLOCK %*s %*s %ld %x:%x:%llu", &pid, &n_major, &n_minor, &ino) == 4 &&
		    pid > 0 && makedev(n_major, n_minor) == st->st_dev && ino == st->st_ino)
			found = pid;
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

/*
 * Where process PID has mounted LOCKED.  It mounted it by the name with which it opened it, which may differ from
 * ours.  Its own mount namespace may show what ours does not show.
 */
static bool find_mount_of_locker(long pid, const struct stat *locked, char *ret_mount_point, size_t cap)
{
	char process[32], file[64], name[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(process, sizeof(process), "%ld", pid);
	snprintf(file, sizeof(file), "/proc/%ld/fd", pid);
	dir = pid ? opendir(file) : NULL;
	while (dir && !found && (entry = readdir(dir))) {
		struct statx stx;
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, name, sizeof(name) - 1);

		/* Only files and what the kernel knows about them are read, because nothing here may wait. */
		if (n <= 0 || name[0] != '/' ||
		    statx(dirfd(dir), entry->d_name, AT_STATX_DONT_SYNC, STATX_INO | STATX_TYPE, &stx) ||
		    stx.stx_ino != locked->st_ino ||
		    makedev(stx.stx_dev_major, stx.stx_dev_minor) != locked->st_dev)
			continue;
		name[n] = '\0';
		found = cli_find_mount("self", locked, name, ret_mount_point, cap) ||
			cli_find_mount(process, locked, name, ret_mount_point, cap);
	}
	if (dir)
		closedir(dir);
	return found;
}

bool cli_is_mounted(const char *path, const struct stat *st, char *ret_why, size_t cap)
{
	struct place place;

	set_place(&place, path, st);
	return has_mount("it", &place, ret_why, cap) || is_under_loop(&place, 0, LOOPS_MOUNTED, ret_why, cap) ||
	       is_in_use_below(&place, LOOPS_MOUNTED, ret_why, cap);
}

void cli_locker_text(const char *path, const struct stat *st, const struct stat *locked, char *ret_why, size_t cap)
{
	char mount_point[PATH_MAX], name[64];
	long pid = find_locker(locked);

	if (cli_is_mounted(path, st, ret_why, cap))
		return;
	if (find_mount_of_locker(pid, locked, mount_point, sizeof(mount_point))) {
		snprintf(ret_why, cap, "it is mounted on %s by process %ld; unmount that first", mount_point, pid);
		return;
	}
	if (!pid) {
		snprintf(ret_why, cap, "another tool of udfkit is using it; wait until that ends, or unmount it");
		return;
	}
	process_text(pid, name, sizeof(name));
	snprintf(ret_why, cap, "%s is using it; wait until that ends", name);
}
