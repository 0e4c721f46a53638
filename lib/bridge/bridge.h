/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image that is both ISO 9660 and UDF, over one copy of the data, as a stream of blocks that is written front to
 * back.  It begins with the volume descriptors of ISO 9660.  Then come the volume structures of UDF, its entries and
 * its directories, then what libisofs makes: directories and files, and at last the end of the UDF volume.
 *
 *	udf_iso_image_new(), udf_iso_add()	the tree, of which both have the same
 *	udf_bridge_new()			everything is given its place
 *	udf_bridge_read()			the blocks; files are read when their turn comes
 */
#ifndef UDF_BRIDGE_BRIDGE_H
#define UDF_BRIDGE_BRIDGE_H

#include "iso/iso.h"
#include "mkfs/mkfs.h"

struct udf_bridge;

/** Whether an image of PLAN can be one.  RET_WHY says what stands against it, as a phrase. */
enum udf_err udf_bridge_check(const struct udf_iso_plan *plan, char ret_why[UDF_ISO_WHY_BYTES]);

/**
 * Lay the image out.  Nothing can be added any more.  What can't be in the UDF tree is reported as udf_iso_add()
 * reports what can't be read.
 *
 * @plan       IMAGE's own: start_block, front and pad_blocks are set here.
 * @params     The UDF volume: read-only (UDF_MEDIA_DVD), blocks of UDF_ISO_BLOCK_BYTES, stamped.  Not used: n_blocks,
 *	       space and to_be_filled.
 * @size_only  Only its size will be asked for; no data are read.
 * @ret_bridge Released with udf_bridge_free().  After a failure it is NULL, unless a thread hangs that still uses it.
 */
enum udf_err udf_bridge_new(struct udf_iso_image *image, struct udf_iso_plan *plan,
			    const struct udf_mkfs_params *params, const struct udf_env *env, bool size_only,
			    struct udf_bridge **ret_bridge, char ret_why[UDF_ISO_WHY_BYTES]);

/** The exact size of the image. */
uint64_t udf_bridge_blocks(const struct udf_bridge *bridge);

/** Read the next N_BLOCKS blocks, as udf_iso_stream_read(). */
enum udf_err udf_bridge_read(struct udf_bridge *bridge, uint32_t n_blocks, void *ret_data, uint32_t *ret_n_blocks);

/** NULL is allowed.  False: see udf_iso_stream_free(). */
bool udf_bridge_free(struct udf_bridge *bridge);

#endif
