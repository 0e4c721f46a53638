/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Damage of space sets, descriptors of the volume and the numbers of the integrity descriptor. */
#include "chk_damage.h"

/* ---- space ---- */

static void cross_linked(struct volume *v)
{
	set32(v, v->single, DATA + 4, v->t.nodes[v->chain].data_lbn[2]);
	release(v, v->t.nodes[v->single].data_lbn[0], 1);
}

static void own_block_twice(struct volume *v)
{
	set32(v, v->gaps, DATA + 16 + 4, v->t.nodes[v->gaps].data_lbn[0]);
	release(v, v->t.nodes[v->gaps].data_lbn[1], 1);
}

static void used_marked_free(struct volume *v)
{
	tree_mark(&v->t, v->t.nodes[v->data].data_lbn[1 - 1], 2, true);
}

static void leaked(struct volume *v)
{
	tree_mark(&v->t, 4000, 3, false);
	tree_add_free(&v->t, -3);
}

static void orphan(struct volume *v)
{
	uint8_t *block = malloc(v->bs);

	fx_read(&v->fx, icb(v, v->file), 1, block);
	put_le32(block + 12, 4000);
	udf_tag_reseal(block);
	fx_write(&v->fx, tree_lsn(&v->t, 4000), 1, block);
	free(block);
	tree_mark(&v->t, 4000, 1, false);
	tree_add_free(&v->t, -1);
}

static void bitmap_bits(struct volume *v)
{
	fx_set32(&v->fx, tree_lsn(&v->t, v->t.bitmap_lbn), 16, 7000);
}

static void bitmap_tag(struct volume *v)
{
	fx_set16(&v->fx, tree_lsn(&v->t, v->t.bitmap_lbn), 0, UDF_TAG_USE);
}

static void bitmap_bytes(struct volume *v)
{
	fx_set32(&v->fx, tree_lsn(&v->t, v->t.bitmap_lbn), 20, 10);
}

/* A primary volume descriptor's field, in both copies. */
static void set_pvd(struct volume *v, uint32_t at, const void *bytes, size_t n)
{
	const struct udf_avdp *anchor = &v->fx.vol->anchor;

	fx_set(&v->fx, anchor->main_vds.lsn, at, bytes, n);
	fx_set(&v->fx, anchor->reserve_vds.lsn, at, bytes, n);
}

static void pvd_charset(struct volume *v)
{
	set_pvd(v, 200, "\1", 1);
}

static void pvd_name(struct volume *v)
{
	set_pvd(v, 24, "\3", 1);
}

static void pvd_no_name(struct volume *v)
{
	const uint8_t zeros[32] = { 0 };

	set_pvd(v, 24, zeros, sizeof(zeros));
}

static void pvd_no_maker(struct volume *v)
{
	const uint8_t zeros[32] = { 0 };

	set_pvd(v, 388, zeros, sizeof(zeros));
}

/* A second set, freed blocks, of which one is unallocated too. */
static void second_set(struct volume *v)
{
	uint32_t lbn = v->t.next_lbn, main_pd = 98, n_bits = v->fx.vol->parts[0].n_blocks;
	uint8_t *block = calloc(1, v->bs);

	put_le32(block + 16, n_bits);
	put_le32(block + 20, (n_bits + 7) / 8);
	block[24 + 500] = 1;
	udf_tag_seal(block, UDF_TAG_SBD, 3, 1, lbn, 8);
	fx_write(&v->fx, tree_lsn(&v->t, lbn), 1, block);
	tree_mark(&v->t, lbn, 1, false);
	tree_add_free(&v->t, -1);
	for (int copy = 0; copy < 2; copy++) {
		const struct udf_avdp *anchor = &v->fx.vol->anchor;
		uint32_t lsn = copy ? anchor->reserve_vds.lsn + main_pd - anchor->main_vds.lsn : main_pd;

		fx_set32(&v->fx, lsn, 56 + 32, v->bs);
		fx_set32(&v->fx, lsn, 56 + 36, lbn);
	}
	free(block);
}

static void table_file_type(struct volume *v)
{
	fx_set8(&v->fx, tree_lsn(&v->t, v->t.table_lbn), FILE_TYPE, 5);
}

static void table_tag(struct volume *v)
{
	fx_set16(&v->fx, tree_lsn(&v->t, v->t.table_lbn), 0, UDF_TAG_SBD);
}

static void table_parent(struct volume *v)
{
	fx_set32(&v->fx, tree_lsn(&v->t, v->t.table_lbn), PARENT_ICB, 1);
}

static void table_entries(struct volume *v)
{
	fx_set16(&v->fx, tree_lsn(&v->t, v->t.table_lbn), MAX_ENTRIES, 2);
}

static void table_strategy(struct volume *v)
{
	fx_set16(&v->fx, tree_lsn(&v->t, v->t.table_lbn), STRATEGY, 5);
}

static void table_ad_kind(struct volume *v)
{
	fx_set16(&v->fx, tree_lsn(&v->t, v->t.table_lbn), FLAGS, UDF_AD_LONG);
}

static void table_longer(struct volume *v)
{
	const struct udf_avdp *anchor = &v->fx.vol->anchor;

	fx_set32(&v->fx, fx_find(&v->fx, anchor->main_vds.lsn, UDF_TAG_PD), 56, 2 * v->bs);
	fx_set32(&v->fx, fx_find(&v->fx, anchor->reserve_vds.lsn, UDF_TAG_PD), 56, 2 * v->bs);
}

static void table_extent_type(struct volume *v)
{
	uint8_t *block = malloc(v->bs);

	fx_read(&v->fx, tree_lsn(&v->t, v->t.table_lbn), 1, block);
	fx_set32(&v->fx, tree_lsn(&v->t, v->t.table_lbn), 40, UDF_EXTENT_BYTES(get_le32(block + 40)));
	free(block);
}

/* ---- numbers of the integrity descriptor ---- */

static void file_count(struct volume *v)
{
	set_lvid(v, 88 + 32, v->t.n_files + 1);
}

static void directory_count(struct volume *v)
{
	set_lvid(v, 88 + 36, 1);
}

static void free_space(struct volume *v)
{
	tree_add_free(&v->t, 1);
}

static void next_id(struct volume *v)
{
	set_lvid(v, 40, 20);
}

static void open_and_stale(struct volume *v)
{
	set_lvid(v, 28, UDF_LVID_OPEN);
	file_count(v);
	directory_count(v);
	free_space(v);
}

/* ---- the table ---- */

static const struct damage rows[] = {
	D("block of two files", CROSS_LINKED, .edit = cross_linked),
	D("block of two files of a read-only volume", CROSS_LINKED_READ_ONLY, .edit = cross_linked,
	  .extra = "--read-only", .also = UDF_P_LVID_FREE_READ_ONLY),
	D("block twice in a file", CROSS_LINKED, .edit = own_block_twice),
	D("block in use marked free", USED_MARKED_FREE, .edit = used_marked_free),
	D("block leaked", SPACE_LEAKED, .edit = leaked),
	D("orphan", ORPHAN_ICB, .edit = orphan),
	D("bits of the bitmap", SPACE_BITMAP, .edit = bitmap_bits),
	D("bytes of the bitmap", SPACE_BITMAP, .edit = bitmap_bytes),
	D("bitmap that is none", SPACE_BITMAP, .edit = bitmap_tag),
	D("block both unallocated and freed", SPACE_SETS_OVERLAP, .edit = second_set),
	D("file type of the space table", SPACE_TABLE, .edit = table_file_type, .extra = "--space=unalloctable"),
	D("space table that is none", SPACE_TABLE, .edit = table_tag, .extra = "--space=unalloctable"),
	D("parent ICB of the space table", FIELD_ODD, .edit = table_parent, .extra = "--space=unalloctable"),
	D("entries of the space table", FIELD, .edit = table_entries, .extra = "--space=unalloctable"),
	D("strategy of the space table", ICB_STRATEGY, .edit = table_strategy, .extra = "--space=unalloctable"),
	D("descriptors of the space table", ICB_AD_KIND, .edit = table_ad_kind, .extra = "--space=unalloctable"),
	D("space table of two blocks", SPACE_TABLE, .edit = table_longer, .extra = "--space=unalloctable"),
	D("extent of the space table", SPACE_TABLE, .edit = table_extent_type, .extra = "--space=freedtable"),

	D("character set", CHARSPEC, .edit = pvd_charset),
	D("identifier", DSTRING, .edit = pvd_name),
	D("empty identifier", DSTRING_EMPTY, .edit = pvd_no_name),
	D("empty maker", ENTITY_ID_EMPTY, .edit = pvd_no_maker),

	D("number of files", LVID_FILE_COUNT, .edit = file_count),
	D("number of directories", LVID_DIRECTORY_COUNT, .edit = directory_count),
	D("free space", LVID_FREE_SPACE, .edit = free_space),
	D("next unique id", LVID_NEXT_ID_LOW, .edit = next_id),
	D("numbers of an open volume", COUNTS_STALE, .edit = open_and_stale, .also = UDF_P_LVID_OPEN),
};

const struct damages damages_of_space = { rows, sizeof(rows) / sizeof(rows[0]) };
