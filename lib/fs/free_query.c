/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answering the medium that asks whether blocks are free.  It asks from its own thread, and while lib/fs waits for a
 * write, so the set is locked only while it changes in memory.  By R1 nothing durable refers to a block that is free in
 * memory.  What is not known at once counts as in use.
 */
#include "fs/alloc.h"
#include "fs/state.h"

static bool is_free(void *ctx, uint64_t at, uint32_t n_blocks, enum bio_free_when when)
{
	struct udf_fs *fs = ctx;
	struct alloc *a = &fs->alloc;
	const struct udf_part *part = &fs->vol->parts[a->part_ref];
	uint64_t first_lsn = at / fs->vol->bio_per_block;
	uint64_t end_lsn = (at + n_blocks + fs->vol->bio_per_block - 1) / fs->vol->bio_per_block;
	bool answer;

	if (when == BIO_FREE_UNREAD)	/* another system's bitmap may be wrong */
		return false;
	if (n_blocks == 0)
		return true;
	if (first_lsn < part->start_lsn || end_lsn > (uint64_t)part->start_lsn + a->n_blocks)
		return false;
	alloc_lock(a);
	answer = (a->trust == SPACE_TRUSTED || a->trust == SPACE_PASSED) &&
		 a->ops->is_free(a, (uint32_t)(first_lsn - part->start_lsn), (uint32_t)(end_lsn - first_lsn),
			 when == BIO_FREE_BEFORE);
	alloc_unlock(a);
	return answer;
}

enum udf_err free_query_begin(struct udf_fs *fs)
{
	if (pthread_mutex_init(&fs->alloc.lock, NULL))
		return UDF_E_NOMEM;
	fs->alloc.is_asked = true;
	if (bio_set_free_query(fs->vol->bio, is_free, fs) == UDF_OK)
		return UDF_OK;
	fs->alloc.is_asked = false;
	(void)pthread_mutex_destroy(&fs->alloc.lock);
	return UDF_OK;
}

void free_query_end(struct udf_fs *fs)
{
	if (!fs->alloc.is_asked)
		return;
	(void)bio_set_free_query(fs->vol->bio, NULL, NULL);
	fs->alloc.is_asked = false;
	(void)pthread_mutex_destroy(&fs->alloc.lock);
}
