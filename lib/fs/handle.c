/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects by their inode number alone, which comes from a file handle.  Its object may have been removed, and the
 * number may be made up.  It is a pointer to an ICB, and can't be trusted more than a pointer on the disc.
 */
#include "fs/alloc.h"
#include "fs/dir.h"
#include "fs/name.h"
#include "fs/node.h"
#include "fs/state.h"

static bool list_has(const struct run_list *list, uint32_t lbn)
{
	for (size_t i = 0; i < list->n_runs; i++)
		if (lbn - list->runs[i].lbn < list->runs[i].n_blocks)
			return true;
	return false;
}

/* A free block may still hold the ICB of a removed object.  So may a block that a directory has reserved. */
static bool is_in_use(struct udf_fs *fs, struct udf_lb_addr addr)
{
	uint32_t n_reads = UINT32_MAX;
	const struct node *dir;
	bool is_free = false;

	if (addr.part_ref != fs->part_ref || !alloc_is_open(&fs->alloc))
		return true;	/* nothing is removed from such a partition */
	if (fs->alloc.ops->has_free(fs, addr.lbn, 1, &n_reads, &is_free) || is_free ||
	    list_has(&fs->batch.frees, addr.lbn) || list_has(&fs->commit.sealed.frees, addr.lbn))
		return false;
	for (dir = fs->dirs.with_chunks; dir; dir = dir->dir->chunk_next)
		if (addr.lbn - dir->dir->icb_chunk.lbn < dir->dir->icb_chunk.n_blocks ||
		    addr.lbn - dir->dir->data_chunk.lbn < dir->dir->data_chunk.n_blocks)
			return false;
	return true;
}

/* Is NODE of a type that has names, and does it have any? */
static bool may_be_named(const struct node *node)
{
	if (node->flags & (NODE_GONE | NODE_FREED) || node->icb_flags & UDF_ICB_STREAM || node->nlink == 0)
		return false;
	switch (node->file_type) {
	case UDF_FT_DIRECTORY:
	case UDF_FT_REGULAR:
	case UDF_FT_BLOCK_DEVICE:
	case UDF_FT_CHAR_DEVICE:
	case UDF_FT_FIFO:
	case UDF_FT_SOCKET:
	case UDF_FT_SYMLINK:
	case UDF_FT_REAL_TIME:
		return true;
	default:
		return false;
	}
}

struct listed {
	udf_ino ino;
	bool found;
};

static bool look_at(void *ctx, const struct udf_dirent *entry)
{
	struct listed *l = ctx;

	l->found = entry->attr->ino == l->ino;
	return !l->found;
}

/* Is DIR listed in its parent? */
static enum udf_err check_listed(struct udf_fs *fs, struct node *dir)
{
	struct listed l = { .ino = node_ino(dir) };
	struct udf_lb_addr parent;
	enum udf_err err = dir_index(fs, dir);

	if (err)
		return err;
	parent = dir->dir->parent;
	err = udf_readdir(fs, (uint64_t)parent.part_ref << 32 | parent.lbn, 0, false, look_at, &l);
	if (l.found)
		return UDF_OK;
	return err && err != UDF_END ? err : UDF_E_NOT_FOUND;
}

static bool is_address(const struct udf_fs *fs, udf_ino ino)
{
	return ino >> 32 < fs->vol->n_parts && (uint32_t)ino < fs->vol->parts[ino >> 32].n_blocks;
}

enum udf_err udf_lookup_ino(struct udf_fs *fs, udf_ino ino, struct udf_attr *ret_attr)
{
	struct udf_lb_addr addr = { .lbn = (uint32_t)ino, .part_ref = (uint16_t)(ino >> 32) };
	struct node *node;
	enum udf_err err;

	if (!is_address(fs, ino) || (!node_find(fs, addr) && !is_in_use(fs, addr)))
		return UDF_E_NOT_FOUND;
	err = node_get(fs, addr, &node);
	if (!err) {
		if (!may_be_named(node))
			err = UDF_E_NOT_FOUND;
		else if (node_is_dir(node) && ino != udf_fs_root(fs))
			err = check_listed(fs, node);
		if (!err)
			err = ref_add(fs, ino);
		if (!err)
			node_to_attr(fs, node, ret_attr);
		node_put(fs, node);
	}
	return err == UDF_E_CORRUPT || err == UDF_E_UNSUPPORTED || err == UDF_E_RANGE || err == UDF_E_NOT_DIR ?
	       UDF_E_NOT_FOUND : err;
}
