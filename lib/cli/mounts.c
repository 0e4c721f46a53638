/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where an image or a device is mounted or used as swap space, as /proc shows it. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cli/internal.h"
#include "cli/mount_table.h"

bool cli_same_place(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode) || S_ISBLK(b->st_mode))
		return S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode) && a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The row of /proc/partitions for the device NAME, or for RDEV where NAME is empty, which is then filled in. */
static bool find_partition_row(char name[64], dev_t *rdev)
{
	FILE *f = fopen("/proc/partitions", "re");
	char *line = NULL, row_name[64];
	unsigned n_major, n_minor;
	size_t n_line = 0;
	bool found = false;

	while (f && !found && getline(&line, &n_line, f) > 0) {
		if (sscanf(line, "%u %u %*u %63s", &n_major, &n_minor, row_name) != 3)
			continue;
		found = name[0] ? strcmp(name, row_name) == 0 : *rdev == makedev(n_major, n_minor);
		if (found) {
			*rdev = makedev(n_major, n_minor);
			memcpy(name, row_name, sizeof(row_name));
		}
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

/*
 * The disk of the partition RDEV where /sys is not mounted: a partition has the name of its disk with a number after
 * it ("sda1"), and a "p" between them where the disk's name ends in a digit ("loop0p1").
 */
static dev_t whole_disk_by_name(dev_t rdev)
{
	char name[64] = "";
	dev_t disk = rdev;
	size_t n;

	if (!find_partition_row(name, &disk))
		return rdev;
	n = strlen(name);
	while (n && name[n - 1] >= '0' && name[n - 1] <= '9')
		n--;
	if (!n || !name[n])
		return rdev;
	if (n > 1 && name[n - 1] == 'p' && name[n - 2] >= '0' && name[n - 2] <= '9')
		n--;
	name[n] = '\0';
	return find_partition_row(name, &disk) ? disk : rdev;
}

dev_t cli_whole_disk(dev_t rdev)
{
	char path[96];
	unsigned n_major, n_minor;
	struct stat st;
	bool found;
	FILE *f;

	if (stat("/sys/dev/block", &st))
		return whole_disk_by_name(rdev);
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition", major(rdev), minor(rdev));
	if (stat(path, &st))
		return rdev;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../dev", major(rdev), minor(rdev));
	f = fopen(path, "re");
	if (!f)
		return rdev;
	found = fscanf(f, "%u:%u", &n_major, &n_minor) == 2;
	fclose(f);
	return found ? makedev(n_major, n_minor) : rdev;
}

/* The same device, or a disk and one of its partitions. */
static bool devices_overlap(dev_t a, dev_t b)
{
	return a == b || cli_whole_disk(a) == b || a == cli_whole_disk(b);
}

/* A device node below /dev: the only names of others that are looked at. */
static bool is_device_at(const char *path, const struct stat *device)
{
	struct stat st;

	return strncmp(path, "/dev/", 5) == 0 && stat(path, &st) == 0 && S_ISBLK(st.st_mode) &&
	       devices_overlap(st.st_rdev, device->st_rdev);
}

/*
 * Is it ST, whose name is PATH, that is mounted there?  Where the kernel has no number for it (FUSE, and what spans
 * devices) the source's name is compared, not looked up: it may lead into a mount whose server does not answer, and
 * whoever follows it waits for ever.
 */
static bool is_mount_of(const struct cli_mount *m, const struct stat *st, const char *path)
{
	bool is_fuse = strncmp(m->type, "fuse", 4) == 0;

	if (S_ISBLK(st->st_mode) && major(m->dev) != 0)
		return devices_overlap(m->dev, st->st_rdev);
	if (S_ISBLK(st->st_mode) && is_device_at(m->source, st))
		return true;
	return is_fuse && strcmp(m->source, path) == 0;
}

bool cli_find_mount(const char *process, const struct stat *st, const char *path, char *ret_mount_point, size_t cap)
{
	struct cli_table table;
	struct cli_mount m;
	bool found = false;

	cli_table_open_mounts(&table, process);
	while (!found && cli_table_next_mount(&table, &m)) {
		found = is_mount_of(&m, st, path);
		if (found)
			snprintf(ret_mount_point, cap, "%s", m.target);
	}
	cli_table_close(&table);
	return found;
}

bool cli_is_swap(const struct stat *st, const char *path)
{
	struct cli_table table;
	bool found = false;
	char *line;

	cli_table_open(&table, "/proc/swaps");
	while (!found && (line = cli_table_next(&table))) {
		const char *name = cli_table_word(&line);

		found = name && (strcmp(name, path) == 0 || (S_ISBLK(st->st_mode) && is_device_at(name, st)));
	}
	cli_table_close(&table);
	return found;
}
