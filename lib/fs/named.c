/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which objects have names: a set of inodes, and the directories that have not been read yet. */
#include <stdlib.h>

#include "fs/named.h"
#include "fs/state.h"

#define FIRST_CAP 256u			/* a power of 2 */
#define N_DIRS_COMPARED 1024u

static uint32_t find(const struct fs_named *named, uint64_t key)
{
	uint32_t at = (uint32_t)((key * 0x9E3779B97F4A7C15ull) >> 32) & (named->cap - 1);

	while (named->entries[at].key && named->entries[at].key != key)
		at = (at + 1) & (named->cap - 1);
	return at;
}

static enum udf_err grow(struct fs_named *named)
{
	struct fs_named larger = { .cap = named->cap ? named->cap * 2 : FIRST_CAP };

	larger.entries = calloc(larger.cap, sizeof(*larger.entries));
	if (!larger.entries)
		return UDF_E_NOMEM;
	for (uint32_t i = 0; i < named->cap; i++)
		if (named->entries[i].key)
			larger.entries[find(&larger, named->entries[i].key)] = named->entries[i];
	free(named->entries);
	named->entries = larger.entries;
	named->cap = larger.cap;
	return UDF_OK;
}

static enum udf_err push_dir(struct fs_named *named, udf_ino ino)
{
	if (named->n_dirs == named->cap_dirs) {
		size_t cap = named->cap_dirs ? named->cap_dirs * 2 : 64;
		udf_ino *dirs = realloc(named->dirs, cap * sizeof(*dirs));

		if (!dirs)
			return UDF_E_NOMEM;
		named->dirs = dirs;
		named->cap_dirs = cap;
	}
	named->dirs[named->n_dirs++] = ino;
	return UDF_OK;
}

enum udf_err named_begin(struct udf_fs *fs)
{
	enum udf_err err;

	fs->named.begun = true;
	err = named_add(fs, (uint64_t)fs->root.part_ref << 32 | fs->root.lbn, true);
	if (err)
		named_end(fs);
	return err;
}

void named_end(struct udf_fs *fs)
{
	free(fs->named.entries);
	free(fs->named.dirs);
	fs->named = (struct fs_named){ 0 };
}

enum udf_err named_add(struct udf_fs *fs, udf_ino ino, bool is_dir)
{
	struct fs_named *named = &fs->named;
	uint64_t key = ino / 64 + 1, bit = 1ull << ino % 64;
	enum udf_err err = UDF_OK;
	struct named_entry *entry;

	if ((uint64_t)(named->n + 1) * 4 > (uint64_t)named->cap * 3)
		err = grow(named);
	if (err)
		return err;
	entry = &named->entries[find(named, key)];
	if (entry->key && entry->bits & bit)
		return UDF_OK;
	if (is_dir)
		err = push_dir(named, ino);
	if (err)
		return err;
	named->n += !entry->key;
	entry->key = key;
	entry->bits |= bit;
	return UDF_OK;
}

void named_gain(struct udf_fs *fs, udf_ino ino, bool is_dir)
{
	if (fs->named.begun && named_add(fs, ino, is_dir))
		named_end(fs);
}

void named_lose(struct udf_fs *fs, udf_ino ino)
{
	if (fs->named.begun)
		fs->named.entries[find(&fs->named, ino / 64 + 1)].bits &= ~(1ull << ino % 64);
}

bool named_has(const struct udf_fs *fs, udf_ino ino)
{
	return fs->named.begun && fs->named.entries[find(&fs->named, ino / 64 + 1)].bits >> ino % 64 & 1;
}

bool named_next_dir(struct udf_fs *fs, udf_ino ino, udf_ino *ret_dir)
{
	struct fs_named *named = &fs->named;
	size_t best = named->n_dirs;
	uint64_t best_distance = UINT64_MAX;

	for (size_t i = named->n_dirs, n = 0; i-- > 0 && n < N_DIRS_COMPARED; n++) {
		udf_ino dir = named->dirs[i];
		uint64_t distance = dir > ino ? dir - ino : ino - dir;

		if (distance < best_distance) {
			best = i;
			best_distance = distance;
		}
	}
	if (best == named->n_dirs)
		return false;
	*ret_dir = named->dirs[best];
	named->dirs[best] = named->dirs[--named->n_dirs];
	return true;
}

void named_put_back(struct udf_fs *fs, udf_ino dir)
{
	fs->named.dirs[fs->named.n_dirs++] = dir;
}
