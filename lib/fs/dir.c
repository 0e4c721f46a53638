/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories: FIDs embedded in the ICB or in blocks of their own.
 *
 * FIDs that are written here never straddle a block boundary, so every later edit changes one block (R5).  A
 * straddling FID of another writer is edited after its blocks have moved to a fresh place.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/cs0.h"
#include "ecma/codec.h"
#include "fs/batch.h"
#include "fs/block.h"
#include "fs/dir.h"
#include "fs/extent.h"
#include "fs/node.h"
#include "fs/state.h"

#define REGID_BYTES 32u
#define MAX_SLOTS_LOOKED_AT 256u	/* the number of different names of one 8-bit character */

/* ---- bytes ---- */

/* Put bytes into the image.  Their blocks exist. */
static enum udf_err put_bytes(struct udf_fs *fs, struct node *dir, uint64_t at, const uint8_t *bytes,
			      uint32_t n_bytes)
{
	enum udf_err err = node_dirty(fs, dir);

	if (err)
		return err;
	if (dir->ad_kind == UDF_AD_EMBEDDED) {
		memcpy(node_inline_data(dir) + at, bytes, n_bytes);
		return UDF_OK;
	}
	while (n_bytes) {
		uint32_t in_block = (uint32_t)(at % fs->block_bytes);
		uint32_t n = (uint32_t)udf_min64(n_bytes, fs->block_bytes - in_block);
		struct mblk *b;

		err = dir_block_at(fs, dir, at, &b);
		if (err)
			return err;
		memcpy(b->data + in_block, bytes, n);
		mblk_dirty(fs, b, dir_is_durable_at(dir, at) ? MBLK_INSIDE : MBLK_PAST);
		at += n;
		bytes += n;
		n_bytes -= n;
	}
	return UDF_OK;
}

static enum udf_err fid_location(struct udf_fs *fs, struct node *dir, uint64_t at, uint32_t *ret_lbn)
{
	if (dir->ad_kind == UDF_AD_EMBEDDED) {
		*ret_lbn = dir->lbn;
		return UDF_OK;
	}
	return dir_block_lbn(fs, dir, at, ret_lbn);
}

/* Encode a FID and put it at AT. */
static enum udf_err put_fid(struct udf_fs *fs, struct node *dir, uint64_t at, struct udf_fid *fid)
{
	uint8_t impl_use[4096] = { 0 }, small[4096 + 512], *buf = small;
	uint32_t n_bytes = udf_fid_n_bytes(fid->name_bytes, fid->impl_use_bytes);
	enum udf_err err = fid_location(fs, dir, at, &fid->tag.location);

	if (err)
		return err;
	if (!fid->impl_use && fid->impl_use_bytes > sizeof(impl_use))
		return UDF_E_RANGE;
	if (n_bytes > sizeof(small))	/* written by another system */
		buf = malloc(n_bytes);
	if (!buf)
		return UDF_E_NOMEM;
	if (fid->impl_use_bytes >= REGID_BYTES && !fid->impl_use) {
		struct udf_regid regid;

		udf_regid_set_impl(&regid);
		udf_regid_encode(&regid, impl_use);
		fid->impl_use = impl_use;
	}
	fid->tag.version = fs->vol->tag_version;
	fid->tag.serial = fs->vol->tag_serial;
	udf_fid_encode(fid, buf);
	err = put_bytes(fs, dir, at, buf, n_bytes);
	if (buf != small)
		free(buf);
	return err;
}

/* A deleted FID of N_BYTES bytes that names nothing. */
static enum udf_err put_filler(struct udf_fs *fs, struct node *dir, uint64_t at, uint32_t n_bytes)
{
	uint8_t name[UDF_CS0_NAME_MAX_BYTES];
	struct udf_fid fid;

	udf_fid_make_filler(fs->revision, at, n_bytes, &fid, name);
	return put_fid(fs, dir, at, &fid);
}

static void set_target(struct udf_fs *fs, struct udf_fid *fid, const struct node *target, uint32_t id)
{
	named_gain(fs, node_ino(target), node_is_dir(target));
	memset(&fid->icb, 0, sizeof(fid->icb));
	fid->icb.length = fs->icb_form.n_blocks * fs->block_bytes;
	fid->icb.addr = node_addr(target);
	fid->icb.unique_id = fs->revision >= 0x0200 ? id : 0;
}

/* ---- growing ---- */

enum udf_err dir_init(struct udf_fs *fs, struct node *dir, const struct node *parent)
{
	struct udf_fid fid = { .version_number = 1,
			       .characteristics = UDF_FID_DIRECTORY | UDF_FID_PARENT };
	enum udf_err err = dir_info(dir);

	if (err)
		return err;
	set_target(fs, &fid, parent, (uint32_t)parent->unique_id);
	dir->size_bytes = UDF_FID_MIN_BYTES;
	dir->dir->parent = node_addr(parent);
	return put_fid(fs, dir, 0, &fid);
}

/* Take a free slot for NEED bytes.  *RET_BYTES: its size. */
static bool take_slot(struct dirinfo *info, uint32_t need, uint64_t *ret_at, uint32_t *ret_bytes)
{
	uint32_t size;

	for (size = need; info->slots && size / 4 < DIR_SLOT_CLASSES; size += 4) {
		struct slot_stack *s = &info->slots[size / 4];

		if (s->n == 0 || (size > need && size < need + REGID_BYTES))
			continue;
		*ret_at = (uint64_t)s->at4[--s->n] * 4;
		*ret_bytes = size;
		return true;
	}
	return false;
}

bool dir_will_use_slot(struct node *dir, uint64_t at, const char *name, size_t name_bytes)
{
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES];
	struct slot_stack *s;
	size_t cs0_bytes;
	uint32_t need, i;

	if (!dir->dir->slots || udf_cs0_from_utf8(name, name_bytes, cs0, sizeof(cs0), &cs0_bytes))
		return false;
	need = udf_fid_n_bytes((uint8_t)cs0_bytes, 0);
	/* names of one character are handled by take_slot_of_name() */
	if (need <= UDF_FID_MIN_BYTES || need / 4 >= DIR_SLOT_CLASSES)
		return false;
	s = &dir->dir->slots[need / 4];
	for (i = s->n; i > 0 && s->n - i < MAX_SLOTS_LOOKED_AT; i--) {
		if ((uint64_t)s->at4[i - 1] * 4 != at)
			continue;
		s->at4[i - 1] = s->at4[s->n - 1];
		s->at4[s->n - 1] = (uint32_t)(at / 4);
		return true;
	}
	return false;
}

/*
 * Up to UDF 2.00 a deleted entry has a name too, which must differ from all others.  A deleted entry with a name of one
 * character has no room for another name.  So where a deleted entry has the name of FID, FID takes its slot.
 */
static bool take_slot_of_name(struct udf_fs *fs, struct node *dir, const struct udf_fid *fid, uint64_t *ret_at,
			      uint32_t *ret_bytes)
{
	struct slot_stack *s = dir->dir->slots ? &dir->dir->slots[UDF_FID_MIN_BYTES / 4] : NULL;
	uint32_t n_bytes;

	if (!s || fs->revision > 0x0200 || udf_fid_n_bytes(fid->name_bytes, 0) != UDF_FID_MIN_BYTES)
		return false;
	for (uint32_t i = s->n; i > 0 && s->n - i < MAX_SLOTS_LOOKED_AT; i--) {
		uint64_t at = (uint64_t)s->at4[i - 1] * 4;
		struct udf_fid other;
		const uint8_t *p;

		if (dir_fid_at(fs, dir, at, &p, &other, &n_bytes) || other.name_bytes != fid->name_bytes ||
		    other.name[1] != fid->name[1])
			continue;
		s->at4[i - 1] = s->at4[--s->n];
		*ret_at = at;
		*ret_bytes = UDF_FID_MIN_BYTES;
		return true;
	}
	return false;
}

static enum udf_err put_in_slot(struct udf_fs *fs, struct node *dir, struct udf_fid *fid, uint64_t at,
				uint32_t slot_bytes, uint32_t need)
{
	uint32_t rest = slot_bytes - need;
	enum udf_err err = UDF_OK;

	if (rest >= udf_fid_filler_min_bytes(fs->revision)) {
		err = put_filler(fs, dir, at + need, rest);
		if (!err)
			err = dir_push_slot(dir->dir, at + need, rest);
		if (dir->dir->last_fid_at == at)
			dir->dir->last_fid_at = at + need;
	} else {
		fid->impl_use_bytes = (uint16_t)rest;	/* 0, or 32 to 40 */
	}
	return err ? err : put_fid(fs, dir, at, fid);
}

/*
 * Fill the ROOM bytes up to the end of the block, which are too few for the next FID.  The last FID grows if it is not
 * durable yet; otherwise a deleted FID fills them.
 */
static enum udf_err close_block(struct udf_fs *fs, struct node *dir, uint32_t room)
{
	uint64_t end = dir->size_bytes, last = dir->dir->last_fid_at;
	uint32_t min_bytes = udf_fid_filler_min_bytes(fs->revision);
	struct udf_fid fid;
	const uint8_t *p;
	uint32_t n_bytes;
	enum udf_err err;

	if (room < min_bytes && (dir_is_durable_at(dir, last) || room < REGID_BYTES)) {
		/* Only after FIDs of another writer: a filler that straddles.  It is never edited. */
		dir->size_bytes += room + min_bytes;
		err = dir_ensure_blocks(fs, dir, dir->size_bytes);
		dir->dir->last_fid_at = end;
		return err ? err : put_filler(fs, dir, end, room + min_bytes);
	}
	if (!dir_is_durable_at(dir, last) && last / fs->block_bytes == (end - 1) / fs->block_bytes &&
	    last + UDF_FID_MIN_BYTES < end) {
		err = dir_fid_at(fs, dir, last, &p, &fid, &n_bytes);
		if (err)
			return err;
		if (last + n_bytes == end && fid.impl_use_bytes == 0 && room >= REGID_BYTES &&
		    !(fid.characteristics & UDF_FID_DELETED)) {
			uint8_t name[UDF_CS0_NAME_MAX_BYTES];

			memcpy(name, fid.name, fid.name_bytes);
			fid.name = name;
			fid.impl_use = NULL;
			fid.impl_use_bytes = (uint16_t)room;
			dir->size_bytes += room;
			return put_fid(fs, dir, last, &fid);
		}
	}
	if (room < min_bytes) {
		dir->size_bytes += room + min_bytes;
		err = dir_ensure_blocks(fs, dir, dir->size_bytes);
		dir->dir->last_fid_at = end;
		return err ? err : put_filler(fs, dir, end, room + min_bytes);
	}
	dir->size_bytes += room;
	dir->dir->last_fid_at = end;
	return put_filler(fs, dir, end, room);
}

/* Append FID after the last one.  *RET_AT: where. */
static enum udf_err append_fid(struct udf_fs *fs, struct node *dir, struct udf_fid *fid, uint64_t *ret_at)
{
	uint32_t bs = fs->block_bytes, need = udf_fid_n_bytes(fid->name_bytes, 0), room, rest;
	enum udf_err err;

	if (dir->ad_kind == UDF_AD_EMBEDDED) {
		if (dir->size_bytes + need <= node_inline_capacity(fs, dir)) {
			*ret_at = dir->size_bytes;
			dir->size_bytes += need;
			goto put;
		}
		err = dir_to_blocks(fs, dir);
		if (err)
			return err;
	}
	err = extents_load(fs, dir);
	if (err)
		return err;
	room = bs - (uint32_t)(dir->size_bytes % bs);
	rest = room >= need ? room - need : UINT32_MAX;
	if (room != bs && rest != 0 && rest < REGID_BYTES) {
		err = close_block(fs, dir, room);
	} else if (room != bs && rest == UINT32_MAX) {
		err = close_block(fs, dir, room);
	} else if (rest != 0 && rest < udf_fid_filler_min_bytes(fs->revision)) {
		fid->impl_use_bytes = (uint16_t)rest;
		need += rest;
	}
	if (!err)
		err = dir_ensure_blocks(fs, dir, dir->size_bytes + need);
	if (err)
		return err;
	*ret_at = dir->size_bytes;
	dir->size_bytes += need;
	/* The last descriptor records the exact length, and may be in a chain of AEDs (4/12.1). */
	err = extents_prepare(fs, dir);
	if (err) {
		dir->size_bytes = *ret_at;
		return err;
	}
put:
	dir->dir->last_fid_at = *ret_at;
	return put_fid(fs, dir, *ret_at, fid);
}

enum udf_err dir_add(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
		     const struct node *target, uint32_t fid_unique_id)
{
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES];
	struct udf_fid fid = { .version_number = 1, .name = cs0 };
	uint64_t hash = dir_hash_name(fs, name, name_bytes), at;
	size_t cs0_bytes;
	uint32_t need, slot_bytes, slot;
	enum udf_err err;

	err = udf_cs0_from_utf8(name, name_bytes, cs0, sizeof(cs0), &cs0_bytes);
	if (!err)
		err = dir_index(fs, dir);
	if (!err)
		err = node_dirty(fs, dir);
	if (err)
		return err;
	fid.name_bytes = (uint8_t)cs0_bytes;
	need = udf_fid_n_bytes(fid.name_bytes, 0);
	if (need > fs->block_bytes)
		return UDF_E_NAME_TOO_LONG;
	fid.characteristics = node_is_dir(target) ? UDF_FID_DIRECTORY : 0;
	set_target(fs, &fid, target, fid_unique_id);
	if (take_slot_of_name(fs, dir, &fid, &at, &slot_bytes) || take_slot(dir->dir, need, &at, &slot_bytes))
		err = put_in_slot(fs, dir, &fid, at, slot_bytes, need);
	else
		err = append_fid(fs, dir, &fid, &at);
	if (!err)
		err = index_insert(fs, dir->dir, hash, at);
	if (err)
		return err;
	dir->dir->n_live++;
	if (dir_is_durable_at(dir, at)) {
		if (!index_find_at(dir->dir, hash, at, &slot))
			return UDF_E_CORRUPT;
		index_set_flags(dir->dir, slot, false, true);
		err = fs_add_slot(fs, dir, at);
	}
	return err;
}

void dir_added_is_durable(struct udf_fs *fs, const struct added_slot *added)
{
	char host[UDF_HOST_NAME_MAX_BYTES + 1];
	struct udf_fid fid;
	const uint8_t *p;
	size_t host_bytes;
	uint32_t n_bytes, slot;

	if (!added->dir->dir || !added->dir->dir->indexed ||
	    dir_fid_at(fs, added->dir, added->at, &p, &fid, &n_bytes))
		return;
	udf_shown_name(fid.name, fid.name_bytes, host, &host_bytes, NULL);
	if (index_find_at(added->dir->dir, dir_hash_name(fs, host, host_bytes), added->at, &slot))
		index_set_flags(added->dir->dir, slot, index_is_pending(added->dir->dir, slot), false);
}

/* ---- removing and changing ---- */

enum udf_err dir_put_deleted(struct udf_fs *fs, struct node *dir, uint64_t at)
{
	uint8_t name[UDF_CS0_NAME_MAX_BYTES];
	struct udf_fid fid;
	const uint8_t *p;
	uint32_t n_bytes;
	enum udf_err err = dir_fid_at(fs, dir, at, &p, &fid, &n_bytes);
	uint8_t *impl_use = NULL;

	if (err)
		return err;
	memcpy(name, fid.name, fid.name_bytes);
	fid.name = name;
	if (fid.impl_use_bytes) {
		impl_use = malloc(fid.impl_use_bytes);
		if (!impl_use)
			return UDF_E_NOMEM;
		memcpy(impl_use, fid.impl_use, fid.impl_use_bytes);
		fid.impl_use = impl_use;
	}
	udf_fid_delete(fs->revision, at, &fid, name);
	err = put_fid(fs, dir, at, &fid);
	free(impl_use);
	if (!err && !dir_fid_straddles(fs, dir, at, n_bytes))
		err = dir_push_slot(dir->dir, at, n_bytes);
	return err;
}

enum udf_err dir_apply_removal(struct udf_fs *fs, const struct removal *removal)
{
	char host[UDF_HOST_NAME_MAX_BYTES + 1];
	struct node *dir = removal->dir;
	struct udf_fid fid;
	const uint8_t *p;
	size_t host_bytes;
	uint32_t n_bytes, slot;
	enum udf_err err;

	if (removal->at == FS_REMOVAL_CANCELLED || (dir->flags & NODE_FREED))
		return UDF_OK;
	err = dir_fid_at(fs, dir, removal->at, &p, &fid, &n_bytes);
	if (err)
		return err;
	udf_shown_name(fid.name, fid.name_bytes, host, &host_bytes, NULL);
	if (!index_find_at(dir->dir, dir_hash_name(fs, host, host_bytes), removal->at, &slot) ||
	    !index_is_pending(dir->dir, slot))
		return UDF_OK;	/* retargeted since (R2) */
	err = dir_put_deleted(fs, dir, removal->at);
	if (!err)
		index_remove(dir->dir, slot);
	return err;
}

/* Move the FID of ENTRY to where it can be edited, if necessary, and decode it.  Its name is copied to NAME. */
static enum udf_err edit_fid(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
			     struct udf_fid *fid, uint8_t *name, uint8_t *impl_use, size_t impl_use_cap)
{
	const uint8_t *p;
	uint32_t n_bytes;
	enum udf_err err = UDF_OK;

	if (!entry->added && dir_fid_straddles(fs, dir, entry->at, entry->n_bytes))
		err = dir_relocate(fs, dir, entry->at, entry->n_bytes);
	if (!err)
		err = dir_fid_at(fs, dir, entry->at, &p, fid, &n_bytes);
	if (err)
		return err;
	if (fid->impl_use_bytes > impl_use_cap)
		return UDF_E_UNSUPPORTED;
	memcpy(name, fid->name, fid->name_bytes);
	memcpy(impl_use, fid->impl_use, fid->impl_use_bytes);
	fid->name = name;
	fid->impl_use = impl_use;
	return UDF_OK;
}

enum udf_err dir_retarget(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
			  const struct node *target, uint32_t fid_unique_id)
{
	uint8_t name[UDF_CS0_NAME_MAX_BYTES], impl_use[4096];
	struct udf_fid fid;
	enum udf_err err = edit_fid(fs, dir, entry, &fid, name, impl_use, sizeof(impl_use));

	if (err)
		return err;
	fid.characteristics = (uint8_t)((fid.characteristics & ~UDF_FID_DIRECTORY) |
					(node_is_dir(target) ? UDF_FID_DIRECTORY : 0));
	set_target(fs, &fid, target, fid_unique_id);
	err = put_fid(fs, dir, entry->at, &fid);
	if (!err && entry->pending) {
		index_set_flags(dir->dir, entry->index_slot, false, false);
		dir->dir->n_live++;
	}
	return err;
}

enum udf_err dir_rename_in_place(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
				 const char *name, size_t name_bytes)
{
	uint8_t old_name[UDF_CS0_NAME_MAX_BYTES], cs0[UDF_CS0_NAME_MAX_BYTES], impl_use[4096];
	uint64_t hash = dir_hash_name(fs, name, name_bytes);
	struct udf_fid fid;
	size_t cs0_bytes;
	uint32_t slot;
	enum udf_err err;

	err = udf_cs0_from_utf8(name, name_bytes, cs0, sizeof(cs0), &cs0_bytes);
	if (!err)
		err = edit_fid(fs, dir, entry, &fid, old_name, impl_use, sizeof(impl_use));
	if (err)
		return err;
	fid.name = cs0;
	fid.name_bytes = (uint8_t)cs0_bytes;
	err = put_fid(fs, dir, entry->at, &fid);
	if (err)
		return err;
	index_remove(dir->dir, entry->index_slot);
	err = index_insert(fs, dir->dir, hash, entry->at);
	if (err || !index_find_at(dir->dir, hash, entry->at, &slot))
		return err;
	if (!entry->added)
		index_set_kept(dir->dir, slot);
	else if (dir_is_durable_at(dir, entry->at))
		index_set_flags(dir->dir, slot, false, true);
	return UDF_OK;
}

enum udf_err dir_set_parent(struct udf_fs *fs, struct node *dir, const struct node *parent)
{
	struct udf_fid fid;
	const uint8_t *p;
	uint32_t n_bytes;
	enum udf_err err = dir_index(fs, dir);

	if (!err)
		err = dir_fid_at(fs, dir, 0, &p, &fid, &n_bytes);
	if (err)
		return err;
	if (!(fid.characteristics & UDF_FID_PARENT) || fid.impl_use_bytes)
		return UDF_E_CORRUPT;
	fid.name = NULL;
	fid.impl_use = NULL;
	set_target(fs, &fid, parent, (uint32_t)parent->unique_id);
	dir->dir->parent = node_addr(parent);
	return put_fid(fs, dir, 0, &fid);
}
