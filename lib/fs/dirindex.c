/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of a directory in memory, and its hash index, which takes 8 bytes for each name.
 *
 * A slot of the index holds the hash of the name (high 32 bits) and the offset of its FID in units of 4 bytes, plus one
 * (low 29 bits).  Three flags are between them:
 *  - PENDING: the name waits for removal;
 *  - ADDED: its FID was put into a slot of the directory and is not durable yet;
 *  - KEPT: it replaced a durable name by a single write (R7), so removing it removes a durable name.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ecma/codec.h"
#include "fs/dir.h"
#include "fs/node.h"
#include "fs/state.h"

#define SLOT_PENDING 0x80000000u
#define SLOT_ADDED 0x40000000u
#define SLOT_KEPT 0x20000000u
#define SLOT_AT 0x1FFFFFFFu
#define GHOST_AT ((uint64_t)(SLOT_AT - 1) * 4)	/* there is no FID at that offset: see index_insert() */
#define SLOT_TOMB 0xFFFFFFFFFFFFFFFFull
#define GIVE_BACK_SLOTS (64u * 1024)

enum udf_err dir_info(struct node *dir)
{
	if (!node_is_dir(dir))
		return UDF_E_NOT_DIR;
	if (dir->dir)
		return UDF_OK;
	dir->dir = calloc(1, sizeof(*dir->dir));
	if (!dir->dir)
		return UDF_E_NOMEM;
	dir->dir->durable_bytes = dir->flags & NODE_NEW ? 0 : dir->size_bytes;
	return UDF_OK;
}

void dir_info_free(struct udf_fs *fs, struct node *dir)
{
	dir_drop_chunks(fs, dir);
	dir_index_drop(fs, dir);
	free(dir->dir);
	dir->dir = NULL;
}

/* ---- the index ---- */

static uint64_t slot_make(uint64_t hash, uint64_t at)
{
	return hash << 32 | (uint32_t)(at / 4 + 1);
}

static uint64_t slot_at(uint64_t slot)
{
	return ((uint64_t)(slot & SLOT_AT) - 1) * 4;
}

uint64_t dir_hash_name(const struct udf_fs *fs, const char *name, size_t name_bytes)
{
	uint64_t h = fs->dirs.hash_seed ^ (name_bytes * 0x9E3779B97F4A7C15ull);
	size_t i;

	for (i = 0; i < name_bytes; i++) {
		h ^= (uint8_t)name[i];
		h *= 0x100000001B3ull;
	}
	h ^= h >> 29;
	h *= 0xBF58476D1CE4E5B9ull;
	h ^= h >> 32;
	return (uint32_t)h;
}

/*
 * A large table is moved in order to one of twice its size, and the part that has been moved is given back to the
 * system.  The two tables therefore never take their full memory at the same time.
 */
static void give_back(uint64_t *table, uint32_t from, uint32_t end)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = ((uintptr_t)(table + from) + page - 1) & ~(page - 1);
	uintptr_t last = (uintptr_t)(table + end) & ~(page - 1);

	if (first < last)
		(void)madvise((void *)first, last - first, MADV_DONTNEED);
}

enum udf_err index_grow(struct udf_fs *fs, struct dirinfo *info)
{
	uint32_t cap = info->cap_index ? info->cap_index : 16, i;
	uint64_t *table;

	while ((uint64_t)info->n_index * 4 >= (uint64_t)cap * 3)
		cap *= 2;
	table = calloc(cap, sizeof(*table));
	if (!table)
		return UDF_E_NOMEM;
	for (i = 0; i < info->cap_index; i++) {
		uint64_t slot = info->index[i];
		uint32_t at = (uint32_t)(slot >> 32) & (cap - 1);

		if (i && i % GIVE_BACK_SLOTS == 0)
			give_back(info->index, i - GIVE_BACK_SLOTS, i);
		if (slot == 0 || slot == SLOT_TOMB)
			continue;
		while (table[at])
			at = (at + 1) & (cap - 1);
		table[at] = slot;
	}
	fs->dirs.n_index_bytes += (size_t)(cap - info->cap_index) * sizeof(*table);
	free(info->index);
	info->index = table;
	info->cap_index = cap;
	info->n_tombs = 0;
	return UDF_OK;
}

enum udf_err index_insert(struct udf_fs *fs, struct dirinfo *info, uint64_t hash, uint64_t at)
{
	uint32_t i;

	if (at / 4 + 1 > SLOT_AT || (at / 4 + 1 == SLOT_AT && at != GHOST_AT))
		return UDF_E_FILE_TOO_BIG;
	if (((uint64_t)info->n_index + info->n_tombs + 1) * 4 >= (uint64_t)info->cap_index * 3) {
		enum udf_err err = index_grow(fs, info);

		if (err)
			return err;
	}
	i = (uint32_t)hash & (info->cap_index - 1);
	while (info->index[i] && info->index[i] != SLOT_TOMB)
		i = (i + 1) & (info->cap_index - 1);
	if (info->index[i] == SLOT_TOMB)
		info->n_tombs--;
	info->index[i] = slot_make(hash, at);
	info->n_index++;
	return UDF_OK;
}

void index_remove(struct dirinfo *info, uint32_t slot)
{
	info->index[slot] = SLOT_TOMB;
	info->n_index--;
	info->n_tombs++;
}

bool index_find_at(const struct dirinfo *info, uint64_t hash, uint64_t at, uint32_t *ret_slot)
{
	uint32_t i = (uint32_t)hash & (info->cap_index - 1), n;

	for (n = 0; info->index[i] && n < info->cap_index; n++, i = (i + 1) & (info->cap_index - 1)) {
		if (info->index[i] != SLOT_TOMB && info->index[i] >> 32 == hash &&
		    slot_at(info->index[i]) == at) {
			*ret_slot = i;
			return true;
		}
	}
	return false;
}

void index_set_flags(struct dirinfo *info, uint32_t slot, bool pending, bool added)
{
	info->index[slot] &= ~(uint64_t)(SLOT_PENDING | SLOT_ADDED);
	info->index[slot] |= (pending ? SLOT_PENDING : 0) | (added ? SLOT_ADDED : 0);
}

/* A ghost: the hash of a durable name that left the directory by an edit in place. */
enum udf_err index_insert_ghost(struct udf_fs *fs, struct dirinfo *info, uint64_t hash)
{
	uint32_t slot;
	enum udf_err err = index_insert(fs, info, hash, GHOST_AT);

	if (!err && index_find_at(info, hash, GHOST_AT, &slot))
		index_set_flags(info, slot, true, false);
	return err;
}

void index_remove_ghost(struct dirinfo *info, uint64_t hash)
{
	uint32_t slot;

	if (info->indexed && index_find_at(info, hash, GHOST_AT, &slot))
		index_remove(info, slot);
}

bool index_has_ghost(const struct dirinfo *info, uint64_t hash)
{
	uint32_t slot;

	return info->indexed && index_find_at(info, hash, GHOST_AT, &slot);
}

void index_set_kept(struct dirinfo *info, uint32_t slot)
{
	info->index[slot] &= ~(uint64_t)SLOT_ADDED;
	info->index[slot] |= SLOT_KEPT;
}

bool index_is_pending(const struct dirinfo *info, uint32_t slot)
{
	return info->index[slot] & SLOT_PENDING;
}

enum udf_err dir_push_slot(struct dirinfo *info, uint64_t at, uint32_t n_bytes)
{
	struct slot_stack *s;

	if (n_bytes / 4 >= DIR_SLOT_CLASSES)
		return UDF_OK;	/* too large to be of use */
	if (!info->slots) {
		info->slots = calloc(DIR_SLOT_CLASSES, sizeof(*info->slots));
		if (!info->slots)
			return UDF_E_NOMEM;
	}
	s = &info->slots[n_bytes / 4];
	if (s->n == s->cap) {
		uint32_t cap = s->cap ? s->cap * 2 : 8;
		uint32_t *list = realloc(s->at4, cap * sizeof(*list));

		if (!list)
			return UDF_E_NOMEM;
		s->at4 = list;
		s->cap = cap;
	}
	s->at4[s->n++] = (uint32_t)(at / 4);
	return UDF_OK;
}

void dir_index_drop(struct udf_fs *fs, struct node *dir)
{
	struct dirinfo *info = dir->dir;
	uint32_t i;

	fs->dirs.n_index_bytes -= (size_t)info->cap_index * sizeof(*info->index);
	free(info->index);
	info->index = NULL;
	info->cap_index = info->n_index = info->n_tombs = info->n_live = 0;
	for (i = 0; info->slots && i < DIR_SLOT_CLASSES; i++)
		free(info->slots[i].at4);
	free(info->slots);
	info->slots = NULL;
	info->indexed = false;
}

bool index_next(const struct dirinfo *info, uint64_t hash, uint32_t *io_n, struct index_hit *ret)
{
	for (; *io_n < info->cap_index; (*io_n)++) {
		uint32_t i = ((uint32_t)hash + *io_n) & (info->cap_index - 1);
		uint64_t slot = info->index[i];

		if (!slot)
			return false;
		if (slot == SLOT_TOMB || slot >> 32 != hash || slot_at(slot) == GHOST_AT)
			continue;
		*ret = (struct index_hit){ .slot = i,
					   .at = slot_at(slot),
					   .pending = slot & SLOT_PENDING,
					   .added = slot & SLOT_ADDED,
					   .kept = slot & SLOT_KEPT };
		(*io_n)++;
		return true;
	}
	return false;
}
