/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/cdrom.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "child.h"
#include "pktcdvd.h"
#include "place.h"
#include "request.h"

#define CONTROL PACKET_DIR "/control"
#define KERNELS_NAME PACKET_DIR "/pktcdvd"	/* udev makes the nodes of these names */

enum { COMMAND_SETUP, COMMAND_TEARDOWN, COMMAND_STATUS };

struct control {
	uint32_t command;
	uint32_t index;
	uint32_t drive;
	uint32_t number;
	uint32_t n_devices;
	uint32_t padding;
};

#define PACKET_CONTROL _IOWR('X', 1, struct control)

/* The kernel's encoding of device numbers, which is not glibc's. */
static uint32_t encode(dev_t number)
{
	unsigned minor_number = minor(number);

	return (minor_number & 0xff) | (uint32_t)major(number) << 8 | (uint32_t)(minor_number & ~0xffu) << 12;
}

static dev_t decode(uint32_t number)
{
	return makedev((number >> 8) & 0xfff, (number & 0xff) | ((number >> 12) & 0xfff00));
}

/* The minor number of the control node, as /proc/misc has it */
static bool find_minor(unsigned *ret)
{
	FILE *f = fopen("/proc/misc", "re");
	char line[128], name[64];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%u %63s", ret, name) == 2 && strcmp(name, "pktcdvd") == 0;
	if (f)
		fclose(f);
	return found;
}

int pktcdvd_open(bool loads)
{
	static const char *const load[] = { "modprobe", "-q", "pktcdvd", NULL };
	int fd = open(CONTROL, O_RDONLY | O_CLOEXEC);
	unsigned minor_number;

	if (fd >= 0 || !loads)
		return fd;
	if (!find_minor(&minor_number)) {
		(void)child_run(load, NULL, 0);
		if (!find_minor(&minor_number))
			return -1;
	}
	(void)mkdir(PACKET_DIR, 0755);
	(void)mknod(CONTROL, S_IFCHR | 0644, makedev(10, minor_number));
	return open(CONTROL, O_RDONLY | O_CLOEXEC);
}

void pktcdvd_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

int pktcdvd_setup(int fd, dev_t drive, dev_t *ret_number)
{
	struct control c = { .command = COMMAND_SETUP, .drive = encode(drive) };

	if (ioctl(fd, PACKET_CONTROL, &c) < 0)
		return errno;
	*ret_number = decode(c.number);
	return 0;
}

int pktcdvd_teardown(int fd, dev_t number)
{
	struct control c = { .command = COMMAND_TEARDOWN, .number = encode(number) };

	return ioctl(fd, PACKET_CONTROL, &c) < 0 ? errno : 0;
}

bool pktcdvd_next(int fd, unsigned *index, struct pktcdvd_device *ret)
{
	struct control c;

	do {
		c = (struct control){ .command = COMMAND_STATUS, .index = *index };
		if (ioctl(fd, PACKET_CONTROL, &c) < 0 || *index >= c.n_devices)
			return false;
		*ret = (struct pktcdvd_device){ .index = *index, .number = decode(c.number), .drive = decode(c.drive) };
		++*index;
	} while (!c.drive);
	return true;
}

int pktcdvd_make_node(const char *path, dev_t number)
{
	struct stat st;

	if (strncmp(path, PACKET_DIR "/", sizeof(PACKET_DIR)) == 0)
		(void)mkdir(PACKET_DIR, 0755);
	if (lstat(path, &st) == 0)
		return S_ISBLK(st.st_mode) && st.st_rdev == number ? 0 : EEXIST;
	return mknod(path, S_IFBLK | 0640, number) < 0 ? errno : 0;
}

/* The driver wants a drive that has read what is on the disc. */
static void let_drive_look(const char *device)
{
	int fd = open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)ioctl(fd, CDROM_DRIVE_STATUS, CDSL_CURRENT);
	(void)ioctl(fd, CDROM_DISC_STATUS, 0);
	close(fd);
}

/* A binding that is there is found before its name is refused, or a node is taken for one that is no more. */
static bool find_drive(int fd, dev_t drive, struct pktcdvd_device *ret)
{
	for (unsigned i = 0; pktcdvd_next(fd, &i, ret);)
		if (ret->drive == drive)
			return true;
	return false;
}

static bool is_live(int fd, dev_t number)
{
	struct pktcdvd_device device;

	for (unsigned i = 0; pktcdvd_next(fd, &i, &device);)
		if (device.number == number)
			return true;
	return false;
}

/* A node that was left over may go; that of a device which is there may not. */
static bool clear_name(int fd, const char *path)
{
	char device[64];
	struct stat st;

	if (lstat(path, &st) < 0)
		return true;
	if (!S_ISBLK(st.st_mode) || is_live(fd, st.st_rdev))
		return false;
	snprintf(device, sizeof(device), "/sys/dev/block/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	if (access(device, F_OK) == 0)
		return false;
	return unlink(path) == 0;
}

int pktcdvd_bind(int fd, const char *device, dev_t drive, const char *path, bool ignore)
{
	struct pktcdvd_device before;
	dev_t number;
	int failed;

	if (find_drive(fd, drive, &before)) {
		if (!ignore)
			cli_say(TOOL ": %s is bound already, as packet device %u:%u", device, major(before.number),
				minor(before.number));
		return !ignore;
	}
	if (path[0] && !clear_name(fd, path)) {
		cli_say(TOOL ": %s is something else already; give another name", path);
		return 1;
	}
	let_drive_look(device);
	failed = pktcdvd_setup(fd, drive, &number);
	if (failed) {
		cli_say(TOOL ": %s: pktcdvd does not take it: %s", device, strerror(failed));
		return 1;
	}
	failed = path[0] ? pktcdvd_make_node(path, number) : 0;
	if (!failed)
		return 0;
	(void)pktcdvd_teardown(fd, number);
	cli_say(TOOL ": %s can't be made: %s", path, strerror(failed));
	return 1;
}

int pktcdvd_release(int fd, const char *text, bool ignore)
{
	struct pktcdvd_device device;
	char path[PATH_MAX] = "";
	struct stat st;
	dev_t number;
	int failed;

	if (!place_numbers(text, &number)) {
		if (!place_packet_path(text, path) || stat(path, &st) < 0 || !S_ISBLK(st.st_mode)) {
			if (!ignore)
				cli_say(TOOL ": %s: there is no such packet device; 'pktsetup -s' lists them", text);
			return !ignore;
		}
		number = st.st_rdev;
	}
	failed = pktcdvd_teardown(fd, number);
	if (failed == ENXIO && find_drive(fd, number, &device)) {
		path[0] = '\0';
		failed = pktcdvd_teardown(fd, device.number);
	}
	if (failed == ENXIO && ignore)
		return 0;
	if (failed) {
		cli_say(TOOL ": %s: %s", text, failed == EBUSY ? "it is in use; unmount it first" :
			failed == ENXIO ? "there is no such packet device; 'pktsetup -s' lists them" :
			strerror(failed));
		return 1;
	}
	/* udev removes those that it has made. */
	if (path[0] && strncmp(path, KERNELS_NAME, strlen(KERNELS_NAME)) != 0)
		unlink(path);
	return 0;
}
