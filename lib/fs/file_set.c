// SPDX-License-Identifier: GPL-2.0-or-later
/* Moving the file set descriptor to another block, so that it can change together with the volume's descriptors. */
#include "base/bytes.h"
#include "ecma/codec.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/state.h"

#define TAG_LOCATION_AT 12u

bool udf_fs_can_move_file_set(const struct udf_fs *fs)
{
	const struct udf_vol *vol = fs->vol;
	const struct udf_long_ad *extent = &vol->lvd.fsd;

	return !fs->access.read_only && extent->length == fs->block_bytes && extent->addr.lbn == vol->fsd_at.lbn &&
	       extent->addr.part_ref == vol->fsd_at.part_ref && vol->fsd_at.part_ref == fs->part_ref &&
	       UDF_EXTENT_BYTES(vol->fsd.next_extent.length) == 0;
}

enum udf_err udf_fs_move_file_set(struct udf_fs *fs, uint8_t *fsd_block,
				  enum udf_err (*switch_over)(void *ctx, uint32_t lbn), void *ctx)
{
	struct udf_vol *vol = fs->vol;
	uint32_t old_lbn = vol->fsd_at.lbn, lbn = 0, n = 0;
	enum udf_err err = fs_begin_alloc(fs, 1);

	if (!err)
		err = alloc_take_retry(fs, old_lbn, 1, &lbn, &n);
	if (err)	/* no block can be taken: the volume is full, or its space set can't be trusted */
		return err == UDF_E_READ_ONLY ? UDF_E_NOSPC : err;
	put_le32(fsd_block + TAG_LOCATION_AT, lbn);
	udf_tag_reseal(fsd_block);
	err = udf_vol_write(vol, fs->part_ref, lbn, 1, fsd_block);
	if (err)
		return fs_fail(fs, err, "file set descriptor", lbn);
	fs->batch.data_unflushed = true;
	err = fs_commit_now(fs);
	if (err)
		return err;
	err = switch_over(ctx, lbn);
	if (err)	/* the volume may refer to either block, so neither may be freed */
		return fs_fail(fs, err, "volume descriptors", FS_NOWHERE);
	vol->fsd_at.lbn = vol->lvd.fsd.addr.lbn = lbn;
	err = alloc_release_later(fs, old_lbn, 1);
	return err ? err : fs_end(fs);
}
