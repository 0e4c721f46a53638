/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "medium/kernel.h"

#ifndef SG_SCSI_RESET_NO_ESCALATE
#define SG_SCSI_RESET_NO_ESCALATE 0x100
#endif
#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, __u64)
#endif

bool medium_kernel_size(const char *path, uint64_t *ret_bytes)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool ok = fd >= 0 && ioctl(fd, BLKGETSIZE64, ret_bytes) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

void medium_kernel_reset_drive(const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC), how = SG_SCSI_RESET_DEVICE | SG_SCSI_RESET_NO_ESCALATE;

	if (fd < 0)
		return;
	(void)ioctl(fd, SG_SCSI_RESET, &how);
	close(fd);
}

bool medium_kernel_disk_number(int fd, uint64_t *ret_number)
{
	return ioctl(fd, BLKGETDISKSEQ, ret_number) == 0;
}

/* It asks whenever somebody opens the device. */
void medium_kernel_look(int fd)
{
	char path[32];
	int other;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	other = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (other >= 0)
		close(other);
}

bool medium_kernel_timeout_file(int fd, char ret_file[MEDIUM_KERNEL_FILE_BYTES])
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISBLK(st.st_mode))
		return false;
	snprintf(ret_file, MEDIUM_KERNEL_FILE_BYTES, "/sys/dev/block/%u:%u/device/timeout", major(st.st_rdev),
		 minor(st.st_rdev));
	return true;
}

uint32_t medium_kernel_set_timeout(const char *file, uint32_t seconds)
{
	char text[16] = "";
	uint32_t now = 0;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) > 0)
		now = (uint32_t)strtoul(text, NULL, 10);
	close(fd);
	if (now == 0 || now >= seconds)
		return now;
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return now;
	if (dprintf(fd, "%u\n", seconds) > 0)
		now = seconds;
	close(fd);
	return now;
}
