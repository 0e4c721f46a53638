/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing a name: at once, or in UNLINK.  A name in two blocks is removed by moving them to a fresh place (R5). */
#include "base/cs0.h"
#include "ecma/codec.h"
#include "fs/batch.h"
#include "fs/dir.h"
#include "fs/name.h"
#include "fs/node.h"
#include "fs/state.h"

static enum udf_err name_hash_at(struct udf_fs *fs, struct node *dir, uint64_t at, uint64_t *ret_hash)
{
	char host[UDF_HOST_NAME_MAX_BYTES + 1];
	struct udf_fid fid;
	const uint8_t *p;
	size_t host_bytes;
	uint32_t n_bytes;
	enum udf_err err = dir_fid_at(fs, dir, at, &p, &fid, &n_bytes);

	if (err)
		return err;
	udf_shown_name(fid.name, fid.name_bytes, host, &host_bytes, NULL);
	*ret_hash = dir_hash_name(fs, host, host_bytes);
	return UDF_OK;
}

enum udf_err dir_remove(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
			struct node *target, bool at_once, bool *ret_pending)
{
	uint64_t hash = 0;
	enum udf_err err;

	*ret_pending = !entry->added && !at_once;
	if (*ret_pending && !dir_fid_straddles(fs, dir, entry->at, entry->n_bytes)) {
		err = fs_add_removal(fs, dir, target, entry->at);
		if (err)
			return err;
		index_set_flags(dir->dir, entry->index_slot, true, false);
		dir->dir->n_live--;
		return UDF_OK;
	}
	if (*ret_pending) {
		/* R5: the name disappears in LINK, and another name of the object would appear only then (R3) */
		err = may_retarget(fs, target) ? UDF_OK : fs_commit(fs, COMMIT_LINK);
		if (!err)	/* after the commit: the blocks that it frees may be needed */
			err = dir_reserve(fs, dir, dir_relocate_needs(fs, entry->n_bytes));
		if (!err)
			err = dir_relocate(fs, dir, entry->at, entry->n_bytes);
		if (!err)
			err = fs_add_removal(fs, dir, target, FS_REMOVAL_CANCELLED);
		if (!err)
			err = name_hash_at(fs, dir, entry->at, &hash);
		if (err)
			return err;
	}
	err = dir_put_deleted(fs, dir, entry->at);
	if (err)
		return err;
	index_remove(dir->dir, entry->index_slot);
	dir->dir->n_live--;
	/* R2: it disappears by an edit in LINK, and leaves no slot to retarget */
	return *ret_pending ? fs_add_ghost(fs, dir, hash, FS_NO_SLOT) : UDF_OK;
}

enum udf_err dir_remove_unreadable(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry)
{
	uint64_t hash = 0;
	enum udf_err err = name_hash_at(fs, dir, entry->at, &hash);

	/* No other name of an object depends on this one, so it disappears in LINK (by R5 where it straddles). */
	if (!err && !entry->added && dir_fid_straddles(fs, dir, entry->at, entry->n_bytes)) {
		err = dir_reserve(fs, dir, dir_relocate_needs(fs, entry->n_bytes));
		if (!err)
			err = dir_relocate(fs, dir, entry->at, entry->n_bytes);
	}
	if (!err)
		err = dir_put_deleted(fs, dir, entry->at);
	if (err)
		return err;
	index_remove(dir->dir, entry->index_slot);
	dir->dir->n_live--;
	return entry->added ? UDF_OK : fs_add_ghost(fs, dir, hash, FS_NO_SLOT);
}
