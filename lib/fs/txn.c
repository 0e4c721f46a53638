/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Batches and their phases: OPEN, NEW, EXTEND, LINK, UNLINK, RELEASE, CLOSE (doc/CRASH.md).
 *
 * Each phase ends with a flush when it wrote anything; no call changes images while a commit runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ecma/codec.h"
#include "fs/private.h"

#define EARLY_DIRECTORY_BYTES (1u << 20)
#define MAX_DIRTY_IMAGE_BYTES (8u << 20)
#define LOW_BLOCKS 64u

/* R9: said once; what is in memory stays there. */
static void turn_read_only(struct udf_fs *fs, enum udf_err err, const char *why)
{
	fs->failed = err;
	fs->read_only = true;
	fs->why_read_only = why;
}

enum udf_err fs_fail(struct udf_fs *fs, enum udf_err err, const char *what, uint32_t lbn)
{
	char place[32] = "";

	if (!fs->failed) {
		if (lbn != FS_NOWHERE)
			snprintf(place, sizeof(place), " at block %lu", (unsigned long)lbn);
		turn_read_only(fs, err, "a write of metadata failed");
		/* an image's own file system may be full, which is not the volume's being full */
		udf_log(fs->env, UDF_LOG_ERROR,
			"cannot write %s%s: %s; the volume is read-only from now on: unmount it and check it",
			what, place,
			err == UDF_E_NOSPC ? "no space left where it lies" : udf_strerror(err));
	}
	return err;
}

enum udf_err fs_change_ends(struct udf_fs *fs, uint64_t n_changes, enum udf_err err)
{
	if (err == UDF_E_NOMEM && n_changes != fs->n_changes && !fs->failed) {
		turn_read_only(fs, err, "memory ran out in the middle of a change");
		udf_log(fs->env, UDF_LOG_ERROR, "%s; the volume is read-only from now on: unmount it, and what "
			"was not synced is lost", fs->why_read_only);
	}
	return err;
}

static enum udf_err fs_flush(struct udf_fs *fs)
{
	enum udf_err err;

	if (fs->bulk)
		return UDF_OK;
	/* Between phases nothing is half changed, and who only reads changes nothing. */
	fs->share.waiting = fs->share.on;
	if (fs->share.waiting)
		fs->share.release(fs->share.ctx);
	err = udf_vol_flush(fs->vol);
	if (fs->share.waiting)
		fs->share.acquire(fs->share.ctx);
	fs->share.waiting = false;
	if (err)
		return fs_fail(fs, err, "cached blocks", FS_NOWHERE);
	fs->data_unflushed = false;
	return UDF_OK;
}

static int64_t now_seconds(struct udf_fs *fs)
{
	return fs_now_us(fs) / 1000000;
}

/* ---- unique ids ---- */

static uint64_t id_after(uint64_t id)
{
	id++;
	return (id & 0xFFFFFFFFu) < 16 ? (id & ~0xFFFFFFFFull) + 16 : id;	/* spec 2.6 */
}

enum udf_err fs_new_id(struct udf_fs *fs, uint64_t *ret_id)
{
	*ret_id = fs->next_unique_id;
	fs->next_unique_id = id_after(fs->next_unique_id);
	return UDF_OK;
}

static enum udf_err write_lvid(struct udf_fs *fs, uint32_t type)
{
	struct udf_vol *vol = fs->vol;
	uint64_t next = fs->next_unique_id;
	char what[64];
	enum udf_err err;

	if (type == UDF_LVID_OPEN) {
		next += FS_ID_RESERVE;
		if ((next & 0xFFFFFFFFu) < 16 || next >> 32 != fs->next_unique_id >> 32)
			next = (next & ~0xFFFFFFFFull) + FS_ID_RESERVE + 16;
	}
	vol->lvid.next_unique_id = next;
	err = udf_vol_write_lvid(vol, type);
	if (err) {
		snprintf(what, sizeof(what), "integrity descriptor at sector %lu", (unsigned long)vol->lvid_lsn);
		return fs_fail(fs, err, what, FS_NOWHERE);
	}
	fs->id_limit = next;
	return UDF_OK;
}

/* ---- lists of the batch ---- */

static enum udf_err grow(void **list, size_t *cap, size_t n, size_t item_bytes)
{
	size_t more = *cap ? *cap * 2 : 64;
	void *p;

	if (n < *cap)
		return UDF_OK;
	p = realloc(*list, more * item_bytes);
	if (!p)
		return UDF_E_NOMEM;
	*list = p;
	*cap = more;
	return UDF_OK;
}

enum udf_err fs_add_removal(struct udf_fs *fs, struct node *dir, struct node *target, uint64_t at)
{
	enum udf_err err = grow((void **)&fs->removals, &fs->cap_removals, fs->n_removals,
				sizeof(*fs->removals));

	fs->n_changes++;
	if (err)
		return err;
	fs->removals[fs->n_removals++] = (struct removal){ dir, target, at };
	dir->n_pins++;
	if (target)
		target->n_pins++;
	return UDF_OK;
}

enum udf_err fs_add_added(struct udf_fs *fs, struct node *dir, uint64_t at)
{
	enum udf_err err = grow((void **)&fs->added, &fs->cap_added, fs->n_added, sizeof(*fs->added));

	fs->n_changes++;
	if (err)
		return err;
	fs->added[fs->n_added++] = (struct added_slot){ dir, at };
	dir->n_pins++;
	return UDF_OK;
}

enum udf_err fs_add_ghost(struct udf_fs *fs, struct node *dir, uint64_t hash)
{
	enum udf_err err = grow((void **)&fs->ghosts, &fs->cap_ghosts, fs->n_ghosts, sizeof(*fs->ghosts));

	if (!err)
		err = index_insert_ghost(fs, dir->dir, hash);
	fs->n_changes++;
	if (err)
		return err;
	fs->ghosts[fs->n_ghosts++] = (struct added_slot){ dir, hash };
	dir->n_pins++;
	return UDF_OK;
}

/* ---- phases ---- */

static enum udf_err write_counts(struct udf_fs *fs, bool *ret_wrote)
{
	struct node *node = fs->counts, *next;
	enum udf_err err = UDF_OK;

	fs->counts = NULL;
	for (; node; node = next) {
		uint16_t want = (uint16_t)(node->nlink + node->nlink_pending);
		bool dies = node->flags & (NODE_GONE | NODE_FREED);

		next = node->count_next;
		node->flags &= (uint8_t)~NODE_COUNT;
		node->n_pins++;
		/* what dies is not worth lowering, but LINK may still give it a name more than it had */
		if (!err && !(node->flags & NODE_NEW) &&
		    (dies ? want > node->nlink_disc : want != node->nlink_disc)) {
			err = node_patch_count(fs, node, want);
			*ret_wrote = true;
		}
		node_put(fs, node);
	}
	return err;
}

/* Nothing that reaches the disc will name it; a new one may stand where a durable name stood. */
static bool is_never_written(const struct node *node)
{
	return (node->flags & NODE_GONE) && !((node->flags & NODE_NEW) && node->nlink_pending);
}

/* The dirty nodes that are new (or not), as an array for nodes_write_sorted(). */
static enum udf_err collect(struct udf_fs *fs, bool new_ones, struct node ***ret_list, size_t *ret_n)
{
	struct node **list = NULL, *node;
	size_t n = 0;

	if (fs->dirty.n) {
		list = malloc(fs->dirty.n * sizeof(struct node *));
		if (!list)
			return UDF_E_NOMEM;
	}
	for (node = fs->dirty.first; node; node = node->dirty_next)
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

/* The taken blocks leave a space table that goes on in AEDs only now; EXTEND may rely on it. */
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
	enum udf_err err = dir_trim_chunks(fs);

	for (node = fs->dirty.first; node && !err; node = node->dirty_next)
		if (!is_never_written(node))
			err = extents_write_chain(fs, node, &wrote);
	if (!err)
		err = mblks_write(fs, MBLK_PAST, &wrote);
	if (!err)
		err = write_counts(fs, &wrote);
	if (!err)
		err = write_nodes(fs, true, &wrote);
	if (!err)
		err = alloc_write(fs, &wrote);
	if (!err && fs->next_unique_id > fs->id_limit) {
		err = write_lvid(fs, UDF_LVID_OPEN);
		wrote = true;
	}
	if (!err && (wrote || fs->data_unflushed))
		err = fs_flush(fs);
	return err ? err : switch_space(fs);
}

static enum udf_err phase_extend_and_link(struct udf_fs *fs)
{
	bool wrote = false;
	size_t i;
	enum udf_err err = mblks_write(fs, MBLK_PAST | MBLK_INSIDE, &wrote);

	if (!err && wrote)
		err = fs_flush(fs);
	wrote = false;
	if (!err)
		err = mblks_write(fs, MBLK_INSIDE, &wrote);
	if (!err)
		err = write_nodes(fs, false, &wrote);
	if (!err && wrote)
		err = fs_flush(fs);
	if (err)
		return err;
	for (i = 0; i < fs->n_added; i++) {
		dir_added_is_durable(fs, &fs->added[i]);
		node_put(fs, fs->added[i].dir);
	}
	fs->n_added = 0;
	for (i = 0; i < fs->n_ghosts; i++) {
		if (fs->ghosts[i].dir->dir)
			index_remove_ghost(fs->ghosts[i].dir->dir, fs->ghosts[i].at);
		node_put(fs, fs->ghosts[i].dir);
	}
	fs->n_ghosts = 0;
	return UDF_OK;
}

static enum udf_err phase_unlink(struct udf_fs *fs)
{
	bool wrote = false;
	enum udf_err err = UDF_OK;
	size_t i;

	for (i = 0; i < fs->n_removals && !err; i++) {
		err = dir_apply_removal(fs, &fs->removals[i]);
		/* names all over a large directory, of which each dirties a block */
		if (!err && fs->mblk_dirty.n * (size_t)fs->block_bytes > EARLY_DIRECTORY_BYTES)
			err = mblks_write(fs, MBLK_INSIDE, &wrote);
	}
	if (!err)
		err = mblks_write(fs, MBLK_INSIDE, &wrote);
	if (!err)
		err = write_nodes(fs, false, &wrote);
	if (!err && wrote)
		err = fs_flush(fs);
	if (err)
		return err;
	for (i = 0; i < fs->n_removals; i++) {
		struct node *target = fs->removals[i].target;

		if (target && target->nlink_pending) {
			target->nlink_pending--;
			if (!(target->flags & (NODE_GONE | NODE_FREED)) && !node_is_dir(target))
				node_count_changed(fs, target);
			node_maybe_drop(fs, target);
		}
		node_put(fs, target);
		node_put(fs, fs->removals[i].dir);
	}
	fs->n_removals = 0;
	return alloc_apply_frees(fs);
}

/* Apart from the next batch's NEW: what it left behind of a space table is tried again. */
static enum udf_err phase_release(struct udf_fs *fs)
{
	enum udf_err err;
	int tries = 0;

	do {
		bool wrote = false;

		err = write_counts(fs, &wrote);
		if (!err)
			err = alloc_write(fs, &wrote);
		if (!err && wrote)
			err = fs_flush(fs);
		if (!err)
			err = switch_space(fs);
	} while (!err && alloc_is_behind(fs) && ++tries < 3);
	return err;
}

static bool is_clean(const struct udf_fs *fs)
{
	return fs->dirty.n == 0 && fs->mblk_dirty.n == 0 && !fs->counts && fs->n_removals == 0 &&
	       fs->pending_frees.n_runs == 0;
}

enum udf_err fs_commit(struct udf_fs *fs, enum commit_level level)
{
	enum udf_err err;

	if (fs->failed)
		return fs->failed;
	if (fs->read_only || !fs->opened)
		return UDF_OK;	/* nothing was changed since OPEN was due */
	err = phase_new(fs);
	if (!err)
		err = phase_extend_and_link(fs);
	if (!err && level >= COMMIT_UNLINK)
		err = phase_unlink(fs);
	if (!err && level >= COMMIT_RELEASE)
		err = phase_release(fs);
	if (err) {
		/* whatever it was (memory, a corrupt block), the batch is torn: nothing more is written */
		return fs->failed ? err : fs_fail(fs, err, "a batch", FS_NOWHERE);
	}
	fs->early_limit = fs->early_mblk_limit = 0;
	if (++fs->batch == 0)
		fs->batch = 1;
	if (level >= COMMIT_UNLINK)
		fs->unlink_batch = fs->batch;
	fs->idle_since = now_seconds(fs);
	fs->dirty_since = is_clean(fs) ? 0 : fs->idle_since;
	nodes_shrink(fs);
	return UDF_OK;
}

enum udf_err fs_begin(struct udf_fs *fs)
{
	bool wrote = false;
	enum udf_err err;

	if (fs->share.waiting)
		return UDF_E_BUSY;
	if (fs->read_only)
		return UDF_E_READ_ONLY;
	if (fs->opened)
		return UDF_OK;
	err = write_lvid(fs, UDF_LVID_OPEN);
	if (!err)
		err = fs_flush(fs);
	if (!err)
		err = alloc_mend_header(fs, &wrote);
	if (!err && wrote)
		err = fs_flush(fs);
	if (!err)
		fs->opened = true;
	return err;
}

enum udf_err fs_begin_alloc(struct udf_fs *fs, uint32_t n_blocks)
{
	uint64_t n_free;
	enum udf_err err = fs_begin(fs);

	if (err)
		return err;
	if (fs->alloc.free_is_known && fs->alloc.n_free >= LOW_BLOCKS + n_blocks)
		return UDF_OK;
	err = alloc_count_free(fs, &n_free);
	if (err || fs->alloc.n_free >= n_blocks)
		return err;
	if (fs->bulk)
		err = dir_give_back(fs, n_blocks);
	else
		err = fs_commit(fs, COMMIT_UNLINK);
	if (err)
		return err;
	return fs->alloc.n_free >= n_blocks ? UDF_OK : UDF_E_NOSPC;
}

enum udf_err fs_end(struct udf_fs *fs)
{
	enum udf_err err;

	if (!fs->dirty_since)
		fs->dirty_since = now_seconds(fs);
	err = nodes_write_early(fs);
	if (!err)
		err = mblks_write_early(fs);
	if (!err && !fs->bulk &&
	    (fs->n_removals > FS_BATCH_REMOVALS ||
	     (fs->dirty.n + fs->mblk_dirty.n) * (size_t)fs->block_bytes > MAX_DIRTY_IMAGE_BYTES))
		err = fs_commit(fs, COMMIT_UNLINK);
	return err;
}

enum udf_err fs_close_lvid(struct udf_fs *fs)
{
	struct udf_vol *vol = fs->vol;
	uint64_t n_free;
	enum udf_err err;

	if (!fs->opened || fs->failed)
		return fs->failed;
	err = fs_commit(fs, COMMIT_RELEASE);
	if (err || fs->found_open)
		return err;	/* R10: only a check may close it */
	err = alloc_count_free(fs, &n_free);
	if (err)
		return err;
	vol->free_blocks[fs->part_ref] = (uint32_t)n_free;
	vol->lvid_impl.n_files = (uint32_t)fs->n_files;
	vol->lvid_impl.n_directories = (uint32_t)fs->n_directories;
	err = write_lvid(fs, UDF_LVID_CLOSED);
	if (!err)
		err = fs_flush(fs);
	if (!err)
		fs->opened = false;
	return err;
}

/* ---- public ---- */

void udf_fs_share(struct udf_fs *fs, void (*release)(void *ctx), void (*acquire)(void *ctx), void *ctx)
{
	fs->share.release = release;
	fs->share.acquire = acquire;
	fs->share.ctx = ctx;
}

/* A commit that is no part of another operation, and may let others read while it waits. */
static enum udf_err share_begin(struct udf_fs *fs)
{
	if (fs->share.waiting)
		return UDF_E_BUSY;
	fs->share.on = fs->share.release != NULL;
	return UDF_OK;
}

static void share_end(struct udf_fs *fs)
{
	fs->share.on = false;
	if (fs->share.forgot) {
		fs->share.forgot = false;
		nodes_drop_gone(fs);
	}
}

enum udf_err udf_fs_sync(struct udf_fs *fs)
{
	enum udf_err err = share_begin(fs);

	if (err)
		return err;
	err = fs_commit(fs, COMMIT_UNLINK);
	share_end(fs);
	return err;
}

/* May an idle volume be closed?  Not while an object without a name is in use: nobody would free it. */
static bool may_close(const struct udf_fs *fs)
{
	return !fs->dirty_since && fs->opened && !fs->found_open && fs->n_gone == 0;
}

enum udf_err udf_fs_tick(struct udf_fs *fs, uint32_t *ret_next_seconds)
{
	int64_t now = now_seconds(fs), age = fs->options.commit_seconds, due = 0;
	enum udf_err err = share_begin(fs);

	if (err)
		return err;
	if (!fs->failed && !fs->read_only && !fs->bulk) {
		if (fs->dirty_since && now - fs->dirty_since >= age)
			err = fs_commit(fs, COMMIT_UNLINK);
		else if (may_close(fs) && now - fs->idle_since >= age)
			err = fs_close_lvid(fs);
		if (fs->dirty_since)
			due = fs->dirty_since + age - now;
		else if (may_close(fs))
			due = fs->idle_since + age - now;
		if ((fs->dirty_since || may_close(fs)) && due < 1)
			due = 1;
	}
	share_end(fs);
	if (ret_next_seconds)
		*ret_next_seconds = due > 0 ? (uint32_t)due : 0;
	return err;
}

static enum udf_err sync_node(struct udf_fs *fs, struct node *node, bool data_only)
{
	if (!node_is_dir(node) && !(node->flags & (NODE_NEW | NODE_COUNT)) &&
	    node->keep_batch != fs->batch && fs->early_batch != fs->batch &&
	    (!(node->flags & NODE_DIRTY) || (data_only && (node->flags & NODE_TIMES_ONLY))))
		return fs->data_unflushed ? fs_flush(fs) : UDF_OK;
	return fs_commit(fs, node_is_dir(node) ? COMMIT_UNLINK : COMMIT_LINK);
}

enum udf_err udf_fsync(struct udf_fs *fs, udf_ino ino, bool data_only)
{
	struct node *node;
	enum udf_err err;

	if (fs->failed)
		return fs->failed;
	if (fs->read_only)
		return UDF_OK;
	err = share_begin(fs);
	if (err)
		return err;
	err = node_get_ino(fs, ino, &node);
	if (!err) {
		err = sync_node(fs, node, data_only);
		node_put(fs, node);
	}
	share_end(fs);
	return err;
}
