/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walking a directory tree of the host in a fixed order.  The entries of a directory are sorted by the bytes of
 * their names, and all of them are visited before any of its subdirectories is entered.
 */
#ifndef UDF_TREE_HOST_WALK_H
#define UDF_TREE_HOST_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <udfkit/error.h>

struct host_entry {
	int dir_fd;			/* borrowed: where NAME is looked up */
	const char *name;
	const char *path;		/* from the start of the walk, for messages; "." at the start */
	struct stat st;
	int fd;				/* borrowed: a regular file, opened because of open_files; else -1 */
	int fd_errno;			/* why it could not be opened, or 0 */
	uint64_t data_at_bytes;		/* where its data begin in FD */
	/* From an archive: nothing of this is found at DIR_FD, and FD is always open. */
	bool is_archived;
	const char *link_target;	/* of an archived symlink */
};

#define HOST_WALK_LEAVE_OUT UINT64_MAX	/* the tag of a directory that is not entered */

struct host_names {			/* all zero: empty */
	char *text;			/* zero-terminated texts, one after another */
	size_t n_bytes, cap_bytes;
	size_t *at;			/* where each begins */
	size_t n, cap;
};

/** Add a name, and after its end one byte NOTE of the caller's. */
enum udf_err host_names_add(struct host_names *names, const char *name, unsigned char note);
void host_names_done(struct host_names *names);

/** The I-th name (from 0) of a directory; NULL after the last one. */
const char *host_name_at(const struct host_names *names, size_t i);

struct host_walk {
	/*
	 * Visit an entry.  For a directory it sets *RET_TAG, which its own entries get as PARENT_TAG, and
	 * leave() as TAG, or HOST_WALK_LEAVE_OUT.  An error stops the walk.
	 */
	enum udf_err (*entry)(void *ctx, const struct host_entry *entry, uint64_t parent_tag,
			      uint64_t *ret_tag);
	/* May be NULL.  The directory TAG has these names (excluded ones too); its entries follow. */
	enum udf_err (*begin)(void *ctx, uint64_t tag, const struct host_names *names);
	/* All entries of the directory TAG have been visited.  ST is from before it was read. */
	enum udf_err (*leave)(void *ctx, uint64_t tag, const struct stat *st);
	/* An object can't be read.  The walk continues without it. */
	void (*failed)(void *ctx, const char *path, enum udf_err err, int host_errno);
	void *ctx;
	/*
	 * fnmatch(3) patterns of entries to leave out.  A pattern without a slash matches names at any depth.  A
	 * pattern with a slash matches paths from the start of the walk; its wildcards don't match slashes.
	 */
	const char *const *excludes;
	size_t n_excludes;
	/* May be NULL.  An entry is left out because of them. */
	void (*left_out)(void *ctx, const char *path);
	bool open_files;		/* regular files are opened for reading before entry() */
};

/** Open a regular file for reading, without changing its access time where that is allowed.  -1: see errno. */
int host_open_file(int dir_fd, const char *name);

/** Can the names in this directory be read?  Returns 0, or the host's error. */
int host_try_directory(int dir_fd, const char *name);

/** Does WALK leave out NAME, whose path is PATH?  If so, left_out() has been called. */
bool host_walk_excludes(const struct host_walk *walk, const char *path, const char *name);

/** Walk the directory DIR_FD (borrowed), whose tag is ROOT_TAG. */
enum udf_err host_walk(const struct host_walk *walk, int dir_fd, uint64_t root_tag);

#endif
