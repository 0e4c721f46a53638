/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One directory of the host, read and sorted. */
#ifndef UDF_ISO_LISTING_H
#define UDF_ISO_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct udf_iso_entry {
	char *name;
	char *link;			/* where a symbolic link leads; else NULL */
	struct stat st;
	uint64_t ino;			/* for the caller */
	int host_errno;			/* it can't be read */
};

struct udf_iso_listing {
	struct udf_iso_entry *entries;	/* sorted by their bytes */
	size_t n, cap;
};

/**
 * Read the directory FD, which is closed, with what stat(2) says of each entry.
 *
 * @follow  Symbolic links stand for what they lead to, where they lead to something.
 * Returns 0, or the host's error; RET holds what could be read all the same.
 */
int udf_iso_listing_read(int fd, bool follow, struct udf_iso_listing *ret);
void udf_iso_listing_done(struct udf_iso_listing *listing);

/** Where the symbolic link NAME in the directory FD leads.  NULL with errno. */
char *udf_iso_read_link(int fd, const char *name);

#endif
