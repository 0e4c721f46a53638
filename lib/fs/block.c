/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of directories in memory: a small cache when clean, pinned when dirty. */
#include <stdlib.h>
#include <string.h>

#include "fs/batch.h"
#include "fs/block.h"
#include "fs/state.h"

#define EARLY_BYTES (1u << 20)

#define KEEP_BLOCKS 8u

static uint32_t bucket_of(const struct udf_fs *fs, uint16_t part_ref, uint32_t lbn)
{
	return ((lbn * 0x9E3779B1u) ^ part_ref) & (fs->mblks.table_size - 1);
}

static void list_append(struct mblk_list *list, struct mblk *b)
{
	b->prev = list->last;
	b->next = NULL;
	*(list->last ? &list->last->next : &list->first) = b;
	list->last = b;
	list->n++;
}

static void list_remove(struct mblk_list *list, struct mblk *b)
{
	*(b->prev ? &b->prev->next : &list->first) = b->next;
	*(b->next ? &b->next->prev : &list->last) = b->prev;
	list->n--;
}

static struct mblk_list *list_of(struct udf_fs *fs, const struct mblk *b)
{
	return b->dirty ? &fs->mblks.dirty : &fs->mblks.lru;
}

enum udf_err mblks_open(struct udf_fs *fs)
{
	fs->mblks.table_size = 1024;
	fs->mblks.table = calloc(fs->mblks.table_size, sizeof(struct mblk *));
	return fs->mblks.table ? UDF_OK : UDF_E_NOMEM;
}

static void drop(struct udf_fs *fs, struct mblk *b)
{
	struct mblk **at = &fs->mblks.table[bucket_of(fs, b->part_ref, b->lbn)];

	while (*at != b)
		at = &(*at)->hash_next;
	*at = b->hash_next;
	list_remove(list_of(fs, b), b);
	free(b->data);
	free(b);
}

void mblks_close(struct udf_fs *fs)
{
	while (fs->mblks.lru.first)
		drop(fs, fs->mblks.lru.first);
	while (fs->mblks.dirty.first)
		drop(fs, fs->mblks.dirty.first);
	free(fs->mblks.table);
	fs->mblks.table = NULL;
}

static struct mblk *find(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn)
{
	struct mblk *b = fs->mblks.table[bucket_of(fs, part_ref, lbn)];

	while (b && (b->lbn != lbn || b->part_ref != part_ref))
		b = b->hash_next;
	return b;
}

static enum udf_err insert(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, struct mblk **ret_block)
{
	size_t limit = fs->options.cache_bytes / 16 / fs->block_bytes;
	struct mblk *b, **head;

	while (fs->mblks.lru.n > (limit > KEEP_BLOCKS ? limit : KEEP_BLOCKS))
		drop(fs, fs->mblks.lru.first);
	b = calloc(1, sizeof(*b));
	if (!b)
		return UDF_E_NOMEM;
	b->data = calloc(1, fs->block_bytes);
	if (!b->data) {
		free(b);
		return UDF_E_NOMEM;
	}
	b->part_ref = part_ref;
	b->lbn = lbn;
	head = &fs->mblks.table[bucket_of(fs, part_ref, lbn)];
	b->hash_next = *head;
	*head = b;
	list_append(&fs->mblks.lru, b);
	*ret_block = b;
	return UDF_OK;
}

enum udf_err mblk_get(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, struct mblk **ret_block)
{
	struct mblk *b = find(fs, part_ref, lbn);
	enum udf_err err;

	if (b) {
		if (!b->dirty && b != fs->mblks.lru.last) {
			list_remove(&fs->mblks.lru, b);
			list_append(&fs->mblks.lru, b);
		}
		*ret_block = b;
		return UDF_OK;
	}
	err = insert(fs, part_ref, lbn, &b);
	if (err)
		return err;
	err = udf_vol_read(fs->vol, part_ref, lbn, 1, b->data);
	if (err) {
		drop(fs, b);
		return err;
	}
	*ret_block = b;
	return UDF_OK;
}

enum udf_err mblk_new(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, struct mblk **ret_block)
{
	struct mblk *b = find(fs, part_ref, lbn);

	if (b)
		drop(fs, b);
	return insert(fs, part_ref, lbn, ret_block);
}

void mblk_dirty(struct udf_fs *fs, struct mblk *block, uint8_t how)
{
	if (!block->dirty) {
		list_remove(&fs->mblks.lru, block);
		list_append(&fs->mblks.dirty, block);
	}
	fs->batch.n_changes++;
	block->dirty |= block->dirty & MBLK_FRESH ? MBLK_PAST : how;
}

void mblk_forget(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks)
{
	uint32_t i;

	for (i = 0; i < n_blocks; i++) {
		struct mblk *b = find(fs, part_ref, lbn + i);

		if (b)
			drop(fs, b);
	}
}

static int by_lbn(const void *a, const void *b)
{
	const struct mblk *x = *(struct mblk *const *)a, *y = *(struct mblk *const *)b;

	return x->lbn < y->lbn ? -1 : x->lbn > y->lbn;
}

/* Write the dirty blocks whose state, apart from the bits in IGNORED, is exactly HOW. */
static enum udf_err write_those(struct udf_fs *fs, uint8_t how, uint8_t ignored, bool *ret_wrote)
{
	uint32_t per_run = FS_RUN_BYTES / fs->block_bytes;
	struct mblk **list, *b;
	enum udf_err err = UDF_OK;
	size_t n = 0, i, j;

	if (fs->mblks.dirty.n == 0)
		return UDF_OK;
	list = malloc(fs->mblks.dirty.n * sizeof(struct mblk *));
	if (!list)
		return UDF_E_NOMEM;
	for (b = fs->mblks.dirty.first; b; b = b->next)
		if ((b->dirty & ~ignored) == how)
			list[n++] = b;
	qsort(list, n, sizeof(*list), by_lbn);
	for (i = 0; i < n && !err; i = j) {
		for (j = i; j < n && j - i < per_run && list[j]->lbn == list[i]->lbn + (j - i) &&
			    list[j]->part_ref == list[i]->part_ref;
		     j++)
			memcpy(fs->run_buffer + (j - i) * fs->block_bytes, list[j]->data, fs->block_bytes);
		err = udf_vol_write(fs->vol, list[i]->part_ref, list[i]->lbn, (uint32_t)(j - i),
				    fs->run_buffer);
		if (err)
			(void)fs_fail(fs, err, "directory", list[i]->lbn);
		*ret_wrote = true;
	}
	for (i = 0; i < n && !err; i++) {
		list_remove(&fs->mblks.dirty, list[i]);
		list[i]->dirty = 0;
		list_append(&fs->mblks.lru, list[i]);
	}
	free(list);
	return err;
}

enum udf_err mblks_write(struct udf_fs *fs, uint8_t how, bool *ret_wrote)
{
	return write_those(fs, how, MBLK_FRESH, ret_wrote);
}

enum udf_err mblks_write_early(struct udf_fs *fs)
{
	size_t n_enough = EARLY_BYTES / fs->block_bytes;
	bool wrote = false;
	enum udf_err err;

	if (fs->mblks.dirty.n < n_enough || fs->mblks.dirty.n < fs->mblks.early_limit)
		return UDF_OK;
	/* without phases every block may be written now */
	err = fs->policy.no_phases ? write_those(fs, 0, 0xFF, &wrote) : write_those(fs, MBLK_PAST, 0, &wrote);
	if (wrote)
		fs->batch.data_unflushed = true;
	/* blocks that can't be written now need not be looked at again by every operation */
	fs->mblks.early_limit = fs->mblks.dirty.n + n_enough / 2;
	return err;
}
