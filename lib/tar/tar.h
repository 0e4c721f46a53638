/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tar archive, read by libarchive, as a tree that lib/tree walks like a directory of the host.  Archives come in any
 * order and name things several times, so the whole archive is read first: names and attributes into memory, the data
 * of files into a temporary file that has no name.
 *
 * Nothing in an archive is believed.  What it holds below "..", below something that is no directory, or as a hard link
 * to what it has not had so far, is reported and left out.  A leading slash is dropped.  Where a name comes twice, the
 * later object counts, as in extraction.
 */
#ifndef UDF_TAR_TAR_H
#define UDF_TAR_TAR_H

#include "tree/host_walk.h"

#define UDF_TAR_WHY_BYTES 512u

struct udf_tar_options {
	const char *spool_dir;		/* where the temporary file is made */
	/* PATH is left out.  WHY is a phrase. */
	void (*failed)(void *ctx, const char *path, const char *why);
	/* N_BYTES more of data have been read; may be NULL. */
	void (*progress)(void *ctx, uint64_t n_bytes);
	void *ctx;
};

struct udf_tar;

/**
 * Read the archive FD (borrowed) to its end.  It may be compressed.
 *
 * @ret_why  On failure, a phrase for the user.
 * Returns UDF_E_CORRUPT for what is no archive, or is damaged or cut; UDF_E_RANGE for one of more than 16,777,216
 * objects; UDF_E_NOMEM; or the error of the temporary file.
 */
enum udf_err udf_tar_open(int fd, const struct udf_tar_options *options, struct udf_tar **ret_tar,
			  char ret_why[UDF_TAR_WHY_BYTES]);

/** As host_walk() walks a directory.  TAR is a struct udf_tar, borrowed; its files stay open until it is closed. */
enum udf_err udf_tar_walk(void *tar, const struct host_walk *walk, uint64_t root_tag);

/** NULL is allowed. */
void udf_tar_close(struct udf_tar *tar);

#endif
