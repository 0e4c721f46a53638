/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a batch begins (phase OPEN), when it is committed (sync, fsync, the timer), and phase CLOSE. */
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/block.h"
#include "fs/node.h"
#include "fs/state.h"

#define BATCH_REMOVALS 16384		/* a batch with more removing edits, or more bytes of images, is committed */
#define BATCH_BYTES (8u << 20)

enum udf_err fs_begin(struct udf_fs *fs)
{
	bool wrote = false;
	enum udf_err err;

	if (fs->access.read_only)
		return UDF_E_READ_ONLY;
	err = space_look(fs);
	if (err || fs->integrity.opened)
		return err;
	err = fs_settle(fs, false);	/* phase CLOSE may still be held back */
	if (!err && fs->vol->n_recovered)
		err = fs_flush(fs);
	if (!err)
		err = journal_end(fs);	/* that of an earlier mount */
	if (!err) {
		fs->vol->n_recovered = 0;
		journal_take(fs);
		err = fs_mark_open(fs);
	}
	if (!err)
		err = fs_flush(fs);
	if (!err)
		journal_begin(fs);
	if (!err)
		err = alloc_mend_header(fs, &wrote);
	if (!err && wrote)
		err = fs_flush(fs);
	if (!err)
		fs->integrity.opened = true;
	return err;
}

enum udf_err fs_begin_node(struct udf_fs *fs, const struct node *node)
{
	enum udf_err err = fs_begin(fs);

	if (err || (node->flags & (NODE_NEW | NODE_GONE)) || node->part_ref != fs->part_ref)
		return err;
	return unreadable_check_icb(fs, node->lbn);
}

/* Is the batch more than TIMES as large as it should get, in bytes of images or in names that it removes? */
static bool is_large(const struct udf_fs *fs, size_t times)
{
	return fs->batch.n_removals > times * BATCH_REMOVALS ||
	       (fs->nodes.dirty.n + fs->mblks.dirty.n) * (size_t)fs->block_bytes > times * BATCH_BYTES;
}

enum udf_err fs_end(struct udf_fs *fs)
{
	enum udf_err err;

	if (!fs->batch.dirty_since)
		fs->batch.dirty_since = fs_now_seconds(fs);
	err = nodes_write_early(fs);
	if (!err)
		err = mblks_write_early(fs);
	if (err || fs->policy.no_phases || !is_large(fs, 1))
		return err;
	/* udf_fs_tick() commits it without blocking this caller, unless the batch has grown to twice that size */
	if (fs->commit.share.release && !is_large(fs, 2)) {
		fs->commit.is_due = true;
		return UDF_OK;
	}
	return fs_commit(fs, COMMIT_UNLINK);
}

/* Phase CLOSE.  No batch waits for a commit here. */
static enum udf_err write_closed(struct udf_fs *fs)
{
	enum udf_err err = fs_mark_closed(fs);

	if (!err)
		err = fs_flush(fs);
	if (!err)
		fs->integrity.opened = false;
	return err;
}

enum udf_err fs_close_volume(struct udf_fs *fs, bool shares)
{
	enum udf_err err;

	if (!fs->integrity.opened || fs->access.failed)
		return fs->access.failed;
	/* R10: what is not closed keeps its journal, too. */
	if (!fs->integrity.found_open)
		journal_give_back(fs);
	unreadable_give_back(fs);
	err = fs_commit_shared(fs, COMMIT_RELEASE, shares);
	if (err)
		return err;
	/*
	 * R10: only a check may close the volume.  It also stays open if other threads have made changes meanwhile.
	 */
	if (fs->integrity.found_open ||
	    (shares && (fs->batch.dirty_since || fs->batch.n_changes != fs->batch.n_released)))
		return journal_settle(fs, shares);
	err = fs_write_shared(fs, write_closed, shares);
	return err ? err : journal_end(fs);
}

/* ---- public ---- */

void udf_fs_share(struct udf_fs *fs, void (*release)(void *ctx), void (*acquire)(void *ctx), void *ctx)
{
	fs->commit.share.release = release;
	fs->commit.share.acquire = acquire;
	fs->commit.share.ctx = ctx;
}

bool udf_fs_is_due(const struct udf_fs *fs)
{
	return fs->commit.is_due;
}

enum udf_err udf_fs_sync(struct udf_fs *fs)
{
	return fs_commit_shared(fs, COMMIT_UNLINK, true);
}

/*
 * May an idle volume be closed?  Not while an object without a name is in use, since nobody would free it; nor where
 * the next change would write the same place again, and wear it out.
 */
static bool may_close(const struct udf_fs *fs)
{
	return !fs->policy.wears && !fs->batch.dirty_since && fs->integrity.opened && !fs->integrity.found_open &&
	       fs->nodes.n_gone == 0;
}

/* May what is only in the packet journal be written in its place?  Another system finds nothing in the journal. */
static bool may_settle(const struct udf_fs *fs)
{
	return fs->commit.is_unsettled && !fs->batch.dirty_since;
}

/* With commits_when_idle: has nothing changed since the last tick?  Operations need not note a time for this. */
static bool has_rested(struct udf_fs *fs, int64_t now)
{
	bool rests = fs->batch.n_changes == fs->batch.tick_changes && now > fs->batch.tick_at;

	fs->batch.tick_at = now;
	fs->batch.tick_changes = fs->batch.n_changes;
	return rests && fs->options.commits_when_idle;
}

enum udf_err udf_fs_tick(struct udf_fs *fs, uint32_t *ret_next_seconds)
{
	int64_t now = fs_now_seconds(fs), age = fs->options.commit_seconds, due = 0;
	bool rests = has_rested(fs, now);
	bool is_due = fs->batch.dirty_since && (rests || now - fs->batch.dirty_since >= age || is_large(fs, 1));
	uint32_t batch = fs->batch.unlink_number;
	enum udf_err err = UDF_OK;

	fs->commit.is_due = false;
	if (!fs->access.failed && !fs->access.read_only && !fs->policy.no_phases) {
		err = fs_settle(fs, true);
		/* If unlink_number has changed, another call sealed the batch meanwhile, and it is settled now. */
		if (!err && is_due && fs->batch.unlink_number == batch)
			err = fs_commit_shared(fs, COMMIT_UNLINK, true);
		else if (!err && !is_due && may_close(fs) && now - fs->batch.idle_since >= age)
			err = fs_close_volume(fs, true);
		else if (!err && !is_due && may_settle(fs) && now - fs->batch.idle_since >= age)
			err = journal_settle(fs, true);
		if (fs->batch.dirty_since)
			due = fs->options.commits_when_idle ? 1 : fs->batch.dirty_since + age - now;
		else if (may_close(fs) || may_settle(fs))
			due = fs->batch.idle_since + age - now;
		if ((fs->batch.dirty_since || may_close(fs) || may_settle(fs)) && due < 1)
			due = 1;
	}
	if (ret_next_seconds)
		*ret_next_seconds = due > 0 ? (uint32_t)due : 0;
	return err;
}

static enum udf_err sync_node(struct udf_fs *fs, struct node *node, bool data_only)
{
	if (!node_is_dir(node) && !(node->flags & (NODE_NEW | NODE_COUNT)) &&
	    node->keep_names_batch != fs->batch.number && fs->batch.early_number != fs->batch.number &&
	    (!(node->flags & NODE_DIRTY) || (data_only && (node->flags & NODE_TIMES_ONLY))))
		return fs->batch.data_unflushed ? fs_write_shared(fs, fs_flush, true) : UDF_OK;
	return fs_commit_shared(fs, node_is_dir(node) ? COMMIT_UNLINK : COMMIT_LINK, true);
}

enum udf_err udf_fsync(struct udf_fs *fs, udf_ino ino, bool data_only)
{
	struct node *node;
	enum udf_err err;

	if (fs->access.failed)
		return fs->access.failed;
	if (fs->access.read_only)
		return UDF_OK;
	err = fs_settle(fs, true);
	if (!err)
		err = node_get_ino(fs, ino, &node);
	if (!err) {
		err = sync_node(fs, node, data_only);
		node_put(fs, node);
	}
	return err;
}
