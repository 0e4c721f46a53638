/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying from a volume to a directory of the host: files, directories, symlinks and device nodes, with modes,
 * times, hard links and holes.
 *
 * The volume is not trusted.  Nothing is made outside the target directory: each component of a name is checked,
 * nothing is opened through a symlink, and an existing file is replaced, not written into.  A directory that the
 * volume reaches a second time is refused, so loops and meshes of directories can't make an endless tree.
 *
 * Objects that one struct tree_extract has made are never replaced by it: see extract_place.h.  A file appears
 * under its name after everything that can be read of it has been written.  A new directory has a temporary name
 * until everything below it is complete or the run is cancelled.
 */
#ifndef UDF_TREE_EXTRACT_H
#define UDF_TREE_EXTRACT_H

#include <udfkit/fs.h>

struct tree_extract_options {
	bool keep_owners;	/* owners, set-id bits and device nodes too: root's privilege */
	/*
	 * An object could not be extracted.  The remaining objects are still extracted.  PATH is its path on the
	 * volume; HOST_ERRNO is the host's error, or 0.  May be NULL.
	 */
	void (*failed)(void *ctx, const char *path, enum udf_err err, int host_errno);
	/*
	 * The object PATH got another name on the host than on the volume: tree_extract_host_path().  IS_SHORTENED:
	 * the host can't hold its own name.  Otherwise this run had already made an object whose name is the same
	 * for the host.  May be NULL.
	 */
	void (*renamed)(void *ctx, const char *path, bool is_shortened);
	/*
	 * The host refuses the name of the new directory PATH, with HOST_ERRNO.  What was extracted into it stays in
	 * the directory tree_extract_host_path(), which has a temporary name.  May be NULL.
	 */
	void (*stays_hidden)(void *ctx, const char *path, int host_errno);
	/*
	 * The name of PATH is malformed on the volume; a name was made from its bytes, and the object is extracted as
	 * tree_extract_host_path().  May be NULL.
	 */
	void (*bad_name)(void *ctx, const char *path);
	/* Returns true when the run has to end soon.  Any thread may call it.  NULL: never. */
	bool (*cancelled)(void *ctx);
	/* One more object is done.  N_BYTES: how much data has been extracted so far.  May be NULL. */
	void (*done)(void *ctx, const char *path, uint64_t n_bytes);
	/* N_BYTES more of a file's data have been copied; any thread may call, often.  NULL: nobody listens. */
	void (*progress)(void *ctx, uint64_t n_bytes);
	void *ctx;
};

struct tree_extract;	/* the state that several calls with one target share: hard links, counts */

/**
 * Prepare to extract into the directory TARGET_FD (borrowed).  OPTIONS and everything that it points to are
 * borrowed until tree_extract_free().
 */
enum udf_err tree_extract_new(struct udf_fs *fs, int target_fd,
			      const struct tree_extract_options *options,
			      struct tree_extract **ret_extract);
void tree_extract_free(struct tree_extract *extract);

/**
 * Extract the object ATTR, with everything below it, as NAME in the target directory.  An object that was already
 * extracted under the same NAME is not changed.
 *
 * @path  Its path on the volume, for messages.
 * @name  NULL: ATTR is a directory.  Its entries are extracted into the target directory itself, which keeps its mode
 *	  and times.
 * Returns UDF_OK if everything was extracted.  Otherwise it has tried everything, and returns the first error:
 * UDF_E_EXISTS for an object whose name was taken, UDF_E_CANCELLED if the run was cancelled.
 */
enum udf_err tree_extract_object(struct tree_extract *extract, const struct udf_attr *attr,
				 const char *path, const char *name);

/** For the functions above: the path of the object below the target directory; "" is that directory itself. */
const char *tree_extract_host_path(const struct tree_extract *extract);

#endif
