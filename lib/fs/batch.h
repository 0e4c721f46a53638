/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The batch that is filling, the batch that is being written, and how operations begin and end (doc/CRASH.md).
 *
 * An operation calls fs_begin() or fs_begin_alloc(), changes images in memory and adds removing edits to the
 * lists of the batch, and calls fs_end().  A commit writes the batch.
 */
#ifndef UDF_FS_BATCH_H
#define UDF_FS_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "fs/space.h"

struct node;
struct udf_fs;

struct removal {			/* a FID that phase UNLINK deletes */
	struct node *dir, *target;	/* both pinned; target may be NULL */
	uint64_t at;			/* byte offset of the FID, or FS_REMOVAL_CANCELLED */
};

#define FS_REMOVAL_CANCELLED UINT64_MAX	/* no FID is left to delete, and the name still counts until UNLINK */

struct sealed {				/* a batch that is being written: see commit.c */
	bool on;
	uint32_t batch;			/* fs->batch.number when it was sealed */
	struct removal *removals;	/* the names that it deletes; they count until it is durable */
	size_t n_removals;
	struct run_list frees;		/* blocks that become free when it is durable */
};

struct added_slot {			/* a FID that was put into a slot within the durable length */
	struct node *dir;		/* pinned */
	uint64_t at;			/* byte offset of the FID */
};

struct ghost {				/* see fs_add_ghost() */
	struct node *dir;		/* pinned */
	uint64_t hash;			/* of the name */
	uint64_t slot_at;		/* the slot that it left, or FS_NO_SLOT */
};

#define FS_NO_SLOT UINT64_MAX

enum commit_level {			/* the last phase that a commit writes */
	COMMIT_LINK,			/* removals wait for the next batch (fsync of a file) */
	COMMIT_UNLINK,			/* all changes are durable, and freed blocks may be used again */
	COMMIT_RELEASE,			/* link counts and freed bits too: nothing is left for the next batch */
};

/* ---- fail.c ---- */

#define FS_NOWHERE UINT32_MAX		/* fs_fail(): there is no block to name */

/**
 * Make the volume read-only after a failed write of metadata (R9).  The first failure is logged.
 *
 * @what  What could not be written, for the log: "space bitmap".
 * @lbn   The block that could not be written, or FS_NOWHERE.
 * Returns ERR.
 */
enum udf_err fs_fail(struct udf_fs *fs, enum udf_err err, const char *what, uint32_t lbn);

/**
 * End an operation that began when fs->batch.n_changes was N_CHANGES.  An operation that ran out of memory after
 * it had changed something must not be written in part.  The volume becomes read-only then, and the disc keeps
 * what it has.
 * Returns ERR.
 */
enum udf_err fs_end_change(struct udf_fs *fs, uint64_t n_changes, enum udf_err err);

/* ---- journal.c: the packet journal of an open volume; without one, these do nothing ---- */

/** Before phase OPEN: take blocks for a journal. */
void journal_take(struct udf_fs *fs);

/** After phase OPEN is durable: keep it. */
void journal_begin(struct udf_fs *fs);

/** Before phases RELEASE and CLOSE: its blocks are free.  Nothing is allocated from now on, and it is still kept. */
void journal_give_back(struct udf_fs *fs);

/** Write in place what is only in the journal.  With SHARES, without the lock. */
enum udf_err journal_settle(struct udf_fs *fs, bool shares);

/** The same, and then stop keeping it. */
enum udf_err journal_end(struct udf_fs *fs);

/* ---- integrity.c ---- */

/** Take over what the volume records about itself.  fs->part_ref is known. */
void fs_integrity_open(struct udf_fs *fs);

/** The next unique id. */
uint64_t fs_new_id(struct udf_fs *fs);

/** Mark the volume as being changed, with new unique ids set aside.  Does not flush. */
enum udf_err fs_mark_open(struct udf_fs *fs);

/** Mark the volume as closed in order, with the counts as of now.  Does not flush. */
enum udf_err fs_mark_closed(struct udf_fs *fs);

/* ---- batch.c ---- */

/**
 * Let phase UNLINK delete the FID at byte AT of DIR, which names TARGET (may be NULL).  Both nodes stay in memory
 * until then.
 */
enum udf_err fs_add_removal(struct udf_fs *fs, struct node *dir, struct node *target, uint64_t at);

/** Note that a FID was put into a slot at byte AT, within the durable length of DIR. */
enum udf_err fs_add_slot(struct udf_fs *fs, struct node *dir, uint64_t at);

/**
 * Note that a durable name with HASH left DIR by an edit in place: a *ghost*.  The disc still has that name, so
 * adding it again needs a commit first (R2), except into the slot that it left: whatever took its place is in the same
 * block, and all of this is one write.
 *
 * @slot_at  That slot, or FS_NO_SLOT where the name may not come back.
 */
enum udf_err fs_add_ghost(struct udf_fs *fs, struct node *dir, uint64_t hash, uint64_t slot_at);

/** The slot that the ghost with HASH left in DIR; FS_NO_SLOT: there is none, or it was not found soon enough. */
uint64_t fs_ghost_slot(const struct udf_fs *fs, const struct node *dir, uint64_t hash);

/* ---- commit.c ---- */

/** Flush the medium.  Does nothing on a volume without phases. */
enum udf_err fs_flush(struct udf_fs *fs);

/**
 * End the batch in the middle of an operation.  What the operation changes from now on belongs to the next
 * batch.  The batch is written before that one, up to LEVEL (not COMMIT_RELEASE).  It need not be durable when
 * this returns, so the blocks that it frees may not be available yet.
 */
enum udf_err fs_commit(struct udf_fs *fs, enum commit_level level);

/** The same up to COMMIT_UNLINK, and the batch is durable when this returns. */
enum udf_err fs_commit_now(struct udf_fs *fs);

/**
 * Write the batch up to LEVEL and make it durable.  No operation may be under way.  With SHARES other threads may
 * continue meanwhile (udf_fs_share()).  A batch without changes is no failure.
 */
enum udf_err fs_commit_shared(struct udf_fs *fs, enum commit_level level, bool shares);

/** Call WRITES, and make everything that it writes durable in the same way. */
enum udf_err fs_write_shared(struct udf_fs *fs, enum udf_err (*writes)(struct udf_fs *fs), bool shares);

/** Wait until the batch that is being written is durable.  Returns at once where there is none. */
enum udf_err fs_settle(struct udf_fs *fs, bool shares);

/* ---- txn.c ---- */

/**
 * Begin a change.  The first change after a mount or a CLOSE writes phase OPEN.
 * Returns UDF_E_READ_ONLY.
 */
enum udf_err fs_begin(struct udf_fs *fs);

/**
 * Begin a change of NODE.
 * Returns UDF_E_READ_ONLY, and UDF_E_MEDIUM where its ICB is in a packet that can't be written (unreadable.c).
 */
enum udf_err fs_begin_node(struct udf_fs *fs, const struct node *node);

/**
 * End a change.  Where the batch has grown large (more than 16384 names to remove, or 8 MiB of images) it is
 * committed, or marked as due for udf_fs_tick().
 */
enum udf_err fs_end(struct udf_fs *fs);

/**
 * Commit everything and write phase CLOSE.  CLOSE is left out where phase OPEN was not written and on a volume
 * that was found open (R10); with SHARES also where something was changed meanwhile.
 */
enum udf_err fs_close_volume(struct udf_fs *fs, bool shares);

/* ---- room.c ---- */

/**
 * Begin a change that needs up to N_BLOCKS free blocks.  Where fewer are free it commits first.
 * Returns UDF_E_NOSPC where fewer are free after that.
 */
enum udf_err fs_begin_alloc(struct udf_fs *fs, uint32_t n_blocks);

#endif
