/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a remount reaches the udffuse that serves the mount: by an ioctl on its root directory, which only root and the
 * user who has mounted it may use.  mount(2) with MS_REMOUNT changes the kernel's flags only; udffuse never sees it.
 */
#ifndef UDFFUSE_CONTROL_H
#define UDFFUSE_CONTROL_H

#include <linux/ioctl.h>
#include <stdint.h>

#define CONTROL_TEXT_BYTES 8184u

enum control_what { CONTROL_READ_ONLY = 1, CONTROL_WRITABLE = 2 };

struct control {
	uint32_t what;
	uint32_t failed;		/* 0, or 1: TEXT says why */
	char text[CONTROL_TEXT_BYTES];	/* lines, then a NUL */
};

#define CONTROL_IOCTL _IOWR('u', 0xDF, struct control)

#endif
