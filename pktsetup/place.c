/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/cli.h"
#include "medium/medium.h"
#include "mmc/sg_device.h"
#include "place.h"

bool place_numbers(const char *text, dev_t *ret)
{
	unsigned major_number, minor_number;
	int n = 0;

	if (sscanf(text, "%u:%u%n", &major_number, &minor_number, &n) != 2 || text[n])
		return false;
	*ret = makedev(major_number, minor_number);
	return true;
}

/* The node that udev makes for a block device */
static bool find_node(dev_t number, char ret[PATH_MAX])
{
	char link[64], target[PATH_MAX], *name;
	ssize_t n;

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(number), minor(number));
	n = readlink(link, target, sizeof(target) - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	name = strrchr(target, '/');
	return name && snprintf(ret, PATH_MAX, "/dev/%s", name + 1) < PATH_MAX;
}

static bool find_simulated(const char *text, struct drive_place *ret, char *ret_why)
{
	char file[PATH_MAX];

	if (!realpath(medium_host_path(text), file)) {
		snprintf(ret_why, WHY_BYTES, "%s: %s", text, errno == ENOENT ?
			 "there is no simulated drive of this name; 'mmcsim create' makes one" : strerror(errno));
		return false;
	}
	ret->number = 0;
	if (strchr(file, '\n')) {	/* records have one line for it */
		snprintf(ret_why, WHY_BYTES, "%s: a newline can't be in the path", text);
		return false;
	}
	if (snprintf(ret->path, sizeof(ret->path), "sim:%s", file) < (int)sizeof(ret->path))
		return true;
	snprintf(ret_why, WHY_BYTES, "%s: the path is too long", text);
	return false;
}

bool place_find_drive(const char *text, struct drive_place *ret, char ret_why[WHY_BYTES])
{
	char path[PATH_MAX], found[MMC_DEVICE_PATH_BYTES], why[CLI_OPEN_BYTES];
	struct stat st;
	dev_t number;

	if (medium_is_simulated(text))
		return find_simulated(text, ret, ret_why);
	if (place_numbers(text, &number)) {
		if (!find_node(number, path)) {
			snprintf(ret_why, WHY_BYTES, "%s: there is no block device of these numbers", text);
			return false;
		}
	} else {
		snprintf(path, sizeof(path), "%s", text);
	}
	if (stat(path, &st) < 0) {
		cli_open_text(path, UDF_E_IO, errno, why);
		snprintf(ret_why, WHY_BYTES, "%s: %s", path, why);
		return false;
	}
	/* /dev/sgN leads to a drive too.  What is neither is refused by whoever opens it, or taken by pktcdvd. */
	if (!S_ISBLK(st.st_mode) && mmc_device_find(path, found) == UDF_OK && stat(found, &st) == 0)
		snprintf(path, sizeof(path), "%s", found);
	if (!S_ISBLK(st.st_mode)) {
		snprintf(ret_why, WHY_BYTES, "%s: this is no drive; 'cdrwtool --list' shows them", text);
		return false;
	}
	/* One name for each drive, that holds in every directory. */
	if (!find_node(st.st_rdev, ret->path) || access(ret->path, F_OK) < 0)
		snprintf(ret->path, sizeof(ret->path), "%s", path);
	ret->number = st.st_rdev;
	return true;
}

bool place_packet_path(const char *name, char ret[PATH_MAX])
{
	char here[PATH_MAX];
	int n;

	if (!name[0] || strchr(name, '\n'))
		return false;
	if (name[0] == '/')
		n = snprintf(ret, PATH_MAX, "%s", name);
	else if (!strchr(name, '/'))
		n = snprintf(ret, PATH_MAX, PACKET_DIR "/%s", name);
	else if (getcwd(here, sizeof(here)))
		n = snprintf(ret, PATH_MAX, "%s/%s", here, name);
	else
		return false;
	return n < PATH_MAX;
}
