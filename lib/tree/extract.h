/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Volume to host tree: files, directories, symlinks, nodes, with modes, times, hard links and holes.
 *
 * The volume is not trusted.  Nothing is made outside the target directory: names come one component
 * at a time and are checked, nothing is opened through a symlink, a file that is in the way is
 * replaced and not written into.  A directory that the volume reaches twice is refused the second
 * time, so that neither loops nor meshes of directories make an endless tree.
 *
 * Nothing that one struct tree_extract has written is replaced by it: see extract_place.h.  A file appears under its
 * name when all that can be read of it has been written.
 */
#ifndef UDF_TREE_EXTRACT_H
#define UDF_TREE_EXTRACT_H

#include <udfkit/fs.h>

struct tree_extract_options {
	bool keep_owners;	/* owners, set-id bits and device nodes too: root's privilege */
	/*
	 * Something could not be extracted; going on with the rest.  PATH is the one on the volume,
	 * HOST_ERRNO 0 or the host's reason.  NULL: nobody listens.
	 */
	void (*failed)(void *ctx, const char *path, enum udf_err err, int host_errno);
	/*
	 * PATH is on the host under another name than on the volume, tree_extract_host_path(): IS_SHORTENED, since the
	 * host can't hold its own; else because this run had made something that the host takes for the same name.
	 * NULL: nobody listens.
	 */
	void (*renamed)(void *ctx, const char *path, bool is_shortened);
	/* Is the run to end soon?  Any thread may ask.  NULL: it never is. */
	bool (*cancelled)(void *ctx);
	/* One more object is done; N_BYTES of data so far in all.  NULL: nobody listens. */
	void (*done)(void *ctx, const char *path, uint64_t n_bytes);
	void *ctx;
};

struct tree_extract;	/* what several calls with one target share: hard links, counts */

/**
 * TARGET_FD (borrowed) is the directory that everything goes to or below.  OPTIONS and what it
 * points to are borrowed until tree_extract_free().
 */
enum udf_err tree_extract_new(struct udf_fs *fs, int target_fd,
			      const struct tree_extract_options *options,
			      struct tree_extract **ret_extract);
void tree_extract_free(struct tree_extract *extract);

/**
 * Extract the object ATTR, with everything below it, as NAME in the target directory.  PATH is
 * where it lies on the volume, for messages.  NAME NULL: ATTR is a directory, whose entries go into
 * the target directory itself, which keeps its mode and times.
 *
 * The same object under the same NAME for a second time is left as it is.
 * Returns UDF_OK if all of it was extracted; else the first error, after trying everything: UDF_E_EXISTS for an object
 * whose name was taken, UDF_E_CANCELLED if the run was cancelled.
 */
enum udf_err tree_extract_object(struct tree_extract *extract, const struct udf_attr *attr,
				 const char *path, const char *name);

/** For failed() and done(): where in the target directory the object goes; "" is that directory itself. */
const char *tree_extract_host_path(const struct tree_extract *extract);

#endif
