/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much written data the kernel may hold back before it hands it to us.  What it has accepted when the volume turns
 * out to be full is lost, and it holds back up to a hundredth of what may be dirty in all, which is much on a large
 * machine.  So it is limited where the volume is nearly full; elsewhere that would only make writing slower.  Only root
 * may do that, and not before Linux 6.2.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/front.h"
#include "mounted.h"
#include "vol/vol.h"

/* Several writers that meet the end of the volume together lose up to twice as much. */
#define MAX_DIRTY_BYTES (24ll << 20)
#define NEAR_FULL_BYTES (1ull << 30)	/* free, or the size of a small volume */
#define LOOK_BYTES (4u << 20)		/* written, until the free space is looked at again */

/* Lower the value in FILE of /sys to MAX, or set it if there is none.  Returns false if there is no such file. */
static bool limit(const char *directory, const char *file, long long max)
{
	char path[128];
	long long now = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	f = fopen(path, "r+e");
	if (!f)
		return false;
	if (fscanf(f, "%lld", &now) == 1 && (now == 0 || now > max) && fseek(f, 0, SEEK_SET) == 0)
		fprintf(f, "%lld\n", max);
	fclose(f);
	return true;
}

static void set_limit(struct mounted *m)
{
	m->dirty.is_limited = true;
	if (limit(m->dirty.directory, "strict_limit", 1))
		(void)limit(m->dirty.directory, "max_bytes", MAX_DIRTY_BYTES);
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
	char path[sizeof(m->dirty.directory) + 16];
	struct statx stx;

	m->dirty.is_limited = true;
	/* not synchronised: the loop does not answer yet */
	if (statx(AT_FDCWD, m->mountpoint, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &stx))
		return;
	for (size_t i = 0; i < 2 && m->dirty.is_limited; i++) {
		snprintf(m->dirty.directory, sizeof(m->dirty.directory), "/sys/class/bdi/%u:%u%s", stx.stx_dev_major,
			 stx.stx_dev_minor, suffixes[i]);
		snprintf(path, sizeof(path), "%s/max_bytes", m->dirty.directory);
		m->dirty.is_limited = access(path, W_OK) != 0;
	}
	if (!m->dirty.is_limited && volume_bytes(m->front->vol) <= NEAR_FULL_BYTES)
		set_limit(m);
}

void dirty_limit_wrote(struct mounted *m, size_t n_bytes)
{
	struct udf_statfs space;

	m->dirty.n_unseen_bytes += n_bytes;
	if (m->dirty.is_limited || m->dirty.n_unseen_bytes < LOOK_BYTES)
		return;
	m->dirty.n_unseen_bytes = 0;
	udf_fs_statfs(m->fs, &space);
	if (space.n_free_blocks * space.block_bytes <= NEAR_FULL_BYTES)
		set_limit(m);
}
