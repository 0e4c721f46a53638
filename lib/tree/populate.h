/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filling a new volume from a directory tree of the host: files with their holes, directories, symlinks, devices,
 * FIFOs, sockets and hard links, with owners, modes and times.  Names are copied in order, so equal trees give
 * equal volumes.
 */
#ifndef UDF_TREE_POPULATE_H
#define UDF_TREE_POPULATE_H

#include <sys/types.h>
#include <udfkit/fs.h>

struct host_entry;
struct host_walk;

struct tree_populate_options {
	const char *const *excludes;	/* patterns, see struct host_walk */
	size_t n_excludes;
	bool all_root;			/* everything belongs to uid 0 and gid 0 */
	/* Record the modification time as all times.  The other ones change when trees are copied and read. */
	bool mtime_only;
	struct udf_time latest;		/* later times become this one: no time is after that of the volume */
	unsigned root_mask;		/* UDF_SET_MODE, _UID, _GID: what the root directory takes from DIR */
	/* A file that is skipped: the image that is being made.  0, 0: none. */
	dev_t skip_dev;
	ino_t skip_ino;
	/*
	 * What can't be copied is left out of the volume and reported to failed(), and is no error.  An error of
	 * the volume or of the start of the walk (".") still ends everything.
	 */
	bool skips;
	/*
	 * An object could not be copied.  Unless nothing more can be written, the walk continues, so that every
	 * such object is reported.  HOST_ERRNO is the host's error, or 0.
	 */
	void (*failed)(void *ctx, const char *path, enum udf_err err, int host_errno);
	/*
	 * The name of PATH, or what the symlink PATH leads to, can't be recorded: the volume has NAME instead (see
	 * udf_volume_name()).  NULL: such objects are not copied, and are reported to failed().
	 */
	void (*renamed)(void *ctx, const char *path, const char *name);
	/* PATH is left out, as excludes or skip_ino say.  May be NULL. */
	void (*left_out)(void *ctx, const char *path);
	/* One more object is done.  N_BYTES: how much data has been copied so far.  May be NULL. */
	void (*done)(void *ctx, const char *path, uint64_t n_bytes);
	/*
	 * Data are not copied, but referred to: N_BYTES from byte AT of the file ENTRY belong to the sectors of the
	 * volume from LSN on, and the caller brings them there later.  Files of less than a block are copied all the
	 * same.  NULL: everything is copied.
	 */
	enum udf_err (*refer)(void *ctx, const struct host_entry *entry, uint64_t at, uint64_t lsn, uint64_t n_bytes);
	/*
	 * The data of all files are on the volume already: those of ENTRY, which has some, begin at sector *RET_LSN.
	 * Files are not opened then.  NULL: they are not.
	 */
	enum udf_err (*locate)(void *ctx, const struct host_entry *entry, uint64_t *ret_lsn);
	/* An archive, walked in place of the directory DIR_FD, as host_walk() does it.  NULL: there is none. */
	enum udf_err (*walk)(void *walk_ctx, const struct host_walk *walk, uint64_t root_tag);
	void *walk_ctx;
	/* FS holds something already: what directories of the same name hold is put together. */
	bool merges;
	/* N_BYTES more of a file's data are copied; called within a file too.  NULL: nobody listens. */
	void (*progress)(void *ctx, uint64_t n_bytes);
	void *ctx;
};

struct tree_totals {
	uint64_t n_files, n_directories, n_links;	/* n_links: further names of files */
	uint64_t n_bytes;				/* of data, without holes */
	uint64_t n_blocks;				/* tree_measure(): how many the tree needs */
};

/**
 * Copy everything below DIR_FD (borrowed) into the root directory of FS, which is empty.  FS is in bulk mode.
 * Returns UDF_OK if everything was copied, or skipped because OPTIONS says so; else the first error.
 */
enum udf_err tree_populate(struct udf_fs *fs, int dir_fd, const struct tree_populate_options *options,
			   struct tree_totals *ret_totals);

struct tree_medium {
	uint32_t block_bytes;
	uint32_t icb_blocks;				/* of each ICB */
	uint32_t icb_fixed_bytes;			/* of an ICB, before embedded data */
};

/**
 * How much space would that need on a volume of this form?  n_blocks is never too small, unless the tree changes
 * meanwhile.  Objects that can't be copied, for example because of their names, are reported to failed() of
 * OPTIONS, which may be NULL here.  With skips of OPTIONS they need no space.
 */
enum udf_err tree_measure(int dir_fd, const struct tree_medium *medium,
			  const struct tree_populate_options *options, struct tree_totals *ret_totals);

#endif
