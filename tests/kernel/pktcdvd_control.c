/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for the control node of the kernel's pktcdvd: a character device in user space (CUSE),
 * /dev/pktcdvd/control, that keeps a list of packet devices and writes each command to standard output as it came.
 *
 *	pktcdvd_control BUSY-FILE	packet devices are in use for as long as BUSY-FILE is there
 *
 * Packet device N has the number 254:(300 + N).
 */
#define FUSE_USE_VERSION 31
#include "config.h"

#include <cuse_lowlevel.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* As <linux/pktcdvd.h> had it */
struct command {
	uint32_t command, index, drive, number, n_devices, padding;
};

#define CONTROL 0xc0185801u
#define N_DEVICES 8u

static uint32_t drives[N_DEVICES];
static const char *busy_file;

/* The kernel's new_encode_dev() of 254:(300 + INDEX) */
static uint32_t number_of(uint32_t index)
{
	uint32_t minor_number = 300 + index;

	return (minor_number & 0xff) | 254u << 8 | (minor_number & 0xfff00u) << 12;
}

static int set_up(struct command *c)
{
	for (uint32_t i = 0; i < N_DEVICES; i++)
		if (drives[i] == c->drive)
			return EBUSY;
	for (uint32_t i = 0; i < N_DEVICES; i++) {
		if (drives[i])
			continue;
		drives[i] = c->drive;
		c->number = number_of(i);
		c->index = i;
		return 0;
	}
	return EBUSY;
}

static int tear_down(const struct command *c)
{
	for (uint32_t i = 0; i < N_DEVICES; i++) {
		if (!drives[i] || number_of(i) != c->number)
			continue;
		if (access(busy_file, F_OK) == 0)
			return EBUSY;
		drives[i] = 0;
		return 0;
	}
	return ENXIO;
}

static int report(struct command *c)
{
	uint32_t i = c->index;

	c->drive = i < N_DEVICES ? drives[i] : 0;
	c->number = c->drive ? number_of(i) : 0;
	c->n_devices = N_DEVICES;
	return 0;
}

static void control_ioctl(fuse_req_t req, int cmd, void *arg, struct fuse_file_info *fi, unsigned flags,
			  const void *in, size_t n_in, size_t n_out)
{
	struct command c;
	int failed;

	(void)arg;
	(void)fi;
	(void)flags;
	if ((uint32_t)cmd != CONTROL || n_in != sizeof(c) || n_out != sizeof(c)) {
		printf("unknown %x\n", (unsigned)cmd);
		fuse_reply_err(req, ENOTTY);
		return;
	}
	memcpy(&c, in, sizeof(c));
	if (c.command != 2)
		printf("%s drive %x number %x\n", c.command == 0 ? "setup" : "teardown", c.drive, c.number);
	fflush(stdout);
	failed = c.command == 0 ? set_up(&c) : c.command == 1 ? tear_down(&c) : report(&c);
	if (failed)
		fuse_reply_err(req, failed);
	else
		fuse_reply_ioctl(req, 0, &c, sizeof(c));
}

static void control_open(fuse_req_t req, struct fuse_file_info *fi)
{
	fuse_reply_open(req, fi);
}

int main(int argc, char **argv)
{
	static const char *device[] = { "DEVNAME=pktcdvd/control" };
	static const struct cuse_lowlevel_ops ops = { .open = control_open, .ioctl = control_ioctl };
	struct cuse_info info = { .dev_info_argc = 1, .dev_info_argv = device };
	char foreground[] = "-f", single[] = "-s", *args[] = { argv[0], foreground, single, NULL };

	if (argc != 2)
		return 2;
	busy_file = argv[1];
	return cuse_lowlevel_main(3, args, &info, &ops, NULL);
}
