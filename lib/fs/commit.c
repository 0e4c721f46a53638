/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing a batch, phase by phase: NEW, EXTEND, LINK, UNLINK, RELEASE (doc/CRASH.md).
 *
 * Sealing a batch writes all phases, with a flush after each phase that wrote anything.  No call changes images
 * meanwhile.  Where commits are shared, the bio stack holds these writes back, so sealing takes little time; they
 * are written without the lock while the next batch fills.  Some effects must wait until they are durable, and are
 * listed in fs->commit.sealed until then: the names still count, and the blocks are still in use.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/block.h"
#include "fs/dir.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

#define EARLY_DIRECTORY_BYTES (1u << 20)

enum udf_err fs_flush(struct udf_fs *fs)
{
	enum udf_err err;

	if (fs->policy.no_phases)
		return UDF_OK;
	fs->batch.data_unflushed = false;
	err = udf_vol_flush(fs->vol);
	return err ? fs_fail(fs, err, "cached blocks", FS_NOWHERE) : UDF_OK;
}

/* ---- phases ---- */

static enum udf_err write_counts(struct udf_fs *fs, bool *ret_wrote)
{
	struct node *node = fs->nodes.counts, *next;
	enum udf_err err = UDF_OK;

	fs->nodes.counts = NULL;
	for (; node; node = next) {
		uint16_t want = (uint16_t)(node->nlink + node->nlink_pending);
		bool dies = node->flags & (NODE_GONE | NODE_FREED);

		next = node->count_next;
		node->flags &= (uint8_t)~NODE_COUNT;
		node->n_pins++;
		/* An object that is freed needs no lower count, but LINK may still give it one more name. */
		if (!err && !(node->flags & NODE_NEW) &&
		    (dies ? want > node->nlink_disc : want != node->nlink_disc)) {
			err = node_patch_count(fs, node, want);
			*ret_wrote = true;
		}
		node_put(fs, node);
	}
	return err;
}

/* Will no name on the disc ever lead to NODE?  A new object may have taken the slot of a durable name. */
static bool is_never_written(const struct node *node)
{
	return (node->flags & NODE_GONE) && !((node->flags & NODE_NEW) && node->nlink_pending);
}

/* The dirty nodes that are new (or those that are not), as an array for nodes_write_sorted(). */
static enum udf_err collect(struct udf_fs *fs, bool new_ones, struct node ***ret_list, size_t *ret_n)
{
	struct node **list = NULL, *node;
	size_t n = 0;

	if (fs->nodes.dirty.n) {
		list = malloc(fs->nodes.dirty.n * sizeof(struct node *));
		if (!list)
			return UDF_E_NOMEM;
	}
	for (node = fs->nodes.dirty.first; node; node = node->dirty_next)
		if (((node->flags & NODE_NEW) != 0) == new_ones && !is_never_written(node))
			list[n++] = node;
	*ret_list = list;
	*ret_n = n;
	return UDF_OK;
}

static enum udf_err write_nodes(struct udf_fs *fs, bool new_ones, bool *ret_wrote)
{
	struct node **list = NULL;
	size_t n = 0, i;
	enum udf_err err = collect(fs, new_ones, &list, &n);

	if (!err && n)
		err = nodes_write_sorted(fs, list, n);
	for (i = 0; i < n && !err; i++) {
		if (list[i]->dir)
			list[i]->dir->durable_bytes = list[i]->size_bytes;
		list[i]->flags &= (uint8_t)~NODE_NEW;
		node_clean(fs, list[i]);
		if (!(node_is_dir(list[i]) && list[i]->ad_kind == UDF_AD_EMBEDDED))
			node_drop_image(fs, list[i]);
		*ret_wrote = true;
	}
	free(list);
	return err;
}

/* A space table that continues in AEDs loses the taken blocks only now.  EXTEND relies on that. */
static enum udf_err switch_space(struct udf_fs *fs)
{
	bool wrote = false;
	enum udf_err err = alloc_switch(fs, &wrote);

	return err || !wrote ? err : fs_flush(fs);
}

static enum udf_err phase_new(struct udf_fs *fs)
{
	bool wrote = false;
	struct node *node;
	enum udf_err err = UDF_OK;

	dir_trim_chunks(fs);
	for (node = fs->nodes.dirty.first; node && !err; node = node->dirty_next)
		if (!is_never_written(node))
			err = extents_write_chain(fs, node, &wrote);
	if (!err)
		err = mblks_write(fs, MBLK_PAST, &wrote);
	if (!err)
		err = write_counts(fs, &wrote);
	if (!err)
		err = write_nodes(fs, true, &wrote);
	if (!err)
		err = alloc_write(fs, false, &wrote);
	if (!err && fs->integrity.next_unique_id > fs->integrity.end_id) {
		err = fs_mark_open(fs);
		wrote = true;
	}
	if (!err && (wrote || fs->batch.data_unflushed))
		err = fs_flush(fs);
	return err ? err : switch_space(fs);
}

/* Write directory blocks and ICBs to which something durable refers.  WROTE: some are written already. */
static enum udf_err write_inside(struct udf_fs *fs, bool wrote)
{
	enum udf_err err = mblks_write(fs, MBLK_INSIDE, &wrote);

	if (!err)
		err = write_nodes(fs, false, &wrote);
	return !err && wrote ? fs_flush(fs) : err;
}

static enum udf_err phase_extend_and_link(struct udf_fs *fs)
{
	bool wrote = false;
	size_t i;
	enum udf_err err = mblks_write(fs, MBLK_PAST | MBLK_INSIDE, &wrote);

	if (!err && wrote)
		err = fs_flush(fs);
	if (!err)
		err = write_inside(fs, false);
	if (err)
		return err;
	for (i = 0; i < fs->batch.n_added; i++) {
		dir_added_is_durable(fs, &fs->batch.added[i]);
		node_put(fs, fs->batch.added[i].dir);
	}
	fs->batch.n_added = 0;
	for (i = 0; i < fs->batch.n_ghosts; i++) {
		if (fs->batch.ghosts[i].dir->dir)
			index_remove_ghost(fs->batch.ghosts[i].dir->dir, fs->batch.ghosts[i].hash);
		node_put(fs, fs->batch.ghosts[i].dir);
	}
	fs->batch.n_ghosts = 0;
	return UDF_OK;
}

static enum udf_err phase_unlink(struct udf_fs *fs)
{
	bool wrote = false;
	enum udf_err err = UDF_OK;
	size_t i;

	for (i = 0; i < fs->batch.n_removals && !err; i++) {
		err = dir_apply_removal(fs, &fs->batch.removals[i]);
		/* names that are spread over a large directory may each dirty another block */
		if (!err && fs->mblks.dirty.n * (size_t)fs->block_bytes > EARLY_DIRECTORY_BYTES)
			err = mblks_write(fs, MBLK_INSIDE, &wrote);
	}
	if (!err)
		err = write_inside(fs, wrote);
	if (err)
		return err;
	fs->commit.sealed.removals = fs->batch.removals;
	fs->commit.sealed.n_removals = fs->batch.n_removals;
	fs->commit.sealed.frees = fs->batch.frees;
	fs->batch.removals = NULL;
	fs->batch.n_removals = fs->batch.cap_removals = 0;
	fs->batch.frees = (struct run_list){ 0 };
	return UDF_OK;
}

/* UNLINK is durable: the disc no longer has the names, so what only they referred to can be freed. */
static enum udf_err unlink_is_durable(struct udf_fs *fs)
{
	struct sealed *sealed = &fs->commit.sealed;
	enum udf_err err = UDF_OK;
	size_t i;

	for (i = 0; i < sealed->n_removals; i++) {
		struct node *target = sealed->removals[i].target;

		if (target && target->nlink_pending) {
			target->nlink_pending--;
			if (!(target->flags & (NODE_GONE | NODE_FREED)) && !node_is_dir(target))
				node_count_changed(fs, target);
			node_maybe_drop(fs, target);
		}
		node_put(fs, target);
		node_put(fs, sealed->removals[i].dir);
	}
	for (i = 0; i < sealed->frees.n_runs && !err; i++)
		err = alloc_release(fs, sealed->frees.runs[i].lbn, sealed->frees.runs[i].n_blocks);
	free(sealed->removals);
	run_list_done(&sealed->frees);
	*sealed = (struct sealed){ 0 };
	return err;
}

/* RELEASE by itself, without the next batch's NEW.  Ranges that a space table left out are tried again. */
static enum udf_err phase_release(struct udf_fs *fs)
{
	enum udf_err err;
	int tries = 0;

	do {
		bool wrote = false;

		err = write_counts(fs, &wrote);
		if (!err)
			err = alloc_write(fs, true, &wrote);
		if (!err && wrote)
			err = fs_flush(fs);
		if (!err)
			err = switch_space(fs);
	} while (!err && alloc_left_out_some(fs) && ++tries < 3);
	fs->batch.n_released = fs->batch.n_changes;
	return err;
}

/* ---- a commit ---- */

static bool is_clean(const struct udf_fs *fs)
{
	return fs->nodes.dirty.n == 0 && fs->mblks.dirty.n == 0 && !fs->nodes.counts && fs->batch.n_removals == 0 &&
	       fs->batch.frees.n_runs == 0;
}

/* The batch is written in part, for whatever reason (memory, a corrupt block): nothing more is written. */
static enum udf_err batch_failed(struct udf_fs *fs, enum udf_err err)
{
	return fs->access.failed ? fs->access.failed : fs_fail(fs, err, "a batch", FS_NOWHERE);
}

/* Write, or hold back, everything up to LEVEL.  Later changes belong to the next batch. */
static enum udf_err seal(struct udf_fs *fs, enum commit_level level)
{
	enum udf_err err = phase_new(fs);

	if (!err)
		err = phase_extend_and_link(fs);
	if (!err && level >= COMMIT_UNLINK)
		err = phase_unlink(fs);
	fs->nodes.early_limit = fs->mblks.early_limit = 0;
	if (++fs->batch.number == 0)
		fs->batch.number = 1;
	if (level >= COMMIT_UNLINK)
		fs->batch.unlink_number = fs->batch.number;
	fs->batch.dirty_since = 0;
	return err;
}

/* The sealed batch is durable, and the next one may rely on that. */
static enum udf_err complete(struct udf_fs *fs)
{
	enum udf_err err = fs->access.failed ? fs->access.failed : unlink_is_durable(fs);

	fs->commit.sealed.on = false;
	alloc_lock(&fs->alloc);
	fs->alloc.freed_its_own = false;
	alloc_unlock(&fs->alloc);
	if (err)
		return batch_failed(fs, err);
	fs->batch.idle_since = fs_now_seconds(fs);
	fs->commit.is_unsettled = fs->vol->journal.n_blocks > 0;
	if (!fs->batch.dirty_since && !is_clean(fs))
		fs->batch.dirty_since = fs->batch.idle_since;
	nodes_shrink(fs);
	return UDF_OK;
}

/* Write what is held back; with SHARES, without the lock. */
static enum udf_err let_go(struct udf_fs *fs, bool shares)
{
	uint64_t failed_at = 0;
	char what[48];
	enum udf_err err;

	if (shares)
		fs->commit.share.release(fs->commit.share.ctx);
	err = bio_let_go(fs->vol->bio, SIZE_MAX, &failed_at);
	if (shares)
		fs->commit.share.acquire(fs->commit.share.ctx);
	if (!err)
		return UDF_OK;
	if (failed_at == UINT64_MAX)
		return fs_fail(fs, err, "cached blocks", FS_NOWHERE);
	snprintf(what, sizeof(what), "metadata at sector %llu",
		 (unsigned long long)(failed_at / fs->vol->bio_per_block));
	return fs_fail(fs, err, what, FS_NOWHERE);
}

enum udf_err fs_settle(struct udf_fs *fs, bool shares)
{
	uint32_t batch = fs->commit.sealed.batch;

	if (!fs->commit.sealed.on)
		return fs->access.failed;
	(void)let_go(fs, shares && fs->commit.share.release && !fs->alloc.freed_its_own);
	/* Meanwhile another call may have completed it, because it could not wait, and have sealed the next one. */
	if (fs->commit.sealed.on && fs->commit.sealed.batch != batch)
		return fs_settle(fs, false);
	return fs->commit.sealed.on ? complete(fs) : fs->access.failed;
}

/*
 * Call WRITES; what it writes is treated as a sealed batch.  Where *RET_HELD is true and the stack can hold writes
 * back, they are held back, and *RET_HELD stays true.  Otherwise they are written, and the batch is complete.
 */
static enum udf_err write_or_hold(struct udf_fs *fs, enum udf_err (*writes)(struct udf_fs *fs), bool *ret_held)
{
	bool holds = *ret_held && fs->commit.share.release && bio_hold(fs->vol->bio, true) == UDF_OK;
	enum udf_err err = writes(fs);

	*ret_held = holds;
	if (holds)
		(void)bio_hold(fs->vol->bio, false);
	fs->commit.sealed.on = !err;
	fs->commit.sealed.batch = fs->batch.number;
	if (err) {
		err = batch_failed(fs, err);
		/* the writes before the error are in order, and a prefix of them is a valid crash state */
		if (holds)
			(void)let_go(fs, false);
		return err;
	}
	return holds ? UDF_OK : complete(fs);
}

enum udf_err fs_write_shared(struct udf_fs *fs, enum udf_err (*writes)(struct udf_fs *fs), bool shares)
{
	enum udf_err err = write_or_hold(fs, writes, &shares);

	return err || !shares ? err : fs_settle(fs, true);
}

static enum udf_err seal_to_link(struct udf_fs *fs)
{
	return seal(fs, COMMIT_LINK);
}

static enum udf_err seal_to_unlink(struct udf_fs *fs)
{
	return seal(fs, COMMIT_UNLINK);
}

enum udf_err fs_commit_shared(struct udf_fs *fs, enum commit_level level, bool shares)
{
	enum udf_err err = fs_settle(fs, shares);

	if (err || fs->access.read_only || !fs->integrity.opened)
		return err;	/* nothing was changed since the mount or the last CLOSE */
	err = fs_write_shared(fs, level >= COMMIT_UNLINK ? seal_to_unlink : seal_to_link, shares);
	if (!err && level >= COMMIT_RELEASE)
		err = fs_settle(fs, shares);
	if (!err && level >= COMMIT_RELEASE)
		err = fs_write_shared(fs, phase_release, shares);
	return err;
}

enum udf_err fs_commit(struct udf_fs *fs, enum commit_level level)
{
	bool held = true;
	enum udf_err err = fs_settle(fs, false);

	if (err || fs->access.read_only || !fs->integrity.opened)
		return err;
	err = write_or_hold(fs, level >= COMMIT_UNLINK ? seal_to_unlink : seal_to_link, &held);
	if (err || !held)
		return err;
	if (fs->alloc.freed_its_own)
		return fs_settle(fs, false);
	fs->commit.is_due = true;
	return UDF_OK;
}

enum udf_err fs_commit_now(struct udf_fs *fs)
{
	return fs_commit_shared(fs, COMMIT_UNLINK, false);
}
