/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop devices and the files behind them, as sysfs shows them. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

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

bool cli_find_loop_of(dev_t st_dev, ino_t st_ino, char ret_device[64])
{
	DIR *dir = opendir("/sys/block");
	struct dirent *entry;
	bool found = false;

	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		char block_dir[PATH_MAX], path[PATH_MAX];
		struct stat st;

		if (strncmp(entry->d_name, "loop", 4) != 0)
			continue;
		snprintf(block_dir, sizeof(block_dir), "/sys/block/%s", entry->d_name);
		if (!read_backing_file(block_dir, path, sizeof(path)) || stat(path, &st) < 0)
			continue;
		if (st.st_dev == st_dev && st.st_ino == st_ino) {
			snprintf(ret_device, 64, "/dev/%.50s", entry->d_name);
			found = true;
		}
	}
	closedir(dir);
	return found;
}

int cli_open_behind_loop(dev_t rdev)
{
	char block_dir[64], path[PATH_MAX];
	struct stat st;

	snprintf(block_dir, sizeof(block_dir), "/sys/dev/block/%u:%u", major(rdev), minor(rdev));
	if (!read_backing_file(block_dir, path, sizeof(path)))
		return -1;
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}
