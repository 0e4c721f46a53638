/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening and closing; why a volume is read-only. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "ecma/codec.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/block.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

#define DEFAULT_CACHE_BYTES (32u << 20)
#define DEFAULT_COMMIT_SECONDS 30u
#define WEARING_COMMIT_SECONDS 120u

/* Why this version can't write the volume, or NULL. */
static const char *why_not_writable(struct udf_fs *fs, const struct node *root)
{
	const struct udf_part *part = &fs->vol->parts[fs->part_ref];
	const char *why = fs->policy.is_new ? udf_vol_why_not_filled(fs->vol) : udf_vol_why_read_only(fs->vol);
	struct udf_fe fe;

	if (why)
		return why;
	if ((part->kind != UDF_MAP_PHYSICAL && part->kind != UDF_MAP_SPARABLE) || fs->root.part_ref != fs->part_ref)
		return "its partition kind is not written by this version";
	udf_fe_decode(root->icb, &fe);
	if (fe.icb.strategy != UDF_STRATEGY_4 && !fs->policy.is_new)
		return "its ICBs have strategy 4096";
	if (fs->integrity.found_open && !udf_vol_is_ours(fs->vol) && !fs->options.space_checked)
		return "another system left it open; check it first";
	return NULL;
}

static enum udf_err open_for_writing(struct udf_fs *fs, struct node *root)
{
	enum udf_err err;

	if (fs->options.read_only) {
		fs->access.why_read_only = "asked for";
		return UDF_OK;
	}
	err = node_load_image(fs, root);
	if (err)
		return err;
	fs->access.why_read_only = why_not_writable(fs, root);
	if (fs->access.why_read_only)
		return UDF_OK;
	err = icb_form_open(fs, root);
	if (!err)
		err = alloc_open(fs, &fs->access.why_read_only);
	if (!err && !fs->access.why_read_only) {
		fs->access.read_only = false;
		packets_open(fs);
		err = free_query_begin(fs);
	}
	return err;
}

static enum udf_err init(struct udf_fs *fs)
{
	struct node *root = NULL;
	enum udf_err err;

	fs->scratch = malloc(FS_SCRATCH_BYTES);
	fs->run_buffer = malloc(FS_RUN_BYTES);
	if (!fs->scratch || !fs->run_buffer)
		return UDF_E_NOMEM;
	err = nodes_open(fs);
	if (!err)
		err = mblks_open(fs);
	if (!err)
		err = node_get(fs, fs->root, &root);
	if (err)
		return err;
	err = node_is_dir(root) ? open_for_writing(fs, root) : UDF_E_CORRUPT;
	node_put(fs, root);
	return err;
}

enum udf_err udf_fs_open(struct udf_vol *vol, const struct udf_fs_options *options, struct udf_fs **ret_fs)
{
	struct udf_fs *fs = calloc(1, sizeof(*fs));
	enum udf_err err;

	if (!fs)
		return UDF_E_NOMEM;
	fs->vol = vol;
	fs->env = vol->env;
	fs->block_bytes = vol->block_bytes;
	fs->revision = vol->revision;
	if (options)
		fs->options = *options;
	if (!fs->options.cache_bytes)
		fs->options.cache_bytes = DEFAULT_CACHE_BYTES;
	fs->policy.wears = vol->bio->geometry.wears;
	fs->options.commits_when_idle &= !fs->policy.wears;
	if (!fs->options.commit_seconds)
		fs->options.commit_seconds = fs->policy.wears ? WEARING_COMMIT_SECONDS : DEFAULT_COMMIT_SECONDS;
	fs->access.read_only = true;
	fs->policy.no_phases = fs->policy.removes_at_once = fs->policy.is_new = fs->options.bulk;
	fs->batch.number = fs->batch.unlink_number = 1;
	fs->root = vol->fsd.root_icb.addr;
	fs->part_ref = fs->root.part_ref;
	if (fs->part_ref >= vol->n_parts) {
		free(fs);
		return UDF_E_CORRUPT;
	}
	fs_integrity_open(fs);
	if (fs->env && fs->env->random)
		fs->env->random(fs->env->ctx, &fs->dirs.hash_seed, sizeof(fs->dirs.hash_seed));
	err = init(fs);
	if (err) {
		udf_fs_abandon(fs);
		return err;
	}
	*ret_fs = fs;
	return UDF_OK;
}

/* Give back the pins of the batch.  Nodes whose blocks are freed stay in memory only because of them. */
static void unpin_batch(struct udf_fs *fs)
{
	struct node *node, *next;
	size_t i;

	for (i = 0; i < fs->batch.n_removals; i++) {
		node_put(fs, fs->batch.removals[i].target);
		node_put(fs, fs->batch.removals[i].dir);
	}
	for (i = 0; i < fs->commit.sealed.n_removals; i++) {
		node_put(fs, fs->commit.sealed.removals[i].target);
		node_put(fs, fs->commit.sealed.removals[i].dir);
	}
	for (i = 0; i < fs->batch.n_added; i++)
		node_put(fs, fs->batch.added[i].dir);
	for (i = 0; i < fs->batch.n_ghosts; i++)
		node_put(fs, fs->batch.ghosts[i].dir);
	for (node = fs->nodes.counts; node; node = next) {
		next = node->count_next;
		node->flags &= (uint8_t)~NODE_COUNT;
		node->n_pins++;
		node_put(fs, node);
	}
}

void udf_fs_abandon(struct udf_fs *fs)
{
	if (!fs)
		return;
	unpin_batch(fs);
	if (fs->nodes.table)
		nodes_close(fs);
	if (fs->mblks.table)
		mblks_close(fs);
	free_query_end(fs);
	alloc_close(fs);
	run_list_done(&fs->batch.frees);
	run_list_done(&fs->commit.sealed.frees);
	free(fs->batch.removals);
	free(fs->commit.sealed.removals);
	free(fs->batch.added);
	free(fs->batch.ghosts);
	free(fs->refs.slots);
	free(fs->icb_form.second_block);
	named_end(fs);
	free(fs->scratch);
	free(fs->run_buffer);
	free(fs->ahead.bytes);
	free(fs);
}

enum udf_err udf_fs_close(struct udf_fs *fs)
{
	enum udf_err err;

	if (!fs)
		return UDF_OK;
	refs_drop_all(fs);
	if (!fs->access.read_only)
		nodes_drop_gone(fs);
	err = fs->access.read_only ? fs->access.failed : fs_close_volume(fs, false);
	udf_fs_abandon(fs);
	return err;
}

/* Free the removed objects that only the caller's references keep: nobody uses them any more. */
static void drop_removed(struct udf_fs *fs)
{
	for (uint32_t i = 0; i < fs->nodes.table_size && fs->nodes.n_gone; i++)
		for (struct node *node = fs->nodes.table[i]; node; node = node->hash_next)
			if (node->flags & NODE_GONE)
				(void)ref_drop(fs, node_ino(node), UINT64_MAX);
	nodes_drop_gone(fs);
}

enum udf_err udf_fs_make_read_only(struct udf_fs *fs)
{
	enum udf_err err;

	if (fs->access.read_only)
		return fs->access.failed;
	drop_removed(fs);
	err = fs_close_volume(fs, false);
	if (err)
		return err;
	fs->access.read_only = true;
	fs->access.why_read_only = "remounted read-only";
	return UDF_OK;
}

void udf_fs_move_references(struct udf_fs *from, struct udf_fs *to)
{
	free(to->refs.slots);
	to->refs = from->refs;
	from->refs = (struct fs_refs){ 0 };
}

const char *udf_fs_why_read_only(const struct udf_fs *fs)
{
	return fs->access.read_only ? fs->access.why_read_only : NULL;
}

udf_ino udf_fs_root(const struct udf_fs *fs)
{
	return (uint64_t)fs->root.part_ref << 32 | fs->root.lbn;
}

enum udf_err udf_fs_bulk_end(struct udf_fs *fs)
{
	return fs_close_volume(fs, false);
}
