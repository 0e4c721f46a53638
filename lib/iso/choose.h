/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which form an image should have, as far as that follows from the files that it will hold. */
#ifndef UDF_ISO_CHOOSE_H
#define UDF_ISO_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <udfkit/error.h>

#define UDF_ISO_CHOICE_BYTES 640u

/* What matters of the files.  All zero: there are none. */
struct udf_iso_contents {
	uint64_t n_files, n_directories, n_others;	/* regular files; symbolic links and special files */
	uint64_t n_bytes;
	uint64_t largest_bytes;
	char *largest;			/* the path of that file */
	size_t longest_units;		/* of one name, in UTF-16 */
	char *longest;			/* the path of that file */
	size_t longest_in_udf;		/* what a name takes there, where one with wide characters takes 2 each */
	char *not_utf8;			/* a path that is no UTF-8; NULL: all are */
};

/** The files have PATH, too. */
enum udf_err udf_iso_contents_add(struct udf_iso_contents *contents, const char *path, const struct stat *st);
void udf_iso_contents_done(struct udf_iso_contents *contents);

struct udf_iso_choice {
	bool joliet;
	bool bridge;			/* both ISO 9660 and UDF */
	char text[UDF_ISO_CHOICE_BYTES];	/* what it is, and why: a sentence or two, without the last full stop */
};

/**
 * Choose.  Rock Ridge belongs to every choice, and level 3 where a file needs it.
 *
 * @can_bridge  Nothing else that is wanted stands against an image that is both ISO 9660 and UDF.
 */
void udf_iso_choose(const struct udf_iso_contents *contents, bool can_bridge, struct udf_iso_choice *ret);

#endif
