/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Damage of directories, links and ids. */
#include "chk_damage.h"

/* ---- directories ---- */

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

/* The last name of a directory, whose block holds nothing after it. */
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

/* ---- links and ids ---- */

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

/* ---- the table ---- */

static const struct damage rows[] = {
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
};

const struct damages damages_of_names = { rows, sizeof(rows) / sizeof(rows[0]) };
