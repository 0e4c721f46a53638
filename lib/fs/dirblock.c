/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of a directory: its blocks, and the FID that begins at a byte offset. */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "ecma/codec.h"
#include "fs/block.h"
#include "fs/dir.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

enum udf_err dir_block_lbn(struct udf_fs *fs, struct node *dir, uint64_t at, uint32_t *ret_lbn)
{
	uint64_t file_block = at / fs->block_bytes;
	enum udf_err err = extents_load(fs, dir);
	const struct extent *e;
	uint32_t i;

	if (err)
		return err;
	i = extents_find(dir->extents, file_block);
	if (i == dir->extents->n)
		return UDF_E_CORRUPT;
	e = &dir->extents->v[i];
	if (e->kind != UDF_EXTENT_RECORDED)
		return UDF_E_CORRUPT;	/* a directory has no holes */
	*ret_lbn = e->lbn + (uint32_t)(file_block - e->file_block);
	return UDF_OK;
}

enum udf_err dir_block_at(struct udf_fs *fs, struct node *dir, uint64_t at, struct mblk **ret_block)
{
	uint32_t lbn;
	enum udf_err err = dir_block_lbn(fs, dir, at, &lbn);

	return err ? err : mblk_get(fs, dir->data_part_ref, lbn, ret_block);
}

bool dir_is_durable_at(const struct node *dir, uint64_t at)
{
	return at < dir->dir->durable_bytes;
}

bool dir_fid_straddles(const struct udf_fs *fs, const struct node *dir, uint64_t at, uint32_t n_bytes)
{
	return dir->ad_kind != UDF_AD_EMBEDDED && at % fs->block_bytes + n_bytes > fs->block_bytes;
}

enum udf_err dir_fid_at(struct udf_fs *fs, struct node *dir, uint64_t at, const uint8_t **ret_p,
			struct udf_fid *ret_fid, uint32_t *ret_n_bytes)
{
	uint32_t bs = fs->block_bytes, room = bs - (uint32_t)(at % bs);
	uint64_t left = dir->size_bytes - at;
	struct udf_place place = { dir->part_ref, dir->lbn, NULL };
	struct mblk *b;
	const uint8_t *p;
	enum udf_err err;

	if (at >= dir->size_bytes)
		return UDF_E_CORRUPT;
	if (dir->ad_kind == UDF_AD_EMBEDDED) {
		err = node_load_image(fs, dir);
		if (err)
			return err;
		if (dir->size_bytes > node_inline_capacity(fs, dir))
			return UDF_E_CORRUPT;
		p = node_inline_data(dir) + at;
	} else {
		err = dir_block_at(fs, dir, at, &b);
		if (err)
			return err;
		p = b->data + at % bs;
		place.block_no = b->lbn;
		if (left > room && (room < UDF_FID_FIXED_BYTES ||
				    udf_fid_n_bytes(p[UDF_FID_NAME_BYTES_AT],
						    get_le16(p + UDF_FID_IMPL_USE_BYTES_AT)) > room)) {
			uint8_t *joined = fs->scratch + bs;

			memcpy(joined, p, room);
			err = dir_block_at(fs, dir, at + room, &b);
			if (err)
				return err;
			memcpy(joined + room, b->data, bs - room);
			p = joined;
			left = udf_min64(left, bs);
		} else {
			left = udf_min64(left, room);
		}
	}
	err = udf_fid_decode(p, (size_t)left, ret_fid, ret_n_bytes);
	if (!err && !(ret_fid->characteristics & UDF_FID_DELETED) &&
	    !udf_fid_is_intact(p, ret_fid, *ret_n_bytes, place))
		err = UDF_E_CORRUPT;
	*ret_p = p;
	return err;
}
