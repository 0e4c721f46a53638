/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of a set of discs, DISC_SET.TXT: a text in UTF-8 that every disc of the set holds.  People read and grep it.
 *
 *	# udfkit disc set, format 1
 *	# This is disc 02 of 08.
 *	# set e2fc714c4727ee9395f324cd2e7f331f
 *	# ... more lines of comment
 *	02 184312 0cc175b9c0f1b6a831c399e269772661 photos/2001/a.jpg
 *
 * The columns are separated by one space: disc, with two digits; size in bytes; checksum (MD5); path.  In the column of
 * the checksum "-" is a file without one, and "directory" (an empty one; its path ends with a slash), "symlink" and
 * "special" are no regular files; their size is 0.  A path is the remainder of the line; "\n", "\r" and "\\" in it
 * stand for a newline, a carriage return and a backslash.  Lines are in the order of discs, and then of paths by their
 * bytes.  The id of the set is the MD5 of these lines.  The second line of a plan, which is on no disc, is "# This is
 * the plan of 08 discs.", and before its lines come lines "#= 0123456789abcdef PATH" with what else the objects were
 * like.  The lists of all discs of a set have the same length.
 */
#ifndef UDF_ISO_DISC_LIST_H
#define UDF_ISO_DISC_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define UDF_DISC_LIST_NAME "DISC_SET.TXT"
#define UDF_DISC_LIST_MAX_BYTES ((size_t)256 << 20)	/* of one that is read */
#define UDF_DISC_LIST_MAX_DISCS 99u
#define UDF_DISC_LIST_ID_BYTES 33u
#define UDF_DISC_LIST_WHY_BYTES 128u
#define UDF_DISC_STATE_BYTES 8u

enum udf_disc_line_kind { UDF_LINE_FILE, UDF_LINE_DIRECTORY, UDF_LINE_SYMLINK, UDF_LINE_SPECIAL };

struct udf_disc_line {
	unsigned disc;			/* from 1 on */
	enum udf_disc_line_kind kind;
	uint64_t n_bytes;		/* of a file */
	bool has_md5;
	uint8_t md5[16];
	bool has_state;			/* in a plan only */
	uint8_t state[UDF_DISC_STATE_BYTES];	/* a digest of mode, owner, and where a symlink leads */
	char *path;			/* in the image, without a slash at its beginning or end */
};

struct udf_disc_list {
	unsigned here;			/* the disc that holds the list; 0: it is a plan */
	unsigned n_discs;
	char id[UDF_DISC_LIST_ID_BYTES];
	struct udf_disc_line *lines;	/* in the order of paths */
	size_t n_lines;
};

/** As strcmp() of the paths of two lines. */
int udf_disc_line_compare(const struct udf_disc_line *a, const struct udf_disc_line *b);

/**
 * Write the list of N_LINES LINES, which are in the order of discs and paths, for the disc HERE of N_DISCS.
 *
 * @here      0: the plan.
 * @ret_text  Freed by the caller; it ends with a NUL that RET_N_BYTES does not count.
 * @ret_id    The set's id; may be NULL.
 * Returns UDF_E_NOMEM.
 */
enum udf_err udf_disc_list_write(const struct udf_disc_line *const *lines, size_t n_lines, unsigned here,
				 unsigned n_discs, char **ret_text, size_t *ret_n_bytes,
				 char ret_id[UDF_DISC_LIST_ID_BYTES]);

/** Does the text look like a list?  Its other lines may still be damaged. */
bool udf_disc_list_is_one(const char *text, size_t n_bytes);

/**
 * Read a list.
 *
 * @ret  Released with udf_disc_list_done(), also after a failure.
 * Returns UDF_E_CORRUPT, with a phrase in RET_WHY, for what is none or is damaged, and UDF_E_NOMEM.
 */
enum udf_err udf_disc_list_read(const char *text, size_t n_bytes, struct udf_disc_list *ret,
				char ret_why[UDF_DISC_LIST_WHY_BYTES]);

void udf_disc_list_done(struct udf_disc_list *list);

/** The line of PATH; NULL: there is none. */
const struct udf_disc_line *udf_disc_list_find(const struct udf_disc_list *list, const char *path);

#endif
