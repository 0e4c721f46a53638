/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes: getattr, setattr, readlink, statfs. */
#include <stdlib.h>
#include <string.h>

#include "ecma/codec.h"
#include "ecma/symlink.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/file.h"
#include "fs/name.h"
#include "fs/node.h"
#include "fs/state.h"

enum udf_err udf_getattr(struct udf_fs *fs, udf_ino ino, struct udf_attr *ret_attr)
{
	struct node *node;
	enum udf_err err = node_get_ino(fs, ino, &node);

	if (err)
		return err;
	node_to_attr(fs, node, ret_attr);
	node_put(fs, node);
	return UDF_OK;
}

static void set_times(struct udf_fs *fs, struct node *node, const struct udf_attr *set, unsigned mask)
{
	int64_t now = fs_now_us(fs);

	if (mask & UDF_SET_ATIME)
		node->atime_us = time_to_us(&set->atime);
	if (mask & UDF_SET_MTIME)
		node->mtime_us = time_to_us(&set->mtime);
	if (mask & UDF_SET_BTIME)
		node->btime_us = time_to_us(&set->btime);
	if (mask & UDF_SET_ATIME_NOW)
		node->atime_us = now;
	if (mask & UDF_SET_MTIME_NOW)
		node->mtime_us = now;
	node->ctime_us = mask & UDF_SET_CTIME ? time_to_us(&set->ctime) : now;
	node_settle_btime(node);
}

static enum udf_err set_node(struct udf_fs *fs, struct node *node, const struct udf_attr *set,
			     unsigned mask)
{
	unsigned times = UDF_SET_ATIME | UDF_SET_MTIME | UDF_SET_ATIME_NOW | UDF_SET_MTIME_NOW |
			 UDF_SET_CTIME | UDF_SET_BTIME;
	bool was_dirty = node->flags & NODE_DIRTY;
	/* The kernel sends the times of every file that it has removed.  They are not written to the disc. */
	bool for_disc = !(node->flags & NODE_GONE) || (mask & UDF_SET_SIZE);
	enum udf_err err = for_disc ? node_dirty(fs, node) : UDF_OK;

	if (!err && (mask & UDF_SET_SIZE)) {
		if (node_is_dir(node))
			return UDF_E_IS_DIR;
		if (node->file_type != UDF_FT_REGULAR)
			return UDF_E_INVAL;
		/* Setting the size that it already has frees the blocks that are allocated after the end. */
		if (set->size_bytes != node->size_bytes || node->ad_kind != UDF_AD_EMBEDDED)
			err = file_set_size(fs, node, set->size_bytes);
		if (!(mask & (UDF_SET_MTIME | UDF_SET_MTIME_NOW)))
			mask |= UDF_SET_MTIME_NOW;
	}
	if (err)
		return err;
	if (mask & UDF_SET_MODE)
		node_set_mode(node, set->mode);
	if (mask & UDF_SET_UID)
		node->uid = set->uid;
	if (mask & UDF_SET_GID)
		node->gid = set->gid;
	set_times(fs, node, set, mask);
	if (mask & ~times)
		node->flags &= (uint8_t)~NODE_TIMES_ONLY;
	else if (!was_dirty)
		node->flags |= NODE_TIMES_ONLY;
	return UDF_OK;
}

enum udf_err udf_setattr(struct udf_fs *fs, udf_ino ino, const struct udf_attr *set, unsigned mask,
			 struct udf_attr *ret_attr)
{
	uint64_t n_changes = fs->batch.n_changes;
	struct node *node;
	enum udf_err err = node_get_ino(fs, ino, &node);

	if (err)
		return err;
	err = node->flags & NODE_FROZEN ? UDF_E_READ_ONLY : fs_begin_node(fs, node);
	if (!err)
		err = set_node(fs, node, set, mask);
	if (!err)
		err = fs_end(fs);
	if (!err)
		node_to_attr(fs, node, ret_attr);
	node_put(fs, node);
	return fs_end_change(fs, n_changes, err);
}

enum udf_err udf_readlink(struct udf_fs *fs, udf_ino ino, char *ret_target, size_t cap)
{
	uint8_t *data = NULL;
	struct node *node;
	size_t n_bytes;
	enum udf_err err = node_get_ino(fs, ino, &node);

	if (err)
		return err;
	if (node->file_type != UDF_FT_SYMLINK)
		err = UDF_E_INVAL;
	else if (node->size_bytes > MAX_SYMLINK_BYTES)
		err = UDF_E_CORRUPT;
	if (err)
		goto out;
	data = malloc((size_t)node->size_bytes + 1);
	if (!data) {
		err = UDF_E_NOMEM;
		goto out;
	}
	err = file_read(fs, node, 0, (size_t)node->size_bytes, data, &n_bytes);
	if (!err)
		err = udf_symlink_to_path(data, n_bytes, ret_target, cap);
out:
	free(data);
	node_put(fs, node);
	return err;
}

void udf_fs_statfs(struct udf_fs *fs, struct udf_statfs *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->block_bytes = fs->block_bytes;
	ret->n_blocks = fs->vol->parts[fs->part_ref].n_blocks;
	/* A volume that is not written has the number that it records itself. */
	if (!alloc_is_open(&fs->alloc))
		ret->n_free_blocks = fs->integrity.n_recorded_free;
	else if (alloc_count_free(fs, &ret->n_free_blocks))
		ret->n_free_blocks = 0;
	if (ret->n_free_blocks > ret->n_blocks)
		ret->n_free_blocks = 0;		/* UINT32_MAX: unknown (3/10.10) */
	ret->n_files = fs->integrity.n_files > 0 ? (uint64_t)fs->integrity.n_files : 0;
	ret->n_directories = fs->integrity.n_directories > 0 ? (uint64_t)fs->integrity.n_directories : 0;
	ret->name_max_bytes = 254;
}
