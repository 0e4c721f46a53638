/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkudffs --skip-unreadable: what was left out of the volume, and why. */
#ifndef MKUDFFS_SKIPPED_H
#define MKUDFFS_SKIPPED_H

#include <stdbool.h>
#include <stddef.h>

struct skipped_item {
	char *path;		/* below the directory that is copied */
	char *reason;
};

struct skipped {
	struct skipped_item *items;
	size_t n_items, cap;
};

/** An empty list.  Without memory it ends the program, as skipped_add() does. */
struct skipped *skipped_new(void);
void skipped_free(struct skipped *skipped);

/** REASON is copied. */
void skipped_add(struct skipped *skipped, const char *path, const char *reason);

/**
 * Print a line for each item on standard error, and one that says what this means for the volume on DEVICE.  Prints
 * nothing if the list is empty.
 *
 * @is_made  The volume has been made; it has not with --no-write.
 */
void skipped_print(const struct skipped *skipped, const char *directory, const char *device, bool is_made);

#endif
