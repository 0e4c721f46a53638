/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of devices that are not there. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"

bool cli_is_device_name(const char *path)
{
	char dir[PATH_MAX], *real;
	const char *slash = strrchr(path, '/');
	struct stat st, dev;
	bool is_there;

	if (slash && (size_t)(slash - path) >= sizeof(dir))
		return false;
	strcpy(dir, ".");
	if (slash) {
		memcpy(dir, path, (size_t)(slash - path));
		dir[slash - path] = '\0';
	}
	real = realpath(*dir ? dir : "/", NULL);
	if (!real)
		return false;
	/* /dev/shm and the like are filesystems of their own */
	is_there = (strcmp(real, "/dev") == 0 || strncmp(real, "/dev/", 5) == 0) && stat(real, &st) == 0 &&
		   stat("/dev", &dev) == 0 && st.st_dev == dev.st_dev;
	free(real);
	return is_there;
}
