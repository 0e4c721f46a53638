/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge/bridge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "bridge/items.h"
#include "ecma/codec.h"
#include "master/store.h"

#define ALIGN_BLOCKS 32u		/* where the files' part begins, and all ends: whole units of every disc */
#define LEAST_FRONT_BLOCKS 576u		/* with the end, as many as a volume needs that begins as all larger ones do */
#define PARTITION_LSN 257u		/* of such a volume */
#define VRS_BLOCKS 4u			/* with the blank block that ends it */

/*
 * The end of the image holds the anchors at N - 256 and N, with the reserve sequence between them.  libisofs is asked
 * for these blocks as padding, so that the size in its volume descriptors covers them.
 */
#define END_BLOCKS 288u
#define GPT_BLOCKS 16u			/* of it, at the very end: libisofs writes the second GPT into the last nine */

struct udf_bridge {
	struct udf_iso_stream *stream;
	struct udf_iso_tree *tree;
	struct bridge_items items;
	uint8_t front[UDF_ISO_FRONT_BYTES];
	uint32_t front_blocks;		/* before the image of libisofs */
	uint64_t image_end;		/* where the image of libisofs ends */
	uint64_t n_blocks;
	uint32_t n_last_blocks;		/* that are not UDF's */
	struct udf_plan plan;
	struct bio *store;		/* everything but that image */
	struct udf_iso_image *image;
	struct tree_populate_options tree_options;
	uint64_t at;			/* the next block to be read */
};

enum udf_err udf_bridge_check(const struct udf_iso_plan *plan, char ret_why[UDF_ISO_WHY_BYTES])
{
	const char *why = !plan->rock_ridge ? "it needs Rock Ridge" :
			  plan->previous || plan->start_block ? "it is the first session of a medium" :
			  plan->input_charset || plan->output_charset ? "its names are UTF-8" : NULL;

	if (why)
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "an image that is both ISO 9660 and UDF can't be made: %s", why);
	return why ? UDF_E_UNSUPPORTED : UDF_OK;
}

static enum udf_err fail(enum udf_err err, const char *why, char *ret_why)
{
	snprintf(ret_why, UDF_ISO_WHY_BYTES, "the UDF volume can't be made: %s", why ? why : udf_strerror(err));
	return err;
}

/* ---- the tree ---- */

static void failed(void *ctx, const char *path, enum udf_err err, int host_errno)
{
	const struct udf_bridge *bridge = ctx;

	udf_iso_fail(bridge->image, path, err, host_errno, NULL);
}

static void renamed(void *ctx, const char *path, const char *name)
{
	const struct udf_bridge *bridge = ctx;

	udf_iso_report_renamed(bridge->image, path, name);
}

static enum udf_err locate(void *ctx, const struct host_entry *entry, uint64_t *ret_lsn)
{
	(void)ctx;
	*ret_lsn = entry->data_at_bytes / UDF_ISO_BLOCK_BYTES;
	return UDF_OK;
}

static void set_tree_options(struct udf_bridge *bridge, const struct udf_mkfs_params *params)
{
	bridge->items.tree = bridge->tree;
	bridge->tree_options = (struct tree_populate_options){
		.latest = params->time,
		.root_mask = UDF_SET_MODE | UDF_SET_UID | UDF_SET_GID,
		.skips = true,
		.failed = failed,
		.renamed = renamed,
		.locate = locate,
		.walk = bridge_items_walk,
		.walk_ctx = &bridge->items,
		.ctx = bridge,
	};
}

/* ---- places ---- */

/* How many blocks come before the image of libisofs. */
static enum udf_err measure(struct udf_bridge *bridge, const struct udf_mkfs_params *params)
{
	const struct tree_medium medium = {
		.block_bytes = params->block_bytes,
		.icb_blocks = udf_icb_blocks(params->strategy),
		.icb_fixed_bytes = params->revision >= 0x0200 ? UDF_EFE_FIXED_BYTES : UDF_FE_FIXED_BYTES,
	};
	struct tree_populate_options tree = bridge->tree_options;
	struct tree_totals totals;
	enum udf_err err;
	uint64_t n;

	tree.failed = NULL;		/* the copy reports it */
	err = tree_measure(-1, &medium, &tree, &totals);
	if (err)
		return err;
	/* With the space table, the file set, and two directories */
	n = PARTITION_LSN + 4u * medium.icb_blocks + totals.n_blocks + UDF_MKFS_RESERVE_BLOCKS;
	n = udf_ceil_div(udf_max64(n, LEAST_FRONT_BLOCKS), ALIGN_BLOCKS) * ALIGN_BLOCKS;
	if (n > UINT32_MAX)
		return UDF_E_RANGE;
	bridge->front_blocks = (uint32_t)n;
	return UDF_OK;
}

static enum udf_err make_plan(struct udf_bridge *bridge, const struct udf_mkfs_params *params, char *ret_why)
{
	struct udf_mkfs_params own = *params;
	uint32_t front_end = udf_iso_front_end(bridge->front);
	const char *why = NULL;
	enum udf_err err;

	/* After it comes the recognition sequence, and then perhaps a checksum. */
	if (front_end == 0 || front_end + VRS_BLOCKS >= UDF_ISO_FRONT_BLOCKS)
		return fail(UDF_E_CORRUPT, "the ISO 9660 volume descriptors have no end", ret_why);
	own.n_blocks = bridge->n_blocks;
	own.n_first_descriptors = front_end - UDF_ISO_SYSTEM_AREA_BYTES / UDF_ISO_BLOCK_BYTES;
	own.n_last_blocks = bridge->n_last_blocks;
	own.to_be_filled = true;
	own.space = UDF_SPACE_UNALLOC_TABLE;
	err = udf_mkfs_plan(&own, &bridge->plan, &why);
	return err ? fail(err, err == UDF_E_UNSUPPORTED ? "the image is larger than 250 GB" : why, ret_why) : UDF_OK;
}

/* ---- the volume ---- */

static enum udf_err fill(void *ctx, struct udf_fs *fs)
{
	struct udf_bridge *bridge = ctx;
	struct tree_totals totals;
	enum udf_err err = udf_bulk_set_aside(fs, bridge->front_blocks);

	return err ? err : tree_populate(fs, -1, &bridge->tree_options, &totals);
}

/* A read-only volume has no space set (UDF 2.3.3).  The table that it was filled with goes. */
static enum udf_err finish(void *ctx, struct udf_plan *plan)
{
	static const uint8_t zeros[UDF_ISO_BLOCK_BYTES];
	struct udf_bridge *bridge = ctx;
	uint64_t part_lsn = udf_plan_find(plan, UDF_ROLE_PARTITION, 0)->lsn;

	plan->space = UDF_SPACE_NONE;
	return bio_write(bridge->store, part_lsn + plan->space_lbn, 1, zeros);
}

/* The checksum of the first blocks covers the recognition sequence, too. */
static enum udf_err seal_front(struct udf_bridge *bridge)
{
	uint32_t at = udf_plan_find(&bridge->plan, UDF_ROLE_VRS, 0)->lsn + VRS_BLOCKS;
	enum udf_err err = bio_read(bridge->store, 0, UDF_ISO_FRONT_BLOCKS, bridge->front);

	if (!err)
		err = udf_iso_front_seal(bridge->front, bridge->front_blocks, at);
	return err ? err : bio_write(bridge->store, 0, UDF_ISO_FRONT_BLOCKS, bridge->front);
}

static enum udf_err make_volume(struct udf_bridge *bridge, const struct udf_mkfs_params *params, bool has_checksums,
				const struct udf_env *env, char *ret_why)
{
	const struct udf_emit_options emit = { .medium_is_zero = true };
	const struct udf_mkfs_filler filler = { .fill = fill, .cut = finish, .ctx = bridge };
	enum udf_err err = make_plan(bridge, params, ret_why);

	if (err)
		return err;
	bridge->items.is_located = true;
	err = master_store_new(UDF_ISO_BLOCK_BYTES, bridge->n_blocks, &bridge->store);
	if (!err)
		err = bio_write(bridge->store, 0, UDF_ISO_FRONT_BLOCKS, bridge->front);
	if (!err)
		err = udf_mkfs_fill_with(&bridge->plan, bridge->store, &filler, &emit, env);
	if (!err && has_checksums)
		err = seal_front(bridge);
	return err ? fail(err, NULL, ret_why) : UDF_OK;
}

static enum udf_err lay_out(struct udf_bridge *bridge, struct udf_iso_image *image, struct udf_iso_plan *plan,
			    const struct udf_mkfs_params *params, bool size_only, char *ret_why)
{
	enum udf_err err = udf_iso_tree_new(image, &bridge->tree, ret_why);

	if (err)
		return err;
	set_tree_options(bridge, params);
	err = measure(bridge, params);
	if (err)
		return fail(err, NULL, ret_why);
	plan->start_block = bridge->front_blocks;
	plan->front = bridge->front;
	plan->pad_blocks = (uint32_t)udf_max64(plan->pad_blocks, END_BLOCKS);
	for (size_t i = 0; i < plan->n_boots; i++)
		bridge->n_last_blocks = plan->boots[i].in_gpt ? GPT_BLOCKS : bridge->n_last_blocks;
	err = udf_iso_stream_new(image, size_only, &bridge->stream, ret_why);
	plan->front = NULL;
	if (err)
		return err;
	bridge->image_end = bridge->n_blocks = bridge->front_blocks + udf_iso_stream_blocks(bridge->stream);
	/* A disc that is padded to whole units would have its end, where an anchor belongs, elsewhere. */
	if (!bridge->n_last_blocks)
		bridge->n_blocks = udf_ceil_div(bridge->n_blocks, ALIGN_BLOCKS) * ALIGN_BLOCKS;
	if (bridge->n_blocks > UINT32_MAX)
		return fail(UDF_E_RANGE, NULL, ret_why);
	udf_iso_front_resize(bridge->front, (uint32_t)bridge->n_blocks);
	return UDF_OK;
}

enum udf_err udf_bridge_new(struct udf_iso_image *image, struct udf_iso_plan *plan,
			    const struct udf_mkfs_params *params, const struct udf_env *env, bool size_only,
			    struct udf_bridge **ret_bridge, char ret_why[UDF_ISO_WHY_BYTES])
{
	struct udf_bridge *bridge;
	enum udf_err err = udf_bridge_check(plan, ret_why);

	if (err)
		return err;
	bridge = calloc(1, sizeof(*bridge));
	if (!bridge)
		return fail(UDF_E_NOMEM, NULL, ret_why);
	bridge->image = image;
	/* Later ones have a metadata partition, whose places are not counted in measure(). */
	err = params->revision > 0x0201 ? fail(UDF_E_UNSUPPORTED, "it can have UDF 2.01 at most", ret_why) : UDF_OK;
	if (!err)
		err = lay_out(bridge, image, plan, params, size_only, ret_why);
	if (!err && !size_only)
		err = udf_iso_stream_locate(bridge->stream, bridge->tree, ret_why);
	if (!err && !size_only)
		err = make_volume(bridge, params, plan->checksums, env, ret_why);
	udf_iso_tree_free(bridge->tree);
	bridge->tree = NULL;
	if (err && udf_bridge_free(bridge))
		bridge = NULL;
	*ret_bridge = bridge;
	return err;
}

bool udf_bridge_free(struct udf_bridge *bridge)
{
	if (!bridge)
		return true;
	if (!udf_iso_stream_free(bridge->stream))
		return false;
	bio_close(bridge->store);
	free(bridge);
	return true;
}

uint64_t udf_bridge_blocks(const struct udf_bridge *bridge)
{
	return bridge->n_blocks;
}

/* The next N blocks of what libisofs makes; where they are PADDING, the store has what belongs there. */
static enum udf_err read_image(struct udf_bridge *bridge, uint32_t n, bool is_padding, uint8_t *ret_data,
			       uint32_t *ret_n_blocks)
{
	enum udf_err err = udf_iso_stream_read(bridge->stream, n, ret_data, ret_n_blocks);

	if (err || !is_padding)
		return err;
	if (!bytes_are_zero(ret_data, (size_t)*ret_n_blocks * UDF_ISO_BLOCK_BYTES))
		return UDF_E_INVAL;
	return bio_read(bridge->store, bridge->at, *ret_n_blocks, ret_data);
}

enum udf_err udf_bridge_read(struct udf_bridge *bridge, uint32_t n_blocks, void *ret_data, uint32_t *ret_n_blocks)
{
	enum { FRONT, IMAGE, PADDING, AFTER_IMAGE, N_PARTS };
	bool has_gpt = bridge->n_last_blocks > 0;
	const uint64_t ends[N_PARTS] = {
		[FRONT] = bridge->front_blocks,
		[IMAGE] = bridge->n_blocks - END_BLOCKS,
		[PADDING] = has_gpt ? bridge->n_blocks - bridge->n_last_blocks : bridge->image_end,
		[AFTER_IMAGE] = bridge->n_blocks,
	};
	unsigned part = FRONT;
	uint32_t n;
	enum udf_err err;

	*ret_n_blocks = 0;
	while (part < AFTER_IMAGE && bridge->at >= ends[part])
		part++;
	n = (uint32_t)udf_min64(n_blocks, ends[part] - bridge->at);
	if (n == 0)
		return UDF_OK;
	if (part == FRONT || (part == AFTER_IMAGE && !has_gpt))
		err = bio_read(bridge->store, bridge->at, n, ret_data);
	else
		err = read_image(bridge, n, part == PADDING, ret_data, &n);
	if (err)
		return err;
	bridge->at += n;
	*ret_n_blocks = n;
	return UDF_OK;
}
