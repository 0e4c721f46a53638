/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/major.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/checked.h"
#include "mmc/sg_device.h"

#define USUAL_BYTES 65536u		/* what every host carries, and one packet of a CD-RW */
#define MAX_BYTES (512u * 1024)		/* more takes long and brings nothing */

/* The name of the one block device in DIRECTORY. */
static enum udf_err block_name(const char *directory, char *ret_name, size_t n_bytes)
{
	enum udf_err err = UDF_E_NOT_FOUND;
	struct dirent *entry;
	DIR *dir = opendir(directory);

	if (!dir)
		return UDF_E_NOT_FOUND;
	while (err && (entry = readdir(dir))) {
		size_t n = strlen(entry->d_name);

		if (!strncmp(entry->d_name, "sr", 2) && n < n_bytes) {
			memcpy(ret_name, entry->d_name, n + 1);
			err = UDF_OK;
		}
	}
	closedir(dir);
	return err;
}

enum udf_err mmc_device_find(const char *path, char ret_path[MMC_DEVICE_PATH_BYTES])
{
	char directory[80], name[32];
	struct stat st;
	enum udf_err err;

	if (stat(path, &st))
		return errno == ENOENT || errno == ENOTDIR ? UDF_E_NOT_FOUND : udf_err_from_errno(errno);
	if (S_ISBLK(st.st_mode) && major(st.st_rdev) == SCSI_CDROM_MAJOR) {
		if (strlen(path) >= MMC_DEVICE_PATH_BYTES)
			return UDF_E_NAME_TOO_LONG;
		snprintf(ret_path, MMC_DEVICE_PATH_BYTES, "%s", path);
		return UDF_OK;
	}
	if (!S_ISCHR(st.st_mode) || major(st.st_rdev) != SCSI_GENERIC_MAJOR)
		return UDF_E_UNSUPPORTED;
	snprintf(directory, sizeof(directory), "/sys/dev/char/%u:%u/device/block", major(st.st_rdev),
		 minor(st.st_rdev));
	err = block_name(directory, name, sizeof(name));
	if (!err)
		snprintf(ret_path, MMC_DEVICE_PATH_BYTES, "/dev/%s", name);
	return err;
}

uint32_t mmc_device_max_bytes(int fd)
{
	char path[80], text[24];
	unsigned long kib;
	struct stat st;
	ssize_t n;
	int file;

	if (fstat(fd, &st) || !S_ISBLK(st.st_mode))
		return USUAL_BYTES;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/queue/max_sectors_kb", major(st.st_rdev),
		 minor(st.st_rdev));
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return USUAL_BYTES;
	n = read(file, text, sizeof(text) - 1);
	close(file);
	if (n <= 0)
		return USUAL_BYTES;
	text[n] = 0;
	kib = strtoul(text, NULL, 10);
	return kib < 4 ? USUAL_BYTES : (uint32_t)udf_min64((uint64_t)kib * 1024, MAX_BYTES);
}

/* ---- a drive that was plugged in again ---- */

/* The first line of DIRECTORY/FILE, without blanks at its end; false if there is none. */
static bool line_read(const char *directory, const char *file, char *ret_line, size_t n_bytes)
{
	char path[PATH_MAX + 32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, ret_line, n_bytes - 1);
	close(fd);
	while (n > 0 && (ret_line[n - 1] == '\n' || ret_line[n - 1] == ' '))
		n--;
	if (n <= 0)
		return false;
	ret_line[n] = 0;
	return true;
}

/* The serial number that stands highest: an adapter has one where the drive's is hidden. */
static void serial_read(char *directory, char *ret_serial, size_t n_bytes)
{
	char page[80] = "";

	ret_serial[0] = 0;
	if (line_read(directory, "vpd_pg80", page, sizeof(page)))	/* four bytes, then the number */
		snprintf(ret_serial, n_bytes, "%s", page + 4);
	for (char *end; !ret_serial[0] && (end = strrchr(directory, '/')) && end > directory + strlen("/sys/");) {
		*end = 0;
		(void)line_read(directory, "serial", ret_serial, n_bytes);
	}
}

/* DEVICE is a folder of /sys/dev/block or /sys/class/block. */
static void name_read(const char *device, char ret_name[MMC_DEVICE_NAME_BYTES])
{
	char path[80], directory[PATH_MAX], maker[40] = "", model[60] = "", serial[100];

	ret_name[0] = 0;
	snprintf(path, sizeof(path), "%s/device", device);
	if (!realpath(path, directory) || !line_read(directory, "model", model, sizeof(model)))
		return;
	(void)line_read(directory, "vendor", maker, sizeof(maker));
	serial_read(directory, serial, sizeof(serial));
	snprintf(ret_name, MMC_DEVICE_NAME_BYTES, "%s\n%s\n%s", maker, model, serial);
}

void mmc_device_name(int fd, char ret_name[MMC_DEVICE_NAME_BYTES])
{
	char device[80];
	struct stat st;

	ret_name[0] = 0;
	if (fstat(fd, &st) || !S_ISBLK(st.st_mode))
		return;
	snprintf(device, sizeof(device), "/sys/dev/block/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	name_read(device, ret_name);
}

/* Is this entry of /sys/class/block another drive of that name, with a node? */
static bool is_that(const char *entry, const char *name, const struct stat *old, char ret_path[MMC_DEVICE_PATH_BYTES])
{
	char device[80], its_name[MMC_DEVICE_NAME_BYTES];
	struct stat st;

	if (strncmp(entry, "sr", 2) || strlen(entry) > 16)
		return false;
	snprintf(ret_path, MMC_DEVICE_PATH_BYTES, "/dev/%.16s", entry);
	if (stat(ret_path, &st) || !S_ISBLK(st.st_mode) || st.st_rdev == old->st_rdev)
		return false;
	snprintf(device, sizeof(device), "/sys/class/block/%.16s", entry);
	name_read(device, its_name);
	return strcmp(its_name, name) == 0;
}

enum udf_err mmc_device_find_again(const char *name, int fd, char ret_path[MMC_DEVICE_PATH_BYTES])
{
	enum udf_err err = UDF_E_NOT_FOUND;
	struct dirent *entry;
	struct stat old;
	DIR *dir;

	if (!name[0] || fstat(fd, &old))
		return UDF_E_NOT_FOUND;
	dir = opendir("/sys/class/block");
	while (dir && err && (entry = readdir(dir)))
		if (is_that(entry->d_name, name, &old, ret_path))
			err = UDF_OK;
	if (dir)
		closedir(dir);
	return err;
}
