/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File Identifier Descriptors of one directory. */
#include <string.h>

#include "base/checked.h"
#include "base/cs0.h"
#include "check/chk.h"

#define MAX_FID_BYTES (UDF_FID_FIXED_BYTES + 65535u + 255u + 3u)
#define RESYNC_BYTES (1024u * 1024)	/* how far to search for the next good FID */

struct walk {
	struct chk *ck;
	const struct chk_icb *icb;
	struct chk_data *data;
	struct chk_object *dir;
	bool quiet;			/* damage that was reported already */
	bool in_streams;
	uint64_t at;			/* byte of the current FID */
	const uint8_t *window;		/* bytes [window_at, window_at + n_window) */
	uint64_t window_at;
	size_t n_window;
	bool has_parent;
	bool missing_reported;
	bool damaged;			/* names may have been lost */
	uint64_t n_fids;
};

/* ---- bytes ---- */

/* A block that can't be read is reported, and reads as zero. */
static void read_by_blocks(struct walk *w, uint64_t from, size_t n_bytes)
{
	struct chk *ck = w->ck;

	for (size_t done = 0; done < n_bytes;) {
		size_t n = (size_t)udf_min64(ck->bs - (from + done) % ck->bs, n_bytes - done);

		if (chk_data_read(ck, w->data, from + done, n, ck->window + done)) {
			struct udf_lb_addr at = chk_data_block(ck, w->data, from + done);

			chk_report(ck, UDF_P_BLOCK_UNREADABLE,
				   chk_place(at.part_ref, at.lbn, NULL), from + done, 0);
			memset(ck->window + done, 0, n);
			ck->incomplete = true;
			w->quiet = true;
			w->damaged = true;
		}
		done += n;
	}
}

/* The bytes of the directory from w->at on: at least MAX_FID_BYTES, or all that remain. */
static const uint8_t *bytes(struct walk *w, size_t *ret_avail)
{
	struct chk *ck = w->ck;
	uint64_t left = w->data->n_bytes - w->at;
	uint64_t end = w->window_at + w->n_window;

	if (w->data->map.embedded) {
		*ret_avail = (size_t)left;
		return w->data->image + w->data->map.embedded_at + w->at;
	}
	if (!w->window || w->at >= end || (end - w->at < MAX_FID_BYTES && end < w->data->n_bytes)) {
		w->window_at = w->at - w->at % ck->bs;
		w->n_window = (size_t)udf_min64(CHK_RUN_BYTES, w->data->n_bytes - w->window_at);
		w->window = ck->window;
		if (chk_data_read(ck, w->data, w->window_at, w->n_window, ck->window))
			read_by_blocks(w, w->window_at, w->n_window);
	}
	*ret_avail = w->n_window - (size_t)(w->at - w->window_at);
	return w->window + (w->at - w->window_at);
}

static struct udf_place place_at(struct walk *w)
{
	struct udf_lb_addr at = chk_data_block(w->ck, w->data, w->at);

	return chk_place(at.part_ref, at.lbn, NULL);
}

/* ---- after damage: the next byte where a FID verifies ---- */

static enum udf_err resync(struct walk *w)
{
	uint64_t end = udf_min64(w->data->n_bytes, w->at + RESYNC_BYTES);
	uint64_t start = w->at;

	for (w->at += 4; w->at < end; w->at += 4) {
		struct udf_fid fid;
		uint32_t n_bytes;
		size_t avail;
		const uint8_t *p;

		if (w->at - start > w->ck->spare_bytes)
			break;
		p = bytes(w, &avail);
		if (avail < UDF_FID_FIXED_BYTES)
			break;
		if (!udf_fid_decode(p, avail, &fid, &n_bytes) &&
		    fid.tag.location == place_at(w).block_no &&
		    !udf_fid_validate(p, &fid, n_bytes, w->ck->revision, place_at(w), NULL)) {
			w->ck->spare_bytes -= w->at - start;
			return UDF_OK;
		}
	}
	w->ck->spare_bytes -= udf_min64(w->ck->spare_bytes, w->at - start);
	w->at = w->data->n_bytes;
	return UDF_END;
}

/* ---- what a FID says ---- */

static void check_parent(struct walk *w, const struct udf_fid *fid, struct udf_place place)
{
	struct chk *ck = w->ck;
	bool of_file = w->dir->role == CHK_ROLE_STREAM_DIRECTORY &&
		       chk_object_at(&ck->objects, w->dir->parent)->type != UDF_FT_DIRECTORY;
	uint8_t want = UDF_FID_PARENT | (of_file ? 0 : UDF_FID_DIRECTORY);
	uint8_t flags = fid->characteristics & (UDF_FID_PARENT | UDF_FID_DIRECTORY | UDF_FID_DELETED);

	place.field = "parent";
	/* Readers accept both in the stream directory of a file. */
	if (flags != want && !(of_file && flags == (UDF_FID_PARENT | UDF_FID_DIRECTORY)))
		chk_report(ck, UDF_P_PARENT_FID_FLAGS, place, fid->characteristics, want);
}

/* The first FID is not the parent's.  After damage this is to be expected. */
static void parent_is_missing(struct walk *w, struct udf_place place)
{
	if (!w->missing_reported && !w->quiet)
		chk_report(w->ck, UDF_P_PARENT_FID_MISSING, place, w->at, 0);
	w->missing_reported = true;
}

static enum udf_err add_parent(struct walk *w, const struct udf_fid *fid, struct udf_place place)
{
	struct chk *ck = w->ck;
	struct chk_object *parent = chk_object_at(&ck->objects, w->dir->parent);
	uint32_t want_id = w->in_streams ? w->dir->unique_id : parent->unique_id;
	struct chk_other_parent *other;

	if (w->has_parent) {
		chk_report(ck, UDF_P_PARENT_FID_EXTRA, place, w->at, 0);
		return UDF_OK;
	}
	w->has_parent = true;
	if (w->n_fids)
		parent_is_missing(w, place);
	check_parent(w, fid, place);
	place.field = "parent";
	if (!chk_icb_pointer(ck, &fid->icb, place))
		return UDF_OK;
	if (fid->icb.addr.lbn == parent->lbn &&
	    chk_space_of(ck, fid->icb.addr.part_ref)->part_ref == parent->part_ref) {
		if (ck->revision >= 0x0200 && fid->icb.unique_id != want_id)
			chk_report(ck, UDF_P_PARENT_FID_UNIQUE_ID, place, fid->icb.unique_id, want_id);
		return UDF_OK;
	}
	w->dir->flags |= CHK_OBJECT_OTHER_PARENT;
	other = chk_array_add(&ck->other_parents, sizeof(*other));
	if (!other)
		return UDF_E_NOMEM;
	*other = (struct chk_other_parent){ w->icb->index, fid->icb.addr };
	return UDF_OK;
}

/* Another name of an object that is known already. */
static enum udf_err add_link(struct walk *w, uint32_t index, const struct udf_fid *fid,
			     struct udf_place place)
{
	struct chk *ck = w->ck;
	struct chk_object *o = chk_object_at(&ck->objects, index);
	struct chk_link *link;

	if (o->role == CHK_ROLE_ROOT) {
		chk_report(ck, UDF_P_DIRECTORY_CYCLE, place, o->lbn, 0);
		return UDF_OK;
	}
	if (o->role != CHK_ROLE_NAMED || w->in_streams) {
		chk_report(ck, UDF_P_OWNED_TWICE, place, o->lbn, 0);
		return UDF_OK;
	}
	link = chk_array_add(&ck->links, sizeof(*link));
	if (!link)
		return UDF_E_NOMEM;
	*link = (struct chk_link){
		.object = index,
		.dir = w->icb->index,
		.fid_at = (uint32_t)udf_min64(w->at / 4, UINT32_MAX),
		.unique_id = fid->icb.unique_id,
		.as_directory = fid->characteristics & UDF_FID_DIRECTORY,
	};
	if (o->links_counted < UINT16_MAX)
		o->links_counted++;
	return UDF_OK;
}

static void check_fid_id(struct walk *w, const struct udf_fid *fid, struct udf_place place)
{
	struct chk *ck = w->ck;
	uint32_t id = fid->icb.unique_id;

	if (ck->revision < 0x0200)
		return;
	if (w->in_streams) {
		if (id != w->dir->unique_id && !(ck->revision == 0x0200 && !id))
			chk_report(ck, UDF_P_FID_UNIQUE_ID, place, id, w->dir->unique_id);
		return;
	}
	if (id < 16)
		chk_report(ck, UDF_P_UNIQUE_ID_RESERVED, place, id, 16);
	if (id > ck->highest_id)
		ck->highest_id = id;
}

/* Streams that UDF defines (UDF 3.3.5 to 3.3.8): of the volume, or of a file. */
static const struct {
	const char *name;
	bool is_system;
} udf_streams[] = {
	{ "*UDF Unique ID Mapping Data", true },   { "*UDF Non-Allocatable Space", true },
	{ "*UDF Power Cal Table", true },	   { "*UDF Backup", true },
	{ "*UDF Macintosh Resource Fork", false }, { "*UDF OS/2 EA", false },
	{ "*UDF NT ACL", false },		   { "*UDF UNIX ACL", false },
};

/*
 * Names with "*UDF" belong to UDF.  Is this one a name that UDF defines, in the right directory and with its metadata
 * bit?
 */
static bool is_good_stream_name(const struct walk *w, const struct udf_fid *fid)
{
	bool in_system = w->dir->role == CHK_ROLE_SYSTEM_STREAMS;
	char name[UDF_CS0_UTF8_MAX_BYTES(UDF_CS0_NAME_MAX_BYTES) + 1];
	size_t n;

	if (udf_cs0_to_utf8(fid->name, fid->name_bytes, name, sizeof(name), &n) || strncmp(name, "*UDF", 4))
		return true;
	for (size_t i = 0; i < sizeof(udf_streams) / sizeof(udf_streams[0]); i++)
		if (!strcmp(name, udf_streams[i].name))
			return udf_streams[i].is_system == in_system &&
			       !(fid->characteristics & UDF_FID_METADATA) == !in_system;
	return false;
}

static void check_stream_fid(struct walk *w, const struct udf_fid *fid, struct udf_place place)
{
	if (fid->name_bytes && !is_good_stream_name(w, fid))
		chk_report(w->ck, UDF_P_STREAM_NAME, place, fid->characteristics, 0);
	if (fid->characteristics & UDF_FID_DIRECTORY)
		chk_report(w->ck, UDF_P_STREAM_DIRECTORY_ENTRY, place, fid->characteristics, 0);
}

/* Is this UDF's list of blocks that can't be given to files (UDF 2.3.13, 3.3.7.2)? */
static bool is_non_allocatable(const struct walk *w, const struct udf_fid *fid)
{
	const char *want = w->ck->revision < 0x0200 ? "Non-Allocatable Space" : "*UDF Non-Allocatable Space";
	char name[UDF_CS0_UTF8_MAX_BYTES(UDF_CS0_NAME_MAX_BYTES) + 1];
	size_t n;

	if (w->ck->revision < 0x0200 ? w->dir->parent != w->icb->index || w->in_streams :
				       w->dir->role != CHK_ROLE_SYSTEM_STREAMS)
		return false;
	return !udf_cs0_to_utf8(fid->name, fid->name_bytes, name, sizeof(name), &n) && strcmp(name, want) == 0;
}

static enum udf_err add_entry(struct walk *w, const struct udf_fid *fid, struct udf_place place)
{
	struct chk *ck = w->ck;
	bool as_directory = fid->characteristics & UDF_FID_DIRECTORY;
	struct udf_lb_addr at = fid->icb.addr;
	struct chk_object *o;
	uint32_t index;
	bool is_new;
	enum udf_err err;

	if (w->in_streams)
		check_stream_fid(w, fid, place);
	else if (as_directory)
		ck->result.n_directories++;
	else
		ck->result.n_files++;
	if (!fid->icb.length || !chk_icb_pointer(ck, &fid->icb, place)) {
		ck->incomplete = true;
		return UDF_OK;
	}
	check_fid_id(w, fid, place);
	err = chk_name_object(ck, &at, w->in_streams ? CHK_ROLE_STREAM : CHK_ROLE_NAMED, w->icb->index,
			      &index, &is_new);
	if (err)
		return err;
	if (is_non_allocatable(w, fid))
		ck->non_allocatable = index;
	if (!is_new)
		return add_link(w, index, fid, place);
	o = chk_object_at(&ck->objects, index);
	o->fid_at = (uint32_t)udf_min64(w->at / 4, UINT32_MAX);
	o->unique_id = w->in_streams ? w->dir->unique_id : fid->icb.unique_id;
	o->links_counted = 1;
	if (as_directory)
		o->flags |= CHK_OBJECT_AS_DIRECTORY;
	return UDF_OK;
}

static enum udf_err check_fid(struct walk *w, const struct udf_fid *fid, struct udf_place place)
{
	struct chk *ck = w->ck;
	enum udf_err err;

	if (fid->characteristics & UDF_FID_PARENT)
		return add_parent(w, fid, place);
	if (!w->n_fids)
		parent_is_missing(w, place);
	if (fid->characteristics & UDF_FID_DELETED)
		return ck->revision <= 0x0200 ? chk_names_add(ck, fid, w->at) : UDF_OK;
	err = chk_names_add(ck, fid, w->at);
	return err ? err : add_entry(w, fid, place);
}

/* Check one FID, or skip the gap after it.  w->at moves on. */
static enum udf_err step(struct walk *w)
{
	char name[UDF_HOST_NAME_MAX_BYTES + 1] = "";
	struct chk *ck = w->ck;
	size_t avail, n_name;
	const uint8_t *p = bytes(w, &avail);
	struct udf_place place = place_at(w);
	uint64_t n_crc = ck->n_by_problem[UDF_P_TAG_CRC] + ck->n_by_problem[UDF_P_TAG_CRC_LENGTH];
	struct udf_fid fid;
	uint32_t n_bytes;
	enum udf_err err;

	if (udf_fid_decode(p, avail, &fid, &n_bytes)) {
		if (!w->quiet)
			chk_report(ck, UDF_P_FID_BAD, place, w->at, 0);
		w->missing_reported |= !w->n_fids;
		ck->incomplete = true;
		w->damaged = true;
		err = resync(w);
		return err == UDF_END ? UDF_OK : err;
	}
	if (fid.name_bytes && !udf_host_name(fid.name, fid.name_bytes, name, &n_name))
		ck->about_name = name;
	if (udf_fid_validate(p, &fid, n_bytes, ck->revision, place, &ck->sink) &&
	    ck->n_by_problem[UDF_P_TAG_CRC] + ck->n_by_problem[UDF_P_TAG_CRC_LENGTH] != n_crc &&
	    avail > n_bytes && (p[n_bytes] != (UDF_TAG_FID & 0xFF) || p[n_bytes + 1] != UDF_TAG_FID >> 8)) {
		/* Its length can't be trusted, so what follows can't be read as a FID. */
		ck->about_name = NULL;
		ck->incomplete = true;
		w->damaged = true;
		err = resync(w);
		return err == UDF_END ? UDF_OK : err;
	}
	chk_check_tag_numbers(ck, &fid.tag, place);
	err = check_fid(w, &fid, place);
	ck->about_name = NULL;
	w->n_fids++;
	w->at += n_bytes;
	return err;
}

void chk_count_parent(struct chk *ck, const struct chk_object *dir)
{
	struct chk_object *parent = chk_object_at(&ck->objects, dir->parent);

	if (!(dir->flags & CHK_OBJECT_OTHER_PARENT) && parent->links_counted < UINT16_MAX)
		parent->links_counted++;
}

enum udf_err chk_directory(struct chk *ck, const struct chk_icb *icb, struct chk_data *data,
			   bool is_bad)
{
	struct walk w = {
		.ck = ck,
		.icb = icb,
		.data = data,
		.dir = chk_object_at(&ck->objects, icb->index),
		.quiet = is_bad,
		.damaged = is_bad,
	};
	enum udf_err err = UDF_OK;

	w.in_streams = w.dir->role == CHK_ROLE_STREAM_DIRECTORY || w.dir->role == CHK_ROLE_SYSTEM_STREAMS;
	while (!err && w.at < data->n_bytes) {
		err = step(&w);
		if (!err && w.n_fids % 4096 == 4095 && chk_is_cancelled(ck))
			err = UDF_E_CANCELLED;
	}
	if (!err && !w.has_parent)
		parent_is_missing(&w, chk_place(icb->at.part_ref, icb->at.lbn, NULL));
	if (w.damaged)
		w.dir->flags |= CHK_OBJECT_LOST_NAMES;
	chk_count_parent(ck, w.dir);
	if (!err)
		chk_names_check(ck, data);
	return err;
}
