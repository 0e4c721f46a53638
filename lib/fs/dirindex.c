/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hash index of a directory: 8 bytes a name, built by one walk over its FIDs.
 *
 * A slot holds the name's hash (high 32 bits) and where its FID begins in units of 4 bytes, plus one
 * (low 29 bits), with three flags: waits for removal; put into a slot and not durable yet; took the
 * place of a durable name by one write (R7), so that losing it is losing a durable name.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cs0.h"
#include "ecma/codec.h"
#include "fs/private.h"

#define SLOT_PENDING 0x80000000u
#define SLOT_ADDED 0x40000000u
#define SLOT_KEPT 0x20000000u
#define SLOT_AT 0x1FFFFFFFu
#define GHOST_AT ((uint64_t)(SLOT_AT - 1) * 4)	/* no FID is there: see index_insert() */
#define SLOT_TOMB 0xFFFFFFFFFFFFFFFFull
#define GIVE_BACK_SLOTS (64u * 1024)

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
	uint64_t h = fs->hash_seed ^ (name_bytes * 0x9E3779B97F4A7C15ull);
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
 * A large table is moved to the one twice its size in order, and what has been moved is given back to
 * the system: it never takes the memory of both.
 */
static void give_back(uint64_t *table, uint32_t from, uint32_t end)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = ((uintptr_t)(table + from) + page - 1) & ~(page - 1);
	uintptr_t last = (uintptr_t)(table + end) & ~(page - 1);

	if (first < last)
		(void)madvise((void *)first, last - first, MADV_DONTNEED);
}

static enum udf_err grow(struct udf_fs *fs, struct dirinfo *info)
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
	fs->n_index_bytes += (size_t)(cap - info->cap_index) * sizeof(*table);
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
		enum udf_err err = grow(fs, info);

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

/* A ghost: the hash of a name that left by an edit in place. */
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

enum udf_err dir_find(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
		      bool pending, struct dir_entry *ret)
{
	char host[UDF_HOST_NAME_MAX_BYTES + 1];
	struct dirinfo *info;
	uint64_t hash;
	uint32_t i, n;
	enum udf_err err = dir_index(fs, dir);

	if (err)
		return err;
	if (name_bytes == 0 || name_bytes > UDF_HOST_NAME_MAX_BYTES)
		return name_bytes ? UDF_E_NAME_TOO_LONG : UDF_E_NOT_FOUND;
	info = dir->dir;
	hash = dir_hash_name(fs, name, name_bytes);
	i = (uint32_t)hash & (info->cap_index - 1);
	for (n = 0; info->index[i] && n < info->cap_index; n++, i = (i + 1) & (info->cap_index - 1)) {
		uint64_t slot = info->index[i];
		size_t host_bytes;
		const uint8_t *p;

		if (slot == SLOT_TOMB || slot >> 32 != hash || slot_at(slot) == GHOST_AT ||
		    (!pending && (slot & SLOT_PENDING)))
			continue;
		err = dir_fid_at(fs, dir, slot_at(slot), &p, &ret->fid, &ret->n_bytes);
		if (err)
			return err;
		if (udf_host_name(ret->fid.name, ret->fid.name_bytes, host, &host_bytes) ||
		    host_bytes != name_bytes || memcmp(host, name, name_bytes) != 0)
			continue;
		ret->at = slot_at(slot);
		ret->index_slot = i;
		ret->pending = slot & SLOT_PENDING;
		ret->added = !(slot & SLOT_KEPT) &&
			     ((slot & SLOT_ADDED) || !dir_is_durable_at(dir, ret->at));
		return UDF_OK;
	}
	return UDF_E_NOT_FOUND;
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

/* One FID of the walk. */
static enum udf_err index_fid(struct udf_fs *fs, struct node *dir, const uint8_t *p,
			      const struct udf_fid *fid, uint64_t at, uint32_t n_bytes)
{
	char host[UDF_HOST_NAME_MAX_BYTES + 1];
	struct dirinfo *info = dir->dir;
	size_t host_bytes;
	(void)p;

	if (fid->characteristics & UDF_FID_PARENT) {
		if (at == 0)
			info->parent = fid->icb.addr;
		return UDF_OK;
	}
	if (fid->characteristics & UDF_FID_DELETED) {
		if (UDF_EXTENT_BYTES(fid->icb.length) == 0 && !dir_fid_straddles(fs, dir, at, n_bytes))
			return dir_push_slot(info, at, n_bytes);
		return UDF_OK;
	}
	if (udf_host_name(fid->name, fid->name_bytes, host, &host_bytes))
		return UDF_OK;	/* a name that can't be said can't be asked for */
	info->n_live++;
	return index_insert(fs, info, dir_hash_name(fs, host, host_bytes), at);
}

enum udf_err dir_index(struct udf_fs *fs, struct node *dir)
{
	enum udf_err err = dir_info(dir);
	uint64_t at = 0;

	if (err || dir->dir->indexed)
		return err;
	err = grow(fs, dir->dir);
	while (!err && at < dir->size_bytes) {
		struct udf_fid fid;
		const uint8_t *p;
		uint32_t n_bytes;

		err = dir_fid_at(fs, dir, at, &p, &fid, &n_bytes);
		if (!err)
			err = index_fid(fs, dir, p, &fid, at, n_bytes);
		dir->dir->last_fid_at = at;
		at += n_bytes;
	}
	if (err)
		dir_index_drop(fs, dir);
	else
		dir->dir->indexed = true;
	return err;
}

void dir_index_drop(struct udf_fs *fs, struct node *dir)
{
	struct dirinfo *info = dir->dir;
	uint32_t i;

	fs->n_index_bytes -= (size_t)info->cap_index * sizeof(*info->index);
	free(info->index);
	info->index = NULL;
	info->cap_index = info->n_index = info->n_tombs = info->n_live = 0;
	for (i = 0; info->slots && i < DIR_SLOT_CLASSES; i++)
		free(info->slots[i].at4);
	free(info->slots);
	info->slots = NULL;
	info->indexed = false;
}
