// SPDX-License-Identifier: GPL-2.0-or-later
/* Writing new labels, in an order that is safe at a power cut (doc/CRASH.md, "Labels"). */
#include <stdlib.h>
#include <string.h>

#include "label/internal.h"

/* The block of the file set descriptor, as it will be. */
static enum udf_err make_fsd_block(const struct udf_label_plan *plan, uint8_t **ret_block)
{
	struct udf_vol *vol = plan->vol;
	uint8_t *block = malloc(vol->block_bytes);
	enum udf_err err;

	if (!block)
		return UDF_E_NOMEM;
	err = udf_vol_read(vol, vol->fsd_at.part_ref, vol->fsd_at.lbn, 1, block);
	if (err) {
		free(block);
		return err;
	}
	udf_fsd_encode(&plan->fsd, block);
	udf_tag_reseal(block);
	*ret_block = block;
	return UDF_OK;
}

static enum udf_err write_fsd_in_place(const struct udf_label_plan *plan)
{
	struct udf_vol *vol = plan->vol;
	uint8_t *block = NULL;
	enum udf_err err = make_fsd_block(plan, &block);

	if (!err)
		err = udf_vol_write(vol, vol->fsd_at.part_ref, vol->fsd_at.lbn, 1, block);
	free(block);
	return err ? err : udf_vol_flush(vol);
}

static enum udf_err switch_over(void *ctx, uint32_t lbn)
{
	struct udf_label_plan *plan = ctx;
	const struct udf_vds_contents contents = { .lvd = &plan->lvd };

	plan->lvd.fsd.addr.lbn = lbn;
	udf_vds_pair_set(plan->pair, &contents);
	return udf_vds_pair_write(plan->pair);
}

/* *RET_MOVED is false without an error where no block can be taken. */
static enum udf_err write_moving_fsd(struct udf_label_plan *plan, const struct udf_fs_options *options,
				     bool *ret_moved)
{
	struct udf_fs *fs = NULL;
	uint8_t *block = NULL;
	enum udf_err err, close_err;

	*ret_moved = false;
	err = udf_fs_open(plan->vol, options, &fs);
	if (err)
		return err == UDF_E_NOMEM ? err : UDF_OK;
	if (udf_fs_can_move_file_set(fs))
		err = make_fsd_block(plan, &block);
	if (block && !err)
		err = udf_fs_move_file_set(fs, block, switch_over, plan);
	if (block && !err)
		*ret_moved = true;
	free(block);
	close_err = udf_fs_close(fs);
	if (err == UDF_E_NOSPC)
		err = UDF_OK;
	return err ? err : close_err;
}

enum udf_err udf_label_write(struct udf_label_plan *plan, const struct udf_fs_options *options)
{
	bool moved = false;
	enum udf_err err = UDF_OK;

	if (plan->moves_fsd)
		err = write_moving_fsd(plan, options, &moved);
	if (err || moved)
		return err;
	plan->moves_fsd = false;
	err = udf_vds_pair_write(plan->pair);
	if (!err && plan->changes_fsd)
		err = write_fsd_in_place(plan);
	return err;
}
