/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much written data the kernel may hold back before it hands it to us. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "mounted.h"

/* Several writers that meet the end of the volume together lose up to twice as much; speed does not depend on it. */
#define MAX_DIRTY_BYTES (24ll << 20)

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

/*
 * What the kernel has accepted when the volume turns out to be full is lost.  It holds back up to a hundredth of
 * what may be dirty in all, which is much on a large machine.  Only root may lower that, and not before Linux 6.2.
 */
void dirty_limit(const struct mounted *m)
{
	static const char *const suffixes[] = { "", "-fuseblk" };
	struct statx stx;

	/* not synchronised: the loop does not answer yet */
	if (statx(AT_FDCWD, m->mountpoint, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &stx))
		return;
	for (size_t i = 0; i < 2; i++) {
		char directory[64];

		snprintf(directory, sizeof(directory), "/sys/class/bdi/%u:%u%s", stx.stx_dev_major,
			 stx.stx_dev_minor, suffixes[i]);
		if (limit(directory, "strict_limit", 1) && limit(directory, "max_bytes", MAX_DIRTY_BYTES))
			return;
	}
}
