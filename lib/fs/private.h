/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of lib/fs.  doc/CRASH.md explains batches and phases; the rules R1 to R10 are cited by name.
 *
 * Adding edits change images at once; removing edits wait: names in fs->removals, blocks in
 * fs->pending_frees, link counts in node->nlink_pending.
 */
#ifndef UDF_FS_PRIVATE_H
#define UDF_FS_PRIVATE_H

#include <sys/stat.h>
#include <udfkit/fs.h>

#include "ecma/types.h"
#include "fs/space.h"
#include "vol/vol.h"

#define FS_MAX_LINKS 65000		/* R7 */
#define FS_ID_RESERVE 4096		/* unique ids that an open LVID stands ahead */
#define FS_ICB_CHUNK_BLOCKS 32		/* a directory's reservation for its children's ICBs */
#define FS_BULK_NODES 128u		/* of a new volume: nobody comes back to them, but for hard links */
#define FS_NOWHERE UINT32_MAX		/* fs_fail(): no block to name */
#define FS_BATCH_REMOVALS 16384		/* more removing edits, or bytes of images, commit */
#define FS_BATCH_BYTES (8u << 20)
#define FS_MAX_FILE_BYTES (1ull << 50)

/* ---- allocation: alloc.c ---- */

struct alloc {
	const struct space_ops *ops;	/* NULL: not open */
	uint16_t part_ref;
	struct udf_short_ad set;	/* where the space set lies */
	uint32_t n_blocks;		/* of the partition */
	uint64_t n_free;		/* valid when free_is_known */
	bool free_is_known;
	enum space_trust trust;
	uint32_t doubted_lbn;		/* the block that put the set in doubt */
	bool freed_its_own;		/* the disc still needs blocks that a space table has given back */
	uint32_t data_cursor;		/* where the next file's data may begin */
	union {
		struct space_bitmap bitmap;
		struct space_table table;
	};
};

/* ---- extents: extents.c ---- */

struct extent {
	uint64_t file_block;
	uint32_t lbn;			/* 0 in a hole */
	uint32_t n_blocks : 30;
	uint32_t kind : 2;		/* enum udf_extent_type, not NEXT */
};
#define EXTENT_MAX_BLOCKS ((1u << 30) - 1)

struct extents {			/* covers [0, end of allocation) without gaps */
	struct extent *v;
	uint32_t n, cap;
	uint32_t *aed_lbn;		/* the chain of allocation extent descriptors */
	uint32_t n_aeds, cap_aeds;
	uint32_t aed_batch;		/* batch in which the chain was allocated; may be rewritten in it */
	bool chain_dirty;		/* AEDs have to be written in NEW */
	bool changed;			/* the descriptors in the ICB's image are not those of the list */
};

/* ---- nodes: node.c ---- */

struct dirinfo;

enum {
	NODE_EFE = 0x01,
	NODE_NEW = 0x02,		/* nothing durable refers to it */
	NODE_DIRTY = 0x04,		/* the ICB has to be written; on fs->dirty */
	NODE_GONE = 0x08,		/* no names left */
	NODE_FREED = 0x10,		/* its blocks are handed back */
	NODE_COUNT = 0x20,		/* on fs->counts: the link count on disc has to be patched */
	NODE_FROZEN = 0x40,		/* R10: a directory reached by a foreign name; read-only */
	NODE_TIMES_ONLY = 0x80,		/* dirty with nothing but times */
};

enum { SIDE_STREAMS = 1, SIDE_EA_FILE = 2 };

struct node {
	struct node *hash_next;
	struct node *lru_prev, *lru_next;	/* on the LRU list when nobody holds it */
	struct node *dirty_prev, *dirty_next;
	struct node *count_next;
	uint32_t lbn;
	uint16_t part_ref;
	uint8_t file_type;
	uint8_t ad_kind;
	uint16_t icb_flags;		/* without the AD kind */
	uint8_t flags;
	uint8_t on_lru;
	uint8_t side;			/* SIDE_STREAMS, SIDE_EA_FILE: goes with it when it is freed */
	uint8_t n_extra_links;		/* the stream directory's parent FID counts too (ECMA-167 4/14.9.6) */
	uint32_t n_pins;		/* ours: calls, removals */
	uint32_t uid, gid, permissions;
	uint16_t nlink;			/* names, without those that wait for removal */
	uint16_t nlink_pending;		/* names removed, not yet durably */
	uint16_t nlink_disc;		/* in the ICB as last written */
	uint16_t data_part_ref;
	uint32_t ea_bytes;
	uint32_t keep_batch;		/* R2, R3: the batch in which it gained a name, or as a directory
					 * lost one: none of its names is given away in it */
	uint64_t size_bytes;
	uint64_t unique_id;
	int64_t atime_us, mtime_us, ctime_us, btime_us;
	uint8_t *icb;			/* image of the ICB; NULL: on disc only */
	union {
		struct extents *extents;	/* NULL: not loaded; unused while embedded */
		struct {
			uint32_t major, minor;
		} rdev;
	};
	struct dirinfo *dir;		/* directories: NULL until needed */
	union {
		uint64_t n_blocks;	/* files: as far as the ICB on disc tells; see extents_blocks() */
		uint64_t target_bytes;		/* symlinks: of the path that they stand for */
	};
};

/* ---- directory blocks: block.c ---- */

enum {
	MBLK_PAST = 1,			/* dirty behind the directory's durable length, or a fresh block */
	MBLK_INSIDE = 2,		/* dirty inside it */
	MBLK_FRESH = 4,			/* takes the place of durable bytes: every edit is MBLK_PAST */
};

struct mblk {
	struct mblk *hash_next;
	struct mblk *prev, *next;	/* LRU list when clean, dirty list when dirty */
	uint32_t lbn;
	uint16_t part_ref;
	uint8_t dirty;
	uint8_t *data;
};

/* ---- directories: dir.c, dirindex.c ---- */

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
	uint32_t reparent_batch;	/* R4: fs->unlink_batch when it got another parent */
	struct block_run icb_chunk, data_chunk;	/* reserved in memory, trimmed when a batch is sealed */
	uint32_t expected_blocks;	/* udf_bulk_expect() */
	struct node *chunk_next;	/* on fs->chunk_dirs */
	struct node **chunk_at;		/* what points to it there; NULL: not on the list */
};

struct removal {			/* a FID to be deleted in UNLINK */
	struct node *dir, *target;	/* both pinned; target may be NULL */
	uint64_t at;			/* byte offset; FS_REMOVAL_CANCELLED */
};
#define FS_REMOVAL_CANCELLED UINT64_MAX

struct sealed {				/* a batch that is being written: see commit.c */
	bool on;
	uint32_t batch;			/* fs->batch when it was sealed */
	struct removal *removals;	/* deleted in it: counts may sink when it is durable */
	size_t n_removals;
	struct run_list frees;		/* free when it is durable */
};

struct added_slot {			/* a FID put into a slot inside the durable length */
	struct node *dir;		/* dirty, so it stays */
	uint64_t at;
};

struct mblk_list {
	struct mblk *first, *last;
	size_t n;
};

struct node_list {
	struct node *first, *last;
	size_t n;
};

#define REFS_PER_ENTRY 8u
struct refs {				/* the caller's references: see refs.c */
	uint64_t key;			/* 0: the slot is free */
	uint8_t n[REFS_PER_ENTRY];
};

struct icb_form {			/* of a new ICB: that of the root directory's */
	uint16_t strategy;
	uint32_t n_blocks;		/* of its extent */
	uint8_t *behind;		/* strategy 4096: the block behind the entry; NULL: there is none */
};

struct icb_window {			/* blocks in the run buffer while a directory is listed */
	bool on;
	struct udf_lb_addr addr;
	uint32_t n_blocks;
	struct udf_lb_addr next;	/* behind the ICB read last */
};

struct read_ahead {			/* see ahead.c */
	uint8_t *bytes;			/* NULL: not needed yet */
	struct udf_lb_addr at, next;	/* what it holds; what would follow the last read */
	uint32_t n_blocks;
};

struct udf_fs {
	struct udf_vol *vol;
	const struct udf_env *env;
	uint32_t block_bytes;
	uint16_t part_ref;		/* where new objects go */
	uint16_t revision;
	bool read_only;
	const char *why_read_only;
	bool found_open;		/* R10 */
	bool opened;			/* phase OPEN is done: the LVID on disc is open and ours */
	struct {			/* what a volume that is being made (udf_fs_options.bulk) does otherwise: */
		bool no_phases;		/* nothing is flushed, ordered or committed before the end */
		bool removes_at_once;	/* no removed name has to outlive the batch */
		bool is_new;		/* nobody has seen it, and nobody comes back to its nodes */
	} policy;
	bool data_unflushed;		/* a data write since the last flush */
	enum udf_err failed;		/* R9: the error that made it read-only */
	uint64_t n_changes;		/* made in memory, at least: see fs_change_ends() */
	uint64_t n_released;		/* how many there were when RELEASE left nothing to do */
	uint32_t batch;			/* number of the batch that is filling; never 0 */
	uint32_t unlink_batch;		/* the same, but an fsync that ends with LINK is no end of it */
	uint32_t forgot_reparent_batch;	/* unlink_batch when a directory left memory that got another parent in it */
	uint32_t early_batch;		/* the batch in which ICBs were written early */
	uint64_t next_unique_id, id_limit;	/* id_limit: what the LVID on disc stands at */
	int64_t n_files, n_directories;
	struct udf_lb_addr root;

	struct udf_fs_options options;
	int64_t dirty_since;		/* seconds; 0: nothing dirty */
	int64_t idle_since;
	int64_t tick_at;		/* when udf_fs_tick() last looked, in seconds */
	uint64_t tick_changes;		/* n_changes at that time */
	uint64_t hash_seed;

	struct alloc alloc;
	struct run_list pending_frees;

	struct node **node_table;
	uint32_t node_table_size;
	uint32_t n_nodes;
	struct node_list lru, dirty;
	struct refs *refs;		/* open addressing */
	uint32_t refs_cap, n_refs;	/* slots; those in use */
	uint32_t n_gone;		/* nodes that are NODE_GONE and not NODE_FREED */
	size_t n_images;		/* nodes that hold an ICB image */
	size_t early_limit, early_mblk_limit;	/* so many before nodes_write_early() or mblks_... looks again */
	struct node *counts;
	struct node *chunk_dirs;

	struct mblk **mblk_table;
	uint32_t mblk_table_size;
	struct mblk_list mblk_lru, mblk_dirty;

	struct removal *removals;
	size_t n_removals, cap_removals;
	struct added_slot *added;
	size_t n_added, cap_added;
	struct added_slot *ghosts;	/* at: the hash */
	size_t n_ghosts, cap_ghosts;

	struct {			/* udf_fs_share() */
		void (*release)(void *ctx);
		void (*acquire)(void *ctx);
		void *ctx;
	} share;
	struct sealed sealed;
	bool commit_is_due;		/* the batch is large, or one is sealed: udf_fs_tick() has work */

	size_t n_index_bytes;		/* of all directory indexes */
	uint8_t *scratch;		/* FS_SCRATCH_BYTES: bounce buffer of one call, straddling FIDs */
	uint8_t *run_buffer;		/* FS_RUN_BYTES: writes merged; or the window */
	struct icb_form icb_form;
	struct icb_window window;
	struct read_ahead ahead;
};

#define FS_RUN_BYTES (256u * 1024)
#define FS_SCRATCH_BYTES (2u * 32768)	/* two blocks of the largest size */

/* alloc.c */
/** *RET_WHY: why the volume can't be written (damaged, or beyond this version); then it is not open. */
enum udf_err alloc_open(struct udf_fs *fs, const char **ret_why);
void alloc_close(struct udf_fs *fs);
static inline bool alloc_is_open(const struct udf_fs *fs)
{
	return fs->alloc.ops != NULL;
}
/** Take up to WANT blocks in one run, near GOAL if possible.  *RET_N is 1 to WANT.  UDF_E_NOSPC. */
enum udf_err alloc_take(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn,
			uint32_t *ret_n);
/** The same, but *RET_N is a multiple of UNIT, which is not above WANT. */
enum udf_err alloc_take_units(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t unit,
			      uint32_t *ret_lbn, uint32_t *ret_n);
/** As alloc_take(); where frees are pending it commits and tries again (R1). */
enum udf_err alloc_take_retry(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn,
			      uint32_t *ret_n);
/** Hand blocks back at once: nothing durable may refer to them. */
enum udf_err alloc_release(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks);
/** Hand blocks back once UNLINK is durable. */
enum udf_err alloc_release_later(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks);
/** NEW: write what changed; *RET_WROTE is set when there was any. */
enum udf_err alloc_write(struct udf_fs *fs, bool *ret_wrote);
/** After the flush of alloc_write() and with one of its own: switch to what that wrote elsewhere. */
enum udf_err alloc_switch(struct udf_fs *fs, bool *ret_wrote);
/** Has alloc_write() left out free blocks for want of room?  The next one may take them in. */
bool alloc_is_behind(const struct udf_fs *fs);
enum udf_err alloc_mend_header(struct udf_fs *fs, bool *ret_wrote);
enum udf_err alloc_count_free(struct udf_fs *fs, uint64_t *ret_n_free);
/** The backends': N_FREED more (or fewer) blocks are free. */
static inline void alloc_count_change(struct alloc *a, int64_t n_freed)
{
	if (a->free_is_known)
		a->n_free = (uint64_t)((int64_t)a->n_free + n_freed);
}

/* space_doubt.c */
/** Blocks that are in use have been met: does the space set agree?  Costs nothing before the first change. */
void space_seen(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks);
/** The same for the blocks of NODE, whose extents are loaded. */
void space_seen_extents(struct udf_fs *fs, const struct node *node);
/** The same for the ICBs of streams and attributes that FE names. */
void space_seen_side(struct udf_fs *fs, const struct udf_fe *fe);
/**
 * Where the space set is in doubt: have the volume walked, and mark every block in use.  It is logged.  At any
 * time, but not while the set is searched.  UDF_E_READ_ONLY where the volume is damaged besides, so that it is
 * read-only from now on; UDF_E_NOMEM leaves the doubt.
 */
enum udf_err space_pass(struct udf_fs *fs);
/* space_known.c */
/** Before a change: the first time, compare the space set with everything that is known; then space_pass(). */
enum udf_err space_look(struct udf_fs *fs);

/* node.c */
enum udf_err nodes_open(struct udf_fs *fs);
void nodes_close(struct udf_fs *fs);
/** The node at ADDR, loaded if need be; pinned: give it back with node_put(). */
enum udf_err node_get(struct udf_fs *fs, struct udf_lb_addr addr, struct node **ret_node);
enum udf_err node_get_ino(struct udf_fs *fs, udf_ino ino, struct node **ret_node);
struct node *node_find(struct udf_fs *fs, struct udf_lb_addr addr);	/* only if in memory; not pinned */
void node_put(struct udf_fs *fs, struct node *node);
/** A new node at ADDR (a block just taken): pinned, dirty, NODE_NEW, with an image of zeros. */
enum udf_err node_new(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t file_type,
		      struct node **ret_node);
enum udf_err node_load_image(struct udf_fs *fs, struct node *node);
void node_drop_image(struct udf_fs *fs, struct node *node);	/* unless it is dirty */
/** Will be changed: image in memory, on the dirty list. */
enum udf_err node_dirty(struct udf_fs *fs, struct node *node);
void node_clean(struct udf_fs *fs, struct node *node);
/** Patch only the link count into the ICB on disc (phases NEW and RELEASE). */
enum udf_err node_patch_count(struct udf_fs *fs, struct node *node, uint16_t count);
void node_count_changed(struct udf_fs *fs, struct node *node);
enum udf_err node_drop_side(struct udf_fs *fs, struct node *node, bool later);	/* streams.c */
/** Give back a pinned node whose blocks are freed: it leaves memory. */
void node_forget(struct udf_fs *fs, struct node *node);
/** NODE has lost its last name. */
void node_gone(struct udf_fs *fs, struct node *node);
/** If nobody refers to it either: hand back its blocks; it leaves memory with the last pin. */
void node_maybe_drop(struct udf_fs *fs, struct node *node);
/** The same for all nodes. */
void nodes_drop_gone(struct udf_fs *fs);
void nodes_shrink(struct udf_fs *fs);
/** Encode and write the ICBs of LIST (sorted by it), in runs. */
enum udf_err nodes_write_sorted(struct udf_fs *fs, struct node **list, size_t n);
/** Write new nodes' ICBs early and let their images go, when there are many. */
enum udf_err nodes_write_early(struct udf_fs *fs);
uint32_t node_inline_capacity(const struct udf_fs *fs, const struct node *node);
uint8_t *node_inline_data(const struct node *node);	/* in the image, which must be loaded */
#define MAX_SYMLINK_BYTES (64u * 1024)
/** Remember how long the target of a symlink is, whose path components are DATA. */
void node_set_target_bytes(struct node *node, const uint8_t *data, size_t n_bytes);
void node_to_attr(struct udf_fs *fs, const struct node *node, struct udf_attr *ret_attr);
/** Lower the creation time to the earliest of the other times, where it is later. */
void node_settle_btime(struct node *node);
/** The creation time that goes with the other times. */
int64_t node_creation_us(const struct node *node);
/** NODE is freed: nobody finds it any more, and it leaves memory with its last pin. */
void node_let_go(struct udf_fs *fs, struct node *node);
void node_free_image(struct udf_fs *fs, struct node *node);
static inline udf_ino node_ino(const struct node *node)
{
	return (uint64_t)node->part_ref << 32 | node->lbn;
}
static inline struct udf_lb_addr node_addr(const struct node *node)
{
	return (struct udf_lb_addr){ .lbn = node->lbn, .part_ref = node->part_ref };
}
static inline bool node_is_dir(const struct node *node)
{
	return node->file_type == UDF_FT_DIRECTORY;
}
static inline bool node_has_data(const struct node *node)
{
	return node->file_type == UDF_FT_REGULAR || node->file_type == UDF_FT_REAL_TIME ||
	       node->file_type == UDF_FT_SYMLINK || node->file_type == UDF_FT_DIRECTORY ||
	       node->file_type == UDF_FT_STREAM_DIRECTORY || node->file_type == UDF_FT_EA_FILE ||
	       node->file_type == UDF_FT_UNSPECIFIED;
}

/* times.c */
int64_t fs_now_us(struct udf_fs *fs);
int64_t fs_now_seconds(struct udf_fs *fs);
int64_t time_to_us(const struct udf_time *time);
void us_to_time(int64_t us, struct udf_time *ret_time);
void us_to_timestamp(int64_t us, struct udf_timestamp *ret_timestamp);
/** OTHERWISE where the timestamp is no time. */
int64_t timestamp_to_us(const struct udf_timestamp *ts, int64_t otherwise);

/* icb.c, icb_read.c, icb_write.c */
/** A File Entry's creation time changes in NODE's image where it has one; none is added. */
void node_store_btime(struct node *node, const struct udf_fe *fe);
/** Read the current direct entry of an ICB; of strategy 4096 the last of its chain. */
enum udf_err icb_read(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t *buf);
/** Set fs->icb_form, of which other forms than strategy 4's are for new volumes. */
enum udf_err icb_form_open(struct udf_fs *fs, const struct node *root);
/** Fill NODE from its entry, decoded and as it lies in ICB. */
void node_from_fe(struct node *node, const struct udf_fe *fe, const uint8_t *icb, uint32_t block_bytes);

/* refs.c */
enum udf_err ref_add(struct udf_fs *fs, udf_ino ino);
bool ref_exists(const struct udf_fs *fs, udf_ino ino);
/** The next inode from *AT on, which is 0 at first, that is referenced; false: there is none. */
bool ref_each(const struct udf_fs *fs, uint32_t *at, udf_ino *ret_ino);
/** Take N_REFS away; true when none are left. */
bool ref_drop(struct udf_fs *fs, udf_ino ino, uint64_t n_refs);
void refs_drop_all(struct udf_fs *fs);

/* extents.c: the list; extent_io.c: its on-disc form */
enum udf_err extents_load(struct udf_fs *fs, struct node *node);
void extents_free(struct extents *ext);
struct extents *extents_new(void);
/** Index of the extent that holds FILE_BLOCK, or ext->n. */
uint32_t extents_find(const struct extents *ext, uint64_t file_block);
uint64_t extents_end(const struct extents *ext);
/**
 * Map [FIRST, FIRST + N) to KIND at LBN (0 in a hole).  A gap before FIRST becomes a hole.  Blocks
 * that were there and are not part of the new mapping go to DROPPED.
 */
enum udf_err extents_set(struct extents *ext, uint64_t first, uint64_t n_blocks,
			 enum udf_extent_type kind, uint32_t lbn, struct run_list *dropped);
/** Drop everything from FILE_BLOCK on. */
enum udf_err extents_cut(struct extents *ext, uint64_t file_block, struct run_list *dropped);
uint64_t extents_count_recorded(const struct extents *ext);
/**
 * What stat(2) counts of NODE's list: recorded blocks, and of the preallocated ones those whose descriptors lie in
 * the ICB.  After a remount it is the same, without reading the chain.
 */
uint64_t extents_blocks(const struct udf_fs *fs, const struct node *node);
/**
 * Before a change: is there room for N_BLOCKS of data and for the descriptors when N_MORE_ADS are
 * added, or fewer than now are left?  May commit, so that the node is no longer dirty.  *RET_N_SPARE: what data
 * may take.
 */
enum udf_err extents_reserve(struct udf_fs *fs, struct node *node, uint32_t n_blocks,
			     int64_t n_more_ads, uint32_t *ret_n_spare);
/**
 * How many AEDs the list may need with N_MORE_ADS more descriptors, without looking at each extent: the exact
 * number is known when it is written, and what is over is handed back then.
 */
uint64_t extents_most_aeds(const struct udf_fs *fs, const struct node *node, int64_t n_more_ads);
/** Blocks for the AED chain that the list needs now, taken before it is written. */
enum udf_err extents_prepare(struct udf_fs *fs, struct node *node);
/** Put the list into the node's image, and the AED chain to disc if it is dirty. */
enum udf_err extents_store(struct udf_fs *fs, struct node *node);
enum udf_err extents_write_chain(struct udf_fs *fs, struct node *node, bool *ret_wrote);
/** Header and tag of the AED in BLOCK, which shall lie at LBN; its descriptors are there already. */
void aed_seal(const struct udf_fs *fs, uint8_t *block, uint32_t lbn, uint32_t ad_bytes);
enum udf_err run_list_add(struct run_list *list, uint32_t lbn, uint32_t n_blocks);
void run_list_done(struct run_list *list);
/** Free what a change of NODE dropped: at once for a new node, else later (R1). */
enum udf_err node_free_runs(struct udf_fs *fs, struct node *node, struct run_list *runs);

/* block.c */
enum udf_err mblks_open(struct udf_fs *fs);
void mblks_close(struct udf_fs *fs);
/** Valid until the next call of this module, unless dirty. */
enum udf_err mblk_get(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, struct mblk **ret_block);
/** A block just taken, zero, not read. */
enum udf_err mblk_new(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, struct mblk **ret_block);
void mblk_dirty(struct udf_fs *fs, struct mblk *block, uint8_t how);
void mblk_forget(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks);
/** Write the dirty blocks whose state is exactly HOW, in order, and make them clean. */
enum udf_err mblks_write(struct udf_fs *fs, uint8_t how, bool *ret_wrote);
/**
 * Where there are many dirty blocks, write those behind the durable length before the batch ends; not
 * blocks that are MBLK_FRESH, but without phases everything.
 */
enum udf_err mblks_write_early(struct udf_fs *fs);

/* ahead.c */
/** Read file data; as udf_vol_read(). */
enum udf_err ahead_read(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks, uint8_t *ret);

/* dirplace.c */
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

/* dir.c, dirindex.c */
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

/* commit.c */
enum commit_level {		/* the last phase that a commit writes: */
	COMMIT_LINK,		/* removals wait for the next batch (fsync of a file) */
	COMMIT_UNLINK,		/* all changes are durable; blocks freed may be used again */
	COMMIT_RELEASE,		/* counts and freed bits too: nothing is left for the next batch */
};
/**
 * End the batch, in the middle of an operation: what comes now is written behind it, up to LEVEL (not
 * COMMIT_RELEASE).  Whether it is durable then, so that what it freed can be had, is not said.
 */
enum udf_err fs_commit(struct udf_fs *fs, enum commit_level level);
/** The same up to COMMIT_UNLINK, durable. */
enum udf_err fs_commit_now(struct udf_fs *fs);
/**
 * Write the batch, phase by phase, up to LEVEL, where no operation is under way: it is durable; if
 * SHARES, others may go on meanwhile.  Nothing to write is no failure.
 */
enum udf_err fs_commit_shared(struct udf_fs *fs, enum commit_level level, bool shares);
/** Do what WRITES does, and have it durable in the same way. */
enum udf_err fs_write_shared(struct udf_fs *fs, enum udf_err (*writes)(struct udf_fs *fs), bool shares);
/** Have the batch durable that is being written, if one is. */
enum udf_err fs_settle(struct udf_fs *fs, bool shares);
enum udf_err fs_flush(struct udf_fs *fs);

/* txn.c */
/** Before any change: refuses when read-only, does phase OPEN when it is the first. */
enum udf_err fs_begin(struct udf_fs *fs);
/** After a change: commits when the batch has grown too large. */
enum udf_err fs_end(struct udf_fs *fs);
/** Phase CLOSE, where phase OPEN was done and nothing forbids it (R9, R10); the caller has committed. */
enum udf_err fs_close_lvid(struct udf_fs *fs, bool shares);
enum udf_err fs_write_lvid(struct udf_fs *fs, uint32_t type);
/** A metadata write failed: read-only from now on (R9). */
enum udf_err fs_fail(struct udf_fs *fs, enum udf_err err, const char *what, uint32_t lbn);
/**
 * How an operation ends that began when there were N_CHANGES.  One that ran out of memory after it had
 * changed something may not be written in part: the volume turns read-only, and the disc keeps what it has.
 */
enum udf_err fs_change_ends(struct udf_fs *fs, uint64_t n_changes, enum udf_err err);
uint64_t fs_new_id(struct udf_fs *fs);
enum udf_err fs_add_removal(struct udf_fs *fs, struct node *dir, struct node *target, uint64_t at);
enum udf_err fs_add_added(struct udf_fs *fs, struct node *dir, uint64_t at);
/** A name with HASH left DIR by an edit in place: it may be added again only after a commit (R2). */
enum udf_err fs_add_ghost(struct udf_fs *fs, struct node *dir, uint64_t hash);
/** fs_begin(), and at least N_BLOCKS are free, if need be after a commit.  UDF_E_NOSPC. */
enum udf_err fs_begin_alloc(struct udf_fs *fs, uint32_t n_blocks);

/* namei.c */
enum udf_err check_name(const char *name, size_t name_bytes);
/** The directory INO, pinned; TO_CHANGE refuses a frozen one. */
enum udf_err dir_get(struct udf_fs *fs, udf_ino ino, bool to_change, struct node **ret_dir);
/** The node that ENTRY of DIR names, pinned. */
enum udf_err entry_node(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
			struct node **ret_node);
/** R2, R3: may the slot of a name that LOSER loses be retargeted in this batch? */
static inline bool may_retarget(const struct udf_fs *fs, const struct node *loser)
{
	return loser->keep_batch != fs->batch;
}
/**
 * May NAME be added to DIR now?  R2: a name that was removed in this batch comes back by retargeting
 * its slot (*RET_RETARGET, ENTRY), and only if the object that lost it gained no name; else it
 * commits first.  UDF_E_EXISTS.
 */
enum udf_err find_place(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
			struct dir_entry *entry, bool *ret_retarget);
/** Add a name that is free, by dir_add() or by retargeting its slot (R2). */
enum udf_err add_name(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
		      struct node *target, uint32_t fid_id);
/** NODE lost a name; PENDING: the disc still has it. */
enum udf_err drop_name(struct udf_fs *fs, struct node *node, bool pending);
void touch_dir(struct udf_fs *fs, struct node *dir);
void node_set_mode(struct node *node, uint32_t mode);

/* file.c; write.c */
/** A regular file, pinned. */
enum udf_err file_get(struct udf_fs *fs, udf_ino ino, struct node **ret_node);
enum udf_err file_embed_to_extents(struct udf_fs *fs, struct node *node);
/** Blocks of a file, past every cache. */
enum udf_err file_write_blocks(struct udf_fs *fs, struct node *node, uint32_t lbn, uint32_t n_blocks,
			       const uint8_t *data);
enum udf_err file_set_size(struct udf_fs *fs, struct node *node, uint64_t size_bytes);
enum udf_err file_write(struct udf_fs *fs, struct node *node, uint64_t at, size_t n_bytes,
			const uint8_t *data, size_t *ret_n_bytes);
enum udf_err file_read(struct udf_fs *fs, struct node *node, uint64_t at, size_t n_bytes, uint8_t *ret,
		       size_t *ret_n_bytes);

#endif
