/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The caller's references: 16 bytes an inode, apart from the nodes, so that a node that is referenced
 * but not in use can leave memory.
 */
#include <stdlib.h>

#include "fs/private.h"

static uint32_t home(const struct udf_fs *fs, udf_ino ino)
{
	return (uint32_t)((ino * 0x9E3779B97F4A7C15ull) >> 32) & (fs->refs_cap - 1);
}

static enum udf_err grow(struct udf_fs *fs)
{
	uint32_t old_cap = fs->refs_cap, i;
	struct ref *old = fs->refs;
	uint32_t cap = old_cap ? old_cap * 2 : 64;
	struct ref *refs = calloc(cap, sizeof(*refs));

	if (!refs)
		return UDF_E_NOMEM;
	fs->refs = refs;
	fs->refs_cap = cap;
	for (i = 0; i < old_cap; i++) {
		uint32_t at;

		if (!old[i].n)
			continue;
		for (at = home(fs, old[i].ino); refs[at].n; at = (at + 1) & (cap - 1))
			;
		refs[at] = old[i];
	}
	free(old);
	return UDF_OK;
}

static uint32_t find(const struct udf_fs *fs, udf_ino ino)
{
	uint32_t at = home(fs, ino);

	while (fs->refs[at].n && fs->refs[at].ino != ino)
		at = (at + 1) & (fs->refs_cap - 1);
	return at;
}

enum udf_err ref_add(struct udf_fs *fs, udf_ino ino)
{
	uint32_t at;

	if ((uint64_t)(fs->n_refs + 1) * 4 > (uint64_t)fs->refs_cap * 3) {
		enum udf_err err = grow(fs);

		if (err)
			return err;
	}
	at = find(fs, ino);
	if (fs->refs[at].n++ == 0) {
		fs->refs[at].ino = ino;
		fs->n_refs++;
	}
	return UDF_OK;
}

bool ref_exists(const struct udf_fs *fs, udf_ino ino)
{
	return fs->n_refs && fs->refs[find(fs, ino)].n;
}

bool ref_drop(struct udf_fs *fs, udf_ino ino, uint64_t n_refs)
{
	uint32_t at, next, mask = fs->refs_cap - 1;

	if (!fs->n_refs)
		return true;
	at = find(fs, ino);
	if (fs->refs[at].n > n_refs) {
		fs->refs[at].n -= (uint32_t)n_refs;
		return false;
	}
	if (fs->refs[at].n == 0)
		return true;
	fs->n_refs--;
	/* close the gap: move up what would no longer be found */
	for (next = (at + 1) & mask; fs->refs[next].n; next = (next + 1) & mask) {
		uint32_t want = home(fs, fs->refs[next].ino);

		if (((next - want) & mask) >= ((next - at) & mask)) {
			fs->refs[at] = fs->refs[next];
			at = next;
		}
	}
	fs->refs[at].n = 0;
	return true;
}

void refs_drop_all(struct udf_fs *fs)
{
	free(fs->refs);
	fs->refs = NULL;
	fs->refs_cap = fs->n_refs = 0;
}
