/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An open filesystem: the state that all files of lib/fs share, one struct for each subject.
 *
 * Adding edits change images in memory at once.  Removing edits wait in the batch (doc/CRASH.md).
 */
#ifndef UDF_FS_STATE_H
#define UDF_FS_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/fs.h>

#include "ecma/types.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/block.h"
#include "fs/file.h"
#include "fs/named.h"
#include "fs/node.h"
#include "vol/vol.h"

#define FS_N_DAMAGED 64u		/* how many damaged objects are remembered */

struct fs_damaged_object {		/* its allocation descriptors can't be read */
	bool is_there;
	uint64_t ino, unique_id;
};

struct fs_access {
	bool read_only;
	const char *why_read_only;
	enum udf_err failed;		/* R9: the error that made it read-only, or UDF_OK */
};

struct fs_policy {			/* how a volume that is being made (udf_fs_options.bulk) differs */
	bool no_phases;			/* nothing is flushed, ordered or committed before the end */
	bool removes_at_once;		/* names are removed at once, not in phase UNLINK */
	bool is_new;			/* nothing on it is in use yet, and its nodes are rarely needed again */
	bool wears;			/* of any volume: the medium wears out, so a place is rarely written again */
};

struct fs_integrity {			/* see integrity.c */
	bool found_open;		/* R10 */
	bool was_lost;			/* no record could be read, and a new one is made */
	bool opened;			/* phase OPEN is done: the volume is marked open on disc, by us */
	uint64_t next_unique_id, end_id;	/* the disc allows ids below end_id to be given out */
	int64_t n_files, n_directories;
	uint64_t n_recorded_free;	/* free blocks, as recorded when the volume was opened */
};

struct fs_batch {			/* the batch that is filling: see batch.c, txn.c */
	uint32_t number;		/* never 0 */
	uint32_t unlink_number;		/* the same, except that a commit up to LINK does not change it */
	uint32_t forgot_reparent;	/* unlink_number when a directory with another parent left memory (R4) */
	uint32_t early_number;		/* the batch in which ICBs were written early */
	uint64_t n_changes;		/* at least this many were made in memory: see fs_end_change() */
	uint64_t n_released;		/* n_changes when RELEASE had been written */
	bool data_unflushed;		/* file data was written since the last flush */
	int64_t dirty_since;		/* in seconds; 0: nothing is dirty */
	int64_t idle_since;		/* in seconds: when the last batch was durable */
	int64_t tick_at;		/* when udf_fs_tick() last looked, in seconds */
	uint64_t tick_changes;		/* n_changes then */
	struct run_list frees;		/* blocks that are freed when UNLINK is durable */
	struct removal *removals;
	size_t n_removals, cap_removals;
	struct added_slot *added;
	size_t n_added, cap_added;
	struct ghost *ghosts;
	size_t n_ghosts, cap_ghosts;
};

struct fs_commit {			/* see commit.c */
	struct {			/* udf_fs_share() */
		void (*release)(void *ctx);
		void (*acquire)(void *ctx);
		void *ctx;
	} share;
	struct sealed sealed;
	bool is_due;			/* the batch is large, or one is sealed: udf_fs_tick() has work */
	bool is_unsettled;		/* something may be only in the packet journal, and not in place */
};

struct fs_nodes {			/* see node.c */
	struct node **table;		/* hashed by the address of their ICB */
	uint32_t table_size;
	uint32_t n;
	struct node_list lru, dirty;
	uint32_t n_gone;		/* nodes that are NODE_GONE and not NODE_FREED */
	size_t n_images;		/* nodes that hold an ICB image */
	size_t early_limit;		/* nodes_write_early() does nothing below this many images */
	struct node *counts;		/* nodes whose link count has to be patched */
};

struct fs_dirs {
	struct node *with_chunks;	/* directories that have reserved blocks: see chunks.c */
	size_t n_index_bytes;		/* of all indexes */
	uint64_t hash_seed;
};

struct fs_mblks {			/* blocks of directories: see block.c */
	struct mblk **table;
	uint32_t table_size;
	struct mblk_list lru, dirty;
	size_t early_limit;		/* mblks_write_early() does nothing below this many dirty blocks */
};

struct fs_refs {			/* the caller's references: see refs.c */
	struct refs *slots;		/* open addressing */
	uint32_t cap, n;		/* n of the cap slots are in use */
};

struct fs_damaged {			/* objects whose extent lists are damaged: see extent_io.c */
	struct fs_damaged_object objects[FS_N_DAMAGED];
	unsigned next;
};

struct udf_fs {
	struct udf_vol *vol;
	const struct udf_env *env;
	uint32_t block_bytes;
	uint16_t part_ref;		/* the partition of new objects */
	uint16_t revision;
	struct udf_lb_addr root;
	struct udf_fs_options options;

	struct fs_access access;
	struct fs_policy policy;
	struct fs_integrity integrity;
	struct alloc alloc;
	struct fs_batch batch;
	struct fs_commit commit;
	struct fs_nodes nodes;
	struct fs_dirs dirs;
	struct fs_mblks mblks;
	struct fs_refs refs;
	struct fs_damaged damaged;
	struct fs_named named;

	uint8_t *scratch;		/* FS_SCRATCH_BYTES: for the length of one call; also holds straddling FIDs */
	uint8_t *run_buffer;		/* FS_RUN_BYTES: merged writes, or the window of ICBs */
	struct icb_form icb_form;
	struct icb_window window;
	struct read_ahead ahead;
};

#define FS_RUN_BYTES (256u * 1024)
#define FS_SCRATCH_BYTES (2u * 32768)	/* two blocks of the largest size */

#endif
