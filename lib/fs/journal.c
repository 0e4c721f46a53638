/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The blocks of the packet journal (bio_set_journal()), which an open volume keeps for itself.  They are taken before
 * the integrity descriptor is written, which says where they are, and given back before the volume is closed.  After
 * a power cut they are marked as used, and nothing refers to them.
 */
#include "base/checked.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/node.h"
#include "fs/state.h"

#define MOST_PACKETS 32u
#define LEAST_PACKETS 3u
#define SHARE 64u		/* of the packets of the partition */
#define TRIES 64u

/* A run of N_BLOCKS in packets that are wholly free, at GOAL or after it. */
static enum udf_err find_run(struct udf_fs *fs, uint32_t goal, uint32_t n_blocks, uint32_t *ret_lbn)
{
	struct alloc *a = &fs->alloc;
	uint32_t lbn = goal, n;
	enum udf_err err = UDF_OK;

	for (unsigned i = 0; i < TRIES && !err && lbn < a->n_blocks; i++) {
		err = a->ops->find_packet(fs, lbn, &lbn);
		if (err || n_blocks > a->n_blocks - lbn)
			break;
		err = a->ops->free_run(fs, lbn, n_blocks, &n);
		if (!err && n >= n_blocks) {
			*ret_lbn = lbn;
			return UDF_OK;
		}
		lbn += n;
	}
	return err ? err : UDF_E_NOSPC;
}

/*
 * Records of an earlier journal may still be in the blocks, so its id is never used again.  Random bytes alone can be
 * the same each time (SOURCE_DATE_EPOCH).
 */
static uint64_t new_id(struct udf_fs *fs)
{
	uint64_t id = fs->vol->journal.id;

	if (id)
		return id + 1;
	if (fs->env && fs->env->random)
		fs->env->random(fs->env->ctx, &id, sizeof(id));
	return (id ^ fs->integrity.next_unique_id * 0x9E3779B97F4A7C15u) | 1;
}

/* A volume can be written without a journal too, so nothing here is an error.  The one before has ended. */
void journal_take(struct udf_fs *fs)
{
	struct alloc *a = &fs->alloc;
	const struct udf_part *part = &fs->vol->parts[fs->part_ref];
	uint32_t n_packets, lbn;
	uint64_t n_marked = 0;

	/* A space table takes blocks for its chain at CLOSE, when those of the journal are free and still in use. */
	if (!a->packet_blocks || !fs->policy.wears || fs->policy.no_phases || a->ops->switch_over ||
	    !udf_vol_can_journal(fs->vol))
		return;
	n_packets = (uint32_t)udf_min64(a->n_blocks / a->packet_blocks / SHARE, MOST_PACKETS);
	if (n_packets < LEAST_PACKETS ||
	    bio_set_journal(fs->vol->bio, NULL) == UDF_E_UNSUPPORTED ||	/* no layer keeps one */
	    find_run(fs, fs->root.lbn, n_packets * a->packet_blocks, &lbn) ||
	    a->ops->mark_used(fs, lbn, n_packets * a->packet_blocks, &n_marked))
		return;
	fs->batch.n_changes++;
	alloc_count_change(a, -(int64_t)n_marked);
	fs->vol->journal = (struct udf_vol_journal){ .lsn = part->start_lsn + lbn,
						     .n_blocks = n_packets * a->packet_blocks,
						     .id = new_id(fs) };
}

void journal_begin(struct udf_fs *fs)
{
	if (fs->vol->journal.n_blocks)
		(void)udf_vol_begin_journal(fs->vol);
}

void journal_give_back(struct udf_fs *fs)
{
	const struct udf_vol_journal *journal = &fs->vol->journal;

	if (journal->n_blocks)
		(void)alloc_release(fs, journal->lsn - fs->vol->parts[fs->part_ref].start_lsn, journal->n_blocks);
}

enum udf_err journal_settle(struct udf_fs *fs, bool shares)
{
	enum udf_err err;

	shares = shares && fs->commit.share.release;
	fs->commit.is_unsettled = false;
	if (shares)
		fs->commit.share.release(fs->commit.share.ctx);
	err = bio_settle(fs->vol->bio);
	if (shares)
		fs->commit.share.acquire(fs->commit.share.ctx);
	return err ? fs_fail(fs, err, "what is in the journal", FS_NOWHERE) : UDF_OK;
}

enum udf_err journal_end(struct udf_fs *fs)
{
	enum udf_err err = udf_vol_end_journal(fs->vol);

	return err ? fs_fail(fs, err, "what is in the journal", FS_NOWHERE) : UDF_OK;
}
