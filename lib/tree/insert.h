/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host tree to a volume that is in use: names may be taken, space may end, and what was there stays.
 * (Filling a new volume at a stroke is populate's.)
 *
 * Kept are modes, owners, times, symlinks, device nodes, holes, and hard links among all that goes in
 * through one struct tree_insert.
 */
#ifndef UDF_TREE_INSERT_H
#define UDF_TREE_INSERT_H

#include <udfkit/fs.h>

struct tree_insert_options {
	/* Something could not be copied; going on with the rest.  PATH is the host's.  NULL: nobody listens. */
	void (*failed)(void *ctx, const char *path, enum udf_err err, int host_errno);
	/* One more object is done; N_BYTES of data so far in all.  NULL: nobody listens. */
	void (*done)(void *ctx, const char *path, uint64_t n_bytes);
	void *ctx;
};

struct tree_insert;

/** OPTIONS and what it points to are borrowed until tree_insert_free(). */
enum udf_err tree_insert_new(struct udf_fs *fs, const struct tree_insert_options *options,
			     struct tree_insert **ret_insert);
void tree_insert_free(struct tree_insert *insert);

/**
 * Copy PATH, with everything below it, to NAME in directory DIR.  NAME NULL: PATH is a directory,
 * whose entries go into DIR itself.  Directories of one name become one; another file of the name is
 * replaced.
 * Returns UDF_OK if all of it was copied; else the first error, after trying everything, but for
 * UDF_E_NOSPC, which ends it.
 */
enum udf_err tree_insert_path(struct tree_insert *insert, const char *path, udf_ino dir,
			      const char *name);

#endif
