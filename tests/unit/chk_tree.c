/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chk_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bitmap.h"
#include "base/bytes.h"
#include "base/cs0.h"

#define NOWHERE 0xFFFFFFFFu
#define MAX_DIR_BYTES 65536u

static bool is_dir(const struct tree_node *n)
{
	return n->type == UDF_FT_DIRECTORY || n->type == UDF_FT_STREAM_DIRECTORY;
}

static int new_node(struct tree *t, enum udf_file_type type, enum tree_data data, uint64_t n_bytes)
{
	struct tree_node *n = &t->nodes[t->n_nodes];

	assert_true(t->n_nodes < TREE_MAX_NODES);
	*n = (struct tree_node){ .type = type, .data = data, .n_bytes = n_bytes, .strategy = 4,
				 .stream_dir = TREE_NONE, .ea_file = TREE_NONE };
	return t->n_nodes++;
}

static void add_fid(struct tree *t, int dir, const char *name, int target, uint8_t characteristics,
		    uint32_t unique_id)
{
	struct tree_node *d = &t->nodes[dir];
	struct tree_fid *f = &d->fids[d->n_fids];

	assert_true(d->n_fids++ < TREE_MAX_FIDS);
	*f = (struct tree_fid){ .target = target, .characteristics = characteristics,
				.unique_id = t->revision < 0x0200 ? 0 : unique_id };
	strcpy(f->name, name);
	t->nodes[target].link_count++;
}

void tree_init(struct tree *t, struct fixture *fx)
{
	const struct udf_part *part;

	memset(t, 0, sizeof(*t));
	assert_int_equal(fx_check(fx), UDF_OK);
	part = &fx->vol->parts[0];
	t->fx = fx;
	t->bs = fx->block_bytes;
	t->revision = fx->vol->revision;
	t->start_lsn = part->start_lsn;
	t->next_unique_id = fx->vol->lvid.next_unique_id;
	t->next_lbn = part->n_blocks - fx->vol->free_blocks[0];
	t->bitmap_lbn = part->header.unallocated_bitmap.length ? part->header.unallocated_bitmap.lbn :
			part->header.freed_bitmap.length ? part->header.freed_bitmap.lbn : NOWHERE;
	t->table_lbn = part->header.unallocated_table.length ? part->header.unallocated_table.lbn :
		       part->header.freed_table.length ? part->header.freed_table.lbn : NOWHERE;
	t->n_directories = 1;
	new_node(t, UDF_FT_DIRECTORY, t->bs < 1024 ? TREE_SHORT : TREE_EMBEDDED, 0);
	t->nodes[0].lbn = fx->vol->fsd.root_icb.addr.lbn;
	add_fid(t, 0, "", 0, UDF_FID_PARENT | UDF_FID_DIRECTORY, 0);
}

int tree_add(struct tree *t, int dir, const char *name, enum udf_file_type type, enum tree_data data,
	     uint64_t n_bytes)
{
	int node = new_node(t, type, data, n_bytes);
	bool is_directory = type == UDF_FT_DIRECTORY;
	struct tree_node *n = &t->nodes[node];

	n->owner = dir;
	n->unique_id = t->next_unique_id++;
	add_fid(t, dir, name, node, is_directory ? UDF_FID_DIRECTORY : 0, (uint32_t)n->unique_id);
	t->n_files += !is_directory;
	t->n_directories += is_directory;
	if (is_directory)
		add_fid(t, node, "", dir, UDF_FID_PARENT | UDF_FID_DIRECTORY,
			(uint32_t)t->nodes[dir].unique_id);
	return node;
}

void tree_link(struct tree *t, int dir, const char *name, int target)
{
	add_fid(t, dir, name, target, is_dir(&t->nodes[target]) ? UDF_FID_DIRECTORY : 0,
		(uint32_t)t->next_unique_id++);
	t->n_files++;
}

int tree_stream(struct tree *t, int owner, const char *name, uint64_t n_bytes)
{
	uint64_t id = t->nodes[owner].unique_id;
	int dir = t->nodes[owner].stream_dir, node;

	if (dir == TREE_NONE) {
		dir = new_node(t, UDF_FT_STREAM_DIRECTORY, TREE_EMBEDDED, 0);
		t->nodes[owner].stream_dir = dir;
		t->nodes[dir].owner = owner;
		t->nodes[dir].unique_id = id;
		add_fid(t, dir, "", owner, UDF_FID_PARENT | (is_dir(&t->nodes[owner]) ? UDF_FID_DIRECTORY : 0),
			(uint32_t)id);
	}
	node = new_node(t, UDF_FT_REGULAR, TREE_EMBEDDED, n_bytes);
	t->nodes[node].unique_id = id;
	t->nodes[node].is_stream = true;
	t->nodes[node].owner = dir;
	t->nodes[owner].stream_bytes += n_bytes;
	add_fid(t, dir, name, node, 0, (uint32_t)id);
	return node;
}

int tree_ea_file(struct tree *t, int owner)
{
	int node = new_node(t, UDF_FT_EA_FILE, TREE_SHORT, UDF_EAHD_BYTES);

	t->nodes[node].owner = owner;
	t->nodes[node].unique_id = t->nodes[owner].unique_id;
	t->nodes[owner].ea_file = node;
	return node;
}

/* ---- writing ---- */

static void write_block(struct tree *t, uint32_t lbn, const uint8_t *block)
{
	fx_write(t->fx, tree_lsn(t, lbn), 1, block);
}

static void seal(struct tree *t, uint8_t *p, uint16_t id, uint32_t location, size_t crc_bytes)
{
	udf_tag_seal(p, id, t->revision < 0x0200 ? 2 : 3, 1, location, crc_bytes);
}

static uint32_t fid_bytes(const struct tree_fid *f)
{
	return udf_fid_n_bytes(f->name[0] ? (uint32_t)strlen(f->name) + 1 : 0, 0);
}

static uint32_t take(struct tree *t, uint32_t n)
{
	uint32_t lbn = t->next_lbn;

	t->next_lbn += n;
	return lbn;
}

static uint32_t n_blocks_of(const struct tree *t, uint64_t n_bytes)
{
	return (uint32_t)((n_bytes + t->bs - 1) / t->bs);
}

/* Blocks of data and of descriptors; chains and long lists have four extents of about equal size. */
static void place(struct tree *t, struct tree_node *n)
{
	if (!n->lbn)
		n->lbn = take(t, n->strategy == 4096 ? 2 : 1);
	if (is_dir(n)) {
		n->n_bytes = 0;
		for (unsigned i = 0; i < n->n_fids; i++) {
			n->fids[i].at = (uint32_t)n->n_bytes;
			n->fids[i].n_bytes = fid_bytes(&n->fids[i]);
			n->n_bytes += n->fids[i].n_bytes;
		}
	}
	if (n->data == TREE_SHORT)
		n->data_lbn[0] = take(t, n_blocks_of(t, n->n_bytes));
	for (unsigned i = 0; (n->data == TREE_LONG || n->data == TREE_CHAIN) && i < 4; i++) {
		n->data_lbn[i] = take(t, 1);
		if (t->bitmap_lbn != NOWHERE)
			take(t, 1);	/* a gap, marked free below */
	}
	for (unsigned i = 0; n->data == TREE_CHAIN && i < 2; i++)
		n->aed_lbn[i] = take(t, 1);
}

static uint32_t put_short(uint8_t *p, uint32_t length, uint32_t lbn)
{
	udf_short_ad_encode(&(struct udf_short_ad){ length, lbn }, p);
	return UDF_SHORT_AD_BYTES;
}

static uint32_t put_long(uint8_t *p, uint32_t length, uint32_t lbn)
{
	udf_long_ad_encode(&(struct udf_long_ad){ .length = length, .addr = { lbn, 0 } }, p);
	return UDF_LONG_AD_BYTES;
}

static void write_aed(struct tree *t, uint32_t lbn, const uint8_t *ads, uint32_t n_bytes)
{
	uint8_t *block = calloc(1, t->bs);

	put_le32(block + 20, n_bytes);
	memcpy(block + 24, ads, n_bytes);
	seal(t, block, UDF_TAG_AED, lbn, t->revision < 0x0201 ? 8 : 8 + n_bytes);
	write_block(t, lbn, block);
	free(block);
}

/* Allocation descriptors into the ICB at P; returns their bytes. */
static uint32_t put_ads(struct tree *t, const struct tree_node *n, uint8_t *p)
{
	uint32_t last = (uint32_t)(n->n_bytes - 3 * (uint64_t)t->bs), at = 0;
	uint8_t ads[64];

	if (!n->n_bytes)
		return 0;
	switch (n->data) {
	case TREE_SHORT:
		return put_short(p, (uint32_t)n->n_bytes, n->data_lbn[0]);
	case TREE_LONG:
		/* Four blocks, a hole between the second and the third; the last is not full. */
		at += put_long(p + at, t->bs, n->data_lbn[0]);
		at += put_long(p + at, t->bs, n->data_lbn[1]);
		at += put_long(p + at, UDF_EXTENT_LENGTH(UDF_EXTENT_HOLE, 2 * t->bs), 0);
		at += put_long(p + at, t->bs, n->data_lbn[2]);
		return at + put_long(p + at, last - 2 * t->bs, n->data_lbn[3]);
	case TREE_CHAIN:
		at = put_short(ads, t->bs, n->data_lbn[2]);
		at += put_short(ads + at, last, n->data_lbn[3]);
		write_aed(t, n->aed_lbn[1], ads, at);
		at = put_short(ads, t->bs, n->data_lbn[1]);
		at += put_short(ads + at, UDF_EXTENT_LENGTH(UDF_EXTENT_NEXT, t->bs), n->aed_lbn[1]);
		write_aed(t, n->aed_lbn[0], ads, at);
		at = put_short(p, t->bs, n->data_lbn[0]);
		return at + put_short(p + at, UDF_EXTENT_LENGTH(UDF_EXTENT_NEXT, t->bs), n->aed_lbn[0]);
	case TREE_EMBEDDED:
		break;
	}
	return 0;
}

/* FIDs of directory DIR into BUF. */
static void put_fids(struct tree *t, const struct tree_node *dir, uint8_t *buf)
{
	for (unsigned i = 0; i < dir->n_fids; i++) {
		const struct tree_fid *f = &dir->fids[i];
		const struct tree_node *target = &t->nodes[f->target];
		uint8_t name[64] = { 8 };
		struct udf_fid fid = {
			.tag = { .version = t->revision < 0x0200 ? 2 : 3, .serial = 1 },
			.version_number = 1,
			.characteristics = f->characteristics,
			.name_bytes = f->name[0] ? (uint8_t)(strlen(f->name) + 1) : 0,
			.icb = { .length = target->strategy == 4096 ? 2 * t->bs : t->bs,
				 .addr = { target->lbn, 0 }, .unique_id = f->unique_id },
			.name = name,
		};

		memcpy(name + 1, f->name, strlen(f->name));
		fid.tag.location = dir->data == TREE_EMBEDDED ? dir->lbn : dir->data_lbn[0] + f->at / t->bs;
		udf_fid_encode(&fid, buf + f->at);
	}
}

static void fill_data(struct tree *t, const struct tree_node *n, uint8_t *buf)
{
	if (is_dir(n)) {
		put_fids(t, n, buf);
	} else if (n->type == UDF_FT_SYMLINK) {
		/* "../x": parent, then a name of one character (ECMA-167 4/14.16). */
		static const uint8_t target[] = { 3, 0, 0, 0, 5, 2, 0, 0, 8, 'x' };

		assert_int_equal(n->n_bytes, sizeof(target));
		memcpy(buf, target, sizeof(target));
	} else if (n->type == UDF_FT_EA_FILE) {
		put_le32(buf + 16, t->revision < 0x0200 ? UDF_EAHD_BYTES : UDF_EA_NONE);
		put_le32(buf + 20, t->revision < 0x0200 ? UDF_EAHD_BYTES : UDF_EA_NONE);
		seal(t, buf, UDF_TAG_EAHD, n->data_lbn[0], 8);
	} else {
		memset(buf, 0xDA, (size_t)n->n_bytes);
	}
}

static struct udf_long_ad icb_of(const struct tree *t, int node)
{
	if (node == TREE_NONE)
		return (struct udf_long_ad){ 0 };
	return (struct udf_long_ad){ .length = t->bs, .addr = { t->nodes[node].lbn, 0 } };
}

static void write_node(struct tree *t, struct tree_node *n)
{
	bool is_efe = t->revision >= 0x0200;
	uint16_t tag_id = is_efe ? UDF_TAG_EFE : UDF_TAG_FE;
	uint8_t *block = calloc(1, t->bs), *data = calloc(1, MAX_DIR_BYTES);
	size_t fixed = udf_fe_fixed_bytes(tag_id);
	uint16_t ad_kind = n->data == TREE_EMBEDDED ? UDF_AD_EMBEDDED :
			   n->data == TREE_LONG	    ? UDF_AD_LONG :
						      UDF_AD_SHORT;
	const struct udf_timestamp time = { 0x1000, 2001, 9, 9, 1, 46, 40, 0, 0, 0 };
	struct udf_fe fe = {
		.tag = { .id = tag_id },
		.icb = { .strategy = n->strategy, .strategy_parameter = n->strategy == 4096,
			 .max_entries = n->strategy == 4096 ? 2 : 1, .file_type = (uint8_t)n->type,
			 .flags = (uint16_t)(ad_kind | n->flags | (n->is_stream ? UDF_ICB_STREAM : 0)) },
		.uid = 1000, .gid = 1000, .permissions = 0x7CA5, .link_count = n->link_count,
		.information_bytes = n->n_bytes, .object_bytes = n->n_bytes + n->stream_bytes,
		.blocks_recorded = n->data == TREE_EMBEDDED ? 0 : n->data == TREE_SHORT ?
				   n_blocks_of(t, n->n_bytes) : 4,
		.access_time = time, .modification_time = time, .creation_time = time,
		.attribute_time = time, .checkpoint = 1, .ea_icb = icb_of(t, n->ea_file),
		.stream_icb = icb_of(t, n->stream_dir), .unique_id = n->unique_id,
		.ea_bytes = n->n_ea_bytes,
	};

	udf_regid_set_impl(&fe.impl);
	memcpy(block + fixed, n->eas, n->n_ea_bytes);
	assert_true(n->n_bytes <= MAX_DIR_BYTES);
	fill_data(t, n, data);
	if (n->data == TREE_EMBEDDED) {
		fe.ad_bytes = (uint32_t)n->n_bytes;
		assert_true(fixed + n->n_ea_bytes + n->n_bytes <= t->bs);
		memcpy(block + fixed + n->n_ea_bytes, data, (size_t)n->n_bytes);
	} else {
		fe.ad_bytes = put_ads(t, n, block + fixed + n->n_ea_bytes);
		for (uint32_t i = 0; n->data == TREE_SHORT && i < n_blocks_of(t, n->n_bytes); i++)
			write_block(t, n->data_lbn[0] + i, data + (size_t)i * t->bs);
	}
	udf_fe_encode(&fe, block);
	seal(t, block, tag_id, n->lbn, fixed - UDF_TAG_BYTES + n->n_ea_bytes + fe.ad_bytes);
	write_block(t, n->lbn, block);
	free(block);
	free(data);
}

void tree_mark(struct tree *t, uint32_t lbn, uint32_t n, bool is_free)
{
	uint8_t *block = malloc(t->bs);

	for (uint32_t i = lbn; i < lbn + n; i++) {
		uint32_t byte = UDF_SBD_FIXED_BYTES + i / 8;

		fx_read(t->fx, tree_lsn(t, t->bitmap_lbn + byte / t->bs), 1, block);
		udf_bits_fill(block + byte % t->bs, i % 8, 1, is_free);
		fx_write(t->fx, tree_lsn(t, t->bitmap_lbn + byte / t->bs), 1, block);
	}
	free(block);
}

void tree_add_free(struct tree *t, int n)
{
	uint8_t *block = malloc(t->bs);

	fx_read(t->fx, t->fx->vol->lvid_lsn, 1, block);
	fx_set32(t->fx, t->fx->vol->lvid_lsn, 80, get_le32(block + 80) + (uint32_t)n);
	free(block);
}

static void write_numbers(struct tree *t, uint32_t n_used)
{
	uint32_t lvid = t->fx->vol->lvid_lsn, n_blocks = t->fx->vol->parts[0].n_blocks;

	fx_set32(t->fx, lvid, 80, n_blocks - n_used);
	fx_set32(t->fx, lvid, 40, (uint32_t)t->next_unique_id);
	fx_set32(t->fx, lvid, 88 + 32, t->n_files);
	fx_set32(t->fx, lvid, 88 + 36, t->n_directories);
}

void tree_write(struct tree *t)
{
	uint32_t first = t->next_lbn, n_gaps = 0;

	for (int i = 0; i < t->n_nodes; i++)
		place(t, &t->nodes[i]);
	for (int i = 0; i < t->n_nodes; i++)
		write_node(t, &t->nodes[i]);
	if (t->bitmap_lbn != NOWHERE) {
		tree_mark(t, first, t->next_lbn - first, false);
		for (int i = 0; i < t->n_nodes; i++)
			for (unsigned k = 0; t->nodes[i].data >= TREE_LONG && k < 4; k++, n_gaps++)
				tree_mark(t, t->nodes[i].data_lbn[k] + 1, 1, true);
	} else {
		/* One free extent, to the end of the partition. */
		fx_set32(t->fx, tree_lsn(t, t->table_lbn), 40,
			 UDF_EXTENT_LENGTH(UDF_EXTENT_ALLOCATED,
					   (t->fx->vol->parts[0].n_blocks - t->next_lbn) * t->bs));
		fx_set32(t->fx, tree_lsn(t, t->table_lbn), 44, t->next_lbn);
	}
	write_numbers(t, t->next_lbn - n_gaps);
}

/* ---- damage ---- */

struct tree_fid *tree_fid(struct tree *t, int dir, const char *name)
{
	for (unsigned i = 0; i < t->nodes[dir].n_fids; i++)
		if (!strcmp(t->nodes[dir].fids[i].name, name))
			return &t->nodes[dir].fids[i];
	fail_msg("no name %s", name);
	return NULL;
}

static void change_fid(struct tree *t, int dir, const char *name, uint32_t at, const void *bytes, size_t n,
		       bool reseal)
{
	const struct tree_node *d = &t->nodes[dir];
	const struct tree_fid *f = tree_fid(t, dir, name);
	uint32_t fixed = t->revision < 0x0200 ? UDF_FE_FIXED_BYTES : UDF_EFE_FIXED_BYTES;
	bool embedded = d->data == TREE_EMBEDDED;
	uint32_t lsn = tree_lsn(t, embedded ? d->lbn : d->data_lbn[0] + f->at / t->bs);
	uint8_t *block = malloc(2 * (size_t)t->bs), *p;

	fx_read(t->fx, lsn, 2, block);
	p = block + (embedded ? fixed + d->n_ea_bytes + f->at : f->at % t->bs);
	memcpy(p + at, bytes, n);
	if (reseal)
		udf_tag_reseal(p);
	if (embedded)
		udf_tag_reseal(block);
	fx_write(t->fx, lsn, 2, block);
	free(block);
}

void tree_set_fid(struct tree *t, int dir, const char *name, uint32_t at, const void *bytes, size_t n)
{
	change_fid(t, dir, name, at, bytes, n, true);
}

void tree_break_fid(struct tree *t, int dir, const char *name, uint32_t at)
{
	const uint8_t byte = 0xA7;

	change_fid(t, dir, name, at, &byte, 1, false);
}
