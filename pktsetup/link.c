/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "link.h"
#include "nbd.h"
#include "record.h"

static bool read_link(const char *path, char ret[PATH_MAX])
{
	ssize_t n = readlink(path, ret, PATH_MAX - 1);

	if (n < 0)
		return false;
	ret[n] = '\0';
	return true;
}

bool link_is_free(const char *path)
{
	char target[PATH_MAX];
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT;
	return read_link(path, target) && (strncmp(target, "/dev/nbd", 8) == 0 ? !nbd_is_connected(target) :
					   access(path, F_OK) < 0);
}

static void make_packet_dir(void)
{
	if (mkdir(PACKET_DIR, 0755) == 0)
		(void)chmod(PACKET_DIR, 0755);
}

bool link_make(const char *path, const char *node)
{
	if (strncmp(path, PACKET_DIR "/", sizeof(PACKET_DIR)) == 0)
		make_packet_dir();
	/* One that was left over may lead to the very node that has just been connected. */
	link_remove(path, node);
	if (link_is_free(path))
		(void)unlink(path);
	return symlink(node, path) == 0;
}

void link_remove(const char *path, const char *node)
{
	char target[PATH_MAX];

	if (read_link(path, target) && strcmp(target, node) == 0)
		unlink(path);
}

bool link_find_free(char ret[PATH_MAX])
{
	for (unsigned i = 0; i < RECORD_SLOTS; i++) {
		snprintf(ret, PATH_MAX, PACKET_DIR "/pktcdvd%u", i);
		if (link_is_free(ret))
			return true;
	}
	return false;
}

/* The rule looks for a file of the device's numbers, and udev looks at the device again when it "changes". */
void link_mark(dev_t number, bool is_bound)
{
	char name[64], path[PATH_MAX];
	int fd;

	if (!number || !record_path("bound", path))
		return;
	if (mkdir(path, 0755) == 0)
		(void)chmod(path, 0755);
	snprintf(name, sizeof(name), "bound/%u:%u", major(number), minor(number));
	if (!record_path(name, path))
		return;
	if (is_bound) {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd >= 0)
			close(fd);
	} else {
		unlink(path);
	}
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/uevent", major(number), minor(number));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!write(fd, "change", 6);
		close(fd);
	}
}
