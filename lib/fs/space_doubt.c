/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Space sets that are wrong.  A set may list blocks as free that are in use, even on a volume that was closed in
 * order.  So it is compared with the blocks that are known to be in use: before the first change with everything that
 * is known by then (space_known.c), afterwards with each object when it is loaded.  A single contradiction puts the
 * set in doubt.  Nothing is allocated then before the space pass has walked the volume and has marked every block that
 * is in use.
 *
 * A set may also be merely old, and list as free what objects use that nobody has loaded.  The integrity descriptor,
 * which is written last, gives such a set away: it has another number of free blocks, or, if it is as old, no unique
 * id for the objects that were made since.
 */
#include "ecma/types.h"
#include "fs/alloc.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

#define MAX_COUNTED_BLOCKS (UINT64_C(1) << 29)	/* see space_compare_count() */

static void put_in_doubt(struct udf_fs *fs, enum space_doubt doubt)
{
	alloc_set_trust(&fs->alloc, SPACE_DOUBTED);
	fs->alloc.doubt = doubt;
}

/* Two partition references may refer to the same blocks. */
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
	/* a page that can't be read can't be allocated from either */
	if (a->ops->has_free(fs, lbn, n_blocks, n_reads, &any) == UDF_E_NOMEM) {
		alloc_set_trust(&fs->alloc, SPACE_UNSEEN);	/* look again before the next change */
	} else if (any) {
		put_in_doubt(fs, DOUBT_BLOCK);
		fs->alloc.doubted_lbn = lbn;
	}
}

void space_seen(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks)
{
	uint32_t n_reads = SPACE_MAX_PAGE_READS;

	if (fs->alloc.trust == SPACE_TRUSTED)
		look(fs, part_ref, lbn, n_blocks, &n_reads);
}

bool space_is_contradicted(struct udf_fs *fs, struct udf_lb_addr addr, uint32_t *n_reads)
{
	const struct alloc *a = &fs->alloc;
	bool is_free = false;

	return a->trust == SPACE_TRUSTED && is_in_partition(fs, addr.part_ref) && addr.lbn < a->n_blocks &&
	       !a->ops->has_free(fs, addr.lbn, 1, n_reads, &is_free) && is_free;
}

void space_seen_extents(struct udf_fs *fs, const struct node *node)
{
	const struct extents *ext = node->extents;
	uint32_t n_reads = SPACE_MAX_PAGE_READS, i;

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

/* Can the records of a volume that was closed in order be compared with each other? */
static bool can_compare(const struct udf_fs *fs)
{
	/* Records that differ prove nothing, so nobody is refused for that where the volume can't be walked at all. */
	return fs->alloc.ops && fs->options.find_used && !fs->integrity.found_open && !fs->policy.is_new;
}

void space_seen_id(struct udf_fs *fs, uint64_t id)
{
	const enum space_trust trust = fs->alloc.trust;

	if ((trust == SPACE_UNSEEN || trust == SPACE_TRUSTED) && id >= fs->integrity.next_unique_id &&
	    id < INT64_MAX && can_compare(fs))
		put_in_doubt(fs, DOUBT_ID);
}

enum udf_err space_compare_count(struct udf_fs *fs)
{
	struct alloc *a = &fs->alloc;
	uint64_t n_free = a->n_free, n_recorded = fs->integrity.n_recorded_free;
	enum udf_err err = UDF_OK;

	if (a->count_is_compared || !can_compare(fs) || n_recorded > a->n_blocks || a->n_blocks > MAX_COUNTED_BLOCKS)
		return UDF_OK;
	if (a->ops->count) {
		if (!a->free_is_known)
			return UDF_OK;
		n_recorded = n_free;	/* and what has changed since the volume was opened */
		err = a->ops->count(fs, &n_free);
		if (err)	/* a page that can't be read can't be allocated from either */
			return err == UDF_E_NOMEM ? err : UDF_OK;
	}
	a->count_is_compared = true;
	if (n_free != n_recorded)
		put_in_doubt(fs, DOUBT_COUNT);
	return UDF_OK;
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

/* Is the doubt about what a power cut has made unreadable? */
static bool has_lost(const struct udf_fs *fs)
{
	return fs->integrity.was_lost || (fs->alloc.ops == &space_bitmap_ops && fs->alloc.bitmap.was_lost);
}

/* Write nothing more: nobody knows which blocks may be written to. */
static enum udf_err give_up(struct udf_fs *fs, enum udf_err err)
{
	static const char *const why[] = {
		[DOUBT_BLOCK] = "blocks in use are marked free, and it is damaged; check it first",
		[DOUBT_COUNT] = "its record of free space may be an old one, and it is damaged; check it first",
		[DOUBT_ID] = "its record of free space may be an old one, and it is damaged; check it first",
	};

	fs->access.read_only = true;
	fs->access.why_read_only = has_lost(fs) ? "a power cut has damaged it; check it first" : why[fs->alloc.doubt];
	if (fs->integrity.opened)
		fs->access.failed = err ? err : UDF_E_CORRUPT;
	if (has_lost(fs))
		udf_log(fs->env, UDF_LOG_ERROR, "what a power cut has made unreadable can't be found again, because "
			"the volume is damaged; it is read-only from now on: unmount it and check it with udffsck -n");
	else if (fs->alloc.doubt == DOUBT_BLOCK)
		udf_log(fs->env, UDF_LOG_ERROR, "block %lu is in use but marked as free, and the volume is damaged; "
			"it is read-only from now on: unmount it and check it with udffsck -n",
			(unsigned long)fs->alloc.doubted_lbn);
	else
		udf_log(fs->env, UDF_LOG_ERROR, "the record of free space %s, and the volume is damaged; "
			"it is read-only from now on: unmount it and check it with udffsck -n",
			fs->alloc.doubt == DOUBT_COUNT ? "does not agree with the integrity descriptor" :
							 "may be older than the files");
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
	 * The disc has the state of the last commit, and memory has the changes since.  A block to which
	 * the disc refers is in use (R1), so it may be marked even in the middle of an operation.
	 */
	if (fs->options.find_used)
		err = fs->options.find_used(fs->vol, a->part_ref, mark_used, &marking, &next_id, &is_safe);
	if (err == UDF_E_NOMEM)
		return err;
	if (err || !is_safe)
		return give_up(fs, err);
	alloc_set_trust(&fs->alloc, SPACE_PASSED);
	if (a->ops->count)
		a->free_is_known = false;	/* the recorded number may or may not include them */
	else
		alloc_count_change(a, -(int64_t)marking.n_marked);
	if (next_id > fs->integrity.next_unique_id)
		fs->integrity.next_unique_id = next_id;
	if (has_lost(fs))
		udf_log(fs->env, UDF_LOG_WARNING, "a power cut has made %s unreadable; it is written anew",
			fs->integrity.was_lost ? "the integrity descriptor" : "a part of the space bitmap");
	else if (marking.n_marked)
		udf_log(fs->env, UDF_LOG_WARNING, "the volume's record of free space was wrong: %llu blocks in use "
			"were marked as free; they are marked as used now",
			(unsigned long long)marking.n_marked);
	return UDF_OK;
}
