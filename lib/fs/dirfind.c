/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names: the walk that fills the index of a directory, and the lookup of a name in it. */
#include <stdlib.h>
#include <string.h>

#include "base/cs0.h"
#include "ecma/codec.h"
#include "fs/dir.h"
#include "fs/node.h"
#include "fs/state.h"

enum udf_err dir_find(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
		      bool pending, struct dir_entry *ret)
{
	char host[UDF_HOST_NAME_MAX_BYTES + 1];
	struct index_hit hit;
	uint64_t hash;
	uint32_t n = 0;
	enum udf_err err = dir_index(fs, dir);

	if (err)
		return err;
	if (name_bytes == 0 || name_bytes > UDF_HOST_NAME_MAX_BYTES)
		return name_bytes ? UDF_E_NAME_TOO_LONG : UDF_E_NOT_FOUND;
	hash = dir_hash_name(fs, name, name_bytes);
	while (index_next(dir->dir, hash, &n, &hit)) {
		size_t host_bytes;
		const uint8_t *p;

		if (!pending && hit.pending)
			continue;
		err = dir_fid_at(fs, dir, hit.at, &p, &ret->fid, &ret->n_bytes);
		if (err)
			return err;
		udf_shown_name(ret->fid.name, ret->fid.name_bytes, host, &host_bytes, NULL);
		if (host_bytes != name_bytes || memcmp(host, name, name_bytes) != 0)
			continue;
		ret->at = hit.at;
		ret->index_slot = hit.slot;
		ret->pending = hit.pending;
		ret->added = !hit.kept && (hit.added || !dir_is_durable_at(dir, hit.at));
		return UDF_OK;
	}
	return UDF_E_NOT_FOUND;
}

/*
 * FID is a name.  Its ICB is in use, although nobody may have read it.  If the space set lists it as free, the ICB is
 * read, because the name may be what is damaged.
 */
static void see_name(struct udf_fs *fs, const struct udf_fid *fid, uint32_t *n_reads)
{
	struct udf_lb_addr addr = fid->icb.addr;
	uint8_t *block;

	if (fid->characteristics & (UDF_FID_PARENT | UDF_FID_DELETED) ||
	    !space_is_contradicted(fs, addr, n_reads))
		return;
	block = malloc(fs->block_bytes);
	if (!block || !icb_read(fs, addr, block))
		space_seen(fs, addr.part_ref, addr.lbn, 1);
	free(block);
}

void dir_see_names(struct udf_fs *fs, struct node *dir)
{
	uint32_t n_reads = SPACE_MAX_PAGE_READS, n_bytes;
	struct udf_fid fid;
	const uint8_t *p;

	for (uint64_t at = 0; at < dir->size_bytes && !dir_fid_at(fs, dir, at, &p, &fid, &n_bytes); at += n_bytes)
		see_name(fs, &fid, &n_reads);
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
	udf_shown_name(fid->name, fid->name_bytes, host, &host_bytes, NULL);
	info->n_live++;
	return index_insert(fs, info, dir_hash_name(fs, host, host_bytes), at);
}

enum udf_err dir_index(struct udf_fs *fs, struct node *dir)
{
	uint32_t n_reads = SPACE_MAX_PAGE_READS;
	enum udf_err err = dir_info(dir);
	uint64_t at = 0;

	if (err || dir->dir->indexed)
		return err;
	err = index_grow(fs, dir->dir);
	while (!err && at < dir->size_bytes) {
		struct udf_fid fid;
		const uint8_t *p;
		uint32_t n_bytes;

		err = dir_fid_at(fs, dir, at, &p, &fid, &n_bytes);
		if (!err)
			err = index_fid(fs, dir, p, &fid, at, n_bytes);
		if (!err)
			see_name(fs, &fid, &n_reads);
		dir->dir->last_fid_at = at;
		at += n_bytes;
	}
	if (err)
		dir_index_drop(fs, dir);
	else
		dir->dir->indexed = true;
	return err;
}
