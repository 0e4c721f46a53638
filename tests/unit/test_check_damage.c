/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every problem of files, directories and space is found on a volume damaged on purpose, and nothing
 * but the damage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "chk_volume.h"

#define BS 2048u

static bool fired[UDF_N_PROBLEMS];

/* ---- damage: tags and ICBs ---- */

static void tag_checksum(struct volume *v)
{
	fx_break(&v->fx, icb(v, v->file), 4);
}

static void tag_crc(struct volume *v)
{
	fx_break(&v->fx, icb(v, v->file), DATA);
}

static void bytes_behind(struct volume *v)
{
	uint8_t *block = malloc(v->bs);

	fx_read(&v->fx, icb(v, v->file), 1, block);
	block[v->bs - 1] = 1;
	fx_write(&v->fx, icb(v, v->file), 1, block);
	free(block);
}

/* ---- damage: extents ---- */

static void aed_length(struct volume *v)
{
	fx_set16(&v->fx, aed(v, 1), 10, 8 + 12);
	fx_set32(&v->fx, aed(v, 1), 20, 12);
}

static void aed_previous(struct volume *v)
{
	fx_set32(&v->fx, aed(v, 0), 16, 1);
}

static void aed_loop(struct volume *v)
{
	fx_set32(&v->fx, aed(v, 0), 24 + 12, v->t.nodes[v->chain].aed_lbn[0]);
}

static void ad_partial(struct volume *v)
{
	set32(v, v->gaps, DATA, v->bs - 8);
	set32(v, v->gaps, DATA + 4 * 16, 108);
}

static void ad_too_long(struct volume *v)
{
	uint32_t n_hole = (1u << 30) - 4;

	set32(v, v->gaps, DATA + 2 * 16, 2u << 30 | n_hole);
	set_size(v, v->gaps, 3 * v->bs + 100 + n_hole);
}

static void ad_zero(struct volume *v)
{
	set32(v, v->data, DATA + 8, 1u << 30);
	set32(v, v->data, L_AD, 16);
}

static void aed_empty(struct volume *v)
{
	set_size(v, v->chain, 2 * v->bs);
	set32(v, v->chain, BLOCKS, 2);
	fx_zero(&v->fx, aed(v, 1), 1);
	fx_set32(&v->fx, aed(v, 1), 20, 0);
	fx_set32(&v->fx, aed(v, 1), 8, 8u << 16);
	fx_set32(&v->fx, aed(v, 1), 12, v->t.nodes[v->chain].aed_lbn[1]);
	fx_set32(&v->fx, aed(v, 1), 0, UDF_TAG_AED | 3u << 16);
	fx_set16(&v->fx, aed(v, 1), 6, 1);
	release(v, v->t.nodes[v->chain].data_lbn[2], 1);
	release(v, v->t.nodes[v->chain].data_lbn[3], 1);
}

/* As after a truncation whose chain was not trimmed any more. */
static void chain_past_new_end(struct volume *v)
{
	set_size(v, v->chain, 100);
	set32(v, v->chain, BLOCKS, 1);
}

static void not_recorded(struct volume *v)
{
	set32(v, v->slink, DATA, 1u << 30 | 10);
	set32(v, v->slink, BLOCKS, 0);
}

/* ---- damage: contents ---- */

static void ea_on_stream(struct volume *v)
{
	volume_put_free_ea(v, v->s1);
}

/* Another name for the attribute, and the sum of its header. */
static void rename_ea(struct volume *v, const char *id)
{
	uint8_t *ea = v->t.nodes[v->ea].eas + UDF_EAHD_BYTES;
	uint16_t sum = 0;

	memset(ea + 17, 0, 23);
	memcpy(ea + 17, id, strlen(id));
	put_le32(ea + 12, 4);
	for (int i = 0; i < 48; i++)
		sum = (uint16_t)(sum + ea[i]);
	put_le16(ea + 48, sum);
}

static void ea_of_later_revision(struct volume *v)
{
	/* Room for the 48 bytes of *UDF OS/400 DirInfo. */
	struct tree_node *n = &v->t.nodes[v->ea];

	n->n_ea_bytes += 44;
	put_le32(n->eas + 20, n->n_ea_bytes);
	put_le32(n->eas + UDF_EAHD_BYTES + 8, 52 + 44);
	rename_ea(v, "*UDF OS/400 DirInfo");
	put_le32(n->eas + UDF_EAHD_BYTES + 12, 48);
	n->eas[UDF_EAHD_BYTES + 48] = (uint8_t)(n->eas[UDF_EAHD_BYTES + 48] + 44);
}

static void ea_unknown(struct volume *v)
{
	rename_ea(v, "*UDF Nothing");
}

static void late_creation_attribute(struct volume *v)
{
	/* A File Entry (ECMA-167 4/14.9) has no ObjectSize of 8 bytes before it. */
	fx_set16(&v->fx, icb(v, v->times), MODIFICATION - 8 + 2, 1990);
}

static void ea_location(struct volume *v)
{
	uint8_t *block = malloc(v->bs);

	fx_read(&v->fx, icb(v, v->ea), 1, block);
	put_le32(block + DATA + 16, 32);
	udf_tag_reseal(block + DATA);
	udf_tag_reseal(block);
	fx_write(&v->fx, icb(v, v->ea), 1, block);
	free(block);
}

static void ea_file_bytes(struct volume *v)
{
	int file = v->t.nodes[v->with_ea_file].ea_file;

	fx_set32(&v->fx, tree_lsn(&v->t, v->t.nodes[file].data_lbn[0]), 12, 0);
}

static void stream_entry_directory(struct volume *v)
{
	set_fid8(v, v->t.nodes[v->streams].stream_dir, "s1", FID_FLAGS, 2);
}

static void system_stream_of_file(struct volume *v)
{
	tree_stream(&v->t, v->streams, "*UDF Backup", 1);
}

static void streams_of_stream(struct volume *v)
{
	set32(v, v->s1, STREAM_ICB, v->bs);
	set32(v, v->s1, STREAM_ICB + 4, v->t.nodes[v->file].lbn);
}

static void streams_shared(struct volume *v)
{
	set32(v, v->with_ea_file, STREAM_ICB, v->bs);
	set32(v, v->with_ea_file, STREAM_ICB + 4, v->t.nodes[v->t.nodes[v->streams].stream_dir].lbn);
}

/* ---- damage: directories ---- */

static void fid_type(struct volume *v)
{
	set_fid8(v, 0, "file", FID_FLAGS, UDF_FID_DIRECTORY);
}

static void fid_bad(struct volume *v)
{
	tree_break_fid(&v->t, v->dir, "b", 0);
}

static void fid_checksum(struct volume *v)
{
	tree_break_fid(&v->t, v->dir, "b", 4);
}

static void name_duplicate(struct volume *v)
{
	set_fid8(v, v->dir, "b", FID_NAME + 1, 'a');
}

/* The entry of "b" is deleted, under ID and the one-character name NAME. */
static void delete_b(struct volume *v, uint8_t id, char name)
{
	static const uint8_t none[16];
	const uint8_t field[] = { id, (uint8_t)name };

	tree_set_fid(&v->t, v->dir, "b", FID_ICB_LENGTH, none, sizeof(none));
	set_fid8(v, v->dir, "b", FID_FLAGS, UDF_FID_DELETED);
	set_lvid(v, 88 + 32, v->t.n_files - 1);
	tree_set_fid(&v->t, v->dir, "b", FID_NAME, field, sizeof(field));
}

static void deleted_name_too_short(struct volume *v)
{
	delete_b(v, 254, 'b');
}

static void deleted_name_twice(struct volume *v)
{
	delete_b(v, 8, 'a');
}

static void parent_target(struct volume *v)
{
	set_fid32(v, v->dir, "", FID_ICB_LBN, v->t.nodes[v->file].lbn);
}

static void fid_in_big(struct volume *v)
{
	tree_break_fid(&v->t, v->big, "name050", 0);
}

/* The last name of a directory, whose block holds nothing behind it. */
static void name_as_16_bit(struct volume *v)
{
	static const uint8_t name[] = { 16, 0, 'a' };
	uint8_t n = sizeof(name);

	/* "b" has 40 bytes with a name of up to 2 bytes: make room first by its own padding. */
	tree_set_fid(&v->t, v->dir, "fifo", 19, &n, 1);
	tree_set_fid(&v->t, v->dir, "fifo", FID_NAME, name, sizeof(name));
	tree_set_fid(&v->t, v->dir, "fifo", FID_NAME + 3, "\0\0", 2);
}

static void parent_second(struct volume *v)
{
	struct tree_node *dir = &v->t.nodes[v->dir];
	struct tree_fid parent = dir->fids[0];

	dir->fids[0] = dir->fids[1];
	dir->fids[1] = parent;
}

static void parent_twice(struct volume *v)
{
	struct tree_node *dir = &v->t.nodes[v->sub];

	dir->fids[dir->n_fids] = dir->fids[0];
	dir->n_fids++;
}

static void add_dir_name(struct volume *v, int dir, const char *name, int target)
{
	tree_link(&v->t, dir, name, target);
	v->t.n_files--;
	v->t.n_directories++;
	v->t.nodes[target].link_count--;
	if (target)
		v->t.nodes[dir].fids[v->t.nodes[dir].n_fids - 1].unique_id =
			(uint32_t)v->t.nodes[target].unique_id;
}

static void directory_in_two_places(struct volume *v)
{
	add_dir_name(v, v->big, "again", v->sub);
}

static void directory_below_itself(struct volume *v)
{
	add_dir_name(v, v->sub, "up", v->dir);
}

static void root_below_itself(struct volume *v)
{
	add_dir_name(v, v->sub, "up", 0);
}

/* A move that stopped between the parent FID and everything else. */
static void parent_stale(struct volume *v)
{
	v->t.nodes[v->sub].fids[0].target = v->big;
	v->t.nodes[v->sub].fids[0].unique_id = (uint32_t)v->t.nodes[v->big].unique_id;
	v->t.nodes[v->dir].link_count--;
	v->t.nodes[v->big].link_count++;
}

/* The new parent has no name yet: a cut before LINK was whole. */
static void parent_is_an_orphan(struct volume *v)
{
	uint8_t *block = malloc(v->bs);

	fx_read(&v->fx, icb(v, v->dir), 1, block);
	put_le32(block + 12, 4000);
	udf_tag_reseal(block);
	fx_write(&v->fx, tree_lsn(&v->t, 4000), 1, block);
	free(block);
	tree_mark(&v->t, 4000, 1, false);
	tree_add_free(&v->t, -1);
	set_fid32(v, v->sub, "", FID_ICB_LBN, 4000);
}

/* ---- damage: links and ids ---- */

static void set_ids(struct volume *v, int node, const char *name, uint32_t id)
{
	set32(v, node, UNIQUE_ID, id);
	set_fid32(v, 0, name, FID_UNIQUE_ID, id);
}

static void id_reserved(struct volume *v)
{
	set_ids(v, v->file, "file", 7);
}

static void id_twice(struct volume *v)
{
	set_ids(v, v->file, "file", (uint32_t)v->t.nodes[v->data].unique_id);
}

/* That of another file, which is below the file's own: its name keeps that one, as the last of several names does. */
static void id_twice_in_entries(struct volume *v)
{
	set32(v, v->single, UNIQUE_ID, (uint32_t)v->t.nodes[v->file].unique_id);
}

/* Its name says that it is another. */
static void id_twice_in_a_directory(struct volume *v)
{
	set32(v, v->sub, UNIQUE_ID, (uint32_t)v->t.nodes[v->file].unique_id);
}

static void id_of_name(struct volume *v)
{
	set_fid32(v, v->dir, "sub", FID_UNIQUE_ID, (uint32_t)v->t.next_unique_id - 1);
}

static void id_of_link_below_own(struct volume *v)
{
	set32(v, v->in_dir, UNIQUE_ID, (uint32_t)v->t.next_unique_id - 1);
}

static void id_of_two_names(struct volume *v)
{
	set_fid32(v, v->big, "name007", FID_UNIQUE_ID, tree_fid(&v->t, v->big, "name006")->unique_id);
}

/* ---- damage: space ---- */

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

static void aed_tag(struct volume *v)
{
	fx_set16(&v->fx, aed(v, 1), 0, UDF_TAG_TE);
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

static void crc_length(struct volume *v)
{
	fx_set16(&v->fx, icb(v, v->file), 10, 200);
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

/* ---- damage: numbers of the integrity descriptor ---- */

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

/* An EFE instead of the FE. */
static void make_efe(struct volume *v)
{
	uint8_t *block = calloc(1, v->bs);
	struct udf_fe fe;

	fx_read(&v->fx, icb(v, v->file), 1, block);
	udf_fe_decode(block, &fe);
	memset(block, 0, v->bs);
	fe.tag.id = UDF_TAG_EFE;
	fe.ad_bytes = 6;
	udf_fe_encode(&fe, block);
	memset(block + DATA, 1, 6);
	udf_tag_seal(block, UDF_TAG_EFE, 2, 1, fe.tag.location, DATA - 16 + 6);
	fx_write(&v->fx, icb(v, v->file), 1, block);
	free(block);
}

/* ---- the table ---- */

struct damage {
	const char *what;
	enum udf_problem problem;	/* that is found */
	/* An edit, or a number in an ICB or FID: */
	edit_fn edit;
	bool before;			/* EDIT changes the tree before it is written */
	enum { EDIT_NOTHING, EDIT_ICB, EDIT_ROOT, EDIT_SIZE, EDIT_FID } kind;
	size_t node;			/* offset of its number in struct volume */
	const char *fid;
	uint32_t at, n_bytes, value;
	enum udf_problem also;		/* that follows of necessity; 0: nothing */
	const char *extra;		/* for mkudffs */
	const char *revision;		/* NULL: 2.01 */
};

#define D(text, name, ...) { .what = (text), .problem = UDF_P_##name, __VA_ARGS__ }
#define ICB(name, offset, n, number) \
	.kind = EDIT_ICB, .node = offsetof(struct volume, name), .at = (offset), .n_bytes = (n), .value = (number)
#define ROOT(offset, n, number) .kind = EDIT_ROOT, .at = (offset), .n_bytes = (n), .value = (number)
#define SIZE(name, number) .kind = EDIT_SIZE, .node = offsetof(struct volume, name), .value = (number)
#define FID(name, text, offset, n, number) \
	.kind = EDIT_FID, .node = offsetof(struct volume, name), .fid = (text), .at = (offset), \
	.n_bytes = (n), .value = (number)
static const struct damage damages[] = {
	D("tag checksum of an ICB", TAG_CHECKSUM, .edit = tag_checksum),
	D("byte of an embedded file", TAG_CRC, .edit = tag_crc),
	D("length of an ICB's CRC", TAG_CRC_LENGTH, .edit = crc_length),
	D("tag location of an ICB", TAG_LOCATION, ICB(file, 12, 4, 1)),
	D("tag serial number", TAG_SERIAL, ICB(file, 6, 2, 9)),
	D("tag serial number of a name", TAG_SERIAL, FID(dir, "b", 6, 2, 9)),
	D("version of a name", TAG_VERSION_MIX, FID(dir, "b", 2, 2, 2)),
	D("EFE of version 2", TAG_VERSION, ICB(file, 2, 2, 2)),
	D("reserved byte of a tag", RESERVED, ICB(file, 5, 1, 1)),
	D("no file entry", ICB_INVALID, ICB(file, 0, 2, 999)),
	D("strategy", ICB_STRATEGY, ICB(file, STRATEGY, 2, 5)),
	D("kind of allocation descriptors", ICB_AD_KIND, ICB(file, FLAGS, 2, UDF_AD_EXTENDED)),
	D("unknown file type", ICB_FILE_TYPE, ICB(fifo, FILE_TYPE, 1, 200), .also = UDF_P_FILE_TYPE),
	D("EA file with a name", FILE_TYPE, ICB(file, FILE_TYPE, 1, UDF_FT_EA_FILE)),
	D("entry without a type", FILE_TYPE_ZERO, ICB(file, FILE_TYPE, 1, UDF_FT_UNSPECIFIED)),
	D("contents of a FIFO", SPECIAL_FILE_DATA, ICB(file, FILE_TYPE, 1, UDF_FT_FIFO)),
	D("contents of a socket", SPECIAL_FILE_DATA, ICB(data, FILE_TYPE, 1, UDF_FT_SOCKET)),
	D("contents of a device", SPECIAL_FILE_DATA, ICB(with_ea_file, FILE_TYPE, 1, UDF_FT_CHAR_DEVICE),
	  .also = UDF_P_DEVICE_EA_MISSING),
	D("length of a FIFO without contents", SPECIAL_FILE_DATA, SIZE(fifo, 5), .also = UDF_P_FE_EMBEDDED_LENGTH),
	D("reserved byte of an ICB tag", RESERVED, ICB(file, ICB_RESERVED, 1, 1)),
	D("contiguous flag", FIELD_ODD, ICB(file, FLAGS, 2, UDF_AD_EMBEDDED | UDF_ICB_CONTIGUOUS)),
	D("record format", FIELD, ICB(file, RECORD_FORMAT, 1, 1)),
	D("checkpoint 0", FIELD, ICB(file, CHECKPOINT, 4, 0)),
	D("lengths beyond the block", FE_LENGTH, ICB(data, L_AD, 4, BS), .also = UDF_P_SPACE_LEAKED),
	D("piece of an allocation descriptor", FE_AD_LENGTH, ICB(data, L_AD, 4, 12),
	  .also = UDF_P_TAG_CRC_LENGTH),
	D("embedded bytes beyond the information length", FE_EMBEDDED_LENGTH, SIZE(file, 5)),
	D("blocks of an embedded file", FE_EMBEDDED_LENGTH, ICB(file, BLOCKS, 4, 1)),
	D("month 13", TIMESTAMP, ICB(file, MODIFICATION + 4, 1, 13)),
	D("time of another type", TIMESTAMP, ICB(file, MODIFICATION, 2, 0x0000)),
	D("file from the future", FILE_TIME_LATE, ICB(file, MODIFICATION + 2, 2, 2090)),
	D("created after it was changed", FILE_CREATION_LATE, ICB(file, MODIFICATION + 2, 2, 1990)),
	D("created in an attribute after it was changed", FILE_CREATION_LATE, .edit = late_creation_attribute,
	  .revision = "1.50"),
	D("bytes behind a file entry", TAIL_NOT_ZERO, .edit = bytes_behind),
	D("file entries where EFEs should be", FILE_ENTRY_OLD, .extra = "--noefe"),
	D("EFE before UDF 2.00", REVISION, .edit = make_efe, .revision = "1.50"),
	D("recorded blocks", BLOCKS_RECORDED, ICB(data, BLOCKS, 4, 4)),
	D("object size", OBJECT_SIZE_STALE, ICB(file, OBJECT_SIZE, 4, 7)),
	D("object size without the streams", OBJECT_SIZE_STALE, ICB(streams, OBJECT_SIZE, 4, 9)),

	D("hole with a location", AD_HOLE_LOCATION, ICB(gaps, DATA + 2 * 16 + 4, 4, 5)),
	D("flags of an allocation descriptor", AD_FLAGS, ICB(gaps, DATA + 10, 2, 2)),
	D("extent outside the partition", AD_LOCATION, ICB(data, DATA + 4, 4, 0xFFFFF0), .also = UDF_P_SPACE_LEAKED),
	D("extents shorter than the file", AD_BODY_SHORT, SIZE(data, 3 * BS)),
	D("extents without the file's last block", AD_BODY_MISSING, SIZE(data, 3 * BS + 1)),
	D("last extent longer than the file", AD_BODY_LONG, SIZE(data, 2 * BS + 5)),
	D("recorded extents behind the file", AD_TAIL, SIZE(gaps, 4 * BS), .also = UDF_P_AD_PARTIAL),
	D("extent of half a block in the midst", AD_PARTIAL, .edit = ad_partial),
	D("extent too long", AD_LENGTH, .edit = ad_too_long, .also = UDF_P_AD_PARTIAL),
	D("empty descriptor that is not zero", AD_ZERO, .edit = ad_zero, .also = UDF_P_TAG_CRC_LENGTH),
	D("continuation of two blocks", AED_EXTENT, ICB(chain, DATA + 8, 4, 3u << 30 | 2 * BS)),
	D("length of an allocation extent", AED_LENGTH, .edit = aed_length, .also = UDF_P_SPACE_LEAKED),
	D("previous allocation extent", AED_PREVIOUS, .edit = aed_previous),
	D("chain that loops", AED_LOOP, .edit = aed_loop, .also = UDF_P_SPACE_LEAKED),
	D("allocation extent that is none", TAG_ID, .edit = aed_tag, .also = UDF_P_SPACE_LEAKED),
	D("empty allocation extent", AED_EMPTY, .edit = aed_empty),
	D("chain past the end of the file", ALLOCATION_PAST_END, SIZE(chain, 2 * BS + 50)),
	D("chain past the new end of the file", ALLOCATION_PAST_END, .edit = chain_past_new_end),
	D("symlink that was not recorded", DATA_NOT_RECORDED, .edit = not_recorded),

	D("symlink component", SYMLINK_BAD, ICB(link, DATA, 1, 9)),
	D("version of a symlink component", FIELD, ICB(link, DATA + 2, 2, 1)),
	D("device without numbers", DEVICE_EA_MISSING, ICB(fifo, FILE_TYPE, 1, UDF_FT_BLOCK_DEVICE)),
	D("type of an attribute", EA_TYPE, ICB(times, DATA + 24, 4, UDF_EA_ALT_PERMISSIONS)),
	D("length of an attribute", EA_SPACE, ICB(times, DATA + 24 + 8, 4, 4)),
	D("content of an attribute", EA_SPACE, ICB(times, DATA + 24 + 12, 4, 200)),
	D("checksum of an attribute", EA_CHECKSUM, ICB(ea, DATA + 24 + 48, 1, 0)),
	D("attribute of a later revision", REVISION, .edit = ea_of_later_revision, .before = true, .revision = "1.50"),
	D("attribute that UDF does not know", FIELD_ODD, .edit = ea_unknown, .before = true),
	D("attribute of a stream", EA_FORBIDDEN, .edit = ea_on_stream, .before = true),
	D("location of the attributes", EA_LOCATION, .edit = ea_location),
	D("attribute file", TAG_LOCATION, .edit = ea_file_bytes),
	D("stream bit", STREAM_FLAG, ICB(s1, FLAGS, 2, UDF_AD_EMBEDDED)),
	D("directory among streams", STREAM_DIRECTORY_ENTRY, .edit = stream_entry_directory),
	D("system stream of a file", STREAM_NAME, .edit = system_stream_of_file, .before = true),
	D("link count of a stream", OWNED_LINK_COUNT, ICB(s1, LINK_COUNT, 2, 2)),
	D("streams of a stream", STREAM_FORBIDDEN, .edit = streams_of_stream),
	D("stream directory of two files", OWNED_TWICE, .edit = streams_shared),

	D("ICB of three blocks", ICB_EXTENT_LENGTH, FID(dir, "a", FID_ICB_LENGTH, 4, 3 * BS)),
	D("name without an ICB", FID_ICB, FID(dir, "b", FID_ICB_LENGTH, 4, 0), .also = UDF_P_ORPHAN_ICB),
	D("name of an ICB outside", FID_TARGET, FID(dir, "b", FID_ICB_LBN, 4, 0xFFFFF0), .also = UDF_P_ORPHAN_ICB),
	D("name of a file as a directory", FID_TYPE, .edit = fid_type),
	D("FID that is none", FID_BAD, .edit = fid_bad, .also = UDF_P_ORPHAN_ICB),
	D("FID that is none in a long directory", FID_BAD, .edit = fid_in_big, .also = UDF_P_FILE_LINK_COUNT_HIGH),
	D("checksum of a FID", TAG_CHECKSUM, .edit = fid_checksum),
	D("file version number", FIELD, FID(dir, "b", FID_VERSION, 1, 2)),
	D("living name under a dead ID", FID_NAME, FID(dir, "b", FID_NAME, 1, 254)),
	D("reserved characteristics", RESERVED, FID(dir, "b", FID_FLAGS, 1, 0x80)),
	D("deleted name too short for UDF 2.00", FID_DELETED_NAME, .edit = deleted_name_too_short, .revision = "2.00",
	  .also = UDF_P_ORPHAN_ICB),
	D("deleted name of another entry", DELETED_NAME_DUPLICATE, .edit = deleted_name_twice, .revision = "1.50",
	  .also = UDF_P_ORPHAN_ICB),
	D("name twice", NAME_DUPLICATE, .edit = name_duplicate),
	D("name twice, in 8 and 16 bits", NAME_DUPLICATE, .edit = name_as_16_bit),
	D("parent not first", PARENT_FID_MISSING, .edit = parent_second, .before = true),
	D("parent twice", PARENT_FID_EXTRA, .edit = parent_twice, .before = true),
	D("parent without the directory bit", PARENT_FID_FLAGS, FID(dir, "", FID_FLAGS, 1, UDF_FID_PARENT)),
	D("file as a parent", PARENT_FID_TARGET, .edit = parent_target),
	D("id of a parent", PARENT_FID_UNIQUE_ID, FID(sub, "", FID_UNIQUE_ID, 4, 17)),
	D("parent of before a move", DIRECTORY_PARENT_STALE, .edit = parent_stale, .before = true),
	D("parent without a name", DIRECTORY_PARENT_STALE, .edit = parent_is_an_orphan,
	  .also = UDF_P_ORPHAN_ICB),
	D("directory in two places", DIRECTORY_LINKED_TWICE, .edit = directory_in_two_places, .before = true),
	D("directory below itself", DIRECTORY_CYCLE, .edit = directory_below_itself, .before = true),
	D("root below itself", DIRECTORY_CYCLE, .edit = root_below_itself, .before = true),

	D("link count of a directory", DIRECTORY_LINK_COUNT_STALE, ICB(dir, LINK_COUNT, 2, 4)),
	D("link count too high", FILE_LINK_COUNT_HIGH, ICB(file, LINK_COUNT, 2, 2)),
	D("link count too low", FILE_LINK_COUNT_LOW, ICB(in_dir, LINK_COUNT, 2, 100)),
	D("id of the root", UNIQUE_ID_OWN, ROOT(UNIQUE_ID, 4, 16), .also = UDF_P_PARENT_FID_UNIQUE_ID),
	D("id of a stream", UNIQUE_ID_OWN, ICB(s1, UNIQUE_ID, 4, 17)),
	D("reserved id", UNIQUE_ID_RESERVED, .edit = id_reserved),
	D("id twice", UNIQUE_ID_DUPLICATE, .edit = id_twice),
	D("id twice, but of names only once", UNIQUE_ID_DUPLICATE, .edit = id_twice_in_entries),
	D("id twice, of a directory whose name keeps its own", UNIQUE_ID_DUPLICATE, .edit = id_twice_in_a_directory,
	  .also = UDF_P_FID_UNIQUE_ID),
	D("id of a directory's name", FID_UNIQUE_ID, .edit = id_of_name),
	D("ids of names below the file's", FID_UNIQUE_ID, .edit = id_of_link_below_own),
	D("id of two names of a file", NAME_ID_SHARED, .edit = id_of_two_names),

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

static bool is_as_expected(const struct damage *d, const struct fx_findings *found)
{
	for (int i = 0; i < UDF_N_PROBLEMS; i++) {
		bool wanted = i == (int)d->problem || (d->also && i == (int)d->also);

		if ((wanted && !found->n[i]) ||
		    (!wanted && found->n[i] && udf_problem_severity((enum udf_problem)i) > UDF_SEV_INFO))
			return false;
	}
	return true;
}

static void damage(struct volume *v, const struct damage *d)
{
	int node = d->kind == EDIT_ROOT ? 0 : *(int *)(void *)((char *)v + d->node);
	uint8_t bytes[4];

	put_le32(bytes, d->value);
	switch (d->kind) {
	case EDIT_NOTHING:
		if (d->edit)
			d->edit(v);
		break;
	case EDIT_ICB:
	case EDIT_ROOT:
		fx_set(&v->fx, icb(v, node), d->at, bytes, d->n_bytes);
		break;
	case EDIT_SIZE:
		set_size(v, node, d->value);
		break;
	case EDIT_FID:
		tree_set_fid(&v->t, node, d->fid, d->at, bytes, d->n_bytes);
		break;
	}
}

static void one_damage(const struct damage *d, unsigned *n_bad)
{
	static struct volume v;

	volume_make(&v, d->revision ? d->revision : "2.01", BS, d->extra, d->before ? d->edit : NULL);
	if (!d->before)
		damage(&v, d);
	volume_check(&v);
	for (int i = 0; i < UDF_N_PROBLEMS; i++)
		fired[i] |= v.fx.findings.n[i] > 0;
	if (!is_as_expected(d, &v.fx.findings)) {
		print_message("%s: wanted %s%s%s, found:\n%s", d->what, udf_problem_name(d->problem),
			      d->also ? " and " : "", d->also ? udf_problem_name(d->also) : "",
			      v.fx.findings.text);
		++*n_bad;
	}
	fx_done(&v.fx);
}

static void every_damage_is_found_and_nothing_else(void **state)
{
	unsigned n_bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++)
		one_damage(&damages[i], &n_bad);
	assert_int_equal(n_bad, 0);
}

/* Fails when a problem is added without a row above. */
static void every_problem_of_files_and_space_was_reported_once_at_least(void **state)
{
	unsigned n_missing = 0;

	(void)state;
	for (int i = UDF_P_AD_LENGTH; i < UDF_N_PROBLEMS; i++) {
		/* Costs a volume of its own: test_check_hostile. */
		if (fired[i] || i == UDF_P_CHECK_LIMIT)
			continue;
		print_message("%s has not fired\n", udf_problem_name((enum udf_problem)i));
		n_missing++;
	}
	assert_int_equal(n_missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_damage_is_found_and_nothing_else),
		cmocka_unit_test(every_problem_of_files_and_space_was_reported_once_at_least),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
