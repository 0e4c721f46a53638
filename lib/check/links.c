/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be judged only when every name is known: link counts, UniqueIDs, and the counts in the LVID. */
#include <stdlib.h>

#include "check/chk.h"

#define CYCLE_STEPS (1u << 20)

static struct udf_place place_of(const struct chk_object *o, const char *field)
{
	return chk_place(o->part_ref, o->lbn, field);
}

static bool is_directory(const struct chk_object *o)
{
	return o->type == UDF_FT_DIRECTORY;
}

/* ---- further names ---- */

static int by_object(const void *a, const void *b)
{
	const struct chk_link *p = a, *q = b;

	if (p->object != q->object)
		return p->object < q->object ? -1 : 1;
	if (p->dir != q->dir)
		return p->dir < q->dir ? -1 : 1;
	return p->fid_at < q->fid_at ? -1 : p->fid_at > q->fid_at;
}

static int by_object_only(const void *key, const void *row)
{
	uint32_t object = *(const uint32_t *)key;
	const struct chk_link *link = row;

	return object < link->object ? -1 : object > link->object;
}

/* The other names of OBJECT: *RET_N rows from the first one on, after the links have been sorted. */
static const struct chk_link *links_of(const struct chk *ck, uint32_t object, size_t *ret_n)
{
	const struct chk_link *rows = ck->links.rows, *link;
	size_t n = ck->links.n, first, end;

	*ret_n = 0;
	link = n ? bsearch(&object, rows, n, sizeof(*rows), by_object_only) : NULL;
	if (!link)
		return NULL;
	for (first = (size_t)(link - rows); first && rows[first - 1].object == object; first--)
		;
	for (end = first; end < n && rows[end].object == object; end++)
		;
	*ret_n = end - first;
	return rows + first;
}

/* Is OBJECT above DIR, or DIR itself?  Looks up at most *STEPS directories. */
static bool is_above(const struct chk *ck, uint32_t object, uint32_t dir, uint32_t *steps)
{
	while (*steps) {
		uint32_t parent = chk_object_at(&ck->objects, dir)->parent;

		if (dir == object)
			return true;
		if (parent == dir)
			return false;
		dir = parent;
		--*steps;
	}
	return false;
}

/* Report PROBLEM about another name, with the path of its object. */
static void report_link(struct chk *ck, const struct chk_link *link, enum udf_problem problem,
			uint64_t found, uint64_t expected)
{
	const struct chk_object *o = chk_object_at(&ck->objects, link->object);
	const struct chk_object *dir = chk_object_at(&ck->objects, link->dir);

	ck->about = link->object;
	chk_report(ck, problem, place_of(o, NULL), found ? found : dir->lbn, expected);
	ck->about = CHK_NONE;
}

static void check_names(struct chk *ck)
{
	const struct chk_link *links = ck->links.rows;
	uint32_t steps = CYCLE_STEPS;

	for (size_t i = 0; i < ck->links.n; i++) {
		const struct chk_link *link = &links[i];
		struct chk_object *o = chk_object_at(&ck->objects, link->object);

		if (o->flags & CHK_OBJECT_BAD)
			continue;
		if (link->as_directory != is_directory(o))
			report_link(ck, link, UDF_P_FID_TYPE, link->as_directory, is_directory(o));
		if (!is_directory(o))
			continue;
		o->flags |= CHK_OBJECT_LINKED_TWICE;
		report_link(ck, link,
			    is_above(ck, link->object, link->dir, &steps) ? UDF_P_DIRECTORY_CYCLE
									    : UDF_P_DIRECTORY_LINKED_TWICE,
			    0, chk_object_at(&ck->objects, o->parent)->lbn);
	}
}

/* ---- parent FIDs that name something else than the directory where theirs was met ---- */

static bool names_dir(const struct chk *ck, uint32_t dir, uint32_t parent)
{
	size_t n;
	const struct chk_link *links = links_of(ck, dir, &n);

	for (size_t i = 0; i < n; i++)
		if (links[i].dir == parent)
			return true;
	return false;
}

/* Is it a directory that a crash left without a name? */
static bool is_orphan_directory(struct chk *ck, struct udf_lb_addr addr)
{
	struct udf_fe fe;

	return !udf_vol_read(ck->vol, addr.part_ref, addr.lbn, 1, ck->run) &&
	       chk_is_file_entry(ck, ck->run, addr.part_ref, addr.lbn, &fe) &&
	       fe.icb.file_type == UDF_FT_DIRECTORY;
}

static void check_other_parents(struct chk *ck)
{
	const struct chk_other_parent *rows = ck->other_parents.rows;

	for (size_t i = 0; i < ck->other_parents.n; i++) {
		const struct chk_object *dir = chk_object_at(&ck->objects, rows[i].dir);
		struct chk_object *parent = chk_object_at(&ck->objects, dir->parent), *named = NULL;
		uint32_t index = chk_objects_find(&ck->objects,
						  chk_space_of(ck, rows[i].named.part_ref)->part_ref,
						  rows[i].named.lbn);
		struct chk_object *counted = parent;

		if (index != CHK_NONE)
			named = chk_object_at(&ck->objects, index);
		ck->about = rows[i].dir;
		if (!named && dir->role == CHK_ROLE_NAMED && is_orphan_directory(ck, rows[i].named)) {
			chk_report(ck, UDF_P_DIRECTORY_PARENT_STALE, place_of(dir, NULL), rows[i].named.lbn,
				   parent->lbn);
		} else if (!named || !is_directory(named) || dir->role == CHK_ROLE_STREAM_DIRECTORY ||
			   dir->role == CHK_ROLE_SYSTEM_STREAMS) {
			chk_report(ck, UDF_P_PARENT_FID_TARGET, place_of(dir, NULL), rows[i].named.lbn,
				   parent->lbn);
		} else {
			counted = named;
			if (!names_dir(ck, rows[i].dir, index))
				chk_report(ck, UDF_P_DIRECTORY_PARENT_STALE, place_of(dir, NULL),
					   named->lbn, parent->lbn);
		}
		ck->about = CHK_NONE;
		if (counted->links_counted < UINT16_MAX)
			counted->links_counted++;
	}
}

/* ---- link counts (ECMA-167 4/14.9.6) ---- */

static void check_link_count(struct chk *ck, const struct chk_object *o)
{
	struct udf_place place = place_of(o, "FileLinkCount");
	uint16_t found = o->links_stated, want = o->links_counted;
	bool lacks_stream = o->flags & CHK_OBJECT_HAS_STREAMS && found + 1 == want;

	switch ((enum chk_role)o->role) {
	case CHK_ROLE_STREAM:
	case CHK_ROLE_STREAM_DIRECTORY:
	case CHK_ROLE_SYSTEM_STREAMS:
	case CHK_ROLE_EA_FILE:
		if (found != want)
			chk_report(ck, UDF_P_OWNED_LINK_COUNT, place, found, want);
		return;
	case CHK_ROLE_NAMED:
	case CHK_ROLE_ROOT:
		break;
	}
	/* Drivers that know no streams leave out the stream directory's parent FID. */
	if (found == want || lacks_stream)
		return;
	if (is_directory(o)) {
		if (!(o->flags & (CHK_OBJECT_LINKED_TWICE | CHK_OBJECT_LOST_NAMES)))
			chk_report(ck, UDF_P_DIRECTORY_LINK_COUNT_STALE, place, found, want);
		return;
	}
	chk_report(ck, found > want ? UDF_P_FILE_LINK_COUNT_HIGH : UDF_P_FILE_LINK_COUNT_LOW, place,
		   found, want);
}

/* ---- ObjectSize with streams ---- */

static int by_owner(const void *a, const void *b)
{
	const struct chk_object_size *p = a, *q = b;

	if (p->object != q->object)
		return p->object < q->object ? -1 : 1;
	return p->is_stream - q->is_stream;
}

static void check_object_sizes(struct chk *ck)
{
	const struct chk_object_size *rows = ck->object_sizes.rows;
	size_t n = ck->object_sizes.n, i = 0;

	if (n)
		qsort(ck->object_sizes.rows, n, sizeof(*rows), by_owner);
	while (i < n) {
		const struct chk_object_size *owner = &rows[i++];
		uint64_t sum = 0;

		for (; i < n && rows[i].object == owner->object; i++)
			sum += rows[i].n_bytes;
		if (owner->is_stream || owner->n_bytes == sum)
			continue;
		ck->about = owner->object;
		chk_report(ck, UDF_P_OBJECT_SIZE_STALE,
			   place_of(chk_object_at(&ck->objects, owner->object), "streams"),
			   owner->n_bytes, sum);
		ck->about = CHK_NONE;
	}
}

enum udf_err chk_check_links(struct chk *ck)
{
	if (ck->links.n)
		qsort(ck->links.rows, ck->links.n, sizeof(struct chk_link), by_object);
	check_names(ck);
	check_other_parents(ck);
	check_object_sizes(ck);
	for (uint32_t i = 0; i < ck->objects.n; i++) {
		const struct chk_object *o = chk_object_at(&ck->objects, i);

		if (i % 65536 == 0 && chk_is_cancelled(ck))
			return UDF_E_CANCELLED;
		if (o->flags & CHK_OBJECT_BAD || o->links_stated == o->links_counted)
			continue;
		ck->about = i;
		check_link_count(ck, o);
		ck->about = CHK_NONE;
	}
	return UDF_OK;
}

/* ---- UniqueIDs (UDF 2.3.4.3, 3.2.1.1) ---- */

struct id_row {
	uint32_t id, object;
};

static int by_id(const void *a, const void *b)
{
	const struct id_row *p = a, *q = b;

	if (p->id != q->id)
		return p->id < q->id ? -1 : 1;
	return p->object < q->object ? -1 : p->object > q->object;
}

static void report_same_ids(struct chk *ck, const struct id_row *rows, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct chk_object *o = chk_object_at(&ck->objects, rows[i].object);
		bool is_same = rows[i].object == rows[i - 1].object;

		/* An unfinished rename leaves both names with one id.  An open volume may have that. */
		if (rows[i].id != rows[i - 1].id || (is_same && ck->result.was_open))
			continue;
		/* Both names of a directory have its id.  That it has two names is reported already. */
		if (rows[i].object == rows[i - 1].object && (o->flags & CHK_OBJECT_LINKED_TWICE))
			continue;
		ck->about = rows[i].object;
		chk_report(ck, is_same ? UDF_P_NAME_ID_SHARED : UDF_P_UNIQUE_ID_DUPLICATE,
			   place_of(o, "UniqueID"), rows[i].id,
			   chk_object_at(&ck->objects, rows[i - 1].object)->lbn);
		ck->about = CHK_NONE;
	}
}

/* The id of a name is not below that of its object, because ids are given in order. */
static void check_link_ids(struct chk *ck)
{
	const struct chk_own_id *rows = ck->own_ids.rows;

	if (ck->vol->lvid.next_unique_id > UINT32_MAX)
		return;
	for (size_t i = 0; i < ck->own_ids.n; i++) {
		size_t n;
		const struct chk_link *links = links_of(ck, rows[i].object, &n);

		if (chk_object_at(&ck->objects, rows[i].object)->flags & CHK_OBJECT_AS_DIRECTORY)
			continue;	/* the second name of a directory has a problem of its own */
		for (size_t k = 0; k < n; k++)
			if (links[k].unique_id < rows[i].unique_id)
				report_link(ck, &links[k], UDF_P_FID_UNIQUE_ID, links[k].unique_id,
					    rows[i].unique_id);
	}
}

static int by_id_object(const void *a, const void *b)
{
	const struct chk_own_id *p = a, *q = b;

	return p->object < q->object ? -1 : p->object > q->object;
}

/*
 * From UDF 2.00 on names carry ids, which need not be those of their objects: the last of several names has an id
 * of its own.  So two objects may have one id where no two names do.  ROWS has room for all objects.
 */
static void check_own_ids(struct chk *ck, struct id_row *rows)
{
	const struct chk_own_id *own = ck->own_ids.rows;
	size_t n = 0, n_own = ck->own_ids.n, k = 0, n_other = 0;

	if (!n_own)
		return;
	qsort(ck->own_ids.rows, n_own, sizeof(*own), by_id_object);
	for (uint32_t i = 0; i < ck->objects.n; i++) {
		const struct chk_object *o = chk_object_at(&ck->objects, i);
		uint32_t id = o->unique_id;

		for (; k < n_own && own[k].object <= i; k++)
			if (own[k].object == i)
				id = own[k].unique_id;
		n_other += id != o->unique_id;
		if (o->role == CHK_ROLE_NAMED && !(o->flags & CHK_OBJECT_BAD) && id >= 16)
			rows[n++] = (struct id_row){ id, i };
	}
	if (!n_other)
		return;		/* what the names have, which have been compared */
	qsort(rows, n, sizeof(*rows), by_id);
	for (size_t i = 1; i < n; i++) {
		const struct chk_object *o = chk_object_at(&ck->objects, rows[i].object);
		const struct chk_object *before = chk_object_at(&ck->objects, rows[i - 1].object);

		/* Names with the same id have been reported. */
		if (rows[i].id != rows[i - 1].id || o->unique_id == before->unique_id)
			continue;
		ck->about = rows[i].object;
		chk_report(ck, UDF_P_UNIQUE_ID_DUPLICATE, place_of(o, "UniqueID"), rows[i].id, before->lbn);
		ck->about = CHK_NONE;
	}
}

enum udf_err chk_check_unique_ids(struct chk *ck)
{
	const struct chk_link *links = ck->links.rows;
	bool by_fid = ck->revision >= 0x0200;
	size_t n = 0, cap = ck->objects.n + (by_fid ? ck->links.n : 0);
	struct id_row *rows;

	/* Beyond 32 bits the two can't differ any more. */
	if (!cap || ck->highest_id > UINT32_MAX)
		return UDF_OK;
	rows = malloc(cap * sizeof(*rows));
	if (!rows)
		return UDF_E_NOMEM;
	for (uint32_t i = 0; i < ck->objects.n; i++) {
		const struct chk_object *o = chk_object_at(&ck->objects, i);

		/* On UDF 1.x the id is in the ICB. */
		if (o->role == CHK_ROLE_NAMED && o->unique_id >= 16 &&
		    (by_fid || !(o->flags & CHK_OBJECT_BAD)))
			rows[n++] = (struct id_row){ o->unique_id, i };
	}
	/* The second name of a directory has a problem of its own. */
	for (size_t i = 0; by_fid && i < ck->links.n; i++)
		if (links[i].unique_id >= 16 && !is_directory(chk_object_at(&ck->objects, links[i].object)))
			rows[n++] = (struct id_row){ links[i].unique_id, links[i].object };
	qsort(rows, n, sizeof(*rows), by_id);
	report_same_ids(ck, rows, n);
	if (by_fid) {
		check_link_ids(ck);
		check_own_ids(ck, rows);
	}
	free(rows);
	return UDF_OK;
}

/* ---- the LVID's numbers ---- */

static void check_count(struct chk *ck, enum udf_problem problem, const char *field, uint64_t found,
			uint64_t expected)
{
	struct udf_place place = chk_place(UDF_PART_VOLUME, ck->vol->lvid_lsn, field);

	if (found != expected)
		chk_report(ck, ck->result.was_open ? UDF_P_COUNTS_STALE : problem, place, found, expected);
}

void chk_check_counts(struct chk *ck)
{
	const struct udf_vol *vol = ck->vol;
	const struct udf_lvid_impl *impl = &vol->lvid_impl;

	if (!vol->lvid_lsn)
		return;
	/* Ids are never given twice, not even after a crash. */
	if (ck->highest_id >= vol->lvid.next_unique_id)
		chk_report(ck, UDF_P_LVID_NEXT_ID_LOW,
			   chk_place(UDF_PART_VOLUME, vol->lvid_lsn, "Next UniqueID"),
			   vol->lvid.next_unique_id, ck->highest_id + 1);
	if (vol->lvid.impl_use_bytes >= UDF_LVID_IMPL_BYTES && !ck->incomplete &&
	    !ck->n_by_problem[UDF_P_FID_TYPE]) {
		check_count(ck, UDF_P_LVID_FILE_COUNT, "number of files", impl->n_files,
			    ck->result.n_files);
		check_count(ck, UDF_P_LVID_DIRECTORY_COUNT, "number of directories",
			    impl->n_directories, ck->result.n_directories);
	}
	for (uint16_t ref = 0; ref < vol->n_parts && ref < vol->lvid.n_partitions; ref++) {
		const struct chk_space *space = chk_space_of(ck, ref);
		uint64_t n_used = space->used.n_set;

		if (vol->parts[ref].access_type == UDF_ACCESS_READ_ONLY)
			continue;	/* read-only: none, whatever a space set says (LVID_FREE_READ_ONLY) */
		/*
		 * It may count the blocks that are marked free, or those that are not in use.  If these two differ,
		 * that is a problem of its own.
		 */
		if (space->has_set && vol->free_blocks[ref] != space->n_marked_free &&
		    vol->free_blocks[ref] != space->used.n_blocks - n_used)
			check_count(ck, UDF_P_LVID_FREE_SPACE, "free space", vol->free_blocks[ref],
				    space->n_marked_free);
	}
}
