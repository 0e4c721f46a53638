/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop devices and what is behind them: a file or another device. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/internal.h"

/* Read the path from "BLOCK_DIR/loop/backing_file".  Returns false for a device that isn't bound to a file. */
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

/* Ask the driver about the loop device DEVICE.  Returns false if that isn't allowed, or the device shows nothing. */
static bool ask_driver(const char *device, struct loop_info64 *ret_info)
{
	int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool known = fd >= 0 && ioctl(fd, LOOP_GET_STATUS64, ret_info) == 0;

	if (fd >= 0)
		close(fd);
	return known;
}

/* Is PLACE what the driver has opened?  The driver knows a file by its numbers, whatever the file is called now. */
static bool is_shown(const struct loop_info64 *info, const struct stat *place)
{
	if (S_ISBLK(place->st_mode))
		return info->lo_rdevice && unpack_dev(info->lo_rdevice) == place->st_rdev;
	return unpack_dev(info->lo_device) == place->st_dev && info->lo_inode == place->st_ino;
}

/*
 * Is PLACE behind the loop device NAME ("loop3")?  The driver knows that in any mount namespace.  A user who may not
 * ask the driver has only the path in sysfs.
 */
static bool is_behind(const char *name, bool has_sysfs, const struct stat *place, const char *place_path)
{
	char device[64], block_dir[64], path[PATH_MAX];
	struct loop_info64 info;
	bool known;

	snprintf(block_dir, sizeof(block_dir), "/sys/block/%.40s", name);
	if (has_sysfs && !read_backing_file(block_dir, path, sizeof(path)))
		return false;
	snprintf(device, sizeof(device), "/dev/%.40s", name);
	known = ask_driver(device, &info);
	if (known && is_shown(&info, place))
		return true;
	if (!has_sysfs || (known && S_ISBLK(place->st_mode)))
		return false;
	/* The path is only compared: looking it up may lead into a mount that hangs. */
	return strcmp(path, place_path) == 0;
}

/* Is it "loop3", and not "loop-control" or "loop3p1"? */
static bool is_loop_name(const char *name)
{
	return strncmp(name, "loop", 4) == 0 && name[4] && !name[4 + strspn(name + 4, "0123456789")];
}

bool cli_next_loop_over(const struct stat *place, const char *path, struct cli_loops *loops, char ret_device[64])
{
	struct dirent *entry;

	if (!loops->dir) {
		loops->dir = opendir("/sys/block");
		loops->has_sysfs = loops->dir != NULL;
	}
	if (!loops->dir)
		loops->dir = opendir("/dev");
	if (!loops->dir)
		return false;
	while ((entry = readdir(loops->dir))) {
		if (!is_loop_name(entry->d_name) || !is_behind(entry->d_name, loops->has_sysfs, place, path))
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

/* The node in /dev of the loop device RDEV, where /sys is not mounted. */
static bool find_loop_node(dev_t rdev, char ret_device[64])
{
	struct dirent *entry;
	DIR *dir = opendir("/dev");
	struct stat st;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		if (!is_loop_name(entry->d_name))
			continue;
		snprintf(ret_device, 64, "/dev/%.50s", entry->d_name);
		found = stat(ret_device, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == rdev;
	}
	if (dir)
		closedir(dir);
	return found;
}

/*
 * Find out from the driver what is behind the loop device RDEV: the numbers, and the path that losetup recorded there
 * if it leads to the same file.  That path has at most 63 characters.
 */
static bool behind_by_driver(dev_t rdev, char ret_path[PATH_MAX], struct stat *ret_st)
{
	struct loop_info64 info;
	char device[64];

	if (major(rdev) != LOOP_MAJOR || !find_loop_node(rdev, device) || !ask_driver(device, &info))
		return false;
	snprintf(ret_path, PATH_MAX, "%.*s", (int)sizeof(info.lo_file_name), (const char *)info.lo_file_name);
	if (ret_path[0] == '/' && stat(ret_path, ret_st) == 0 && is_shown(&info, ret_st))
		return true;
	ret_path[0] = '\0';
	*ret_st = (struct stat){ .st_mode = info.lo_rdevice ? S_IFBLK : S_IFREG,
				 .st_dev = unpack_dev(info.lo_device), .st_ino = (ino_t)info.lo_inode,
				 .st_rdev = unpack_dev(info.lo_rdevice) };
	return true;
}

bool cli_behind_loop(dev_t rdev, char ret_path[PATH_MAX], struct stat *ret_st)
{
	char block_dir[64];
	struct stat st;

	rdev = cli_whole_disk(rdev);
	if (stat("/sys/dev/block", &st))
		return behind_by_driver(rdev, ret_path, ret_st);
	snprintf(block_dir, sizeof(block_dir), "/sys/dev/block/%u:%u", major(rdev), minor(rdev));
	return read_backing_file(block_dir, ret_path, PATH_MAX) && stat(ret_path, ret_st) == 0 &&
	       (S_ISREG(ret_st->st_mode) || S_ISBLK(ret_st->st_mode));
}
