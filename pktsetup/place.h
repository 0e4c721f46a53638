/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operands stand for: a drive, and the path of a packet device. */
#ifndef UDF_PKTSETUP_PLACE_H
#define UDF_PKTSETUP_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define PACKET_DIR "/dev/pktcdvd"
#define WHY_BYTES (PATH_MAX + 1024)

struct drive_place {
	char path[PATH_MAX];	/* "/dev/sr0", "sim:/home/me/d.disc" */
	dev_t number;		/* 0: simulated */
};

/** "11:0" as numbers of a device; false for anything else. */
bool place_numbers(const char *text, dev_t *ret);

/** Find the drive that TEXT stands for.  False, with RET_WHY, if there is none. */
bool place_find_drive(const char *text, struct drive_place *ret, char ret_why[WHY_BYTES]);

/** The path of the packet device NAME: an absolute path, or below /dev/pktcdvd.  False if it is too long or empty. */
bool place_packet_path(const char *name, char ret[PATH_MAX]);

#endif
