/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host tree to volume: files with their holes, directories, symlinks, devices, FIFOs, sockets, hard
 * links; owners, modes and times.  Equal trees give equal volumes: names are taken in order.
 */
#ifndef UDF_TREE_POPULATE_H
#define UDF_TREE_POPULATE_H

#include <sys/types.h>
#include <udfkit/fs.h>

struct tree_populate_options {
	const char *const *excludes;	/* patterns, see struct host_walk */
	size_t n_excludes;
	bool all_root;			/* everything belongs to uid 0 and gid 0 */
	/* Record the modification time as all times: the others change as trees are copied and read. */
	bool mtime_only;
	struct udf_time latest;		/* later times become this one: a volume has none behind its own */
	unsigned root_mask;		/* of UDF_SET_MODE, _UID, _GID: what the root takes from DIR */
	/* A file that is passed over: the image that is being made; 0, 0: none. */
	dev_t skip_dev;
	ino_t skip_ino;
	/*
	 * Something could not be copied.  The walk goes on, so that all of it gets named, unless
	 * nothing more can be written.  HOST_ERRNO 0 or the host's reason.
	 */
	void (*failed)(void *ctx, const char *path, enum udf_err err, int host_errno);
	/* One more object is done; N_BYTES of data so far in all.  NULL: nobody listens. */
	void (*done)(void *ctx, const char *path, uint64_t n_bytes);
	void *ctx;
};

struct tree_totals {
	uint64_t n_files, n_directories, n_links;	/* n_links: further names of files */
	uint64_t n_bytes;				/* of data, without holes */
	uint64_t n_blocks;				/* tree_measure(): what the tree takes */
};

/**
 * Copy everything below DIR_FD (borrowed) into the root directory of FS, which is empty and in bulk
 * mode.  Returns UDF_OK if all of it was copied, else the first error.
 */
enum udf_err tree_populate(struct udf_fs *fs, int dir_fd, const struct tree_populate_options *options,
			   struct tree_totals *ret_totals);

struct tree_medium {
	uint32_t block_bytes;
	uint32_t icb_blocks;				/* of each ICB */
	uint32_t icb_fixed_bytes;			/* of an ICB, before embedded data */
};

/**
 * How much would that take on a volume so made?  n_blocks is never too small, unless the tree changes meanwhile.
 * What can be seen to stop a copy, such as a name, is told by OPTIONS' failed (here it may be NULL).
 */
enum udf_err tree_measure(int dir_fd, const struct tree_medium *medium,
			  const struct tree_populate_options *options, struct tree_totals *ret_totals);

#endif
