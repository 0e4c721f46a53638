/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nodes: the objects of the volume in memory, read from and written to their ICBs; and the references that callers
 * hold.
 *
 * A *pin* keeps a node in memory for lib/fs itself, during a call or while a batch needs it.  A *reference* belongs
 * to the caller of lib/fs, and keeps the object on the disc; a node that is only referenced may leave memory.
 */
#ifndef UDF_FS_NODE_H
#define UDF_FS_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>
#include <udfkit/fs.h>

#include "ecma/types.h"

struct dirinfo;
struct extents;
struct udf_fs;

enum {					/* node.flags */
	NODE_EFE = 0x01,		/* its ICB is an Extended File Entry */
	NODE_NEW = 0x02,		/* nothing durable refers to it */
	NODE_DIRTY = 0x04,		/* the ICB has to be written; on fs->nodes.dirty */
	NODE_GONE = 0x08,		/* no names left */
	NODE_FREED = 0x10,		/* its blocks are freed */
	NODE_COUNT = 0x20,		/* on fs->nodes.counts: the link count on disc has to be patched */
	NODE_FROZEN = 0x40,		/* R10: a directory that was reached by a foreign name; read-only */
	NODE_TIMES_ONLY = 0x80,		/* only its times make it dirty */
};

enum { SIDE_STREAMS = 1, SIDE_EA_FILE = 2 };	/* node.side */

struct node {
	struct node *hash_next;
	struct node *lru_prev, *lru_next;	/* on the LRU list when nothing holds it */
	struct node *dirty_prev, *dirty_next;
	struct node *count_next;
	uint32_t lbn;
	uint16_t part_ref;
	uint8_t file_type;
	uint8_t ad_kind;
	uint16_t icb_flags;		/* without the AD kind */
	uint8_t flags;
	uint8_t on_lru;
	uint8_t side;			/* objects that are freed together with it */
	uint8_t n_extra_links;		/* 1 where the stream directory's parent FID counts too (ECMA-167 4/14.9.6) */
	uint32_t n_pins;
	uint32_t uid, gid, permissions;
	uint16_t nlink;			/* names, without those that wait for removal */
	uint16_t nlink_pending;		/* names that were removed, but not durably yet */
	uint16_t nlink_disc;		/* in the ICB as last written */
	uint16_t data_part_ref;
	uint32_t ea_bytes;
	uint32_t keep_names_batch;	/* R2, R3: the batch in which it gained a name or, for a directory, lost
					 * one.  None of its own names is retargeted in that batch. */
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
		uint64_t n_blocks;	/* files: as far as the ICB on disc says; see extents_blocks() */
		uint64_t target_bytes;	/* symlinks: the length of the target as a path */
	};
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

struct icb_form {			/* the form of a new ICB: that of the root directory */
	uint16_t strategy;
	uint32_t n_blocks;		/* of its extent */
	uint8_t *second_block;		/* strategy 4096: the block after the entry; NULL: there is none */
};

struct icb_window {			/* blocks in the run buffer while a directory is listed */
	bool on;
	struct udf_lb_addr addr;
	uint32_t n_blocks;
	struct udf_lb_addr next;	/* the block after the ICB that was read last */
};

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

/** May an object of this type have data, so that node->extents is valid? */
static inline bool node_has_data(const struct node *node)
{
	return node->file_type == UDF_FT_REGULAR || node->file_type == UDF_FT_REAL_TIME ||
	       node->file_type == UDF_FT_SYMLINK || node->file_type == UDF_FT_DIRECTORY ||
	       node->file_type == UDF_FT_STREAM_DIRECTORY || node->file_type == UDF_FT_EA_FILE ||
	       node->file_type == UDF_FT_UNSPECIFIED;
}

/* ---- times.c: times in microseconds since 1970-01-01 00:00:00 UTC ---- */

/** Now, by the clock of fs->env; 0 without one. */
int64_t fs_now_us(struct udf_fs *fs);
int64_t fs_now_seconds(struct udf_fs *fs);

/** A time that the disc can't record becomes the nearest one that it can (years 1 to 9999). */
int64_t time_to_us(const struct udf_time *time);
void us_to_time(int64_t us, struct udf_time *ret_time);
void us_to_timestamp(int64_t us, struct udf_timestamp *ret_timestamp);

/** Returns OTHERWISE where the timestamp is not a valid time. */
int64_t timestamp_to_us(const struct udf_timestamp *ts, int64_t otherwise);

/* ---- refs.c: the caller's references ---- */

/** Add a reference on INO. */
enum udf_err ref_add(struct udf_fs *fs, udf_ino ino);

/** Does INO have references? */
bool ref_exists(const struct udf_fs *fs, udf_ino ino);

/** Take N_REFS references away.  Returns true when none are left. */
bool ref_drop(struct udf_fs *fs, udf_ino ino, uint64_t n_refs);

/**
 * The next inode that is referenced.  *AT is 0 before the first call.  An inode may be returned twice.
 * Returns false at the end.
 */
bool ref_each(const struct udf_fs *fs, uint32_t *at, udf_ino *ret_ino);

/** Forget all references. */
void refs_drop_all(struct udf_fs *fs);

/* ---- space_doubt.c: blocks in use that the space set lists as free ---- */

/**
 * Blocks that are in use were found: compare the space set with them.  A contradiction puts the set in doubt.
 * Before the first change this does nothing; space_look() compares everything then.
 */
void space_seen(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks);

/* How many pages of a bitmap are read for one object.  Further pages are compared only if they are in memory. */
#define SPACE_MAX_PAGE_READS 64u

/**
 * Does the space set list the block at ADDR as free, once it has been compared?  Reads at most *N_READS pages.  A name
 * may refer to such a block because of other damage, so this alone does not put the set in doubt.
 */
bool space_is_contradicted(struct udf_fs *fs, struct udf_lb_addr addr, uint32_t *n_reads);

/** Like space_seen(), for the blocks of NODE.  Its extents are loaded. */
void space_seen_extents(struct udf_fs *fs, const struct node *node);

/** Like space_seen(), for the ICBs of the streams and the attribute file that FE names. */
void space_seen_side(struct udf_fs *fs, const struct udf_fe *fe);

/**
 * An object with this unique id was loaded.  On a closed volume the integrity descriptor has a higher one.  Where it
 * has not, the volume's records are of an earlier state, and the space set is in doubt, too.
 */
void space_seen_id(struct udf_fs *fs, uint64_t id);

/**
 * Compare the number of free blocks in the space set with the recorded one, once.  This reads the whole bitmap, of a
 * partition of up to 2^29 blocks: 64 MiB.
 */
enum udf_err space_compare_count(struct udf_fs *fs);

/**
 * Where the space set is in doubt: have the volume walked, and mark every block in use as used.  The result is
 * logged.  May be called at any time, except while the set is searched.
 * Returns UDF_E_READ_ONLY where the volume is damaged in another way too; it is read-only from then on.
 * UDF_E_NOMEM leaves the doubt.
 */
enum udf_err space_pass(struct udf_fs *fs);

/* ---- space_known.c ---- */

/**
 * Before each change: the first time, compare the space set with everything that is known to be in use.  Then do
 * space_pass().
 */
enum udf_err space_look(struct udf_fs *fs);

/* ---- icb_read.c ---- */

/**
 * Read the current direct entry of the ICB at ADDR: with strategy 4096, the last of its chain.
 *
 * @buf  One block.
 */
enum udf_err icb_read(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t *buf);

/** Set fs->icb_form from the root directory, whose image is loaded.  Only a new volume may have strategy 4096. */
enum udf_err icb_form_open(struct udf_fs *fs, const struct node *root);

/* ---- image.c: the bytes of an ICB in memory ---- */

/** Make sure that NODE's image is in memory.  UDF_E_CORRUPT where the disc no longer agrees with NODE. */
enum udf_err node_load_image(struct udf_fs *fs, struct node *node);

/** Free NODE's image, unless NODE is dirty or has no names left. */
void node_drop_image(struct udf_fs *fs, struct node *node);

/** Free NODE's image in any case. */
void node_free_image(struct udf_fs *fs, struct node *node);

/** How many bytes of data or descriptors NODE's ICB can hold. */
uint32_t node_inline_capacity(const struct udf_fs *fs, const struct node *node);

/** Those bytes, in the image, which must be loaded. */
uint8_t *node_inline_data(const struct node *node);

/* ---- icb.c: nodes from their ICBs ---- */

#define MAX_SYMLINK_BYTES (64u * 1024)	/* of path components; a longer symlink can't be read */

/** Fill NODE from its entry: FE decoded, ICB as it is on disc. */
void node_from_fe(struct node *node, const struct udf_fe *fe, const uint8_t *icb, uint32_t block_bytes);

/** Remember how long the target of a symlink is.  DATA: its path components. */
void node_set_target_bytes(struct node *node, const uint8_t *data, size_t n_bytes);

/** The creation time, or the earliest of the other times where that is earlier. */
int64_t node_creation_us(const struct node *node);

/** Lower the creation time to that. */
void node_settle_btime(struct node *node);

/** Put the creation time into the image of a File Entry that has a place for it.  Does not add such a place. */
void node_store_btime(struct node *node, const struct udf_fe *fe);

/* ---- stat.c ---- */

/** What stat(2) shows of NODE. */
void node_to_attr(struct udf_fs *fs, const struct node *node, struct udf_attr *ret_attr);

/* ---- node.c: nodes by the address of their ICB ---- */

/** Make the empty table of nodes.  nodes_close() frees all nodes, dirty ones too. */
enum udf_err nodes_open(struct udf_fs *fs);
void nodes_close(struct udf_fs *fs);

/** Free nodes that nothing holds until the cache is within its limits. */
void nodes_shrink(struct udf_fs *fs);

/** The node at ADDR if it is in memory, else NULL.  It is not pinned. */
struct node *node_find(struct udf_fs *fs, struct udf_lb_addr addr);

/** The node at ADDR, read if necessary.  It is pinned: give it back with node_put(). */
enum udf_err node_get(struct udf_fs *fs, struct udf_lb_addr addr, struct node **ret_node);
enum udf_err node_get_ino(struct udf_fs *fs, udf_ino ino, struct node **ret_node);

/** Give back a pin.  NULL is allowed. */
void node_put(struct udf_fs *fs, struct node *node);

/** Make a node at ADDR, whose blocks were just taken.  It is pinned, dirty and NODE_NEW; its image is zero. */
enum udf_err node_new(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t file_type,
		      struct node **ret_node);

/** NODE will be changed: load its image, and put it on the dirty list. */
enum udf_err node_dirty(struct udf_fs *fs, struct node *node);

/** NODE has been written: take it off the dirty list. */
void node_clean(struct udf_fs *fs, struct node *node);

/** Let the commit patch NODE's link count on disc. */
void node_count_changed(struct udf_fs *fs, struct node *node);

/** The blocks of NODE are freed.  It can't be found any more, and leaves memory with its last pin. */
void node_let_go(struct udf_fs *fs, struct node *node);

/** The same for a node that the caller has pinned, with that pin given back. */
void node_forget(struct udf_fs *fs, struct node *node);

/* ---- streams.c ---- */

/** Free the streams and the attribute file of NODE.  LATER: after UNLINK is durable. */
enum udf_err node_drop_side(struct udf_fs *fs, struct node *node, bool later);

/* ---- drop.c: the end of an object ---- */

/** NODE has lost its last name. */
void node_gone(struct udf_fs *fs, struct node *node);

/**
 * Free the blocks of NODE if it has neither names nor references.  It leaves memory with its last pin.  Blocks to
 * which the disc may still refer are freed after UNLINK (R1).
 */
void node_maybe_drop(struct udf_fs *fs, struct node *node);

/** The same for all nodes. */
void nodes_drop_gone(struct udf_fs *fs);

/* ---- icb_write.c: ICBs to the disc ---- */

/** Write only the link count into the ICB on disc (phases NEW and RELEASE). */
enum udf_err node_patch_count(struct udf_fs *fs, struct node *node, uint16_t count);

/** Encode and write the ICBs of LIST, in runs.  LIST is sorted by this. */
enum udf_err nodes_write_sorted(struct udf_fs *fs, struct node **list, size_t n);

/**
 * Where 512 images are in memory, write the ICBs of new nodes before the batch ends, and free their images.  A
 * volume without phases writes all nodes, from 128 KiB of images on.
 */
enum udf_err nodes_write_early(struct udf_fs *fs);

#endif
