/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image of an ICB: the bytes of its block in memory, and where in it the data or descriptors begin. */
#include <stdlib.h>

#include "ecma/codec.h"
#include "fs/node.h"
#include "fs/state.h"

void node_free_image(struct udf_fs *fs, struct node *node)
{
	if (!node->icb)
		return;
	free(node->icb);
	node->icb = NULL;
	fs->nodes.n_images--;
}

enum udf_err node_load_image(struct udf_fs *fs, struct node *node)
{
	enum udf_err err;
	struct udf_fe fe;
	uint8_t *icb;

	if (node->icb)
		return UDF_OK;
	icb = malloc(fs->block_bytes);
	if (!icb)
		return UDF_E_NOMEM;
	err = icb_read(fs, node_addr(node), icb);
	if (!err) {
		udf_fe_decode(icb, &fe);
		/* It was read before.  Where the disc now contradicts that, it can't be trusted. */
		if (fe.ea_bytes != node->ea_bytes || fe.icb.file_type != node->file_type ||
		    (fe.icb.flags & UDF_ICB_AD_MASK) != node->ad_kind ||
		    (fe.tag.id == UDF_TAG_EFE) != ((node->flags & NODE_EFE) != 0))
			err = UDF_E_CORRUPT;
	}
	if (err) {
		free(icb);
		return err;
	}
	node->icb = icb;
	fs->nodes.n_images++;
	return UDF_OK;
}

void node_drop_image(struct udf_fs *fs, struct node *node)
{
	if (!(node->flags & (NODE_DIRTY | NODE_GONE)))
		node_free_image(fs, node);
}

uint32_t node_inline_capacity(const struct udf_fs *fs, const struct node *node)
{
	uint32_t fixed = node->flags & NODE_EFE ? UDF_EFE_FIXED_BYTES : UDF_FE_FIXED_BYTES;

	return fs->block_bytes - fixed - node->ea_bytes;
}

uint8_t *node_inline_data(const struct node *node)
{
	return node->icb + (node->flags & NODE_EFE ? UDF_EFE_FIXED_BYTES : UDF_FE_FIXED_BYTES) +
	       node->ea_bytes;
}
