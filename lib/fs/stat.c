/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stat(2) shows of a node. */
#include <string.h>
#include <sys/stat.h>

#include "base/checked.h"
#include "ecma/codec.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

static uint32_t type_to_mode(uint8_t file_type)
{
	switch (file_type) {
	case UDF_FT_DIRECTORY:
	case UDF_FT_STREAM_DIRECTORY:
		return S_IFDIR;
	case UDF_FT_BLOCK_DEVICE:
		return S_IFBLK;
	case UDF_FT_CHAR_DEVICE:
		return S_IFCHR;
	case UDF_FT_FIFO:
		return S_IFIFO;
	case UDF_FT_SOCKET:
		return S_IFSOCK;
	case UDF_FT_SYMLINK:
		return S_IFLNK;
	default:
		return S_IFREG;
	}
}

/*
 * The block of the ICB counts too.  So a file never has 0 blocks, not even while the kernel still holds the data that
 * was written to it, and no backup program takes it for a hole.
 */
static uint64_t blocks_of(const struct udf_fs *fs, const struct node *node)
{
	uint64_t n = 1;

	if (!node_has_data(node) || node->ad_kind == UDF_AD_EMBEDDED)
		return n;
	if (node_is_dir(node) || node->file_type == UDF_FT_SYMLINK)
		n += udf_ceil_div(node->size_bytes, fs->block_bytes);
	else if (node->extents && node->extents->changed)
		n += extents_blocks(fs, node);
	else
		n += node->n_blocks;
	return udf_min64(n, UINT32_MAX);	/* a volume has no more blocks */
}

void node_to_attr(struct udf_fs *fs, const struct node *node, struct udf_attr *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->ino = node_ino(node);
	ret->mode = type_to_mode(node->file_type) | udf_permissions_to_mode(node->permissions);
	if (node->icb_flags & UDF_ICB_SETUID)
		ret->mode |= S_ISUID;
	if (node->icb_flags & UDF_ICB_SETGID)
		ret->mode |= S_ISGID;
	if (node->icb_flags & UDF_ICB_STICKY)
		ret->mode |= S_ISVTX;
	ret->nlink = node_is_dir(node) && node->nlink ? node->nlink + 1u : node->nlink;
	ret->uid = node->uid;
	ret->gid = node->gid;
	ret->size_bytes = node->size_bytes;
	if (node->file_type == UDF_FT_SYMLINK)
		ret->size_bytes = node->target_bytes;
	ret->allocated_bytes = blocks_of(fs, node) * fs->block_bytes;
	if (node->file_type == UDF_FT_BLOCK_DEVICE || node->file_type == UDF_FT_CHAR_DEVICE) {
		ret->rdev_major = node->rdev.major;
		ret->rdev_minor = node->rdev.minor;
	}
	us_to_time(node->atime_us, &ret->atime);
	us_to_time(node->mtime_us, &ret->mtime);
	us_to_time(node->ctime_us, &ret->ctime);
	/* For a dirty node, the creation time that will be written. */
	us_to_time(node->flags & NODE_DIRTY ? node_creation_us(node) : node->btime_us, &ret->btime);
	ret->unique_id = node->unique_id;
}
