/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Named streams and extended attribute files.  They stay as they are while their file exists, and are freed together
 * with it (ECMA-167 4/9.2, UDF 3.3.5.1).
 */

#include "ecma/codec.h"
#include "fs/alloc.h"
#include "fs/dir.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

#define MAX_STREAMS 65536u

/* A wrong pointer must not free a file that has another name. */
static bool may_drop(struct udf_fs *fs, const struct node *node)
{
	return node->n_pins == 1 && !ref_exists(fs, node_ino(node)) && !(node->flags & NODE_DIRTY) &&
	       (node->file_type == UDF_FT_STREAM_DIRECTORY || node->file_type == UDF_FT_EA_FILE ||
		(node->file_type == UDF_FT_REGULAR && (node->icb_flags & UDF_ICB_STREAM)));
}

/* Free the blocks of the object at ADDR.  If the object can't be read, a check has to free them. */
static enum udf_err drop_object(struct udf_fs *fs, struct udf_lb_addr addr, bool later)
{
	struct run_list runs = { 0 };
	struct node *node;
	enum udf_err err;
	size_t i;

	if (addr.part_ref != fs->part_ref)
		return UDF_OK;
	err = node_get(fs, addr, &node);
	if (err)
		return err == UDF_E_NOMEM ? err : UDF_OK;
	if (!may_drop(fs, node)) {
		node_put(fs, node);
		return UDF_OK;
	}
	err = extents_load(fs, node);
	if (!err && node->ad_kind != UDF_AD_EMBEDDED && node_has_data(node) &&
	    node->data_part_ref == fs->part_ref) {
		err = extents_cut(node->extents, 0, &runs);
		for (i = 0; i < node->extents->n_aeds && !err; i++)
			err = run_list_add(&runs, node->extents->aed_lbn[i], 1);
		node->extents->n_aeds = 0;
	}
	if (!err)
		err = run_list_add(&runs, addr.lbn, fs->icb_form.n_blocks);
	for (i = 0; i < runs.n_runs && !err; i++)
		err = later ? alloc_release_later(fs, runs.runs[i].lbn, runs.runs[i].n_blocks) :
			      alloc_release(fs, runs.runs[i].lbn, runs.runs[i].n_blocks);
	run_list_done(&runs);
	node_forget(fs, node);
	return err == UDF_E_CORRUPT || err == UDF_E_UNSUPPORTED ? UDF_OK : err;
}

static enum udf_err drop_streams(struct udf_fs *fs, struct udf_lb_addr addr, bool later)
{
	struct node *dir;
	uint64_t at = 0;
	uint32_t n;
	enum udf_err err = node_get(fs, addr, &dir);

	if (err)
		return err == UDF_E_NOMEM ? err : UDF_OK;
	for (n = 0; dir->file_type == UDF_FT_STREAM_DIRECTORY && at < dir->size_bytes && n < MAX_STREAMS &&
		    !err;
	     n++) {
		struct udf_fid fid;
		const uint8_t *p;
		uint32_t n_bytes;

		if (dir_fid_at(fs, dir, at, &p, &fid, &n_bytes))
			break;
		at += n_bytes;
		if (!(fid.characteristics & (UDF_FID_PARENT | UDF_FID_DELETED)))
			err = drop_object(fs, fid.icb.addr, later);
	}
	node_put(fs, dir);
	return err ? err : drop_object(fs, addr, later);
}

enum udf_err node_drop_side(struct udf_fs *fs, struct node *node, bool later)
{
	struct udf_fe fe;
	enum udf_err err = node_load_image(fs, node);

	if (err)
		return err == UDF_E_NOMEM ? err : UDF_OK;
	udf_fe_decode(node->icb, &fe);
	err = node->side & SIDE_EA_FILE ? drop_object(fs, fe.ea_icb.addr, later) : UDF_OK;
	if (!err && (node->side & SIDE_STREAMS))
		err = drop_streams(fs, fe.stream_icb.addr, later);
	return err;
}
