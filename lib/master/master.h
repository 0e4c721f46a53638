/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A UDF volume of directories, mostly a read-only one, as a stream of blocks that is written front to back:
 *
 *	udf_mkfs_defaults(&params, UDF_MEDIA_DVD, 0x0201)	what volume is wanted
 *	udf_master_new()		everything is given its place; the volume is as large as that needs
 *	udf_master_read()		the blocks, one after another; files are read when their turn comes
 *
 * The volume is filled by udf_mkfs_fill_with() as any other is, but on a device in memory that keeps only descriptors,
 * entries, directories and small files.  The data of the other files are referred to.  So memory grows with the number
 * of files, not with their sizes.
 */
#ifndef UDF_MASTER_MASTER_H
#define UDF_MASTER_MASTER_H

#include "mkfs/mkfs.h"

struct udf_master_source {
	int dir_fd;			/* borrowed until the master is freed */
	/* An archive in its place: see struct tree_populate_options; borrowed too.  NULL: none. */
	enum udf_err (*walk)(void *walk_ctx, const struct host_walk *walk, uint64_t root_tag);
	void *walk_ctx;
};

struct udf_master_options {
	/* What they hold goes into the root directory; directories of the same name become one. */
	const struct udf_master_source *sources;
	size_t n_sources;
	/*
	 * What is copied, and how.  Not used: merges, walk, refer, progress, and failed, renamed, left_out and done,
	 * which are below.
	 */
	struct tree_populate_options tree;
	/*
	 * PATH of SOURCE is left out, or, after udf_master_new(), could not be read (HOST_ERRNO; ESTALE: it changed
	 * meanwhile), and zeros stand in its place.
	 */
	void (*failed)(void *ctx, size_t source, const char *path, enum udf_err err, int host_errno);
	/* PATH has another name, or symlink target, as tree_populate() reports it.  NULL: it is left out. */
	void (*renamed)(void *ctx, size_t source, const char *path, const char *name);
	void (*left_out)(void *ctx, size_t source, const char *path);	/* as the options say; may be NULL */
	void (*done)(void *ctx, size_t source, const char *path);	/* one more object has its place; may be NULL */
	void *ctx;
};

struct udf_master;

/**
 * Lay the volume out.
 *
 * @params   A medium that is read-only (UDF_MEDIA_DVD), stamped; n_blocks, space and to_be_filled are not used.
 * @options  Borrowed until the master is freed.
 * @ret_why  May be NULL; on failure, a sentence for the user, or NULL where the error says it.
 * Returns UDF_E_RANGE where the files need more than 2^32 - 1 blocks, and the errors of udf_mkfs_plan() and
 * udf_mkfs_fill().
 */
enum udf_err udf_master_new(const struct udf_mkfs_params *params, const struct udf_master_options *options,
			    const struct udf_env *env, struct udf_master **ret_master, const char **ret_why);

/**
 * The same for a volume whose size is decided: that of PLAN, for any medium.  Without sources it is empty; else the
 * plan is of parameters with to_be_filled.
 * Returns UDF_E_NOSPC if the sources don't fit, and the errors of udf_mkfs_emit_with() and udf_mkfs_fill().
 */
enum udf_err udf_master_new_planned(const struct udf_plan *plan, const struct udf_master_options *options,
				    const struct udf_env *env, struct udf_master **ret_master);

/** The exact size of the volume. */
uint64_t udf_master_blocks(const struct udf_master *master);

const struct tree_totals *udf_master_totals(const struct udf_master *master);

/** Read the next N_BLOCKS blocks of the volume; fewer only at its end, 0 after it. */
enum udf_err udf_master_read(struct udf_master *master, uint32_t n_blocks, void *ret_data, uint32_t *ret_n_blocks);

/** NULL is allowed. */
void udf_master_free(struct udf_master *master);

#endif
