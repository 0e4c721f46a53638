/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists of the batch that is filling: names to be removed, names that were put into slots, ghosts. */
#include <stdlib.h>

#include "fs/batch.h"
#include "fs/dir.h"
#include "fs/node.h"
#include "fs/state.h"

#define MAX_GHOSTS_LOOKED_AT 64u

static enum udf_err grow(void **list, size_t *cap, size_t n, size_t item_bytes)
{
	size_t more = *cap ? *cap * 2 : 64;
	void *p;

	if (n < *cap)
		return UDF_OK;
	p = realloc(*list, more * item_bytes);
	if (!p)
		return UDF_E_NOMEM;
	*list = p;
	*cap = more;
	return UDF_OK;
}

enum udf_err fs_add_removal(struct udf_fs *fs, struct node *dir, struct node *target, uint64_t at)
{
	enum udf_err err = grow((void **)&fs->batch.removals, &fs->batch.cap_removals, fs->batch.n_removals,
				sizeof(*fs->batch.removals));

	fs->batch.n_changes++;
	if (err)
		return err;
	fs->batch.removals[fs->batch.n_removals++] = (struct removal){ dir, target, at };
	dir->n_pins++;
	if (target)
		target->n_pins++;
	return UDF_OK;
}

enum udf_err fs_add_slot(struct udf_fs *fs, struct node *dir, uint64_t at)
{
	enum udf_err err = grow((void **)&fs->batch.added, &fs->batch.cap_added, fs->batch.n_added,
				sizeof(*fs->batch.added));

	fs->batch.n_changes++;
	if (err)
		return err;
	fs->batch.added[fs->batch.n_added++] = (struct added_slot){ dir, at };
	dir->n_pins++;
	return UDF_OK;
}

enum udf_err fs_add_ghost(struct udf_fs *fs, struct node *dir, uint64_t hash, uint64_t slot_at)
{
	enum udf_err err = grow((void **)&fs->batch.ghosts, &fs->batch.cap_ghosts, fs->batch.n_ghosts,
				sizeof(*fs->batch.ghosts));

	if (!err)
		err = index_insert_ghost(fs, dir->dir, hash);
	fs->batch.n_changes++;
	if (err)
		return err;
	fs->batch.ghosts[fs->batch.n_ghosts++] = (struct ghost){ dir, hash, slot_at };
	dir->n_pins++;
	return UDF_OK;
}

uint64_t fs_ghost_slot(const struct udf_fs *fs, const struct node *dir, uint64_t hash)
{
	size_t i;

	for (i = fs->batch.n_ghosts; i > 0 && fs->batch.n_ghosts - i < MAX_GHOSTS_LOOKED_AT; i--)
		if (fs->batch.ghosts[i - 1].dir == dir && fs->batch.ghosts[i - 1].hash == hash)
			return fs->batch.ghosts[i - 1].slot_at;
	return FS_NO_SLOT;
}
