/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The batch that is filling, the one that is being written, and how operations begin and end (doc/CRASH.md). */
#ifndef UDF_FS_BATCH_H
#define UDF_FS_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "fs/space.h"

struct node;
struct udf_fs;

#define FS_NOWHERE UINT32_MAX		/* fs_fail(): no block to name */

struct removal {			/* a FID to be deleted in UNLINK */
	struct node *dir, *target;	/* both pinned; target may be NULL */
	uint64_t at;			/* byte offset; FS_REMOVAL_CANCELLED */
};

#define FS_REMOVAL_CANCELLED UINT64_MAX

struct sealed {				/* a batch that is being written: see commit.c */
	bool on;
	uint32_t batch;			/* fs->batch.number when it was sealed */
	struct removal *removals;	/* deleted in it: counts may sink when it is durable */
	size_t n_removals;
	struct run_list frees;		/* free when it is durable */
};

struct added_slot {			/* a FID put into a slot inside the durable length */
	struct node *dir;		/* dirty, so it stays */
	uint64_t at;
};

enum commit_level {		/* the last phase that a commit writes: */
	COMMIT_LINK,		/* removals wait for the next batch (fsync of a file) */
	COMMIT_UNLINK,		/* all changes are durable; blocks freed may be used again */
	COMMIT_RELEASE,		/* counts and freed bits too: nothing is left for the next batch */
};

/**
 * End the batch, in the middle of an operation: what comes now is written behind it, up to LEVEL (not
 * COMMIT_RELEASE).  Whether it is durable then, so that what it freed can be had, is not said.
 */
enum udf_err fs_commit(struct udf_fs *fs, enum commit_level level);
/** The same up to COMMIT_UNLINK, durable. */
enum udf_err fs_commit_now(struct udf_fs *fs);
/**
 * Write the batch, phase by phase, up to LEVEL, where no operation is under way: it is durable; if
 * SHARES, others may go on meanwhile.  Nothing to write is no failure.
 */
enum udf_err fs_commit_shared(struct udf_fs *fs, enum commit_level level, bool shares);
/** Do what WRITES does, and have it durable in the same way. */
enum udf_err fs_write_shared(struct udf_fs *fs, enum udf_err (*writes)(struct udf_fs *fs), bool shares);
/** Have the batch durable that is being written, if one is. */
enum udf_err fs_settle(struct udf_fs *fs, bool shares);
enum udf_err fs_flush(struct udf_fs *fs);
/** Before any change: refuses when read-only, does phase OPEN when it is the first. */
enum udf_err fs_begin(struct udf_fs *fs);
/** After a change: commits when the batch has grown too large. */
enum udf_err fs_end(struct udf_fs *fs);
/** Phase CLOSE, where phase OPEN was done and nothing forbids it (R9, R10); the caller has committed. */
enum udf_err fs_close_lvid(struct udf_fs *fs, bool shares);
enum udf_err fs_write_lvid(struct udf_fs *fs, uint32_t type);
/** A metadata write failed: read-only from now on (R9). */
enum udf_err fs_fail(struct udf_fs *fs, enum udf_err err, const char *what, uint32_t lbn);
/**
 * How an operation ends that began when there were N_CHANGES.  One that ran out of memory after it had
 * changed something may not be written in part: the volume turns read-only, and the disc keeps what it has.
 */
enum udf_err fs_change_ends(struct udf_fs *fs, uint64_t n_changes, enum udf_err err);
uint64_t fs_new_id(struct udf_fs *fs);
enum udf_err fs_add_removal(struct udf_fs *fs, struct node *dir, struct node *target, uint64_t at);
enum udf_err fs_add_added(struct udf_fs *fs, struct node *dir, uint64_t at);
/** A name with HASH left DIR by an edit in place: it may be added again only after a commit (R2). */
enum udf_err fs_add_ghost(struct udf_fs *fs, struct node *dir, uint64_t hash);
/** fs_begin(), and at least N_BLOCKS are free, if need be after a commit.  UDF_E_NOSPC. */
enum udf_err fs_begin_alloc(struct udf_fs *fs, uint32_t n_blocks);

#endif
