/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes from their ICBs (ECMA-167 4/14.9, 4/14.17). */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "ecma/codec.h"
#include "ecma/symlink.h"
#include "fs/node.h"

#define MAX_TARGET_BYTES 4096		/* of a symlink, as a path of the host's */

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

/* The attribute that holds a File Entry's creation time (ECMA-167 4/14.10.5), or NULL.  It has no field for it. */
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
 * A file can't have been created after it was read or changed (UDF DCN-5153).  Users set the other times and look at
 * them, so the creation time is the one that changes.
 */
int64_t node_creation_us(const struct node *node)
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
	node->btime_us = node_creation_us(node);
}

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

/*
 * The blocks of a file as far as its ICB says: the recorded ones, and those preallocated ones whose descriptors are in
 * the ICB.  extents_blocks() gives the same number for a list in memory.
 */
static uint64_t blocks_by_icb(const struct udf_fe *fe, const uint8_t *icb, uint32_t block_bytes)
{
	const uint8_t *area = icb + udf_fe_fixed_bytes(fe->tag.id) + fe->ea_bytes;
	unsigned ad_kind = fe->icb.flags & UDF_ICB_AD_MASK;
	uint32_t size = ad_kind == UDF_AD_LONG ? UDF_LONG_AD_BYTES : UDF_SHORT_AD_BYTES, at;
	uint64_t n_recorded = 0, n_allocated = 0;
	bool goes_on = false;

	if (ad_kind != UDF_AD_SHORT && ad_kind != UDF_AD_LONG)
		return fe->blocks_recorded;
	for (at = 0; at + size <= fe->ad_bytes && !goes_on; at += size) {
		uint32_t length = get_le32(area + at);	/* the first field of both kinds */
		uint64_t n_blocks = udf_ceil_div(UDF_EXTENT_BYTES(length), block_bytes);

		if (n_blocks == 0)
			break;
		if (UDF_EXTENT_TYPE(length) == UDF_EXTENT_RECORDED)
			n_recorded += n_blocks;
		else if (UDF_EXTENT_TYPE(length) == UDF_EXTENT_ALLOCATED)
			n_allocated += n_blocks;
		goes_on = UDF_EXTENT_TYPE(length) == UDF_EXTENT_NEXT;
	}
	return n_allocated + (goes_on ? udf_max64(n_recorded, fe->blocks_recorded) : n_recorded);
}

void node_from_fe(struct node *node, const struct udf_fe *fe, const uint8_t *icb, uint32_t block_bytes)
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
		node->n_blocks = blocks_by_icb(fe, icb, block_bytes);
}
