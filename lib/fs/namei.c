/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names: lookup, create, link, unlink, rmdir, readdir.  Rename is in rename.c. */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checked.h"
#include "base/cs0.h"
#include "ecma/codec.h"
#include "ecma/symlink.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/dir.h"
#include "fs/file.h"
#include "fs/name.h"
#include "fs/node.h"
#include "fs/state.h"

#define MAX_TRIES 4

enum udf_err check_name(const char *name, size_t name_bytes)
{
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES];
	size_t cs0_bytes;

	if (name_bytes == 0 || memchr(name, '/', name_bytes) || memchr(name, 0, name_bytes) ||
	    (name_bytes == 1 && name[0] == '.') || (name_bytes == 2 && name[0] == '.' && name[1] == '.'))
		return UDF_E_INVAL;
	if (name_bytes > UDF_HOST_NAME_MAX_BYTES)
		return UDF_E_NAME_TOO_LONG;
	return udf_cs0_from_utf8(name, name_bytes, cs0, sizeof(cs0), &cs0_bytes);
}

enum udf_err dir_get(struct udf_fs *fs, udf_ino ino, bool to_change, struct node **ret_dir)
{
	struct node *dir;
	enum udf_err err = node_get_ino(fs, ino, &dir);

	if (err)
		return err;
	if (!node_is_dir(dir))
		err = UDF_E_NOT_DIR;
	else if (dir->flags & NODE_GONE)
		err = UDF_E_NOT_FOUND;
	else if (to_change && (dir->flags & NODE_FROZEN))
		err = UDF_E_READ_ONLY;
	if (err)
		node_put(fs, dir);
	else
		*ret_dir = dir;
	return err;
}

enum udf_err entry_node(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
			struct node **ret_node)
{
	bool says_dir = entry->fid.characteristics & UDF_FID_DIRECTORY;
	struct node *node;
	enum udf_err err = node_get(fs, entry->fid.icb.addr, &node);

	if (err)
		return err;
	if (says_dir != node_is_dir(node)) {
		node_put(fs, node);
		return UDF_E_CORRUPT;
	}
	if (fs->integrity.found_open && says_dir && !(node->flags & NODE_NEW)) {
		/* R10: a name other than its parent FID's led to it */
		err = dir_index(fs, node);
		if (err) {
			node_put(fs, node);
			return err;
		}
		if (node->dir->parent.lbn != dir->lbn || node->dir->parent.part_ref != dir->part_ref)
			node->flags |= NODE_FROZEN;
	}
	*ret_node = node;
	return UDF_OK;
}

enum udf_err udf_lookup(struct udf_fs *fs, udf_ino dir_ino, const char *name, size_t name_bytes,
			struct udf_attr *ret_attr)
{
	struct dir_entry entry;
	struct node *dir, *node;
	enum udf_err err = dir_get(fs, dir_ino, false, &dir);

	if (err)
		return err;
	err = dir_find(fs, dir, name, name_bytes, false, &entry);
	if (err == UDF_E_NOT_FOUND && name_bytes >= UDF_CS0_NAME_MAX_BYTES / 2 &&
	    check_name(name, name_bytes) == UDF_E_NAME_TOO_LONG)
		err = UDF_E_NAME_TOO_LONG;	/* no name of this length can exist */
	if (!err)
		err = entry_node(fs, dir, &entry, &node);
	if (!err) {
		err = ref_add(fs, node_ino(node));
		if (!err)
			node_to_attr(fs, node, ret_attr);
		node_put(fs, node);
	}
	node_put(fs, dir);
	return err;
}

enum udf_err udf_lookup_name(struct udf_fs *fs, udf_ino dir_ino, const char *name, size_t name_bytes,
			     struct udf_attr *ret_attr)
{
	struct dir_entry entry;
	struct node *dir;
	enum udf_err err = dir_get(fs, dir_ino, false, &dir);

	if (err)
		return err;
	err = dir_find(fs, dir, name, name_bytes, false, &entry);
	if (!err)
		*ret_attr = (struct udf_attr){
			.ino = (uint64_t)entry.fid.icb.addr.part_ref << 32 | entry.fid.icb.addr.lbn,
			.mode = entry.fid.characteristics & UDF_FID_DIRECTORY ? S_IFDIR : 0,
		};
	node_put(fs, dir);
	return err;
}

enum udf_err udf_lookup_parent(struct udf_fs *fs, udf_ino dir_ino, struct udf_attr *ret_attr)
{
	struct node *dir, *parent;
	enum udf_err err = dir_get(fs, dir_ino, false, &dir);

	if (err)
		return err;
	err = dir_index(fs, dir);
	if (!err)
		err = node_get(fs, dir->dir->parent, &parent);
	node_put(fs, dir);
	if (err)
		return err;
	err = node_is_dir(parent) ? ref_add(fs, node_ino(parent)) : UDF_E_CORRUPT;
	if (!err)
		node_to_attr(fs, parent, ret_attr);
	node_put(fs, parent);
	return err;
}

void udf_forget(struct udf_fs *fs, udf_ino ino, uint64_t n_refs)
{
	struct node *node;

	if (!ref_drop(fs, ino, n_refs))
		return;
	node = node_find(fs, (struct udf_lb_addr){ (uint32_t)ino, (uint16_t)(ino >> 32) });
	if (node && (node->flags & NODE_GONE)) {
		node->n_pins++;
		node_maybe_drop(fs, node);
		node_put(fs, node);
	}
}

bool udf_is_referenced(const struct udf_fs *fs, udf_ino ino)
{
	return ref_exists(fs, ino);
}

/* ---- adding ---- */

/* The object that loses the name whose FID at AT waits for removal; NULL if it is not known. */
static struct node *removal_target(struct udf_fs *fs, const struct node *dir, uint64_t at)
{
	size_t i;

	for (i = fs->batch.n_removals; i-- > 0;)
		if (fs->batch.removals[i].dir == dir && fs->batch.removals[i].at == at)
			return fs->batch.removals[i].target;
	return NULL;
}

/* R2: a name whose place was taken by one write may be added again by the same write, if it gets the slot it left. */
static bool may_come_back(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes)
{
	uint64_t slot_at = fs_ghost_slot(fs, dir, dir_hash_name(fs, name, name_bytes));

	return slot_at != FS_NO_SLOT && dir_will_use_slot(dir, slot_at, name, name_bytes);
}

enum udf_err find_place(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
			struct dir_entry *entry, bool *ret_retarget)
{
	int try;

	for (try = 0; try < MAX_TRIES; try++) {
		enum udf_err err = dir_find(fs, dir, name, name_bytes, true, entry);
		struct node *loser;

		*ret_retarget = false;
		if (err == UDF_E_NOT_FOUND &&
		    (!index_has_ghost(dir->dir, dir_hash_name(fs, name, name_bytes)) ||
		     may_come_back(fs, dir, name, name_bytes)))
			return try ? dir_reserve(fs, dir, DIR_RESERVE_BLOCKS) : UDF_OK;
		if (err && err != UDF_E_NOT_FOUND)
			return err;
		if (!err && !entry->pending)
			return UDF_E_EXISTS;
		if (!err && !fs->policy.removes_at_once) {
			loser = removal_target(fs, dir, entry->at);
			if (loser && may_retarget(fs, loser)) {
				*ret_retarget = true;
				return UDF_OK;
			}
		}
		err = fs_commit(fs, COMMIT_UNLINK);
		if (err)
			return err;
	}
	return UDF_E_BUSY;
}

enum udf_err add_name(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
		      struct node *target, uint32_t fid_id)
{
	struct dir_entry entry;
	bool retarget;
	enum udf_err err = find_place(fs, dir, name, name_bytes, &entry, &retarget);

	if (!err)
		err = retarget ? dir_retarget(fs, dir, &entry, target, fid_id) :
				 dir_add(fs, dir, name, name_bytes, target, fid_id);
	if (!err)
		target->keep_names_batch = fs->batch.number;
	return err;
}

void touch_dir(struct udf_fs *fs, struct node *dir)
{
	dir->mtime_us = dir->ctime_us = fs_now_us(fs);
	dir->flags &= (uint8_t)~NODE_TIMES_ONLY;
}

static uint8_t mode_to_type(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return UDF_FT_DIRECTORY;
	case S_IFREG:
	case 0:
		return UDF_FT_REGULAR;
	case S_IFLNK:
		return UDF_FT_SYMLINK;
	case S_IFBLK:
		return UDF_FT_BLOCK_DEVICE;
	case S_IFCHR:
		return UDF_FT_CHAR_DEVICE;
	case S_IFIFO:
		return UDF_FT_FIFO;
	case S_IFSOCK:
		return UDF_FT_SOCKET;
	default:
		return UDF_FT_UNSPECIFIED;
	}
}

void node_set_mode(struct node *node, uint32_t mode)
{
	node->permissions = udf_permissions_from_mode(mode & 0777);
	node->icb_flags &= (uint16_t)~(UDF_ICB_SETUID | UDF_ICB_SETGID | UDF_ICB_STICKY);
	node->icb_flags |= (mode & S_ISUID ? UDF_ICB_SETUID : 0) | (mode & S_ISGID ? UDF_ICB_SETGID : 0) |
			   (mode & S_ISVTX ? UDF_ICB_STICKY : 0);
}

/* Fill in what depends on the type of the object. */
static enum udf_err fill_new(struct udf_fs *fs, struct node *node, struct node *dir,
			     const struct udf_new *what)
{
	uint8_t path[PATH_MAX * 3];	/* "a/" takes six bytes */
	size_t n_bytes, done;
	enum udf_err err;

	switch (node->file_type) {
	case UDF_FT_DIRECTORY:
		return dir_init(fs, node, dir);
	case UDF_FT_SYMLINK:
		err = udf_symlink_from_path(what->symlink_target, what->symlink_target_bytes, path,
					    sizeof(path), &n_bytes);
		if (!err)
			err = file_write(fs, node, 0, n_bytes, path, &done);
		if (!err && done < n_bytes)
			err = UDF_E_NOSPC;
		if (!err)
			node_set_target_bytes(node, path, n_bytes);
		return err;
	case UDF_FT_BLOCK_DEVICE:
	case UDF_FT_CHAR_DEVICE:
		node->ea_bytes = UDF_DEVICE_EA_BYTES;
		node->rdev.major = what->rdev_major;
		node->rdev.minor = what->rdev_minor;
		udf_device_ea_encode(what->rdev_major, what->rdev_minor, fs->vol->tag_version,
				     fs->vol->tag_serial, node->lbn, fs->revision,
				     node_inline_data(node) - UDF_DEVICE_EA_BYTES);
		return UDF_OK;
	case UDF_FT_REGULAR:
		node->icb_flags |= UDF_ICB_ARCHIVE;
		return UDF_OK;
	default:
		return UDF_OK;
	}
}

/* Drop a new node that got no name. */
static void undo_new(struct udf_fs *fs, struct node *node)
{
	node_gone(fs, node);
	node_maybe_drop(fs, node);
	node_put(fs, node);
}

static enum udf_err make_node(struct udf_fs *fs, struct node *dir, const struct udf_new *what,
			      struct node **ret_node)
{
	struct udf_lb_addr addr = { .part_ref = fs->part_ref };
	struct node *node;
	enum udf_err err = dir_take_icb(fs, dir, S_ISDIR(what->mode), &addr.lbn);

	if (err)
		return err;
	err = node_new(fs, addr, mode_to_type(what->mode), &node);
	if (err) {
		(void)alloc_release(fs, addr.lbn, fs->icb_form.n_blocks);
		return err;
	}
	node->uid = what->uid;
	node->gid = what->gid;
	node_set_mode(node, what->mode);
	node->nlink = 1;
	node->keep_names_batch = fs->batch.number;
	node->unique_id = fs_new_id(fs);
	err = fill_new(fs, node, dir, what);
	if (err)
		undo_new(fs, node);
	else
		*ret_node = node;
	return err;
}

static uint32_t create_needs(const struct udf_fs *fs, const struct udf_new *what)
{
	uint64_t n_data = S_ISLNK(what->mode) ? udf_min64(what->symlink_target_bytes, PATH_MAX) * 3 : 0;

	return DIR_RESERVE_BLOCKS - 1 + fs->icb_form.n_blocks + (uint32_t)udf_ceil_div(n_data, fs->block_bytes);
}

enum udf_err udf_create(struct udf_fs *fs, udf_ino dir_ino, const char *name, size_t name_bytes,
			const struct udf_new *what, struct udf_attr *ret_attr)
{
	uint64_t n_changes = fs->batch.n_changes, n_made;
	bool is_dir = S_ISDIR(what->mode);
	struct dir_entry entry;
	struct node *dir, *node;
	enum udf_err err = check_name(name, name_bytes);

	if (!err && mode_to_type(what->mode) == UDF_FT_UNSPECIFIED)
		err = UDF_E_INVAL;
	if (!err)
		err = dir_get(fs, dir_ino, true, &dir);
	if (err)
		return err;
	err = dir_find(fs, dir, name, name_bytes, false, &entry);
	err = err == UDF_E_NOT_FOUND ? UDF_OK : err ? err : UDF_E_EXISTS;
	if (!err)
		err = dir_begin(fs, dir);
	if (!err && is_dir && dir->nlink >= UDF_MAX_LINKS)
		err = UDF_E_TOO_MANY_LINKS;
	if (!err)
		err = dir_reserve(fs, dir, create_needs(fs, what));
	if (!err)
		err = make_node(fs, dir, what, &node);
	if (err) {
		n_changes = fs->batch.n_changes;	/* the failed call has undone its changes */
		goto out;
	}
	n_made = fs->batch.n_changes;
	err = add_name(fs, dir, name, name_bytes, node, (uint32_t)node->unique_id);
	if (err) {
		bool undone = fs->batch.n_changes == n_made;

		undo_new(fs, node);
		if (undone)
			n_changes = fs->batch.n_changes;
		goto out;
	}
	if (is_dir) {
		dir->nlink++;
		fs->integrity.n_directories++;
	} else {
		fs->integrity.n_files++;
	}
	touch_dir(fs, dir);
	/* A commit in add_name() may have written NODE without its name.  fsync must write the name. */
	err = node_dirty(fs, node);
	if (!err)
		err = ref_add(fs, node_ino(node));
	node_to_attr(fs, node, ret_attr);
	node_put(fs, node);
	if (!err)
		err = fs_end(fs);
out:
	node_put(fs, dir);
	return fs_end_change(fs, n_changes, err);
}

enum udf_err udf_link(struct udf_fs *fs, udf_ino ino, udf_ino dir_ino, const char *name,
		      size_t name_bytes, struct udf_attr *ret_attr)
{
	uint64_t n_changes = fs->batch.n_changes;
	struct dir_entry entry;
	struct node *dir = NULL, *node = NULL;
	uint64_t id = 0;
	enum udf_err err = check_name(name, name_bytes);

	if (!err)
		err = dir_get(fs, dir_ino, true, &dir);
	if (!err)
		err = node_get_ino(fs, ino, &node);
	if (err)
		goto out;
	if (node_is_dir(node))
		err = UDF_E_NO_PERMISSION;
	else if (node->flags & NODE_GONE)
		err = UDF_E_NOT_FOUND;
	else
		err = dir_find(fs, dir, name, name_bytes, false, &entry);
	err = err == UDF_E_NOT_FOUND && !(node->flags & NODE_GONE) ? UDF_OK : err ? err : UDF_E_EXISTS;
	if (!err)
		err = fs_begin_node(fs, node);
	if (!err)
		err = dir_begin(fs, dir);
	if (!err && node->nlink + node->nlink_pending >= UDF_MAX_LINKS && node->nlink_pending)
		err = fs_commit_now(fs);
	if (!err)
		err = dir_reserve(fs, dir, DIR_RESERVE_BLOCKS);
	if (!err && node->nlink + node->nlink_pending >= UDF_MAX_LINKS)
		err = UDF_E_TOO_MANY_LINKS;
	if (!err)
		err = node_dirty(fs, node);
	if (!err && fs->revision >= 0x0200)
		id = fs_new_id(fs);
	if (!err)
		err = add_name(fs, dir, name, name_bytes, node, (uint32_t)id);
	if (err)
		goto out;
	node->nlink++;
	node_count_changed(fs, node);
	fs->integrity.n_files++;
	touch_dir(fs, dir);
	err = node_dirty(fs, node);	/* a commit in add_name() may have cleaned it */
	node->ctime_us = fs_now_us(fs);
	node->flags &= (uint8_t)~NODE_TIMES_ONLY;
	if (!err)
		err = ref_add(fs, node_ino(node));
	node_to_attr(fs, node, ret_attr);
	if (!err)
		err = fs_end(fs);
out:
	if (node)
		node_put(fs, node);
	if (dir)
		node_put(fs, dir);
	return fs_end_change(fs, n_changes, err);
}

/* ---- removing ---- */

enum udf_err drop_name(struct udf_fs *fs, struct node *node, bool pending)
{
	enum udf_err err = UDF_OK;

	/* R10: the disc may have another name of it, under which it stays; if not, a check frees it */
	if (fs->integrity.found_open && node_is_dir(node) && !(node->flags & NODE_NEW))
		return UDF_OK;
	if (pending)
		node->nlink_pending++;
	if (node_is_dir(node) || node->nlink <= 1) {
		node_gone(fs, node);
	} else {
		node->nlink--;
		err = node_dirty(fs, node);
		node->ctime_us = fs_now_us(fs);
		node->flags &= (uint8_t)~NODE_TIMES_ONLY;
		node_count_changed(fs, node);
	}
	return err;
}

bool is_unreadable(enum udf_err err)
{
	return err == UDF_E_CORRUPT || err == UDF_E_IO || err == UDF_E_MEDIUM || err == UDF_E_RANGE ||
	       err == UDF_E_UNSUPPORTED;
}

enum udf_err entry_node_again(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
			      struct node **ret_node)
{
	enum udf_err err = entry_node(fs, dir, entry, ret_node);

	if (err == UDF_E_IO || err == UDF_E_MEDIUM)
		err = entry_node(fs, dir, entry, ret_node);
	return err;
}

enum udf_err drop_unreadable(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry, bool want_dir)
{
	bool is_dir = entry->fid.characteristics & UDF_FID_DIRECTORY;
	enum udf_err err = want_dir && !is_dir ? UDF_E_NOT_DIR : !want_dir && is_dir ? UDF_E_IS_DIR : UDF_OK;

	if (!err)
		err = node_dirty(fs, dir);
	if (!err)
		err = dir_remove_unreadable(fs, dir, entry);
	if (err)
		return err;
	if (is_dir && dir->nlink > 1)
		dir->nlink--;
	if (is_dir && fs->integrity.n_directories)
		fs->integrity.n_directories--;
	else if (!is_dir && fs->integrity.n_files)
		fs->integrity.n_files--;
	touch_dir(fs, dir);
	return UDF_OK;
}

enum udf_err begin_losing(struct udf_fs *fs, const struct node *node)
{
	/* With its last name, or as a directory, it is not written any more. */
	return node_is_dir(node) || node->nlink <= 1 ? fs_begin(fs) : fs_begin_node(fs, node);
}

static bool note_name(void *ctx, const struct udf_dirent *entry)
{
	(void)entry;
	*(bool *)ctx = true;
	return false;
}

/* Directory NODE can't be read to its end.  It must not be removed while any of its names can be read. */
static enum udf_err may_drop_dir(struct udf_fs *fs, const struct node *node)
{
	bool has_names = false;

	(void)udf_readdir(fs, node_ino(node), 0, false, note_name, &has_names);
	return has_names ? UDF_E_NOT_EMPTY : UDF_OK;
}

static enum udf_err remove_entry(struct udf_fs *fs, udf_ino dir_ino, const char *name, size_t name_bytes,
				 bool want_dir)
{
	uint64_t n_changes = fs->batch.n_changes;
	struct dir_entry entry;
	struct node *dir, *node = NULL;
	bool pending;
	enum udf_err err = dir_get(fs, dir_ino, true, &dir);

	if (err)
		return err;
	err = dir_begin(fs, dir);
	if (!err)
		err = dir_find(fs, dir, name, name_bytes, false, &entry);
	if (err)
		goto out;
	err = entry_node_again(fs, dir, &entry, &node);
	if (is_unreadable(err)) {
		err = drop_unreadable(fs, dir, &entry, want_dir);
		if (!err)
			err = fs_end(fs);
		goto out;
	}
	if (err)
		goto out;
	if (want_dir && !node_is_dir(node))
		err = UDF_E_NOT_DIR;
	else if (!want_dir && node_is_dir(node))
		err = UDF_E_IS_DIR;
	else
		err = want_dir ? dir_index(fs, node) : begin_losing(fs, node);
	/* A read that has failed may work the next time, and find names. */
	if (want_dir && is_unreadable(err) && err != UDF_E_IO && err != UDF_E_MEDIUM) {
		err = may_drop_dir(fs, node);
		if (!err)
			err = drop_unreadable(fs, dir, &entry, true);
		if (!err)
			err = fs_end(fs);
		goto out;
	}
	if (!err && want_dir && node->dir->n_live)
		err = UDF_E_NOT_EMPTY;
	if (!err)
		err = node_dirty(fs, dir);
	if (!err)
		err = dir_remove(fs, dir, &entry, node, false, &pending);
	if (err)
		goto out;
	if (want_dir) {
		if (dir->nlink > 1)
			dir->nlink--;
		fs->integrity.n_directories--;
	} else {
		fs->integrity.n_files--;
	}
	err = drop_name(fs, node, pending);
	if (pending)
		dir->keep_names_batch = fs->batch.number;
	touch_dir(fs, dir);
	node_maybe_drop(fs, node);
	if (!err)
		err = fs_end(fs);
out:
	if (node)
		node_put(fs, node);
	node_put(fs, dir);
	return fs_end_change(fs, n_changes, err);
}

enum udf_err udf_unlink(struct udf_fs *fs, udf_ino dir, const char *name, size_t name_bytes)
{
	return remove_entry(fs, dir, name, name_bytes, false);
}

enum udf_err udf_rmdir(struct udf_fs *fs, udf_ino dir, const char *name, size_t name_bytes)
{
	return remove_entry(fs, dir, name, name_bytes, true);
}

/* ---- reading directories ---- */

static bool is_pending_at(struct udf_fs *fs, struct node *dir, const char *host, size_t host_bytes,
			  uint64_t at)
{
	uint32_t slot;

	return fs->batch.n_removals && dir->dir && dir->dir->indexed &&
	       index_find_at(dir->dir, dir_hash_name(fs, host, host_bytes), at, &slot) &&
	       index_is_pending(dir->dir, slot);
}

static enum udf_err emit_one(struct udf_fs *fs, struct node *dir, const struct udf_fid *fid,
			     struct udf_dirent *entry, bool with_attr,
			     bool (*emit)(void *ctx, const struct udf_dirent *entry), void *ctx, bool *ret_room)
{
	struct udf_attr attr;
	struct node *node = NULL;
	struct dir_entry found = { .fid = *fid };
	enum udf_err err = UDF_OK;

	memset(&attr, 0, sizeof(attr));
	attr.ino = (uint64_t)fid->icb.addr.part_ref << 32 | fid->icb.addr.lbn;
	if (with_attr)
		err = entry_node(fs, dir, &found, &node);
	if (err == UDF_E_NOMEM)
		return err;
	if (node)
		node_to_attr(fs, node, &attr);
	else if (!with_attr)
		attr.mode = fid->characteristics & UDF_FID_DIRECTORY ? S_IFDIR : 0;
	err = UDF_OK;		/* an object that can't be read is shown without attributes */
	entry->attr = &attr;
	*ret_room = emit(ctx, entry);
	entry->attr = NULL;	/* attr is a local variable */
	if (node) {
		if (*ret_room)
			err = ref_add(fs, node_ino(node));
		node_put(fs, node);
	}
	return err;
}

enum udf_err udf_readdir(struct udf_fs *fs, udf_ino dir_ino, uint64_t cookie, bool with_attr,
			 bool (*emit)(void *ctx, const struct udf_dirent *entry), void *ctx)
{
	char host[UDF_HOST_NAME_MAX_BYTES + 1];
	struct node *dir;
	bool room = true;
	enum udf_err err = dir_get(fs, dir_ino, false, &dir);

	if (err)
		return err;
	fs->window = (struct icb_window){ .on = with_attr };
	while (!err && room && cookie < dir->size_bytes) {
		struct udf_dirent entry = { .name = host };
		struct udf_fid fid;
		const uint8_t *p;
		uint32_t n_bytes;

		err = dir_fid_at(fs, dir, cookie, &p, &fid, &n_bytes);
		if (err)
			break;
		entry.next_cookie = cookie + n_bytes;
		cookie += n_bytes;
		if (fid.characteristics & (UDF_FID_PARENT | UDF_FID_DELETED))
			continue;
		udf_shown_name(fid.name, fid.name_bytes, host, &entry.name_bytes, &entry.is_damaged);
		if (!is_pending_at(fs, dir, host, entry.name_bytes, cookie - n_bytes))
			err = emit_one(fs, dir, &fid, &entry, with_attr, emit, ctx, &room);
	}
	fs->window.on = false;
	node_put(fs, dir);
	return err;
}
