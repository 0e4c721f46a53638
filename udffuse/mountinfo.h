/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is mounted where, as /proc/self/mountinfo has it. */
#ifndef UDFFUSE_MOUNTINFO_H
#define UDFFUSE_MOUNTINFO_H

#include <stdbool.h>

struct mount_entry {
	char *line;		/* owns what the others point into */
	const char *target, *source, *type;
	const char *options;	/* of this mount: "rw,nosuid,nodev,relatime" */
	const char *super_options;	/* of the filesystem: "rw,user_id=0,group_id=0" */
	unsigned major, minor;
};

/**
 * The mount on TARGET, a path as mountinfo_path() gives it: the topmost, where there are several.
 * False where nothing is mounted there or /proc isn't.  Free with mountinfo_done().
 */
bool mountinfo_find(const char *target, struct mount_entry *ret);

/** The last mount of SOURCE by udffuse. */
bool mountinfo_find_source(const char *source, struct mount_entry *ret);

/** Is the filesystem of that number mounted anywhere, as far as this process sees? */
bool mountinfo_has_device(unsigned major, unsigned minor);

void mountinfo_done(struct mount_entry *entry);

/** "fuse.udffuse" or "fuseblk.udffuse". */
bool mountinfo_is_udffuse(const struct mount_entry *entry);

/** Is NAME one of the comma-separated words of LIST? */
bool mountinfo_has_option(const char *list, const char *name);

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256	/* of Linux 5.10; not in every C library's header */
#endif

/** The flags of mount(2) that this mount has, so that remounting keeps them. */
unsigned long mountinfo_flags(const struct mount_entry *entry);

/**
 * PATH as mountinfo would have it, without looking into what is mounted there (its server may hang, or be dead).
 * NULL where its parent directory can't be reached.  Free it.
 */
char *mountinfo_path(const char *path);

#endif
