/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Before the first change of a directory: blocks of it in packets that can't be read move to other packets (as by R5),
 * since they could not be written where they are.
 */
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/dir.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

/* The first block of DIR, from *FILE_BLOCK on, that can't be written in place.  *RET_FOUND is false where all can. */
static enum udf_err find_unwritable(struct udf_fs *fs, const struct node *dir, uint64_t *file_block, bool *ret_found)
{
	const struct extents *ext = dir->extents;
	enum udf_err err = UDF_OK;

	*ret_found = false;
	for (uint32_t i = extents_find(ext, *file_block); i < ext->n && !*ret_found; i++) {
		const struct extent *e = &ext->v[i];
		uint64_t end = e->file_block + e->n_blocks;

		while (*file_block < end && !err && !*ret_found) {
			uint32_t done = (uint32_t)(*file_block - e->file_block), n = e->n_blocks - done;

			err = unreadable_before_write(fs, e->lbn + done, &n, ret_found);
			if (!err && !*ret_found)
				*file_block += n;
		}
		if (err)
			return err;
	}
	return UDF_OK;
}

/* Does moving the blocks make sense: are they in the partition that free blocks are taken from? */
static bool has_blocks(const struct udf_fs *fs, const struct node *dir)
{
	return dir->ad_kind != UDF_AD_EMBEDDED && dir->data_part_ref == fs->part_ref;
}

enum udf_err dir_begin(struct udf_fs *fs, struct node *dir)
{
	uint64_t file_block = 0;
	bool found = true;
	enum udf_err err = fs_begin_node(fs, dir);

	if (!err)
		err = dir_info(dir);
	if (err || dir->dir->is_writable)
		return err;
	if (has_blocks(fs, dir))
		err = extents_load(fs, dir);
	while (!err && found && has_blocks(fs, dir)) {
		err = find_unwritable(fs, dir, &file_block, &found);
		if (!err && found)
			err = dir_reserve(fs, dir, dir_relocate_needs(fs, 1));
		if (!err && found)
			err = dir_relocate(fs, dir, file_block * fs->block_bytes, 1);
	}
	dir->dir->is_writable = !err;
	return err;
}
