/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits how much written data the kernel holds back before it passes it to us.  Where the volume turns out to be
 * full, the data that the kernel has accepted is lost.  By default it holds back up to a hundredth of all memory that
 * may be dirty, which is much on a large machine.  So it is limited where the volume is nearly full; elsewhere a limit
 * would only make writing slower.  Only root can set the limit, from Linux 6.2 on.
 *
 * An optical disc is limited at once, since it may need minutes for that much, and a shutdown does not wait so long.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "front/front.h"
#include "mounted.h"
#include "vol/vol.h"

/* Several writers that meet the end of the volume together lose up to twice as much. */
#define MAX_DIRTY_BYTES (24ll << 20)
#define MAX_DIRTY_S 4u			/* of an optical disc: as long as it may take to write it */
#define NEAR_FULL_BYTES (1ull << 30)	/* the free space, or the size of a small volume */
#define LOOK_BYTES (4u << 20)		/* how much is written before the free space is looked at again */

/* Lower the value in FILE to MAX, or set it if there is none.  Returns false if there is no such file. */
static bool limit(int sys_fd, const char *file, long long max)
{
	char text[32] = "";
	int fd = openat(sys_fd, file, O_RDWR | O_CLOEXEC);
	long long now;

	if (fd < 0)
		return false;
	now = read(fd, text, sizeof(text) - 1) > 0 ? atoll(text) : 0;
	if (now == 0 || now > max)
		(void)dprintf(fd, "%lld\n", max);
	close(fd);
	return true;
}

static void set_limit(struct mounted *m)
{
	uint64_t disc_bytes = (uint64_t)m->front->medium.write_kbs * 1000 * MAX_DIRTY_S;
	long long max_bytes = disc_bytes ? (long long)udf_min64(MAX_DIRTY_BYTES, disc_bytes) : MAX_DIRTY_BYTES;

	if (limit(m->dirty.sys_fd, "strict_limit", 1))
		(void)limit(m->dirty.sys_fd, "max_bytes", max_bytes);
	dirty_limit_stop(m);
}

/*
 * In a container or a chroot /sys may be missing.  Then it is mounted where nobody else can see it, until FD is
 * closed.
 */
static int open_sys(void)
{
	int fd = -1, context;

	if (access("/sys/class/bdi", F_OK) == 0)
		return open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	context = fsopen("sysfs", FSOPEN_CLOEXEC);
	if (context < 0)
		return -1;
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	close(context);
	return fd;
}

static uint64_t volume_bytes(const struct udf_vol *vol)
{
	uint64_t n_blocks = 0;

	for (uint16_t i = 0; i < vol->n_parts; i++)
		n_blocks += vol->parts[i].n_blocks;
	return n_blocks * vol->block_bytes;
}

void dirty_limit_init(struct mounted *m)
{
	static const char *const suffixes[] = { "", "-fuseblk" };
	char directory[64];
	struct statx stx;
	int sys_fd;

	/* don't synchronise: the loop does not answer yet */
	if (geteuid() != 0 || statx(AT_FDCWD, m->mountpoint, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &stx))
		return;
	sys_fd = open_sys();
	for (size_t i = 0; i < 2 && m->dirty.sys_fd < 0; i++) {
		snprintf(directory, sizeof(directory), "class/bdi/%u:%u%s", stx.stx_dev_major, stx.stx_dev_minor,
			 suffixes[i]);
		m->dirty.sys_fd = openat(sys_fd, directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (sys_fd >= 0)
		close(sys_fd);
	if (m->dirty.sys_fd < 0)
		return;
	if (faccessat(m->dirty.sys_fd, "max_bytes", W_OK, 0) != 0)
		dirty_limit_stop(m);
	else if (m->front->medium.write_kbs || volume_bytes(m->front->vol) <= NEAR_FULL_BYTES)
		set_limit(m);
}

void dirty_limit_wrote(struct mounted *m, size_t n_bytes)
{
	struct udf_statfs space;

	m->dirty.n_unseen_bytes += n_bytes;
	if (m->dirty.sys_fd < 0 || m->dirty.n_unseen_bytes < LOOK_BYTES)
		return;
	m->dirty.n_unseen_bytes = 0;
	udf_fs_statfs(m->fs, &space);
	if (space.n_free_blocks * space.block_bytes <= NEAR_FULL_BYTES)
		set_limit(m);
}

void dirty_limit_stop(struct mounted *m)
{
	if (m->dirty.sys_fd >= 0)
		close(m->dirty.sys_fd);
	m->dirty.sys_fd = -1;
}
