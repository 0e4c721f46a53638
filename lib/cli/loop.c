/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop devices and what is behind them: a file or another device. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/internal.h"

/* The path in "BLOCK_DIR/loop/backing_file"; false for a device that isn't bound to a file. */
static bool read_backing_file(const char *block_dir, char *path, size_t cap)
{
	char attribute[PATH_MAX];
	bool ok;
	FILE *f;

	if ((size_t)snprintf(attribute, sizeof(attribute), "%s/loop/backing_file", block_dir) >=
	    sizeof(attribute))
		return false;
	f = fopen(attribute, "re");
	if (!f)
		return false;
	ok = fgets(path, (int)cap, f) != NULL;
	fclose(f);
	if (ok)
		path[strcspn(path, "\n")] = '\0';
	return ok;
}

/* A device number as the kernel packs it into 64 bits (huge_encode_dev). */
static dev_t unpack_dev(uint64_t packed)
{
	return makedev((unsigned)(packed >> 8 & 0xFFF), (unsigned)((packed & 0xFF) | (packed >> 12 & 0xFFF00)));
}

/*
 * Is PLACE behind the loop device NAME ("loop3")?  The driver knows the file by its numbers, whatever it is
 * called now and in whatever mount namespace; who may not ask it has the path that sysfs shows.
 */
static bool is_behind(const char *name, const struct stat *place, const char *place_path)
{
	char device[64], block_dir[64], path[PATH_MAX];
	struct loop_info64 info;
	bool known;
	int fd;

	snprintf(block_dir, sizeof(block_dir), "/sys/block/%.40s", name);
	if (!read_backing_file(block_dir, path, sizeof(path)))
		return false;
	snprintf(device, sizeof(device), "/dev/%.40s", name);
	fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	known = fd >= 0 && ioctl(fd, LOOP_GET_STATUS64, &info) == 0;
	if (fd >= 0)
		close(fd);
	if (known && S_ISBLK(place->st_mode))
		return info.lo_rdevice && unpack_dev(info.lo_rdevice) == place->st_rdev;
	if (known && unpack_dev(info.lo_device) == place->st_dev && info.lo_inode == place->st_ino)
		return true;
	/* Only compared: looking it up may lead into a mount that hangs. */
	return strcmp(path, place_path) == 0;
}

bool cli_next_loop_over(const struct stat *place, const char *path, struct cli_loops *loops, char ret_device[64])
{
	struct dirent *entry;

	if (!loops->dir)
		loops->dir = opendir("/sys/block");
	if (!loops->dir)
		return false;
	while ((entry = readdir(loops->dir))) {
		if (strncmp(entry->d_name, "loop", 4) != 0 || !is_behind(entry->d_name, place, path))
			continue;
		snprintf(ret_device, 64, "/dev/%.50s", entry->d_name);
		return true;
	}
	return false;
}

void cli_loops_done(struct cli_loops *loops)
{
	if (loops->dir)
		closedir(loops->dir);
	loops->dir = NULL;
}

bool cli_behind_loop(dev_t rdev, char ret_path[PATH_MAX], struct stat *ret_st)
{
	char block_dir[64];

	rdev = cli_whole_disk(rdev);
	snprintf(block_dir, sizeof(block_dir), "/sys/dev/block/%u:%u", major(rdev), minor(rdev));
	return read_backing_file(block_dir, ret_path, PATH_MAX) && stat(ret_path, ret_st) == 0 &&
	       (S_ISREG(ret_st->st_mode) || S_ISBLK(ret_st->st_mode));
}
