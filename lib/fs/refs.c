/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The caller's references.  They are kept apart from the nodes, so that a node that is referenced but not in use can
 * leave memory.
 *
 * The ICBs of one directory are next to each other.  So eight neighbours share an entry of 16 bytes, which has one byte
 * of the count of each.  An entry of level 0 has the lowest byte; hardly any count needs the entries of higher levels.
 */
#include <stdlib.h>
#include <string.h>

#include "fs/node.h"
#include "fs/state.h"

#define N_LEVELS 4u

/* The key of the entry that holds byte LEVEL of the count; never 0. */
static uint64_t key_of(udf_ino ino, unsigned level)
{
	return (ino / REFS_PER_ENTRY | (uint64_t)level << 60) + 1;
}

static uint32_t home(const struct udf_fs *fs, uint64_t key)
{
	return (uint32_t)((key * 0x9E3779B97F4A7C15ull) >> 32) & (fs->refs.cap - 1);
}

static enum udf_err grow(struct udf_fs *fs)
{
	uint32_t old_cap = fs->refs.cap, i;
	struct refs *old = fs->refs.slots;
	uint32_t cap = old_cap ? old_cap * 2 : 64;
	struct refs *refs = calloc(cap, sizeof(*refs));

	if (!refs)
		return UDF_E_NOMEM;
	fs->refs.slots = refs;
	fs->refs.cap = cap;
	for (i = 0; i < old_cap; i++) {
		uint32_t at;

		if (!old[i].key)
			continue;
		for (at = home(fs, old[i].key); refs[at].key; at = (at + 1) & (cap - 1))
			;
		refs[at] = old[i];
	}
	free(old);
	return UDF_OK;
}

/* Where the entry of KEY is or would be; there is a table. */
static uint32_t find(const struct udf_fs *fs, uint64_t key)
{
	uint32_t at = home(fs, key);

	while (fs->refs.slots[at].key && fs->refs.slots[at].key != key)
		at = (at + 1) & (fs->refs.cap - 1);
	return at;
}

static void remove_entry(struct udf_fs *fs, uint32_t at)
{
	uint32_t next, mask = fs->refs.cap - 1;

	fs->refs.n--;
	/* close the gap: move entries up that would no longer be found */
	for (next = (at + 1) & mask; fs->refs.slots[next].key; next = (next + 1) & mask) {
		uint32_t want = home(fs, fs->refs.slots[next].key);

		if (((next - want) & mask) >= ((next - at) & mask)) {
			fs->refs.slots[at] = fs->refs.slots[next];
			at = next;
		}
	}
	memset(&fs->refs.slots[at], 0, sizeof(fs->refs.slots[at]));
}

static uint32_t count_of(const struct udf_fs *fs, udf_ino ino)
{
	uint32_t n = 0;
	unsigned level;

	for (level = 0; fs->refs.n && level < N_LEVELS; level++)
		n |= (uint32_t)fs->refs.slots[find(fs, key_of(ino, level))].n[ino % REFS_PER_ENTRY]
		     << (8 * level);
	return n;
}

static enum udf_err set_byte(struct udf_fs *fs, udf_ino ino, unsigned level, uint8_t n, bool may_fail)
{
	static const struct refs none = { 0 };
	uint64_t key = key_of(ino, level);
	uint32_t at;

	if ((uint64_t)(fs->refs.n + 1) * 4 > (uint64_t)fs->refs.cap * 3) {
		enum udf_err err = n ? grow(fs) : UDF_OK;

		if (err && may_fail)
			return err;
	}
	at = find(fs, key);
	if (!fs->refs.slots[at].key) {
		fs->refs.slots[at].key = key;
		fs->refs.n++;
	}
	fs->refs.slots[at].n[ino % REFS_PER_ENTRY] = n;
	if (n == 0 && memcmp(fs->refs.slots[at].n, none.n, sizeof(none.n)) == 0)
		remove_entry(fs, at);
	return UDF_OK;
}

/*
 * Change the bytes of a count, from the highest one down.  Where a count grows, only a new byte can fail, and it is the
 * first to change.  Where it falls, no memory is needed: a quarter of the table is always free.
 */
static enum udf_err change(struct udf_fs *fs, udf_ino ino, uint32_t from, uint32_t to)
{
	unsigned level;

	for (level = N_LEVELS; level-- > 0;) {
		uint8_t n = (uint8_t)(to >> (8 * level));
		enum udf_err err;

		if (n == (uint8_t)(from >> (8 * level)))
			continue;
		err = set_byte(fs, ino, level, n, to > from);
		if (err)
			return err;
	}
	return UDF_OK;
}

enum udf_err ref_add(struct udf_fs *fs, udf_ino ino)
{
	uint32_t n = count_of(fs, ino);

	return change(fs, ino, n, n + 1);
}

bool ref_exists(const struct udf_fs *fs, udf_ino ino)
{
	return count_of(fs, ino) != 0;
}

bool ref_each(const struct udf_fs *fs, uint32_t *at, udf_ino *ret_ino)
{
	for (; *at / REFS_PER_ENTRY < fs->refs.cap; ++*at) {
		const struct refs *entry = &fs->refs.slots[*at / REFS_PER_ENTRY];

		if (!entry->key || !entry->n[*at % REFS_PER_ENTRY])
			continue;
		/* entries of higher levels return an inode a second time, which does no harm */
		*ret_ino = ((entry->key - 1) & ((1ull << 60) - 1)) * REFS_PER_ENTRY + *at % REFS_PER_ENTRY;
		++*at;
		return true;
	}
	return false;
}

bool ref_drop(struct udf_fs *fs, udf_ino ino, uint64_t n_refs)
{
	uint32_t n = count_of(fs, ino);
	uint32_t left = n > n_refs ? n - (uint32_t)n_refs : 0;

	(void)change(fs, ino, n, left);
	return left == 0;
}

void refs_drop_all(struct udf_fs *fs)
{
	free(fs->refs.slots);
	fs->refs.slots = NULL;
	fs->refs.cap = fs->refs.n = 0;
}
