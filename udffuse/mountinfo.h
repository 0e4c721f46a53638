/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is mounted where, as /proc/self/mountinfo has it. */
#ifndef UDFFUSE_MOUNTINFO_H
#define UDFFUSE_MOUNTINFO_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/mount_table.h"

/**
 * The mount on TARGET, a path as mountinfo_path() gives it: the topmost, where there are several.
 * False where nothing is mounted there or /proc isn't.  Free with mountinfo_done().
 */
bool mountinfo_find(const char *target, struct cli_mount *ret);

/** The last mount of SOURCE by udffuse. */
bool mountinfo_find_source(const char *source, struct cli_mount *ret);

/** Is the filesystem of that number mounted anywhere, as far as this process sees? */
bool mountinfo_has_device(dev_t dev);

void mountinfo_done(struct cli_mount *entry);

/** "fuse.udffuse" or "fuseblk.udffuse". */
bool mountinfo_is_udffuse(const struct cli_mount *entry);

/** Is NAME one of the comma-separated words of LIST? */
bool mountinfo_has_option(const char *list, const char *name);

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256	/* of Linux 5.10; not in every C library's header */
#endif

/** The flags of mount(2) that this mount has, so that remounting keeps them. */
unsigned long mountinfo_flags(const struct cli_mount *entry);

/**
 * PATH as mountinfo would have it, without looking into what is mounted there (its server may hang, or be dead).
 * NULL where its parent directory can't be reached.  Free it.
 */
char *mountinfo_path(const char *path);

#endif
