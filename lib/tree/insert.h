/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying a directory tree of the host to an existing volume.  Names may be taken, space may run out, and
 * everything that is on the volume stays.  (populate.h fills a new volume.)
 *
 * Modes, owners, times, symlinks, device nodes and holes are preserved.  So are hard links between all files that
 * are copied through one struct tree_insert.
 */
#ifndef UDF_TREE_INSERT_H
#define UDF_TREE_INSERT_H

#include <sys/stat.h>
#include <udfkit/fs.h>

struct tree_insert_options {
	/* An object could not be copied.  The remaining ones still are.  PATH is the host's.  May be NULL. */
	void (*failed)(void *ctx, const char *path, enum udf_err err, int host_errno);
	/* One more object is done.  N_BYTES: how much data has been copied so far.  May be NULL. */
	void (*done)(void *ctx, const char *path, uint64_t n_bytes);
	/* N_BYTES of data so far in all; called within a file too, about once a MiB.  NULL: nobody listens. */
	void (*progress)(void *ctx, uint64_t n_bytes);
	/* Called often.  When it returns true, the copy ends with UDF_E_CANCELLED.  NULL: never. */
	bool (*cancelled)(void *ctx);
	void *ctx;
	/* A host file that is skipped: the image that everything is copied into.  0, 0: none. */
	dev_t skip_dev;
	ino_t skip_ino;
};

struct tree_insert;

/** OPTIONS and everything that it points to are borrowed until tree_insert_free(). */
enum udf_err tree_insert_new(struct udf_fs *fs, const struct tree_insert_options *options,
			     struct tree_insert **ret_insert);
void tree_insert_free(struct tree_insert *insert);

/**
 * Copy PATH, with everything below it, to NAME in directory DIR.  A directory is merged into an existing one of the
 * same name.  An existing file of the same name is replaced by a complete one: the new file is made under a name of
 * its own (".udf-put-0") in the same directory and then renamed.  A file that can't be copied completely is removed
 * again.
 *
 * @name  NULL: PATH is a directory, and its entries are copied into DIR itself.
 * Returns UDF_OK if everything was copied.  Otherwise it returns the first error after it has tried everything;
 * UDF_E_NOSPC, UDF_E_HOST_FULL and UDF_E_CANCELLED end it at once.  UDF_E_BUSY where PATH itself is the file to skip.
 */
enum udf_err tree_insert_path(struct tree_insert *insert, const char *path, udf_ino dir,
			      const char *name);

/** How many bytes of data PATH, with everything below it, has; as far as that can be read.  Hard links count each. */
uint64_t tree_insert_measure(const char *path);

/**
 * Make a file NAME in directory DIR from everything that FD (borrowed) gives up to its end.  Mode and owner are
 * those of ST.  An existing file of the same name is replaced as above.  Messages name it as PATH.
 */
enum udf_err tree_insert_stream(struct tree_insert *insert, int fd, const struct stat *st, const char *path,
				udf_ino dir, const char *name);

/**
 * Called by failed() for UDF_E_NOSPC: the path, below the directory that everything is copied into, of an existing
 * file of the same name that stays because there is no room for the new one next to it.  Otherwise NULL.
 */
const char *tree_insert_kept(const struct tree_insert *insert);

#endif
