/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories: what is known of one in memory, its FIDs, its index of names, and where its blocks are. */
#ifndef UDF_FS_DIR_H
#define UDF_FS_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "ecma/types.h"
#include "fs/block.h"
#include "fs/space.h"

struct added_slot;
struct node;
struct removal;
struct udf_fs;

#define DIR_SLOT_CLASSES 128		/* by bytes / 4 */

struct slot_stack {
	uint32_t *at4;
	uint32_t n, cap;
};

struct dirinfo {
	uint64_t durable_bytes;		/* length that the ICB on disc has; 0 for a new directory */
	struct udf_lb_addr parent;
	uint32_t n_live;		/* names, without the parent and those waiting for removal */
	bool indexed;
	uint64_t *index;		/* open addressing: hash << 32 | at4 + 1, see dirindex.c */
	uint32_t n_index, n_tombs, cap_index;
	uint64_t last_fid_at;		/* where the last FID begins */
	struct slot_stack *slots;	/* DIR_SLOT_CLASSES of them, or NULL */
	uint32_t reparent_batch;	/* R4: fs->batch.unlink_number when it got another parent */
	struct block_run icb_chunk, data_chunk;	/* reserved in memory, trimmed when a batch is sealed */
	uint32_t expected_blocks;	/* udf_bulk_expect() */
	struct node *chunk_next;	/* on fs->dirs.with_chunks */
	struct node **chunk_at;		/* what points to it there; NULL: not on the list */
};

#define DIR_RESERVE_BLOCKS 6u		/* what one operation on names may need */

/**
 * Before a name is added to DIR: are there N_BLOCKS, and what DIR's descriptors may take besides?
 * May commit, as extents_reserve().
 */
enum udf_err dir_reserve(struct udf_fs *fs, struct node *dir, uint32_t n_blocks);
/** The block of byte AT of a directory that has blocks of its own. */
enum udf_err dir_block_lbn(struct udf_fs *fs, struct node *dir, uint64_t at, uint32_t *ret_lbn);
enum udf_err dir_block_at(struct udf_fs *fs, struct node *dir, uint64_t at, struct mblk **ret_block);
/** Make sure that blocks exist up to END_BYTES. */
enum udf_err dir_ensure_blocks(struct udf_fs *fs, struct node *dir, uint64_t end_bytes);
/** From the ICB into a block of its own. */
enum udf_err dir_to_blocks(struct udf_fs *fs, struct node *dir);
/** Blocks that dir_relocate() may take for N_BYTES, but for DIR's descriptors. */
uint32_t dir_relocate_needs(const struct udf_fs *fs, uint32_t n_bytes);
/** Give the blocks of [AT, AT + N_BYTES) a fresh place; their images go along (R5). */
enum udf_err dir_relocate(struct udf_fs *fs, struct node *dir, uint64_t at, uint32_t n_bytes);
enum udf_err dir_info(struct node *dir);	/* dir->dir exists */
void dir_info_free(struct udf_fs *fs, struct node *dir);
enum udf_err dir_index(struct udf_fs *fs, struct node *dir);	/* and is indexed */
void dir_index_drop(struct udf_fs *fs, struct node *dir);

struct dir_entry {			/* a name found */
	uint64_t at;			/* byte offset of the FID */
	uint32_t n_bytes;
	uint32_t index_slot;
	struct udf_fid fid;		/* its pointers are not valid */
	bool pending;			/* waits for removal */
	bool added;			/* not durable yet */
};

/** Find a living name, or with PENDING also one that waits for removal. */
enum udf_err dir_find(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
		      bool pending, struct dir_entry *ret_entry);
/** The FID at AT: *RET_P points into a block or the scratch; valid until the next dir or block call. */
enum udf_err dir_fid_at(struct udf_fs *fs, struct node *dir, uint64_t at, const uint8_t **ret_p,
			struct udf_fid *ret_fid, uint32_t *ret_n_bytes);
enum udf_err dir_add(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
		     const struct node *target, uint32_t fid_unique_id);
enum udf_err dir_remove(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
			struct node *target, bool at_once, bool *ret_pending);
/** The same for a name whose object can't be read, in LINK: nothing else changes. */
enum udf_err dir_remove_unread(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry);
enum udf_err dir_retarget(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
			  const struct node *target, uint32_t fid_unique_id);
/** Rewrite the FID's name in place; the new FID has the same number of bytes. */
enum udf_err dir_rename_in_place(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
				 const char *name, size_t name_bytes);
enum udf_err dir_set_parent(struct udf_fs *fs, struct node *dir, const struct node *parent);
/** Delete the FID at AT in the image. */
enum udf_err dir_put_deleted(struct udf_fs *fs, struct node *dir, uint64_t at);
enum udf_err dir_apply_removal(struct udf_fs *fs, const struct removal *removal);
void dir_added_is_durable(struct udf_fs *fs, const struct added_slot *slot);
enum udf_err dir_init(struct udf_fs *fs, struct node *dir, const struct node *parent);
/** The extent of an ICB, for a child of DIR. */
enum udf_err dir_take_icb(struct udf_fs *fs, struct node *dir, uint32_t *ret_lbn);
/** Give back every reservation. */
void dir_trim_chunks(struct udf_fs *fs);
/** Until N_BLOCKS are free: those for ICBs first; directories that fill keep theirs as long as they can. */
void dir_give_back(struct udf_fs *fs, uint32_t n_blocks);
/** Give back what DIR keeps, and forget it. */
void dir_drop_chunks(struct udf_fs *fs, struct node *dir);
/** UNIT blocks of CHUNK, which holds such pieces only; an empty one takes WANT blocks near GOAL first. */
enum udf_err dir_take_kept(struct udf_fs *fs, struct node *dir, struct block_run *chunk, uint32_t goal,
			   uint32_t want, uint32_t unit, uint32_t *ret_lbn);
bool dir_fid_straddles(const struct udf_fs *fs, const struct node *dir, uint64_t at, uint32_t n_bytes);
bool dir_is_durable_at(const struct node *dir, uint64_t at);
uint64_t dir_hash_name(const struct udf_fs *fs, const char *name, size_t name_bytes);
enum udf_err index_insert(struct udf_fs *fs, struct dirinfo *info, uint64_t hash, uint64_t at);
void index_remove(struct dirinfo *info, uint32_t slot);
bool index_find_at(const struct dirinfo *info, uint64_t hash, uint64_t at, uint32_t *ret_slot);
void index_set_flags(struct dirinfo *info, uint32_t slot, bool pending, bool added);
enum udf_err index_insert_ghost(struct udf_fs *fs, struct dirinfo *info, uint64_t hash);
void index_remove_ghost(struct dirinfo *info, uint64_t hash);
bool index_has_ghost(const struct dirinfo *info, uint64_t hash);
void index_set_kept(struct dirinfo *info, uint32_t slot);
bool index_is_pending(const struct dirinfo *info, uint32_t slot);
/** Room for one more name, at least; a fresh index is empty. */
enum udf_err index_grow(struct udf_fs *fs, struct dirinfo *info);

struct index_hit {
	uint32_t slot;
	uint64_t at;			/* byte offset of the FID */
	bool pending, added, kept;
};

/** The next name with HASH, but no ghost; *IO_N is 0 before the first call. */
bool index_next(const struct dirinfo *info, uint64_t hash, uint32_t *io_n, struct index_hit *ret_hit);
enum udf_err dir_push_slot(struct dirinfo *info, uint64_t at, uint32_t n_bytes);

#endif
