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

#include <sys/stat.h>
#include <udfkit/fs.h>

struct tree_insert_options {
	/* Something could not be copied; going on with the rest.  PATH is the host's.  NULL: nobody listens. */
	void (*failed)(void *ctx, const char *path, enum udf_err err, int host_errno);
	/* One more object is done; N_BYTES of data so far in all.  NULL: nobody listens. */
	void (*done)(void *ctx, const char *path, uint64_t n_bytes);
	/* Asked often; true ends it with UDF_E_CANCELLED.  NULL: nobody wants to. */
	bool (*cancelled)(void *ctx);
	void *ctx;
	/* A host file that is passed over: the image that all goes into; 0, 0: none. */
	dev_t skip_dev;
	ino_t skip_ino;
};

struct tree_insert;

/** OPTIONS and what it points to are borrowed until tree_insert_free(). */
enum udf_err tree_insert_new(struct udf_fs *fs, const struct tree_insert_options *options,
			     struct tree_insert **ret_insert);
void tree_insert_free(struct tree_insert *insert);

/**
 * Copy PATH, with everything below it, to NAME in directory DIR.  NAME NULL: PATH is a directory,
 * whose entries go into DIR itself.  Directories of one name become one; another file of the name is
 * replaced, by one that is whole: it is made under a name of its own (".udf-put-0") in the same
 * directory and then renamed.  What can't be copied whole is taken away again.
 * Returns UDF_OK if all of it was copied; else the first error, after trying everything, but for
 * UDF_E_NOSPC and UDF_E_CANCELLED, which end it.  PATH itself is not passed over: UDF_E_BUSY.
 */
enum udf_err tree_insert_path(struct tree_insert *insert, const char *path, udf_ino dir,
			      const char *name);

/**
 * Make NAME in directory DIR a file of what FD (borrowed) gives up to its end, with mode and owner of
 * ST; another file of the name is replaced as above.  PATH stands for it in messages.
 */
enum udf_err tree_insert_stream(struct tree_insert *insert, int fd, const struct stat *st, const char *path,
				udf_ino dir, const char *name);

/**
 * Within failed(), with UDF_E_NOSPC: the path, from the directory on that all goes into, of the old file
 * that has the name and stays, since there is no room for the new one beside it.  Else NULL.
 */
const char *tree_insert_kept(const struct tree_insert *insert);

#endif
