/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects by their inode number alone, which comes from a file handle.  Its object may have been removed, and the
 * number may be made up.  It is a pointer to an ICB, and can't be trusted more than a pointer on the disc.
 */
#include "base/cs0.h"
#include "ecma/codec.h"
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

/* Does the name at AT, which has been read, wait for removal? */
static bool is_pending(const struct udf_fs *fs, const struct node *dir, const struct udf_fid *fid, uint64_t at)
{
	char host[UDF_HOST_NAME_MAX_BYTES + 1];
	size_t host_bytes;
	uint32_t slot;

	if (!dir->dir->indexed)
		return false;	/* the index of a directory stays in memory while names wait */
	udf_shown_name(fid->name, fid->name_bytes, host, &host_bytes, NULL);
	return index_find_at(dir->dir, dir_hash_name(fs, host, host_bytes), at, &slot) &&
	       index_is_pending(dir->dir, slot);
}

static enum udf_err read_names(struct udf_fs *fs, struct node *dir)
{
	enum udf_err err = dir_info(dir);
	uint32_t n_bytes = 0;

	for (uint64_t at = 0; !err && at < dir->size_bytes; at += n_bytes) {
		struct udf_fid fid;
		const uint8_t *p;

		err = dir_fid_at(fs, dir, at, &p, &fid, &n_bytes);
		if (!err && !(fid.characteristics & (UDF_FID_PARENT | UDF_FID_DELETED)) &&
		    !is_pending(fs, dir, &fid, at))
			err = named_add(fs, (uint64_t)fid.icb.addr.part_ref << 32 | fid.icb.addr.lbn,
					fid.characteristics & UDF_FID_DIRECTORY);
	}
	return err;
}

static enum udf_err read_dir(struct udf_fs *fs, udf_ino ino)
{
	struct node *dir;
	enum udf_err err = UDF_OK;

	if (!named_has(fs, ino))
		return UDF_OK;	/* removed since */
	/* Once more where it can't be read: files would be lost to their handles until the next mount. */
	for (int i = 0; i < 2; i++) {
		err = node_get_ino(fs, ino, &dir);
		if (!err) {
			err = read_names(fs, dir);
			node_put(fs, dir);
		}
		if (!err || err == UDF_E_NOMEM)
			break;
	}
	return err;
}

/*
 * Does INO have a name?  An ICB alone proves nothing.  That of an object that was removed stays on the disc where its
 * block was given to a file that has not written it, and the contents of a file may look like an ICB.
 */
static enum udf_err check_named(struct udf_fs *fs, udf_ino ino)
{
	enum udf_err err = fs->named.begun ? UDF_OK : named_begin(fs);
	udf_ino dir;

	while (!err && !named_has(fs, ino)) {
		if (!named_next_dir(fs, ino, &dir))
			return UDF_E_NOT_FOUND;
		if (read_dir(fs, dir) == UDF_E_NOMEM) {
			named_put_back(fs, dir);
			err = UDF_E_NOMEM;
		}
	}
	return err;
}

static bool is_address(const struct udf_fs *fs, udf_ino ino)
{
	return ino >> 32 < fs->vol->n_parts && (uint32_t)ino < fs->vol->parts[ino >> 32].n_blocks;
}

enum udf_err udf_lookup_ino(struct udf_fs *fs, udf_ino ino, struct udf_attr *ret_attr)
{
	struct udf_lb_addr addr = { .lbn = (uint32_t)ino, .part_ref = (uint16_t)(ino >> 32) };
	bool was_in_memory;
	struct node *node;
	enum udf_err err;

	if (!is_address(fs, ino) || !is_in_use(fs, addr))
		return UDF_E_NOT_FOUND;
	was_in_memory = node_find(fs, addr);
	err = node_get(fs, addr, &node);
	if (!err) {
		err = may_be_named(node) ? check_named(fs, ino) : UDF_E_NOT_FOUND;
		if (!err)
			err = ref_add(fs, ino);
		if (!err)
			node_to_attr(fs, node, ret_attr);
		if (err == UDF_E_NOT_FOUND && !was_in_memory)
			node_forget(fs, node);	/* its block may be given to another object later */
		else
			node_put(fs, node);
	}
	return err == UDF_E_CORRUPT || err == UDF_E_UNSUPPORTED || err == UDF_E_RANGE || err == UDF_E_NOT_DIR ?
	       UDF_E_NOT_FOUND : err;
}
