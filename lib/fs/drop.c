/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of an object: its last name and its last reference are gone, and its blocks are freed. */
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/block.h"
#include "fs/dir.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

/* Free the blocks of NODE, whose last name and last reference are gone. */
static enum udf_err node_drop_blocks(struct udf_fs *fs, struct node *node)
{
	/* The blocks are in use while the disc may still have a removed name (R1). */
	bool later = node->nlink_pending != 0;
	struct run_list runs = { 0 };
	enum udf_err err = UDF_OK;
	uint32_t i;

	if (node_has_data(node) && node->ad_kind != UDF_AD_EMBEDDED) {
		err = extents_load(fs, node);
		if (err == UDF_E_NOMEM)
			return err;
		/* Blocks that can't be found can't be freed here.  A check frees them. */
		if (!err && node->data_part_ref == fs->part_ref) {
			err = extents_cut(node->extents, 0, &runs);
			for (i = 0; i < node->extents->n_aeds && !err; i++)
				err = run_list_add(&runs, node->extents->aed_lbn[i], 1);
			node->extents->n_aeds = 0;
			node->extents->chain_dirty = false;
		} else {
			err = UDF_OK;
		}
	}
	if (!err && node->side)
		err = node_drop_side(fs, node, later);
	if (!err && node->part_ref == fs->part_ref)
		err = run_list_add(&runs, node->lbn, fs->icb_form.n_blocks);
	for (i = 0; i < runs.n_runs && !err; i++) {
		/* Dirty blocks of a directory must not be written over the next owner's data. */
		if (node_is_dir(node) && !later)
			mblk_forget(fs, node->data_part_ref, runs.runs[i].lbn, runs.runs[i].n_blocks);
		err = later ? alloc_release_later(fs, runs.runs[i].lbn, runs.runs[i].n_blocks) :
			      alloc_release(fs, runs.runs[i].lbn, runs.runs[i].n_blocks);
	}
	run_list_done(&runs);
	return err;
}

void node_gone(struct udf_fs *fs, struct node *node)
{
	node->nlink = 0;
	node->flags |= NODE_GONE;
	fs->nodes.n_gone++;
	fs->batch.n_changes++;
}

void node_maybe_drop(struct udf_fs *fs, struct node *node)
{
	if (!(node->flags & NODE_GONE) || (node->flags & NODE_FREED) || fs->access.failed ||
	    ref_exists(fs, node_ino(node)))
		return;
	/* LINK writes its name over a durable one, and UNLINK deletes it again: see phase_unlink(). */
	if ((node->flags & NODE_NEW) && node->nlink_pending)
		return;
	(void)fs_end_change(fs, fs->batch.n_changes - 1, node_drop_blocks(fs, node));
	if (node->dir)
		dir_info_free(fs, node);
	fs->nodes.n_gone--;
	node_let_go(fs, node);
}

void nodes_drop_gone(struct udf_fs *fs)
{
	uint32_t i;

	for (i = 0; i < fs->nodes.table_size && fs->nodes.n_gone; i++) {
		struct node *node = fs->nodes.table[i], *next;

		for (; node; node = next) {
			next = node->hash_next;
			node_maybe_drop(fs, node);
		}
	}
}
