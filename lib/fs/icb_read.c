/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading ICBs from the disc (ECMA-167 4/14.6, 4/14.9, 4/14.17). */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "ecma/codec.h"
#include "fs/node.h"
#include "fs/state.h"

#define WINDOW_BLOCKS 32u
#define MAX_STRATEGY_4096_HOPS 65536u

/*
 * Read one block of an ICB.  The ICBs of a directory's children are next to each other.  While a directory is listed
 * with attributes nothing is written, so the run buffer is free to hold the blocks that follow the last ICB.
 */
static enum udf_err read_block(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t *buf)
{
	struct icb_window *w = &fs->window;
	uint32_t bs = fs->block_bytes, n_left;
	bool follows = w->on && addr.part_ref == w->next.part_ref && addr.lbn >= w->next.lbn &&
		       addr.lbn - w->next.lbn < WINDOW_BLOCKS;

	if (w->on && addr.part_ref == w->addr.part_ref && addr.lbn - w->addr.lbn < w->n_blocks) {
		memcpy(buf, fs->run_buffer + (size_t)(addr.lbn - w->addr.lbn) * bs, bs);
		w->next.lbn = addr.lbn + 1;
		return UDF_OK;
	}
	w->next = (struct udf_lb_addr){ addr.lbn + 1, addr.part_ref };
	if (follows && addr.part_ref < fs->vol->n_parts && addr.lbn < fs->vol->parts[addr.part_ref].n_blocks) {
		n_left = fs->vol->parts[addr.part_ref].n_blocks - addr.lbn;
		w->addr = addr;
		w->n_blocks = (uint32_t)udf_min64(udf_min64(WINDOW_BLOCKS, FS_RUN_BYTES / bs), n_left);
		if (udf_vol_read(fs->vol, addr.part_ref, addr.lbn, w->n_blocks, fs->run_buffer) == UDF_OK) {
			memcpy(buf, fs->run_buffer, bs);
			return UDF_OK;
		}
		w->n_blocks = 0;	/* a block is bad: read them one by one, so that only its file fails */
	}
	return udf_vol_read(fs->vol, addr.part_ref, addr.lbn, 1, buf);
}

enum udf_err icb_read(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t *buf)
{
	uint32_t hops;

	for (hops = 0; hops < MAX_STRATEGY_4096_HOPS; hops++) {
		struct udf_place place = { addr.part_ref, addr.lbn, NULL };
		struct udf_tag tag;
		struct udf_fe fe;
		struct udf_ie ie;
		enum udf_err err = read_block(fs, addr, buf);

		if (err)
			return err;
		udf_tag_decode(buf, &tag);
		if (tag.id != UDF_TAG_FE && tag.id != UDF_TAG_EFE)
			return UDF_E_CORRUPT;
		err = udf_tag_verify(buf, fs->block_bytes, tag.id, place, NULL, NULL);
		if (err)
			return err;
		udf_fe_decode(buf, &fe);
		err = udf_fe_validate(&fe, fs->block_bytes, fs->revision, place, NULL);
		if (err || fe.icb.strategy != UDF_STRATEGY_4096)
			return err;
		place.block_no = addr.lbn + 1;
		if (udf_vol_read(fs->vol, addr.part_ref, addr.lbn + 1, 1, fs->scratch) ||
		    udf_tag_verify(fs->scratch, fs->block_bytes, UDF_TAG_IE, place, NULL, NULL))
			return UDF_OK;	/* blank or terminal entry: this one is current */
		udf_ie_decode(fs->scratch, &ie);
		addr = ie.next_icb.addr;
	}
	return UDF_E_CORRUPT;
}

enum udf_err icb_form_open(struct udf_fs *fs, const struct node *root)
{
	struct icb_form *form = &fs->icb_form;
	struct udf_fe fe;

	udf_fe_decode(root->icb, &fe);
	form->strategy = fe.icb.strategy;
	form->n_blocks = udf_icb_blocks(form->strategy);
	if (form->n_blocks == 1)
		return UDF_OK;
	form->second_block = malloc(fs->block_bytes);
	return form->second_block ?
	       udf_vol_read(fs->vol, root->part_ref, root->lbn + 1, 1, form->second_block) : UDF_E_NOMEM;
}
