/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes from their ICBs (ECMA-167 4/14.9, 4/14.17), and to what stat(2) shows. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "ecma/codec.h"
#include "ecma/symlink.h"
#include "fs/private.h"

#define MAX_TARGET_BYTES 4096		/* of a symlink, as a path of the host's */
#define MAX_BLOCKS UINT32_MAX		/* of a volume */

/* ---- reading ---- */

/* The first attribute of TYPE with at least MIN_BYTES in the ICB, or NULL. */
static const uint8_t *find_ea(const struct node *node, const uint8_t *icb, uint32_t type, uint32_t min_bytes)
{
	size_t at = node->flags & NODE_EFE ? UDF_EFE_FIXED_BYTES : UDF_FE_FIXED_BYTES;
	struct udf_place place = { node->part_ref, node->lbn, NULL };
	struct udf_ea_iter it;
	struct udf_ea head;
	const uint8_t *p;

	if (udf_ea_iter_init(&it, icb + at, node->ea_bytes, place, NULL))
		return NULL;
	while (udf_ea_next(&it, &head, &p) == UDF_OK)
		if (head.type == type && head.n_bytes >= min_bytes)
			return p;
	return NULL;
}

static void load_rdev(struct node *node, const uint8_t *icb)
{
	const uint8_t *p = find_ea(node, icb, UDF_EA_DEVICE, UDF_EA_HEADER_BYTES + 12);
	struct udf_ea_device device = { .major = 0 };

	if (p)
		udf_ea_device_decode(p + UDF_EA_HEADER_BYTES, &device);
	node->rdev.major = device.major;
	node->rdev.minor = device.minor;
}

/* Where a File Entry, which has no field for it, keeps its creation time (ECMA-167 4/14.10.5); NULL: nowhere. */
static const uint8_t *creation_time_in(const struct node *node, const uint8_t *icb)
{
	const uint8_t *p = node->flags & NODE_EFE ? NULL :
			   find_ea(node, icb, UDF_EA_FILE_TIMES, UDF_CREATION_EA_BYTES - UDF_EAHD_BYTES);
	struct udf_ea_times times;

	if (!p)
		return NULL;
	udf_ea_times_decode(p + UDF_EA_HEADER_BYTES, &times);
	if (!(times.existence & UDF_EA_TIME_CREATION) || times.data_bytes < 12)
		return NULL;
	return p + UDF_EA_HEADER_BYTES + 8;
}

static int64_t load_btime(const struct node *node, const struct udf_fe *fe, const uint8_t *icb)
{
	const uint8_t *p = creation_time_in(node, icb);
	struct udf_timestamp creation;

	if (node->flags & NODE_EFE)
		return timestamp_to_us(&fe->creation_time, node->mtime_us);
	if (!p)
		return node->mtime_us;
	udf_timestamp_decode(p, &creation);
	return timestamp_to_us(&creation, node->mtime_us);
}

/*
 * A file is not created after it was read or changed (UDF DCN-5153).  Users set the other times and look at them, so
 * the creation time gives way.
 */
static int64_t creation_us(const struct node *node)
{
	int64_t others[] = { node->mtime_us, node->atime_us, node->ctime_us };
	int64_t us = node->btime_us;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (us > others[i])
			us = others[i];
	return us;
}

void node_settle_btime(struct node *node)
{
	node->btime_us = creation_us(node);
}

/* A File Entry's creation time changes where it has one; none is added. */
void node_store_btime(struct node *node, const struct udf_fe *fe)
{
	const uint8_t *p = creation_time_in(node, node->icb);
	struct udf_timestamp creation;

	if (!p || load_btime(node, fe, node->icb) == node->btime_us)
		return;
	us_to_timestamp(node->btime_us, &creation);
	udf_timestamp_encode(&creation, node->icb + (p - node->icb));
}

void node_set_target_bytes(struct node *node, const uint8_t *data, size_t n_bytes)
{
	char target[MAX_TARGET_BYTES];

	node->target_bytes = udf_symlink_to_path(data, n_bytes, target, sizeof(target)) ?
				     node->size_bytes : strlen(target);
}

void node_from_fe(struct node *node, const struct udf_fe *fe, const uint8_t *icb)
{
	node->file_type = fe->icb.file_type;
	node->ad_kind = fe->icb.flags & UDF_ICB_AD_MASK;
	node->icb_flags = fe->icb.flags & (uint16_t)~UDF_ICB_AD_MASK;
	node->flags = fe->tag.id == UDF_TAG_EFE ? NODE_EFE : 0;
	node->uid = fe->uid;
	node->gid = fe->gid;
	node->permissions = fe->permissions;
	if (fe->tag.id == UDF_TAG_EFE && UDF_EXTENT_BYTES(fe->stream_icb.length))
		node->side |= SIDE_STREAMS;
	if (UDF_EXTENT_BYTES(fe->ea_icb.length))
		node->side |= SIDE_EA_FILE;
	node->n_extra_links = (node->side & SIDE_STREAMS) && fe->link_count > 1;
	node->nlink = node->nlink_disc = (uint16_t)(fe->link_count - node->n_extra_links);
	node->ea_bytes = fe->ea_bytes;
	node->size_bytes = fe->information_bytes;
	node->unique_id = fe->unique_id;
	node->mtime_us = timestamp_to_us(&fe->modification_time, 0);
	node->atime_us = timestamp_to_us(&fe->access_time, node->mtime_us);
	node->ctime_us = timestamp_to_us(&fe->attribute_time, node->mtime_us);
	node->btime_us = load_btime(node, fe, icb);
	node->data_part_ref = node->part_ref;
	if (node->file_type == UDF_FT_BLOCK_DEVICE || node->file_type == UDF_FT_CHAR_DEVICE)
		load_rdev(node, icb);
	else if (node->file_type == UDF_FT_SYMLINK && node->ad_kind == UDF_AD_EMBEDDED)
		node_set_target_bytes(node, icb + udf_fe_fixed_bytes(fe->tag.id) + fe->ea_bytes,
				      fe->ad_bytes);
	else if (node_has_data(node) && !node_is_dir(node))
		node->n_recorded_blocks = fe->blocks_recorded;
}

/* ---- attributes ---- */

static uint32_t type_to_mode(uint8_t file_type)
{
	switch (file_type) {
	case UDF_FT_DIRECTORY:
	case UDF_FT_STREAM_DIRECTORY:
		return S_IFDIR;
	case UDF_FT_BLOCK_DEVICE:
		return S_IFBLK;
	case UDF_FT_CHAR_DEVICE:
		return S_IFCHR;
	case UDF_FT_FIFO:
		return S_IFIFO;
	case UDF_FT_SOCKET:
		return S_IFSOCK;
	case UDF_FT_SYMLINK:
		return S_IFLNK;
	default:
		return S_IFREG;
	}
}

void node_to_attr(struct udf_fs *fs, const struct node *node, struct udf_attr *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->ino = node_ino(node);
	ret->mode = type_to_mode(node->file_type) | udf_permissions_to_mode(node->permissions);
	if (node->icb_flags & UDF_ICB_SETUID)
		ret->mode |= S_ISUID;
	if (node->icb_flags & UDF_ICB_SETGID)
		ret->mode |= S_ISGID;
	if (node->icb_flags & UDF_ICB_STICKY)
		ret->mode |= S_ISVTX;
	ret->nlink = node_is_dir(node) && node->nlink ? node->nlink + 1u : node->nlink;
	ret->uid = node->uid;
	ret->gid = node->gid;
	ret->size_bytes = node->size_bytes;
	if (node->file_type == UDF_FT_SYMLINK)
		ret->size_bytes = node->target_bytes;
	if (node_has_data(node)) {
		/* embedded data is no hole, and must not look like one */
		if (node->ad_kind == UDF_AD_EMBEDDED)
			ret->allocated_bytes = node->size_bytes;
		else if (node->extents)
			ret->allocated_bytes = extents_count(node->extents, false) * fs->block_bytes;
		else if (node_is_dir(node) || node->file_type == UDF_FT_SYMLINK)
			ret->allocated_bytes = (node->size_bytes + fs->block_bytes - 1) /
					       fs->block_bytes * fs->block_bytes;
		else
			ret->allocated_bytes = udf_min64(node->n_recorded_blocks, MAX_BLOCKS) *
					       fs->block_bytes;
	} else if (node->file_type == UDF_FT_BLOCK_DEVICE || node->file_type == UDF_FT_CHAR_DEVICE) {
		ret->rdev_major = node->rdev.major;
		ret->rdev_minor = node->rdev.minor;
	}
	us_to_time(node->atime_us, &ret->atime);
	us_to_time(node->mtime_us, &ret->mtime);
	us_to_time(node->ctime_us, &ret->ctime);
	/* Of a node that is to be written, what will be written. */
	us_to_time(node->flags & NODE_DIRTY ? creation_us(node) : node->btime_us, &ret->btime);
	ret->unique_id = node->unique_id;
}
