/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading file data: embedded in the ICB, or in extents. */
#include <string.h>

#include "base/checked.h"
#include "fs/extent.h"
#include "fs/file.h"
#include "fs/node.h"
#include "fs/state.h"

static enum udf_err read_blocks(struct udf_fs *fs, struct node *node, uint32_t lbn, uint32_t in_block,
				size_t n_bytes, uint8_t *ret)
{
	uint32_t bs = fs->block_bytes;
	enum udf_err err = UDF_OK;

	/* A short piece that ends inside a block is read with one call, and copied. */
	if ((in_block + n_bytes) % bs && in_block + n_bytes > bs && in_block + n_bytes <= FS_SCRATCH_BYTES - bs) {
		err = ahead_read(fs, node->data_part_ref, lbn,
				 (uint32_t)udf_ceil_div(in_block + n_bytes, bs), fs->scratch);
		if (!err)
			memcpy(ret, fs->scratch + in_block, n_bytes);
		return err;
	}
	while (n_bytes && !err) {
		if (in_block == 0 && n_bytes >= bs) {
			uint32_t n = (uint32_t)(n_bytes / bs);

			err = ahead_read(fs, node->data_part_ref, lbn, n, ret);
			ret += (size_t)n * bs;
			n_bytes -= (size_t)n * bs;
			lbn += n;
		} else {
			size_t n = (size_t)udf_min64(n_bytes, bs - in_block);

			err = ahead_read(fs, node->data_part_ref, lbn, 1, fs->scratch);
			if (!err)
				memcpy(ret, fs->scratch + in_block, n);
			ret += n;
			n_bytes -= n;
			in_block = 0;
			lbn++;
		}
	}
	return err;
}

enum udf_err file_read(struct udf_fs *fs, struct node *node, uint64_t at, size_t n_bytes, uint8_t *ret,
		       size_t *ret_n_bytes)
{
	uint32_t bs = fs->block_bytes;
	enum udf_err err;
	size_t done = 0;

	*ret_n_bytes = 0;
	if (at >= node->size_bytes)
		return UDF_OK;
	n_bytes = (size_t)udf_min64(n_bytes, node->size_bytes - at);
	if (node->ad_kind == UDF_AD_EMBEDDED) {
		if (node->size_bytes > node_inline_capacity(fs, node))
			return UDF_E_CORRUPT;
		err = node_load_image(fs, node);
		if (err)
			return err;
		memcpy(ret, node_inline_data(node) + at, n_bytes);
		*ret_n_bytes = n_bytes;
		return UDF_OK;
	}
	err = extents_load(fs, node);
	while (!err && done < n_bytes) {
		uint32_t i = extents_find(node->extents, (at + done) / bs);
		uint64_t n = n_bytes - done, skip;

		if (i == node->extents->n) {
			memset(ret + done, 0, (size_t)n);	/* no extent: reads as zero */
		} else {
			const struct extent *e = &node->extents->v[i];

			skip = at + done - e->file_block * bs;
			n = udf_min64(n, (uint64_t)e->n_blocks * bs - skip);
			if (e->kind == UDF_EXTENT_RECORDED)
				err = read_blocks(fs, node, e->lbn + (uint32_t)(skip / bs),
						  (uint32_t)(skip % bs), (size_t)n, ret + done);
			else
				memset(ret + done, 0, (size_t)n);
		}
		if (!err)
			done += (size_t)n;
	}
	*ret_n_bytes = done;
	return done ? UDF_OK : err;
}
