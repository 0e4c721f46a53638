/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Space sets that lie.  A set may call blocks free that are in use, also on a volume that was closed in
 * order.  What is known to be in use is compared with it: before the first change everything that is known
 * by then (space_known.c), afterwards each object when it is loaded.  One contradiction puts the set in
 * doubt, and nothing is allocated before the space pass has walked the volume and marked what is in use.
 */
#include "ecma/types.h"
#include "fs/alloc.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

/* Pages of a bitmap that are read for one object: what lies in others is compared where they are in memory. */
#define MAX_PAGE_READS 64u

/* Two partition references may stand for the same blocks. */
static bool is_in_partition(const struct udf_fs *fs, uint16_t part_ref)
{
	const struct udf_part *part, *ours = &fs->vol->parts[fs->alloc.part_ref];

	if (part_ref == fs->alloc.part_ref)
		return true;
	if (part_ref >= fs->vol->n_parts)
		return false;
	part = &fs->vol->parts[part_ref];
	return part->start_lsn == ours->start_lsn && part->n_blocks == ours->n_blocks;
}

static void look(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks, uint32_t *n_reads)
{
	const struct alloc *a = &fs->alloc;
	bool any = false;

	if (!is_in_partition(fs, part_ref) || n_blocks == 0 || lbn >= a->n_blocks || n_blocks > a->n_blocks - lbn)
		return;
	/* what can't be read can't be handed out either */
	if (a->ops->has_free(fs, lbn, n_blocks, n_reads, &any) == UDF_E_NOMEM) {
		fs->alloc.trust = SPACE_UNSEEN;	/* look again before the next change */
	} else if (any) {
		fs->alloc.trust = SPACE_DOUBTED;
		fs->alloc.doubted_lbn = lbn;
	}
}

void space_seen(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks)
{
	uint32_t n_reads = MAX_PAGE_READS;

	if (fs->alloc.trust == SPACE_TRUSTED)
		look(fs, part_ref, lbn, n_blocks, &n_reads);
}

void space_seen_extents(struct udf_fs *fs, const struct node *node)
{
	const struct extents *ext = node->extents;
	uint32_t n_reads = MAX_PAGE_READS, i;

	for (i = 0; fs->alloc.trust == SPACE_TRUSTED && i < ext->n; i++)
		if (ext->v[i].kind != UDF_EXTENT_HOLE)
			look(fs, node->data_part_ref, ext->v[i].lbn, ext->v[i].n_blocks, &n_reads);
	for (i = 0; fs->alloc.trust == SPACE_TRUSTED && i < ext->n_aeds; i++)
		look(fs, node->part_ref, ext->aed_lbn[i], 1, &n_reads);
}

void space_seen_side(struct udf_fs *fs, const struct udf_fe *fe)
{
	if (UDF_EXTENT_BYTES(fe->ea_icb.length))
		space_seen(fs, fe->ea_icb.addr.part_ref, fe->ea_icb.addr.lbn, 1);
	if (fe->tag.id == UDF_TAG_EFE && UDF_EXTENT_BYTES(fe->stream_icb.length))
		space_seen(fs, fe->stream_icb.addr.part_ref, fe->stream_icb.addr.lbn, 1);
}

/* ---- the space pass ---- */

struct marking {
	struct udf_fs *fs;
	uint64_t n_marked;
};

static enum udf_err mark_used(void *ctx, uint32_t lbn, uint32_t n_blocks)
{
	struct marking *m = ctx;

	return m->fs->alloc.ops->mark_used(m->fs, lbn, n_blocks, &m->n_marked);
}

/* Nothing more is written: which blocks may be written to is not known. */
static enum udf_err give_up(struct udf_fs *fs, enum udf_err err)
{
	fs->access.read_only = true;
	fs->access.why_read_only = "blocks in use are marked free, and it is damaged; check it first";
	if (fs->integrity.opened)
		fs->access.failed = err ? err : UDF_E_CORRUPT;
	udf_log(fs->env, UDF_LOG_ERROR, "block %lu is in use and is marked free, and the volume is damaged; "
		"it is read-only from now on: unmount it and check it with udffsck -n",
		(unsigned long)fs->alloc.doubted_lbn);
	return UDF_E_READ_ONLY;
}

enum udf_err space_pass(struct udf_fs *fs)
{
	struct marking marking = { .fs = fs };
	struct alloc *a = &fs->alloc;
	uint64_t next_id = 0;
	bool is_safe = false;
	enum udf_err err = UDF_OK;

	if (fs->alloc.trust != SPACE_DOUBTED)
		return UDF_OK;
	/*
	 * The disc has what was durable at the last commit, and memory what changed since.  A block that
	 * the disc refers to is in use (R1), so marking is right in the middle of an operation too.
	 */
	if (fs->options.find_used)
		err = fs->options.find_used(fs->vol, a->part_ref, mark_used, &marking, &next_id, &is_safe);
	if (err == UDF_E_NOMEM)
		return err;
	if (err || !is_safe)
		return give_up(fs, err);
	fs->alloc.trust = SPACE_PASSED;
	if (a->ops->count)
		a->free_is_known = false;	/* the recorded number counted them, or did not: it is of no use */
	else
		alloc_count_change(a, -(int64_t)marking.n_marked);
	if (next_id > fs->integrity.next_unique_id)
		fs->integrity.next_unique_id = next_id;
	if (marking.n_marked)
		udf_log(fs->env, UDF_LOG_WARNING, "the volume's record of free space was wrong: blocks in use "
			"were marked free (%llu); they are marked as used now",
			(unsigned long long)marking.n_marked);
	return UDF_OK;
}
