/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories: what is known of one in memory, its FIDs, its index of names, and where its blocks are.
 *
 * A position in a directory is the byte offset of a FID, "at".  The functions that change a directory change
 * images in memory; a commit writes them.
 */
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

#define DIR_SLOT_CLASSES 128		/* sizes of free slots: bytes / 4, so up to 508 bytes */

struct slot_stack {			/* free slots of one size */
	uint32_t *at4;			/* at / 4 of each */
	uint32_t n, cap;
};

struct dirinfo {
	uint64_t durable_bytes;		/* the length that the ICB on disc has; 0 for a new directory */
	struct udf_lb_addr parent;
	uint32_t n_live;		/* names, without the parent and those that wait for removal */
	bool indexed;
	bool is_writable;		/* all its blocks can be written in place: see dirbegin.c */
	uint64_t *index;		/* open addressing: hash << 32 | flags | at / 4 + 1, see dirindex.c */
	uint32_t n_index, n_tombs, cap_index;
	uint64_t last_fid_at;		/* where the last FID begins */
	struct slot_stack *slots;	/* DIR_SLOT_CLASSES of them, or NULL */
	uint32_t reparent_batch;	/* R4: fs->batch.unlink_number when it got another parent */
	struct block_run icb_chunk, data_chunk;	/* reserved in memory; given back when a batch is sealed */
	uint32_t expected_blocks;	/* udf_bulk_expect() */
	struct node *chunk_next;	/* on fs->dirs.with_chunks */
	struct node **chunk_at;		/* the pointer to this node on that list; NULL: not on the list */
};

/* ---- chunks.c: blocks that directories reserve for their children's ICBs and for themselves ---- */

/**
 * Take UNIT blocks from CHUNK, one of DIR's two reservations.  An empty reservation first takes up to WANT
 * blocks near GOAL.  A reservation is always taken in pieces of the same UNIT.
 */
enum udf_err dir_take_reserved(struct udf_fs *fs, struct node *dir, struct block_run *chunk, uint32_t goal,
			       uint32_t want, uint32_t unit, uint32_t *ret_lbn);

/** Give back the reservations of all directories. */
void dir_trim_chunks(struct udf_fs *fs);

/** Give back reservations until N_BLOCKS are free: first those for ICBs, then those for the directories themselves. */
void dir_give_back(struct udf_fs *fs, uint32_t n_blocks);

/** Give back the reservations of DIR, which leaves memory or is freed. */
void dir_drop_chunks(struct udf_fs *fs, struct node *dir);

/* ---- dirindex.c: the hash index of names ---- */

/** Make sure that DIR->dir exists.  UDF_E_NOT_DIR. */
enum udf_err dir_info(struct node *dir);

/** Free DIR->dir, its index and its reservations. */
void dir_info_free(struct udf_fs *fs, struct node *dir);

/** Free the index.  dir_index() builds it again. */
void dir_index_drop(struct udf_fs *fs, struct node *dir);

/** The hash of NAME (UTF-8, as the host sees it): 32 bits, seeded for each mount. */
uint64_t dir_hash_name(const struct udf_fs *fs, const char *name, size_t name_bytes);

/** Remember the deleted FID of N_BYTES at AT as a slot for another name.  Slots of 512 bytes and more are ignored. */
enum udf_err dir_push_slot(struct dirinfo *info, uint64_t at, uint32_t n_bytes);

/** Make room for at least one more name in the index.  A fresh index is empty. */
enum udf_err index_grow(struct udf_fs *fs, struct dirinfo *info);

/**
 * Add a name with HASH whose FID is at AT, without flags.
 * Returns UDF_E_FILE_TOO_BIG where AT is beyond what 29 bits can hold.
 */
enum udf_err index_insert(struct udf_fs *fs, struct dirinfo *info, uint64_t hash, uint64_t at);

/** Remove the name in SLOT of the index. */
void index_remove(struct dirinfo *info, uint32_t slot);

struct index_hit {
	uint32_t slot;			/* valid until the index changes */
	uint64_t at;			/* byte offset of the FID */
	bool pending, added, kept;
};

/** The next name with HASH, without ghosts.  *IO_N is 0 before the first call. */
bool index_next(const struct dirinfo *info, uint64_t hash, uint32_t *io_n, struct index_hit *ret_hit);

/** Find the name with HASH whose FID is at AT. */
bool index_find_at(const struct dirinfo *info, uint64_t hash, uint64_t at, uint32_t *ret_slot);

/** Set the flags of a name.  PENDING: it waits for removal.  ADDED: it is in a slot and not durable yet. */
void index_set_flags(struct dirinfo *info, uint32_t slot, bool pending, bool added);

/** Does the name in SLOT wait for removal? */
bool index_is_pending(const struct dirinfo *info, uint32_t slot);

/**
 * Mark a name as *kept*: it replaced a durable name by a single write (R7).  Removing it removes a durable name,
 * even though its own FID is not durable yet.
 */
void index_set_kept(struct dirinfo *info, uint32_t slot);

/**
 * Ghosts.  A *ghost* is the hash of a durable name that left the directory by an edit in place.  The disc still has
 * the name until the batch is durable, so the same name must not be added before that (R2).
 */
enum udf_err index_insert_ghost(struct udf_fs *fs, struct dirinfo *info, uint64_t hash);
void index_remove_ghost(struct dirinfo *info, uint64_t hash);
bool index_has_ghost(const struct dirinfo *info, uint64_t hash);

/* ---- dirblock.c: the bytes of a directory ---- */

/**
 * The block that holds byte AT of a directory that is not embedded in its ICB: its number, or its contents.
 * Returns UDF_E_CORRUPT where AT is not in a recorded block.
 */
enum udf_err dir_block_lbn(struct udf_fs *fs, struct node *dir, uint64_t at, uint32_t *ret_lbn);
enum udf_err dir_block_at(struct udf_fs *fs, struct node *dir, uint64_t at, struct mblk **ret_block);

/** Is byte AT within the length that the disc has?  DIR->dir exists. */
bool dir_is_durable_at(const struct node *dir, uint64_t at);

/** Is the FID of N_BYTES at AT in two blocks? */
bool dir_fid_straddles(const struct udf_fs *fs, const struct node *dir, uint64_t at, uint32_t n_bytes);

/**
 * Decode and check the FID at AT.  *RET_P, and the pointers in *RET_FID, point into a block or into fs->scratch;
 * they are valid until the next call that reads a directory or a block.
 */
enum udf_err dir_fid_at(struct udf_fs *fs, struct node *dir, uint64_t at, const uint8_t **ret_p,
			struct udf_fid *ret_fid, uint32_t *ret_n_bytes);

/* ---- dirfind.c: names ---- */

/** Make sure that DIR->dir exists and is indexed.  The first call reads the whole directory. */
enum udf_err dir_index(struct udf_fs *fs, struct node *dir);

/** DIR is indexed: compare the space set with the ICBs that its names refer to, as space_seen() does. */
void dir_see_names(struct udf_fs *fs, struct node *dir);

struct dir_entry {			/* a name that was found */
	uint64_t at;			/* byte offset of the FID */
	uint32_t n_bytes;		/* of the FID */
	uint32_t index_slot;
	struct udf_fid fid;		/* its pointers are not valid */
	bool pending;			/* it waits for removal */
	bool added;			/* it is not durable yet, and has not replaced a durable name */
};

/**
 * Find NAME in DIR.  With PENDING, names that wait for removal are found too.
 * Returns UDF_E_NOT_FOUND, UDF_E_NAME_TOO_LONG.
 */
enum udf_err dir_find(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
		      bool pending, struct dir_entry *ret_entry);

/* ---- dirplace.c: where blocks are stored ---- */

/** Take the blocks of an ICB for a child of DIR, which is a directory or not. */
enum udf_err dir_take_icb(struct udf_fs *fs, struct node *dir, bool is_dir, uint32_t *ret_lbn);

/** Take blocks for DIR up to byte END_BYTES.  Its extents are loaded. */
enum udf_err dir_ensure_blocks(struct udf_fs *fs, struct node *dir, uint64_t end_bytes);

/** Move the FIDs of an embedded directory from its ICB into blocks. */
enum udf_err dir_to_blocks(struct udf_fs *fs, struct node *dir);

/** How many blocks dir_relocate() may take for a FID of N_BYTES, without those of DIR's descriptors. */
uint32_t dir_relocate_needs(const struct udf_fs *fs, uint32_t n_bytes);

/**
 * Move the blocks of [AT, AT + N_BYTES) to a fresh place, with their contents, so that they can be edited (R5).
 * Returns UDF_E_UNSUPPORTED where more than 8 blocks would have to move.
 */
enum udf_err dir_relocate(struct udf_fs *fs, struct node *dir, uint64_t at, uint32_t n_bytes);

/* ---- dir.c: FIDs added, changed and deleted ---- */

/** Write the parent FID of the new directory DIR. */
enum udf_err dir_init(struct udf_fs *fs, struct node *dir, const struct node *parent);

/** Will dir_add() put NAME into the free slot at byte AT?  If it can, it does so from now on. */
bool dir_will_use_slot(struct node *dir, uint64_t at, const char *name, size_t name_bytes);

/**
 * Add NAME, which is free, for TARGET: in the slot of a deleted FID where one fits, else at the end.
 *
 * @fid_unique_id  Recorded in the FID from UDF 2.00 on.
 * Returns UDF_E_BAD_NAME, UDF_E_NAME_TOO_LONG.
 */
enum udf_err dir_add(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
		     const struct node *target, uint32_t fid_unique_id);

/** The FID of SLOT is durable now: clear its flag in the index. */
void dir_added_is_durable(struct udf_fs *fs, const struct added_slot *slot);

/** Delete the FID at AT in the image.  Its slot may be used again. */
enum udf_err dir_put_deleted(struct udf_fs *fs, struct node *dir, uint64_t at);

/** Phase UNLINK: delete the FID of REMOVAL, unless it was retargeted since (R2). */
enum udf_err dir_apply_removal(struct udf_fs *fs, const struct removal *removal);

/** Let the FID of ENTRY name TARGET instead.  A name that waited for removal is live again. */
enum udf_err dir_retarget(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
			  const struct node *target, uint32_t fid_unique_id);

/** Give the FID of ENTRY another name in place.  The new FID must have the same number of bytes. */
enum udf_err dir_rename_in_place(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
				 const char *name, size_t name_bytes);

/** Let the parent FID of DIR name PARENT. */
enum udf_err dir_set_parent(struct udf_fs *fs, struct node *dir, const struct node *parent);

/* ---- room.c ---- */

#define DIR_RESERVE_BLOCKS 6u		/* how many blocks one operation on names may need */

/**
 * Before a name is added to DIR: make sure that N_BLOCKS are free, and those that DIR's descriptors may need.  May
 * commit, as extents_reserve() does.
 */
enum udf_err dir_reserve(struct udf_fs *fs, struct node *dir, uint32_t n_blocks);

/* ---- dirbegin.c ---- */

/**
 * Begin a change of DIR.  Blocks of it that can't be written in place move, once a mount.  May commit.
 * Returns UDF_E_READ_ONLY, and UDF_E_MEDIUM where its ICB can't be written.
 */
enum udf_err dir_begin(struct udf_fs *fs, struct node *dir);

/* ---- dirremove.c ---- */

/**
 * Remove the name ENTRY of DIR, which names TARGET: at once if it is not durable or AT_ONCE is true, else in phase
 * UNLINK.
 *
 * @ret_pending  Does the disc still have the name, so that TARGET's link count must include it?
 */
enum udf_err dir_remove(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
			struct node *target, bool at_once, bool *ret_pending);

/** Remove a name whose object can't be read, in phase LINK.  Nothing but the directory changes. */
enum udf_err dir_remove_unreadable(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry);

#endif
