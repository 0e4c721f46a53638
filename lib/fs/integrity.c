/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marking the volume open and closed, and giving out unique ids: those that an open volume has set aside. */
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/state.h"

/* How many unique ids an open volume has set aside; on a medium that wears, more. */
#define N_IDS 4096u
#define N_IDS_WEARING 65536u

void fs_integrity_open(struct udf_fs *fs)
{
	struct udf_integrity recorded;

	/* what is lost is found again by the space pass */
	if (!fs->options.read_only && fs->options.find_used)
		fs->integrity.was_lost = udf_vol_renew_integrity(fs->vol) == UDF_OK;
	udf_vol_integrity(fs->vol, fs->part_ref, &recorded);
	fs->integrity.found_open = udf_vol_is_marked_open(fs->vol);
	fs->integrity.opened = fs->policy.is_new;
	fs->integrity.next_unique_id = recorded.next_unique_id;
	fs->integrity.end_id = fs->policy.no_phases ? UINT64_MAX : 0;
	fs->integrity.n_files = (int64_t)recorded.n_files;
	fs->integrity.n_directories = (int64_t)recorded.n_directories;
	fs->integrity.n_recorded_free = recorded.n_free_blocks;
}

static uint64_t id_after(uint64_t id)
{
	id++;
	return (id & 0xFFFFFFFFu) < 16 ? (id & ~0xFFFFFFFFull) + 16 : id;	/* UDF 3.2.1.1 */
}

uint64_t fs_new_id(struct udf_fs *fs)
{
	uint64_t id = fs->integrity.next_unique_id;

	fs->integrity.next_unique_id = id_after(id);
	return id;
}

static enum udf_err fail(struct udf_fs *fs, enum udf_err err)
{
	char what[64];

	udf_vol_integrity_name(fs->vol, what, sizeof(what));
	return fs_fail(fs, err, what, FS_NOWHERE);
}

enum udf_err fs_mark_open(struct udf_fs *fs)
{
	uint32_t n_ids = fs->policy.wears ? N_IDS_WEARING : N_IDS;
	enum udf_err err = udf_vol_mark_open(fs->vol, fs->integrity.next_unique_id, n_ids, &fs->integrity.end_id);

	return err ? fail(fs, err) : UDF_OK;
}

enum udf_err fs_mark_closed(struct udf_fs *fs)
{
	struct udf_integrity now = { .next_unique_id = fs->integrity.next_unique_id,
				     .n_files = (uint64_t)fs->integrity.n_files,
				     .n_directories = (uint64_t)fs->integrity.n_directories };
	enum udf_err err = alloc_count_free(fs, &now.n_free_blocks);

	if (err)
		return err;
	err = udf_vol_mark_closed(fs->vol, fs->part_ref, &now);
	return err ? fail(fs, err) : UDF_OK;
}
