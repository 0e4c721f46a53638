/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rename: in place within one block, or as an addition and a removal (R2 to R7 of doc/CRASH.md). */
#include <string.h>

#include "base/cs0.h"
#include "ecma/codec.h"
#include "fs/batch.h"
#include "fs/dir.h"
#include "fs/name.h"
#include "fs/node.h"
#include "fs/state.h"

#define MAX_DEPTH 65536u
#define MAX_TRIES 4

struct rename {
	struct node *old_dir, *new_dir, *source, *target;	/* target NULL: the new name is free */
	const char *old_name, *new_name;
	size_t old_name_bytes, new_name_bytes;
	struct dir_entry from, to;
	bool drops_to;			/* the object that has the new name can't be read, and loses it */
	unsigned flags;
};

/* R4.  Where a directory left memory after it got another parent, any directory may be that one. */
static bool has_moved(const struct udf_fs *fs, const struct node *dir)
{
	return fs->batch.forgot_reparent == fs->batch.unlink_number ||
	       (dir->dir && dir->dir->reparent_batch == fs->batch.unlink_number);
}

/* May source move below new_dir?  Walks up to the root.  *RET_MOVED: a directory on the way has moved (R4). */
static enum udf_err check_ancestors(struct udf_fs *fs, const struct rename *r, bool *ret_moved)
{
	struct udf_lb_addr at = node_addr(r->new_dir);
	uint32_t depth;

	*ret_moved = has_moved(fs, r->source);
	for (depth = 0; depth < MAX_DEPTH; depth++) {
		struct udf_lb_addr up;
		struct node *dir;
		enum udf_err err;

		if (at.lbn == r->source->lbn && at.part_ref == r->source->part_ref)
			return UDF_E_INVAL;
		if (at.lbn == fs->root.lbn && at.part_ref == fs->root.part_ref)
			return UDF_OK;
		err = node_get(fs, at, &dir);
		if (err)
			return err;
		err = dir_index(fs, dir);
		if (!err) {
			up = dir->dir->parent;
			*ret_moved |= has_moved(fs, dir);
		}
		node_put(fs, dir);
		if (err)
			return err;
		at = up;
	}
	return UDF_E_CORRUPT;
}

static enum udf_err check_types(struct udf_fs *fs, const struct rename *r)
{
	enum udf_err err;

	if (!r->target || (r->target == r->source && !(r->flags & UDF_RENAME_NOREPLACE)))
		return UDF_OK;
	if (r->flags & UDF_RENAME_NOREPLACE)
		return UDF_E_EXISTS;
	if (r->flags & UDF_RENAME_EXCHANGE)
		return UDF_OK;
	if (node_is_dir(r->source) && !node_is_dir(r->target))
		return UDF_E_NOT_DIR;
	if (!node_is_dir(r->source) && node_is_dir(r->target))
		return UDF_E_IS_DIR;
	if (!node_is_dir(r->target))
		return UDF_OK;
	err = dir_index(fs, r->target);
	return err ? err : r->target->dir->n_live ? UDF_E_NOT_EMPTY : UDF_OK;
}

/* Find both names again: a commit changes which ones are pending. */
static enum udf_err find_both(struct udf_fs *fs, struct rename *r)
{
	enum udf_err err;

	if (r->source)
		node_put(fs, r->source);
	if (r->target)
		node_put(fs, r->target);
	r->source = r->target = NULL;
	r->drops_to = false;
	err = dir_find(fs, r->old_dir, r->old_name, r->old_name_bytes, false, &r->from);
	if (!err)
		err = entry_node(fs, r->old_dir, &r->from, &r->source);
	if (err)
		return err;
	err = dir_find(fs, r->new_dir, r->new_name, r->new_name_bytes, false, &r->to);
	if (err == UDF_E_NOT_FOUND)
		return UDF_OK;
	if (err)
		return err;
	err = entry_node_again(fs, r->new_dir, &r->to, &r->target);
	/* A name whose object can't be read is replaced, unless that may be a directory with names in it. */
	if (is_unreadable(err) && r->flags == 0 && !node_is_dir(r->source)) {
		r->drops_to = true;
		return UDF_OK;
	}
	return err;
}

/*
 * Will the disc never show the object that loses the new name?  It is of this batch, the name was its only one, and
 * what the slot held before is on the list of removals already.  Then the slot may be retargeted once more (R3).
 */
static bool is_never_seen(const struct udf_fs *fs, const struct node *target)
{
	return (target->flags & NODE_NEW) && !node_is_dir(target) && target->nlink <= 1 && !target->nlink_pending &&
	       fs->batch.early_number != fs->batch.number;
}

static bool must_commit_first(const struct udf_fs *fs, const struct rename *r, bool moved)
{
	bool reparents = node_is_dir(r->source) && r->old_dir != r->new_dir;

	if (fs->policy.removes_at_once)
		return false;
	return (reparents && moved) ||						/* R4 */
	       (r->target && !(r->flags & UDF_RENAME_EXCHANGE) && !may_retarget(fs, r->target) &&
		!is_never_seen(fs, r->target)) ||			/* R3 */
	       (!node_is_dir(r->source) &&
		r->source->nlink + r->source->nlink_pending >= UDF_MAX_LINKS);	/* R7 */
}

static bool in_one_block(const struct udf_fs *fs, const struct node *dir, const struct dir_entry *a,
			 const struct dir_entry *b)
{
	uint32_t bs = fs->block_bytes;

	return dir->ad_kind == UDF_AD_EMBEDDED ||
	       (a->at / bs == b->at / bs && !dir_fid_straddles(fs, dir, a->at, a->n_bytes) &&
		!dir_fid_straddles(fs, dir, b->at, b->n_bytes) &&
		dir_is_durable_at(dir, a->at) == dir_is_durable_at(dir, b->at));
}

static enum udf_err exchange(struct udf_fs *fs, struct rename *r)
{
	enum udf_err err;

	if (!r->target)
		return UDF_E_NOT_FOUND;
	if (r->old_dir != r->new_dir)
		return UDF_E_INVAL;
	if (!in_one_block(fs, r->old_dir, &r->from, &r->to)) {
		err = fs_commit(fs, COMMIT_UNLINK);	/* one of them may not be durable yet */
		if (!err)
			err = find_both(fs, r);
		if (err || !r->target || !in_one_block(fs, r->old_dir, &r->from, &r->to))
			return err ? err : UDF_E_INVAL;
		err = node_dirty(fs, r->old_dir);
		if (err)
			return err;
	}
	err = dir_retarget(fs, r->old_dir, &r->from, r->target, r->to.fid.icb.unique_id);
	if (!err)
		err = dir_retarget(fs, r->new_dir, &r->to, r->source, r->from.fid.icb.unique_id);
	if (!err)
		err = node_dirty(fs, r->target);
	if (!err)
		err = node_dirty(fs, r->source);	/* the commit cleaned it */
	if (err)
		return err;
	r->target->ctime_us = fs_now_us(fs);
	r->target->flags &= (uint8_t)~NODE_TIMES_ONLY;
	if (r->from.added != r->to.added) {
		/* the new name has replaced a durable one */
		index_set_kept(r->old_dir->dir, r->from.index_slot);
		index_set_kept(r->new_dir->dir, r->to.index_slot);
	}
	return UDF_OK;
}

/* Does only the name change, and does its FID keep its size? */
static bool can_rename_in_place(struct udf_fs *fs, const struct rename *r)
{
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES];
	struct dir_entry other;
	size_t cs0_bytes;

	if (r->old_dir != r->new_dir || r->target ||
	    udf_cs0_from_utf8(r->new_name, r->new_name_bytes, cs0, sizeof(cs0), &cs0_bytes))
		return false;
	/* A deleted entry may have this name of one character.  dir_add() then uses its slot. */
	if (fs->revision <= 0x0200 && udf_fid_n_bytes((uint32_t)cs0_bytes, 0) == UDF_FID_MIN_BYTES)
		return false;
	return udf_fid_n_bytes((uint32_t)cs0_bytes, r->from.fid.impl_use_bytes) == r->from.n_bytes &&
	       !dir_fid_straddles(fs, r->old_dir, r->from.at, r->from.n_bytes) &&
	       dir_find(fs, r->new_dir, r->new_name, r->new_name_bytes, true, &other) ==
		       UDF_E_NOT_FOUND &&
	       !index_has_ghost(r->new_dir->dir, dir_hash_name(fs, r->new_name, r->new_name_bytes));
}

static enum udf_err rename_in_place(struct udf_fs *fs, struct rename *r)
{
	bool ghost = r->old_dir->ad_kind != UDF_AD_EMBEDDED && !r->from.added && !fs->policy.removes_at_once;
	enum udf_err err = dir_rename_in_place(fs, r->old_dir, &r->from, r->new_name, r->new_name_bytes);

	if (!err && ghost)
		err = fs_add_ghost(fs, r->old_dir, dir_hash_name(fs, r->old_name, r->old_name_bytes), FS_NO_SLOT);
	return err;
}

/* The object that has the new name loses it. */
static enum udf_err replace_target(struct udf_fs *fs, struct rename *r)
{
	bool pending = !r->to.added && !is_never_seen(fs, r->target);
	enum udf_err err = UDF_OK;

	if (pending)
		err = fs_add_removal(fs, r->new_dir, r->target, FS_REMOVAL_CANCELLED);
	if (!err)
		err = drop_name(fs, r->target, pending);
	if (node_is_dir(r->target)) {
		fs->integrity.n_directories--;
		if (r->new_dir->nlink > 1)
			r->new_dir->nlink--;
	} else {
		fs->integrity.n_files--;
	}
	node_maybe_drop(fs, r->target);
	return err;
}

/* Does the new name fit into the ICB of an embedded directory? */
static bool stays_embedded(const struct udf_fs *fs, const struct rename *r)
{
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES];
	size_t cs0_bytes;

	return r->new_dir->ad_kind == UDF_AD_EMBEDDED &&
	       !udf_cs0_from_utf8(r->new_name, r->new_name_bytes, cs0, sizeof(cs0), &cs0_bytes) &&
	       r->new_dir->size_bytes + udf_fid_n_bytes((uint32_t)cs0_bytes, 0) <=
		       node_inline_capacity(fs, r->new_dir);
}

/* The source loses its old name.  dir_remove() may commit; the link count includes both names by then. */
static enum udf_err take_old_name(struct udf_fs *fs, struct rename *r, bool at_once)
{
	bool pending;
	enum udf_err err = dir_find(fs, r->old_dir, r->old_name, r->old_name_bytes, false, &r->from);

	if (err)
		return err;
	pending = !r->from.added && !at_once;
	if (pending) {
		r->source->nlink_pending++;
		if (!node_is_dir(r->source))
			node_count_changed(fs, r->source);
	}
	err = dir_remove(fs, r->old_dir, &r->from, r->source, at_once, &pending);
	if (err && pending) {
		/* it keeps both */
		r->source->nlink_pending--;
		if (!node_is_dir(r->source)) {
			r->source->nlink++;
			fs->integrity.n_files++;
		}
	}
	return err;
}

static enum udf_err move(struct udf_fs *fs, struct rename *r)
{
	bool was_embedded = r->old_dir->ad_kind == UDF_AD_EMBEDDED, same_dir = r->old_dir == r->new_dir;
	bool is_dir = node_is_dir(r->source), at_once = false, retarget;
	struct dir_entry place;
	uint64_t id = r->from.fid.icb.unique_id;
	enum udf_err err;

	if (!r->target) {
		/* this may commit, which makes the old name durable, so it comes before the decision */
		err = find_place(fs, r->new_dir, r->new_name, r->new_name_bytes, &place, &retarget);
		if (!err)
			err = dir_find(fs, r->old_dir, r->old_name, r->old_name_bytes, false, &r->from);
		if (err)
			return err;
	}
	/* R7: both names change by one write */
	if (same_dir)
		at_once = r->target ? in_one_block(fs, r->old_dir, &r->from, &r->to) :
				      stays_embedded(fs, r);
	if (!at_once && !r->from.added && !is_dir && fs->revision >= 0x0200)
		id = fs_new_id(fs);	/* for a while both names may be on disc */
	err = r->target ? dir_retarget(fs, r->new_dir, &r->to, r->source, (uint32_t)id) :
			  add_name(fs, r->new_dir, r->new_name, r->new_name_bytes, r->source, (uint32_t)id);
	if (err)
		return err;
	r->source->keep_names_batch = fs->batch.number;
	if (r->target) {
		err = replace_target(fs, r);
		if (err)
			return err;
	}
	err = take_old_name(fs, r, at_once);
	if (err)
		return err;
	if (at_once && !r->from.added) {
		/* The new name has replaced a durable one, and must not be removed as if it were new. */
		err = dir_find(fs, r->new_dir, r->new_name, r->new_name_bytes, false, &r->to);
		if (err)
			return err;
		index_set_kept(r->new_dir->dir, r->to.index_slot);
	}
	if (at_once && !r->from.added && !was_embedded && !fs->policy.removes_at_once)
		err = fs_add_ghost(fs, r->old_dir, dir_hash_name(fs, r->old_name, r->old_name_bytes),
				   r->target ? r->from.at : FS_NO_SLOT);
	if (err || !is_dir || same_dir)
		return err;
	if (r->old_dir->nlink > 1)
		r->old_dir->nlink--;
	r->new_dir->nlink++;
	err = dir_set_parent(fs, r->source, r->new_dir);
	if (!err)
		r->source->dir->reparent_batch = fs->batch.unlink_number;
	return err;
}

/* Can everything be written that will change?  A directory that gets another parent has that in its first block. */
static enum udf_err begin_all(struct udf_fs *fs, struct rename *r)
{
	bool exchanges = r->flags & UDF_RENAME_EXCHANGE;
	enum udf_err err = UDF_OK;

	if (r->source == r->target)
		return UDF_OK;
	if (node_is_dir(r->source) && r->old_dir != r->new_dir)
		err = dir_begin(fs, r->source);
	if (!err)
		err = fs_begin_node(fs, r->source);
	if (!err && r->target)
		err = exchanges ? fs_begin_node(fs, r->target) : begin_losing(fs, r->target);
	return err;
}

static enum udf_err prepare(struct udf_fs *fs, struct rename *r)
{
	int try;

	for (try = 0; try < MAX_TRIES; try++) {
		bool moved = false;
		/* Again after each commit: a chain that it made durable must be replaced by a fresh one (R6). */
		enum udf_err err = dir_reserve(fs, r->new_dir, DIR_RESERVE_BLOCKS);
		uint32_t batch = fs->batch.number;

		if (!err)
			err = find_both(fs, r);
		if (!err)
			err = begin_all(fs, r);
		if (!err && fs->batch.number != batch)
			continue;
		if (!err)
			err = check_types(fs, r);
		if (!err && node_is_dir(r->source) && r->old_dir != r->new_dir) {
			if (r->source->flags & NODE_FROZEN)
				return UDF_E_READ_ONLY;
			if (r->new_dir->nlink >= UDF_MAX_LINKS && !r->target)
				return UDF_E_TOO_MANY_LINKS;
			err = check_ancestors(fs, r, &moved);
		}
		if (err || !must_commit_first(fs, r, moved))
			return err;
		err = fs_commit(fs, COMMIT_UNLINK);
		if (err)
			return err;
	}
	return UDF_E_TOO_MANY_LINKS;
}

static enum udf_err rename_nodes(struct udf_fs *fs, struct rename *r)
{
	enum udf_err err = dir_begin(fs, r->old_dir);

	if (!err)
		err = dir_begin(fs, r->new_dir);
	if (!err)
		err = prepare(fs, r);
	if (err || r->source == r->target)
		return err;
	err = node_dirty(fs, r->old_dir);
	if (!err)
		err = node_dirty(fs, r->new_dir);
	if (!err)
		err = node_dirty(fs, r->source);
	if (!err && r->drops_to)
		err = drop_unreadable(fs, r->new_dir, &r->to, false);
	if (err)
		return err;
	if (r->flags & UDF_RENAME_EXCHANGE)
		err = exchange(fs, r);
	else if (can_rename_in_place(fs, r))
		err = rename_in_place(fs, r);
	else
		err = move(fs, r);
	/* a commit on the way may have cleaned them */
	if (!err)
		err = node_dirty(fs, r->old_dir);
	if (!err)
		err = node_dirty(fs, r->new_dir);
	if (!err)
		err = node_dirty(fs, r->source);
	if (err)
		return err;
	r->old_dir->keep_names_batch = fs->batch.number;
	touch_dir(fs, r->old_dir);
	touch_dir(fs, r->new_dir);
	r->source->ctime_us = fs_now_us(fs);
	r->source->flags &= (uint8_t)~NODE_TIMES_ONLY;
	return fs_end(fs);
}

enum udf_err udf_rename(struct udf_fs *fs, udf_ino old_dir, const char *old_name, size_t old_name_bytes,
			udf_ino new_dir, const char *new_name, size_t new_name_bytes, unsigned flags)
{
	struct rename r = { .old_name = old_name,
			    .old_name_bytes = old_name_bytes,
			    .new_name = new_name,
			    .new_name_bytes = new_name_bytes,
			    .flags = flags };
	uint64_t n_changes = fs->batch.n_changes;
	enum udf_err err = check_name(new_name, new_name_bytes);

	if ((flags & ~(UDF_RENAME_NOREPLACE | UDF_RENAME_EXCHANGE)) ||
	    flags == (UDF_RENAME_NOREPLACE | UDF_RENAME_EXCHANGE))
		err = UDF_E_INVAL;
	if (!err)
		err = dir_get(fs, old_dir, true, &r.old_dir);
	if (!err)
		err = dir_get(fs, new_dir, true, &r.new_dir);
	if (!err)
		err = rename_nodes(fs, &r);
	if (r.source)
		node_put(fs, r.source);
	if (r.target)
		node_put(fs, r.target);
	if (r.new_dir)
		node_put(fs, r.new_dir);
	if (r.old_dir)
		node_put(fs, r.old_dir);
	return fs_end_change(fs, n_changes, err);
}
