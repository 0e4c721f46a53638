/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to lib/check: the state of one run, and what its passes call of each other.
 *
 * Functions here return an error only where the run can't continue (no memory, cancelled); what is
 * wrong with the volume goes to the sink.
 */
#ifndef UDF_CHECK_CHK_H
#define UDF_CHECK_CHK_H

#include <udfkit/error.h>
#include <udfkit/problem.h>

#include "base/extent_set.h"
#include "check/check.h"
#include "check/map.h"
#include "check/objects.h"
#include "ecma/codec.h"
#include "vol/extent_map.h"
#include "vol/vol.h"

#define CHK_RUN_BYTES (1024u * 1024)	/* what is read at once */
#define CHK_PATH_BYTES 4096u

/* Blocks of one partition; references that name the same partition share it. */
struct chk_space {
	uint16_t part_ref;		/* the first reference to the partition */
	struct chk_map used;		/* what something refers to */
	struct udf_extent_set twice;	/* claimed more than once, up to CHK_MAX_RANGES ranges */
	uint64_t n_twice_unlisted;
	bool has_table;			/* its space sets are tables: what they call free is in table */
	bool is_bad;			/* and can't be read */
	struct chk_map table;
	bool has_set;			/* it has a space set that can be read: n_marked_free of its blocks */
	uint64_t n_marked_free;
};
#define CHK_MAX_RANGES 1000u

/* The data of a directory, symlink or EA file. */
struct chk_data {
	const uint8_t *image;		/* of the ICB: embedded data are in it */
	struct udf_lb_addr icb;
	struct udf_extent_map map;
	uint64_t n_bytes;		/* that can be read: at most the information length */
	size_t at_extent;		/* cursor: this extent begins at byte at_byte */
	uint64_t at_byte;
};

/* A further FID that names an object. */
struct chk_link {
	uint32_t object, dir, fid_at, unique_id;
	bool as_directory;
};

/* A directory whose parent FID names something else than the directory it was met in. */
struct chk_other_parent {
	uint32_t dir;
	struct udf_lb_addr named;
};

/* Bytes of an object with a stream directory, or of one of its streams. */
struct chk_object_size {
	uint32_t object;
	bool is_stream;
	uint64_t n_bytes;		/* object: ObjectSize less its own; stream: its information length */
};

/* The ICB's own UniqueID: of an object whose first name has another id, and of a file with several names. */
struct chk_own_id {
	uint32_t object, unique_id;
};

/* A growing array of anything. */
struct chk_array {
	void *rows;
	size_t n, cap;
};

struct chk_path_cache;

struct chk {
	struct udf_sink sink;		/* first: what readers report to */
	struct udf_sink *out;
	struct udf_vol *vol;
	const struct chk_options *options;
	struct chk_result result;
	uint64_t n_by_problem[UDF_N_PROBLEMS];
	uint32_t non_allocatable;	/* the object of that name of UDF's, or CHK_NONE */
	uint32_t about;			/* object that findings are about, or CHK_NONE */
	const char *about_name;		/* of an entry in it, or NULL */
	uint32_t bs;			/* bytes in a block */
	uint16_t revision;

	unsigned n_spaces;
	struct chk_space spaces[UDF_MAX_MAPS];
	uint8_t space_of[UDF_MAX_MAPS];	/* partition reference -> space */

	struct chk_objects objects;
	uint32_t n_visited;
	struct chk_array links;		/* struct chk_link */
	struct chk_array other_parents;	/* struct chk_other_parent */
	struct chk_array object_sizes;	/* struct chk_object_size */
	struct chk_array own_ids;	/* struct chk_own_id */
	uint64_t highest_id;
	struct udf_time closed_at;	/* of a closed volume with a time */
	bool has_closed_at;
	bool serial_reported, version_reported, old_entry_reported;
	bool no_memory;			/* met where the caller takes any failure for a bad block */
	bool hides_space;		/* see udf_finding_hides_space() */
	bool incomplete;		/* something could not be read: names may be missing */

	uint8_t *run;			/* CHK_RUN_BYTES: ICBs as read */
	uint8_t *window;		/* CHK_RUN_BYTES: of a directory */
	uint8_t *entry;			/* a block: the current entry of strategy 4096 */
	struct chk_array names;		/* struct chk_name, of the directory that is being read */
	uint64_t spare_bytes;		/* what may still be read of blocks that were read before */
	uint64_t spare_aeds;		/* AEDs that may still be read, though they were before */
	uint64_t path_reads;		/* names that may still be read for findings */
	struct chk_path_cache *path_cache;
};

/* An ICB's current direct entry. */
struct chk_icb {
	uint32_t index;			/* of the object */
	const uint8_t *image;
	struct udf_lb_addr at;
	struct udf_fe fe;
	const uint8_t *eas, *ads;
	enum udf_ad_kind ad_kind;
};

/* Files below in order: each calls only those above it. */

/* ---- report.c ---- */

struct udf_place chk_place(uint16_t part_ref, uint32_t lbn, const char *field);
void chk_report(struct chk *ck, enum udf_problem problem, struct udf_place place, uint64_t found,
		uint64_t expected);
/** A tag's version and serial number, which the whole volume shares. */
void chk_check_tag_numbers(struct chk *ck, const struct udf_tag *tag, struct udf_place place);
/** The CRC of a descriptor of N_BYTES is that of all of it (UDF 2.3.1.2). */
void chk_check_crc_length(struct chk *ck, const struct udf_tag *tag, size_t n_bytes, struct udf_place place);
/** Verify the tag of a descriptor of the file structure, with the rules for the whole volume. */
enum udf_err chk_check_tag(struct chk *ck, const uint8_t *buf, size_t n_bytes, uint16_t want_id,
			   struct udf_place place);
/** Room for one more row of ROW_BYTES; NULL: no memory. */
void *chk_array_add(struct chk_array *array, size_t row_bytes);
bool chk_is_cancelled(const struct chk *ck);
void chk_progress(const struct chk *ck, const char *pass, uint64_t done, uint64_t total);

/* ---- claim.c ---- */

enum udf_err chk_spaces_init(struct chk *ck);
void chk_spaces_done(struct chk *ck);
struct chk_space *chk_space_of(struct chk *ck, uint16_t part_ref);
/** Is [LBN, LBN + N) inside a partition reference of the volume? */
bool chk_is_inside(const struct chk *ck, uint16_t part_ref, uint32_t lbn, uint64_t n_blocks);
/** Something refers to these blocks, which are inside.  *RET_TWICE (may be NULL): any of them already? */
enum udf_err chk_claim(struct chk *ck, uint16_t part_ref, uint32_t lbn, uint64_t n_blocks,
		       bool *ret_twice);

/* ---- pointer.c ---- */

/** Is ICB an extent that an ICB pointer may have?  Reports where it is not. */
bool chk_icb_pointer(struct chk *ck, const struct udf_long_ad *icb, struct udf_place place);
/**
 * An ICB is named: find its row or make one.  *RET_NEW: it was not known before.
 */
enum udf_err chk_name_object(struct chk *ck, const struct udf_lb_addr *at, enum chk_role role,
			     uint32_t parent, uint32_t *ret_index, bool *ret_new);

/* ---- entry.c ---- */

bool chk_is_entry(uint16_t tag_id);
/** Decode the entry in IMAGE into the members of ICB after `at`.  False: it can't be read as one. */
bool chk_entry_decode(const struct chk *ck, const uint8_t *image, struct chk_icb *icb);
/**
 * Strategy 4096: move ICB, whose first entry is in BUF, on to the current entry, which replaces it in
 * BUF.  With CLAIM the blocks of the entries are claimed, and a chain ends where somebody has claimed
 * them already; without, it ends after 65536 entries.  UDF_END: the current entry can't be read as one.
 */
enum udf_err chk_entry_follow(struct chk *ck, struct chk_icb *icb, uint8_t *buf, bool claim);
/**
 * The current direct entry of the object, for names and owners, without reports: BUF has room for a block.
 * False: there is none.
 */
bool chk_icb_load(struct chk *ck, uint32_t index, uint8_t *buf, struct chk_icb *ret_icb);
/**
 * The direct entries of an ICB of strategy 4096, from the first on, each with the block after it.
 * FN ends it with UDF_END.
 */
enum udf_err chk_each_entry(struct chk *ck, uint32_t index,
			    enum udf_err (*fn)(void *ctx, const struct udf_lb_addr *at), void *ctx);

/* ---- extents.c ---- */

/**
 * Claim and check the extents of ICB; chk_data_done() what RET_DATA gets.  TO_BE_READ: a directory
 * and such, whose data must be recorded.  *RET_BAD: they can't be read whole, which has been
 * reported.  UDF_END: nothing of them can be read, which has been reported; RET_DATA is untouched.
 */
enum udf_err chk_check_extents(struct chk *ck, const struct chk_icb *icb, bool to_be_read,
			       struct chk_data *ret_data, bool *ret_bad);
/** Where the data of ICB are; reports nothing; IMAGE of ICB is borrowed. */
enum udf_err chk_data_init(struct chk *ck, const struct chk_icb *icb, struct chk_data *ret_data);
void chk_data_done(struct chk_data *data);
/** Read N_BYTES from AT, which are inside the data; what is not recorded reads as zero. */
enum udf_err chk_data_read(struct chk *ck, const struct chk_data *data, uint64_t at, size_t n_bytes,
			   uint8_t *ret_bytes);
/** The identifier of the FID at byte AT, 255 bytes at most, to RET_NAME.  Returns its length; 0: it can't be read. */
size_t chk_data_fid_name(struct chk *ck, const struct chk_data *data, uint64_t at, uint8_t *ret_name);
/** The block that holds byte AT. */
struct udf_lb_addr chk_data_block(const struct chk *ck, struct chk_data *data, uint64_t at);

/* ---- paths.c ---- */

/** Path of an object, or NULL; valid until the next call. */
const char *chk_path(struct chk *ck, uint32_t index, const char *entry);
void chk_path_done(struct chk *ck);

/* ---- names.c ---- */

/** Remember a name of the directory that is being read.  Its FID begins at byte AT. */
enum udf_err chk_names_add(struct chk *ck, const struct udf_fid *fid, uint64_t at);
/** Report names that occur twice, and forget them all. */
void chk_names_check(struct chk *ck, struct chk_data *data);

/* ---- contents.c: symlinks, extended attributes, times ---- */

enum udf_err chk_check_symlink(struct chk *ck, const struct chk_icb *icb, struct chk_data *data);
/** When the volume was closed: no file should be younger. */
void chk_note_closing_time(struct chk *ck);
void chk_check_times(struct chk *ck, const struct chk_icb *icb);
/** An extended attribute space.  *RET_HAS_DEVICE (may be NULL): it has a Device Specification. */
void chk_check_eas(struct chk *ck, const uint8_t *space, size_t n_bytes, struct udf_place place,
		   bool *ret_has_device);
enum udf_err chk_check_ea_file(struct chk *ck, const struct chk_icb *icb, struct chk_data *data);

/* ---- directory.c ---- */

/**
 * Walk a directory or stream directory whose data are DATA.  With IS_BAD it has already been reported that they
 * can't be read completely, and gaps in them are not reported again.
 */
enum udf_err chk_directory(struct chk *ck, const struct chk_icb *icb, struct chk_data *data,
			   bool is_bad);

/**
 * DIR's parent FID names its parent.  Called too where it is missing, damaged or can't be read: that
 * is a finding of its own, and the parent's link count is right all the same.
 */
void chk_count_parent(struct chk *ck, const struct chk_object *dir);

/* ---- icb.c ---- */

/** Visit the object: IMAGE is the block at its address, NULL if it can't be read. */
enum udf_err chk_visit(struct chk *ck, uint32_t index, const uint8_t *image);

/* ---- walk.c ---- */

/** Visit every object that can be reached from the file set. */
enum udf_err chk_walk(struct chk *ck);

/* ---- spared.c ---- */

/** Part of a sparing table or spare packet: in a partition, the Non-Allocatable Space owns it. */
static inline bool chk_is_sparing(enum udf_structure what)
{
	return what == UDF_STRUCTURE_SPARING_TABLE || what == UDF_STRUCTURE_SPARE_PACKETS;
}
/** Check the Non-Allocatable Space; claim what of spare packets and sparing tables it leaves out. */
enum udf_err chk_check_spared(struct chk *ck);

/* ---- space.c ---- */

/** Does IMAGE, read from there, hold a file entry that is in order? */
bool chk_is_file_entry(const struct chk *ck, const uint8_t *image, uint16_t part_ref, uint32_t lbn,
		       struct udf_fe *ret_fe);

/** Read and claim the space tables. */
enum udf_err chk_read_tables(struct chk *ck);
/** Compare what is used with the space sets on disc. */
enum udf_err chk_check_space(struct chk *ck);
/** Mark in the bitmaps on disc what is used; see chk_make_space_safe(). */
enum udf_err chk_mark_used(struct chk *ck, uint64_t *ret_n_marked);

/* ---- owners.c ---- */

/** Claim what the volume's own structures need of the partitions. */
enum udf_err chk_claim_volume(struct chk *ck);
/** Name the owners of blocks that were claimed more than once. */
enum udf_err chk_report_owners(struct chk *ck);

/* ---- links.c: what is known only when every name is ---- */

enum udf_err chk_check_links(struct chk *ck);
enum udf_err chk_check_unique_ids(struct chk *ck);
void chk_check_counts(struct chk *ck);

#endif
