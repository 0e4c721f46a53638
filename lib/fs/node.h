/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes: the objects of the volume in memory, from and to their ICBs; and the references that callers hold. */
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

enum {
	NODE_EFE = 0x01,
	NODE_NEW = 0x02,		/* nothing durable refers to it */
	NODE_DIRTY = 0x04,		/* the ICB has to be written; on fs->nodes.dirty */
	NODE_GONE = 0x08,		/* no names left */
	NODE_FREED = 0x10,		/* its blocks are handed back */
	NODE_COUNT = 0x20,		/* on fs->nodes.counts: the link count on disc has to be patched */
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
/** Before a change: the first time, compare the space set with everything that is known; then space_pass(). */
enum udf_err space_look(struct udf_fs *fs);
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
int64_t fs_now_us(struct udf_fs *fs);
int64_t fs_now_seconds(struct udf_fs *fs);
int64_t time_to_us(const struct udf_time *time);
void us_to_time(int64_t us, struct udf_time *ret_time);
void us_to_timestamp(int64_t us, struct udf_timestamp *ret_timestamp);
/** OTHERWISE where the timestamp is no time. */
int64_t timestamp_to_us(const struct udf_timestamp *ts, int64_t otherwise);
/** A File Entry's creation time changes in NODE's image where it has one; none is added. */
void node_store_btime(struct node *node, const struct udf_fe *fe);
/** Read the current direct entry of an ICB; of strategy 4096 the last of its chain. */
enum udf_err icb_read(struct udf_fs *fs, struct udf_lb_addr addr, uint8_t *buf);
/** Set fs->icb_form, of which other forms than strategy 4's are for new volumes. */
enum udf_err icb_form_open(struct udf_fs *fs, const struct node *root);
/** Fill NODE from its entry, decoded and as it lies in ICB. */
void node_from_fe(struct node *node, const struct udf_fe *fe, const uint8_t *icb, uint32_t block_bytes);
enum udf_err ref_add(struct udf_fs *fs, udf_ino ino);
bool ref_exists(const struct udf_fs *fs, udf_ino ino);
/** The next inode from *AT on, which is 0 at first, that is referenced; false: there is none. */
bool ref_each(const struct udf_fs *fs, uint32_t *at, udf_ino *ret_ino);
/** Take N_REFS away; true when none are left. */
bool ref_drop(struct udf_fs *fs, udf_ino ino, uint64_t n_refs);
void refs_drop_all(struct udf_fs *fs);

#endif
